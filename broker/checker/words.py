"""The words that the rows of the store may say, as the checker has them from the clauses.

They are not the core's: what both would take from one place, both would have wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import attrgetter
from typing import Any, Final

from attrs import frozen

from broker.checker.evidence import Story
from broker.checker.violation import Violation

OUTCOMES: Final = frozenset(
    {"answered", "rejected", "missed", "withdrawn", "lost", "forced", "restart"}
)
"""How an offer ended, or what somebody was asked for (B-24, B-25, B-29)."""
MODES: Final = frozenset({"queue", "bot", "Transfer", "Consult", "Conference"})
"""What a chat was offered for (B-24, B-29, B-40)."""
PARTY_ENDS: Final = frozenset(
    {"left", "lost", "forced", "ended", "restart", "owner", "changed", "asked"}
)
"""Why somebody besides the owner was out of a chat (B-29)."""
PARKING_ENDS: Final = frozenset({"retrieved", "ended"})
"""Why a chat was parked no more (B-29)."""
AGENT_CAUSES: Final = frozenset({"login", "asked", "next", "missed", "lost", "forced"})
"""Why the state of an agent changed (B-28)."""
WRAPUP_ENDS: Final = frozenset({"agent", "expired", "reopened", "forced"})
"""Why a wrap-up ended (B-28)."""
KINDS: Final = frozenset(
    {
        *("routed", "refused", "bot", "waiting", "offered", "wait_rule"),
        *("transfer", "transfer_ended", "forced"),
    }
)
"""What the log of decisions tells (B-30)."""


@frozen
class _Column:
    """A column whose texts are words of a list."""

    table: str
    name: str
    words: frozenset[str]


_COLUMNS: Final = (
    _Column("offers", "outcome", OUTCOMES),
    _Column("offers", "mode", MODES),
    _Column("invites", "outcome", OUTCOMES),
    _Column("parties", "cause", PARTY_ENDS),
    _Column("parkings", "cause", PARKING_ENDS),
    _Column("agent_moves", "cause", AGENT_CAUSES),
    _Column("wrapups", "cause", WRAPUP_ENDS),
    _Column("conversation_wrapups", "cause", WRAPUP_ENDS),
    _Column("decisions", "kind", KINDS),
)


def known_words(story: Story) -> Iterator[Violation]:
    """I-8: a row says what happened in a word that there is."""
    for column in _COLUMNS:
        rows: Iterable[Any] = getattr(story.dump, column.table)
        said = attrgetter(column.name)
        for row in rows:
            if said(row) and said(row) not in column.words:
                text = f"{column.table} say {column.name} {said(row)}"
                yield Violation("I-8", text, row.at, chat=getattr(row, "chat", ""))
