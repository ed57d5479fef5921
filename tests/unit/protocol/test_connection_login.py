"""A login at a desk, in place of a hello (W-18)."""

import pytest

from protocol.codec import encode
from protocol.connection import Connection, Failed, Refused, Side, State
from protocol.errors import ErrorCode, LocalProtocolError
from protocol.frame import Frame
from protocol.session import Hello, LoginRequest, LoginResult
from protocol.values import LoginOutcome, Role

REQUEST = LoginRequest(version=1, token="desk", login="alice", password="open sesame")
RESULT = LoginResult(outcome=LoginOutcome.REFUSED)
HELLO = Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="t")


def both() -> tuple[Connection, Connection]:
    ours, theirs = Connection(Side.CLIENT, now=0.0), Connection(Side.SERVER, now=0.0)
    ours.log_in(REQUEST, 7)
    assert theirs.receive(ours.data_to_send(), 0.0) == [Frame("SYS_LOGIN", REQUEST, {"Id": 7})]
    return ours, theirs


def test_a_login_is_answered_and_that_is_all() -> None:
    """W-18."""
    ours, theirs = both()
    assert theirs.state is State.CHECKING
    theirs.conclude(RESULT, 7)
    answer = theirs.data_to_send()
    assert ours.receive(answer, 0.0) == [Frame("SYS_LOGIN_RESULT", RESULT, {"Re": 7})]
    assert (ours.state, theirs.state) == (State.CLOSING, State.CLOSING)
    assert theirs.receive(encode(Frame("SYS_HELLO", HELLO)), 0.0) == []


def test_another_version_is_not_served() -> None:
    """W-18, W-10."""
    theirs = Connection(Side.SERVER, now=0.0)
    (event,) = theirs.receive(encode(Frame("SYS_LOGIN", LoginRequest(version=2, token="x"))), 0.0)
    assert isinstance(event, Failed)
    assert event.error.code is ErrorCode.VERSION_NOT_SERVED


@pytest.mark.parametrize("type", ["SYS_LOGIN", "SYS_HELLO"])
def test_nothing_comes_behind_a_login(type: str) -> None:
    """W-18."""
    _, theirs = both()
    payload = REQUEST if type == "SYS_LOGIN" else HELLO
    (event,) = theirs.receive(encode(Frame(type, payload)), 0.0)
    assert isinstance(event, Failed)
    assert event.error.code is ErrorCode.BAD_HELLO


def test_a_session_that_is_open_takes_no_login() -> None:
    """W-18."""
    theirs = Connection(Side.SERVER, now=0.0)
    theirs.receive(encode(Frame("SYS_HELLO", HELLO)), 0.0)
    theirs.state = State.OPEN
    (event,) = theirs.receive(encode(Frame("SYS_LOGIN", REQUEST)), 0.0)
    assert isinstance(event, Refused)
    assert event.error.code is ErrorCode.NOT_ALLOWED


def test_who_said_hello_gets_no_result_and_who_logs_in_no_welcome() -> None:
    """W-18, W-10."""
    ours = Connection(Side.CLIENT, now=0.0)
    ours.hello(HELLO)
    (event,) = ours.receive(encode(Frame("SYS_LOGIN_RESULT", RESULT)), 0.0)
    assert isinstance(event, Failed)


def test_a_client_says_one_thing_first() -> None:
    """W-18."""
    ours, theirs = both()
    with pytest.raises(LocalProtocolError):
        ours.hello(HELLO)
    with pytest.raises(LocalProtocolError):
        ours.log_in(REQUEST)
    with pytest.raises(LocalProtocolError):
        theirs.log_in(REQUEST)
