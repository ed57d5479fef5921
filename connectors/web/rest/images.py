"""`GET /api/AgentImage/{agentid}`: a picture of the agent whom the visitor talks with."""

from typing import Final

from connectors.web import rates
from connectors.web.operations import Answer, Call, Parameter, Who, operation
from protocol.errors import ErrorCode
from protocol.values import Guid

USUAL: Final = 64
LARGEST: Final = 512


async def image(call: Call[None]) -> Answer:
    """The picture of the agent of the visitor's own chat; of any other a picture of nobody."""
    visits = call.visits
    size = (call.get("width") or USUAL, call.get("height") or USUAL)
    chat = visits.known(call.visitor) if visits.link.ready and call.visitor.tracking_id else None
    latest = chat.view.latest if chat is not None else None
    is_theirs = latest is not None and latest.agent_id == call.get("agentid")
    agent_id = latest.agent_id if latest is not None and is_theirs else None
    name = latest.agent_name if latest is not None and is_theirs else None
    data = await visits.images.of(agent_id, name, size)
    headers = {"Cache-Control": "private, max-age=3600" if is_theirs else "private, max-age=60"}
    return Answer(data=data, content_type="image/png", headers=headers)


OPERATIONS: Final = (
    operation(
        "GET",
        "/api/AgentImage/{agentid}",
        image,
        Parameter(name="agentid", kind=Guid, says="The agent.", in_path=True, needed=True),
        Parameter(name="width", kind=int, says="Its width.", least=16, most=LARGEST),
        Parameter(name="height", kind=int, says="Its height.", least=16, most=LARGEST),
        answers=bytes,
        who=Who.MAYBE,
        rate=rates.PAGE,
        codes=(ErrorCode.BAD_PAYLOAD,),
    ),
)
