"""How many forms without a chat a gateway has saved."""

from __future__ import annotations

from attrs import frozen


@frozen(kw_only=True)
class LoneForms:
    """What one gateway saved on one day without a chat (B-41).

    Attributes:
        day: Days since 1970 (UTC).
    """

    day: int
    count: int = 0
    bytes: int = 0
