"""State to structures: a chat, a sentence and an agent as one of the two sides sees them.

A connector sees a chat by (Peer, Port, TrackingId), a workplace by (its number, ChatId), and a
workplace sees it as it stands for *its agent*: who is alerted sees `Alerting`, who is in the
conversation `Answered`. `full` adds the transcript and the notes: an answer, never a push. Panel, Navigation
and CoBrowsingData are the other side's last ones, wherever words of the chat may be read.
"""

from __future__ import annotations

from attrs import evolve

from broker.config.model import SECOND, SIGNAL_DURATION, Gateway, Project
from broker.core.capacity import capacity
from broker.core.deadlines import dead_up, term_over
from broker.core.distribution_state import Work
from broker.core.effects import Said
from broker.core.form_values import form_values, scenario_in
from broker.core.limits import LISTED_TEXT, WRAP_UP_BYTES, items_that_fit
from broker.core.moments import utc
from broker.core.sentence import shown
from broker.core.state import Chat, Party, PinnedSentence, Sentence, State
from protocol.agent import AgentStateInfo, AgentWrapUpInfo
from protocol.chat import (
    ChatInfo,
    ChatPartyInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatStatusInfo,
    VariableInfo,
)
from protocol.scenario import ScenarioResultInfo, ScenarioResultItemInfo
from protocol.values import (
    ChatStatus,
    Guid,
    PartyState,
    SentenceModel,
    TransferMode,
)

PINNED_MODELS = (
    SentenceModel.TECH_PANEL,
    SentenceModel.NAVIGATION,
    SentenceModel.CO_BROWSING,
)
"""The models that fill Panel, Navigation and CoBrowsingData, in this order (W-22)."""

_WITHOUT_AGENT = (ChatStatus.PILOT, ChatStatus.WAITING)


def dead_time(state: State, chat: Chat) -> int | None:
    """When the chat will be closed for inactivity, or None (B-8)."""
    gateway = state.config.gateways.get(chat.gateway)
    dead = dead_up(state, chat, gateway) if gateway is not None and chat.is_open else None
    return dead + state.ahead if dead is not None else None


def seen_as(chat: Chat, agent: Guid) -> ChatStatus:
    """The status of a chat as it stands for one agent.

    Whoever is alerted sees `Alerting` and whoever is in the conversation `Answered`, whatever the
    chat is to others; whoever is neither sees that it is no longer with them.
    """
    if not chat.is_open:
        return ChatStatus.CLOSED
    if chat.offered_to == agent:
        return ChatStatus.ALERTING
    return ChatStatus.ANSWERED if chat.has(agent) else ChatStatus.WAITING


def outbound_chat(state: State, chat: Chat) -> ChatServiceInfo:
    """An outbound chat as a connector is told of it."""
    gateway = state.config.gateways[chat.gateway]
    return ChatServiceInfo(
        peer=gateway.peer,
        port=gateway.port,
        preferred_culture=chat.visitor.culture,
        user_token=chat.visitor.user_token,
        party_name=chat.visitor.party_name,
        remote_address=chat.visitor.remote_address,
        return_chat_id=chat.id,
        variables=_variables(chat),
    )


def chat_for_connector(
    state: State, chat: Chat, *, full: bool, pinned: bool = True
) -> ChatStatusInfo:
    """A chat as its connector sees it; without pinned sentences in a list."""
    gateway = state.config.gateways[chat.gateway]
    dead = dead_time(state, chat)
    agent, name = _partner(state, chat)
    panel, navigation, data = (
        sentence_for_connector(gateway, chat, pinned) if pinned is not None else None
        for pinned in (_pinned(chat, outbound=True) if pinned else _NONE_PINNED)
    )
    return ChatStatusInfo(
        peer=gateway.peer,
        port=gateway.port,
        tracking_id=chat.visitor.tracking_id,
        chat_id=chat.id,
        status=chat.status,
        agent_id=agent,
        agent_name=name,
        sentences=_told_outside(state, gateway, chat) if full else None,
        panel=panel,
        navigation=navigation,
        co_browsing_data=data,
        dead_time_utc=utc(dead) if dead is not None else None,
        close_reason=chat.ending.reason,
        scenario_id=chat.forms.offered,
    )


