"""What happens because time passed: one timer at a time (B-8, B-11, B-24, B-26, B-28, B-29, B-40)."""

from __future__ import annotations

from collections.abc import Callable

from broker.core.agents.participants import wake
from broker.core.agents.reassignment import LOST, offer_over, withdraw
from broker.core.blobs.scanning import unnamed_for_a_day
from broker.core.chats.transitions import internal_note, system_message, wrap_up_over
from broker.core.deadlines import (
    bot_until,
    dead_up,
    over,
    park_until,
    retention,
    term_over,
    unbound_until,
)
from broker.core.decision import Decision
from broker.core.distribution.graces import conversations_of, gone_at, held, lost_until
from broker.core.distribution.lifecycle import move_agent
from broker.core.distribution_state import Work
from broker.core.effects import AgentToWorkplace, ChatToConnectors
from broker.core.facts import (
    ChatForgotten,
    ChatWarned,
    ParkWarned,
    Refreshed,
    TimerFired,
)
from broker.core.facts.causes import (
    AgentCause,
    ChatCause,
    ConversationCause,
    OfferOutcome,
    PassedOver,
    WrapupEnd,
)
from broker.core.inputs import Stamp
from broker.core.messages import conversing, receiving
from broker.core.messages.attempts import message_due
from broker.core.messages.sending import gateway_gone
from broker.core.routing import conversations
from broker.core.routing.admission import pass_over
from broker.core.routing.endings import close, end_invite, end_offer
from broker.core.routing.wait_rules import apply_conversation_wait, apply_wait
from broker.core.state import AgentPresence, Chat, State
from broker.core.timers import TimerKind
from protocol.values import AgentState, ChatStatus, CloseReason, Guid


def next_timeout(state: State, stamp: Stamp) -> Decision | None:
    """What the earliest due timer brings, or None when none is due."""
    heap = state.timers.heap
    if not heap or heap[0][0] > stamp.up:
        return None
    _due, _number, kind, key = heap[0]
    decision = Decision([TimerFired()])
    decision.add(_HANDLERS[kind](state, stamp, key))
    return decision


def _offer(state: State, stamp: Stamp, key: Guid) -> Decision:
    chat = state.chats.get(key)
    if chat is None or chat.offer is None or term_over(state, chat.offer.term) > stamp.up:
        return Decision()
    agent = chat.offered_to
    decision = offer_over(state, chat, stamp, OfferOutcome.MISSED)
    if agent is not None and chat.status is not ChatStatus.ICR:
        decision.add(_paused(state, stamp, state.distribution.presences[agent]))
    return decision


def _paused(state: State, stamp: Stamp, presence: AgentPresence) -> Decision:
    """Set an agent to Pause who missed too many offers in a row (B-24)."""
    missed = presence.missed + 1
    if presence.state is not AgentState.READY or missed < state.config.distribution.max_missed:
        return Decision()
    moved = move_agent(
        presence,
        stamp,
        AgentState.PAUSE,
        AgentCause.MISSED,
        reason="Missed",
        next_state=presence.next_state,
    )
    return Decision([moved], [AgentToWorkplace(agent=presence.agent)])


def _chat(state: State, stamp: Stamp, key: Guid) -> Decision:
    chat = state.chats.get(key)
    if chat is None:
        return Decision()
    if chat.ending.closed_at is not None:
        stays = over(state, chat.ending.closed_up, retention(state, chat)) > stamp.up
        return Decision([] if stays or chat.ending.wrapping else [ChatForgotten(chat.id)])
    gateway = state.config.gateways.get(chat.gateway)
    dead = dead_up(state, chat, gateway) if gateway is not None else None
    if gateway is None or dead is None:
        return Decision()
    if stamp.up >= dead:
        decision = close(state, chat, stamp, CloseReason.INACTIVITY)
        decision.notices.append(ChatToConnectors(chat=chat.id))
        return decision
    warning = gateway.inactivity_warning
    if warning is None or stamp.up < dead - warning or chat.activity.is_warned:
        return Decision()
    warned = ChatWarned(chat=chat.id, no=chat.no, activity=chat.activity.quiet_since)
    decision = system_message(state, chat, stamp, state.config.notes.inactivity)
    decision.facts.append(warned)
    return decision


