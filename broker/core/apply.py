"""Writing facts into the state. Nothing here decides or refuses.

Each fact has one function here; those that touch distribution hand over to `apply_desk`. The
table at the end is the whole list: a fact without an entry is a bug.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from broker.core import apply_participants as party
from broker.core.chats import transcript as words
from broker.core.chats.transcript import hold, memory_of, transcript_weight
from broker.core.contacts.apply import TABLE as OF_CONTACTS
from broker.core.deadlines import (
    arm_bot,
    arm_chat,
    arm_invite,
    arm_offer,
    arm_park,
    arm_unbound,
    arm_wait,
)
from broker.core.distribution import apply as desk
from broker.core.facts import (
    AgentExcluded,
    AgentMoved,
    AgentSeated,
    AgentSettled,
    BotAwaited,
    BotMoved,
    ChatBound,
    ChatDropped,
    ChatForgotten,
    ChatMoved,
    ChatParked,
    ChatReopened,
    ChatRouted,
    ChatSettled,
    ChatStarted,
    ChatUnparked,
    ChatWarned,
    ChatWidened,
    ChatWoken,
    ConfigReplaced,
    DecisionLogged,
    Fact,
    FormExpected,
    FormOffered,
    FormSaved,
    InviteEnded,
    InviteMade,
    ListenedAgain,
    NoteStored,
    OfferEnded,
    OfferMade,
    ParkWarned,
    PartyJoined,
    PartyLeft,
    Refreshed,
    RegisterAsked,
    ScriptSettled,
    SentenceConfirmed,
    SentenceStored,
    SessionJoined,
    SessionLeft,
    SlotConfirmed,
    SlotFilled,
    TimerFired,
    WaitEstimated,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.limits import (
    ANSWERS_REMEMBERED,
    LOGGED_DECISIONS,
    REGISTERS_PER_SESSION,
    chat_weight,
    variables_weight,
)
from broker.core.state import Chat, Session, State
from broker.core.timers import Term, TimerKind
from protocol.values import ChatStatus


def set_status(state: State, chat: Chat, status: ChatStatus) -> None:
    """Change a chat's status and the counts and indexes that depend on it."""
    counts = state.status_counts
    was_open = chat.is_open
    counts[chat.status] = counts.get(chat.status, 0) - 1
    counts[status] = counts.get(status, 0) + 1
    chat.status = status
    if was_open is not chat.is_open:
        index_open(state, chat)
    to_be_routed(state, chat)


def to_be_routed(state: State, chat: Chat) -> None:
    """Note whether the rules are to be run for the chat: not before a connector has it."""
    if chat.status is ChatStatus.PILOT and chat.is_bound:
        state.pilots[chat.id] = None
    else:
        state.pilots.pop(chat.id, None)


def index_open(state: State, chat: Chat) -> None:
    """Put a chat into, or take it out of, its gateway's list of open chats."""
    chats = state.open_chats.setdefault(chat.gateway, {})
    closed = state.closed_chats.setdefault(chat.gateway, {})
    if chat.is_open:
        chats[chat.id] = None
        closed.pop(chat.id, None)
    else:
        del chats[chat.id]
        closed[chat.id] = None
    _count_listed(state, chat, 1 if chat.is_open else -1)


def _count_listed(state: State, chat: Chat, sign: int) -> None:
    weight = sign * chat_weight(chat.tracking_id)
    state.list_weight[chat.gateway] = state.list_weight.get(chat.gateway, 0) + weight


def add_chat(state: State, chat: Chat) -> None:
    """Enter a chat into the state's indexes."""
    state.chats[chat.id] = chat
    state.chats_held[chat.gateway] = state.chats_held.get(chat.gateway, 0) + 1
    hold(state, chat, memory_of(chat))
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
    if chat.open_key is not None:
        state.open_keys[chat.gateway, chat.open_key] = chat.id
    to_be_routed(state, chat)
    arm_chat(state, chat)


def _index_tracking(state: State, chat: Chat) -> None:
    """Find the chat by its tracking ID, unless another one took that later.

    Numbers do not say which: an outbound chat may be bound long after it was made.
    """
    key = (chat.gateway, chat.tracking_id)
    known = state.by_tracking.get(key)
    if known is None or _took_tracking(chat) > _took_tracking(state.chats[known]):
        state.by_tracking[key] = chat.id


