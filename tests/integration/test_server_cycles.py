"""Whatever is refused is free at once: no cycle holds it until the collector comes by (I-14).

One sender of 1 MiB frames that are too long would otherwise fill gigabytes within a minute.
"""

import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from protocol.agent import AgentStateInfo
from protocol.chat import ChatSentenceInfo, ChatServiceInfo
from protocol.codec import encode
from protocol.conversation import ConversationCommandInfo
from protocol.errors import ByeCode, ErrorCode
from protocol.frame import Frame
from protocol.message import CommandInfo
from protocol.session import Bye, Hello, Ping, SysError
from protocol.values import AgentState, Guid, Role
from tests.integration.peers import (
    Peer,
    Served,
    command,
    sentence,
    serving,
    start_chat,
    write_config,
)
from tests.support.certificates import FILES, Authority
from tests.support.cycles import kept_by_cycles

SOMEBODY = Guid("0f8fad5b-d9cb-469f-a165-70867728950e")
LIMITS = "frames_per_second = 200\nconnections = 3\noutbox_bytes = 4500000"
SUPERVISOR = """
[[agents]]
name = "Sue"
login = "sue"
token = "sue-secret"
role = "supervisor"
"""

RESET = struct.pack("ii", 1, 0)
"""Value of SO_LINGER that lets a socket end with a reset."""

Act = Callable[[Served], Awaitable[str | None]]


async def code_of(peer: Peer) -> str | None:
    """The code of the next error or bye."""
    while True:
        payload = (await peer.get()).payload
        if isinstance(payload, SysError | Bye):
            return payload.code


def to_stranger(data: bytes) -> Act:
    """Bytes from somebody who has said nothing yet."""

    async def act(served: Served) -> str | None:
        peer = await served.peer()
        await peer.stream.send_all(data)
        return await code_of(peer)

    return act


def to_connector(*frames: Frame, raw: bytes = b"") -> Act:
    """Frames of a connector; the last one is refused."""

    async def act(served: Served) -> str | None:
        web = await served.connector()
        await web.stream.send_all(b"".join(encode(frame) for frame in frames) + raw)
        return await code_of(web)

    return act


def to_supervisor(*frames: Frame) -> Act:
    """Frames of a supervisor's workplace; the last one is refused."""

    async def act(served: Served) -> str | None:
        sue = await served.workplace("102", "sue")
        await sue.stream.send_all(b"".join(encode(frame) for frame in frames))
        return await code_of(sue)

    return act


def hello(version: int = 1, token: str = "web-secret") -> bytes:
    """A hello of the gateway `web`."""
    said = Hello(version=version, role=Role.CONNECTOR, peers=("web",), token=token)
    return encode(Frame("SYS_HELLO", said))


def frame(type: str, payload: object = None) -> Frame:
    """A frame with an `Id`."""
    return Frame(type, payload, {"Id": type})


def pass_time(seconds: float) -> None:
    """Let virtual time pass."""
    clock = trio.lowlevel.current_clock()
    assert isinstance(clock, MockClock)
    clock.jump(seconds)


async def silence(served: Served) -> str | None:
    """A stranger who says nothing."""
    peer = await served.peer()
    await wait_all_tasks_blocked()
    pass_time(30)
    return await code_of(peer)


async def one_too_many(served: Served) -> str | None:
    """More connections than are allowed."""
    peers = [await served.peer() for _ in range(4)]
    return await code_of(peers[-1])


def opening(key: str) -> ChatServiceInfo:
    """A chat that an agent begins."""
    return ChatServiceInfo(peer="web", remote_address="caller", return_chat_id=Guid(key))


async def unread(served: Served) -> str | None:
    """A reader that does not read."""
    web = await served.connector(receive_buffer=4_096)
    await web.send("ES_CHAT_START", start_chat())
    for number in range(20):
        await web.send("ES_CHAT_SENTENCE", sentence(f"s{number}", "x" * 30_000))
        await web.get("SE_CHAT_SENTENCE")
    counters = served.broker.server.sessions.counters
    while not counters.slow_consumers:
        await web.send("ES_CHAT_STATUS", command(tracking_id="t1"))
        await wait_all_tasks_blocked()
        pass_time(1)
    return await code_of(web)


REUSED = [
    frame("ES_CHAT_START", start_chat()),
    frame("ES_CHAT_SENTENCE", sentence("s", "one")),
    frame("ES_CHAT_SENTENCE", sentence("s", "other")),
]
UNSAID = [
    frame("ES_CHAT_START", start_chat()),
    frame("ES_CHAT_CONFIRM", command(tracking_id="t1", id="unsaid")),
]
SAID = frame("ES_CHAT_SENTENCE", sentence("s", "late"))
CLOSED = [
    frame("ES_CHAT_START", start_chat()),
    frame("ES_CHAT_STOP", command(tracking_id="t1")),
    SAID,
]
TWICE = [
    frame("CS_CHAT_OPEN", opening("0f8fad5b-d9cb-469f-a165-708677289501")),
    frame("CS_CHAT_OPEN", opening("0f8fad5b-d9cb-469f-a165-708677289502")),
]
NOBODY = AgentStateInfo(peer="102", agent_id=SOMEBODY, state=AgentState.PAUSE)
UNWRITTEN = ConversationCommandInfo(peer="102", conversation_id=SOMEBODY)
FORM = CommandInfo(id=SOMEBODY, reference="en")

