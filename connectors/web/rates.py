"""How much a visitor may send: a bucket for each kind of thing, which fills at a steady rate."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from attrs import define, frozen

VISITORS: Final = 50_000
"""So many are remembered; who is forgotten was silent the longest."""


@frozen
class Rate:
    """A bound.

    Attributes:
        per_second: How many go for ever.
        burst: How many go at once.
    """

    per_second: float
    burst: float


@define
class _Bucket:
    """What is left of one bound."""

    left: float
    at: float


SENTENCE: Final = "sentence"
NAVIGATION: Final = "navigation"
TYPING: Final = "typing"
CONFIRM: Final = "confirm"
START: Final = "start"
ASK: Final = "ask"
ATTACHMENT: Final = "attachment"
POLL: Final = "poll"
PAGE: Final = "page"
SIGNAL: Final = "signal"
NEW: Final = "new"
MESSAGE: Final = "message"
LETTERS: Final = "messages of an address"

RATES: Final[Mapping[str, Rate]] = {
    SENTENCE: Rate(5, 20),
    NAVIGATION: Rate(2, 10),
    TYPING: Rate(2, 10),
    CONFIRM: Rate(20, 200),
    START: Rate(1, 10),
    ASK: Rate(5, 30),
    ATTACHMENT: Rate(10, 60),
    POLL: Rate(5, 30),
    PAGE: Rate(10, 60),
    SIGNAL: Rate(50, 500),
    MESSAGE: Rate(0.1, 5),
    NEW: Rate(20, 400),
    LETTERS: Rate(1, 30),
}
"""By kind; for each visitor, and the last two for each address that visitors come from. Who has no token
is counted by their address."""
FRAMES: Final = Rate(100, 200)
"""What one socket may send, whatever it is; more ends it."""


class Rates:
    """What everybody has left.

    Attributes:
        limited: What was too fast, by kind.
    """

    def __init__(
        self,
        now: Callable[[], float],
        rates: Mapping[str, Rate] = RATES,
        limited: Counter[str] | None = None,
    ) -> None:
        """Make it.

        Args:
            now: A clock in seconds.
            rates: The bounds.
            limited: Where is counted what is too fast.
        """
        self.limited: Counter[str] = Counter() if limited is None else limited
        self._now = now
        self._rates = rates
        self._buckets: OrderedDict[tuple[str, str], _Bucket] = OrderedDict()

    def wait(self, who: str, kind: str) -> float:
        """Take one, if there is one left.

        Returns:
            0.0; or after how many seconds there will be one.
        """
        rate, now = self._rates[kind], self._now()
        bucket = self._buckets.pop((who, kind), None) or _Bucket(rate.burst, now)
        self._buckets[who, kind] = bucket
        if len(self._buckets) > VISITORS:
            self._buckets.popitem(last=False)
        wait = take(bucket, rate, now)
        if wait:
            self.limited[kind] += 1
        return wait


def take(bucket: _Bucket, rate: Rate, now: float) -> float:
    """Take one of a bucket; gives the seconds to wait where there is none."""
    bucket.left = min(rate.burst, bucket.left + (now - bucket.at) * rate.per_second)
    bucket.at = now
    if bucket.left >= 1.0:
        bucket.left -= 1.0
        return 0.0
    return (1.0 - bucket.left) / rate.per_second


class Allowance:
    """One bound for one thing."""

    def __init__(self, rate: Rate, now: Callable[[], float]) -> None:
        """Make a full one."""
        self._rate, self._now = rate, now
        self._bucket = _Bucket(rate.burst, now())

    def takes(self) -> bool:
        """Take one, if there is one left."""
        return take(self._bucket, self._rate, self._now()) == 0.0
