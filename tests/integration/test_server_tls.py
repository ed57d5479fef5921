"""TLS over real TCP, with and without client certificates."""

import ssl
from pathlib import Path

import pytest
import trio
import trustme
from trio.testing import MockClock

from protocol.chat import ChatSentenceInfo, ChatStatusInfo
from protocol.session import SysError
from protocol.values import Role
from tests.integration.peers import (
    Peer,
    command,
    say_until,
    sentence,
    serving,
    start_chat,
    write_config,
)
from tests.support.certificates import FILES, Authority

WITH_CLIENTS = f'{FILES}\ntls_client_ca = "ca.pem"'


async def test_a_conversation_in_private(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with serving(write_config(tmp_path, server=FILES)) as served:
        web = await served.connector(tls=authority.client())
        await web.send("ES_CHAT_START", start_chat(), 1)
        for number in range(30):
            await web.send("ES_CHAT_SENTENCE", sentence(f"s{number}", "x" * 30_000), number)
        for number in range(30):
            assert (await web.get("SE_CHAT_SENTENCE")).re == number
        await web.send("ES_CHAT_STATUS", command(tracking_id="t1"), "all")
        status = (await web.get("SE_CHAT_STATUS")).payload
        while not (isinstance(status, ChatStatusInfo) and status.sentences):
            status = (await web.get("SE_CHAT_STATUS")).payload
        assert len(status.sentences) == 30


async def test_a_slow_reader_gets_all_of_it(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    limits = "frames_per_second = 100000\noutbox_bytes = 100000000"
    async with serving(write_config(tmp_path, server=FILES, limits=limits)) as served:
        web = await served.connector(tls=authority.client(), receive_buffer=4_096)
        (link,) = served.broker.server.sessions.clients.values()
        other = await served.connector(tls=authority.client())
        said = await say_until(served, other, lambda: link.waits)
        for number in range(said):
            pushed = (await web.get("SE_CHAT_SENTENCE")).payload
            assert isinstance(pushed, ChatSentenceInfo)
            assert pushed.id == f"s{number}"


async def test_a_refused_hello_is_told_in_private_too(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with serving(write_config(tmp_path, server=FILES)) as served:
        peer = await served.peer(tls=authority.client())
        refused = await peer.hello(Role.CONNECTOR, "web", token="wrong")
        assert isinstance(refused.payload, SysError)
        assert await peer.rest() == []


async def test_who_does_not_speak_tls_is_cut_and_others_go_on(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with serving(write_config(tmp_path, server=FILES)) as served:
        plain = await served.peer()
        await plain.stream.send_all(b"\0\0\0\1no handshake")
        assert b"SYS_" not in await read_all(plain)
        await served.connector(tls=authority.client())


async def read_all(peer: Peer) -> bytes:
    """All bytes until the stream ends."""
    found = b""
    try:
        async for data in peer.stream:
            found += data
    except trio.BrokenResourceError:
        pass
    return found


async def test_a_handshake_that_does_not_come_is_not_waited_for(
    tmp_path: Path, mock_clock: MockClock
) -> None:
    Authority(tmp_path)
    async with serving(write_config(tmp_path, server=FILES)) as served:
        peer = await served.peer()
        await trio.testing.wait_all_tasks_blocked()
        while not served.broker.server.sessions.clients:
            await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(10.1)
        assert await read_all(peer) == b""


async def test_a_client_certificate_is_demanded_where_there_is_an_authority(
    tmp_path: Path,
) -> None:
    authority = Authority(tmp_path)
    async with serving(write_config(tmp_path, server=WITH_CLIENTS)) as served:
        await served.connector(tls=authority.client(certificate=True))
        for context in (authority.client(), stranger(authority)):
            peer = await served.peer(tls=context)
            with pytest.raises((trio.BrokenResourceError, AssertionError)):
                await peer.hello(Role.CONNECTOR, "web", token="web-secret")


def stranger(authority: Authority) -> ssl.SSLContext:
    """A peer with a certificate of somebody else's authority."""
    context = authority.client()
    trustme.CA().issue_cert("peer@example.org").configure_cert(context)
    return context


async def test_a_reload_takes_a_renewed_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with serving(write_config(tmp_path, server=FILES)) as served:
        first = await certificate_of(await served.connector(tls=authority.client()))
        authority.issue()
        assert await certificate_of(await served.connector(tls=authority.client())) == first
        assert await served.broker.reload()
        assert await certificate_of(await served.connector(tls=authority.client())) != first

        (tmp_path / "key.pem").write_text("nonsense")
        assert not await served.broker.reload()
        await served.connector(tls=authority.client())


async def certificate_of(peer: Peer) -> bytes:
    """The certificate that the broker showed."""
    assert isinstance(peer.stream, trio.SSLStream)
    certificate: bytes = peer.stream.getpeercert(binary_form=True)
    return certificate
