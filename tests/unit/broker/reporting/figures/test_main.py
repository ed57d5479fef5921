"""`parley figures`: what it reads, and what it refuses to begin with."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog

from broker.config.diagnostics import ConfigFault
from broker.config.secret import verify
from broker.reporting.figures import main
from broker.reporting.figures.main import FAILED, FAULTY, Environment, configured, figures_main
from broker.reporting.figures.process import listening
from tests.support.playbook import CONFIG

TOKEN = '[[figures.tokens]]\nname = "Wall"\n'


def file_of(folder: Path, text: str) -> str:
    """A configuration."""
    path = folder / "parley.toml"
    path.write_text(CONFIG + text)
    return str(path)


def test_a_file_without_the_section_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert figures_main([file_of(tmp_path, "")], {}) == FAULTY
    assert "parley.toml: there is no [figures] in it" in capsys.readouterr().err


def test_a_faulty_file_is_refused_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = file_of(tmp_path, f'[figures]\nevery = "1h"\n{TOKEN}token = "x"\n')
    assert figures_main([path], {}) == FAULTY
    line = CONFIG.count("\n") + 2
    assert f"{path}:{line}: figures.every: must be from 100ms to 1s" in capsys.readouterr().err


def test_what_is_lacking_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(main, "find_spec", lambda name: None if name == "uvicorn" else object())
    assert figures_main([file_of(tmp_path, "")], {}) == FAILED
    said = capsys.readouterr().err
    assert "parley figures: needs uvicorn: install parley[figures]" in said


def test_secrets_of_others_need_not_be_there_and_an_absent_one_lets_nobody_in(
    tmp_path: Path,
) -> None:
    """The service may run where the tokens of gateways are not known."""
    path = file_of(tmp_path, f'[figures]\n{TOKEN}token_env = "WALL"\n')
    text = Path(path).read_text().replace('token = "web-secret"', 'token_env = "WEB"')
    Path(path).write_text(text)
    with structlog.testing.capture_logs() as log:
        config = configured(path, {"WALL": "wall-secret"})
    assert config.figures is not None
    assert verify(config.figures.tokens[0].secret, "wall-secret")
    assert [(one["event"], one["names"]) for one in log] == [("environment_lacks", ["WEB"])]
    with structlog.testing.capture_logs():
        config = configured(path, {})
    assert config.figures is not None
    for guess in ("", "WALL", "not needed", "None"):
        assert not verify(config.figures.tokens[0].secret, guess)


def test_an_environment_says_each_time_another_thing_of_what_it_lacks() -> None:
    environment = Environment({"A": "a"})
    assert (environment["A"], list(environment), len(environment)) == ("a", ["A"], 1)
    assert environment["B"] != environment["B"]
    assert environment.lacking == ["B", "B"]


def test_a_file_that_is_gone_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault):
        configured(str(tmp_path / "nothing.toml"), {})


def test_an_address_that_is_taken_closes_the_others() -> None:
    first = listening([("127.0.0.1", 0)])
    taken = first[0].getsockname()[1]
    with pytest.raises(OSError, match="in use"):
        listening([("127.0.0.1", 0), ("127.0.0.1", taken)])
    first[0].close()
