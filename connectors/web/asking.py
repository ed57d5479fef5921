"""Answers that many want at once: asked for once, and good for a moment."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import anyio
from attrs import define, field

from connectors.client.cache import Cache
from connectors.web.problems import Problem

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@define(eq=False)
class _Flight:
    """A question under way.

    Attributes:
        landed: Set when it is over.
        problem: Why it was not answered, if somebody said why.
    """

    landed: anyio.Event = field(factory=anyio.Event)
    problem: Problem | None = None


class Asking(Generic[K, V]):
    """Answers by question. Whoever asks what is being asked waits for that answer, or for that refusal."""

    def __init__(self, period: float, bound: int) -> None:
        """Make it.

        Args:
            period: Seconds that an answer is good for.
            bound: So many are kept.
        """
        self._kept: Cache[K, V] = Cache(period, bound)
        self._flights: dict[K, _Flight] = {}

    def forget(self) -> None:
        """Have everything asked anew; what is under way is still good for who waits for it."""
        self._kept.clear()
        self._flights.clear()

    async def get(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        """The answer to a question.

        Raises:
            Problem: There is none.
        """
        while True:
            known = self._kept.get(key, anyio.current_time())
            if known is not None:
                return known
            flight = self._flights.get(key)
            if flight is None:
                return await self._fly(key, ask)
            await flight.landed.wait()
            if flight.problem is not None:
                raise flight.problem

    async def _fly(self, key: K, ask: Callable[[], Awaitable[V]]) -> V:
        flight = self._flights[key] = _Flight()
        try:
            found = await ask()
            if self._flights.get(key) is flight:
                self._kept.put(key, found, anyio.current_time())
        except Problem as problem:
            flight.problem = problem
            raise
        else:
            return found
        finally:
            if self._flights.get(key) is flight:
                del self._flights[key]
            flight.landed.set()
