"""Live figures that follow the store of a simulated broker, which is killed and set back meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

import pytest
from attrs import define, field
from sqlalchemy import Connection, StaticPool, create_engine, event

from broker.config.model import SECOND
from broker.reporting.figures.following import Follower
from broker.reporting.figures.state import day_start
from broker.reporting.times import DAY
from broker.simulation.run import Play, Script
from tests.support.figures_held import TARGETS, assert_reported, told

EVERY = 3 * SECOND


@contextmanager
def reading(image: bytes) -> Iterator[Connection]:
    """Read a copy of a database."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    raw.deserialize(image)
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    with engine.connect() as connection:
        yield connection
    raw.close()


@define(eq=False, repr=False, slots=False)
class FollowedPlay(Play):
    """A run whose store somebody follows."""

    follower: Follower = field(factory=lambda: Follower(TARGETS, UTC))
    looks: int = 0

    def run_followed(self) -> None:
        """Play it to the end, and see what it came to."""
        self.world.after(EVERY, self._keep_looking)
        self.run()
        self._look()

    def _keep_looking(self) -> None:
        self._look()
        self.world.after(EVERY, self._keep_looking)

    @property
    def wall(self) -> int:
        """What the clock shows."""
        return self.world.now + self.host.ahead

    def image(self) -> bytes:
        """The database as another process sees it: what is committed."""
        disk = self.host.disk
        raw = disk._raw
        if raw is None or raw.in_transaction:
            return b"" if raw is not None else disk.image
        return raw.serialize()

    def _look(self) -> None:
        image = self.image()
        if not image:
            return
        with reading(image) as connection, connection.begin():
            found = self.follower.look(connection, self.wall)
        self.follower.take(found)
        self.looks += 1


@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_what_follows_a_storm_is_what_is_read_anew_and_what_is_reported(seed: str) -> None:
    play = FollowedPlay(Script(seed=seed))
    play.run_followed()
    assert play.looks > 20
    anew = Follower(TARGETS, UTC)
    with reading(play.image()) as connection:
        with connection.begin():
            found = anew.look(connection, play.wall)
        anew.take(found)
        assert told(play.follower) == told(anew)
        for day in (day_start(play.wall - DAY, UTC), day_start(play.wall, UTC)):
            assert_reported(play.follower, connection, day)
