"""Files that other programs drop are taken once, in order, and none is lost."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from connectors.email import folder as files
from connectors.email.folder import AHEAD, QUIET, Dropped, finish, names, put, refuse

NOW = 1_700_000_000.0
MOST = 1_000


def take(path: Path) -> Dropped | None:
    return files.take(path, MOST)


def drop(folder: Path, name: str, age: float = 10.0, data: bytes = b"Subject: x\r\n\r\n") -> Path:
    path = folder / name
    path.write_bytes(data)
    os.utime(path, (NOW - age, NOW - age))
    return path


def test_the_oldest_comes_first_and_what_was_begun_before_it(tmp_path: Path) -> None:
    drop(tmp_path, "b.eml", 20)
    drop(tmp_path, "a.eml", 10)
    drop(tmp_path, "C.EML", 30)
    drop(tmp_path, "z.eml.$$$", 1)
    assert [path.name for path in names(tmp_path, NOW)] == ["z.eml.$$$", "C.EML", "b.eml", "a.eml"]


def test_what_is_still_written_is_left_alone(tmp_path: Path) -> None:
    drop(tmp_path, "a.eml", QUIET / 2)
    assert names(tmp_path, NOW) == []
    assert len(names(tmp_path, NOW + QUIET)) == 1


@pytest.mark.parametrize(("ahead", "is_taken"), [(60.0, False), (AHEAD + 60.0, True)])
def test_a_file_from_the_future_does_not_wait_for_it(
    tmp_path: Path, ahead: float, is_taken: bool
) -> None:
    """Of clocks that differ a little it may be one that is being written; far ahead it says nothing."""
    drop(tmp_path, "a.eml", -ahead)
    assert bool(names(tmp_path, NOW)) is is_taken


@pytest.mark.parametrize(("seconds", "year"), [(-5e9, 1811), (5e9, 2128), (5e11, 1970)])
def test_a_file_has_a_time_whatever_its_file_system_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, year: int
) -> None:
    path = drop(tmp_path, "a.eml")
    about = os.stat_result((0o100644, 0, 0, 1, 0, 0, 18, seconds, seconds, seconds))
    with monkeypatch.context() as while_it_is_read:
        while_it_is_read.setattr(os, "fstat", lambda _: about)
        dropped = take(path)
    assert dropped is not None
    assert dropped.received.year == year


def test_of_a_file_that_is_too_long_the_headers_come_and_it_is_kept(tmp_path: Path) -> None:
    data = b"Subject: x\r\n\r\n" + b"x" * MOST
    for keep, wanted in ((None, tmp_path / "a.eml.bad"), (tmp_path / "k", tmp_path / "k/a.eml")):
        dropped = take(drop(tmp_path, "a.eml", data=data))
        assert dropped is not None
        assert not dropped.is_whole
        assert (dropped.data, dropped.size) == (b"Subject: x\r\n\r\n", len(data))
        finish(dropped, keep)
        assert wanted.read_bytes() == data


def test_a_file_is_kept_on_another_file_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = tmp_path / "kept"
    rename = Path.rename

    def across(path: Path, target: Path) -> Path:
        if target.parent == keep:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", across)
    dropped = take(drop(tmp_path, "a.eml", data=b"content"))
    assert dropped is not None
    finish(dropped, keep)
    assert [(path.name, path.read_bytes()) for path in keep.iterdir()] == [("a.eml", b"content")]
    assert not dropped.path.exists()


def test_what_is_put_out_is_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file before it has its name, the name before anybody is told of it."""
    seen: list[tuple[bool, list[str]]] = []

    def sync(number: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(number).st_mode)
        seen.append((is_folder, [path.name for path in tmp_path.iterdir()]))

    monkeypatch.setattr(os, "fsync", sync)
    put(tmp_path, "a@b", b"content")
    assert seen == [(False, ["a@b.eml.$$$"]), (True, ["a@b.eml"])]


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("a.txt", "a.eml.bad", "a.eml.tmp", "eml"):
        drop(tmp_path, name)
    (tmp_path / "folder.eml").mkdir()
    (tmp_path / "link.eml").symlink_to(tmp_path / "a.txt")
    assert names(tmp_path, NOW) == []


def test_a_file_has_another_name_while_it_is_worked_on(tmp_path: Path) -> None:
    path = drop(tmp_path, "a.eml", data=b"content")
    dropped = take(path)
    assert dropped is not None
    assert (dropped.path.name, dropped.data) == ("a.eml.$$$", b"content")
    assert dropped.received.timestamp() == NOW - 10
    assert not path.exists()
    assert take(path) is None  # somebody else was quicker
    again = take(dropped.path)
    assert again is not None
    assert again.data == b"content"


def test_a_name_that_is_worked_on_is_not_taken_twice(tmp_path: Path) -> None:
    first = take(drop(tmp_path, "a.eml", data=b"first"))
    assert first is not None
    second = drop(tmp_path, "a.eml", data=b"second")
    assert take(second) is None
    finish(first, None)
    found = take(second)
    assert found is not None
    assert found.data == b"second"


def test_what_is_done_is_deleted_or_kept_and_nothing_overwritten(tmp_path: Path) -> None:
    keep = tmp_path / "kept"
    for content in (b"1", b"2", b"3"):
        dropped = take(drop(tmp_path, "a.eml", data=content))
        assert dropped is not None
        finish(dropped, keep if content != b"3" else None)
    assert {path.name: path.read_bytes() for path in keep.iterdir()} == {
        "a.eml": b"1",
        "a-2.eml": b"2",
    }
    assert names(tmp_path, NOW) == []


def test_what_is_not_taken_is_set_aside(tmp_path: Path) -> None:
    for wanted in ("a.eml.bad", "a-2.eml.bad"):
        dropped = take(drop(tmp_path, "a.eml"))
        assert dropped is not None
        assert refuse(dropped).name == wanted
    assert names(tmp_path, NOW) == []


def test_a_mail_is_put_under_its_name_whatever_is_in_that(tmp_path: Path) -> None:
    path = put(tmp_path / "out", "../a b/<é>@example.com", b"one")
    assert path == tmp_path / "out" / "_a_b____@example.com.eml"
    assert put(tmp_path / "out", "../a b/<é>@example.com", b"two") == path
    assert [file.read_bytes() for file in (tmp_path / "out").iterdir()] == [b"two"]
    assert len(put(tmp_path, "x" * 300, b"").name) == 154
