"""Tokens that ended before their time."""

import logging
import stat
from pathlib import Path

import anyio
import pytest

from connectors.web.revoked import Revoked


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_what_ended_is_known_until_it_would_have_ended_anyway(clock: Clock) -> None:
    heard: list[str] = []
    revoked = Revoked(clock, ended=heard.append)
    revoked.end("a", clock.now + 10)
    revoked.end("a", clock.now + 10)
    assert ("a" in revoked, "b" in revoked, heard) == (True, False, ["a"])
    clock.now += 10
    assert "a" not in revoked
    revoked.tidy()
    assert len(revoked) == 0


def test_processes_that_share_the_file_know_it(clock: Clock, tmp_path: Path) -> None:
    path, heard = tmp_path / "revoked", list[str]()
    one, other = Revoked(clock, path), Revoked(clock, path, heard.append)
    other.look()  # nothing is there yet
    one.end("a", clock.now + 100)
    assert "a" not in other
    other.look()
    assert ("a" in other, heard) == (True, ["a"])
    one.end("b", clock.now + 100)
    other.end("c", clock.now + 100)
    for each in (one, other):
        each.look()
        assert all(key in each for key in "abc")
    assert heard == ["a", "c", "b"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    after_a_restart = Revoked(clock, path)
    after_a_restart.tidy()
    assert all(key in after_a_restart for key in "abc")


def test_the_file_does_not_grow_for_ever(clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "revoked"
    one, other = Revoked(clock, path), Revoked(clock, path)
    for number in range(100):
        one.end(f"old {number}", clock.now + 1)
    other.look()
    clock.now += 50
    one.end("new", clock.now + 100)
    length = path.stat().st_size
    Revoked(clock, path).tidy()
    assert path.stat().st_size < length / 10
    other.look()  # another file by now, and shorter
    assert "new" in other
    one.end("newest", clock.now + 100)
    other.look()
    assert "newest" in other


def test_what_is_no_line_is_left_out_and_half_a_line_is_waited_for(
    clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "revoked"
    until = int(clock.now) + 100
    path.write_bytes(b"nonsense\n\n 7\n\xff\xfe\nx y\n" + f"{until} a\n{until} ".encode())
    revoked = Revoked(clock, path)
    revoked.look()
    assert ("a" in revoked, len(revoked)) == (True, 1)
    with path.open("ab") as file:
        file.write(b"b\n")
    revoked.look()
    assert "b" in revoked


def test_a_file_that_cannot_be_written_keeps_nobody_from_logging_out(
    clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    revoked = Revoked(clock, tmp_path / "no" / "folder")
    revoked.end("a", clock.now + 10)
    assert "a" in revoked
    assert "not known to other processes" in caplog.text


@pytest.mark.trio
async def test_it_looks_again_and_again(
    clock: Clock, tmp_path: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "revoked"
    one, other = Revoked(clock, path), Revoked(clock, path)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(one.watch)
        await anyio.sleep(0.5)
        other.end("a", clock.now + 100)
        await anyio.sleep(1)
        assert "a" in one
        path.unlink()
        path.mkdir()
        with caplog.at_level(logging.ERROR):
            await anyio.sleep(5)
        assert caplog.text.count("is not known here") == 1
        path.rmdir()
        other.end("b", clock.now + 100)
        await anyio.sleep(1)
        assert "b" in one
        tasks.cancel_scope.cancel()
