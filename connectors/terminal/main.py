"""The two programs, from their command line to their exit status."""

import io
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio
from attrs import evolve

from connectors.client.backoff import Backoff
from connectors.client.connect import connect_connector, connect_workplace
from connectors.client.settings import Tuning
from connectors.terminal.agent import AgentTerminal
from connectors.terminal.options import (
    AgentOptions,
    Options,
    VisitorOptions,
    agent_options,
    visitor_options,
)
from connectors.terminal.plain import Plain
from connectors.terminal.program import Face
from connectors.terminal.screen import Screen
from connectors.terminal.visitor import VisitorTerminal

SOFTWARE = "parley-terminal"
AT_A_SCREEN = Tuning(backoff=Backoff(longest=5.0))
"""People who look at a screen are back soon after the broker is."""


def visitor_main(argv: Sequence[str]) -> int:
    """Run `parley visitor`.

    Args:
        argv: The arguments behind the program's name.

    Returns:
        The exit status: 0, or 1 when the broker ended the session or there is none.
    """
    return _run(partial(_visit, visitor_options(argv)))


def agent_main(argv: Sequence[str]) -> int:
    """Run `parley agent`; as `visitor_main`."""
    return _run(partial(_work, agent_options(argv)))


async def _visit(options: VisitorOptions) -> int:
    # Other visitors of this gateway, each at a terminal of their own, are none of our business.
    tuning = evolve(AT_A_SCREEN, follow=False)
    async with connect_connector(
        options.address,
        [options.gateway],
        options.token,
        tuning=tuning,
        software=SOFTWARE,
        wait=False,
    ) as client:
        return await VisitorTerminal(client, _face(options), options).run()


async def _work(options: AgentOptions) -> int:
    async with connect_workplace(
        options.address,
        options.workplace,
        options.login,
        options.token,
        conversations=True,
        tuning=AT_A_SCREEN,
        software=SOFTWARE,
        wait=False,
    ) as client:
        return await AgentTerminal(client, _face(options), options).run()


def _run(program: Callable[[], Awaitable[int]]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="replace"
            )  # a terminal that has no ticks shows question marks
    # prompt_toolkit lives on asyncio.
    try:
        return anyio.run(program, backend="asyncio")
    except KeyboardInterrupt:
        return 130


def _face(options: Options) -> Face:
    return Plain() if options.plain else Screen()
