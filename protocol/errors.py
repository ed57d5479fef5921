"""Faults of the protocol: whose they are, and the codes that name them (W-13, W-14)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from protocol.values import FrameId


class ErrorCode(StrEnum):
    """Codes of ``SYS_ERROR``; those of :data:`FATAL_CODES` end the connection."""

    BAD_FRAME = "BadFrame"
    FRAME_TOO_LARGE = "FrameTooLarge"
    BAD_HELLO = "BadHello"
    VERSION_NOT_SERVED = "VersionNotServed"
    AUTH_FAILED = "AuthFailed"
    HELLO_TIMEOUT = "HelloTimeout"
    UNKNOWN_TYPE = "UnknownType"
    BAD_PAYLOAD = "BadPayload"
    NOT_ALLOWED = "NotAllowed"
    UNKNOWN_GATEWAY = "UnknownGateway"
    UNKNOWN_CHAT = "UnknownChat"
    CHAT_CLOSED = "ChatClosed"
    UNKNOWN_AGENT = "UnknownAgent"
    UNKNOWN_SCENARIO = "UnknownScenario"
    UNKNOWN_MESSAGE = "UnknownMessage"
    UNKNOWN_CONVERSATION = "UnknownConversation"
    WRONG_STATE = "WrongState"
    TOO_LONG = "TooLong"
    KEY_REUSED = "KeyReused"
    RATE_LIMITED = "RateLimited"
    OVERLOADED = "Overloaded"


FATAL_CODES: Final = frozenset(
    {
        ErrorCode.BAD_FRAME,
        ErrorCode.FRAME_TOO_LARGE,
        ErrorCode.BAD_HELLO,
        ErrorCode.VERSION_NOT_SERVED,
        ErrorCode.AUTH_FAILED,
        ErrorCode.HELLO_TIMEOUT,
    }
)


class ByeCode(StrEnum):
    """Codes of ``SYS_BYE``: why a side ends the connection."""

    SHUTDOWN = "Shutdown"
    REPLACED = "Replaced"
    TIMEOUT = "Timeout"
    SLOW_CONSUMER = "SlowConsumer"
    STORE_UNAVAILABLE = "StoreUnavailable"
    PROTOCOL_ERROR = "ProtocolError"
    RATE_LIMITED = "RateLimited"
    LOGGED_OFF = "LoggedOff"


class WireError(Exception):
    """The remote side's fault: what it sent cannot be served.

    Attributes:
        code: What is wrong.
        text: The same for a person; names the member path where there is one.
        type: Type of the offending frame, as far as it is known.
        re: ``Id`` header of the offending frame, to be echoed as ``Re``.
        path: Member path inside the payload, for instance ``Sentences[3].Counter``.
    """

    def __init__(
        self,
        code: ErrorCode,
        text: str,
        *,
        type: str | None = None,
        re: FrameId = None,
        path: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.type = type
        self.re = re
        self.path = path

    @property
    def fatal(self) -> bool:
        """Whether the connection ends after it."""
        return self.code in FATAL_CODES

    def bare(self) -> WireError:
        """Forget where it was raised.

        Whoever keeps an error beyond its ``except`` calls this: the trace of calls holds the whole
        frame and its bytes, and closes a cycle when one of these calls holds the error.
        """
        self.__traceback__ = self.__cause__ = self.__context__ = None
        return self


class LocalProtocolError(Exception):
    """Our own fault: this side asked for something that the protocol does not allow now."""
