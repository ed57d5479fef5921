"""`parley whatif` as a program, on a SQLite file that a store wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.support.requires import ROOT
from tests.support.saved_shift import CONFIG, a_shift


def run(*argv: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "broker.cli", "whatif", *argv]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_program_compares_and_only_reads(tmp_path: Path) -> None:
    recorded = a_shift(tmp_path, 5)
    new = tmp_path / "new.toml"
    new.write_text(CONFIG.replace("max_chats = 1", "max_chats = 2"), encoding="utf-8")
    before = recorded.store.read_bytes()
    argv = ("--history", str(recorded.store), "--config", str(new), "--base", str(recorded.config))
    done = run(*argv, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    everything = json.loads(done.stdout)["rows"][0]
    assert everything["recorded"] == everything["replayed_old"]
    assert everything["difference"]["answered"] > 0
    assert run(*argv, "--json").stdout == done.stdout
    assert recorded.store.read_bytes() == before


def test_the_program_says_what_is_wrong(tmp_path: Path) -> None:
    done = run("--history", str(tmp_path / "none.db"), "--config", str(tmp_path / "none.toml"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("parley whatif: --config takes a configuration file")
    assert len(done.stderr.splitlines()) == 2
