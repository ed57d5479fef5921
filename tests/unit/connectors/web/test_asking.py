"""Answers that many want at once."""

from collections.abc import Awaitable, Callable

import anyio
import pytest

from connectors.web.asking import Asking
from connectors.web.problems import Away


class Far:
    """Somebody who answers when they are let."""

    def __init__(self) -> None:
        self.asked = 0
        self.let = anyio.Event()
        self.broken = False

    async def __call__(self) -> str:
        self.asked += 1
        number = self.asked
        await self.let.wait()
        if self.broken:
            raise Away
        return f"answer {number}"


async def wanted(
    asking: Asking[str, str], ask: Callable[[], Awaitable[str]], into: list[str]
) -> None:
    try:
        into.append(await asking.get("key", ask))
    except Away:
        into.append("away")


@pytest.mark.trio
async def test_many_who_ask_at_once_ask_once(autojump_clock: object) -> None:
    asking, far, heard = Asking[str, str](2.0, 10), Far(), list[str]()
    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(wanted, asking, far, heard)
        await anyio.sleep(1)
        far.let.set()
    assert (heard, far.asked) == (["answer 1"] * 50, 1)
    await anyio.sleep(1.9)
    await wanted(asking, far, heard)
    assert heard[-1] == "answer 1"
    await anyio.sleep(0.2)
    await wanted(asking, far, heard)
    assert heard[-1] == "answer 2"


@pytest.mark.trio
async def test_a_refusal_is_told_to_all_who_wait_and_to_nobody_else(
    autojump_clock: object,
) -> None:
    asking, far, heard = Asking[str, str](2.0, 10), Far(), list[str]()
    far.broken = True
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(wanted, asking, far, heard)
        await anyio.sleep(1)
        far.let.set()
    assert (heard, far.asked) == (["away"] * 3, 1)
    far.broken = False
    await wanted(asking, far, heard)
    assert heard[-1] == "answer 2"


@pytest.mark.trio
async def test_who_gives_up_asking_leaves_it_to_the_next_one(autojump_clock: object) -> None:
    asking, far, heard = Asking[str, str](2.0, 10), Far(), list[str]()
    async with anyio.create_task_group() as tasks:

        async def impatient() -> None:
            with anyio.move_on_after(1):
                await wanted(asking, far, heard)
            heard.append("gone")

        tasks.start_soon(impatient)
        await anyio.sleep(0.5)
        tasks.start_soon(wanted, asking, far, heard)
        await anyio.sleep(1)
        far.let.set()
    assert (heard, far.asked) == (["gone", "answer 2"], 2)


@pytest.mark.trio
async def test_what_is_forgotten_is_asked_anew_and_what_was_under_way_is_not_kept(
    autojump_clock: object,
) -> None:
    asking, far, heard = Asking[str, str](2.0, 10), Far(), list[str]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wanted, asking, far, heard)
        await anyio.sleep(1)
        asking.forget()
        far.let.set()
    await wanted(asking, far, heard)
    assert heard == ["answer 1", "answer 2"]
