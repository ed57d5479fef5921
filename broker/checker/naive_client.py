"""What one connection was told, folded frame by frame: an independent, naive client.

While it folds it remarks what no sound stream of frames can contain: gaps, changed sentences,
illegal moves, snapshots that differ from the fold. `remarks` holds those by law.
"""

from __future__ import annotations

from typing import Final

from attrs import define, field

from broker.checker.violation import Violation
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, Role, to_micros

Ref = tuple[str | None, str | None, str | None]
"""How a side names a chat: (Peer, Port, TrackingId) or (Peer, None, ChatId)."""

S = ChatStatus
AFTER: Final = {
    S.PILOT: {S.ICR, S.WAITING, S.ALERTING, S.ANSWERED, S.CLOSED},
    S.ICR: {S.WAITING, S.ALERTING, S.CLOSED},
    S.WAITING: {S.ALERTING, S.CLOSED},
    S.ALERTING: {S.WAITING, S.ANSWERED, S.CLOSED},
    S.ANSWERED: {S.WAITING, S.CLOSED},
    S.CLOSED: {S.PILOT},
}
"""The moves of the state machine; the last one is a reopening. An agent who opens a chat has it at once."""

INTERNAL: Final = 10
"""The model of notes that agents make for each other."""


@define
class Line:
    """A sentence as it was told."""

    id: str | None
    outbound: bool
    model: int
    text: str | None
    confirmed: int | None

    @property
    def content(self) -> tuple[str | None, bool, int, str | None]:
        """What never changes."""
        return (self.id, self.outbound, self.model, self.text)


def line_of(s: ChatSentenceInfo) -> Line:
    """The sentence of a structure."""
    confirmed = to_micros(s.confirmed_time) if s.confirmed_time is not None else None
    return Line(s.id, s.is_outbound, s.model, s.text, confirmed)


@define
class FoldedChat:
    """A chat as one connection knows it.

    Attributes:
        high: The highest counter that was told since the first snapshot.
        notes: The internal notes, with counters of their own, and `noted` the highest of them.
        shown: What the last status said besides: whether it is put aside, the form that is offered,
            who is in the chat, which forms it has, whom it is with.
        snapshot: Whether a whole snapshot was among what was told.
    """

    ref: Ref
    chat: Guid | None = None
    status: ChatStatus | None = None
    lines: dict[int, Line] = field(factory=dict)
    high: int | None = None
    slots: dict[int, str | None] = field(factory=dict)
    notes: dict[int, Line] = field(factory=dict)
    noted: int | None = None
    shown: tuple[object, ...] | None = None
    snapshot: bool = False


def shown_of(p: ChatStatusInfo) -> tuple[object, ...]:
    """What a status says besides the status, in plain values."""
    parties = sorted(
        (str(one.state), str(one.mode), one.agent_id or "", one.project_id or "", one.by_id or "")
        for one in p.parties or ()
    )
    forms = sorted(
        (one.scenario_id or "", one.result_id or "", one.activity or "")
        for one in (p.info.scenarios if p.info is not None else None) or ()
    )
    contact = (p.info.contact_id, p.info.contact_name) if p.info is not None else ()
    return (bool(p.is_parked), p.scenario_id, tuple(parties), tuple(forms), contact)


