"""Mail between a real mailbox, a real broker and an agent, there and back."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from attrs import frozen

from broker.child import ServedBroker
from connectors.channels.conform.commands import CommandProgram
from connectors.client.connect import WorkplaceClient, connect_workplace
from connectors.client.events import Alerted, ChatRef, Event, SentenceAdded
from protocol.values import AgentState
from tests.support import dovecot, submission
from tests.support.dovecot import Dovecot
from tests.support.mails.shape import head, mail
from tests.support.submission import Submission
from tests.support.terminals import sample_broker

pytestmark = [pytest.mark.requires("dovecot"), pytest.mark.slow]

_GATEWAY = """
[[message_gateways]]
name = "Postbox"
peer = "postbox"
channel = "Email"
direction = "B"
token = "postbox-secret"
as_chat = "Web chat"
deadline = "3s"
retries = ["1s", "1s", "1s"]
"""
_FILE = """
[broker]
address = "{broker}"
gateways = ["postbox"]
token = "postbox-secret"

[store]
path = "mail.sqlite"

[[email.accounts]]
gateway = "postbox"
address = "service@example.com"
quote = false
imap = {{ host = "127.0.0.1", port = {imap}, tls = "off", user = "service", password = "{password}" }}
smtp = {{ host = "127.0.0.1", port = {smtp}, tls = "off" }}
"""


@frozen
class Office:
    """Everything that is there: servers, the broker, the program, an agent."""

    imap: Dovecot
    smtp: Submission
    broker: ServedBroker
    program: CommandProgram
    agent: WorkplaceClient
    events: AsyncIterator[Event]

    async def write(self, number: int, text: str) -> None:
        """Write as the customer."""
        data = mail(head(Message_ID=f"<in-{number}@customer.example>"), f"{text}\n")
        await anyio.to_thread.run_sync(self.imap.deliver, data)

    async def hear(self, text: str) -> ChatRef:
        """Wait until the agent has read a text."""
        async for event in self.events:
            match event:
                case Alerted(ref):
                    await self.agent.answer(ref)
                case SentenceAdded(ref, sentence, mine=False) if text in (sentence.text or ""):
                    return ref
                case _:
                    pass
        raise AssertionError(text)


@asynccontextmanager
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    broker = sample_broker(tmp_path)
    broker.config.write_text(broker.config.read_text() + _GATEWAY)
    address = f"{broker.address[0]}:{broker.address[1]}"
    file = tmp_path / "email.toml"
    program = CommandProgram([sys.executable, "-m", "broker", "email", str(file)])
    with broker, dovecot.running() as imap, submission.running() as smtp:
        values = {"imap": imap.plain, "smtp": smtp.port, "password": dovecot.PASSWORD}
        file.write_text(_FILE.format(broker=address, **values))
        await program.start()
        try:
            with anyio.fail_after(90):
                async with connect_workplace(address, "101", "alice", "alice-secret") as agent:
                    await agent.set_state(AgentState.READY)
                    yield Office(imap, smtp, broker, program, agent, agent.events())
        finally:
            await program.kill()


async def test_mail_reaches_an_agent_over_everything_that_goes_away(tmp_path: Path) -> None:
    """B-50, B-60: the program, the broker and the mail server end in turn; each mail is read once."""
    async with office(tmp_path) as there:
        await there.write(1, "Where is my parcel?")
        ref = await there.hear("Where is my parcel?")
        await there.program.kill()
        await there.write(2, "And when does it come?")
        await there.program.start()
        assert await there.hear("And when does it come?") == ref
        await anyio.to_thread.run_sync(there.broker.kill)
        await there.write(3, "Hello?")
        await anyio.to_thread.run_sync(there.broker.start)
        await there.hear("Hello?")
        await anyio.to_thread.run_sync(there.imap.stop)
        await anyio.to_thread.run_sync(there.imap.start)
        await there.write(4, "Thank you.")
        await there.hear("Thank you.")
        (chat,) = [chat for chat in there.agent.chats() if chat.ref == ref]
        texts = [sentence.text or "" for sentence in chat.view.sentences.values()]
    assert [text.strip() for text in texts] == [
        "Where is my parcel?",
        "And when does it come?",
        "Hello?",
        "Thank you.",
    ]
