"""What a connector asks of a chat: request, start, stop (B-1, B-2, B-8)."""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from broker.config.model import Gateway
from broker.core.chats.forms import form_fits, form_saved, form_taken, info_shown, is_same
from broker.core.chats.room import chats_relieved, holds_one_more, is_full
from broker.core.chats.transitions import CHAT_ID, unwarned, wrap_up_over
from broker.core.contacts.recognition import Visit, by_form, recognised
from broker.core.deadlines import over
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.distribution.occupancy import signal_for
from broker.core.effects import Answer, ChatToConnectors, Reply
from broker.core.facts import (
    ChatBound,
    ChatReopened,
    ChatStarted,
    Fact,
)
from broker.core.facts.causes import ChatCause, WrapupEnd
from broker.core.form_values import form_values, scenario_in
from broker.core.inputs import Stamp
from broker.core.limits import (
    FORM_BYTES,
    NOTE_RESERVE,
    RESERVE,
    VARIABLES_PER_CHAT,
    chat_bytes,
    variables_bytes,
)
from broker.core.routing.endings import close
from broker.core.rules import matching
from broker.core.serving import answered, serves
from broker.core.state import Chat, Session, State
from broker.core.views.addressing import find_tracked, gateway_of, tracked_chat
from protocol.chat import ChatCommandInfo, ChatServiceInfo, ChatStatusInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.scenario import ScenarioResultInfo
from protocol.values import ChatStatus, CloseReason, Guid

FORM: Final = "ResultModel."
"""Where a start has its form."""
SOFTWARE_SHOWN: Final = 64
"""So much of the name of a program is told to others."""
RETIRED = Refusal(ErrorCode.UNKNOWN_GATEWAY, "Peer: takes no new chats any more")


def applicant(gateway: Guid, p: ChatServiceInfo) -> matching.Applicant:
    """What the rules may know of somebody who asks for a chat."""
    return matching.Applicant(
        gateway_id=gateway,
        culture=p.preferred_culture,
        user_token=p.user_token,
        ext_response=p.ext_response,
        form=form_values(p.result_model),
    )


@serves(ChatServiceInfo)
def request(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatServiceInfo
) -> Outcome:
    """ES_CHAT_REQUEST: judge, write nothing (B-1)."""
    gateway = gateway_of(state, session, p)
    if isinstance(gateway, Refusal):
        return gateway
    if gateway.retired:
        return RETIRED
    who = applicant(gateway.id, p)
    signal, scenario = signal_for(state, who, stamp.now)
    answer = ChatServiceInfo(
        peer=p.peer,
        port=p.port,
        tracking_id=p.tracking_id,
        signal=signal,
        scenario_model=scenario_in(state.config, scenario, p.preferred_culture),
    )
    return answered(session, frame, Reply("SE_CHAT_RESPONSE", answer))


@serves(ChatServiceInfo)
def start(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatServiceInfo
) -> Outcome:
    """ES_CHAT_START: make the chat, find the open one, or reopen the closed one (B-2)."""
    gateway = gateway_of(state, session, p)
    if isinstance(gateway, Refusal):
        return gateway
    if p.return_chat_id is not None:
        return _bind(state, stamp, session, frame, p, gateway)
    if _is_unbound(state, gateway, p.tracking_id):
        return _NAMES_OUTBOUND
    chat = find_tracked(state, gateway, p.tracking_id)
    full = chat if chat is not None and is_full(state, chat, _brought(chat, p)) else None
    if chat is not None and chat.is_open and full is None:
        told = _whole(chat.id, session, frame)
        return _found(state, stamp, chat, _brought(chat, p), told)
    if chat is not None and (full or not reopens(state, gateway, chat)):
        chat = None
    refusal = may_open(state, gateway, p.tracking_id or "") or too_many_variables(p)
    if refusal is None and chat is None:
        refusal = may_hold(state, gateway)
    if refusal is None and p.result_model is not None:
        refusal = form_fits(state, chat, p.result_model, path=FORM)
    if refusal is not None:
        return refusal
    if chat is not None:
        made = reopen(state, chat, stamp, p)
        visit = Visit.of(chat, p)
    else:
        made = _made(state, stamp, gateway, p, full)
        visit = Visit.begun(stamp.guid(CHAT_ID), state.next_chat, gateway.id, p)
    return Decision(
        [*made.facts, *introduced(state, visit, p.result_model, stamp)],
        [ChatToConnectors(chat=visit.chat)],
        _whole(visit.chat, session, frame),
        before=made.notices,
    )


