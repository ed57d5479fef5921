"""What was filled into the forms of a chat, as an agent reads it."""

from collections.abc import Iterator

from connectors.client.connect import WorkplaceClient
from connectors.client.events import ChatRef
from connectors.terminal.words import local_time
from protocol.display import shown
from protocol.scenario import (
    ScenarioInfo,
    ScenarioResultInfo,
    ScenarioResultItemInfo,
    ScenarioResultValueInfo,
    ScreenControlInfo,
)
from protocol.values import ControlType

_AS_FILLED_IN = {ControlType.DATE: "%Y-%m-%d", ControlType.TIME: "%H:%M"}
"""A birthday is no moment, nor is a time of day: no zone changes them."""


async def read_forms(client: WorkplaceClient, chat: ChatRef) -> list[str]:
    """The forms of a chat with what was filled in, line by line."""
    known = client.chat(chat)
    info = known.view.latest.info if known is not None else None
    lines: list[str] = []
    if info is not None and info.contact_name:
        lines.append(f"contact: {shown(info.contact_name)}")
    for item in (info.scenarios if info is not None else None) or ():
        lines.append(heading(item))
        if item.result_id is not None:
            result = await client.form_result(chat, item.result_id)
            assert result.scenario_id is not None  # the codec refuses a result without
            lines += filled_in(await client.load_form(result.scenario_id), result)
    return lines or ["the chat has no form"]


def heading(item: ScenarioResultItemInfo) -> str:
    """How a form of a list is called."""
    title = shown(item.display_name or item.scenario_name) or "form"
    if item.result_id is None:
        return f"{title}: not filled in yet"
    when = f", {local_time(item.result_created)}" if item.result_created is not None else ""
    done = f", {shown(item.activity)}" if item.activity else ""
    return f"{title}{when}{done}"


def filled_in(form: ScenarioInfo, result: ScenarioResultInfo) -> Iterator[str]:
    """A line for each value, with the label of its control."""
    controls = {
        control.screen_control_id: control
        for screen in form.screens or ()
        for control in screen.controls or ()
    }
    for value in result.values or ():
        control = controls.get(value.screen_control_id)
        label = shown(control.display_name) if control is not None else "?"
        yield f"  {label}: {shown(_said(control, value))}"


def _said(control: ScreenControlInfo | None, value: ScenarioResultValueInfo) -> str:
    """A value as its form shows it: of a choice what it is called."""
    for choice in (control.parameters if control is not None else None) or ():
        given = choice.result_text if choice.result_text is not None else choice.display_name
        if value.result_text == given or (
            value.result_text is None and value.result_number == choice.result_number
        ):
            return choice.display_name or ""
    if value.result_time is not None:
        kind = control.control_type if control is not None else None
        form = _AS_FILLED_IN.get(kind) if kind is not None else None
        if form is not None:
            return value.result_time.strftime(form)
        return local_time(value.result_time, "%Y-%m-%d %H:%M")
    for said in (value.result_text, value.result_number, value.result_numeric):
        if said is not None:
            return str(said)
    return ""
