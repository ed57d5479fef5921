"""The composition root: builds the broker of its parts, keeps it alive, ends it (C-4, B-12).

Theory of operation: a process has one listening socket and one configuration at a time; it has
lives. A life begins by reading the state from the store and ends with a drain, or when a commit
fails: then everybody is sent away, the state is thrown away, and the next life begins from what
the store has. Starting and recovering are the same code.
"""

from __future__ import annotations

import gc
import resource
import signal
import socket
import ssl
import sys
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, closing
from enum import IntEnum
from functools import partial
from os import PathLike, fspath, urandom
from typing import Any, Final, TextIO

import structlog
import trio
from attrs import Factory, define, field

from broker.config.check import listing
from broker.config.findings import ConfigFault
from broker.config.load import Loaded, load
from broker.config.merge import merge, restart_needed
from broker.config.model import Config
from broker.core.broker import restore
from broker.core.inputs import Booted, Reloaded
from broker.core.state import State
from broker.shell.clock import Clock
from broker.shell.engine import Engine
from broker.shell.gate import Gate, SlowChecks
from broker.shell.http import Asker, HttpServer
from broker.shell.logs import LogFormat, configure_logs
from broker.shell.metered import MeteredCommitter
from broker.shell.server import Server
from broker.shell.sessions import Sessions
from broker.shell.snapshot import take
from broker.shell.sockets import Sockets, address_of, listening_socket
from broker.shell.tls import server_context
from broker.store.errors import StoreError
from broker.store.store import Store
from broker.store.thread import SWITCH_INTERVAL, StoreThread
from protocol.errors import ByeCode

LOSSES: Final = 3
LOSS_WINDOW: Final = 60.0
"""So many lost stores in so many seconds end the process; a supervisor may know better."""
RECONNECT_AFTER: Final = 1
"""What clients are told, in seconds, when the store was lost."""
LAST_WORDS: Final = 1.0
"""Seconds for saying good-bye when there is no store any more."""
GC_THRESHOLDS: Final = (50_000, 20, 100)

_log: Any = structlog.get_logger()


class ExitStatus(IntEnum):
    """How `parley serve` ends."""

    DRAINED = 0
    NOT_STARTED = 1
    FAULTY_CONFIG = 2
    STORE_LOST = 3


OpenStore = Callable[[str], Store]


@define(kw_only=True)
class Broker:
    """One broker process, but for its signals and its command line.

    Attributes:
        path: The configuration file, read again by `reload`.
        config: The configuration in force.
        listener: The listening socket.
        http: The server of health and metrics, bound and not started.
        tls: How connections are encrypted; None: not at all.
        open_store: Opens the database.
        clock: Microseconds since the Unix epoch.
        out: Where people and scripts read that the broker is ready.
    """

    path: str | PathLike[str]
    config: Config
    listener: socket.socket
    http: HttpServer | None = None
    tls: ssl.SSLContext | None = None
    open_store: OpenStore = Store.open
    clock: Callable[[], int] = Factory(Clock)
    out: TextIO = Factory(lambda: sys.stdout)
    server: Server = field(init=False)
    _event: trio.Event = field(factory=trio.Event, init=False)
    _stopping: bool = field(default=False, init=False)
    _lost: BaseException | None = field(default=None, init=False)
    _losses: deque[float] = field(factory=lambda: deque(maxlen=LOSSES), init=False)

    def __attrs_post_init__(self) -> None:
        """Put the parts together."""
        sessions = Sessions(
            limits=self.config.limits,
            checks=SlowChecks(Gate(self.config)),
            sockets=Sockets(),
            now=trio.current_time,
            stirred=lambda: self.server.wake(),
        )
        self.server = Server(
            sessions=sessions,
            config=self.config,
            clock=self.clock,
            listener=self.listener,
            tls=self.tls,
        )

    async def run(
        self, task_status: trio.TaskStatus[tuple[str, int]] = trio.TASK_STATUS_IGNORED
    ) -> ExitStatus:
        """Serve until `stop`, or until the store is lost for good."""
        with closing(self.server):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.server.run)
                status = await self._live(task_status)
                nursery.cancel_scope.cancel()
        return status

    def stop(self) -> None:
        """End in good order; when that is under way already, end at once."""
        if self._stopping:
            self.server.hurry()
        self._stopping = True
        self._event.set()

    async def reload(self) -> bool:
        """Read the configuration again; a faulty one changes nothing."""
        try:
            loaded = await trio.to_thread.run_sync(load, self.path)
            tls = tls_of(self.config)
        except ConfigFault as fault:
            _log.error("reload_refused", faults=[str(found) for found in fault.faults])
            return False
        except OSError as error:
            _log.error("reload_refused", faults=[f"TLS: {error}"])
            return False
        for name in restart_needed(self.config, loaded.config):
            _log.warning("setting_ignored", member=name, reason="takes effect at the next start")
        _log_warnings(loaded)
        self.config = merge(self.config, loaded.config)
        self.server.replace(self.config, tls)
        if self.server.engine is not None:
            self.server.engine.submit(Reloaded(self.config))
            self.server.wake()
        _log.info("configuration_reloaded", file=fspath(self.path))
        return True

    async def _live(self, task_status: trio.TaskStatus[tuple[str, int]]) -> ExitStatus:
        told = False
        while True:
            try:
                store, state = await trio.to_thread.run_sync(self._recover)
            except StoreError as error:
                _log.error("store_lost", error=str(error))
                await self.server.drain(LAST_WORDS)
                return ExitStatus.STORE_LOST
            thread = StoreThread(store)
            thread.start()
            try:
                self._attach(state, thread)
                if not told:
                    told = True
                    self._announce()
                    task_status.started(address_of(self.listener))
                await self._event.wait()
                if self._stopping:
                    return await self._drain()
                if not self._goes_on():
                    await self.server.drain(LAST_WORDS)
                    return ExitStatus.STORE_LOST
            finally:
                with trio.CancelScope(shield=True):
                    await thread.aclose()
                    await trio.to_thread.run_sync(store.close)

    def _recover(self) -> tuple[Store, State]:
        store = self.open_store(self.config.store_url)
        try:
            now = self.clock()
            return store, restore(self.config, store.recover(self.config, now), now)
        except BaseException:
            store.close()
            raise

    def _attach(self, state: State, thread: StoreThread) -> None:
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
                stirred=server.stirred,
                crashed=server.crash,
            ),
            server.sessions,
            self.clock,
            urandom(32),
            self._store_failed,
        )
        engine.submit(Booted())
        server.attach(engine)

    def _announce(self) -> None:
        print(f"listening on {spell(address_of(self.listener))}", file=self.out, flush=True)
        if self.http is not None:
            self.http.start(Asker(partial(take, self.server), trio.lowlevel.current_trio_token()))
            where = spell(self.http.address)
            print(f"health and metrics on http://{where}", file=self.out, flush=True)
        _log.info("broker_started", node=self.config.server.node)

    def _store_failed(self, error: BaseException) -> None:
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
        _log.info("drain_started", connections=len(self.server.sessions.links))
        cut = await self.server.drain(self.config.server.drain / 1_000_000)
        _log.info("broker_stopped", cut=cut)
        return ExitStatus.DRAINED if self._lost is None else ExitStatus.STORE_LOST


