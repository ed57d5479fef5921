"""What a session knows of conversations, frame by frame (B-57, W-25)."""

from typing import Any

from connectors.client.conversation_events import (
    ConversationAlerted,
    ConversationAlertEnded,
    ConversationChanged,
    ConversationEvent,
    ConversationForgotten,
    MessageAdded,
    MessageStatusChanged,
    NoteAdded,
)
from connectors.client.conversations import Conversations
from protocol.conversation import (
    ConversationCommandInfo,
    ConversationInfo,
    ConversationNoteInfo,
)
from protocol.frame import Frame
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import ChatStatus, Direction, Guid, MessageStatus

ONE = Guid("00000000-0000-0000-0000-000000000001")
TWO = Guid("00000000-0000-0000-0000-000000000002")
ANSWERED, ALERTING = ChatStatus.ANSWERED, ChatStatus.ALERTING


def mail(counter: int, **members: Any) -> MessageContentInfo:
    given = {"conversation_id": ONE, "direction": Direction.I, "body_text": f"text {counter}"}
    return MessageContentInfo(counter=counter, message_id=guid(counter), **(given | members))


def guid(number: int) -> Guid:
    return Guid(f"00000000-0000-0000-0001-{number:012}")


def note(counter: int) -> ConversationNoteInfo:
    return ConversationNoteInfo(conversation_id=ONE, id=f"n{counter}", counter=counter, text="look")


def info(status: ChatStatus = ANSWERED, key: Guid = ONE, **members: Any) -> ConversationInfo:
    return ConversationInfo(peer="101", conversation_id=key, status=status, **members)


def snapshot(first: int, last: int, **members: Any) -> ConversationInfo:
    messages = tuple(mail(n) for n in range(first, last + 1))
    return info(messages=messages, message_count=last, **members)


class Desk:
    """Conversations, and what was told of them."""

    def __init__(self, closed: int = 9) -> None:
        self.known = Conversations(closed)

    def put(
        self, type_: str, payload: object, sent: MessageContentInfo | None = None
    ) -> list[ConversationEvent]:
        return self.known.fold(Frame(type_, payload), sent, 100.0)

    def status(self, payload: ConversationInfo) -> list[ConversationEvent]:
        return self.put("SC_CONVERSATION_STATUS", payload)

    def known_counters(self, key: Guid = ONE) -> list[int]:
        one = self.known.get(key)
        assert one is not None
        return [message.counter for message in one.messages]


def added(events: list[ConversationEvent]) -> list[tuple[int, bool]]:
    return [(e.message.counter, e.is_new) for e in events if isinstance(e, MessageAdded)]


def test_an_offer_is_told_once_and_answered_with_what_is_in_it() -> None:
    desk = Desk()
    offered = info(ALERTING, max_signal_duration=30, subject="Bill")
    changed, alerted = desk.put("SC_CONVERSATION_ALERT", offered)
    assert changed == ConversationChanged(ONE, offered, None)
    assert alerted == ConversationAlerted(ONE, offered, 130.0)
    assert desk.put("SC_CONVERSATION_ALERT", offered) == []
    events = desk.status(snapshot(1, 2, internal=(note(1),), draft=mail(0)))
    kinds = [type(event) for event in events]
    assert kinds == [
        ConversationChanged,
        ConversationAlertEnded,
        MessageAdded,
        MessageAdded,
        NoteAdded,
    ]
    assert added(events) == [(1, False), (2, False)]
    one = desk.known.get(ONE)
    assert one is not None
    assert (one.draft, one.notes, one.has_earlier) == (mail(0), [note(1)], False)
    assert one.info.messages is None
    assert desk.known.take_torn() == []


def test_an_offer_that_is_withdrawn_is_forgotten() -> None:
    desk = Desk()
    desk.put("SC_CONVERSATION_ALERT", info(ALERTING))
    over = ConversationCommandInfo(peer="101", conversation_id=ONE)
    events = desk.put("SC_CONVERSATION_ALERT_END", over)
    assert events == [ConversationAlertEnded(ONE), ConversationForgotten(ONE)]
    assert desk.put("SC_CONVERSATION_ALERT_END", over) == []


def test_what_is_pushed_goes_on_without_a_gap() -> None:
    desk = Desk()
    desk.status(snapshot(1, 1))
    assert added(desk.put("SC_MESSAGE_RECEIVED", mail(2))) == [(2, True)]
    assert added(desk.put("SC_MESSAGE_RECEIVED", mail(2))) == []
    assert desk.known.take_torn() == []
    assert added(desk.put("SC_MESSAGE_RECEIVED", mail(4))) == []
    assert desk.known.take_torn() == [ONE]
    assert added(desk.status(snapshot(1, 4))) == [(3, True), (4, True)]
    assert desk.known_counters() == [1, 2, 3, 4]
    assert desk.known.take_torn() == []


def test_a_status_that_counts_more_messages_asks_for_them() -> None:
    desk = Desk()
    desk.status(snapshot(1, 1))
    desk.status(info(message_count=2))
    assert desk.known.take_torn() == [ONE]


def test_one_that_is_answered_elsewhere_than_here_is_fetched() -> None:
    """The session goes on from an earlier one of the same agent."""
    desk = Desk()
    desk.known.listed((info(message_count=1), info(ALERTING, TWO)), 100.0)
    assert desk.known.take_torn() == [ONE]
    assert desk.known.open_ids() == [ONE, TWO]


def test_notes_are_given_out_in_their_order() -> None:
    desk = Desk()
    desk.status(snapshot(1, 1))
    assert desk.put("SC_CONVERSATION_NOTE", note(2)) == []
    assert desk.known.take_torn() == [ONE]
    events = desk.status(snapshot(1, 1, internal=(note(1), note(2))))
    assert [event.note.counter for event in events if isinstance(event, NoteAdded)] == [1, 2]


