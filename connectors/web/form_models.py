"""Forms as the REST interface has them."""

from attrs import frozen

from protocol.scenario import ScenarioInfo, ScreenInfo
from protocol.values import Guid


@frozen(kw_only=True)
class ParameterModel:
    """One choice of a control."""

    rank: int = 0
    display_name: str | None = None
    result_number: int = 0
    result_text: str | None = None
    default_item: bool = False


@frozen(kw_only=True)
class ControlModel:
    """One control of a form."""

    control_id: Guid | None = None
    screen_rank: int = 0
    rank: int = 0
    display_name: str | None = None
    description: str | None = None
    control_type: str | None = None
    control_number: int | None = None
    control_text: str | None = None
    mandatory_field: bool = False
    parameters: tuple[ParameterModel, ...] = ()


@frozen(kw_only=True)
class ScreenModel:
    """One screen of a form; its controls have its rank as `ScreenRank`.

    Attributes:
        rank: Order in the form.
        display_name: Its title.
        finish_button: Whether the form may be finished here.
        condition_control_id: Control whose value decides whether the screen is shown.
        condition_text: The value that it must have.
    """

    rank: int = 0
    display_name: str | None = None
    finish_button: bool = False
    condition_control_id: Guid | None = None
    condition_text: str | None = None


@frozen(kw_only=True)
class ScenarioModel:
    """A form: the controls of all its screens, and the screens."""

    scenario_id: Guid | None = None
    display_name: str | None = None
    culture: str | None = None
    controls: tuple[ControlModel, ...] = ()
    screens: tuple[ScreenModel, ...] = ()


def scenario_model(info: ScenarioInfo | None) -> ScenarioModel | None:
    """A form of the broker."""
    if info is None:
        return None
    return ScenarioModel(
        scenario_id=info.scenario_id,
        display_name=info.display_name,
        culture=info.culture,
        controls=tuple(control for screen in info.screens or () for control in _controls(screen)),
        screens=tuple(
            ScreenModel(
                rank=screen.rank,
                display_name=screen.display_name,
                finish_button=screen.finish_button,
                condition_control_id=screen.condition_screen_control_id,
                condition_text=screen.condition_text,
            )
            for screen in info.screens or ()
        ),
    )


def _controls(screen: ScreenInfo) -> list[ControlModel]:
    return [
        ControlModel(
            control_id=control.screen_control_id,
            screen_rank=screen.rank,
            rank=control.rank,
            display_name=control.display_name,
            description=control.description,
            control_type=control.control_type.value if control.control_type else None,
            control_number=control.control_number,
            control_text=control.control_text,
            mandatory_field=control.mandatory_field,
            parameters=tuple(
                ParameterModel(
                    rank=choice.rank,
                    display_name=choice.display_name,
                    result_number=choice.result_number or 0,
                    result_text=choice.result_text,
                    default_item=choice.default_item,
                )
                for choice in control.parameters or ()
            ),
        )
        for control in screen.controls or ()
    ]
