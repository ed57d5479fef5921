"""Programs and people who talk to a real broker over TCP, with everything they see on record.

Built on the client library's session, as a connector or a desk is; what passes goes into a history
that the simulator's checker can judge.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count

import trio
from attrs import define, field

from broker.checker.history import History, Kind
from broker.simulation.frame_log import FrameLog
from broker.simulation.rng import Rng
from broker.simulation.views import probes, view_of
from connectors.client.backoff import Backoff
from connectors.client.errors import ConnectorError
from connectors.client.events import Alerted, ChatRef, Event, Ready, SentenceAdded
from connectors.client.session import Phase, Session
from connectors.client.settings import ConnectorSettings, Gateway, Tuning, WorkplaceSettings
from protocol.chat import ChatServiceInfo
from protocol.values import AgentState, ChatStatus

TUNING = Tuning(echo_wait=3.0, answer_wait=3.0, backoff=Backoff(first=0.05, longest=0.3), window=4)
_numbers = count(1)


def wall() -> int:
    """Microseconds since the Unix epoch."""
    return time.time_ns() // 1_000


@define(eq=False, repr=False)
class TcpProgram:
    """One client program over all its real connections.

    Attributes:
        on_event: Told what the session says.
    """

    name: str
    settings: ConnectorSettings | WorkplaceSettings
    address: tuple[str, int]
    history: History
    chance: Rng
    on_event: Callable[[Event], None] = lambda _event: None
    session: Session = field(init=False)
    _nap: trio.CancelScope | None = None
    _extra: bytes = b""

    def __attrs_post_init__(self) -> None:
        keys = count(1)
        self.session = Session(
            self.settings,
            now=trio.current_time(),
            random=self.chance.fraction,
            new_id=lambda: f"{self.name}-{next(keys)}",
        )

    @property
    def now(self) -> float:
        return trio.current_time()

    @property
    def ready(self) -> bool:
        return self.session.phase is Phase.READY

    def poke(self) -> None:
        """The session was asked for something: have it sent."""
        if self._nap is not None:
            self._nap.cancel()

    def verify(self) -> None:
        """Ask for fresh snapshots."""
        self._extra = probes(self.session, self.settings)
        self.poke()

    def note_view(self) -> None:
        """Put into the history what the program believes."""
        self.history.add(wall(), Kind.VIEW, self.name, **view_of(self.session))

    async def run(self) -> None:
        """Be connected, again and again, until cancelled."""
        while self.session.phase is not Phase.ENDED:
            await trio.sleep_until(self.session.dial_at or self.now)
            try:
                stream = await trio.open_tcp_stream(*self.address)
            except OSError as error:
                self._tell(self.session.lost(self.now, str(error)))
                continue
            async with stream:
                await self._serve(stream)

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self.on_event(event)

    async def _serve(self, stream: trio.SocketStream) -> None:
        conn = f"{self.name}#{next(_numbers)}"
        connector = isinstance(self.settings, ConnectorSettings)
        settings = self.settings
        if isinstance(settings, ConnectorSettings):
            chats = [gateway.peer for gateway in settings.gateways]
            peers, login = [*chats, *settings.messages], None
        else:
            peers, login = [settings.number], settings.login
        self.history.add(
            wall(),
            Kind.DIALLED,
            conn,
            client=self.name,
            role="connector" if connector else "workplace",
            peers=peers,
            login=login,
        )
        self.session.dialled(self.now)
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self._talk(stream, conn)
        self.history.add(wall(), Kind.GONE, conn, why="ended")
        self._tell(self.session.lost(self.now))

    async def _talk(self, stream: trio.SocketStream, conn: str) -> None:
        sent = FrameLog(self.history, Kind.SENT, conn, wall)
        got = FrameLog(self.history, Kind.GOT, conn, wall)
        while True:
            data, self._extra = self.session.data_to_send() + self._extra, b""
            if data:
                sent.passed(data)
                await stream.send_all(data)
            if self.session.hang_up:
                return
            came: bytes | bytearray | None = None
            with trio.CancelScope() as self._nap:
                deadline = self.session.next_deadline
                self._nap.deadline = math.inf if deadline is None else deadline
                came = await stream.receive_some()
            self._nap = None
            if came is None:
                self._tell(self.session.tick(self.now))
            elif came:
                got.passed(bytes(came))
                self._tell(self.session.receive(bytes(came), self.now))
            else:
                return


@define(eq=False, repr=False)
class RecordedClients:
    """Visitors and agents who talk as fast as they can until they are told to be quiet.

    Attributes:
        quiet: Nothing new is started.
        also: What else must have come to rest.
    """

    address: tuple[str, int]
    history: History
    chance: Rng
    nursery: trio.Nursery
    connectors: list[TcpProgram] = field(factory=list)
    desks: list[TcpProgram] = field(factory=list)
    carriers: list[TcpProgram] = field(factory=list)
    also: list[Callable[[], bool]] = field(factory=list)
    quiet: bool = False

    @property
    def programs(self) -> list[TcpProgram]:
        return [*self.connectors, *self.desks, *self.carriers]

    def connector(self, name: str, peer: str) -> TcpProgram:
        """A connector that runs from now on."""
        settings = ConnectorSettings(
            gateways=(Gateway(peer),), token=f"{peer}-secret", tuning=TUNING
        )
        program = self._program(name, settings)
        self.connectors.append(program)
        self.nursery.start_soon(program.run)
        return program

    def carrier(self, name: str, peer: str) -> TcpProgram:
        """A program for messages that runs from now on."""
        settings = ConnectorSettings(
            gateways=(), token=f"{peer}-secret", messages=(peer,), tuning=TUNING
        )
        program = self._program(name, settings)
        self.carriers.append(program)
        self.nursery.start_soon(program.run)
        return program

    def desk(self, number: str, login: str) -> None:
        """An agent who takes every chat and answers some of what is said."""
        settings = WorkplaceSettings(
            number=number,
            login=login,
            token=f"{login}-secret",
            conversations=True,
            tuning=TUNING,
        )
        program = self._program(f"desk-{login}", settings)
        program.on_event = lambda event: self._agent_hears(program, event)
        self.desks.append(program)
        self.nursery.start_soon(program.run)

    def visitor(self, program: TcpProgram, peer: str, name: str) -> None:
        """A visitor who talks from now on."""
        self.nursery.start_soon(self._visit, program, ChatRef(peer, name), self.chance.fork(name))

    def _program(self, name: str, settings: ConnectorSettings | WorkplaceSettings) -> TcpProgram:
        return TcpProgram(name, settings, self.address, self.history, self.chance.fork(name))

    def _agent_hears(self, program: TcpProgram, event: Event) -> None:
        session, now = program.session, program.now
        try:
            match event:
                case Ready():
                    session.set_agent_state(AgentState.READY, now)
                case Alerted():
                    session.command("ANSWER", event.ref, now)
                case SentenceAdded() if not event.mine and not self.quiet:
                    if program.chance.happens(0.5):
                        session.send(event.ref, "well", now)
                    elif program.chance.happens(0.03):
                        session.command("HANGUP", event.ref, now)
                case _:
                    pass
        except ConnectorError:
            pass  # there is no session just now; the next one brings it all again

    async def _visit(self, program: TcpProgram, ref: ChatRef, chance: Rng) -> None:
        said = 0
        while not self.quiet:
            if program.session.unsent(ref):
                # Whoever is not heard does not begin anew: each start would bring the whole transcript.
                await trio.sleep(0.02)  # real time: the broker is away, or behind
                continue
            try:
                info = ChatServiceInfo(peer=ref.peer, tracking_id=ref.name, party_name=ref.name)
                program.session.start_chat(info, program.now)
                for _ in range(chance.between(5, 25)):
                    said += 1
                    program.session.send(ref, f"sentence {said}", program.now)
                    program.poke()
                    await trio.sleep(chance.fraction() * 0.05)  # real time: load for a real broker
                if chance.happens(0.3) and not self.quiet:
                    program.session.command("STOP", ref, program.now)
                program.poke()
            except ConnectorError:
                pass  # away: what was handed over is sent when the broker is back
            await trio.sleep(0.02)  # real time: load for a real broker

    async def settle(self, seconds: float, rest: float) -> None:
        """Wait until everybody is ready and has nothing unsent, and nobody has more to hear.

        Args:
            seconds: How long to wait at most.
            rest: How long that must last: a chat that somebody let go is offered again only after
                a while.
        """
        since = trio.current_time()
        with trio.move_on_after(seconds):
            while trio.current_time() < since + rest:
                await trio.sleep(0.05)  # real time: other processes are waited for
                rests = [self._is_settled(program) for program in self.programs]
                if not all(rests) or not all(at_rest() for at_rest in self.also):
                    since = trio.current_time()
            return
        raise AssertionError("the clients do not come to rest")

    def _is_settled(self, program: TcpProgram) -> bool:
        session = program.session
        alerting = any(
            session.chats[ref].view.status is ChatStatus.ALERTING for ref in session.chats
        )
        return (
            program.ready and not alerting and not any(session.unsent(ref) for ref in session.chats)
        )
