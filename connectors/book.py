"""What a session knows of its chats, and what each frame changes in it."""

from collections.abc import Iterable, Iterator

import attrs

from connectors.events import (
    Alerted,
    AlertEnded,
    ChatChanged,
    ChatForgotten,
    ChatRef,
    Event,
    SentenceAdded,
    SentenceConfirmed,
    SlotChanged,
    TypingChanged,
)
from connectors.settings import Tuning
from connectors.timers import Timers
from protocol.chat import ChatCommandInfo, ChatInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Role
from protocol.view import ChatView, View


@attrs.define(eq=False)
class Chat:
    """One chat as this session knows it.

    Attributes:
        ref: Its name.
        view: The fold of what the broker said of it.
        given: The counter up to which its sentences have been given out.
        alerting: It is offered to the agent just now.
        is_typing: The other side types.
        unconfirmed: Counters of the sentences of this side that the other has not confirmed.
        slots: The last sentence of each model that is kept outside of the transcript.
    """

    ref: ChatRef
    view: ChatView
    given: int = 0
    alerting: bool = False
    is_typing: bool = False
    unconfirmed: dict[int, None] = attrs.field(factory=dict)
    slots: dict[int, ChatSentenceInfo] = attrs.field(factory=dict)


class Book:
    """The chats of a session, by name.

    The fold itself is `protocol.view.View`'s; the book adds what a client needs around it: which chats concern it,
    each sentence given out once and in order, what expires, what has to be asked for again.
    """

    def __init__(self, role: Role, tuning: Tuning) -> None:
        self._role = role
        self._tuning = tuning
        self._view = View(role)
        self._chats: dict[ChatRef, Chat] = {}
        self._followed: dict[ChatRef, None] = {}
        self._closed: dict[ChatRef, None] = {}
        self._torn: dict[ChatRef, None] = {}
        self._timers: Timers[ChatRef] = Timers()

    def __iter__(self) -> Iterator[ChatRef]:
        return iter(list(self._chats))

    def __contains__(self, ref: object) -> bool:
        return ref in self._chats

    def __getitem__(self, ref: ChatRef) -> Chat:
        return self._chats[ref]

    def get(self, ref: ChatRef) -> Chat | None:
        """Finds a chat."""
        return self._chats.get(ref)

    def open_refs(self) -> list[ChatRef]:
        """The chats that are not closed, as far as is known."""
        return [
            ref for ref, chat in self._chats.items() if chat.view.status is not ChatStatus.CLOSED
        ]

    def follow(self, ref: ChatRef) -> None:
        """This session starts the chat, so it concerns it whatever `Tuning.adopt` says."""
        self._followed[ref] = None

    def take_torn(self) -> list[ChatRef]:
        """Takes out the chats of which a snapshot is needed."""
        torn = list(self._torn)
        self._torn.clear()
        return torn

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
        """Takes a push or an answer."""
        named = frame.payload
        if not isinstance(named, ChatStatusInfo | ChatSentenceInfo | ChatCommandInfo):
            return []
        ref = self.ref_of(named)
        if not self._concerns(ref):
            return []
        before = self._seen(ref)
        self._view.fold(frame)
        chat = self._chat(ref)
        if chat is None:
            return []
        events: list[Event] = []
        match named:
            case ChatStatusInfo():
                events += self._status_changed(chat, before, named, frame, now)
            case ChatSentenceInfo(counter=0):
                events.append(SlotChanged(ref, named))
            case ChatSentenceInfo():
                pass
            case ChatCommandInfo() if frame.type.endswith("ALERT_END"):
                events += self._alert_ended(chat)
            case ChatCommandInfo() if frame.type.endswith("CONFIRM"):
                events += self._confirmations(chat)
            case ChatCommandInfo():
                events += self._typing(chat, named.is_typing is True, now)
        events += self._give(chat)
        self._check_whole(chat)
        return events

    def confirmed(self, ref: ChatRef, sentence_id: str) -> None:
        """The broker acknowledged our confirmation of a sentence."""
        if ref in self._chats:
            self._view.confirmed(self._key(ref), sentence_id)

    def listed(self, infos: Iterable[object]) -> list[ChatRef]:
        """The chats of a list that concern this session."""
        refs = [self.ref_of(info) for info in infos if isinstance(info, ChatStatusInfo)]
        return [ref for ref in refs if self._concerns(ref)]

    def forget(self, ref: ChatRef) -> list[Event]:
        """The broker does not know the chat, or will not speak of it to us."""
        chat = self._chats.pop(ref, None)
        self._closed.pop(ref, None)
        self._followed.pop(ref, None)
        self._torn.pop(ref, None)
        self._timers.cancel(ref)
        self._view.chats.pop(self._key(ref), None)
        if chat is None:
            return []
        return [*self._alert_ended(chat), ChatForgotten(ref)]

    # --- time, and connections ---

    @property
    def next_deadline(self) -> float | None:
        """When `tick` is to be called."""
        return self._timers.next

    def tick(self, now: float) -> list[Event]:
        """Lets typing expire."""
        events: list[Event] = []
        for ref in self._timers.due(now):
            if (chat := self._chats.get(ref)) is not None and chat.is_typing:
                chat.is_typing = False
                events.append(TypingChanged(ref, is_typing=False))
        return events

    def lost(self) -> list[Event]:
        """The connection is gone: nobody types, no offer stands (B-11), and no transcript is known to be whole."""
        events: list[Event] = []
        for chat in list(self._chats.values()):
            events += self._typing(chat, False, 0.0)
            if chat.alerting:
                events += self.forget(chat.ref)
        self._torn.clear()
        return events

    # --- one chat ---

    def _concerns(self, ref: ChatRef) -> bool:
        if self._role is Role.WORKPLACE or self._tuning.adopt:
            return True
        return ref in self._followed

    def _key(self, ref: ChatRef) -> object:
        return ref

    def _chat(self, ref: ChatRef) -> Chat | None:
        """The chat, made on first sight; None for one that the view does not keep."""
        chat = self._chats.get(ref)
        view = self._view.chats.get(self._key(ref))
        if view is None:
            return None
        if chat is None:
            chat = self._chats[ref] = Chat(ref, view)
        chat.view = view
        return chat

    def _seen(self, ref: ChatRef) -> tuple[object, ...] | None:
        chat = self._chats.get(ref)
        if chat is None:
            return None
        view = chat.view
        return (view.status, view.agent_name, view.close_reason)

    def _status_changed(
        self,
        chat: Chat,
        before: tuple[object, ...] | None,
        info: ChatStatusInfo,
        frame: Frame,
        now: float,
    ) -> list[Event]:
        events: list[Event] = []
        status = info.status
        assert status is not None  # the codec refuses a status frame without one
        if status is not ChatStatus.ALERTING:
            events += self._alert_ended(chat)
        if before != self._seen(chat.ref):
            old = before[0] if before is not None else None
            assert old is None or isinstance(old, ChatStatus)
            events.append(ChatChanged(chat.ref, status, old, info))
        if frame.type == "SC_CHAT_ALERT":
            chat.alerting = True
            about = info.info or ChatInfo()
            events.append(Alerted(chat.ref, about, now + about.max_signal_duration))
        for slot in (info.panel, info.navigation, info.co_browsing_data):
            if slot is not None and chat.slots.get(slot.model) != slot:
                chat.slots[slot.model] = slot
                events.append(SlotChanged(chat.ref, slot))
        if status is ChatStatus.CLOSED:
            events += self._typing(chat, False, now)
            self._retire(chat.ref)
        else:
            self._closed.pop(chat.ref, None)
        return events + self._confirmations(chat)

    def _give(self, chat: Chat) -> list[Event]:
        """Gives out the sentences that are next in the transcript."""
        events: list[Event] = []
        if self._role is Role.WORKPLACE and chat.view.status is ChatStatus.ALERTING:
            return events
        sentences = chat.view.sentences
        while (sentence := sentences.get(chat.given + 1)) is not None:
            chat.given += 1
            mine = sentence.is_outbound is (self._role is Role.WORKPLACE)
            if mine and sentence.confirmed_time is None:
                chat.unconfirmed[chat.given] = None
            if not mine and chat.is_typing:
                events += self._typing(chat, False, 0.0)
            events.append(SentenceAdded(chat.ref, sentence, mine))
        return events

    def _confirmations(self, chat: Chat) -> list[Event]:
        """Tells which of our sentences have been confirmed since."""
        events: list[Event] = []
        for counter in list(chat.unconfirmed):
            sentence = chat.view.sentences[counter]
            if sentence.confirmed_time is not None:
                del chat.unconfirmed[counter]
                events.append(SentenceConfirmed(chat.ref, sentence))
        return events

    def _check_whole(self, chat: Chat) -> None:
        """Wants a snapshot where something is missing."""
        status = chat.view.status
        needed = status is ChatStatus.ANSWERED or (
            self._role is Role.CONNECTOR and status is not ChatStatus.CLOSED
        )
        if not needed or chat.view.complete:
            return
        self._torn[chat.ref] = None

    def _typing(self, chat: Chat, is_typing: bool, now: float) -> list[Event]:
        self._timers.cancel(chat.ref)
        if is_typing:
            self._timers.set(chat.ref, now + self._tuning.typing_expires)
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
        """Remembers closed chats in the order in which they closed, so many and no more."""
        self._closed.pop(ref, None)
        self._closed[ref] = None
        while len(self._closed) > self._tuning.closed_chats:
            self.forget(next(iter(self._closed)))


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
