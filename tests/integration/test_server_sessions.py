"""Sessions over real TCP: who gets in, who is sent away, and how (W-10..W-16)."""

from pathlib import Path

import msgpack
import pytest
import trio
from attrs import evolve
from trio.testing import MockClock

from broker.config.model import Secret
from broker.config.secret import hash_token
from broker.shell.connection import Phase
from protocol.agent import AgentStateInfo
from protocol.codec import encode
from protocol.errors import ByeCode, ErrorCode
from protocol.frame import Frame
from protocol.session import Bye, Hello, SysError, Welcome
from protocol.values import AgentState, Role
from tests.integration.peers import (
    Peer,
    command,
    sentence,
    serving,
    start_chat,
    write_config,
)

GOOD = Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="web-secret")


async def fatal_error(peer: Peer) -> SysError:
    """The error that ends a connection: the last frame before the stream ends."""
    frames = await peer.rest()
    error = frames[-1].payload
    assert isinstance(error, SysError)
    assert error.fatal
    return error


async def test_a_conversation(tmp_path: Path) -> None:
    """W-15, W-16: answers have Re, pushes have none."""
    async with serving(write_config(tmp_path)) as served:
        assert served.out.getvalue().startswith(f"listening on 127.0.0.1:{served.address[1]}\n")
        workplace, web = await served.workplace(), await served.connector()
        await workplace.send(
            "CS_AGENT_STATE", AgentStateInfo(peer="101", state=AgentState.READY), 1
        )
        await web.send("ES_CHAT_START", start_chat(), 2)
        alert = (await workplace.get("SC_CHAT_ALERT")).payload
        chat = alert.chat_id  # type: ignore[attr-defined]  # a ChatStatusInfo
        await workplace.send("CS_CHAT_ANSWER", command("101", chat_id=chat), 3)
        answer = await workplace.get("SC_CHAT_STATUS")
        assert answer.re == 3

        await web.send("ES_CHAT_SENTENCE", sentence("s1", "Hello?"), 4)
        echo, delivered = await web.get("SE_CHAT_SENTENCE"), await workplace.get("SC_CHAT_SENTENCE")
        assert (echo.re, delivered.re) == (4, None)
        assert delivered.payload.text == "Hello?"  # type: ignore[attr-defined]  # a sentence

        await workplace.send("CS_CHAT_CONFIRM", command("101", chat_id=chat, id="s1"), 5)
        assert (await workplace.get("SYS_ACK")).re == 5
        await web.get("SE_CHAT_CONFIRM")


async def test_a_welcome_says_who_is_there(tmp_path: Path) -> None:
    """W-10, W-3."""
    async with serving(write_config(tmp_path, limits="frame_bytes = 5000")) as served:
        peer = await served.peer()
        welcome = await peer.hello(Role.WORKPLACE, "101", login="alice", token="alice-secret")
        assert isinstance(welcome.payload, Welcome)
        assert welcome.re == "hello"
        assert welcome.payload.workplace_number == "101"
        assert welcome.payload.agent_name == "Alice"
        assert welcome.payload.heartbeat_seconds == 30
        assert welcome.payload.frame_bytes == 5000


@pytest.mark.parametrize(
    "hello",
    [
        Hello(version=1, role=Role.CONNECTOR, peers=("web",), token="wrong"),
        Hello(version=1, role=Role.CONNECTOR, peers=("web", "shop"), token="web-secret"),
        Hello(version=1, role=Role.CONNECTOR, peers=("nowhere",), token="web-secret"),
        Hello(version=1, role=Role.WORKPLACE, peers=("101",), login="mallory", token="x"),
        Hello(version=1, role=Role.WORKPLACE, peers=("999",), login="alice", token="alice-secret"),
    ],
)
async def test_bad_credentials_are_refused_without_saying_why(tmp_path: Path, hello: Hello) -> None:
    """W-10: the secret must be good for every peer named."""
    async with serving(write_config(tmp_path)) as served:
        peer = await served.peer()
        peer.connection.hello(hello)
        await peer.flush()
        error = await fatal_error(peer)
        assert error.code is ErrorCode.AUTH_FAILED
        assert error.text == "the peers, the login or the token are not good"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", ErrorCode.FRAME_TOO_LARGE),
        (b"\0\0\0\0", ErrorCode.BAD_FRAME),
        (b"\0\0\0\3\xc1\xc1\xc1", ErrorCode.BAD_FRAME),
        (encode(Frame("ES_CHAT_START", start_chat())), ErrorCode.BAD_HELLO),
        (encode(Frame("SYS_HELLO", evolve(GOOD, version=2))), ErrorCode.VERSION_NOT_SERVED),
        (encode(Frame("SYS_HELLO", evolve(GOOD, peers=()))), ErrorCode.BAD_HELLO),
        (
            encode(Frame("SYS_HELLO", GOOD)) + encode(Frame("ES_CHAT_START", start_chat())),
            ErrorCode.BAD_HELLO,
        ),
    ],
    ids=["http", "empty", "no array", "no hello", "version", "no peers", "too early"],
)
async def test_what_is_no_hello_is_refused_and_harms_nobody(
    tmp_path: Path, sent: bytes, code: ErrorCode
) -> None:
    """W-10, I-15."""
    async with serving(write_config(tmp_path)) as served:
        web = await served.connector()
        peer = await served.peer()
        await peer.stream.send_all(sent)
        assert (await fatal_error(peer)).code is code
        await web.send("ES_CHAT_START", start_chat(), 1)
        assert (await web.get()).re == 1


