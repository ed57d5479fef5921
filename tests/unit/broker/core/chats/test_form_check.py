"""What a result must hold to be taken (W-47)."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from broker.config.load import loads
from broker.core.chats.form_check import fault_of
from protocol.scenario import ScenarioInfo, ScenarioResultValueInfo
from protocol.values import Guid

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FORM = """
[[scenarios]]
name = "Contact"
culture = "en"
[[scenarios.screens]]
name = "first"
[[scenarios.screens.controls]]
name = "topic"
display_name = "Topic"
control_type = "DropDown"
mandatory_field = true
parameters = [
    { display_name = "A purchase", result_text = "sales", result_number = 1 },
    { display_name = "Something else" },
]
[[scenarios.screens.controls]]
name = "hint"
control_type = "LabelOnly"
[[scenarios.screens]]
name = "buyer"
condition_control = "topic"
condition_text = "sales"
finish_button = true
[[scenarios.screens.controls]]
name = "age"
display_name = "Age"
control_type = "Integer"
mandatory_field = true
[[scenarios.screens.controls]]
name = "when"
control_type = "Date"
[[scenarios.screens]]
name = "more"
[[scenarios.screens.controls]]
name = "words"
display_name = "Words"
control_type = "TextArea"
mandatory_field = true
[[scenarios.screens.controls]]
name = "colors"
control_type = "CheckBoxes"
parameters = [{ display_name = "red" }, { display_name = "blue" }]
"""
CZECH = """
[[scenarios]]
name = "Contact"
culture = "cs"
[[scenarios.screens]]
name = "first"
[[scenarios.screens.controls]]
name = "topic"
control_type = "DropDown"
mandatory_field = true
parameters = [{ display_name = "Nákup", result_text = "nakup" }]
"""


def models(text: str = FORM) -> tuple[ScenarioInfo, ...]:
    (found,) = loads(text).config.scenarios.values()
    return found


def id_of(name: str) -> Guid:
    for screen in models()[0].screens or ():
        for control in screen.controls or ():
            if control.display_name in (name, name.capitalize()):
                assert control.screen_control_id is not None
                return control.screen_control_id
    raise AssertionError(name)


def value(name: str, **members: Any) -> ScenarioResultValueInfo:
    return ScenarioResultValueInfo(screen_control_id=id_of(name), **members)


SALES = value("topic", result_text="sales")
OTHER = value("topic", result_text="Something else")
AGE = value("age", result_number=7)
WORDS = value("words", result_text="w")


@pytest.mark.parametrize(
    "values",
    [
        (SALES, AGE),
        (value("topic", result_number=1), AGE),
        (value("topic", result_text="sales", result_number=1), AGE),
        (OTHER, WORDS),
        (OTHER, WORDS, value("colors", result_text="red"), value("colors", result_text="blue")),
        (SALES, AGE, value("when", result_time=NOON)),
        (SALES, AGE, WORDS),
        (SALES, AGE, value("hint", result_text=" "), value("colors", result_text="")),
    ],
)
def test_a_form_that_is_filled_in_is_taken(values: tuple[ScenarioResultValueInfo, ...]) -> None:
    """W-47: choices by what they give, screens by their conditions, an end where one may be."""
    assert fault_of(models(), values) is None


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ((), 'Values: "Topic" is mandatory'),
        ((value("topic", result_text="  "),), 'Values: "Topic" is mandatory'),
        ((SALES,), 'Values: "Age" is mandatory'),
        ((OTHER,), 'Values: "Words" is mandatory'),
        # Whoever went on after the screen where the form might have ended has to end it there.
        ((SALES, AGE, value("colors", result_text="red")), 'Values: "Words" is mandatory'),
        ((value("topic", result_text="A purchase"), AGE), "Values[0].ResultText: is no choice of"),
        ((value("topic", result_number=2), AGE), "Values[0].ResultNumber: is no choice of"),
        (
            (value("topic", result_text="sales", result_number=2), AGE),
            "Values[0].ResultText: is no choice of",
        ),
        ((value("topic", result_numeric=Decimal(1)), AGE), "Values[0].ResultNumber: is no choice"),
        ((SALES, OTHER, AGE), 'Values[1].ScreenControlId: a second value for "Topic"'),
        ((SALES, AGE, AGE), 'Values[2].ScreenControlId: a second value for "Age"'),
        (
            (OTHER, WORDS, *2 * (value("colors", result_text="red"),)),
            "Values[3].ScreenControlId: the same choice",
        ),
        ((SALES, value("age", result_text="7")), "Values[1].ResultNumber: is missing"),
        ((SALES, AGE, value("when", result_text="now")), "Values[2].ResultTime: is missing"),
        ((OTHER, value("words", result_number=1)), "Values[1].ResultText: is missing"),
        ((SALES, AGE, value("hint", result_text="x")), 'Values[2].ScreenControlId: "hint" is a'),
        ((ScenarioResultValueInfo(result_text="x"),), "Values[0].ScreenControlId: is missing"),
        (
            (ScenarioResultValueInfo(screen_control_id=Guid("0"), result_text="x"),),
            "Values[0].ScreenControlId: no such control",
        ),
    ],
)
def test_a_faulty_form_is_told_by_its_member(
    values: tuple[ScenarioResultValueInfo, ...], fault: str
) -> None:
    """W-47: the text begins with the path, and names the control."""
    assert (fault_of(models(), values) or "").startswith(fault)


def test_a_form_is_good_when_it_is_good_in_one_culture() -> None:
    """W-47: a result does not say in which language it was filled in."""
    both = models(FORM + CZECH)
    assert fault_of(both, (value("topic", result_text="nakup"),)) is None
    assert fault_of(both, (OTHER, WORDS)) is None
    assert (fault_of(both, ()) or "").startswith('Values: "Topic" is mandatory')
    assert fault_of((), ()) is None
