"""What an agent writes to the other side of a conversation of messages, line by line or in their own editor.

The broker keeps it as a draft after each line, so that nothing is lost when a program or a machine ends.
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import anyio

from connectors.client.connect import WorkplaceClient
from connectors.client.errors import ConnectorError
from connectors.terminal.colleagues import NumberedTerminal
from connectors.terminal.letters import is_inbound
from connectors.terminal.mail_talk import MailTalk, NewMail, Writing
from connectors.terminal.refusals import refusal_text
from connectors.terminal.saved import read
from protocol.message import MessageContentInfo
from protocol.values import ChatStatus

ATTACHMENT_BYTES = 25 * 1024 * 1024
"""As much as the broker takes at the most, whatever its configuration (B-61)."""
_HOW = "write lines, a line with a dot alone sends them; /edit, /attach FILE, /drop"


class MailWriting:
    """The commands of who writes.

    Attributes:
        commands: What they do with what is on the screen.
        under_way: How many drafts and messages are not acknowledged yet.
    """

    def __init__(self, client: WorkplaceClient, terminal: NumberedTerminal) -> None:
        self._client = client
        self._terminal = terminal
        self.commands: dict[str, Callable[[MailTalk, str], Awaitable[object]]] = {
            "answer": self._answer,
            "forward": self._forward,
            "attach": self._attach,
            "subject": partial(self._head, "subject"),
            "to": partial(self._head, "to"),
            "cc": partial(self._head, "cc"),
            "edit": self._edit,
            "drop": self._drop,
        }
        self.under_way = 0

    def takes_line(self, text: str) -> bool:
        """Take a line that is typed while something is being written.

        Returns:
            Whether it was taken.
        """
        talk = self._terminal.mail_on_screen
        if talk is None or not talk.is_writing or talk.writing is None:
            return False
        if text.strip() == ".":
            self._send(talk, talk.writing)
        else:
            text = text.encode("utf-8", "replace").decode("utf-8").rstrip()
            text = text.removeprefix("/") if text.startswith("//") else text
            talk.writing.lines += text.split("\n")  # several were pasted
            self._keep(talk)
        return True

    # --- commands ---

    async def _answer(self, talk: MailTalk, rest: str) -> None:
        self._begin(talk)
        if rest and talk.writing is not None:
            talk.writing.lines.append(rest)
            self._keep(talk)

    def begin(self, talk: NewMail) -> None:
        """Write the first message of a conversation."""
        talk.writing = Writing(key=str(uuid4()), to=talk.address)
        self._begin(talk)

    def _begin(self, talk: MailTalk) -> Writing | None:
        """Write on, or begin to; nothing while the last one is under way."""
        if talk.status is not ChatStatus.ANSWERED:
            self._decline("the conversation is not yours; /pick takes it")
            return None
        if talk.writing is None:
            talk.writing = Writing(key=str(uuid4()))
        elif talk.writing.is_under_way:
            self._decline("the last one is still under way")
            return None
        if not talk.is_writing:
            talk.is_writing = True
            about = f", {talk.about}" if talk.about else ""
            how = f"{_HOW}, /subject TEXT" if isinstance(talk, NewMail) else _HOW
            self._terminal.remark(f"to {talk.writing.to or talk.title}{about}: {how}", talk)
        return talk.writing

    async def _forward(self, talk: MailTalk, rest: str) -> None:
        address, _, number = rest.partition(" ")
        if not address:
            self._decline("/forward ADDRESS [N]")
        elif (message := self.message(talk, number.strip().strip("[]"), is_inbound)) is not None:
            if talk.writing is not None and not talk.writing.is_empty:
                self._decline(
                    "something else is being written; a dot alone sends it, /drop drops it"
                )
                return
            talk.writing = Writing(
                key=str(uuid4()),
                to=address,
                subject=f"Fwd: {message.subject_field or talk.about}",
                passes_on=message,
            )
            if self._begin(talk) is not None:
                self._keep(talk)

    async def _attach(self, talk: MailTalk, rest: str) -> None:
        if not rest:
            self._decline("/attach FILE")
        elif (writing := self._begin(talk)) is not None:
            try:
                file = await anyio.to_thread.run_sync(read, rest, ATTACHMENT_BYTES)
            except ValueError as error:
                self._decline(f"not attached: {error}")
                return
            conversations = self._client.conversations
            writing.attaching += 1
            try:
                one = await conversations.attach(file.data, file.name, file.content_type)
            finally:
                writing.attaching -= 1
            writing.attachments.append(one)
            self._terminal.remark(f"attached: {file.name}", talk)
            self._keep(talk)

    async def _head(self, member: str, talk: MailTalk, rest: str) -> None:
        if (writing := self._begin(talk)) is not None:
            setattr(writing, member, rest or None)
            self._terminal.remark(f"{member}: {rest}" if rest else f"no {member}", talk)
            self._keep(talk)

    async def _edit(self, talk: MailTalk, _rest: str) -> None:
        if (writing := self._begin(talk)) is None:
            return
        try:
            text = await self._terminal.face.edit("\n".join(writing.lines))
        except OSError as error:
            self._decline(f"the editor cannot be used: {error}")
            return
        if text is None:
            self._decline("an editor needs the full screen")
        else:
            writing.lines = text.rstrip("\n").split("\n") if text.strip() else []
            self._keep(talk)

    async def _drop(self, talk: MailTalk, _rest: str) -> None:
        if talk.writing is None or talk.writing.is_under_way:
            self._decline("nothing is being written")
            return
        talk.writing, talk.is_writing = None, False
        if isinstance(talk, NewMail):
            self._terminal.leave(talk)
            self._terminal.remark("dropped")
            return
        self._terminal.remark("dropped", talk)
        await self._client.conversations.draft(MessageContentInfo(conversation_id=talk.id))

    def _keep(self, talk: MailTalk) -> None:
        """Have the broker keep the draft; it keeps none that is of no conversation yet."""
        if isinstance(talk, NewMail):
            self._terminal.stir()
            return
        self._later(self._keep_now(talk), "not kept")

    async def _keep_now(self, talk: MailTalk) -> None:
        """As it is when it comes to that: what was sent or dropped meanwhile is no draft any more."""
        if talk.writing is not None and not talk.writing.is_under_way:
            await self._client.conversations.draft(talk.writing.draft(talk.id))

    def _send(self, talk: MailTalk, writing: Writing) -> None:
        if writing.attaching or writing.is_empty:
            missing = (
                "a file is still on its way" if writing.attaching else "nothing is written yet"
            )
            self._decline(missing)
            return
        talk.is_writing, writing.is_under_way = False, True
        self._later(self._send_now(talk, writing), "not sent, and kept; /answer goes on with it")

    async def _send_now(self, talk: MailTalk, writing: Writing) -> None:
        try:
            sent = await self._client.conversations.send(talk.outgoing(writing, datetime.now(UTC)))
        except ConnectorError:
            # What is changed and sent then is another message.
            writing.key, writing.is_under_way = str(uuid4()), False
            raise
        if talk.writing is writing:
            talk.writing = None
        if isinstance(talk, NewMail) and sent.conversation_id is not None:
            is_seen = self._terminal.active == talk.ref
            self._terminal.leave(talk)
            begun = self._terminal.mail(sent.conversation_id)
            if is_seen:
                self._terminal.look_at(begun.ref)

    def _later(self, what: Awaitable[object], otherwise: str) -> None:
        """Do something that nobody waits for, except the end of the program."""
        self.under_way += 1

        async def do() -> None:
            try:
                await what
            except ConnectorError as error:
                self._decline(f"{otherwise}: {refusal_text(error)}")
            finally:
                self.under_way -= 1
                self._terminal.stir()

        self._terminal.later(do)

    def go_on(self, talk: MailTalk) -> None:
        """Go on with what was written before this program began."""
        known = self._client.conversations.get(talk.id)
        if known is None or known.draft is None or talk.writing is not None:
            return
        passed = [one for one in known.messages if one.message_id == known.draft.forward_of]
        talk.writing = Writing.of_draft(str(uuid4()), known.draft, passed[0] if passed else None)
        self._terminal.remark("a draft was kept: /answer goes on with it, /drop drops it", talk)

    def message(
        self, talk: MailTalk, number: str, fits: Callable[[MessageContentInfo], bool]
    ) -> MessageContentInfo | None:
        """The message of a number; without one the last that fits, else the last."""
        messages = messages_of(self._client, talk)
        if number:
            fit = [one for one in messages if str(one.counter) == number]
        else:
            fit = [one for one in messages if fits(one)] or messages
        if not fit:
            self._decline(
                f"no message [{number}] is known here" if number else "no message is here"
            )
            return None
        return fit[-1]

    def _decline(self, text: str) -> None:
        self._terminal.decline(text)


def messages_of(client: WorkplaceClient, talk: MailTalk) -> list[MessageContentInfo]:
    """The messages of a conversation that are known."""
    known = client.conversations.get(talk.id)
    return known.messages if known is not None else []
