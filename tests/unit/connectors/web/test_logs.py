"""The log of the web process."""

import json
import logging

from connectors.web.logs import _Json, _Text


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("web", logging.WARNING, "f", 1, message, arguments, None)


def test_a_line_is_json_like_the_brokers() -> None:
    line = json.loads(_Json().format(record("%s: the broker is away", "web\n\x1b[31m")))
    assert line["level"] == "warning"
    assert line["event"].startswith("web ")
    assert "\x1b" not in line["event"]


def test_no_line_commands_a_terminal() -> None:
    line = _Text("%(levelname)s %(message)s").format(record("a\nb\x1b[31m"))
    assert "\n" not in line
    assert "\x1b" not in line