async def test_garbage_in_an_open_session_ends_that_one_only(tmp_path: Path) -> None:
    """I-15."""
    async with serving(write_config(tmp_path)) as served:
        web, other = await served.connector(), await served.connector("shop")
        await web.stream.send_all(b"\xff" * 100_000)
        assert (await fatal_error(web)).code is ErrorCode.FRAME_TOO_LARGE
        await other.send("ES_CHAT_START", start_chat(peer="shop"), 1)
        assert (await other.get()).re == 1


async def test_a_refused_frame_ends_nothing(tmp_path: Path) -> None:
    """W-14, W-15."""
    async with serving(write_config(tmp_path)) as served:
        web = await served.connector()
        for type_, payload, code in (
            ("CS_CHAT_RESYNC", command("101"), ErrorCode.NOT_ALLOWED),
            ("ES_CHAT_STATUS", command("shop", tracking_id="t"), ErrorCode.NOT_ALLOWED),
            ("ES_CHAT_STATUS", command("web", tracking_id="none"), ErrorCode.UNKNOWN_CHAT),
        ):
            await web.send(type_, payload, type_)
            frame = await web.get()
            assert isinstance(frame.payload, SysError)
            assert (frame.payload.code, frame.payload.fatal, frame.re) == (code, False, type_)
        refusals = served.broker.server.sessions.counters.refusals
        assert refusals == {ErrorCode.NOT_ALLOWED: 2, ErrorCode.UNKNOWN_CHAT: 1}


async def test_a_frame_that_cannot_be_read_is_refused_with_its_fault(tmp_path: Path) -> None:
    nonsense = encode_raw("ES_CHAT_NONSENSE", {}), encode_raw("ES_CHAT_STATUS", {"Peer": 7})
    async with serving(write_config(tmp_path)) as served:
        web = await served.connector()
        await web.stream.send_all(b"".join(nonsense))
        errors = [(await web.get()).payload for _ in nonsense]
        assert [error.code for error in errors if isinstance(error, SysError)] == [
            ErrorCode.UNKNOWN_TYPE,
            ErrorCode.BAD_PAYLOAD,
        ]
        await web.send("ES_CHAT_RESYNC", command(), 1)
        assert (await web.get()).re == 1


def encode_raw(type: str, payload: dict[str, object]) -> bytes:
    """A frame whatever the catalogue says of it."""
    body: bytes = msgpack.packb([type, payload])
    return len(body).to_bytes(4, "big") + body


async def test_a_trace_is_passed_along(tmp_path: Path) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with serving(write_config(tmp_path)) as served:
        one, two = await served.connector(), await served.connector()
        await one.send("ES_CHAT_START", start_chat())
        headers = {"Id": 1, "traceparent": trace}
        await one.stream.send_all(encode(Frame("ES_CHAT_SENTENCE", sentence("s1", "x"), headers)))
        echo, pushed = await one.get("SE_CHAT_SENTENCE"), await two.get("SE_CHAT_SENTENCE")
        assert echo.headers == {"Re": 1, "traceparent": trace}
        assert pushed.headers == {"traceparent": trace}


async def test_a_newer_hello_takes_the_workplace_over(tmp_path: Path) -> None:
    """W-11."""
    async with serving(write_config(tmp_path)) as served:
        older = await served.workplace()
        newer = await served.workplace()
        bye = (await older.rest())[-1]
        assert isinstance(bye.payload, Bye)
        assert bye.payload.code is ByeCode.REPLACED
        await newer.send("CS_CHAT_RESYNC", command("101"), 1)
        assert (await newer.get("SC_CHAT_LIST")).re == 1


