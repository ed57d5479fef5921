"""Writing facts into the state. Nothing here decides or refuses.

Each fact has one function here; those that touch distribution hand over to `apply_desk`. The
table at the end is the whole list: a fact without an entry is a bug.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from broker.core import apply_desk as desk
from broker.core.bounds import (
    PAST_SLOTS,
    chat_weight,
    form_size,
    form_weight,
    sentence_weight,
    slot_digest,
)
from broker.core.deadlines import arm_chat
from broker.core.facts import (
    AgentMoved,
    AgentSettled,
    ChatForgotten,
    ChatMoved,
    ChatReopened,
    ChatRouted,
    ChatSettled,
    ChatStarted,
    ChatWarned,
    ConfigReplaced,
    DecisionLogged,
    Fact,
    FormSaved,
    OfferEnded,
    OfferMade,
    Refreshed,
    SentenceConfirmed,
    SentenceStored,
    SessionJoined,
    SessionLeft,
    SlotFilled,
    TimerFired,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.state import Chat, Sentence, Session, Slot, State
from broker.core.timers import TimerKind
from protocol.scenario import ScenarioResultInfo
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
    if status is ChatStatus.PILOT:
        state.pilots[chat.id] = None
    else:
        state.pilots.pop(chat.id, None)


def index_open(state: State, chat: Chat) -> None:
    """Put a chat into, or take it out of, its gateway's list of open chats."""
    chats = state.open_chats.setdefault(chat.gateway, {})
    weight = chat_weight(chat.tracking_id)
    if chat.is_open:
        chats[chat.id] = None
    else:
        del chats[chat.id]
        weight = -weight
    state.list_weight[chat.gateway] = state.list_weight.get(chat.gateway, 0) + weight


def add_chat(state: State, chat: Chat) -> None:
    """Enter a chat into the state's indexes."""
    state.chats[chat.id] = chat
    state.chats_held[chat.gateway] = state.chats_held.get(chat.gateway, 0) + 1
    _hold(state, chat, memory_of(chat))
    state.by_tracking[chat.gateway, chat.tracking_id] = chat.id
    state.status_counts[chat.status] = state.status_counts.get(chat.status, 0) + 1
    if chat.is_open:
        index_open(state, chat)
    if chat.status is ChatStatus.PILOT:
        state.pilots[chat.id] = None
    arm_chat(state, chat)


def _hold(state: State, chat: Chat, more: int) -> None:
    """Count what a chat takes of its gateway's share of the memory."""
    held = state.bytes_held
    held[chat.gateway] = held.get(chat.gateway, 0) + more


def memory_of(chat: Chat) -> int:
    """A bound on the bytes of a chat's words and forms."""
    return chat.weight + sum(form_size(form) for form in chat.forms.values())


def add_sentence(chat: Chat, sentence: Sentence) -> None:
    """Append a sentence to a transcript, its key and its weight."""
    chat.sentences.append(sentence)
    chat.keys[sentence.outbound][sentence.id] = sentence
    chat.weight += sentence_weight(
        sentence.id, sentence.party_name, sentence.text, chat.tracking_id
    )
    if not sentence.own:
        chat.last_activity = sentence.at


def fill_slot(chat: Chat, slot: Slot) -> None:
    """Replace the slot of a model and the weight of the one before."""
    before = chat.slots.get(slot.model)
    for sign, each in ((-1, before), (1, slot)):
        if each is not None:
            chat.weight += sign * sentence_weight(
                each.id, each.party_name, each.text, chat.tracking_id
            )
    chat.slots[slot.model] = slot
    if before is not None:
        past = chat.past_slots
        past[before.outbound, before.id] = slot_digest(before.model, before.text)
        if len(past) > PAST_SLOTS:
            del past[next(iter(past))]


def add_form(chat: Chat, form: ScenarioResultInfo) -> None:
    """Enter a form, or its new version, and the weight of one."""
    if form.scenario_result_id is None:
        return
    before = chat.forms.get(form.scenario_result_id)
    if before is not None:
        chat.weight -= form_weight(before.activity)
    chat.weight += form_weight(form.activity)
    chat.forms[form.scenario_result_id] = form


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
        ),
    )
    state.next_chat = f.no + 1


def _chat_reopened(state: State, f: ChatReopened) -> None:
    chat = state.chats[f.chat]
    chat.agent = None
    chat.party_name, chat.remote_address = f.party_name, f.remote_address
    chat.culture, chat.user_token, chat.ext_response = f.culture, f.user_token, f.ext_response
    chat.since = chat.last_activity = f.at
    chat.closed_at = chat.close_reason = chat.enqueued_at = chat.answered_at = None
    chat.exclusions = {}
    set_status(state, chat, ChatStatus.PILOT)
    state.by_tracking[chat.gateway, chat.tracking_id] = chat.id
    arm_chat(state, chat)


def _chat_routed(state: State, f: ChatRouted) -> None:
    chat = state.chats[f.chat]
    chat.project, chat.language = f.project, f.language
    chat.skill, chat.priority = f.skill, f.priority


