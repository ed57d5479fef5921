"""The way of a sentence, its key, its confirmation; typing (W-20..W-23, B-7, B-9, B-10).

Theory of operation: a key is looked up before anything else, so that a retry gets its echo
whatever became of the chat meanwhile. A new sentence gets the next counter and goes out twice:
as the echo to its own side and, when the chat is answered, to the other. Both leave only after
the fact is durable.
"""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from broker.core.access import chat_at_desk, find_tracked, gateway_of, tracked_chat
from broker.core.announce import (
    SLOT_MODELS,
    Announcement,
    ChatToConnectors,
    Said,
    sentence_for_connector,
    sentence_for_workplace,
    utc,
)
from broker.core.bounds import RESERVE, sentence_weight, slot_digest
from broker.core.chats import may_open, reopen, reopens
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import Effect, Send
from broker.core.facts import Fact, SentenceConfirmed, SentenceStored, SlotFilled
from broker.core.inputs import Stamp
from broker.core.moves import acknowledgement, agent_session
from broker.core.state import Chat, Sentence, Session, Slot, State
from protocol.chat import ChatCommandInfo, ChatSentenceInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, SentenceModel, to_micros

_REUSED = Refusal(ErrorCode.KEY_REUSED, "ID: used before for another sentence")
NUMBERED = frozenset({int(SentenceModel.SENTENCE), int(SentenceModel.TECH_NOTE)})
SLOTS = frozenset(map(int, SLOT_MODELS))


def _trace(frame: Frame) -> str | None:
    headers = frame.headers
    if headers is None:
        return None
    trace = headers.get("traceparent")
    return trace if isinstance(trace, str) else None


