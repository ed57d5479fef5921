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
from connectors.email.parse import parse
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

    async def posted(self, count: int) -> list[str]:
        """Wait until so many mails have gone out; their texts."""
        with anyio.fail_after(40):
            while len(self.smtp.taken) < count:  # noqa: ASYNC110 - another process does it
                await anyio.sleep(0.1)  # real time: another process does it
        return [(parse(data).text or "").strip() for data in self.smtp.taken]


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


async def test_a_mail_is_answered(tmp_path: Path) -> None:
    """B-50, B-52, B-60: with a refusal, and with the program and the broker gone for a while."""
    async with office(tmp_path) as there:
        await there.write(1, "Where is my parcel?")
        ref = await there.hear("Where is my parcel?")
        there.smtp.refuse.append(("RCPT", "450 4.7.1 greylisted"))
        await there.agent.send(ref, "It is on its way.")
        assert await there.posted(1) == ["It is on its way."]
        await there.program.kill()
        await there.write(2, "And when does it come?")
        await there.agent.send(ref, "Is there anything else?")
        await there.program.start()
        await there.hear("And when does it come?")
        assert await there.posted(2) == ["It is on its way.", "Is there anything else?"]
    sent = [parse(data) for data in there.smtp.taken]
    assert [box.address for box in sent[0].to] == ["ann@customer.example"]
    assert sent[0].message_id != sent[1].message_id


async def test_a_copy_stands_for_an_attempt_that_is_called_unknown(tmp_path: Path) -> None:
    """B-55: and no other."""
    async with office(tmp_path) as there:
        await there.write(1, "Hello?")
        ref = await there.hear("Hello?")
        there.smtp.cuts.append(".")
        await there.agent.send(ref, "Once or twice.")
        assert await there.posted(2) == ["Once or twice.", "Once or twice."]
        await there.agent.send(ref, "Once.")
        assert (await there.posted(3))[2:] == ["Once."]
    first, second, _ = (parse(data) for data in there.smtp.taken)
    assert first.message_id == second.message_id
