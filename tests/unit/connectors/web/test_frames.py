"""What a browser is answered with, whichever way it speaks."""

import pytest

from connectors.web import frames, rates
from connectors.web.problems import Problem
from protocol.chat import ChatSentenceInfo
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.session import Hello, Ping, SysError
from protocol.values import SentenceModel


def test_a_hello_is_one_of_our_version() -> None:
    good = Frame("SYS_HELLO", Hello(version=1, peers=("shop",)), {"Id": 1})
    assert frames.hello_of(good) is good.payload
    assert frames.welcome(good).headers == {"Re": 1}
    for frame, code in (
        (Frame("SYS_PING", Ping()), ErrorCode.BAD_HELLO),
        (Frame("SYS_HELLO", Hello(version=2)), ErrorCode.VERSION_NOT_SERVED),
    ):
        with pytest.raises(WireError) as refused:
            frames.hello_of(frame)
        assert refused.value.code == code


def test_a_refusal_answers_what_it_refuses() -> None:
    asked = Frame("ES_CHAT_STATUS", None, {"Id": 7})
    problem = Problem(ErrorCode.UNKNOWN_CHAT, "there is no chat")
    answer = frames.refusal(frames.wire_error(problem, asked))
    assert answer.headers == {"Re": 7}
    assert answer.payload == SysError(
        code=ErrorCode.UNKNOWN_CHAT, text="there is no chat", type="ES_CHAT_STATUS", fatal=False
    )
    assert frames.refusal(WireError(ErrorCode.BAD_FRAME, "x")).headers is None


def test_how_a_frame_is_rated() -> None:
    assert frames.kind_of(ChatSentenceInfo(text="x")) == rates.SENTENCE
    assert frames.kind_of(ChatSentenceInfo(model=SentenceModel.NAVIGATION)) == rates.NAVIGATION
    assert frames.question_of(Frame("ES_CHAT_START", None))[0] == rates.START
    with pytest.raises(Problem, match="not for a visitor"):
        frames.question_of(Frame("CS_AGENT_STATE", None))
