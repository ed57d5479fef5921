"""The state of the last commit, with everybody still there: nobody notices that a row was refused (I-16)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker.core.facts import ConfigReplaced, SessionJoined, SessionLeft
from broker.core.inputs import TimePassed
from broker.core.invariants import check, durable
from broker.core.rollback import Presence, roll_back
from broker.core.state import State
from protocol.values import Role
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    chat_of,
    presence_of,
    started,
    talking,
    visitor_writes,
)
from tests.support.bare_core import UP
from tests.support.core_in_memory import read_config
from tests.support.playbook import CONFIG, Playbook

BOT = '[[pre_rules]]\nrank = 1\next_response = "^bot$"\nbot = "Robo"\n'
pytestmark = pytest.mark.parametrize("play", [FLOOR + BOT], indirect=True, ids=["floor"])


def joined(session: int) -> SessionJoined:
    return SessionJoined(
        session=session, role=Role.CONNECTOR, gateways=(), workplace=None, agent=None, at=UP
    )


def rolled_back(play: Playbook) -> State:
    """What is had of the last commit, which in the playbook is all that was decided."""
    play.put(TimePassed())
    presence = Presence(read_config(FLOOR + BOT))
    presence.note(play.facts)
    play.store.note_life(play.wall)
    recovered = play.store.recover(play.config, play.wall)
    state = roll_back(play.state, presence, recovered, play.wall)
    assert check(state) == []
    assert durable(state) == durable(play.state)
    return state


def test_who_is_there_is_noted_with_each_commit(play: Playbook) -> None:
    presence = Presence(play.config)
    presence.note([joined(1), joined(2), SessionLeft(session=1, agent=None, at=UP)])
    kept = presence.copy()
    other = read_config(CONFIG)
    presence.note([joined(3), ConfigReplaced(config=other)])
    assert (list(presence.sessions), list(kept.sessions)) == ([2, 3], [2])
    assert (presence.config, kept.config) == (other, play.config)
    presence.note([SessionLeft(session=9, agent=None, at=UP)])
    assert list(presence.sessions) == [2, 3]


def test_everybody_is_there_and_has_what_they_had(play: Playbook) -> None:
    web, alice, _chat = talking(play)
    play.wait(5)
    state = rolled_back(play)
    assert list(state.sessions) == [web.number, alice.number]
    assert state.sessions[web.number] == play.state.sessions[web.number]
    mine = state.distribution.presences[agent_of(play, "alice")]
    assert (mine.session, mine.idle_since) == (alice.number, presence_of(play, "alice").idle_since)


def test_who_let_a_chat_go_is_left_out_as_long(play: Playbook) -> None:
    """B-24."""
    web, alice, chat = talking(play)
    alice.says("CS_CHAT_RETURN", ChatId=chat)
    web.heard.clear()
    alice.heard.clear()
    play.wait(3)
    state, known = rolled_back(play), chat_of(play, chat)
    assert state.chats[known.id].exclusions == known.exclusions
    assert state.distribution.entries == play.state.distribution.entries


def parking(play: Playbook) -> object:
    _web, alice, chat = talking(play)
    alice.says("CS_CHAT_PARK", ChatId=chat, IsParked=True)
    return lambda state: state.chats[chat].parking


def offer(play: Playbook) -> object:
    play.agent("alice", "101")
    chat = started(play.connector("web"), "Waiting", "Alerting")
    return lambda state: state.chats[chat].offer.term


def wrapup(play: Playbook) -> object:
    _web, alice, chat = talking(play, ExtResponse="sales")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    return lambda state: (
        state.distribution.presences[agent_of(play, "alice")].wrapups,
        state.chats[chat].ending,
    )


def lost(play: Playbook) -> object:
    _web, alice, _chat = talking(play)
    alice.leaves()
    return lambda state: state.distribution.presences[agent_of(play, "alice")].lost_at


def bot(play: Playbook) -> object:
    web, robo = play.connector("web"), play.agent("robo", "104")
    chat = started(web, "ICR", ExtResponse="bot")
    robo.says("CS_CHAT_ANSWER", ChatId=chat)
    web.heard.clear()
    robo.heard.clear()
    visitor_writes(web, "1", "Hello", robo)
    return lambda state: state.chats[chat].bot


@pytest.mark.parametrize("given", [parking, offer, wrapup, lost, bot])
def test_no_time_begins_anew(play: Playbook, given: Callable[[Playbook], object]) -> None:
    """B-13: what rows tell less exactly than memory is as it was, over a clock that was set."""
    seen = given(play)
    assert callable(seen)
    play.wait(2)
    play.set_clock(-40)
    play.wait(2)
    assert seen(rolled_back(play)) == seen(play.state)
    for client in play.clients.values():
        client.heard.clear()


def test_what_a_refused_batch_decided_is_not_there(play: Playbook) -> None:
    web = play.connector("web")
    started(web, "Waiting")
    presence = Presence(play.config)
    presence.note(play.facts)
    play.store.note_life(play.wall)
    before = play.store.recover(play.config, play.wall)
    later = started(web, "Waiting", tracking="t2")
    state = roll_back(play.state, presence, before, play.wall)
    assert later not in state.chats
    assert len(state.chats) == 1
    assert chat_of(play, later).is_open
