"""The checker's own client: lists in pieces, and what is told to somebody who joins later."""

from __future__ import annotations

from broker.checker.naive_client import NaiveClient
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, Role, from_micros

NAMES = ("t1", "t2", "t3", "t4")


def chat_id(name: str) -> Guid:
    return Guid(f"aaaaaaaa-0000-4000-a000-0000000000{name.encode().hex()[-2:]}")


def info(name: str, status: ChatStatus = ChatStatus.WAITING) -> ChatStatusInfo:
    return ChatStatusInfo(peer="web", tracking_id=name, chat_id=chat_id(name), status=status)


def pushed(fold: NaiveClient, name: str, status: ChatStatus = ChatStatus.WAITING) -> None:
    fold.took(Frame("SE_CHAT_STATUS", info(name, status)), 1, None)


def listed(
    fold: NaiveClient, *names: str, after: int | None = None, more: int | None = None
) -> list[str]:
    """A piece comes; gives what is wrong with it."""
    asked = Frame("ES_CHAT_RESYNC", ChatCommandInfo(peer="web", after=after), {"Id": 1})
    headers = {"Re": 1} if more is None else {"Re": 1, "More": more}
    before = len(fold.remarks)
    fold.took(Frame("SE_CHAT_LIST", tuple(map(info, names)), headers), 2, asked)
    return [f"{one.law} {one.chat}" for one in fold.remarks[before:]]


def knowing(*names: str) -> NaiveClient:
    fold = NaiveClient(Role.CONNECTOR, "c")
    for name in names:
        pushed(fold, name)
    return fold


def test_pieces_are_right_that_have_all_together() -> None:
    """I-9, W-25: whatever comes and goes between them."""
    fold = knowing("t1", "t2", "t3")
    assert listed(fold, "t1", "t2", more=2) == []
    pushed(fold, "t1", ChatStatus.CLOSED)
    pushed(fold, "t4")
    assert listed(fold, "t3", after=2, more=3) == []
    assert listed(fold, "t4", after=3) == []
    assert fold.lists == {"web": 1}


def test_a_chat_that_is_in_no_piece_is_missed_at_the_last_one() -> None:
    """I-9: also one that opened after the first piece."""
    fold = knowing("t1", "t2")
    assert listed(fold, "t1", more=2) == []
    pushed(fold, "t4")
    assert listed(fold, after=2) == [f"I-9 {chat_id('t2')}", f"I-9 {chat_id('t4')}"]


def test_what_a_piece_says_is_held_against_the_pushes() -> None:
    """I-9: in the first piece as in the last."""
    fold = knowing("t1")
    pushed(fold, "t1", ChatStatus.CLOSED)
    assert listed(fold, "t1", more=2) == [f"I-9 {chat_id('t1')}"]


def test_a_list_from_a_place_that_nobody_named_has_what_it_has() -> None:
    """I-9: whoever begins at a place of their own choice asked for no more."""
    fold = knowing(*NAMES)
    assert listed(fold, "t4", after=9) == []
    assert fold.lists == {}


def test_what_was_confirmed_before_somebody_joined_was_not_told_to_them() -> None:
    """W-21, I-9: they were answered with what they had written when they were in the chat before."""
    fold = NaiveClient(Role.WORKPLACE, "w")
    said = ChatSentenceInfo(
        peer="101", chat_id=chat_id("t1"), id="s", text="Hi", counter=1, is_outbound=True
    )
    fold.took(Frame("SC_CHAT_SENTENCE", said, {"Re": 1}), 1, Frame("CS_CHAT_SENTENCE", said))
    confirmed = ChatSentenceInfo(
        id="s", text="Hi", counter=1, is_outbound=True, confirmed_time=from_micros(5)
    )
    shown = ChatStatusInfo(
        peer="101",
        chat_id=chat_id("t1"),
        status=ChatStatus.ANSWERED,
        sentences=(confirmed,),
        internal=(),
    )
    fold.took(Frame("SC_CHAT_STATUS", shown, {"Re": 2}), 9, Frame("CS_CHAT_INVITE", None))
    assert fold.remarks == []
    # Who was in it all the time, and asks, must have been told.
    fold = NaiveClient(Role.WORKPLACE, "w")
    fold.took(Frame("SC_CHAT_SENTENCE", said), 1, None)
    fold.took(Frame("SC_CHAT_STATUS", shown, {"Re": 2}), 9, Frame("CS_CHAT_STATUS", None))
    assert [one.law for one in fold.remarks] == ["I-9"]
