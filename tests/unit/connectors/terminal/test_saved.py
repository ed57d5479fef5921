"""Files that are attached, and files that attachments become."""

from pathlib import Path

import pytest

from connectors.terminal.saved import Attached, read, safe_name, save


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("bill.pdf", "bill.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("..\\boot.ini", "_boot.ini"),
        (".bashrc", "bashrc"),
        ("a\x1b[2J\u202efdp.exe", "a_[2J_fdp.exe"),
        ("a\nb.txt", "a b.txt"),
        ("", "attachment"),
        (None, "attachment"),
        ("...", "attachment"),
    ],
)
def test_a_name_of_a_stranger_names_a_file_here_and_no_other(name: str | None, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_long_name_keeps_its_ending() -> None:
    assert safe_name("x" * 300 + ".pdf") == "x" * 80 + ".pdf"


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    first = save(b"1", "a.txt", str(tmp_path))
    second = save(b"2", "a.txt", str(tmp_path))
    third = save(b"3", "a.txt", str(tmp_path / "a.txt"))
    assert [path.name for path in (first, second, third)] == ["a.txt", "a-2.txt", "a-3.txt"]
    assert [path.read_bytes() for path in (first, second, third)] == [b"1", b"2", b"3"]
    assert first.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file or directory"):
        save(b"", "a", str(tmp_path / "none" / "b"))
    with pytest.raises(ValueError, match="home"):
        save(b"", "a", "~nobody-of-this-name/x")


def test_a_file_is_read_with_what_its_name_says(tmp_path: Path) -> None:
    file = tmp_path / "bill.pdf"
    file.write_bytes(b"%PDF")
    assert read(str(file), 99) == Attached("bill.pdf", "application/pdf", b"%PDF")


def test_what_cannot_be_attached_is_told(tmp_path: Path) -> None:
    file = tmp_path / "long"
    file.write_bytes(b"x" * 10)
    for path, most, why in (
        (str(tmp_path), 99, "is no file"),
        (str(file), 9, "is longer than 0 MiB"),
        ("~nobody-of-this-name/x", 9, "home"),
    ):
        with pytest.raises(ValueError, match=why):
            read(path, most)
