"""Things that are done side by side, and what they wait for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
import pytest

from connectors.channels.lanes import Lanes


class Work:
    """Things that begin and are done when the test says so."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.ends: dict[str, anyio.Event] = {}

    def named(self, name: str) -> Callable[[], Awaitable[None]]:
        self.ends[name] = anyio.Event()

        async def do() -> None:
            self.begun.append(name)
            await self.ends[name].wait()
            self.ended.append(name)

        return do

    async def end(self, *names: str) -> None:
        for name in names:
            self.ends[name].set()
            await anyio.wait_all_tasks_blocked()


async def test_what_has_nothing_in_common_is_done_side_by_side() -> None:
    work = Work()
    async with anyio.create_task_group() as tasks:
        lanes = Lanes(tasks)
        for name in "abc":
            await lanes.put([name], work.named(name))
        await anyio.wait_all_tasks_blocked()
        assert sorted(work.begun) == ["a", "b", "c"]
        await work.end("c", "a", "b")
    assert work.ended == ["c", "a", "b"]


async def test_what_has_a_key_in_common_is_done_in_order() -> None:
    """Also where one thing joins two others, and when what it goes by is done already."""
    work = Work()
    async with anyio.create_task_group() as tasks:
        lanes = Lanes(tasks)
        await lanes.put(["eva", "t1"], work.named("a"))
        await lanes.put(["jan", "t2", "jan"], work.named("b"))
        await lanes.put(["jan", "t1"], work.named("c"))
        await lanes.put(["t1"], work.named("d"))
        await anyio.wait_all_tasks_blocked()
        assert sorted(work.begun) == ["a", "b"]
        await work.end("b")
        assert sorted(work.begun) == ["a", "b"]
        await work.end("a")
        assert work.begun[2:] == ["c"]
        await work.end("c", "d")
        await lanes.put(["t1"], work.named("e"))
        await work.end("e")
    assert work.ended == ["b", "a", "c", "d", "e"]
    assert lanes._last == {}


async def test_no_more_is_begun_than_there_is_room_for() -> None:
    work = Work()
    async with anyio.create_task_group() as tasks:
        lanes = Lanes(tasks, most=2)
        await lanes.put(["x"], work.named("a"))
        await lanes.put(["x"], work.named("b"))  # what waits takes room, too
        tasks.start_soon(lanes.put, ["y"], work.named("c"))
        await anyio.wait_all_tasks_blocked()
        assert work.begun == ["a"]
        await work.end("a")
        assert work.begun == ["a", "b", "c"]
        await work.end("b", "c")


async def test_what_is_long_is_done_alone() -> None:
    work = Work()
    async with anyio.create_task_group() as tasks:
        lanes = Lanes(tasks, most_bytes=10)
        await lanes.put(["x"], work.named("a"), 6)
        await lanes.put(["y"], work.named("b"), 4)
        tasks.start_soon(lanes.put, ["z"], work.named("c"), 50)
        await work.end("a")
        assert sorted(work.begun) == ["a", "b"]
        await work.end("b")
        assert work.begun[2:] == ["c"]
        await work.end("c")
    assert lanes._bytes == 0


async def test_what_fails_ends_them_all_and_holds_up_nothing() -> None:
    work = Work()

    async def fails() -> None:
        raise ValueError("broken")

    async def both() -> None:
        async with anyio.create_task_group() as tasks:
            lanes = Lanes(tasks)
            await lanes.put(["x"], work.named("a"))
            await lanes.put(["y"], fails)

    with pytest.raises(ExceptionGroup) as caught:
        await both()
    assert caught.group_contains(ValueError, match="broken")
    assert work.ended == []
