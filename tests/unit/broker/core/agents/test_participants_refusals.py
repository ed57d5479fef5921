"""What an owner cannot ask for: each is refused, and nothing changes (W-14, B-29)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    asked,
    chat_of,
    configured,
    project_of,
    started,
    talking,
)
from tests.support.playbook import Playbook

pytestmark = configured(FLOOR)
BOB, NOBODY = "bob", "00000000-0000-4000-8000-00000000dead"


@pytest.mark.parametrize(
    ("frame", "members", "code"),
    [
        ("CS_CHAT_TRANSFER", {"ToAgentId": BOB, "Mode": "Consult"}, "BadPayload"),
        ("CS_CHAT_TRANSFER", {"ToAgentId": BOB, "ToProjectId": "Sales"}, "BadPayload"),
        ("CS_CHAT_TRANSFER", {"ToProjectId": NOBODY}, "BadPayload"),
        ("CS_CHAT_TRANSFER", {"ToAgentId": NOBODY}, "UnknownAgent"),
        ("CS_CHAT_TRANSFER", {"ToAgentId": "robo"}, "UnknownAgent"),
        ("CS_CHAT_TRANSFER", {"ToAgentId": "alice"}, "WrongState"),
        ("CS_CHAT_TRANSFER", {"ToAgentId": BOB}, "WrongState"),  # away
        ("CS_CHAT_TRANSFER", {}, "WrongState"),
        ("CS_CHAT_INVITE", {"ToAgentId": BOB, "Mode": "Transfer"}, "BadPayload"),
        ("CS_CHAT_INVITE", {"ToProjectId": "Sales", "Mode": "Consult"}, "BadPayload"),
        ("CS_CHAT_INVITE", {"ToAgentId": BOB, "Mode": "Monitor"}, "NotAllowed"),
        ("CS_CHAT_INVITE", {"Mode": "Consult"}, "NotAllowed"),
        ("CS_CHAT_LEAVE", {}, "WrongState"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    play: Playbook, frame: str, members: dict[str, Any], code: str
) -> None:
    _web, alice, chat = talking(play)
    named = dict(members)
    if named.get("ToAgentId", NOBODY) != NOBODY:
        named["ToAgentId"] = agent_of(play, named["ToAgentId"])
    if named.get("ToProjectId") == "Sales":
        named["ToProjectId"] = project_of(play, "Sales")
    before = len(play.facts)
    alice.says(frame, 1, ChatId=chat, **named)
    alice.refused(code, 1)
    assert len(play.facts) == before
    assert chat_of(play, chat).invite is None


@pytest.mark.parametrize("mode", ["Consult", "Conference", "Monitor"])
def test_a_supervisor_lets_themselves_in_where_somebody_talks(play: Playbook, mode: str) -> None:
    """B-29: not where nobody does, not past who is full, and nobody else does."""
    web, alice, chat = talking(play)
    susan, bob = play.agent("susan", "104"), play.agent("bob", "102")
    bob.says("CS_CHAT_INVITE", 1, ChatId=chat, Mode=mode)
    bob.refused("NotAllowed", 1)
    susan.says("CS_CHAT_INVITE", 2, ChatId=NOBODY, Mode=mode)
    susan.refused("UnknownChat", 2)
    waits = started(web, "Waiting", tracking="t2", ExtResponse="expert")
    bob.heard.clear()
    web.heard.clear()
    susan.says("CS_CHAT_INVITE", 3, ChatId=waits, Mode=mode)
    susan.refused("WrongState", 3)
    for number in (4, 5):
        susan.says("CS_CHAT_INVITE", number, ChatId=chat, Mode=mode)
        susan.hears("SC_CHAT_STATUS", number)
    assert [party.mode for party in chat_of(play, chat).parties.values()] == [mode]
    alice.heard.clear()


def test_who_asks_for_somebody_asks_for_nobody_else(play: Playbook) -> None:
    _web, alice, chat = talking(play)
    bob, carol = play.agent("bob", "102"), play.agent("carol", "103")
    asked(play, alice, bob, chat, "Consult")
    to = agent_of(play, "carol")
    for number, frame, members in (
        (1, "CS_CHAT_TRANSFER", {"ToAgentId": to}),
        (2, "CS_CHAT_INVITE", {"ToAgentId": to, "Mode": "Consult"}),
        (3, "CS_CHAT_PARK", {"IsParked": True}),
    ):
        alice.says(frame, number, ChatId=chat, **members)
        alice.refused("WrongState", number)
    carol.silent()


@pytest.mark.parametrize("frame", ["CS_CHAT_LEAVE", "CS_CHAT_RETURN", "CS_CHAT_PARK"])
def test_only_who_has_a_chat_puts_it_aside(play: Playbook, frame: str) -> None:
    _web, _alice, chat = talking(play)
    bob = play.agent("bob", "102")
    members = {"IsParked": True} if frame == "CS_CHAT_PARK" else {}
    bob.says(frame, 1, ChatId=chat, **members)
    assert bob.heard.popleft()[0] == "SYS_ERROR"
    assert chat_of(play, chat).agent == agent_of(play, "alice")
