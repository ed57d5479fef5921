"""When what is waited for is over.

A chat's own deadlines: the inactivity warning, the close and the forgetting; the next wait rule; the
silence of a bot; the end of the wait for a connector, of an offer, an invitation, a wrap-up.

Theory of operation: a deadline is the time that somebody is given to do something, so it runs on a
clock of its own (`Stamp.up`), which stands still while the broker does not listen and which nobody
sets. `over` is the one place that says when such a time ends: whoever was being waited for when the
broker began to listen again, after a restart or a gap, has a grace from that moment on (B-13).
"""

from __future__ import annotations

from broker.config.model import MINUTE, Gateway, WaitRule
from broker.core.chat_state import Parking
from broker.core.message_state import Conversation, MessagesState
from broker.core.rules.matching import next_wait
from broker.core.rules.messages import next_wait as next_message_wait
from broker.core.state import Chat, ChatsState
from broker.core.timers import Resumed, Term, TimerKind
from protocol.values import ChatStatus, Guid

LEAST_RETENTION = 10 * MINUTE
"""The least time that a closed chat stays in memory, so that late retries find it (W-21)."""
GRACE = MINUTE
"""The least time that is left for anything after the broker did not listen (B-13)."""


def over(state: Resumed, since: int, length: int, grace: int = GRACE) -> int:
    """When a time that began at `since` is over: not sooner than the grace after a gap."""
    end = since + length
    return max(end, state.resumed + min(grace, length)) if since < state.resumed else end


def term_over(state: Resumed, term: Term) -> int:
    """The same for a time that is kept as a value."""
    return over(state, term.since, term.length)


def retention(state: ChatsState, chat: Chat) -> int:
    """How long a closed chat stays in memory."""
    gateway = state.config.gateways.get(chat.gateway)
    return max(LEAST_RETENTION, gateway.tracking_inertia if gateway is not None else 0)


def dead_up(state: ChatsState, chat: Chat, gateway: Gateway) -> int | None:
    """When an open chat is closed for inactivity, on the clock of deadlines; never while parked (B-8)."""
    if gateway.inactivity_timeout is None or chat.parking is not None:
        return None
    grace = max(GRACE, gateway.inactivity_warning or 0)
    return over(state, chat.activity.quiet_up, gateway.inactivity_timeout, grace)


def next_deadline(state: ChatsState, chat: Chat) -> int | None:
    """The next moment at which the chat changes by itself; one that is wrapped up stays for that."""
    if chat.ending.closed_at is not None:
        if chat.ending.wrapping:
            return None
        return over(state, chat.ending.closed_up, retention(state, chat))
    gateway = state.config.gateways.get(chat.gateway)
    dead = dead_up(state, chat, gateway) if gateway is not None else None
    if dead is None or gateway is None:
        return None
    if gateway.inactivity_warning is not None and not chat.activity.is_warned:
        return dead - gateway.inactivity_warning
    return dead


def arm_chat(state: ChatsState, chat: Chat) -> None:
    """Set a timer for the chat's next deadline unless an earlier one is set."""
    due = next_deadline(state, chat)
    if due is not None and (chat.timer_at is None or due < chat.timer_at):
        chat.timer_at = due
        state.timers.set(due, TimerKind.CHAT, chat.id)


def arm_wait(state: ChatsState, chat: Chat) -> None:
    """Set a timer for the next wait rule of a waiting chat (B-26)."""
    found = coming_wait(state, chat)
    if found is not None:
        state.timers.set(found[0], TimerKind.WAIT, chat.id)


def coming_wait(state: ChatsState, chat: Chat) -> tuple[int, WaitRule] | None:
    """The wait rule that is next for a waiting chat, and when it is due."""

    def due(rule: WaitRule) -> int:
        # What is done for the visitor need not wait; what is done to them has to.
        return over(state, chat.waiting.queued_up, rule.after, GRACE if rule.close else 0)

    return next_wait(state.config, chat, due, lambda up: up + state.ahead)


