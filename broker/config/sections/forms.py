"""Readers of forms: scenarios with their screens, controls and choices.

The same form in several cultures is written several times under one name. Names inside it
(screens, controls, choices) are for the file alone: they make ids that do not depend on the
culture, and rules speak of controls by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, Protocol, TypeVar

from attrs import field, frozen

from broker.config.context import Context
from broker.config.converter import NEEDED, Nested, carried
from broker.config.model import Form
from broker.config.parse import Parser, boolean, choice, culture, integer, text
from broker.config.section_reader import Table
from broker.config.sections.directory import Named
from protocol.identifiers import derive
from protocol.limits import text_length
from protocol.scenario import (
    ScenarioInfo,
    ScreenControlInfo,
    ScreenControlParameterInfo,
    ScreenInfo,
)
from protocol.values import ControlType, Guid

CHOICES: Final = (ControlType.DROP_DOWN, ControlType.RADIO_BUTTONS, ControlType.CHECK_BOXES)
NUMBER = integer(-(2**31))
NAME = text()


class _Ranked(Protocol):
    @property
    def rank(self) -> int: ...


R = TypeVar("R", bound=_Ranked)


Forms = tuple[Mapping[Guid, tuple[ScenarioInfo, ...]], Mapping[Guid, Form]]
"""What visitors see of the forms, and what else is said of them, both by id."""


def _long(member: str) -> Parser[str]:
    return text(text_length("", member))


@frozen(kw_only=True)
class ScenarioKeys(Named):
    """`[[scenarios]]`."""

    culture: Annotated[str, culture, NEEDED] = ""
    display_name: Annotated[str | None, NAME] = None
    screens: Nested = None


@frozen(kw_only=True)
class ScreenKeys:
    """`[[scenarios.screens]]`."""

    name: Annotated[str, NAME, NEEDED] = ""
    display_name: Annotated[str | None, NAME] = None
    rank: Annotated[int | None, NUMBER] = None
    finish_button: Annotated[bool, boolean] = False
    condition_control: Annotated[str | None, NAME] = None
    condition_text: Annotated[str | None, _long("ConditionText")] = None
    controls: Nested = None


@frozen(kw_only=True)
class ControlKeys:
    """`[[scenarios.screens.controls]]`."""

    name: Annotated[str, NAME, NEEDED] = ""
    control_type: Annotated[ControlType, choice(*ControlType), NEEDED] = ControlType.LABEL_ONLY
    display_name: Annotated[str | None, NAME] = None
    description: Annotated[str | None, _long("Description")] = None
    target_column: Annotated[str | None, NAME] = None
    rank: Annotated[int | None, NUMBER] = None
    control_number: Annotated[int | None, NUMBER] = None
    control_text: Annotated[str | None, _long("ControlText")] = None
    mandatory_field: Annotated[bool, boolean] = False
    show_in_list: Annotated[bool, boolean] = False
    parameters: Nested = None


@frozen(kw_only=True)
class ParameterKeys:
    """`[[scenarios.screens.controls.parameters]]`."""

    display_name: Annotated[str, NAME, NEEDED] = ""
    name: Annotated[str | None, NAME] = None
    rank: Annotated[int | None, NUMBER] = None
    result_number: Annotated[int | None, NUMBER] = None
    result_text: Annotated[str | None, _long("ResultText")] = None
    default_item: Annotated[bool, boolean] = False


def read_scenarios(root: Table, context: Context) -> Forms:
    """`[[scenarios]]`, the first culture of each in front."""
    found: dict[Guid, tuple[ScenarioInfo, ...]] = {}
    listed: dict[Guid, dict[Guid, None]] = {}
    names: dict[Guid, str] = {}
    controls: dict[Guid, ControlType] = {}
    for table in root.children("scenarios"):
        keys = table.read(ScenarioKeys)
        identity = _identity(table, keys, context)
        shown = listed.setdefault(identity, {})
        reader = _Reader(context=context, name=keys.name, controls=controls, listed=shown)
        names.setdefault(identity, keys.name)
        model = ScenarioInfo(
            scenario_id=identity,
            display_name=_shown(keys),
            culture=keys.culture,
            screens=_ranked(reader.screens(table)),
        )
        if not model.screens and table.is_sound("screens"):
            table.fault("screens", "has no screen")
        for screen in model.screens or ():
            for control in screen.controls or ():
                if control.screen_control_id is not None:
                    context.controls.setdefault(control.screen_control_id, (identity, control))
        found[identity] = (*found.get(identity, ()), model)
    forms = {key: Form(id=key, name=names[key], listed=tuple(listed[key])) for key in found}
    return found, forms


def _identity(table: Table, keys: ScenarioKeys, context: Context) -> Guid:
    """The id of a form: claimed by its first culture, shared by the others."""
    known = context.identities.names("scenario")
    if keys.name not in known:
        identity = context.identities.claim(table, "scenario", keys.name, keys.id)
    else:
        identity = known[keys.name]
        if keys.id not in (None, identity):
            table.fault("id", "differs from the id of this form in another culture")
    if keys.name and keys.culture:
        spoken = f"{keys.name} ({keys.culture})"
        context.identities.unique(table, "scenario", spoken, key="culture")
    return identity


def _shown(keys: ScenarioKeys | ScreenKeys | ControlKeys) -> str:
    """What visitors see of a name."""
    return keys.name if keys.display_name is None else keys.display_name


@frozen(kw_only=True)
class _Reader:
    """Reader of the inside of one form in one culture."""

    context: Context
    name: str
    controls: dict[Guid, ControlType]
    """The type of every control of the document: one control has one type in all cultures."""
    listed: dict[Guid, None]
    """The controls that lists show, of all cultures of the form."""
    seen: dict[str, Guid] = field(factory=dict)
    """The controls of this form by name, in the order of the file."""

    def screens(self, parent: Table) -> Iterator[ScreenInfo]:
        names: set[str] = set()
        for position, table in enumerate(parent.children("screens"), start=1):
            keys = table.read(ScreenKeys)
            _new(table, names, keys.name, "screen")
            yield ScreenInfo(
                screen_id=derive("screen", f"{self.name}/{keys.name}"),
                display_name=_shown(keys),
                rank=_rank(keys.rank, position),
                finish_button=keys.finish_button,
                condition_screen_control_id=self.condition(table, keys),
                condition_text=keys.condition_text,
                controls=_ranked(self.read_controls(table, keys.name)),
            )

    def condition(self, table: Table, keys: ScreenKeys) -> Guid | None:
        """The control that decides; it must stand on an earlier screen."""
        name = keys.condition_control
        if name is None:
            if "condition_text" in table:
                table.fault("condition_text", "needs a condition_control")
            return None
        if name not in self.seen and "" not in self.seen:
            table.fault("condition_control", f'there is no control "{name}" on an earlier screen')
        if "condition_text" not in table:
            table.fault("condition_control", "needs a condition_text")
        return self.seen.get(name)

    def read_controls(self, parent: Table, screen: str) -> Iterator[ScreenControlInfo]:
        for position, table in enumerate(parent.children("controls"), start=1):
            keys = table.read(ControlKeys)
            identity = self.claim(table, screen, keys.name)
            kind = keys.control_type
            if not keys.name or not table.is_sound("control_type"):
                pass  # a stand-in differs from nothing
            elif self.controls.setdefault(identity, kind) is not kind:
                table.fault("control_type", "differs from this control in another culture")
            parameters = _ranked(_parameters(table, f"{self.name}/{screen}/{keys.name}"))
            control = carried(
                ScreenControlInfo,
                keys,
                screen_control_id=identity,
                display_name=_shown(keys),
                rank=_rank(keys.rank, position),
                parameters=parameters or None,
            )
            _check_control(table, control)
            if keys.show_in_list:
                self.listed[identity] = None
                if kind is ControlType.LABEL_ONLY:
                    table.fault("show_in_list", "a label has nothing to show")
            yield control

    def claim(self, table: Table, screen: str, name: str) -> Guid:
        """The id of a control; rules call it `name`, or `form/name` where forms share names."""
        identity = derive("control", f"{self.name}/{screen}/{name}")
        # The place of a control without a name is kept: it may be the one that is looked for.
        _new(table, set(self.seen), name, "control")
        self.seen.setdefault(name, identity)
        if name:
            self.context.identities.alias("control", f"{self.name}/{name}", identity)
            self.context.identities.alias("control", name, identity)
        return identity


def _parameters(parent: Table, path: str) -> Iterator[ScreenControlParameterInfo]:
    names: set[str] = set()
    for position, table in enumerate(parent.children("parameters"), start=1):
        keys = table.read(ParameterKeys)
        name = keys.name or keys.result_text or str(position)
        _new(table, names, name, "choice")
        yield carried(
            ScreenControlParameterInfo,
            keys,
            screen_control_parameter_id=derive("choice", f"{path}/{name}"),
            rank=_rank(keys.rank, position),
        )


def _rank(given: int | None, position: int) -> int:
    """The rank of what is shown in the order of the file unless it has one."""
    return position if given is None else given


def _check_control(table: Table, control: ScreenControlInfo) -> None:
    kind, choices = control.control_type, control.parameters or ()
    if not table.is_sound("control_type", "parameters"):
        return
    if kind in CHOICES and not choices:
        table.fault("parameters", f"a {kind} needs choices")
    if kind not in CHOICES and choices:
        table.fault("parameters", f"a {kind} has no choices")
    if kind is not ControlType.CHECK_BOXES and sum(item.default_item for item in choices) > 1:
        table.fault("parameters", f"a {kind} has at most one default_item")
    if kind is ControlType.LABEL_ONLY and control.mandatory_field:
        table.fault("mandatory_field", "nobody can fill in a label")


def choice_texts(control: ScreenControlInfo) -> list[tuple[str, str]]:
    """What each choice of a control is called, and what it gives."""
    return [
        (
            one.display_name or "",
            one.result_text if one.result_text is not None else one.display_name or "",
        )
        for one in control.parameters or ()
    ]


def _new(table: Table, names: set[str], name: str, kind: str) -> None:
    if name and name in names:
        table.fault("name", f'a second {kind} "{name}" in this form')
    names.add(name)


def _ranked(items: Iterator[R]) -> tuple[R, ...]:
    return tuple(sorted(items, key=lambda item: item.rank))
