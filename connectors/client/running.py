"""How a client lives: it connects when its block is entered, and says good-bye when that is left."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from connectors.client.transport import Address, Client

EVENTS = 10_000
"""How many events may wait to be read, unless a program says otherwise."""


@asynccontextmanager
async def running(client: Client, *, wait: bool) -> AsyncIterator[None]:
    """Run a client for as long as a block takes.

    Args:
        client: The client.
        wait: Enter the block when its session is ready.
    """
    try:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.run)
            if wait:
                await client.wait_ready()
            yield
            await client.bye()
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        # The program has one task here: what it raised comes out as it was raised.
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from group.exceptions[0].__cause__
        raise
    finally:
        client.release()


def address_of(address: str | Address, tls: ssl.SSLContext | None) -> Address:
    """Where the broker is, however it was said."""
    return Address.parse(address, tls) if isinstance(address, str) else address
