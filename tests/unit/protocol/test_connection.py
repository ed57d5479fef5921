"""The connection as a state machine."""

from datetime import UTC, datetime

import pytest

from protocol.chat import ChatCommandInfo
from protocol.codec import assemble, decode, encode, pack
from protocol.connection import (
    TRANSITIONS,
    Connection,
    Event,
    Failed,
    Happening,
    Refused,
    Side,
    State,
)
from protocol.encoding import JSON, MESSAGEPACK, Encoding
from protocol.errors import ByeCode, ErrorCode, LocalProtocolError, WireError
from protocol.frame import Frame
from protocol.framing import Framer
from protocol.session import Ack, Bye, Hello, Ping, SysError, Welcome
from protocol.values import Guid, Role

HELLO = Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="t")
WELCOME = Welcome(
    version=1,
    node="n",
    session_id=Guid("0f8fad5b-d9cb-469f-a165-70867728950e"),
    heartbeat_seconds=30,
    frame_bytes=1 << 20,
    time_utc=datetime(2026, 1, 1, tzinfo=UTC),
)
RESYNC = Frame("ES_CHAT_RESYNC", ChatCommandInfo(peer="web"), {"Id": 5})
BAD_RESYNC = assemble(pack("ES_CHAT_RESYNC", ChatCommandInfo()), {"Id": 6})


def said(connection: Connection) -> list[Frame]:
    """What a side has queued."""
    bodies, fault = Framer(1 << 20).split(connection.data_to_send())
    assert fault is None
    return [decode(body) for body in bodies]


def server(
    state: State = State.OPEN, *, now: float = 0.0, frame_bytes: int = 1 << 20
) -> Connection:
    connection = Connection(Side.SERVER, now=now, frame_bytes=frame_bytes)
    if state is State.AWAITING_HELLO:
        return connection
    assert connection.receive(encode(Frame("SYS_HELLO", HELLO)), now) == [Frame("SYS_HELLO", HELLO)]
    if state is State.OPEN:
        connection.accept(WELCOME)
        said(connection)
    assert connection.state is state
    return connection


def client(state: State = State.OPEN) -> Connection:
    connection = Connection(Side.CLIENT, now=0.0)
    connection.hello(HELLO)
    if state is State.OPEN:
        connection.receive(encode(Frame("SYS_WELCOME", WELCOME)), 0.0)
    said(connection)
    assert connection.state is state
    return connection


def failure(events: list[Event]) -> ErrorCode:
    (event,) = events
    assert isinstance(event, Failed)
    return event.error.code


def test_two_sides_greet_and_talk() -> None:
    """W-10: hello, welcome with Re, and frames after it."""
    ours, theirs = Connection(Side.CLIENT, now=0.0), Connection(Side.SERVER, now=0.0)
    ours.hello(HELLO, id="h")
    (hello,) = theirs.receive(ours.data_to_send(), 1.0)
    assert isinstance(hello, Frame)
    theirs.accept(WELCOME, re=hello.id)
    assert ours.receive(theirs.data_to_send(), 2.0) == [Frame("SYS_WELCOME", WELCOME, {"Re": "h"})]
    ours.send(encode(RESYNC))
    assert theirs.receive(ours.data_to_send(), 3.0) == [RESYNC]
    assert ours.state is theirs.state is State.OPEN


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (encode(RESYNC), ErrorCode.BAD_HELLO),
        (encode(Frame("SYS_PING", Ping())), ErrorCode.BAD_HELLO),
        (encode(Frame("SYS_BYE", Bye(code=ByeCode.SHUTDOWN))), ErrorCode.BAD_HELLO),
        (encode(Frame("SYS_HELLO", Hello(version=1))), ErrorCode.BAD_HELLO),
        (
            encode(Frame("SYS_HELLO", Hello(version=1, role=Role.CONNECTOR, peers=(), token="t"))),
            ErrorCode.BAD_HELLO,
        ),
        (
            encode(Frame("SYS_HELLO", Hello(version=2, role=Role.CONNECTOR, peers=(), token="t"))),
            ErrorCode.VERSION_NOT_SERVED,
        ),
        (encode(Frame("SYS_WELCOME", WELCOME)), ErrorCode.BAD_HELLO),
        (assemble(b"\xa3NEW\xc0"), ErrorCode.BAD_HELLO),
        (b"\0\0\0\1\xc1", ErrorCode.BAD_FRAME),
        (b"\0\0\0\0", ErrorCode.BAD_FRAME),
        (b"\xff\xff\xff\xff", ErrorCode.FRAME_TOO_LARGE),
        (b"GET / HTTP/1.1\r\n", ErrorCode.FRAME_TOO_LARGE),
        ((16_385).to_bytes(4, "big"), ErrorCode.FRAME_TOO_LARGE),
    ],
)
def test_a_bad_beginning_is_fatal(data: bytes, code: ErrorCode) -> None:
    """W-10, W-14: refused, then closing, and nothing more is heard."""
    connection = server(State.AWAITING_HELLO)
    assert failure(connection.receive(data, 0.0)) is code
    (frame,) = said(connection)
    assert isinstance(frame.payload, SysError)
    assert (frame.payload.code, frame.payload.fatal) == (code, True)
    assert connection.state is State.CLOSING
    assert connection.receive(encode(Frame("SYS_HELLO", HELLO)), 0.0) == []


