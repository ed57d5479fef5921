"""The lives of a broker: drain, reload, a store that fails (C-4, W-13, B-12)."""

import errno
import socket
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from broker.app import ExitStatus
from broker.core.facts import Fact, SentenceStored
from broker.store.errors import CommitError, StoreUnusableError
from broker.store.store import Store
from protocol.errors import ByeCode
from protocol.values import Role
from tests.integration.peers import (
    Served,
    StuckStore,
    bye_of,
    command,
    sentence,
    serving,
    start_chat,
    texts,
    write_config,
)


async def test_a_drain_answers_what_was_read_and_tells_everybody(tmp_path: Path) -> None:
    """W-13, I-13."""
    async with serving(write_config(tmp_path)) as served:
        web, workplace, stranger = (
            await served.connector(),
            await served.workplace(),
            await served.peer(),
        )
        await web.send("ES_CHAT_START", start_chat(), 1)
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "just in time"), 2)
        await web.get("SE_CHAT_STATUS")
        served.broker.stop()
        frames = await web.rest()
        assert 2 in [frame.re for frame in frames]
        assert bye_of(frames).code is ByeCode.SHUTDOWN
        for peer in (workplace, stranger):
            assert bye_of(await peer.rest()).code is ByeCode.SHUTDOWN
        for peer in (web, workplace, stranger):
            await peer.stream.aclose()
        await served.ended.wait()
        assert served.status == [ExitStatus.DRAINED]


async def test_a_drain_waits_for_a_peer_as_long_as_the_configuration_says(
    tmp_path: Path, mock_clock: MockClock
) -> None:
    async with serving(write_config(tmp_path, server='drain = "1500ms"')) as served:
        web = await served.connector()
        served.broker.stop()
        await web.rest()  # and it does not close
        await trio.testing.wait_all_tasks_blocked()
        assert not served.status
        mock_clock.jump(1.6)
        await served.ended.wait()
        assert served.status == [ExitStatus.DRAINED]
    with sqlite3.connect(tmp_path / "parley.db") as store:
        rows = "SELECT started_at, seen_at, cause FROM lives ORDER BY seq"
        (begun, heard, gap), (ended, seen, cause) = store.execute(rows)
    assert (gap, cause) == ("gap", "stopped")
    assert begun <= heard < ended == seen  # nobody is heard while it drains


async def test_a_drain_goes_on_reading_once_all_is_answered(
    tmp_path: Path, mock_clock: MockClock
) -> None:
    StuckStore.may.clear()
    async with serving(write_config(tmp_path), open_store=StuckStore.open) as served:
        web = await served.connector()
        await web.send("ES_CHAT_START", start_chat(), 1)
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "stuck"), 2)
        while served.broker.server.sessions.clients[1].frames_in != 3:
            await trio.testing.wait_all_tasks_blocked()
        served.broker.stop()
        await trio.testing.wait_all_tasks_blocked()
        await web.send("ES_CHAT_SENTENCE", sentence("s2", "too late"), 3)
        await trio.testing.wait_all_tasks_blocked()
        StuckStore.may.set()
        frames = await web.rest()
        assert [frame.re for frame in frames if frame.re] == [1, 2]
        assert bye_of(frames).code is ByeCode.SHUTDOWN
        await web.stream.aclose()
        await served.ended.wait()


async def test_a_second_stop_does_not_wait(tmp_path: Path, mock_clock: MockClock) -> None:
    async with serving(write_config(tmp_path)) as served:
        web = await served.connector()
        served.broker.stop()
        await web.rest()
        served.broker.stop()
        await served.ended.wait()
        assert served.status == [ExitStatus.DRAINED]


