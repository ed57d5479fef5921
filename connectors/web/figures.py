"""How a web process is doing: what `/readyz` of its own listener says and what is measured."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import anyio
from attrs import define, field, frozen
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from connectors.channels.pulse import Pulse
from protocol.catalogue import CATALOGUE

BEAT: Final = 0.5
"""How often the loop shows that it runs, and says how much there is, in seconds."""
DONE: Final = "done"
OTHER: Final = "other"


@frozen(kw_only=True)
class GatewayFigures:
    """One gateway as it is now.

    Attributes:
        up: Whether there is a session with the broker, and all is known.
        chats: Chats that are known.
        followed: Chats that a browser follows over a socket.
    """

    up: bool = False
    chats: int = 0
    followed: int = 0


@frozen(kw_only=True)
class Now:
    """What there is now.

    Attributes:
        sockets: Open sockets.
        visitors: Visitors who have one.
        requests: Requests under way.
        gateways: The gateways by their addresses, those of messages too.
        faults: Why it cannot serve.
    """

    sockets: int = 0
    visitors: int = 0
    requests: int = 0
    gateways: Mapping[str, GatewayFigures] = field(factory=dict)
    faults: tuple[str, ...] = ("starting",)


@define(eq=False)
class Figures:
    """What is counted; written by the loop, read by the threads of the health page.

    Attributes:
        pulse: Whether the loop runs.
        requests: Requests by operation and by what became of them.
        handshakes: Sockets that were wished for, likewise.
        frames: Frames of browsers by their type.
        refused: Frames that were refused, by type and code.
        limited: What came too fast, by kind.
        now: What there is.
        stopping: Whether the process is about to end.
        registry: All of it, as it is measured.
    """

    pulse: Pulse = field(factory=Pulse)
    requests: Counter[tuple[str, str]] = field(factory=Counter)
    handshakes: Counter[str] = field(factory=Counter)
    frames: Counter[str] = field(factory=Counter)
    refused: Counter[tuple[str, str]] = field(factory=Counter)
    limited: Counter[str] = field(factory=Counter)
    now: Now = field(factory=Now)
    stopping: bool = False
    registry: CollectorRegistry = field(factory=CollectorRegistry)

    def __attrs_post_init__(self) -> None:
        self.registry.register(_Collector(self))
        ProcessCollector(registry=self.registry)

    @property
    def faults(self) -> list[str]:
        """Why it cannot serve; nothing: it can."""
        return [*(["stopping"] if self.stopping else ()), *self.now.faults]

    def refuse(self, kind: str | None, code: str) -> None:
        """Count a frame that is refused; what a browser calls it is no name for what is measured."""
        known = kind if kind is not None and kind in CATALOGUE else OTHER
        self.refused[known, str(code)] += 1

    async def beat(self, look: Callable[[], Now]) -> None:
        """Show that the loop runs, and keep what there is, until cancelled."""
        while True:
            self.now = look()
            self.pulse.beat(BEAT)
            await anyio.sleep(BEAT)


class _Collector(Collector):
    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterator[Any]:
        """Everything that is measured, as it is now."""
        it, now = self._figures, self._figures.now
        yield _total("requests", "Requests by operation.", ("operation", "outcome"), it.requests)
        yield _total("handshakes", "Sockets wished for.", ("outcome",), it.handshakes)
        yield _total("frames", "Frames of browsers.", ("type",), it.frames)
        yield _total("frames_refused", "Those that were refused.", ("type", "code"), it.refused)
        yield _total("limited", "What came too fast, by kind.", ("kind",), it.limited)
        for name, text, value in (
            ("sockets", "Open sockets.", now.sockets),
            ("visitors", "Visitors who have a socket.", now.visitors),
            ("requests_under_way", "Requests under way.", now.requests),
            (
                "loop_lag_seconds",
                "Longest lateness of the event loop since the last reading.",
                it.pulse.take_lag(),
            ),
        ):
            yield GaugeMetricFamily(f"parley_web_{name}", text, value=value)
        for name, text in (
            ("up", "Whether there is a session with the broker."),
            ("chats", "Chats that are known."),
            ("followed", "Chats that are followed over a socket."),
        ):
            family = GaugeMetricFamily(f"parley_web_gateway_{name}", text, labels=("gateway",))
            for peer, gateway in now.gateways.items():
                family.add_metric((peer,), float(getattr(gateway, name)))
            yield family


def _total(
    name: str, text: str, labels: tuple[str, ...], found: Mapping[Any, int]
) -> CounterMetricFamily:
    family = CounterMetricFamily(f"parley_web_{name}", text, labels=labels)
    for key, count in sorted(found.items()):  # a copy: the loop goes on counting
        family.add_metric(key if isinstance(key, tuple) else (key,), count)
    return family
