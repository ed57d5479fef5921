"""The checker's own client of conversations: what fits together, and what does not."""

from __future__ import annotations

from broker.checker.naive_correspondent import NaiveCorrespondent
from protocol.conversation import (
    ConversationCommandInfo,
    ConversationInfo,
    ConversationNoteInfo,
)
from protocol.frame import Frame
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import ChatStatus, Guid, MessageStatus

ONE, TWO = (
    Guid("aaaaaaaa-0000-4000-a000-000000000001"),
    Guid("aaaaaaaa-0000-4000-a000-000000000002"),
)
ASKED = Frame("CS_CONVERSATION_STATUS", ConversationCommandInfo(), {"Id": 1})


def name(counter: int) -> Guid:
    return Guid(f"bbbbbbbb-0000-4000-a000-00000000000{counter}")


def message(counter: int) -> MessageContentInfo:
    return MessageContentInfo(message_id=name(counter), conversation_id=ONE, counter=counter)


def info(
    key: Guid = ONE,
    status: ChatStatus = ChatStatus.ANSWERED,
    *,
    count: int | None = None,
    is_parked: bool = False,
    draft: str | None = None,
) -> ConversationInfo:
    """A conversation, whole with so many messages."""
    return ConversationInfo(
        conversation_id=key,
        status=status,
        is_parked=is_parked,
        message_count=count or 0,
        messages=tuple(message(n) for n in range(1, count + 1)) if count is not None else None,
        draft=MessageContentInfo(body_text=draft) if draft is not None else None,
    )


class Client:
    """A client, and what it has to say of what it is told."""

    def __init__(self) -> None:
        self.fold = NaiveCorrespondent("c")

    def hears(self, type_: str, payload: object, request: Frame | None = None) -> list[str]:
        before = len(self.fold.remarks)
        self.fold.took(Frame(type_, payload), 1, request)
        return [f"{one.law}: {one.text}" for one in self.fold.remarks[before:]]

    def listed(
        self, *infos: ConversationInfo, after: int | None = None, more: int | None = None
    ) -> list[str]:
        asked = ConversationCommandInfo(after=after)
        before = len(self.fold.remarks)
        headers = {"Re": 1} if more is None else {"Re": 1, "More": more}
        frame = Frame("SC_CONVERSATION_LIST", infos, headers)
        self.fold.took(frame, 1, Frame("CS_CONVERSATION_RESYNC", asked, {"Id": 1}))
        return [f"{one.law}: {one.text}" for one in self.fold.remarks[before:]]

    def working(self) -> Client:
        """They have taken a conversation with two messages."""
        assert self.hears("SC_CONVERSATION_ALERT", info(status=ChatStatus.ALERTING)) == []
        assert self.hears("SC_CONVERSATION_STATUS", info(count=2)) == []
        return self


def test_a_snapshot_is_what_was_pushed_since_the_one_before() -> None:
    """I-9."""
    client = Client().working()
    assert client.hears("SC_MESSAGE_RECEIVED", message(3)) == []
    sent = MessageStatusInfo(
        message_id=name(4), conversation_id=ONE, counter=4, status=MessageStatus.QUEUED
    )
    assert client.hears("SC_MESSAGE_STATUS", sent) == []
    (count, status) = client.hears("SC_CONVERSATION_STATUS", info(count=5), ASKED)
    assert count == "I-9: the snapshot counts 5 messages, the pushes went up to 4"
    assert status.startswith("I-9: message 4 is ")


def test_nothing_is_left_out_among_messages_and_notes() -> None:
    """I-3."""
    client = Client().working()
    assert client.hears("SC_MESSAGE_RECEIVED", message(4)) == ["I-3: message 4 was told after 2"]
    note = ConversationNoteInfo(conversation_id=ONE, id="n", text="Mind.", counter=2)
    assert client.hears("SC_CONVERSATION_NOTE", note) == ["I-3: note 2 was told after 0"]


def test_a_draft_is_there_until_something_is_sent() -> None:
    """I-9."""
    client = Client().working()
    draft = MessageContentInfo(conversation_id=ONE, body_text="Dear")
    asked = Frame("CS_MESSAGE_DRAFT", draft, {"Id": 1})
    assert client.hears("SYS_ACK", None, asked) == []
    assert client.hears("SC_CONVERSATION_STATUS", info(count=2, draft="Dear"), ASKED) == []
    (lost,) = client.hears("SC_CONVERSATION_STATUS", info(count=2), ASKED)
    assert lost == "I-9: the draft is None in the snapshot, was told as 'Dear'"


def test_a_list_has_what_the_pushes_left_here_and_nothing_else() -> None:
    """I-9, W-25."""
    client = Client().working()
    assert client.listed(info(), info(TWO, ChatStatus.WAITING, is_parked=True)) == []
    ended = ConversationCommandInfo(conversation_id=TWO)
    assert client.hears("SC_CONVERSATION_ALERT_END", ended) == []  # it was put aside, not offered
    assert client.listed(info()) == ["I-9: the list lacks it, it was told Waiting"]
    client.hears("SC_CONVERSATION_STATUS", info(TWO, ChatStatus.WAITING))
    assert client.listed(info(), info(TWO, ChatStatus.ALERTING)) == [
        "I-9: the list has it as Alerting, no push ever told of it"
    ]


def test_the_pieces_of_a_list_are_one() -> None:
    """I-9, W-25."""
    client = Client().working()
    assert client.listed(info(), more=7) == []
    assert client.listed(after=8) == []  # no piece named that place
    assert not client.fold.listed
    assert client.listed(info(TWO, ChatStatus.WAITING, is_parked=True), after=7) == []
    assert client.fold.listed
