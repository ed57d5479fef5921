"""Every bound has a way out: last words, a full chat that goes on in a new one, old chats that make room."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from broker.core.facts import ChatMoved
from broker.core.limits import FORMS_PER_CHAT
from tests.support.agents_at_work import FLOOR, agent_of, chat_of, started, talking, writes
from tests.support.playbook import Client, Playbook

SMALL = "[limits]\nframe_bytes = 131072\ngateway_bytes = 1048576\n" + FLOOR
LONG = "x" * 20_000


@pytest.fixture
def small() -> Iterator[Playbook]:
    """Chats that are soon full."""
    play = Playbook(SMALL)
    yield play
    play.silent()
    play.check_store()
    play.store.close()


def fill(web: Client, *agents: Client, tracking: str = "t1") -> int:
    """The visitor writes until nothing more is taken; gives how many sentences were."""
    for number in range(100):
        web.says("ES_CHAT_SENTENCE", TrackingId=tracking, ID=f"f{number}", Text=LONG)
        if web.heard[0][0] == "SYS_ERROR":
            assert web.refused("Overloaded") == "the transcript of the chat is full"
            return number
        web.hears("SE_CHAT_SENTENCE", ID=f"f{number}")
        for agent in agents:
            agent.hears("SC_CHAT_SENTENCE", ID=f"f{number}")
    raise AssertionError


def test_an_agent_has_room_for_last_words(small: Playbook) -> None:
    """I-14: what the visitor fills leaves the agents enough for a good-bye and a note."""
    web, alice, chat = talking(small)
    assert fill(web, alice) == 3
    writes(alice, chat, "n", "They write too much.", Model=10)
    writes(alice, chat, "a", "y" * 10_000)
    web.hears("SE_CHAT_SENTENCE", ID="a")
    writes(alice, chat, "b", "Please begin anew. Good-bye.")
    web.hears("SE_CHAT_SENTENCE", ID="b")
    alice.says("CS_CHAT_SENTENCE", 1, ChatId=chat, ID="c", Text="z" * 30_000)
    alice.refused("Overloaded", 1)
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")


def test_a_start_for_a_full_chat_makes_a_new_one(small: Playbook) -> None:
    """B-2: the full one ends, both are linked, and its agent is preferred."""
    web, alice, chat = talking(small)
    small.agent("carol", "103")
    fill(web, alice)
    web.says("ES_CHAT_START", 1, TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed", ChatId=chat, CloseReason="Rule")
    new = web.hears("SE_CHAT_STATUS", 1, Status="Pilot", Sentences=[])["ChatId"]
    assert new != chat
    alice.hears("SC_CHAT_STATUS", Status="Closed", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting", ChatId=new)
    web.hears("SE_CHAT_STATUS", Status="Alerting", ChatId=new)
    assert alice.hears("SC_CHAT_ALERT", ChatId=new)["Info"]["EarlierChatId"] == chat
    assert [f.cause for f in small.facts if isinstance(f, ChatMoved) and f.chat == chat][
        -1
    ] == "full"
    web.says("ES_CHAT_START", 2, TrackingId="t1")
    web.hears("SE_CHAT_STATUS", 2, ChatId=new)
    small.check_store()
    small.restart()
    assert chat_of(small, new).earlier == chat
    assert chat_of(small, new).last_agent == agent_of(small, "alice")


def test_a_retry_of_what_the_full_chat_has_is_not_said_again(small: Playbook) -> None:
    """W-21: its echo comes from there, and says so; the new chat does not get it."""
    web, alice, chat = talking(small)
    fill(web, alice)
    web.says("ES_CHAT_START", TrackingId="t1")
    web.heard.clear()
    alice.heard.clear()
    web.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="f1", Text=LONG)
    web.hears("SE_CHAT_SENTENCE", 1, ID="f1", Counter=2, ChatId=chat)
    web.says("ES_CHAT_SENTENCE", 2, TrackingId="t1", ID="f1", Text="Something else")
    web.hears("SE_CHAT_SENTENCE", 2, ID="f1", Counter=1, ChatId=None)


def test_a_confirmation_says_which_chat_it_is_of_when_the_name_is_another_ones(
    small: Playbook,
) -> None:
    """B-10: the agent has the last words of the full chat after the visitor began anew."""
    web, alice, chat = talking(small)
    fill(web, alice)
    alice.says("CS_CHAT_CONFIRM", 1, ChatId=chat, ID="f0")
    alice.hears("SYS_ACK", 1)
    web.hears("SE_CHAT_CONFIRM", TrackingId="t1", ID="f0", ChatId=None)
    web.says("ES_CHAT_START", TrackingId="t1")
    web.heard.clear()
    alice.heard.clear()
    alice.says("CS_CHAT_CONFIRM", 2, ChatId=chat, ID="f1")
    alice.hears("SYS_ACK", 2)
    web.hears("SE_CHAT_CONFIRM", TrackingId="t1", ID="f1", ChatId=chat)


def test_a_full_chat_is_not_reopened(small: Playbook) -> None:
    """B-2, B-9: a start inside the inertia makes a new one, and a text says that it must."""
    im, alice = small.connector("im"), small.agent("alice", "101", "Pause")
    chat = started(im, "Waiting")
    fill(im)
    im.says("ES_CHAT_STOP", TrackingId="t1")
    im.hears("SE_CHAT_STATUS", Status="Closed")
    im.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="short", Text="Hello?")
    im.refused("ChatClosed", 1)
    new = started(im, "Waiting")
    assert new != chat
    assert chat_of(small, new).earlier == chat
    alice.silent()


def test_an_empty_chat_is_never_full() -> None:
    """B-2, I-14: however short frames are, a start finds its chat again."""
    play = Playbook("[limits]\nframe_bytes = 49152\n" + FLOOR)
    web = play.connector("web")
    chat = started(web, "Waiting")
    web.says("ES_CHAT_START", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", ChatId=chat, Status="Waiting")
    play.store.close()


def test_a_start_with_one_form_too_many_makes_a_new_chat() -> None:
    """B-2, I-14: the same form again does not, nor does a new version of one that is there."""
    play = Playbook(FLOOR)
    web = play.connector("web")
    (scenario,) = play.config.scenarios
    chat = started(web, "Waiting")
    forms = [
        {"ScenarioId": scenario, "ScenarioResultId": f"00000000-0000-4000-8000-0000000000{n:02}"}
        for n in range(FORMS_PER_CHAT + 1)
    ]
    for form in forms[:-1]:
        web.says("ES_CHAT_START", TrackingId="t1", ResultModel=form)
        web.hears("SE_CHAT_STATUS", ChatId=chat)
    web.says("ES_CHAT_START", TrackingId="t1", ResultModel=forms[0])
    web.hears("SE_CHAT_STATUS", ChatId=chat)
    web.says("ES_CHAT_START", TrackingId="t1", ResultModel=forms[-1])
    web.hears("SE_CHAT_STATUS", Status="Closed", ChatId=chat)
    new = web.hears("SE_CHAT_STATUS", Status="Pilot")["ChatId"]
    assert list(chat_of(play, new).forms.results) == [forms[-1]["ScenarioResultId"]]
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.check_store()
    play.store.close()


def test_what_closed_first_makes_room_for_a_new_chat(
    small: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14: once it is closed for a minute, and no wrap-up runs; the store knows it too."""
    monkeypatch.setattr("broker.core.chats.room.CHATS_PER_GATEWAY", 2)
    web = small.connector("web")
    chats = []
    for tracking in ("t1", "t2"):
        chats.append(started(web, "Waiting", tracking=tracking))
        web.says("ES_CHAT_STOP", TrackingId=tracking)
        web.hears("SE_CHAT_STATUS", Status="Closed")
        small.wait(1)
    web.says("ES_CHAT_START", 1, TrackingId="t3")
    web.refused("Overloaded", 1)
    small.wait(58.5)
    chats.append(started(web, "Waiting", tracking="t3"))
    assert list(small.state.chats) == chats[1:]
    web.says("ES_CHAT_STATUS", 2, TrackingId="t1")
    web.refused("UnknownChat", 2)
    small.check_store()
    small.restart()
    assert list(small.state.chats) == chats[1:]


