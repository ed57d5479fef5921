"""The brokers that recordings are played against."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.replay.brokers import BrokerOf, TestBroker


@pytest.fixture(scope="session")
def broker_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerOf]:
    """A broker of each kind, started when a recording first needs it."""
    running: dict[str, TestBroker] = {}

    def broker(kind: str) -> TestBroker:
        if kind not in running:
            made = TestBroker.in_directory(kind, tmp_path_factory.mktemp(f"broker-{kind}"))
            made.served.start()
            running[kind] = made
        return running[kind]

    yield broker
    for made in running.values():
        assert made.served.stop() == 0


@pytest.fixture
def fresh_broker(tmp_path: Path) -> Iterator[TestBroker]:
    """A broker of the usual kind that no recording has met."""
    made = TestBroker.in_directory("usual", tmp_path)
    with made.served:
        yield made