def test_a_client_waits_for_its_welcome() -> None:
    """W-10."""
    connection = server(State.CHECKING)
    assert failure(connection.receive(encode(RESYNC), 0.0)) is ErrorCode.BAD_HELLO


def test_a_client_may_leave_before_its_welcome() -> None:
    connection = server(State.CHECKING)
    bye = Frame("SYS_BYE", Bye(code=ByeCode.SHUTDOWN))
    assert connection.receive(encode(bye), 0.0) == [bye]
    assert connection.state is State.CLOSING


def test_a_second_hello_is_refused() -> None:
    connection = server()
    (event,) = connection.receive(encode(Frame("SYS_HELLO", HELLO)), 0.0)
    assert isinstance(event, Refused)
    assert connection.state is State.OPEN


def test_a_host_that_refuses_a_hello_ends_the_connection() -> None:
    """W-10, W-14."""
    connection = server(State.CHECKING)
    connection.refuse(WireError(ErrorCode.AUTH_FAILED, "no", re=3))
    assert said(connection) == [
        Frame("SYS_ERROR", SysError(code=ErrorCode.AUTH_FAILED, text="no", fatal=True), {"Re": 3})
    ]
    assert connection.state is State.CLOSING


def test_a_bad_payload_is_refused_and_the_connection_goes_on() -> None:
    """W-5, W-14."""
    connection = server()
    refused, good = connection.receive(BAD_RESYNC + encode(RESYNC), 0.0)
    assert isinstance(refused, Refused)
    assert good == RESYNC
    (frame,) = said(connection)
    assert isinstance(frame.payload, SysError)
    assert frame.re == 6
    assert (frame.payload.code, frame.payload.type, frame.payload.fatal) == (
        ErrorCode.BAD_PAYLOAD,
        "ES_CHAT_RESYNC",
        False,
    )


def test_frames_before_a_fatal_fault_are_given_and_none_after() -> None:
    """W-14."""
    connection = server()
    data = encode(RESYNC) + b"\0\0\0\1\xc1" + encode(RESYNC)
    first, last = connection.receive(data, 0.0)
    assert first == RESYNC
    assert isinstance(last, Failed)


def test_an_announced_length_is_refused_before_the_body() -> None:
    """W-3."""
    connection = server(frame_bytes=200)
    data = encode(RESYNC) + (201).to_bytes(4, "big")
    first, last = connection.receive(data, 0.0)
    assert first == RESYNC
    assert failure([last]) is ErrorCode.FRAME_TOO_LARGE


@pytest.mark.parametrize("kind", ["SE_CHAT_LIST", "SYS_ACK", "SYS_ERROR"])
def test_the_broker_takes_none_of_its_own_frames(kind: str) -> None:
    """W-14."""
    payloads = {"SE_CHAT_LIST": (), "SYS_ACK": Ack(type="x")}
    payload = payloads.get(kind, SysError(code=ErrorCode.OVERLOADED))
    (event,) = server().receive(encode(Frame(kind, payload)), 0.0)
    assert isinstance(event, Refused)
    assert event.error.code is ErrorCode.NOT_ALLOWED


def test_a_ping_is_answered() -> None:
    """W-12: by either side, with the Nonce."""
    for connection in (server(), client()):
        assert connection.receive(encode(Frame("SYS_PING", Ping(nonce="n"), {"Id": 1})), 0.0) == []
        assert said(connection) == [Frame("SYS_PONG", Ping(nonce="n"), {"Re": 1})]


def test_a_client_gets_errors_acks_and_the_bye() -> None:
    """W-13."""
    connection = client()
    frames = [
        Frame("SYS_ERROR", SysError(code=ErrorCode.UNKNOWN_CHAT)),
        Frame("SYS_ACK", Ack(type="ES_CHAT_CONFIRM"), {"Re": 1}),
        Frame("SYS_BYE", Bye(code=ByeCode.SHUTDOWN)),
    ]
    assert connection.receive(b"".join(map(encode, frames)), 0.0) == frames
    assert connection.state is State.CLOSING
    assert said(connection) == []


