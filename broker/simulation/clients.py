"""Programs in the simulated world: the client library's own brain on simulated connections.

Everything that passes is written into the history at the client's end of the wire, so the history
tells what a client could know, as it would over a real network.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import define, field

from broker.checker.history import History, Kind
from broker.simulation.broker_process import Host
from broker.simulation.frame_log import FrameLog
from broker.simulation.network import SimulatedConnection as Wire
from broker.simulation.rng import Rng
from broker.simulation.views import next_probe, probes, view_of
from broker.simulation.world import Plan, World
from connectors.client.events import Event
from connectors.client.session import Phase, Session
from connectors.client.settings import ConnectorSettings, Settings
from protocol.frame import Frame
from protocol.values import Role


@define(eq=False, repr=False)
class Net:
    """What clients need to dial: the world, the broker's machine, and names for connections."""

    world: World
    rng: Rng
    history: History
    host: Host
    wires: dict[str, Wire] = field(factory=dict)
    """The connections that are not gone."""
    dialled: int = 0

    def dial(
        self, client: str, role: Role, peers: tuple[str, ...], login: str | None
    ) -> Wire | None:
        """Open a connection; None when nobody listens."""
        self.dialled += 1
        name = f"{client}#{self.dialled}"
        wire = Wire.make(self.world, self.rng.fork(name), name)
        if not self.host.accept(wire):
            return None
        self.wires[name] = wire
        self.history.add(
            self.world.now,
            Kind.DIALLED,
            name,
            client=client,
            role=role.value,
            peers=list(peers),
            login=login,
        )
        return wire

    def gone(self, wire: Wire, why: str) -> None:
        """The client's end of a connection is closed."""
        if self.wires.pop(wire.name, None) is not None:
            self.history.add(self.world.now, Kind.GONE, wire.name, why=why)


@define(eq=False, repr=False)
class Program:
    """One client program: a session over all its connections.

    Attributes:
        on_event: Told what the session says.
        off: It was ended, by itself or by the broker.
    """

    net: Net
    name: str
    settings: Settings
    on_event: Callable[[Event], None] = lambda _event: None
    off: bool = False
    held: bool = False
    session: Session = field(init=False)
    wire: Wire | None = None
    _tick: Plan | None = None
    _logs: tuple[FrameLog, FrameLog] | None = None
    _unsent: bytes = b""

    def __attrs_post_init__(self) -> None:
        rng = self.net.rng.fork(f"brain/{self.name}")
        keys = rng.fork("keys")
        self.session = Session(
            self.settings,
            now=self.now,
            random=rng.fraction,
            new_id=lambda: f"{self.name}-{keys.text(10)}",
        )
        self._plan()

    @property
    def now(self) -> float:
        """The clock of the session."""
        return self.net.world.seconds

    @property
    def ready(self) -> bool:
        """Whether everything can be sent."""
        return self.session.phase is Phase.READY

    def done(self) -> None:
        """After any call to the session: send, wait, dial, as it wants."""
        wire, session = self.wire, self.session
        if wire is not None:
            self._send(session.data_to_send())
            if session.hang_up:
                self._hang_up("hung up")
                return
        if session.phase is Phase.ENDED:
            self.off = True
            self._cancel()
            return
        self._plan()

    def events(self, events: list[Event]) -> None:
        """Give out what a call to the session returned, then do what follows."""
        for event in events:
            self.on_event(event)
        self.done()

    def close(self) -> None:
        """End the program."""
        if not self.off:
            self.events(self.session.close(self.now))

    def kill(self) -> None:
        """The machine of this program loses its power: nobody is told anything."""
        self.off = True
        self._cancel()
        if self.wire is not None:
            wire, self.wire = self.wire, None
            wire.down.on_data = lambda _data: None
            wire.silence(up=True, down=True)
            self.net.gone(wire, "killed")

    # -- the connection

    def _plan(self) -> None:
        session = self.session
        if self.held:
            return
        if session.phase is Phase.OFFLINE and session.dial_at is not None and self.wire is None:
            when, call = session.dial_at, self._dial
        elif session.next_deadline is not None:
            when, call = session.next_deadline, self._on_time
        else:
            self._cancel()
            return
        self._cancel()
        self._tick = self.net.world.at(self.net.world.micros(when), call)

    def _cancel(self) -> None:
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None

    def _on_time(self) -> None:
        self._tick = None
        self.events(self.session.tick(self.now))

    def _dial(self) -> None:
        self._tick = None
        settings = self.settings
        if isinstance(settings, ConnectorSettings):
            peers = (*(gateway.peer for gateway in settings.gateways), *settings.messages)
            wire = self.net.dial(self.name, Role.CONNECTOR, peers, None)
        else:
            wire = self.net.dial(self.name, Role.WORKPLACE, (settings.number,), settings.login)
        if wire is None:
            self.events(self.session.lost(self.now, "connection refused"))
            return
        self.wire, self._unsent = wire, b""
        world, history = self.net.world, self.net.history
        self._logs = (
            FrameLog(history, Kind.SENT, wire.name, lambda: world.now),
            FrameLog(history, Kind.GOT, wire.name, lambda: world.now, self._go_on),
        )
        wire.down.on_data = lambda data: self._received(wire, data)
        wire.down.on_end = lambda: self._ended(wire)
        wire.up.on_room = lambda: self._send(b"")
        self.session.dialled(self.now)
        self.done()

    def _send(self, data: bytes) -> None:
        if self.wire is None or self._logs is None:
            return
        self._logs[0].passed(data)
        data = self._unsent + data
        if data:
            self._unsent = data[self.wire.up.write(data) :]

    def _received(self, wire: Wire, data: bytes) -> None:
        if wire is self.wire and self._logs is not None:
            self._logs[1].passed(data)
            self.events(self.session.receive(data, self.now))

    def _ended(self, wire: Wire) -> None:
        if wire is self.wire:
            self._hang_up("the connection ended")

    def _hang_up(self, why: str) -> None:
        wire, self.wire = self.wire, None
        if wire is not None:
            wire.up.close()
            wire.down.on_data = lambda _data: None
            self.net.gone(wire, why)
        self.events(self.session.lost(self.now, why))

    # -- the end of a run

    def hold(self) -> None:
        """Do nothing of its own any more."""
        self._cancel()
        self.held = True

    def verify(self) -> None:
        """Ask for fresh snapshots of everything, beside what the session does by itself."""
        if self.wire is not None and self.ready:
            self._send(probes(self.session, self.settings))

    def _go_on(self, frame: Frame) -> None:
        self._send(next_probe(self.settings, frame))

    def view(self) -> dict[str, Any]:
        """What the program believes: the data of a VIEW event."""
        return view_of(self.session)
