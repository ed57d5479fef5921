"""`parley simulate`: what it prints, and how it ends."""

from pathlib import Path

import pytest

from broker.checker.history import Kind, read
from broker.simulation import simulate_main
from broker.simulation.run import Script, play
from broker.simulation.shrink import shrink
from tests.simulation.plants import PLANTS

SMALL = ["--visitors", "2", "--agents", "2", "--vandals", "0", "--faults", "1", "--storm", "20"]
COUNTER_GAP = next(plant for plant in PLANTS if plant.name == "counter gap")


def test_good_seeds_end_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate_main(["--seed", "1", "--runs", "2", *SMALL]) == 0
    first, second, total = capsys.readouterr().out.splitlines()
    script = Script(seed="1", visitors=2, agents=2, vandals=0, faults=1, storm=20)
    assert first.startswith(f"seed 1 {play(script).digest} ok events ")
    assert second.startswith("seed 2 ")
    assert total.startswith("2 seeds, 0 failed: ")


def test_several_processes_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate_main(["--runs", "2", "--processes", "2", *SMALL]) == 0
    told = capsys.readouterr().out
    assert simulate_main(["--runs", "2", *SMALL]) == 0
    assert capsys.readouterr().out == told


def test_a_bad_seed_fails_and_says_how_to_see_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    COUNTER_GAP.patch(monkeypatch)
    assert simulate_main(["--seed", "2"]) == 1
    told = capsys.readouterr()
    assert "seed 2 " in told.out
    assert "FAILED" in told.out
    assert "1 seeds, 1 failed" in told.out
    assert "  I-3 at +" in told.err
    assert "again, with a trace: parley simulate --seed 2 --trace seed-2.jsonl" in told.err


def test_a_trace_holds_the_history(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trace.jsonl"
    assert simulate_main(["--trace", str(path), *SMALL]) == 0
    assert f"the history of seed 1 is in {path}" in capsys.readouterr().out
    with path.open() as file:
        events = read(file)
    assert events[0].kind is Kind.SETUP
    assert {event.kind for event in events} >= {Kind.SENT, Kind.GOT, Kind.COMMITTED, Kind.END}


def test_a_failing_run_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    COUNTER_GAP.patch(monkeypatch)
    script = Script(seed="2")
    small = shrink(script, "I-3")
    assert small.storm <= script.storm
    assert small.visitors <= script.visitors
    assert small != script
    assert any(violation.law == "I-3" for violation in play(small).violations)
