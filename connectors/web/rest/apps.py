"""WebMsg and WebCBack: a message that is left, and the wish to be called."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from connectors.client import ConnectorError
from connectors.web import rates
from connectors.web.hours import Hours
from connectors.web.letterbox import Letterbox
from connectors.web.models import CallBackModel, DoneModel, MessageModel
from connectors.web.operations import Answer, Call, Who, operation
from connectors.web.problems import Problem, problem_of
from connectors.web.routing import handed_on
from connectors.web.settings import CallBackSettings
from protocol.chat import ChatServiceInfo, VariableInfo
from protocol.errors import ErrorCode
from protocol.limits import TEXT_LENGTHS
from protocol.message import MessageContentInfo
from protocol.numbers import e164
from protocol.values import Guid, is_blank

_MAIL: Final = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,180}\.[^@\s<>,;\".]{2,}")
_WISHES: Final = UUID("6a5f2f0e-8a51-4b52-9f0e-3f2c0f3f9b11")
SLACK: Final = timedelta(minutes=5)
"""So much of a wished time may be over."""


async def message(call: Call[MessageModel]) -> Answer:
    """Leave a message."""
    said, box = call.body, _letterbox(call)
    key = _key(call, said.id)
    if box.is_mail and not _MAIL.fullmatch(said.address):
        raise Problem(ErrorCode.BAD_PAYLOAD, "Address: an e-mail address expected")
    if is_blank(said.text):
        raise Problem(ErrorCode.BAD_PAYLOAD, "Text: is empty")
    letter = MessageContentInfo(
        delivery_system_id=f"web:{key}",
        remote_address=said.address,
        from_field=_from(said.party_name, said.address),
        subject_field=said.subject,
        body_text=said.text if said.location is None else f"{said.text}\n\n{said.location}",
        culture=said.culture,
    )
    receipt = await box.put(letter)
    return Answer(model=DoneModel(id=receipt.message_id, text=_confirmation(call)))


async def call_back(call: Call[CallBackModel]) -> Answer:
    """Wish to be called."""
    settings = call.visits.site.call_back
    if settings is None or call.get("webapp") not in call.visits.site.apps:
        raise Problem(ErrorCode.UNKNOWN_TYPE, "webapp: this site calls nobody back")
    said = call.body
    number = e164(said.number, settings.region)
    if number is None:
        raise Problem(ErrorCode.BAD_PAYLOAD, "Number: is no phone number")
    _check_time(said.time, settings)
    key = _key(call, said.id)
    rule = call.visits.link.rules.of_app(call.get("webapp"))
    wish = {**_wish(said, number), **handed_on(rule)}
    if settings.becomes == "message":
        letter = MessageContentInfo(
            delivery_system_id=f"web:{key}",
            remote_address=number,
            from_field=_from(said.party_name, number),
            subject_field="Call back",
            body_text="\n".join(f"{name}: {value}" for name, value in wish.items()),
            culture=said.culture,
        )
        receipt = await _letterbox(call).put(letter)
        return Answer(model=DoneModel(id=receipt.message_id, text=_confirmation(call)))
    return Answer(
        model=DoneModel(id=await _opened(call, key, number, wish), text=_confirmation(call))
    )


async def _opened(call: Call[CallBackModel], key: Guid, number: str, wish: dict[str, str]) -> Guid:
    """Open an outbound chat to a number; the key makes the same wish the same chat."""
    visits, said = call.visits, call.body
    info = ChatServiceInfo(
        port=visits.site.port,
        preferred_culture=said.culture,
        return_chat_id=key,
        variables=tuple(
            VariableInfo(name=name, value=value[: TEXT_LENGTHS["VariableInfo.Value"]])
            for name, value in wish.items()
        ),
    )
    try:
        return await visits.link.client.open_chat(
            number, visits.gateway, party_name=said.party_name, info=info
        )
    except ConnectorError as error:
        raise problem_of(error) from error


def _wish(said: CallBackModel, number: str) -> dict[str, str]:
    found: dict[str, str | None] = {
        "Call back": number,
        "Name": said.party_name,
        "Wished time": said.time.astimezone(UTC).isoformat()
        if said.time
        else "as soon as possible",
        "About": said.text,
        "Location": said.location,
    }
    return {name: value for name, value in found.items() if value and not is_blank(value)}


def _check_time(time: datetime | None, settings: CallBackSettings) -> None:
    if time is None:
        return
    now = datetime.now(UTC)
    if not now - SLACK <= time <= now + timedelta(days=settings.days):
        raise Problem(ErrorCode.BAD_PAYLOAD, f"Time: from now on, and within {settings.days} days")
    if not Hours.parse(settings.hours, settings.timezone).has(time):
        raise Problem(ErrorCode.BAD_PAYLOAD, "Time: nobody calls at that time")


def _key(call: Call[Any], said: Guid | None) -> Guid:
    """The key of what comes, which is this visitor's own."""
    if said is None:
        raise Problem(ErrorCode.BAD_PAYLOAD, "Id: is missing")
    return Guid(str(uuid5(_WISHES, f"{call.visits.name}\0{call.visitor.tracking_id}\0{said}")))


def _letterbox(call: Call[Any]) -> Letterbox:
    box = call.visits.letterbox
    if box is None or call.get("webapp") not in call.visits.site.apps:
        raise Problem(ErrorCode.UNKNOWN_TYPE, "webapp: this site takes no messages")
    return box


def _from(name: str | None, address: str) -> str:
    shown = address if name is None or is_blank(name) else f"{name} <{address}>"
    return (
        shown if len(shown) <= TEXT_LENGTHS["FromField"] else address[: TEXT_LENGTHS["FromField"]]
    )


def _confirmation(call: Call[Any]) -> str | None:
    """What the first rule of the app says."""
    rule = call.visits.link.rules.of_app(call.get("webapp"))
    return rule.web_response if rule is not None else None


OPERATIONS: Final = (
    operation(
        "POST",
        "/api/Message/{webapp}",
        message,
        answers=DoneModel,
        who=Who.ANYBODY,
        rate=rates.MESSAGE,
        codes=(ErrorCode.UNKNOWN_TYPE,),
    ),
    operation(
        "POST",
        "/api/CallBack/{webapp}",
        call_back,
        answers=DoneModel,
        who=Who.ANYBODY,
        rate=rates.MESSAGE,
        codes=(ErrorCode.UNKNOWN_TYPE, ErrorCode.UNKNOWN_GATEWAY),
    ),
)
