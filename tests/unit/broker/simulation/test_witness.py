"""The witness of the simulator: what it calls a question that changed something (I-1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from attrs import evolve

from broker.checker.history import History, Kind
from broker.core.apply import apply
from broker.core.broker import HANDLERS, has_follow_ups, restore
from broker.core.decision import Decision
from broker.core.effects import StoredKey
from broker.core.facts import DecisionLogged, Fact
from broker.core.inputs import FrameArrived
from broker.core.state import State
from broker.shell.engine import Found
from broker.simulation.witness import UNSURE, WatchedEngine, _closed_for
from broker.simulation.world import World
from protocol.chat import ChatServiceInfo
from protocol.frame import Frame
from tests.support import letters
from tests.support.engine_bench import Bench, Done
from tests.support.letters import written
from tests.support.memory_store import memory_store


class Watched:
    """A watched engine over a state that was just built from the store, in which somebody waits."""

    def __init__(self) -> None:
        before, store = Bench(), memory_store()
        before.ask("ES_CHAT_START", "t1")
        before.engine.pump()
        store.commit(before.commits[0][0])
        before.finish()
        config, now = before.engine.state.config, before.now
        self.state: State = restore(config, store.recover(config, now), now)
        (joined,) = before.engine.presence.sessions.values()
        apply(self.state, joined)
        self.history = History()
        self.stored: list[Fact] = []
        self.engine = WatchedEngine(self.state, self, self, lambda: now, b"witness", _fail)
        self.engine.witness(self.history, World(now), lambda: self.state, lambda: now)

    def commit(self, facts: list[Fact], done: Done) -> None:
        """Take everything."""
        self.stored += facts
        done(None)

    def read(
        self, keys: Sequence[StoredKey], done: Callable[[Found | BaseException], None]
    ) -> None:
        """Find nothing: no frame here lacks anything."""
        done({})

    def deliver(self, effects: list[Any]) -> None:
        """Nobody is there who would read it."""

    def asks(self) -> None:
        """The connector asks whether there is a chat."""
        asked = ChatServiceInfo(peer="web", tracking_id="t1")
        self.engine.submit(FrameArrived(1, Frame("ES_CHAT_REQUEST", asked)))
        self.engine.pump()

    def broken(self) -> list[str]:
        """What the witness told."""
        return [e.data["law"] for e in self.history.events if e.kind is Kind.BROKEN]


def _fail(error: BaseException) -> None:
    raise error


def test_what_a_state_that_was_just_built_owes_is_no_change_by_a_question() -> None:
    """I-1: it follows the first input, whatever that is."""
    watched = Watched()
    assert has_follow_ups(watched.state)
    watched.asks()
    assert any(isinstance(fact, DecisionLogged) for fact in watched.stored)
    assert watched.broken() == []


def test_a_question_that_changes_something_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-1: nothing is owed any more, so the fact is its own."""
    watched = Watched()
    watched.asks()
    assert not has_follow_ups(watched.state)
    logged = next(fact for fact in watched.stored if isinstance(fact, DecisionLogged))
    monkeypatch.setitem(HANDLERS, "ES_CHAT_REQUEST", lambda *_: Decision([logged]))
    watched.asks()
    assert watched.broken() == ["I-1"]


@pytest.mark.parametrize(("age", "ahead", "told"), [(0, 5, None), (0, 0, 0), (3, 5, 3)])
def test_of_what_age_cannot_be_told_nothing_is_said(age: int, ahead: int, told: int | None) -> None:
    """I-10: it was closed just before the clock was set back; the store takes it for younger than it is."""
    state = written(*letters.a_life(), *letters.the_end())
    ((key, one),) = state.messages.conversations.items()
    gateway = evolve(letters.GATEWAY, conversation_inertia=2 * UNSURE)
    state.config = evolve(state.config, message_gateways={letters.MAIL: gateway})
    one.closed_up, one.closed_at = state.up - age, state.now + ahead
    assert _closed_for(state, key) == told
