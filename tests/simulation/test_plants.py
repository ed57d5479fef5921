"""Each planted bug is caught by the law that names it, and by nothing that the plant itself broke."""

import re
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import Final

import pytest

from broker.checker import Violation
from broker.shell.engine import Engine
from broker.simulation.run import Script, installation_of, play
from tests.simulation.plants import PLANTS, Patch, Plant
from tests.simulation.plants_attachments import PLANTS as ATTACHMENTS
from tests.simulation.plants_floor import PLANTS as MORE
from tests.simulation.plants_forms import PLANTS as FORMS
from tests.simulation.plants_post import PLANTS as POST
from tests.simulation.plants_server import PLANTS as SERVER
from tests.simulation.plants_texts import PLANTS as TEXTS
from tests.simulation.plants_traffic import PLANTS as TRAFFIC

ALL = [*PLANTS, *ATTACHMENTS, *MORE, *FORMS, *POST, *SERVER, *TEXTS, *TRAFFIC]

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


def verdict(plant: Plant) -> str | None:
    """What is wrong with a bug that is planted now: nothing when its law names it."""
    found: set[str] = set()
    for seed in islice(fitting(plant), plant.seeds):
        violations = play(Script(seed=seed)).violations
        if broken := stale(violations):
            return f"the plant patches what is no more: {broken[0]}"
        found |= {violation.law for violation in violations}
        if plant.law in found:
            return None
    return f"not caught by {plant.law} in {plant.seeds} seeds, only by {sorted(found)}"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("plant", ALL, ids=[plant.name.replace(" ", "-") for plant in ALL])
def test_a_planted_bug_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant.patch(monkeypatch)
    assert verdict(plant) is None


def test_without_a_plant_nothing_is_caught() -> None:
    for seed in range(3):
        assert play(Script(seed=f"plant-{seed}")).violations == ()


def _turn_without_a_member(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "_turn", lambda self: self.a_member_of_yore())


def _turn_with_an_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "_turn", lambda self, _of_yore: False)


def _turn_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def turn(self: Engine) -> bool:
        raise RuntimeError

    monkeypatch.setattr(Engine, "_turn", turn)


@pytest.mark.parametrize("patch", [_turn_without_a_member, _turn_with_an_argument])
def test_a_plant_that_dies_of_its_own_age_is_no_proof(
    patch: Patch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine dies, which I-16 names: but of what the plant calls, and not of the bug."""
    old = Plant("of yore", "I-16", patch)
    old.patch(monkeypatch)
    assert (verdict(old) or "").startswith("the plant patches what is no more: the engine died of ")


def test_a_plant_may_kill_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    fatal = Plant("a fault in a turn", "I-16", _turn_that_fails)
    fatal.patch(monkeypatch)
    assert verdict(fatal) is None


@pytest.mark.parametrize(
    ("text", "is_stale"),
    [
        ("the engine died of AttributeError(\"'Chat' object has no attribute 'agents'\")", True),
        ("the engine died of AttributeError(\"module 'a.b' has no attribute 'c'\")", True),
        ("the engine died of AttributeError(\"type object 'Chat' has no attribute 'c'\")", True),
        ("a connection died of TypeError(\"f() got an unexpected keyword argument 'b'\")", True),
        ("the engine died of TypeError('f() takes 1 positional argument but 2 were given')", True),
        ("the engine died of TypeError(\"f() missing 1 required positional argument: 'a'\")", True),
        ("the engine died of AttributeError(\"'NoneType' object has no attribute 'id'\")", False),
        ("the engine died of KeyError('t1')", False),
        ("the engine died of AssertionError()", False),
        ("expected 'Chat' object has no attribute 'agents'", False),
    ],
)
def test_what_tells_age_from_a_bug(text: str, is_stale: bool) -> None:
    assert bool(stale([Violation("I-16", text)])) is is_stale
