"""B-60: what was said before comes with a chat, as much of it as there is room for."""

from __future__ import annotations

from broker.core.views.stored import Earlier, Letter, WithHistory
from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.message import MessageContentInfo


def earlier(number: int, text: str) -> Earlier:
    return Earlier(f"m{number}", "Eva", text, number, outbound=bool(number % 2))


def test_the_last_lines_come_oldest_first() -> None:
    shown = WithHistory(ChatStatusInfo(peer="101"), 7)
    assert shown.wants == (("history", 7),)
    filled = shown.filled({("history", 7): (earlier(1, "one"), earlier(2, "two"))})
    assert filled.history is not None
    assert [(s.text, s.is_outbound, s.peer) for s in filled.history] == [
        ("one", True, "101"),
        ("two", False, "101"),
    ]


def test_only_as_many_as_there_is_room_for() -> None:
    lines = tuple(earlier(n, "x" * 3_000) for n in range(5))
    filled = WithHistory(ChatStatusInfo(), 7).filled({("history", 7): lines})
    assert filled.history is not None
    assert [s.id for s in filled.history] == ["m3", "m4"]


def test_without_any_there_is_none() -> None:
    assert WithHistory(ChatStatusInfo(), 7).filled({}).history is None
    assert WithHistory(ChatStatusInfo(), 7).filled({("history", 7): ()}).history is None


def test_it_costs_what_the_whole_has() -> None:
    said = ChatSentenceInfo(text="x" * 100)
    small = WithHistory(ChatStatusInfo(sentences=(said,)), 7).size
    assert WithHistory(ChatStatusInfo(sentences=(said, said)), 7).size == small + 100


def test_a_letter_has_the_bodies_that_the_store_has() -> None:
    """B-52."""
    letter = Letter(MessageContentInfo(subject_field="Boots"), 4, 9)
    assert (letter.wants, letter.size) == ((("message", 4),), 9)
    filled = letter.filled({("message", 4): ("<p>Hi</p>", "Hi")})
    assert (filled.subject_field, filled.body_html, filled.body_text) == (
        "Boots",
        "<p>Hi</p>",
        "Hi",
    )
