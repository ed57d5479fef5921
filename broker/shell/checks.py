"""The hellos, and the logins at desks, that wait for a slow check of their secret.

Theory of operation: the addresses that ask take turns, each with one hello, so that who sends a
thousand wrong ones waits for oneself and nobody else waits for them. Who has gone is forgotten.
What one address may have waiting is bounded, and so is the sum; when that is full, the address
with the most gives up the one that came last, for somebody who has fewer.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import trio
from attrs import Factory, define, field

from broker.shell.authentication import Authentication, Claim
from broker.shell.logins import LoginDesk
from protocol.session import Hello, LoginRequest, LoginResult

WAITING = 1_000
"""Hellos that may wait for a slow check."""
OF_ONE_ORIGIN = 200
"""How many of them may be of one address."""
CHECKERS = 2
"""Slow checks at the same time; each takes some 64 MiB."""


@define(eq=False, kw_only=True)
class Check:
    """A hello or a login that waits, or is being checked.

    Attributes:
        origin: Whose it is; see `origin_of`.
        done: Called with what came of it.
        rejected: Called when it lost its place to somebody else.
    """

    hello: Hello | LoginRequest
    origin: str
    done: Callable[[Claim | LoginResult | None], None]
    rejected: Callable[[], None]


@define
class SlowChecks:
    """The lines of hellos, one for each origin, in the order of their turns."""

    authentication: Authentication
    logins: LoginDesk = field(
        default=Factory(lambda self: LoginDesk(self.authentication), takes_self=True), kw_only=True
    )
    _lines: dict[str, deque[Check]] = field(factory=dict, init=False)
    _idle: trio.lowlevel.ParkingLot = field(factory=trio.lowlevel.ParkingLot, init=False)

    def ask(self, check: Check) -> bool:
        """Have a hello checked; False when too many wait already."""
        own = len(self._lines.get(check.origin, ()))
        if own >= OF_ONE_ORIGIN or not self._has_room(own):
            return False
        self._lines.setdefault(check.origin, deque()).append(check)
        self._idle.unpark()
        return True

    def forget(self, check: Check) -> None:
        """Nobody wants to know any more; what is being checked is checked to its end."""
        line = self._lines.get(check.origin)
        if line is not None and check in line:
            line.remove(check)
            if not line:
                del self._lines[check.origin]

    def _has_room(self, own: int) -> bool:
        """Whether one more may wait; makes room if somebody has more than `own` and one."""
        if sum(map(len, self._lines.values())) < WAITING:
            return True
        longest = max(self._lines.values(), key=len)
        if len(longest) <= own + 1:
            return False
        longest.pop().rejected()
        return True

    async def run(self) -> None:
        """Check what is asked for until cancelled."""
        async with trio.open_nursery() as nursery:
            for _ in range(CHECKERS):
                nursery.start_soon(self._check)

    async def _check(self) -> None:
        while True:
            while not self._lines:
                await self._idle.park()
            check = self._next()
            asked = check.hello
            if isinstance(asked, Hello):
                check.done(await self.authentication.decide(asked))
            else:
                check.done(await self.logins.decide(asked))

    def _next(self) -> Check:
        """Take the first of the line whose turn it is; that line is the last one then."""
        origin = next(iter(self._lines))
        line = self._lines.pop(origin)
        check = line.popleft()
        if line:
            self._lines[origin] = line
        return check
