"""The broker's process in the simulated world: its own shell, engine, core and store.

Only what touches the operating system is replaced: sockets by the simulated network, the clock by
the world's, the store's thread by planned calls. A crash is what it is in life: everything but the
store's committed content is gone, and the next start recovers from that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from attrs import define, field

from broker.checker.history import History, Kind
from broker.config.model import Config
from broker.core.broker import restore
from broker.core.effects import Effect
from broker.core.facts import Fact, SentenceStored
from broker.core.inputs import Booted, Reloaded
from broker.core.rollback import roll_back
from broker.shell.clock import Clock
from broker.shell.connection import Link
from broker.shell.cost import DEAR
from broker.shell.graces import Excuses
from broker.shell.life_signs import Diary
from broker.shell.listening_clock import LOOK_EVERY, Attention
from broker.shell.rate import Allowance
from broker.shell.sessions import Sessions
from broker.simulation import witness
from broker.simulation.disk import Disk
from broker.simulation.facts import summary
from broker.simulation.fake_sockets import LateChecks, LateGate, Silent, WireSocket, WireSockets
from broker.simulation.faults import Faults, Window
from broker.simulation.network import Link as Wire
from broker.simulation.released import Released
from broker.simulation.rng import Chance
from broker.simulation.setup import describe
from broker.simulation.standstill import Standstill
from broker.simulation.world import MS, SECOND, Plan, World
from broker.store import RowRefusedError, StoreError
from protocol.connection import Connection, Side
from protocol.errors import ByeCode

REOPEN_AFTER = 2
"""Seconds after which clients are told to come back when the store failed."""


class StoreFailed(Exception):
    """The simulated store did not do what it was asked, or did and did not say so."""


@define(eq=False, repr=False)
class Host:
    """The machine that runs the broker, over all its crashes.

    Attributes:
        config: What the next start reads.
        calm: No fault any more.
        ahead: What the system's clock is ahead of the world's.
    """

    world: World
    chance: Chance
    history: History
    disk: Disk
    faults: Faults
    config: Config
    calm: bool = False
    ahead: int = 0
    starts: int = 0
    crashes: int = 0
    life: Life | None = None
    on_gave: Callable[[str, str], None] = lambda _conn, _type: None

    def start(self) -> None:
        """Start the broker, recovering what the store has."""
        self.starts += 1
        life = self.life = Life(self, self.chance.fork(f"life{self.starts}"))
        life.boot()
        if self.life is life and self.faults.met(Window.RECOVERY):
            self.crash(Window.RECOVERY)

    def crash(self, window: Window) -> None:
        """Kill the process; it is started again after a while."""
        if self.life is None:
            return
        life, self.life = self.life, None
        self.crashes += 1
        self.history.add(self.world.now, Kind.CRASHED, window=window.value)
        life.die()
        self.world.after(self.chance.between(50 * MS, 3 * SECOND), self.start)

    def accept(self, wire: Wire) -> bool:
        """A client dials; False when nobody listens."""
        return self.life is not None and self.life.accept(wire)

    def freeze(self, micros: int) -> None:
        """Stop the process, or the machine with it, for a while."""
        if self.life is not None and not self.calm:
            until = self.world.now + micros
            self.history.add(self.world.now, Kind.FROZEN, until=until)
            self.life.standstill.begin(until)

    def reload(self, config: Config) -> None:
        """Replace the configuration."""
        if self.life is not None and self.life.standstill.holds(lambda: self.reload(config)):
            return
        self.config = config
        self.history.add(self.world.now, Kind.SETUP, **describe(config))
        if self.life is not None:
            self.life.reload(config)


@define(eq=False, repr=False)
class Life:
    """One life of the broker's process, from start to crash."""

    host: Host
    chance: Chance
    sessions: Sessions = field(init=False)
    gate: LateGate = field(init=False)
    engine: witness.WatchedEngine | None = None
    standstill: Standstill = field(init=False)
    attention: Attention = field(init=False)
    clock: Clock = field(init=False)
    diary: Diary = field(init=False)
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
    _backlogs: dict[int, int] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        host = self.host
        self.standstill = Standstill(host.world)
        self.attention = Attention(steady=self.moment, up=self.moment() + host.ahead)
        self.clock = Clock(wall=lambda: self.moment() + host.ahead, monotonic=self.moment)
        late = self.chance.fork("late")
        self.gate = LateGate(host.config, is_late=lambda: late.happens(0.2))
        self.sessions = Sessions(
            limits=host.config.limits,
            checks=LateChecks(self.gate, world=host.world, chance=late),
            sockets=WireSockets(),
            now=lambda: host.world.seconds,
            stirred=self._stir,
            excuses=Excuses(self.attention),
        )
        self.released = Released(host.world, host.history, self.sessions, self.wires)
        self.sessions._log = Silent()  # noqa: SLF001 - thousands of lines that nobody reads
        self._dear = self.chance.fork("turns").choose((5, 20, DEAR))
        self._commit_delay = self.chance.choose((MS // 2, 2 * MS, 10 * MS))
        self.diary = Diary(self.clock, self.attention)
        self._look_out()

    def moment(self) -> int:
        """When it is, but for who set the system's clock."""
        return self.held_at or self.host.world.now

    def _look_out(self) -> None:
        if not self.dead and not self.standstill.holds(self._look_out):
            noted = self.diary.look()
            if noted is not None and self.engine is not None and not self.engine.failed:
                self.host.disk.store.note_life(*noted)
            self.host.world.after(LOOK_EVERY, self._look_out)

    # -- start and end

    def boot(self) -> None:
        """Recover, and serve."""
        host, now = self.host, self.clock()
        host.history.add(host.world.now, Kind.STARTED)
        store = host.disk.open()
        first, second = (store.recover(host.config, now) for _ in range(2))
        self.clock.last = max([self.clock.last, *(end for _, end in first.heard[:1])])
        now = self.clock()
        store.begin_life(now, first.heard)
        self.engine = witness.WatchedEngine(
            restore(host.config, first, now, self.attention.look()),
            Committer(self),
            self,
            self.clock,
            self.chance.bytes(16),
            self._commit_failed,
            attention=self.attention,
        )
        self.engine.make_dear(self._dear)
        again = partial(restore, host.config, second, self.engine.state.now, self.engine.state.up)
        self.engine.witness(host.history, host.world, again, self.moment)
        self.sessions.engine = self.engine
        self.engine.submit(Booted())
        self._stir()

    def die(self) -> None:
        """Everything of this process is gone."""
        self.dead = True
        self._cancel_alarm()
        self._end_engine()
        self.host.disk.power_off()
        for wire in self.wires.values():
            wire.cut()

    def _end_engine(self) -> None:
        if self.engine is not None:
            self.engine.end()
            self.engine = self.sessions.engine = None

    def _commit_failed(self, error: BaseException) -> None:
        """A row that is refused costs its input, everything else the life of the engine."""
        if isinstance(error, RowRefusedError):
            engine = self.engine
            self.host.world.after(
                self.chance.between(MS, SECOND), lambda: self._refuse_input(engine)
            )
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
        self._stir()

    def _store_failed(self) -> None:
        """Crash-only: everybody is sent away, the state is thrown away and loaded again."""
        self.host.history.add(self.host.world.now, Kind.FAILED)
        self._end_engine()
        self.sessions.dismiss_all(ByeCode.STORE_UNAVAILABLE, "the store is away", REOPEN_AFTER)
        self.host.disk.power_off()
        self.host.world.after(self.chance.between(10 * MS, SECOND), self._reopen)

    def _reopen(self) -> None:
        if not self.dead:
            self.boot()

    def reload(self, config: Config) -> None:
        """What SIGHUP does."""
        self.gate.replace(config)
        self.sessions.limits = config.limits
        if self.engine is not None:
            self.engine.submit(Reloaded(config))
            self._stir()

    # -- connections

    def accept(self, wire: Wire) -> bool:
        """Take a connection in."""
        if self.engine is None:
            return False
        host, now = self.host, self.host.world.seconds
        limits = host.config.limits
        number = len(self.wires) + 1
        sock = WireSocket(wire).as_socket()
        link = Link(
            number=number,
            sock=sock,
            pipe=sock,
            tls=None,
            connection=Connection(
                Side.SERVER,
                now=now,
                frame_bytes=limits.frame_bytes,
                hello_seconds=limits.hello / SECOND,
                heartbeat_seconds=host.config.server.heartbeat / SECOND,
            ),
            allowance=Allowance.full(limits.frames_per_second, now),
            remote=wire.name,
            opened_at=now,
        )
        self.wires[number] = wire
        wire.up.on_data = lambda data: self._received(link, data)
        wire.up.on_end = lambda: self._ended(link)
        wire.down.on_room = lambda: self._writable(link)
        self.sessions.opened(link)
        self._set_alarm()
        return True

    def _received(self, link: Link, data: bytes) -> None:
        if self.standstill.holds(lambda: self._received(link, data)):
            return
        if not self.dead and link.number in self.sessions.links:
            self.sessions.received(link, data, self.host.world.seconds)
            self._stir()

    def _ended(self, link: Link) -> None:
        if self.standstill.holds(lambda: self._ended(link)):
            return
        if not self.dead and link.number in self.sessions.links:
            self.sessions.ended(link)
            self._stir()

    def _writable(self, link: Link) -> None:
        if self.standstill.holds(lambda: self._writable(link)):
            return
        if not self.dead and link.number in self.sessions.links:
            self.sessions.writable(link)

    # -- turns

    def _stir(self) -> None:
        """A turn of the server follows, not at once: so that batches gather."""
        if not self._turn_planned and not self.dead:
            self._turn_planned = True
            self.host.world.after(self.chance.between(0, MS), self._turn)

    def _turn(self) -> None:
        if self.standstill.holds(self._turn):
            return
        self._turn_planned = False
        if self.dead:
            return
        if self.engine is not None:
            self.guarded(self.engine.pump)
        else:
            self._look()

    def guarded(self, go_on: Callable[[], None]) -> None:
        """Let the engine go on; a fault in it ends the process, as it does in life."""
        try:
            go_on()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told, with the seed
            self.broken("I-16", f"the engine died of {error!r}")
            self.host.crash(Window.ANY_TIME)
        self._look()

    def broken(self, law: str, text: str) -> None:
        """Something happened that never should, whatever strikes from outside."""
        self.host.history.add(self.host.world.now, Kind.BROKEN, law=law, text=text)

    def _look(self) -> None:
        """After anything: bounds, and when to wake up next."""
        if self.dead:
            return
        self.sessions.resume()
        if self.engine is not None and self.engine.has_more:
            self._stir()
        for link in self.sessions.links.values():
            box = link.outbox
            if box is not None and box.frames >= self._backlogs.get(link.number, 0) + 10:
                self._backlogs[link.number] = box.frames
                name = self.wires[link.number].name
                self.host.history.add(
                    self.host.world.now, Kind.BACKLOG, name, frames=box.frames, bytes=box.size
                )
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self.standstill.holds(self._set_alarm):
            return
        world = self.host.world
        engine, up = self.engine, self.attention.look()
        wake_at = engine.wake_at if engine is not None else None
        if engine is not None and engine.committing and (wake_at or 0) <= up:
            wake_at = None  # what is due waits for the commit, at whose end the engine goes on
        if wake_at is not None:
            wake_at += world.now - up
        first = self.sessions.deadlines.next
        if first is not None:
            look_at = world.micros(first)
            wake_at = look_at if wake_at is None else min(wake_at, look_at)
        if (
            self.held_at
            or wake_at is None
            or (self._alarm is not None and self._alarm_at == wake_at)
        ):
            return
        self._cancel_alarm()
        self._alarm_at = wake_at
        self._alarm = world.at(wake_at, self._wake)

    def _cancel_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _wake(self) -> None:
        if self.standstill.holds(self._wake):
            return
        self._alarm = None
        if not self.dead and not self.held_at:
            self.sessions.tick(self.host.world.seconds)
            self._turn()

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
            host.world.after(self.chance.between(0, 20 * MS), lambda: host.crash(Window.WELCOMED))
        for conn, type_ in given:
            host.on_gave(conn, type_)

    # -- the store

    def commit_delay(self) -> int:
        """How long the next commit takes."""
        if self.host.faults.met(Window.COMMIT_SLOW):
            return self.chance.between(SECOND, 4 * SECOND)
        return self._commit_delay + self.chance.between(0, self._commit_delay)


@define(eq=False, repr=False)
class Committer:
    """The store's thread: commits take their time, and meet faults in every window."""

    life: Life

    def commit(self, facts: list[Fact], done: Callable[[BaseException | None], None]) -> None:
        """Store the facts, later."""
        self.life.host.world.after(self.life.commit_delay(), lambda: self._commit(facts, done))

    def _commit(self, facts: list[Fact], done: Callable[[BaseException | None], None]) -> None:
        life, host = self.life, self.life.host
        stands = life.standstill.holds(lambda: self._commit(facts, done))
        if stands or life.dead or life.engine is None:
            return
        met = host.faults.met(
            Window.COMMIT_LOST, Window.COMMIT_KEPT, Window.COMMIT_FAILS, Window.COMMIT_UNKNOWN
        )
        if met is Window.COMMIT_LOST:
            host.crash(met)
            return
        self._poison(facts)
        error: Exception | None = None
        if met is not Window.COMMIT_FAILS:
            try:
                host.disk.store.commit(facts)
                host.history.add(host.world.now, Kind.COMMITTED, facts=summary(facts))
            except RowRefusedError as refused:
                error = refused
                if not any(host.disk.refuses(fact) for fact in facts):
                    life.broken("I-10", f"the store refused a batch: {refused}")
            except StoreError as refused:
                # No fault was planned: a constraint of the schema caught what should not be.
                life.broken("I-10", f"the store refused a batch: {refused}")
                error = refused
        if met is Window.COMMIT_KEPT:
            host.crash(met)
            return
        if met is not None:
            host.history.add(host.world.now, Kind.FAULT, what=met.value)
            error = StoreFailed(met.value)
        engine = life.engine

        def tell() -> None:
            if not life.standstill.holds(tell) and not life.dead and life.engine is engine:
                life.guarded(lambda: done(error))

        host.world.after(life.chance.between(0, MS), tell)

    def _poison(self, facts: list[Fact]) -> None:
        """Have the database refuse a sentence of this batch, if it is time and others are with it."""
        host, engine = self.life.host, self.life.engine
        said = [
            fact.id
            for fact in facts
            if isinstance(fact, SentenceStored) and not (fact.own or host.disk.refuses(fact))
        ]
        if engine is None or engine.unreleased < 2:
            return
        if said and host.faults.met(Window.ROW_REFUSED):
            host.disk.refuse(self.life.chance.choose(said))
            host.history.add(host.world.now, Kind.FAULT, what=Window.ROW_REFUSED.value)
