"""A store that is taken away while the broker serves: files deleted, a server that restarts."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import trio
from structlog.testing import capture_logs

from broker import app
from broker.app import ExitStatus
from broker.shell.clock import wall_micros
from broker.store.errors import StoreAwayError, StoreInUseError
from broker.store.store import Store
from protocol.errors import ByeCode
from tests.integration.peers import (
    Peer,
    Served,
    bye_of,
    command,
    made,
    sentence,
    serving,
    start_chat,
    texts,
    write_config,
)
from tests.support.postgresql import running

PROGRAM = Path(app.__file__).with_name("__main__.py")


async def talk(served: Served) -> Peer:
    """A chat with a sentence."""
    web = await served.connector()
    await web.send("ES_CHAT_START", start_chat(), 1)
    await web.send("ES_CHAT_SENTENCE", sentence("s1", "first"), 2)
    await web.get("SE_CHAT_SENTENCE")
    return web


async def goes_on(served: Served, said: list[str]) -> None:
    """A connector finds what was said, and can say more."""
    web = await served.connector()
    await web.send("ES_CHAT_STATUS", command(tracking_id="t1"), 4)
    assert texts((await web.get("SE_CHAT_STATUS")).payload) == said
    await web.send("ES_CHAT_SENTENCE", sentence("s2", "second"), 5)
    assert (await web.get("SE_CHAT_SENTENCE")).re == 5


@pytest.mark.parametrize("end", ["-wal", "-shm", ".lock"])
async def test_a_file_beside_the_database_is_deleted(tmp_path: Path, end: str) -> None:
    """I-1, W-13, W-20: nobody is told of what would not be found; nothing acknowledged is lost."""
    async with serving(write_config(tmp_path)) as served:
        web = await talk(served)
        os.unlink(tmp_path / f"parley.db{end}")
        await web.send("ES_CHAT_SENTENCE", sentence("s2", "second"), 3)
        frames = await web.rest()
        assert 3 not in [frame.re for frame in frames]
        assert bye_of(frames).code is ByeCode.STORE_UNAVAILABLE
        # What was not acknowledged may be there, as after any commit in doubt.
        await goes_on(served, ["first", "second"])
        assert not served.status


async def test_the_clock_is_set_while_the_store_is_away(tmp_path: Path) -> None:
    """B-13, B-14: the span that is noted then has nothing of the clock from before."""
    opened: list[Store] = []

    def open_store(url: str, **options: Any) -> Store:
        opened.append(Store.open(url, **options))
        if len(opened) == 2:
            served.broker.clock.wall = lambda: wall_micros() - 3_600_000_000
        return opened[-1]

    async with serving(write_config(tmp_path), open_store=open_store) as served:
        web = await talk(served)
        os.unlink(tmp_path / "parley.db-wal")
        await web.send("ES_CHAT_SENTENCE", sentence("s2", "second"), 3)
        await web.rest()
        await goes_on(served, ["first", "second"])
        await trio.sleep(0.7)  # real time: the broker looks at its clocks twice a second
    assert len(opened) == 2
    with sqlite3.connect(tmp_path / "parley.db") as store:
        spans = store.execute("SELECT started_at, ended_at FROM lives ORDER BY seq").fetchall()
    lasted = [until - since for since, until in spans]
    assert max(lasted) < 60_000_000
    assert spans[-1][0] < spans[0][0]


async def test_the_database_itself_is_deleted(tmp_path: Path) -> None:
    """I-1, W-20: the broker ends, no start begins with nothing, and what was acknowledged is saved."""
    path = write_config(tmp_path)
    async with serving(path) as served:
        web = await talk(served)
        os.unlink(tmp_path / "parley.db")
        await web.send("ES_CHAT_SENTENCE", sentence("s2", "second"), 3)
        assert bye_of(await web.rest()).code is ByeCode.STORE_UNAVAILABLE
        await served.ended.wait()
        assert served.status == [ExitStatus.STORE_LOST]
    (saved,) = [name for name in os.listdir(tmp_path) if ".rescued-" in name]
    with made(path) as broker:
        assert await broker.run() is ExitStatus.STORE_LOST
    os.rename(tmp_path / saved, tmp_path / "parley.db")
    async with serving(path) as served:
        await goes_on(served, ["first", "second"])


async def test_a_start_without_the_database_says_how_this_command_begins_anew(
    tmp_path: Path,
) -> None:
    path = write_config(tmp_path)
    async with serving(path) as served:
        await talk(served)
    os.unlink(tmp_path / "parley.db")
    arguments = ["serve", str(path), "--log-format", "json"]
    done = await trio.run_process(
        [sys.executable, "-m", "broker", *arguments], capture_stderr=True, check=False
    )
    assert done.returncode == ExitStatus.STORE_LOST
    (lost,) = [json.loads(line) for line in done.stderr.splitlines() if b"store_lost" in line]
    way = f"put it back, or begin with an empty one: {PROGRAM} {' '.join(arguments)} --new"
    assert lost["error"].endswith(f"; {way}")


async def test_a_start_that_is_told_so_begins_anew(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    async with serving(path) as served:
        await talk(served)
    os.unlink(tmp_path / "parley.db")
    async with serving(path, new=True) as served:
        await talk(served)


@pytest.mark.requires("postgresql")
async def test_a_server_that_restarts_is_waited_for(tmp_path: Path) -> None:
    """W-13, I-1: everybody is told, the process stays, and goes on when the database is there."""
    with running() as server:
        path = write_config(tmp_path)
        url = server.fresh()
        path.write_text(path.read_text().replace(f"sqlite:///{tmp_path}/parley.db", url))
        async with serving(path) as served:
            web = await talk(served)
            await trio.to_thread.run_sync(server.stop)
            await web.send("ES_CHAT_SENTENCE", sentence("s2", "second"), 3)
            frames = await web.rest()
            assert 3 not in [frame.re for frame in frames]
            assert bye_of(frames).code is ByeCode.STORE_UNAVAILABLE
            await trio.to_thread.run_sync(server.start)
            await goes_on(served, ["first"])
            assert not served.status


class Away:
    """A store that is away for a while, each time that it is opened."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked = 0
        self.was_asked = threading.Event()

    def __call__(self, url: str, *, create: bool, new: bool) -> Store:
        self.asked += 1
        self.was_asked.set()
        if self.errors:
            raise self.errors.pop(0)
        return Store.open(url, create=create, new=new)


