"""The figures of messages (B-50..B-59)."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from broker.core.facts.causes import AttemptOutcome, WrapupEnd
from broker.core.facts.messages import ConversationWrapupEnded, ConversationWrapupStarted
from broker.reporting.report import report_main
from broker.store import Store
from protocol.values import MessageStatus
from tests.support import letters
from tests.support.letters import ALICE, AT, MAIL

S = 1_000_000


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A question that is answered, another one that waits, an automatic message, an attempt in vain."""
    url = f"sqlite:///{tmp_path}/store.db"
    made = Store.open(url)
    made.begin_life(AT)
    automatic = letters.stored(5, at=AT + 200 * S)
    facts = [
        *letters.a_life()[:12],
        letters.stored(2, inbound=False, at=AT + 60 * S),
        letters.delivered(MessageStatus.SENDING, at=AT + 61 * S, until=AT + 90 * S, term=1),
        letters.delivered(
            MessageStatus.RETRY, AttemptOutcome.UNKNOWN, at=AT + 90 * S, until=AT + 99 * S, term=1
        ),
        letters.delivered(MessageStatus.SENDING, at=AT + 99 * S, until=AT + 190 * S, term=1),
        letters.delivered(MessageStatus.SENT, AttemptOutcome.SENT, at=AT + 100 * S),
        letters.stored(3, at=AT + 120 * S),
        letters.automatic(automatic),
        *letters.the_end()[1:],
        ConversationWrapupStarted(
            **letters.WHICH, agent=letters.ALICE, at=AT + 210 * S, until=AT + 240 * S
        ),
        ConversationWrapupEnded(
            **letters.WHICH,
            agent=letters.ALICE,
            at=AT + 222 * S,
            cause=WrapupEnd.AGENT,
            code="Sold",
        ),
    ]
    made.commit(facts)
    made.note_life(AT + 300 * S)
    made.close()
    return url


def told(store: str, *more: str, by: str = "mailbox") -> dict[str, object]:
    out = io.StringIO()
    start = ["--from", "2026-09-21T14:13:20Z", "--to", "2026-09-21T14:20:00Z"]
    argv = ["--store", store, *start, "--by", by, "--format", "json", *more]
    assert report_main(argv, out, clock=AT + 300 * S) == 0
    (row,) = json.loads(out.getvalue())["rows"]
    found: dict[str, object] = row
    return found


def test_what_was_worked_out_by_hand(store: str) -> None:
    row = told(store, "--threshold", "2m")
    assert row["id"] == MAIL
    figures = ("received", "automatic", "answered", "unanswered", "written", "sent")
    assert [row[name] for name in figures] == [3, 1, 1, 1, 1, 1]
    assert (row["answer_time_seconds"], row["longest_answer_seconds"]) == (60.0, 60.0)
    assert row["service_level_percent"] == 50.0
    assert (row["retries"], row["unknown"], row["failed"]) == (1, 1, 0)
    assert row["sending_time_seconds"] == 40.0
    assert (row["conversations"], row["closed"], row["spam"]) == (1, 1, 0)


def test_the_work_after_conversations_is_told_of_their_gateway_and_of_who_did_it(
    store: str,
) -> None:
    """B-57: beside the figures of chats, which it does not change."""
    assert told(store)["wrapup_seconds"] == 12.0
    row = told(store, by="agent")
    assert (row["id"], row["mail_wrapup_seconds"], row["wrapup_seconds"]) == (ALICE, 12.0, None)


def test_what_still_lasts_is_in_no_mean(store: str) -> None:
    made = Store.open(store, create=False)
    lasts = ConversationWrapupStarted(
        **letters.WHICH, agent=ALICE, at=AT + 250 * S, until=AT + 900 * S
    )
    made.commit([lasts])
    made.close()
    assert told(store)["wrapup_seconds"] == 12.0


def test_the_threshold_is_that_of_an_answer(store: str) -> None:
    assert told(store, "--threshold", "30s")["service_level_percent"] == 0.0


def test_there_is_no_chart_of_it(store: str, tmp_path: Path) -> None:
    argv = ["--store", store, "--from", "2026-09-21", "--by", "mailbox"]
    assert report_main([*argv, "--chart", str(tmp_path / "x.svg")], io.StringIO(), clock=AT) == 2
