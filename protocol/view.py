"""A client's picture of its chats: the fold of what the broker says (W-22, W-23, W-25).

A snapshot (a status with ``Sentences``) replaces a transcript and the internal notes beside it; pushes
since then are folded in. What comes out equals a fresh snapshot, or the chat is not ``complete`` and
its owner asks for one with ``..._CHAT_STATUS`` (:attr:`ChatView.wants_snapshot`).

Two views are the same (:func:`differences`) when the chats they hold are: identity, status, agent,
parties, parking, offered form, slots, info, the whole transcript and the internal notes. Not compared,
because no push tells of their change or because they only say who asked:

* ``DeadTimeUtc``, and ``TimeStamp`` and ``WaitingTime`` of ``Info``;
* ``ConfirmedTime`` of sentences that the viewer itself received: the broker tells it to the sender;
* ``Peer``, ``Port``, ``TrackingId`` and ``ChatId`` inside sentences;
* typing, which is volatile, and chats that are closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import Enum, auto
from typing import Final

from attrs import define, evolve, field, frozen

from protocol.agent import AgentStateInfo
from protocol.blob import BlobStatusInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatInfo,
    ChatPartyInfo,
    ChatSentenceInfo,
    ChatStatusInfo,
)
from protocol.frame import Frame
from protocol.session import Welcome
from protocol.values import ChatStatus, CloseReason, Guid, Role, SentenceModel
from protocol.verdicts import take_verdict

TYPING_SECONDS: Final = 8.0
"""How long typing is shown without renewal (W-23)."""

Key = tuple[str, ...]
"""What names a chat in a view: (Peer, Port, TrackingId) for a connector, (ChatId,) for a workplace."""

_SLOTS: Final[Mapping[int, str]] = {
    SentenceModel.TECH_PANEL: "panel",
    SentenceModel.NAVIGATION: "navigation",
    SentenceModel.CO_BROWSING: "co_browsing_data",
}
_HELD: Final = frozenset({ChatStatus.ALERTING, ChatStatus.ANSWERED})


class ChangeKind(Enum):
    """What a frame changed."""

    SNAPSHOT = auto()
    STATUS = auto()
    SENTENCE = auto()
    INTERNAL = auto()
    SLOT = auto()
    CONFIRMED = auto()
    TYPING = auto()
    LEFT = auto()
    """The chat is no longer this workplace's: the alert was withdrawn, or it went back."""
    INCOMPLETE = auto()
    """Something was missed: a snapshot is wanted."""
    AGENT = auto()


@frozen
class Change:
    """One change of a view.

    Attributes:
        kind: What changed.
        chat: The chat; None for a change of the agent.
        sentence: The sentence that came, was confirmed or fills a slot.
    """

    kind: ChangeKind
    chat: ChatView | None = None
    sentence: ChatSentenceInfo | None = None


