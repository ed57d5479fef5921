"""The table of floors knows every module, and a module below its floor is told."""

from pathlib import Path

import coverage
import pytest

from tests.house import covered
from tests.house.covered import Reached

KNOWN = {
    "broker.core",
    "broker.core.agents",
    "broker.core.agents.requests",
    "broker.core.broker",
    "protocol.json_codec",
    "protocol.codec",
}


def test_the_table_is_written_as_it_is() -> None:
    floors = covered.read_floors()
    assert covered.table(floors) == covered.FLOORS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("module", "file", "own"),
    [
        ("protocol.codec", "protocol/test_codec.py", True),
        ("protocol.codec", "protocol/test_codec_guids.py", True),
        ("protocol.codec", "protocol/test_json_codec.py", False),
        ("protocol.json_codec", "protocol/test_json_codec.py", True),
        ("broker.core.agents.requests", "broker/core/agents/test_requests_wrapup.py", True),
        ("broker.core.agents.requests", "broker/core/test_agents.py", True),
        ("broker.core.broker", "broker/core/test_agents.py", False),
        ("broker.core.broker", "broker/core/agents/test_requests.py", False),
    ],
)
def test_a_modules_own_tests(module: str, file: str, own: bool) -> None:
    assert list(covered.own_tests(module, [file], KNOWN)) == ([file] if own else [])


@pytest.mark.parametrize(
    ("percent", "floor", "fault"),
    [
        (90.0, 90, None),
        (97.5, 90, None),
        (89.9, 90, "protocol.codec is at 89.9 %, its floor is 90 %"),
        (89.9, None, "protocol.codec has no floor in coverage.toml"),
    ],
)
def test_a_floor(percent: float, floor: int | None, fault: str | None) -> None:
    assert Reached("protocol.codec", percent, floor, 1).fault == fault


def test_what_others_reach_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the data to the verdict, and a floor that is lifted and never lowered."""
    (tmp_path / "protocol").mkdir()
    one, two = tmp_path / "protocol" / "one.py", tmp_path / "protocol" / "two.py"
    for path in (one, two):
        path.write_text("def f(x):\n    if x:\n        return 1\n    return 2\n")
    unit = tmp_path / "tests" / "unit" / "protocol"
    unit.mkdir(parents=True)
    (unit / "test_one.py").touch()
    floors = tmp_path / "coverage.toml"
    floors.write_text(covered.table({"protocol.one": 100, "protocol.two": 17}))
    data = coverage.CoverageData(str(tmp_path / "data"))
    data.set_context("")
    data.add_arcs({str(path): [(-1, 1), (1, -1)] for path in (one, two)})
    data.set_context("tests/unit/protocol/test_one.py::test_f|run")
    data.add_arcs({str(path): [(-1, 2), (2, 3), (3, -1)] for path in (one, two)})
    data.set_context("tests/unit/protocol/test_other.py::test_f|run")
    data.add_arcs({str(path): [(2, 4), (4, -1)] for path in (one, two)})
    data.write()
    monkeypatch.setattr(covered, "ROOT", tmp_path)
    monkeypatch.setattr(covered, "FLOORS", floors)
    monkeypatch.setattr(covered, "modules", lambda: {"protocol.one": one, "protocol.two": two})
    floors.write_text(covered.table({"protocol.one": 100, "protocol.two": 17, "protocol.old": 1}))
    assert covered.main([data.data_filename()]) == 1
    assert "protocol.old has a floor and is no module" in capsys.readouterr().out
    floors.write_text(covered.table({"protocol.one": 100, "protocol.two": 17}))
    assert covered.main([data.data_filename()]) == 1
    assert "protocol.one is at 66.7 %, its floor is 100 %" in capsys.readouterr().out
    assert covered.main([data.data_filename(), "--raise"]) == 0
    assert covered.read_floors() == {"protocol.one": 100, "protocol.two": 17}
    floors.write_text(covered.table({"protocol.one": 3, "protocol.two": 3}))
    assert covered.main([data.data_filename(), "--raise"]) == 0
    assert covered.read_floors() == {"protocol.one": 66, "protocol.two": 16}
    capsys.readouterr()
    assert covered.main([data.data_filename()]) == 0
    assert "every module is at its floor or above" in capsys.readouterr().out


def test_the_table_has_every_module_and_no_other() -> None:
    """What a new module is held to is said when it comes."""
    assert set(covered.read_floors()) == set(covered.modules())
