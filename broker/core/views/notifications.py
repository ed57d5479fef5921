"""Announcements: what a decision wants shown to whom, and how that becomes frames.

Theory of operation: a decision names what is to be shown to whom; after its facts are applied the
announcement is rendered from the state into a `Send`, so that it shows the state that the facts made.
"""

from __future__ import annotations

from attrs import evolve

from broker.core.effects import (
    AgentToWorkplace,
    Announcement,
    ChatToAgent,
    ChatToConnectors,
    ChatToMembers,
    FormToMembers,
    OutboundToConnectors,
    Send,
)
from broker.core.state import State
from broker.core.views.recipients import connectors_of, listeners, members_of
from broker.core.views.structures import (
    agent_state,
    chat_for_connector,
    chat_for_workplace,
    form_for_workplace,
    outbound_chat,
    own_state,
    utc,
)
from protocol.chat import ChatCommandInfo


def render(state: State, announcement: Announcement, now: int) -> list[Send]:
    """Make the frames of an announcement from the state as it is now."""
    match announcement:
        case ChatToConnectors():
            return _to_connectors(state, announcement)
        case ChatToAgent():
            return _to_agent(state, announcement, now)
        case ChatToMembers():
            return _to_members(state, announcement, now)
        case FormToMembers():
            return _form(state, announcement)
        case OutboundToConnectors():
            return _outbound(state, announcement)
        case AgentToWorkplace():
            presence = state.distribution.presences.get(announcement.agent)
            asker = announcement.answer_to
            session = (
                asker if asker is not None else presence.session if presence is not None else None
            )
            if session is None:
                return []
            if asker is None:
                shown = own_state(state, announcement.agent)
            else:
                asks = state.sessions[asker]
                of = own_state if asks.agent == announcement.agent else agent_state
                shown = evolve(of(state, announcement.agent), peer=asks.workplace)
            return [Send((session,), "SC_AGENT_STATE", shown, asker, announcement.re)]


def _to_connectors(state: State, order: ChatToConnectors) -> list[Send]:
    chat = state.chats[order.chat]
    sends: list[Send] = []
    if order.answer_to is not None:
        shown = chat_for_connector(state, chat, full=order.full)
        sends.append(Send((order.answer_to,), "SE_CHAT_STATUS", shown, order.answer_to, order.re))
    if order.push:
        others = tuple(s for s in connectors_of(state, chat) if s != order.answer_to)
        if others:
            shown = chat_for_connector(state, chat, full=False)
            sends.append(Send(others, "SE_CHAT_STATUS", shown))
    return sends


def _to_members(state: State, order: ChatToMembers, now: int) -> list[Send]:
    sends: list[Send] = []
    for agent in members_of(state.chats[order.chat]):
        if agent != order.but:
            told = ChatToAgent(chat=order.chat, agent=agent, type="SC_CHAT_STATUS")
            sends += _to_agent(state, told, now)
    return sends


def _form(state: State, order: FormToMembers) -> list[Send]:
    chat = state.chats[order.chat]
    saver = state.distribution.presences.get(order.but) if order.but is not None else None
    own = saver.session if saver is not None else None
    form = chat.forms.results[order.result]
    return [
        Send((session,), "SC_SCENARIO_RESULT", form_for_workplace(number, form))
        for session, number in listeners(state, chat)
        if session != own
    ]


def _outbound(state: State, order: OutboundToConnectors) -> list[Send]:
    chat = state.chats[order.chat]
    shown = outbound_chat(state, chat)
    if order.only is not None:
        return [Send((order.only,), "SE_CHAT_OUTBOUND", shown)]
    me, sends = order.answer_to, []
    if me is not None:
        sends.append(Send((me,), "SE_CHAT_OUTBOUND", shown, me, order.re))
    others = tuple(s for s in state.gateway_sessions.get(chat.gateway, ()) if s != me)
    if others:
        sends.append(Send(others, "SE_CHAT_OUTBOUND", shown))
    return sends


def _to_agent(state: State, order: ChatToAgent, now: int) -> list[Send]:
    presence = state.distribution.presences.get(order.agent)
    session = order.answer_to
    if session is None:
        session = presence.session if presence is not None else None
    if session is None or presence is None:
        return []
    number = presence.workplace or ""
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
        payload = chat_for_workplace(
            state, chat, order.agent, number, now, info=True, full=order.full
        )
    return [Send((session,), order.type, payload, order.answer_to, order.re)]
