"""What an agent does with messages, beside chats: reads them, answers, puts them aside, finishes them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from email.utils import parseaddr

import anyio

from connectors.client.blobs import BrokenBlobError
from connectors.client.connect import WorkplaceClient
from connectors.client.conversation_events import (
    ConversationAlerted,
    ConversationAlertEnded,
    ConversationChanged,
    ConversationForgotten,
    MessageAdded,
    MessageStatusChanged,
    NoteAdded,
)
from connectors.client.events import ChatRef, Event
from connectors.terminal.colleagues import Colleagues, NumberedTerminal
from connectors.terminal.conversation import short
from connectors.terminal.letters import delivery_text, is_inbound, whole
from connectors.terminal.mail_talk import MailTalk, NewMail
from connectors.terminal.mail_writing import MailWriting, messages_of
from connectors.terminal.saved import save
from connectors.terminal.until import EXAMPLES, until
from connectors.terminal.words import CLOSED_BY, local_time
from protocol.blob import AttachmentInfo
from protocol.conversation import ConversationInfo, ConversationNoteInfo
from protocol.identifiers import message_gateway_id, project_id
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus, Guid, MessageStatus, ScanVerdict

HELP = """\
Messages are beside chats: /accept, /reject, /N, /note, /return, /transfer
/mails  those that wait         /pick N  take one
/mail new GATEWAY ADDRESS       write to somebody, as with /answer
/read [N] [all]         a message with its headers; all: and its quotes
/answer                 write lines, a dot alone sends them; a draft is kept
/forward ADDRESS [N]    pass a message on, in the same way
/attach FILE  /subject TEXT  /to ADDRESS  /cc ADDRESS  /edit  /drop
/save [N.M] [WHERE]     save an attachment      /earlier  older messages
/park [WHEN]            aside till 14:30, tomorrow 9:00, 2h, or they write
/finish [CODE][: NOTE]  it is done              /spam  it is unwanted
/done [#N] [CODE][: NOTE]   end the wrap-up after it, where there is one
/cancel [N]  /retry [N] a message that waits, or that has failed"""

_NOT_YET = "nothing is sent yet: a line with a dot alone sends it, /drop drops it"
_CHAT_ONLY = frozenset({"invite", "leave", "form", "monitor", "join"})
_TOLD = frozenset(set(MessageStatus) - {MessageStatus.QUEUED, MessageStatus.SENDING})
"""The statuses of a message that are told in words."""


class Mails:
    """The commands and the events of conversations of messages.

    Attributes:
        listed: The numbers of those of the last list.
        writing: What is being written.
    """

    def __init__(
        self, client: WorkplaceClient, terminal: NumberedTerminal, colleagues: Colleagues
    ) -> None:
        self._client = client
        self._terminal = terminal
        self._colleagues = colleagues
        self.writing = MailWriting(client, terminal)
        self._commands: dict[str, Callable[[MailTalk, str], Awaitable[object]]] = {
            "read": self._read,
            "earlier": self._earlier,
            "save": self._save,
            "park": self._park,
            "return": self._return,
            "note": self._note,
            "transfer": self._transfer,
            "finish": self._finish,
            "spam": self._spam,
            "cancel": self._cancel,
            "retry": self._retry,
            **self.writing.commands,
        }
        self.listed: dict[ChatRef, int] = {}

    # --- what the person types ---

    @property
    def active(self) -> MailTalk | None:
        """The conversation on the screen, if it is one of messages."""
        return self._terminal.mail_on_screen

    async def command(self, name: str, rest: str) -> bool:
        """Do a command.

        Returns:
            Whether there is one of this name for what is on the screen.
        """
        if name == "mails":
            await self._terminal.attempt(self._list())
        elif name == "pick":
            await self._terminal.attempt(self._pick(rest))
        elif (talk := self.active) is None:
            return False
        elif isinstance(talk, NewMail) and name not in self.writing.commands:
            self._decline(_NOT_YET)
        elif name in self._commands:
            await self._terminal.attempt(self._commands[name](talk, rest))
        elif name in _CHAT_ONLY:
            self._decline(f"/{name} is for chats")
        else:
            return False
        return True

    # --- lists, and who has it ---

    async def _list(self) -> None:
        found = await self._client.conversations.overview()
        self.listed = {}
        for one in found:
            if one.conversation_id is not None:
                ref = self._client.ref(one.conversation_id)
                self.listed[ref] = number = self._terminal.number_of(ref)
                self._terminal.remark(f"#{number} {listed_text(one)}")
        if not found:
            self._terminal.remark("no message waits")

    async def _pick(self, rest: str) -> None:
        number = rest.removeprefix("#")
        ref = self._terminal.numbered(int(number)) if number.isdecimal() else None
        if ref is None:
            self._decline("which one? /mails gives them numbers")
            return
        await self._client.conversations.pick(Guid(ref.name))
        self._terminal.mail(Guid(ref.name))
        self._terminal.look_at(ref)

    def begin(self, rest: str) -> None:
        """Write to somebody who has not written: `new GATEWAY ADDRESS`; alone: say what there is."""
        what, _, whom = rest.partition(" ")
        name, _, address = whom.strip().rpartition(" ")
        if not rest:
            for line in HELP.splitlines():
                self._terminal.remark(line)
            return
        if what != "new" or not name:
            self._decline("/mail new GATEWAY ADDRESS")
            return
        self.writing.begin(self._terminal.begin_mail(message_gateway_id(name.strip()), address))

    async def take(self, talk: MailTalk) -> None:
        """Take one that is offered."""
        await self._client.conversations.answer(talk.id)

    async def let_go(self, talk: MailTalk) -> None:
        """Decline one that is offered."""
        await self._client.conversations.give_back(talk.id)

    async def end(self, talk: MailTalk) -> None:
        """Finish one without a code."""
        if isinstance(talk, NewMail):
            self._decline(_NOT_YET)
        else:
            await self._finish(talk, "")

    async def _return(self, talk: MailTalk, _rest: str) -> None:
        await self._client.conversations.give_back(talk.id)

    async def _park(self, talk: MailTalk, rest: str) -> None:
        moment: datetime | None = None
        if rest:
            try:
                moment = until(rest, datetime.now().astimezone())
            except ValueError as error:
                self._decline(f"/park [WHEN], as {EXAMPLES}: {error}")
                return
        await self._client.conversations.park(talk.id, moment)

    async def _transfer(self, talk: MailTalk, rest: str) -> None:
        kind, _, name = rest.partition(" ")
        conversations = self._client.conversations
        if rest == "back":
            await conversations.take_back(talk.id)
        elif kind == "project":
            await conversations.transfer(talk.id, project_id=project_id(name.strip()))
        elif (found := await self._colleagues.agent(rest)) is not None:
            agent, note = found
            await conversations.transfer(talk.id, agent_id=agent, note=note or None)

    async def _finish(self, talk: MailTalk, rest: str) -> None:
        code, _, note = rest.partition(":")
        code, note = code.strip(), note.strip()
        await self._client.conversations.close(talk.id, code or None, note or None)

    async def _spam(self, talk: MailTalk, rest: str) -> None:
        await self._client.conversations.close(talk.id, note=rest or None, is_spam=True)

    async def _note(self, talk: MailTalk, rest: str) -> None:
        if not rest:
            self._decline("/note TEXT")
            return
        await self._client.conversations.note(talk.id, rest)

    # --- reading ---

    async def _read(self, talk: MailTalk, rest: str) -> None:
        number, _, more = rest.partition(" ")
        if number == "all":
            number, more = more, number
        if (message := self.writing.message(talk, number.strip("[]"), is_inbound)) is not None:
            self._terminal.remark(whole(message, with_quotes=more.strip() == "all"), talk)

    async def _earlier(self, talk: MailTalk, _rest: str) -> None:
        messages = messages_of(self._client, talk)
        if not messages or messages[0].counter <= 1:
            self._decline("there are no earlier messages")
            return
        answer = await self._client.conversations.read(talk.id, before=messages[0].counter)
        for message in answer.messages or ():
            self._terminal.remark(whole(message, with_quotes=False), talk)

    async def _save(self, talk: MailTalk, rest: str) -> None:
        place, _, where = rest.partition(" ")
        counter, dot, number = place.strip("[]").partition(".")
        if not (counter.isdecimal() and (not dot or number.isdecimal())):
            counter, number, where = "", "", rest
        elif not dot:
            counter, number = "", counter
        message = self.writing.message(talk, counter, lambda one: bool(one.attachments))
        if message is None:
            return
        attachments = message.attachments or ()
        index = int(number or 1) - 1
        if not 0 <= index < len(attachments):
            self._decline("no such attachment: /save N.M, as it stands before its name")
            return
        await self._save_one(attachments[index], where.strip())

    async def _save_one(self, attachment: AttachmentInfo, where: str) -> None:
        if attachment.scan is ScanVerdict.INFECTED:
            self._decline("the attachment is infected")
            return
        try:
            data = await self._client.conversations.fetch(attachment)
            path = await anyio.to_thread.run_sync(save, data, attachment.name, where)
        except (BrokenBlobError, ValueError) as error:
            self._decline(f"not saved: {error}")
            return
        self._terminal.remark(f"saved as {path}")

    async def _cancel(self, talk: MailTalk, rest: str) -> None:
        await self._of_sent(talk, rest, self._client.conversations.cancel)

    async def _retry(self, talk: MailTalk, rest: str) -> None:
        await self._of_sent(talk, rest, self._client.conversations.retry)

    async def _of_sent(
        self, talk: MailTalk, rest: str, do: Callable[[Guid], Awaitable[object]]
    ) -> None:
        message = self.writing.message(talk, rest.strip("[]"), lambda one: not is_inbound(one))
        if message is not None and message.message_id is not None:
            await do(message.message_id)

    # --- what happens ---

    def on(self, event: Event) -> None:
        """Take an event."""
        match event:
            case ConversationAlerted(key, info, expires_at):
                self._alerted(self._terminal.mail(key), info, expires_at)
            case ConversationChanged(key, info, before):
                self._changed(self._terminal.mail(key), info, before)
            case ConversationAlertEnded(key):
                self._terminal.mail(key).alert_until = None
            case ConversationForgotten(key):
                self._terminal.forget(self._client.ref(key))
            case MessageAdded(key, message, is_new):
                self._added(self._terminal.mail(key), message, is_new=is_new)
            case MessageStatusChanged(_, info, None) if info.status in _TOLD:
                self._terminal.remark(f"a message of before: {delivery_text(info)}")
            case MessageStatusChanged(key, info, message) if message is not None:
                talk = self._terminal.mail(key)
                talk.put(message, info)
                if info.status in _TOLD:
                    self._terminal.remark(delivery_text(info), talk)
            case NoteAdded(key, note, is_new):
                self._noted(self._terminal.mail(key), note, is_new=is_new)
            case _:
                pass

    def _alerted(self, talk: MailTalk, info: ConversationInfo, expires_at: float) -> None:
        talk.alert_until, talk.held = expires_at, ChatStatus.ALERTING
        said = "".join(f"; {note.agent_name}: {note.text}" for note in info.internal or ())
        self._terminal.remark(
            f"{talk.title} writes, {info.subject or 'no subject'} "
            f"({info.project_name or info.gateway_name}){_contact(info)}{_due(info)}{said}: "
            f"/accept {talk.number} or /reject {talk.number} within {info.max_signal_duration} s",
            talk,
        )
        self._terminal.face.ring()

    def _changed(
        self, talk: MailTalk, info: ConversationInfo, before: ConversationInfo | None
    ) -> None:
        talk.title = f"{info.channel or 'mail'}: {named(info)}"
        talk.about = info.subject or ""
        talk.due = info.due_utc if info.unanswered else None
        was = (before.status, before.parked_until_utc, before.is_parked) if before else None
        talk.status, talk.is_parked = info.status, info.is_parked
        if info.status in (ChatStatus.ALERTING, ChatStatus.ANSWERED):
            talk.held = info.status
        self.writing.go_on(talk)
        is_offered = info.status is ChatStatus.ALERTING  # told with all that is known of it
        if was != (info.status, info.parked_until_utc, info.is_parked) and not is_offered:
            self._terminal.remark(_stands(info), talk)
        elif info.unanswered and before is not None and before.due_utc != info.due_utc:
            self._terminal.remark(_due(info).lstrip("; ") or "no answer is due", talk)

    def _added(self, talk: MailTalk, message: MessageContentInfo, *, is_new: bool) -> None:
        known = self._client.conversations.get(talk.id)
        line = talk.put(message, known.delivery(message.counter) if known is not None else None)
        self.writing.go_on(talk)
        if not is_inbound(message) and not message.is_automatic:
            talk.due = None
        if is_new and is_inbound(message):
            if talk.ref != self._terminal.active:
                talk.unread += 1
            self._terminal.face.ring()
        self._terminal.face.show(talk, line)

    def _noted(self, talk: MailTalk, note: ConversationNoteInfo, *, is_new: bool) -> None:
        self._terminal.remark(f"note of {note.agent_name or '?'}: {note.text}", talk)
        welcome = self._client.welcome
        if is_new and (welcome is None or welcome.agent_id != note.agent_id):
            self._terminal.face.ring()

    def _decline(self, text: str) -> None:
        self._terminal.decline(text)


def named(info: ConversationInfo) -> str:
    """How the other party is called: by their name, else by their address."""
    name = parseaddr(info.remote_name or "")[0]
    return name or info.remote_name or info.remote_address or "?"


def _stands(info: ConversationInfo) -> str:
    """How it is told where a conversation stands now."""
    if info.status is ChatStatus.ANSWERED:
        return f"the conversation is yours{_contact(info)}{_due(info)}; /answer, /read, /park WHEN, /finish"
    if info.status is ChatStatus.CLOSED:
        by = CLOSED_BY.get(info.close_reason, "") if info.close_reason is not None else ""
        return f"the conversation is closed{by}"
    if info.is_parked:
        when = info.parked_until_utc
        till = local_time(when, "%a %d %b %H:%M") if when is not None else "they write"
        return f"put aside until {till}; /pick takes it back"
    return "the conversation is not with you"


def _due(info: ConversationInfo) -> str:
    return f"; answer by {local_time(info.due_utc, '%a %H:%M')}" if info.due_utc is not None else ""


def due_text(due: datetime | None) -> str:
    """By when somebody waits for an answer, behind the name of a conversation."""
    return f", answer by {local_time(due, '%a %H:%M')}" if due is not None else ""


def _contact(info: ConversationInfo) -> str:
    """Who they are, where that is known."""
    return f"; contact: {info.contact_name}" if info.contact_name else ""


_WHERE = {ChatStatus.ALERTING: "somebody has been asked", ChatStatus.CLOSED: "closed"}


def listed_text(info: ConversationInfo) -> str:
    """A conversation in the list of those that wait."""
    where = " / ".join(name for name in (info.gateway_name, info.project_name) if name)
    who = named(info)
    stands = "put aside" if info.is_parked else "waits"
    if info.status is ChatStatus.ANSWERED:
        stands = f"with {info.agent_name or 'an agent'}"
    elif info.status in _WHERE:
        stands = _WHERE[info.status]
    return f"{who}, {short(info.subject or 'no subject')} ({where}): {stands}{_contact(info)}{_due(info)}"
