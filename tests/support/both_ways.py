"""An input that is decided on the short way and on the long one, and compared."""

from __future__ import annotations

from copy import deepcopy
from unittest.mock import patch

from broker.core.broker import step
from broker.core.effects import Effect, Send
from broker.core.facts import Fact
from broker.core.inputs import FrameArrived, Input, Stamp
from broker.core.short_way import Result, step_shortly
from broker.core.state import State
from protocol.encoding import JSON, MESSAGEPACK


def by_the_long_way(state: State, stamp: Stamp, input: Input) -> tuple[list[Fact], list[Effect]]:
    """Decide as if there were no other way."""
    with patch("broker.core.broker.step_shortly", return_value=None):
        return step(state, stamp, input)


def step_both_ways(
    state: State, stamp: Stamp, input: Input
) -> tuple[list[Fact], list[Effect], bool]:
    """Decide as the broker does; the long way, on a copy of the state, comes to the same.

    Returns:
        The facts, the effects, and whether it went the short way.
    """
    # What is configured changes by no input, and is too much to copy each time.
    twin = deepcopy(state, {id(state.config): state.config})
    facts, effects = by_the_long_way(twin, stamp, input)
    taken: list[bool] = []

    def look(state: State, stamp: Stamp, arrived: FrameArrived) -> Result | None:
        usual = step_shortly(state, stamp, arrived)
        taken.append(usual is not None)
        return usual

    with patch("broker.core.broker.step_shortly", side_effect=look):
        found, told = step(state, stamp, input)
    assert found == facts
    assert told == effects
    assert [_bytes(effect) for effect in told] == [_bytes(effect) for effect in effects]
    assert state == twin
    return found, told, any(taken)


def _bytes(effect: Effect) -> object:
    """What a receiver gets, in either encoding."""
    if not isinstance(effect, Send):
        return None
    return [
        encoding.assemble(encoding.pack(effect.type, effect.payload), effect.headers(re))
        for encoding in (MESSAGEPACK, JSON)
        for re in (None, effect.re)
    ]
