"""Stores of both kinds, and facts to put into them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.store import Store
from tests.support.memory_store import put_tables
from tests.support.postgresql import Server, running


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server for this run of the tests."""
    with running() as server:
        yield server


DIALECTS = [
    pytest.param("sqlite"),
    pytest.param("postgresql", marks=[pytest.mark.requires("postgresql"), pytest.mark.slow]),
]


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Which kind of database it is."""
    return str(request.param)


@pytest.fixture
def url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if dialect == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    server: Server = request.getfixturevalue("postgresql")
    return server.fresh()


@pytest.fixture
def store(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    if dialect == "sqlite":
        put_tables(tmp_path / "store.db")
        address = f"sqlite:///{tmp_path}/store.db"
    else:
        server: Server = request.getfixturevalue("postgresql")
        address = server.emptied()
    opened = Store.open(address)
    yield opened
    opened.close()
