"""Structures of forms (scenarios), their screens and controls, and what was filled in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from protocol.value import value
from protocol.values import ControlType, Guid


@value(kw_only=True)
class ScreenControlParameterInfo:
    """One choice of a control.

    Attributes:
        screen_control_parameter_id: The choice.
        display_name: What is shown.
        rank: Order in the control.
        result_number: Number that the choice gives.
        result_text: Text that the choice gives.
        default_item: Whether it is chosen at first.
    """

    screen_control_parameter_id: Guid | None = None
    display_name: str | None = None
    rank: int = 0
    result_number: int | None = None
    result_text: str | None = None
    default_item: bool = False


@value(kw_only=True)
class ScreenControlInfo:
    """One control of a screen.

    Attributes:
        screen_control_id: The control.
        display_name: Its label.
        description: Its explanation.
        target_column: Where the result belongs.
        rank: Order on the screen.
        control_type: Its kind.
        control_number: Number of its kind, for instance a limit.
        control_text: Text of its kind, for instance a mask.
        mandatory_field: Whether it must be filled in.
        parameters: Its choices.
    """

    screen_control_id: Guid | None = None
    display_name: str | None = None
    description: str | None = None
    target_column: str | None = None
    rank: int = 0
    control_type: ControlType | None = None
    control_number: int | None = None
    control_text: str | None = None
    mandatory_field: bool = False
    parameters: tuple[ScreenControlParameterInfo, ...] | None = None


@value(kw_only=True)
class ScreenInfo:
    """One screen of a form.

    Attributes:
        screen_id: The screen.
        display_name: Its title.
        rank: Order in the form.
        finish_button: Whether the form may be finished here.
        condition_screen_control_id: Control whose value decides whether the screen is shown.
        condition_text: The value that it must have.
        controls: Its controls.
    """

    screen_id: Guid | None = None
    display_name: str | None = None
    rank: int = 0
    finish_button: bool = False
    condition_screen_control_id: Guid | None = None
    condition_text: str | None = None
    controls: tuple[ScreenControlInfo, ...] | None = None


@value(kw_only=True)
class ScenarioInfo:
    """A form.

    Attributes:
        scenario_id: The form.
        display_name: Its title.
        screens: Its screens.
        agent_id: The agent it was made for.
        culture: Its language.
    """

    scenario_id: Guid | None = None
    display_name: str | None = None
    screens: tuple[ScreenInfo, ...] | None = None
    agent_id: Guid | None = None
    culture: str | None = None


@value(kw_only=True)
class ScenarioResultValueInfo:
    """What was filled into one control.

    Attributes:
        screen_control_id: The control.
        result_number: An integer or the number of a choice.
        result_text: A text.
        result_numeric: A decimal number.
        result_time: A time.
        target_column: Where the result belongs, as the control says.
    """

    screen_control_id: Guid | None = None
    result_number: int | None = None
    result_text: str | None = None
    result_numeric: Decimal | None = None
    result_time: datetime | None = None
    target_column: str | None = None


@value(kw_only=True)
class ScenarioResultInfo:
    """A form that was filled in, and what it belongs to; or the question for it.

    Attributes:
        peer: Gateway address or workplace number.
        port: Sub-address inside the gateway.
        scenario_id: The form.
        scenario_result_id: The result: its key, by which it is saved again and loaded.
        time_utc: When it was filled in.
        values: What was filled in.
        agent_id: The agent or the built-in bot who filled it in; null: the visitor's side.
        inbound_call_id: The inbound call.
        outbound_call_id: The outbound call.
        message_id: The message.
        issue_id: The issue.
        contact_id: The contact whom it is about; makes and names the contact.
        chat_id: The chat.
        activity: What was done.
        workflow_id: The workflow.
    """

    peer: str | None = None
    port: str | None = None
    scenario_id: Guid | None = None
    scenario_result_id: Guid | None = None
    time_utc: datetime | None = None
    values: tuple[ScenarioResultValueInfo, ...] | None = None
    agent_id: Guid | None = None
    inbound_call_id: Guid | None = None
    outbound_call_id: Guid | None = None
    message_id: Guid | None = None
    issue_id: Guid | None = None
    contact_id: Guid | None = None
    chat_id: Guid | None = None
    activity: str | None = None
    workflow_id: Guid | None = None


@value(kw_only=True)
class ScenarioResultItemInfo:
    """A form of a chat as a list shows it: a result, or the default form while it has none.

    Attributes:
        scenario_id: The form.
        scenario_name: Name of the form in the configuration.
        activity: What was done.
        result_id: The result; null: the form is expected and not filled in yet.
        remote_name: Name of the visitor.
        display_name: Title of the form in the visitor's language.
        result_created: When it was filled in.
        show_in_list: What was filled into the controls that lists show.
    """

    scenario_id: Guid | None = None
    scenario_name: str | None = None
    activity: str | None = None
    result_id: Guid | None = None
    remote_name: str | None = None
    display_name: str | None = None
    result_created: datetime | None = None
    show_in_list: str | None = None