async def test_the_next_broker_goes_on_where_the_last_one_was(tmp_path: Path) -> None:
    """W-20, B-12."""
    path = write_config(tmp_path)
    async with serving(path) as served:
        web = await served.connector()
        await web.send("ES_CHAT_START", start_chat(), 1)
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "kept"), 2)
        await web.get("SE_CHAT_SENTENCE")
    async with serving(path) as served:
        web = await served.connector()
        await web.send("ES_CHAT_STATUS", command(tracking_id="t1"), 3)
        assert texts((await web.get()).payload) == ["kept"]


async def test_a_good_reload_takes_effect_and_ends_no_session(tmp_path: Path) -> None:
    """C-4."""
    async with serving(write_config(tmp_path)) as served:
        web = await served.connector()
        early = await served.peer()
        refused = await early.hello(Role.CONNECTOR, "app", token="app-secret")
        assert refused.type == "SYS_ERROR"

        more = '[[gateways]]\nname = "App"\npeer = "app"\ntoken = "app-secret"\n'
        write_config(tmp_path, more=more, limits="frames_per_second = 77")
        port = served.address[1]
        path = tmp_path / "parley.toml"  # the address takes a restart, and is left alone
        path.write_text(path.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}", 1))
        assert await served.broker.reload()

        app = await served.connector("app")
        await app.send("ES_CHAT_START", start_chat(peer="app"), 1)
        assert (await app.get("SE_CHAT_STATUS")).re == 1
        await web.send("ES_CHAT_START", start_chat(), 2)
        assert (await web.get("SE_CHAT_STATUS")).re == 2
        assert served.broker.server.sessions.limits.frames_per_second == 77
        assert served.broker.config.server.listen == (("127.0.0.1", 0),)


async def test_a_changed_token_counts_from_the_next_hello(tmp_path: Path) -> None:
    """C-4."""
    path = write_config(tmp_path)
    async with serving(path) as served:
        web = await served.connector()
        path.write_text(path.read_text().replace("web-secret", "other-secret"))
        assert await served.broker.reload()
        again = await served.peer()
        assert (await again.hello(Role.CONNECTOR, "web", token="web-secret")).type == "SYS_ERROR"
        third = await served.peer()
        assert (
            await third.hello(Role.CONNECTOR, "web", token="other-secret")
        ).type == "SYS_WELCOME"
        await web.send("ES_CHAT_RESYNC", command(), 1)
        assert (await web.get("SE_CHAT_LIST")).re == 1


async def test_a_faulty_reload_changes_nothing(tmp_path: Path) -> None:
    """C-4."""
    async with serving(path := write_config(tmp_path)) as served:
        before = served.broker.config
        path.write_text(path.read_text() + "\n[nonsense]\nkey = 1\n")
        assert not await served.broker.reload()
        assert served.broker.config is before
        await served.connector()


class FailingStore(Store):
    """A store that fails at every sentence that says so."""

    def commit(self, facts: Sequence[Fact]) -> None:
        if any(isinstance(fact, SentenceStored) and fact.words.text == "fail" for fact in facts):
            raise CommitError("the disk is gone")
        super().commit(facts)


async def break_store(served: Served) -> None:
    """Have a commit fail; everybody is sent away."""
    web = await served.connector()
    await web.send("ES_CHAT_START", start_chat(), 1)
    await web.send("ES_CHAT_SENTENCE", sentence("s1", "good"), 2)
    await web.get("SE_CHAT_SENTENCE")
    await web.send("ES_CHAT_SENTENCE", sentence("s2", "fail"), 3)
    frames = await web.rest()
    assert 3 not in [frame.re for frame in frames]
    bye = bye_of(frames)
    assert (bye.code, bye.reconnect_after_seconds) == (ByeCode.STORE_UNAVAILABLE, 1)
    await web.stream.aclose()


