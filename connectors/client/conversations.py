"""What a session knows of its agent's conversations, and what each frame changes in it (B-57).

Theory of operation: a conversation that the agent works on comes as a snapshot, with its latest messages.
What is pushed goes on from there without a gap: messages and notes are numbered, and a status says how many
messages there are. Where one is missing the conversation is wanted again, and nothing behind the gap is given
out before it has come.
"""

from collections.abc import Iterable

from attrs import define, evolve, field

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
from protocol.conversation import (
    ConversationCommandInfo,
    ConversationInfo,
    ConversationNoteInfo,
)
from protocol.frame import Frame
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import ChatStatus, Direction, Guid

KINDS = frozenset(
    {
        "SC_CONVERSATION_ALERT",
        "SC_CONVERSATION_ALERT_END",
        "SC_CONVERSATION_NOTE",
        "SC_CONVERSATION_STATUS",
        "SC_MESSAGE_RECEIVED",
        "SC_MESSAGE_STATUS",
    }
)
"""The frames that are folded."""
_HELD = (ChatStatus.ALERTING, ChatStatus.ANSWERED)


@define(eq=False)
class Conversation:
    """One conversation as this session knows it.

    Attributes:
        id: Its name.
        info: As it stands, without what is in it.
        draft: What is written and not sent yet, as the last snapshot had it.
        is_alerting: It is offered to the agent just now.
        is_open_here: Its messages came, so that what is pushed goes on from them.
    """

    id: Guid
    info: ConversationInfo
    draft: MessageContentInfo | None = None
    is_alerting: bool = False
    is_open_here: bool = False
    _messages: dict[int, MessageContentInfo] = field(factory=dict)
    _notes: dict[int, ConversationNoteInfo] = field(factory=dict)
    _deliveries: dict[int, MessageStatusInfo] = field(factory=dict)
    _given: int = 0
    _noted: int = 0

    @property
    def status(self) -> ChatStatus | None:
        """Its phase."""
        return self.info.status

    @property
    def messages(self) -> list[MessageContentInfo]:
        """The messages that are known, the oldest first, without a gap; there may be earlier ones."""
        return [self._messages[n] for n in sorted(self._messages) if n <= self._given]

    @property
    def has_earlier(self) -> bool:
        """Whether there are messages before those that are known."""
        return min(self._messages, default=1) > 1

    @property
    def notes(self) -> list[ConversationNoteInfo]:
        """The notes of colleagues, the oldest first."""
        return [self._notes[n] for n in sorted(self._notes) if n <= self._noted]

    def delivery(self, counter: int) -> MessageStatusInfo | None:
        """What was told last of an outbound message."""
        return self._deliveries.get(counter)

    @property
    def needs_snapshot(self) -> bool:
        """Whether something is missing that a snapshot would bring."""
        if self.info.status is not ChatStatus.ANSWERED:
            return False
        last = max([self.info.message_count, *self._messages])
        return (
            not self.is_open_here or self._given < last or self._noted < max(self._notes, default=0)
        )

    # --- what comes ---

    def take_snapshot(self, info: ConversationInfo) -> list[ConversationEvent]:
        """Take the latest messages, all notes and the draft."""
        is_first, self.is_open_here = not self.is_open_here, True
        self.draft = info.draft
        messages = info.messages or ()
        first = messages[0].counter if messages else 1
        if first > self._given + 1:  # so much came meanwhile that the middle is missing
            self._messages.clear()
            self._given = first - 1
        events: list[ConversationEvent] = []
        for message in messages:
            events += self._restated(message)
            self._messages[message.counter] = message
        for note in info.internal or ():
            self._notes.setdefault(note.counter, note)
        return [*events, *self.give(is_new=not is_first)]

    def take_earlier(self, messages: Iterable[MessageContentInfo]) -> None:
        """Take messages from before those that are known."""
        first = min(self._messages, default=0)
        for message in sorted(messages, key=lambda one: -one.counter):
            if message.counter == first - 1:
                first = message.counter
                self._messages[first] = message

    def take_message(self, message: MessageContentInfo) -> list[ConversationEvent]:
        """Take one that has come in or was sent."""
        if self.is_open_here and message.counter > self._given:
            self._messages[message.counter] = message
        return self.give(is_new=True)

    def take_note(self, note: ConversationNoteInfo) -> list[ConversationEvent]:
        """Take a note."""
        if self.is_open_here and note.counter > self._noted:
            self._notes[note.counter] = note
        return self.give(is_new=True)

    def take_delivery(
        self, info: MessageStatusInfo, sent: MessageContentInfo | None
    ) -> list[ConversationEvent]:
        """Take the status of an outbound message; one that was just handed over is the next message."""
        events: list[ConversationEvent] = []
        before = self._deliveries.get(info.counter)
        if info.counter not in self._messages:
            if sent is None or not self.is_open_here:
                return []
            events += self.take_message(_as_sent(sent, info))
            self.draft = None
        elif before is not None and _told(before) == _told(info):
            return []
        message = evolve(self._messages[info.counter], status=info.status)
        self._messages[info.counter] = message
        self._deliveries[info.counter] = info
        return [*events, MessageStatusChanged(self.id, info, message)]

    def _restated(self, message: MessageContentInfo) -> list[ConversationEvent]:
        """Tell of a status that became another one while nobody was there to hear it."""
        known = self._messages.get(message.counter)
        if known is None or known.status == message.status:
            return []
        info = MessageStatusInfo(
            message_id=message.message_id,
            conversation_id=self.id,
            counter=message.counter,
            status=message.status,
        )
        self._deliveries[message.counter] = info
        return [MessageStatusChanged(self.id, info, message)]

    def give(self, *, is_new: bool) -> list[ConversationEvent]:
        """Give out what is next among messages and notes."""
        events: list[ConversationEvent] = []
        while (message := self._messages.get(self._given + 1)) is not None:
            self._given += 1
            events.append(MessageAdded(self.id, message, is_new))
        while (note := self._notes.get(self._noted + 1)) is not None:
            self._noted += 1
            events.append(NoteAdded(self.id, note, is_new))
        return events


