"""Reloads that hang, that come too early, that would take everything away."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from broker import app
from broker.app import ExitStatus
from broker.config.load import Loaded, load
from broker.store.errors import StoreError
from broker.store.store import Store
from protocol.values import Role
from tests.integration.peers import PATIENCE, Peer, made, serving, start_chat, write_config

APP = '[[gateways]]\nname = "App"\npeer = "app"\ntoken = "app-secret"\n'


class DeadShare:
    """Where the configuration lies: who reads it waits until the end of the test."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.may = threading.Event()

    def load(self, path: Path) -> Loaded:
        self.asked.set()
        self.may.wait(PATIENCE)
        return load(path)


@pytest.fixture
def share(monkeypatch: pytest.MonkeyPatch) -> Any:
    share = DeadShare()
    monkeypatch.setattr(app, "load_again", share.load)
    yield share
    share.may.set()


async def test_a_broker_ends_though_its_reload_hangs(tmp_path: Path, share: DeadShare) -> None:
    """C-4."""
    async with serving(write_config(tmp_path)) as served:
        served.broker.want_reload()
        await trio.to_thread.run_sync(share.asked.wait)
        served.broker.stop()
        await served.ended.wait()
        assert served.status == [ExitStatus.DRAINED]
        assert not share.may.is_set()


async def test_a_reload_that_hangs_is_given_up(
    tmp_path: Path, share: DeadShare, mock_clock: MockClock
) -> None:
    """C-4."""
    async with serving(write_config(tmp_path, more=APP)) as served:
        before = served.broker.config
        for _ in range(app.READERS + 1):  # the last one gets no thread any more
            ended = trio.Event()

            async def reload(ended: trio.Event = ended) -> None:
                assert not await served.broker.reload()
                ended.set()

            async with trio.open_nursery() as nursery:
                nursery.start_soon(reload)
                await trio.testing.wait_all_tasks_blocked()
                mock_clock.jump(app.READ_AGAIN + 1)
                await ended.wait()
        assert served.broker.config is before
        await served.connector()


CUTS = [
    ("gateways", ""),
    ("agents", "[[agents]]"),
    ("workplaces", "[[workplaces]]"),
    ("project_rules", "[[project_rules]]"),
]


@pytest.mark.parametrize(("kind", "cut"), CUTS)
async def test_a_file_that_was_cut_is_not_taken(tmp_path: Path, kind: str, cut: str) -> None:
    """C-4: what is left may be a good file, and still nobody meant it."""
    path = write_config(tmp_path)
    async with serving(path) as served:
        before = served.broker.config
        text = path.read_text()
        path.write_text(text[: text.index(cut)])
        if kind != "gateways":
            assert not getattr(load(path).config, kind)
        assert not await served.broker.reload()
        assert served.broker.config is before
        web, _desk = await served.connector(), await served.workplace()
        await web.send("ES_CHAT_START", start_chat(), 1)
        assert (await web.get("SE_CHAT_STATUS")).re == 1


class SlowStart:
    """A database that takes its time to open."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.may = threading.Event()
        self.is_lost = False

    def __call__(self, url: str, *, create: bool, new: bool) -> Store:
        self.asked.set()
        self.may.wait(PATIENCE)
        if self.is_lost:
            raise StoreError("lost")
        return Store.open(url, create=create, new=new)


@pytest.fixture
def slow() -> Iterator[SlowStart]:
    slow = SlowStart()
    yield slow
    slow.may.set()


async def test_a_broker_ends_before_its_store_is_open(tmp_path: Path, slow: SlowStart) -> None:
    slow.is_lost = True
    with made(write_config(tmp_path), open_store=slow) as broker:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(broker.run)
            await trio.to_thread.run_sync(slow.asked.wait)
            broker.stop()


async def test_a_reload_before_the_store_is_open_takes_effect(
    tmp_path: Path, slow: SlowStart
) -> None:
    """C-4: the state that is being read knows the old configuration only."""
    with made(write_config(tmp_path), open_store=slow) as broker:
        async with trio.open_nursery() as nursery:

            async def reload() -> None:
                await trio.to_thread.run_sync(slow.asked.wait)
                write_config(tmp_path, more=APP)
                assert await broker.reload()
                slow.may.set()

            nursery.start_soon(reload)
            peer = await Peer.connect(await nursery.start(broker.run))
            await peer.hello(Role.CONNECTOR, "app", token="app-secret")
            await peer.send("ES_CHAT_START", start_chat(peer="app"), 1)
            assert (await peer.get("SE_CHAT_STATUS")).re == 1
            await trio.aclose_forcefully(peer.stream)
            broker.stop()
