"""By which seed each planted bug is caught: `python -m tests.simulation.caught` writes `caught.txt` anew.

A bug is looked for by one seed after the other. To begin with the one that caught it last saves most of
that time; when the broker has changed so much that this one catches it no more, the others follow as before.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import pytest

from broker.checker import Violation
from broker.simulation.run import Script, installation_of, play
from tests.simulation.plants import PLANTS, Plant
from tests.simulation.plants_attachments import PLANTS as ATTACHMENTS
from tests.simulation.plants_floor import PLANTS as MORE
from tests.simulation.plants_forms import PLANTS as FORMS
from tests.simulation.plants_post import PLANTS as POST
from tests.simulation.plants_server import PLANTS as SERVER
from tests.simulation.plants_texts import PLANTS as TEXTS
from tests.simulation.plants_traffic import PLANTS as TRAFFIC

ALL: Final = (*PLANTS, *ATTACHMENTS, *MORE, *FORMS, *POST, *SERVER, *TEXTS, *TRAFFIC)

_FILE: Final = Path(__file__).with_name("caught.txt")
CAUGHT_BY: Final = {
    name: seed for seed, name in (line.split(" ", 1) for line in _FILE.read_text().splitlines())
}
"""The seed that caught each bug last, by the name of the bug."""

STALE: Final = re.compile(
    r" died of (AttributeError\((?!.*'NoneType' object).* has no attribute"
    r"|TypeError\(.*(required (positional|keyword-only) argument|unexpected keyword argument"
    r"|positional arguments? but))"
)
"""What a patch dies of that was written for code which is no more: a class, a module or a function has not
what it wants. Of None a bug may well want something."""


def stale(violations: Iterable[Violation]) -> list[str]:
    """What only a patch of code that is no more can have brought."""
    return [found.text for found in violations if STALE.search(found.text)]


def fitting(plant: Plant) -> Iterator[str]:
    """The seeds whose installation has what a bug is about."""
    for number in count():
        script = Script(seed=f"plant-{number}")
        if plant.needs(installation_of(script).config):
            yield script.seed


def attempts(plant: Plant) -> Iterator[str]:
    """All seeds within which a bug must be caught, the one that caught it last before the others."""
    last = CAUGHT_BY.get(plant.name)
    if last is not None:
        yield last
    yield from (seed for seed in islice(fitting(plant), plant.seeds) if seed != last)


def verdict(plant: Plant, seeds: Iterable[str]) -> tuple[str | None, str]:
    """What is wrong with a bug that is planted now, nothing when its law names it; and the seed it took."""
    found: set[str] = set()
    seed = ""
    for seed in seeds:
        violations = play(Script(seed=seed)).violations
        if broken := stale(violations):
            return f"the plant patches what is no more: {broken[0]}", seed
        found |= {violation.law for violation in violations}
        if plant.law in found:
            return None, seed
    return f"not caught by {plant.law} in {plant.seeds} seeds, only by {sorted(found)}", seed


def _look(number: int) -> str:
    plant = ALL[number]
    with pytest.MonkeyPatch.context() as patch:
        plant.patch(patch)
        fault, seed = verdict(plant, attempts(plant))
    print(f"{seed} {plant.name}: {fault or 'caught'}", file=sys.stderr, flush=True)
    return f"{seed} {plant.name}\n" if fault is None else ""


def main() -> None:
    """Look for every bug, and note by which seed it was caught."""
    with get_context("spawn").Pool(2, maxtasksperchild=8) as pool:
        lines = pool.map(_look, range(len(ALL)), chunksize=1)
    _FILE.write_text("".join(sorted(lines, key=lambda line: line.split(" ", 1)[1])))


if __name__ == "__main__":
    main()