def _chat_moved(state: State, f: ChatMoved) -> None:
    chat = state.chats[f.chat]
    before = chat.status
    chat.priority = f.priority
    chat.enqueued_at = f.enqueued_at
    chat.agent = f.agent
    if f.status is ChatStatus.ANSWERED:
        chat.answered_at = f.at
        chat.last_agent = f.agent
    if f.status is not ChatStatus.ALERTING:
        chat.offer = chat.offer_until = None
    if f.status is ChatStatus.CLOSED:
        chat.closed_at, chat.close_reason = f.at, f.close_reason
    set_status(state, chat, f.status)
    arm_chat(state, chat)
    desk.chat_moved(state, chat, before, f.at)


def _chat_warned(state: State, f: ChatWarned) -> None:
    chat = state.chats[f.chat]
    chat.warned_for = f.activity
    arm_chat(state, chat)


def _sentence_stored(state: State, f: SentenceStored) -> None:
    chat = state.chats[f.chat]
    before = chat.weight
    add_sentence(
        chat,
        Sentence(
            f.counter,
            f.id,
            f.party_name,
            f.text,
            f.time_sent,
            f.outbound,
            f.model,
            f.at,
            f.agent,
            f.own,
        ),
    )
    state.bytes_held[chat.gateway] += chat.weight - before


def _slot_filled(state: State, f: SlotFilled) -> None:
    chat = state.chats[f.chat]
    before = chat.weight
    fill_slot(
        chat, Slot(f.model, f.id, f.party_name, f.text, f.time_sent, f.outbound, f.at, f.agent)
    )
    state.bytes_held[chat.gateway] += chat.weight - before


def _sentence_confirmed(state: State, f: SentenceConfirmed) -> None:
    state.chats[f.chat].sentences[f.counter - 1].confirmed_at = f.at


def _offer_made(state: State, f: OfferMade) -> None:
    chat = state.chats[f.chat]
    chat.offer, chat.offer_until = f.offer, f.until
    state.next_offer = f.offer + 1
    state.timers.set(f.until, TimerKind.OFFER, f.chat)


def _offer_ended(state: State, f: OfferEnded) -> None:
    state.chats[f.chat].offer = state.chats[f.chat].offer_until = None
    desk.offer_ended(state, f)


def _form_saved(state: State, f: FormSaved) -> None:
    if f.chat is not None:
        chat = state.chats[f.chat]
        before = memory_of(chat)
        add_form(chat, f.result)
        state.bytes_held[chat.gateway] += memory_of(chat) - before


def _decision_logged(state: State, f: DecisionLogged) -> None:
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
        desk.sat_down(state, f.agent, f.workplace, f.session, f.at)


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
        desk.went_away(state, session.agent, f.at)


def _timer_fired(state: State, _f: TimerFired) -> None:
    due, _number, kind, key = state.timers.heap[0]
    state.timers.pop()
    if kind is TimerKind.CHAT:
        chat = state.chats.get(key)
        # One that an earlier timer has overtaken sets no other, or they would grow in number.
        if chat is not None and chat.timer_at == due:
            chat.timer_at = None
            arm_chat(state, chat)


def _chat_forgotten(state: State, f: ChatForgotten) -> None:
    chat = state.chats.pop(f.chat)
    state.chats_held[chat.gateway] -= 1
    _hold(state, chat, -memory_of(chat))
    state.status_counts[chat.status] -= 1
    if state.by_tracking.get((chat.gateway, chat.tracking_id)) == chat.id:
        del state.by_tracking[chat.gateway, chat.tracking_id]


def _config_replaced(state: State, f: ConfigReplaced) -> None:
    state.config = f.config
    for chat in state.chats.values():
        arm_chat(state, chat)
    desk.rebuild(state)


_TABLE: dict[type, Callable[[State, Any], None]] = {
    AgentMoved: desk.agent_moved,
    AgentSettled: desk.agent_settled,
    ChatForgotten: _chat_forgotten,
    ChatMoved: _chat_moved,
    ChatReopened: _chat_reopened,
    ChatRouted: _chat_routed,
    ChatSettled: desk.chat_settled,
    ChatStarted: _chat_started,
    ChatWarned: _chat_warned,
    ConfigReplaced: _config_replaced,
    DecisionLogged: _decision_logged,
    FormSaved: _form_saved,
    OfferEnded: _offer_ended,
    OfferMade: _offer_made,
    Refreshed: desk.refreshed,
    SentenceConfirmed: _sentence_confirmed,
    SentenceStored: _sentence_stored,
    SessionJoined: _session_joined,
    SessionLeft: _session_left,
    SlotFilled: _slot_filled,
    TimerFired: _timer_fired,
    WrapupEnded: desk.wrapup_ended,
    WrapupStarted: desk.wrapup_started,
}


def apply(state: State, fact: Fact) -> None:
    """Write one fact into the state."""
    _TABLE[type(fact)](state, fact)