def _took_tracking(chat: Chat) -> tuple[bool, int, int]:
    return (chat.is_open, max(chat.since, chat.bound_at or 0), chat.no)


def _chat_started(state: State, f: ChatStarted) -> None:
    add_chat(
        state,
        Chat(
            id=f.chat,
            no=f.no,
            gateway=f.gateway,
            tracking_id=f.tracking_id,
            party_name=f.party_name,
            remote_address=f.remote_address,
            culture=f.culture,
            user_token=f.user_token,
            ext_response=f.ext_response,
            started_at=f.at,
            since=f.at,
            last_activity=f.at,
            started_up=state.up,
            quiet_up=state.up,
            variables=f.variables,
            outbound=f.outbound,
            open_key=f.open_key,
            earlier=f.earlier,
            last_agent=f.last_agent,
            weight=variables_weight(f.variables),
        ),
    )
    state.next_chat = f.no + 1


def _chat_bound(state: State, f: ChatBound) -> None:
    chat = state.chats[f.chat]
    _count_listed(state, chat, -1)
    hold(state, chat, -memory_of(chat))
    chat.tracking_id, chat.bound_at = f.tracking_id, f.at
    chat.weight = transcript_weight(chat)
    _count_listed(state, chat, 1)
    hold(state, chat, memory_of(chat))
    chat.party_name, chat.remote_address = f.party_name, f.remote_address
    chat.culture, chat.user_token, chat.ext_response = f.culture, f.user_token, f.ext_response
    state.unbound.pop(f.chat, None)
    state.by_tracking[chat.gateway, chat.tracking_id] = chat.id
    to_be_routed(state, chat)


def _chat_reopened(state: State, f: ChatReopened) -> None:
    chat = state.chats[f.chat]
    chat.agent = None
    chat.further, chat.wait_level, chat.scenario = (), -1, None
    chat.start_form = chat.default_form = None
    chat.bot, chat.bot_question, chat.bot_tries, chat.bot_project = None, -1, 0, None
    chat.learned, chat.bot_due, chat.bot_given, chat.estimate = (), None, None, None
    chat.party_name, chat.remote_address = f.party_name, f.remote_address
    chat.culture, chat.user_token, chat.ext_response = f.culture, f.user_token, f.ext_response
    chat.since = f.at
    chat.last_activity = max([f.at, *(s.at for s in chat.sentences if not s.own)])
    chat.quiet_up = state.up
    chat.closed_at = chat.close_reason = chat.enqueued_at = chat.answered_at = None
    chat.exclusions, chat.readers = {}, ()
    chat.waited, chat.waiting_since = 0, None
    set_status(state, chat, ChatStatus.PILOT)
    state.by_tracking[chat.gateway, chat.tracking_id] = chat.id
    arm_chat(state, chat)


def _chat_routed(state: State, f: ChatRouted) -> None:
    chat = state.chats[f.chat]
    chat.project, chat.language = f.project, f.language
    chat.skill, chat.priority = f.skill, f.priority
    chat.further = ()


def _chat_widened(state: State, f: ChatWidened) -> None:
    chat = state.chats[f.chat]
    chat.wait_level, chat.skill, chat.further = f.level, f.skill, f.further
    chat.priority = f.priority
    desk.requeue(state, chat)
    arm_wait(state, chat)


def lost_its_script(state: State, chat: Chat) -> bool:
    """Whether a built-in bot talks that the configuration has no more, or not so long (C-4)."""
    if chat.status is not ChatStatus.ICR or chat.agent is not None:
        return False
    bot = state.config.bots.get(chat.bot) if chat.bot is not None else None
    return bot is None or chat.bot_question >= len(bot.questions)


def _wait_estimated(state: State, f: WaitEstimated) -> None:
    state.chats[f.chat].estimate = (f.at, f.wait)


def _bot_moved(state: State, f: BotMoved) -> None:
    chat = state.chats[f.chat]
    chat.bot, chat.bot_question, chat.bot_tries = f.bot, f.question, f.tries
    chat.bot_project, chat.learned = f.project, f.learned
    state.scripted.pop(f.chat, None)


