"""The store's thread in the simulated world: commits that take their time, and what strikes them.

As in life (`broker.store.thread`), few facts are committed at once while the disk is quick and nothing else
is under way; but what is to be struck by a fault goes to the thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from attrs import define, field

from broker.checker.history import History, Kind
from broker.config.model import SECOND
from broker.core.effects import StoredKey
from broker.core.facts import Fact, SentenceStored
from broker.simulation.disk import Disk
from broker.simulation.facts import summary
from broker.simulation.faults import Faults, Window
from broker.simulation.rng import Rng
from broker.simulation.standstill import Standstill
from broker.simulation.witness import WatchedEngine
from broker.simulation.world import MS, World
from broker.store import RowRefusedError, StoreError
from broker.store.pace import Pace

_OF_COMMITS = (
    Window.COMMIT_LOST,
    Window.COMMIT_KEPT,
    Window.COMMIT_FAILS,
    Window.COMMIT_UNKNOWN,
)


class StoreFailed(Exception):
    """The simulated store did not do what it was asked, or did and did not say so."""


class Machine(Protocol):
    """As much of the host as a commit needs."""

    world: World
    history: History
    disk: Disk
    faults: Faults

    def crash(self, window: Window) -> None:
        """Kill the process."""


class Process(Protocol):
    """As much of a life as a commit needs."""

    dead: bool
    engine: WatchedEngine | None

    def commit_delay(self) -> int:
        """How long the next commit takes."""

    def broken(self, law: str, text: str) -> None:
        """Something happened that never should."""

    def guarded(self, go_on: Callable[[], None]) -> None:
        """Let the engine go on."""

    def went_on(self, tell: Callable[[], None]) -> None:
        """Tell the engine what its store did, and the server that the engine went on."""


@define(eq=False, repr=False)
class Committer:
    """The store's thread: commits take their time, and meet faults in every window."""

    life: Process
    host: Machine
    rng: Rng
    standstill: Standstill
    _pace: Pace = field(factory=Pace, init=False)
    _under_way: int = field(default=0, init=False)
    _begun: int | None = field(default=None, init=False)
    _before: int | None = field(default=None, init=False)
    """When the commit before began, if one that runs followed at once, with what was decided meanwhile."""

    @property
    def undurable(self) -> int:
        """Since when what was decided may not be durable."""
        return self._before or self._begun or self.host.world.now

    def commit(self, facts: list[Fact], done: Callable[[BaseException | None], None]) -> None:
        """Store the facts: at once while commits are quick, or later."""
        takes = self.life.commit_delay()
        at_once = self._pace.takes(len(facts), self._under_way) and not self._is_struck()
        self._pace.note(len(facts), takes / SECOND)
        if at_once:
            if not self.life.dead:
                done(self._store(facts))
            return
        self._under_way += 1
        self._begun = self.host.world.now
        self.host.world.after(takes, lambda: self._commit(facts, done))

    def read(
        self,
        keys: Sequence[StoredKey],
        done: Callable[[dict[StoredKey, object] | BaseException], None],
    ) -> None:
        """Read what frames lack, a little later."""

        def tell() -> None:
            if not self.standstill.holds(tell) and not self.life.dead:
                found = self.host.disk.store.read(keys)
                self.life.guarded(lambda: self.life.went_on(lambda: done(found)))

        self.host.world.after(self.rng.between(0, MS), tell)

    def _is_struck(self) -> bool:
        strikes = (*_OF_COMMITS, Window.ROW_REFUSED)
        return any(window in self.host.faults.armed for window in strikes)

    def _store(self, facts: list[Fact]) -> Exception | None:
        host, life = self.host, self.life
        try:
            host.disk.store.commit(facts)
        except RowRefusedError as refused:
            if not any(host.disk.refuses(fact) for fact in facts):
                life.broken("I-10", f"the store refused a batch: {refused}")
            return refused
        except StoreError as refused:
            # No fault was planned: a constraint of the schema caught what should not be.
            life.broken("I-10", f"the store refused a batch: {refused}")
            return refused
        host.history.add(host.world.now, Kind.COMMITTED, facts=summary(facts))
        return None

    def _commit(self, facts: list[Fact], done: Callable[[BaseException | None], None]) -> None:
        life, host = self.life, self.host
        stands = self.standstill.holds(lambda: self._commit(facts, done))
        if stands or life.dead or life.engine is None:
            return
        met = host.faults.met(*_OF_COMMITS)
        if met is Window.COMMIT_LOST:
            host.crash(met)
            return
        self._poison(facts)
        error: Exception | None = None
        if met is not Window.COMMIT_FAILS:
            error = self._store(facts)
        if met is Window.COMMIT_KEPT:
            host.crash(met)
            return
        if met is not None:
            host.history.add(host.world.now, Kind.FAULT, what=met.value)
            error = StoreFailed(met.value)
        engine = life.engine

        def tell() -> None:
            if self.standstill.holds(tell):
                return
            self._under_way -= 1
            if not life.dead and life.engine is engine:
                if error is None:
                    self._before, self._begun = self._begun, None
                life.guarded(lambda: life.went_on(lambda: done(error)))
                if self._begun is None:
                    self._before = None

        host.world.after(self.rng.between(0, MS), tell)

    def _poison(self, facts: list[Fact]) -> None:
        """Have the database refuse a sentence of this batch, if it is time and others are with it."""
        host, engine = self.host, self.life.engine
        said = [
            fact.words.id
            for fact in facts
            if isinstance(fact, SentenceStored) and not (fact.words.own or host.disk.refuses(fact))
        ]
        if engine is None or engine.unreleased < 2:
            return
        if said and host.faults.met(Window.ROW_REFUSED):
            host.disk.refuse(self.rng.choose(said))
            host.history.add(host.world.now, Kind.FAULT, what=Window.ROW_REFUSED.value)
