"""Lines of the log: what a peer chose of them is shown and commands nothing."""

from __future__ import annotations

import json

import pytest
import structlog

from broker.shell.logs import LogFormat, configure_logs

HOSTILE = "\x1b]0;owned\x07\u202e\nlevel=error"


def test_a_line_for_people_commands_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """W-14: types and logins of hellos that were refused are words of a stranger."""
    configure_logs(LogFormat.TEXT)
    structlog.get_logger().warning("hello_refused", login=HOSTILE, faults=[HOSTILE], type="x\x9b2J")
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)
    assert text.count("�]0;owned�� level=error") == 2


def test_a_line_for_programs_has_the_words_as_they_were(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs(LogFormat.JSON)
    structlog.get_logger().warning("hello_refused", login=HOSTILE)
    text = capsys.readouterr().err
    assert text.count("\n") == 1
    assert text.isascii()
    assert json.loads(text)["login"] == HOSTILE