async def test_a_database_that_is_away_at_the_start_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "TRY_AGAIN", 0.001)
    store = Away(*[StoreAwayError("it starts up")] * 3)
    with capture_logs() as logged:
        async with serving(write_config(tmp_path), open_store=store) as served:
            assert store.asked == 4
            await talk(served)
    told = [line["event"] for line in logged if str(line["event"]).startswith("store_")]
    assert told[:4] == ["store_away", "store_away", "store_away", "store_back"]


async def test_a_database_that_stays_away_ends_the_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14: it is tried again for a while, ever more seldom, and not for ever."""
    monkeypatch.setattr(app, "TRY_FOR", 0.2)
    monkeypatch.setattr(app, "TRY_AGAIN", 0.01)
    store = Away(*[StoreAwayError("it starts up")] * 1_000)
    with made(write_config(tmp_path), open_store=store) as broker:
        assert await broker.run() is ExitStatus.STORE_LOST
    assert 1 < store.asked <= 5


async def test_a_stop_ends_the_waiting_for_a_database(tmp_path: Path) -> None:
    """W-13."""
    store = Away(*[StoreAwayError("it starts up")] * 1_000)
    with made(write_config(tmp_path), open_store=store) as broker:
        async with trio.open_nursery() as nursery:

            async def stop() -> None:
                await trio.to_thread.run_sync(store.was_asked.wait)
                broker.stop()

            nursery.start_soon(stop)
            assert await broker.run() is ExitStatus.DRAINED


async def test_a_database_of_another_broker_is_not_waited_for(tmp_path: Path) -> None:
    store = Away(StoreInUseError("in use"))
    with made(write_config(tmp_path), open_store=store) as broker:
        assert await broker.run() is ExitStatus.STORE_LOST
    assert store.asked == 1
