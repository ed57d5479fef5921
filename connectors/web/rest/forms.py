"""Forms: loaded, and saved when they were filled in."""

from typing import Final

from connectors.web import rates
from connectors.web.form_models import ScenarioModel, scenario_model
from connectors.web.models import DoneModel, ResultModel, result_info
from connectors.web.operations import RESULT, Answer, Call, Parameter, Who, operation
from connectors.web.problems import Problem
from protocol.errors import ErrorCode
from protocol.values import Guid


async def load(call: Call[None]) -> Answer:
    """A form."""
    form = await call.visits.form(call.get("scenarioid"), call.get("Culture"))
    return Answer(model=scenario_model(form))


async def save(call: Call[ResultModel]) -> Answer:
    """Save what was filled in: it belongs to the chat that runs, or to the site."""
    form = result_info(call.body)
    if form is None:
        raise Problem(ErrorCode.BAD_PAYLOAD, "ScenarioId: is missing")
    result = await call.visits.save_form(call.visitor, form)
    rule = call.visits.link.rules.of_id(call.body.web_site_routing_id)
    return Answer(model=DoneModel(id=result, text=rule.web_response if rule else None))


OPERATIONS: Final = (
    operation(
        "GET",
        "/api/Scenario/{scenarioid}",
        load,
        Parameter(name="scenarioid", kind=Guid, says="The form.", in_path=True, needed=True),
        Parameter(name="Culture", says="Its language.", longest=35),
        answers=ScenarioModel,
        rate=rates.ASK,
        codes=(ErrorCode.UNKNOWN_SCENARIO,),
        names={"Id": "scenarioid"},
    ),
    operation(
        "POST",
        "/api/Scenario",
        save,
        answers=DoneModel,
        who=Who.ANYBODY,
        rate=rates.START,
        codes=(ErrorCode.UNKNOWN_SCENARIO, ErrorCode.KEY_REUSED, ErrorCode.UNKNOWN_CHAT),
        names=RESULT,
    ),
)