@define(eq=False)
class ChatView:
    """What is known of one chat.

    Attributes:
        key: Its name in the view.
        role: Role of the viewer.
        latest: The last status, its slots and info carried over; its sentences are not kept in it.
        sentences: The transcript by counter, in order.
        internal: The notes that agents made for each other, by a counter of their own, in order.
        own_slots: What the viewer's side said last for the other side's slots, by model; no snapshot has it.
        complete: Whether it equals a fresh snapshot.
        typing_until: Until when the other side is shown as typing.
    """

    key: Key
    role: Role
    latest: ChatStatusInfo = field(factory=ChatStatusInfo)
    sentences: dict[int, ChatSentenceInfo] = field(factory=dict)
    internal: dict[int, ChatSentenceInfo] = field(factory=dict)
    own_slots: dict[int, ChatSentenceInfo] = field(factory=dict)
    complete: bool = False
    typing_until: float | None = None

    @property
    def status(self) -> ChatStatus | None:
        """Phase of the chat."""
        return self.latest.status

    @property
    def chat_id(self) -> Guid | None:
        """The chat."""
        return self.latest.chat_id

    @property
    def info(self) -> ChatInfo | None:
        """What the agent was told besides."""
        return self.latest.info

    @property
    def close_reason(self) -> CloseReason | None:
        """Who or what ended the chat."""
        return self.latest.close_reason

    @property
    def parties(self) -> tuple[ChatPartyInfo, ...]:
        """Who is in the chat besides its owner, or is asked into it."""
        return self.latest.parties or ()

    @property
    def is_held(self) -> bool:
        """Whether the viewer has the chat now: open for a connector, offered or answered here."""
        if self.role is Role.WORKPLACE:
            return self.status in _HELD
        return self.status is not ChatStatus.CLOSED

    @property
    def wants_snapshot(self) -> bool:
        """Whether to ask ``..._CHAT_STATUS``; an alert has its snapshot in the answer to it."""
        waits = self.role is Role.WORKPLACE and self.status is ChatStatus.ALERTING
        return not self.complete and self.status is not ChatStatus.CLOSED and not waits

    @property
    def last_counter(self) -> int:
        """Counter of the last sentence, 0 without one."""
        return next(reversed(self.sentences), 0)

    @property
    def unconfirmed(self) -> tuple[ChatSentenceInfo, ...]:
        """Sentences that the viewer received and did not confirm."""
        return tuple(
            sentence
            for sentence in self.sentences.values()
            if sentence.confirmed_time is None and self.is_received(sentence)
        )

    def is_received(self, sentence: ChatSentenceInfo) -> bool:
        """Whether a sentence came to the viewer; the others are their own side's."""
        return sentence.is_outbound is (self.role is Role.CONNECTOR)

    def is_typing(self, now: float) -> bool:
        """Whether the other side is writing."""
        return self.typing_until is not None and now < self.typing_until


