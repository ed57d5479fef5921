"""Files that other programs drop are taken once, in order, and none is lost."""

from __future__ import annotations

import os
from pathlib import Path

from connectors.email.folder import QUIET, finish, names, put, refuse, take

NOW = 1_700_000_000.0


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
