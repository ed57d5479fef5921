"""The composition root: builds the broker of its parts, keeps it alive, ends it (C-4, B-12).

Theory of operation: a process has one listening socket and one configuration at a time; it has
lives. A life begins by reading the state from the store and ends with a drain, or when a commit
fails: then everybody is sent away, the state is thrown away, and the next life begins from what
the store has. Starting and recovering are the same code.
"""

from __future__ import annotations

import socket
import ssl
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from enum import IntEnum
from functools import partial
from os import PathLike, fspath, urandom
from selectors import DefaultSelector
from typing import TYPE_CHECKING, Any, Final, Protocol, TextIO

import structlog
import trio
from attrs import Factory, define, field

from broker.config.diagnostics import ConfigFault, Finding
from broker.config.load import Loaded, load_again
from broker.config.merge import merge, restart_needed, vanished
from broker.config.model import Config
from broker.core.broker import restore
from broker.core.effects import StoredKey
from broker.core.inputs import Booted, Reloaded, Resumed
from broker.core.rollback import roll_back
from broker.core.state import State
from broker.shell.authentication import Authentication
from broker.shell.checks import SlowChecks
from broker.shell.clock import Clock, wall_micros
from broker.shell.engine import Engine
from broker.shell.graces import Excuses
from broker.shell.life_signs import Diary
from broker.shell.listening import tls_of
from broker.shell.listening_clock import GAP, LOOK_EVERY, Attention
from broker.shell.metered import MeteredCommitter
from broker.shell.parties import party_of
from broker.shell.scanner import Scanner, connecting
from broker.shell.server import Server
from broker.shell.server_tasks import ServerTasks
from broker.shell.service_manager import Supervisor
from broker.shell.sessions import Sessions
from broker.shell.sockets import Sockets, address_of, spell
from broker.shell.stats import take
from broker.shell.strikes import Strikes
from broker.store.errors import (
    RowRefusedError,
    StoreAwayError,
    StoreError,
    StoreInUseError,
    StoreUnusableError,
)
from broker.store.store import Store
from broker.store.thread import StoreThread
from protocol.errors import ByeCode

if TYPE_CHECKING:  # loaded by who makes one
    from broker.shell.http import HttpServer

LOSSES: Final = 3
LOSS_WINDOW: Final = 60.0
"""So many lost stores in so many seconds end the process; a supervisor may know better."""
TRY_FOR: Final = 30.0
"""For how many seconds a database that is away is tried again."""
TRY_AGAIN: Final = 0.1
TRY_LATER: Final = 2.0
"""Seconds from one attempt to the next: at first, and at most."""
RECONNECT_AFTER: Final = 1
"""What clients are told, in seconds, when the store was lost."""
LAST_WORDS: Final = 1.0
"""Seconds for saying good-bye when there is no store any more."""
READ_AGAIN: Final = 30.0
"""Seconds that a reload may take to read the configuration, which may lie on a share that is dead."""
READERS: Final = 2
"""Reloads that may hang in threads of theirs; with so many, a further one is refused."""

READ_ONCE: Final = Finding(
    file="the configuration",
    line=None,
    member="",
    text="came through a pipe or the like, which can be read but once; to change it, start the "
    "broker again, and to reload it, start it with a file",
)
ALL_GONE: Final = "there were some and now there is none; if that is meant, start the broker again"

_log: Any = structlog.get_logger()


class ExitStatus(IntEnum):
    """How `parley serve` ends."""

    DRAINED = 0
    NOT_STARTED = 1
    FAULTY_CONFIG = 2
    STORE_LOST = 3


class OpenStore(Protocol):
    """What opens the database; see `Store.open`."""

    def __call__(self, url: str, *, create: bool, new: bool) -> Store:
        """Open it."""