def test_closed_chats_make_room_for_words(small: Playbook) -> None:
    """I-14: before a word of a chat that goes on is refused; agents may go a little beyond."""
    web = small.connector("web")
    alice = small.agent("alice", "101", "Pause")
    number = 0
    while True:
        started(web, "Waiting", tracking=f"t{number}")
        web.says("ES_CHAT_SENTENCE", TrackingId=f"t{number}", ID="a", Text=LONG)
        if web.heard[0][0] == "SYS_ERROR":
            break
        web.hears("SE_CHAT_SENTENCE")
        number += 1
    assert web.refused("Overloaded") == "the gateway's chats take too much memory"
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE")
    chat = str(alice.hears("SC_CHAT_ALERT")["ChatId"])
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.heard.clear()
    web.heard.clear()
    writes(alice, chat, "a", "We are full. Good-bye.")
    web.heard.clear()
    for closed in ("t1", "t2"):
        web.says("ES_CHAT_STOP", TrackingId=closed)
    web.says("ES_CHAT_SENTENCE", 1, TrackingId=f"t{number}", ID="b", Text="Hello?")
    assert web.heard.pop()[1]["Code"] == "Overloaded"  # they closed a moment ago
    small.wait(61)
    web.heard.clear()
    web.says("ES_CHAT_SENTENCE", 2, TrackingId=f"t{number}", ID="b", Text="Hello?")
    web.hears("SE_CHAT_SENTENCE", 2, ID="b")
    assert [c.visitor.tracking_id for c in small.state.chats.values() if not c.is_open] == ["t2"]
    alice.heard.clear()
