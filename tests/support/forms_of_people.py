"""A form that says who somebody is, and people of whom it says so (B-42)."""

from __future__ import annotations

from typing import Any

from protocol.values import Guid
from tests.support.playbook import Playbook

PEOPLE = """
[[scenarios]]
name = "Person"
culture = "en"
[[scenarios.screens]]
name = "one"
[[scenarios.screens.controls]]
name = "name"
control_type = "TextArea"
target_column = "ContactName"
[[scenarios.screens.controls]]
name = "number"
control_type = "Integer"
target_column = "ContactExternalId"
"""
JANA = Guid("11111111-1111-4111-8111-111111111111")
EVA = Guid("22222222-2222-4222-8222-222222222222")
OTTO = Guid("33333333-3333-4333-8333-333333333333")


def person(
    play: Playbook, contact: Guid, name: str | None = None, number: int | None = None
) -> dict[str, Any]:
    """A form about a contact."""
    (form,) = [form for form in play.config.forms.values() if form.name == "Person"]
    (screen,) = play.config.scenarios[form.id][0].screens or ()
    first, second = screen.controls or ()
    values: list[dict[str, Any]] = []
    if name is not None:
        values.append({"ScreenControlId": first.screen_control_id, "ResultText": name})
    if number is not None:
        values.append({"ScreenControlId": second.screen_control_id, "ResultNumber": number})
    return {"ScenarioId": form.id, "ContactId": contact, "Values": values}
