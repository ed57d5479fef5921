"""Forms: loaded, filled in, saved from either side, and read by who has the chat (B-41, W-47)."""

from __future__ import annotations

from attrs import evolve

from broker.core.chats.form_check import fault_of
from broker.core.chats.room import agents_room, is_spent, visitors_room
from broker.core.chats.transitions import FORM_ID
from broker.core.contacts import recognition
from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import (
    Announcement,
    ChatToAgent,
    ChatToConnectors,
    ChatToMembers,
    FormToMembers,
    Reply,
)
from broker.core.facts import FormOffered, FormSaved
from broker.core.form_values import columns_of, scenario_in
from broker.core.inputs import Stamp
from broker.core.limits import DAY, FORM_BYTES, FORMS_PER_CHAT, form_bytes, form_size
from broker.core.lone_forms import LoneForms
from broker.core.serving import acknowledgement, answered, serves
from broker.core.state import Chat, Session, State
from broker.core.views.addressing import NO_CHAT, chat_at_workplace, gateway_of
from broker.core.views.structures import form_for_workplace
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.message import CommandInfo
from protocol.scenario import ScenarioResultInfo, ScenarioResultValueInfo
from protocol.values import Guid, Role, TransferMode, from_micros

_NO_FORM = Refusal(ErrorCode.UNKNOWN_SCENARIO, "Id: no such form")
_NO_RESULT = Refusal(ErrorCode.UNKNOWN_SCENARIO, "ScenarioResultId: no such result in the chat")
_NOT_ANSWERED = Refusal(ErrorCode.WRONG_STATE, "ChatId: not answered by this agent")
_WATCHES = Refusal(ErrorCode.WRONG_STATE, "ChatId: whoever monitors fills in nothing")
_NOT_SERVED = Refusal(ErrorCode.UNKNOWN_CHAT, "ChatId: no such chat of this session")
_NO_CHATS = Refusal(ErrorCode.NOT_ALLOWED, "Peer: this session serves no gateway of chats")
_SPENT = Refusal(ErrorCode.OVERLOADED, "the gateway saved enough forms without a chat today")


# --- frames ---


@serves(CommandInfo)
def load(state: State, stamp: Stamp, session: Session, frame: Frame, p: CommandInfo) -> Outcome:
    """ES_SCENARIO_LOAD, CS_SCENARIO_LOAD: a form in a culture."""
    model = scenario_in(state.config, p.id, p.reference)
    if model is None:
        return _NO_FORM
    answer = "SE_SCENARIO_MODEL" if session.role is Role.CONNECTOR else "SC_SCENARIO_MODEL"
    return answered(session, frame, Reply(answer, model))


