"""The house rules find what is planted, and nothing where all is well."""

import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.house import rules

PLANTS = tomllib.loads(Path(__file__).with_name("plants.toml").read_text(encoding="utf-8"))
RULES = tomllib.loads(rules.RULES.read_text(encoding="utf-8"))
MODULES = {
    *("protocol.codec", "protocol.connection", "broker.core", "broker.core.agents"),
    *("tests.unit.protocol.test_codec_guids", "tests.unit.broker.core.test_rules"),
}


def found(path: str, text: str) -> list[str]:
    return [fault.text for fault in rules.faults(rules.Source(path, text), RULES, MODULES)]


@pytest.mark.parametrize("plant", PLANTS["plant"], ids=lambda plant: plant["says"])
def test_a_planted_fault_is_found(plant: dict[str, str]) -> None:
    texts = found(plant["path"], plant["text"])
    assert len(texts) == 1
    assert plant["says"] in texts[0]


@pytest.mark.parametrize("clean", PLANTS["clean"], ids=lambda clean: clean["text"][:30])
def test_what_is_well_done_is_no_fault(clean: dict[str, str]) -> None:
    assert found(clean["path"], clean["text"]) == []


@pytest.mark.parametrize(("lines", "count"), [(500, 0), (501, 1)])
def test_a_file_has_at_most_500_lines(lines: int, count: int) -> None:
    assert len(found("broker/a.py", "x = 1\n" * lines)) == count


def test_only_code_has_a_limit_of_length() -> None:
    assert found("docs/a.md", "words\n" * 501) == []


@pytest.mark.parametrize(("lines", "count"), [(60, 0), (61, 1)])
def test_a_function_has_at_most_60_lines(lines: int, count: int) -> None:
    text = "def f() -> None:\n" + "    x = 1\n" * (lines - 1)
    assert len(found("broker/a.py", text)) == count


def test_a_fault_tells_its_line() -> None:
    (fault,) = rules.faults(rules.Source("broker/core/a.py", "\n\nimport os\n"), RULES, ())
    assert str(fault) == "broker/core/a.py:3: broker.core may not import os"


def test_a_checkout_is_searched_with_what_is_not_committed_yet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".gitignore").write_text("made/\n")
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "utils.py").write_text("")
    (tmp_path / "good.py").write_text("x = 1\n")
    assert rules.main(tmp_path) == 0
    (tmp_path / "utils.py").write_text("x = 1\n")
    assert rules.main(tmp_path) == 1
    assert capsys.readouterr().out.startswith("utils.py:1: a module's name")


def test_an_unpacked_archive_is_searched_too(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "utils.py").write_text("")
    (tmp_path / "good.py").write_text("x = 1\n")
    assert rules.main(tmp_path) == 0
    (tmp_path / "utils.py").write_text("x = 1\n")
    assert rules.main(tmp_path) == 1


def test_the_modules_of_a_checkout_are_known() -> None:
    found = rules.places(Path(__file__).parents[2])
    assert {"protocol", "protocol.codec", "broker.core.agents"} <= found
    assert "broker.core.agents.__init__" not in found


def test_no_exception_is_made_for_an_import_that_there_is_not() -> None:
    also = [rule["also"] for rule in RULES["imports"] if "also" in rule]
    assert also
    for module, names in (pair for one in also for pair in one.items()):
        text = (
            Path(__file__)
            .parents[2]
            .joinpath(*module.split("."))
            .with_suffix(".py")
            .read_text("utf-8")
        )
        for name in names:
            assert f"\nimport {name}\n" in text, f"{module} needs no {name}"
