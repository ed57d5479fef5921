"""Templates and settings."""

import os
from pathlib import Path

import pytest

from connectors.web.content import LONGEST, Content, faults

USUAL = '<p data-part="greeting">usual</p>'
DARK = '<p data-part="greeting">dark</p>'


def test_what_a_rule_names_goes_before_what_the_app_is_called(tmp_path: Path) -> None:
    (tmp_path / "WebChat.html").write_text(USUAL)
    (tmp_path / "dark.html").write_text(DARK)
    (tmp_path / "WebChat.json").write_text('{"colour": "red", "size": 7, "sound": false}')
    content = Content(tmp_path)
    assert content.template("WebChat", "dark") == DARK
    assert content.template("WebChat", None) == USUAL
    assert content.template("WebChat", "none") == USUAL
    assert content.template("WebForm", None) is None
    settings = {"colour": "red", "size": "7", "sound": "false"}
    assert content.settings("WebChat", "dark") == settings
    assert Content(None).template("WebChat", None) is None
    assert list(faults(tmp_path)) == []


def changed(path: Path, text: str, at: int) -> None:
    """Change a file, however soon after the last time."""
    path.write_text(text)
    os.utime(path, (at, at))


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    content = Content(tmp_path)
    assert content.template("a", None) is None
    changed(path, USUAL, 1)
    assert content.template("a", None) == USUAL
    changed(path, DARK, 2)
    assert content.template("a", None) == DARK
    path.unlink()
    assert content.template("a", None) is None


def test_a_change_that_is_wrong_is_told_once_and_changes_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    html, settings = tmp_path / "a.html", tmp_path / "a.json"
    content = Content(tmp_path)
    changed(html, '<p data-part="greeting">{motto}</p>', 1)
    changed(settings, '{"motto": "Light!"}', 1)
    good = content.template("a", None)
    assert good is not None
    assert content.settings("a", None) == {"motto": "Light!"}
    changed(html, "<script>", 2)
    changed(settings, "{", 2)
    for _ in range(3):
        assert content.template("a", None) == good
        assert content.settings("a", None) == {"motto": "Light!"}
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert "line 1: <script> is not among the elements" in told[0]
    changed(html, USUAL, 3)
    assert content.template("a", None) == USUAL


def test_a_template_may_name_what_its_settings_say(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<p data-part="greeting">\n{motto} {chat_title}</p>')
    assert list(faults(tmp_path)) == ["a.html, line 2: {motto} is no value, text or setting"]
    content = Content(tmp_path)
    assert content.template("a", None) is None
    (tmp_path / "a.json").write_text('{"motto": "Light!"}')
    assert list(faults(tmp_path)) == []
    assert content.template("a", None) is not None  # what it may name has changed with that file


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.json", "[1]", "line 1: must be an object"),
        ("a.json", '{\n"a": x}', "line 2: is not valid JSON"),
        ("a.json", '{\n"a": 1,\n"b": [1]}', "line 3: b: must be a text"),
        ("a.json", '{\n"theme": "blue"}', "line 2: theme: blue is not among"),
        ("a.json", '{"accent": "red; color: blue"}', "accent"),
        ("a.json", '{"sound": "loud"}', "sound"),
        ("a.json", '{"rating": "7"}', "rating"),
        ("a b.json", "{}", "a name has letters"),
        ("a.html", "<script>", "line 1: <script>"),
        ("a.html", "x" * (LONGEST + 1), "is longer than"),
        ("a.html", b"\n\xff", "line 2: is not UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(
    tmp_path: Path, name: str, text: str | bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    told = list(faults(tmp_path))
    assert all(one.startswith(name) for one in told)
    assert any(says in one for one in told)


def test_other_files_and_folders_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "README.txt").write_text("<script>")
    (tmp_path / "a.html").mkdir()
    assert list(faults(tmp_path)) == []


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/b", "..", "", "a" * 65, ".hidden"])
def test_nothing_outside_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.html").write_text(USUAL)
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / ".hidden.html").write_text(USUAL)
    assert Content(inside).template(name, name) is None
