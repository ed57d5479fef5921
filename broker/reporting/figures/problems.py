"""What is answered to a request that is not done: problem details (RFC 9457) with the protocol's codes."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from broker.reporting.figures.models import ProblemModel
from protocol.errors import ErrorCode

STATUS_OF: Final[Mapping[ErrorCode, HTTPStatus]] = {
    ErrorCode.AUTH_FAILED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    ErrorCode.UNKNOWN_TYPE: HTTPStatus.NOT_FOUND,
    ErrorCode.UNKNOWN_CHAT: HTTPStatus.NOT_FOUND,
    ErrorCode.BAD_PAYLOAD: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
    ErrorCode.OVERLOADED: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of HTTP for each code that there is here."""
RETRY_AFTER: Final = {ErrorCode.RATE_LIMITED: "1", ErrorCode.OVERLOADED: "2"}
"""Seconds after which it may be tried again."""


class Problem(Exception):
    """A request that is not done.

    Attributes:
        code: The code of the protocol.
        text: What is wrong, for a person.
        member: Which parameter it is about.
        status: The status of HTTP.
    """

    def __init__(
        self,
        code: ErrorCode,
        text: str,
        *,
        member: str | None = None,
        status: HTTPStatus | None = None,
    ) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.member = member
        self.status = status or STATUS_OF[code]

    @property
    def headers(self) -> dict[str, str]:
        """Headers that go with it."""
        found = {"WWW-Authenticate": "Bearer"} if self.code == ErrorCode.AUTH_FAILED else {}
        after = RETRY_AFTER.get(self.code)
        return found if after is None else {**found, "Retry-After": after}

    def model(self) -> ProblemModel:
        """The body of the answer."""
        return ProblemModel(
            type="about:blank",
            title=self.status.phrase,
            status=self.status.value,
            detail=self.text if self.member is None else f"{self.member}: {self.text}",
            code=self.code.value,
            member=self.member,
        )


def bad(member: str, text: str) -> Problem:
    """A parameter is wrong."""
    return Problem(ErrorCode.BAD_PAYLOAD, text, member=member)
