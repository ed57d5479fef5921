"""B-11, B-12, B-24, B-57: a conversation between offers and whoever works on it."""

from __future__ import annotations

from broker.core.facts.causes import DecisionKind
from broker.core.facts.details import Choice
from broker.core.facts.messages import (
    ConversationDecided,
    ConversationMoved,
    ConversationOffered,
    ConversationOfferEnded,
)
from tests.support.agents_at_work import agent_of, configured
from tests.support.mail import MAIL_FLOOR, Post, causes, the_conversation
from tests.support.playbook import Playbook

pytestmark = configured(MAIL_FLOOR)


def outcomes(play: Playbook) -> list[str]:
    """How offers ended."""
    return [f.outcome for f in play.facts if isinstance(f, ConversationOfferEnded)]


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