def _whole(chat: Guid, session: Session, frame: Frame) -> Answer:
    """The answer to a start: the chat with everything that was said in it."""
    return Answer(session.number, frame.id, ChatToConnectors(chat=chat, full=True))


def introduced(
    state: State, visit: Visit, form: ScenarioResultInfo | None, stamp: Stamp
) -> list[Fact]:
    """Who comes: as an address knows them, or as the form of their start says (B-42)."""
    if form is None:
        return recognised(state, visit, stamp)
    saved = form_saved(state, form, stamp, visit.chat, visit.no, at_start=True)
    named = by_form(state, visit.gateway, visit, saved.result, stamp)
    return [saved, *(named or recognised(state, visit, stamp))]


def _brought(chat: Chat, p: ChatServiceInfo) -> ScenarioResultInfo | None:
    """The form of a start, unless a start before brought it to the chat."""
    form = p.result_model
    if form is None or any(is_same(form, known) for known in chat.forms.results.values()):
        return None
    return form


@frozen
class Begun:
    """A chat that begins.

    Attributes:
        decision: What makes it.
    """

    chat: Guid
    no: int
    decision: Decision


def begun(
    state: State, stamp: Stamp, gateway: Gateway, p: ChatServiceInfo, full: Chat | None
) -> Begun:
    """A new chat whose visitor is recognised, without a form (B-2, B-60)."""
    made = _made(state, stamp, gateway, p, full)
    chat = stamp.guid(CHAT_ID)
    made.facts += introduced(state, Visit.begun(chat, state.next_chat, gateway.id, p), None, stamp)
    return Begun(chat, state.next_chat, made)


def _made(
    state: State, stamp: Stamp, gateway: Gateway, p: ChatServiceInfo, full: Chat | None
) -> Decision:
    """A new chat; a full one of the same visitor ends with it, and both are linked (B-2)."""
    decision = Decision([*chats_relieved(state, gateway.id, stamp.now)])
    made = started(state, stamp, gateway, p, stamp.guid(CHAT_ID))
    if full is not None and (full.is_open or reopens_in_time(state, gateway, full)):
        if full.is_open:
            decision.add(close(state, full, stamp, CloseReason.RULE, cause=ChatCause.FULL))
            decision.notices.append(ChatToConnectors(chat=full.id))
        made = evolve(made, earlier=full.id, last_agent=full.last_agent)
    decision.facts.append(made)
    return decision


def _found(
    state: State,
    stamp: Stamp,
    chat: Chat,
    form: ScenarioResultInfo | None,
    told: Answer,
) -> Outcome:
    """The start of a chat that is open: its form is saved unless a start before brought it."""
    if form is None:
        return Decision(answer=told)
    refusal = form_fits(state, chat, form, path=FORM)
    if refusal is not None:
        return refusal
    return form_taken(state, chat, form, stamp, at_start=True).answering(told)


def started(
    state: State,
    stamp: Stamp,
    gateway: Gateway,
    p: ChatServiceInfo,
    chat: Guid,
    *,
    outbound: bool = False,
) -> ChatStarted:
    """The fact of a new chat; an outbound one goes by its own Guid until it is bound.

    The Guid is never a client's: one that the store has already would end the broker.
    """
    return ChatStarted(
        chat=chat,
        no=state.next_chat,
        at=stamp.now,
        gateway=gateway.id,
        tracking_id=chat if outbound else p.tracking_id or "",
        party_name=p.party_name,
        remote_address=p.remote_address,
        culture=p.preferred_culture,
        user_token=p.user_token,
        ext_response=p.ext_response,
        variables=tuple((v.name or "", v.value or "") for v in p.variables or ()),
        outbound=outbound,
        open_key=p.return_chat_id if outbound else None,
    )


