"""The laws of conversations find what is wrong (I-3, I-6..I-8, I-14, I-16)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker.core.message_invariants import conversation_faults
from broker.core.message_state import Aside, Conversation, ConversationOffer, Draft, Note
from broker.core.state import State
from broker.core.timers import NO_TERM, Wrapup
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, CloseReason, Guid
from tests.support.agents_at_work import agent_of
from tests.support.mail import MAIL_FLOOR, Post, the_conversation
from tests.support.playbook import Playbook

NOBODY = Guid("nobody")
Damage = Callable[[State, Conversation], object]


def alerted() -> Playbook:
    """Alice is offered a conversation."""
    play = Playbook(MAIL_FLOOR)
    post, alice = Post(play), play.agent("alice", "101")
    post.brings()
    alice.hears("SC_CONVERSATION_ALERT")
    play.store.close()
    return play


def wrapped(state: State, one: Conversation) -> None:
    """Alice wraps up what has not ended."""
    presence = next(iter(state.distribution.presences.values()))
    presence.conversations.wrapups[one.id] = Wrapup(0, NO_TERM)


@pytest.mark.parametrize(
    ("law", "damage"),
    [
        ("I-3", lambda _s, one: one.notes.append(Note(counter=2, id="", text="", agent=None, at=0))),
        ("I-6", lambda s, _one: next(iter(s.distribution.presences.values())).conversations.leases.clear()),
        ("I-6", lambda s, _one: s.distribution.leases.clear()),
        ("I-6", lambda _s, one: setattr(one, "aside", Aside(at=0, until=None, by=None))),
        ("I-6", lambda _s, one: setattr(one, "offer", None)),
        ("I-6", lambda _s, one: setattr(one, "status", ChatStatus.WAITING)),
        ("I-6", lambda _s, one: setattr(one, "status", ChatStatus.ANSWERED)),
        ("I-6", lambda _s, one: setattr(one, "agent", None)),
        ("I-6", lambda _s, one: setattr(one, "wrapping", NOBODY)),
        ("I-6", wrapped),
        ("I-7", lambda _s, one: setattr(one, "status", ChatStatus.PILOT)),
        (
            "I-7",
            lambda _s, one: setattr(
                one, "offer", ConversationOffer(number=9, agent=NOBODY, until=0)
            ),
        ),
        ("I-8", lambda _s, one: setattr(one, "close_reason", CloseReason.AGENT)),
        ("I-14", lambda s, _one: s.messages.status_counts.clear()),
        ("I-14", lambda s, one: s.messages.closed.update({one.pair: {one.id: None}})),
        ("I-14", lambda s, one: s.messages.aside.update({NOBODY: {one.id: None}})),
        (
            "I-14",
            lambda _s, one: setattr(
                one, "draft", Draft(agent=NOBODY, at=0, content=MessageContentInfo())
            ),
        ),
    ],
)  # fmt: skip
def test_each_law_finds_what_breaks_it(law: str, damage: Damage) -> None:
    play = alerted()
    assert conversation_faults(play.state) == []
    damage(play.state, the_conversation(play))
    assert any(fault.startswith(law) for fault in conversation_faults(play.state))


def test_nobody_who_is_away_is_waited_for_without_a_timer() -> None:
    """I-16."""
    play = alerted()
    one, state = the_conversation(play), play.state
    one.status, one.offer, one.agent = ChatStatus.ANSWERED, None, agent_of(play, "alice")
    presence = state.distribution.presences[agent_of(play, "alice")]
    presence.session, presence.lost_at = None, state.up
    assert any(fault.startswith("I-16") for fault in conversation_faults(state))