def test_earlier_messages_are_put_before_the_others_and_not_told() -> None:
    desk = Desk()
    desk.status(snapshot(11, 12, internal=(note(1),), draft=mail(0)))
    one = desk.known.get(ONE)
    assert one is not None
    assert one.has_earlier
    earlier = info(message_count=12, messages=tuple(mail(n) for n in range(8, 11)))
    assert desk.status(earlier) == []
    assert desk.known_counters() == [8, 9, 10, 11, 12]
    assert (one.draft, one.notes) == (mail(0), [note(1)])
    desk.status(info(message_count=12, messages=(mail(3),)))
    assert desk.known_counters()[0] == 8


def test_so_much_that_the_middle_is_missing_begins_anew() -> None:
    desk = Desk()
    desk.status(snapshot(1, 2))
    assert added(desk.status(snapshot(61, 62))) == [(61, True), (62, True)]
    assert desk.known_counters() == [61, 62]


def status_of(counter: int, status: MessageStatus, **members: Any) -> MessageStatusInfo:
    return MessageStatusInfo(
        message_id=guid(counter), conversation_id=ONE, counter=counter, status=status, **members
    )


def test_what_was_sent_is_the_next_message_and_its_status_is_told() -> None:
    """B-54."""
    desk = Desk()
    desk.status(snapshot(1, 1, draft=mail(0)))
    sent = MessageContentInfo(conversation_id=ONE, body_text="Hello", request_id="r1")
    queued = status_of(2, MessageStatus.QUEUED)
    message, told = desk.put("SC_MESSAGE_STATUS", queued, sent)
    assert isinstance(message, MessageAdded)
    assert (message.message.body_text, message.message.direction) == ("Hello", Direction.O)
    assert isinstance(told, MessageStatusChanged)
    one = desk.known.get(ONE)
    assert one is not None
    assert one.draft is None
    assert desk.put("SC_MESSAGE_STATUS", queued) == []
    retry = status_of(2, MessageStatus.RETRY, attempt=1, error="mailbox full")
    (again,) = desk.put("SC_MESSAGE_STATUS", retry)
    assert isinstance(again, MessageStatusChanged)
    assert again.message is not None
    assert (again.message.status, one.delivery(2)) == (MessageStatus.RETRY, retry)
    assert desk.known.take_torn() == []


def test_a_message_that_another_program_sent_is_fetched() -> None:
    desk = Desk()
    desk.status(snapshot(1, 1))
    assert desk.put("SC_MESSAGE_STATUS", status_of(2, MessageStatus.QUEUED)) == []
    assert desk.known.take_torn() == [ONE]


def test_a_conversation_that_begins_with_a_message_is_fetched() -> None:
    desk = Desk()
    queued = status_of(1, MessageStatus.QUEUED)
    assert desk.put("SC_MESSAGE_STATUS", queued, MessageContentInfo(request_id="r")) == [
        MessageStatusChanged(ONE, queued, None)
    ]
    assert desk.known.take_torn() == [ONE]
    desk.put("SC_MESSAGE_STATUS", queued)
    assert desk.known.take_torn() == []


def test_a_status_that_changed_unheard_is_told_by_the_snapshot() -> None:
    desk = Desk()
    first = mail(1, direction=Direction.O, status=MessageStatus.QUEUED)
    desk.status(info(message_count=1, messages=(first,)))
    later = mail(1, direction=Direction.O, status=MessageStatus.SENT)
    (told,) = desk.status(info(message_count=1, messages=(later,)))
    assert isinstance(told, MessageStatusChanged)
    assert told.info.status is MessageStatus.SENT


def test_what_is_put_aside_stays_and_what_waits_for_others_goes() -> None:
    desk = Desk()
    desk.status(snapshot(1, 1))
    (parked,) = desk.status(info(ChatStatus.WAITING, message_count=1, is_parked=True))
    assert isinstance(parked, ConversationChanged)
    assert desk.known.open_ids() == [ONE]
    events = desk.status(info(ChatStatus.WAITING, message_count=1))
    assert [type(event) for event in events] == [ConversationChanged, ConversationForgotten]
    assert desk.known.all() == []


def test_time_that_passes_is_no_change() -> None:
    desk = Desk()
    desk.status(snapshot(1, 1, waiting_time=5))
    assert desk.status(info(message_count=1, waiting_time=9)) == []


def test_somebody_elses_is_looked_at_and_not_kept() -> None:
    desk = Desk()
    assert desk.status(info(ChatStatus.WAITING, is_parked=True)) == []
    assert desk.status(info(ChatStatus.CLOSED)) == []
    assert desk.put("SC_MESSAGE_RECEIVED", mail(1)) == []
    assert desk.known.all() == []


def test_closed_ones_are_remembered_so_many_and_no_more() -> None:
    """I-14."""
    desk = Desk(closed=1)
    for key in (ONE, TWO):
        desk.status(info(key=key, messages=(), message_count=0))
    desk.status(info(ChatStatus.CLOSED, ONE))
    assert desk.known.open_ids() == [TWO]
    events = desk.status(info(ChatStatus.CLOSED, TWO))
    assert events[-1] == ConversationForgotten(ONE)
    assert [one.id for one in desk.known.all()] == [TWO]


def test_without_a_connection_no_offer_stands() -> None:
    """B-11."""
    desk = Desk()
    desk.status(snapshot(1, 1))
    desk.put("SC_CONVERSATION_ALERT", info(ALERTING, TWO))
    assert desk.known.lost() == [ConversationAlertEnded(TWO), ConversationForgotten(TWO)]
    assert desk.known.open_ids() == [ONE]
