"""The figures of a broker as Prometheus reads them; the names are in docs/operations.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from attrs import frozen
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from broker.shell.stats import Buckets, Stats

GAUGES: Final[Mapping[str, str]] = {
    "connections": "Open TCP connections, with and without a session.",
    "outboxes": "Connections whose reader is behind.",
    "outbox_bytes": "Bytes that wait for slow readers.",
    "outbox_largest_bytes": "Bytes that wait for the slowest reader.",
    "cleaning_bytes": "HTML of messages that waits to be cleaned.",
    "inbox_length": "Inputs that wait for the engine.",
    "queue_oldest_seconds": "Age of the chat that waits longest; 0 when none waits.",
    "loop_lag_seconds": "Longest lateness of the event loop since the last reading.",
    "chats_parked": "Chats that agents have put aside.",
    "chats_unbound": "Outbound chats that no connector has taken over yet.",
    "invites_open": "Transfers, consultations and conferences that nobody has answered yet.",
}
TOTALS: Final[Mapping[str, str]] = {
    "connections_accepted": "Accepted TCP connections.",
    "connections_turned_away": "Connections refused because limits.connections was reached.",
    "hellos_refused": "Hellos that were refused.",
    "sentences_committed": "Sentences stored.",
    "rows_refused": "Frames refused because the database refused a row of theirs.",
    "store_losses": "Failed commits, after each of which the store was opened again.",
    "slow_consumers": "Sessions ended because their peer did not read.",
    "log_lines_dropped": "Lines of the log that found no room or could not be written.",
    "cleaners_replaced": "Processes ended since a message took too long or killed them.",
    "typing_dropped": "Typing frames that a slow reader did not get.",
}


@frozen(eq=False)
class BrokerCollector(Collector):
    """Turns a snapshot into metrics when somebody asks for them."""

    take: Callable[[], Stats]

    def describe(self) -> Iterable[Metric]:
        """Nothing is asked for before the broker serves."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All metrics of one snapshot."""
        shot = self.take()
        for name, text in GAUGES.items():
            yield GaugeMetricFamily(f"parley_{name}", text, value=shot.gauges[name])
        for name, text in TOTALS.items():
            yield CounterMetricFamily(f"parley_{name}", text, value=shot.totals[name])
        yield _by("sessions", "Sessions by role.", "role", shot.sessions)
        yield _by("chats", "Chats in memory by status.", "status", shot.chats)
        yield _total_by("refusals", "SYS_ERROR frames by code.", "code", shot.refusals)
        yield _total_by("logins", "Logins at desks by outcome.", "outcome", shot.logins)
        yield _total_by("byes", "SYS_BYE frames by code.", "code", shot.byes)
        yield _total_by(
            "messages_cleaned", "Messages with HTML by what was kept.", "as", shot.messages
        )
        yield _histogram("commit_seconds", "How long a commit took.", shot.commit_seconds)
        yield _histogram("commit_facts", "Facts in one commit.", shot.commit_facts)
        yield _histogram(
            "wait_estimate_error_seconds",
            "How far the wait that visitors were told was off.",
            shot.estimate_error,
        )
        yield _total_by(
            "wait_estimates", "Estimates by what became of them.", "was", shot.estimates
        )
        yield GaugeMetricFamily("parley_ready", "Whether sessions are served.", value=shot.ready)


def registry_of(take: Callable[[], Stats]) -> CollectorRegistry:
    """A registry of its own, so that a process may hold several brokers."""
    registry = CollectorRegistry()
    registry.register(BrokerCollector(take))
    ProcessCollector(registry=registry)
    return registry


def _by(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"parley_{name}", text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _total_by(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"parley_{name}", text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _histogram(name: str, text: str, buckets: Buckets) -> Metric:
    counted, pairs = 0, []
    for bound, count in zip((*buckets.bounds, "+Inf"), buckets.counts, strict=True):
        counted += count
        pairs.append((str(bound), counted))
    return HistogramMetricFamily(f"parley_{name}", text, buckets=pairs, sum_value=buckets.total)
