"""Run the long tests for as long as there is time, and print what they came to.

python -m tests.night --hours 10
python -m tests.night --only "power cuts" --count 500 --first 7
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from attrs import Factory, define

from tests.night.parts import PARTS, Part, Tried

SHOWN: Final = 8
"""Faults of a seed that are printed; there are often many of one cause."""
TELL_SECONDS: Final = 60.0
"""How often a part says how far it is."""
SEEDS_PER_DAY: Final = 10_000
HEAD: Final = "| day | commit | what | done of | seeds | faults | minutes | besides |"


@define
class Result:
    """What a part of a night came to so far."""

    part: Part
    wanted: int
    first: int
    seeds: int = 0
    count: int = 0
    faults: int = 0
    seconds: float = 0.0
    figures: dict[str, int] = Factory(dict)

    def add(self, tried: Tried) -> None:
        """Take one seed more into account."""
        self.seeds += 1
        self.count += tried.count
        self.faults += len(tried.faults)
        for name, figure in tried.figures.items():
            self.figures[name] = self.figures.get(name, 0) + figure

    def row(self, day: str, commit: str) -> str:
        """The line of the table."""
        last = self.first + self.seeds - 1
        besides = ", ".join(f"{figure:,} {name}" for name, figure in self.figures.items())
        cells = (
            day,
            commit,
            self.part.name,
            f"{self.count:,} of {self.wanted:,}",
            f"{self.first}..{last}" if self.seeds else "none",
            str(self.faults),
            f"{self.seconds / 60:.1f}",
            besides,
        )
        return f"| {' | '.join(cells)} |"


def run(part: Part, wanted: int, first: int, until: float) -> Result:
    """Walk through a part until all is done or its time is over."""
    result = Result(part, wanted, first)
    began = told = time.monotonic()
    while result.count < wanted and time.monotonic() < until:
        tried = _tried(part, first + result.seeds)
        result.add(tried)
        now = time.monotonic()
        result.seconds = now - began
        for fault in tried.faults[:SHOWN]:
            print(f"  {fault}", flush=True)
        if now - told > TELL_SECONDS:
            told = now
            print(
                f"{part.name}: {result.count:,} of {wanted:,}, {result.faults} faults", flush=True
            )
    return result


def _tried(part: Part, seed: int) -> Tried:
    try:
        return part.attempt(seed)
    except Exception as error:  # noqa: BLE001 - whatever ends a seed is a fault, and no end of the night
        told = "".join(traceback.format_exception(error))
        return Tried(1, (f"{part.name} {seed}: {told}",))


def shares(parts: Sequence[Part], seconds: float) -> Iterator[tuple[Part, float]]:
    """Each part with the moment at which it stops; what one leaves over goes to those behind it."""
    end = time.monotonic() + seconds
    for place, part in enumerate(parts):
        now = time.monotonic()
        left = sum(other.share for other in parts[place:])
        yield part, now + (end - now) * part.share / left


def append(page: Path, rows: Sequence[str]) -> None:
    """Write rows behind the table with which a page ends."""
    text = page.read_text(encoding="utf-8").rstrip("\n")
    assert HEAD in text, f"{page} has no table of nights"
    page.write_text("\n".join([text, *rows, ""]), encoding="utf-8")


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude=*"]
    told = subprocess.run(command, capture_output=True, check=False, text=True)
    return told.stdout.strip() or "unpacked"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.night", description=__doc__)
    parser.add_argument("--hours", type=float, default=10.0, help="how long at the most (10)")
    names = [part.name for part in PARTS]
    parser.add_argument("--only", choices=names, action="append", help="this part, not all")
    parser.add_argument("--count", type=int, help="how many of a part, instead of the usual number")
    parser.add_argument("--first", type=int, help="the first seed; by default each day has its own")
    parser.add_argument("--into", type=Path, metavar="PAGE", help="append the rows to this page")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run the parts that are asked for; 1 when anything broke."""
    arguments = _parser().parse_args(argv)
    now = datetime.now(UTC)
    first = arguments.first
    if first is None:
        first = now.date().toordinal() * SEEDS_PER_DAY + 1
    commit = _commit()
    parts = [part for part in PARTS if not arguments.only or part.name in arguments.only]
    results = []
    for part, until in shares(parts, arguments.hours * 3600):
        result = run(part, arguments.count or part.wanted, first, until)
        results.append(result)
        print(result.row(now.date().isoformat(), commit), flush=True)
    if arguments.into is not None:
        append(arguments.into, [result.row(now.date().isoformat(), commit) for result in results])
    return 1 if any(result.faults for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
