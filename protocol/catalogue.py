"""The table of all frames: what each carries, who sends it and what answers it.

Whoever needs to know frames derives it from here: dispatch, authorisation, schemas, docs, tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import attrs

from protocol.agent import AgentStateInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatStatusInfo,
    ChatTransferInfo,
    ChatWrapUpInfo,
    DecisionInfo,
)
from protocol.message import CommandInfo, GatewayInfo, MessageContentInfo, MessageStatusInfo
from protocol.register import LiteralLookupInfo, WebSiteRoutingInfo
from protocol.scenario import ScenarioInfo, ScenarioResultInfo
from protocol.session import Ack, Bye, Hello, Ping, SysError, Welcome

Sender = Literal["connector", "workplace", "broker", "any"]
Structure = type[attrs.AttrsInstance]
TextPayload = type[str]


@attrs.frozen
class FrameSpec:
    """What is known of one type of frame.

    Attributes:
        type: Its canonical name.
        payload: Structure of the payload, or ``str``.
        is_array: Whether the payload is an array of that structure.
        sender: Who may send it.
        answer: Type of its direct answer; ``SYS_ACK`` comes only when the frame carried an ``Id``.
        required: Wire names of members that must not be null.
        volatile: Whether it may be dropped for a slow reader (W-23).
        clause: Clause that rules it.
        added: Whether the original page does not print it.
        null_reads: Values that null members read as, by Python name.
    """

    type: str
    payload: Structure | TextPayload
    sender: Sender
    answer: str | None = None
    required: tuple[str, ...] = ()
    is_array: bool = False
    volatile: bool = False
    clause: str = "W-5"
    added: bool = False
    null_reads: tuple[tuple[str, object], ...] = ()

    @property
    def payload_name(self) -> str:
        """Name of the payload as the documentation writes it."""
        return self.payload.__name__ + ("[]" if self.is_array else "")


_OUTSIDE: Final = ("Peer", "TrackingId")
_INSIDE: Final = ("Peer", "ChatId")
_OUTSIDE_KEY: Final = (*_OUTSIDE, "ID")
_INSIDE_KEY: Final = (*_INSIDE, "ID")
_TYPING: Final = (("is_typing", True),)

_SESSION: Final = (
    FrameSpec(
        "SYS_HELLO",
        Hello,
        "any",
        "SYS_WELCOME",
        ("Version", "Role", "Peers", "Token"),
        clause="W-10",
    ),
    FrameSpec(
        "SYS_WELCOME",
        Welcome,
        "broker",
        required=("Version", "Node", "SessionId", "HeartbeatSeconds", "FrameBytes", "TimeUtc"),
        clause="W-10",
    ),
    FrameSpec("SYS_PING", Ping, "any", "SYS_PONG", clause="W-12"),
    FrameSpec("SYS_PONG", Ping, "any", clause="W-12"),
    FrameSpec("SYS_BYE", Bye, "any", required=("Code",), clause="W-13"),
    FrameSpec("SYS_ERROR", SysError, "broker", required=("Code",), clause="W-14"),
    FrameSpec("SYS_ACK", Ack, "broker", required=("Type",), clause="W-16"),
)
_CONNECTOR_CHAT: Final = (
    FrameSpec("ES_CHAT_REQUEST", ChatServiceInfo, "connector", "SE_CHAT_RESPONSE", _OUTSIDE),
    FrameSpec("SE_CHAT_RESPONSE", ChatServiceInfo, "broker", required=(*_OUTSIDE, "Signal")),
    FrameSpec(
        "ES_CHAT_START", ChatServiceInfo, "connector", "SE_CHAT_STATUS", _OUTSIDE, clause="W-20"
    ),
    FrameSpec(
        "ES_CHAT_STOP", ChatCommandInfo, "connector", "SE_CHAT_STATUS", _OUTSIDE, clause="W-20"
    ),
    FrameSpec(
        "ES_CHAT_TYPING",
        ChatCommandInfo,
        "connector",
        required=_OUTSIDE,
        volatile=True,
        null_reads=_TYPING,
        clause="W-23",
    ),
    FrameSpec(
        "ES_CHAT_SENTENCE",
        ChatSentenceInfo,
        "connector",
        "SE_CHAT_SENTENCE",
        (*_OUTSIDE_KEY, "Text"),
        clause="W-21",
    ),
    FrameSpec(
        "ES_CHAT_CONFIRM", ChatCommandInfo, "connector", "SYS_ACK", _OUTSIDE_KEY, clause="W-16"
    ),
    FrameSpec(
        "ES_CHAT_RESYNC", ChatCommandInfo, "connector", "SE_CHAT_LIST", ("Peer",), clause="W-25"
    ),
    FrameSpec(
        "ES_CHAT_STATUS", ChatCommandInfo, "connector", "SE_CHAT_STATUS", _OUTSIDE, clause="W-25"
    ),
    FrameSpec(
        "SE_CHAT_STATUS", ChatStatusInfo, "broker", required=(*_OUTSIDE, "Status"), clause="W-25"
    ),
    FrameSpec(
        "SE_CHAT_SENTENCE",
        ChatSentenceInfo,
        "broker",
        required=(*_OUTSIDE_KEY, "Text"),
        clause="W-22",
    ),
    FrameSpec("SE_CHAT_CONFIRM", ChatCommandInfo, "broker", required=_OUTSIDE_KEY, clause="W-22"),
    FrameSpec(
        "SE_CHAT_TYPING",
        ChatCommandInfo,
        "broker",
        required=_OUTSIDE,
        volatile=True,
        null_reads=_TYPING,
        clause="W-23",
    ),
    FrameSpec(
        "SE_CHAT_LIST",
        ChatStatusInfo,
        "broker",
        required=(*_OUTSIDE, "Status"),
        is_array=True,
        clause="W-25",
    ),
    FrameSpec(
        "SE_CHAT_OUTBOUND",
        ChatServiceInfo,
        "broker",
        "ES_CHAT_START",
        ("Peer", "ReturnChatId", "RemoteAddress"),
        added=True,
    ),
)
_OUTBOUND: Final = (
    FrameSpec(
        "ES_CHAT_OPEN",
        ChatServiceInfo,
        "connector",
        "SE_CHAT_OUTBOUND",
        ("Peer", "RemoteAddress"),
        added=True,
    ),
)
_CONNECTOR_REGISTER: Final = (
    FrameSpec("ES_SCENARIO_LOAD", CommandInfo, "connector", "SE_SCENARIO_MODEL", ("Id",)),
    FrameSpec("SE_SCENARIO_MODEL", ScenarioInfo, "broker", required=("ScenarioId",)),
    FrameSpec(
        "ES_SCENARIO_SAVE",
        ScenarioResultInfo,
        "connector",
        "SYS_ACK",
        ("ScenarioId",),
        clause="W-16",
    ),
    FrameSpec("ES_WS_ROUTING", str, "connector", "SE_WS_ROUTING"),
    FrameSpec("SE_WS_ROUTING", WebSiteRoutingInfo, "broker", is_array=True),
    FrameSpec(
        "ES_WS_LITERALS_GET",
        LiteralLookupInfo,
        "connector",
        "SE_WS_LITERALS_INFO",
        ("LiteralGroup",),
    ),
    FrameSpec("SE_WS_LITERALS_INFO", LiteralLookupInfo, "broker", is_array=True),
)
_CONNECTOR_MESSAGE: Final = (
    FrameSpec("ES_SL_GETGATEWAYS", str, "connector", "SE_SL_MSGGATEWAYS"),
    FrameSpec("SE_SL_MSGGATEWAYS", GatewayInfo, "broker", is_array=True),
    FrameSpec(
        "ES_MESSAGE_RECEIVING",
        MessageContentInfo,
        "connector",
        "SE_MESSAGE_RECEIVED",
        ("DeliverySystemId", "GatewayId", "RemoteAddress", "ReceivedSentTime"),
        clause="W-20",
    ),
    FrameSpec("SE_MESSAGE_RECEIVED", CommandInfo, "broker", required=("Data",), clause="W-20"),
    FrameSpec(
        "SE_MESSAGE_SENDING",
        MessageContentInfo,
        "broker",
        "ES_MESSAGE_SENT",
        ("MessageId", "DeliverySystemId", "RemoteAddress", "ReceivedSentTime"),
    ),
    FrameSpec("ES_MESSAGE_SENT", CommandInfo, "connector", "SYS_ACK", ("Id",), clause="W-16"),
)
_WORKPLACE_CHAT: Final = (
    FrameSpec("SC_CHAT_ALERT", ChatStatusInfo, "broker", required=(*_INSIDE, "Status", "Info")),
    FrameSpec("SC_CHAT_ALERT_END", ChatCommandInfo, "broker", required=_INSIDE),
    FrameSpec(
        "CS_CHAT_ANSWER", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE, clause="W-20"
    ),
    FrameSpec(
        "CS_CHAT_HANGUP", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE, clause="W-20"
    ),
    FrameSpec(
        "CS_CHAT_SENTENCE",
        ChatSentenceInfo,
        "workplace",
        "SC_CHAT_SENTENCE",
        (*_INSIDE_KEY, "Text"),
        clause="W-21",
    ),
    FrameSpec(
        "CS_CHAT_CONFIRM", ChatCommandInfo, "workplace", "SYS_ACK", _INSIDE_KEY, clause="W-16"
    ),
    FrameSpec(
        "CS_CHAT_TYPING",
        ChatCommandInfo,
        "workplace",
        required=_INSIDE,
        volatile=True,
        null_reads=_TYPING,
        clause="W-23",
    ),
    FrameSpec(
        "CS_CHAT_RESYNC", ChatCommandInfo, "workplace", "SC_CHAT_LIST", ("Peer",), clause="W-25"
    ),
    FrameSpec(
        "CS_CHAT_STATUS", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE, clause="W-25"
    ),
    FrameSpec(
        "SC_CHAT_STATUS", ChatStatusInfo, "broker", required=(*_INSIDE, "Status"), clause="W-25"
    ),
    FrameSpec(
        "SC_CHAT_SENTENCE",
        ChatSentenceInfo,
        "broker",
        required=(*_INSIDE_KEY, "Text"),
        clause="W-22",
    ),
    FrameSpec(
        "SC_CHAT_TYPING",
        ChatCommandInfo,
        "broker",
        required=_INSIDE,
        volatile=True,
        null_reads=_TYPING,
        clause="W-23",
    ),
    FrameSpec(
        "SC_CHAT_CONFIRM",
        ChatCommandInfo,
        "broker",
        required=_INSIDE_KEY,
        clause="W-22",
        added=True,
    ),
    FrameSpec(
        "SC_CHAT_LIST",
        ChatStatusInfo,
        "broker",
        required=(*_INSIDE, "Status"),
        is_array=True,
        clause="W-25",
    ),
)
_WORKPLACE_MORE: Final = (
    FrameSpec(
        "CS_AGENT_STATE",
        AgentStateInfo,
        "workplace",
        "SC_AGENT_STATE",
        ("Peer", "State"),
        added=True,
    ),
    FrameSpec("SC_AGENT_STATE", AgentStateInfo, "broker", required=("Peer", "State"), added=True),
    FrameSpec(
        "CS_CHAT_RETURN", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE, added=True
    ),
    FrameSpec(
        "CS_CHAT_TRANSFER", ChatTransferInfo, "workplace", "SC_CHAT_STATUS", _INSIDE, added=True
    ),
    FrameSpec(
        "CS_CHAT_PARK",
        ChatCommandInfo,
        "workplace",
        "SC_CHAT_STATUS",
        (*_INSIDE, "IsParked"),
        added=True,
    ),
    FrameSpec(
        "CS_CHAT_INVITE",
        ChatTransferInfo,
        "workplace",
        "SC_CHAT_STATUS",
        (*_INSIDE, "Mode"),
        added=True,
    ),
    FrameSpec("CS_CHAT_LEAVE", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE, added=True),
    FrameSpec(
        "CS_CHAT_OPEN",
        ChatServiceInfo,
        "workplace",
        "SC_CHAT_STATUS",
        ("Peer", "RemoteAddress"),
        added=True,
    ),
    FrameSpec("CS_CHAT_CLOSE", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE, added=True),
    FrameSpec(
        "CS_CHAT_EXPLAIN",
        ChatCommandInfo,
        "workplace",
        "SC_CHAT_EXPLANATION",
        _INSIDE,
        added=True,
    ),
    FrameSpec(
        "SC_CHAT_EXPLANATION",
        DecisionInfo,
        "broker",
        required=(*_INSIDE, "Kind"),
        is_array=True,
        added=True,
    ),
    FrameSpec(
        "CS_CHAT_OVERVIEW",
        ChatCommandInfo,
        "workplace",
        "SC_CHAT_OVERVIEW",
        ("Peer",),
        added=True,
    ),
    FrameSpec(
        "SC_CHAT_OVERVIEW",
        ChatStatusInfo,
        "broker",
        required=(*_INSIDE, "Status"),
        is_array=True,
        added=True,
    ),
    FrameSpec(
        "CS_AGENT_LIST", ChatCommandInfo, "workplace", "SC_AGENT_LIST", ("Peer",), added=True
    ),
    FrameSpec(
        "SC_AGENT_LIST",
        AgentStateInfo,
        "broker",
        required=("AgentId", "State"),
        is_array=True,
        added=True,
    ),
    FrameSpec("CS_CHAT_WRAPUP", ChatWrapUpInfo, "workplace", "SC_AGENT_STATE", _INSIDE, added=True),
    FrameSpec(
        "CS_MESSAGE_SEND",
        MessageContentInfo,
        "workplace",
        "SC_MESSAGE_STATUS",
        ("GatewayId", "RemoteAddress"),
        added=True,
    ),
    FrameSpec(
        "SC_MESSAGE_STATUS",
        MessageStatusInfo,
        "broker",
        required=("MessageId", "Status"),
        added=True,
    ),
)

CATALOGUE: Final[Mapping[str, FrameSpec]] = MappingProxyType(
    {
        spec.type: spec
        for family in (
            _SESSION,
            _CONNECTOR_CHAT,
            _OUTBOUND,
            _CONNECTOR_REGISTER,
            _CONNECTOR_MESSAGE,
            _WORKPLACE_CHAT,
            _WORKPLACE_MORE,
        )
        for spec in family
    }
)
"""Every frame by its canonical type."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType({"CS_CHAT_RESNYC": "CS_CHAT_RESYNC"})
"""Types that are accepted for another; the decoded frame has the canonical one."""

NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SYS_HELLO": "first frame of a connection",
        "SYS_BYE": "the connection closes after it",
        "SYS_ACK": "only when the frame carried an Id",
        "ES_CHAT_START": "answer with Sentences",
        "ES_CHAT_STOP": "Closed, also for a chat that is unknown or closed already",
        "ES_CHAT_TYPING": "with IsTyping; SC_CHAT_TYPING to the agent",
        "ES_CHAT_SENTENCE": "the answer is the echo; SC_CHAT_SENTENCE to the agent",
        "ES_CHAT_CONFIRM": "SC_CHAT_CONFIRM to the agent",
        "ES_CHAT_STATUS": "answer with Sentences",
        "SE_CHAT_STATUS": "push and answer",
        "SE_CHAT_SENTENCE": "push and echo; ES_CHAT_CONFIRM follows when IsOutbound",
        "SE_CHAT_CONFIRM": "push",
        "SE_CHAT_TYPING": "push",
        "SE_CHAT_OUTBOUND": "push, and answer of ES_CHAT_OPEN; the start carries the same ReturnChatId",
        "ES_CHAT_OPEN": "an outbound chat; SE_CHAT_OUTBOUND to the gateway's other sessions too",
        "ES_SCENARIO_LOAD": "Id the form, Reference its culture",
        "ES_WS_ROUTING": "the gateway address",
        "ES_SL_GETGATEWAYS": "the gateway address",
        "ES_MESSAGE_RECEIVING": "exactly one answer",
        "SE_MESSAGE_RECEIVED": "Data is true or false",
        "SE_MESSAGE_SENDING": "push; answered within 90 s",
        "ES_MESSAGE_SENT": "Data null is success, text is the error",
        "SC_CHAT_ALERT": "push; CS_CHAT_ANSWER or CS_CHAT_HANGUP before MaxSignalDuration",
        "SC_CHAT_ALERT_END": "push: the alert is withdrawn",
        "CS_CHAT_ANSWER": "with Sentences and Info; too late: SC_CHAT_ALERT_END",
        "CS_CHAT_HANGUP": "with Sentences; Alerting: reject, Answered: end",
        "CS_CHAT_SENTENCE": "the answer is the echo; SE_CHAT_SENTENCE to the connector",
        "CS_CHAT_CONFIRM": "SE_CHAT_CONFIRM to the connector",
        "CS_CHAT_TYPING": "with IsTyping; SE_CHAT_TYPING to the connector",
        "CS_CHAT_RESYNC": "alias CS_CHAT_RESNYC",
        "CS_CHAT_STATUS": "with Sentences and Info",
        "SC_CHAT_STATUS": "push and answer",
        "SC_CHAT_SENTENCE": "push and echo; CS_CHAT_CONFIRM follows unless IsOutbound",
        "SC_CHAT_TYPING": "push",
        "SC_CHAT_CONFIRM": "push",
        "SC_AGENT_STATE": "answer, and push on every change",
        "CS_CHAT_RETURN": "Waiting: back to the queue, its age kept",
        "CS_CHAT_TRANSFER": "to an agent or a project; to neither: taken back",
        "CS_CHAT_CLOSE": "a supervisor ends any chat",
        "CS_CHAT_EXPLAIN": "for supervisors: why this agent, why so long; with AgentId: why not him",
        "CS_CHAT_OVERVIEW": "for supervisors: the open chats",
        "CS_AGENT_LIST": "who is logged in",
        "CS_CHAT_PARK": "hold or retrieve",
        "CS_CHAT_INVITE": "consult, conference, monitor",
        "CS_CHAT_LEAVE": "without Sentences",
        "CS_CHAT_OPEN": "an outbound chat on the gateway Peer",
        "CS_CHAT_WRAPUP": "ends the wrap-up",
        "SC_MESSAGE_STATUS": "answer, and push on every change",
    }
)
"""What the table of frames says besides."""