class View:
    """All chats of one client.

    Attributes:
        role: What the client is.
        chats: The chats by key; closed ones stay until they are forgotten.
        agent: The agent's own state (workplace only).
        agent_id: Who the agent is: whom the welcome names, or else the first state that comes.
    """

    def __init__(self, role: Role) -> None:
        self.role = role
        self.chats: dict[Key, ChatView] = {}
        self.agent: AgentStateInfo | None = None
        self.agent_id: Guid | None = None
        self._listed: dict[tuple[str | None, str | None], set[Key]] = {}

    def key(self, payload: ChatStatusInfo | ChatSentenceInfo | ChatCommandInfo) -> Key:
        """The name, in this view, of the chat that a payload is about."""
        if self.role is Role.WORKPLACE:
            return (payload.chat_id or "",)
        return (payload.peer or "", payload.port or "", payload.tracking_id or "")

    def forget(self, key: Key) -> None:
        """Drop a chat."""
        self.chats.pop(key, None)

    def fold(
        self, frame: Frame, now: float = 0.0, *, asked: ChatCommandInfo | None = None
    ) -> list[Change]:
        """Fold in a frame of the broker; one that is not about chats changes nothing.

        Args:
            frame: The frame.
            now: The caller's clock in seconds; typing expires by it.
            asked: For ``..._CHAT_LIST``: the question that it answers; an empty list does not say.
        """
        payload = frame.payload
        match frame.type:
            case "SE_CHAT_STATUS" | "SC_CHAT_STATUS" | "SC_CHAT_ALERT":
                assert isinstance(payload, ChatStatusInfo)
                return self._fold_status(payload, is_alert=frame.type == "SC_CHAT_ALERT")
            case "SE_CHAT_SENTENCE" | "SC_CHAT_SENTENCE":
                assert isinstance(payload, ChatSentenceInfo)
                return self._fold_sentence(payload)
            case "SE_CHAT_CONFIRM" | "SC_CHAT_CONFIRM":
                assert isinstance(payload, ChatCommandInfo)
                return self._fold_confirm(payload)
            case "SE_CHAT_TYPING" | "SC_CHAT_TYPING":
                assert isinstance(payload, ChatCommandInfo)
                return self._fold_typing(payload, now)
            case "SE_CHAT_LIST" | "SC_CHAT_LIST":
                assert isinstance(payload, tuple)
                return self._fold_list(payload, frame.more, asked or ChatCommandInfo())
            case "SC_CHAT_ALERT_END":
                assert isinstance(payload, ChatCommandInfo)
                return self._fold_alert_end(payload)
            case "SC_AGENT_STATE":
                assert isinstance(payload, AgentStateInfo)
                return self._fold_agent(payload)
            case "SE_BLOB_STATUS" | "SC_BLOB_STATUS":
                assert isinstance(payload, BlobStatusInfo)
                take_verdict([c.sentences for c in self.chats.values()], payload)
            case "SYS_WELCOME":
                assert isinstance(payload, Welcome)
                self.agent_id = payload.agent_id
            case _:
                pass
        return []

    def confirmed(self, key: Key, id: str, time: datetime) -> None:
        """Note that the viewer confirmed a sentence which it received."""
        chat = self.chats.get(key)
        if chat is not None:
            self._confirm(chat, id, time, received=True)

    def _fold_agent(self, state: AgentStateInfo) -> list[Change]:
        """Take the agent's own state; a supervisor is answered with those of others too."""
        self.agent_id = self.agent_id or state.agent_id
        if state.agent_id not in (None, self.agent_id):
            return []
        self.agent = state
        return [Change(ChangeKind.AGENT)]

    def _fold_status(self, status: ChatStatusInfo, *, is_alert: bool = False) -> list[Change]:
        key = self.key(status)
        chat = self.chats.get(key)
        if chat is None:
            is_ours = self.role is Role.CONNECTOR and status.sentences is not None
            if status.status is ChatStatus.CLOSED and not is_ours:
                return []  # a chat that nobody knows, or that a supervisor closed from outside
            chat = self.chats[key] = ChatView(key, self.role)
        if is_alert:
            # Of what was said before, in a chat that was here already, the answer will tell anew.
            chat.latest = ChatStatusInfo(chat_id=chat.latest.chat_id)
            chat.sentences, chat.internal, chat.complete = {}, {}, False
        self._take_status(chat, status)
        changes = [Change(ChangeKind.STATUS, chat)]
        if status.sentences is not None:
            chat.sentences = {sentence.counter: sentence for sentence in status.sentences}
            chat.internal = {note.counter: note for note in status.internal or ()}
            chat.complete = True
            changes = [Change(ChangeKind.SNAPSHOT, chat)]
        elif chat.wants_snapshot and self._is_here(chat):
            changes.append(Change(ChangeKind.INCOMPLETE, chat))
        if not self._is_here(chat):
            self.forget(key)
            changes.append(Change(ChangeKind.LEFT, chat))
        return changes

    def _is_here(self, chat: ChatView) -> bool:
        return chat.is_held or chat.status is ChatStatus.CLOSED

    def _take_status(self, chat: ChatView, status: ChatStatusInfo) -> None:
        """Take over a status; what it does not include stays, unless it is of another chat."""
        old = chat.latest
        is_other = None not in (old.chat_id, status.chat_id) and old.chat_id != status.chat_id
        if is_other:
            old = ChatStatusInfo()
            chat.sentences = {}
            chat.internal = {}
            chat.own_slots = {}
            chat.complete = False
        kept: dict[str, object] = {}
        if status.sentences is None:
            kept = {name: getattr(old, name) for name in _SLOTS.values()}
        kept |= {"info": old.info, "chat_id": old.chat_id}
        changes = {name: value for name, value in kept.items() if getattr(status, name) is None}
        chat.latest = evolve(status, sentences=None, internal=None, **changes)  # type: ignore[arg-type]  # its own members
        if chat.status is ChatStatus.CLOSED:
            chat.typing_until = None

    def _fold_list(
        self, listed: tuple[ChatStatusInfo, ...], more: int | None, asked: ChatCommandInfo
    ) -> list[Change]:
        changes: list[Change] = []
        peer, port = asked.peer, asked.port
        there = self._listed.pop((peer, port), set()) if asked.after is not None else set()
        for status in listed:
            if (known := self.chats.get(self.key(status))) is not None:
                known.complete = False  # what was missed while away only a snapshot tells
            changes += self._fold_status(status)
            there.add(self.key(status))
        if more is not None:
            self._listed[peer, port] = there  # what is in no piece the last one says
            return changes
        for key, chat in list(self.chats.items()):
            meant = peer is None or chat.latest.peer == peer
            meant = meant and (port is None or chat.latest.port == port)
            if not meant or key in there or chat.status is ChatStatus.CLOSED:
                continue
            if self.role is Role.WORKPLACE:
                self.forget(key)
                changes.append(Change(ChangeKind.LEFT, chat))
            else:
                closed = evolve(chat.latest, status=ChatStatus.CLOSED)
                self._take_status(chat, closed)
                changes.append(Change(ChangeKind.STATUS, chat))
        return changes

    def _fold_alert_end(self, command: ChatCommandInfo) -> list[Change]:
        chat = self.chats.get(self.key(command))
        if chat is None:
            return []
        if chat.status is not ChatStatus.ALERTING:
            return self._miss(chat)
        self.forget(chat.key)
        return [Change(ChangeKind.LEFT, chat)]

    def _fold_sentence(self, sentence: ChatSentenceInfo) -> list[Change]:
        chat = self._chat_of(sentence)
        if sentence.chat_id not in (None, chat.chat_id) and chat.chat_id is not None:
            return []  # the echo of a retry, from the full chat before this one
        if sentence.model == SentenceModel.SENTENCE and chat.is_received(sentence):
            chat.typing_until = None
        if sentence.counter == 0:
            slot = _SLOTS.get(sentence.model)
            if slot is None:
                return []
            if chat.is_received(sentence):
                chat.latest = evolve(chat.latest, **{slot: sentence})  # type: ignore[arg-type]  # a slot's name
            else:
                chat.own_slots[sentence.model] = sentence
            return [Change(ChangeKind.SLOT, chat, sentence)]
        if sentence.model == SentenceModel.INTERNAL:
            return self._place(chat, chat.internal, sentence, ChangeKind.INTERNAL)
        return self._place(chat, chat.sentences, sentence, ChangeKind.SENTENCE)

    def _place(
        self,
        chat: ChatView,
        row: dict[int, ChatSentenceInfo],
        sentence: ChatSentenceInfo,
        kind: ChangeKind,
    ) -> list[Change]:
        """Put a sentence where its counter says, into the transcript or among the notes."""
        known = row.get(sentence.counter)
        if known is not None:
            if _content(known) != _content(sentence):
                return self._miss(chat)
            if known.confirmed_time is None and sentence.confirmed_time is not None:
                row[sentence.counter] = sentence
                return [Change(ChangeKind.CONFIRMED, chat, sentence)]
            return []
        last = next(reversed(row), 0)
        row[sentence.counter] = sentence
        if sentence.counter < last:
            in_order = sorted(row.items())
            row.clear()
            row.update(in_order)
        changes = [Change(kind, chat, sentence)]
        if sentence.counter != last + 1 or not chat.complete:
            changes += self._miss(chat)
        return changes

    def _fold_confirm(self, command: ChatCommandInfo) -> list[Change]:
        chat = self._chat_of(command)
        if command.model in _SLOTS:
            return self._confirm_slot(chat, command)
        sentence = self._confirm(chat, command.id, command.time_stamp, received=False)
        if sentence is None:
            return self._miss(chat)
        return [Change(ChangeKind.CONFIRMED, chat, sentence)]

    def _confirm_slot(self, chat: ChatView, command: ChatCommandInfo) -> list[Change]:
        """Take the confirmation of what this side said for a slot, if that is still the last."""
        own = chat.own_slots.get(command.model or 0)
        if own is None or own.id != command.id or own.confirmed_time is not None:
            return []
        own = evolve(own, confirmed_time=command.time_stamp)
        chat.own_slots[own.model] = own
        return [Change(ChangeKind.CONFIRMED, chat, own)]

    def _confirm(
        self,
        chat: ChatView,
        id: str | None,
        time: datetime | None,
        *,
        received: bool,
    ) -> ChatSentenceInfo | None:
        for counter, sentence in reversed(chat.sentences.items()):
            if sentence.id == id and chat.is_received(sentence) is received:
                if sentence.confirmed_time is None:
                    sentence = evolve(sentence, confirmed_time=time)
                    chat.sentences[counter] = sentence
                return sentence
        return None

    def _fold_typing(self, command: ChatCommandInfo, now: float) -> list[Change]:
        chat = self.chats.get(self.key(command))
        if chat is None:
            return []
        before = chat.is_typing(now)
        chat.typing_until = now + TYPING_SECONDS if command.is_typing else None
        return [Change(ChangeKind.TYPING, chat)] if chat.is_typing(now) is not before else []

    def _chat_of(self, payload: ChatSentenceInfo | ChatCommandInfo) -> ChatView:
        key = self.key(payload)
        chat = self.chats.get(key)
        if chat is None:
            latest = ChatStatusInfo(
                peer=payload.peer,
                port=payload.port,
                tracking_id=payload.tracking_id,
                chat_id=payload.chat_id,
            )
            chat = self.chats[key] = ChatView(key, self.role, latest)
        return chat

    def _miss(self, chat: ChatView) -> list[Change]:
        chat.complete = False
        return [Change(ChangeKind.INCOMPLETE, chat)] if chat.wants_snapshot else []