@define(kw_only=True)
class Broker:
    """One broker process, but for its signals and its command line.

    Attributes:
        path: The configuration file, read again by `reload`; None when it could be read but once.
        config: The configuration in force.
        listeners: The listening sockets.
        http: The server of health and metrics, bound and not started; it answers from `run` on.
        tls: How connections are encrypted; None: not at all.
        open_store: Opens the database.
        new: Whether the first start may make a database where there was one.
        clock: Microseconds since the Unix epoch, for what is recorded and shown.
        attention: The clock that deadlines hang on.
        out: Where people and scripts read that the broker is ready.
        supervisor: Who is told that it is.
        log_dropped: How many lines of the log were lost.
    """

    path: str | PathLike[str] | None
    config: Config
    listeners: Sequence[socket.socket]
    http: HttpServer | None = None
    tls: ssl.SSLContext | None = None
    open_store: OpenStore = Store.open
    new: bool = False
    clock: Clock = Factory(Clock)
    attention: Attention = Factory(lambda: Attention(up=wall_micros()))
    out: TextIO = Factory(lambda: sys.stdout)
    supervisor: Supervisor = Factory(Supervisor)
    log_dropped: Callable[[], int] = lambda: 0
    server: Server = field(init=False)
    _tasks: ServerTasks = field(init=False)
    _scanner: Scanner | None = field(default=None, init=False)
    _event: trio.Event = field(factory=trio.Event, init=False)
    _stopping: bool = field(default=False, init=False)
    _lost: BaseException | None = field(default=None, init=False)
    _thread: StoreThread | None = field(default=None, init=False)
    _diary: Diary = field(
        default=Factory(lambda self: Diary(self.clock, self.attention), takes_self=True), init=False
    )
    _strikes: Strikes = field(factory=Strikes, init=False)
    _losses: deque[float] = field(factory=lambda: deque(maxlen=LOSSES), init=False)
    _reload_wanted: trio.Event = field(factory=trio.Event, init=False)
    _reloading: trio.CancelScope = field(factory=trio.CancelScope, init=False)
    _readers: trio.CapacityLimiter = field(
        factory=lambda: trio.CapacityLimiter(READERS), init=False
    )
    _starting: trio.CancelScope = field(factory=trio.CancelScope, init=False)

    def __attrs_post_init__(self) -> None:
        """Put the parts together."""
        selector = DefaultSelector()
        sessions = Sessions(
            limits=self.config.limits,
            checks=SlowChecks(Authentication(self.config)),
            sockets=Sockets(selector),
            now=trio.current_time,
            excuses=Excuses(self.attention),
            on_progress=lambda: self.server.wake(),
        )
        self.server = Server(
            sessions=sessions,
            config=self.config,
            listeners=self.listeners,
            tls=self.tls,
        )
        self._tasks = ServerTasks(self.server, selector.fileno())
        if self.config.attachments.scanner is not None:
            connect = connecting(self.config.attachments.scanner)
            self._scanner = Scanner(connect, self._read_piece, self.server.submit)
            sessions.scan = self._scanner.put

    async def run(
        self, task_status: trio.TaskStatus[tuple[str, int]] = trio.TASK_STATUS_IGNORED
    ) -> ExitStatus:
        """Serve until `stop`, or until the store is lost for good."""
        self.supervisor.starting()
        if self.http is not None:  # a probe may come before the store is open, which may take long
            self.http.start(partial(take, self.server, self.log_dropped))
        with closing(self.server):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.supervisor.plead, self._starts)
                nursery.start_soon(self._tasks.run)
                nursery.start_soon(self._reload_when_wanted)
                nursery.start_soon(self._note_life)
                if self._scanner is not None:
                    nursery.start_soon(self._scanner.run)
                status = await self._live(task_status)
                nursery.cancel_scope.cancel()
        return status

    def _starts(self) -> bool:
        return self.server.starting and not self._stopping

    def stop(self) -> None:
        """End in good order; when that is under way already, end at once."""
        if self._stopping:
            self.server.abort_drain()
        self._stopping = True
        self._reloading.cancel()
        self._starting.cancel()
        self._event.set()

    def want_reload(self) -> None:
        """Have the configuration read again soon; one that is asked for twice may be read once."""
        self._reload_wanted.set()

    async def _reload_when_wanted(self) -> None:
        with self._reloading:
            while True:
                await self._reload_wanted.wait()
                self._reload_wanted = trio.Event()
                serves = not self.server.starting  # or it is not ready yet, whatever it has read
                if serves:
                    self.supervisor.reloading()
                await self.reload()
                if serves:
                    self.supervisor.ready()

    async def reload(self) -> bool:
        """Read the configuration again; a faulty one changes nothing."""
        try:
            with trio.fail_after(READ_AGAIN):
                loaded, tls = await trio.to_thread.run_sync(
                    self._read_again, abandon_on_cancel=True, limiter=self._readers
                )
        except ConfigFault as fault:
            return _refused([str(found) for found in fault.faults])
        except OSError as error:
            return _refused([f"TLS: {error}"])
        except trio.TooSlowError:
            return _refused([f"{self.path}: could not be read within {READ_AGAIN:g} s"])
        if gone := vanished(self.config, loaded.config):
            return _refused([f"{self.path}: {kind}: {ALL_GONE}" for kind in gone])
        for name in restart_needed(self.config, loaded.config):
            _log.warning("setting_ignored", member=name, reason="takes effect at the next start")
        log_warnings(loaded)
        self.config = merge(self.config, loaded.config)
        self.server.replace(self.config, tls)
        self.server.submit(Reloaded(self.config))
        _log.info("configuration_reloaded", file=self.path and fspath(self.path))
        return True

    def _read_again(self) -> tuple[Loaded, ssl.SSLContext | None]:
        """Read all files that a reload reads; in a thread, as any of them may be slow."""
        if self.path is None:
            raise ConfigFault([READ_ONCE])
        return load_again(self.path), tls_of(self.config)

    async def _live(self, task_status: trio.TaskStatus[tuple[str, int]]) -> ExitStatus:
        told = False
        while True:
            config = self.config
            self._starting = trio.CancelScope()
            if self._stopping:
                self._starting.cancel()
            try:
                with self._starting:
                    store, state = await self._open(config, first=not told)
                if self._starting.cancelled_caught:
                    return await self._drain()
            except StoreError as error:
                _log.error("store_lost", error=str(error))
                await self._tasks.drain(LAST_WORDS)
                return ExitStatus.STORE_LOST
            thread = StoreThread(store)
            thread.start()
            self._thread = thread
            try:
                self._attach(state, store, thread)
                if self.config is not config:  # there was a reload meanwhile
                    self.server.submit(Reloaded(self.config))
                if not told:
                    told = True
                    self._announce()
                    task_status.started(address_of(self.listeners[0]))
                await self._event.wait()
                if self._stopping:
                    return await self._drain()
                if not self._goes_on():
                    await self._tasks.drain(LAST_WORDS)
                    return ExitStatus.STORE_LOST
            finally:
                with trio.CancelScope(shield=True):
                    self._thread = None
                    await thread.aclose()
                    rescued = await trio.to_thread.run_sync(self._let_go, store)
                if rescued is not None:
                    _log.error("store_rescued", file=rescued)

    async def _read_piece(self, key: StoredKey) -> bytes:
        """Read a piece of an attachment for the scanner; nothing while there is no store."""
        thread = self._thread
        if thread is None:
            return b""
        try:
            found = await thread.read_one(key)
        except StoreError:
            return b""  # the next commit says so
        return found if isinstance(found, bytes) else b""

    async def _note_life(self) -> None:
        """Have the store note now and then that the broker is alive."""
        while True:
            await trio.sleep(LOOK_EVERY / 1_000_000)
            noted, engine = self._diary.look(), self.server.engine
            if noted is not None and engine is not None and self._thread is not None:
                self._thread.note_life(*noted, partial(self._life_noted, engine))

    def _life_noted(self, engine: Engine, error: BaseException | None) -> None:
        if error is not None and self.server.engine is engine:
            self._store_failed(engine, error)

    def _let_go(self, store: Store) -> str | None:
        """Let the database go, with the end of this life in it if it still takes that."""
        with suppress(StoreError):
            store.note_life(*self._diary.end(), cause="stopped")
        return store.close()

    async def _open(self, config: Config, *, first: bool) -> tuple[Store, State]:
        """Open the store; one that is away for a moment is tried again for a while."""
        until = trio.current_time() + TRY_FOR
        pause = TRY_AGAIN
        while True:
            try:
                store, state = await trio.to_thread.run_sync(
                    self._recover, config, first, abandon_on_cancel=True
                )
            except StoreUnusableError as error:
                # Our own earlier connection may hold a database for a moment after it was lost.
                away = StoreAwayError if first else (StoreAwayError, StoreInUseError)
                if not isinstance(error, away) or trio.current_time() + pause > until:
                    raise
                _log.warning("store_away", error=str(error), again_in=pause)
                await trio.sleep(pause)
                pause = min(2 * pause, TRY_LATER)
            else:
                if pause > TRY_AGAIN or not first:
                    _log.info("store_back")
                for doubt in store.doubts:
                    _log.warning("store_doubted", reason=doubt)
                return store, state

    def _recover(self, config: Config, first: bool) -> tuple[Store, State]:
        store = self.open_store(config.store_url, create=first, new=first and self.new)
        try:
            recovered = store.recover(config, self.clock())
            if recovered.heard:
                self.clock.last = max(self.clock.last, recovered.heard[0][1])
            now = self.clock()
            if self._stopping:
                raise StoreError("the broker ended meanwhile")
            store.begin_life(now, recovered.heard)
            return store, restore(config, recovered, now, self.attention.up)
        except BaseException:
            store.close()
            raise

    def _attach(self, state: State, store: Store, thread: StoreThread) -> None:
        self._lost = None
        self._event = trio.Event()
        if self._stopping:
            self._event.set()
        server = self.server
        engine = Engine(
            state,
            MeteredCommitter(
                thread,
                server.sessions.counters,
                now=trio.current_time,
                on_progress=server.on_progress,
                crashed=server.crash,
            ),
            server.sessions,
            self.clock,
            urandom(32),
            lambda error: self._commit_failed(engine, store, thread, error),
            attention=self.attention,
        )
        self._diary.begin(state.now, state.up)
        late = self.attention.look() - state.up
        if late > GAP:
            engine.submit(Resumed(late))  # nobody was listened to while so much was read
        engine.submit(Booted())
        server.attach(engine)

    def _announce(self) -> None:
        for listener in self.listeners:
            print(f"listening on {spell(address_of(listener))}", file=self.out, flush=True)
        if self.http is not None:
            for address in self.http.addresses:
                print(f"health and metrics on http://{spell(address)}", file=self.out, flush=True)
        self.supervisor.ready()
        _log.info("broker_started", node=self.config.server.node)

    def _commit_failed(
        self, engine: Engine, store: Store, thread: StoreThread, error: BaseException
    ) -> None:
        """Have the input found whose row was refused; without one the store is lost."""
        if not isinstance(error, RowRefusedError):
            self._store_failed(engine, error)
            return

        def found(outcome: tuple[State, int] | BaseException) -> None:
            if self.server.engine is not engine:
                return
            if isinstance(outcome, BaseException):
                self._store_failed(engine, outcome)
                return
            self.server.sessions.counters.rows_refused += 1
            _log.error("row_refused", reason=str(error))
            too_often = self._strikes.strike(
                self._party_of(engine, outcome[1]), trio.current_time()
            )
            try:
                engine.resume(*outcome, too_often=too_often)
            except Exception as crash:  # noqa: BLE001 - a callback has nobody to raise to
                self.server.crash(crash)
            self.server.on_progress()

        thread.ask(lambda: self._without_refused(engine, store, error), found)

    def _party_of(self, engine: Engine, number: int) -> object:
        """Who sent an input of the failed batch: by token, or else by connection."""
        session = engine.sender(number) or 0
        joined = engine.presence.sessions.get(session)
        if joined is not None:  # perhaps it has hung up since
            return party_of(joined.agent, joined.gateways) or session
        client = self.server.sessions.clients.get(session)
        return session if client is None or client.party is None else client.party

    def _without_refused(
        self, engine: Engine, store: Store, error: RowRefusedError
    ) -> tuple[State, int]:
        """The state of the last commit, and which input of the batch is to be refused."""
        number = store.find_refused(engine.parts)
        if number is None or not engine.may_refuse(number):
            raise error
        now, presence = engine.state.now, engine.presence
        recovered = store.recover(presence.config, now)
        return roll_back(engine.state, presence, recovered, now), number

    def _store_failed(self, engine: Engine, error: BaseException) -> None:
        engine.give_up()
        self._lost = error
        self._event.set()

    def _goes_on(self) -> bool:
        """After a failed commit: tells everybody, and whether to try again."""
        counters = self.server.sessions.counters
        counters.losses += 1
        _log.error("commit_failed", error=str(self._lost))
        text = "the store failed; what was not acknowledged is to be sent again"
        self.server.detach(ByeCode.STORE_UNAVAILABLE, text, RECONNECT_AFTER)
        now = trio.current_time()
        too_often = len(self._losses) == LOSSES and now - self._losses[0] < LOSS_WINDOW
        self._losses.append(now)
        if too_often:
            _log.error("store_lost", error="it failed again and again")
        return not too_often

    async def _drain(self) -> ExitStatus:
        self.supervisor.stopping()
        self._diary.close()
        _log.info("drain_started", connections=len(self.server.sessions.clients))
        cut = await self._tasks.drain(self.config.server.drain / 1_000_000)
        _log.info("broker_stopped", cut=cut)
        return ExitStatus.DRAINED if self._lost is None else ExitStatus.STORE_LOST


def log_warnings(loaded: Loaded) -> None:
    """Say in the log what somebody should know about a good configuration."""
    for warning in loaded.warnings:
        _log.warning("configuration_doubted", finding=str(warning))


def _refused(faults: list[str]) -> bool:
    for fault in faults:
        _log.error("configuration_fault", finding=fault)
    _log.error("reload_refused", faults=len(faults))
    return False
