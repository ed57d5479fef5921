"""The table of all frames: what each carries, who sends it and what answers it.

Whoever needs to know frames derives it from here: dispatch, authorisation, schemas, docs, tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
from protocol.frame_spec import FrameSpec
from protocol.message import CommandInfo
from protocol.message_frames import BLOBS, CONNECTOR_MESSAGE, MESSAGE_NOTES, WORKPLACE_MESSAGE
from protocol.register import LiteralLookupInfo, WebSiteRoutingInfo
from protocol.scenario import ScenarioInfo, ScenarioResultInfo
from protocol.session import (
    Ack,
    Bye,
    Hello,
    LoginRequest,
    LoginResult,
    Ping,
    SysError,
    Welcome,
)

_OUTSIDE: Final = ("Peer", "TrackingId")
_INSIDE: Final = ("Peer", "ChatId")
_OUTSIDE_KEY: Final = (*_OUTSIDE, "ID")
_INSIDE_KEY: Final = (*_INSIDE, "ID")
_TYPING: Final = (("is_typing", True),)

_SESSION: Final = (
    FrameSpec(
        "SYS_HELLO", "W-10", Hello, "any", "SYS_WELCOME", ("Version", "Role", "Peers", "Token")
    ),
    FrameSpec(
        "SYS_WELCOME",
        "W-10",
        Welcome,
        "broker",
        required=("Version", "Node", "SessionId", "HeartbeatSeconds", "FrameBytes", "TimeUtc"),
    ),
    FrameSpec(
        "SYS_LOGIN",
        "W-18",
        LoginRequest,
        "any",
        "SYS_LOGIN_RESULT",
        ("Version", "Token"),
        added=True,
    ),
    FrameSpec("SYS_LOGIN_RESULT", "W-18", LoginResult, "broker", required=("Outcome",), added=True),
    FrameSpec("SYS_PING", "W-12", Ping, "any", "SYS_PONG"),
    FrameSpec("SYS_PONG", "W-12", Ping, "any"),
    FrameSpec("SYS_BYE", "W-13", Bye, "any", required=("Code",)),
    FrameSpec("SYS_ERROR", "W-14", SysError, "broker", required=("Code",)),
    FrameSpec("SYS_ACK", "W-16", Ack, "broker", required=("Type",)),
)
_CONNECTOR_CHAT: Final = (
    FrameSpec("ES_CHAT_REQUEST", "B-1", ChatServiceInfo, "connector", "SE_CHAT_RESPONSE", _OUTSIDE),
    FrameSpec("SE_CHAT_RESPONSE", "B-1", ChatServiceInfo, "broker", required=(*_OUTSIDE, "Signal")),
    FrameSpec("ES_CHAT_START", "B-2", ChatServiceInfo, "connector", "SE_CHAT_STATUS", _OUTSIDE),
    FrameSpec("ES_CHAT_STOP", "B-8", ChatCommandInfo, "connector", "SE_CHAT_STATUS", _OUTSIDE),
    FrameSpec(
        "ES_CHAT_TYPING",
        "W-23",
        ChatCommandInfo,
        "connector",
        required=_OUTSIDE,
        volatile=True,
        null_reads=_TYPING,
    ),
    FrameSpec(
        "ES_CHAT_SENTENCE",
        "W-22",
        ChatSentenceInfo,
        "connector",
        "SE_CHAT_SENTENCE",
        (*_OUTSIDE_KEY, "Text"),
    ),
    FrameSpec("ES_CHAT_CONFIRM", "B-10", ChatCommandInfo, "connector", "SYS_ACK", _OUTSIDE_KEY),
    FrameSpec("ES_CHAT_RESYNC", "W-25", ChatCommandInfo, "connector", "SE_CHAT_LIST", ("Peer",)),
    FrameSpec("ES_CHAT_STATUS", "W-25", ChatCommandInfo, "connector", "SE_CHAT_STATUS", _OUTSIDE),
    FrameSpec("SE_CHAT_STATUS", "W-25", ChatStatusInfo, "broker", required=(*_OUTSIDE, "Status")),
    FrameSpec(
        "SE_CHAT_SENTENCE", "W-22", ChatSentenceInfo, "broker", required=(*_OUTSIDE_KEY, "Text")
    ),
    FrameSpec("SE_CHAT_CONFIRM", "B-10", ChatCommandInfo, "broker", required=_OUTSIDE_KEY),
    FrameSpec(
        "SE_CHAT_TYPING",
        "W-23",
        ChatCommandInfo,
        "broker",
        required=_OUTSIDE,
        volatile=True,
        null_reads=_TYPING,
    ),
    FrameSpec(
        "SE_CHAT_LIST",
        "W-25",
        ChatStatusInfo,
        "broker",
        required=(*_OUTSIDE, "Status"),
        is_array=True,
    ),
    FrameSpec(
        "SE_CHAT_OUTBOUND",
        "B-2",
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
        "B-2",
        ChatServiceInfo,
        "connector",
        "SE_CHAT_OUTBOUND",
        ("Peer", "RemoteAddress"),
        added=True,
    ),
)
_CONNECTOR_REGISTER: Final = (
    FrameSpec("ES_SCENARIO_LOAD", "W-17", CommandInfo, "connector", "SE_SCENARIO_MODEL", ("Id",)),
    FrameSpec("SE_SCENARIO_MODEL", "W-17", ScenarioInfo, "broker", required=("ScenarioId",)),
    FrameSpec(
        "ES_SCENARIO_SAVE", "W-47", ScenarioResultInfo, "connector", "SYS_ACK", ("ScenarioId",)
    ),
    FrameSpec("ES_WS_ROUTING", "W-17", str, "connector", "SE_WS_ROUTING"),
    FrameSpec("SE_WS_ROUTING", "W-17", WebSiteRoutingInfo, "broker", is_array=True),
    FrameSpec(
        "ES_WS_LITERALS_GET",
        "W-17",
        LiteralLookupInfo,
        "connector",
        "SE_WS_LITERALS_INFO",
        ("LiteralGroup",),
    ),
    FrameSpec("SE_WS_LITERALS_INFO", "W-17", LiteralLookupInfo, "broker", is_array=True),
)
_WORKPLACE_CHAT: Final = (
    FrameSpec(
        "SC_CHAT_ALERT", "B-24", ChatStatusInfo, "broker", required=(*_INSIDE, "Status", "Info")
    ),
    FrameSpec("SC_CHAT_ALERT_END", "B-25", ChatCommandInfo, "broker", required=_INSIDE),
    FrameSpec("CS_CHAT_ANSWER", "B-5", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE),
    FrameSpec("CS_CHAT_HANGUP", "B-8", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE),
    FrameSpec(
        "CS_CHAT_SENTENCE",
        "W-22",
        ChatSentenceInfo,
        "workplace",
        "SC_CHAT_SENTENCE",
        (*_INSIDE_KEY, "Text"),
    ),
    FrameSpec("CS_CHAT_CONFIRM", "B-10", ChatCommandInfo, "workplace", "SYS_ACK", _INSIDE_KEY),
    FrameSpec(
        "CS_CHAT_TYPING",
        "W-23",
        ChatCommandInfo,
        "workplace",
        required=_INSIDE,
        volatile=True,
        null_reads=_TYPING,
    ),
    FrameSpec("CS_CHAT_RESYNC", "W-25", ChatCommandInfo, "workplace", "SC_CHAT_LIST", ("Peer",)),
    FrameSpec("CS_CHAT_STATUS", "W-25", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE),
    FrameSpec("SC_CHAT_STATUS", "W-25", ChatStatusInfo, "broker", required=(*_INSIDE, "Status")),
    FrameSpec(
        "SC_CHAT_SENTENCE", "W-22", ChatSentenceInfo, "broker", required=(*_INSIDE_KEY, "Text")
    ),
    FrameSpec(
        "SC_CHAT_TYPING",
        "W-23",
        ChatCommandInfo,
        "broker",
        required=_INSIDE,
        volatile=True,
        null_reads=_TYPING,
    ),
    FrameSpec(
        "SC_CHAT_CONFIRM", "B-10", ChatCommandInfo, "broker", required=_INSIDE_KEY, added=True
    ),
    FrameSpec(
        "SC_CHAT_LIST",
        "W-25",
        ChatStatusInfo,
        "broker",
        required=(*_INSIDE, "Status"),
        is_array=True,
    ),
)
_WORKPLACE_MORE: Final = (
    FrameSpec(
        "CS_AGENT_STATE",
        "B-28",
        AgentStateInfo,
        "workplace",
        "SC_AGENT_STATE",
        ("Peer", "State"),
        added=True,
    ),
    FrameSpec(
        "SC_AGENT_STATE", "B-28", AgentStateInfo, "broker", required=("Peer", "State"), added=True
    ),
    FrameSpec(
        "CS_CHAT_RETURN",
        "B-29",
        ChatCommandInfo,
        "workplace",
        "SC_CHAT_STATUS",
        _INSIDE,
        added=True,
    ),
    FrameSpec(
        "CS_CHAT_TRANSFER",
        "B-29",
        ChatTransferInfo,
        "workplace",
        "SC_CHAT_STATUS",
        _INSIDE,
        added=True,
    ),
    FrameSpec(
        "CS_CHAT_PARK",
        "B-29",
        ChatCommandInfo,
        "workplace",
        "SC_CHAT_STATUS",
        (*_INSIDE, "IsParked"),
        added=True,
    ),
    FrameSpec(
        "CS_CHAT_INVITE",
        "B-29",
        ChatTransferInfo,
        "workplace",
        "SC_CHAT_STATUS",
        (*_INSIDE, "Mode"),
        added=True,
    ),
    FrameSpec(
        "CS_CHAT_LEAVE", "B-29", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE, added=True
    ),
    FrameSpec(
        "CS_CHAT_OPEN",
        "B-2",
        ChatServiceInfo,
        "workplace",
        "SC_CHAT_STATUS",
        ("Peer", "RemoteAddress"),
        added=True,
    ),
    FrameSpec(
        "CS_CHAT_CLOSE", "B-8", ChatCommandInfo, "workplace", "SC_CHAT_STATUS", _INSIDE, added=True
    ),
    FrameSpec(
        "CS_CHAT_EXPLAIN",
        "B-30",
        ChatCommandInfo,
        "workplace",
        "SC_CHAT_EXPLANATION",
        _INSIDE,
        added=True,
    ),
    FrameSpec(
        "SC_CHAT_EXPLANATION",
        "B-30",
        DecisionInfo,
        "broker",
        required=(*_INSIDE, "Kind"),
        is_array=True,
        added=True,
    ),
    FrameSpec(
        "CS_CHAT_OVERVIEW",
        "B-29",
        ChatCommandInfo,
        "workplace",
        "SC_CHAT_OVERVIEW",
        ("Peer",),
        added=True,
    ),
    FrameSpec(
        "SC_CHAT_OVERVIEW",
        "B-29",
        ChatStatusInfo,
        "broker",
        required=(*_INSIDE, "Status"),
        is_array=True,
        added=True,
    ),
    FrameSpec(
        "CS_AGENT_LIST",
        "B-29",
        ChatCommandInfo,
        "workplace",
        "SC_AGENT_LIST",
        ("Peer",),
        added=True,
    ),
    FrameSpec(
        "SC_AGENT_LIST",
        "B-29",
        AgentStateInfo,
        "broker",
        required=("AgentId", "State"),
        is_array=True,
        added=True,
    ),
    FrameSpec(
        "CS_CHAT_WRAPUP", "B-28", ChatWrapUpInfo, "workplace", "SC_AGENT_STATE", _INSIDE, added=True
    ),
    FrameSpec(
        "CS_SCENARIO_LOAD",
        "W-47",
        CommandInfo,
        "workplace",
        "SC_SCENARIO_MODEL",
        ("Id",),
        added=True,
    ),
    FrameSpec(
        "SC_SCENARIO_MODEL", "W-47", ScenarioInfo, "broker", required=("ScenarioId",), added=True
    ),
    FrameSpec(
        "CS_SCENARIO_RESULT",
        "W-47",
        ScenarioResultInfo,
        "workplace",
        "SC_SCENARIO_RESULT",
        (*_INSIDE, "ScenarioResultId"),
        added=True,
    ),
    FrameSpec(
        "SC_SCENARIO_RESULT",
        "W-47",
        ScenarioResultInfo,
        "broker",
        required=(*_INSIDE, "ScenarioId", "ScenarioResultId"),
        added=True,
    ),
    FrameSpec(
        "CS_SCENARIO_SAVE",
        "W-47",
        ScenarioResultInfo,
        "workplace",
        "SYS_ACK",
        (*_INSIDE, "ScenarioId"),
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
            CONNECTOR_MESSAGE,
            _WORKPLACE_CHAT,
            _WORKPLACE_MORE,
            WORKPLACE_MESSAGE,
            BLOBS,
        )
        for spec in family
    }
)
"""Every frame by its canonical type."""

ALIASES: Final[Mapping[str, str]] = MappingProxyType({"CS_CHAT_RESNYC": "CS_CHAT_RESYNC"})
"""Types that are accepted for another; the decoded frame has the canonical one."""

NOTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **MESSAGE_NOTES,
        "SYS_HELLO": "first frame of a connection",
        "SYS_LOGIN": "of a desk, in place of the hello",
        "SYS_LOGIN_RESULT": "the connection closes after it",
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
        "ES_SCENARIO_SAVE": "of a chat, or of its own; SC_SCENARIO_RESULT to the agents in the chat",
        "ES_WS_ROUTING": "the gateway address",
        "SE_WS_ROUTING": "answer, and push when a reload changes it",
        "SE_WS_LITERALS_INFO": "answer, and push when a reload changes it",
        "SC_CHAT_ALERT": "push; CS_CHAT_ANSWER or CS_CHAT_HANGUP before MaxSignalDuration",
        "SC_CHAT_ALERT_END": "push: the alert is withdrawn",
        "CS_CHAT_ANSWER": "with Sentences and Info; too late: SC_CHAT_ALERT_END",
        "CS_CHAT_HANGUP": "Alerting: reject, without Sentences; Answered: end, with Sentences",
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
        "CS_CHAT_EXPLAIN": "for supervisors: why this agent, why so long; with AgentId: why not them",
        "CS_CHAT_OVERVIEW": "for supervisors: the open chats",
        "CS_AGENT_LIST": "who is logged in",
        "CS_CHAT_PARK": "hold or retrieve",
        "CS_CHAT_INVITE": "consult, conference, monitor",
        "CS_CHAT_LEAVE": "without Sentences",
        "CS_CHAT_OPEN": "an outbound chat on the gateway Peer",
        "CS_CHAT_WRAPUP": "ends the wrap-up",
        "CS_SCENARIO_LOAD": "Id the form, Reference its culture",
        "CS_SCENARIO_RESULT": "what was filled into a form of the chat",
        "SC_SCENARIO_RESULT": "answer, and push to the agents in the chat when somebody else saves one",
        "CS_SCENARIO_SAVE": "a form of the chat; SC_SCENARIO_RESULT to the other agents in it",
    }
)
"""What the table of frames says besides."""
