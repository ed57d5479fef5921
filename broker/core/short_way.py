"""The short way of a sentence and its confirmation: nearly all that a broker does, decided in one go.

Theory of operation: what is usual needs no decision that is carried out later. Somebody speaks, or confirms,
in an answered chat in which nothing else is going on: the fact is applied and the frames are made at once.
The rules are those of `visitors.sentences`, asked by the same functions; what is here is only the
knowledge of when they have nothing more to say. Whatever is unusual in the least goes the long way: then
nothing has happened here, and None is given.

So the two ways can differ in one thing alone, their result, and there they are compared: any input that
has a short way gives the same facts, the same state and the same effects on the long one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from broker.core.apply import apply
from broker.core.chats.room import refuse_for_room, words_relieved
from broker.core.chats.transitions import unwarned
from broker.core.decision import Refusal
from broker.core.effects import Effect, Send
from broker.core.facts import Fact, SentenceConfirmed, SentenceStored
from broker.core.inputs import FrameArrived, Stamp
from broker.core.sentence import Words, heard
from broker.core.serving import acknowledgement
from broker.core.state import Chat, Session, State
from broker.core.views.addressing import chat_at_workplace, find_tracked, gateway_of, tracked_chat
from broker.core.views.notifications import answer_of, sentence_to, sentence_to_connectors
from broker.core.views.recipients import listeners
from broker.core.views.structures import sentence_for_connector, sentence_for_workplace
from broker.core.visitors.sentences import (
    confirmation_for_connector,
    confirmations_for_members,
    known_key,
    may_write,
    trace_of,
)
from protocol.chat import ChatCommandInfo, ChatSentenceInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Role

Result = tuple[list[Fact], list[Effect]]
Way = Callable[[State, Stamp, Session, Frame, Any], Result | None]

_ANSWERED: Final = ChatStatus.ANSWERED


def step_shortly(state: State, stamp: Stamp, arrived: FrameArrived) -> Result | None:
    """Decide and apply what is usual; see `broker.core.broker.step`.

    Returns:
        None, and nothing has happened, when it is not.
    """
    frame = arrived.frame
    known = WAYS.get(frame.type)
    if known is None:
        return None
    role, way = known
    session = state.sessions.get(arrived.session)
    if session is None or session.role is not role:
        return None
    return way(state, stamp, session, frame, frame.payload)


def _visitor_says(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatSentenceInfo
) -> Result | None:
    """ES_CHAT_SENTENCE; see `sentences.from_connector`."""
    gateway = gateway_of(state, session, p)
    if isinstance(gateway, Refusal):
        return None
    chat = find_tracked(state, gateway, p.tracking_id)
    if (
        chat is None
        or chat.status is not _ANSWERED
        or chat.parking is not None
        or chat.earlier is not None
    ):
        return None
    name = p.party_name or chat.visitor.party_name
    words = heard(p, name, stamp.now, None, outbound=False)
    made = _stored(state, stamp, chat, p, words)
    if made is None:
        return None
    apply(state, made)
    trace = trace_of(frame)
    shown = sentence_for_connector(gateway, chat, made)
    sessions = state.gateway_sessions[chat.gateway]
    echo = Send(sessions, "SE_CHAT_SENTENCE", shown, session.number, frame.id, trace)
    return [made], [echo, *sentence_to(chat, made, listeners(state, chat), trace)]


def _agent_says(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatSentenceInfo
) -> Result | None:
    """CS_CHAT_SENTENCE; see `sentences.from_workplace`."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return None
    presence, chat = found
    if (
        chat.status is not _ANSWERED
        or chat.gateway in state.config.as_chats
        or may_write(chat, presence.agent) is not None
    ):
        return None
    name = state.config.agents[presence.agent].public_name
    words = heard(p, name, stamp.now, presence.agent, outbound=True)
    made = _stored(state, stamp, chat, p, words)
    if made is None:
        return None
    apply(state, made)
    me, number, trace = session.number, session.workplace or "", trace_of(frame)
    shown = sentence_for_workplace(number, chat, made)
    effects: list[Effect] = [Send((me,), "SC_CHAT_SENTENCE", shown, me, frame.id, trace)]
    if chat.parties:
        effects += sentence_to(chat, made, listeners(state, chat), trace, but=me)
    effects += sentence_to_connectors(state, chat, made, trace)
    return [made], effects


def _stored(
    state: State, stamp: Stamp, chat: Chat, p: ChatSentenceInfo, words: Words
) -> SentenceStored | None:
    """The fact of a new numbered sentence that has no other consequence."""
    if p.model or p.attachments or known_key(chat, p, words.outbound) is not None:
        return None
    if (
        refuse_for_room(state, chat, words, agent=words.outbound) is not None
        or words_relieved(state, chat, stamp.now)
        or unwarned(chat, stamp)
    ):
        return None
    return SentenceStored(chat.id, chat.no, len(chat.transcript.sentences) + 1, words)


def _connector_confirms(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Result | None:
    """ES_CHAT_CONFIRM; see `sentences.confirm_from_connector`."""
    chat = tracked_chat(state, session, p)
    if isinstance(chat, Refusal) or chat.status is not _ANSWERED:
        return None
    return _confirmed(state, stamp, session, frame, p, chat, True, confirmations_for_members)


def _agent_confirms(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo
) -> Result | None:
    """CS_CHAT_CONFIRM; see `sentences.confirm_from_workplace`."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return None
    presence, chat = found
    if chat.status is not _ANSWERED or chat.parties or chat.agent != presence.agent:
        return None
    return _confirmed(state, stamp, session, frame, p, chat, False, confirmation_for_connector)


def _confirmed(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    p: ChatCommandInfo,
    chat: Chat,
    outbound: bool,
    told: Callable[[State, Chat, str | None, int], list[Send]],
) -> Result | None:
    """The first confirmation of a numbered sentence."""
    known = chat.transcript.keys[outbound].get(p.id or "")
    if known is None or known.confirmed_at is not None:
        return None
    made = SentenceConfirmed(chat.id, chat.no, known.counter, stamp.now)
    apply(state, made)
    effects: list[Effect] = [*told(state, chat, p.id, stamp.now)]
    answer = acknowledgement(session, frame)
    if answer is not None:
        effects.append(answer_of(state, answer, stamp.now))
    return [made], effects


WAYS: Final[dict[str, tuple[Role, Way]]] = {
    "CS_CHAT_CONFIRM": (Role.WORKPLACE, _agent_confirms),
    "CS_CHAT_SENTENCE": (Role.WORKPLACE, _agent_says),
    "ES_CHAT_CONFIRM": (Role.CONNECTOR, _connector_confirms),
    "ES_CHAT_SENTENCE": (Role.CONNECTOR, _visitor_says),
}
"""Which frames have one, and whose they are."""