@define
class NaiveClient:
    """The fold of one connection.

    Attributes:
        role: Whose frames these are.
        conn: The name of the connection.
        chats: The chats by their names.
        remarks: What was wrong.
        lists: How many lists came for each peer, to their last pieces.
        pieces: What the pieces of a list have so far, by peer, port and the place behind which it goes on.
    """

    role: Role
    conn: str
    chats: dict[Ref, FoldedChat] = field(factory=dict)
    remarks: list[Violation] = field(factory=list)
    lists: dict[str | None, int] = field(factory=dict)
    pieces: dict[tuple[str | None, str | None, int | None], set[Ref]] = field(factory=dict)

    def ref_of(self, p: ChatStatusInfo | ChatSentenceInfo | ChatCommandInfo) -> Ref:
        """How this side names the chat of a payload."""
        if self.role is Role.CONNECTOR:
            return (p.peer, p.port, p.tracking_id)
        return (p.peer, None, p.chat_id)

    def took(self, frame: Frame, at: int, request: Frame | None) -> None:
        """NaiveClient a frame that came; `request` is what it answers."""
        p = frame.payload
        match frame.type:
            case "SE_CHAT_SENTENCE" | "SC_CHAT_SENTENCE" if isinstance(p, ChatSentenceInfo):
                self._sentence(p, at, is_answer=request is not None)
            case "SE_CHAT_STATUS" | "SC_CHAT_STATUS" | "SC_CHAT_ALERT" if isinstance(
                p, ChatStatusInfo
            ):
                query = request is not None and request.type.endswith("_CHAT_STATUS")
                self._status(p, at, is_query=query)
            case "SC_CHAT_ALERT_END" if isinstance(p, ChatCommandInfo):
                self.chats.pop(self.ref_of(p), None)
            case "SE_CHAT_CONFIRM" | "SC_CHAT_CONFIRM" if isinstance(p, ChatCommandInfo):
                self._confirm(p, at)
            case "SE_CHAT_LIST" | "SC_CHAT_LIST" if isinstance(p, tuple):
                if request is not None and isinstance(request.payload, ChatCommandInfo):
                    self._list(p, request.payload, frame.more, at)
            case _:
                pass

    def _remark(self, law: str, chat: FoldedChat, at: int, text: str) -> None:
        name = chat.chat or str(chat.ref[2])
        self.remarks.append(Violation(law, text, at, self.conn, name))

    def _chat(self, ref: Ref, chat_id: Guid | None) -> FoldedChat:
        known = self.chats.get(ref)
        if known is None or (chat_id is not None and known.chat not in (None, chat_id)):
            known = self.chats[ref] = FoldedChat(ref, chat_id)
        if chat_id is not None:
            known.chat = chat_id
        return known

    def _sentence(self, p: ChatSentenceInfo, at: int, *, is_answer: bool) -> None:
        if self.role is Role.CONNECTOR and p.chat_id is not None:
            return  # the echo of a retry, from the full chat before this one
        chat = self._chat(self.ref_of(p), p.chat_id)
        if self.role is Role.WORKPLACE and chat.status is S.ALERTING:
            # The echo of what they wrote when they had the chat before; whatever else becomes of it is not
            # told to somebody who is only offered it (B-7).
            return
        if p.counter == 0:
            # One's own side's is echoed, and shown to the other side only (W-22).
            if p.is_outbound is (self.role is Role.CONNECTOR):
                chat.slots[p.model] = p.id
            return
        if p.model == INTERNAL and self.role is Role.CONNECTOR:
            self._remark("I-15", chat, at, f"note {p.counter} of agents came to a connector")
            return
        is_note = p.model == INTERNAL
        lines, high = (chat.notes, chat.noted) if is_note else (chat.lines, chat.high)
        line, known = line_of(p), lines.get(p.counter)
        if known is not None:
            if known.content != line.content:
                text = f"Counter {p.counter} was {known.content}, now {line.content}"
                self._remark("I-2", chat, at, text)
            return
        lines[p.counter] = line
        if not chat.snapshot:
            return  # perhaps one that nobody confirmed and that is told again (W-21)
        what, last = "note" if is_note else "Counter", high or 0
        if p.counter > last + 1:
            self._remark("I-3", chat, at, f"{what} {p.counter} came after {last}")
        elif p.counter <= last and not is_answer:
            self._remark("I-3", chat, at, f"{what} {p.counter} was pushed after {last}")
        if is_note:
            chat.noted = max(last, p.counter)
        else:
            chat.high = max(last, p.counter)

    def _status(self, p: ChatStatusInfo, at: int, *, is_query: bool) -> None:
        if p.status is None or (p.chat_id is None and p.status is S.CLOSED):
            return  # about a chat that nobody knows
        ref = self.ref_of(p)
        before = self.chats.get(ref)
        if before is not None and before.chat is None and p.status is S.PILOT and not p.sentences:
            # A new chat, as its start is answered or pushed to another program. What was echoed before
            # under its name was of an older, closed one.
            del self.chats[ref]
            before = None
        fresh = before is not None and before.chat not in (None, p.chat_id)
        if fresh and before is not None and before.status not in (None, S.CLOSED):
            self._remark("I-8", before, at, f"{before.status} was followed by another chat")
        chat = self._chat(ref, p.chat_id)
        if p.status is not chat.status and chat.status is not None:
            if is_query:
                text = f"the snapshot says {p.status}, the pushes said {chat.status}"
                self._remark("I-9", chat, at, text)
            elif self.role is Role.CONNECTOR and p.status not in AFTER[chat.status]:
                self._remark("I-8", chat, at, f"{chat.status} was followed by {p.status}")
        offered = self.role is Role.WORKPLACE and p.status is S.ALERTING
        joins = p.status is S.ANSWERED and chat.status is None and not is_query
        if (offered and chat.status is not S.ALERTING) or (joins and self.role is Role.WORKPLACE):
            # Perhaps they watched it before, or were told again what they wrote then (W-21): before they are
            # in it they are told nothing of it.
            chat = self.chats[ref] = FoldedChat(ref, p.chat_id)
        reads = self.role is Role.CONNECTOR or p.status is S.ANSWERED
        if p.sentences is None and reads:
            self._slots(chat, p, at)
        if p.sentences is not None and not offered:  # while it is offered nothing is pushed (B-7)
            self._snapshot(chat, p, at)
        shown = shown_of(p)
        if is_query and chat.shown is not None and chat.shown != shown:
            self._remark("I-9", chat, at, f"the snapshot shows {shown}, the pushes {chat.shown}")
        chat.shown = shown
        chat.status = p.status
        if self.role is Role.WORKPLACE and p.status in (S.CLOSED, S.WAITING):
            # What happens to the chat from now on is not told here.
            self.chats.pop(ref, None)

    def _snapshot(self, chat: FoldedChat, p: ChatStatusInfo, at: int) -> None:
        lines = {s.counter: line_of(s) for s in p.sentences or ()}
        count = len(p.sentences or ())
        if [s.counter for s in p.sentences or ()] != list(range(1, count + 1)):
            counters = [s.counter for s in p.sentences or ()]
            self._remark("I-3", chat, at, f"the snapshot's Counters are {counters}")
        if chat.snapshot and (chat.high or 0) != count:
            text = f"the snapshot has {count} sentences, the pushes went up to {chat.high}"
            self._remark("I-9", chat, at, text)
        mine = self.role is Role.WORKPLACE
        for counter, line in chat.lines.items():
            shown = lines.get(counter)
            if shown is None or shown.content != line.content:
                text = f"sentence {counter} is {shown} in the snapshot, was {line}"
                self._remark("I-9", chat, at, text)
            elif shown.confirmed != line.confirmed and (
                line.outbound is mine or line.confirmed is not None
            ):
                text = f"sentence {counter}: confirmed {shown.confirmed}, was told {line.confirmed}"
                self._remark("I-9", chat, at, text)
        self._slots(chat, p, at)
        self._notes(chat, p, at)
        chat.lines = lines
        chat.high, chat.snapshot = count, True

    def _slots(self, chat: FoldedChat, p: ChatStatusInfo, at: int) -> None:
        """The slots of a snapshot or a push: what the other side said last for each."""
        shown = {4: p.panel, 6: p.navigation, 8: p.co_browsing_data}
        told = {model: s.id for model, s in shown.items() if s is not None}
        for model, id_ in chat.slots.items():
            if told.get(model) != id_:
                text = f"slot {model} is {told.get(model)} in the status, was {id_}"
                self._remark("I-9", chat, at, text)
        for s in shown.values():
            if s is not None and s.is_outbound is not (self.role is Role.CONNECTOR):
                self._remark("I-9", chat, at, f"slot {s.model} shows its own side's {s.id}")
        chat.slots = {**told}

    def _notes(self, chat: FoldedChat, p: ChatStatusInfo, at: int) -> None:
        """The notes of a snapshot, which only agents see."""
        if self.role is Role.CONNECTOR:
            if p.internal is not None or p.parties is not None:
                self._remark("I-15", chat, at, "a connector was shown notes or parties")
            return
        told = {s.counter: line_of(s) for s in p.internal or ()}
        count = len(p.internal or ())
        if sorted(told) != list(range(1, count + 1)):
            self._remark("I-3", chat, at, f"the notes of the snapshot are {sorted(told)}")
        if chat.snapshot and (chat.noted or 0) != count:
            text = f"the snapshot has {count} notes, the pushes went up to {chat.noted}"
            self._remark("I-9", chat, at, text)
        for counter, line in chat.notes.items():
            shown = told.get(counter)
            if shown is None or shown.content != line.content:
                text = f"note {counter} is {shown} in the snapshot, was {line}"
                self._remark("I-9", chat, at, text)
        chat.notes, chat.noted = told, count

    def _confirm(self, p: ChatCommandInfo, at: int) -> None:
        if self.role is Role.CONNECTOR and p.chat_id is not None:
            return  # of what was said in a chat that had the name before
        chat = self._chat(self.ref_of(p), p.chat_id)
        mine = self.role is Role.WORKPLACE
        if p.model is not None:
            return  # of what fills a slot; I-1 looks for that in the store
        for line in chat.lines.values():
            if line.id == p.id and line.outbound is mine and p.time_stamp is not None:
                stamp = to_micros(p.time_stamp)
                if line.confirmed not in (None, stamp):
                    self._remark("I-9", chat, at, f"sentence {p.id} was confirmed twice")
                line.confirmed = stamp
                return
        if chat.snapshot:
            self._remark("I-9", chat, at, f"a confirmation of {p.id}, which was never told")

    def _list(
        self, items: tuple[object, ...], asked: ChatCommandInfo, more: int | None, at: int
    ) -> None:
        """A list, or a piece of one: whatever is open at the last piece was in one of them."""
        peer, port = asked.peer, asked.port
        listed: dict[Ref, ChatStatusInfo] = {}
        for item in items:
            if isinstance(item, ChatStatusInfo):
                listed[self.ref_of(item)] = item
        self._found(listed, peer, at)
        before: set[Ref] | None = set()
        if asked.after is not None:
            before = self.pieces.get((peer, port, asked.after))
        if before is None:
            return  # it begins at a place that no piece named
        if more is not None:
            self.pieces[peer, port, more] = before | listed.keys()
            return
        for ref, chat in self.chats.items():
            if ref[0] != peer or (self.role is Role.CONNECTOR and ref[1] != port):
                continue
            is_open = chat.status not in (None, S.CLOSED)
            if is_open and ref not in listed and ref not in before:
                self._remark("I-9", chat, at, f"the list lacks it, the pushes said {chat.status}")
        self.lists[peer] = self.lists.get(peer, 0) + 1

    def _found(self, listed: dict[Ref, ChatStatusInfo], peer: str | None, at: int) -> None:
        """What a list says of its chats is what the pushes said."""
        for ref, info in listed.items():
            known = self.chats.get(ref)
            chat = self._chat(ref, info.chat_id)
            if known is None and self.lists.get(peer):
                self._remark("I-9", chat, at, "the list has it, no push ever told of it")
            if known is not None and known.status is not None and known.status != info.status:
                text = f"the list says {info.status}, the pushes said {known.status}"
                self._remark("I-9", chat, at, text)
            chat.status = info.status