def _wrapup(state: State, stamp: Stamp, key: Guid) -> Decision:
    """The time of a wrap-up is over, that of a chat or of a conversation."""
    for agent in state.distribution.leases.get(key, ()):
        presence = state.distribution.presences[agent]
        for work in Work:
            running = presence.workload(work).wrapups.get(key)
            if running is not None and term_over(state, running.term) <= stamp.up:
                return _wrapped_up(state, stamp, key, work)
    return Decision()


def _wrapped_up(state: State, stamp: Stamp, key: Guid, work: Work) -> Decision:
    if work is Work.CHAT:
        return wrap_up_over(state.chats[key], stamp, WrapupEnd.EXPIRED)
    conversation = state.messages.conversations[key]
    return conversing.wrap_up_over(conversation, stamp, WrapupEnd.EXPIRED)


def _grace(state: State, stamp: Stamp, key: Guid) -> Decision:
    """An agent in a conversation did not come back in time: it goes on without them (B-11)."""
    chat = state.chats.get(key)
    if chat is None or chat.status is not ChatStatus.ANSWERED or chat.agent is None:
        return Decision()
    # Everybody who is lost has a timer of their own, so one at a time will do.
    for agent in (*chat.parties, chat.agent):
        if _is_lost(state, chat, agent, stamp.up):
            return withdraw(state, chat, agent, stamp, LOST)
    return Decision()


def _is_lost(state: State, chat: Chat, agent: Guid, up: int) -> bool:
    lost_at = state.distribution.presences[agent].lost_at
    return lost_at is not None and up >= lost_until(state, chat.gateway, lost_at)


def _agent(state: State, stamp: Stamp, key: Guid) -> Decision:
    presence = state.distribution.presences.get(key)
    if presence is None or presence.lost_at is None:
        return Decision()
    if stamp.up < gone_at(state, presence):
        return Decision()
    decision = Decision([move_agent(presence, stamp, AgentState.LOG_OFF, AgentCause.LOST)])
    # No grace is longer than this, but a timer of an earlier loss may come before a chat's own.
    for chat_id in held(presence):
        decision.add(withdraw(state, state.chats[chat_id], key, stamp, LOST))
    for one in conversations_of(presence):
        conversation = state.messages.conversations[one]
        decision.add(conversations.give_up(state, conversation, stamp, _AGENT_LOST))
    return decision


_AGENT_LOST = ConversationCause.AGENT_LOST


def _conversation_offer(state: State, stamp: Stamp, key: Guid) -> Decision:
    """An agent who was alerted for a conversation did not answer in time (B-24)."""
    conversation = state.messages.conversations.get(key)
    offer = conversation.offer if conversation is not None else None
    if conversation is None or offer is None or term_over(state, offer.term) > stamp.up:
        return Decision()
    decision = conversations.offer_over(state, conversation, stamp, OfferOutcome.MISSED)
    decision.add(_paused(state, stamp, state.distribution.presences[offer.agent]))
    return decision


def _conversation_grace(state: State, stamp: Stamp, key: Guid) -> Decision:
    """Whoever works on a conversation did not come back in time (B-11)."""
    conversation = state.messages.conversations.get(key)
    if conversation is None or conversation.status is not ChatStatus.ANSWERED:
        return Decision()
    presence = state.distribution.presences[conversation.agent or Guid("")]
    if presence.lost_at is None:
        return Decision()
    until = lost_until(state, conversation.gateway, presence.lost_at, Work.CONVERSATION)
    if stamp.up < until:
        return Decision()
    return conversations.give_up(state, conversation, stamp, _AGENT_LOST)


