"""What the two sides are shown of a chat and of an agent: state to structures.

Theory of operation: a decision names what is to be shown to whom (an announcement); after its
facts are applied the announcement is rendered from the state into a `Send`. A connector sees a
chat by (Peer, Port, TrackingId), a workplace by (its number, ChatId). `full` renders the
transcript and the slots with it: an answer, never a push.
"""

from __future__ import annotations

from functools import lru_cache

from attrs import frozen

from broker.config.model import SECOND, Gateway
from broker.core.effects import Send
from broker.core.facts import SentenceStored, SlotFilled
from broker.core.state import Chat, Sentence, Slot, State
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.scenario import ScenarioResultItemInfo
from protocol.values import ChatStatus, Guid, SentenceModel, from_micros

Said = Sentence | Slot | SentenceStored | SlotFilled
"""A sentence, as it is remembered or as it is about to be."""

utc = lru_cache(maxsize=4_096)(from_micros)
"""The moments of a batch are shown to several receivers each."""

SLOT_MODELS = (
    SentenceModel.TECH_PANEL,
    SentenceModel.NAVIGATION,
    SentenceModel.CO_BROWSING,
)
"""The models that fill Panel, Navigation and CoBrowsingData, in this order (W-22)."""

_WITH_AGENT = (ChatStatus.ALERTING, ChatStatus.ANSWERED)


@frozen(kw_only=True)
class ChatToConnectors:
    """`SE_CHAT_STATUS`: a push to every session of the gateway, and an answer to one of them.

    Attributes:
        answer_to: The session that asked.
        push: Whether the gateway's other sessions are told.
        full: Whether the transcript goes with the answer.
    """

    chat: Guid
    answer_to: int | None = None
    re: int | str | None = None
    push: bool = True
    full: bool = True


@frozen(kw_only=True)
class ChatToAgent:
    """A frame about a chat for the workplace where an agent sits, if he is there.

    Attributes:
        type: `SC_CHAT_STATUS`, `SC_CHAT_ALERT` or `SC_CHAT_ALERT_END`.
        full: Whether the transcript goes with it.
    """

    chat: Guid
    agent: Guid
    type: str
    full: bool = False
    answer_to: int | None = None
    re: int | str | None = None


@frozen(kw_only=True)
class AgentToWorkplace:
    """`SC_AGENT_STATE` to the agent himself."""

    agent: Guid
    answer_to: int | None = None
    re: int | str | None = None


Announcement = ChatToConnectors | ChatToAgent | AgentToWorkplace


def render(state: State, announcement: Announcement, now: int) -> list[Send]:
    """Make the frames of an announcement from the state as it is now."""
    match announcement:
        case ChatToConnectors():
            return _to_connectors(state, announcement)
        case ChatToAgent():
            return _to_agent(state, announcement, now)
        case AgentToWorkplace():
            desk = state.distribution.desks.get(announcement.agent)
            if desk is None or desk.session is None:
                return []
            return [
                Send(
                    (desk.session,),
                    "SC_AGENT_STATE",
                    agent_state(state, announcement.agent),
                    announcement.answer_to,
                    announcement.re,
                )
            ]


def _to_connectors(state: State, order: ChatToConnectors) -> list[Send]:
    chat = state.chats[order.chat]
    sends: list[Send] = []
    if order.answer_to is not None:
        shown = chat_for_connector(state, chat, full=order.full)
        sends.append(Send((order.answer_to,), "SE_CHAT_STATUS", shown, order.answer_to, order.re))
    if order.push:
        others = tuple(
            s for s in state.gateway_sessions.get(chat.gateway, ()) if s != order.answer_to
        )
        if others:
            shown = chat_for_connector(state, chat, full=False)
            sends.append(Send(others, "SE_CHAT_STATUS", shown))
    return sends


def _to_agent(state: State, order: ChatToAgent, now: int) -> list[Send]:
    desk = state.distribution.desks.get(order.agent)
    session = order.answer_to
    if session is None:
        session = desk.session if desk is not None else None
    if session is None or desk is None:
        return []
    number = desk.workplace or ""
    payload: object
    if order.type == "SC_CHAT_ALERT_END":
        payload = ChatCommandInfo(
            peer=number,
            chat_id=order.chat,
            agent_id=order.agent,
            time_stamp=utc(now),
        )
    else:
        chat = state.chats[order.chat]
        payload = chat_for_workplace(state, chat, number, now, info=True, full=order.full)
    return [Send((session,), order.type, payload, order.answer_to, order.re)]


def _agent_name(state: State, agent: Guid | None) -> str | None:
    known = state.config.agents.get(agent) if agent is not None else None
    return known.public_name if known is not None else None


def dead_time(state: State, chat: Chat) -> int | None:
    """When the chat will be closed for inactivity, or None (B-8)."""
    gateway = state.config.gateways.get(chat.gateway)
    if gateway is None or gateway.inactivity_timeout is None or not chat.is_open:
        return None
    return chat.last_activity + gateway.inactivity_timeout


def _slots(chat: Chat, full: bool) -> tuple[Slot | None, ...]:
    """What stands in Panel, Navigation and CoBrowsingData; nothing when not asked for."""
    return tuple(chat.slots.get(model) if full else None for model in SLOT_MODELS)


