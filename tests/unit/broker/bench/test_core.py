import json

import pytest

from broker.bench.core import CoreLoad, Floor, core_config
from broker.bench.main import bench_core
from broker.core.distribution_state import Work
from broker.core.invariants import check, overbooked
from broker.core.timers import TimerKind

pytestmark = pytest.mark.slow

SMALL = CoreLoad(agents=25, waiting=400, conversations=300, rounds=20)
ALWAYS = {"arrival", "answer", "hang-up", "rejection", "return", "transfer", "wait rule"}
MAIL = {f"mail: {what}" for what in ("arrival", "answer", "return", "transfer", "park", "close")}


def test_every_kind_of_decision_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_core(SMALL, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["load"] == {
        "agents": 25,
        "waiting": 400,
        "conversations": 300,
        "rounds": 20,
        "seed": 1,
    }
    assert found["queues"] > 1
    kinds = found["kinds"]
    known = {f"timer {kind.name.lower()}" for kind in TimerKind}
    assert ALWAYS | MAIL <= kinds.keys() <= ALWAYS | MAIL | {"pause", "ready"} | known
    for cost in (*kinds.values(), found["overall"], found["elapsed"]):
        assert cost.keys() == {"count", "p50", "p99", "max"}
        assert cost["count"] > 0
        assert cost["p50"] <= cost["p99"] <= cost["max"]
    assert found["overall"]["count"] == sum(cost["count"] for cost in kinds.values())


def test_a_person_gets_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_core(SMALL) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("25 agents, 400 waiting chats, 300 waiting conversations in ")
    assert lines[1].split() == ["decision", "number", "p50", "us", "p99", "us", "max", "us"]
    assert lines[-1].startswith("all, elapsed")


def test_the_floor_keeps_the_laws_and_its_waiting_chats() -> None:
    floor = Floor.open(SMALL)
    for _ in range(SMALL.rounds):
        floor.round()
        assert floor.waiting >= SMALL.waiting - 1
        assert floor.state.distribution.waiting[Work.CONVERSATION] >= SMALL.conversations - 1
    assert check(floor.state) == []
    assert overbooked(floor.state) == []


def test_the_same_seed_gives_the_same_work() -> None:
    one, other = Floor.open(SMALL), Floor.open(SMALL)
    one.round()
    other.round()
    assert (one.seq, one.now, one.started) == (other.seq, other.now, other.started)
    assert core_config(SMALL) != core_config(CoreLoad(agents=25, seed=2))