def chat_for_workplace(
    state: State, chat: Chat, viewer: Guid, number: str, now: int, *, info: bool, full: bool
) -> ChatStatusInfo:
    """A chat as it stands for the agent at a workplace; without Info and pinned sentences in a list."""
    status = seen_as(chat, viewer)
    shows_pinned = info and chat.is_read_by(viewer)
    agent, name = _partner(state, chat)
    if status is ChatStatus.ALERTING:
        agent, name = viewer, agent_name(state, viewer)
    panel, navigation, data = (
        sentence_for_workplace(number, chat, pinned) if pinned is not None else None
        for pinned in (_pinned(chat, outbound=False) if shows_pinned else _NONE_PINNED)
    )
    return ChatStatusInfo(
        peer=number,
        chat_id=chat.id,
        status=status,
        agent_id=agent,
        agent_name=name,
        sentences=_told_inside(state, number, chat, chat.transcript.sentences, "said")
        if full
        else None,
        info=chat_info(state, chat, viewer, number, now) if info else None,
        panel=panel,
        navigation=navigation,
        co_browsing_data=data,
        close_reason=chat.ending.reason,
        is_parked=True if chat.parking is not None and viewer == chat.agent else None,
        parties=_parties(state, chat, viewer) or None,
        internal=_told_inside(state, number, chat, chat.transcript.internal, "noted")
        if full
        else None,
    )


def _told_outside(state: State, gateway: Gateway, chat: Chat) -> tuple[ChatSentenceInfo, ...]:
    return state.transcripts.shown(
        (chat.id, gateway.peer, gateway.port or "", chat.visitor.tracking_id),
        chat.transcript.edition,
        len(chat.transcript.sentences),
        lambda: (sentence_for_connector(gateway, chat, s) for s in chat.transcript.sentences),
    )


def _told_inside(
    state: State, number: str, chat: Chat, words: list[Sentence], kind: str
) -> tuple[ChatSentenceInfo, ...]:
    return state.transcripts.shown(
        (chat.id, number, "", kind),
        chat.transcript.edition,
        len(words),
        lambda: (sentence_for_workplace(number, chat, s) for s in words),
    )


def sentence_for_connector(gateway: Gateway, chat: Chat, s: Said) -> ChatSentenceInfo:
    """A sentence as a connector sees it."""
    tracking_id = chat.visitor.tracking_id
    where = (gateway.peer, gateway.port, tracking_id, None)
    return shown(s.words, s.counter, s.confirmed_at, *where, chat.transcript.scans)


def sentence_for_workplace(number: str, chat: Chat, s: Said) -> ChatSentenceInfo:
    """A sentence as a workplace sees it."""
    where = (number, None, None, chat.id)
    return shown(s.words, s.counter, s.confirmed_at, *where, chat.transcript.scans)


