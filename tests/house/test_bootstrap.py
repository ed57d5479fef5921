"""The set-up says what it does."""

import sys
from pathlib import Path

import bootstrap
import pytest


def test_each_step_is_told_before_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pins = tmp_path / "dev.txt"
    pins.write_text("one==1 \\\n    --hash=sha256:00\n# via two\nthree==3.0\n")
    said: list[str] = []

    def step(*command: str | Path) -> None:
        said.extend(capsys.readouterr().out.splitlines())
        said.append(f"run {command[-1]}")
        assert command.count("--quiet") == 2  # what pip warns of would fill the screen

    monkeypatch.setattr(bootstrap, "run", step)
    monkeypatch.setattr(bootstrap, "make_environment", lambda venv: ["pip"])
    bootstrap.main(tmp_path / "venv", pins)
    said += capsys.readouterr().out.splitlines()
    assert [line.split(";")[0].split(" s")[0] for line in said] == [
        f"setup: 1 of 3: an environment for Python {sys.version.split()[0]} in {tmp_path / 'venv'}",
        "setup: 2 of 3: 2 pinned packages",
        f"run {pins}",
        "setup: 3 of 3: Parley itself",
        "run .",
        "setup: done in 0",
    ]


def test_ctrl_c_is_one_line_and_status_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_venv: Path, _pins: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "main", interrupted)
    assert bootstrap.program(tmp_path / "venv", tmp_path / "dev.txt") == 130
    said = capsys.readouterr().err
    assert said.startswith("setup: interrupted")
    assert said.count("\n") == 1
