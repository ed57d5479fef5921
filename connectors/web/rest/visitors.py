"""Who the visitor is: identified by what the site's own server signed, and forgotten again."""

from http import HTTPStatus
from typing import Final

from connectors.web import rates
from connectors.web.models import IdentifyModel, VisitorModel
from connectors.web.operations import Answer, Call, Who, operation
from connectors.web.tokens import Visitor


async def identify(call: Call[IdentifyModel]) -> Answer:
    """Take the word of the site's server for who the visitor is."""
    found = call.visits.identities.identified(call.visitor, call.body.token)
    return Answer(model=_model(found), visitor=found)


async def logout(call: Call[None]) -> Answer:
    """Begin anew, as somebody whom nobody knows; the token of before has no rights any more."""
    call.visits.end(call.visitor)
    found = call.visits.stranger()
    return Answer(model=_model(found), visitor=found)


async def forget(call: Call[None]) -> Answer:
    """End the rights of the token, and begin nothing."""
    call.visits.end(call.visitor)
    return Answer(status=HTTPStatus.NO_CONTENT, is_over=True)


async def visitor(call: Call[None]) -> Answer:
    """Say who the visitor is; who has no token is given one."""
    return Answer(model=_model(call.visitor))


def _model(found: Visitor) -> VisitorModel:
    identity = found.identity
    return VisitorModel(
        is_identified=identity is not None,
        party_name=identity.name if identity is not None else None,
    )


OPERATIONS: Final = (
    operation(
        "GET", "/api/Visitor", visitor, answers=VisitorModel, who=Who.ANYBODY, rate=rates.PAGE
    ),
    operation(
        "POST", "/api/Identify", identify, answers=VisitorModel, who=Who.ANYBODY, rate=rates.START
    ),
    operation(
        "POST", "/api/Logout", logout, answers=VisitorModel, who=Who.ANYBODY, rate=rates.START
    ),
    operation("DELETE", "/api/Visitor", forget, who=Who.MAYBE, rate=rates.START),
)
