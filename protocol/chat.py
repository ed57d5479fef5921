"""Structures of chats: service, status, sentences and commands."""

from __future__ import annotations

from datetime import datetime

from attrs import field

from protocol.blob import AttachmentInfo
from protocol.scenario import ScenarioInfo, ScenarioResultInfo, ScenarioResultItemInfo
from protocol.structure import WIRE
from protocol.value import value
from protocol.values import (
    ChatStatus,
    ChatType,
    CloseReason,
    Guid,
    PartyState,
    Signal,
    TransferMode,
)


@value(kw_only=True)
class VariableInfo:
    """A free variable: whatever the program that starts a chat wants the agent to know.

    Attributes:
        name: Its name.
        value: Its value.
    """

    name: str | None = None
    value: str | None = None


@value(kw_only=True)
class ChatServiceInfo:
    """A chat that is asked for, started, or offered to a connector.

    Attributes:
        peer: Gateway address.
        port: Sub-address inside the gateway.
        tracking_id: The conversation's name on the connector's side.
        preferred_culture: Language that the visitor prefers, for instance ``cs``.
        user_token: Who the visitor is in a foreign system.
        ext_response: What foreign logic found out; rules may match it.
        result_model: The form that the visitor filled in.
        party_name: Name of the visitor as the conversation shows it.
        remote_address: Address of the visitor.
        return_chat_id: The outbound chat, made already, that this start binds; of a request to open
            one the client's own key, so that a repeated request makes one chat.
        signal: Whether a chat would be taken now.
        scenario_model: The form to fill in before the start.
        variables: What the program that starts the chat wants the agent to know.
    """

    peer: str | None = None
    port: str | None = None
    tracking_id: str | None = None
    preferred_culture: str | None = None
    user_token: str | None = None
    ext_response: str | None = None
    result_model: ScenarioResultInfo | None = None
    party_name: str | None = None
    remote_address: str | None = None
    return_chat_id: Guid | None = None
    signal: Signal | None = None
    scenario_model: ScenarioInfo | None = None
    variables: tuple[VariableInfo, ...] | None = None


@value(kw_only=True)
class ChatSentenceInfo:
    """One sentence of a chat, of either side.

    Attributes:
        peer: Gateway address or workplace number.
        port: Sub-address inside the gateway.
        tracking_id: The conversation's name on the connector's side.
        chat_id: The chat.
        id: The sender's own key of the sentence.
        party_name: Name of the sender as the conversation shows it; a visitor's sentence without one
            gets the name of the start.
        text: What is said; for other models an address or opaque data.
        time_sent: When the sender sent it, as they say it; where they do not, when the broker
            heard it.
        is_outbound: True towards the visitor, false towards the agent.
        counter: Place in the transcript, from 1; 0 outside of it.
        confirmed_time: When the receiver confirmed it; null: not yet.
        model: How to read it: 0 sentence, 2 note, 4 panel, 6 navigation, 8 co-browsing data,
            10 internal note.
        attachments: What comes with it; the text may then be empty.
    """

    peer: str | None = None
    port: str | None = None
    tracking_id: str | None = None
    chat_id: Guid | None = None
    id: str | None = field(default=None, metadata={WIRE: "ID"})
    party_name: str | None = None
    text: str | None = None
    time_sent: datetime | None = None
    is_outbound: bool = False
    counter: int = 0
    confirmed_time: datetime | None = None
    model: int = 0
    attachments: tuple[AttachmentInfo, ...] | None = None


@value(kw_only=True)
class ChatCommandInfo:
    """A command or a short notice about one chat.

    Attributes:
        peer: Gateway address or workplace number.
        port: Sub-address inside the gateway.
        tracking_id: The conversation's name on the connector's side.
        chat_id: The chat.
        id: Key of the sentence that is meant.
        time_stamp: When it happened.
        agent_id: The agent that acts or is meant.
        is_typing: Whether the sending side is writing.
        is_parked: Whether the chat is to be put on hold.
        model: Of a confirmation that is passed on: the model of what was confirmed, where that fills
            a slot and so is no part of the transcript.
        after: Of ``ES_CHAT_RESYNC``: the place behind which the list goes on, as the header ``More`` of
            the piece before has it.
    """

    peer: str | None = None
    port: str | None = None
    tracking_id: str | None = None
    chat_id: Guid | None = None
    id: str | None = field(default=None, metadata={WIRE: "ID"})
    time_stamp: datetime | None = None
    agent_id: Guid | None = None
    is_typing: bool | None = None
    is_parked: bool | None = None
    model: int | None = None
    after: int | None = None


@value(kw_only=True)
class ChatInfo:
    """What an agent is told of a chat besides its conversation.

    Attributes:
        time_stamp: When this was written.
        enqueueing_time_utc: When distribution of the chat began.
        pilot_dial_time: When the chat was registered.
        chat_type: Kind of network.
        remote_party_name: Name of the visitor.
        remote_address: Address of the visitor.
        workplace_number: Number of the workplace.
        workplace_id: The workplace.
        agent_id: The agent at that workplace, who is alerted or is in the chat.
        project_id: The project.
        language_id: The language.
        project_name: Name of the project.
        language_name: Name of the language.
        agent_name: Name of that agent.
        waiting_time: Seconds that the visitor has waited for people, all waits together.
        max_signal_duration: Seconds that an alert lasts.
        chat_gateway_name: Name of the gateway.
        contact_id: The contact.
        contact_name: Name of the contact.
        scenarios: Form results that belong to the chat.
        form_data_id: Result of the form given at the start.
        variables: What the program that started the chat wants known.
        preferred_culture: Language that the visitor prefers, as the start said it.
        earlier_chat_id: The full chat that this one goes on from.
    """

    time_stamp: datetime | None = None
    enqueueing_time_utc: datetime | None = None
    pilot_dial_time: datetime | None = None
    chat_type: ChatType | None = None
    remote_party_name: str | None = None
    remote_address: str | None = None
    workplace_number: str | None = None
    workplace_id: Guid | None = None
    agent_id: Guid | None = None
    project_id: Guid | None = None
    language_id: Guid | None = None
    project_name: str | None = None
    language_name: str | None = None
    agent_name: str | None = None
    waiting_time: int = 0
    max_signal_duration: int = 0
    chat_gateway_name: str | None = None
    contact_id: Guid | None = None
    contact_name: str | None = None
    scenarios: tuple[ScenarioResultItemInfo, ...] | None = None
    form_data_id: Guid | None = None
    variables: tuple[VariableInfo, ...] | None = None
    preferred_culture: str | None = None
    earlier_chat_id: Guid | None = None