def test_a_client_that_is_refused_at_the_hello_is_told() -> None:
    connection = client(State.GREETING)
    frame = Frame("SYS_ERROR", SysError(code=ErrorCode.AUTH_FAILED, fatal=True))
    assert connection.receive(encode(frame), 0.0) == [frame]
    assert connection.state is State.CLOSING


def test_a_client_takes_frames_as_long_as_the_broker_announced() -> None:
    connection = Connection(Side.CLIENT, now=0.0, frame_bytes=300)
    connection.hello(HELLO)
    connection.receive(encode(Frame("SYS_WELCOME", WELCOME)), 0.0)
    frame = Frame("SYS_ERROR", SysError(code=ErrorCode.OVERLOADED, text="x" * 1_000))
    assert connection.receive(encode(frame), 0.0) == [frame]


def test_a_client_says_bye_to_a_broker_that_breaks_the_protocol() -> None:
    connection = client()
    assert failure(connection.receive(b"\0\0\0\1\xc1", 0.0)) is ErrorCode.BAD_FRAME
    (frame,) = said(connection)
    assert isinstance(frame.payload, Bye)
    assert frame.payload.code is ByeCode.PROTOCOL_ERROR


def test_a_client_does_not_answer_a_frame_that_it_cannot_read() -> None:
    connection = client()
    (event,) = connection.receive(assemble(b"\xa3NEW\xc0"), 0.0)
    assert isinstance(event, Refused)
    assert said(connection) == []


def test_no_hello_in_time() -> None:
    """W-10."""
    connection = server(State.AWAITING_HELLO)
    assert connection.deadline == 10.0
    assert connection.tick(9.9) == []
    assert failure(connection.tick(10.0)) is ErrorCode.HELLO_TIMEOUT
    assert connection.deadline is None


def test_no_welcome_in_time() -> None:
    connection = client(State.GREETING)
    assert failure(connection.tick(10.0)) is ErrorCode.HELLO_TIMEOUT


def test_silence_is_asked_then_ended() -> None:
    """W-12."""
    connection = server()
    assert connection.deadline == 30.0
    connection.tick(30.0)
    assert said(connection) == [Frame("SYS_PING", Ping())]
    assert connection.deadline == 60.0
    connection.tick(59.0)
    connection.tick(60.0)
    (frame,) = said(connection)
    assert isinstance(frame.payload, Bye)
    assert frame.payload.code is ByeCode.TIMEOUT
    assert connection.state is State.CLOSING


def test_whatever_is_heard_is_a_sign_of_life() -> None:
    """W-12."""
    connection = server()
    connection.tick(30.0)
    connection.receive(b"\0", 31.0)
    assert connection.deadline == 61.0
    connection.tick(61.0)
    assert said(connection) == [Frame("SYS_PING", Ping())] * 2


def test_the_heartbeat_is_the_one_of_the_welcome() -> None:
    """W-10, W-12."""
    connection = server(State.CHECKING)
    connection.accept(Welcome(heartbeat_seconds=5))
    assert connection.deadline == 5.0


def test_our_own_faults() -> None:
    for state in (State.AWAITING_HELLO, State.CHECKING):
        with pytest.raises(LocalProtocolError):
            server(state).send(b"")
    for connection in (server(), server(State.AWAITING_HELLO), client()):
        with pytest.raises(LocalProtocolError):
            connection.accept(WELCOME)
        with pytest.raises(LocalProtocolError):
            connection.hello(HELLO)
    connection = server()
    connection.bye(ByeCode.SHUTDOWN, "restart", reconnect_after=3)
    with pytest.raises(LocalProtocolError):
        connection.send(b"")
    with pytest.raises(LocalProtocolError):
        connection.bye(ByeCode.SHUTDOWN)
    (frame,) = said(connection)
    assert frame.payload == Bye(code=ByeCode.SHUTDOWN, text="restart", reconnect_after_seconds=3)


def test_after_the_end_of_bytes_nothing_is_said() -> None:
    for state in (State.AWAITING_HELLO, State.CHECKING, State.OPEN):
        connection = server(state)
        connection.receive_eof()
        connection.receive_eof()
        assert connection.state is State.CLOSED
        assert connection.data_to_send() == b""
        assert connection.tick(1_000.0) == []


def test_every_state_has_its_row() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(Happening.EOF in row for row in TRANSITIONS.values())


