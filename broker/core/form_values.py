"""Forms as the configuration has them, and what was filled in, as texts."""

from __future__ import annotations

from typing import Final

from broker.config.model import Config
from broker.core.cultures import fallbacks
from protocol.scenario import (
    ScenarioInfo,
    ScenarioResultInfo,
    ScenarioResultValueInfo,
    ScreenControlInfo,
    ScreenControlParameterInfo,
)
from protocol.values import Guid, format_decimal, format_time

FORM_TEXT: Final = 4_096
"""How much of a filled-in text is looked at."""


def scenario_in(config: Config, scenario: Guid | None, culture: str | None) -> ScenarioInfo | None:
    """A form in the wanted culture, else in a wider one, else as it stands first."""
    models = config.scenarios.get(scenario) if scenario is not None else None
    if not models:
        return None
    by_culture = {(model.culture or "").lower(): model for model in reversed(models)}
    wider = (by_culture[test] for test in fallbacks(culture or "") if test in by_culture)
    return next(wider, models[0])


def controls_of(model: ScenarioInfo) -> dict[Guid, ScreenControlInfo]:
    """The controls of a form by their ids, in the order of the form."""
    return {
        control.screen_control_id: control
        for screen in model.screens or ()
        for control in screen.controls or ()
        if control.screen_control_id is not None
    }


def columns_of(config: Config, scenario: Guid | None) -> dict[Guid, str | None]:
    """Where the values of each control of a form belong."""
    return {
        key: control.target_column
        for model in config.scenarios.get(scenario or Guid(""), ())
        for key, control in controls_of(model).items()
    }


def is_blank(value: ScenarioResultValueInfo) -> bool:
    """Whether nothing was filled in."""
    rest = (value.result_number, value.result_numeric, value.result_time)
    return rest == (None, None, None) and not (value.result_text or "").strip()


def given_by(choice: ScreenControlParameterInfo) -> str:
    """The text that a choice gives."""
    return (choice.result_text if choice.result_text is not None else choice.display_name) or ""


def chosen(
    control: ScreenControlInfo, value: ScenarioResultValueInfo
) -> ScreenControlParameterInfo | None:
    """The choice of a control that a value names, by its text, its number, or both."""
    if value.result_text is None and value.result_number is None:
        return None
    for choice in control.parameters or ():
        text_fits = value.result_text in (None, given_by(choice))
        number_fits = value.result_number in (None, choice.result_number)
        if text_fits and number_fits:
            return choice
    return None


def form_values(result: ScenarioResultInfo | None) -> dict[Guid, str]:
    """What was filled into a form, as texts by control; several values of one in lines."""
    found: dict[Guid, str] = {}
    for value in (result.values if result is not None else None) or ():
        control, text = value.screen_control_id, text_of(value)
        if control is not None and text is not None:
            text = f"{found[control]}\n{text}" if control in found else text
            found[control] = text[:FORM_TEXT]
    return found


def text_of(value: ScenarioResultValueInfo) -> str | None:
    """What was filled into a control, as a text."""
    if value.result_text is not None:
        return value.result_text
    if value.result_number is not None:
        return str(value.result_number)
    if value.result_numeric is not None:
        return format_decimal(value.result_numeric)
    return format_time(value.result_time) if value.result_time is not None else None