def chat_for_connector(state: State, chat: Chat, *, full: bool) -> ChatStatusInfo:
    """A chat as its connector sees it."""
    gateway = state.config.gateways[chat.gateway]
    dead = dead_time(state, chat)
    agent = chat.agent if chat.status in _WITH_AGENT else None
    panel, navigation, data = (
        sentence_for_connector(gateway, chat, slot) if slot is not None else None
        for slot in _slots(chat, full)
    )
    return ChatStatusInfo(
        peer=gateway.peer,
        port=gateway.port,
        tracking_id=chat.tracking_id,
        chat_id=chat.id,
        status=chat.status,
        agent_id=agent,
        agent_name=_agent_name(state, agent),
        sentences=tuple(sentence_for_connector(gateway, chat, s) for s in chat.sentences)
        if full
        else None,
        panel=panel,
        navigation=navigation,
        co_browsing_data=data,
        dead_time_utc=utc(dead) if dead is not None else None,
        close_reason=chat.close_reason,
    )


def chat_for_workplace(
    state: State, chat: Chat, number: str, now: int, *, info: bool, full: bool
) -> ChatStatusInfo:
    """A chat as a workplace sees it."""
    agent = chat.agent if chat.status in _WITH_AGENT else None
    panel, navigation, data = (
        sentence_for_workplace(number, chat, slot) if slot is not None else None
        for slot in _slots(chat, full)
    )
    return ChatStatusInfo(
        peer=number,
        chat_id=chat.id,
        status=chat.status,
        agent_id=agent,
        agent_name=_agent_name(state, agent),
        sentences=tuple(sentence_for_workplace(number, chat, s) for s in chat.sentences)
        if full
        else None,
        info=chat_info(state, chat, number, now) if info else None,
        panel=panel,
        navigation=navigation,
        co_browsing_data=data,
        close_reason=chat.close_reason,
    )


def sentence_for_connector(gateway: Gateway, chat: Chat, s: Said) -> ChatSentenceInfo:
    """A sentence as a connector sees it."""
    return ChatSentenceInfo(
        peer=gateway.peer,
        port=gateway.port,
        tracking_id=chat.tracking_id,
        id=s.id,
        party_name=s.party_name,
        text=s.text,
        time_sent=utc(s.time_sent),
        is_outbound=s.outbound,
        counter=s.counter,
        confirmed_time=utc(s.confirmed_at) if s.confirmed_at is not None else None,
        model=s.model,
    )


def sentence_for_workplace(number: str, chat: Chat, s: Said) -> ChatSentenceInfo:
    """A sentence as a workplace sees it."""
    return ChatSentenceInfo(
        peer=number,
        chat_id=chat.id,
        id=s.id,
        party_name=s.party_name,
        text=s.text,
        time_sent=utc(s.time_sent),
        is_outbound=s.outbound,
        counter=s.counter,
        confirmed_time=utc(s.confirmed_at) if s.confirmed_at is not None else None,
        model=s.model,
    )


def chat_info(state: State, chat: Chat, number: str, now: int) -> ChatInfo:
    """What an agent is told about a chat besides its words."""
    config = state.config
    gateway = config.gateways[chat.gateway]
    project = config.projects.get(chat.project) if chat.project is not None else None
    language = config.languages.get(chat.language) if chat.language is not None else None
    place = config.workplaces.get(number)
    queued = chat.enqueued_at if chat.enqueued_at is not None else chat.since
    waited_until = chat.answered_at if chat.answered_at is not None else now
    return ChatInfo(
        time_stamp=utc(now),
        enqueueing_time_utc=utc(queued),
        pilot_dial_time=utc(chat.started_at),
        chat_type=gateway.chat_type,
        remote_party_name=chat.party_name,
        remote_address=chat.remote_address,
        workplace_number=number,
        workplace_id=place.id if place is not None else None,
        agent_id=chat.agent,
        project_id=chat.project,
        language_id=chat.language,
        project_name=project.name if project is not None else None,
        language_name=language.name if language is not None else None,
        agent_name=_agent_name(state, chat.agent),
        waiting_time=max(0, waited_until - queued) // SECOND,
        max_signal_duration=-(-project.signal_duration // SECOND) if project is not None else 0,
        chat_gateway_name=gateway.name,
        scenarios=_form_items(state, chat),
        form_data_id=next(iter(chat.forms), None),
    )


def _form_items(state: State, chat: Chat) -> tuple[ScenarioResultItemInfo, ...]:
    items: list[ScenarioResultItemInfo] = []
    for result in chat.forms.values():
        models = state.config.scenarios.get(result.scenario_id) if result.scenario_id else None
        name = models[0].display_name if models else None
        items.append(
            ScenarioResultItemInfo(
                scenario_id=result.scenario_id,
                scenario_name=name,
                activity=result.activity,
                result_id=result.scenario_result_id,
                remote_name=chat.party_name,
                display_name=name,
                result_created=result.time_utc,
            )
        )
    return tuple(items)


def agent_state(state: State, agent: Guid) -> AgentStateInfo:
    """An agent's state as his workplace sees it (B-22, B-28)."""
    desk = state.distribution.desks[agent]
    known = state.config.agents.get(agent)
    return AgentStateInfo(
        peer=desk.workplace,
        agent_id=agent,
        agent_name=known.name if known is not None else None,
        state=desk.state,
        reason=desk.reason,
        next_state=desk.next_state,
        since_utc=utc(desk.since),
        max_chats=capacity(state, agent),
        active_chats=len(desk.leases),
    )


def capacity(state: State, agent: Guid) -> int:
    """How many slots an agent has where he sits: the smaller bound counts (B-22)."""
    known = state.config.agents.get(agent)
    desk = state.distribution.desks.get(agent)
    if known is None or desk is None or desk.workplace is None:
        return 0
    place = state.config.workplaces.get(desk.workplace)
    return min(known.max_chats, place.max_chats) if place is not None else 0
