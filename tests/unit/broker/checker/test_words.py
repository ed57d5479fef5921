"""The words of the rows: the checker's own list, and the core's."""

from enum import StrEnum

import pytest

from broker.checker import words
from broker.checker.dump import AgentMoveRow, DecisionRow, Dump, OfferRow
from broker.checker.evidence import Story
from broker.core.facts.causes import (
    AgentCause,
    DecisionKind,
    OfferMode,
    OfferOutcome,
    ParkingEnd,
    PartyEnd,
    WrapupEnd,
)
from protocol.values import Guid

CHAT, ANN = Guid("chat"), Guid("ann")


@pytest.mark.parametrize(
    ("own", "core"),
    [
        (words.OUTCOMES, OfferOutcome),
        (words.MODES, OfferMode),
        (words.PARTY_ENDS, PartyEnd),
        (words.PARKING_ENDS, ParkingEnd),
        (words.AGENT_CAUSES, AgentCause),
        (words.WRAPUP_ENDS, WrapupEnd),
        (words.KINDS, DecisionKind),
    ],
)
def test_the_checker_has_found_the_same_words(own: frozenset[str], core: type[StrEnum]) -> None:
    """I-8: both were written from the clauses, and neither from the other."""
    assert own == set(core)


def test_a_word_that_there_is_not_is_a_breach() -> None:
    """I-8: in whichever table; a row of what is not over yet says none."""
    offer = OfferRow(offer=1, chat=CHAT, agent=ANN, at=5, until=9)
    odd = Dump(
        offers=(offer, OfferRow(offer=2, chat=CHAT, agent=ANN, at=6, until=9, outcome="eaten")),
        agent_moves=(AgentMoveRow(agent=ANN, at=7, state="Pause", cause="tired"),),
        decisions=(DecisionRow(chat=CHAT, at=8, kind="moved"),),
    )
    found = [(v.at, v.text, v.chat) for v in words.known_words(Story([], odd))]
    assert found == [
        (6, "offers say outcome eaten", CHAT),
        (7, "agent_moves say cause tired", ""),
        (8, "decisions say kind moved", CHAT),
    ]
