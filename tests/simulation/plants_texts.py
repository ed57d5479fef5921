"""Planted bugs of messages that are sentences of chats."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from broker.core.decision import Decision
from broker.core.views.stored import Earlier
from broker.core.visitors import texts
from broker.simulation.texts import has_texts
from broker.store import message_recovery
from broker.store.message_schema import messages
from protocol.values import MessageStatus
from tests.simulation.plants import Plant
from tests.simulation.plants_post import _instead


def _some_answers_do_not_go_out(monkeypatch: pytest.MonkeyPatch) -> None:
    original = texts._outgoing

    def outgoing(state: Any, stamp: Any, f: Any, no: int) -> Any:
        return None if f.counter % 4 == 0 else original(state, stamp, f, no)

    monkeypatch.setattr(texts, "_outgoing", outgoing)


def _confirmed_while_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    early = {way: known | {MessageStatus.SENDING} for way, known in texts._CONFIRMS.items()}
    monkeypatch.setattr(texts, "_CONFIRMS", early)


def _lines_of_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown of earlier chats is not of the same address."""

    def earlier(connection: Any, chat_no: int) -> tuple[Earlier, ...]:
        m = messages.c
        rows = select(m.id, m.body_text, m.at, m.inbound).where(m.chat_no < chat_no).limit(5)
        return tuple(
            Earlier(row.id, None, row.body_text or "", row.at, not row.inbound)
            for row in connection.execute(rows)
        )

    monkeypatch.setattr(message_recovery, "_earlier", earlier)


def _cut_to_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    original = texts._words
    monkeypatch.setattr(texts, "_words", lambda *of: original(*of)[:1])


def _notes_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an agent's program notes for other programs goes to the visitor."""
    monkeypatch.setattr(texts, "_NOTE", -1)


PLANTS = (
    Plant("an answer does not go out", "I-12", _some_answers_do_not_go_out, 10, has_texts),
    Plant("a text is confirmed too early", "I-12", _confirmed_while_it_is_sent, 10, has_texts),
    Plant(
        "nobody hears that a text failed",
        "I-12",
        _instead(texts, "internal_note", lambda *_: Decision()),
        10,
        has_texts,
    ),
    Plant("technical notes go out", "I-12", _notes_are_words, 10, has_texts),
    Plant("a long text is cut", "I-18", _cut_to_a_sentence, 10, has_texts),
    Plant("earlier chats are anybody's", "I-15", _lines_of_everybody, 10, has_texts),
)
