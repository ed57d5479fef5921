"""Questions that change nothing: each shows what the asker may see, and nobody else's (W-25, B-7, I-15)."""

from __future__ import annotations

import pytest

from tests.support.agents_at_work import FLOOR, answered, configured, joined, started, talking
from tests.support.playbook import Playbook

pytestmark = configured(FLOOR)


def test_a_connector_lists_its_open_chats_without_their_words(play: Playbook) -> None:
    web = play.connector("web")
    chats = [started(web, "Waiting", tracking=name) for name in ("t1", "t2", "t3")]
    web.says("ES_CHAT_STOP", TrackingId="t2")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    web.says("ES_CHAT_RESYNC", 1)
    items = web.hears("SE_CHAT_LIST", 1)["items"]
    assert [item["ChatId"] for item in items] == [chats[0], chats[2]]
    assert not any("Sentences" in item for item in items)


def test_what_no_connector_has_yet_is_in_no_list(play: Playbook) -> None:
    """B-2."""
    web = play.connector("web")
    web.says("ES_CHAT_OPEN", 1, RemoteAddress="+420 1")
    web.heard.clear()
    web.says("ES_CHAT_RESYNC", 2)
    assert web.hears("SE_CHAT_LIST", 2)["items"] in ([], ())


def test_an_agent_lists_what_they_have_whatever_they_do_with_it(play: Playbook) -> None:
    """W-25: what rings, what is talked about, what is put aside; a wrap-up is none."""
    web, alice, parked = talking(play, ExtResponse="sales")
    alice.says("CS_CHAT_PARK", 1, ChatId=parked, IsParked=True)
    alice.hears("SC_CHAT_STATUS", 1)
    ended = answered(web, alice, tracking="t2", ExtResponse="sales")
    alice.says("CS_CHAT_HANGUP", 2, ChatId=ended)
    alice.heard.clear()
    web.heard.clear()
    rings = started(web, "Waiting", "Alerting", tracking="t3")
    alice.hears("SC_CHAT_ALERT")
    alice.says("CS_CHAT_RESYNC", 3)
    items = alice.hears("SC_CHAT_LIST", 3)["items"]
    assert [(item["ChatId"], item.get("IsParked")) for item in items] == [
        (rings, None),
        (parked, True),
    ]


def test_a_list_that_might_not_fit_leaves_out_who_is_in_the_chats(
    play: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-25: each chat's own status has them."""
    _web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Consult")
    alice.says("CS_CHAT_RESYNC", 3)
    assert "Parties" in alice.hears("SC_CHAT_LIST", 3)["items"][0]
    monkeypatch.setattr("broker.core.presence.queries.items_that_fit", lambda *_: 0)
    alice.says("CS_CHAT_RESYNC", 4)
    assert "Parties" not in alice.hears("SC_CHAT_LIST", 4)["items"][0]


def test_a_whole_chat_has_its_words(play: Playbook) -> None:
    web, alice, chat = talking(play)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Hello")
    web.heard.clear()
    alice.heard.clear()
    web.says("ES_CHAT_STATUS", 1, TrackingId="t1")
    alice.says("CS_CHAT_STATUS", 2, ChatId=chat)
    for shown in (web.hears("SE_CHAT_STATUS", 1), alice.hears("SC_CHAT_STATUS", 2)):
        assert [said["Text"] for said in shown["Sentences"]] == ["Hello"]


def test_an_offered_chat_is_shown_without_them(play: Playbook) -> None:
    """B-7."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = started(web, "Waiting", "Alerting")
    alice.hears("SC_CHAT_ALERT")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Hello")
    web.hears("SE_CHAT_SENTENCE")
    alice.says("CS_CHAT_STATUS", 1, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 1, Status="Alerting", Sentences=None)


def test_who_is_logged_in_is_listed(play: Playbook) -> None:
    """B-29."""
    alice = play.agent("alice", "101")
    play.agent("bob", "102", "Pause")
    carol = play.agent("carol", "103")
    carol.says("CS_AGENT_STATE", State="LogOff")
    carol.heard.clear()
    alice.says("CS_AGENT_LIST", 1)
    items = alice.hears("SC_AGENT_LIST", 1)["items"]
    assert [(one["AgentName"], one["State"]) for one in items] == [
        ("Alice Novak", "Ready"),
        ("Bob", "Pause"),
    ]


def test_nobody_asks_for_others(play: Playbook) -> None:
    """I-15: another gateway's, another workplace's, another agent's."""
    web, alice, chat = talking(play)
    im, bob = play.connector("im"), play.agent("bob", "102")
    web.says("ES_CHAT_RESYNC", 1, Peer="im")
    web.refused("NotAllowed", 1)
    im.says("ES_CHAT_STATUS", 2, TrackingId="t1")
    im.refused("UnknownChat", 2)
    for frame in ("CS_CHAT_RESYNC", "CS_AGENT_LIST"):
        bob.says(frame, 3, Peer="101")
        bob.refused("NotAllowed", 3)
    bob.says("CS_CHAT_STATUS", 4, ChatId=chat)
    bob.refused("UnknownChat", 4)
    alice.silent()
