"""What follows from what is known of an agent (B-28)."""

from __future__ import annotations

import pytest

from broker.core.distribution_state import AgentPresence
from protocol.values import AgentState, ChatStatus, Guid

ALICE, CHAT = Guid("alice"), Guid("chat")


def test_a_chat_that_holds_a_slot_or_is_put_aside_makes_busy_and_one_that_is_watched_does_not() -> (
    None
):
    assert AgentPresence(agent=ALICE, leases={CHAT: ChatStatus.CLOSED}).is_busy
    assert AgentPresence(agent=ALICE, parked={CHAT: None}).is_busy
    assert not AgentPresence(agent=ALICE, watching={CHAT: None}).is_busy


@pytest.mark.parametrize(
    ("state", "next_state", "goes"),
    [
        (AgentState.READY, None, False),
        (AgentState.READY, AgentState.PAUSE, False),
        (AgentState.READY, AgentState.LOG_OFF, True),
        (AgentState.LOG_OFF, None, True),
    ],
)
def test_whoever_is_gone_or_about_to_go_begins_nothing(
    state: AgentState, next_state: AgentState | None, goes: bool
) -> None:
    presence = AgentPresence(agent=ALICE, state=state, next_state=next_state)
    assert presence.is_logging_off is goes
