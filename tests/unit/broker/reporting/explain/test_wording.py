"""Every word that a fact may give has its words in an explanation, and none stops one."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import pytest

from broker.core.chats.lifecycle import CHAT
from broker.core.facts.causes import (
    ChatCause,
    ChosenBy,
    DecisionKind,
    Ineligible,
    OfferOutcome,
    ParkingEnd,
    PartyEnd,
    PassedOver,
)
from broker.reporting.explain import wording
from protocol.values import ChatStatus, CloseReason


def causes(before: ChatStatus | None, after: ChatStatus) -> set[ChatCause]:
    """Why a chat may go from one status to another; None: from any that is open."""
    starts = [before] if before is not None else [one for one in ChatStatus if one is not after]
    return {c for s in CHAT if s.before in starts and s.after is after for c in s.causes}


PLAINLY_CLOSED = {ChatCause.CLOSED, ChatCause.FORCED}
"""Causes of an end that say no more than its reason, or whose supervisor is named."""


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (wording.REASONS, Ineligible),
        (wording.PASSED_OVER, PassedOver),
        (wording.BY, ChosenBy),
        (wording.CLOSED, CloseReason),
        (wording.CLOSED_BY, causes(None, ChatStatus.CLOSED) - PLAINLY_CLOSED),
        (wording.PASSED_ON, causes(ChatStatus.ANSWERED, ChatStatus.ANSWERED)),
        (wording.GIVEN_BACK, causes(ChatStatus.ANSWERED, ChatStatus.WAITING)),
        (wording.OFFER_ENDED, OfferOutcome),
        (wording.CAME_TO_NOTHING, set(OfferOutcome) - {OfferOutcome.ANSWERED}),
        (wording.PARTY_ENDED, set(PartyEnd) - set(wording.STILL_IN)),
        (wording.PARKING_ENDED, ParkingEnd),
    ],
)
def test_a_table_tells_every_word_and_no_other(
    table: Mapping[str, str], words: Iterable[StrEnum]
) -> None:
    """B-30: a word that is new in the core and has no words here fails."""
    assert set(table) == set(words)


@pytest.mark.parametrize("kind", DecisionKind)
def test_a_word_of_a_row_is_known_by_its_text(kind: DecisionKind) -> None:
    assert wording.known(DecisionKind, kind.value) is kind


def test_a_word_of_a_later_version_is_taken_as_it_is() -> None:
    assert wording.known(DecisionKind, "moved") is None
    assert wording.reason("asleep") == "asleep"
