"""What is new in a store, and when everything is read anew."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest
from sqlalchemy import delete

from broker.reporting.figures.following import Follower
from broker.reporting.figures.listing import position_of, written
from broker.reporting.figures.state import Targets
from broker.reporting.figures.tallies import Terms
from broker.reporting.source import Session, SourceError
from broker.store.schema import lives
from tests.support.center import a_day
from tests.support.figures_held import TARGETS, told
from tests.support.memory_store import put_tables
from tests.support.playbook import Playbook


def look(follower: Follower, play: Playbook) -> bool:
    """Follow the store of a playbook."""
    play.store.note_life(play.wall)
    with play.store._connection.begin():
        found = follower.look(play.store._connection, play.wall)
    return follower.take(found)


def test_what_is_not_new_is_not_read() -> None:
    play, follower = Playbook(), Follower(Targets(Terms(20)), UTC)
    play.agent("alice", "101")
    assert look(follower, play)
    assert not look(follower, play)
    assert follower.state is not None
    version = follower.state.version
    play.wait(5)
    look(follower, play)
    assert follower.state.version == version
    play.connector("web").says("ES_CHAT_START", TrackingId="t1")
    assert look(follower, play)
    assert (follower.begun, len(follower.state.chats)) == (1, 1)


def test_a_restart_is_no_reason_to_read_everything() -> None:
    play, follower = Playbook(), Follower(Targets(Terms(20)), UTC)
    play.connector("web").says("ES_CHAT_START", TrackingId="t1", ExtResponse="expert")
    look(follower, play)
    play.restart()
    play.wait(5)
    look(follower, play)
    assert follower.begun == 1


def test_a_store_that_has_less_than_was_read_is_another_one() -> None:
    play, follower = Playbook(), Follower(Targets(Terms(20)), UTC)
    play.connector("web").says("ES_CHAT_START", TrackingId="t1", ExtResponse="expert")
    look(follower, play)
    other, fresh = Playbook(), Follower(Targets(Terms(20)), UTC)
    look(follower, other)
    look(fresh, other)
    assert follower.begun == 2
    assert follower.state is not None
    assert follower.state.chats == {}


def test_a_clock_that_is_set_back_is_a_reason() -> None:
    play, follower = Playbook(), Follower(Targets(Terms(20)), UTC)
    look(follower, play)
    play.freeze(-7_200)
    play.wait(1)
    look(follower, play)
    play.freeze(-3 * 86_400)
    play.wait(1)
    look(follower, play)
    assert follower.begun == 2


def test_a_store_without_lives_is_read_as_it_is() -> None:
    """One of a version that did not note them."""
    play, follower = Playbook(), Follower(Targets(Terms(20)), UTC)
    play.connector("web").says("ES_CHAT_START", TrackingId="t1", ExtResponse="expert")
    connection = play.store._connection
    with connection.begin():
        connection.execute(delete(lives))
    for _ in range(2):
        with connection.begin():
            found = follower.look(connection, play.wall + 5)
        follower.take(found)
    assert (follower.until, follower.begun) == (play.wall + 5, 1)


def test_a_session_keeps_its_connections_until_another_file_lies_there(tmp_path: Path) -> None:
    day = a_day(tmp_path)
    session = Session(day.url)
    with session.reading() as connection:
        first = connection.connection.dbapi_connection
        assert connection.exec_driver_sql("SELECT count(*) FROM chats").scalar() == 5
    with session.reading() as connection:
        assert connection.connection.dbapi_connection is first
    file = tmp_path / "day.db"
    file.unlink()
    with pytest.raises(SourceError, match="there is no database"), session.reading():
        pass
    put_tables(file)
    with session.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM chats").scalar() == 0
        with pytest.raises(Exception, match="readonly"):
            connection.exec_driver_sql("DELETE FROM chats")
    session.close()


def test_a_session_reads_no_other_store(tmp_path: Path) -> None:
    (tmp_path / "empty.db").write_bytes(b"")
    session = Session(f"sqlite:///{tmp_path}/empty.db")
    for _ in range(2):
        with pytest.raises(SourceError, match="is no store of Parley"), session.reading():
            pass


@pytest.mark.parametrize("position", [(1,), (0, 7), (1_790_000_000_000_000, 5, 9)])
def test_a_cursor_names_a_position(position: tuple[int, ...]) -> None:
    assert position_of(written(position)) == position


@pytest.mark.parametrize(
    "cursor", ["", "x", "e30=", "W10=", "WzEsMiwzLDRd", "WzEuNV0=", "W3RydWVd"]
)
def test_what_is_no_cursor(cursor: str) -> None:
    with pytest.raises(ValueError, match="must be one of ours"):
        position_of(cursor)


def test_days_go_by_and_what_is_told_is_as_if_it_had_begun_today() -> None:
    """Three days: what was kept of the first is gone, and who still waits does."""
    play, follower = Playbook(), Follower(TARGETS, UTC)
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1", ExtResponse="expert")
    alice = play.agent("alice", "101")
    for day in range(3):
        web.says("ES_CHAT_START", TrackingId=f"on-{day}", ExtResponse="sales")
        play.wait(5)
        web.says("ES_CHAT_STOP", TrackingId=f"on-{day}")
        look(follower, play)
        play.wait(86_400)
    look(follower, play)
    anew = Follower(TARGETS, UTC)
    look(anew, play)
    assert told(follower) == told(anew)
    assert follower.begun == 1
    assert follower.state is not None
    days = {day for day, _key in follower.state.totals}
    assert days == {follower.kept_since(play.wall)}
    assert {chat.status for chat in follower.state.chats.values()} <= {"Waiting", "Closed"}
    alice.heard.clear()
