"""What the parts of a configuration share: lengths of time, secrets, opening hours."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from attrs import field, frozen

from protocol.hours import Span as Span

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class WorkKind(StrEnum):
    """What is given out to agents, as the file calls it."""

    CHATS = "chats"
    MESSAGES = "messages"


# A checker cannot solve the type variables of a generic converter, hence `Any`.
def frozen_map(items: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """A copy that nobody changes."""
    return MappingProxyType(dict(items))


@frozen(kw_only=True)
class Secret:
    """How a token is checked: exactly one of the two is set (C-3)."""

    digest: bytes | None = field(default=None, repr=False)
    """SHA-256 of a token that the file or the environment gives in clear text."""
    argon2: str | None = field(default=None, repr=False)
    """An argon2id hash made by `parley hash-token`."""


@frozen(kw_only=True)
class Logins:
    """How agents log in at a desk.

    Attributes:
        secret: That of the process of the desk; None: nobody logs in at one.
        mfa: Whether every password needs a second factor.
    """

    secret: Secret | None = None
    mfa: bool = False


Date = tuple[int | None, int, int]
"""Year, month and day; without a year the day of every year."""


@frozen(kw_only=True)
class Calendar:
    """Days whose hours are not those of their day of the week.

    Attributes:
        closed: Days without hours.
        open: Days with hours of their own.
    """

    name: str
    closed: frozenset[Date] = frozenset()
    open: Mapping[Date, tuple[Span, ...]] = field(converter=frozen_map, factory=dict)


@frozen(kw_only=True)
class Hours:
    """Opening hours in a time zone.

    Attributes:
        week: The spans that begin on each day of the week, Monday first.
        calendar: The days that are others.
    """

    week: tuple[tuple[Span, ...], ...]
    zone: ZoneInfo
    calendar: Calendar | None = None
