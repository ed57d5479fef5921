"""Moments as the wire has them."""

from __future__ import annotations

from broker.core.moments import utc
from protocol.values import to_micros


def test_a_moment_comes_back_to_the_microsecond() -> None:
    """W-7, and in time zone UTC."""
    moment = utc(1_790_000_000_123_456)
    assert to_micros(moment) == 1_790_000_000_123_456
    assert str(moment.tzinfo) == "UTC"
