"""Writing facts into chats. Nothing here decides or refuses, and nothing here sees an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.chat_state import (
    Activity,
    BotTalk,
    Ending,
    Outbound,
    Parking,
    Transcript,
    Visitor,
    Waiting,
)
from broker.core.chats.involvement import agent_excluded
from broker.core.chats.lifecycle import may_move
from broker.core.chats.transcript import held_bytes, hold, measured_transcript
from broker.core.deadlines import (
    arm_all,
    arm_bot,
    arm_chat,
    arm_exclusions,
    arm_park,
    arm_unbound,
    arm_wait,
)
from broker.core.facts import (
    AgentExcluded,
    BotAwaited,
    BotMoved,
    BotSettled,
    ChatBound,
    ChatDropped,
    ChatForgotten,
    ChatMoved,
    ChatParked,
    ChatReopened,
    ChatRouted,
    ChatStarted,
    ChatUnparked,
    ChatWarned,
    ChatWidened,
    ChatWoken,
    ConfigReplaced,
    DecisionLogged,
    ListenedAgain,
    ParkWarned,
    TimerFired,
    WaitEstimated,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.causes import ChatCause
from broker.core.limits import LOGGED_DECISIONS, chat_bytes, variables_bytes
from broker.core.state import Chat, ChatsState
from broker.core.timers import TimerKind
from protocol.values import ChatStatus


def set_status(state: ChatsState, chat: Chat, status: ChatStatus) -> None:
    """Change a chat's status and the counts and indexes that depend on it."""
    counts = state.status_counts
    was_open = chat.is_open
    counts[chat.status] = counts.get(chat.status, 0) - 1
    counts[status] = counts.get(status, 0) + 1
    chat.status = status
    if was_open is not chat.is_open:
        index_open(state, chat)
    to_be_routed(state, chat)


def to_be_routed(state: ChatsState, chat: Chat) -> None:
    """Note whether the rules are to be run for the chat: not before a connector has it."""
    if chat.status is ChatStatus.PILOT and chat.is_bound:
        state.unrouted[chat.id] = None
    else:
        state.unrouted.pop(chat.id, None)


def index_open(state: ChatsState, chat: Chat) -> None:
    """Put a chat into, or take it out of, its gateway's list of open chats."""
    chats = state.open_chats.setdefault(chat.gateway, {})
    closed = state.closed_chats.setdefault(chat.gateway, {})
    if chat.is_open:
        chats[chat.id] = None
        closed.pop(chat.id, None)
        if chat.is_bound:
            state.listings.add(chat.gateway, chat.id)
    else:
        del chats[chat.id]
        closed[chat.id] = None
        if chat.is_bound:
            state.listings.drop(chat.gateway, chat.id)
    _count_listed(state, chat, 1 if chat.is_open else -1)


def _count_listed(state: ChatsState, chat: Chat, sign: int) -> None:
    size = sign * chat_bytes(chat.visitor.tracking_id)
    state.list_bytes[chat.gateway] = state.list_bytes.get(chat.gateway, 0) + size


def add_chat(state: ChatsState, chat: Chat) -> None:
    """Enter a chat into the state's indexes."""
    state.chats[chat.id] = chat
    state.chats_held[chat.gateway] = state.chats_held.get(chat.gateway, 0) + 1
    hold(state, chat, held_bytes(chat))
    state.status_counts[chat.status] = state.status_counts.get(chat.status, 0) + 1
    if chat.is_open:
        index_open(state, chat)
    else:
        state.closed_chats.setdefault(chat.gateway, {})[chat.id] = None
    if chat.is_bound:
        _index_tracking(state, chat)
    elif chat.is_open:
        state.unbound[chat.id] = None
        arm_unbound(state, chat)
    if chat.outbound is not None and chat.outbound.key is not None:
        state.open_keys[chat.gateway, chat.outbound.key] = chat.id
    to_be_routed(state, chat)


def _index_tracking(state: ChatsState, chat: Chat) -> None:
    """Find the chat by its tracking ID, unless another one took that later.

    Numbers do not say which: an outbound chat may be bound long after it was made.
    """
    key = (chat.gateway, chat.visitor.tracking_id)
    known = state.by_tracking.get(key)
    if known is None or _took_tracking(chat) > _took_tracking(state.chats[known]):
        state.by_tracking[key] = chat.id


def _took_tracking(chat: Chat) -> tuple[bool, int, int]:
    bound_at = chat.outbound.bound_at if chat.outbound is not None else None
    return (chat.is_open, max(chat.activity.since, bound_at or 0), chat.no)


def chat_started(state: ChatsState, f: ChatStarted) -> None:
    """A chat is there."""
    add_chat(
        state,
        Chat(
            id=f.chat,
            no=f.no,
            gateway=f.gateway,
            visitor=Visitor(
                tracking_id=f.tracking_id,
                party_name=f.party_name,
                remote_address=f.remote_address,
                culture=f.culture,
                user_token=f.user_token,
                ext_response=f.ext_response,
                variables=f.variables,
            ),
            started_at=f.at,
            started_up=state.up,
            activity=Activity(since=f.at, last=f.at, quiet_up=state.up),
            outbound=Outbound(key=f.open_key) if f.outbound else None,
            earlier=f.earlier,
            last_agent=f.last_agent,
            transcript=Transcript(size=variables_bytes(f.variables)),
        ),
    )
    arm_chat(state, state.chats[f.chat])
    state.next_chat = f.no + 1