def _bot_awaited(state: State, f: BotAwaited) -> None:
    chat = state.chats[f.chat]
    chat.bot_due = chat.bot_given = f.due
    arm_bot(state, chat)


def _listened_again(state: State, _f: ListenedAgain) -> None:
    state.resumed = state.up
    arm_all(state)


def arm_all(state: State) -> None:
    """Set every timer of a deadline anew: one that is too early for it is dropped when it fires."""
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
    desk.arm_desks(state)


def _script_settled(state: State, f: ScriptSettled) -> None:
    state.scripted.pop(f.chat, None)


def _chat_moved(state: State, f: ChatMoved) -> None:
    chat = state.chats[f.chat]
    owner = chat.agent
    chat.priority = f.priority
    if chat.enqueued_at is None:
        chat.queued_up = state.up
    chat.enqueued_at = f.enqueued_at
    chat.waited, chat.waiting_since = f.waited, f.waiting_since
    chat.agent = f.agent
    if f.status is ChatStatus.ANSWERED:
        chat.last_agent = f.agent
        if f.answers:
            chat.answered_at, chat.estimate = f.at, None
            _count_answer(state, chat)
    if f.answers or f.status is ChatStatus.CLOSED:
        chat.scenario = None
    if f.status is not ChatStatus.ICR:
        chat.bot_due = None
        state.scripted.pop(chat.id, None)
    elif f.agent is None:
        state.scripted[chat.id] = None
    if f.status not in (ChatStatus.ALERTING, ChatStatus.ICR):
        chat.offer = chat.offer_until = None
    if f.status is ChatStatus.CLOSED:
        chat.closed_at, chat.closed_up = f.at, state.up
        chat.close_reason, chat.readers = f.close_reason, f.readers
        state.unbound.pop(chat.id, None)
    set_status(state, chat, f.status)
    arm_chat(state, chat)
    desk.chat_moved(state, chat, owner)
    if f.status is ChatStatus.WAITING:
        arm_wait(state, chat)


def _count_answer(state: State, chat: Chat) -> None:
    """Remember that a chat of the project was answered: the rate says how long others wait."""
    if chat.project is not None and chat.enqueued_at is not None:
        moments = state.distribution.answered
        moments.setdefault(chat.project, deque(maxlen=ANSWERS_REMEMBERED)).append(state.up)


def _chat_warned(state: State, f: ChatWarned) -> None:
    chat = state.chats[f.chat]
    chat.warned_for = f.activity
    arm_chat(state, chat)


def _offer_made(state: State, f: OfferMade) -> None:
    chat = state.chats[f.chat]
    chat.offer, chat.offer_until = f.offer, f.until
    chat.offer_term = Term(state.up, f.until - f.at)
    state.next_offer = f.offer + 1
    arm_offer(state, chat)
    if chat.invite is not None:
        chat.invite.agent = f.agent
        desk.lease(state, chat, f.agent, ChatStatus.ALERTING)
    desk.requeue(state, chat)


def _offer_ended(state: State, f: OfferEnded) -> None:
    chat = state.chats[f.chat]
    chat.offer = chat.offer_until = None
    if chat.invite is not None and chat.invite.project is not None and f.outcome != "answered":
        chat.invite.agent = None
    desk.offer_ended(state, f)


def _decision_logged(state: State, f: DecisionLogged) -> None:
    log = state.chats[f.chat].log
    log.append(f)
    del log[:-LOGGED_DECISIONS]
    if f.kind == "waiting":
        ticket = state.distribution.tickets.get(f.chat)
        if ticket is not None:
            ticket.explained = True


def _session_joined(state: State, f: SessionJoined) -> None:
    state.sessions[f.session] = Session(
        number=f.session,
        role=f.role,
        gateways=f.gateways,
        workplace=f.workplace,
        agent=f.agent,
    )
    for gateway in f.gateways:
        state.gateway_sessions[gateway] = (
            *state.gateway_sessions.get(gateway, ()),
            f.session,
        )
    if f.workplace is not None and f.agent is not None:
        state.workplace_sessions[f.workplace] = f.session
        desk.sat_down(state, f.agent, f.workplace, f.session)


