"""What is said to people when something cannot be had: refusals, ends, connections that do not come about.

Theory of operation: a refusal is a code and a text that begins with the member which is at fault,
as in `WrongState: ToAgentId: no free slot`. Both are words of the protocol. Tables say what they
mean, first those of the whole refusal, then those of its code and member, then those of its code. What
none of them knows is said as the broker said it, with the code in brackets.
"""

import re
from typing import Final

from connectors.client.errors import (
    AlertGone,
    ConnectionLost,
    ConnectorError,
    Ended,
    EndReason,
    NotConnected,
    QueueFull,
    Refused,
    TimedOut,
)
from connectors.terminal.words import lack_text
from protocol.errors import ErrorCode

_OTHERS: Final[dict[type[ConnectorError], str]] = {
    NotConnected: "the broker is away just now",
    ConnectionLost: "the connection was lost, so nobody knows whether it was done",
    TimedOut: "there was no answer, so nobody knows whether it was done",
    AlertGone: "the offer is over already",
    QueueFull: "too much waits already to be sent",
}
_ENDS: Final = {
    EndReason.LOGGED_OFF: "you were logged off",
    EndReason.EVENTS_NOT_READ: "this program did not keep up with what happened",
}
_MEMBERS: Final = {
    "AgentId": "the agent",
    "Attachments": "the attachment",
    "BlobId": "the attachment",
    "BodyHtml, BodyText": "the text",
    "ChatId": "the chat",
    "Code": "the code",
    "ConversationId": "the conversation",
    "GatewayId": "the gateway",
    "Login": "the login",
    "MessageId": "the message",
    "Note": "the note",
    "PartyName": "the name",
    "Peer": "the gateway",
    "Peers": "the gateway or the workplace",
    "PreferredCulture": "the language",
    "Reason": "the reason",
    "RemoteAddress": "the address",
    "Size": "the attachment",
    "SubjectField": "the subject",
    "Text": "the text",
    "ToAgentId": "the colleague",
    "ToProjectId": "the project",
    "Token": "the token",
    "ToCcField": "who gets copies",
    "TrackingId": "the name of the conversation",
    "UntilUtc": "the time",
    "Variables": "what comes with the chat",
}
"""What a member is called."""
_WHOLE: Final[dict[tuple[str, str], str]] = {
    (ErrorCode.BAD_PAYLOAD, "Code: not a configured code"): (
        "that is none of the configured codes; it can be ended without one too"
    ),
    (ErrorCode.BAD_PAYLOAD, "Reason: goes with Pause only"): "a reason goes with /pause only",
    (ErrorCode.BAD_PAYLOAD, "Reason: not a configured reason"): (
        "that is none of the configured reasons, as the configuration spells them; /pause goes without one"
    ),
    (ErrorCode.BAD_PAYLOAD, "ToProjectId: no such project"): "there is no such project",
    (ErrorCode.NOT_ALLOWED, "for supervisors only"): "only supervisors may do that",
    (ErrorCode.NOT_ALLOWED, "ToAgentId: only a supervisor lets themselves in"): (
        "only supervisors may do that"
    ),
    (ErrorCode.WRONG_STATE, "ChatId: in it without the visitor's knowledge"): (
        "the visitor does not know that you are there; /note says it to your colleagues"
    ),
    (ErrorCode.WRONG_STATE, "ChatId: is parked"): "the chat is on hold; /park takes it back",
    (ErrorCode.WRONG_STATE, "ChatId: neither offered to nor answered by them"): (
        "the chat is not yours"
    ),
    (ErrorCode.WRONG_STATE, "ChatId: no free slot"): "you have no free slot",
    (ErrorCode.WRONG_STATE, "ChatId: no wrap-up runs for it"): "no wrap-up runs for this chat",
    (ErrorCode.WRONG_STATE, "ChatId: nobody is being asked"): "nobody is being asked",
    (ErrorCode.WRONG_STATE, "ChatId: nobody would be left to own it"): (
        "nobody would be left with the visitor"
    ),
    (ErrorCode.WRONG_STATE, "ChatId: not answered by somebody else"): (
        "nobody else talks with the visitor"
    ),
    (ErrorCode.WRONG_STATE, "ChatId: not answered by this agent"): "the chat is not yours",
    (ErrorCode.WRONG_STATE, "ChatId: not in the chat"): "you are not in the chat",
    (ErrorCode.WRONG_STATE, "ChatId: of no project, so nobody would get it"): (
        "the chat is of no project, so nobody would get it"
    ),
    (ErrorCode.WRONG_STATE, "ChatId: somebody is being asked already"): (
        "somebody is being asked already; /transfer back takes that back"
    ),
    (ErrorCode.WRONG_STATE, "AgentId: no free slot"): "you have no free slot",
    (ErrorCode.OVERLOADED, "ConversationId: too many are put aside"): (
        "you have put aside as many as you may; /pick fetches one"
    ),
    (ErrorCode.WRONG_STATE, "ConversationId: it asks for somebody else"): (
        "it asks for a skill or a language that you do not have"
    ),
    (ErrorCode.WRONG_STATE, "ConversationId: it does not wait"): "somebody has it already",
    (ErrorCode.WRONG_STATE, "ConversationId: nobody is being asked"): "nobody is being asked",
    (ErrorCode.WRONG_STATE, "ConversationId: not answered by this agent"): (
        "the conversation is not yours; /pick takes it"
    ),
    (ErrorCode.WRONG_STATE, "ConversationId: of no project, so nobody would get it"): (
        "the conversation is of no project, so nobody would get it"
    ),
    (ErrorCode.WRONG_STATE, "ConversationId: somebody is being asked already"): (
        "somebody is being asked already; /transfer back takes that back"
    ),
    (ErrorCode.WRONG_STATE, "logged off"): "you are logged off",
    (ErrorCode.WRONG_STATE, "logged off, or about to be"): "you are logged off, or about to be",
    (ErrorCode.WRONG_STATE, "no free slot"): "you have no free slot",
}
"""What a whole refusal means."""
_OF_MEMBER: Final[dict[tuple[str, str], str]] = {
    (ErrorCode.CHAT_CLOSED, "ChatId"): "the chat is closed",
    (ErrorCode.CHAT_CLOSED, "ConversationId"): "the conversation is closed",
    (ErrorCode.CHAT_CLOSED, "TrackingId"): "the chat is closed",
    (ErrorCode.NOT_ALLOWED, "Peer"): "that is another's gateway or workplace",
    (ErrorCode.UNKNOWN_AGENT, "AgentId"): "there is no such agent",
    (ErrorCode.UNKNOWN_AGENT, "ToAgentId"): "there is no such agent",
    (ErrorCode.UNKNOWN_CHAT, "ChatId"): "the chat is not there, or not yours",
    (ErrorCode.UNKNOWN_CHAT, "TrackingId"): "the chat is not there",
    (
        ErrorCode.UNKNOWN_CONVERSATION,
        "ConversationId",
    ): "the conversation is not there, or not yours",
    (ErrorCode.UNKNOWN_MESSAGE, "MessageId"): "the message is not yours",
    (ErrorCode.UNKNOWN_GATEWAY, "Peer"): "there is no such gateway, or it takes no chats any more",
    (ErrorCode.WRONG_STATE, "AgentId"): "the agent is {detail}",
}
"""What a code means with a member, whatever is said about it."""
_OF_CODE: Final[dict[str, str]] = {
    ErrorCode.AUTH_FAILED: "a wrong token, or no such gateway, workplace or login",
    ErrorCode.RATE_LIMITED: "too much at once; try again in a moment",
    ErrorCode.UNKNOWN_GATEWAY: "there is no such gateway",
    ErrorCode.VERSION_NOT_SERVED: "the broker speaks another version of the protocol",
}
_SAYS_MEMBER: Final = re.compile(r"(?:\w+\.)*([A-Z]\w*)(?:\[\d+\])?: (.*)")