REFUSALS: dict[ErrorCode, Act] = {
    ErrorCode.BAD_FRAME: to_connector(raw=b"\0\0\0\5hello"),
    ErrorCode.FRAME_TOO_LARGE: to_connector(raw=b"\xff\xff\xff\xff"),
    ErrorCode.BAD_HELLO: to_stranger(encode(SAID)),
    ErrorCode.VERSION_NOT_SERVED: to_stranger(hello(version=2)),
    ErrorCode.AUTH_FAILED: to_stranger(hello(token="guessed")),
    ErrorCode.HELLO_TIMEOUT: silence,
    ErrorCode.UNKNOWN_TYPE: to_connector(raw=b"\0\0\0\5\x92\xa2NO\xc0"),
    ErrorCode.BAD_PAYLOAD: to_connector(frame("ES_CHAT_SENTENCE", ChatSentenceInfo(peer="web"))),
    ErrorCode.NOT_ALLOWED: to_connector(frame("CS_CHAT_RESYNC", command())),
    ErrorCode.UNKNOWN_GATEWAY: to_connector(frame("ES_CHAT_RESYNC", command("nowhere"))),
    ErrorCode.UNKNOWN_CHAT: to_connector(frame("ES_CHAT_STATUS", command(tracking_id="none"))),
    ErrorCode.UNKNOWN_MESSAGE: to_connector(*UNSAID),
    ErrorCode.UNKNOWN_CONVERSATION: to_supervisor(frame("CS_CONVERSATION_STATUS", UNWRITTEN)),
    ErrorCode.CHAT_CLOSED: to_connector(*CLOSED),
    ErrorCode.UNKNOWN_AGENT: to_supervisor(frame("CS_AGENT_STATE", NOBODY)),
    ErrorCode.UNKNOWN_SCENARIO: to_connector(frame("ES_SCENARIO_LOAD", FORM)),
    ErrorCode.WRONG_STATE: to_supervisor(*TWICE),
    ErrorCode.TOO_LONG: to_connector(frame("ES_CHAT_SENTENCE", sentence("s", "x" * 1_000_000))),
    ErrorCode.KEY_REUSED: to_connector(*REUSED),
    ErrorCode.RATE_LIMITED: to_connector(*[frame("ES_CHAT_RESYNC", command())] * 202),
    ErrorCode.OVERLOADED: one_too_many,
}
FAREWELLS: dict[ByeCode, Act] = {
    ByeCode.RATE_LIMITED: to_connector(raw=encode(frame("SYS_PONG", Ping())) * 500),
    ByeCode.SLOW_CONSUMER: unread,
}


def act_of(code: ErrorCode | ByeCode) -> Act:
    """What provokes a code."""
    return REFUSALS[code] if isinstance(code, ErrorCode) else FAREWELLS[code]


def test_every_code_is_tried() -> None:
    """W-14: no refusal without a look at what it leaves behind."""
    assert set(REFUSALS) == set(ErrorCode)


@pytest.mark.parametrize("code", [*REFUSALS, *FAREWELLS])
async def test_what_is_refused_is_free_at_once(
    code: ErrorCode | ByeCode, tmp_path: Path, mock_clock: MockClock
) -> None:
    """W-13, W-14, I-14: by the codec, the connection, the shell or the core; while it is open and after."""
    async with serving(write_config(tmp_path, limits=LIMITS, more=SUPERVISOR)) as served:
        with kept_by_cycles() as kept:
            assert await act_of(code)(served) == code
            await wait_all_tasks_blocked()
            while served.peers:
                await trio.aclose_forcefully(served.peers.pop().stream)
            while served.broker.server.sessions.clients:
                await wait_all_tasks_blocked()
        assert not kept


@pytest.mark.parametrize("data", [b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x00\x05hello", b""])
async def test_a_failed_handshake_leaves_nothing(data: bytes, tmp_path: Path) -> None:
    """I-14."""
    Authority(tmp_path)
    async with serving(write_config(tmp_path, server=FILES)) as served:
        with kept_by_cycles() as kept:
            sock = trio.socket.socket()
            with sock:
                await sock.connect(served.address)
                await sock.send(data)
                await wait_all_tasks_blocked()
                if not data:
                    sock.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_LINGER, RESET)
            while served.broker.server.sessions.clients:
                await wait_all_tasks_blocked()
        assert not kept


async def test_a_stranger_to_our_authority_leaves_nothing(tmp_path: Path) -> None:
    """I-14: a TLS client that does not trust us ends the handshake."""
    Authority(tmp_path)
    async with serving(write_config(tmp_path, server=FILES)) as served:
        # What this side of the handshake leaves is its own affair, so it runs before the count.
        with kept_by_cycles() as kept:
            await trio.to_thread.run_sync(shake, served.address)
            while served.broker.server.sessions.clients:
                await wait_all_tasks_blocked()
        assert not kept


def shake(address: tuple[str, int]) -> None:
    """Begin a handshake as somebody who trusts no authority of the test."""
    with socket.create_connection(address) as sock, pytest.raises(ssl.SSLError):
        ssl.create_default_context().wrap_socket(sock, server_hostname="localhost")


@pytest.mark.parametrize(
    "request_",
    ["GET /nothing HTTP/1.0", "PUT /metrics HTTP/1.0", "nonsense", "GET /healthz HTTP/1.0"],
)
async def test_a_refused_request_leaves_nothing(request_: str, tmp_path: Path) -> None:
    """I-14: the pages for health and metrics."""
    async with serving(write_config(tmp_path)) as served:
        with kept_by_cycles() as kept:
            async with await trio.open_tcp_stream(*served.http) as stream:
                await stream.send_all(f"{request_}\r\n\r\n".encode())
                while await stream.receive_some():
                    pass
        assert not kept