def serve(path: str, log_format: LogFormat = LogFormat.AUTO, *, quiet: bool = False) -> ExitStatus:
    """Run a broker until a signal ends it; what `parley serve` does."""
    configure_logs(log_format, quiet=quiet)
    try:
        loaded = load(path)
    except ConfigFault as fault:
        sys.stderr.write(listing(fault.faults, fault.warnings))
        sys.stderr.write(f"parley serve: {path} is faulty; nothing was started\n")
        return ExitStatus.FAULTY_CONFIG
    _log_warnings(loaded)
    config = loaded.config
    with ExitStack() as held:
        try:
            tls = tls_of(config)
            listener = held.enter_context(bound("server.listen", config.server.listen))
            http = None
            if config.server.http is not None:
                http = bound_http("server.http", config.server.http)
                held.callback(http.close)
        except OSError as error:
            sys.stderr.write(f"parley serve: {error.strerror or error}\n")
            return ExitStatus.NOT_STARTED
        _prepare_process()
        broker = Broker(path=path, config=config, listener=listener, http=http, tls=tls)
        return trio.run(_run_with_signals, broker)


async def _run_with_signals(broker: Broker) -> ExitStatus:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT, signal.SIGHUP) as signals:

        async def obey() -> None:
            async for number in signals:
                if number == signal.SIGHUP:
                    await broker.reload()
                else:
                    broker.stop()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(obey)
            status = await broker.run()
            nursery.cancel_scope.cancel()
    return status


def tls_of(config: Config) -> ssl.SSLContext | None:
    """How the configuration wants connections encrypted.

    Raises:
        OSError: A certificate or key cannot be used.
    """
    server = config.server
    if server.tls_cert is None:
        return None
    try:
        return server_context(server.tls_cert, server.tls_key, server.tls_client_ca)
    except ssl.SSLError as error:
        raise OSError(error.errno, f"server.tls_cert: {error.reason or error}") from error


def bound(member: str, address: tuple[str, int]) -> socket.socket:
    """Listen where a member of the configuration says.

    Raises:
        OSError: That is not possible; the text says why.
    """
    try:
        return listening_socket(address)
    except OSError as error:
        raise _not_bound(member, address, error) from error


def bound_http(member: str, address: tuple[str, int]) -> HttpServer:
    """The same for health and metrics."""
    try:
        return HttpServer.bind(address)
    except OSError as error:
        raise _not_bound(member, address, error) from error


def _not_bound(member: str, address: tuple[str, int], error: OSError) -> OSError:
    return OSError(
        error.errno, f"cannot listen on {spell(address)} ({member}): {error.strerror or error}"
    )


def spell(address: tuple[str, int]) -> str:
    """An address as people write it."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _log_warnings(loaded: Loaded) -> None:
    for warning in loaded.warnings:
        _log.warning("configuration_doubted", finding=str(warning))


def _prepare_process() -> None:
    """Settings of the process that a broker is better off with."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    # What is loaded at the start stays, and neither what grows later (transcripts) nor what is
    # refused makes cycles (tests count them): the collector need not look again and again.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