@serves(ScenarioResultInfo)
def result(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ScenarioResultInfo
) -> Outcome:
    """CS_SCENARIO_RESULT: what was filled in, for who may read the chat's words (B-7, B-41)."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    if not chat.is_read_by(presence.agent):
        return _not_read_by(chat, presence.agent)
    form = chat.forms.results.get(p.scenario_result_id or Guid(""))
    if form is None:
        return _NO_RESULT
    shown = form_for_workplace(session.workplace or "", form)
    return answered(session, frame, Reply("SC_SCENARIO_RESULT", shown))


@serves(ScenarioResultInfo)
def save_from_workplace(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ScenarioResultInfo
) -> Outcome:
    """CS_SCENARIO_SAVE: by who is in the conversation, or owned the chat at its end."""
    found = chat_at_workplace(state, session, p)
    if isinstance(found, Refusal):
        return found
    presence, chat = found
    refusal = _may_fill_in(chat, presence.agent)
    if refusal is not None:
        return refusal
    return _save(state, stamp, session, frame, p, chat, presence.agent)


@serves(ScenarioResultInfo)
def save_from_connector(
    state: State, stamp: Stamp, session: Session, frame: Frame, p: ScenarioResultInfo
) -> Outcome:
    """ES_SCENARIO_SAVE: a filled-in form, of a chat or of its own."""
    gateway = next((one for one in session.gateways if one in state.config.gateways), None)
    if p.peer is not None:
        named = gateway_of(state, session, p)
        if isinstance(named, Refusal):
            return named
        gateway = named.id
    if gateway is None:
        return _NO_CHATS
    if p.chat_id is None:
        return _save_alone(state, stamp, session, frame, p, gateway)
    chat = state.chats.get(p.chat_id)
    theirs = session.gateways if p.peer is None else (gateway,)
    if chat is None or chat.gateway not in theirs:
        return _NOT_SERVED
    return _save(state, stamp, session, frame, p, chat, None)


def _not_read_by(chat: Chat, agent: Guid) -> Refusal:
    return _NOT_ANSWERED if chat.offered_to == agent else NO_CHAT


def _may_fill_in(chat: Chat, agent: Guid) -> Refusal | None:
    """Refuse who may not write in the chat: the alerted, who monitors, who is in it no more."""
    if not chat.is_read_by(agent):
        return _not_read_by(chat, agent)
    if not chat.is_open:
        return None if agent == chat.agent else _NOT_ANSWERED
    party = chat.parties.get(agent)
    return _WATCHES if party is not None and party.mode is TransferMode.MONITOR else None


def _save(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    p: ScenarioResultInfo,
    chat: Chat,
    agent: Guid | None,
) -> Outcome:
    known = chat.forms.results.get(p.scenario_result_id or Guid(""))
    if known is not None and is_same(p, known) and known.agent_id == agent:
        return Decision(answer=acknowledgement(session, frame))
    refusal = form_fits(state, chat, p, agent=agent)
    if refusal is not None:
        return refusal
    decision = form_taken(state, chat, p, stamp, agent=agent)
    return decision.answering(acknowledgement(session, frame))


def _save_alone(
    state: State,
    stamp: Stamp,
    session: Session,
    frame: Frame,
    p: ScenarioResultInfo,
    gateway: Guid,
) -> Outcome:
    """A form of no chat: its gateway's own, and of its gateway's budget for the day."""
    refusal = form_fits(state, None, p)
    if refusal is not None:
        return refusal
    saved = form_saved(state, p, stamp, None, gateway=gateway)
    limits, today = state.config.limits, spent_today(state, gateway, stamp.now)
    more_bytes = today.bytes + form_size(saved.result)
    if today.count >= limits.lone_forms or more_bytes > limits.lone_form_bytes:
        return _SPENT
    named = recognition.by_form(state, gateway, None, saved.result, stamp)
    return Decision([saved, *named], answer=acknowledgement(session, frame))


# --- what is saved ---


def spent_today(state: State, gateway: Guid, now: int) -> LoneForms:
    """What a gateway saved without a chat since midnight (UTC)."""
    spent = state.lone_forms.get(gateway)
    return spent if spent is not None and spent.day == now // DAY else LoneForms(day=now // DAY)


def is_same(form: ScenarioResultInfo, known: ScenarioResultInfo) -> bool:
    """Whether a form says what a saved one says: it is the same one, sent again."""
    key = form.scenario_result_id
    return _content(form) == _content(known) and key in (None, known.scenario_result_id)


def _content(form: ScenarioResultInfo) -> tuple[object, ...]:
    values = tuple(evolve(value, target_column=None) for value in form.values or ())
    return (form.scenario_id, values, form.activity, form.contact_id)


def form_saved(
    state: State,
    form: ScenarioResultInfo,
    stamp: Stamp,
    chat: Guid | None,
    no: int | None = None,
    *,
    agent: Guid | None = None,
    gateway: Guid | None = None,
    at_start: bool = False,
) -> FormSaved:
    """A form as it is stored: with its id, its time, its chat, and who filled it in."""
    result = evolve(
        form,
        peer=None,
        port=None,
        scenario_result_id=form.scenario_result_id or stamp.guid(FORM_ID),
        time_utc=form.time_utc or from_micros(stamp.now),
        values=_placed(state, form),
        chat_id=chat,
        agent_id=agent,
    )
    return FormSaved(
        chat=chat, no=no, at=stamp.now, result=result, gateway=gateway, at_start=at_start
    )


def _placed(state: State, form: ScenarioResultInfo) -> tuple[ScenarioResultValueInfo, ...]:
    """The values, each with the column that its control names."""
    columns = columns_of(state.config, form.scenario_id)
    return tuple(
        evolve(value, target_column=columns.get(value.screen_control_id or Guid("")))
        for value in form.values or ()
    )


def info_shown(chat: Chat) -> list[Announcement]:
    """The agents' Info names the forms and the visitor, so their picture must not miss it (I-9)."""
    if not chat.is_open:
        return []
    told: list[Announcement] = [ChatToMembers(chat.id)]
    alerted = chat.offered_to
    if alerted is not None:
        told.append(ChatToAgent(chat=chat.id, agent=alerted))
    return told