def chat_bound(state: ChatsState, f: ChatBound) -> None:
    """A connector has an outbound chat, under a tracking ID of its own."""
    chat = state.chats[f.chat]
    assert chat.outbound is not None, f
    _count_listed(state, chat, -1)
    hold(state, chat, -held_bytes(chat))
    chat.visitor.tracking_id, chat.outbound.bound_at = f.tracking_id, f.at
    chat.transcript.size = measured_transcript(chat)
    _count_listed(state, chat, 1)
    hold(state, chat, held_bytes(chat))
    _introduce(chat.visitor, f)
    state.unbound.pop(f.chat, None)
    state.listings.add(chat.gateway, chat.id)
    state.by_tracking[chat.gateway, chat.visitor.tracking_id] = chat.id
    to_be_routed(state, chat)


def _introduce(visitor: Visitor, f: ChatBound | ChatReopened) -> None:
    visitor.party_name, visitor.remote_address = f.party_name, f.remote_address
    visitor.culture, visitor.user_token = f.culture, f.user_token
    visitor.ext_response = f.ext_response


def chat_reopened(state: ChatsState, f: ChatReopened) -> None:
    """A closed chat begins anew, with its transcript."""
    chat = state.chats[f.chat]
    assert may_move(chat.status, ChatStatus.PILOT, ChatCause.REOPENED), f
    chat.agent = None
    chat.routing.further, chat.routing.wait_level = (), -1
    chat.forms.at_start = chat.forms.offered = chat.forms.expected = None
    chat.bot, chat.waiting, chat.ending, chat.exclusions = BotTalk(), Waiting(), Ending(), {}
    _introduce(chat.visitor, f)
    chat.activity.since = f.at
    chat.activity.last = max(
        [f.at, *(s.words.at for s in chat.transcript.sentences if not s.words.own)]
    )
    chat.activity.quiet_up = state.up
    set_status(state, chat, ChatStatus.PILOT)
    state.by_tracking[chat.gateway, chat.visitor.tracking_id] = chat.id
    arm_chat(state, chat)


def chat_routed(state: ChatsState, f: ChatRouted) -> None:
    """It is said what the chat asks of an agent."""
    chat = state.chats[f.chat]
    chat.routing.project, chat.routing.language = f.project, f.language
    chat.routing.skill, chat.routing.priority = f.skill, f.priority
    chat.routing.further = ()


def chat_widened(state: ChatsState, f: ChatWidened) -> None:
    """The chat asks for less, or stands further in front."""
    chat = state.chats[f.chat]
    chat.routing.wait_level, chat.routing.skill, chat.routing.further = f.level, f.skill, f.further
    chat.routing.priority = f.priority
    arm_wait(state, chat)


def lost_its_bot(state: ChatsState, chat: Chat) -> bool:
    """Whether a built-in bot talks that the configuration has no more, or not so long (C-4)."""
    if chat.status is not ChatStatus.ICR or chat.agent is not None:
        return False
    bot = state.config.bots.get(chat.bot.id) if chat.bot.id is not None else None
    return bot is None or chat.bot.question >= len(bot.questions)


def wait_estimated(state: ChatsState, f: WaitEstimated) -> None:
    """The visitor was told how long the wait may be."""
    state.chats[f.chat].waiting.estimate = (f.at, f.wait)


def bot_moved(state: ChatsState, f: BotMoved) -> None:
    """A built-in bot is at another question."""
    chat = state.chats[f.chat]
    chat.bot.id, chat.bot.question, chat.bot.tries = f.bot, f.question, f.tries
    chat.bot.project, chat.bot.learned = f.project, f.learned
    state.bots_due.pop(f.chat, None)


def bot_awaited(state: ChatsState, f: BotAwaited) -> None:
    """It is a bot's turn, or not any more."""
    chat = state.chats[f.chat]
    chat.bot.due = chat.bot.given = f.due
    arm_bot(state, chat)


def listened_again(state: ChatsState, _f: ListenedAgain) -> None:
    """The broker listens from now on: all times anew."""
    state.resumed = state.up
    arm_all(state)


def bot_settled(state: ChatsState, f: BotSettled) -> None:
    """A built-in bot has reacted."""
    state.bots_due.pop(f.chat, None)


