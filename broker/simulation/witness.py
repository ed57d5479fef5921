"""The broker's own engine with a witness: its laws are checked at every step, its life replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from attrs import define

from broker.checker.history import History, Kind
from broker.config.model import Config
from broker.core.broker import has_follow_ups, restore, step
from broker.core.effects import Effect
from broker.core.facts import Fact
from broker.core.facts.messages import MessageMoved
from broker.core.heard import SEEN_EVERY
from broker.core.inputs import Booted, FrameArrived, Input, Resumed, Stamp
from broker.core.invariants import check, durable, overbooked
from broker.core.messages.apply import retention
from broker.core.rollback import roll_back
from broker.core.state import State
from broker.shell.engine import Engine
from broker.shell.questions import QUESTIONS
from broker.simulation.world import World
from broker.store import Store
from protocol.values import ChatStatus, Guid

UNSURE = 2 * SEEN_EVERY
"""By so much the store may have a closed conversation for older or younger than it is."""
AMPLE = 1_000
CHECK_EVERY = 4
"""Steps from one check of the whole state to the next."""


@define
class _Step:
    """What one step was given and what came of it."""

    stamp: Stamp
    input: Input
    facts: list[Fact]
    effects: list[Effect]


class WatchedEngine(Engine):
    """The engine, with a memory of its steps."""

    history: History
    world: World
    _steps: list[_Step]

    def witness(
        self,
        history: History,
        world: World,
        origin: Callable[[], State],
        moment: Callable[[], int],
    ) -> None:
        """Begin to watch.

        Args:
            history: Where it is told.
            world: The world.
            origin: Makes a second copy of the state that the engine begins with.
            moment: Says when it is, on the clock of the history.
        """
        self.history, self.world, self._moment = history, world, moment
        self._origin = origin
        self._lag: int | None = None
        self._steps = []
        self._reported = False
        self._booted = False

    def _step(self, batch: object, now: int, up: int, input: Input) -> None:
        facts, effects = batch.facts, batch.effects  # type: ignore[attr-defined]  # a private class
        before = (len(facts), len(effects))
        owed = has_follow_ups(
            self.state
        )  # by whoever built the state; the first input takes them along
        self._note_time(now, input)
        super()._step(batch, now, up, input)  # type: ignore[arg-type]  # a private class
        changed = [f for f in facts[before[0] :] if not isinstance(f, MessageMoved)]
        if changed and _is_question(input) and not owed:
            text = f"{input} is dropped when its session goes, and changed something"
            self.history.add(self.world.now, Kind.BROKEN, law="I-1", text=text)
        stamp = Stamp(now, self._seq, self._seed, up)
        self._steps.append(_Step(stamp, input, facts[before[0] :], effects[before[1] :]))
        self._booted = self._booted or isinstance(input, Booted)
        if self._booted and self._seq % CHECK_EVERY == 0:
            self.inspect()

    def make_dear(self, cost: int) -> None:
        """Set what is dear and what is long: a simulated transcript is shorter than one in life."""
        self._dear, self.inbox.turn = cost, 4 * cost
        self.inbox.many = cost
        self.state.transcripts.long = cost // 5

    def _note_time(self, now: int, input: Input) -> None:
        """Tell the checker what its clock is to the broker's, and when the broker did not listen."""
        if now - self._moment() != self._lag:
            self._lag = now - self._moment()
            self.history.add(self.world.now, Kind.CLOCK, core=now, lag=self._lag)
        if isinstance(input, Resumed):
            self.history.add(self.world.now, Kind.RESUMED, deaf=input.deaf)

    def inspect(self) -> None:
        """Check the laws of the state; the first breach of a life is told."""
        if self._reported:
            return
        for text in check(self.state):
            self._reported = True
            law, _, rest = text.partition(": ")
            self.history.add(self.world.now, Kind.BROKEN, law=law, text=rest)

    def end(self) -> None:
        """Step everything again from the beginning and compare (I-17)."""
        state = self._origin()
        for number, one in enumerate(self._steps):
            facts, effects = step(state, one.stamp, one.input)
            kept = [fact for fact in facts if fact.durable]
            if kept != one.facts or effects != one.effects:
                text = f"step {number}, {one.input}: {_first_difference(one, kept, effects)}"
                self.history.add(self.world.now, Kind.REPLAYED, same=False, difference=text)
                return
        self.history.add(self.world.now, Kind.REPLAYED, same=True)

    def compare(self, store: Store, config: Config) -> None:
        """Compare memory and store (I-10); the engine is idle."""
        now = self.state.now
        restored = restore(config, store.recover(config, now), now)
        live, stored = durable(self.state), durable(restored)
        rolled = roll_back(self.state, self.presence, store.recover(self.state.config, now), now)
        for text in _leave_out_ended(self.state, restored, live, stored):
            self.history.add(self.world.now, Kind.RESTORED, same=False, difference=text)
        for one, other in ((live, stored), (_present(self.state), _present(rolled))):
            difference = "" if one == other else _difference(one, other)
            self.history.add(
                self.world.now, Kind.RESTORED, same=one == other, difference=difference
            )