def _register_asked(state: State, f: RegisterAsked) -> None:
    registers = state.sessions[f.session].registers
    registers.pop(f.register, None)
    registers[f.register] = None
    if len(registers) > REGISTERS_PER_SESSION:
        del registers[next(iter(registers))]


def _session_left(state: State, f: SessionLeft) -> None:
    session = state.sessions.pop(f.session)
    for gateway in session.gateways:
        left = tuple(s for s in state.gateway_sessions[gateway] if s != f.session)
        if left:
            state.gateway_sessions[gateway] = left
        else:
            del state.gateway_sessions[gateway]
    if session.workplace is not None and session.agent is not None:
        del state.workplace_sessions[session.workplace]
        desk.went_away(state, session.agent)


def _timer_fired(state: State, _f: TimerFired) -> None:
    due, _number, kind, key = state.timers.heap[0]
    state.timers.pop()
    if kind is TimerKind.CHAT:
        chat = state.chats.get(key)
        # One that an earlier timer has overtaken sets no other, or they would grow in number.
        if chat is not None and chat.timer_at == due:
            chat.timer_at = None
            arm_chat(state, chat)


def _chat_forgotten(state: State, f: ChatForgotten | ChatDropped) -> None:
    chat = state.chats.pop(f.chat)
    state.closed_chats[chat.gateway].pop(chat.id, None)
    state.chats_held[chat.gateway] -= 1
    hold(state, chat, -memory_of(chat))
    state.status_counts[chat.status] -= 1
    if state.by_tracking.get((chat.gateway, chat.tracking_id)) == chat.id:
        del state.by_tracking[chat.gateway, chat.tracking_id]
    if chat.open_key and state.open_keys.get((chat.gateway, chat.open_key)) == chat.id:
        del state.open_keys[chat.gateway, chat.open_key]


def _config_replaced(state: State, f: ConfigReplaced) -> None:
    state.config = f.config
    for chat in state.chats.values():
        if lost_its_script(state, chat):
            state.scripted[chat.id] = None
    arm_all(state)
    desk.rebuild(state)


_TABLE: dict[type, Callable[[State, Any], None]] = {
    **OF_CONTACTS,
    AgentExcluded: desk.agent_excluded,
    AgentMoved: desk.agent_moved,
    AgentSeated: desk.agent_seated,
    AgentSettled: desk.agent_settled,
    BotAwaited: _bot_awaited,
    BotMoved: _bot_moved,
    ChatBound: _chat_bound,
    ChatDropped: _chat_forgotten,
    ChatForgotten: _chat_forgotten,
    ChatMoved: _chat_moved,
    ChatParked: desk.chat_parked,
    ChatReopened: _chat_reopened,
    ChatRouted: _chat_routed,
    ChatSettled: desk.chat_settled,
    ChatStarted: _chat_started,
    ChatUnparked: desk.chat_unparked,
    ChatWarned: _chat_warned,
    ChatWidened: _chat_widened,
    ChatWoken: desk.chat_woken,
    ConfigReplaced: _config_replaced,
    DecisionLogged: _decision_logged,
    FormExpected: words.form_expected,
    FormOffered: words.form_offered,
    FormSaved: words.form_saved,
    InviteEnded: party.invite_ended,
    InviteMade: party.invite_made,
    ListenedAgain: _listened_again,
    NoteStored: words.note_stored,
    OfferEnded: _offer_ended,
    OfferMade: _offer_made,
    ParkWarned: desk.park_warned,
    PartyJoined: party.party_joined,
    PartyLeft: party.party_left,
    Refreshed: desk.refreshed,
    RegisterAsked: _register_asked,
    ScriptSettled: _script_settled,
    SentenceConfirmed: words.sentence_confirmed,
    SentenceStored: words.sentence_stored,
    SessionJoined: _session_joined,
    SessionLeft: _session_left,
    SlotConfirmed: words.slot_confirmed,
    SlotFilled: words.slot_filled,
    TimerFired: _timer_fired,
    WaitEstimated: _wait_estimated,
    WrapupEnded: desk.wrapup_ended,
    WrapupStarted: desk.wrapup_started,
}


def apply(state: State, fact: Fact) -> None:
    """Write one fact into the state."""
    _TABLE[type(fact)](state, fact)
