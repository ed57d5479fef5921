"""An agent's terminal program with one chat, against the core on a socket."""

from collections.abc import Awaitable, Callable

import anyio

from broker.core.inputs import FrameArrived, SessionOpened
from broker.core.state import Chat
from connectors.client.connect import connect_connector, connect_workplace
from connectors.client.events import (
    ChatRef,
)
from connectors.terminal.agent import AgentTerminal
from connectors.terminal.conversation import Conversation, Line
from connectors.terminal.options import agent_options
from connectors.terminal.program import Terminal
from protocol.agent import AgentStateInfo
from protocol.chat import ChatServiceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, Guid, Role
from tests.support.core_on_socket import CoreOnSocket, with_core
from tests.support.wired_core import WiredCore


def sit_down(core: WiredCore, login: str, workplace: str, session: int) -> None:
    """An agent, of whose program nothing is seen, is ready, and has a chat."""
    agent = core.agent_id(login)
    core.put(
        SessionOpened(
            session=session,
            role=Role.WORKPLACE,
            workplace=workplace,
            agent_id=agent,
            takes_messages=True,
        )
    )
    ready = AgentStateInfo(peer=workplace, state=AgentState.READY)
    call = ChatServiceInfo(peer="web", remote_address="+420")
    for type_, said in (("CS_AGENT_STATE", ready), ("CS_CHAT_OPEN", call)):
        core.put(FrameArrived(session, Frame(type_, said)))


class Lines:
    """A face that only remembers."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = anyio.Event()

    async def run(self, terminal: Terminal) -> None:
        await terminal.done.wait()

    def show(self, talk: Conversation | None, line: Line) -> None:
        self.lines.append(line.text)
        self._more.set()
        self._more = anyio.Event()

    async def shows(self, text: str, after: int = 0) -> None:
        """Wait until a line shows a text, of those behind the first so many."""
        while not any(text in line for line in self.lines[after:]):
            await self._more.wait()

    def delivered(self, talk: Conversation, counter: int) -> None:
        pass

    async def edit(self, text: str) -> str | None:
        return f"{text} and edited"

    def ring(self) -> None:
        pass

    def refresh(self) -> None:
        pass


class Scene:
    """An agent at their terminal who has one chat."""

    def __init__(
        self, broker: CoreOnSocket, terminal: AgentTerminal, face: Lines, ref: ChatRef
    ) -> None:
        self.broker, self.terminal, self.face, self.ref = broker, terminal, face, ref
        self.core = broker.core
        self.answers = broker.core.way.answered

    @property
    def chat(self) -> Chat:
        """The chat as the core has it."""
        return self.core.state.chats[Guid(self.ref.name)]

    def status(self, **members: object) -> ChatStatusInfo:
        whole = {"peer": "101", "chat_id": self.ref.name, "status": ChatStatus.ANSWERED} | members
        return ChatStatusInfo(**whole)  # type: ignore[arg-type]  # its own members

    async def asks(self, line: str, type_: str) -> object:
        """Enter a command; what the broker was asked."""
        before = len(self.core.way.heard)
        await self.terminal.enter(line)
        (asked,) = [f.payload for f in self.core.way.heard[before:] if f.type == type_]
        return asked


def play(scenario: Callable[[Scene], Awaitable[None]]) -> None:
    """Alice at her terminal has a chat with Jana; Bob and Boris are there."""

    async def run(broker: CoreOnSocket) -> None:
        face = Lines()
        sit_down(broker.core, "bob", "102", -1)
        sit_down(broker.core, "boris", "103", -2)
        async with (
            anyio.create_task_group() as tasks,
            connect_connector(broker.address, ["web"], "web-secret") as visitor,
            connect_workplace(broker.address, "101", "alice", "alice-secret") as client,
        ):
            terminal = AgentTerminal(client, face, agent_options(["--ready"]))
            tasks.start_soon(terminal.run)
            await visitor.start_chat(party_name="Jana")
            await face.shows("Jana calls")
            await terminal.enter("/accept")
            assert terminal.active is not None
            await scenario(Scene(broker, terminal, face, terminal.active))
            tasks.cancel_scope.cancel()

    with_core(run, "asyncio")
