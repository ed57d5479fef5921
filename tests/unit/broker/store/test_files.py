"""The files of a SQLite database: gone, replaced, emptied, read by others (W-20)."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.config.model import Config
from broker.store import CommitError, Store, StoreUnusableError, dialects, files
from broker.store.errors import StoreGoneError
from tests.support.store_facts import said, started

pytestmark = pytest.mark.slow

LOST = "is gone, though there was one|is empty, though there was something in it"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "store.db"


@pytest.fixture
def busy(path: Path) -> Iterator[Store]:
    """A store with a chat and a sentence."""
    store = Store.open(f"sqlite:///{path}")
    store.commit([started(1), said(1, 1)])
    yield store
    store.close()


def counters(url: str) -> list[int]:
    """The sentences that a new start finds."""
    store = Store.open(url, create=False)
    try:
        return [
            s.counter
            for chat in store.recover(Config(), 9).chats
            for s in chat.transcript.sentences
        ]
    finally:
        store.close()


@pytest.mark.parametrize("end", ["", "-wal", "-shm", ".lock"])
@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_file_that_is_not_there_any_more_is_noticed(
    busy: Store, path: Path, end: str, replaced: bool
) -> None:
    """I-1, W-20: no commit is acknowledged whose rows no start would find."""
    name = f"{path}{end}"
    if replaced:
        shutil.copy(name, f"{name}.copy")
        os.replace(f"{name}.copy", name)
    else:
        os.unlink(name)
    with pytest.raises(CommitError, match=f"store.db{end} was deleted or replaced"):
        busy.commit([said(1, 2)])
    with pytest.raises(CommitError, match="failed before"):
        busy.commit([said(1, 3)])
    saved = busy.close()
    if end:
        assert saved is None
        assert counters(f"sqlite:///{path}") == [1, 2]
    else:
        assert saved is not None
        assert counters(f"sqlite:///{saved}") == [1, 2]


def test_what_a_lost_database_held_is_not_put_over_anything(
    busy: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "time", lambda: 7)
    (path.parent / "store.db.rescued-7").write_text("somebody's")
    path.unlink()
    with pytest.raises(CommitError):
        busy.commit([said(1, 2)])
    assert busy.close() is None
    assert (path.parent / "store.db.rescued-7").read_text() == "somebody's"


@pytest.mark.parametrize("left", [".lock", "-wal"])
def test_no_database_is_made_where_there_was_one(path: Path, left: str) -> None:
    """A start that finds nothing where there was something does not begin with nothing."""
    url = f"sqlite:///{path}"
    Store.open(url).close()
    path.unlink()
    if left == "-wal":
        os.rename(f"{path}.lock", f"{path}-wal")
    with pytest.raises(StoreGoneError, match=LOST):
        Store.open(url)
    assert not path.exists()
    Store.open(url, new=True).close()
    Store.open(url).close()


def test_a_database_that_was_made_is_told_once(path: Path) -> None:
    """A typo in an address would otherwise be a contact center without a past."""
    url = f"sqlite:///{path}"
    store = Store.open(url)
    assert store.doubts == (f"there was no database {path}: a new one was made, and it is empty",)
    store.close()
    again = Store.open(url)
    assert again.doubts == ()
    again.close()
    path.unlink()
    asked_for = Store.open(url, new=True)
    assert asked_for.doubts == ()
    asked_for.close()


def test_no_empty_file_is_taken_where_there_was_a_database(path: Path) -> None:
    url = f"sqlite:///{path}"
    Store.open(url).close()
    path.write_bytes(b"")
    with pytest.raises(StoreGoneError, match=LOST):
        Store.open(url)
    Store.open(url, new=True).close()
    Store.open(url).close()


def test_a_first_start_that_came_to_nothing_is_none(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash before the tables are there leaves files, and no database that was lost."""
    url = f"sqlite:///{path}"
    with monkeypatch.context() as patched:
        patched.setattr("broker.store.store.migrate", lambda *_a, **_k: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            Store.open(url)
    assert path.exists()
    assert Path(f"{path}.lock").exists()
    Store.open(url).close()


def test_a_folder_that_is_gone_as_a_whole_is_a_first_start(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/var/store.db"
    Store.open(url).close()
    shutil.rmtree(tmp_path / "var")
    Store.open(url).close()


@pytest.mark.parametrize("lost", ["missing", "empty"])
def test_a_later_life_makes_no_database(path: Path, lost: str) -> None:
    """What was there a moment ago is not made anew, whatever lies beside it."""
    url = f"sqlite:///{path}"
    Store.open(url).close()
    Path(f"{path}.lock").unlink()
    if lost == "missing":
        path.unlink()
    else:
        path.write_bytes(b"")
    with pytest.raises(StoreUnusableError, match=r"no database|is empty"):
        Store.open(url, create=False)


def test_a_reader_does_not_keep_a_start_from_being_safe(
    busy: Store, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-1: the log that cannot be emptied is written and synced once more, and somebody is told."""
    reader = sqlite3.connect(path)
    reader.execute("BEGIN")
    assert reader.execute("SELECT count(*) FROM sentences").fetchone() == (1,)
    busy.commit([said(1, 2)])
    log = Path(f"{path}-wal")
    before = log.read_bytes()
    busy.close()
    synced: list[str] = []
    fsync = os.fsync

    def watched(fd: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{fd}"))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", watched)
    store = Store.open(f"sqlite:///{path}")
    assert store.doubts == (
        "readers of the database keep its log from being emptied; it was written once more",
    )
    assert synced == [str(log)]
    assert log.read_bytes()[: len(before)] == before
    store.commit([said(1, 3)])
    assert reader.execute("SELECT count(*) FROM sentences").fetchone() == (1,)
    reader.close()
    store.close()
    assert counters(f"sqlite:///{path}") == [1, 2, 3]


def test_without_a_reader_the_log_is_empty_after_a_start(path: Path, tmp_path: Path) -> None:
    """I-1: a process that died leaves a log, which the next start writes into the database."""
    store = Store.open(f"sqlite:///{path}")
    store.commit([started(1), said(1, 1)])
    for name in ("store.db", "store.db-wal", "store.db.lock"):
        shutil.copy(tmp_path / name, tmp_path / f"dead-{name}")
    store.close()
    dead = tmp_path / "dead-store.db"
    assert Path(f"{dead}-wal").stat().st_size > 0
    store = Store.open(f"sqlite:///{dead}")
    assert store.doubts == ()
    assert Path(f"{dead}-wal").stat().st_size == 0
    store.close()
    assert counters(f"sqlite:///{dead}") == [1]


@pytest.mark.parametrize("pragma", sorted(dialects._ANSWERS))
def test_what_sqlite_does_not_do_is_noticed(
    path: Path, pragma: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-20: each answer that durability rests on is looked at."""
    monkeypatch.setattr(dialects, "_ANSWERS", {**dialects._ANSWERS, pragma: ("something else",)})
    with pytest.raises(StoreUnusableError, match=f"SQLite answers .* to {pragma}"):
        Store.open(f"sqlite:///{path}")


def die(path: Path) -> Path:
    """Leave the very files of a process that died with a log; a whole copy is returned."""
    store = Store.open(f"sqlite:///{path}")
    store.commit([started(1), said(1, 1)])
    left = {end: Path(f"{path}{end}").read_bytes() for end in ("", "-wal", ".lock")}
    assert left["-wal"]
    os.link(f"{path}-wal", path.parent / "log")
    store.close()
    backup = path.parent / "backup"
    shutil.copy(path, backup)
    os.rename(path.parent / "log", f"{path}-wal")
    for end, content in left.items():
        Path(f"{path}{end}").write_bytes(content)
    return backup


@pytest.mark.parametrize("way", ["moved", "deleted before"])
def test_the_log_of_another_database_is_put_aside(path: Path, way: str) -> None:
    """I-1, W-20: a backup in the place of a database whose process died is taken as it is."""
    backup = die(path)
    log = Path(f"{path}-wal").read_bytes()
    if way == "moved":
        os.replace(backup, path)
    else:  # the file system may give the same inode again
        path.unlink()
        shutil.copy(backup, path)
    store = Store.open(f"sqlite:///{path}")
    (doubt,) = store.doubts
    (aside,) = path.parent.glob("*-wal.orphan-*")
    assert str(aside) in doubt
    assert aside.read_bytes() == log
    store.close()
    assert counters(f"sqlite:///{path}") == [1]


@pytest.mark.parametrize("moved", [False, True], ids=["stayed", "copied together"])
def test_the_log_of_the_database_is_played(path: Path, tmp_path: Path, moved: bool) -> None:
    """I-1, W-20: after a crash, also where all the files were copied to another place since."""
    die(path)
    if moved:
        (tmp_path / "other").mkdir()
        for end in ("", "-wal", ".lock"):
            shutil.copy(f"{path}{end}", tmp_path / "other" / f"{path.name}{end}")
        path = tmp_path / "other" / path.name
    store = Store.open(f"sqlite:///{path}")
    assert store.doubts == ()
    store.close()
    assert counters(f"sqlite:///{path}") == [1]


def test_a_rescued_copy_can_be_put_back(busy: Store, path: Path) -> None:
    """I-1, W-20: nothing is left that would be played into it, and it is whole without a commit too."""
    path.unlink()
    saved = busy.close()
    assert saved is not None
    assert not Path(f"{path}-wal").exists()
    assert not Path(f"{path}-shm").exists()
    os.rename(saved, path)
    assert counters(f"sqlite:///{path}") == [1]
