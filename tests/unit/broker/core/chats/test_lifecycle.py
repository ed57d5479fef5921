"""B-6, I-8: which status of a chat may follow which, in the core and in the checker's own table."""

from __future__ import annotations

import pytest

from broker.checker.i08_i13_i14_legality import MOVES
from broker.core.apply import apply
from broker.core.chats.lifecycle import CHAT, may_move
from broker.core.facts import ChatMoved
from broker.core.facts.causes import ChatCause
from protocol.values import ChatStatus, Guid
from tests.support.first_moves import start
from tests.support.playbook import Playbook


def test_the_checker_has_found_the_same_table() -> None:
    """I-8: both were written from the clauses, and neither from the other."""
    mine = {(s.before.value, s.after.value): set(s.causes) for s in CHAT if s.before is not None}
    assert mine == MOVES


@pytest.mark.parametrize("before", ChatStatus)
def test_an_open_chat_can_end_and_a_closed_one_can_only_begin_anew(before: ChatStatus) -> None:
    after = {step.after for step in CHAT if step.before is before}
    if before is ChatStatus.CLOSED:
        assert after == {ChatStatus.PILOT}
    else:
        assert may_move(before, ChatStatus.CLOSED, ChatCause.CLOSED)


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (ChatStatus.ANSWERED, ChatCause.ANSWERED),
        (ChatStatus.WAITING, ChatCause.ROUTED),
        (ChatStatus.ALERTING, ChatCause.ANSWERED),
    ],
)
def test_a_move_that_is_not_in_the_table_is_not_written(
    play: Playbook, status: ChatStatus, cause: ChatCause
) -> None:
    """B-6: a chat that waits is answered by way of an offer only."""
    web = play.connector("web")
    chat = play.state.chats[Guid(start(web, "t1", "Waiting"))]
    assert chat.status is ChatStatus.WAITING
    fact = ChatMoved(
        chat=chat.id,
        no=chat.no,
        at=play.state.now,
        status=status,
        cause=cause,
        agent=None,
        priority=0,
        enqueued_at=None,
    )
    with pytest.raises(AssertionError):
        apply(play.state, fact)
    assert chat.status is ChatStatus.WAITING
