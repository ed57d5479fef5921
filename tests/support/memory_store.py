"""Empty stores whose tables are copied from one that was migrated once, in memory or in a file."""

from __future__ import annotations

import sqlite3
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, make_url

from broker.store import Store, dialects


def memory_store() -> Store:
    """Open a store of its own.

    What a migration takes, and what SQLAlchemy takes to make SQL of a statement, is paid for the first
    one only.
    """
    connection = _engine().connect()
    dialects.settle(connection)
    resources = ExitStack()
    resources.enter_context(connection)
    return Store(connection, resources)


def put_tables(path: Path) -> None:
    """Make the file of an empty store, without a migration of its own."""
    path.write_bytes(_image())


@cache
def _engine() -> Engine:
    image = _image()

    def connect() -> sqlite3.Connection:
        connection = _empty()
        connection.deserialize(image)
        return connection

    return dialects.engine_for(make_url("sqlite://"), connect)


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
