"""All sockets of a process: what they share, and how many there may be."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol

import anyio
from attrs import define, field

from connectors.web.figures import Figures
from connectors.web.rates import Rates
from connectors.web.tokens import Tokens, Visitor
from connectors.web.visits import Visits


class Ending(Protocol):
    """A socket that can be told that the process ends."""

    def restart(self) -> None:
        """Say good-bye: the process ends."""

    def end(self, key: str) -> None:
        """End it, if it was opened with a token that has ended."""


@define(eq=False)
class Sockets:
    """What the sockets of a process share.

    Attributes:
        visits: The sites by name.
        tokens: What reads visitors' tokens.
        rates: How much a visitor may send.
        most: How many there may be.
        most_each: How many of one visitor.
        patience: How long they stay open without a broker.
        figures: What is counted.
        open: Those that there are.
    """

    visits: Mapping[str, Visits]
    tokens: Tokens
    rates: Rates
    most: int = 20_000
    most_each: int = 20
    patience: float = 15.0
    figures: Figures = field(factory=Figures)
    open: set[Ending] = field(factory=set)
    _each: Counter[str] = field(factory=Counter)
    _gone: anyio.Event = field(factory=anyio.Event)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for one more."""
        return len(self.open) >= self.most

    @property
    def visitors(self) -> int:
        """How many visitors have one."""
        return len(self._each)

    def admit(self, visitor: Visitor) -> bool:
        """Count one more of a visitor, if they may have it."""
        if self._each[visitor.tracking_id] >= self.most_each:
            return False
        self._each[visitor.tracking_id] += 1
        return True

    def dismiss(self, visitor: Visitor) -> None:
        """Count one less."""
        self._each[visitor.tracking_id] -= 1
        if self._each[visitor.tracking_id] <= 0:
            del self._each[visitor.tracking_id]

    def end(self, key: str) -> None:
        """End those that were opened with a token that has ended."""
        for socket in tuple(self.open):
            socket.end(key)

    async def shut(self) -> None:
        """The process ends: say so to everybody, and wait until it is said."""
        for socket in tuple(self.open):
            socket.restart()
        while self.open:
            await self._gone.wait()

    def enter(self, socket: Ending) -> None:
        """A socket is open."""
        self.open.add(socket)

    def leave(self, socket: Ending) -> None:
        """It is closed."""
        self.open.discard(socket)
        self._gone.set()
        self._gone = anyio.Event()
