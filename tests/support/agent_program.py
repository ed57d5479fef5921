"""An agent's terminal program with one chat, against a model of a broker."""

from collections.abc import Awaitable, Callable

import anyio

from connectors.client.connect import connect_connector, connect_workplace
from connectors.client.events import (
    ChatRef,
)
from connectors.terminal.agent import AgentTerminal
from connectors.terminal.conversation import Conversation, Line
from connectors.terminal.options import agent_options
from connectors.terminal.program import Terminal
from protocol.agent import AgentStateInfo
from protocol.chat import (
    ChatStatusInfo,
)
from protocol.values import AgentState, ChatStatus, Guid
from tests.support.model_broker import ALICE
from tests.support.tcp_model import TcpModel

BOB = Guid("00000000-0000-4000-8000-0000000000b0")


BORIS = Guid("00000000-0000-4000-8000-0000000000b1")


TEAM = tuple(
    AgentStateInfo(
        agent_id=agent_id, agent_name=name, state=AgentState.READY, max_chats=3, active_chats=1
    )
    for agent_id, name in ((ALICE, "Alice"), (BOB, "Bob Meyer"), (BORIS, "Boris"))
)


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

    async def shows(self, text: str) -> None:
        while not any(text in line for line in self.lines):
            await self._more.wait()

    def delivered(self, talk: Conversation, counter: int) -> None:
        pass

    def ring(self) -> None:
        pass

    def refresh(self) -> None:
        pass


class Scene:
    """An agent at their terminal who has one chat."""

    def __init__(self, model: TcpModel, terminal: AgentTerminal, face: Lines, ref: ChatRef) -> None:
        self.model, self.terminal, self.face, self.ref = model, terminal, face, ref
        model.broker.canned["CS_AGENT_LIST"] = ("SC_AGENT_LIST", TEAM)

    def status(self, **members: object) -> ChatStatusInfo:
        whole = {"peer": "101", "chat_id": self.ref.name, "status": ChatStatus.ANSWERED} | members
        return ChatStatusInfo(**whole)  # type: ignore[arg-type]  # its own members

    async def asks(self, line: str, type_: str) -> object:
        """Enter a command; what the broker was asked."""
        before = len(self.model.broker.heard)
        self.model.broker.canned.setdefault(type_, ("SC_CHAT_STATUS", self.status()))
        await self.terminal.enter(line)
        (asked,) = [f.payload for f in self.model.broker.heard[before:] if f.type == type_]
        return asked


def play(scenario: Callable[[Scene], Awaitable[None]]) -> None:
    async def run() -> None:
        model, face = TcpModel(), Lines()
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                await tasks.start(model.run)
                async with (
                    connect_connector(model.address, ["web"], "web-secret") as visitor,
                    connect_workplace(model.address, "101", "alice", "alice-secret") as client,
                ):
                    terminal = AgentTerminal(client, face, agent_options(["--ready"]))
                    tasks.start_soon(terminal.run)
                    await visitor.start_chat(party_name="Jana")
                    await face.shows("Jana calls")
                    await terminal.enter("/accept")
                    assert terminal.active is not None
                    await scenario(Scene(model, terminal, face, terminal.active))
                    tasks.cancel_scope.cancel()

    anyio.run(run, backend="asyncio")
