"""What a browser asks over its socket, and how each question is answered."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from attrs import evolve

from connectors.web import masks, rates
from connectors.web.problems import Problem
from connectors.web.tokens import Visitor
from connectors.web.visits import Visits
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.session import Ack

Answer = Callable[[Visits, Visitor, Frame, str], Awaitable[Frame | None]]
"""Given the site, the visitor, what they ask, and where they are: the answer without its headers."""


async def _request(visits: Visits, visitor: Visitor, frame: Frame, _address: str) -> Frame:
    return Frame("SE_CHAT_RESPONSE", await visits.ask(_payload(frame), visitor))


async def _start(visits: Visits, visitor: Visitor, frame: Frame, address: str) -> Frame:
    asked = _payload(frame)
    form = masks.own_form(asked.result_model)
    return Frame(
        "SE_CHAT_STATUS", await visits.start(visitor, evolve(asked, result_model=form), address)
    )


async def _stop(visits: Visits, visitor: Visitor, frame: Frame, _address: str) -> Frame:
    _check_chat(visits, visitor, frame)
    return Frame("SE_CHAT_STATUS", await visits.stop(visitor))


async def _confirm(visits: Visits, visitor: Visitor, frame: Frame, _address: str) -> Frame | None:
    _check_chat(visits, visitor, frame)
    await visits.confirm(visitor, _payload(frame).id)
    return _acknowledged(frame)


async def _resync(visits: Visits, visitor: Visitor, frame: Frame, _address: str) -> Frame:
    if _payload(frame).after is not None:
        raise Problem(ErrorCode.BAD_PAYLOAD, "After: no such place")
    return Frame("SE_CHAT_LIST", visits.listed(visitor))


async def _status(visits: Visits, visitor: Visitor, frame: Frame, _address: str) -> Frame:
    _check_chat(visits, visitor, frame)
    return Frame("SE_CHAT_STATUS", await visits.status(visitor))


async def _load(visits: Visits, _visitor: Visitor, frame: Frame, _address: str) -> Frame:
    wanted = _payload(frame)
    return Frame("SE_SCENARIO_MODEL", await visits.load_form(wanted.id, wanted.reference))


async def _save(visits: Visits, visitor: Visitor, frame: Frame, _address: str) -> Frame | None:
    form = masks.own_form(_payload(frame))
    assert form is not None
    await visits.save_form(visitor, form)
    return _acknowledged(frame)


async def _put(visits: Visits, visitor: Visitor, frame: Frame, _address: str) -> Frame:
    return Frame("SE_BLOB_STATUS", await visits.put_blob(visitor, _payload(frame)))


async def _get(visits: Visits, visitor: Visitor, frame: Frame, _address: str) -> Frame:
    return Frame("SE_BLOB_DATA", await visits.get_blob(visitor, _payload(frame)))


def _payload(frame: Frame) -> Any:
    """The payload, which is of the type that the catalogue says: the codec saw to that."""
    return frame.payload


def _check_chat(visits: Visits, visitor: Visitor, frame: Frame) -> None:
    named = _payload(frame).chat_id
    if named is not None:
        chat = visits.known(visitor)
        masks.check_chat(named, chat.chat_id if chat is not None else None)


def _acknowledged(frame: Frame) -> Frame | None:
    return Frame("SYS_ACK", Ack(type=frame.type)) if frame.id is not None else None


ANSWERS: Final[Mapping[str, tuple[str, Answer]]] = {
    "ES_CHAT_REQUEST": (rates.ASK, _request),
    "ES_CHAT_START": (rates.START, _start),
    "ES_CHAT_STOP": (rates.START, _stop),
    "ES_CHAT_CONFIRM": (rates.CONFIRM, _confirm),
    "ES_CHAT_RESYNC": (rates.ASK, _resync),
    "ES_CHAT_STATUS": (rates.ASK, _status),
    "ES_SCENARIO_LOAD": (rates.ASK, _load),
    "ES_SCENARIO_SAVE": (rates.START, _save),
    "ES_BLOB_PUT": (rates.ATTACHMENT, _put),
    "ES_BLOB_GET": (rates.ATTACHMENT, _get),
}
"""By the type of the question: how it is rated, and what answers it."""