def json_sides() -> tuple[Connection, Connection]:
    """A client that speaks JSON and a server that has welcomed it."""
    ours = Connection(Side.CLIENT, now=0.0, encoding=JSON)
    theirs = Connection(Side.SERVER, now=0.0)
    ours.hello(HELLO)
    theirs.receive(ours.data_to_send(), 0.0)
    theirs.accept(WELCOME)
    ours.receive(theirs.data_to_send(), 0.0)
    return ours, theirs


def test_a_connection_speaks_as_its_hello() -> None:
    """W-9: whatever the broker says, and what the client says after it."""
    ours, theirs = json_sides()
    assert ours.state is theirs.state is State.OPEN
    assert theirs.encoding is JSON
    theirs.receive(
        ours.encoding.assemble(ours.encoding.pack("SYS_PING", Ping(nonce="ž")), None), 1.0
    )
    assert theirs.data_to_send()[4:] == '["SYS_PONG",{"Nonce":"ž"}]'.encode()
    theirs.bye(ByeCode.SHUTDOWN)
    data = theirs.data_to_send()
    assert data[4:5] == b"["
    assert ours.receive(data, 2.0) == [Frame("SYS_BYE", Bye(code=ByeCode.SHUTDOWN))]


@pytest.mark.parametrize("spoken", [JSON, MESSAGEPACK], ids=lambda one: one.name)
def test_the_other_encoding_is_a_bad_frame(spoken: Encoding) -> None:
    """W-4, W-9: on either side, once it is known which is spoken."""
    other = MESSAGEPACK if spoken is JSON else JSON
    ours, theirs = Connection(Side.CLIENT, now=0.0, encoding=spoken), server(State.AWAITING_HELLO)
    ours.hello(HELLO)
    theirs.receive(ours.data_to_send(), 0.0)
    theirs.accept(WELCOME)
    ours.receive(theirs.data_to_send(), 0.0)
    wrong = other.assemble(other.pack("SYS_PING", Ping()), None)
    assert failure(theirs.receive(wrong, 0.0)) is ErrorCode.BAD_FRAME
    assert failure(ours.receive(wrong, 0.0)) is ErrorCode.BAD_FRAME


def test_what_is_no_hello_is_refused_as_it_came() -> None:
    """W-9, W-10: JSON in JSON, else in MessagePack."""
    for body, first in ((b"[1", b"["), (b"{}", b"\x92"), (b"\xc1", b"\x92")):
        connection = server(State.AWAITING_HELLO)
        events = connection.receive(len(body).to_bytes(4, "big") + body, 0.0)
        assert failure(events) is ErrorCode.BAD_FRAME
        assert connection.data_to_send()[4:5] == first


def test_a_client_hears_a_broker_that_has_not_heard_it() -> None:
    """W-9: a refusal before the hello comes in MessagePack, since nobody knows better."""
    ours, theirs = Connection(Side.CLIENT, now=0.0, encoding=JSON), server(State.AWAITING_HELLO)
    ours.hello(HELLO)
    theirs.refuse(WireError(ErrorCode.OVERLOADED, "too many connections"))
    (event,) = ours.receive(theirs.data_to_send(), 0.0)
    assert isinstance(event, Frame)
    assert isinstance(event.payload, SysError)
    assert event.payload.code is ErrorCode.OVERLOADED


def test_silence_is_ended_a_heartbeat_after_the_ping_whenever_that_was() -> None:
    """W-12, B-13: a host that looks late asks first all the same."""
    connection = server()
    connection.tick(1_000.0)
    assert said(connection) == [Frame("SYS_PING", Ping())]
    assert connection.deadline == 1_030.0
    connection.tick(1_029.0)
    assert said(connection) == []
    connection.tick(1_030.0)
    assert connection.state is State.CLOSING


def test_a_host_that_did_not_listen_blames_nobody() -> None:
    """W-10, W-12, B-13: a silent peer is asked again, a hello has as much time again."""
    connection = server()
    connection.tick(30.0)
    connection.excuse(500.0, 540.0)
    assert connection.deadline == 530.0
    connection.tick(540.0)
    assert said(connection) == [Frame("SYS_PING", Ping())] * 2
    assert connection.deadline == 570.0
    stranger = server(State.AWAITING_HELLO)
    stranger.excuse(500.0, 505.0)
    assert stranger.deadline == 510.0


def test_a_peer_is_silent_for_as_long_as_it_was_while_we_listened() -> None:
    """W-12, B-13: seed 372; that we were deaf for a moment gives nobody all of their time again."""
    connection = server()
    connection.excuse(0.5, 29.0)
    assert connection.deadline == 30.5
    connection.excuse(500.0, 31.0)
    assert connection.deadline == 61.0
    connection.leave_unread(60.0)
    assert connection.deadline == 90.0
