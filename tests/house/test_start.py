"""What `parley serve` loads until it listens: an import too many is paid at every start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.integration.peers import write_config
from tests.integration.program import serving

ROOMS = frozenset(
    {
        "__main__",
        "app",
        "cleaning",
        "cli",
        "config",
        "console",
        "core",
        "process",
        "shell",
        "signals",
        "store",
    }
)
"""What a broker is made of; the other rooms are those of other commands."""

FOREIGN = {
    "alembic": "only a database that is not at the newest schema needs it",
    "anyio": "the client library's",
    "connectors": "programs beside the broker",
    "broker.cleaning.layout": "only the process that cleans HTML needs it",
    "broker.cleaning.policy": "only the process that cleans HTML needs it",
    "http.server": "only health and metrics are served over HTTP",
    "mako": "alembic's",
    "inscriptis": "only the process that cleans HTML needs it",
    "lxml": "inscriptis's",
    "nh3": "only the process that cleans HTML needs it",
    "prometheus_client": "only health and metrics need it",
    "prompt_toolkit": "a terminal's",
    "psycopg": "only PostgreSQL needs it",
    "sqlalchemy.dialects.postgresql": "only PostgreSQL needs it",
    "sqlalchemy.orm": "there are rows and no objects",
    "wcwidth": "a terminal's",
}

_LINE = re.compile(r"^import time: +\d+ \| +\d+ \| +(?P<name>[\w.]+)$", re.MULTILINE)


def surplus(modules: Iterable[str]) -> list[str]:
    """Which of some modules a broker that starts has no use for."""
    return [name for name in modules if _is_elsewhere(name) or _is_foreign(name)]


def _is_elsewhere(name: str) -> bool:
    package, _, rest = name.partition(".")
    return package == "broker" and rest != "" and rest.split(".")[0] not in ROOMS


def _is_foreign(name: str) -> bool:
    return any(f"{name}.".startswith(f"{foreign}.") for foreign in FOREIGN)


def test_a_start_loads_what_it_needs(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    config.write_text(re.sub("(?m)^http = .*\n", "", config.read_text()))
    with serving(config):
        pass  # now there is a database at the newest schema
    told = tmp_path / "imports.txt"
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    with told.open("w") as errors, serving(config, stderr=errors, env=environment):
        pass
    modules = _LINE.findall(told.read_text())
    assert {"broker.app", "protocol.codec", "sqlalchemy.engine"} <= set(modules)
    assert surplus(modules) == []


@pytest.mark.parametrize(
    "name",
    [
        "alembic",
        "alembic.command",
        "broker.reporting.report",
        "broker.simulation",
        "connectors.terminal.main",
        "sqlalchemy.dialects.postgresql.base",
    ],
)
def test_an_import_too_many_is_found(name: str) -> None:
    assert surplus(["broker", "broker.app", "sqlalchemy.dialects.sqlite", name]) == [name]


def test_readers_of_frames_are_made_when_the_first_frame_comes() -> None:
    program = (
        "import broker.process, protocol.codec\n"
        "from protocol.codegen import reader_of, writer_of\n"
        "print(reader_of.cache_info().currsize, writer_of.cache_info().currsize)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "0"]
