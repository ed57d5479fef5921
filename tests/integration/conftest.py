"""What several of these tests run on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.postgresql import Server, running


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL server for this run of the tests."""
    with running() as server:
        yield server
