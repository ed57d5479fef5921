"""Each planted bug is caught by the law that names it, and by nothing that the plant itself broke."""

from itertools import islice

import pytest

from broker.checker import Violation
from broker.shell.engine import Engine
from broker.simulation.run import Script, play
from tests.simulation.caught import ALL, CAUGHT_BY, attempts, fitting, stale, verdict
from tests.simulation.plants import Patch, Plant


@pytest.mark.timeout(900)
@pytest.mark.parametrize("plant", ALL, ids=[plant.name.replace(" ", "-") for plant in ALL])
def test_a_planted_bug_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant.patch(monkeypatch)
    fault, _ = verdict(plant, attempts(plant))
    assert fault is None


def test_the_seed_that_caught_a_bug_last_comes_first_and_the_others_follow() -> None:
    assert {*CAUGHT_BY} <= {plant.name for plant in ALL}
    plant = next(plant for plant in ALL if CAUGHT_BY.get(plant.name, "plant-0") != "plant-0")
    first, *others = attempts(plant)
    assert first == CAUGHT_BY[plant.name]
    assert {first, *others} == {*islice(fitting(plant), plant.seeds)}


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
    fault, _ = verdict(old, attempts(old))
    assert (fault or "").startswith("the plant patches what is no more: the engine died of ")


def test_a_plant_may_kill_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    fatal = Plant("a fault in a turn", "I-16", _turn_that_fails)
    fatal.patch(monkeypatch)
    fault, _ = verdict(fatal, attempts(fatal))
    assert fault is None


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
