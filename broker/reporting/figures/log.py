"""What is folded: the rows of the event log in one order, each at its moment in the broker's own time.

Rows that have a beginning and an end are two entries of the log. Conversations are none: a row says how one
stands now, since that is all that is told of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

from broker.reporting.history import EventRow, ParkingRow, PartyRow, StateRow, WrapupRow
from broker.reporting.listened import Listened

SpellRow = WrapupRow | ParkingRow | PartyRow
"""Something of a chat that lasts, and takes or gives back a slot of an agent meanwhile."""


@frozen
class Heard:
    """It is known when the broker listened."""

    listened: Listened


@frozen
class ChatStep:
    """The status or the owner of a chat changed.

    Attributes:
        event: How.
        id: The ChatId.
        language: What the chat asks for, as far as is known now.
    """

    event: EventRow
    id: str
    language: str | None

    @property
    def at(self) -> int:
        """When."""
        return self.event.at


@frozen
class SpellBegan:
    """Something began that lasts."""

    row: SpellRow

    @property
    def at(self) -> int:
        """When."""
        return self.row.at


@frozen
class SpellEnded:
    """It is over."""

    row: SpellRow

    @property
    def at(self) -> int:
        """When."""
        return self.row.at if self.row.ended is None else self.row.ended


@frozen
class AgentStep:
    """The state of an agent changed."""

    row: StateRow

    @property
    def at(self) -> int:
        """When."""
        return self.row.at


@frozen(kw_only=True)
class ConversationStands:
    """How a conversation of messages stands now.

    Attributes:
        no: Its number.
        id: The ConversationId.
        gateway: Where it came in.
        project: What it is about.
        language: What it asks for.
        status: Its status.
        agent: Whose it is.
        since: Since when it is open.
        due: When it is to be answered; None when it need not be, or is.
        is_aside: Whether somebody put it aside.
    """

    no: int
    id: str
    gateway: str
    project: str | None
    language: str | None
    status: str
    agent: str | None
    since: int
    due: int | None
    is_aside: bool


Timed = ChatStep | SpellBegan | SpellEnded | AgentStep
Entry = Heard | Timed | ConversationStands
_RANKS: Final = {ChatStep: 0, SpellBegan: 1, SpellEnded: 2, AgentStep: 3}


def in_order(entries: Iterable[Timed]) -> list[Timed]:
    """Entries in order of time; of one moment what a chat did comes first, as it led to the rest."""
    return sorted(entries, key=lambda entry: (entry.at, _RANKS[type(entry)]))
