"""The clear tokens of a configuration file, for recordings of test installations."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from broker.tools.recording import Tokens

_OWNERS: Final = (("agents", "login"), ("gateways", "peer"))


def read_tokens(path: Path) -> Tokens:
    """Read who has which token; an owner with a hash only is left out."""
    with path.open("rb") as file:
        return Tokens(dict(_owned(tomllib.load(file))))


def _owned(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for table, name in _OWNERS:
        for entry in config.get(table, ()):
            token = entry.get("token") or os.environ.get(entry.get("token_env", ""))
            if token is not None:
                yield entry[name], token
