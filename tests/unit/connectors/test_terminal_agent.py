"""The commands of the agent's terminal program, against a model of a broker."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import anyio
import pytest

from connectors.client import connect_connector, connect_workplace
from connectors.events import ChatRef
from connectors.terminal.agent import AgentDesk
from connectors.terminal.conversation import Conversation, Line
from connectors.terminal.desk import Desk
from connectors.terminal.options import agent_options
from protocol.agent import AgentStateInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatPartyInfo,
    ChatServiceInfo,
    ChatStatusInfo,
    ChatTransferInfo,
    DecisionInfo,
)
from protocol.values import AgentState, ChatStatus, Guid, PartyState, TransferMode
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

    async def run(self, desk: Desk) -> None:
        await desk.done.wait()

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
    """An agent at his desk who has one chat."""

    def __init__(self, model: TcpModel, desk: AgentDesk, face: Lines, ref: ChatRef) -> None:
        self.model, self.desk, self.face, self.ref = model, desk, face, ref
        model.broker.canned["CS_AGENT_LIST"] = ("SC_AGENT_LIST", TEAM)

    def status(self, **members: object) -> ChatStatusInfo:
        whole = {"peer": "101", "chat_id": self.ref.name, "status": ChatStatus.ANSWERED} | members
        return ChatStatusInfo(**whole)  # type: ignore[arg-type]  # its own members

    async def asks(self, line: str, type_: str) -> object:
        """Enters a command; what the broker was asked."""
        before = len(self.model.broker.heard)
        self.model.broker.canned.setdefault(type_, ("SC_CHAT_STATUS", self.status()))
        await self.desk.enter(line)
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
                    desk = AgentDesk(client, face, agent_options(["--ready"]))
                    tasks.start_soon(desk.run)
                    await visitor.start_chat(party_name="Jana")
                    await face.shows("Jana calls")
                    await desk.enter("/accept")
                    assert desk.active is not None
                    await scenario(Scene(model, desk, face, desk.active))
                    tasks.cancel_scope.cancel()

    anyio.run(run, backend="asyncio")


def test_a_note_for_colleagues() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.desk.enter("/note he is \x1b[2J angry")
        await scene.face.shows("note of Alice: he is �[2J angry")
        await scene.desk.enter("/note")
        assert scene.face.lines[-1] == "/note TEXT"
        (chat,) = scene.model.broker.chats.values()
        assert not chat.sentences

    play(scenario)


@pytest.mark.parametrize(
    ("line", "agent", "mode"),
    [
        ("/invite bob", BOB, TransferMode.CONSULT),
        ("/invite Bob Meyer consult", BOB, TransferMode.CONSULT),
        ("/invite Boris conference", BORIS, TransferMode.CONFERENCE),
    ],
)
def test_an_invitation(line: str, agent: Guid, mode: TransferMode) -> None:
    async def scenario(scene: Scene) -> None:
        asked = await scene.asks(line, "CS_CHAT_INVITE")
        assert isinstance(asked, ChatTransferInfo)
        assert (asked.to_agent_id, asked.mode) == (agent, mode)

    play(scenario)


def test_a_transfer_to_an_agent_to_a_project_and_back() -> None:
    async def scenario(scene: Scene) -> None:
        asked = [
            await scene.asks(line, "CS_CHAT_TRANSFER")
            for line in ("/transfer Boris", "/transfer project Sales", "/transfer back")
        ]
        told = [
            (one.to_agent_id, one.to_project_id is not None)
            for one in asked
            if isinstance(one, ChatTransferInfo)
        ]
        assert told == [(BORIS, False), (None, True), (None, False)]
        for line, answer in (
            ("/transfer bo", "which of: Bob Meyer, Boris"),
            ("/transfer Zoe", "no such agent among: Alice, Bob Meyer, Boris"),
            ("/transfer", "no such agent among: Alice, Bob Meyer, Boris"),
        ):
            await scene.desk.enter(line)
            assert scene.face.lines[-1] == answer

    play(scenario)


def test_a_chat_is_parked_and_taken_back() -> None:
    async def scenario(scene: Scene) -> None:
        scene.model.broker.canned["CS_CHAT_PARK"] = ("SC_CHAT_STATUS", scene.status(is_parked=True))
        asked = [await scene.asks("/park", "CS_CHAT_PARK")]
        await scene.face.shows("the chat is on hold")
        scene.model.broker.canned["CS_CHAT_PARK"] = ("SC_CHAT_STATUS", scene.status())
        asked.append(await scene.asks("/park", "CS_CHAT_PARK"))
        await scene.face.shows("the chat goes on")
        parked = [one.is_parked for one in asked if isinstance(one, ChatCommandInfo)]
        assert parked == [True, False]

    play(scenario)


def test_who_is_asked_and_who_has_joined_is_told() -> None:
    async def scenario(scene: Scene) -> None:
        asked = ChatPartyInfo(
            agent_name="Bob", mode=TransferMode.CONSULT, state=PartyState.ASKED, note="look"
        )
        joined = ChatPartyInfo(
            agent_name="Bob", mode=TransferMode.CONFERENCE, state=PartyState.JOINED
        )
        for parties, text in (
            ((asked,), "Bob is asked (Consult): look"),
            ((joined,), "Bob has joined (Conference)"),
            (None, "nobody else is in the chat"),
        ):
            status = scene.status(parties=parties)
            scene.model.broker.canned["CS_CHAT_LEAVE"] = ("SC_CHAT_STATUS", status)
            await scene.asks("/leave", "CS_CHAT_LEAVE")
            await scene.face.shows(text)

    play(scenario)


def test_who_is_there_and_why() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.desk.enter("/who")
        assert "Bob Meyer: Ready, 1 of 3 chats" in scene.face.lines
        decision = DecisionInfo(
            peer="101",
            chat_id=Guid(scene.ref.name),
            time_stamp=datetime(2026, 1, 1, 8, tzinfo=UTC),
            kind="offered",
            agent_name="Alice",
            reason="the least busy",
            waited_seconds=3,
        )
        scene.model.broker.canned["CS_CHAT_EXPLAIN"] = ("SC_CHAT_EXPLANATION", (decision,))
        await scene.desk.enter("/explain")
        assert scene.face.lines[-1] == "08:00:00 offered Alice, the least busy, waited 3 s"

    play(scenario)


def test_a_supervisor_goes_to_a_chat_of_the_overview() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.desk.enter("/monitor 1")
        assert scene.face.lines[-1] == "which chat? /overview gives them numbers"
        other = Guid("00000000-0000-4000-8000-0000000000c7")
        waiting = scene.status(chat_id=BORIS, status=ChatStatus.WAITING)
        busy = scene.status(chat_id=other, agent_name="Bob\x1b Meyer")
        scene.model.broker.canned["CS_CHAT_OVERVIEW"] = ("SC_CHAT_OVERVIEW", (waiting, busy))
        await scene.desk.enter("/overview")
        assert scene.face.lines[-2:] == ["chat 1: Waiting", "chat 2: Answered by Bob� Meyer"]
        scene.model.broker.canned["CS_CHAT_INVITE"] = ("SC_CHAT_STATUS", busy)
        for command, mode in (("/monitor 2", "Monitor"), ("/join 2", "Conference")):
            asked = await scene.asks(command, "CS_CHAT_INVITE")
            assert isinstance(asked, ChatTransferInfo)
            assert (asked.chat_id, asked.to_agent_id, asked.mode) == (other, None, mode)
        ended = await scene.asks("/close 1", "CS_CHAT_CLOSE")
        assert isinstance(ended, ChatCommandInfo)
        assert ended.chat_id == BORIS

    play(scenario)


def test_a_chat_is_opened_and_one_given_back() -> None:
    async def scenario(scene: Scene) -> None:
        asked = await scene.asks("/open web +420 123 Jana", "CS_CHAT_OPEN")
        assert isinstance(asked, ChatServiceInfo)
        told = (asked.peer, asked.remote_address, asked.party_name)
        assert told == ("web", "+420", "123 Jana")
        await scene.desk.enter("/open web")
        assert scene.face.lines[-1] == "/open GATEWAY ADDRESS [NAME]"
        waiting = scene.status(status=ChatStatus.WAITING)
        scene.model.broker.canned["CS_CHAT_RETURN"] = ("SC_CHAT_STATUS", waiting)
        await scene.asks("/return", "CS_CHAT_RETURN")
        await scene.face.shows("#1 Jana is gone")
        await scene.desk.enter("/return")
        assert scene.face.lines[-1] == "no chat is on the screen"
        await scene.desk.enter("/help")
        assert any(line.startswith("/invite AGENT") for line in scene.face.lines)

    play(scenario)


def test_what_is_refused_is_told() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.desk.enter("/leave")
        assert scene.face.lines[-1].startswith("not done: NotAllowed")

    play(scenario)
