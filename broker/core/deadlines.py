"""When a chat's own deadlines are: the inactivity warning, the close, the forgetting."""

from __future__ import annotations

from broker.config.model import MINUTE
from broker.core.state import Chat, State
from broker.core.timers import TimerKind

LINGER = 10 * MINUTE
"""The least time that a closed chat stays in memory, so that late retries find it (W-21)."""


def linger(state: State, chat: Chat) -> int:
    """How long a closed chat stays in memory."""
    gateway = state.config.gateways.get(chat.gateway)
    return max(LINGER, gateway.tracking_inertia if gateway is not None else 0)


def next_deadline(state: State, chat: Chat) -> int | None:
    """The next moment at which the chat changes by itself."""
    if chat.closed_at is not None:
        return chat.closed_at + linger(state, chat)
    gateway = state.config.gateways.get(chat.gateway)
    if gateway is None or gateway.inactivity_timeout is None:
        return None
    dead = chat.last_activity + gateway.inactivity_timeout
    if gateway.inactivity_warning is not None and chat.warned_for != chat.last_activity:
        return dead - gateway.inactivity_warning
    return dead


def arm_chat(state: State, chat: Chat) -> None:
    """Set a timer for the chat's next deadline unless an earlier one is set."""
    due = next_deadline(state, chat)
    if due is not None and (chat.timer_at is None or due < chat.timer_at):
        chat.timer_at = due
        state.timers.set(due, TimerKind.CHAT, chat.id)