def _aside(state: State, stamp: Stamp, key: Guid) -> Decision:
    """The time is over for which a conversation was put aside (B-57)."""
    conversation = state.messages.conversations.get(key)
    aside = conversation.aside if conversation is not None else None
    if conversation is None or aside is None or aside.until is None:
        return Decision()
    if term_over(state, aside.term) > stamp.up:
        return Decision()
    return conversations.come_back(state, conversation, stamp)


def _exclusion(state: State, stamp: Stamp, key: Guid) -> Decision:
    return Decision([Refreshed(key)])


def _wait(state: State, stamp: Stamp, key: Guid) -> Decision:
    chat = state.chats.get(key)
    if chat is None or chat.status is not ChatStatus.WAITING:
        return Decision()
    return apply_wait(state, chat, stamp)


def _conversation_wait(state: State, stamp: Stamp, key: Guid) -> Decision:
    conversation = state.messages.conversations.get(key)
    return apply_conversation_wait(state, conversation, stamp) if conversation else Decision()


def _invite(state: State, stamp: Stamp, key: Guid) -> Decision:
    """Nobody of a project was found in time: the chat stays with who wanted to hand it over."""
    chat = state.chats.get(key)
    if chat is None or chat.invite is None or chat.invite.project is None:
        return Decision()
    if term_over(state, chat.invite.term) > stamp.up:
        return Decision()
    decision = end_offer(state, chat, stamp, OfferOutcome.WITHDRAWN)
    decision.add(end_invite(state, chat, stamp, OfferOutcome.MISSED))
    return decision


def _bot(state: State, stamp: Stamp, key: Guid) -> Decision:
    chat = state.chats.get(key)
    if chat is None or chat.status is not ChatStatus.ICR:
        return Decision()
    due = bot_until(state, chat)
    if due is None or due > stamp.up:
        return Decision()
    return pass_over(state, chat, stamp, PassedOver.SILENT)


def _unbound(state: State, stamp: Stamp, key: Guid) -> Decision:
    chat = state.chats.get(key)
    if chat is None or chat.is_bound or not chat.is_open:
        return Decision()
    if stamp.up < unbound_until(state, chat):
        return Decision()
    return close(state, chat, stamp, CloseReason.RULE, cause=ChatCause.UNBOUND)


def _park(state: State, stamp: Stamp, key: Guid) -> Decision:
    """A parked chat that nobody asked for comes back by itself; its owner is told before (B-29)."""
    chat = state.chats.get(key)
    if chat is None or chat.parking is None or chat.parking.woken_at is not None:
        return Decision()
    until = park_until(state, chat.parking)
    if stamp.up >= until:
        return Decision([*wake(chat, stamp)])
    if chat.parking.warned or stamp.up < until - state.config.distribution.park_warning:
        return Decision()
    decision = internal_note(state, chat, stamp, state.config.notes.parked)
    decision.facts.append(ParkWarned(chat=chat.id, no=chat.no, at=stamp.now))
    return decision


_HANDLERS: dict[TimerKind, Callable[[State, Stamp, Guid], Decision]] = {
    TimerKind.OFFER: _offer,
    TimerKind.CHAT: _chat,
    TimerKind.WRAPUP: _wrapup,
    TimerKind.GRACE: _grace,
    TimerKind.AGENT: _agent,
    TimerKind.EXCLUSION: _exclusion,
    TimerKind.WAIT: _wait,
    TimerKind.INVITE: _invite,
    TimerKind.BOT: _bot,
    TimerKind.UNBOUND: _unbound,
    TimerKind.PARK: _park,
    TimerKind.MESSAGE: message_due,
    TimerKind.CONVERSATION: receiving.forget,
    TimerKind.CONVERSATION_OFFER: _conversation_offer,
    TimerKind.CONVERSATION_GRACE: _conversation_grace,
    TimerKind.ASIDE: _aside,
    TimerKind.CONVERSATION_WAIT: _conversation_wait,
    TimerKind.MESSAGE_GATEWAY: gateway_gone,
    TimerKind.BLOB: unnamed_for_a_day,
}
