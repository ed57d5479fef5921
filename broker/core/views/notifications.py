"""Announcements: what a decision wants shown to whom, and how that becomes frames.

Theory of operation: a decision names what is to be shown to whom; after its facts are applied each
announcement is rendered from the state into a `Send`, so that it shows the state that the facts made. A
handler makes a payload itself only where the facts change nothing of it: a list, a register, a refusal, what
is passed on and remembered by nobody.

The order of a decision's frames is said here and nowhere else (`rendered`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import evolve

from broker.core.decision import Decision
from broker.core.effects import (
    Acknowledgement,
    AgentToWorkplace,
    Announcement,
    Answer,
    ChatToAgent,
    ChatToConnectors,
    ChatToMembers,
    ConversationNoteToAgent,
    ConversationToAgent,
    DeliveryToAgents,
    Dismiss,
    Effect,
    FormToMembers,
    LogEntry,
    MailAnnouncement,
    MessageToAgent,
    MessageToConnector,
    Notice,
    OutboundToConnectors,
    Recall,
    Reply,
    Said,
    ScanWanted,
    Send,
    SentenceToConnectors,
    SentenceToMembers,
)
from broker.core.moments import utc
from broker.core.state import Chat, State
from broker.core.views.conversation_structures import (
    conversation_for,
    message_pushed,
    note_info,
)
from broker.core.views.letters import message_for_connector, message_status
from broker.core.views.recipients import connectors_of, correspondents, listeners, members_of
from broker.core.views.stored import WithHistory
from broker.core.views.structures import (
    agent_state,
    chat_for_connector,
    chat_for_workplace,
    form_for_workplace,
    outbound_chat,
    own_state,
    sentence_for_connector,
    sentence_for_workplace,
)
from protocol.chat import ChatCommandInfo, ChatStatusInfo
from protocol.conversation import ConversationNoteInfo
from protocol.session import Ack
from protocol.values import Guid


def rendered(state: State, decision: Decision, now: int) -> list[Effect]:
    """The frames of a decision whose facts are applied, in their order.

    First what has to be known before the answer is read, then the answer, then what others are told. An
    acknowledgement shows nothing, so it comes last: whoever has it has seen everything.

    Whoever is answered gets no push of the same thing beside the answer (W-15).
    """
    effects: list[Effect] = []
    for notice in decision.before:
        effects += _told(state, notice, now)
    answer = decision.answer
    if answer is None:
        for notice in decision.notices:
            effects += _told(state, notice, now)
        return effects
    shows = answer.shows
    if isinstance(shows, Acknowledgement):
        for notice in decision.notices:
            effects += _told(state, notice, now)
        effects.append(answer_of(state, answer, now))
        return effects
    effects.append(answer_of(state, answer, now))
    answered = None if isinstance(shows, Reply) else (answer.session, topic_of(shows))
    for notice in decision.notices:
        effects += _told(state, notice, now, answered)
    return effects


_PLAIN: Final = (Send, Dismiss, LogEntry, ScanWanted, Recall)
"""What needs no rendering."""


def _told(
    state: State, notice: Notice, now: int, answered: tuple[int, Topic] | None = None
) -> Sequence[Effect]:
    """What becomes of a notice, when a session is answered by something."""
    if isinstance(notice, _PLAIN):
        return (notice,)
    if answered is not None and topic_of(notice) == answered[1]:
        return render(state, notice, now, answered[0])
    return render(state, notice, now)


Topic = tuple[str, str]
"""A message type, and what a message of it is about."""


def topic_of(announcement: Announcement) -> Topic:
    """What an announcement shows; two that show the same differ in whom they show it to."""
    match announcement:
        case SentenceToConnectors():
            return "SE_CHAT_SENTENCE", announcement.said.words.id
        case SentenceToMembers():
            return "SC_CHAT_SENTENCE", announcement.said.words.id
        case ChatToConnectors():
            return "SE_CHAT_STATUS", announcement.chat
        case ChatToMembers():
            return "SC_CHAT_STATUS", announcement.chat
        case ChatToAgent():
            return announcement.type, announcement.chat
        case FormToMembers():
            return "SC_SCENARIO_RESULT", announcement.result
        case AgentToWorkplace():
            return "SC_AGENT_STATE", announcement.agent
        case OutboundToConnectors():
            return "SE_CHAT_OUTBOUND", announcement.chat
        case _:
            return _mail_topic(announcement)


def _mail_topic(announcement: MailAnnouncement) -> Topic:
    match announcement:
        case MessageToAgent():
            return "SC_MESSAGE_RECEIVED", announcement.content.message_id or ""
        case ConversationToAgent():
            return announcement.type, announcement.conversation
        case ConversationNoteToAgent():
            return "SC_CONVERSATION_NOTE", f"{announcement.conversation} {announcement.counter}"
        case MessageToConnector():
            return "SE_MESSAGE_SENDING", announcement.message
        case DeliveryToAgents():
            return "SC_MESSAGE_STATUS", announcement.message


def answer_of(state: State, answer: Answer, now: int) -> Send:
    """Make the frame that answers a request, from the state as it is now."""
    me, shows = answer.session, answer.shows
    sessions: tuple[int, ...] = (me,)
    trace: str | None = None
    more: int | None = None
    type_: str
    payload: object
    match shows:
        case SentenceToConnectors():
            # The echo is the push to the gateway's other sessions too: one frame, packed once.
            chat = state.chats[shows.chat]
            sessions = state.gateway_sessions[chat.gateway]
            type_, trace = "SE_CHAT_SENTENCE", shows.trace
            payload = sentence_for_connector(state.config.gateways[chat.gateway], chat, shows.said)
        case SentenceToMembers():
            number = state.sessions[me].workplace or ""
            type_, trace = "SC_CHAT_SENTENCE", shows.trace
            payload = sentence_for_workplace(number, state.chats[shows.chat], shows.said)
        case Reply():
            type_, payload, more = shows.type, shows.payload, shows.more
        case Acknowledgement():
            type_, payload = "SYS_ACK", Ack(type=shows.type)
        case ChatToConnectors():
            type_ = "SE_CHAT_STATUS"
            payload = chat_for_connector(state, state.chats[shows.chat], full=shows.full)
        case ChatToAgent():
            type_, payload = shows.type, _chat_for_agent(state, shows, now)
        case AgentToWorkplace():
            asks = state.sessions[me]
            of = own_state if asks.agent == shows.agent else agent_state
            type_, payload = "SC_AGENT_STATE", evolve(of(state, shows.agent), peer=asks.workplace)
        case OutboundToConnectors():
            type_, payload = "SE_CHAT_OUTBOUND", outbound_chat(state, state.chats[shows.chat])
        case ConversationToAgent():
            type_ = shows.type
            payload = conversation_for(state, shows, state.sessions[me].workplace or "", now)
        case ConversationNoteToAgent():
            type_ = "SC_CONVERSATION_NOTE"
            payload = _note(state, shows, state.sessions[me].workplace or "")
        case DeliveryToAgents():
            type_, number = "SC_MESSAGE_STATUS", state.sessions[me].workplace or ""
            message = state.messages.messages[shows.message]
            payload = message_status(message, number, now)
    return Send(sessions, type_, payload, me, answer.re, trace, more)


def render(
    state: State, announcement: Announcement, now: int, but: int | None = None
) -> list[Send]:
    """Make the frames of an announcement, from the state as it is now.

    Args:
        state: The state, with the facts of the decision applied.
        announcement: What is shown, and to whom.
        now: The time of day.
        but: A session that is answered by the same.
    """
    match announcement:
        case SentenceToConnectors():
            chat = state.chats[announcement.chat]
            return sentence_to_connectors(state, chat, announcement.said, announcement.trace, but)
        case SentenceToMembers():
            chat = state.chats[announcement.chat]
            return sentence_to(chat, announcement.said, announcement.to, announcement.trace, but)
        case ChatToConnectors():
            return _to_connectors(state, announcement, but)
        case ChatToAgent():
            return _to_agent(state, announcement, now, but)
        case ChatToMembers():
            return _to_members(state, announcement, now, but)
        case FormToMembers():
            return _form(state, announcement)
        case OutboundToConnectors():
            return _outbound(state, announcement, but)
        case AgentToWorkplace():
            session = _session_of(state, announcement.agent)
            if session in (None, but):
                return []
            return [Send((session,), "SC_AGENT_STATE", own_state(state, announcement.agent))]
        case _:
            return _mail(state, announcement, now, but)


def _mail(state: State, announcement: MailAnnouncement, now: int, but: int | None) -> list[Send]:
    match announcement:
        case MessageToConnector():
            sent = message_for_connector(state, state.messages.messages[announcement.message])
            return [Send((announcement.session,), "SE_MESSAGE_SENDING", sent)]
        case DeliveryToAgents():
            return _delivery(state, announcement, now, but)
        case _:
            return _mail_to_agent(state, announcement, now, but)


def _session_of(state: State, agent: Guid) -> int | None:
    presence = state.distribution.presences.get(agent)
    return presence.session if presence is not None else None


def _mail_to_agent(
    state: State,
    told: MessageToAgent | ConversationToAgent | ConversationNoteToAgent,
    now: int,
    but: int | None,
) -> list[Send]:
    """A frame about a conversation for an agent, if they are there and their program takes it."""
    session = _session_of(state, told.agent)
    if session in (None, but):
        return []
    presence = state.distribution.presences[told.agent]
    if not presence.takes_messages:
        return []
    number = presence.workplace or ""
    payload: object
    match told:
        case MessageToAgent():
            payload = message_pushed(state, told.content)
        case ConversationToAgent():
            payload = conversation_for(state, told, number, now)
        case ConversationNoteToAgent():
            payload = _note(state, told, number)
    return [Send((session,), topic_of(told)[0], payload)]


def _note(state: State, told: ConversationNoteToAgent, number: str) -> ConversationNoteInfo:
    conversation = state.messages.conversations[told.conversation]
    return note_info(state, number, conversation, conversation.notes[told.counter - 1])


def sentence_to_connectors(
    state: State, chat: Chat, said: Said, trace: str | None, but: int | None = None
) -> list[Send]:
    """`SE_CHAT_SENTENCE` for the sessions that are told of the chat, if there are any."""
    sessions = tuple(s for s in connectors_of(state, chat) if s != but)
    if not sessions:
        return []
    shown = sentence_for_connector(state.config.gateways[chat.gateway], chat, said)
    return [Send(sessions, "SE_CHAT_SENTENCE", shown, trace=trace)]


def sentence_to(
    chat: Chat,
    said: Said,
    members: tuple[tuple[int, str], ...],
    trace: str | None,
    but: int | None = None,
) -> list[Send]:
    """`SC_CHAT_SENTENCE` for some of those who are in the conversation."""
    return [
        Send(
            (session,), "SC_CHAT_SENTENCE", sentence_for_workplace(number, chat, said), trace=trace
        )
        for session, number in members
        if session != but
    ]


def _to_connectors(state: State, told: ChatToConnectors, but: int | None) -> list[Send]:
    chat = state.chats[told.chat]
    sessions = tuple(s for s in connectors_of(state, chat) if s != but)
    if not sessions:
        return []
    return [Send(sessions, "SE_CHAT_STATUS", chat_for_connector(state, chat, full=told.full))]


def _to_members(state: State, told: ChatToMembers, now: int, but: int | None) -> list[Send]:
    sends: list[Send] = []
    for agent in members_of(state.chats[told.chat]):
        sends += _to_agent(state, ChatToAgent(chat=told.chat, agent=agent), now, but)
    return sends


def _form(state: State, told: FormToMembers) -> list[Send]:
    chat = state.chats[told.chat]
    own = _session_of(state, told.but) if told.but is not None else None
    form = chat.forms.results[told.result]
    return [
        Send((session,), "SC_SCENARIO_RESULT", form_for_workplace(number, form))
        for session, number in listeners(state, chat)
        if session != own
    ]


def _outbound(state: State, told: OutboundToConnectors, but: int | None) -> list[Send]:
    chat = state.chats[told.chat]
    sessions = (
        (told.only,)
        if told.only is not None
        else tuple(s for s in state.gateway_sessions.get(chat.gateway, ()) if s != but)
    )
    return [Send(sessions, "SE_CHAT_OUTBOUND", outbound_chat(state, chat))] if sessions else []


def _delivery(state: State, told: DeliveryToAgents, now: int, but: int | None) -> list[Send]:
    message = state.messages.messages[told.message]
    return [
        Send((session,), "SC_MESSAGE_STATUS", message_status(message, number, now))
        for session, number in correspondents(state, message)
        if session != but
    ]


def _to_agent(state: State, told: ChatToAgent, now: int, but: int | None) -> list[Send]:
    session = _session_of(state, told.agent)
    if session in (None, but):
        return []
    return [Send((session,), told.type, _chat_for_agent(state, told, now))]


def _chat_for_agent(
    state: State, told: ChatToAgent, now: int
) -> ChatStatusInfo | ChatCommandInfo | WithHistory:
    number = state.distribution.presences[told.agent].workplace or ""
    if told.type == "SC_CHAT_ALERT_END":
        return ChatCommandInfo(
            peer=number,
            chat_id=told.chat,
            agent_id=told.agent,
            time_stamp=utc(now),
        )
    chat = state.chats[told.chat]
    shown = chat_for_workplace(state, chat, told.agent, number, now, info=True, full=told.full)
    if told.full and chat.gateway in state.config.as_chats and chat.is_read_by(told.agent):
        return WithHistory(shown, chat.no)
    return shown