def form_taken(
    state: State,
    chat: Chat,
    form: ScenarioResultInfo,
    stamp: Stamp,
    *,
    agent: Guid | None = None,
    at_start: bool = False,
) -> Decision:
    """A form of a chat is saved, and shown; one that was offered is offered no more."""
    saved = form_saved(state, form, stamp, chat.id, chat.no, agent=agent, at_start=at_start)
    result = saved.result.scenario_result_id or Guid("")
    named = recognition.by_form(
        state, chat.gateway, recognition.Visit.of(chat), saved.result, stamp
    )
    decision = Decision([saved, *named], [*info_shown(chat)])
    decision.notices.append(FormToMembers(chat=chat.id, result=result, but=agent))
    if agent is None and chat.forms.offered is not None and chat.forms.offered == form.scenario_id:
        decision.facts.append(FormOffered(chat=chat.id, no=chat.no, scenario=None))
        decision.notices.append(ChatToConnectors(chat=chat.id))
    return decision


def form_fits(
    state: State,
    chat: Chat | None,
    form: ScenarioResultInfo,
    *,
    agent: Guid | None = None,
    path: str = "",
) -> Refusal | None:
    """Refuse a form that nobody knows, another's, a faulty one, or one more than may be.

    Args:
        state: The state before.
        chat: The chat that it is of; None: of none, or of one that begins.
        form: What is to be saved.
        agent: Who saves it; None: the visitor's side.
        path: Where the form stands in its frame.
    """
    models = state.config.scenarios.get(form.scenario_id or Guid(""))
    if models is None:
        return Refusal(ErrorCode.UNKNOWN_SCENARIO, f"{path}ScenarioId: no such form")
    known = (
        chat.forms.results.get(form.scenario_result_id or Guid("")) if chat is not None else None
    )
    if known is not None and known.scenario_id != form.scenario_id:
        return Refusal(ErrorCode.KEY_REUSED, f"{path}ScenarioResultId: is of another form")
    if known is not None and agent is None and known.agent_id is not None:
        return Refusal(ErrorCode.KEY_REUSED, f"{path}ScenarioResultId: is the contact center's")
    if form_size(form) > FORM_BYTES:
        return Refusal(ErrorCode.TOO_LONG, f"{path}Values: too long together")
    fault = fault_of(models, form.values or ())
    if fault is not None:
        return Refusal(ErrorCode.BAD_PAYLOAD, f"{path}{fault}")
    refusal = recognition.too_long(state, form, path)
    if refusal is not None or chat is None:
        return refusal
    return too_many(state, chat, form, agent)


def too_many(
    state: State, chat: Chat, form: ScenarioResultInfo, agent: Guid | None = None
) -> Refusal | None:
    """Refuse one form more than the chat, or the memory, has room for (I-14)."""
    if (
        len(chat.forms.results) >= FORMS_PER_CHAT
        and form.scenario_result_id not in chat.forms.results
    ):
        return Refusal(ErrorCode.OVERLOADED, "the chat has too many forms")
    size = chat.transcript.size + form_bytes(form.activity)
    if size > (visitors_room(state) if agent is None else agents_room(state)):
        return Refusal(ErrorCode.OVERLOADED, "the transcript of the chat is full")
    if is_spent(state, chat, agent=agent is not None):
        return Refusal(ErrorCode.OVERLOADED, "the gateway's chats take too much memory")
    return None