def too_many_variables(p: ChatServiceInfo) -> Refusal | None:
    """Refuse more free variables than a snapshot has room for (I-14)."""
    variables = p.variables or ()
    if len(variables) > VARIABLES_PER_CHAT:
        return Refusal(ErrorCode.TOO_LONG, f"Variables: more than {VARIABLES_PER_CHAT}")
    names = [v.name for v in variables]
    if None in names or len(set(names)) < len(names):
        return Refusal(ErrorCode.BAD_PAYLOAD, "Variables: each needs a name of its own")
    if variables_bytes(tuple((v.name or "", v.value or "") for v in variables)) > FORM_BYTES:
        return Refusal(ErrorCode.TOO_LONG, "Variables: too long together")
    return None


_NAMES_OUTBOUND = Refusal(
    ErrorCode.WRONG_STATE, "TrackingId: names an outbound chat, which ReturnChatId binds"
)


def _is_unbound(state: State, gateway: Gateway, tracking_id: str | None) -> bool:
    """Whether an outbound chat that nobody has bound goes by that name in the store."""
    chat = state.chats.get(Guid(tracking_id or ""))
    return chat is not None and chat.id in state.unbound and chat.gateway == gateway.id


_OVER = Refusal(ErrorCode.CHAT_CLOSED, "ReturnChatId: the chat is closed")


def _bind(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    p: ChatServiceInfo,
    gateway: Gateway,
) -> Outcome:
    """ES_CHAT_START of an outbound chat: the connector has reached the visitor (B-2)."""
    chat = state.chats.get(p.return_chat_id) if p.return_chat_id is not None else None
    if chat is None or not chat.outbound or chat.gateway != gateway.id:
        return Refusal(ErrorCode.UNKNOWN_CHAT, "ReturnChatId: no such outbound chat")
    told = _whole(chat.id, session, frame)
    if chat.outbound.bound_at is not None:
        if chat.visitor.tracking_id != p.tracking_id:
            return Refusal(ErrorCode.WRONG_STATE, "ReturnChatId: bound to another TrackingId")
        if find_tracked(state, gateway, p.tracking_id) is not chat:
            # The name is a later chat's by now: an answer about the older one would be taken for it.
            return _OVER
        return Decision(answer=told)
    if not chat.is_open:
        return _OVER
    if p.tracking_id != chat.id and _is_unbound(state, gateway, p.tracking_id):
        return _NAMES_OUTBOUND
    other = find_tracked(state, gateway, p.tracking_id)
    if other is not None and other.is_open:
        return Refusal(ErrorCode.WRONG_STATE, "TrackingId: has an open chat already")
    form = p.result_model
    refusal = form_fits(state, chat, form, path=FORM) if form is not None else None
    if refusal is None and not _name_fits(state, chat, p.tracking_id or ""):
        refusal = Refusal(ErrorCode.OVERLOADED, "TrackingId: too long for the transcript")
    if refusal is not None:
        return refusal
    facts: list[Fact] = [
        ChatBound(
            chat=chat.id,
            no=chat.no,
            at=stamp.now,
            tracking_id=p.tracking_id or "",
            party_name=p.party_name or chat.visitor.party_name,
            remote_address=p.remote_address or chat.visitor.remote_address,
            culture=p.preferred_culture or chat.visitor.culture,
            user_token=p.user_token or chat.visitor.user_token,
            ext_response=p.ext_response or chat.visitor.ext_response,
        )
    ]
    facts += introduced(state, Visit.of(chat, p), form, stamp)
    return Decision(facts, [ChatToConnectors(chat=chat.id), *info_shown(chat)], told)


def _name_fits(state: State, chat: Chat, tracking_id: str) -> bool:
    """Whether what was said before a chat got its tracking ID fits one frame with it (I-14)."""
    said = (
        len(chat.transcript.sentences) + len(chat.transcript.internal) + len(chat.transcript.pinned)
    )
    more = chat_bytes(tracking_id) - chat_bytes(chat.id)
    return (
        chat.transcript.size + said * more
        <= state.config.limits.frame_bytes - RESERVE + NOTE_RESERVE
    )


