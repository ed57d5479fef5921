"""What is answered to a request that is not done: problem details (RFC 9457) with the protocol's codes."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from connectors.client import (
    ConnectionLost,
    ConnectorError,
    Ended,
    NotConnected,
    QueueFull,
    Refused,
    TimedOut,
)
from protocol.errors import ErrorCode

RETRY_AFTER: Final = 2
"""Seconds after which a browser may come again when the broker is away."""
AWAY_TEXT: Final = "the broker is away"

NAMELESS: Final = frozenset({"Peer", "Port", "TrackingId"})
"""Members by which the broker knows a visitor, who does not."""

STATUS_OF: Final[Mapping[str, HTTPStatus]] = {
    ErrorCode.BAD_FRAME: HTTPStatus.BAD_REQUEST,
    ErrorCode.FRAME_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.AUTH_FAILED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.UNKNOWN_TYPE: HTTPStatus.NOT_FOUND,
    ErrorCode.BAD_PAYLOAD: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    ErrorCode.UNKNOWN_GATEWAY: HTTPStatus.NOT_FOUND,
    ErrorCode.UNKNOWN_CHAT: HTTPStatus.NOT_FOUND,
    ErrorCode.CHAT_CLOSED: HTTPStatus.CONFLICT,
    ErrorCode.UNKNOWN_AGENT: HTTPStatus.NOT_FOUND,
    ErrorCode.UNKNOWN_SCENARIO: HTTPStatus.NOT_FOUND,
    ErrorCode.UNKNOWN_MESSAGE: HTTPStatus.NOT_FOUND,
    ErrorCode.WRONG_STATE: HTTPStatus.CONFLICT,
    ErrorCode.TOO_LONG: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.KEY_REUSED: HTTPStatus.CONFLICT,
    ErrorCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.OVERLOADED: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of HTTP for each code of a refusal."""


class Problem(Exception):
    """A request that is not done.

    Attributes:
        code: The code of the protocol.
        text: What is wrong, for a person; begins with the member where there is one.
        status: The status of HTTP.
        retry_after: After how many seconds it may be tried again.
        headers: Further headers of the answer.
    """

    def __init__(
        self,
        code: str,
        text: str,
        *,
        status: HTTPStatus | None = None,
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = str(code)
        self.text = text
        self.status = status or STATUS_OF.get(code, HTTPStatus.INTERNAL_SERVER_ERROR)
        self.retry_after = retry_after
        self.headers = headers or {}

    @property
    def member(self) -> str | None:
        """The member that the text begins with."""
        path, colon, _ = self.text.partition(": ")
        return path if colon and path and " " not in path else None

    def renamed(self, names: Mapping[str, str]) -> "Problem":
        """The same with the names that members have where it is told; who asks has no name there."""
        if self.member is None:
            return self
        path, text = self.member, self.text.removeprefix(self.member)
        for name, here in names.items():
            path = path.replace(name, here)
        return Problem(
            self.code,
            text.removeprefix(": ") if path in NAMELESS else f"{path}{text}",
            status=self.status,
            retry_after=self.retry_after,
            headers=self.headers,
        )

    def details(self) -> dict[str, Any]:
        """The body of the answer."""
        found = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": self.status.value,
            "detail": self.text,
            "code": self.code,
        }
        return found if self.member is None else {**found, "member": self.member}


class Away(Problem):
    """There is no session with the broker just now."""

    def __init__(self, text: str = AWAY_TEXT) -> None:
        super().__init__(
            ErrorCode.OVERLOADED,
            text,
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            retry_after=RETRY_AFTER,
        )


def problem_of(error: ConnectorError) -> Problem:
    """What a failure of the client library is to a browser."""
    match error:
        case Refused(code=ErrorCode.RATE_LIMITED | ErrorCode.OVERLOADED as code):
            return Problem(code, error.text, retry_after=RETRY_AFTER)
        case Refused():
            return Problem(error.code, error.text or error.code)
        case QueueFull():
            return Problem(
                ErrorCode.RATE_LIMITED, "too much waits already", retry_after=RETRY_AFTER
            )
        case NotConnected() | ConnectionLost() | TimedOut() | Ended():
            return Away()
        case _:
            return Away(str(error))


def not_found() -> Problem:
    """What is answered where there is nothing."""
    return Problem(ErrorCode.UNKNOWN_TYPE, "nothing is here")


def not_allowed(method: str, error: Exception) -> Problem:
    """What is answered to a method that is not served; the error says which ones are."""
    return Problem(
        ErrorCode.NOT_ALLOWED,
        f"{method} is not served here",
        status=HTTPStatus.METHOD_NOT_ALLOWED,
        headers=getattr(error, "headers", None),
    )
