"""B-11, B-12, B-24, B-57: a conversation between offers and whoever works on it."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.decision import Decision
from broker.core.effects import ConversationToAgent
from broker.core.facts.causes import ConversationCause, DecisionKind, OfferOutcome
from broker.core.facts.details import Choice
from broker.core.facts.messages import (
    ConversationDecided,
    ConversationMoved,
    ConversationOffered,
    ConversationOfferEnded,
    ConversationParked,
)
from broker.core.inputs import Stamp
from broker.core.message_state import Aside, Conversation, ConversationOffer, Demanded
from broker.core.routing import conversations
from broker.core.state import State
from protocol.values import ChatStatus, CloseReason, Guid, from_micros
from tests.support.agents_at_work import agent_of, configured, presence_of, project_of
from tests.support.core_in_memory import read_config
from tests.support.letters import ALICE, AT, TALK, a_life, written
from tests.support.mail import (
    MAIL_FLOOR,
    Post,
    alerted,
    causes,
    the_conversation,
    working,
)
from tests.support.playbook import Playbook

played = configured(MAIL_FLOOR)
BOB = Guid("bob")


def outcomes(play: Playbook) -> list[str]:
    """How offers ended."""
    return [f.outcome for f in play.facts if isinstance(f, ConversationOfferEnded)]


@played
def test_what_comes_in_is_offered_to_whoever_is_there(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101")
    post.brings()
    one = the_conversation(play)
    shown = alice.hears("SC_CONVERSATION_ALERT", ConversationId=one.id, Status="Alerting")
    assert (shown["MaxSignalDuration"], shown["RemoteAddress"]) == (30, "eva@example.org")
    assert shown.get("Messages") is None
    (offer,) = (f for f in play.facts if isinstance(f, ConversationOffered))
    assert (offer.agent, offer.workplace, offer.by) == (agent_of(play, "alice"), "101", None)
    assert causes(play) == ["routed", "offered"]


@played
def test_why_nobody_gets_it_is_logged_once(play: Playbook) -> None:
    """B-30."""
    post = Post(play)
    play.agent("bob", "102", "Pause")
    post.brings()
    logged = [f for f in play.facts if isinstance(f, ConversationDecided)]
    assert [f.kind for f in logged] == [DecisionKind.ROUTED, DecisionKind.WAITING]
    assert Choice.read(logged[-1].detail).reasons == {"away": 2, "state Pause": 1}
    play.wait(300)
    assert len([f for f in play.facts if isinstance(f, ConversationDecided)]) == 2


@played
def test_a_restart_offers_it_anew(play: Playbook) -> None:
    """B-12."""
    post, alice = Post(play), play.agent("alice", "101")
    post.brings()
    alice.hears("SC_CONVERSATION_ALERT")
    play.restart()
    play.check_store()
    assert (causes(play), outcomes(play)) == (["routed", "offered", "restart"], ["restart"])
    moved = [f for f in play.facts if isinstance(f, ConversationMoved)]
    assert moved[0].enqueued_at == moved[-1].enqueued_at
    play.agent("alice", "101", None).hears(
        "SC_CONVERSATION_ALERT", ConversationId=the_conversation(play).id
    )


@played
def test_a_decline_and_a_missed_offer_put_it_back(play: Playbook) -> None:
    """B-24."""
    alice = play.agent("alice", "101")
    key = alerted(play, alice)
    alice.says("CS_CONVERSATION_RETURN", ConversationId=key)
    alice.hears("SC_CONVERSATION_STATUS", Status="Waiting")
    alice.hears("SC_CONVERSATION_ALERT_END")
    play.wait(5)
    alice.hears("SC_CONVERSATION_ALERT")
    play.wait(30)
    alice.hears("SC_CONVERSATION_ALERT_END")
    assert (outcomes(play), presence_of(play, "alice").missed) == (["rejected", "missed"], 1)


@played
def test_what_is_put_aside_comes_back_at_its_time(play: Playbook) -> None:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    until = from_micros(play.wall + 60_000_000).isoformat()
    alice.says("CS_CONVERSATION_PARK", ConversationId=key, UntilUtc=until)
    alice.hears("SC_CONVERSATION_STATUS", IsParked=True)
    play.wait(60)
    alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Waiting")
    alice.hears("SC_CONVERSATION_ALERT", ConversationId=key)
    assert causes(play)[-2:] == ["woken", "offered"]


# -- moves of one that is made for the test


STAMP = Stamp(AT + 60, 1, b"test", AT + 60)


def talk(status: ChatStatus, **members: Any) -> tuple[State, Conversation]:
    """A conversation of Alice, with members as the test says."""
    state = written(*a_life())
    one = state.messages.conversations[TALK]
    one.status, one.agent, one.aside = status, ALICE, None
    for name, value in members.items():
        setattr(one, name, value)
    return state, one


def offer(**members: Any) -> ConversationOffer:
    return ConversationOffer(number=1, agent=ALICE, until=AT + 90, **members)


def kinds(decision: Decision) -> list[str]:
    return [type(fact).__name__ for fact in decision.facts]


def test_one_of_no_project_stays_with_who_began_it() -> None:
    state, one = talk(ChatStatus.ANSWERED, demanded=Demanded())
    lost = conversations.give_up(state, one, STAMP, ConversationCause.AGENT_LOST)
    assert kinds(lost) == ["ConversationParked", "ConversationMoved"]
    parked, moved = lost.facts
    assert isinstance(parked, ConversationParked)
    assert isinstance(moved, ConversationMoved)
    assert (parked.by, parked.until, moved.cause) == (ALICE, None, "agent_lost")
    one.aside = Aside(at=AT, until=AT + 60, by=ALICE)
    again = conversations.come_back(state, one, STAMP)
    assert kinds(again) == ["ConversationParked"]
    assert again.notices == [ConversationToAgent(conversation=TALK, agent=ALICE)]


def test_one_of_a_project_waits_when_its_owner_goes() -> None:
    state, one = talk(ChatStatus.ANSWERED)
    lost = conversations.give_up(state, one, STAMP, ConversationCause.AGENT_LOST)
    assert kinds(lost) == ["ConversationMoved"]
    one.aside = Aside(at=AT, until=AT + 60, by=ALICE)
    assert kinds(conversations.come_back(state, one, STAMP)) == [
        "ConversationUnparked",
        "ConversationMoved",
    ]


@pytest.mark.parametrize(
    ("outcome", "cause", "told"),
    [
        (OfferOutcome.LOST, "withdrawn", 0),
        (OfferOutcome.FORCED, "forced", 1),
        (OfferOutcome.MISSED, "missed", 1),
    ],
)
def test_an_alert_ends_for_who_is_there(outcome: OfferOutcome, cause: str, told: int) -> None:
    state, one = talk(ChatStatus.ALERTING, offer=offer())
    over = conversations.withdraw(state, one, ALICE, STAMP, outcome, ConversationCause.FORCED)
    ended, moved = over.facts
    assert isinstance(ended, ConversationOfferEnded)
    assert isinstance(moved, ConversationMoved)
    assert (ended.outcome, ended.status, moved.cause) == (outcome, "Alerting", cause)
    assert ended.missed == (1 if outcome is OfferOutcome.MISSED else 0)
    assert len(over.notices) == told


def test_what_comes_of_a_handing_over_is_told_to_its_owner() -> None:
    state, one = talk(ChatStatus.ANSWERED, agent=BOB, offer=offer(by=BOB))
    over = conversations.offer_over(state, one, STAMP, OfferOutcome.REJECTED)
    assert kinds(over) == ["ConversationOfferEnded", "ConversationDecided"]
    assert over.notices[-1] == ConversationToAgent(conversation=TALK, agent=BOB)


def test_whoever_is_in_it_otherwise_gives_it_up() -> None:
    state, one = talk(ChatStatus.ANSWERED)
    gone = conversations.withdraw(
        state, one, ALICE, STAMP, OfferOutcome.FORCED, ConversationCause.FORCED
    )
    assert [fact.cause for fact in gone.facts if isinstance(fact, ConversationMoved)] == ["forced"]


def test_where_nothing_is_offered_nothing_ends() -> None:
    state, one = talk(ChatStatus.WAITING)
    assert conversations.end_offer(state, one, STAMP, OfferOutcome.WITHDRAWN) == Decision()


def test_a_restart_keeps_what_somebody_will_come_back_to() -> None:
    """B-12."""
    state, one = talk(ChatStatus.ANSWERED)
    assert kinds(conversations.restarted(state, one, STAMP)) == ["ConversationMoved"]
    state.distribution.presences[ALICE].lost_at = AT
    assert kinds(conversations.restarted(state, one, STAMP)) == []
    one.status, one.offer = ChatStatus.ALERTING, offer()
    assert kinds(conversations.restarted(state, one, STAMP)) == [
        "ConversationOfferEnded",
        "ConversationMoved",
    ]


def test_what_is_recovered_is_seated() -> None:
    """B-12."""
    state, one = talk(ChatStatus.ANSWERED, offer=ConversationOffer(number=1, agent=BOB, until=0))
    state.distribution.presences.clear()
    state.distribution.leases.clear()
    conversations.seat(state, one)
    held = {a: p.conversations.leases for a, p in state.distribution.presences.items()}
    assert held == {ALICE: {TALK: ChatStatus.ANSWERED}, BOB: {TALK: ChatStatus.ALERTING}}
    one.status, one.agent, one.offer = ChatStatus.WAITING, None, None
    state.distribution.leases.clear()
    conversations.seat(state, one)
    assert list(state.distribution.entries) == [TALK]


# -- a configuration that has less

HELP = MAIL_FLOOR.replace("Support", "Help")
WITHOUT_MAIL = MAIL_FLOOR.replace('"Mail"', '"Post"').replace('"mail"', '"post"')


def lies_with_supervisors(one: Conversation) -> bool:
    """Whether it is put aside by nobody, and asks for nobody."""
    return one.aside is not None and one.aside.by is None and one.demanded.project is None


@played
def test_what_waits_in_a_project_that_a_reload_removes_is_the_supervisors(play: Playbook) -> None:
    """C-4, I-7: what waits and what is offered; by the next message the new rules say who has it."""
    post, alice = Post(play), play.agent("alice", "101")
    post.brings(RemoteAddress="a@example.org")
    alice.hears("SC_CONVERSATION_ALERT")
    offered = the_conversation(play)
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    post.brings(RemoteAddress="b@example.org")
    waits = the_conversation(play)
    play.reload(HELP)
    alice.hears("SC_CONVERSATION_ALERT_END", ConversationId=offered.id)
    assert (lies_with_supervisors(offered), lies_with_supervisors(waits)) == (True, True)
    play.check_store()
    play.reload(MAIL_FLOOR)
    post.brings("Well?", InReplyToId="<2@example.org>")
    assert (waits.aside, waits.demanded.project) == (None, project_of(play, "Support"))


@played
def test_what_somebody_works_on_stays_theirs_when_its_project_is_removed(play: Playbook) -> None:
    """C-4, I-7: and is put aside for them when they are lost."""
    alice = play.agent("alice", "101")
    key = working(play, alice)
    play.reload(HELP)
    alice.hears("SC_CONVERSATION_STATUS", ConversationId=key, Status="Answered", ProjectId=None)
    alice.leaves()
    play.wait(3600)
    one = the_conversation(play)
    assert one.aside is not None
    assert one.aside.by == agent_of(play, "alice")
    play.check_store()


@played
def test_a_restart_without_the_project_leaves_it_to_supervisors(play: Playbook) -> None:
    """B-12, I-7: whether it waited, was offered, or its agent does not come back."""
    post, alice = Post(play), play.agent("alice", "101")
    worked_on = working(play, alice, post, RemoteAddress="a@example.org")
    post.brings(RemoteAddress="b@example.org")
    alice.hears("SC_CONVERSATION_ALERT")
    play.config = read_config(HELP)
    play.restart()
    play.check_store()
    offered = the_conversation(play)
    assert lies_with_supervisors(offered)
    one = play.state.messages.conversations[worked_on]
    assert (one.status, one.demanded.project) == (ChatStatus.ANSWERED, None)


@played
def test_a_restart_without_the_gateway_ends_it(play: Playbook) -> None:
    """B-12: as it ends chats without one, whoever works on them."""
    post, alice = Post(play), play.agent("alice", "101")
    worked_on = working(play, alice, post, RemoteAddress="a@example.org")
    post.brings(RemoteAddress="b@example.org")
    alice.hears("SC_CONVERSATION_ALERT")
    offered = the_conversation(play).id
    play.config = read_config(WITHOUT_MAIL)
    play.restart()
    ends = [f for f in play.facts if isinstance(f, ConversationMoved) and f.status == "Closed"]
    assert {(f.conversation, f.close_reason) for f in ends} == {
        (worked_on, CloseReason.ADMIN),
        (offered, CloseReason.ADMIN),
    }
    assert presence_of(play, "alice").conversations.load == 0
    play.wait(1)
    assert not play.state.messages.conversations
    play.check_store()
