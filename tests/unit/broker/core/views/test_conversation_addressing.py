"""I-15: who may speak of which conversation, and who may read it.

`conversation_addressing.toml` is the matrix, as `addressing.toml` is for chats.
"""

from __future__ import annotations

import tomllib
from copy import deepcopy
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from broker.core.message_state import Aside, Conversation, ConversationOffer
from broker.core.views.conversation_addressing import (
    find_conversation,
    is_known_to,
    is_supervisor,
    may_read,
)
from protocol.catalogue import CATALOGUE
from protocol.values import ChatStatus, Guid
from tests.support.agents_at_work import FLOOR
from tests.support.bare_core import agent_in, bare_state
from tests.support.letters import ALICE, TALK, a_life, written
from tests.support.mail_positions import (
    MAIL_POSITIONS,
    SECRET,
    MailCast,
    mail_members,
    mail_position,
)
from tests.support.playbook import Client

CONFIG = bare_state(FLOOR).config
BOB, SUSAN = agent_in(CONFIG, "bob"), agent_in(CONFIG, "susan")


def talk(**members: Any) -> Conversation:
    """A conversation in which Alice wrote; what else she had of it is set by the test."""
    one = written(*a_life()).messages.conversations[TALK]
    one.aside, one.last_agent, one.notes, one.messages = None, None, [], one.messages[:1]
    for name, value in members.items():
        setattr(one, name, value)
    return one


def wrote(what: str) -> Conversation:
    whole = written(*a_life()).messages.conversations[TALK]
    return talk(**{what: getattr(whole, what)})


@pytest.mark.parametrize(
    ("one", "agent", "reads", "knows"),
    [
        (talk(), ALICE, False, False),
        (talk(status=ChatStatus.ANSWERED, agent=ALICE), ALICE, True, True),
        (talk(status=ChatStatus.ANSWERED, agent=ALICE), BOB, False, False),
        (talk(status=ChatStatus.ALERTING, agent=ALICE), ALICE, False, False),
        (talk(last_agent=ALICE), ALICE, True, True),
        (talk(offer=ConversationOffer(number=1, agent=BOB, until=0)), BOB, False, True),
        (talk(aside=Aside(at=0, until=None, by=BOB)), BOB, False, True),
        (talk(aside=Aside(at=0, until=None, by=None)), BOB, False, False),
        (wrote("messages"), ALICE, True, True),
        (wrote("notes"), ALICE, True, True),
        (wrote("notes"), BOB, False, False),
        (talk(), SUSAN, True, True),
    ],
)
def test_who_reads_and_who_knows(one: Conversation, agent: Guid, reads: bool, knows: bool) -> None:
    state = bare_state(FLOOR)
    assert (may_read(state, one, agent), is_known_to(state, one, agent)) == (reads, knows)


def test_what_is_not_in_memory_is_not_found() -> None:
    state = written(*a_life())
    assert find_conversation(state, TALK) is state.messages.conversations[TALK]
    assert find_conversation(state, BOB) is find_conversation(state, None) is None


def test_only_the_role_makes_a_supervisor() -> None:
    state = bare_state(FLOOR)
    assert [is_supervisor(state, one) for one in (SUSAN, BOB, Guid("nobody"))] == [
        True,
        False,
        False,
    ]


# -- every frame, from everybody, at every moment

MATRIX: dict[str, dict[str, list[str]]] = tomllib.loads(
    Path(__file__).with_name("conversation_addressing.toml").read_text("utf-8")
)
REST = ["the others"]
READERS = ("owner", "had it", "put it aside", "supervisor")
BECOME_READERS = {
    ("alerted, alerting", "CS_CONVERSATION_ANSWER"),
    ("asked, asked", "CS_CONVERSATION_ANSWER"),
}
"""Who reads it since they take it by that frame."""


@cache
def played(name: str) -> tuple[MailCast, Client]:
    """A position, played once; each frame gets a copy of the state."""
    cast, who = mail_position(name)
    read = cast.play.store.read([("message", 1), ("draft", 1)])
    cast.play.store.close()
    cast.play.store = SimpleNamespace(  # type: ignore[assignment]  # nothing is kept
        commit=lambda facts: None, read=lambda keys: read
    )
    return cast, who


@cache
def tried(name: str, frame: str) -> tuple[str, bool]:
    """Send a frame from a position: what comes of it, and whether a secret was heard."""
    cast, who = played(name)
    play, before = cast.play, cast.play.state
    play.state = deepcopy(before, {id(before.config): before.config})
    for client in play.clients.values():
        client.heard.clear()
    try:
        who.says(frame, 1, **mail_members(cast, frame))
    finally:
        play.state = before
    answers = [(type_, said) for type_, said, re, _ in who.heard if re == 1]
    ((type_, said),) = answers
    heard = SECRET in str([(type_, said) for type_, said, _, _ in who.heard])
    if type_ == "SYS_ERROR":
        return str(said["Code"]), heard
    if type_ == "SC_CONVERSATION_STATUS":
        return "whole" if "Messages" in said else str(said["Status"]), heard
    return {"SYS_ACK": "acknowledged"}.get(type_, "answer"), heard


def expected(frame: str, name: str) -> str:
    """What the matrix says of a frame from a position."""
    row = MATRIX[frame]
    named = [what for what, who in row.items() if any(fnmatchcase(name, one) for one in who)]
    (what,) = named or [what for what, who in row.items() if who == REST]
    return what


@pytest.mark.parametrize("name", MAIL_POSITIONS, scope="module")
def test_everybody_gets_what_the_matrix_says(name: str) -> None:
    for frame in MATRIX:
        assert tried(name, frame)[0] == expected(frame, name), (name, frame)


@pytest.mark.parametrize("name", MAIL_POSITIONS, scope="module")
def test_only_who_may_read_it_reads_it(name: str) -> None:
    """B-7, I-15: no other frame gives a word of it to anybody else."""
    may = name.split(", ")[0] in READERS
    for frame in MATRIX:
        takes = (name, frame) in BECOME_READERS or expected(frame, name) == "whole"
        assert may or takes or not tried(name, frame)[1], (name, frame)
    assert tried(name, "CS_CONVERSATION_STATUS")[1] is may


def test_the_matrix_knows_every_frame_about_conversations() -> None:
    served = {"CS_MESSAGE_DRAFT"}
    served |= {spec.type for spec in CATALOGUE.values() if spec.type.startswith("CS_CONVERSATION_")}
    assert set(MATRIX) == served
    for frame, row in MATRIX.items():
        named = [name for who in row.values() for name in who if who != REST]
        assert all(any(fnmatchcase(each, name) for each in MAIL_POSITIONS) for name in named), frame
