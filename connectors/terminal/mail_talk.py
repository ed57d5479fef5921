"""A conversation of messages as an agent sees it, with what is being written."""

from datetime import datetime

from attrs import define, evolve, field

from connectors.terminal.conversation import Conversation, Line, Tick
from connectors.terminal.letters import (
    attachment_text,
    in_transcript,
    is_inbound,
    mark_of,
    passed_on,
    writer,
)
from protocol.blob import AttachmentInfo
from protocol.chat import ChatSentenceInfo
from protocol.message import MessageContentInfo, MessageStatusInfo
from protocol.values import Guid, MessageStatus

_TICKS = {
    MessageStatus.QUEUED: Tick.SENDING,
    MessageStatus.SENDING: Tick.SENDING,
    MessageStatus.RETRY: Tick.SENDING,
    MessageStatus.SENT: Tick.ECHOED,
    MessageStatus.DELIVERED: Tick.DELIVERED,
    MessageStatus.READ: Tick.DELIVERED,
}


@define(eq=False)
class Writing:
    """A message that is being written.

    Attributes:
        key: Its key: by it the same message is known when it is sent again.
        lines: Its text.
        attachments: What comes with it.
        subject: Its subject; None: the broker makes it from what it answers.
        to: Whom it goes to; None: the other party.
        cc: Whom copies go to.
        passes_on: The message that it passes on.
        attaching: So many files are on their way to the broker.
        is_under_way: It is handed over, and not acknowledged yet.
    """

    key: str
    lines: list[str] = field(factory=list)
    attachments: list[AttachmentInfo] = field(factory=list)
    subject: str | None = None
    to: str | None = None
    cc: str | None = None
    passes_on: MessageContentInfo | None = None
    attaching: int = 0
    is_under_way: bool = False

    @classmethod
    def of_draft(
        cls, key: str, draft: MessageContentInfo, passes_on: MessageContentInfo | None
    ) -> "Writing":
        """What was written before, as the broker has kept it."""
        return cls(
            key=key,
            lines=(draft.body_text or "").split("\n") if draft.body_text else [],
            attachments=list(draft.attachments or ()),
            subject=draft.subject_field,
            to=draft.remote_address,
            cc=draft.to_cc_field,
            passes_on=passes_on,
        )

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be sent."""
        return not (any(line.strip() for line in self.lines) or self.attachments or self.passes_on)

    def draft(self, conversation_id: Guid | None) -> MessageContentInfo:
        """What the broker is to keep."""
        return MessageContentInfo(
            conversation_id=conversation_id,
            remote_address=self.to,
            to_field=self.to,
            to_cc_field=self.cc,
            subject_field=self.subject,
            body_text="\n".join(self.lines) or None,
            attachments=tuple(self.attachments) or None,
            forward_of=self.passes_on.message_id if self.passes_on is not None else None,
        )

    def message(self, conversation_id: Guid | None, now: datetime) -> MessageContentInfo:
        """What is sent."""
        text = "\n".join(self.lines).strip("\n")
        if self.passes_on is not None:
            text = f"{text}\n\n{passed_on(self.passes_on)}".lstrip("\n")
        return evolve(
            self.draft(conversation_id),
            request_id=self.key,
            draft_time=now,
            body_text=text or None,
        )


@define(eq=False)
class MailTalk(Conversation):
    """A conversation of messages on the screen.

    Attributes:
        writing: What is being written, or was and is kept.
        is_writing: What is typed goes into it.
        about: Its subject.
        due: When it is to be answered at the latest.
    """

    writing: Writing | None = None
    is_writing: bool = False
    about: str = ""
    due: datetime | None = None

    @property
    def id(self) -> Guid:
        """Its name on the wire."""
        return Guid(self.ref.name)

    def outgoing(self, writing: Writing, now: datetime) -> MessageContentInfo:
        """What is being written, as it is sent."""
        return writing.message(self.id, now)

    def put(self, message: MessageContentInfo, sent: MessageStatusInfo | None = None) -> Line:
        """Add the next message, or show a known one as it is now, and what is known of its last attempt.

        Returns:
            Its line.
        """
        place = self._places.get(message.counter)
        if place is None:
            line = _line(message, sent)
            self._places[message.counter] = len(self._entries)
            self._entries.append(line)
            return line
        known = self._entries[place]
        assert isinstance(known, Line)
        line = evolve(known, tick=_tick(message), text=_text(message, sent))
        self._entries[place] = line
        return line

    def lines(self, unsent: list[ChatSentenceInfo]) -> list[Line]:
        """The messages with the program's remarks, and below them what is being written."""
        written = self.writing
        below: list[Line] = []
        if written is not None:
            tick = Tick.SENDING if written.is_under_way else Tick.NONE
            who = f"to {written.to}" if written.to is not None else "draft"
            said = [*written.lines, *(f"[with {attachment_text(a)}]" for a in written.attachments)]
            below.append(Line(text="\n".join(said), who=who, mine=True, tick=tick))
        return [*super().lines(unsent), *below]


@define(eq=False)
class NewMail(MailTalk):
    """A message that begins a conversation, until it is sent: it is known here alone.

    Attributes:
        gateway: The message gateway by which it goes.
        address: Whom it is for.
    """

    gateway: Guid | None = None
    address: str = ""

    def outgoing(self, writing: Writing, now: datetime) -> MessageContentInfo:
        """What is being written, as it is sent."""
        return evolve(
            writing.message(None, now),
            gateway_id=self.gateway,
            remote_address=writing.to or self.address,
        )


def _text(message: MessageContentInfo, sent: MessageStatusInfo | None) -> str:
    return in_transcript(message) + mark_of(message, sent)


def _line(message: MessageContentInfo, sent: MessageStatusInfo | None) -> Line:
    return Line(
        text=_text(message, sent),
        who=writer(message),
        mine=not is_inbound(message),
        tick=_tick(message),
        counter=message.counter,
    )


def _tick(message: MessageContentInfo) -> Tick:
    return _TICKS.get(message.status, Tick.NONE) if message.status is not None else Tick.NONE
