"""The table of handlers: each fact has its own, those of both neighbours in order."""

from __future__ import annotations

from typing import get_args

import pytest

from broker.core import apply as table
from broker.core.apply import apply
from broker.core.facts import ChatParked, Fact, WrapupEnded, WrapupStarted
from broker.core.facts.causes import ConversationCause, WrapupEnd
from broker.core.facts.messages import ConversationDue, ConversationRouted
from protocol.values import ChatStatus, Guid
from tests.support import letters
from tests.support.bare_core import CHAT, UP, bare_chat, bare_state, gateway_in

ALICE = Guid("alice")


def test_every_fact_is_written_and_nothing_else_is() -> None:
    """I-10: a fact without a handler would be in the rows and not in the state."""
    assert set(table._TABLE) == set(get_args(Fact))


def test_both_neighbours_hear_of_what_concerns_them() -> None:
    state = bare_state()
    gateway = gateway_in(state.config)
    chat = state.chats[CHAT] = bare_chat(gateway)
    state.distribution.gateways[CHAT] = gateway
    apply(state, WrapupStarted(chat=CHAT, no=1, agent=ALICE, at=UP, until=UP + 5))
    assert list(chat.ending.wrapping) == [ALICE]
    assert state.distribution.presences[ALICE].load == 1
    apply(state, WrapupEnded(chat=CHAT, no=1, agent=ALICE, at=UP, cause=WrapupEnd.EXPIRED))
    assert (list(chat.ending.wrapping), state.distribution.presences[ALICE].load) == ([], 0)
    apply(state, ChatParked(chat=CHAT, no=1, agent=ALICE, at=UP))
    assert chat.parking is not None
    assert list(state.distribution.presences[ALICE].parked) == [CHAT]


def test_what_is_no_fact_is_not_written() -> None:
    with pytest.raises(KeyError):
        apply(bare_state(), UP)  # type: ignore[arg-type]  # that is what is refused


def test_what_waits_and_becomes_due_moves_in_its_queue() -> None:
    """B-57: the place is that which recovery would give it, too."""
    routed = ConversationRouted(
        **letters.WHICH, at=letters.AT, project=letters.PROJECT, language=None, skill=1, priority=0
    )
    waits = letters.moved(
        ChatStatus.WAITING,
        ConversationCause.ROUTED,
        enqueued_at=letters.AT,
        waiting_since=letters.AT,
    )
    state = letters.written(letters.started(), routed, waits)
    before = state.distribution.entries[letters.TALK].order
    apply(state, ConversationDue(**letters.WHICH, due_at=letters.AT + 5))
    assert state.distribution.entries[letters.TALK].order < before
