"""B-28: which state of an agent may follow which."""

from __future__ import annotations

import pytest

from broker.core.distribution.lifecycle import may_move
from broker.core.facts.causes import AgentCause
from protocol.values import AgentState


@pytest.mark.parametrize("after", AgentState)
def test_whoever_is_gone_comes_back_by_a_login_only(after: AgentState) -> None:
    assert may_move(AgentState.LOG_OFF, after, AgentCause.LOGIN) is (after is AgentState.PAUSE)
    for cause in set(AgentCause) - {AgentCause.LOGIN}:
        assert not may_move(AgentState.LOG_OFF, after, cause)


@pytest.mark.parametrize("before", [s for s in AgentState if s is not AgentState.LOG_OFF])
def test_nobody_goes_while_they_only_ask_to(before: AgentState) -> None:
    """B-28: logging off is a `NextState`, taken when no chat is held any more."""
    assert not may_move(before, AgentState.LOG_OFF, AgentCause.ASKED)
    assert may_move(before, AgentState.LOG_OFF, AgentCause.NEXT)
