"""What a measurement loads a broker with."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen, validators

_positive: Any = validators.gt(0)


@frozen(kw_only=True)
class Load:
    """One load.

    Attributes:
        connectors: Connections of connectors, each with a gateway of its own.
        agents: Connections of workplaces.
        chats: Open chats, dealt out to the connectors.
        outstanding: Sentences on their way at any moment (sent, not yet confirmed). Passed over
            when `rate` is set.
        rate: Sentences per second, sent on schedule whatever comes back; None: as fast as
            `outstanding` allows.
        processes: Loader processes.
        seconds: Length of the measurement.
        warmup: Seconds of the same load before it.
        sentences_per_chat: A chat that has had so many is stopped and another one started.
        text_bytes: Length of a sentence's text.
    """

    connectors: int = field(default=50, validator=_positive)
    agents: int = field(default=50, validator=_positive)
    chats: int = field(default=1000, validator=_positive)
    outstanding: int = field(default=64, validator=_positive)
    rate: float | None = None
    processes: int = field(default=1, validator=_positive)
    seconds: float = field(default=5.0, validator=_positive)
    warmup: float = 1.0
    sentences_per_chat: int = field(default=500, validator=_positive)
    text_bytes: int = field(default=250, validator=_positive)

    def share(self, worker: int) -> Share:
        """What one of the loader processes does of it."""
        n = self.processes
        return Share(
            load=self,
            worker=worker,
            connectors=tuple(range(worker, self.connectors, n)),
            agents=tuple(range(worker, self.agents, n)),
            chats=len(range(worker, self.chats, n)),
            outstanding=len(range(worker, self.outstanding, n)),
            rate=None if self.rate is None else self.rate / n,
        )


@frozen(kw_only=True)
class Share:
    """The part of a load that one loader process does; connectors and agents by number."""

    load: Load
    worker: int
    connectors: tuple[int, ...]
    agents: tuple[int, ...]
    chats: int
    outstanding: int
    rate: float | None


def gateway_peer(number: int) -> str:
    """Address of the gateway of a connector."""
    return f"bench-{number:04d}"


def workplace_number(number: int) -> str:
    """Number of the workplace of an agent, who logs in by the same name."""
    return f"{10_000 + number}"


TOKEN = "bench-secret"  # noqa: S105 - the token of a broker that lives for the measurement
"""Every gateway and every agent of the benchmark's configuration has this token."""
