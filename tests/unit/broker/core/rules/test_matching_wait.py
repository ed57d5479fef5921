"""Which wait rule is next for a chat (B-26), and what rules know of a chat that is there."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.config.model import Config, RuleLimits, WaitRule
from broker.core.chat_state import Chat, Forms, Routing, Visitor, Waiting
from broker.core.rules.matching import applicant_of, next_wait
from protocol.scenario import ScenarioResultInfo, ScenarioResultValueInfo
from protocol.values import Guid
from tests.support.bare_core import bare_chat

SUPPORT, SALES, RULE = Guid("support"), Guid("sales"), Guid("rule")
CONTROL, OTHER = Guid("control"), Guid("other")


def rule(level: int, after: int = 10, **more: Any) -> WaitRule:
    return WaitRule(id=RULE, level=level, after=after, **more)


def waiting(level: int = -1, **members: Any) -> Chat:
    return bare_chat(
        routing=Routing(project=SUPPORT, wait_level=level),
        waiting=Waiting(enqueued_at=100),
        **members,
    )


def next_for(chat: Chat, *rules: WaitRule) -> tuple[int, int] | None:
    """When the next one is due, and its level; a wait begins at 100."""
    config = evolve(Config(), wait_rules=rules)
    found = next_wait(config, chat, lambda rule: 100 + rule.after, lambda due: due)
    return None if found is None else (found[0], found[1].level)


def test_levels_are_applied_upwards_and_each_once() -> None:
    rules = (rule(1, 10), rule(2, 5), rule(3, 30))
    assert [next_for(waiting(level), *rules) for level in (-1, 1, 2, 3)] == [
        (110, 1),
        (105, 2),
        (130, 3),
        None,
    ]


def test_of_a_level_the_first_counts_whose_limits_hold() -> None:
    german = rule(1, 5, limits=RuleLimits(culture="de"))
    english = waiting(visitor=Visitor(tracking_id="t", culture="en-GB"))
    assert next_for(english, german, rule(1, 20)) == (120, 1)
    assert next_for(evolve(english, visitor=Visitor(tracking_id="t", culture="de-AT")), german) == (
        105,
        1,
    )


@pytest.mark.parametrize(
    ("project", "found"), [(None, (110, 1)), (SUPPORT, (110, 1)), (SALES, None)]
)
def test_a_rule_of_another_project_is_passed_over(
    project: Guid | None, found: tuple[int, int] | None
) -> None:
    assert next_for(waiting(), rule(1, project=project)) == found


def test_a_chat_that_does_not_wait_has_no_rule() -> None:
    assert next_for(evolve(waiting(), waiting=Waiting()), rule(1)) is None


def test_a_later_form_goes_before_an_earlier_one_and_what_is_filled_in_now_before_both() -> None:
    """B-41."""

    def result(id: str, **values: str) -> ScenarioResultInfo:
        return ScenarioResultInfo(
            scenario_result_id=Guid(id),
            values=tuple(
                ScenarioResultValueInfo(screen_control_id=Guid(control), result_text=text)
                for control, text in values.items()
            ),
        )

    one, two = result("one", control="a", other="b"), result("two", control="c")
    chat = bare_chat(forms=Forms(results={Guid("one"): one, Guid("two"): two}))
    assert applicant_of(chat).form == {CONTROL: "c", OTHER: "b"}
    assert applicant_of(chat, {OTHER: "d"}).form == {CONTROL: "c", OTHER: "d"}
    assert applicant_of(chat).gateway_id == chat.gateway