@value(kw_only=True)
class ChatPartyInfo:
    """Somebody besides the owner who is in a chat, or is asked into it.

    Attributes:
        agent_id: The agent; null: a project is asked, and nobody is alerted just now.
        agent_name: Name of the agent.
        project_id: The project that is asked for somebody.
        project_name: Name of the project.
        mode: How they take part.
        state: Whether they are asked or have joined.
        by_id: The agent who asked for them.
        by_name: Name of that agent.
        note: What they were told.
        since_utc: Since when.
    """

    agent_id: Guid | None = None
    agent_name: str | None = None
    project_id: Guid | None = None
    project_name: str | None = None
    mode: TransferMode | None = None
    state: PartyState | None = None
    by_id: Guid | None = None
    by_name: str | None = None
    note: str | None = None
    since_utc: datetime | None = None


@value(kw_only=True)
class ChatStatusInfo:
    """Where a chat stands; with ``sentences`` it is a whole snapshot.

    Attributes:
        peer: Gateway address or workplace number.
        port: Sub-address inside the gateway.
        tracking_id: The conversation's name on the connector's side.
        chat_id: The chat.
        status: Phase of the chat.
        agent_name: Who talks, a person or a machine.
        agent_id: The agent.
        sentences: The whole transcript; null: not included.
        info: What an agent is told besides.
        panel: The last pinned note of the other side.
        navigation: Where the other side is now.
        co_browsing_data: The last co-browsing data of the other side.
        dead_time_utc: When the chat will be closed for inactivity; null: never, or it is parked.
        close_reason: Who or what ended the chat.
        is_parked: Whether the chat is on hold.
        scenario_id: The form that is offered to the visitor now.
        parties: Who is in the chat besides its owner, or is asked into it.
        internal: The notes that agents made for each other; null: not included.
        history: The last sentences with this visitor from earlier chats, where sentences are messages.
    """

    peer: str | None = None
    port: str | None = None
    tracking_id: str | None = None
    chat_id: Guid | None = None
    status: ChatStatus | None = None
    agent_name: str | None = None
    agent_id: Guid | None = None
    sentences: tuple[ChatSentenceInfo, ...] | None = None
    info: ChatInfo | None = None
    panel: ChatSentenceInfo | None = None
    navigation: ChatSentenceInfo | None = None
    co_browsing_data: ChatSentenceInfo | None = None
    dead_time_utc: datetime | None = None
    close_reason: CloseReason | None = None
    is_parked: bool | None = None
    scenario_id: Guid | None = None
    parties: tuple[ChatPartyInfo, ...] | None = None
    internal: tuple[ChatSentenceInfo, ...] | None = None
    history: tuple[ChatSentenceInfo, ...] | None = None


@value(kw_only=True)
class ChatTransferInfo:
    """A chat that another agent or project is to take or join.

    Attributes:
        peer: Workplace number.
        chat_id: The chat.
        to_agent_id: The agent that is asked.
        to_project_id: The project that is asked.
        mode: How they join.
        note: What they should know.
    """

    peer: str | None = None
    chat_id: Guid | None = None
    to_agent_id: Guid | None = None
    to_project_id: Guid | None = None
    mode: TransferMode | None = None
    note: str | None = None


@value(kw_only=True)
class ChatWrapUpInfo:
    """The end of an agent's work after a chat.

    Attributes:
        peer: Workplace number.
        chat_id: The chat.
        code: How it ended, one of the configured codes.
        note: Free text.
    """

    peer: str | None = None
    chat_id: Guid | None = None
    code: str | None = None
    note: str | None = None


@value(kw_only=True)
class DecisionAgentInfo:
    """An agent in a decision of the distributor.

    Attributes:
        agent_id: The agent.
        agent_name: Name of the agent.
        reason: Why they were passed over; null: they were a candidate.
    """

    agent_id: Guid | None = None
    agent_name: str | None = None
    reason: str | None = None


@value(kw_only=True)
class DecisionInfo:
    """One decision about a chat, as it was logged; or how an agent stands to it now.

    Attributes:
        peer: Workplace number.
        chat_id: The chat.
        conversation_id: Or the conversation.
        time_stamp: When it was decided.
        kind: What was decided: `routed`, `offered`, `waiting`, `refused`, ...; `now` for how the
            agent that was asked about stands at this moment.
        agent_id: Who was chosen, or was asked about.
        agent_name: Name of that agent.
        reason: What decided, in a few words.
        waited_seconds: How long the chat had waited.
        agents: The candidates in their order, then those who were passed over.
    """

    peer: str | None = None
    chat_id: Guid | None = None
    conversation_id: Guid | None = None
    time_stamp: datetime | None = None
    kind: str | None = None
    agent_id: Guid | None = None
    agent_name: str | None = None
    reason: str | None = None
    waited_seconds: int = 0
    agents: tuple[DecisionAgentInfo, ...] | None = None
