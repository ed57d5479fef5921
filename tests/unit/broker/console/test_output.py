"""What becomes of a command whose output cannot be written: one line, and a status of its own."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from broker.console.output import INTERRUPTED, NOT_WRITTEN, complain, guarded
from protocol.identifiers import derive
from tests.support.center import FROM_TO, a_day
from tests.support.requires import ROOT

pytestmark = pytest.mark.slow

PARLEY = (sys.executable, "-m", "broker.cli")
ASCII = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}


@pytest.fixture
def asked(tmp_path: Path) -> list[str]:
    """A report over a day of a center with an agent whose name ASCII cannot spell."""
    day = a_day(tmp_path)
    text = day.config.read_text(encoding="utf-8")
    name = f'name = "Zoë Žák 李"\nid = "{derive("agent", "Alice Novak")}"'
    day.config.write_text(text.replace('name = "Alice Novak"', name), encoding="utf-8")
    return [*PARLEY, "report", "--store", str(day.config), *FROM_TO, "--by", "agent"]


def test_a_name_that_the_terminal_cannot_show_is_escaped(asked: list[str]) -> None:
    found = subprocess.run(asked, env=ASCII, capture_output=True, check=False)
    assert (found.returncode, found.stderr) == (0, b"")
    assert rb"Zo\xeb \u017d\xe1k \u674e" in found.stdout


def test_data_for_programs_is_utf_8_whatever_the_locale(asked: list[str]) -> None:
    """RFC 8259: JSON that is exchanged is UTF-8."""
    for form in ("json", "csv"):
        found = subprocess.run(
            [*asked, "--format", form], env=ASCII, capture_output=True, check=False
        )
        assert (found.returncode, found.stderr) == (0, b"")
        assert "Zoë Žák 李" in found.stdout.decode("utf-8")
        if form == "json":
            assert json.loads(found.stdout)["rows"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_is_one_line(asked: list[str]) -> None:
    for command in (asked, [*PARLEY, "--version"]):
        with Path("/dev/full").open("wb") as full:
            found = subprocess.run(
                command, stdout=full, stderr=subprocess.PIPE, env=ASCII, check=False
            )
        assert found.returncode == NOT_WRITTEN
        name = "parley report" if command is asked else "parley"
        said = "the output cannot be written: No space left on device"
        assert found.stderr.decode() == f"{name}: {said}\n"


def test_what_a_task_raised_about_the_output_is_found_in_its_groups(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """And nothing else is taken for it: not a fault of a file, not two faults at once."""

    def fails(*faults: BaseException) -> int:
        raise BaseExceptionGroup("", [BaseExceptionGroup("", faults)])

    full = OSError(errno.ENOSPC, "No space left on device")
    assert guarded("visitor", lambda: fails(full)) == NOT_WRITTEN
    assert guarded("visitor", lambda: fails(KeyboardInterrupt())) == INTERRUPTED
    said = "parley visitor: the output cannot be written: No space left on device\n"
    assert capfd.readouterr().err == said
    for faults in ((full, ValueError()), (OSError(errno.ENOENT, "gone", "a file"),)):
        with pytest.raises(BaseExceptionGroup):
            guarded("visitor", partial(fails, *faults))


def test_a_closed_output_is_none_and_no_fault() -> None:
    command = [*PARLEY, "--version"]
    done = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command], env=ASCII, check=False)
    assert done.returncode == 0


def test_what_is_complained_of_commands_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A line of somebody else's cannot be forged either."""
    complain("check", "\x1b[31mX\u202e\nparley check: all is good")
    complain("", "two\nlines", lines=True)
    assert capsys.readouterr().err.split("\n") == [
        "parley check: \ufffd[31mX\ufffd parley check: all is good",
        "parley: two",
        "lines",
        "",
    ]


def test_an_interruption_has_its_status() -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    assert guarded("report", interrupted) == INTERRUPTED


def test_another_fault_is_not_taken_for_the_output(capsys: pytest.CaptureFixture[str]) -> None:
    def fails() -> int:
        raise OSError(errno.ENOSPC, "No space left on device", "var/parley.db")

    with pytest.raises(OSError, match=r"parley\.db"):
        guarded("serve", fails)
    assert capsys.readouterr().err == ""
