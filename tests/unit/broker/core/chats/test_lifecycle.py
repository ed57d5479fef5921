"""B-6, I-8: what chats, offers and invitations go through, in the core and in the checker's own table."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.checker.i08_i13_i14_legality import MOVES
from broker.core.apply import apply
from broker.core.chat_state import Invite
from broker.core.chats.lifecycle import (
    CHAT,
    OFFER,
    InviteMove,
    InviteStage,
    may_end_offer,
    may_invite,
    may_move,
    may_offer,
    stage_of,
)
from broker.core.facts import ChatMoved
from broker.core.facts.causes import ChatCause, OfferMode, OfferOutcome
from protocol.values import ChatStatus, Guid, TransferMode
from tests.support.first_moves import start
from tests.support.playbook import Playbook

ALICE, SALES = Guid("alice"), Guid("sales")


def test_the_checker_has_found_the_same_table() -> None:
    """I-8: both were written from the clauses, and neither from the other."""
    mine = {(s.before.value, s.after.value): set(s.causes) for s in CHAT if s.before is not None}
    assert mine == MOVES


@pytest.mark.parametrize("before", ChatStatus)
def test_an_open_chat_can_end_and_a_closed_one_can_only_begin_anew(before: ChatStatus) -> None:
    after = {step.after for step in CHAT if step.before is before}
    if before is ChatStatus.CLOSED:
        assert after == {ChatStatus.PILOT}
    else:
        assert may_move(before, ChatStatus.CLOSED, ChatCause.CLOSED)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (ChatStatus.ANSWERED, ChatCause.ANSWERED),
        (ChatStatus.WAITING, ChatCause.ROUTED),
        (ChatStatus.ALERTING, ChatCause.ANSWERED),
    ],
)
def test_a_move_that_is_not_in_the_table_is_not_written(
    play: Playbook, status: ChatStatus, cause: ChatCause
) -> None:
    """B-6: a chat that waits is answered by way of an offer only."""
    web = play.connector("web")
    chat = play.state.chats[Guid(start(web, "t1", "Waiting"))]
    assert chat.status is ChatStatus.WAITING
    fact = ChatMoved(
        chat=chat.id,
        no=chat.no,
        at=play.state.now,
        status=status,
        cause=cause,
        agent=None,
        priority=0,
        enqueued_at=None,
    )
    with pytest.raises(AssertionError):
        apply(play.state, fact)
    assert chat.status is ChatStatus.WAITING


def test_an_offer_is_made_in_one_status_for_each_thing() -> None:
    """B-24, B-29, B-40: a chat waits, a rule chose a bot, or its owner asks."""
    assert {life.mode for life in OFFER} == set(OfferMode)
    assert may_offer(ChatStatus.WAITING, OfferMode.QUEUE)
    assert not may_offer(ChatStatus.ANSWERED, OfferMode.QUEUE)
    assert not may_offer(ChatStatus.WAITING, OfferMode.CONSULT)
    assert may_end_offer(ChatStatus.ALERTING, OfferOutcome.MISSED)
    assert not may_end_offer(ChatStatus.WAITING, OfferOutcome.MISSED)


@pytest.mark.parametrize("outcome", OfferOutcome)
def test_a_project_is_asked_until_somebody_answers_or_its_time_is_over(
    outcome: OfferOutcome,
) -> None:
    """B-29: that one of its people says no ends an offer, and not the invitation."""
    assert may_invite(InviteStage.ASKED, None, outcome)
    assert may_invite(InviteStage.FOUND, None, outcome) is (outcome is OfferOutcome.ANSWERED)
    ended = (OfferOutcome.MISSED, OfferOutcome.WITHDRAWN, OfferOutcome.RESTART)
    assert may_invite(InviteStage.SOUGHT, None, outcome) is (outcome in ended)


def test_an_invitation_is_at_one_stage_at_a_time() -> None:
    """B-29."""
    one = Invite(
        by=ALICE, mode=TransferMode.TRANSFER, agent=ALICE, project=None, note=None, at=1, until=2
    )
    assert stage_of(None) is None
    assert stage_of(one) is InviteStage.ASKED
    assert stage_of(evolve(one, project=SALES)) is InviteStage.FOUND
    assert stage_of(evolve(one, project=SALES, agent=None)) is InviteStage.SOUGHT
    assert may_invite(InviteStage.SOUGHT, InviteStage.FOUND, InviteMove.OFFERED)
    assert may_invite(InviteStage.FOUND, InviteStage.SOUGHT, InviteMove.PASSED)
    assert not may_invite(InviteStage.ASKED, InviteStage.SOUGHT, InviteMove.PASSED)
    assert not may_invite(InviteStage.ASKED, InviteStage.ASKED, InviteMove.MADE)
