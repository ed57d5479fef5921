"""How long to wait before the next try: exponential, with jitter, the randomness given by the caller."""

from collections.abc import Callable

from attrs import frozen

Random = Callable[[], float]
"""A source of randomness: each call gives a float in [0, 1), as `random.random` does."""


@frozen(kw_only=True)
class Backoff:
    """The rule for the delays between tries.

    Attributes:
        first: The delay after the first failure, in seconds, before jitter.
        factor: What each further failure multiplies it by.
        longest: No delay is longer than this, jitter included.
        jitter: The share of the delay that is random. 0.5 spreads a delay of 4 s evenly over 2 s to
            4 s, so that the clients of a broker that was restarted do not all come back in the same
            instant.
    """

    first: float = 0.5
    factor: float = 2.0
    longest: float = 30.0
    jitter: float = 0.5

    def delay(self, failures: int, random: Random) -> float:
        """Say how many seconds to wait after so many failures in a row (1 is the first)."""
        # The exponent is bounded: a client that has been away for a year must not overflow a float.
        whole = min(self.longest, self.first * self.factor ** min(max(failures - 1, 0), 64))
        return whole * (1.0 - self.jitter * random())

    def at_least(self, seconds: float, random: Random) -> float:
        """Spread a delay that the broker asked for: never sooner, and later by up to `jitter` of it."""
        return seconds + self.jitter * max(self.first, seconds) * random()
