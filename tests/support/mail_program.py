"""An agent's terminal program with mail, and the connector that carries it, against the core on a socket."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import anyio
from attrs import evolve

from broker.config.model import SECOND
from broker.core.message_state import Conversation
from connectors.client.connect import connect_workplace
from connectors.client.events import MessageSending
from connectors.client.messages import MessageClient, connect_messages
from connectors.terminal.agent import AgentTerminal
from connectors.terminal.mail_talk import MailTalk
from connectors.terminal.options import agent_options
from protocol.identifiers import derive
from protocol.message import MessageContentInfo
from protocol.values import Guid
from tests.support.agent_program import Lines, sit_down
from tests.support.core_on_socket import CoreOnSocket, with_core
from tests.support.wired_core import INSTALLATION, WiredCore

MAIL_INSTALLATION = (
    INSTALLATION.replace('login = "bob"', 'login = "bob"\nskills = { Sales = 50 }')
    + """
[[message_gateways]]
name = "Office"
peer = "mail"
channel = "Email"
direction = "B"
token = "mail-secret"
[[gateways]]
name = "Phones"
peer = "phones"
token = "web-secret"
tracking_inertia = "0s"
[[message_gateways]]
name = "Texts"
peer = "sms"
channel = "SMS"
direction = "B"
token = "mail-secret"
as_chat = "Phones"
[[message_rules]]
rank = 10
project = "Support"
"""
)
OFFICE = derive("message_gateway", "Office")
TEXTS = derive("message_gateway", "Texts")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class MailScene:
    """Alice at her terminal, and the connector of the mailbox."""

    def __init__(
        self, broker: CoreOnSocket, terminal: AgentTerminal, face: Lines, post: MessageClient
    ) -> None:
        self.broker, self.terminal, self.face, self.post = broker, terminal, face, post
        self.core = broker.core
        self._numbers = count(1)

    @asynccontextmanager
    async def another(self) -> AsyncIterator["MailScene"]:
        """The agent's program is started anew, which ends the one that was there."""
        face = Lines()
        async with anyio.create_task_group() as tasks, at_workplace(self.broker) as client:
            terminal = AgentTerminal(client, face, agent_options(["--ready"]))
            tasks.start_soon(terminal.run)
            yield MailScene(self.broker, terminal, face, self.post)
            tasks.cancel_scope.cancel()

    async def comes(self, text: str = "When do you open?", **members: Any) -> Guid:
        """A mail comes in; gives its name."""
        name = f"<m{next(self._numbers)}@example.org>"
        given: dict[str, Any] = {
            "delivery_system_id": name,
            "gateway_id": OFFICE,
            "remote_address": "jana@example.org",
            "from_field": "Jana <jana@example.org>",
            "subject_field": "Opening hours",
            "received_sent_time": NOON,
            "body_text": text,
        }
        receipt = await self.post.receive_message(MessageContentInfo(**(given | members)))
        assert receipt.message_id is not None
        return receipt.message_id

    async def types(self, *lines: str) -> None:
        for line in lines:
            await self.terminal.enter(line)

    async def idles(self) -> None:
        """Wait until nothing that was written is under way."""
        while self.terminal._unsent():
            await anyio.lowlevel.checkpoint()

    async def sees(self, line: str, text: str) -> None:
        """Enter a command, and wait until a line shows a text."""
        await self.terminal.enter(line)
        await self.face.shows(text)

    async def takes(self, text: str = "When do you open?", **members: Any) -> MailTalk:
        """A mail comes in, and Alice takes it."""
        before = len(self.face.lines)
        await self.comes(text, **members)
        await self.face.shows("writes, ", before)
        await self.terminal.enter("/accept")
        await self.face.shows("the conversation is yours", before)
        talk = self.terminal.mail_on_screen
        assert talk is not None
        return talk

    async def is_to_send(self) -> MessageContentInfo:
        """What the connector is handed next."""
        async for event in self.post.events():
            if isinstance(event, MessageSending):
                return event.message
        raise AssertionError("the connector has ended")

    def conversation(self, talk: MailTalk) -> Conversation:
        """The conversation as the core has it."""
        return self.core.state.messages.conversations[talk.id]


def wraps_up(core: WiredCore, seconds: int = 20) -> None:
    """The projects have a wrap-up from now on."""
    projects = {
        key: evolve(one, wrapup=seconds * SECOND) for key, one in core.state.config.projects.items()
    }
    core.config = core.state.config = evolve(core.state.config, projects=projects)


def play_mail(scenario: Callable[[MailScene], Awaitable[None]]) -> None:
    """Alice is ready at her terminal; Bob, a supervisor, is there; the mailbox is connected."""

    async def run(broker: CoreOnSocket) -> None:
        face = Lines()
        sit_down(broker.core, "bob", "102", -1)
        async with (
            anyio.create_task_group() as tasks,
            connect_messages(broker.address, ["mail", "sms"], "mail-secret") as post,
            at_workplace(broker) as client,
        ):
            await post.gateways("mail")
            await post.gateways("sms")
            terminal = AgentTerminal(client, face, agent_options(["--ready"]))
            tasks.start_soon(terminal.run)
            await face.shows("you are ready")
            await scenario(MailScene(broker, terminal, face, post))
            tasks.cancel_scope.cancel()

    with_core(run, "asyncio", MAIL_INSTALLATION)


def at_workplace(broker: CoreOnSocket) -> Any:
    """Alice's program, which works on messages."""
    return connect_workplace(broker.address, "101", "alice", "alice-secret", conversations=True)
