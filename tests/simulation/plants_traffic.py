"""Planted bugs in how traffic is served: whose turn it is, and what is kept to be shown again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from broker.core.effects import Reply
from broker.core.inputs import FrameArrived, SessionClosed
from broker.core.presence import queries
from broker.core.state import State
from broker.core.transcripts import Transcripts
from broker.shell.inbox import Inbox
from broker.shell.questions import QUESTIONS
from tests.simulation.plants import Patch, Plant


def _taken(change: Callable[[Inbox, Any, int], bool]) -> Patch:
    """Inputs for which `change` is true are taken out of the inbox and not decided."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        original = Inbox.take

        def take(self: Inbox) -> Any:
            while (taken := original(self)) is not None and change(self, taken, len(self)):
                pass
            return taken

        monkeypatch.setattr(Inbox, "take", take)

    return patch


def _is_answered(input: Any) -> bool:
    return isinstance(input, FrameArrived) and input.frame.type in QUESTIONS


def _debtors_are_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Inbox.put

    def put(self: Inbox, input: Any) -> None:
        queue = self._queues.get(getattr(input, "session", -1))
        if queue is None or queue.party.credit > -50 or isinstance(input, SessionClosed):
            original(self, input)

    monkeypatch.setattr(Inbox, "put", put)


def _old_editions_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Transcripts.shown

    def shown(self: Transcripts, key: Any, _edition: int, *rest: Any) -> Any:
        return original(self, key, 0, *rest)

    monkeypatch.setattr(Transcripts, "shown", shown)


def _a_list_ends_where_it_began(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was opened after the first piece of a list is in none of the others."""
    original = queries._piece
    begun: dict[Any, int] = {}

    def piece(state: State, gateways: Any, after: int) -> Reply:
        reply = original(state, gateways, after)
        listings = [state.listings.of(gateway.id) for gateway in gateways]
        if not after:
            begun[gateways] = state.listings._next
        late = {chat for one in listings for _place, chat in one.behind(begun.get(gateways, 1) - 1)}
        assert isinstance(reply.payload, tuple)
        shown = tuple(one for one in reply.payload if one.chat_id not in late)
        return evolve(reply, payload=shown)

    monkeypatch.setattr(queries, "_piece", piece)


PLANTS = (
    Plant("a list loses what opens between its pieces", "I-9", _a_list_ends_where_it_began, 40),
    Plant(
        "a question is lost in a crowd", "I-13", _taken(lambda _, i, n: _is_answered(i) and n > 3)
    ),
    Plant("who asked for much is not heard again", "I-13", _debtors_are_not_heard),
    Plant("an old transcript is shown", "I-9", _old_editions_are_shown),
    Plant("a departure is lost", "I-7", _taken(lambda _, i, _n: isinstance(i, SessionClosed))),
)
