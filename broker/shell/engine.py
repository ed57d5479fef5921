"""The engine: the one owner of the state, between the sessions and the store.

Theory of operation: inputs queue up in the inbox, which says whose turn it is. `pump` takes up to
`batch_limit` of them, or fewer when they are dear, steps the core over them, and hands the facts of
the whole batch to the committer as one transaction (group commit). The effects of a batch are kept
until its facts, and all facts before them, are durable (I-11). While one commit runs the next batch
is stepped and gathered, so that under load the store always has a full batch waiting; its effects
wait behind it.

After a dear batch `pump` returns though more is waiting (`has_more`): the host looks at its sockets
first, so that long answers hold nobody up for longer than one of them takes.

The engine has no task, no clock and no thread of its own: it is driven by `submit`, `pump` and
the committer's `done`, all in one thread. The simulator drives this very class.

When a commit fails the engine stops and says so by `on_failure`. As a rule what became of the
commit is unknown: then everything that was not released is thrown away with the state, and whoever
owns the engine starts anew from the store. But when the database refused a row, and for sure
nothing of the batch is stored, the owner finds the input that it came from (`parts`), builds the state of the
last commit (`broker.core.rollback`) and has the engine `resume`: the one input is refused, all
others are decided again, and since nothing of them was released nobody notices.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from typing import Protocol

from attrs import Factory, define, evolve

from broker.core.broker import step
from broker.core.effects import Deferred, Effect, Recall, Send, StoredKey
from broker.core.facts import BlobPieceStored, Fact
from broker.core.inputs import (
    FrameArrived,
    Input,
    Resumed,
    SessionOpened,
    Stamp,
    TimePassed,
    Unstorable,
)
from broker.core.rollback import OF_PRESENCE, Presence
from broker.core.state import State
from broker.shell.cost import BYTES, DEAR, USUAL, extra_cost
from broker.shell.inbox import Inbox
from broker.shell.listening_clock import Attention

Found = Mapping[StoredKey, object]
"""What was read from the store."""


class Committer(Protocol):
    """Stores facts durably."""

    def commit(self, facts: list[Fact], done: Callable[[BaseException | None], None]) -> None:
        """Store the facts in one transaction, in the order of the calls.

        Args:
            facts: Durable facts, at least one.
            done: Called in the engine's thread, at once or later: with None when the facts are
                durable, with the error when that is not sure.
        """

    def read(
        self, keys: Sequence[StoredKey], done: Callable[[Found | BaseException], None]
    ) -> None:
        """Read what frames lack that are about to go out, after all commits so far.

        Args:
            keys: What is wanted, each thing once.
            done: Called in the engine's thread with what was found, or with what went wrong.
        """


class Outlet(Protocol):
    """Carries effects out."""

    def deliver(self, effects: list[Effect]) -> None:
        """Put the effects into outboxes and logs; never blocks, never raises."""


@define
class _Batch:
    """What is committed in one transaction.

    Attributes:
        facts: The durable ones.
        ends: How many facts there were after each input.
        presence: What `Presence` is to know once they are durable.
        extra: What its inputs cost beyond the usual.
    """

    facts: list[Fact] = Factory(list)
    effects: list[Effect] = Factory(list)
    inputs: list[Input] = Factory(list)
    ends: list[int] = Factory(list)
    presence: list[Fact] = Factory(list)
    extra: int = 0


class Engine:
    """Steps the core in batches and releases effects when they are durable.

    Args:
        state: The state, just restored; owned by the engine from now on.
        committer: The store.
        outlet: Where effects go.
        clock: Microseconds since the Unix epoch.
        seed: Fresh random bytes, at most 64, for the ids of this run.
        on_failure: Called when a commit failed; the engine does nothing then until it is resumed.
        batch_limit: The most inputs that are committed in one transaction.
        dear: What they may cost beyond the usual before the host has its turn.
        attention: What the deadlines hang on; its `up` is that of the state.
    """

    def __init__(
        self,
        state: State,
        committer: Committer,
        outlet: Outlet,
        clock: Callable[[], int],
        seed: bytes,
        on_failure: Callable[[BaseException], None],
        batch_limit: int = 512,
        dear: int = DEAR,
        attention: Attention | None = None,
    ) -> None:
        self.state = state
        self.inbox = Inbox()
        self.failed = False
        self.commits_done = 0
        self.facts_stored = 0
        self._committer = committer
        self._outlet = outlet
        self._clock = clock
        self._seed = seed
        self._on_failure = on_failure
        self._batch_limit = batch_limit
        self._dear = dear
        self.attention = attention or Attention(steady=clock, up=clock(), gap=sys.maxsize)
        self.attention.commit_since = None
        self._deaf = self.attention.deaf
        self._seq = 0
        self.presence = Presence(state.config)
        self._running: _Batch | None = None
        self._pending = _Batch()
        self._again: deque[Input] = deque()
        self._due_seen = 0
        self._before_due = 0
        self._pumping = False

    @property
    def wake_at(self) -> int | None:
        """When the core wants to be pumped next for the sake of a timer, on the clock of deadlines."""
        return None if self.failed or self.attention.stalled else self.state.timers.due

    @property
    def idle(self) -> bool:
        """Whether nothing is queued, gathered or being committed."""
        gathered = self._pending
        waits = self.inbox or self._again or gathered.facts or gathered.effects
        return self._running is None and not waits

    @property
    def unreleased(self) -> int:
        """How many inputs have been decided and wait for a commit."""
        return len(self._pending.inputs) + (len(self._running.inputs) if self._running else 0)

    @property
    def committing(self) -> bool:
        """Whether a commit is under way."""
        return self._running is not None

    @property
    def has_more(self) -> bool:
        """Whether to pump again, soon: `pump` stopped before all was done."""
        return self._running is None and not self.failed and bool(self._again or self.inbox)

    @property
    def parts(self) -> list[list[Fact]]:
        """The facts of the batch that failed, by input."""
        batch = self._running
        if batch is None:
            return []
        return [batch.facts[a:b] for a, b in pairwise((0, *batch.ends))]

    def may_refuse(self, number: int) -> bool:
        """Whether somebody can be told that this input of the failed batch is refused."""
        batch = self._running
        return batch is not None and isinstance(batch.inputs[number], FrameArrived | SessionOpened)

    def sender(self, number: int) -> int | None:
        """The session of an input of the failed batch, if it is of one."""
        batch = self._running
        return None if batch is None else getattr(batch.inputs[number], "session", None)

    def resume(self, state: State, refused: int, *, too_often: bool = False) -> None:
        """Go on after a failed commit of which nothing is stored.

        Args:
            state: The state as it was before the batch that failed.
            refused: The number of the input that is to be refused.
            too_often: Whether who sent it is sent away as well.
        """
        assert self._running is not None
        inputs = [*self._running.inputs, *self._pending.inputs]
        poison = inputs[refused]
        assert isinstance(poison, FrameArrived | SessionOpened)
        inputs[refused] = Unstorable(poison, too_often) if too_often else Unstorable(poison)
        # What timers brought they bring again by themselves.
        self._again.extendleft(i for i in reversed(inputs) if type(i) is not TimePassed)
        self._due_seen = 0  # all that came before the failure comes before what is due
        self.state, self.failed = state, False
        self.attention.look()
        self.attention.commit_since = None
        self._running, self._pending = None, _Batch()
        self.pump()

    def give_up(self) -> None:
        """Throw everything away that was not released."""
        self.failed = True
        self.attention.commit_since = None
        self.inbox.clear()
        self._again.clear()
        self._running, self._pending = None, _Batch()

    def submit(self, input: Input) -> None:
        """Queue an input; it is stepped by one of the next calls of `pump`."""
        self.inbox.put(input)

    def pump(self) -> None:
        """Step what is queued and due, start a commit if none runs, release what is durable."""
        if self._pumping or self.failed:
            return
        self._pumping = True
        try:
            while self._turn():
                pass
        finally:
            self._pumping = False

    def _turn(self) -> bool:
        """Gather and start one batch; False when there is no more to do now."""
        if self.failed:
            return False
        self._gather()
        if self._running is not None:
            return False
        batch = self._pending
        if not batch.facts and not batch.effects:
            # Inputs that came to nothing take no room; behind a full batch of them there may be more.
            was_full = len(batch.inputs) >= self._batch_limit
            if batch.inputs:
                self.presence.note(batch.presence)
                self._pending = _Batch()
            return was_full
        self._pending = _Batch()
        self._running = batch
        if batch.facts:
            self.attention.commit_since = self.attention.up
            self._committer.commit(batch.facts, self._done)
        else:
            self._release(batch)
        return batch.extra < self._dear and self.has_more

    def _release(self, batch: _Batch) -> None:
        """Let a batch go that is durable: at once, or when what its frames lack has been read."""
        # Whatever lacks something costs more than the usual, which need not be looked through.
        keys = _wanted(batch.effects) if batch.extra else None
        if keys is None:
            self._let_go(batch)
        elif keys:
            self._committer.read(keys, partial(self._read, batch))
        else:
            self._fill(batch, {})

    def _read(self, batch: _Batch, found: Found | BaseException) -> None:
        if self.failed:
            return
        if isinstance(found, BaseException):
            self.failed = True
            self._on_failure(found)
            return
        self._fill(batch, found)
        self.pump()

    def _fill(self, batch: _Batch, found: Found) -> None:
        recalled = [effect for effect in batch.effects if type(effect) is Recall]
        self._again.extend(one.again(found.get(one.key)) for one in recalled)
        kept = (
            batch.effects if not recalled else [e for e in batch.effects if type(e) is not Recall]
        )
        batch.effects = [_filled(effect, found) for effect in kept]
        self._let_go(batch)

    def _let_go(self, batch: _Batch) -> None:
        self._running = None
        self.presence.note(batch.presence)
        self._outlet.deliver(batch.effects)

    def _gather(self) -> None:
        batch = self._pending
        inbox, again = self.inbox, self._again
        attention = self.attention
        # All of a turn happens at one moment, which is also shown to several receivers each.
        now, up = self._clock(), attention.look()
        if attention.deaf > self._deaf and not attention.stalled:
            gap, self._deaf = attention.deaf - self._deaf, attention.deaf
            self._step(batch, now, up, Resumed(gap))
        room = self._batch_limit - len(batch.inputs)
        self._look_for_due(up)  # seen now, though there may be no room
        while room > 0 and batch.extra < self._dear:
            if self._look_for_due(up):
                self._step(batch, now, up, TimePassed())
                room -= 1
                continue
            self._before_due -= 1
            if again:
                self._step(batch, now, up, again.popleft())
            else:
                taken = inbox.take()
                if taken is None:
                    return
                before = batch.extra
                self._step(batch, now, up, taken)
                if batch.extra - before > USUAL:
                    inbox.pay(batch.extra - before)
            room -= 1

    def _look_for_due(self, up: int) -> bool:
        """Whether a timer is due, and nothing waits that was there when it was first seen to be.

        What somebody sent in time may be among what waits, however long a commit kept it waiting. What comes
        later does not go before it: under load inputs never cease.
        """
        due = self.state.timers.due
        if due is None or due > up:
            return False
        waiting = len(self._again) + len(self.inbox)
        if due > self._due_seen:
            self._due_seen, self._before_due = up, waiting
        return self._before_due <= 0 or not waiting

    def _step(self, batch: _Batch, now: int, up: int, input: Input) -> None:
        self._seq += 1
        batch.inputs.append(input)
        facts, effects = step(self.state, Stamp(now, self._seq, self._seed, up), input)
        for fact in facts:
            if fact.durable:
                batch.facts.append(fact)
                if type(fact) is BlobPieceStored:
                    batch.extra += len(fact.data) // BYTES
            elif type(fact) in OF_PRESENCE:
                batch.presence.append(fact)
        batch.ends.append(len(batch.facts))
        batch.effects += effects
        batch.extra += extra_cost(effects)

    def _done(self, error: BaseException | None) -> None:
        if self.failed:
            return
        self.attention.look()
        if error is not None:
            # Until it is resumed the engine answers nobody, so the commit is not over for those who wait.
            self.failed = True
            self._on_failure(error)
            return
        self.attention.commit_since = None
        batch = self._running
        if batch is not None:
            self.commits_done += 1
            self.facts_stored += len(batch.facts)
            self._release(batch)
        self.pump()


def _wanted(effects: Sequence[Effect]) -> list[StoredKey] | None:
    """What is to be read for the frames of a batch, each thing once; None when all of them are whole."""
    wanted: dict[StoredKey, None] | None = None
    for effect in effects:
        if type(effect) is Send and isinstance(effect.payload, Deferred):
            wanted = wanted if wanted is not None else {}
            wanted.update(dict.fromkeys(effect.payload.wants))
        elif type(effect) is Recall:
            wanted = wanted if wanted is not None else {}
            wanted[effect.key] = None
    return list(wanted) if wanted is not None else None


def _filled(effect: Effect, found: Found) -> Effect:
    if type(effect) is Send and isinstance(effect.payload, Deferred):
        return evolve(effect, payload=effect.payload.filled(found))
    return effect