async def test_several_connectors_serve_one_gateway(tmp_path: Path) -> None:
    """W-11, W-15: a push to the other one has no Re."""
    async with serving(write_config(tmp_path)) as served:
        one, two = await served.connector(), await served.connector()
        await one.send("ES_CHAT_START", start_chat(), 1)
        assert (await one.get("SE_CHAT_STATUS")).re == 1
        assert (await two.get("SE_CHAT_STATUS")).re is None


async def test_a_bye_of_the_peer_ends_its_session(tmp_path: Path) -> None:
    """W-13."""
    async with serving(write_config(tmp_path)) as served:
        web = await served.connector()
        await web.send("SYS_BYE", Bye(code=ByeCode.SHUTDOWN))
        assert await web.rest() == []


async def test_a_hashed_token_is_good_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    """W-10, C-3."""
    more = f"""
        [[agents]]
        name = "Bob"
        login = "bob"
        token_hash = "{hash_token("bob-secret")}"
        languages = {{ English = 100 }}
        skills = {{ Support = 50 }}
    """
    async with serving(write_config(tmp_path, more=more)) as served:
        for _ in range(2):  # the second time it is remembered
            await served.workplace("102", "bob")
        peer = await served.peer()
        refused = await peer.hello(Role.WORKPLACE, "102", login="bob", token="wrong")
        assert isinstance(refused.payload, SysError)
        assert refused.payload.code is ErrorCode.AUTH_FAILED


async def test_a_frame_behind_a_hello_that_is_being_checked_ends_it(tmp_path: Path) -> None:
    more = f"""
        [[gateways]]
        name = "App"
        peer = "app"
        token_hash = "{hash_token("app-secret")}"
    """
    checked = trio.Event()

    async def check(secret: Secret, token: str) -> bool:
        await checked.wait()
        return token == "app-secret"

    async with serving(write_config(tmp_path, more=more)) as served:
        sessions = served.broker.server.sessions
        sessions.checks.authentication.check_slowly = check
        for token in ("app-secret", "wrong"):
            peer = await served.peer()
            hello = evolve(GOOD, peers=("app",), token=token)
            await peer.stream.send_all(encode(Frame("SYS_HELLO", hello)))
            while not any(link.phase is Phase.CHECKING for link in sessions.clients.values()):
                await trio.testing.wait_all_tasks_blocked()
            await peer.send("ES_CHAT_RESYNC", command("app"))
            assert (await fatal_error(peer)).code is ErrorCode.BAD_HELLO
        checked.set()
        await served.connector("app")


async def test_who_says_no_hello_is_sent_away(tmp_path: Path, mock_clock: MockClock) -> None:
    """W-10."""
    async with serving(write_config(tmp_path, limits='hello = "10s"')) as served:
        peer, web = await served.peer(), await served.connector()
        await peer.stream.send_all(b"\0\0")
        await wait_for_links(served.broker.server.sessions.clients, 2)
        mock_clock.jump(9.9)
        await web.send("ES_CHAT_RESYNC", command(), 1)
        await web.get()
        mock_clock.jump(0.2)
        assert (await fatal_error(peer)).code is ErrorCode.HELLO_TIMEOUT


async def test_a_silent_session_is_pinged_and_then_ended(
    tmp_path: Path, mock_clock: MockClock
) -> None:
    """W-12."""
    async with serving(write_config(tmp_path)) as served:
        quiet, lively = await served.connector(), await served.connector("shop")
        mock_clock.jump(30)
        assert b"SYS_PING" in await quiet.stream.receive_some()  # and no answer to it
        await lively.send("ES_CHAT_RESYNC", command("shop"), 1)
        assert (await lively.get("SE_CHAT_LIST")).re == 1
        mock_clock.jump(30)
        bye = (await quiet.rest())[-1]
        assert isinstance(bye.payload, Bye)
        assert bye.payload.code is ByeCode.TIMEOUT
        await lively.send("ES_CHAT_RESYNC", command("shop"), 2)
        assert (await lively.get("SE_CHAT_LIST")).re == 2


async def test_a_peer_that_does_not_close_is_cut(tmp_path: Path, mock_clock: MockClock) -> None:
    """I-14."""
    async with serving(write_config(tmp_path)) as served:
        peer = await served.peer()
        await peer.stream.send_all(b"\0\0\0\0")
        await peer.rest()  # the broker's side of the stream is ended, ours is not
        links = served.broker.server.sessions.clients
        assert len(links) == 1
        mock_clock.jump(2.1)
        await wait_for_links(links, 0)


async def wait_for_links(links: object, count: int) -> None:
    """Wait until the broker has so many connections."""
    while len(links) != count:  # type: ignore[arg-type]  # a dict, whatever is in it
        await trio.testing.wait_all_tasks_blocked()
