"""Templates and settings."""

from pathlib import Path

import pytest

from connectors.web.content import LONGEST, Content


def test_what_a_rule_names_goes_before_what_the_app_is_called(tmp_path: Path) -> None:
    (tmp_path / "WebChat.html").write_text("<p>usual")
    (tmp_path / "dark.html").write_text("<p>dark")
    (tmp_path / "WebChat.json").write_text('{"colour": "red", "size": 7}')
    content = Content(tmp_path)
    assert content.template("WebChat", "dark") == "<p>dark"
    assert content.template("WebChat", None) == "<p>usual"
    assert content.template("WebChat", "none") == "<p>usual"
    assert content.template("WebForm", None) is None
    assert content.settings("WebChat", "dark") == {"colour": "red", "size": "7"}
    assert Content(None).template("WebChat", None) is None


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    import os

    path = tmp_path / "a.html"
    path.write_text("one")
    content = Content(tmp_path)
    assert content.template("a", None) == "one"
    path.write_text("two")
    os.utime(path, (1, 1))
    assert content.template("a", None) == "two"
    path.unlink()
    assert content.template("a", None) is None


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", "", "a" * 65, ".hidden"])
def test_nothing_outside_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.html").write_text("secret")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / ".hidden.html").write_text("secret")
    assert Content(inside).template(name, name) is None


def test_what_is_no_text_or_too_long_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(b"\xff")
    (tmp_path / "b.html").write_text("x" * (LONGEST + 1))
    (tmp_path / "c.json").write_text("[1]")
    (tmp_path / "d.json").write_text("{")
    content = Content(tmp_path)
    assert [content.template(name, None) for name in "ab"] == [None, None]
    assert [content.settings(name, None) for name in "cd"] == [None, None]
