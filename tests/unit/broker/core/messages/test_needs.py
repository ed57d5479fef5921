"""B-57: what a conversation asks of an agent, and when it asks for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.core.distribution_state import Work
from broker.core.message_state import Aside, Conversation, Demanded
from broker.core.messages.needs import asked_by, need_of
from protocol.values import ChatStatus
from tests.support.letters import ALICE, MAIL, PROJECT, TALK

UP = 1_000


def waiting(**members: Any) -> Conversation:
    made: dict[str, Any] = {
        "status": ChatStatus.WAITING,
        "demanded": Demanded(project=PROJECT, skill=5, priority=2),
        "enqueued_at": 70_000,
        "queued_up": UP,
        "last_agent": ALICE,
        "exclusions": {ALICE: UP},
        **members,
    }
    return Conversation(id=TALK, no=4, gateway=MAIL, pair=MAIL, remote_address="a@b", **made)


def test_what_it_asks_for_is_what_the_rule_said() -> None:
    need = need_of(waiting())
    assert need is not None
    assert (need.work, need.id, need.no, need.gateway) == (Work.CONVERSATION, TALK, 4, MAIL)
    assert (need.projects, need.skill, need.priority) == ((PROJECT,), 5, 2)
    assert (need.preferred, need.exclusions, need.answered) == (ALICE, {ALICE: UP}, False)


def test_when_it_is_due_is_on_the_clock_of_deadlines() -> None:
    need = asked_by(waiting(due_at=70_500))
    assert need is not None
    assert (need.queued, need.due) == (UP, UP + 500)
    undue = asked_by(waiting())
    assert undue is not None
    assert undue.due is None


def test_one_that_never_waited_counts_from_its_beginning() -> None:
    need = asked_by(waiting(enqueued_at=None, started_up=7, due_at=9))
    assert need is not None
    assert (need.queued, need.due) == (7, None)


@pytest.mark.parametrize(
    "change",
    [
        {"status": ChatStatus.ANSWERED},
        {"status": ChatStatus.ALERTING},
        {"status": ChatStatus.CLOSED},
        {"aside": Aside(at=1, until=None, by=ALICE)},
        {"demanded": Demanded()},
    ],
)
def test_otherwise_it_asks_for_nothing(change: dict[str, Any]) -> None:
    assert need_of(evolve(waiting(), **change)) is None
