"""What `make run` says to do next is what works."""

from pathlib import Path

import pytest
import run_hint

from tests.support.terminals import SAMPLE


def test_of_the_sample_no_address_needs_to_be_told() -> None:
    assert run_hint.address(SAMPLE) == run_hint.USUAL
    assert "\n    .venv/bin/parley agent      an agent" in run_hint.hint(SAMPLE)


def test_the_mail_that_is_told_of_is_there() -> None:
    assert "cp .ci/hello.eml var/mail/in/ " in run_hint.hint(SAMPLE)
    assert (SAMPLE.parents[2] / ".ci" / "hello.eml").is_file()


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ('"127.0.0.1:7171"', "127.0.0.1:7171"),
        ('"0.0.0.0:7070"', "127.0.0.1:7070"),
        ('["[::]:7171", "10.0.0.5:1"]', "[::1]:7171"),
        ("[]", "127.0.0.1:7070"),
        ("7", "127.0.0.1:7070"),
    ],
)
def test_another_address_is_told(tmp_path: Path, listen: str, address: str) -> None:
    config = tmp_path / "parley.toml"
    config.write_text(f"[server]\nlisten = {listen}\n")
    assert run_hint.address(config) == address
    told = f"parley visitor {address} " in run_hint.hint(config)
    assert told is (address != run_hint.USUAL)


@pytest.mark.parametrize("text", ["[server", 'server = "x"', "\x00"])
def test_what_is_wrong_with_the_file_the_broker_tells(tmp_path: Path, text: str) -> None:
    config = tmp_path / "parley.toml"
    config.write_text(text)
    assert run_hint.address(config) == run_hint.USUAL
    assert run_hint.address(tmp_path / "none.toml") == run_hint.USUAL


def test_the_shop_is_told_where_there_is_one(tmp_path: Path) -> None:
    config = tmp_path / "parley.toml"
    made = (SAMPLE, SAMPLE.parents[2] / ".ci" / "web.toml")
    config.write_text("".join(one.read_text("utf-8") for one in made), encoding="utf-8")
    assert "is at http://127.0.0.1:8080/\n" in run_hint.hint(config)
    assert run_hint.shop(SAMPLE) == ""
    config.write_text("web = 7")
    assert run_hint.shop(config) == ""
