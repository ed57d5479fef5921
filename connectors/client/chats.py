"""What a session knows of its chats, and what each frame changes in it."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from attrs import define, evolve, field

from connectors.client.events import (
    Alerted,
    AlertEnded,
    ChatChanged,
    ChatForgotten,
    ChatRef,
    Event,
    FormOffered,
    InternalAdded,
    PartiesChanged,
    SentenceAdded,
    SentenceConfirmed,
    SlotChanged,
    TypingChanged,
)
from connectors.client.requests import Outbox
from connectors.client.settings import Tuning
from connectors.client.timers import Timers
from protocol.chat import (
    ChatCommandInfo,
    ChatInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatStatusInfo,
)
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, Role, SentenceModel, TransferMode
from protocol.view import ChangeKind, ChatView, Key, View


@define(eq=False)
class Chat:
    """One chat as this session knows it.

    Attributes:
        ref: Its name.
        view: The fold of what the broker said of it.
        chat_id: The chat that the name means now.
        delivered_up_to: The counter up to which its sentences have been given out.
        noted: The same of its internal notes.
        own_notes: Counters of internal notes that this session sent and that are not given out yet.
        alerting: It is offered to the agent just now.
        is_typing: The other side types.
        unconfirmed: Counters of the sentences of this side that the other has not confirmed.
        slots: The last sentence of each model that is kept outside of the transcript.
    """

    ref: ChatRef
    view: ChatView
    chat_id: Guid | None = None
    delivered_up_to: int = 0
    noted: int = 0
    own_notes: set[int] = field(factory=set)
    alerting: bool = False
    is_typing: bool = False
    unconfirmed: dict[int, None] = field(factory=dict)
    slots: dict[int, ChatSentenceInfo] = field(factory=dict)


class Chats:
    """The chats of a session, by name.

    The fold itself is `protocol.view.View`'s; the book adds what a client needs around it: which
    chats concern it, each sentence given out once and in order, what expires, what has to be asked
    for again.
    """

    def __init__(self, role: Role, tuning: Tuning, outbox: Outbox) -> None:
        """Make one that knows no chat.

        Args:
            role: What the client is.
            tuning: Its bounds.
            outbox: What this session has sent: by it a note of its own is told from another's.
        """
        self._role = role
        self._tuning = tuning
        self._outbox = outbox
        self._view = View(role)
        self._chats: dict[ChatRef, Chat] = {}
        self._followed: dict[ChatRef, ChatServiceInfo] = {}
        self._closed: dict[ChatRef, None] = {}
        self._needs_snapshot: dict[ChatRef, None] = {}
        self._timers: Timers[ChatRef] = Timers()

    def __iter__(self) -> Iterator[ChatRef]:
        return iter(list(self._chats))

    def __contains__(self, ref: object) -> bool:
        return ref in self._chats

    def __getitem__(self, ref: ChatRef) -> Chat:
        return self._chats[ref]

    def get(self, ref: ChatRef) -> Chat | None:
        """Find a chat."""
        return self._chats.get(ref)

    def open_refs(self) -> list[ChatRef]:
        """The chats that are not closed, as far as is known."""
        return [
            ref for ref, chat in self._chats.items() if chat.view.status is not ChatStatus.CLOSED
        ]

    def follow(self, ref: ChatRef, start: ChatServiceInfo | None = None) -> None:
        """This session starts the chat, so it concerns it whatever `Tuning.follow` says."""
        self._followed[ref] = start or self.start_of(ref)

    def start_of(self, ref: ChatRef) -> ChatServiceInfo:
        """What a chat was started with by this session, as far as another start may bring it again."""
        bare = ChatServiceInfo(peer=ref.peer, port=ref.port, tracking_id=ref.name)
        return evolve(self._followed.get(ref, bare), result_model=None, return_chat_id=None)

    def take_torn(self) -> list[ChatRef]:
        """Take out the chats of which a snapshot is needed."""
        needing = list(self._needs_snapshot)
        self._needs_snapshot.clear()
        return needing

    # --- frames ---

    @staticmethod
    def knows(frame: Frame) -> bool:
        """Whether the book keeps what this frame says."""
        return frame.type[:3] in ("SE_", "SC_") and frame.type[3:] in _KINDS

    def ref_of(self, named: ChatStatusInfo | ChatSentenceInfo | ChatCommandInfo) -> ChatRef:
        """The name of the chat that a structure is about."""
        if self._role is Role.CONNECTOR:
            return ChatRef(named.peer or "", named.tracking_id or "", named.port)
        return ChatRef(named.peer or "", named.chat_id or "")

    def fold(self, frame: Frame, now: float) -> list[Event]:
        """Take a push or an answer."""
        named = frame.payload
        if not isinstance(named, ChatStatusInfo | ChatSentenceInfo | ChatCommandInfo):
            return []
        ref = self.ref_of(named)
        if not self._concerns(ref):
            return []
        before = self._chats.get(ref)
        status = before.view.status if before is not None else None
        shown = _shown(before)
        parties = before.view.parties if before is not None else ()
        form = before.view.latest.scenario_id if before is not None else None
        changes = self._view.fold(frame, now)
        chat = self._chat(ref)
        if chat is None:
            return self._left(ref, status, named)
        events: list[Event] = []
        match named:
            case ChatStatusInfo():
                if shown != _shown(chat):
                    assert named.status is not None  # the codec refuses a status frame without
                    events.append(ChatChanged(ref, named.status, status, named))
                if parties != chat.view.parties:
                    events.append(PartiesChanged(ref, chat.view.parties))
                if self._role is Role.CONNECTOR and form != named.scenario_id:
                    events.append(FormOffered(ref, named.scenario_id))
                self._own(chat, named.internal or ())
                events += self._status(chat, named, now, is_alert=frame.type == "SC_CHAT_ALERT")
            case ChatSentenceInfo(counter=0):
                events += self._slot(chat, named)
            case ChatSentenceInfo(model=SentenceModel.INTERNAL):
                self._own(chat, (named,))
            case ChatCommandInfo() if named.model is not None:
                confirmed = [c.sentence for c in changes if c.kind is ChangeKind.CONFIRMED]
                events += [SentenceConfirmed(ref, slot) for slot in confirmed if slot is not None]
            case _:
                pass
        events += self._typing(chat, now) + self._give(chat) + self._confirmations(chat)
        if chat.view.wants_snapshot:
            self._needs_snapshot[ref] = None
        return events

    def receives(self, ref: ChatRef) -> bool:
        """Whether what the visitor says is said to this session: not to one who only monitors (B-29)."""
        chat = self._chats.get(ref)
        parties = chat.view.parties if chat is not None else ()
        return not any(party.mode is TransferMode.MONITOR for party in parties)

    def confirmed(self, ref: ChatRef, sentence_id: str, when: datetime) -> None:
        """The broker acknowledged our confirmation of a sentence."""
        self._view.confirmed(self._key(ref), sentence_id, when)

    def listed(self, items: object) -> list[ChatRef]:
        """The chats of a list that concern this session."""
        infos = items if isinstance(items, tuple) else ()
        refs = [self.ref_of(info) for info in infos if isinstance(info, ChatStatusInfo)]
        return [ref for ref in refs if self._concerns(ref)]

    def forget(self, ref: ChatRef) -> list[Event]:
        """The broker does not know the chat, or will not speak of it to us."""
        chat = self._chats.pop(ref, None)
        self._closed.pop(ref, None)
        self._followed.pop(ref, None)
        self._needs_snapshot.pop(ref, None)
        self._timers.cancel(ref)
        self._view.forget(self._key(ref))
        if chat is None:
            return []
        return [*self._alert_ended(chat), ChatForgotten(ref)]

    # --- time, and connections ---

    @property
    def next_deadline(self) -> float | None:
        """When `tick` is to be called."""
        return self._timers.next

    def tick(self, now: float) -> list[Event]:
        """Let typing expire."""
        events: list[Event] = []
        for ref in self._timers.due(now):
            if (chat := self._chats.get(ref)) is not None:
                events += self._typing(chat, now)
        return events

    def lost(self) -> list[Event]:
        """The connection is gone.

        Nobody types, no offer stands (B-11), and no transcript is known to be whole.
        """
        events: list[Event] = []
        for chat in list(self._chats.values()):
            chat.view.complete = False
            chat.view.typing_until = None
            events += self._typing(chat, 0.0)
            if chat.alerting:
                events += self.forget(chat.ref)
        self._needs_snapshot.clear()
        return events

    # --- one chat ---

    def _concerns(self, ref: ChatRef) -> bool:
        if self._role is Role.WORKPLACE or self._tuning.follow:
            return True
        return ref in self._followed

    def _key(self, ref: ChatRef) -> Key:
        if self._role is Role.CONNECTOR:
            return (ref.peer, ref.port or "", ref.name)
        return (ref.name,)

    def _chat(self, ref: ChatRef) -> Chat | None:
        """The chat, made on first sight; None for one that the view does not keep."""
        view = self._view.chats.get(self._key(ref))
        if view is None:
            return None
        chat = self._chats.get(ref)
        if chat is None:
            chat = self._chats[ref] = Chat(ref, view)
        if None not in (chat.chat_id, view.chat_id) and chat.chat_id != view.chat_id:
            # The tracking ID names a new chat now, whose counters begin anew.
            chat.delivered_up_to = chat.noted = 0
            chat.own_notes.clear()
            chat.unconfirmed.clear()
            chat.slots.clear()
        chat.view, chat.chat_id = view, view.chat_id
        return chat

    def _left(
        self,
        ref: ChatRef,
        before: ChatStatus | None,
        named: ChatStatusInfo | ChatSentenceInfo | ChatCommandInfo,
    ) -> list[Event]:
        """The view let the chat go: it does not concern this workplace any more, or never did."""
        if ref not in self._chats:
            return []
        events: list[Event] = []
        if isinstance(named, ChatStatusInfo) and named.status is not None:
            events.append(ChatChanged(ref, named.status, before, named))
        return events + self.forget(ref)

    def _status(
        self, chat: Chat, info: ChatStatusInfo, now: float, *, is_alert: bool
    ) -> list[Event]:
        events: list[Event] = []
        if info.status is not ChatStatus.ALERTING:
            events += self._alert_ended(chat)
        elif is_alert:
            chat.alerting = True
            about = info.info or ChatInfo()
            events.append(Alerted(chat.ref, about, now + about.max_signal_duration))
        for slot in (info.panel, info.navigation, info.co_browsing_data):
            if slot is not None:
                events += self._slot(chat, slot)
        if info.status is ChatStatus.CLOSED:
            self._retire(chat.ref)
        else:
            self._closed.pop(chat.ref, None)
        return events

    def _slot(self, chat: Chat, sentence: ChatSentenceInfo) -> list[Event]:
        """Take what the other side put into a slot; what this side put there it knows."""
        known = chat.slots.get(sentence.model)
        is_known = known is not None and (known.id, known.text) == (sentence.id, sentence.text)
        if self._mine(sentence) or is_known:
            return []
        chat.slots[sentence.model] = sentence
        return [SlotChanged(chat.ref, sentence)]

    def _mine(self, sentence: ChatSentenceInfo) -> bool:
        return sentence.is_outbound is (self._role is Role.WORKPLACE)

    def _own(self, chat: Chat, notes: Iterable[ChatSentenceInfo]) -> None:
        """Remember which of these notes are this session's, for they leave the outbox with their echo."""
        chat.own_notes.update(
            note.counter
            for note in notes
            if note.counter > chat.noted and self._outbox.echoed_by(chat.ref, note) is not None
        )

    def _give(self, chat: Chat) -> list[Event]:
        """Give out the sentences that are next in the transcript, and the notes that are next among them."""
        events: list[Event] = []
        if self._role is Role.WORKPLACE and chat.view.status is ChatStatus.ALERTING:
            return events  # nobody reads them yet
        while (sentence := chat.view.sentences.get(chat.delivered_up_to + 1)) is not None:
            chat.delivered_up_to += 1
            mine = self._mine(sentence)
            if mine and sentence.confirmed_time is None:
                chat.unconfirmed[chat.delivered_up_to] = None
            events.append(SentenceAdded(chat.ref, sentence, mine))
        while (note := chat.view.internal.get(chat.noted + 1)) is not None:
            chat.noted += 1
            events.append(InternalAdded(chat.ref, note, chat.noted in chat.own_notes))
            chat.own_notes.discard(chat.noted)
        return events

    def _confirmations(self, chat: Chat) -> list[Event]:
        """Tell which of our sentences have been confirmed since."""
        events: list[Event] = []
        for counter in list(chat.unconfirmed):
            sentence = chat.view.sentences.get(counter)
            if sentence is not None and sentence.confirmed_time is not None:
                del chat.unconfirmed[counter]
                events.append(SentenceConfirmed(chat.ref, sentence))
        return events

    def _typing(self, chat: Chat, now: float) -> list[Event]:
        """Compare what was told of the other side's typing with what is."""
        self._timers.cancel(chat.ref)
        is_typing = chat.view.is_typing(now)
        if is_typing and chat.view.typing_until is not None:
            self._timers.set(chat.ref, chat.view.typing_until)
        if chat.is_typing is is_typing:
            return []
        chat.is_typing = is_typing
        return [TypingChanged(chat.ref, is_typing)]

    def _alert_ended(self, chat: Chat) -> list[Event]:
        if not chat.alerting:
            return []
        chat.alerting = False
        return [AlertEnded(chat.ref)]

    def _retire(self, ref: ChatRef) -> None:
        """Remember closed chats in the order in which they closed, so many and no more."""
        self._closed.pop(ref, None)
        self._closed[ref] = None
        while len(self._closed) > self._tuning.closed_chats:
            self.forget(next(iter(self._closed)))


def _shown(chat: Chat | None) -> tuple[object, ...]:
    """What `ChatChanged` tells of."""
    if chat is None:
        return ()
    latest = chat.view.latest
    return (latest.status, latest.agent_name, latest.close_reason, latest.is_parked)


_KINDS = frozenset(
    {
        "CHAT_ALERT",
        "CHAT_ALERT_END",
        "CHAT_CONFIRM",
        "CHAT_SENTENCE",
        "CHAT_STATUS",
        "CHAT_TYPING",
    }
)
