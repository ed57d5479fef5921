"""Frames that a browser is answered with, whichever way it speaks them: by a socket or by polling."""

import uuid
from datetime import UTC, datetime
from typing import Final

from attrs import evolve

from connectors.web import masks, rates
from connectors.web.problems import AWAY_TEXT, Problem
from connectors.web.questions import ANSWERS, Answer
from connectors.web.rates import Rates
from connectors.web.tokens import Visitor
from connectors.web.visits import Visits
from protocol.chat import ChatSentenceInfo
from protocol.connection import VERSION
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.json_codec import encode_json
from protocol.session import Hello, SysError, Welcome
from protocol.values import FrameId, Guid

FRAME_BYTES: Final = 393_216
"""The longest message of a browser: a piece of an attachment of 256 KiB in base64, and a little."""
HEARTBEAT: Final = 30
"""After how many seconds of silence a ping is worth it."""
NODE: Final = "web"
AWAY: Final = Frame("SYS_ERROR", SysError(code=ErrorCode.OVERLOADED, text=AWAY_TEXT, fatal=False))
"""What a browser is told when the broker goes away."""


def written(frame: Frame, site: str) -> str:
    """A frame as a browser of a site gets it."""
    return encode_json(evolve(frame, payload=masks.nameless(frame.payload, site)))


def welcome(hello: Frame) -> Frame:
    """The answer to a hello that is good."""
    info = Welcome(
        version=VERSION,
        node=NODE,
        session_id=Guid(str(uuid.uuid4())),
        heartbeat_seconds=HEARTBEAT,
        frame_bytes=FRAME_BYTES,
        time_utc=datetime.now(UTC),
    )
    return Frame("SYS_WELCOME", info, answering(hello.id))


def hello_of(frame: Frame) -> Hello:
    """The hello that a frame is, if this program speaks its version.

    Raises:
        WireError: It is none, or of another version.
    """
    hello = frame.payload
    if not isinstance(hello, Hello) or frame.type != "SYS_HELLO":
        raise WireError(ErrorCode.BAD_HELLO, "SYS_HELLO comes first", re=frame.id)
    if hello.version != VERSION:
        raise WireError(ErrorCode.VERSION_NOT_SERVED, f"served is {VERSION}", re=frame.id)
    return hello


def bad_hello(error: WireError) -> WireError:
    """Before a session is open every refusal ends it (W-10)."""
    return WireError(ErrorCode.BAD_HELLO, error.text, type=error.type, re=error.re)


def answering(frame_id: FrameId) -> dict[str, object] | None:
    """The headers of an answer."""
    return None if frame_id is None else {"Re": frame_id}


def refusal(error: WireError, *, fatal: bool = False) -> Frame:
    """What a frame is refused with."""
    info = SysError(code=error.code, text=error.text, type=error.type, fatal=fatal)
    return Frame("SYS_ERROR", info, answering(error.re))


def wire_error(problem: Problem, frame: Frame) -> WireError:
    """A problem as the protocol has it."""
    return WireError(ErrorCode(problem.code), problem.text, type=frame.type, re=frame.id)


def question_of(frame: Frame) -> tuple[str, Answer]:
    """How a question is rated, and what answers it.

    Raises:
        Problem: It is not for a visitor to ask.
    """
    if frame.type not in ANSWERS:
        raise Problem(ErrorCode.NOT_ALLOWED, f"{frame.type} is not for a visitor")
    return ANSWERS[frame.type]


def kind_of(said: ChatSentenceInfo) -> str:
    """How a sentence is rated."""
    return rates.NAVIGATION if said.model else rates.SENTENCE


def check(visits: Visits, visitor: Visitor, allowed: Rates, kind: str) -> None:
    """Whether the broker is there, and the visitor may send one more of a kind.

    Raises:
        Problem: `RateLimited`.
    """
    if not visits.link.ready:
        raise Problem(ErrorCode.RATE_LIMITED, AWAY_TEXT)
    if allowed.wait(visitor.tracking_id, kind):
        raise Problem(ErrorCode.RATE_LIMITED, f"too fast: {kind}")


def typing(visits: Visits, visitor: Visitor, allowed: Rates, *, is_typing: bool) -> None:
    """Tell that a visitor types; what is too much is dropped without a word."""
    rated = allowed.wait(visitor.tracking_id, rates.TYPING) == 0.0
    if rated and visits.link.ready:
        visits.typing(visitor, is_typing=is_typing)
