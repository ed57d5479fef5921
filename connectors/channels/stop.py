"""The end of a channel's program: announced first, then waited for, then enforced."""

from collections.abc import Awaitable, Callable
from random import random

import anyio
from attrs import define, field

from connectors.channels.channel import Stopping
from connectors.client.backoff import Backoff


@define(eq=False)
class Stop:
    """Whether the program is about to end, and how long it waits meanwhile.

    Attributes:
        chance: Source of jitter.
    """

    chance: Callable[[], float] = random
    _event: anyio.Event = field(factory=anyio.Event)

    def begin(self) -> None:
        """Announce the end."""
        self._event.set()

    @property
    def begun(self) -> bool:
        """Whether the end is announced."""
        return self._event.is_set()

    async def wait(self) -> None:
        """Wait until the end is announced."""
        await self._event.wait()

    async def until(self, happening: Callable[[], Awaitable[object]]) -> None:
        """Wait for something.

        Raises:
            Stopping: The end is announced before.
        """
        async with anyio.create_task_group() as tasks:

            async def give_up() -> None:
                await self._event.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(give_up)
            await happening()
            tasks.cancel_scope.cancel()
        self.check()

    def check(self) -> None:
        """Go no further once the end is announced.

        Raises:
            Stopping: It is.
        """
        if self.begun:
            raise Stopping("the program is about to end")

    async def pause(self, seconds: float) -> bool:
        """Wait for so long, or until the end is announced.

        Returns:
            Whether to go on.
        """
        with anyio.move_on_after(seconds):
            await self._event.wait()
        return not self.begun

    async def rest(self, backoff: Backoff, failures: int) -> None:
        """Wait before something that failed is tried again.

        Raises:
            Stopping: The program ends meanwhile.
        """
        await self.pause(backoff.delay(failures, self.chance))
        self.check()