def may_open(state: State, gateway: Gateway, tracking_id: str) -> Refusal | None:
    """Whether the gateway takes one more open chat (C-4, I-14)."""
    if gateway.retired:
        return RETIRED
    held = state.list_bytes.get(gateway.id, 0) + chat_bytes(tracking_id)
    why = _one_list(state, gateway) if held > state.config.limits.frame_bytes else None
    if why is not None:
        text = f"the gateway has as many open chats as one frame lists, and {why}"
        return Refusal(ErrorCode.OVERLOADED, text)
    return None


def _one_list(state: State, gateway: Gateway) -> str | None:
    """Why the list of a gateway has to fit one frame, if so; of who is away nobody knows (W-25)."""
    serving = [state.sessions[number] for number in state.gateway_sessions.get(gateway.id, ())]
    if not serving:
        return "nobody serves it who takes its list in pieces"
    old = [one for one in serving if not one.takes_pieces]
    if not old:
        return None
    first = old[0]
    name = f" ({first.software[:SOFTWARE_SHOWN]!r})" if first.software else ""
    more = f" and {len(old) - 1} more" if len(old) > 1 else ""
    return f"it is served without TakesPieces by session {first.number}{name}{more}"


def may_hold(state: State, gateway: Gateway) -> Refusal | None:
    """Whether one more chat of the gateway may be held in memory, if need be for old ones (I-14)."""
    if not holds_one_more(state, gateway.id):
        return Refusal(ErrorCode.OVERLOADED, "the gateway had too many chats a short time ago")
    return None


def reopens(state: State, gateway: Gateway, chat: Chat) -> bool:
    """Whether a closed chat may be opened again: it closed not long ago, and has room (B-2)."""
    return reopens_in_time(state, gateway, chat) and not is_full(state, chat)


def reopens_in_time(state: State, gateway: Gateway, chat: Chat) -> bool:
    """Whether a chat closed not longer ago than its gateway goes on with it."""
    if chat.ending.closed_at is None:
        return False
    return state.up <= over(state, chat.ending.closed_up, gateway.tracking_inertia)


def reopen(
    state: State, chat: Chat, stamp: Stamp, start: ChatServiceInfo | None = None
) -> Decision:
    """Reopen a chat, by a start or by a text; a wrap-up that still runs ends."""
    decision = wrap_up_over(chat, stamp, WrapupEnd.REOPENED)
    decision.facts.append(
        ChatReopened(
            chat=chat.id,
            no=chat.no,
            at=stamp.now,
            party_name=start.party_name if start else chat.visitor.party_name,
            # Whom this side called is told again to whoever repeats the request for it.
            remote_address=(start.remote_address if start else None)
            or (chat.visitor.remote_address if start is None or chat.outbound else None),
            culture=start.preferred_culture if start else chat.visitor.culture,
            user_token=start.user_token if start else chat.visitor.user_token,
            ext_response=start.ext_response if start else chat.visitor.ext_response,
        )
    )
    decision.facts += unwarned(chat, stamp)
    return decision


@serves(ChatCommandInfo)
def stop(state: State, stamp: Stamp, session: Session, frame: Frame, p: ChatCommandInfo) -> Outcome:
    """ES_CHAT_STOP: close; the answer is Closed for an unknown chat too."""
    chat = tracked_chat(state, session, p)
    if isinstance(chat, Refusal):
        if chat.code is not ErrorCode.UNKNOWN_CHAT:
            return chat
        unknown = ChatStatusInfo(
            peer=p.peer,
            port=p.port,
            tracking_id=p.tracking_id,
            status=ChatStatus.CLOSED,
        )
        return answered(session, frame, Reply("SE_CHAT_STATUS", unknown))
    told = ChatToConnectors(chat=chat.id)
    answer = Answer(session.number, frame.id, told)
    if not chat.is_open:
        return Decision(answer=answer)
    decision = Decision([], [told], answer)
    decision.add(close(state, chat, stamp, CloseReason.EXTERNAL))
    return decision