async def test_after_a_failed_commit_the_broker_starts_anew_from_the_store(tmp_path: Path) -> None:
    """W-13, W-20, I-11: what failed was never echoed."""
    async with serving(write_config(tmp_path), open_store=FailingStore.open) as served:
        workplace = await served.workplace()
        await break_store(served)
        assert bye_of(await workplace.rest()).code is ByeCode.STORE_UNAVAILABLE

        web = await served.connector()
        await web.send("ES_CHAT_STATUS", command(tracking_id="t1"), 4)
        assert texts((await web.get()).payload) == ["good"]
        await web.send("ES_CHAT_SENTENCE", sentence("s2", "now it works"), 5)
        assert (await web.get("SE_CHAT_SENTENCE")).payload.counter == 2  # type: ignore[attr-defined]  # a sentence
        assert served.broker.server.sessions.counters.losses == 1
        assert not served.status


async def test_a_store_that_cannot_be_opened_again_ends_the_broker(tmp_path: Path) -> None:
    opened: list[str] = []

    def open_once(url: str, *, create: bool, new: bool) -> Store:
        if opened:
            raise StoreUnusableError("the disk is gone")
        opened.append(url)
        return FailingStore.open(url, create=create, new=new)

    async with serving(write_config(tmp_path), open_store=open_once) as served:
        await break_store(served)
        await served.ended.wait()
        assert served.status == [ExitStatus.STORE_LOST]


async def test_a_store_that_fails_again_and_again_ends_the_broker(
    tmp_path: Path, mock_clock: MockClock
) -> None:
    async with serving(write_config(tmp_path), open_store=FailingStore.open) as served:
        for _ in range(3):
            await break_store(served)
        mock_clock.jump(61)
        for _ in range(3):
            await break_store(served)
        assert not served.status
        await break_store(served)
        await served.ended.wait()
        assert served.status == [ExitStatus.STORE_LOST]


async def test_a_fault_in_the_core_ends_the_process(tmp_path: Path) -> None:
    class BrokenError(Exception):
        pass

    def broken(effects: object) -> None:
        raise BrokenError

    with pytest.RaisesGroup(pytest.RaisesGroup(BrokenError, flatten_subgroups=True)):
        async with serving(write_config(tmp_path)) as served:
            web = await served.connector()
            engine = served.broker.server.engine
            assert engine is not None
            engine._outlet = type("Outlet", (), {"deliver": staticmethod(broken)})()
            await web.send("ES_CHAT_START", start_chat(), 1)
            await trio.sleep_forever()


async def test_a_fault_in_one_connection_ends_that_one(tmp_path: Path) -> None:
    """I-15."""
    async with serving(write_config(tmp_path)) as served:
        web, other = await served.connector(), await served.connector("shop")
        sessions = served.broker.server.sessions
        link = next(link for link in sessions.clients.values() if link.who["peers"] == ("web",))
        link.bucket = None  # type: ignore[assignment]  # what makes its next frame crash
        await web.send("ES_CHAT_RESYNC", command(), 1)
        assert await web.rest() == []
        await other.send("ES_CHAT_RESYNC", command("shop"), 2)
        assert (await other.get()).re == 2


class FullListener:
    """A listening socket in a process without a file descriptor left, once."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.full = True

    def fileno(self) -> int:
        return self.sock.fileno()

    def accept(self) -> tuple[socket.socket, Any]:
        if self.full:
            self.full = False
            raise OSError(errno.EMFILE, "Too many open files")
        return self.sock.accept()


async def test_without_a_file_descriptor_it_accepts_later(
    tmp_path: Path, mock_clock: MockClock
) -> None:
    async with serving(write_config(tmp_path)) as served:
        web = await served.connector()
        server = served.broker.server
        server._listen(False)
        listener: Any = FullListener(served.broker.listeners[0])
        server.listeners = [listener]
        server._listen(True)
        peer = await served.peer()
        while listener.full:
            await trio.testing.wait_all_tasks_blocked()
        await web.send("ES_CHAT_RESYNC", command(), 1)
        assert (await web.get()).re == 1
        mock_clock.jump(1.1)
        assert (await peer.hello(Role.CONNECTOR, "web", token="web-secret")).type == "SYS_WELCOME"
