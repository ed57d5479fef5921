"""The broker's core as it runs, without a process: a state, a clock that is set, a store in memory.

Every step is followed by the core's own laws (`invariants.check`), and what is durable is committed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache

from attrs import evolve

from broker.config.load import loads
from broker.config.model import SECOND, Config
from broker.core.broker import restore, step
from broker.core.effects import Deferred, Effect, Recall, Send
from broker.core.facts import Fact
from broker.core.inputs import Booted, Input, Resumed, Stamp, TimePassed
from broker.core.invariants import check, durable, overbooked
from broker.core.state import State
from tests.support.memory_store import memory_store

START = 1_790_000_000 * SECOND


@cache
def read_config(text: str) -> Config:
    """Read a configuration; the same text is read once."""
    return loads(text, path="play.toml").config


class CoreInMemory(ABC):
    """The core with a real store behind it; who derives from it says where effects go."""

    def __init__(self, config: str) -> None:
        self.config = read_config(config)
        self.store = memory_store()
        self.store.begin_life(START)
        self.now = START
        self.ahead = 0
        self.seq = 0
        self.facts: list[Fact] = []
        self.state: State = restore(self.config, self.store.recover(self.config, self.now), START)
        self.put(Booted())

    def whole(self, effect: Effect) -> Effect:
        """Fill in what only the store has, as the engine does."""
        if isinstance(effect, Send) and isinstance(effect.payload, Deferred):
            found = self.store.read(effect.payload.wants)
            return evolve(effect, payload=effect.payload.filled(found))
        return effect

    @abstractmethod
    def release(self, effect: Effect) -> None:
        """Carry out an effect; everything before it is durable."""

    def put(self, input: Input) -> None:
        """Step one input and share out what it brings."""
        self.seq += 1
        facts, effects = step(self.state, Stamp(self.wall, self.seq, b"play", self.now), input)
        self.facts += facts
        stored = [fact for fact in facts if fact.durable]
        if stored:
            self.store.commit(stored)
        assert check(self.state) == []
        assert overbooked(self.state) == []
        for effect in effects:
            if isinstance(effect, Recall):
                self.put(effect.again(self.store.read([effect.key])[effect.key]))
            else:
                self.release(self.whole(effect))

    def wait(self, seconds: float) -> None:
        """Let time pass; every timer fires at its own moment."""
        end = self.now + round(seconds * SECOND)
        while (due := self.state.timers.due) is not None and due <= end:
            self.now = max(self.now, due)
            self.put(TimePassed())
        self.now = end

    @property
    def wall(self) -> int:
        """The time of day; `now` is the clock that deadlines hang on."""
        return self.now + self.ahead

    def set_clock(self, seconds: float) -> None:
        """Somebody sets the system's clock, forward or back."""
        self.store.note_life(self.wall)
        self.ahead += round(seconds * SECOND)
        self.store.note_life(self.wall, since=self.wall)

    def freeze(self, seconds: float) -> None:
        """Nobody listens for a while."""
        self.set_clock(seconds)
        self.put(Resumed(round(seconds * SECOND)))

    def restart(self) -> None:
        """The process ends at once and starts again from what the store has."""
        self.store.note_life(self.wall)
        recovered = self.store.recover(self.config, self.wall)
        self.state = restore(self.config, recovered, self.wall, self.now)
        self.put(Booted())

    def check_store(self) -> None:
        """What the store gives back is what the core holds (I-10)."""
        self.store.note_life(self.wall)
        recovered = self.store.recover(self.config, self.wall)
        assert durable(restore(self.config, recovered, self.wall)) == durable(self.state)
