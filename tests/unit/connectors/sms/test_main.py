"""The command `parley sms`."""

from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from connectors.sms import main
from connectors.sms.main import sms_main

FILE = """
[broker]
gateways = ["sms"]
token_env = "SMS_TOKEN"

[store]
path = "sms.sqlite"

[sms.accounts.main]
provider = "smpp"
gateway = "sms"
user = "me"
password = "{password}"

[sms.accounts.main.smpp]
host = "smsc.example.com"
"""


def test_a_file_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "sms.toml"
    file.write_text(FILE.format(password="secret"))
    assert sms_main([str(file), "--check"], {"SMS_TOKEN": "t"}) == 0
    assert capsys.readouterr().out == f"{file}: good\n"
    file.write_text(FILE.format(password="longer than it may be"))
    assert sms_main([str(file), "--check"], {"SMS_TOKEN": "t"}) == 2
    assert "sms.accounts.main.password" in capsys.readouterr().err
    assert not (tmp_path / "sms.sqlite").exists()


def test_without_its_libraries_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def find(name: str) -> ModuleSpec | None:
        return None if name == "uvicorn" else ModuleSpec(name, None)

    monkeypatch.setattr(main, "find_spec", find)
    assert sms_main(["sms.toml"]) == 1
    assert capsys.readouterr().err == "parley sms needs uvicorn: install parley[sms]\n"