def _content(sentence: ChatSentenceInfo) -> tuple[object, ...]:
    return (sentence.id, sentence.is_outbound, sentence.model, sentence.text)


def comparable(view: View) -> dict[Key, dict[str, object]]:
    """What must equal a fresh snapshot, of every chat that the viewer holds."""
    return {key: _comparable(chat) for key, chat in view.chats.items() if chat.is_held}


def _comparable(chat: ChatView) -> dict[str, object]:
    latest = chat.latest
    info = latest.info and evolve(latest.info, time_stamp=None, waiting_time=0)
    return {
        "complete": chat.complete or not chat.wants_snapshot,
        "chat_id": latest.chat_id,
        "status": latest.status,
        "agent_id": latest.agent_id,
        "agent_name": latest.agent_name,
        "parties": chat.parties,
        "is_parked": bool(latest.is_parked),
        "scenario_id": latest.scenario_id,
        "info": info,
        **{name: _said(chat, getattr(latest, name)) for name in _SLOTS.values()},
        "sentences": {counter: _said(chat, said) for counter, said in chat.sentences.items()},
        "internal": {counter: _said(chat, note) for counter, note in chat.internal.items()},
    }


def _said(chat: ChatView, sentence: ChatSentenceInfo | None) -> ChatSentenceInfo | None:
    if sentence is None:
        return None
    confirmed = None if chat.is_received(sentence) else sentence.confirmed_time
    return evolve(
        sentence, peer=None, port=None, tracking_id=None, chat_id=None, confirmed_time=confirmed
    )


def differences(one: View, other: View) -> list[str]:
    """Where two views of the same client differ, for a person; empty when they are the same."""
    left, right = comparable(one), comparable(other)
    found = [f"{'/'.join(key)}: only in one view" for key in _ordered(left.keys() ^ right.keys())]
    for key in _ordered(left.keys() & right.keys()):
        for name, value in left[key].items():
            if value != right[key][name]:
                found.append(f"{'/'.join(key)}.{name}: {value!r} is not {right[key][name]!r}")
    return found


def same(one: View, other: View) -> bool:
    """Whether two views of the same client hold the same."""
    return not differences(one, other)


def _ordered(keys: Iterable[Key]) -> list[Key]:
    return sorted(keys)
