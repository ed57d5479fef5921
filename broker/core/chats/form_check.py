"""Whether a result is what its form asks for: controls, kinds, choices, what is mandatory (W-47).

The same form in several cultures may differ, and a result does not say in which one it was filled
in; so it is good when it is good in one of them. A fault is a text that begins with the member path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from broker.core.form_values import chosen, controls_of, given_by, is_blank, text_of
from protocol.scenario import (
    ScenarioInfo,
    ScenarioResultValueInfo,
    ScreenControlInfo,
    ScreenInfo,
)
from protocol.values import ControlType, Guid

Values = Sequence[ScenarioResultValueInfo]

CHOICES: Final = (ControlType.DROP_DOWN, ControlType.RADIO_BUTTONS, ControlType.CHECK_BOXES)
_MEMBERS: Final[Mapping[ControlType, tuple[str, str]]] = {
    ControlType.TEXT_AREA: ("result_text", "ResultText"),
    ControlType.INTEGER: ("result_number", "ResultNumber"),
    ControlType.DATE: ("result_time", "ResultTime"),
    ControlType.TIME: ("result_time", "ResultTime"),
    ControlType.DATE_TIME: ("result_time", "ResultTime"),
}
"""Which member of a value a control takes: its Python and its wire name."""


def fault_of(models: Iterable[ScenarioInfo], values: Values) -> str | None:
    """What is wrong with the values of a result, or None; for models without end, of the first."""
    first: str | None = None
    for model in models:
        fault = _fault(model, values)
        if fault is None:
            return None
        first = first or fault
    return first


def _fault(model: ScenarioInfo, values: Values) -> str | None:
    controls = controls_of(model)
    filled: dict[Guid, list[str]] = {}
    for number, value in enumerate(values):
        where = f"Values[{number}]"
        if value.screen_control_id is None:
            return f"{where}.ScreenControlId: is missing"
        control = controls.get(value.screen_control_id)
        if control is None:
            return f"{where}.ScreenControlId: no such control in this form"
        if is_blank(value):
            continue
        before = filled.setdefault(value.screen_control_id, [])
        fault = _value_fault(control, value, before)
        if fault is not None:
            return f"{where}.{fault}"
        before += _said(control, value)
    return _missing(model, filled)


def _value_fault(
    control: ScreenControlInfo, value: ScenarioResultValueInfo, before: list[str]
) -> str | None:
    """What is wrong with one value, from its member on."""
    kind, name = control.control_type, control.display_name
    if kind in CHOICES:
        choice = chosen(control, value)
        if choice is None:
            member = "ResultText" if value.result_text is not None else "ResultNumber"
            return f'{member}: is no choice of "{name}"'
        if kind is not ControlType.CHECK_BOXES and before:
            return f'ScreenControlId: a second value for "{name}"'
        if given_by(choice) in before:
            return f'ScreenControlId: the same choice of "{name}" again'
        return None
    if kind is None or kind not in _MEMBERS:
        return f'ScreenControlId: "{name}" is a label'
    if before:
        return f'ScreenControlId: a second value for "{name}"'
    attribute, member = _MEMBERS[kind]
    return f'{member}: is missing for "{name}"' if getattr(value, attribute) is None else None


def _said(control: ScreenControlInfo, value: ScenarioResultValueInfo) -> list[str]:
    """What a value says, in every way in which the condition of a screen may ask for it."""
    choice = chosen(control, value)
    said = [text_of(value) or ""]
    if choice is not None:
        said.append(given_by(choice))
        if choice.result_number is not None:
            said.append(str(choice.result_number))
    return said


def _missing(model: ScenarioInfo, filled: Mapping[Guid, list[str]]) -> str | None:
    """The first mandatory control without a value, up to where the form may have been finished.

    It may be finished on a screen with a finish button, but not before one that was filled in.
    """
    shown = [screen for screen in model.screens or () if _is_shown(screen, filled)]
    reached = max(
        (n for n, s in enumerate(shown) if any(_has(c, filled) for c in _of(s))), default=0
    )
    for number, screen in enumerate(shown):
        for control in _of(screen):
            if control.mandatory_field and not _has(control, filled):
                control_id = control.screen_control_id
                return (
                    f'Values: "{control.display_name}" is mandatory (ScreenControlId {control_id})'
                )
        if screen.finish_button and number >= reached:
            return None
    return None


def _is_shown(screen: ScreenInfo, filled: Mapping[Guid, list[str]]) -> bool:
    decides = screen.condition_screen_control_id
    return decides is None or screen.condition_text in filled.get(decides, ())


def _of(screen: ScreenInfo) -> tuple[ScreenControlInfo, ...]:
    return screen.controls or ()


def _has(control: ScreenControlInfo, filled: Mapping[Guid, list[str]]) -> bool:
    return bool(filled.get(control.screen_control_id or Guid("")))
