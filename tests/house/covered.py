"""Show how much of each module its own tests reach, and hold it against the table of floors.

    python -m tests.house.covered DATA [--raise]

DATA is what `make coverage` collected: branches, with the test that took each. A module's own tests
are the files of `tests/unit` that are named after it, or after its package as a whole. Lines that
run at the import count as reached. A floor may only rise: `--raise` lifts those that were passed.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final

from attrs import frozen
from coverage import Coverage
from coverage.exceptions import NoDataError

ROOT: Final = Path(__file__).parents[2]
FLOORS: Final = Path(__file__).with_name("coverage.toml")
PACKAGES: Final = ("protocol", "broker/core")
AT_IMPORT: Final = "^$"
"""The context of what runs while tests are collected."""


@frozen
class Reached:
    """How much of a module its own tests reach.

    Attributes:
        percent: Of its lines and branches.
        floor: What the table asks for; None where it does not know the module.
        tests: How many files are its own.
    """

    module: str
    percent: float
    floor: int | None
    tests: int

    @property
    def fault(self) -> str | None:
        """What is wrong with it."""
        if self.floor is None:
            return f"{self.module} has no floor in {FLOORS.name}"
        if self.percent < self.floor:
            return f"{self.module} is at {self.percent:.1f} %, its floor is {self.floor} %"
        return None


def modules(root: Path = ROOT) -> dict[str, Path]:
    """The modules that have floors, by their dotted names."""
    paths = (path for package in PACKAGES for path in sorted((root / package).rglob("*.py")))
    return {
        ".".join(path.relative_to(root).with_suffix("").parts): path
        for path in paths
        if path.name != "__init__.py"
    }


def own_tests(module: str, files: Collection[str], known: Collection[str]) -> Iterator[str]:
    """The files of unit tests that are a module's own, by their paths below `tests/unit`."""
    for file in files:
        path = PurePosixPath(file)
        words = path.stem.removeprefix("test_").split("_")
        names = (
            ".".join((*path.parent.parts, "_".join(words[:n]))) for n in range(len(words), 0, -1)
        )
        tested = next((name for name in names if name in known), None)
        if tested is not None and (module == tested or module.startswith(f"{tested}.")):
            yield file


def measured(data: Path, floors: Mapping[str, int]) -> Iterator[Reached]:
    """Each module with what its own tests reach."""
    found = modules()
    packages = {".".join(name.split(".")[:n]) for name in found for n in (1, 2, 3)}
    unit = ROOT / "tests" / "unit"
    files = [path.relative_to(unit).as_posix() for path in sorted(unit.rglob("test_*.py"))]
    coverage = Coverage(data_file=data, branch=True)
    coverage.load()
    for module, path in found.items():
        own = list(own_tests(module, files, {*found, *packages}))
        contexts = [AT_IMPORT, *(f"^tests/unit/{re.escape(file)}::" for file in own)]
        try:
            percent = coverage.report([str(path)], contexts=contexts, file=io.StringIO())
        except NoDataError:
            percent = 0.0
        yield Reached(module, percent, floors.get(module), len(own))


def table(floors: Mapping[str, int]) -> str:
    """The file of floors."""
    head = (
        "# Percent of each module's lines and branches that its own tests reach; it may only rise."
    )
    lines = [f'"{module}" = {floor}' for module, floor in sorted(floors.items())]
    return "\n".join(
        [head, "# `make coverage` holds it; `make coverage RAISE=1` lifts it.", "", *lines, ""]
    )


def read_floors() -> dict[str, int]:
    """The table as it is."""
    return dict(tomllib.loads(FLOORS.read_text(encoding="utf-8")))


def main(argv: Sequence[str]) -> int:
    """Print the modules; 1 when one is below its floor."""
    parser = argparse.ArgumentParser(prog="python -m tests.house.covered")
    parser.add_argument("data", type=Path)
    parser.add_argument("--raise", action="store_true", dest="lift")
    arguments = parser.parse_args(argv)
    floors = read_floors()
    rows = list(measured(arguments.data, floors))
    for row in rows:
        floor = "-" if row.floor is None else str(row.floor)
        print(f"{row.module:42} {row.tests:3} files {row.percent:6.1f} %   floor {floor:>3}")
    if arguments.lift:
        lifted = {row.module: max(row.floor or 0, int(row.percent)) for row in rows}
        FLOORS.write_text(table(lifted), encoding="utf-8")
        return 0
    faults = [row.fault for row in rows if row.fault is not None]
    gone = sorted(floors.keys() - {row.module for row in rows})
    faults += [f"{module} has a floor and is no module" for module in gone]
    print("\n".join(faults) or "every module is at its floor or above")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
