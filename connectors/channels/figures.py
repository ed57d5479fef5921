"""How a channel is doing: what `/readyz` says and what is measured."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from attrs import define, field
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from connectors.channels.pulse import Pulse


@define(eq=False)
class Figures:
    """What is counted; written by the loop, read by the threads of the health page.

    Attributes:
        name: Name of the channel.
        pulse: Whether its loop runs.
        connected: Whether there is a session with the broker.
        gateways: How many gateways were announced; None: it was not told yet.
        received: Inbound messages by what became of them.
        sent: Attempts to send by their outcome.
        reported: Reports by whether the broker knew the message.
        receiving: Inbound messages that are under way.
        sending: Outbound messages that are under way.
        stopping: Whether the program is about to end.
        parts: Parts of the far side, and what is wrong with each.
        registry: Where a channel puts metrics of its own.
    """

    name: str
    pulse: Pulse = field(factory=Pulse)
    connected: bool = False
    gateways: int | None = None
    received: Counter[str] = field(factory=Counter)
    sent: Counter[str] = field(factory=Counter)
    reported: Counter[str] = field(factory=Counter)
    receiving: int = 0
    sending: int = 0
    stopping: bool = False
    parts: dict[str, str | None] = field(factory=dict)
    registry: CollectorRegistry = field(factory=CollectorRegistry)

    def __attrs_post_init__(self) -> None:
        self.registry.register(_Collector(self))

    @property
    def faults(self) -> list[str]:
        """Why the channel is not ready; nothing: it is."""
        faults = [f"{part}: {fault}" for part, fault in list(self.parts.items()) if fault]
        if self.stopping:
            faults.insert(0, "stopping")
        if not self.connected:
            faults.insert(0, "no session with the broker")
        return faults


class _Collector(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Any]:
        """Everything that is measured, as it is now."""
        it = self._figures
        for name, text, label, found in (
            ("received", "Inbound messages by what became of them", "result", it.received),
            ("sent", "Attempts to send by their outcome", "outcome", it.sent),
            ("reported", "Reports of the far side", "result", it.reported),
        ):
            counter = CounterMetricFamily(f"parley_channel_{name}", text, labels=("channel", label))
            for word, count in list(found.items()):
                counter.add_metric((it.name, word), count)
            yield counter
        for name, text, value in (
            ("connected", "Whether there is a session with the broker", it.connected),
            ("gateways", "Message gateways that the broker announced", it.gateways or 0),
            ("receiving", "Inbound messages that are under way", it.receiving),
            ("sending", "Outbound messages that are under way", it.sending),
        ):
            gauge = GaugeMetricFamily(f"parley_channel_{name}", text, labels=("channel",))
            gauge.add_metric((it.name,), float(value))
            yield gauge
        parts = GaugeMetricFamily(
            "parley_channel_part_up",
            "Whether a part of the far side works",
            labels=("channel", "part"),
        )
        for part, fault in list(it.parts.items()):
            parts.add_metric((it.name, part), 0.0 if fault else 1.0)
        yield parts