def chat_moved(state: ChatsState, f: ChatMoved) -> None:
    """The chat has another status or another owner."""
    chat = state.chats[f.chat]
    assert may_move(chat.status, f.status, f.cause), f
    assert chat.offer is None or f.status in (ChatStatus.ALERTING, ChatStatus.ICR), f
    chat.routing.priority = f.priority
    if chat.waiting.enqueued_at is None:
        chat.waiting.queued_up = state.up
    chat.waiting.enqueued_at = f.enqueued_at
    chat.waiting.waited, chat.waiting.since = f.waited, f.waiting_since
    chat.agent = f.agent
    if f.status is ChatStatus.ANSWERED:
        chat.last_agent = f.agent
        if f.answers:
            chat.waiting.answered_at, chat.waiting.estimate = f.at, None
    if f.answers or f.status is ChatStatus.CLOSED:
        chat.forms.offered = None
    if f.status is not ChatStatus.ICR:
        chat.bot.due = None
        state.bots_due.pop(chat.id, None)
    elif f.agent is None:
        state.bots_due[chat.id] = None
    if f.status is ChatStatus.CLOSED:
        chat.ending.closed_at, chat.ending.closed_up = f.at, state.up
        chat.ending.reason, chat.ending.readers = f.close_reason, f.readers
        state.unbound.pop(chat.id, None)
    set_status(state, chat, f.status)
    arm_chat(state, chat)
    if f.status is ChatStatus.WAITING:
        arm_wait(state, chat)


def chat_warned(state: ChatsState, f: ChatWarned) -> None:
    """The visitor was warned."""
    chat = state.chats[f.chat]
    chat.activity.warned_for = f.activity
    arm_chat(state, chat)


def wrapup_started(state: ChatsState, f: WrapupStarted) -> None:
    """Keep the closed chat for the work after it."""
    state.chats[f.chat].ending.wrapping += (f.agent,)


def wrapup_ended(state: ChatsState, f: WrapupEnded) -> None:
    """That is done; what has been closed for long enough may go."""
    chat = state.chats[f.chat]
    left = tuple(agent for agent in chat.ending.wrapping if agent != f.agent)
    chat.ending.wrapping = left
    arm_chat(state, chat)


def decision_logged(state: ChatsState, f: DecisionLogged) -> None:
    """Keep the last decisions about a chat."""
    log = state.chats[f.chat].log
    log.append(f)
    del log[:-LOGGED_DECISIONS]


def timer_fired(state: ChatsState, _f: TimerFired) -> None:
    """Take the earliest timer out; that of a chat is set again."""
    due, _number, kind, key = state.timers.heap[0]
    state.timers.pop()
    if kind is TimerKind.CHAT:
        chat = state.chats.get(key)
        # One that an earlier timer has overtaken sets no other, or they would grow in number.
        if chat is not None and chat.timer_at == due:
            chat.timer_at = None
            arm_chat(state, chat)


def chat_forgotten(state: ChatsState, f: ChatForgotten | ChatDropped) -> None:
    """A closed chat is not in memory any more."""
    chat = state.chats.pop(f.chat)
    state.closed_chats[chat.gateway].pop(chat.id, None)
    state.chats_held[chat.gateway] -= 1
    hold(state, chat, -held_bytes(chat))
    state.status_counts[chat.status] -= 1
    if state.by_tracking.get((chat.gateway, chat.visitor.tracking_id)) == chat.id:
        del state.by_tracking[chat.gateway, chat.visitor.tracking_id]
    key = chat.outbound.key if chat.outbound is not None else None
    if key is not None and state.open_keys.get((chat.gateway, key)) == chat.id:
        del state.open_keys[chat.gateway, key]


def config_replaced(state: ChatsState, f: ConfigReplaced) -> None:
    """Another configuration is in force: what was built on it, and all times, anew."""
    state.config = f.config
    for chat in state.chats.values():
        if lost_its_bot(state, chat):
            state.bots_due[chat.id] = None
    arm_all(state)


def exclusions_replaced(state: ChatsState, _f: ConfigReplaced) -> None:
    """Whoever let a chat go is left out for as long as the new configuration says."""
    arm_exclusions(state)


# -- put aside


def chat_parked(state: ChatsState, f: ChatParked) -> None:
    """The owner has put the chat aside."""
    chat = state.chats[f.chat]
    chat.parking = Parking(at=f.at, up=state.up)
    arm_park(state, chat)


def chat_woken(state: ChatsState, f: ChatWoken) -> None:
    """The chat is to come back."""
    parking = state.chats[f.chat].parking
    assert parking is not None, f
    parking.woken_at = f.at


def park_warned(state: ChatsState, f: ParkWarned) -> None:
    """The owner knows that the chat will come back."""
    chat = state.chats[f.chat]
    assert chat.parking is not None, f
    chat.parking.warned = True
    arm_park(state, chat)


def chat_unparked(state: ChatsState, f: ChatUnparked) -> None:
    """The chat is back, or its conversation ended meanwhile."""
    chat = state.chats[f.chat]
    chat.parking = None
    chat.activity.unparked_at, chat.activity.quiet_up = f.at, state.up
    arm_chat(state, chat)


TABLE: Final[dict[type, Callable[[ChatsState, Any], None]]] = {
    AgentExcluded: agent_excluded,
    BotAwaited: bot_awaited,
    BotMoved: bot_moved,
    BotSettled: bot_settled,
    ChatBound: chat_bound,
    ChatReopened: chat_reopened,
    ChatRouted: chat_routed,
    ChatWarned: chat_warned,
    ParkWarned: park_warned,
    TimerFired: timer_fired,
    WaitEstimated: wait_estimated,
}
