"""The kit bites: each fault that is planted into a good connector is found, under its clause."""

from pathlib import Path

import pytest

from connectors.channels.conform.table import SCENARIOS
from tests.support import faulty_inbound, faulty_outbound, faulty_session
from tests.support.faulty import FAULTY, Faulty
from tests.support.played_channel import Pigeons, conforming


@pytest.mark.parametrize("fault", FAULTY, ids=lambda it: f"{it.scenario}: {it.name}")
def test_a_planted_fault_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: Faulty
) -> None:
    make = fault.plant(monkeypatch) or Pigeons
    (played,) = conforming(monkeypatch, tmp_path, (fault.scenario,), make)
    assert fault.clause in {one.clause for one in played.findings}, played


def test_the_table_is_filled() -> None:
    for part in (faulty_inbound, faulty_outbound, faulty_session):
        assert any(fault.plant.__module__ == part.__name__ for fault in FAULTY)


def test_every_scenario_has_found_something() -> None:
    assert {one.name for one in SCENARIOS} == {fault.scenario for fault in FAULTY}
