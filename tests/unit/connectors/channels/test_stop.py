"""The end of a program: announced, and waited for."""

import anyio
import pytest

from connectors.channels.channel import Stopping
from connectors.channels.stop import Stop
from connectors.client.backoff import Backoff
from tests.support.played_channel import in_virtual_time


def test_a_pause_ends_with_the_program() -> None:
    async def run() -> None:
        stop = Stop(lambda: 0.0)
        assert await stop.pause(5)
        await stop.rest(Backoff(first=2.0), 1)
        assert anyio.current_time() == 7.0
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(stop.wait)
            await anyio.sleep(1)  # real time: no, a clock that jumps
            stop.begin()
        assert not await stop.pause(5)
        with pytest.raises(Stopping):
            await stop.rest(Backoff(), 1)
        with pytest.raises(Stopping):
            stop.check()
        assert anyio.current_time() == 8.0

    in_virtual_time(run)


def test_what_is_waited_for_comes_or_the_end_does() -> None:
    async def run() -> None:
        stop, happening = Stop(), anyio.Event()
        happening.set()
        await stop.until(happening.wait)
        async with anyio.create_task_group() as tasks:

            async def wait() -> None:
                with pytest.raises(Stopping):
                    await stop.until(anyio.Event().wait)

            tasks.start_soon(wait)
            await anyio.sleep(1)  # real time: no, a clock that jumps
            stop.begin()

    in_virtual_time(run)