def refusal_text(error: ConnectorError) -> str:
    """Why something was not done."""
    match error:
        case Refused(code=code, text=text):
            return _refused(code, text)
        case Ended(reason=EndReason.REJECTED, code=code, text=text):
            return _refused(code or "", text)
        case Ended(reason=reason):
            return _ENDS.get(reason, "the session is over")
        case _:
            return _OTHERS.get(type(error)) or str(error)


def _refused(code: str, text: str) -> str:
    whole = _WHOLE.get((code, text))
    if whole is not None:
        return whole
    said = _SAYS_MEMBER.fullmatch(text)
    member, detail = said.groups() if said is not None else ("", text)
    if code == ErrorCode.WRONG_STATE and member == "ToAgentId":
        return f"the colleague {lack_text(detail)}"
    known = _OF_MEMBER.get((code, member)) or _OF_CODE.get(code)
    if known is not None:
        return known.format(detail=detail)
    if code == ErrorCode.TOO_LONG and member:
        return f"{_MEMBERS.get(member, member)} is {detail}"
    if member in _MEMBERS and detail.startswith("must "):
        return f"{_MEMBERS[member]} {detail}"
    return f"{_MEMBERS[member]}: {detail} [{code}]" if member in _MEMBERS else f"{text} [{code}]"


_CAUSES: Final = {
    "WRONG_VERSION_NUMBER": "what answers there speaks no TLS",
    "RECORD_LAYER_FAILURE": "what answers there speaks no TLS",
    "UNEXPECTED_EOF_WHILE_READING": "what answers there speaks no TLS, or closed",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not trusted (--ca FILE names whom to trust)",
}
"""What the library of TLS calls it, and what that means."""


def cause_text(why: str) -> str:
    """What kept a connection from coming about, or ended it."""
    for sign, words in _CAUSES.items():
        if sign in why:
            return words
    text = re.sub(r"\[[^]]*\] ?| ?\(_ssl\.c:\d+\)", "", why)
    return text[:1].lower() + text[1:]
