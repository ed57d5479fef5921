"""When a chat's own deadlines are.

The inactivity warning, the close and the forgetting; the next wait rule; the silence of a bot; the
end of the wait for a connector.
"""

from __future__ import annotations

from broker.config.model import MINUTE
from broker.core.rules import next_wait
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


def arm_wait(state: State, chat: Chat) -> None:
    """Set a timer for the next wait rule of a waiting chat (B-26)."""
    found = next_wait(state.config, chat)
    if found is not None:
        state.timers.set(found[0], TimerKind.WAIT, chat.id)


def arm_bot(state: State, chat: Chat) -> None:
    """Set a timer for the moment at which an automated partner was silent for too long (B-40)."""
    if chat.bot_due is not None:
        state.timers.set(chat.bot_due, TimerKind.BOT, chat.id)


def unbound_until(state: State, chat: Chat) -> int:
    """When an outbound chat that no connector took over is given up."""
    gateway = state.config.gateways.get(chat.gateway)
    return chat.started_at + (gateway.outbound_timeout if gateway is not None else 0)


def arm_unbound(state: State, chat: Chat) -> None:
    """Set a timer for that."""
    state.timers.set(unbound_until(state, chat), TimerKind.UNBOUND, chat.id)