def from_connector(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """ES_CHAT_SENTENCE: a visitor says something."""
    p = frame.payload
    assert isinstance(p, ChatSentenceInfo)
    gateway = gateway_of(state, session, p)
    if isinstance(gateway, Refusal):
        return gateway
    chat = find_tracked(state, gateway, p.tracking_id)
    if chat is None:
        return Refusal(ErrorCode.UNKNOWN_CHAT, "TrackingId: no such chat")
    known = known_key(chat, p, False)
    if isinstance(known, Refusal):
        return known
    listener = agent_session(state, chat.agent) if chat.status is ChatStatus.ANSWERED else None
    if known is not None:
        own = _connectors(state, chat, (session.number,))
        return _again(chat, known, frame, own, _workplace(state, chat, listener))
    facts: list[Fact] = []
    effects: list[Effect | Announcement] = []
    if not chat.is_open:
        if not (gateway.reactivate and p.model == 0 and reopens(gateway, chat, stamp.now)):
            return Refusal(ErrorCode.CHAT_CLOSED, "TrackingId: the chat is closed")
        refusal = may_open(state, gateway, chat.tracking_id)
        if refusal is not None:
            return refusal
        facts = reopen(state, chat, stamp)
        effects = [ChatToConnectors(chat=chat.id)]
    refusal = fits(state, chat, p, p.party_name)
    if refusal is not None:
        return refusal
    made = said(chat, p, p.party_name, stamp.now, None)
    facts.append(made)
    echo = sentence_for_connector(gateway, chat, made)
    trace = _trace(frame)
    effects.append(
        Send(
            state.gateway_sessions[gateway.id],
            "SE_CHAT_SENTENCE",
            echo,
            session.number,
            frame.id,
            trace,
        )
    )
    if listener is not None:
        number = state.sessions[listener].workplace or ""
        shown = sentence_for_workplace(number, chat, made)
        effects.append(Send((listener,), "SC_CHAT_SENTENCE", shown, None, None, trace))
    return Decision(facts, effects)


def from_workplace(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """CS_CHAT_SENTENCE: an agent says something."""
    p = frame.payload
    assert isinstance(p, ChatSentenceInfo)
    found = chat_at_desk(state, session, p)
    if isinstance(found, Refusal):
        return found
    desk, chat = found
    gateway = state.config.gateways[chat.gateway]
    known = known_key(chat, p, True)
    if isinstance(known, Refusal):
        return known
    if known is not None:
        others = _connectors(state, chat, state.gateway_sessions.get(chat.gateway, ()))
        return _again(chat, known, frame, _workplace(state, chat, session.number), others)
    if not chat.is_open:
        return Refusal(ErrorCode.CHAT_CLOSED, "ChatId: the chat is closed")
    if chat.status is not ChatStatus.ANSWERED or chat.agent != desk.agent:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: not answered by this agent")
    name = state.config.agents[desk.agent].public_name
    refusal = fits(state, chat, p, name)
    if refusal is not None:
        return refusal
    made = said(chat, p, name, stamp.now, desk.agent)
    trace = _trace(frame)
    number = session.workplace or ""
    effects: list[Effect] = [
        Send(
            (session.number,),
            "SC_CHAT_SENTENCE",
            sentence_for_workplace(number, chat, made),
            session.number,
            frame.id,
            trace,
        )
    ]
    sessions = state.gateway_sessions.get(gateway.id)
    if sessions:
        shown = sentence_for_connector(gateway, chat, made)
        effects.append(Send(sessions, "SE_CHAT_SENTENCE", shown, None, None, trace))
    return Decision([made], list(effects))


def known_key(chat: Chat, p: ChatSentenceInfo, outbound: bool) -> Sentence | Slot | Refusal | None:
    """The sentence that already has this key, if it says the same (W-21)."""
    if p.model not in NUMBERED and p.model not in SLOTS:
        return Refusal(ErrorCode.BAD_PAYLOAD, "Model: not a known model")
    known: Sentence | Slot | None = chat.keys[outbound].get(p.id or "")
    if known is None and chat.slots:
        known = slot_of(chat, p.id, outbound)
        if known is None:
            return _past_slot(chat, p, outbound)
    if known is not None and (known.text != p.text or known.model != p.model):
        return _REUSED
    return known


def _past_slot(chat: Chat, p: ChatSentenceInfo, outbound: bool) -> Slot | Refusal | None:
    """The retry of a sentence whose slot was overwritten: it must not come back into it."""
    digest = chat.past_slots.get((outbound, p.id or ""))
    if digest is None:
        return None
    text = p.text or ""
    if digest != slot_digest(p.model, text):
        return _REUSED
    sent = to_micros(p.time_sent) if p.time_sent is not None else chat.last_activity
    return Slot(p.model, p.id or "", p.party_name, text, sent, outbound, sent, None)


def slot_of(chat: Chat, key: str | None, outbound: bool) -> Slot | None:
    """The slot that holds the sentence with this key."""
    for slot in chat.slots.values():
        if slot.id == key and slot.outbound is outbound:
            return slot
    return None


def fits(state: State, chat: Chat, p: ChatSentenceInfo, name: str | None) -> Refusal | None:
    """Refuse a sentence with which the transcript would not fit one frame any more (I-14)."""
    weight = sentence_weight(p.id or "", name, p.text or "", chat.tracking_id)
    if chat.weight + weight > state.config.limits.frame_bytes - RESERVE:
        return Refusal(ErrorCode.OVERLOADED, "the transcript of the chat is full")
    if state.bytes_held[chat.gateway] > state.config.limits.gateway_bytes:
        return Refusal(ErrorCode.OVERLOADED, "the gateway's chats take too much memory")
    return None


def said(
    chat: Chat, p: ChatSentenceInfo, name: str | None, now: int, agent: Guid | None
) -> SentenceStored | SlotFilled:
    """The fact of a new sentence: of a visitor (no agent) or of an agent."""
    sent = to_micros(p.time_sent) if p.time_sent is not None else now
    outbound = agent is not None
    key, text, model = p.id or "", p.text or "", p.model
    if model in NUMBERED:
        counter = len(chat.sentences) + 1
        return SentenceStored(
            chat.id, chat.no, counter, key, name, text, sent, outbound, model, now, agent, False
        )
    return SlotFilled(
        chat=chat.id,
        no=chat.no,
        model=model,
        id=key,
        party_name=name,
        text=text,
        time_sent=sent,
        outbound=outbound,
        at=now,
        agent=agent,
    )


def _overwriting(chat: Chat, known: Sentence | Slot) -> Slot | None:
    """What stands in the slot of an overwritten sentence.

    It follows the echo of the retry, so that what the sender folds ends with the newest (I-9).
    """
    if known.counter:
        return None
    newest = chat.slots.get(known.model)
    return newest if newest is not known else None


@frozen
class _Side:
    """One side of a chat, for a retry: who hears, by which frame, in which shape."""

    sessions: tuple[int, ...]
    type: str
    show: Callable[[Said], ChatSentenceInfo]


def _connectors(state: State, chat: Chat, sessions: tuple[int, ...]) -> _Side:
    gateway = state.config.gateways[chat.gateway]
    return _Side(sessions, "SE_CHAT_SENTENCE", lambda s: sentence_for_connector(gateway, chat, s))


def _workplace(state: State, chat: Chat, session: int | None) -> _Side:
    number = (state.sessions[session].workplace if session is not None else None) or ""
    sessions = (session,) if session is not None else ()
    return _Side(sessions, "SC_CHAT_SENTENCE", lambda s: sentence_for_workplace(number, chat, s))


def _again(chat: Chat, known: Sentence | Slot, frame: Frame, own: _Side, other: _Side) -> Decision:
    """A retry: the same echo, and the sentence to the other side if nobody confirmed it (W-21)."""
    (me,) = own.sessions
    decision = Decision([], [Send((me,), own.type, own.show(known), me, frame.id)])
    newest = _overwriting(chat, known)
    if newest is not None:
        decision.effects.append(Send((me,), own.type, own.show(newest)))
    if other.sessions and known.counter and known.confirmed_at is None:
        decision.effects.append(Send(other.sessions, other.type, other.show(known)))
    return decision


def confirm_from_connector(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """ES_CHAT_CONFIRM: the visitor's side has an agent's sentence."""
    p = frame.payload
    assert isinstance(p, ChatCommandInfo)
    chat = tracked_chat(state, session, p)
    if isinstance(chat, Refusal):
        return chat
    # Whoever is only offered the chat, or was, has not seen the sentence.
    writer = chat.agent if chat.agent == chat.last_agent else None
    listener = agent_session(state, writer) if chat.status is not ChatStatus.ALERTING else None
    if listener is None:
        return _confirmed(chat, p, True, stamp, session, frame, None)
    told = ChatCommandInfo(
        peer=state.sessions[listener].workplace,
        chat_id=chat.id,
        id=p.id,
        time_stamp=utc(stamp.now),
    )
    push = Send((listener,), "SC_CHAT_CONFIRM", told)
    return _confirmed(chat, p, True, stamp, session, frame, push)


def confirm_from_workplace(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """CS_CHAT_CONFIRM: the agent has a visitor's sentence."""
    p = frame.payload
    assert isinstance(p, ChatCommandInfo)
    found = chat_at_desk(state, session, p)
    if isinstance(found, Refusal):
        return found
    desk, chat = found
    if chat.last_agent != desk.agent:
        return Refusal(ErrorCode.WRONG_STATE, "ChatId: not answered by this agent")
    sessions = state.gateway_sessions.get(chat.gateway)
    if sessions is None:
        return _confirmed(chat, p, False, stamp, session, frame, None)
    gateway = state.config.gateways[chat.gateway]
    told = ChatCommandInfo(
        peer=gateway.peer,
        port=gateway.port,
        tracking_id=chat.tracking_id,
        id=p.id,
        time_stamp=utc(stamp.now),
    )
    push = Send(sessions, "SE_CHAT_CONFIRM", told)
    return _confirmed(chat, p, False, stamp, session, frame, push)


def _confirmed(
    chat: Chat,
    p: ChatCommandInfo,
    outbound: bool,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    push: Send | None,
) -> Outcome:
    sentence = chat.keys[outbound].get(p.id or "")
    decision = Decision()
    if sentence is None:
        past = (outbound, p.id or "") in chat.past_slots
        if slot_of(chat, p.id, outbound) is None and not past:
            return Refusal(ErrorCode.UNKNOWN_MESSAGE, "ID: no such sentence to confirm")
    elif sentence.confirmed_at is None:
        decision.facts.append(SentenceConfirmed(chat.id, chat.no, sentence.counter, stamp.now))
        if push is not None:
            decision.effects.append(push)
    decision.effects += acknowledgement(session, frame)
    return decision


def typing_from_connector(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """ES_CHAT_TYPING: passed on to the agent, remembered by nobody (W-23)."""
    p = frame.payload
    assert isinstance(p, ChatCommandInfo)
    chat = tracked_chat(state, session, p)
    if isinstance(chat, Refusal):
        return chat
    listener = agent_session(state, chat.agent) if chat.status is ChatStatus.ANSWERED else None
    if listener is None:
        return Decision()
    told = ChatCommandInfo(
        peer=state.sessions[listener].workplace,
        chat_id=chat.id,
        agent_id=chat.agent,
        is_typing=p.is_typing is not False,
        time_stamp=utc(stamp.now),
    )
    return Decision([], [Send((listener,), "SC_CHAT_TYPING", told)])


def typing_from_workplace(state: State, stamp: Stamp, session: Session, frame: Frame) -> Outcome:
    """CS_CHAT_TYPING: passed on to the connectors."""
    p = frame.payload
    assert isinstance(p, ChatCommandInfo)
    found = chat_at_desk(state, session, p)
    if isinstance(found, Refusal):
        return found
    desk, chat = found
    sessions = state.gateway_sessions.get(chat.gateway)
    if not sessions or chat.status is not ChatStatus.ANSWERED or chat.agent != desk.agent:
        return Decision()
    gateway = state.config.gateways[chat.gateway]
    told = ChatCommandInfo(
        peer=gateway.peer,
        port=gateway.port,
        tracking_id=chat.tracking_id,
        is_typing=p.is_typing is not False,
        time_stamp=utc(stamp.now),
    )
    return Decision([], [Send(sessions, "SE_CHAT_TYPING", told)])
