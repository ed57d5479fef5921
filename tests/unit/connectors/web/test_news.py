"""Cursors, and what there is to tell behind them."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from connectors.client import ChatRef
from connectors.client.chats import Chat
from connectors.web.news import Cursor, news
from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.values import ChatStatus, Guid, Role
from protocol.view import ChatView

CHAT = Guid("11111111-1111-4111-8111-111111111111")
OTHER = Guid("22222222-2222-4222-8222-222222222222")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def chat(status: ChatStatus = ChatStatus.ANSWERED, name: Guid = CHAT, said: str = "ab") -> Chat:
    ref = ChatRef("web", "v")
    view = ChatView(("web", "", "v"), Role.CONNECTOR)
    view.latest = ChatStatusInfo(chat_id=name, status=status)
    view.sentences = {
        counter: ChatSentenceInfo(id=text, text=text, counter=counter)
        for counter, text in enumerate(said, start=1)
    }
    view.complete = True
    return Chat(ref, view, chat_id=name)


def told(before: Cursor, now: Chat | None) -> list[str]:
    return [
        f"{frame.type.removeprefix('SE_CHAT_')} {getattr(frame.payload, 'text', None) or ''}".strip()
        for frame in news(before, now, before.after(now))
    ]


def test_a_cursor_is_a_text() -> None:
    full = Cursor(
        chat=CHAT,
        counter=7,
        status="a1",
        verdicts="b2",
        is_closed=True,
        is_away=True,
        is_typing=True,
        unconfirmed=(5, 7),
    )
    for cursor in (Cursor(), full, Cursor.at(chat()), full.after(None)):
        assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["x", "", ":1:::::", f"{CHAT}:1:a:b::1", ":٣::::", ":1::::1,\n"])
def test_what_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError, match="no cursor of ours"):
        Cursor.read(text)


def test_nothing_new() -> None:
    assert told(Cursor.at(chat()), chat()) == []
    assert told(Cursor(), None) == []


def test_what_was_said_since() -> None:
    assert told(Cursor.at(chat(said="a")), chat(said="abc")) == ["SENTENCE b", "SENTENCE c"]


def test_another_status_comes_first_and_the_end_last() -> None:
    before = Cursor.at(chat(ChatStatus.ALERTING, said="a"))
    assert told(before, chat()) == ["STATUS", "SENTENCE b"]
    assert told(before, chat(ChatStatus.CLOSED)) == ["SENTENCE b", "STATUS"]


def test_another_chat_is_told_from_its_beginning() -> None:
    assert told(Cursor.at(chat()), chat(name=OTHER)) == ["STATUS", "SENTENCE a", "SENTENCE b"]
    assert told(Cursor().after(None), chat()) == ["STATUS", "SENTENCE a", "SENTENCE b"]


def test_a_chat_that_another_process_remembers_is_not_told_anew() -> None:
    """Each knows for a while what was closed; a visitor may come to either in turn."""
    before = Cursor.at(chat())
    assert told(before, None) == ["STATUS"]
    after = before.after(None)
    assert told(after, None) == []
    assert told(Cursor.at(chat(ChatStatus.CLOSED)), None) == []
    assert told(after, chat(ChatStatus.CLOSED)) == ["STATUS"]


def test_what_is_missed_just_now_is_waited_for() -> None:
    """W-22: nothing behind a gap is told, since the cursor would be behind it too."""
    before = Cursor.at(chat(said="a"))
    torn = chat(said="abc")
    del torn.view.sentences[2]
    torn.view.complete = False
    assert told(before, torn) == []
    assert before.after(torn) == before
    assert told(before.after(torn), chat(said="abc")) == ["SENTENCE b", "SENTENCE c"]


def test_what_the_other_side_has_since() -> None:
    waiting = chat()
    waiting.unconfirmed = {1: None, 2: None}
    before = Cursor.at(waiting)
    now = chat()
    now.unconfirmed = {1: None}
    now.view.sentences[2] = evolve(now.view.sentences[2], confirmed_time=NOW)
    (frame,) = news(before, now, before.after(now))
    assert frame.type == "SE_CHAT_CONFIRM"
    assert (getattr(frame.payload, "id", ""), getattr(frame.payload, "time_stamp", "")) == (
        "b",
        NOW,
    )


def test_typing_is_told_again_until_it_ends() -> None:
    """W-23: it ends by itself for a browser that does not hear of it."""
    typing = chat()
    typing.is_typing = True
    assert told(Cursor.at(chat()), typing) == ["TYPING"]
    assert told(Cursor.at(typing), typing) == ["TYPING"]
    assert told(Cursor.at(typing), chat()) == ["TYPING"]


def test_the_chat_is_told_when_the_broker_is_back() -> None:
    assert told(evolve(Cursor.at(chat()), is_away=True), chat()) == ["STATUS"]
