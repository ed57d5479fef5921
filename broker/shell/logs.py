"""How the log is written: one event a line, on standard error."""

from __future__ import annotations

import logging
import sys
from enum import StrEnum
from typing import Any

import structlog
from structlog.typing import EventDict

from protocol.display import shown


class LogFormat(StrEnum):
    """How lines of the log look."""

    AUTO = "auto"
    TEXT = "text"
    JSON = "json"

    @property
    def as_text(self) -> bool:
        """Whether lines are for people: `auto` is so at a terminal."""
        return self is LogFormat.TEXT or (self is LogFormat.AUTO and sys.stderr.isatty())


def _what_first(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Have a line begin with when and what, for people who read it after all."""
    return {key: event[key] for key in ("timestamp", "level", "event")} | dict(event)


def _shown(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Have no line command the terminal that it is read at: a peer chose some of its words."""
    return {key: _safe(value) for key, value in event.items()}


def _safe(value: object) -> object:
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value]
    return value


def configure_logs(how: LogFormat = LogFormat.AUTO, *, quiet: bool = False) -> None:
    """Set the process's log up.

    Args:
        how: The looks; `auto` is text for a person at a terminal, and JSON for everything else.
        quiet: Only warnings and what is worse.
    """
    render: list[Any] = (
        [_shown, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if how.as_text
        else [
            structlog.processors.format_exc_info,
            _what_first,
            structlog.processors.JSONRenderer(default=str),
        ]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.WARNING if quiet else logging.INFO
        ),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
