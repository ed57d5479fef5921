"""Fold what one workplace is told of conversations, as a naive client would, and note what does not fit.

What is pushed goes on from what was told whole: messages and notes are numbered without a gap, each
status of a message is told, and a list has what the pushes left here.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from broker.checker.violation import Violation
from protocol.conversation import (
    ConversationCommandInfo,
    ConversationInfo,
    ConversationNoteInfo,
)
from protocol.frame import Frame
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import ChatStatus, Guid

S = ChatStatus
_HELD = (S.ALERTING, S.ANSWERED)


@define
class FoldedConversation:
    """A conversation as one connection knows it.

    Attributes:
        status: As it stands for the agent.
        aside: Whether it is put aside.
        messages: By its place, the name of each message that was told, and where it stands.
        high: The highest place; None while it was not told whole.
        notes: By its place, the key and the text of each note.
        draft: What is written and not sent, as text; "" where that is not known, None where there is none.
    """

    id: Guid
    status: ChatStatus
    aside: bool = False
    messages: dict[int, tuple[Guid | None, str | None]] = field(factory=dict)
    high: int | None = None
    notes: dict[int, tuple[str | None, str | None]] = field(factory=dict)
    draft: str | None = None

    @property
    def noted(self) -> int:
        """The highest place of a note."""
        return max(self.notes, default=0)


@define
class NaiveCorrespondent:
    """The fold of one connection.

    Attributes:
        conn: Its name.
        held: The conversations that are before its agent: offered, with them, or put aside by them.
        remarks: What was wrong.
        listed: Whether a whole list came.
        pieces: What the pieces of a list have so far, by the place behind which it goes on.
    """

    conn: str
    held: dict[Guid, FoldedConversation] = field(factory=dict)
    remarks: list[Violation] = field(factory=list)
    listed: bool = False
    pieces: dict[int, set[Guid]] = field(factory=dict)

    def took(self, frame: Frame, at: int, request: Frame | None) -> None:
        """Fold a frame that came; `request` is what it answers."""
        p = frame.payload
        match frame.type, p:
            case "SC_CONVERSATION_ALERT" | "SC_CONVERSATION_STATUS", ConversationInfo():
                self._status(p, at, request)
            case "SC_CONVERSATION_ALERT_END", ConversationCommandInfo():
                known = self.held.get(p.conversation_id or Guid(""))
                if known is not None and known.status is S.ALERTING:
                    del self.held[known.id]
            case "SC_CONVERSATION_LIST", tuple():
                self._list(p, request, frame.more, at)
            case "SC_MESSAGE_RECEIVED", MessageContentInfo():
                self._message(p.conversation_id, p.counter, (p.message_id, None), at)
            case "SC_MESSAGE_STATUS", MessageStatusInfo():
                told = (p.message_id, p.status.value if p.status is not None else None)
                self._message(p.conversation_id, p.counter, told, at)
            case "SC_CONVERSATION_NOTE", ConversationNoteInfo():
                self._note(p, at)
            case "SYS_ACK", _ if request is not None and request.type == "CS_MESSAGE_DRAFT":
                draft = request.payload
                assert isinstance(draft, MessageContentInfo)
                known = self.held.get(draft.conversation_id or Guid(""))
                if known is not None and known.high is not None:
                    known.draft = draft.body_text or ""
            case _:
                pass

    def _remark(self, law: str, key: Guid, at: int, text: str) -> None:
        self.remarks.append(Violation(law, text, at, self.conn, key))

    def _status(self, p: ConversationInfo, at: int, request: Frame | None) -> None:
        """A conversation as it stands now: as a push, or as an answer to a question or a move."""
        key = p.conversation_id or Guid("")
        asked = request is not None and request.type == "CS_CONVERSATION_STATUS"
        known = self.held.get(key)
        if asked and known is not None and known.status is not p.status:
            self._remark("I-9", key, at, f"the answer says {p.status}, it was told {known.status}")
        if p.status in _HELD:
            if known is None or known.status is not p.status:
                known = self.held[key] = FoldedConversation(key, p.status or S.WAITING)
            known.aside = p.is_parked
            before = getattr(request.payload, "before", None) if request is not None else None
            if p.status is S.ANSWERED and p.messages is not None and before is None:
                self._whole(known, p, at)
        elif (
            p.status is S.WAITING and p.is_parked and (known or request is None or _parks(request))
        ):
            self.held[key] = FoldedConversation(key, S.WAITING, aside=True)
        else:
            self.held.pop(key, None)

    def _whole(self, known: FoldedConversation, p: ConversationInfo, at: int) -> None:
        """With its latest messages, its notes and its draft."""
        for text in _differences(known, p) if known.high is not None else ():
            self._remark("I-9", known.id, at, text)
        for message in p.messages or ():
            told = (message.message_id, message.status.value if message.status else None)
            known.messages[message.counter] = told
        places = [message.counter for message in p.messages or ()]
        if places != [*range(p.message_count - len(places) + 1, p.message_count + 1)]:
            text = f"messages {places} of {p.message_count} are shown"
            self._remark("I-3", known.id, at, text)
        known.high = p.message_count
        known.notes = {note.counter: (note.id, note.text) for note in p.internal or ()}
        if sorted(known.notes) != [*range(1, len(known.notes) + 1)]:
            self._remark("I-3", known.id, at, f"notes {sorted(known.notes)} are shown")
        known.draft = _text_of(p)

    def _message(
        self,
        conversation: Guid | None,
        counter: int,
        told: tuple[Guid | None, str | None],
        at: int,
    ) -> None:
        """A message that came, or was sent, or where one stands that was told before."""
        known = self.held.get(conversation or Guid(""))
        if known is None or known.high is None:
            return
        if counter > known.high + 1:
            text = f"message {counter} was told after {known.high}"
            self._remark("I-3", known.id, at, text)
        elif counter > known.high and told[1] is not None:
            known.draft = None  # it was sent
        before = known.messages.get(counter)
        if before is not None and before[0] != told[0]:
            text = f"message {counter} was {before[0]}, now it is {told[0]}"
            self._remark("I-2", known.id, at, text)
        known.messages[counter] = told
        known.high = max(known.high, counter)

    def _note(self, p: ConversationNoteInfo, at: int) -> None:
        known = self.held.get(p.conversation_id or Guid(""))
        if known is None or known.high is None:
            return
        if p.counter > known.noted + 1:
            self._remark("I-3", known.id, at, f"note {p.counter} was told after {known.noted}")
        before = known.notes.setdefault(p.counter, (p.id, p.text))
        if before != (p.id, p.text):
            self._remark("I-2", known.id, at, f"note {p.counter} was {before}, now it is {p.id}")

    def _list(
        self, items: tuple[object, ...], request: Frame | None, more: int | None, at: int
    ) -> None:
        """A list, or a piece of one: what is here at the last piece was in one of them."""
        found = {p.conversation_id or Guid(""): p for p in items if isinstance(p, ConversationInfo)}
        for key, p in found.items():
            known = self.held.get(key)
            if known is None and self.listed:
                text = f"the list has it as {p.status}, no push ever told of it"
                self._remark("I-9", key, at, text)
            elif known is not None and (known.status, known.aside) != (p.status, p.is_parked):
                text = f"the list says {p.status}, {p.is_parked}, it was told {known.status}"
                self._remark("I-9", key, at, text)
            if known is None:
                status = p.status or S.WAITING
                self.held[key] = FoldedConversation(key, status, aside=p.is_parked)
        after = getattr(request.payload, "after", None) if request is not None else None
        before = self.pieces.get(after) if after is not None else set[Guid]()
        if before is None:
            return  # it begins at a place that no piece named
        if more is not None:
            self.pieces[more] = before | found.keys()
            return
        for key, known in self.held.items():
            if key not in found and key not in before:
                text = f"the list lacks it, it was told {known.status}"
                self._remark("I-9", key, at, text)
        self.listed = True


def _parks(request: Frame | None) -> bool:
    return request is not None and request.type == "CS_CONVERSATION_PARK"


def _differences(known: FoldedConversation, p: ConversationInfo) -> Iterator[str]:
    """What a snapshot has otherwise than what was told since the one before."""
    if known.high != p.message_count:
        yield f"the snapshot counts {p.message_count} messages, the pushes went up to {known.high}"
    for message in p.messages or ():
        before = known.messages.get(message.counter)
        shown = (message.message_id, message.status.value if message.status else None)
        if before is not None and before != shown:
            yield f"message {message.counter} is {shown} in the snapshot, was told {before}"
    notes = {note.counter: (note.id, note.text) for note in p.internal or ()}
    if notes != known.notes:
        yield f"the snapshot has notes {sorted(notes)}, the pushes had {sorted(known.notes)}"
    if differ(_text_of(p), known.draft):
        yield f"the draft is {_text_of(p)!r} in the snapshot, was told as {known.draft!r}"


def _text_of(p: ConversationInfo) -> str | None:
    return (p.draft.body_text or "") if p.draft is not None else None


def differ(one: str | None, other: str | None) -> bool:
    """Whether two drafts are not the same, as far as they are known."""
    return (one is None) is not (other is None) or bool(one and other and one != other)
