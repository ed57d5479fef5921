"""The chat by JSON over HTTP: started, said, confirmed, asked for, ended."""

import hashlib
from http import HTTPStatus
from typing import Final

from attrs import evolve

from connectors.client.chats import Chat
from connectors.web import rates
from connectors.web.models import (
    ChatModel,
    ConfirmModel,
    NavigationModel,
    ResultModel,
    SentenceModel,
    TypingModel,
    attachment_infos,
    chat_model,
    sentence_model,
    service_info,
)
from connectors.web.operations import (
    HTML_ENCODE,
    RESULT,
    Answer,
    Call,
    Parameter,
    Who,
    operation,
)
from connectors.web.problems import Problem
from connectors.web.routing import handed_on
from connectors.web.visits import snapshot
from protocol.chat import ChatSentenceInfo, VariableInfo
from protocol.errors import ErrorCode
from protocol.values import SentenceModel as Model
from protocol.values import is_blank

DONE: Final = Answer(status=HTTPStatus.NO_CONTENT)


async def start(call: Call[ResultModel]) -> Answer:
    """Start the chat, or come back to it."""
    asked = service_info(call.body)
    rule = call.visits.link.rules.of_id(call.body.web_site_routing_id)
    more = tuple(VariableInfo(name=name, value=value) for name, value in handed_on(rule).items())
    info = await call.visits.start(call.visitor, evolve(asked, variables=more), call.address)
    if call.body.location is not None:
        await call.visits.say_slot(call.visitor, Model.NAVIGATION, call.body.location)
    return Answer(model=chat_model(info, call.encode))


async def status(call: Call[None]) -> Answer:
    """The chat with what was said behind a counter; null: there is none."""
    visits, after = call.visits, call.get("Counter") or 0
    chat = visits.known(call.visitor)
    if chat is None or not chat.view.complete:
        try:
            await visits.status(call.visitor)
        except Problem as problem:
            if problem.code != ErrorCode.UNKNOWN_CHAT:
                raise
        chat = visits.known(call.visitor)
    tag = _tag(chat, after, str(call.get("HtmlEncode")))
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if tag in call.request.headers.get("if-none-match", ""):
        return Answer(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    model = None
    if chat is not None:
        model = chat_model(
            snapshot(chat),
            call.encode,
            after=after,
            is_typing=chat.is_typing,
            confirmed=_confirmed(chat),
        )
    return Answer(model=model, headers=headers)


def _confirmed(chat: Chat) -> int:
    """Up to which sentence the other side has all that the visitor said."""
    first = next(iter(chat.unconfirmed), None)
    return chat.delivered_up_to if first is None else first - 1


def _tag(chat: Chat | None, *asked: object) -> str:
    """What changes when the answer does."""
    seen: tuple[object, ...] = asked
    if chat is not None:
        latest = chat.view.latest
        slots = (latest.navigation, latest.co_browsing_data)
        seen += (
            latest.chat_id,
            latest.status,
            latest.agent_id,
            latest.agent_name,
            latest.close_reason,
            latest.scenario_id,
            chat.view.last_counter,
            len(chat.unconfirmed),
            chat.is_typing,
            tuple(slot.text for slot in slots if slot is not None),
        )
    return f'"{hashlib.blake2b(repr(seen).encode(), digest_size=9).hexdigest()}"'


async def sentence(call: Call[SentenceModel]) -> Answer:
    """Say something; the answer comes once it is stored."""
    said = call.body
    if said.id is None or is_blank(said.id):
        raise Problem(ErrorCode.BAD_PAYLOAD, "ID: is missing")
    attachments = attachment_infos(said.attachments)
    await call.visits.prove(call.visitor, attachments)
    info = ChatSentenceInfo(
        id=said.id,
        party_name=said.party_name,
        text=said.text or "",
        time_sent=said.time_sent,
        attachments=attachments or None,
    )
    echo = await call.visits.say(call.visitor, info)
    if said.location is not None:
        await call.visits.say_slot(call.visitor, Model.NAVIGATION, said.location)
    return Answer(model=sentence_model(echo, call.encode))


async def typing(call: Call[TypingModel]) -> Answer:
    """Tell that the visitor types."""
    call.visits.typing(call.visitor, is_typing=call.body.is_typing)
    return DONE


async def confirm(call: Call[ConfirmModel]) -> Answer:
    """Tell that the visitor has what was said up to a counter."""
    await call.visits.confirm_to(call.visitor, call.body.counter)
    return DONE


async def stop(call: Call[None]) -> Answer:
    """End the chat."""
    info = await call.visits.stop(call.visitor)
    return Answer(model=chat_model(info, call.encode))


async def navigation(call: Call[NavigationModel]) -> Answer:
    """Tell which page the visitor is on, or what their co-browsing program says."""
    said = call.body
    if said.location is not None:
        text = said.location if said.title is None else f"{said.location}\n{said.title}"
        await call.visits.say_slot(call.visitor, Model.NAVIGATION, text)
    if said.co_browsing_data is not None:
        await call.visits.say_slot(call.visitor, Model.CO_BROWSING, said.co_browsing_data)
    return DONE


_PATH: Final = "/api/Chat/{webapp}"
_CLOSED: Final = (ErrorCode.UNKNOWN_CHAT, ErrorCode.CHAT_CLOSED)

OPERATIONS: Final = (
    operation(
        "POST",
        _PATH,
        start,
        HTML_ENCODE,
        answers=ChatModel,
        who=Who.ANYBODY,
        rate=rates.START,
        codes=(ErrorCode.UNKNOWN_SCENARIO, ErrorCode.CHAT_CLOSED, ErrorCode.KEY_REUSED),
        names=RESULT,
    ),
    operation(
        "GET",
        _PATH,
        status,
        HTML_ENCODE,
        Parameter(name="Counter", kind=int, says="The last sentence that is known."),
        answers=ChatModel,
        optional=True,
        is_tagged=True,
        rate=rates.POLL,
    ),
    operation(
        "POST",
        f"{_PATH}/Sentence",
        sentence,
        HTML_ENCODE,
        answers=SentenceModel,
        rate=rates.SENTENCE,
        codes=(*_CLOSED, ErrorCode.KEY_REUSED, ErrorCode.UNKNOWN_MESSAGE, ErrorCode.WRONG_STATE),
    ),
    operation("POST", f"{_PATH}/Typing", typing, rate=rates.TYPING),
    operation(
        "POST", f"{_PATH}/Confirm", confirm, rate=rates.CONFIRM, codes=(ErrorCode.UNKNOWN_CHAT,)
    ),
    operation("POST", f"{_PATH}/Stop", stop, HTML_ENCODE, answers=ChatModel, rate=rates.START),
    operation("POST", f"{_PATH}/Navigation", navigation, rate=rates.NAVIGATION, codes=_CLOSED),
)
