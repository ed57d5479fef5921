"""The commands `parley web` and `parley desk`."""

from pathlib import Path

import pytest
from attrs import evolve

from connectors.desk.main import desk_main
from connectors.web import main
from connectors.web.command import FAILED, FAULTY, STOPPED

GOOD = '[web]\nlisten = "127.0.0.1:0"\n[web.sites.shop]\ngateway = "web"\ntoken = "t"\n'


def test_a_file_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "parley.toml"
    path.write_text(GOOD)
    assert main.web_main([str(path), "--check"]) == STOPPED
    assert capsys.readouterr().out == f"{path}: [web] is good\n"
    path.write_text(GOOD + 'port_ = "x"\n')
    assert main.web_main([str(path)]) == FAULTY
    assert "web.sites.shop.port_: unknown key" in capsys.readouterr().err


def test_what_is_not_installed_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main, "WEB", evolve(main.WEB, needed=("no_such_library",)))
    assert main.web_main([str(tmp_path / "x.toml")]) == FAILED
    assert "install parley[web]" in capsys.readouterr().err


def test_a_key_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "parley.toml"
    (tmp_path / "key.pem").write_text("nonsense")
    key = '[[web.sites.shop.keys]]\nalgorithm = "RS256"\npublic_key = "key.pem"\n'
    path.write_text(GOOD + key)
    assert main.web_main([str(path), "--quiet"]) == FAULTY


def test_a_file_without_the_section_is_faulty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "parley.toml"
    path.write_text(GOOD)
    assert desk_main([str(path)]) == FAULTY
    assert capsys.readouterr().err == f"{path}: desk: is missing: there is no [desk] in it\n"
