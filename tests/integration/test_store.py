"""The store's file between processes: who may open it, and copies of it while it is in use."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from broker.config.model import Config
from broker.store import Store, StoreUnusableError
from tests.support.store_facts import said, started

HOLD = """
import sys
from broker.store import Store
from tests.support.store_facts import said, started
store = Store.open(sys.argv[1])
store.commit([started(1), said(1, 1)])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_database_is_free_again_when_its_broker_is_killed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    command = [sys.executable, "-c", HOLD, url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as broker:
        assert broker.stdout is not None
        assert broker.stdout.readline() == b"open\n"
        with pytest.raises(StoreUnusableError, match="in use by another broker"):
            Store.open(url)
        broker.kill()
    store = Store.open(url)
    (chat,) = store.recover(Config(), 9).chats
    assert [sentence.counter for sentence in chat.transcript.sentences] == [1]
    store.close()


def test_a_copy_taken_while_the_broker_writes_is_one_instant(tmp_path: Path) -> None:
    """The backup that docs/store.md describes: whole, openable, without a gap."""
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    store.commit([started(1)])
    stop, begun = threading.Event(), threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            written += 1
            store.commit([said(1, written)])
            if written == 200:
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(30)
        before = written
        reader = sqlite3.connect(tmp_path / "store.db")
        reader.execute("VACUUM INTO ?", (str(tmp_path / "copy.db"),))
        reader.close()
        after = written
    finally:
        stop.set()
        writer.join()
        store.close()
    copy = Store.open(f"sqlite:///{tmp_path}/copy.db", create=False)
    (chat,) = copy.recover(Config(), 9).chats
    counters = [sentence.counter for sentence in chat.transcript.sentences]
    assert counters == list(range(1, len(counters) + 1))
    assert before - 1 <= len(counters) <= after
    copy.close()