def coming_conversation_wait(
    state: MessagesState, conversation: Conversation
) -> tuple[int, WaitRule] | None:
    """The wait rule that is next for a conversation, and when it is due; None where nobody is asked.

    It goes by how long the conversation has waited for people in all (B-57).
    """
    waits = conversation.status is ChatStatus.WAITING and conversation.waiting_since is not None
    if not waits or conversation.aside is not None or conversation.demanded.project is None:
        return None

    def due(rule: WaitRule) -> int:
        left = max(0, rule.after - conversation.waited_up)
        return over(state, conversation.waiting_up, left, GRACE if rule.close else 0)

    return next_message_wait(state.config, conversation, due, lambda up: up + state.ahead)


def arm_conversation_wait(state: MessagesState, conversation: Conversation) -> None:
    """Set a timer for that."""
    found = coming_conversation_wait(state, conversation)
    if found is not None:
        state.timers.set(found[0], TimerKind.CONVERSATION_WAIT, conversation.id)


def bot_until(state: ChatsState, chat: Chat) -> int | None:
    """When an automated partner will have been silent for too long (B-40)."""
    if chat.bot.due is None:
        return None
    patience = state.config.distribution.bot_timeout
    return over(state, chat.bot.due - patience, patience)


def arm_bot(state: ChatsState, chat: Chat) -> None:
    """Set a timer for that moment."""
    due = bot_until(state, chat)
    if due is not None:
        state.timers.set(due, TimerKind.BOT, chat.id)


def unbound_until(state: ChatsState, chat: Chat) -> int:
    """When an outbound chat that no connector took over is given up."""
    gateway = state.config.gateways.get(chat.gateway)
    return over(state, chat.started_up, gateway.outbound_timeout if gateway is not None else 0)


def arm_unbound(state: ChatsState, chat: Chat) -> None:
    """Set a timer for that."""
    state.timers.set(unbound_until(state, chat), TimerKind.UNBOUND, chat.id)


def arm_offer(state: ChatsState, chat: Chat) -> None:
    """Set a timer for the end of an open offer (B-24)."""
    if chat.offer is not None:
        state.timers.set(term_over(state, chat.offer.term), TimerKind.OFFER, chat.id)


def arm_invite(state: ChatsState, chat: Chat) -> None:
    """Set a timer for the end of a project's being asked (B-29)."""
    if chat.invite is not None and chat.invite.project is not None:
        state.timers.set(term_over(state, chat.invite.term), TimerKind.INVITE, chat.id)


def park_until(state: ChatsState, parking: Parking) -> int:
    """When a parked chat comes back by itself (B-29)."""
    numbers = state.config.distribution
    grace = max(GRACE, numbers.park_warning)
    return over(state, parking.up, numbers.park_timeout, grace)


def arm_park(state: ChatsState, chat: Chat) -> None:
    """Set a timer for that, or for the warning before it."""
    parking = chat.parking
    if parking is not None and parking.woken_at is None:
        early = 0 if parking.warned else state.config.distribution.park_warning
        state.timers.set(park_until(state, parking) - early, TimerKind.PARK, chat.id)


def arm_exclusion(state: ChatsState | MessagesState, id: Guid, since: int) -> None:
    """Set the timers after which an agent may be offered again what they let go (B-24)."""
    numbers = state.config.distribution
    for pause in (numbers.retry_alone, numbers.retry_after):
        if since + pause > state.up:
            state.timers.set(since + pause, TimerKind.EXCLUSION, id)


def arm_exclusions(state: ChatsState) -> None:
    """Set these timers for every open chat, after a restart or under another configuration."""
    for chat in state.chats.values():
        if chat.is_open:
            for since in chat.exclusions.values():
                arm_exclusion(state, chat.id, since)


def arm_all(state: ChatsState) -> None:
    """Set every timer of a chat anew: one that is too early for its deadline is dropped when it fires."""
    for chat in state.chats.values():
        chat.timer_at = None
        arm_chat(state, chat)
        arm_offer(state, chat)
        arm_invite(state, chat)
        arm_bot(state, chat)
        arm_park(state, chat)
        if chat.status is ChatStatus.WAITING:
            arm_wait(state, chat)
    for unbound in state.unbound:
        arm_unbound(state, state.chats[unbound])