class Conversations:
    """An agent's conversations: offered to them, with them or put aside by them; closed ones for a while."""

    def __init__(self, closed: int) -> None:
        """Make one that knows none.

        Args:
            closed: How many closed ones are remembered.
        """
        self._bound = closed
        self._all: dict[Guid, Conversation] = {}
        self._closed: dict[Guid, None] = {}
        self._needs_snapshot: dict[Guid, None] = {}

    def get(self, conversation_id: Guid) -> Conversation | None:
        """Find one."""
        return self._all.get(conversation_id)

    def all(self) -> list[Conversation]:
        """Those that are known."""
        return list(self._all.values())

    def open_ids(self) -> list[Guid]:
        """Those that are not closed, as far as is known."""
        return [key for key, one in self._all.items() if one.status is not ChatStatus.CLOSED]

    def take_torn(self) -> list[Guid]:
        """Take out those of which a snapshot is needed."""
        needing = list(self._needs_snapshot)
        self._needs_snapshot.clear()
        return needing

    # --- frames ---

    def fold(
        self, frame: Frame, sent: MessageContentInfo | None, now: float
    ) -> list[ConversationEvent]:
        """Take a push or an answer.

        Args:
            frame: The frame.
            sent: The message that it answers.
            now: The time.
        """
        match frame.payload:
            case ConversationInfo() as info:
                return self._status(info, now, is_alert=frame.type == "SC_CONVERSATION_ALERT")
            case ConversationCommandInfo(conversation_id=key) if key is not None:
                known = self._all.get(key)
                return self.forget(key) if known is not None and known.is_alerting else []
            case ConversationNoteInfo(conversation_id=key) as note if key in self._all:
                return self._checked(self._all[key], self._all[key].take_note(note))
            case MessageContentInfo(conversation_id=key) as message if key in self._all:
                return self._checked(self._all[key], self._all[key].take_message(message))
            case MessageStatusInfo() as status:
                return self._delivery(status, sent)
            case _:
                return []

    def listed(self, infos: object, now: float) -> list[ConversationEvent]:
        """Take a list of the agent's conversations, or a piece of it."""
        events: list[ConversationEvent] = []
        for info in infos if isinstance(infos, tuple) else ():
            assert isinstance(info, ConversationInfo)
            is_alert = info.status is ChatStatus.ALERTING
            events += self._status(info, now, is_alert=is_alert, is_listed=True)
        return events

    def forget(self, key: Guid) -> list[ConversationEvent]:
        """Let one go that is not the agent's any more."""
        one = self._all.pop(key, None)
        self._closed.pop(key, None)
        self._needs_snapshot.pop(key, None)
        if one is None:
            return []
        return [*self._alert_over(one), ConversationForgotten(key)]

    def lost(self) -> list[ConversationEvent]:
        """The connection is gone: no offer stands (B-11)."""
        self._needs_snapshot.clear()
        offered = [one.id for one in self._all.values() if one.is_alerting]
        return [event for key in offered for event in self.forget(key)]

    def _status(
        self, info: ConversationInfo, now: float, *, is_alert: bool, is_listed: bool = False
    ) -> list[ConversationEvent]:
        key = info.conversation_id
        assert key is not None  # the codec refuses one without
        known = self._all.get(key)
        if not (info.status in _HELD or is_listed or (known is not None and _stays(info))):
            return [] if known is None else self._left(known, info)
        bare = evolve(info, messages=None, internal=None, draft=None)
        one = known or Conversation(key, bare)
        before = known.info if known is not None else None
        one.info, self._all[key] = bare, one
        events: list[ConversationEvent] = []
        if before is None or _seen(before) != _seen(bare):
            events.append(ConversationChanged(key, bare, before))
        if info.status is not ChatStatus.ALERTING:
            events += self._alert_over(one)
        elif is_alert and not one.is_alerting:
            one.is_alerting = True
            events.append(ConversationAlerted(key, info, now + info.max_signal_duration))
        if info.messages is not None:
            if not info.messages or info.messages[-1].counter >= info.message_count:
                events += one.take_snapshot(info)
            else:
                one.take_earlier(info.messages)
        if info.status is ChatStatus.CLOSED:
            events += self._retire(key)
        else:
            self._closed.pop(key, None)
        return self._checked(one, events)

    def _left(self, one: Conversation, info: ConversationInfo) -> list[ConversationEvent]:
        before, one.info = one.info, evolve(info, messages=None, internal=None, draft=None)
        return [ConversationChanged(one.id, one.info, before), *self.forget(one.id)]

    def _delivery(
        self, info: MessageStatusInfo, sent: MessageContentInfo | None
    ) -> list[ConversationEvent]:
        key = info.conversation_id
        if key is None:
            return []
        one = self._all.get(key)
        if one is None:
            if sent is not None:
                self._needs_snapshot[key] = None  # it has begun with this message
            return [MessageStatusChanged(key, info, None)]
        events = one.take_delivery(info, sent)
        is_known = one.delivery(info.counter) is not None
        if one.status is ChatStatus.ANSWERED and not is_known:
            self._needs_snapshot[key] = None
        return self._checked(one, events)

    def _checked(
        self, one: Conversation, events: list[ConversationEvent]
    ) -> list[ConversationEvent]:
        if one.needs_snapshot:
            self._needs_snapshot[one.id] = None
        return events

    @staticmethod
    def _alert_over(one: Conversation) -> list[ConversationEvent]:
        if not one.is_alerting:
            return []
        one.is_alerting = False
        return [ConversationAlertEnded(one.id)]

    def _retire(self, key: Guid) -> list[ConversationEvent]:
        """Remember closed ones in the order in which they closed, so many and no more."""
        self._closed.pop(key, None)
        self._closed[key] = None
        events: list[ConversationEvent] = []
        while len(self._closed) > self._bound:
            events += self.forget(next(iter(self._closed)))
        return events


def _stays(info: ConversationInfo) -> bool:
    """Whether one that was the agent's still is: put aside by them, or closed."""
    return info.is_parked or info.status is ChatStatus.CLOSED


def _seen(info: ConversationInfo) -> ConversationInfo:
    """What is looked at to tell whether something changed: time passes by itself."""
    return evolve(info, waiting_time=0)


def _told(info: MessageStatusInfo) -> tuple[object, ...]:
    return info.status, info.attempt, info.error


def _as_sent(sent: MessageContentInfo, info: MessageStatusInfo) -> MessageContentInfo:
    """A message that was handed over, with what the broker says of it."""
    return evolve(
        sent,
        message_id=info.message_id,
        conversation_id=info.conversation_id,
        gateway_id=info.gateway_id or sent.gateway_id,
        delivery_system_id=info.delivery_system_id or sent.delivery_system_id,
        counter=info.counter,
        status=info.status,
        direction=Direction.O,
        received_sent_time=info.time_stamp,
    )
