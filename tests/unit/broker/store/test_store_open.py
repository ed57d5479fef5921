"""Opening a database: made when missing, brought up to date, one broker at a time."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from broker.config.model import Config
from broker.store import Store, StoreUnusableError
from broker.store.migrate import SCRIPTS
from broker.store.schema import HEAD, metadata
from tests.support.store_facts import confirmed, said, started

pytestmark = pytest.mark.slow


def test_the_migrations_end_where_the_code_begins() -> None:
    assert ScriptDirectory(str(SCRIPTS)).get_heads() == [HEAD]


def test_the_migrated_schema_is_the_one_that_the_code_knows(store: Store) -> None:
    context = MigrationContext.configure(store._connection, opts={"compare_type": True})
    assert compare_metadata(context, metadata) == []


def test_on_sqlite_the_migrated_schema_is_the_same_to_the_letter(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path}/migrated.db").close()
    engine = create_engine(f"sqlite:///{tmp_path}/made.db")
    metadata.create_all(engine)
    engine.dispose()
    shown = []
    for name in ("migrated", "made"):
        with sqlite3.connect(tmp_path / f"{name}.db") as connection:
            rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
            tables = {row[0]: sorted(row[1].replace(",", "").split()) for row in rows}
        connection.close()
        tables.pop("alembic_version", None)
        shown.append(tables)
    assert shown[0] == shown[1]


def test_a_database_is_there_again_when_it_is_opened_again(url: str) -> None:
    store = Store.open(url)
    store.commit([started(1)])
    store.close()
    store = Store.open(url, create=False)
    assert [chat.no for chat in store.recover(Config(), 5).chats] == [1]
    store.close()


def test_a_second_broker_is_kept_out(url: str) -> None:
    store = Store.open(url)
    with pytest.raises(StoreUnusableError, match="in use by another broker"):
        Store.open(url)
    store.close()
    Store.open(url).close()


def test_a_database_of_a_newer_version_is_refused(url: str) -> None:
    store = Store.open(url)
    with store._connection.begin():
        store._connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(StoreUnusableError, match=f"newer version.*9999.*{HEAD}"):
        Store.open(url)


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE chats (name)")
    connection.close()
    with pytest.raises(StoreUnusableError, match="another program"):
        Store.open(f"sqlite:///{tmp_path}/other.db")


def test_a_file_that_is_no_database_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "text.db").write_text("This is no database. " * 100)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreUnusableError) as caught:
        Store.open("sqlite:///text.db")
    assert str(caught.value) == f"{tmp_path}/text.db cannot be opened: file is not a database"


def test_a_password_is_in_no_message(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusableError) as caught:
        Store.open(f"postgresql+psycopg://me:secret@/store?host={tmp_path}")
    assert "secret" not in str(caught.value)


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(StoreUnusableError, match="Could not parse"):
        Store.open("nonsense")


def test_a_missing_file_is_made_with_its_folder_or_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/some/where/store.db"
    with pytest.raises(StoreUnusableError, match="no database"):
        Store.open(url, create=False)
    Store.open(url).close()
    path = tmp_path / "some" / "where" / "store.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnusableError, match="cannot be used"):
        Store.open(f"sqlite:///{tmp_path}/file/store.db")


def test_a_database_at_the_newest_schema_opens_without_loading_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    Store.open(url).close()
    code = (
        "import sys; from broker.store import Store; "
        f"Store.open({url!r}).close(); sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_commit_is_synced(tmp_path: Path) -> None:
    """I-1, W-20."""
    store = Store.open(f"sqlite:///{tmp_path}/store.db")
    cursor = store._connection.connection.cursor()
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "temp_store": 2}
    for pragma, value in wanted.items():
        cursor.execute(f"PRAGMA {pragma}")
        assert cursor.fetchone() == (value,)
    store.close()


def test_an_sqlite_that_is_too_old_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))
    with pytest.raises(StoreUnusableError, match="too old"):
        Store.open("sqlite://")


def test_what_was_left_of_deleted_sentences_confirms_no_new_one(tmp_path: Path) -> None:
    """SQLite gives the number of a deleted newest row again; who deletes it may leave its confirmation."""
    path = tmp_path / "store.db"
    store = Store.open(f"sqlite:///{path}")
    store.commit([started(1), said(1, 1), said(1, 2), confirmed(1, 1), confirmed(1, 2)])
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM sentences WHERE counter = 2")
    connection.close()
    store = Store.open(f"sqlite:///{path}")
    assert store.doubts == (
        "1 confirmations of sentences that somebody deleted were left; they are gone now",
    )
    store.commit([said(1, 2)])
    (chat,) = store.recover(Config(), 5).chats
    assert [s.confirmed_at is None for s in chat.transcript.sentences] == [False, True]
    store.close()
    store = Store.open(f"sqlite:///{path}")
    assert store.doubts == ()
    store.close()
