"""The broker's process in the simulated world: its own server, shell, engine, core and store.

Only what touches the operating system is replaced: sockets and selector by the simulated network, the clock
by the world's, the tasks by planned turns, the store's thread by planned calls. A crash is as in life:
everything but the store's content is gone, and the next start recovers from that. A shutdown drains first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

from attrs import Factory, define, field

from broker.checker.history import History, Kind
from broker.checker.violation import DAWN
from broker.config.model import SECOND, Config
from broker.core.broker import restore
from broker.core.effects import Effect
from broker.core.inputs import Booted, Reloaded
from broker.core.rollback import roll_back
from broker.shell.clock import Clock
from broker.shell.connection import ClientConnection
from broker.shell.cost import DEAR
from broker.shell.graces import Excuses
from broker.shell.life_signs import Diary
from broker.shell.listening_clock import LOOK_EVERY, Attention
from broker.shell.server import Server, Stage
from broker.shell.sessions import Sessions
from broker.simulation import post, witness
from broker.simulation.committer import Committer
from broker.simulation.disk import Disk
from broker.simulation.fake_sockets import (
    FakeListener,
    FakeSelector,
    LateAuthentication,
    LateChecks,
    Silent,
    WireSocket,
    WireSockets,
    socket_of,
)
from broker.simulation.faults import Faults, Window
from broker.simulation.late_cleaning import LateCleaners
from broker.simulation.late_scanner import LateScanner
from broker.simulation.network import SimulatedConnection as Wire
from broker.simulation.released import Released
from broker.simulation.rng import Rng
from broker.simulation.setup import describe
from broker.simulation.standstill import Standstill
from broker.simulation.strain import Strain
from broker.simulation.watch import Watch
from broker.simulation.world import MS, Plan, World
from broker.store import RowRefusedError, StoreError
from protocol.connection import State
from protocol.errors import ByeCode

REOPEN_AFTER = 2
"""Seconds after which clients are told to come back when the store failed."""


@define(eq=False, repr=False)
class Host:
    """The machine that runs the broker, over all its crashes.

    Attributes:
        config: What the next start reads.
        healed: No fault any more.
        ahead: What the system's clock is ahead of the world's.
    """

    world: World
    rng: Rng
    history: History
    disk: Disk
    faults: Faults
    config: Config
    strain: Strain = Factory(Strain)
    healed: bool = False
    ahead: int = 0
    starts: int = 0
    crashes: int = 0
    life: Life | None = None
    on_gave: Callable[[str, str], None] = lambda _conn, _type: None

    def start(self) -> None:
        """Start the broker, recovering what the store has."""
        self.starts += 1
        self._read(post.as_started(self.config))
        life = self.life = Life(self, self.rng.fork(f"life{self.starts}"))
        life.boot()
        if self.life is life and self.faults.met(Window.RECOVERY):
            self.crash(Window.RECOVERY)

    def crash(self, window: Window) -> None:
        """Kill the process; it is started again after a while."""
        if self.life is None:
            return
        life, self.life = self.life, None
        self.crashes += 1
        undurable = life.committer.undurable
        self.history.add(self.world.now, Kind.CRASHED, window=window.value, undurable=undurable)
        life.die()
        self.world.after(self.rng.between(50 * MS, 3 * SECOND), self.start)

    def accept(self, wire: Wire) -> bool:
        """A client dials; False when nobody listens."""
        return self.life is not None and self.life.dialled(wire)

    def shut_down(self) -> None:
        """Have the process end in good order; it is started again after a while."""
        life = self.life
        if life is not None and not life.standstill.holds(self.shut_down):
            life.drain()

    def stopped(self, cut: int) -> None:
        """The process ended in good order."""
        assert self.life is not None
        life, self.life = self.life, None
        self.history.add(self.world.now, Kind.STOPPED, cut=cut)
        life.die(cause="stopped")
        self.world.after(self.rng.fork(f"again{self.starts}").between(50 * MS, SECOND), self.start)

    def lose_descriptors(self, micros: int) -> None:
        """Let the process have no file descriptor left for a while."""
        if self.life is not None:
            self.life.listener.no_descriptors = True
            self.world.after(micros, self.life.listener.find_descriptors)

    def freeze(self, micros: int) -> None:
        """Stop the process, or the machine with it, for a while."""
        if self.life is not None and not self.healed:
            until = self.world.now + micros
            self.history.add(self.world.now, Kind.FROZEN, until=until)
            self.life.standstill.begin(until)

    def reload(self, config: Config) -> None:
        """Replace the configuration."""
        if self.life is not None and self.life.standstill.holds(lambda: self.reload(config)):
            return
        self._read(post.as_reloaded(self.config, config))
        if self.life is not None:
            self.life.reload(self.config)

    def _read(self, config: Config) -> None:
        """Go by a configuration from now on."""
        if config != self.config:
            self.config = config
            self.history.add(self.world.now, Kind.SETUP, **describe(config))


@define(eq=False, repr=False)
class Life:
    """One life of the broker's process, from start to crash."""

    host: Host
    rng: Rng
    sessions: Sessions = field(init=False)
    server: Server = field(init=False)
    selector: FakeSelector = field(init=False)
    listener: FakeListener = field(init=False)
    watch: Watch = field(init=False)
    engine: witness.WatchedEngine | None = None
    standstill: Standstill = field(init=False)
    attention: Attention = field(init=False)
    clock: Clock = field(init=False)
    diary: Diary = field(init=False)
    committer: Committer = field(init=False)
    cleaners: LateCleaners = field(init=False)
    released: Released = field(init=False)
    dead: bool = False
    held_at: int | None = None
    """At the end of a run the core's clock stands still; what is under way goes on."""
    wires: dict[int, Wire] = field(factory=dict)
    _turn_planned: bool = False
    _alarm: Plan | None = None
    _alarm_at: int = 0
    _commit_delay: int = 0
    _dear: int = DEAR
    _most_read: int = 0
    _backlogs: dict[int, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        host = self.host
        self.standstill = Standstill(host.world)
        self.attention = Attention(steady=self.moment, up=self.moment() + host.ahead)
        self.clock = Clock(wall=lambda: self.moment() + host.ahead, monotonic=self.moment)
        late = self.rng.fork("late")
        authentication = LateAuthentication(host.config, is_late=lambda: late.happens(0.2))
        self.selector = FakeSelector(self._ready)
        self.listener = FakeListener(self.selector)
        self.sessions = Sessions(
            limits=host.config.limits,
            checks=LateChecks(authentication, world=host.world, rng=late),
            sockets=WireSockets(self.selector, wires=self.wires),
            now=self.seconds,
            on_progress=lambda: self.server.wake(),
            excuses=Excuses(self.attention),
            backlog_high=host.strain.backlog[0],
            backlog_low=host.strain.backlog[1],
        )
        self.server = Server(
            sessions=self.sessions,
            config=host.config,
            listeners=[self.listener],
            inbox_high=host.strain.inbox,
            one_too_many=host.strain.one_too_many,
        )
        self.server.alarm = self._set_alarm
        log = Silent(self._caught)
        self.sessions.refusals.log = self.sessions._log = self.server._log = log  # noqa: SLF001 - thousands of lines that nobody reads
        self.cleaners = LateCleaners(
            self.sessions.cleaning,
            host.world,
            self.rng.fork("cleaning"),
            self.standstill,
            guarded=self.guarded,
            is_over=lambda: self.dead,
        )
        scanning = self.rng.fork("scanning")
        self.sessions.scan = LateScanner(
            host.world, scanning, self.standstill, self.server.submit, lambda: self.dead
        ).put
        self.released = Released(host.world, host.history, self.sessions, self.wires)
        self.watch = Watch(host.world, host.history, self.server, self.listener)
        self._dear = self.rng.fork("turns").choose((5, 20, DEAR))
        self._commit_delay = self.rng.choose((MS // 2, 2 * MS, 10 * MS))
        self.diary = Diary(self.clock, self.attention)
        self._look_out()

    def moment(self) -> int:
        """When it is, but for who set the system's clock."""
        return self.held_at or self.host.world.now

    def seconds(self) -> float:
        """The clock of the server."""
        return (self.moment() - DAWN) / SECOND

    def _look_out(self) -> None:
        if not self.dead and not self.standstill.holds(self._look_out):
            noted = self.diary.look()
            if noted is not None and self.engine is not None:
                self.host.disk.store.note_life(*noted)
            if not self.held_at:
                self.watch.look()
            self.host.world.after(LOOK_EVERY, self._look_out)

    # -- start and end

    def boot(self) -> None:
        """Recover, and serve."""
        host, now = self.host, self.clock()
        host.history.add(host.world.now, Kind.STARTED, inbox=host.strain.inbox)
        store = host.disk.open()
        first, second = (store.recover(host.config, now) for _ in range(2))
        self.clock.last = max([self.clock.last, *(end for _, end in first.heard[:1])])
        now = self.clock()
        store.begin_life(now, first.heard)
        self.committer = Committer(self, host, self.rng, self.standstill)
        self.engine = witness.WatchedEngine(
            restore(host.config, first, now, self.attention.look()),
            self.committer,
            self,
            self.clock,
            self.rng.bytes(16),
            self._commit_failed,
            batch_limit=host.strain.batch,
            attention=self.attention,
        )
        self.diary.begin(self.engine.state.now, self.engine.state.up)
        self.engine.make_dear(self._dear)
        again = partial(restore, host.config, second, self.engine.state.now, self.engine.state.up)
        self.engine.witness(host.history, host.world, again, self.moment)
        self.engine.submit(Booted())
        self.server.attach(self.engine)

    def die(self, cause: str | None = None) -> None:
        """Everything of this process is gone.

        Args:
            cause: Why it ended in good order; None: it did not.
        """
        self.dead = True
        self._cancel_alarm()
        self._end_engine()
        if cause is not None and self.host.disk.is_open:
            self.host.disk.store.note_life(*self.diary.end(), cause=cause)
        self.host.disk.power_off()
        for _, sock in self.listener.waiting:
            sock.wire.cut()
        for wire in self.wires.values():
            wire.cut()

    def _end_engine(self) -> None:
        if self.engine is not None:
            self.engine.end()
            self.engine = None

    def _commit_failed(self, error: BaseException) -> None:
        """A row that is refused costs its input, everything else the life of the engine."""
        if isinstance(error, RowRefusedError):
            engine = self.engine
            self.host.world.after(self.rng.between(MS, SECOND), lambda: self._refuse_input(engine))
        else:
            self._store_failed()

    def _refuse_input(self, engine: witness.WatchedEngine | None) -> None:
        """What the store's thread and `broker.app` do together."""
        host = self.host
        if self.standstill.holds(lambda: self._refuse_input(engine)):
            return
        if self.dead or engine is None or self.engine is not engine:
            return
        store, now = host.disk.store, engine.state.now
        try:
            number = store.find_refused(engine.parts)
        except StoreError:
            number = None  # memory and store disagree
        if number is None or not engine.may_refuse(number):
            self.broken("I-10", "the store refused a batch and none of its inputs")
            self._store_failed()
            return
        engine.end()
        presence, ahead = engine.presence.copy(), engine.state
        first, second = (store.recover(presence.config, now) for _ in range(2))
        state = roll_back(ahead, presence, first, now)
        again = partial(roll_back, ahead, presence, second, now)
        engine.witness(host.history, host.world, again, self.moment)
        self.guarded(lambda: engine.resume(state, number))
        self.server.on_progress()

    def _store_failed(self) -> None:
        """Crash-only: everybody is sent away, the state is thrown away and loaded again."""
        undurable = self.committer.undurable
        self.host.history.add(self.host.world.now, Kind.FAILED, undurable=undurable)
        if self.engine is not None:
            self.engine.give_up()
        self._end_engine()
        if self.server.stage is not Stage.SERVING:
            return  # the drain goes on, and finds the engine idle
        self.server.detach(ByeCode.STORE_UNAVAILABLE, "the store is away", REOPEN_AFTER)
        self.host.disk.power_off()
        self.host.world.after(self.rng.between(10 * MS, SECOND), self._reopen)

    def _reopen(self) -> None:
        if not self.dead and self.server.stage is Stage.SERVING:
            self.boot()

    def reload(self, config: Config) -> None:
        """What SIGHUP does."""
        before = self._served()
        self.server.replace(config, None)
        lost = [name for name in before if name not in self._served()]
        self.host.history.add(self.host.world.now, Kind.RELOADED, lost=lost)
        self.server.submit(Reloaded(config))

    def drain(self) -> None:
        """What SIGTERM does."""
        if self.server.stage is not Stage.SERVING:
            return
        heard = {name: client.frames_in for name, client in self._served().items()}
        self.host.history.add(self.host.world.now, Kind.DRAINING, heard=heard)
        self.diary.close()
        by = self.seconds() + self.server.config.server.drain / SECOND
        self.guarded(lambda: self.server.begin_drain(by))

    def _served(self) -> dict[str, ClientConnection]:
        """The connections with a session, by name."""
        links = self.sessions.clients.values()
        return {socket_of(k).wire.name: k for k in links if k.connection.state is State.OPEN}

    # -- connections

    def dialled(self, wire: Wire) -> bool:
        """A client dials."""
        sock = WireSocket(wire, self.host.world, self.selector, self._note_read)
        self.listener.dialled(sock)
        return True

    def _note_read(self, sock: WireSocket) -> None:
        """Bytes are about to be read: note how much waits, when it is more than ever."""
        waiting = 0 if self.engine is None else len(self.engine.inbox)
        if waiting > self._most_read:
            self._most_read = waiting
            self.host.history.add(self.host.world.now, Kind.READ, sock.wire.name, waiting=waiting)

    # -- turns

    def _ready(self) -> None:
        """A socket is ready; while there is no room nobody looks."""
        if self.server.has_room:
            self._stir()

    def _stir(self) -> None:
        """A turn of the server follows, not at once: so that batches gather."""
        if not self._turn_planned and not self.dead:
            self._turn_planned = True
            self.host.world.after(self.rng.between(0, MS), self._turn)

    def _turn(self) -> None:
        if self.standstill.holds(self._turn):
            return
        self._turn_planned = False
        if not self.dead:
            self.guarded(lambda: self._set_alarm(self.server.turn(self.seconds())))

    def went_on(self, tell: Callable[[], None]) -> None:
        """Tell the engine what its store did, and the server that the engine went on."""
        tell()
        if not self.dead:
            self.server.on_progress()

    def guarded(self, go_on: Callable[[], None]) -> None:
        """Let the engine go on; a fault in it ends the process, as it does in life."""
        try:
            go_on()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told, with the seed
            self.broken("I-16", f"the engine died of {error!r}")
            self.host.crash(Window.ANY_TIME)
        self._look()

    def _caught(self, error: BaseException | None) -> None:
        self.broken("I-15", f"a connection died of {error!r}")

    def broken(self, law: str, text: str) -> None:
        """Something happened that never should, whatever strikes from outside."""
        self.host.history.add(self.host.world.now, Kind.BROKEN, law=law, text=text)

    def _look(self) -> None:
        """After anything: bounds, who is ready by now, and whether a drain is at its end."""
        if self.dead:
            return
        for client in self.sessions.clients.values():
            box = client.outbox
            if box is not None and box.frames >= self._backlogs.get(client.number, 0) + 10:
                self._backlogs[client.number] = box.frames
                name = self.wires[client.number].name
                self.host.history.add(
                    self.host.world.now, Kind.BACKLOG, name, frames=box.frames, bytes=box.size
                )
        if self.server.stage is Stage.DRAINED:
            self.host.stopped(self.server.cut)
        elif self.selector.any_ready:
            self._ready()

    def _set_alarm(self, when: float) -> None:
        """The server wants a turn then."""
        if when == -inf:
            self._stir()
            return
        if self.held_at or when == inf:
            return
        wake_at = self.host.world.micros(when)
        if self._alarm is None or self._alarm_at != wake_at:
            self._cancel_alarm()
            self._alarm_at = wake_at
            self._alarm = self.host.world.at(wake_at, self._wake)

    def _cancel_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wake(self) -> None:
        if self.standstill.holds(self._wake):
            return
        self._alarm = None
        if not self.dead and not self.held_at:
            self.guarded(lambda: self._set_alarm(self.server.turn(self.seconds())))

    # -- what the engine releases

    def deliver(self, effects: list[Effect]) -> None:
        """The engine's outlet: note what leaves, then let the shell send it."""
        faults, host = self.host.faults, self.host
        if self.dead:
            return
        if effects and faults.met(Window.COMMITTED):
            host.crash(Window.COMMITTED)
            return
        given = self.released.note(effects)
        if given and faults.met(Window.RELEASED):
            host.crash(Window.RELEASED)
            return
        self.sessions.deliver(effects)
        if any(type_ == "SYS_WELCOME" for _, type_ in given) and faults.met(Window.WELCOMED):
            host.world.after(self.rng.between(0, 20 * MS), lambda: host.crash(Window.WELCOMED))
        for conn, type_ in given:
            host.on_gave(conn, type_)

    # -- the store

    def commit_delay(self) -> int:
        """How long the next commit takes."""
        if self.host.faults.met(Window.COMMIT_SLOW):
            return self.rng.between(SECOND, 4 * SECOND)
        return self._commit_delay + self.rng.between(0, self._commit_delay)
