"""The program around a channel: arguments, configuration, log, signals, exit status.

def main(argv: Sequence[str]) -> int:
    return channel_main("email", EmailSettings, Email, argv)
"""

import argparse
import logging
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeVar

import anyio

from connectors.channels.channel import Channel
from connectors.channels.converter import FaultsError
from connectors.channels.figures import Figures
from connectors.channels.health import served
from connectors.channels.host import serve
from connectors.channels.settings import Settings, load
from connectors.channels.stop import Stop
from connectors.channels.store import StoreInUseError, opened
from connectors.channels.telling import innermost
from connectors.client.errors import Ended

T = TypeVar("T")

STOPPED: Final = 0
FAILED: Final = 1
FAULTY: Final = 2
UNWANTED: Final = 3
"""The broker refused the program: no use in starting it again before something is changed."""

_log = logging.getLogger(__name__)


def channel_main(
    name: str,
    section: type[T],
    make: Callable[[T], Channel],
    argv: Sequence[str],
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Run the program of a channel.

    Args:
        name: What it is called: the command, and its section of the file.
        section: The class of that section.
        make: Makes the channel of what the section says.
        argv: The arguments.
        environ: Where secrets are found.

    Returns:
        The exit status: 0 after it was told to stop, 1 when something failed, 2 on a faulty configuration,
        3 when the broker refuses it.
    """
    parser = argparse.ArgumentParser(
        prog=f"parley {name}",
        description=f"Carry messages between the broker and a far side ({name}). SIGTERM and SIGINT "
        "end it in good order. Exit status: 0 after that, 1 when it failed, 2 on a faulty configuration, "
        "3 when the broker refuses it.",
        epilog=f"example: parley {name} {name}.toml",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the configuration")
    parser.add_argument("--check", action="store_true", help="look at FILE and end")
    parser.add_argument("--quiet", action="store_true", help="log only warnings and errors")
    arguments = parser.parse_args(argv)
    try:
        settings = load(arguments.file, name, section, environ)
        channel = make(settings.own)
    except FaultsError as error:
        for fault in error.faults:
            print(f"{arguments.file}: {fault}", file=sys.stderr)
        return FAULTY
    if arguments.check:
        print(f"{arguments.file}: good")
        return STOPPED
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.WARNING if arguments.quiet else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    return run(channel, settings)


def run(channel: Channel, settings: Settings[T]) -> int:
    """Run a channel in this process until a signal ends it; the exit status says how it ended."""
    try:
        anyio.run(_serve, channel, settings, backend=channel.backend)
    except BaseException as error:
        match innermost(error):
            case Ended() as found:
                _log.error("the broker refuses this program: %s", found)
                return UNWANTED
            case StoreInUseError() | sqlite3.Error() | OSError() as found:
                _log.error("%s", found)
                return FAILED
            case SystemExit() as found:
                raise found from None
            case Exception():
                _log.exception("%s failed", channel.name)
                return FAILED
            case _:
                raise
    return STOPPED


async def _serve(channel: Channel, settings: Settings[T]) -> None:
    stop, figures = Stop(), Figures(channel.name)
    with served(figures, settings.health.listen):
        async with opened(settings.store.path) as store, anyio.create_task_group() as tasks:
            tasks.start_soon(_heed, stop)
            await serve(
                channel,
                settings.broker,
                store,
                limits=settings.limits,
                figures=figures,
                stop=stop,
            )
            tasks.cancel_scope.cancel()


async def _heed(stop: Stop) -> None:
    """Obey signals; the second one ends the program at once."""
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            if stop.begun:
                raise SystemExit(128 + number)
            _log.info("%s: stopping", signal.Signals(number).name)
            stop.begin()
