"""What follows from facts about agents (B-24, B-29)."""

from __future__ import annotations

import pytest

from broker.core.facts import OfferEnded, OfferMade
from broker.core.facts.causes import OfferMode, OfferOutcome
from protocol.values import ChatStatus, Guid, TransferMode

ALICE, CHAT = Guid("alice"), Guid("chat")


@pytest.mark.parametrize("mode", OfferMode)
def test_an_offer_that_an_owner_asked_for_invites(mode: OfferMode) -> None:
    offer = OfferMade(
        offer=1, chat=CHAT, no=1, agent=ALICE, workplace="101", at=1, until=2, mode=mode
    )
    assert offer.invites is (mode.value in set(TransferMode))


@pytest.mark.parametrize("outcome", OfferOutcome)
def test_who_rejects_or_misses_an_offer_lets_the_chat_go(outcome: OfferOutcome) -> None:
    """And nobody whose workplace or broker was lost, or whose visitor left."""
    ended = OfferEnded(
        offer=1,
        chat=CHAT,
        no=1,
        agent=ALICE,
        at=2,
        outcome=outcome,
        missed=0,
        status=ChatStatus.ALERTING,
    )
    assert ended.lets_go is (outcome in (OfferOutcome.REJECTED, OfferOutcome.MISSED))
