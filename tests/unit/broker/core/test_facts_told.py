"""What is written down for those who ask later: the project of a move, what was asked, who forced (B-30)."""

from __future__ import annotations

import pytest

from broker.core.facts import ChatMoved, DecisionLogged
from protocol.values import ChatStatus
from tests.support.agents_at_work import FLOOR, answered, joined, talking
from tests.support.playbook import CONFIG, Playbook

SUPERVISED = (
    CONFIG
    + """
[[agents]]
name = "Sue"
login = "sue"
token = "sue-secret"
max_chats = 2
role = "supervisor"
skills = { Sales = 10 }
"""
)


def test_a_move_says_what_the_chat_is_about_from_then_on() -> None:
    """B-29, B-30: a transfer to a project changes it with the owner, not before."""
    play = Playbook(SUPERVISED)
    web, bob = play.connector("web"), play.agent("bob", "102")
    sue = play.agent("sue", "101")
    play.wait(1)
    web.says("ES_CHAT_START", TrackingId="t1")
    (chat,) = play.state.chats.values()
    support = chat.routing.project
    sales = next(p.id for p in play.config.projects.values() if p.name == "Sales")
    bob.says("CS_CHAT_ANSWER", ChatId=chat.id)
    play.wait(5)
    bob.says("CS_CHAT_TRANSFER", ChatId=chat.id, ToProjectId=sales)
    play.wait(2)
    sue.says("CS_CHAT_ANSWER", ChatId=chat.id)
    sue.says("CS_CHAT_CLOSE", ChatId=chat.id)
    moves = [(f.status, f.project) for f in play.facts if isinstance(f, ChatMoved)]
    assert moves == [
        (ChatStatus.WAITING, support),
        (ChatStatus.ALERTING, support),
        (ChatStatus.ANSWERED, support),
        (ChatStatus.ANSWERED, sales),
        (ChatStatus.CLOSED, sales),
    ]
    logged = [f for f in play.facts if isinstance(f, DecisionLogged)]
    asked = [f.detail["asked"] for f in logged if f.kind == "offered"]
    assert asked == [
        {"projects": [support], "language": None, "skill": 1, "weight": 1},
        {"projects": [sales], "language": None, "skill": 1, "weight": 1},
    ]
    by = play.config.agent_by_login["sue"].id
    assert [f.detail for f in logged if f.kind == "forced"] == [{"by": by}]
    play.check_store()


@pytest.mark.parametrize(
    ("limits", "told"),
    [("", True), ("[limits]\nframe_bytes = 20000\noutbox_bytes = 200000\n", False)],
    ids=["room", "no room"],
)
def test_a_list_that_might_be_too_long_leaves_the_parties_out(limits: str, told: bool) -> None:
    """I-14, W-25: each chat's own status has them."""
    play = Playbook(limits + FLOOR)
    web, alice, chat = talking(play)
    answered(web, alice, tracking="t2")
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Consult")
    alice.says("CS_CHAT_RESYNC", 1)
    items = alice.hears("SC_CHAT_LIST", 1)["items"]
    assert [bool(item.get("Parties")) for item in items] == [told, False]
    alice.says("CS_CHAT_STATUS", 2, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 2, Parties=...)
    play.store.close()


def test_a_start_for_a_chat_whose_name_another_has_is_refused() -> None:
    """B-2, I-8: an answer about the older chat would be taken for the later one's."""
    play = Playbook(FLOOR.replace('inactivity_timeout = "10m"', 'tracking_inertia = "1m"', 1))
    web, alice = play.connector("web"), play.agent("alice", "101", "Ready")
    alice.says("CS_CHAT_OPEN", 1, Peer="web", RemoteAddress="+420 1")
    chat = alice.hears("SC_CHAT_STATUS", 1)["ChatId"]
    web.says("ES_CHAT_START", 2, TrackingId="t1", ReturnChatId=chat)
    alice.says("CS_CHAT_HANGUP", 3, ChatId=chat)
    web.heard.clear()
    web.says("ES_CHAT_START", 4, TrackingId="t1", ReturnChatId=chat)
    web.hears("SE_CHAT_STATUS", 4, ChatId=chat, Status="Closed")
    play.wait(61)
    web.says("ES_CHAT_START", 5, TrackingId="t1")
    assert web.hears("SE_CHAT_STATUS", 5, Status="Pilot")["ChatId"] != chat
    web.heard.clear()
    web.says("ES_CHAT_START", 6, TrackingId="t1", ReturnChatId=chat)
    assert web.refused("ChatClosed", 6) == "ReturnChatId: the chat is closed"
    play.store.close()
