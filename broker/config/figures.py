"""The section of the service of live figures (`parley figures`)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from zoneinfo import ZoneInfo

from attrs import field, frozen

from broker.config.basics import SECOND, Secret, frozen_map
from protocol.values import Guid


class FiguresRole(StrEnum):
    """What the bearer of a token may see, of their projects."""

    WALLBOARD = "wallboard"
    """Figures, and how agents stand."""
    SUPERVISOR = "supervisor"
    """The contacts behind them and what was said, too."""


@frozen(kw_only=True)
class FiguresToken:
    """Somebody who may ask.

    Attributes:
        name: What they are called in the log.
        secret: How their token is checked.
        role: What they may see.
        projects: Of which projects; None: of all, and of what is of none.
    """

    name: str
    secret: Secret
    role: FiguresRole = FiguresRole.WALLBOARD
    projects: frozenset[Guid] | None = None


@frozen(kw_only=True)
class Figures:
    """`[figures]`.

    Attributes:
        listen: Where the service listens.
        zone: Whose days.
        threshold: An answer is in time after no longer than this.
        thresholds: The same for single projects.
        short_abandon: Who gives up within this is not counted; 0: everybody is.
        every: How often the store is looked at.
        streams: How many may be pushed to at the same time.
        tokens: Who may ask.
    """

    listen: tuple[tuple[str, int], ...] = (("127.0.0.1", 7072),)
    zone: ZoneInfo = field(factory=lambda: ZoneInfo("UTC"))
    threshold: int = 20 * SECOND
    thresholds: Mapping[Guid, int] = field(converter=frozen_map, factory=dict)
    short_abandon: int = 0
    every: int = SECOND
    streams: int = 200
    tokens: tuple[FiguresToken, ...] = ()
