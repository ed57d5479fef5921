"""Who is logged in: sessions of browsers, kept in memory, with their limits and nothing about sockets.

A browser has a random token in a cookie; here only its digest is. A session ends when nobody does anything
for a while, after the longest time that any may last, by logging out, and when the broker says that the agent
is not who logged in any more. Before one of the limits its pages are warned, once.
"""

import hmac
from collections.abc import Callable, Iterator
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final, Protocol

from attrs import define, field, frozen

from protocol.session import LoginResult

TOKEN_BYTES: Final = 32


class Seated(Protocol):
    """What holds a workplace for a session."""

    def over(self, text: str) -> None:
        """End it: its session is over."""

    def warn(self, seconds: int) -> None:
        """Say that the session ends soon, and unless something is done."""


@define(eq=False)
class Session:
    """A login.

    Attributes:
        agent: Whom the broker found.
        address: Where they logged in from.
        began: When.
        used: When something was done last.
        warned: Whether its pages know that it ends soon.
        seat: Its workplace.
    """

    agent: LoginResult
    address: str
    began: float
    used: float
    digest: bytes = field(repr=False)
    warned: bool = False
    seat: Seated | None = None


@frozen(kw_only=True)
class Limits:
    """How long a session lasts, in seconds.

    Attributes:
        idle: Without anything done.
        longest: At all.
        warning: How long before one of them is warned.
        most: How many sessions there may be.
    """

    idle: float
    longest: float
    warning: float
    most: int


class TooManySessions(Exception):
    """There is no room for one more login."""


class Sessions:
    """All logins of a desk."""

    def __init__(
        self,
        limits: Limits,
        now: Callable[[], float],
        random: Callable[[int], str] = token_urlsafe,
    ) -> None:
        """Make it.

        Args:
            limits: How long they last.
            now: Seconds that only grow.
            random: Makes a token of so many random bytes.
        """
        self.limits = limits
        self._now = now
        self._random = random
        self._sessions: dict[bytes, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def begin(self, agent: LoginResult, address: str) -> tuple[str, Session]:
        """Log somebody in; always with a new token.

        Returns:
            The token for the browser, and the session.

        Raises:
            TooManySessions: There is no room.
        """
        if len(self._sessions) >= self.limits.most:
            raise TooManySessions
        token, now = self._random(TOKEN_BYTES), self._now()
        session = Session(agent, address, now, now, _digest(token))
        self._sessions[session.digest] = session
        return token, session

    def find(self, token: str | None) -> Session | None:
        """The session of a token, if it is not over."""
        if not token:
            return None
        session = self._sessions.get(_digest(token))
        if session is None or not hmac.compare_digest(session.digest, _digest(token)):
            return None
        if self.ends_in(session) <= 0:
            self.end(session, "the time is over")
            return None
        return session

    def touch(self, session: Session) -> None:
        """Something is done in a session."""
        session.used = self._now()
        session.warned = False

    def ends_in(self, session: Session) -> float:
        """After how many seconds a session ends if nothing is done."""
        now = self._now()
        idle = session.used + self.limits.idle - now
        return min(idle, session.began + self.limits.longest - now)

    def end(self, session: Session, text: str) -> None:
        """Log somebody out."""
        if self._sessions.pop(session.digest, None) is None:
            return
        seat, session.seat = session.seat, None
        if seat is not None:
            seat.over(text)

    def look(self) -> None:
        """End what is over, and warn where the end is near."""
        for session in self:
            left = self.ends_in(session)
            if left <= 0:
                self.end(session, "nobody did anything, or the longest time is over")
            elif left <= self.limits.warning and not session.warned and session.seat is not None:
                session.warned = True
                session.seat.warn(round(left))


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
