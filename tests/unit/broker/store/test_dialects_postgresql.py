"""Commits whose outcome PostgreSQL leaves in doubt: each is a failure, never a success."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine

from broker.config.model import Config
from broker.store import CommitError, Store, StoreAwayError, StoreError, StoreUnusableError
from tests.support.postgresql import Server
from tests.support.store_facts import said, started

pytestmark = [pytest.mark.requires("postgresql"), pytest.mark.slow]

WARNS = """
CREATE FUNCTION doubt() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE WARNING 'nobody waited for the standby'; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER doubt AFTER INSERT ON sentences DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION doubt()
"""


def ask(url: str, sql: str) -> None:
    """Say something over a connection of its own."""
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(sql)
    engine.dispose()


def test_a_commit_with_a_warning_is_in_doubt(postgresql: Server) -> None:
    """I-11."""
    url = postgresql.fresh()
    store = Store.open(url)
    store.commit([started(1)])
    ask(url, WARNS)
    with pytest.raises(CommitError, match="in doubt: nobody waited"):
        store.commit([said(1, 1)])
    with pytest.raises(CommitError, match="failed before"):
        store.commit([said(1, 2)])
    store.close()


def test_a_lost_connection_fails_the_commit_and_the_store(postgresql: Server) -> None:
    """I-11."""
    url = postgresql.fresh()
    store = Store.open(url)
    ask(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    with pytest.raises(CommitError, match="a commit failed"):
        store.commit([started(1)])
    with pytest.raises(CommitError, match="failed before"):
        store.commit([started(1)])
    with pytest.raises(StoreError):
        store.recover(Config(), 1)
    store.close()
    fresh = Store.open(url)
    assert fresh.recover(Config(), 1).chats == []
    fresh.close()


def test_a_database_that_lacks_characters_is_refused(postgresql: Server) -> None:
    """W-20: it would refuse the words of most people, one sentence after the other."""
    url = postgresql.fresh("ENCODING 'LATIN1' TEMPLATE template0 LOCALE 'C'")
    with pytest.raises(StoreUnusableError, match="encoding LATIN1; it must be UTF8"):
        Store.open(url)


def test_commits_are_synced_whatever_the_database_has_set(postgresql: Server) -> None:
    """I-1, W-20: and a server that syncs nothing is named."""
    url = postgresql.fresh()
    database = url.partition("?")[0].rpartition("/")[2]
    ask(url, f"ALTER DATABASE {database} SET synchronous_commit = off")
    store = Store.open(url)
    shown = store._connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    assert shown == "on"
    assert any("fsync = off" in doubt for doubt in store.doubts)
    store.close()


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(StoreAwayError, match=r"cannot be opened: .*No such file"):
        Store.open(f"postgresql+psycopg://postgres@/store?host={tmp_path}")
