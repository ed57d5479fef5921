"""Each planted bug is caught by the law that names it."""

import pytest

from broker.simulation.run import Script, play
from tests.simulation.plants import PLANTS, Plant
from tests.simulation.plants_floor import PLANTS as MORE
from tests.simulation.plants_forms import PLANTS as FORMS
from tests.simulation.plants_server import PLANTS as SERVER
from tests.simulation.plants_traffic import PLANTS as TRAFFIC

ALL = [*PLANTS, *MORE, *FORMS, *SERVER, *TRAFFIC]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("plant", ALL, ids=[plant.name.replace(" ", "-") for plant in ALL])
def test_a_planted_bug_is_caught(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant.patch(monkeypatch)
    found: set[str] = set()
    for seed in range(plant.seeds):
        found |= {violation.law for violation in play(Script(seed=f"plant-{seed}")).violations}
        if plant.law in found:
            return
    pytest.fail(f"not caught by {plant.law} in {plant.seeds} seeds, only by {sorted(found)}")


def test_without_a_plant_nothing_is_caught() -> None:
    for seed in range(3):
        assert play(Script(seed=f"plant-{seed}")).violations == ()