def chat_info(state: State, chat: Chat, viewer: Guid, number: str, now: int) -> ChatInfo:
    """What an agent is told about a chat besides its words; its workplace and agent are one seat's."""
    config = state.config
    gateway = config.gateways[chat.gateway]
    asked = chat.invite.project if chat.invite and chat.offered_to == viewer else None
    wanted = asked or chat.routing.project
    project = config.projects.get(wanted) if wanted is not None else None
    language = (
        config.languages.get(chat.routing.language) if chat.routing.language is not None else None
    )
    place = config.workplaces.get(number)
    queued = (
        chat.waiting.enqueued_at if chat.waiting.enqueued_at is not None else chat.activity.since
    )
    return ChatInfo(
        time_stamp=utc(now),
        enqueueing_time_utc=utc(queued),
        pilot_dial_time=utc(chat.started_at),
        chat_type=gateway.chat_type,
        remote_party_name=chat.visitor.party_name,
        remote_address=chat.visitor.remote_address,
        workplace_number=number,
        workplace_id=place.id if place is not None else None,
        agent_id=viewer,
        project_id=wanted,
        language_id=chat.routing.language,
        project_name=project.name if project is not None else None,
        language_name=language.name if language is not None else None,
        agent_name=agent_name(state, viewer),
        waiting_time=chat.waiting.time_waited(now) // SECOND,
        max_signal_duration=-(-_signal_duration(state, chat, project) // SECOND),
        chat_gateway_name=gateway.name,
        contact_id=chat.visitor.contact,
        contact_name=chat.visitor.contact_name,
        scenarios=_form_items(state, chat),
        form_data_id=chat.forms.at_start,
        variables=_variables(chat),
        preferred_culture=chat.visitor.culture,
        earlier_chat_id=chat.earlier,
    )


def listed_info(state: State, chat: Chat, now: int) -> ChatInfo:
    """What tells one chat of a list from another: who waits or talks there, since when, for what."""
    project = state.config.projects.get(chat.routing.project) if chat.routing.project else None
    return ChatInfo(
        time_stamp=utc(now),
        pilot_dial_time=utc(chat.started_at),
        remote_party_name=chat.visitor.party_name,
        project_name=project.name if project is not None else None,
        waiting_time=chat.waiting.time_waited(now) // SECOND,
        chat_gateway_name=state.config.gateways[chat.gateway].name,
    )


def _signal_duration(state: State, chat: Chat, project: Project | None) -> int:
    """How long somebody is alerted for the chat: an agent, or a bot (B-24, B-40)."""
    if chat.status is ChatStatus.ICR:
        return state.config.distribution.bot_timeout
    return project.signal_duration if project is not None else SIGNAL_DURATION


def own_state(state: State, agent: Guid) -> AgentStateInfo:
    """An agent's state as the agent sees it: with the wrap-ups, which no chat of a list shows (W-25)."""
    return evolve(agent_state(state, agent), wrap_ups=_wrap_ups(state, agent) or None)


def _wrap_ups(state: State, agent: Guid) -> tuple[AgentWrapUpInfo, ...]:
    """Those of chats and of conversations, the one that began first in front."""
    presence = state.distribution.presences[agent]
    running = [(wrapup, _wrapped_chat(state, chat)) for chat, wrapup in presence.wrapups.items()]
    of_mail = presence.conversations.wrapups.items()
    running += [(wrapup, _wrapped_mail(state, one)) for one, wrapup in of_mail]
    running.sort(key=lambda one: one[0].term.since)
    most = items_that_fit(state.config.limits.frame_bytes, WRAP_UP_BYTES, len(running))
    return tuple(
        evolve(shown, until_utc=utc(term_over(state, wrapup.term) + state.ahead))
        for wrapup, shown in running[:most]
    )


def _wrapped_chat(state: State, chat: Guid) -> AgentWrapUpInfo:
    return AgentWrapUpInfo(chat_id=chat, remote_name=state.chats[chat].visitor.party_name)


def _wrapped_mail(state: State, conversation: Guid) -> AgentWrapUpInfo:
    one = state.messages.conversations[conversation]
    return AgentWrapUpInfo(
        conversation_id=conversation,
        remote_name=one.remote_name,
        remote_address=one.remote_address,
    )


def agent_state(state: State, agent: Guid) -> AgentStateInfo:
    """An agent's state as any workplace sees it (B-22, B-28)."""
    presence = state.distribution.presences[agent]
    known = state.config.agents.get(agent)
    has_mail = presence.takes_messages
    return AgentStateInfo(
        peer=presence.workplace,
        agent_id=agent,
        agent_name=known.name if known is not None else None,
        state=presence.state,
        reason=presence.reason,
        next_state=presence.next_state,
        since_utc=utc(presence.since),
        max_chats=capacity(state, agent),
        active_chats=presence.load,
        max_messages=capacity(state, agent, Work.CONVERSATION) if has_mail else None,
        active_messages=presence.conversations.load if has_mail else None,
    )


def agent_name(state: State, agent: Guid | None) -> str | None:
    """The name by which an agent is shown."""
    known = state.config.agents.get(agent) if agent is not None else None
    return known.public_name if known is not None else None


def _partner(state: State, chat: Chat) -> tuple[Guid | None, str | None]:
    """Who talks with the visitor or is alerted, a person or a machine; after the end whoever was last."""
    if chat.status in _WITHOUT_AGENT:
        return None, None
    if chat.agent is None:
        bot = state.config.bots.get(chat.bot.id) if chat.bot.id is not None else None
        return (bot.id, bot.name) if bot is not None else (None, None)
    return chat.agent, agent_name(state, chat.agent)


_NONE_PINNED: tuple[PinnedSentence | None, ...] = (None, None, None)


def _pinned(chat: Chat, *, outbound: bool) -> tuple[PinnedSentence | None, ...]:
    """What one direction has in Panel, Navigation and CoBrowsingData: the other side is shown it."""
    if not chat.transcript.pinned:
        return _NONE_PINNED
    return tuple(chat.transcript.pinned.get((outbound, model)) for model in PINNED_MODELS)


def _parties(state: State, chat: Chat, viewer: Guid) -> tuple[ChatPartyInfo, ...]:
    """Who is in the chat or is asked into it; a monitor is seen by themselves alone (B-29)."""
    shown = [
        _party(state, agent, party)
        for agent, party in chat.parties.items()
        if party.mode is not TransferMode.MONITOR or agent == viewer
    ]
    invite = chat.invite
    if invite is not None:
        project = state.config.projects.get(invite.project) if invite.project else None
        shown.append(
            ChatPartyInfo(
                agent_id=invite.agent,
                agent_name=agent_name(state, invite.agent),
                project_id=invite.project,
                project_name=project.name if project is not None else None,
                mode=invite.mode,
                state=PartyState.ASKED,
                by_id=invite.by,
                by_name=agent_name(state, invite.by),
                note=invite.note,
                since_utc=utc(invite.at),
            )
        )
    return tuple(shown)


def _party(state: State, agent: Guid, party: Party) -> ChatPartyInfo:
    return ChatPartyInfo(
        agent_id=agent,
        agent_name=agent_name(state, agent),
        mode=party.mode,
        state=PartyState.JOINED,
        by_id=party.by,
        by_name=agent_name(state, party.by),
        since_utc=utc(party.at),
    )


def _variables(chat: Chat) -> tuple[VariableInfo, ...] | None:
    shown = tuple(VariableInfo(name=name, value=value) for name, value in chat.visitor.variables)
    return shown or None


def form_for_workplace(number: str, form: ScenarioResultInfo) -> ScenarioResultInfo:
    """A form of a chat as a workplace sees it."""
    return evolve(form, peer=number)


def _form_items(state: State, chat: Chat) -> tuple[ScenarioResultItemInfo, ...]:
    """The forms of a chat in a list: first the default form while nobody has filled it in."""
    filled, default = chat.forms.results.values(), chat.forms.expected
    awaited = default is not None and all(form.scenario_id != default for form in filled)
    first = [ScenarioResultInfo(scenario_id=default)] if awaited else []
    return tuple(_form_item(state, chat, form) for form in (*first, *filled))


def _form_item(state: State, chat: Chat, result: ScenarioResultInfo) -> ScenarioResultItemInfo:
    scenario = result.scenario_id or Guid("")
    model = scenario_in(state.config, scenario, chat.visitor.culture)
    title = model.display_name if model is not None else None
    form = state.config.forms.get(scenario)
    return ScenarioResultItemInfo(
        scenario_id=result.scenario_id,
        scenario_name=form.name if form is not None else title,
        activity=result.activity,
        result_id=result.scenario_result_id,
        remote_name=chat.visitor.party_name,
        display_name=title,
        result_created=result.time_utc,
        show_in_list=_listed(result, form.listed if form is not None else ()),
    )


def _listed(result: ScenarioResultInfo, controls: tuple[Guid, ...]) -> str | None:
    """What was filled into the controls that lists show, in the order of the form."""
    filled = form_values(result) if controls else {}
    text = ", ".join(filled[each] for each in controls if filled.get(each, "").strip())
    return " ".join(text.split())[:LISTED_TEXT] or None
