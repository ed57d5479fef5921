"""Who is alerted, asked and in a chat, written down by the tables of states (B-24, B-29)."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.core.apply import apply
from broker.core.facts import (
    AgentExcluded,
    Fact,
    InviteEnded,
    PartyJoined,
    PartyLeft,
)
from broker.core.facts.causes import (
    OfferMode,
    OfferOutcome,
    PartyEnd,
)
from protocol.values import ChatStatus, TransferMode
from tests.support.bare_core import UP
from tests.support.chat_facts import (
    ALICE,
    ANSWERS,
    BOB,
    INVITE,
    OFFER,
    SALES,
    START,
    TALKING,
    THEN,
    after,
    ended,
)


def over(outcome: OfferOutcome) -> InviteEnded:
    return InviteEnded(**THEN, outcome=outcome)


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param((*TALKING[:4], OFFER), id="two offers"),
        pytest.param((*TALKING[:4], ended(OfferOutcome.MISSED, 8)), id="another offer ended"),
        pytest.param((START, ended(OfferOutcome.MISSED)), id="no offer ended"),
        pytest.param((*TALKING, INVITE, INVITE), id="two invitations"),
        pytest.param((*TALKING, over(OfferOutcome.LOST)), id="none ended"),
        pytest.param((*TALKING[:5], ANSWERS), id="answered while the offer is open"),
        pytest.param((START, OFFER), id="offered before a rule said to whom"),
        pytest.param((*TALKING, INVITE, evolve(OFFER, offer=8)), id="offered from a queue"),
        pytest.param((*TALKING, INVITE, over(OfferOutcome.REJECTED)), id="rejected by a project"),
    ],
)
def test_what_cannot_have_been_decided_is_not_written(facts: tuple[Fact, ...]) -> None:
    """I-6, I-8: an assertion ends the process before a row does harm."""
    with pytest.raises(AssertionError):
        after(*facts)


def test_who_let_a_chat_go_is_remembered_and_who_answered_is_not() -> None:
    """B-24."""
    assert after(*TALKING[:5], ended(OfferOutcome.MISSED))[1].exclusions == {ALICE: UP}
    assert after(*TALKING[:5], ended(OfferOutcome.LOST))[1].exclusions == {}
    assert after(*TALKING, AgentExcluded(**THEN, agent=BOB))[1].exclusions == {BOB: UP}


def test_whoever_is_alerted_for_a_project_is_asked_until_they_let_it_go() -> None:
    """B-29: the project is asked on."""
    asked = evolve(OFFER, offer=8, agent=BOB, mode=OfferMode.TRANSFER)
    state, chat = after(*TALKING, INVITE, asked)
    assert chat.invite is not None
    assert (chat.offered_to, chat.invite.note) == (BOB, "Please")
    over = evolve(ended(OfferOutcome.REJECTED, 8), agent=BOB, status=ChatStatus.ANSWERED)
    apply(state, over)
    assert (chat.invite.agent, chat.invite.project, chat.offer) == (None, SALES, None)
    apply(state, InviteEnded(**THEN, outcome=OfferOutcome.MISSED))
    assert chat.invite is None


def test_parties_come_and_go() -> None:
    joined = PartyJoined(**THEN, agent=BOB, mode=TransferMode.CONSULT, by=ALICE)
    state, chat = after(*TALKING, joined)
    assert chat.parties[BOB].mode is TransferMode.CONSULT
    apply(state, PartyLeft(**THEN, agent=BOB, cause=PartyEnd.LEFT))
    assert chat.parties == {}
