"""Health and metrics over real HTTP."""

import io
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import trio
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from broker.app import Broker
from broker.shell import http
from broker.shell.service_manager import Supervisor
from broker.store.store import Store
from protocol.errors import ByeCode
from tests.integration.peers import (
    PATIENCE,
    Served,
    command,
    made,
    sentence,
    serving,
    start_chat,
    write_config,
)

Page = tuple[int, str]


def fetch(address: tuple[str, int], path: str, method: str = "GET") -> Page:
    """Fetch a page, in a thread of one's own."""
    request = Request(f"http://{address[0]}:{address[1]}{path}", method=method)
    try:
        with urlopen(request, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def get(served: Served, path: str, method: str = "GET") -> Page:
    """Fetch a page of the broker."""
    return await trio.to_thread.run_sync(fetch, served.http, path, method)


async def metrics(served: Served) -> dict[tuple[str, str], float]:
    """All samples by name and label value."""
    status, text = await get(served, "/metrics")
    assert status == 200
    return {
        (sample.name, ",".join(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_health_and_readiness(tmp_path: Path) -> None:
    async with serving(write_config(tmp_path)) as served:
        assert f"http://127.0.0.1:{served.http[1]}" in served.out.getvalue()
        assert await get(served, "/healthz") == (200, "healthy\n")
        assert await get(served, "/readyz") == (200, "ready\n")
        assert (await get(served, "/"))[0] == 404
        assert (await get(served, "/healthz", "POST"))[0] == 405
        served.broker.server.detach(ByeCode.SHUTDOWN, "")
        assert await get(served, "/readyz") == (503, "not ready\n")
        assert await get(served, "/healthz") == (200, "healthy\n")


class SlowStore:
    """A store that is opened when it may be, as one that has to be upgraded first."""

    def __init__(self) -> None:
        self.asked, self.may = threading.Event(), threading.Event()

    def __call__(self, url: str, *, create: bool, new: bool) -> Store:
        self.asked.set()
        assert self.may.wait(PATIENCE)
        return Store.open(url, create=create, new=new)


def runs(broker: Broker, nursery: trio.Nursery) -> trio.Event:
    """Run a broker; what is set once it serves."""
    ready = trio.Event()

    async def run() -> None:
        await nursery.start(broker.run)
        ready.set()

    nursery.start_soon(run)
    return ready


async def test_a_broker_whose_store_takes_long_to_open_is_alive_and_not_ready(
    tmp_path: Path,
) -> None:
    """A probe that was not answered would have the start begun anew, for ever."""
    store, out = SlowStore(), io.StringIO()
    with made(write_config(tmp_path), open_store=store, out=out) as broker:
        served = Served(broker, ("", 0), out)
        async with trio.open_nursery() as nursery:
            with ExitStack() as held:
                held.callback(store.may.set)
                ready = runs(broker, nursery)
                await trio.to_thread.run_sync(store.asked.wait)
                assert await get(served, "/healthz") == (200, "starting\n")
                assert await get(served, "/readyz") == (503, "starting\n")
                assert (await metrics(served))["parley_ready", ""] == 0
                assert not out.getvalue()
            await ready.wait()
            assert await get(served, "/healthz") == (200, "healthy\n")
            assert await get(served, "/readyz") == (200, "ready\n")
            broker.stop()


async def test_a_reload_while_the_store_opens_calls_nothing_ready(tmp_path: Path) -> None:
    """The manager would take the end of the reload for the end of the start."""
    store, said = SlowStore(), tmp_path / "notify"
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
        made(write_config(tmp_path), open_store=store, supervisor=Supervisor(str(said))) as broker,
        capture_logs() as log,
    ):
        manager.bind(str(said))
        manager.setblocking(False)
        told = []

        def hear() -> list[str]:
            with suppress(BlockingIOError):
                while True:
                    told.append(manager.recv(4_096).decode().partition("=")[0])
            return told

        async with trio.open_nursery() as nursery:
            with ExitStack() as held:
                held.callback(store.may.set)
                ready = runs(broker, nursery)
                await trio.to_thread.run_sync(store.asked.wait)
                broker.want_reload()
                while all(line["event"] != "configuration_reloaded" for line in log):  # noqa: ASYNC110 - a log sets no event
                    await trio.sleep(0.01)  # real time: a thread reads it
                assert hear() == ["STATUS", "EXTEND_TIMEOUT_USEC"]
            await ready.wait()
            assert hear()[2:] == ["READY"]
            broker.stop()
        assert hear()[3:] == ["STOPPING"]


async def test_the_figures_say_what_happened(tmp_path: Path) -> None:
    async with serving(write_config(tmp_path)) as served:
        before = await metrics(served)
        assert before["parley_sessions", "connector"] == 0
        assert before["parley_chats", "Waiting"] == 0
        web, _desk = await served.connector(), await served.workplace()
        await web.send("ES_CHAT_START", start_chat(), 1)
        for number in range(3):
            await web.send("ES_CHAT_SENTENCE", sentence(f"s{number}", "x"), number)
            await web.get("SE_CHAT_SENTENCE")
        await web.send("ES_CHAT_STATUS", command(tracking_id="none"), 2)
        await web.get("SYS_ERROR")

        after = await metrics(served)
        assert after["parley_sessions", "connector"] == 1
        assert after["parley_sessions", "workplace"] == 1
        assert after["parley_connections", ""] == 2
        assert after["parley_connections_accepted_total", ""] == 2
        assert after["parley_chats", "Waiting"] == 1
        assert after["parley_sentences_committed_total", ""] == 3
        assert after["parley_refusals_total", "UnknownChat"] == 1
        assert after["parley_queue_oldest_seconds", ""] > 0
        assert after["parley_ready", ""] == 1
        commits = after["parley_commit_seconds_count", ""]
        assert 3 <= commits <= 6
        assert after["parley_commit_seconds_bucket", "+Inf"] == commits
        assert after["parley_commit_facts_count", ""] == commits


async def test_a_loop_that_does_not_answer_is_not_healthy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Callable[[], Any]] = []

    class StuckLoop:
        def run_sync_soon(self, answer: Callable[[], Any]) -> None:
            asked.append(answer)

    monkeypatch.setattr(http, "PATIENCE", 0.01)
    ask: Any = http.Asker(lambda: None, StuckLoop())  # type: ignore[arg-type, return-value]  # never answers
    started: list[str] = []
    serve = http.application(ask)
    for path in ("/healthz", "/readyz", "/metrics"):
        environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET"}
        serve(environ, lambda status, headers: started.append(status))
    assert started == ["503 Service Unavailable"] * 3
    assert len(asked) == 3


@pytest.mark.parametrize("said", [b"", b"GET /metrics HT", b"GET / HTTP/1.0\r\nA: b\r\n"])
async def test_requests_that_come_to_no_end_block_nobody(tmp_path: Path, said: bytes) -> None:
    """I-14: a probe that is not answered has the broker restarted."""
    async with serving(write_config(tmp_path)) as served:
        with ExitStack() as held:
            for _ in range(http.REQUESTS + 6):
                stuck = held.enter_context(socket.create_connection(served.http))
                stuck.sendall(said)
            for _ in range(3):
                assert await get(served, "/healthz") == (200, "healthy\n")
            await served.connector()


async def test_who_dribbles_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """I-14: each byte comes in time, the request never."""
    monkeypatch.setattr(http, "SECONDS", 0.2)
    async with serving(write_config(tmp_path)) as served:
        stream = await trio.open_tcp_stream(*served.http)

        async def dribble() -> None:
            while True:
                await stream.send_all(b"A")
                await trio.sleep(0.02)  # real time: its thread has a clock of its own

        with pytest.raises(trio.BrokenResourceError):
            await dribble()
        await stream.aclose()


async def test_a_request_has_a_bound(tmp_path: Path) -> None:
    """I-14: what comes beyond it is not read."""
    async with serving(write_config(tmp_path)) as served:
        stream = await trio.open_tcp_stream(*served.http)
        line = b"A: " + b"x" * 8_000 + b"\r\n"
        with suppress(trio.BrokenResourceError):
            await stream.send_all(b"GET /healthz HTTP/1.0\r\n" + 90 * line)
        with suppress(trio.BrokenResourceError):
            async for _ in stream:
                pass
        await stream.aclose()
        assert (await get(served, "/healthz"))[0] == 200


async def test_it_may_listen_on_several_addresses(tmp_path: Path) -> None:
    path = write_config(tmp_path)
    both = 'http = ["127.0.0.1:0", "[::1]:0"]'
    path.write_text(path.read_text().replace('http = "127.0.0.1:0"', both))
    async with serving(path) as served:
        assert served.broker.http is not None
        for host, port in served.broker.http.addresses:
            where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            assert f"health and metrics on http://{where}\n" in served.out.getvalue()
            page = await trio.to_thread.run_sync(fetch, (where.rpartition(":")[0], port), "/readyz")
            assert page == (200, "ready\n")
