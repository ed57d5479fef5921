"""After a row was refused conversations are as they were at the last commit (B-13, I-16)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker.core.inputs import TimePassed
from broker.core.invariants import check, durable
from broker.core.message_state import Conversation
from broker.core.rollback import Presence, roll_back
from broker.core.state import State
from tests.support.agents_at_work import agent_of, configured
from tests.support.mail import MAIL_FLOOR, Post, alerted, gateway, the_conversation, working
from tests.support.mail_out import carrier, handed, writes
from tests.support.playbook import Playbook

pytestmark = configured(MAIL_FLOOR)
Seen = Callable[[State], object]


def rolled_back(play: Playbook) -> State:
    """What is had of the last commit, which in the playbook is all that was decided."""
    play.put(TimePassed())
    presence = Presence(play.config)
    presence.note(play.facts)
    play.store.note_life(play.wall)
    recovered = play.store.recover(play.config, play.wall)
    state = roll_back(play.state, presence, recovered, play.wall)
    assert check(state) == []
    assert durable(state) == durable(play.state)
    return state


def waiting(play: Playbook) -> Callable[[Conversation], object]:
    play.agent("bob", "102", "Pause")
    Post(play).brings("The invoice")
    return lambda one: (one.started_up, one.queued_up)


def left_out(play: Playbook) -> Callable[[Conversation], object]:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_RETURN", ConversationId=key)
    return lambda one: one.exclusions


def offered(play: Playbook) -> Callable[[Conversation], object]:
    alerted(play, play.agent("alice", "101"))
    return lambda one: one.offer.term if one.offer is not None else None


def aside(play: Playbook) -> Callable[[Conversation], object]:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_PARK", ConversationId=key)
    return lambda one: one.aside.term if one.aside is not None else None


def ended(play: Playbook) -> Callable[[Conversation], object]:
    alice = play.agent("alice", "101")
    key = working(play, alice)
    alice.says("CS_CONVERSATION_CLOSE", ConversationId=key)
    return lambda one: one.closed_up


def wrapped_up(play: Playbook) -> Callable[[Conversation], object]:
    play.reload(MAIL_FLOOR.replace('name = "Support"', 'name = "Support"\nwrapup = "50s"', 1))
    ended(play)
    return lambda one: one.wrapping


@pytest.mark.parametrize("given", [waiting, left_out, offered, aside, ended, wrapped_up])
def test_no_time_begins_anew(
    play: Playbook, given: Callable[[Playbook], Callable[[Conversation], object]]
) -> None:
    """B-13: what rows tell less exactly than memory is as it was, over a clock that was set."""
    seen = given(play)
    play.wait(1)
    play.set_clock(-40)
    play.wait(1)
    one = the_conversation(play)
    assert seen(rolled_back(play).messages.conversations[one.id]) == seen(one)
    for client in play.clients.values():
        client.heard.clear()


def test_a_wrap_up_ends_when_it_was_to_end(play: Playbook) -> None:
    """B-13, B-57."""
    wrapped_up(play)
    play.wait(1)
    play.set_clock(-40)
    play.wait(1)
    state, mine = rolled_back(play), agent_of(play, "alice")
    now, then = (of.distribution.presences[mine].conversations for of in (state, play.state))
    assert now.wrapups == then.wrapups != {}
    assert (now.leases, now.load) == (then.leases, then.load)
    for client in play.clients.values():
        client.heard.clear()


def test_what_agents_hold_and_what_waits_is_there(play: Playbook) -> None:
    post, alice = Post(play), play.agent("alice", "101")
    key = working(play, alice, post)
    post.brings("An invoice", RemoteAddress="b@example.org")
    alice.hears("SC_CONVERSATION_ALERT")
    post.brings("Two", RemoteAddress="c@example.org")
    alice.hears("SC_CONVERSATION_ALERT")
    post.brings("Three", RemoteAddress="d@example.org")
    state, mine = rolled_back(play), agent_of(play, "alice")
    now, then = (of.distribution.presences[mine].conversations.leases for of in (state, play.state))
    assert key in now
    assert now == then
    entries = [list(of.distribution.entries) for of in (state, play.state)]
    assert entries[0] == entries[1] == [the_conversation(play).id]


def test_what_is_on_its_way_is_with_whom_it_was(play: Playbook) -> None:
    """B-53, I-12: nobody is asked a second time, and who asked for gateways is handed what comes next."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    play.wait(30)
    state = rolled_back(play)
    assert state.sessions[mail.number].message_gateways == {gateway("Mail"): None}
    assert state.messages.carried == play.state.messages.carried != {}
    before, after = (
        one.messages.messages[status["MessageId"]].delivery for one in (play.state, state)
    )
    assert before is not None
    assert after is not None
    assert (after.session, after.term) == (mail.number, before.term)
