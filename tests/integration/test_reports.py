"""`parley explain` and `parley report` beside a real broker, and on PostgreSQL (B-30)."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import pytest
import trio
from sqlalchemy import create_engine, select

from broker.reporting.explain.command import explain_main
from broker.reporting.report import report_main
from broker.store import Store
from broker.store.schema import metadata
from protocol.agent import AgentStateInfo
from protocol.values import AgentState, from_micros
from tests.integration.peers import Served, command, serving, start_chat, write_config
from tests.support.center import FROM_TO, a_day
from tests.support.disturbed_day import a_disturbed_day
from tests.support.postgresql import running


def printed(main: str, *argv: str, clock: int | None = None) -> str:
    """What one of the commands prints."""
    out = io.StringIO()
    run = report_main if main == "report" else explain_main
    assert run(argv, out, clock=clock) == 0
    return out.getvalue()


async def answered(served: Served) -> str:
    """A chat that alice answers, over the wire."""
    alice = await served.workplace()
    state = AgentStateInfo(peer="101", state=AgentState.READY)
    await alice.send("CS_AGENT_STATE", state, 1)
    web = await served.connector()
    await web.send("ES_CHAT_START", start_chat(), 1)
    alert = (await alice.get("SC_CHAT_ALERT")).payload
    chat = getattr(alert, "chat_id", None)
    await alice.send("CS_CHAT_ANSWER", command("101", chat_id=chat), 2)
    while True:
        told = (await web.get("SE_CHAT_STATUS")).payload
        if getattr(told, "status", None) == "Answered":
            return str(chat)


async def test_both_read_the_store_of_a_running_broker(tmp_path: Path) -> None:
    """B-30: what was durable when they began is what they tell; the broker goes on."""
    path = write_config(tmp_path)
    start = from_micros(time.time_ns() // 1_000 - 60_000_000).isoformat()
    async with serving(path) as served:
        chat = await answered(served)
        for asked in (chat, "web/t1"):
            text = await trio.to_thread.run_sync(printed, "explain", asked, "--store", str(path))
            assert "Offered to Alice: the only candidate." in text
            assert "Alice answered after" in text
        argv = ("report", "--store", str(path), "--from", start, "--format", "json")
        found = json.loads(await trio.to_thread.run_sync(printed, *argv))
        assert (found["all"]["offered"], found["all"]["answered"]) == (1, 1)
        agents = json.loads(await trio.to_thread.run_sync(printed, *argv, "--by", "agent"))
        assert agents["rows"][0]["name"] == "Alice"
        shop = await served.connector("shop")
        await shop.send("ES_CHAT_START", start_chat("t2", "shop"), 1)
        await shop.get("SE_CHAT_STATUS")
    found = json.loads(printed(*argv))
    assert found["all"]["offered"] == 2


@pytest.mark.requires("postgresql")
@pytest.mark.parametrize(("away", "after"), [(50_400, 0), (-7_200, 0), (-7_200, 10_800)])
def test_postgresql_tells_of_an_outage_and_a_set_clock_as_well(
    tmp_path: Path, away: int, after: int
) -> None:
    """B-30: the same figures and the same story."""
    day = a_disturbed_day(tmp_path, away, after)
    asked = ("--from", "2026-09-21T10:00Z", "--to", "2026-09-22T10:00Z", "--interval", "1h")
    with running() as server:
        stores = (f"sqlite:///{day.store}", server.fresh())
        Store.open(stores[1]).close()
        copied(*stores)
        for by in ("project", "gateway", "agent", "state"):
            argv = ("report", "--by", by, "--format", "csv", *asked, "--store")
            assert printed(*argv, stores[0], clock=day.end) == printed(
                *argv, stores[1], clock=day.end
            )
        told = [
            printed("explain", day.chats["t2"], "--store", store, clock=day.end) for store in stores
        ]
    assert told[0] == told[1]
    assert "answered after 20.0 s" in told[1]


def copied(store: str, other: str) -> None:
    """Copy all rows of a store into another, which is empty."""
    source, target = create_engine(store), create_engine(other)
    with source.connect() as here, target.begin() as there:
        for table in metadata.sorted_tables:
            rows = [{**row} for row in here.execute(select(table)).mappings()]
            if rows:
                there.execute(table.insert(), rows)
    source.dispose()
    target.dispose()


@pytest.mark.requires("postgresql")
def test_postgresql_tells_the_same(tmp_path: Path) -> None:
    with running() as server:
        stores = [a_day(tmp_path), a_day(tmp_path, server.fresh())]
        told = []
        for day in stores:
            store = ("--store", day.url)
            told.append(
                [
                    *(
                        printed("report", *store, *FROM_TO, "--by", by, clock=day.end)
                        for by in ("project", "gateway", "agent", "state")
                    ),
                    *(
                        printed("explain", chat, *store, clock=day.end)
                        for chat in day.chats.values()
                    ),
                ]
            )
        assert told[0] == told[1]
        assert "answered after 4.0 s" in "".join(told[1])
