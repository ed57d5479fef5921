"""Messages that wait until their HTML is harmless: order, turns, bounds, ends (B-50, I-4, I-14)."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import define, evolve, field

from broker.cleaning.bodies import Bodies
from broker.core.inputs import FrameArrived, InspectedFrame, SessionClosed
from broker.core.messages.composing import digest_of
from broker.shell import cleaning
from broker.shell.cleaning import CROWDED, Cleaning, Held, Order
from broker.shell.questions import HEAVY
from protocol.blob import BlobInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.message import MessageContentInfo


def mail(key: str, html: str | None = "<p>x", text: str | None = None) -> Frame:
    content = MessageContentInfo(request_id=key, body_html=html, body_text=text, spam_level=3)
    return Frame("ES_MESSAGE_RECEIVING", content, {"Id": key})


def said(key: str) -> Frame:
    return Frame("ES_CHAT_SENTENCE", ChatSentenceInfo(peer="web", id=key, text="x"), {"Id": key})


def question(key: str) -> Frame:
    return Frame("ES_CHAT_STATUS", ChatCommandInfo(peer="web"), {"Id": key})


@define
class Stage:
    """The lines, and what left them."""

    cleaning: Cleaning = field(factory=Cleaning)
    left: list[tuple[int, Held]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.cleaning.release = lambda session, released: self.left.append((session, released))

    def put(self, session: int, *frames: Frame, party: object = "web") -> list[Held | None]:
        return [self.cleaning.put(session, party, frame) for frame in frames]

    def take(self) -> Order:
        taken = self.cleaning.take()
        assert taken is not None
        return taken

    @property
    def ids(self) -> list[Any]:
        """What left, by the `Id` of the frame; a refusal and an end by what they are."""
        return [_what(one) for _, one in self.left]


def _what(one: Held) -> Any:
    if not isinstance(one, FrameArrived):
        return "end"
    return refusal_of(one)[0] or one.frame.id


def refusal_of(one: Held) -> tuple[ErrorCode | None, str]:
    """Why what left is not to be taken."""
    assert isinstance(one, FrameArrived)
    frame = one.frame
    return (frame.refused, frame.text) if isinstance(frame, InspectedFrame) else (None, "")


@pytest.fixture
def stage() -> Stage:
    return Stage()


def content_of(released: Held | None) -> MessageContentInfo:
    assert isinstance(released, FrameArrived)
    assert isinstance(released.frame.payload, MessageContentInfo)
    return released.frame.payload


def piece(key: str, offset: int = 0, data: bytes = b"%PDF", kind: str | None = None) -> Frame:
    content = BlobInfo(peer="web", offset=offset, data=data, content_type=kind)
    return Frame("ES_BLOB_PUT", content, {"Id": key})


def test_every_frame_that_brings_html_or_content_is_looked_at() -> None:
    of_messages = {"ES_MESSAGE_RECEIVING", "CS_MESSAGE_SEND", "CS_MESSAGE_DRAFT"}
    assert of_messages | {"ES_BLOB_PUT", "CS_BLOB_PUT"} == HEAVY


def test_the_kind_of_an_attachment_is_what_its_first_piece_shows(stage: Stage) -> None:
    """B-61: whatever its sender says."""
    assert stage.put(1, piece("b", kind="image/png"), said("a")) == [None, None]
    one = stage.take()
    assert one.content == b"%PDF"
    stage.cleaning.done(one, Bodies(None, "application/pdf"))
    assert stage.ids == ["b", "a"]
    released = stage.left[0][1]
    assert isinstance(released, FrameArrived)
    assert isinstance(released.frame.payload, BlobInfo)
    assert released.frame.payload.content_type == "application/pdf"


@pytest.mark.parametrize(
    ("seen", "said_", "kind"),
    [
        ("text/plain", "text/csv", "text/csv"),
        ("text/plain", "TEXT/CSV", "text/csv"),
        ("text/plain", "text/html", "text/plain"),
        ("text/plain", None, "text/plain"),
        ("application/zip", "text/csv", "application/zip"),
    ],
)
def test_which_kind_of_text_it_is_only_its_sender_can_tell(
    stage: Stage, seen: str, said_: str | None, kind: str
) -> None:
    stage.put(1, piece("b", kind=said_))
    stage.cleaning.done(stage.take(), Bodies(None, seen))
    released = stage.left[0][1]
    assert isinstance(released, FrameArrived)
    assert getattr(released.frame.payload, "content_type", None) == kind


@pytest.mark.parametrize("later", [piece("b", offset=4), piece("b", data=b"")])
def test_later_pieces_go_on_at_once(stage: Stage, later: Frame) -> None:
    assert stage.put(1, later) == [FrameArrived(1, later)]


def test_an_attachment_whose_kind_nobody_can_see_is_refused(stage: Stage) -> None:
    stage.put(1, piece("b"))
    stage.cleaning.done(stage.take(), ErrorCode.BAD_PAYLOAD)
    assert stage.ids == [ErrorCode.BAD_PAYLOAD]
    assert refusal_of(stage.left[0][1])[1].startswith("Data: ")


def test_what_is_quick_comes_first(stage: Stage) -> None:
    stage.put(1, mail("m"), mail("n"))
    stage.put(2, piece("b"))
    assert [stage.take().frame.id for _ in range(3)] == ["b", "m", "n"]


def test_what_comes_behind_a_message_waits_for_it_and_others_do_not(stage: Stage) -> None:
    assert stage.put(1, mail("m"), said("a"), said("b")) == [None] * 3
    assert stage.put(2, mail("n", html=None, text="x")) != [None]
    stage.cleaning.done(stage.take(), Bodies("<p>x</p>", "x"))
    assert stage.ids == ["m", "a", "b"]
    assert stage.cleaning.lines == {}


def test_a_message_comes_out_with_bodies_and_nothing_else_is_touched(stage: Stage) -> None:
    frame = mail("m")
    stage.put(1, frame)
    one = stage.take()
    assert (one.content, one.wants_text) == ("<p>x", True)
    stage.cleaning.done(one, Bodies("<p>x</p>", "x"))
    content = content_of(stage.left[0][1])
    assert isinstance(frame.payload, MessageContentInfo)
    assert content == evolve(frame.payload, body_html="<p>x</p>", body_text="x")


def test_a_text_that_came_stays(stage: Stage) -> None:
    stage.put(1, mail("m", text="mine"))
    one = stage.take()
    assert not one.wants_text
    stage.cleaning.done(one, Bodies("<p>x</p>", None))
    assert content_of(stage.left[0][1]).body_text == "mine"


@pytest.mark.parametrize(
    ("html", "text", "made"),
    [(None, "1 < 2\n3", "1 &lt; 2<br>\n3"), ("", "x", "x"), (None, None, None), ("", "", None)],
)
def test_a_message_without_html_goes_on_at_once(
    stage: Stage, html: str | None, text: str | None, made: str | None
) -> None:
    (released,) = stage.put(1, mail("m", html=html, text=text))
    assert content_of(released).body_html == made
    assert content_of(released).body_text == text


def test_one_without_html_waits_behind_one_with(stage: Stage) -> None:
    assert stage.put(1, mail("m"), mail("n", html=None, text="&")) == [None, None]
    stage.cleaning.done(stage.take(), Bodies("", ""))
    assert stage.ids == ["m", "n"]
    assert content_of(stage.left[1][1]).body_html == "&amp;"


def test_messages_that_are_done_out_of_order_leave_in_order(stage: Stage) -> None:
    stage.put(1, mail("m"), said("a"), mail("n"), said("b"))
    first, second = stage.take(), stage.take()
    stage.cleaning.done(second, Bodies("", ""))
    assert stage.ids == []
    stage.cleaning.done(first, Bodies("", ""))
    assert stage.ids == ["m", "a", "n", "b"]


@pytest.mark.parametrize(
    ("code", "path"), [(ErrorCode.BAD_PAYLOAD, "BodyHtml"), (ErrorCode.OVERLOADED, None)]
)
def test_one_that_cannot_be_cleaned_is_refused_in_its_place(
    stage: Stage, code: ErrorCode, path: str | None
) -> None:
    stage.put(1, mail("m"), said("a"))
    stage.cleaning.done(stage.take(), code)
    assert stage.ids == [code, "a"]
    left = stage.left[0][1]
    assert isinstance(left, FrameArrived)
    assert (left.frame.id, left.frame.type) == ("m", "ES_MESSAGE_RECEIVING")
    assert content_of(left).body_html is None
    assert refusal_of(left)[1].startswith(f"{path}: ") == (path is not None)


def test_of_what_an_agent_writes_it_is_told_what_they_wrote(stage: Stage) -> None:
    """B-62: however it is cleaned, the same is the same."""
    written = evolve(mail("m", html="<p onclick='1'>x"), type="CS_MESSAGE_SEND")
    for came in (Bodies("<p>x", "x"), Bodies("x", "x"), ErrorCode.BAD_PAYLOAD):
        stage.put(1, written)
        stage.cleaning.done(stage.take(), came)
    frames = [one.frame for _, one in stage.left if isinstance(one, FrameArrived)]
    told = [frame.written for frame in frames if isinstance(frame, InspectedFrame)]
    assert isinstance(written.payload, MessageContentInfo)
    assert told == [digest_of(written.payload)] * 3


def test_parties_take_turns(stage: Stage) -> None:
    stage.put(1, mail("m1"), mail("m2"), mail("m3"), party="web")
    stage.put(2, mail("m4"), party="web")
    stage.put(3, mail("n1"), party="shop")
    assert [stage.take().frame.id for _ in range(5)] == ["m1", "n1", "m2", "m3", "m4"]
    assert stage.cleaning.take() is None


def test_whoever_cleans_is_told_of_each_order(stage: Stage) -> None:
    told: list[str] = []
    stage.cleaning.on_order = lambda: told.append("order")
    stage.put(1, mail("m"), said("a"), mail("n", html=None), mail("o"))
    assert told == ["order", "order"]


def test_the_end_of_a_session_waits_and_its_questions_go(stage: Stage) -> None:
    stage.put(1, mail("m"), said("a"), question("q"), said("b"))
    stage.cleaning.close(SessionClosed(1))
    stage.cleaning.done(stage.take(), Bodies("", ""))
    assert stage.ids == ["m", "a", "b", "end"]


def test_a_session_that_ends_while_it_is_told_of_its_message_ends_behind_it(stage: Stage) -> None:
    def ends(session: int, released: Held) -> None:
        stage.left.append((session, released))
        if isinstance(released, FrameArrived) and refusal_of(released)[0]:
            stage.cleaning.close(SessionClosed(session))

    stage.cleaning.release = ends
    stage.put(1, mail("m"), said("a"))
    stage.cleaning.done(stage.take(), ErrorCode.BAD_PAYLOAD)
    assert stage.ids == [ErrorCode.BAD_PAYLOAD, "a", "end"]
    assert stage.cleaning.lines == {}


def test_what_is_forgotten_never_leaves(stage: Stage) -> None:
    stage.put(1, mail("m"), mail("n"))
    one = stage.take()
    stage.cleaning.clear()
    assert (stage.cleaning.take(), stage.cleaning.size, stage.cleaning.lines) == (None, 0, {})
    stage.put(1, mail("o"))
    stage.cleaning.done(one, Bodies("", ""))
    assert stage.ids == []
    stage.cleaning.done(stage.take(), Bodies("", ""))
    assert stage.ids == ["o"]


def test_a_session_is_not_read_when_its_party_has_much_waiting(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cleaning, "PARTY_BYTES", 10)
    stage.put(1, mail("m", html="x" * 10))
    stage.put(2, mail("n", html="x"))
    stage.put(3, mail("o", html="x"), party="shop")
    is_full = stage.cleaning.is_full
    assert [is_full(1, "web"), is_full(2, "web"), is_full(3, "shop")] == [True, True, False]
    assert not is_full(4, "web")  # it has sent none
    stage.cleaning.done(stage.take(), Bodies("", ""))
    assert not is_full(2, "web")
    assert stage.cleaning.size == 2


def test_nor_when_all_have_much_waiting(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "ALL_BYTES", 10)
    stage.put(1, mail("m", html="x" * 10))
    stage.put(3, mail("o", html="x"), party="shop")
    assert stage.cleaning.is_full(3, "shop")


def test_nor_when_its_line_is_long(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "LINE_INPUTS", 3)
    stage.put(1, mail("m"), said("a"))
    assert not stage.cleaning.is_full(1, "web")
    stage.put(1, said("b"))
    assert stage.cleaning.is_full(1, "web")


@pytest.mark.parametrize("bound", ["PARTY_BYTES", "ALL_BYTES", "LINE_INPUTS"])
def test_beyond_twice_the_bounds_a_message_is_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(cleaning, bound, 1)
    stage.put(1, mail("m", html="x"), mail("n", html="x"))
    with pytest.raises(WireError, match=CROWDED) as caught:
        stage.put(1, mail("o"))
    assert (caught.value.code, caught.value.re) == (ErrorCode.OVERLOADED, "o")
    assert stage.cleaning.size == 2
