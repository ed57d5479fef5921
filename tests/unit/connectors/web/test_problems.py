"""Problem details."""

import pytest

from connectors.client import (
    ConnectionLost,
    ConnectorError,
    Ended,
    NotConnected,
    QueueFull,
    Refused,
    TimedOut,
)
from connectors.client.errors import EndReason
from connectors.web.problems import STATUS_OF, Away, Problem, problem_of
from protocol.errors import ErrorCode


def test_details_name_code_and_member() -> None:
    details = Problem(ErrorCode.BAD_PAYLOAD, "Values[0].ResultText: a str expected").details()
    assert details == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "Values[0].ResultText: a str expected",
        "code": "BadPayload",
        "member": "Values[0].ResultText",
    }
    assert "member" not in Problem(ErrorCode.UNKNOWN_CHAT, "there is no chat").details()
    assert "member" not in Problem(ErrorCode.BAD_FRAME, "the body is no JSON: x").details()


@pytest.mark.parametrize(
    ("error", "code", "status", "retries"),
    [
        (Refused("UnknownChat", "no"), "UnknownChat", 404, False),
        (Refused("RateLimited", "no"), "RateLimited", 429, True),
        (Refused("Overloaded", "no"), "Overloaded", 503, True),
        (QueueFull("x"), "RateLimited", 429, True),
        (NotConnected("x"), "Overloaded", 503, True),
        (ConnectionLost("x"), "Overloaded", 503, True),
        (TimedOut("x"), "Overloaded", 503, True),
        (Ended(EndReason.REJECTED), "Overloaded", 503, True),
        (ConnectorError("x"), "Overloaded", 503, True),
    ],
)
def test_failures_of_the_library(
    error: ConnectorError, code: str, status: int, retries: bool
) -> None:
    found = problem_of(error)
    assert (found.code, found.status, found.retry_after is not None) == (code, status, retries)


def test_every_code_that_a_frame_is_refused_with_has_a_status() -> None:
    hellos = {"BadHello", "VersionNotServed", "HelloTimeout", "UnknownConversation"}
    assert {code.value for code in ErrorCode} - hellos == {str(code) for code in STATUS_OF}
    assert Away().retry_after


def test_members_have_the_names_of_where_it_is_told() -> None:
    names = {"ResultModel.": "", "ScreenControlId": "ControlId"}
    said = Problem(
        "BadPayload", "ResultModel.Values[0].ScreenControlId: no such control", retry_after=3
    )
    told = said.renamed(names)
    assert told.member == "Values[0].ControlId"
    assert told.text == "Values[0].ControlId: no such control"
    assert (told.code, told.status, told.retry_after) == (said.code, said.status, 3)
    assert Problem("UnknownChat", "TrackingId: no such chat").renamed({}).text == "no such chat"
    plain = Problem("UnknownChat", "there is no ScreenControlId")
    assert plain.renamed(names).text == plain.text
