"""A stream that nobody has to wait for."""

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.shell import output
from broker.shell.output import QueuedStream

PATIENCE = 20.0
"""Real seconds after which a test gives up."""
PAGE = 4_096


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PAGE)
    yield reader, writer
    for end in (reader, writer):
        os.close(end)


def lines_of(reader: int, count: int) -> list[str]:
    """Read that many lines."""
    got = b""
    while got.count(b"\n") < count:
        got += os.read(reader, PAGE)
    return got.decode().splitlines()


def test_what_is_written_arrives_in_its_order(pipe: tuple[int, int]) -> None:
    stream = QueuedStream(pipe[1])
    for number in range(50):
        print(number, "é\ud800", file=stream, flush=True)
    assert lines_of(pipe[0], 50) == [f"{number} é\\ud800" for number in range(50)]
    assert stream.drain(PATIENCE)
    assert stream.dropped == 0
    assert (stream.fileno(), stream.isatty(), stream.writable()) == (pipe[1], False, True)


def test_beyond_its_bound_lines_are_dropped_and_told_of_once_there_is_room(
    pipe: tuple[int, int],
) -> None:
    stream = QueuedStream(pipe[1], most_waiting=3 * PAGE)
    told: list[int] = []
    resumed = threading.Event()

    def tell(lost: int) -> None:
        told.append(lost)
        resumed.set()

    stream.resumed = tell
    line = "x" * (PAGE // 2 - 1) + "\n"
    for _ in range(20):
        stream.write(line)
    assert stream.dropped == 14
    assert not stream.drain(0.0)
    assert lines_of(pipe[0], 6) == [line.rstrip()] * 6
    assert resumed.wait(PATIENCE)
    assert told == [14]
    stream.write("after\n")
    assert lines_of(pipe[0], 1) == ["after"]


def test_a_pipe_that_somebody_made_non_blocking_loses_nothing(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    stream = QueuedStream(pipe[1])
    for number in range(2_000):
        stream.write(f"line {number}\n")
    assert lines_of(pipe[0], 2_000)[-1] == "line 1999"
    assert stream.dropped == 0


def test_what_cannot_be_written_is_counted_and_the_end_does_not_wait(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        stream = QueuedStream(full.fileno())
        for _ in range(3):
            stream.write("one\ntwo\n")
            assert stream.drain(PATIENCE)
        assert stream.dropped == 6


def test_a_line_that_was_torn_by_a_full_disk_ends_before_the_next(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    room = [5]
    write = os.write

    def scarce(descriptor: int, data: memoryview) -> int:
        if not room[0]:
            raise OSError(errno.ENOSPC, "full")
        taken = min(room[0], len(data))
        room[0] -= taken
        return write(descriptor, data[:taken])

    monkeypatch.setattr(os, "write", scarce)
    stream = QueuedStream(pipe[1])
    stream.write("first line\nlost\n")
    assert stream.drain(PATIENCE)
    assert stream.dropped == 2
    room[0] = PAGE
    stream.write("second\n")
    assert lines_of(pipe[0], 2) == ["first", "second"]


def test_writing_while_its_lock_is_held_is_no_deadlock(pipe: tuple[int, int]) -> None:
    """A finalizer may warn at any moment, in the middle of a write as well."""
    stream = QueuedStream(pipe[1])
    with stream._changed:
        stream.write("a warning\n")
    assert lines_of(pipe[0], 1) == ["a warning"]


def test_several_streams_share_the_time_for_last_words(pipe: tuple[int, int]) -> None:
    stuck, other = QueuedStream(pipe[1]), QueuedStream(pipe[1])
    for stream in (stuck, other):
        stream.write("x" * 2 * PAGE + "\n")
    output.drain_all((stuck, other), 0.0)  # comes back
    assert not stuck.drain(0.0)
    left = 2 * (2 * PAGE + 1)
    while left:
        left -= len(os.read(pipe[0], PAGE))
    output.drain_all((stuck, other), PATIENCE)
    assert stuck.drain(0.0)
    assert other.drain(0.0)
