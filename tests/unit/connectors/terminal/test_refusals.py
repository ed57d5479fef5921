"""What people are told in place of the words of the protocol."""

import pytest

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
from connectors.terminal.refusals import cause_text, refusal_text
from protocol.errors import ErrorCode


@pytest.mark.parametrize(
    ("code", "text", "told"),
    [
        ("WrongState", "ToAgentId: state Pause", "the colleague is paused"),
        ("WrongState", "ToAgentId: no free slot", "the colleague has no free slot"),
        ("WrongState", "ToAgentId: away", "the colleague is not connected"),
        ("WrongState", "ToAgentId: is in the chat", "the colleague is in this chat already"),
        ("WrongState", "ConversationId: it does not wait", "somebody has it already"),
        (
            "UnknownConversation",
            "ConversationId: no such",
            "the conversation is not there, or not yours",
        ),
        ("WrongState", "MessageId: it is Sent", "the message: it is Sent [WrongState]"),
        ("TooLong", "Size: longer than 9 bytes", "the attachment is longer than 9 bytes"),
        (
            "BadPayload",
            "UntilUtc: must be later, within a year",
            "the time must be later, within a year",
        ),
        ("WrongState", "ChatId: is parked", "the chat is on hold; /park takes it back"),
        ("WrongState", "AgentId: logged off", "the agent is logged off"),
        (
            "BadPayload",
            "Reason: not a configured reason",
            (
                "that is none of the configured reasons, as the configuration spells them; "
                "/pause goes without one"
            ),
        ),
        ("NotAllowed", "for supervisors only", "only supervisors may do that"),
        ("UnknownAgent", "ToAgentId: no such agent", "there is no such agent"),
        (
            "UnknownChat",
            "ChatId: no such chat at this workplace",
            "the chat is not there, or not yours",
        ),
        ("ChatClosed", "TrackingId: the chat is closed", "the chat is closed"),
        (
            "TooLong",
            "PartyName: longer than 160 characters",
            "the name is longer than 160 characters",
        ),
        ("TooLong", "Data: longer than 4096 bytes", "Data is longer than 4096 bytes"),
        (
            "Overloaded",
            "ChatId: too many are in the chat",
            "the chat: too many are in the chat [Overloaded]",
        ),
        ("Overloaded", "the transcript is full", "the transcript is full [Overloaded]"),
        ("BadPayload", "PartyName: must not be blank", "the name must not be blank"),
        ("New", "Member: something", "Member: something [New]"),
    ],
)
def test_a_refusal_is_told_in_words(code: str, text: str, told: str) -> None:
    assert refusal_text(Refused(code, text)) == told


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            Ended(EndReason.REJECTED, "AuthFailed", "not good"),
            "a wrong token, or no such gateway, workplace or login",
        ),
        (
            Ended(EndReason.REJECTED, "BadHello", "Login: longer than 160 characters"),
            "the login: longer than 160 characters [BadHello]",
        ),
        (Ended(EndReason.LOGGED_OFF, "LoggedOff"), "you were logged off"),
        (Ended(EndReason.CLOSED), "the session is over"),
        (NotConnected("CS_AGENT_LIST needs a session"), "the broker is away just now"),
        (AlertGone(), "the offer is over already"),
        (ConnectorError("something else"), "something else"),
    ],
)
def test_what_else_can_go_wrong_is_told_in_words(error: ConnectorError, told: str) -> None:
    assert refusal_text(error) == told


@pytest.mark.parametrize("kind", [ConnectionLost, TimedOut, QueueFull])
def test_no_kind_of_error_is_told_by_its_name(kind: type[ConnectorError]) -> None:
    assert refusal_text(kind("CS_CHAT_PARK")) != "CS_CHAT_PARK"


def test_no_code_is_told_alone() -> None:
    """Whatever a code comes with, there is something to read beside it."""
    for code in ErrorCode:
        assert refusal_text(Refused(code, "")).strip(" []")


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("Connection refused", "connection refused"),
        ("[Errno -2] Name or service not known", "name or service not known"),
        (
            "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)",
            "what answers there speaks no TLS",
        ),
        ("[SSL: SOMETHING] some thing (_ssl.c:1006)", "some thing"),
        ("", ""),
    ],
)
def test_why_there_is_no_connection(why: str, told: str) -> None:
    assert cause_text(why) == told
