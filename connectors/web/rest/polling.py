"""Frames by HTTP, for a browser that cannot have a WebSocket: each request is answered at once.

It says what it has to say, and gets the answers with what happened since its cursor, in the order in which
a socket would have told it. Nothing is kept between two requests, so any process may serve the next one.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import anyio
from attrs import define, evolve, field

from connectors.web import frames, masks, rates
from connectors.web.frames import answering, wire_error
from connectors.web.models import FramesModel
from connectors.web.news import Cursor, news
from connectors.web.operations import Answer, Call, operation
from connectors.web.problems import Away, Problem
from protocol.chat import ChatCommandInfo, ChatSentenceInfo
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.session import Bye, Ping

MOST: Final = 32
"""Frames in one request."""
WITHIN: Final = 10.0
"""After so many seconds what is not answered yet is refused for now."""
BODY: Final = 1_048_576
"""The longest body: a piece of an attachment, and other frames."""
_LATE: Final = Problem(ErrorCode.RATE_LIMITED, "not answered in time")


async def exchange(call: Call[FramesModel]) -> Answer:
    """Take frames, and give their answers and what happened."""
    said, cursor = _frames(call), _cursor(call)
    if cursor is None or any(isinstance(one, Frame) and one.type == "SYS_HELLO" for one in said):
        cursor = Cursor().after(call.visits.known(call.visitor))  # what was before they ask for
    talk = _Talk(call, cursor)
    left = [*said]
    with anyio.move_on_after(WITHIN):
        while left:
            await talk.take(left[0])
            left.pop(0)
        talk.catch_up()
    for one in left:
        if isinstance(one, Frame) and one.id is not None:
            talk.put(talk.refused(wire_error(_LATE, one)))
    return Answer(model=FramesModel(frames=tuple(talk.out), cursor=str(talk.cursor)))


def _cursor(call: Call[FramesModel]) -> Cursor | None:
    if not call.body.cursor:
        return None
    try:
        return Cursor.read(call.body.cursor)
    except ValueError as error:
        raise Problem(ErrorCode.BAD_PAYLOAD, f"Cursor: {error}") from None


def _frames(call: Call[FramesModel]) -> list[Frame | WireError]:
    """What was said, or why a frame is refused; one that is none refuses the request."""
    texts = call.body.frames
    if len(texts) > MOST:
        raise Problem(ErrorCode.TOO_LONG, f"Frames: more than {MOST} elements")
    ref = call.visits.ref(call.visitor)
    found: list[Frame | WireError] = []
    for place, text in enumerate(texts):
        try:
            frame = masks.read(text, call.visits.name, ref)
            call.figures.frames[frame.type] += 1
            found.append(frame)
        except WireError as error:
            if error.fatal:
                raise Problem(error.code, f"Frames[{place}]: {error.text}") from None
            found.append(error)
    return found


@define
class _Talk:
    """One request.

    Attributes:
        call: What was asked.
        cursor: What the browser will know.
        out: What it is told.
    """

    call: Call[FramesModel]
    cursor: Cursor
    out: list[str] = field(factory=list)

    def put(self, frame: Frame) -> None:
        """Tell the browser something."""
        self.out.append(frames.written(frame, self.call.visits.name))

    def refused(self, error: WireError, *, fatal: bool = False) -> Frame:
        """What a frame is refused with, counted."""
        self.call.figures.refuse(error.type, error.code)
        return frames.refusal(error, fatal=fatal)

    async def take(self, said: Frame | WireError) -> None:
        """Do what a frame asks."""
        answer = await self._answer(said)
        self.catch_up(answer)

    def catch_up(self, answer: Frame | None = None) -> None:
        """Tell what happened until now, and an answer in its place among that."""
        try:
            chat = self.call.visits.known(self.call.visitor)
            now = self.cursor.after(chat)
            told = [*news(self.cursor, chat, now)]
        except Away:
            told = [] if self.cursor.is_away else [frames.AWAY]
            now = evolve(self.cursor, is_away=True, is_typing=False)
        for frame in _placed(told, answer):
            self.put(frame)
        self.cursor = now

    async def _answer(self, said: Frame | WireError) -> Frame | None:
        if isinstance(said, WireError):
            is_hello = said.type == "SYS_HELLO"
            return self.refused(frames.bad_hello(said) if is_hello else said, fatal=is_hello)
        try:
            return await self._done(said)
        except WireError as error:
            return self.refused(error, fatal=True)
        except Problem as problem:
            if isinstance(problem, Away):
                problem = Problem(ErrorCode.RATE_LIMITED, problem.text)
            return self.refused(wire_error(problem, said))

    async def _done(self, said: Frame) -> Frame | None:
        call = self.call
        visits, visitor, allowed = call.visits, call.visitor, call.rates
        match said.payload:
            case _ if said.type == "SYS_HELLO":
                if frames.hello_of(said).peers != (visits.name,):
                    raise WireError(ErrorCode.BAD_HELLO, "Peers: not the site", re=said.id)
                return frames.welcome(said)
            case Ping() if said.type == "SYS_PING":
                return Frame("SYS_PONG", said.payload, answering(said.id))
            case Ping() | Bye():
                return None
            case ChatCommandInfo() if said.type == "ES_CHAT_TYPING":
                is_typing = said.payload.is_typing is not False
                frames.typing(visits, visitor, allowed, is_typing=is_typing)
                return None
            case ChatSentenceInfo():
                frames.check(visits, visitor, allowed, frames.kind_of(said.payload))
                await visits.prove(visitor, said.payload.attachments or ())
                echo = await visits.say(visitor, said.payload)
                return Frame("SE_CHAT_SENTENCE", echo, answering(said.id))
            case _:
                kind, answer = frames.question_of(said)
                frames.check(visits, visitor, allowed, kind)
                found = await answer(visits, visitor, said, call.address)
                return found and evolve(found, headers=answering(said.id))


def _placed(told: Iterable[Frame], answer: Frame | None) -> Iterator[Frame]:
    """What happened, with an answer: what says the same is it, as it is by now; else it comes last.

    A snapshot comes first: what happened since it was made is behind it.
    """
    if answer is not None and getattr(answer.payload, "sentences", None) is not None:
        yield answer
        answer = None
    for frame in told:
        if answer is not None and _is_echo(frame, answer):
            yield evolve(frame, headers=answer.headers)
            answer = None
        else:
            yield frame
    if answer is not None:
        yield answer


def _is_echo(frame: Frame, answer: Frame) -> bool:
    said, echo = frame.payload, answer.payload
    return (
        isinstance(said, ChatSentenceInfo)
        and isinstance(echo, ChatSentenceInfo)
        and (said.id, said.counter, said.is_outbound) == (echo.id, echo.counter, echo.is_outbound)
    )


OPERATIONS: Final = (
    operation(
        "POST",
        "/api/Frames",
        exchange,
        longest=BODY,
        answers=FramesModel,
        rate=rates.POLL,
        codes=(ErrorCode.UNKNOWN_TYPE,),
    ),
)
