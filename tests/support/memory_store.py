"""Empty stores whose tables are copied from one that was migrated once, in memory or in a file."""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path

from broker.store import Store


def memory_store() -> Store:
    """Open a store of its own; what a migration takes is paid for the first one only."""
    image = _image()

    def connect() -> sqlite3.Connection:
        connection = _empty()
        connection.deserialize(image)
        return connection

    return Store.open("sqlite://", connect=connect)


def put_tables(path: Path) -> None:
    """Make the file of an empty store, without a migration of its own."""
    path.write_bytes(_image())


@cache
def _image() -> bytes:
    empty = _empty()
    store = Store.open("sqlite://", connect=lambda: empty)
    try:
        return empty.serialize()
    finally:
        store.close()


def _empty() -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
