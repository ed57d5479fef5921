"""The measurement of starts: what it puts into the store is what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.bench.config import write_config
from broker.bench.settings import Load
from broker.bench.start import Contents, fill, main
from broker.child import ServedBroker
from broker.config.load import load
from broker.core.broker import restore
from broker.core.invariants import check
from broker.store.store import Store
from protocol.values import ChatStatus

pytestmark = pytest.mark.slow

CONTENTS = Contents(chats=3, sentences=4, rows=1_012, text_bytes=30)
NOW = 1_800_000_000_000_000


def test_the_store_has_open_chats_and_old_ones(tmp_path: Path) -> None:
    address = ("127.0.0.1", 1)
    write_config(tmp_path / "bench.toml", address, Load(connectors=2, agents=2))
    fill(ServedBroker(tmp_path / "bench.toml", address, tmp_path / "log"), CONTENTS)
    config = load(tmp_path / "bench.toml").config
    store = Store.open(f"sqlite:///{tmp_path}/bench.db", create=False)
    cursor = store._connection.connection.cursor()
    assert cursor.execute("SELECT count(*) FROM sentences").fetchone() == (1_012,)
    state = restore(config, store.recover(config, NOW), NOW)
    store.close()
    chats = list(state.chats.values())
    assert [chat.status for chat in chats] == [ChatStatus.ANSWERED] * 3
    assert {chat.agent for chat in chats} == set(config.agents)
    said = [sentence for chat in chats for sentence in chat.transcript.sentences]
    assert {len(sentence.words.text) for sentence in said} == {30}
    assert [s.counter for s in said if s.confirmed_at is None] == [4, 4, 4]
    assert check(state) == []


def test_starts_are_told_with_their_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--chats", "2", "--rows", "500", "--times", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("ready after ") and line.endswith(" MB") for line in lines)
