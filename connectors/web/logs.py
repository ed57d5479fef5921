"""The log of the web process on standard error, as text or as lines of JSON like the broker's."""

import json
import logging
import sys
from datetime import UTC, datetime

from protocol.display import shown


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "event": shown(record.getMessage()),
            "logger": record.name,
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


class _Text(logging.Formatter):
    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """One line that commands no terminal."""
        record.message = shown(record.message)
        return super().formatMessage(record)


def configured(*, as_json: bool, quiet: bool) -> None:
    """Log from now on."""
    handler = logging.StreamHandler(sys.stderr)
    text = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    handler.setFormatter(_Json() if as_json else _Text(text))
    logging.basicConfig(level=logging.WARNING if quiet else logging.INFO, handlers=[handler])
    logging.getLogger("uvicorn").setLevel(logging.ERROR)  # who sends nonsense writes no log
