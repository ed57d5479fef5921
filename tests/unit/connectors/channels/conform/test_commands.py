"""The far side and the program as commands of the system."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from connectors.channels.conform.commands import (
    CommandFailedError,
    CommandFarSide,
    CommandProgram,
)

WAITS = """
import signal, sys
signal.signal(signal.SIGTERM, {heed})
open("up", "w")
while True:
    signal.pause()
"""
HEEDS = WAITS.format(heed="lambda *_: sys.exit(3)")
DEAF = WAITS.format(heed="signal.SIG_IGN")


def run(do: Callable[[], Awaitable[None]]) -> None:
    anyio.run(do, backend="trio")


def test_a_message_is_made_to_come_in_and_seen_at_the_far_side(tmp_path: Path) -> None:
    far = CommandFarSide(
        address="a",
        inject_command=f'echo "$1-$TEXT" >> {tmp_path}/f',
        look_command=f"cat {tmp_path}/f",
    )

    async def scenario() -> None:
        await far.inject("it's one")
        await far.inject("two")
        assert await far.arrived() == ["it's one-it's one", "two-two"]

    run(scenario)
    assert (far.can_inject, far.can_look) == (True, True)
    assert not CommandFarSide(address="a").can_look


def test_a_command_that_fails_is_no_finding() -> None:
    far = CommandFarSide(address="a", inject_command="echo broken >&2; exit 7")

    async def scenario() -> None:
        await far.inject("x")

    with pytest.raises(CommandFailedError, match="status 7: broken"):
        run(scenario)


async def up(path: Path) -> None:
    """Wait until the program is there."""
    with anyio.fail_after(30):
        while not (path / "up").exists():  # noqa: ASYNC110 - a file tells nobody
            await anyio.sleep(0.01)  # real time: a process starts


def test_a_program_is_started_stopped_and_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario() -> None:
        program = CommandProgram([sys.executable, "-c", HEEDS])
        await program.start()
        await up(tmp_path)
        assert await program.stop(30) == 3
        await program.kill()
        (tmp_path / "up").unlink()
        await program.start()
        await up(tmp_path)
        await program.kill()
        await program.kill()

    run(scenario)


def test_a_program_that_does_not_stop_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario() -> None:
        program = CommandProgram([sys.executable, "-c", DEAF])
        await program.start()
        await up(tmp_path)
        assert await program.stop(0.01) is None
        await program.kill()

    run(scenario)
