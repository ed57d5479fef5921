"""A program beside the broker."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
import trio

from broker.companion import Companion

SLEEPS = "import signal, sys; open(sys.argv[1], 'a').write('x'); signal.pause()"
ENDS = "import sys; open(sys.argv[1], 'a').write('x'); sys.exit(3)"


HEARS = """
import signal, sys
write = lambda word: open(sys.argv[1], 'a').write(word)
signal.signal(signal.SIGHUP, lambda *_: write('h'))
write('x')
while True:
    signal.pause()
"""


def companion(path: Path, program: str, name: str = "web") -> Companion:
    run = (sys.executable, "-c", program)
    return Companion(name, (str(path),), program=run, chance=lambda: 1.0)


async def written(path: Path, text: str) -> None:
    await until(lambda: path.exists() and path.read_text() == text)


async def until(condition: Callable[[], object]) -> None:
    for _ in range(2_000):
        if condition():
            return
        await trio.sleep(0.01)  # real time: a real process
    raise AssertionError("it does not happen")


async def test_it_starts_when_the_broker_serves_and_stops_when_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log"
    one, ready = companion(path, SLEEPS), trio.Event()
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one.run, ready)
            await trio.testing.wait_all_tasks_blocked()
            assert not path.exists()
            ready.set()
            await written(path, "x")
            await one.ended()


async def test_one_that_is_told_to_stop_before_never_starts(tmp_path: Path) -> None:
    one = companion(tmp_path / "log", SLEEPS)
    one.stop()
    with trio.fail_after(20):
        await one.run(trio.Event())
        await one.ended()
    assert not (tmp_path / "log").exists()


async def test_one_that_ends_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.companion.FIRST", 0.01)
    path = tmp_path / "log"
    one, ready = companion(path, ENDS), trio.Event()
    ready.set()
    with structlog.testing.capture_logs() as log, trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one.run, ready)
            await written(path, "xxx")
            await one.ended()
    ends = [entry for entry in log if entry["event"] == "companion_ended"]
    assert ends[0] == {
        "event": "companion_ended",
        "log_level": "error",
        "name": "web",
        "status": 3,
        "again_in": 0.0,
    }


async def test_who_reads_the_configuration_again_is_told_to_and_nobody_else(
    tmp_path: Path,
) -> None:
    paths = {name: tmp_path / name for name in ("figures", "web")}
    ready = trio.Event()
    both = [companion(path, HEARS, name) for name, path in paths.items()]
    for one in both:
        one.reload()  # nobody is there yet
    ready.set()
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            for one in both:
                nursery.start_soon(one.run, ready)
            for path in paths.values():
                await written(path, "x")
            for one in reversed(both):
                one.reload()
            await written(paths["figures"], "xh")
            for one in both:
                await one.ended()
    assert paths["web"].read_text() == "x"


async def test_a_program_that_is_not_there_is_said_so() -> None:
    one, ready = Companion("web", (), program=("/no/such/program",)), trio.Event()
    ready.set()
    with structlog.testing.capture_logs() as log, trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one.run, ready)
            await until(lambda: log)
            await one.ended()
    assert log[0]["event"] == "companion_not_started"
