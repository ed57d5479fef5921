"""A night keeps to its time, counts what it tried, and sees what breaks."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from protocol.codec import decode
from protocol.frame import Frame
from tests.night import __main__ as night
from tests.night import parts
from tests.night.parts import Part, Tried
from tests.support import damaged_frames


def part(attempt: Callable[[int], Tried], share: int = 1) -> Part:
    return Part("cases", 10, share, attempt)


def test_a_part_ends_when_all_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    results = iter([Tried(4, (), {"lives": 1000}), Tried(4, ("a", "b")), Tried(4)])
    result = night.run(part(lambda _seed: next(results)), 10, 7, until=float("inf"))
    assert result.row("2026-01-02", "abc").startswith("| 2026-01-02 | abc | cases | 12 of 10 |")
    assert (result.seeds, result.faults) == (3, 2)
    assert "| 7..9 | 2 |" in result.row("", "")
    assert result.row("", "").endswith("| 1,000 lives |")
    assert capsys.readouterr().out == "  a\n  b\n"


def test_a_seed_that_raises_is_a_fault_and_no_end(capsys: pytest.CaptureFixture[str]) -> None:
    def attempt(seed: int) -> Tried:
        if seed == 8:
            raise RuntimeError("the disk is full")
        return Tried(5)

    result = night.run(part(attempt), 10, 7, until=float("inf"))
    assert (result.seeds, result.count, result.faults) == (3, 11, 1)
    assert "cases 8: Traceback" in capsys.readouterr().out


def test_a_part_whose_time_is_over_says_how_much_was_done() -> None:
    result = night.run(part(lambda _seed: Tried(1)), 10, 7, until=0.0)
    assert "| 0 of 10 | none | 0 |" in result.row("", "")


def test_what_a_part_leaves_over_goes_to_those_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    parts = [part(lambda _seed: Tried(1), share) for share in (3, 1, 1)]
    ends = night.shares(parts, 50.0)
    assert next(ends)[1] == 130.0
    now = 110.0
    assert next(ends)[1] == 130.0
    now = 130.0
    assert next(ends)[1] == 150.0


def test_rows_go_behind_the_table(tmp_path: Path) -> None:
    page = tmp_path / "proof.md"
    page.write_text(f"# Nights\n\n{night.HEAD}\n| --- |\n| old |\n")
    night.append(page, ["| new |"])
    assert page.read_text().splitlines()[-3:] == ["| --- |", "| old |", "| new |"]


def test_the_page_of_nights_has_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "proof.md"
    assert night.HEAD in page.read_text(encoding="utf-8").splitlines()


def test_damaged_frames_break_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """W-1, W-4, W-5."""
    monkeypatch.setattr(parts, "FRAMES_PER_SEED", 200)
    assert parts.frames(1) == Tried(200)


def test_damaged_frames_find_a_reader_that_takes_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fuzz bites: the fast way takes trailing bytes that the careful one refuses."""

    def lax(body: bytes) -> Frame:
        for end in range(len(body), max(0, len(body) - 4), -1):
            if isinstance(damaged_frames.outcome(decode, body[:end]), Frame):
                return decode(body[:end])
        return decode(body)

    monkeypatch.setattr(damaged_frames, "decode", lax)
    chance = Random(1)
    found = [fault for _ in range(2_000) for fault in damaged_frames.faults(chance)]
    assert any("the two ways of reading differ" in fault for fault in found)
