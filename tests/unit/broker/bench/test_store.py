"""The cost of a sentence in the store."""

from __future__ import annotations

import json

import pytest

from broker.bench.main import bench_store
from broker.bench.store import StoreLoad

SMALL = StoreLoad(chats=5, length=2, sizes=(1, 3), sentences=30, rounds=2)


def test_each_size_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_store(SMALL, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert [cost["size"] for cost in found] == [1, 3]
    assert all(cost["cpu"] > 0 and cost["wall"] > 0 for cost in found)


def test_a_person_gets_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench_store(SMALL) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "5 chats of 2 sentences, the least of 2 rounds"
    assert lines[1].split("  ") == ["sentences a commit", "CPU us a sentence", "us a commit"]
    assert [line.split()[0] for line in lines[3:]] == ["1", "3"]
