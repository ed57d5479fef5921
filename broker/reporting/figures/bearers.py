"""Who asks: bearer tokens, checked against the configuration.

Theory of operation: a token that is kept as an argon2 hash takes a tenth of a second and much memory to
check, so this is done in a thread, one at a time, at most a few times a second, and once for a token: who
was let in is known by the digest of what they showed. A new configuration forgets all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final

import anyio
import anyio.to_thread
from attrs import define, field

from broker.config.figures import FiguresRole, FiguresToken
from broker.config.secret import digest, verify
from broker.reporting.figures.problems import Problem
from protocol.errors import ErrorCode
from protocol.limits import text_length

LONGEST: Final = text_length("Hello", "Token")
TRIES: Final = 5
"""How many tokens that nobody knows are checked in a second."""
KNOWN: Final = 1_000
"""How many tokens are remembered."""
_SCHEME: Final = "bearer "


class Right(Enum):
    """What somebody may see."""

    FIGURES = auto()
    CONTACTS = auto()


RIGHTS: Final = {
    FiguresRole.WALLBOARD: frozenset({Right.FIGURES}),
    FiguresRole.SUPERVISOR: frozenset({Right.FIGURES, Right.CONTACTS}),
}


@define
class Bearers:
    """Everybody who may ask.

    Attributes:
        tokens: They.
        clock: The time now, in seconds.
    """

    tokens: Sequence[FiguresToken]
    clock: Callable[[], float]
    _known: dict[bytes, FiguresToken] = field(init=False, factory=dict)
    _tries: float = field(init=False, default=TRIES)
    _tried: float = field(init=False, default=0.0)
    _turn: anyio.Lock = field(init=False, factory=anyio.Lock)

    def renew(self, tokens: Sequence[FiguresToken]) -> None:
        """Know others from now on."""
        self.tokens = tokens
        self._known = {}

    async def who(self, authorization: str | None, right: Right) -> FiguresToken:
        """Who asks.

        Args:
            authorization: The header.
            right: What they must have.

        Raises:
            Problem: Nobody who may.
        """
        bearer = await self._known_by(authorization or "")
        if bearer is None:
            raise Problem(ErrorCode.AUTH_FAILED, "a bearer token is needed that is known here")
        if right not in RIGHTS[bearer.role]:
            raise Problem(ErrorCode.NOT_ALLOWED, f"the role {bearer.role} may not see this")
        return bearer

    async def _known_by(self, authorization: str) -> FiguresToken | None:
        token = authorization[len(_SCHEME) :].strip()
        if authorization[: len(_SCHEME)].lower() != _SCHEME or not 0 < len(token) <= LONGEST:
            return None
        key = digest(token)
        if key in self._known:
            return self._known[key]
        for one in self.tokens:
            if one.secret.digest is not None and verify(one.secret, token):
                return self._remember(key, one)
        slow = [one for one in self.tokens if one.secret.argon2 is not None]
        return await self._slowly(key, token, slow) if slow else None

    async def _slowly(
        self, key: bytes, token: str, slow: Sequence[FiguresToken]
    ) -> FiguresToken | None:
        async with self._turn:
            if key in self._known:
                return self._known[key]
            self._spend()

            def found() -> FiguresToken | None:
                return next((one for one in slow if verify(one.secret, token)), None)

            one = await anyio.to_thread.run_sync(found)
        # Who is no bearer any more since the configuration was read meanwhile is none.
        return self._remember(key, one) if one is not None and one in self.tokens else None

    def _spend(self) -> None:
        now = self.clock()
        self._tries = min(TRIES, self._tries + (now - self._tried) * TRIES)
        self._tried = now
        if self._tries < 1:
            raise Problem(ErrorCode.RATE_LIMITED, "too many tokens that nobody knows")
        self._tries -= 1

    def _remember(self, key: bytes, one: FiguresToken) -> FiguresToken:
        if len(self._known) >= KNOWN:
            self._known.clear()
        self._known[key] = one
        return one
