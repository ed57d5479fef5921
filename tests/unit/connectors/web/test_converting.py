"""JSON into models and back."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.web.converting import structured
from connectors.web.models import ChatModel, ConfirmModel, ResultModel, RoutingModel, SentenceModel
from connectors.web.problems import Problem
from protocol.rest import plain

GUID = "11111111-1111-4111-8111-111111111111"


def test_members_are_read_by_their_names() -> None:
    value = {"ControlId": GUID.upper(), "ResultTime": "2026-01-01T01:00:00+01:00"}
    found = structured({"PartyName": "Jana", "Values": [value], "Unknown": 1}, ResultModel)
    assert found.party_name == "Jana"
    assert found.values[0].control_id == GUID
    assert found.values[0].result_time == datetime(2026, 1, 1, tzinfo=UTC)


def test_null_is_as_if_it_were_missing() -> None:
    assert structured({"Values": None, "Culture": None}, ResultModel) == ResultModel()
    zeros = "00000000-0000-0000-0000-000000000000"
    assert structured({"ScenarioId": zeros}, ResultModel).scenario_id is None


@pytest.mark.parametrize(
    ("content", "model", "code", "text"),
    [
        ([], ResultModel, "BadPayload", "Body: an object expected"),
        ({"Values": {}}, ResultModel, "BadPayload", "Values: an array expected"),
        ({"Values": [7]}, ResultModel, "BadPayload", "Values[0]: an object expected"),
        ({"Values": [{}]}, ResultModel, "BadPayload", "Values[0].ControlId: is missing"),
        (
            {"Values": [{"ControlId": GUID}, {"ControlId": "x"}]},
            ResultModel,
            "BadPayload",
            "Values[1].ControlId: a Guid expected",
        ),
        (
            {"Values": [{"ControlId": GUID, "ResultNumber": 7.0}]},
            ResultModel,
            "BadPayload",
            "Values[0].ResultNumber: an int expected, not a float",
        ),
        (
            {"Values": [{"ControlId": GUID, "ResultNumber": True}]},
            ResultModel,
            "BadPayload",
            "Values[0].ResultNumber: an int expected, not a bool",
        ),
        ({"Counter": 2**31}, ConfirmModel, "BadPayload", "Counter: int32 expected"),
        ({}, ConfirmModel, "BadPayload", "Counter: is missing"),
        ({"Counter": None}, ConfirmModel, "BadPayload", "Counter: an int expected, not null"),
        ({"ID": "x" * 65}, SentenceModel, "TooLong", "ID: longer than 64 characters"),
        ({"Values": [{"ControlId": GUID}] * 1_001}, ResultModel, "TooLong", "Values: more than"),
    ],
)
def test_what_does_not_fit(content: Any, model: type, code: str, text: str) -> None:
    with pytest.raises(Problem) as caught:
        structured(content, model)
    assert caught.value.code == code
    assert caught.value.text.startswith(text)


def test_all_members_go_out_with_their_names() -> None:
    assert plain(RoutingModel(literals={"a": "b"}))["TargetElementID"] is None
    said = plain(
        ChatModel(sentences=(SentenceModel(id="k", time_sent=datetime(2026, 1, 1, tzinfo=UTC)),))
    )
    assert said["Sentences"][0]["ID"] == "k"
    assert said["Sentences"][0]["TimeSent"] == "2026-01-01T00:00:00Z"
    assert said["ConfirmedCounter"] == 0