def _leave_out_ended(
    state: State, restored: State, live: dict[str, Any], stored: dict[str, Any]
) -> Iterator[str]:
    """Take out the closed conversations that only one of both has; gives those that it should not lack.

    Memory has its bound, and the store cannot tell exactly for how long one is closed.
    """
    one, other = live["conversations"], stored["conversations"]
    for key in [*(k for k in one if k not in other), *(k for k in other if k not in one)]:
        if (one.get(key) or other[key])["status"] is not ChatStatus.CLOSED:
            continue
        has, lacks = ("memory", "the store") if key in one else ("the store", "memory")
        age = _closed_for(state if key in one else restored, key)
        if age is not None and (key in one or _has_room(state)):
            yield f"{lacks} forgot conversation {key}, which {has} has closed for {age}"
        one.pop(key, None)
        other.pop(key, None)
        for letter in (*live["under way"].values(), *stored["under way"].values()):
            if letter["conversation"] == key:
                letter["conversation"] = None


def _closed_for(state: State, key: Guid) -> int | None:
    """For how long a conversation is closed, if a reply surely reopens it: so long it must be known.

    What was closed within the last second before a clock was set back is in the future of what the rows
    know, and of no age.
    """
    conversation = state.messages.conversations[key]
    age = state.up - conversation.closed_up
    if age == 0 and conversation.closed_at is not None and conversation.closed_at > state.now:
        return None
    lasts = retention(state, conversation)
    return age if age < lasts - UNSURE else None


def _has_room(state: State) -> bool:
    """Whether memory may hold more conversations than there are in a run."""
    return state.config.limits.conversations >= AMPLE


def _present(state: State) -> dict[str, object]:
    """What of the state is in no row, and is there all the same after a row was refused."""
    d = state.distribution
    return {
        "config": state.config,
        "sessions": state.sessions,
        "gateways": state.gateway_sessions,
        "workplaces": state.workplace_sessions,
        "presences": {
            agent: (
                presence.session,
                presence.lost_at,
                presence.idle_since,
                presence.blocked,
                presence.free,
                presence.conversations.blocked,
                presence.conversations.free,
            )
            for agent, presence in sorted(d.presences.items())
            if presence.since
        },
        "leases": {chat: sorted(agents) for chat, agents in sorted(d.leases.items())},
        "tickets": {chat: (t.order, t.demand) for chat, t in sorted(d.entries.items())},
        "estimates": {
            chat.id: chat.waiting.estimate for chat in state.chats.values() if chat.is_open
        },
        "offers": sorted(
            (chat.id, chat.offer.until) for chat in state.chats.values() if chat.offer is not None
        ),
    }


def _is_question(input: Input) -> bool:
    return isinstance(input, FrameArrived) and input.frame.type in QUESTIONS


def _first_difference(one: _Step, facts: list[Fact], effects: list[Effect]) -> str:
    pairs = [*zip(one.facts, facts, strict=False), *zip(one.effects, effects, strict=False)]
    for before, after in pairs:
        if before != after:
            return f"{before} became {after}"
    return f"{len(one.facts)} facts, {len(one.effects)} effects became {len(facts)}, {len(effects)}"


def _difference(live: object, stored: object, path: str = "") -> str:
    """The first place where two trees of plain values differ."""
    if isinstance(live, dict) and isinstance(stored, dict):
        for key in [*live, *(k for k in stored if k not in live)]:
            if live.get(key) != stored.get(key):
                return _difference(live.get(key), stored.get(key), f"{path}/{key}")
    if isinstance(live, list) and isinstance(stored, list) and len(live) == len(stored):
        for index, (a, b) in enumerate(zip(live, stored, strict=True)):
            if a != b:
                return _difference(a, b, f"{path}/{index}")
    return f"{path}: {live!r} in memory, {stored!r} in the store"


__all__ = ["State", "WatchedEngine", "overbooked"]
