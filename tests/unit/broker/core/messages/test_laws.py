"""I-12, I-14, I-16: each law of messages on their way out finds what breaks it, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker.core.facts.messages import MessageHandedOver
from broker.core.messages.laws import delivery_faults
from broker.core.state import State
from protocol.values import MessageStatus
from tests.support import letters
from tests.support.letters import ALICE, MAIL, guid, written

WHICH = guid(102)


def a_state() -> State:
    return written(*letters.a_life(), MessageHandedOver(WHICH, 7), letters.stored(3, inbound=False))


def _delivery(state: State, **members: object) -> None:
    for name, value in members.items():
        setattr(state.messages.messages[WHICH].delivery, name, value)


def test_what_is_well_done_breaks_no_law() -> None:
    assert delivery_faults(a_state()) == []
    assert delivery_faults(written()) == []


@pytest.mark.parametrize(
    ("breaks", "words"),
    [
        (lambda s: s.messages.sending[MAIL].clear(), "is sending other messages"),
        (lambda s: s.messages.sending[MAIL].update({guid(9): None}), "is sending other messages"),
        (lambda s: s.messages.queued[MAIL].clear(), "other messages wait"),
        (lambda s: s.messages.queued[MAIL].update({WHICH: None}), "other messages wait"),
        (lambda s: s.messages.carried.clear(), "sessions have"),
        (lambda s: _delivery(s, session=None), "sessions have"),
        (lambda s: _delivery(s, status=MessageStatus.SENT), "and with a session"),
        (lambda s: _delivery(s, until=None), "until None"),
        (lambda s: s.timers.heap.clear(), "for ever"),
        (lambda s: s.messages.known[MAIL].clear(), "not known by its name"),
        (lambda s: s.messages.keys.pop((ALICE, "k2")), "not found by its key"),
    ],
)
def test_what_is_broken_is_found(breaks: Callable[[State], object], words: str) -> None:
    state = a_state()
    breaks(state)
    assert any(words in fault for fault in delivery_faults(state)), delivery_faults(state)
