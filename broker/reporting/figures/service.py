"""The service without its HTTP: it follows the store, and keeps what it shows until the next look.

Theory of operation: a look is taken in a thread, on time; what it brought is folded by the loop, so nobody
is shown half of it. Whoever is pushed to waits for the next look and compares what is shown then with what
was told, so a slow reader gets fewer changes and never old ones, and nothing is kept for anybody.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from typing import Any, Final

import anyio
import anyio.to_thread
import structlog
from anyio.abc import TaskGroup
from attrs import define, field, frozen

from broker.config.figures import Figures
from broker.config.model import Config
from broker.reporting.figures import models
from broker.reporting.figures.bearers import Bearers
from broker.reporting.figures.following import Follower, Look
from broker.reporting.figures.state import Targets
from broker.reporting.figures.sums import Asked
from broker.reporting.figures.tallies import Terms
from broker.reporting.figures.views import Names, View
from broker.reporting.source import Session, SourceError
from protocol.rest import plain

OLDEST: Final = 2_000_000
"""Figures that are older are not what the service promises."""
_log: Any = structlog.get_logger()


@frozen
class Shown:
    """What somebody is shown.

    Attributes:
        live: As a model.
        body: As JSON.
        etag: Another one for other figures; when these were looked at does not matter.
    """

    live: models.LiveFigures
    body: bytes
    etag: str


@define
class Counts:
    """What is measured."""

    looks: int = 0
    failures: int = 0
    entries: int = 0
    look_seconds: float = 0.0
    streams: int = 0
    requests: dict[tuple[str, int], int] = field(factory=dict)


def targets_of(figures: Figures) -> Targets:
    """How contacts are counted."""
    short = figures.short_abandon or -1
    by_project = {str(key): Terms(time, short) for key, time in figures.thresholds.items()}
    return Targets(Terms(figures.threshold, short), by_project)


@define(eq=False)
class Service:
    """The service.

    Attributes:
        session: The store.
        config: The configuration.
        figures: Its section.
        wall: The time now, in microseconds.
    """

    session: Session
    config: Config
    figures: Figures
    wall: Callable[[], int] = lambda: time.time_ns() // 1_000
    follower: Follower = field(init=False)
    bearers: Bearers = field(init=False)
    names: Names = field(init=False)
    fault: str | None = field(init=False, default=None)
    counts: Counts = field(init=False, factory=Counts)
    is_ending: bool = field(init=False, default=False)
    _next: anyio.Event = field(init=False, factory=anyio.Event)
    _shown: dict[Asked, Shown] = field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        self.bearers = Bearers(self.figures.tokens, time.monotonic)
        self.names = Names(self.config)
        self.follower = Follower(targets_of(self.figures), self.figures.zone)

    # --- following

    async def run(self) -> None:
        """Follow the store for ever."""
        while not self.is_ending:
            began = anyio.current_time()
            await self.look()
            took = anyio.current_time() - began
            await anyio.sleep(max(0.0, self.figures.every / 1e6 - took))

    async def look(self) -> None:
        """See what is new, and show it."""
        follower, began = self.follower, time.perf_counter()
        try:
            found = await anyio.to_thread.run_sync(self._read, follower)
        except SourceError as error:
            self.counts.failures += 1
            if self.fault is None:
                _log.error("store_not_read", why=str(error))
            self.fault = str(error)
            return
        finally:
            self.counts.look_seconds += time.perf_counter() - began
        if self.fault is not None:
            _log.info("store_read_again")
        if follower is not self.follower:  # the configuration was read anew meanwhile
            return
        self.fault = None
        self.counts.looks += 1
        self.counts.entries += len(found.batch.entries)
        if found.state is not None and follower.state is not None:
            _log.info("folded_anew", entries=len(found.batch.entries))
        follower.take(found)
        self._turn()

    def _read(self, follower: Follower) -> Look:
        with self.session.reading() as connection:
            return follower.look(connection, self.wall())

    def _turn(self) -> None:
        """There is something else to show from now on."""
        self._shown = {}
        self._next.set()
        self._next = anyio.Event()

    async def next(self) -> None:
        """Wait for what the next look brings, or for the end."""
        await self._next.wait()

    def end(self) -> None:
        """Push to nobody any more."""
        self.is_ending = True
        self._turn()

    # --- showing

    @property
    def age(self) -> int | None:
        """How old the figures are, in microseconds; None before there are any."""
        return None if self.follower.state is None else max(0, self.wall() - self.follower.at)

    @property
    def is_ready(self) -> bool:
        """Whether there are figures, and they are as new as they should be."""
        return self.age is not None and self.age <= OLDEST

    def view(self, asked: Asked) -> View:
        """What somebody may see."""
        return View(self.follower, self.names, asked)

    def shown(self, asked: Asked) -> Shown:
        """What somebody is shown who asks for it; it is made once for a look."""
        found = self._shown.get(asked)
        if found is None:
            live = self.view(asked).live()
            content = plain(live)
            same = json.dumps([content["DayUtc"], content["Groups"], content["Agents"]])
            etag = f'"{hashlib.sha256(same.encode()).hexdigest()[:24]}"'
            body = json.dumps(content, ensure_ascii=False).encode()
            found = self._shown[asked] = Shown(live, body, etag)
        return found

    # --- the configuration

    def renew(self, config: Config, figures: Figures) -> None:
        """Go on with another configuration; where it listens stays."""
        recount = (targets_of(figures), figures.zone) != (
            *(self.follower.targets, self.follower.zone),
        )
        self.config, self.figures, self.names = config, figures, Names(config)
        self.bearers.renew(figures.tokens)
        if recount:
            self.follower = Follower(targets_of(figures), figures.zone)
        else:
            self._turn()

    def start(self, tasks: TaskGroup) -> None:
        """Begin to follow."""
        tasks.start_soon(self.run)
