"""What a provider's answer says of a message."""

import pytest

from connectors.sms.answers import LONGEST_REST, AnswerRules, Outcome, Verdict, judge
from connectors.sms.locators import Document, locator

COUNTED = AnswerRules(
    code=locator("json:/messages/*/status"),
    codes={"0": Outcome.SENT, "1": Outcome.THROTTLED, "5": Outcome.TEMPORARY},
    id=locator("json:/messages/*/message-id"),
    text=locator("json:/messages/*/error-text"),
)


def answer(body: str = "", **headers: str) -> Document:
    return Document(body=body.encode(), headers=headers)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, "sent"),
        (201, "sent"),
        (204, "sent"),
        (302, "temporary"),
        (400, "permanent"),
        (401, "temporary"),
        (403, "temporary"),
        (404, "permanent"),
        (408, "temporary"),
        (429, "throttled"),
        (500, "temporary"),
        (502, "unknown"),
        (503, "temporary"),
        (504, "unknown"),
        (100, "unknown"),
    ],
)
def test_without_a_code_the_status_says_it(status: int, outcome: str) -> None:
    assert judge(status, answer(), AnswerRules()).outcome == outcome


def test_a_provider_may_mean_something_else_by_a_status() -> None:
    rules = AnswerRules(statuses={"409": Outcome.SENT, "5xx": Outcome.UNKNOWN})
    assert judge(409, answer(), rules).outcome is Outcome.SENT
    assert judge(500, answer(), rules).outcome is Outcome.UNKNOWN
    assert judge(400, answer(), rules).outcome is Outcome.PERMANENT


def test_the_code_counts_more_than_the_status() -> None:
    one = '{"messages":[{"status":"%s","message-id":"A","error-text":"why"}]}'
    assert judge(200, answer(one % "0"), COUNTED) == Verdict(outcome=Outcome.SENT, ids=("A",))
    assert judge(200, answer(one % "1"), COUNTED).outcome is Outcome.THROTTLED
    assert judge(200, answer(one % "77"), COUNTED) == Verdict(
        outcome=Outcome.PERMANENT, text="HTTP 200: code 77: why"
    )
    assert judge(500, answer(one % "77"), COUNTED).outcome is Outcome.TEMPORARY


def test_b55_a_success_that_is_not_understood_is_unknown() -> None:
    assert judge(200, answer("<html>"), COUNTED).outcome is Outcome.UNKNOWN
    assert judge(502, answer("<html>"), COUNTED).outcome is Outcome.UNKNOWN
    assert judge(400, answer("<html>"), COUNTED).outcome is Outcome.PERMANENT


def test_several_messages_of_one_text() -> None:
    both = '{"messages":[{"status":"0","message-id":"A"},{"status":"%s","message-id":"B"}]}'
    assert judge(200, answer(both % "0"), COUNTED).ids == ("A", "B")
    partly = judge(200, answer(both % "1"), COUNTED)
    assert partly.outcome is Outcome.PERMANENT
    assert partly.text.startswith("1 of 2 parts were taken")
    neither = '{"messages":[{"status":"1"},{"status":"5"}]}'
    assert judge(200, answer(neither), COUNTED).outcome is Outcome.TEMPORARY


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("30", 30.0),
        ("999999", LONGEST_REST),
        ("soon", None),
        ("9" * 5000, None),
        ("-1", None),
        ("²", None),
    ],
)
def test_how_long_a_provider_wants_to_be_left_alone(said: str, rest: float | None) -> None:
    verdict = judge(429, answer("", **{"retry-after": said}), AnswerRules())
    assert (verdict.outcome, verdict.retry_after) == (Outcome.THROTTLED, rest)


def test_identifiers_and_texts_have_a_bound() -> None:
    long = '{"messages":[{"status":"0","message-id":"%s"}]}' % ("A" * 251)
    assert judge(200, answer(long), COUNTED).ids == ()
    wordy = '{"messages":[{"status":"9","error-text":"%s"}]}' % ("A" * 5_000)
    assert len(judge(200, answer(wordy), COUNTED).text) == 300
