"""B-41: forms as they are configured, and what was filled in, as texts."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from broker.config.model import Config
from broker.core.form_values import (
    FORM_TEXT,
    chosen,
    columns_of,
    controls_of,
    form_values,
    given_by,
    is_blank,
    scenario_in,
    text_of,
)
from protocol.scenario import (
    ScenarioInfo,
    ScenarioResultInfo,
    ScenarioResultValueInfo,
    ScreenControlInfo,
    ScreenControlParameterInfo,
    ScreenInfo,
)
from protocol.values import Guid
from tests.support.core_in_memory import read_config
from tests.support.playbook import CONFIG

FORM, TOPIC, AGE = Guid("form"), Guid("topic"), Guid("age")


def model(culture: str | None, column: str | None = None) -> ScenarioInfo:
    controls = (
        ScreenControlInfo(screen_control_id=TOPIC, target_column=column),
        ScreenControlInfo(display_name="A line between them"),
        ScreenControlInfo(screen_control_id=AGE),
    )
    screens = (ScreenInfo(controls=controls), ScreenInfo())
    return ScenarioInfo(scenario_id=FORM, culture=culture, screens=screens)


def config(*models: ScenarioInfo) -> Config:
    return evolve(read_config(CONFIG), scenarios={FORM: models})


def filled(control: Guid | None = TOPIC, **members: Any) -> ScenarioResultValueInfo:
    return ScenarioResultValueInfo(screen_control_id=control, **members)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("cs", "cs"), ("en-GB", "en"), ("EN-us", "en-US"), ("de", "cs"), (None, "cs"), ("", "cs")],
)
def test_a_form_is_shown_in_the_nearest_culture(wanted: str | None, found: str) -> None:
    """The wanted one, a wider one, or the one that stands first."""
    models = (model("cs"), model("en"), model("en-US"))
    shown = scenario_in(config(*models), FORM, wanted)
    assert shown is not None
    assert shown.culture == found


def test_of_two_models_in_a_culture_the_first_counts() -> None:
    first, second = model("en", "first"), model("EN", "second")
    assert scenario_in(config(first, second), FORM, "en") is first


@pytest.mark.parametrize("scenario", [None, Guid("another")])
def test_there_is_no_form_that_is_not_configured(scenario: Guid | None) -> None:
    assert scenario_in(config(model("en")), scenario, "en") is None
    assert columns_of(config(model("en")), scenario) == {}


def test_controls_are_those_that_have_an_id_in_the_order_of_the_form() -> None:
    assert list(controls_of(model("en"))) == [TOPIC, AGE]
    assert controls_of(ScenarioInfo()) == {}


def test_a_column_is_that_of_the_last_model() -> None:
    assert columns_of(config(model("cs"), model("en", "note")), FORM) == {TOPIC: "note", AGE: None}


@pytest.mark.parametrize(
    ("members", "blank", "text"),
    [
        ({}, True, None),
        ({"result_text": " \n"}, True, " \n"),
        ({"result_text": "a"}, False, "a"),
        ({"result_number": 0}, False, "0"),
        ({"result_numeric": Decimal("1.50")}, False, "1.50"),
        ({"result_time": datetime(2026, 1, 2, 12, tzinfo=UTC)}, False, "2026-01-02T12:00:00Z"),
        ({"result_text": "", "result_number": 7}, False, ""),
    ],
)
def test_what_was_filled_in_is_a_text(members: dict[str, Any], blank: bool, text: str) -> None:
    value = filled(**members)
    assert (is_blank(value), text_of(value)) == (blank, text)


def test_values_are_kept_by_control_several_of_one_in_lines() -> None:
    values = (
        filled(result_text="a"),
        filled(result_number=2),
        filled(AGE),
        filled(None, result_text="of nothing"),
    )
    assert form_values(ScenarioResultInfo(values=values)) == {TOPIC: "a\n2"}


def test_no_more_of_a_text_is_looked_at_than_so_much() -> None:
    found = form_values(ScenarioResultInfo(values=(filled(result_text="x" * FORM_TEXT + "y"),)))
    assert found == {TOPIC: "x" * FORM_TEXT}


def test_a_form_without_values_has_none() -> None:
    assert form_values(None) == form_values(ScenarioResultInfo()) == {}


SALES = ScreenControlParameterInfo(display_name="A purchase", result_text="sales", result_number=1)
HELP = ScreenControlParameterInfo(display_name="A fault", result_number=2)
NOTHING = ScreenControlParameterInfo(display_name="Nothing", result_text="")


@pytest.mark.parametrize(
    ("members", "choice"),
    [
        ({"result_text": "sales"}, SALES),
        ({"result_number": 1}, SALES),
        ({"result_text": "sales", "result_number": 1}, SALES),
        ({"result_text": "A fault"}, HELP),
        ({"result_text": ""}, NOTHING),
        ({"result_text": "sales", "result_number": 2}, None),
        ({"result_text": "A purchase"}, None),
        ({"result_number": 3}, None),
        ({}, None),
    ],
)
def test_a_choice_is_named_by_its_text_its_number_or_both(
    members: dict[str, Any], choice: ScreenControlParameterInfo | None
) -> None:
    control = ScreenControlInfo(screen_control_id=TOPIC, parameters=(SALES, HELP, NOTHING))
    assert chosen(control, filled(**members)) is choice
    assert chosen(ScreenControlInfo(screen_control_id=TOPIC), filled(**members)) is None


def test_a_choice_without_a_text_gives_its_name() -> None:
    given = [given_by(choice) for choice in (SALES, HELP, NOTHING, ScreenControlParameterInfo())]
    assert given == ["sales", "A fault", "", ""]
