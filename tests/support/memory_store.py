"""An empty store in memory, whose tables are copied from one that was migrated once."""

from __future__ import annotations

import sqlite3
from functools import cache

from broker.store import Store


def memory_store() -> Store:
    """Open a store of its own; what a migration takes is paid for the first one only."""
    image = _image()

    def connect() -> sqlite3.Connection:
        connection = _empty()
        connection.deserialize(image)
        return connection

    return Store.open("sqlite://", connect=connect)


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
