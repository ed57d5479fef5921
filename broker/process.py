"""The process around a broker: its signals, its output, its limits (`parley serve`)."""

from __future__ import annotations

import atexit
import gc
import os
import resource
import shlex
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
import trio

from broker.app import Broker, ExitStatus, log_warnings
from broker.config.check import listing
from broker.config.context import Judge
from broker.config.diagnostics import ConfigFault
from broker.config.load import Loaded, load
from broker.shell.listening import bound, tls_of
from broker.shell.logs import LogFormat, configure_logs
from broker.shell.output import QueuedStream, drain_all, occupy_standard_descriptors
from broker.shell.service_manager import Supervisor
from broker.signals import HEEDED, HELD
from broker.store.errors import StoreGoneError
from broker.store.store import Store
from broker.store.thread import SWITCH_INTERVAL

if TYPE_CHECKING:
    from broker.companion import Companion
    from broker.shell.http import HttpServer

GC_THRESHOLDS: Final = (50_000, 20, 100)


def serve(
    path: str,
    log_format: LogFormat = LogFormat.AUTO,
    *,
    quiet: bool = False,
    new: bool = False,
    judges: Mapping[str, Judge] | None = None,
) -> ExitStatus:
    """Run a broker until a signal ends it; what `parley serve` does.

    Args:
        path: The configuration.
        log_format: How the log looks.
        quiet: Whether only warnings and errors are logged.
        new: Whether to begin with an empty database though there was one.
        judges: Who knows the sections of other programs; each of these runs beside the broker.
    """
    errors = _queue_output()
    configure_logs(log_format, quiet=quiet)
    errors.resumed = _tell_of_gap
    try:
        loaded = load(
            path, patience=None, judges=judges
        )  # who feeds it may be a person with a password
    except ConfigFault as fault:
        errors.write(listing(fault.faults, fault.warnings))
        errors.write(f"parley serve: {path} is faulty; nothing was started\n")
        return ExitStatus.FAULTY_CONFIG
    log_warnings(loaded)
    config = loaded.config
    with ExitStack() as held:
        try:
            tls = tls_of(config)
            listeners = held.enter_context(bound("server.listen", config.server.listen))
            doors = held.enter_context(bound("server.http", config.server.http))
        except OSError as error:
            errors.write(f"parley serve: {error.strerror or error}\n")
            return ExitStatus.NOT_STARTED
        http = _http_on(doors) if doors else None
        if http is not None:
            held.callback(http.close)
        _prepare_process()
        supervisor = Supervisor.of(os.environ)
        broker = Broker(
            path=path if loaded.lasting else None,
            config=config,
            listeners=listeners,
            http=http,
            tls=tls,
            open_store=partial(_open_store, supervisor),
            new=new,
            supervisor=supervisor,
            log_dropped=lambda: errors.dropped,
        )
        HELD.keep_all()
        beside = _beside(path, loaded, log_format, quiet=quiet)
        return trio.run(_run_with_signals, broker, beside)


def _beside(
    path: str, loaded: Loaded, log_format: LogFormat, *, quiet: bool
) -> tuple[Companion, ...]:
    """The programs that have a section in the file."""
    if not loaded.beside:
        return ()
    # As with HTTP: who has nobody beside them loads nothing for it.
    from broker.companion import Companion

    if not loaded.lasting:
        log: Any = structlog.get_logger()
        log.warning("companions_left_out", names=loaded.beside, why="the file cannot be read twice")
        return ()
    as_text = log_format.as_text
    options = ["--guarded", "--log-format", "text" if as_text else "json"]
    options += ["--quiet"] if quiet else []
    return tuple(Companion(name, (name, path, *options)) for name in loaded.beside)


def _http_on(doors: Sequence[socket.socket]) -> HttpServer:
    # Loading the libraries of HTTP and metrics takes time and memory that a broker without them saves.
    from broker.shell.http import HttpServer

    return HttpServer.on(doors)


def _open_store(supervisor: Supervisor, url: str, *, create: bool, new: bool) -> Store:
    """Open the database; of one that is gone it is told how this very command begins anew."""
    try:
        return Store.open(url, create=create, new=new, around=partial(_upgrade, supervisor))
    except StoreGoneError as error:
        again = shlex.join([*sys.argv, "--new"])
        way = f"put it back, or begin with an empty one: {again}"
        raise StoreGoneError(f"{error}; {way}") from error


@contextmanager
def _upgrade(supervisor: Supervisor, before: str, after: str) -> Iterator[None]:
    """Say that an upgrade of the store begins, and once it is in the store, how long it took."""
    log: Any = structlog.get_logger()
    log.info("upgrade_started", schema=before, to_schema=after, note="this may take minutes")
    supervisor.upgrading(before, after)
    began = time.monotonic()
    yield
    log.info("upgrade_done", schema=after, seconds=round(time.monotonic() - began, 1))


class _Readiness(trio.TaskStatus[Any]):
    """What a broker says once it serves."""

    def __init__(self) -> None:
        self.event = trio.Event()

    def started(self, value: object = None) -> None:
        """The broker serves."""
        self.event.set()


async def _run_with_signals(broker: Broker, beside: Sequence[Companion]) -> ExitStatus:
    ready = _Readiness()

    def obey(number: int) -> None:
        if number == signal.SIGHUP:
            broker.want_reload()
            for companion in beside:
                companion.reload()
        else:
            broker.stop()
            for companion in beside:
                companion.stop()

    with trio.open_signal_receiver(*HEEDED) as signals:

        async def heed() -> None:
            for kept in HELD.taken():
                obey(kept)
            async for number in signals:
                obey(number)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(heed)
            for companion in beside:
                nursery.start_soon(companion.run, ready.event)
            status = await broker.run(ready)
            for companion in beside:
                await companion.ended()
            nursery.cancel_scope.cancel()
    return status


def _queue_output() -> QueuedStream:
    """Have nobody in this process wait for standard output or error; the latter is returned.

    Tracebacks and warnings of Python go the same way, for they can block as well.
    """
    occupy_standard_descriptors()
    out, errors = QueuedStream(1), QueuedStream(2)
    sys.stdout, sys.stderr = out, errors
    atexit.register(drain_all, (out, errors))
    return errors


def _tell_of_gap(lost: int) -> None:
    log: Any = structlog.get_logger()
    log.warning("log_lines_dropped", lines=lost)


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
    gc.enable()
