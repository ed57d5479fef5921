"""The documentation names every key of `[web]`, with its real default, and its example is good."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from attrs import NOTHING, fields

from connectors.channels.converter import Secret
from connectors.web.rates import RATES
from connectors.web.settings import Site, Web, judge

TEXT = (Path(__file__).parents[4] / "docs" / "website.md").read_text(encoding="utf-8")
ELSEWHERE = {"health", "former", "sites", "keys", "message", "call_back"}
"""Tables of their own."""


def keys_of(kind: Any) -> set[str]:
    found = set()
    for member in fields(kind):
        if member.name in ELSEWHERE:
            continue
        found.add(member.name)
        if member.type is Secret or "Secret" in str(member.type):
            found |= {f"{member.name}_env", f"{member.name}_file"}
    return found


def table(heading: str) -> dict[str, str]:
    """Default by key, of the first table behind a heading."""
    rows = TEXT.split(f"### {heading}\n")[1].split("\n### ")[0].split("\n## ")[0]
    found = {}
    for line in rows.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.split(" | ")]
            keys = re.findall(r"`(\w+)`", cells[0])
            defaults = cells[2].split(", ") if len(keys) > 1 else [cells[2]]
            for place, key in enumerate(keys):
                found[key] = defaults[min(place, len(defaults) - 1)]
    return found


@pytest.mark.parametrize(("heading", "kind"), [("The process", Web), ("Sites", Site)])
def test_every_key_is_documented_and_no_other(heading: str, kind: Any) -> None:
    assert set(table(heading)) == keys_of(kind)


@pytest.mark.parametrize(("heading", "kind"), [("The process", Web), ("Sites", Site)])
def test_defaults_are_what_they_are_said_to_be(heading: str, kind: Any) -> None:
    defaults = {member.name: member.default for member in fields(kind)}
    for key, said in table(heading).items():
        if key in defaults and (found := re.fullmatch(r"`(.+)`", said)):
            value = tomllib.loads(f"x = {found[1]}")["x"]
            real = defaults[key]
            assert real is not NOTHING
            real = list(real) if isinstance(real, tuple) else real
            assert value == (str(real) if isinstance(real, Path) else real), key


def test_the_example_is_good(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)[:1]
    found = judge(tomllib.loads(example)["web"], tmp_path, {"WEB_TOKEN": "t"})
    assert found == []


def test_rates_are_as_they_are_said_to_be() -> None:
    rows = TEXT.split("### Rates\n")[1]
    said = dict(re.findall(r"^\| (\w+) \| .* \| ([0-9.]+) \| [0-9]+ \|$", rows, re.MULTILINE))
    assert {"sentence", "typing", "start", "ask", "attachment", "message", "new"} <= set(said)
    assert {kind: RATES[kind].per_second for kind in said} == {
        kind: float(rate) for kind, rate in said.items()
    }
