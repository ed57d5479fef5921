"""The service: what is pushed, what another configuration changes, how it follows."""

from __future__ import annotations

import json
from typing import Any

import pytest
import trio

from broker.config.load import loads
from broker.reporting.figures.pushing import BEAT, pushed
from broker.reporting.figures.service import Service, targets_of
from broker.reporting.figures.sums import Asked
from protocol.identifiers import derive
from tests.support.figures_stage import FIGURES, FiguresStage, busy_morning, config_of, playing
from tests.support.playbook import CONFIG

Event = tuple[str, str | None, dict[str, Any]]


def read(data: bytes) -> Event:
    """An event as a browser reads it."""
    assert data.endswith(b"\n\n")
    found = dict(line.split(": ", 1) for line in data.decode().splitlines() if line)
    return found["event"], found.get("id"), json.loads(found["data"])


class Reader:
    """Somebody who is pushed to."""

    def __init__(self, stage: FiguresStage, known: str | None = None, **asked: Any) -> None:
        self.stage = stage
        self.may = True
        self.events = pushed(stage.service, Asked(**asked), known, lambda: self.may)
        stage.streams.append(self.events)

    async def next(self) -> Event:
        """The next event, after a look."""
        found: list[bytes] = []

        async def take() -> None:
            found.append(await anext(self.events))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(take)
            while not found:
                await trio.testing.wait_all_tasks_blocked()
                if not found:
                    await self.stage.look()
        return read(found[0])


async def test_all_is_pushed_at_first_and_then_what_changes() -> None:
    async with playing() as stage:
        busy_morning(stage)
        await stage.look()
        reader = Reader(stage)
        kind, first, live = await reader.next()
        assert (kind, len(live["Groups"]), len(live["Agents"])) == ("live", 2, 2)
        stage.start("t8", ExtResponse="sales")
        kind, second, said = await reader.next()
        assert (kind, first != second) == ("changes", True)
        (sales,) = said["Groups"]
        assert (sales["Project"]["Name"], sales["Today"]["Offered"]) == ("Sales", 2)
        assert (said["GoneGroups"], said["GoneAgents"]) == ([], [])


async def test_the_threshold_that_passes_is_pushed_though_nothing_happens() -> None:
    async with playing() as stage:
        stage.start("t1", ExtResponse="expert")
        stage.play.wait(19)
        await stage.look()
        reader = Reader(stage, by=())
        _kind, _id, live = await reader.next()
        assert live["Groups"][0]["Today"]["Events"] == 0
        stage.play.wait(2)
        kind, _id, said = await reader.next()
        assert (kind, said["Groups"][0]["Today"]["Events"]) == ("changes", 1)
        assert said["Groups"][0]["Today"]["ServiceLevel"]["Negative"] == 0.0


async def test_who_comes_back_and_has_everything_is_told_nothing_twice() -> None:
    async with playing() as stage:
        busy_morning(stage)
        await stage.look()
        _kind, first, _live = await Reader(stage).next()
        again = Reader(stage, first)
        stage.start("t8", ExtResponse="sales")
        assert (await again.next())[0] == "changes"
        late = Reader(stage, first)
        assert (await late.next())[0] == "live"


async def test_who_is_gone_is_named() -> None:
    async with playing() as stage:
        alice = stage.play.agent("alice", "101")
        await stage.look()
        reader = Reader(stage)
        await reader.next()
        alice.says("CS_AGENT_STATE", State="LogOff")
        alice.heard.clear()
        _kind, _id, said = await reader.next()
        assert said["GoneAgents"] == [derive("agent", "Alice Novak")]


async def test_a_beat_where_nothing_changes(autojump_clock: trio.testing.MockClock) -> None:
    async with playing() as stage:
        await stage.look()
        reader = Reader(stage)
        await reader.next()
        began = trio.current_time()
        kind, key, said = read(await anext(reader.events))
        assert (kind, key, trio.current_time() - began) == ("beat", None, BEAT)
        assert set(said) == {"AsOfUtc", "HeardUtc"}


async def test_it_ends_with_the_service_and_with_the_right() -> None:
    async with playing() as stage:
        await stage.look()
        withdrawn, other = Reader(stage), Reader(stage)
        await withdrawn.next()
        await other.next()
        withdrawn.may = False
        stage.service.end()
        for reader in (withdrawn, other):
            with pytest.raises(StopAsyncIteration):
                await anext(reader.events)


async def test_another_threshold_counts_the_day_anew() -> None:
    async with playing() as stage:
        busy_morning(stage)
        (before,) = (await stage.told("/v1/live", project="Support"))["Groups"]
        assert before["Today"]["InTime"] == 1
        longer = config_of(FIGURES.replace('threshold = "20s"', 'threshold = "25s"'))
        assert longer.figures is not None
        stage.service.renew(longer, longer.figures)
        assert (await stage.ask("/v1/live")).status_code == 503
        (after,) = (await stage.told("/v1/live", project="Support"))["Groups"]
        assert after["Today"]["InTime"] == 2


async def test_another_name_is_shown_and_nothing_read_anew() -> None:
    async with playing() as stage:
        busy_morning(stage)
        await stage.look()
        text = (CONFIG + FIGURES).replace('name = "Alice Novak"', 'name = "Alice Nova"')
        alice = derive("agent", "Alice Novak")
        text = text.replace('nickname = "Alice"', f'id = "{alice}"')
        renamed = loads(text).config
        assert renamed.figures is not None
        stage.service.renew(renamed, renamed.figures)
        agents = (await stage.told("/v1/live"))["Agents"]
        assert [one["Agent"]["Name"] for one in agents] == ["Alice Nova", "Bob"]
        assert stage.service.follower.begun == 1


async def test_too_many_readers_are_refused() -> None:
    few = FIGURES.replace("[figures]", "[figures]\nstreams = 0")
    async with playing(few) as stage:
        await stage.look()
        response = await stage.ask("/v1/stream")
        assert (response.status_code, response.json()["code"]) == (503, "Overloaded")


def test_how_contacts_are_counted_is_as_configured() -> None:
    more = 'short_abandon = "5s"\nthresholds = { Sales = "10s" }\n'
    figures = config_of(FIGURES.replace("[figures]\n", f"[figures]\n{more}")).figures
    assert figures is not None
    targets = targets_of(figures)
    assert targets.of(derive("project", "Sales")).threshold == 10_000_000
    assert targets.of(derive("project", "Support")).threshold == 20_000_000
    assert targets.of(None).short == 5_000_000
    usual = config_of().figures
    assert usual is not None
    # Nobody is left out: not even who gave up in the very moment in which they began to wait.
    assert targets_of(usual).of(None).short == -1


async def test_it_looks_on_time(
    autojump_clock: trio.testing.MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each second, however long a look takes, until it ends."""
    looks: list[float] = []

    async def look(service: Service) -> None:
        looks.append(trio.current_time())
        await trio.sleep((0.25, 0.5, 1.75)[len(looks) % 3])
        if len(looks) == 5:
            service.end()

    monkeypatch.setattr(Service, "look", look)
    async with playing() as stage:
        began = trio.current_time()
        await stage.service.run()
    assert [at - began for at in looks] == [0.0, 1.0, 2.75, 3.75, 4.75]
