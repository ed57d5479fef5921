"""The documentation names every key with its real default, and its example loads."""

import re
import tomllib
from pathlib import Path

import pytest

from broker.config.context import Context
from broker.config.diagnostics import ConfigFault, Finding, Report
from broker.config.load import loads, read_document
from broker.config.model import Config
from broker.config.sections.foreign import FOREIGN

DOCS = Path(__file__).parents[4] / "docs" / "configuration.md"
TEXT = DOCS.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
RULE_GROUPS = ("gate_rules", "pre_rules", "project_rules", "wait_rules")
ENVIRON = dict.fromkeys(
    ("WEB_TOKEN", "ALICE_TOKEN", "BOT_TOKEN", "MAIL_TOKEN", "WALLBOARD_TOKEN"), "s"
)

BASE = (
    '[[gateways]]\nname = "Base"\npeer = "base"\ntoken_env = "WEB_TOKEN"\n'
    '[[projects]]\nname = "Base"\n[[agents]]\nname = "Base"\nlogin = "base"\nrole = "bot"\n'
    'token_env = "BOT_TOKEN"\n'
)
"""A document with the things that others must refer to."""
FORM = '[[scenarios]]\nname = "F"\nculture = "en"\n[[scenarios.screens]]\nname = "s"\n'
CONTROL = '[[scenarios.screens.controls]]\nname = "c"\ncontrol_type = "CheckBoxes"\n'
QUESTION = '[[bots]]\nname = "B"\n[[bots.questions]]\nname = "q"\nask = "?"\n'
NEEDED = {
    "languages": '[[languages]]\nname = "L"\nculture = "en"\n',
    "projects": '[[projects]]\nname = "P"\n',
    "gateways": '[[gateways]]\nname = "G"\npeer = "g"\ntoken_env = "WEB_TOKEN"\n',
    "logins": '[logins]\ntoken_env = "WEB_TOKEN"\n',
    "agents": '[[agents]]\nname = "A"\nlogin = "a"\ntoken_env = "ALICE_TOKEN"\n',
    "agents.skills": (
        '[[agents]]\nname = "A"\nlogin = "a"\ntoken_env = "ALICE_TOKEN"\n'
        "[agents.skills.Base]\nvalue = 1\n"
    ),
    "workplaces": '[[workplaces]]\nnumber = "1"\n',
    "gate_rules": "[[gate_rules]]\nhours = ['Mon']\n",
    "pre_rules": '[[pre_rules]]\nbot = "Base"\n',
    "project_rules": '[[project_rules]]\nproject = "Base"\n',
    "scenarios.screens": FORM,
    "scenarios.screens.controls": (
        FORM + '[[scenarios.screens.controls]]\nname = "c"\ncontrol_type = "TextArea"\n'
    ),
    "scenarios.screens.controls.parameters": (
        FORM + CONTROL + '[[scenarios.screens.controls.parameters]]\ndisplay_name = "x"\n'
    ),
    "website_routing": '[[website_routing]]\ngateway = "Base"\n',
    "wait_rules": '[[wait_rules]]\nlevel = 1\nafter = "1m"\nnote = "x"\n',
    "bots.questions": QUESTION,
    "bots.questions.answers": f"{QUESTION}[[bots.questions.answers]]\n",
    "message_gateways": (
        '[[message_gateways]]\nname = "M"\npeer = "m"\nchannel = "SMS"\ndirection = "I"\n'
        'token_env = "MAIL_TOKEN"\n'
    ),
    "figures": '[figures]\ntokens = [{ name = "T", token_env = "WEB_TOKEN" }]\n',
    "figures.tokens": '[[figures.tokens]]\nname = "T"\ntoken_env = "WEB_TOKEN"\n',
    "message_rules": '[[message_rules]]\nproject = "Base"\n',
}
"""The least that a table of each section needs, open for one more key at its end."""


def documented() -> dict[str, dict[str, str]]:
    """Keys and defaults by section, from the headings and the tables."""
    found: dict[str, dict[str, str]] = {}
    sections: list[str] = []
    for line in TEXT.splitlines():
        if line.startswith("## "):
            sections = re.findall(r"`\[+([a-z_.]+)\]+`", line)
            if line == "## Rules":
                sections = list(RULE_GROUPS)
        elif line.startswith("| `"):
            keys, _, default = (cell.strip() for cell in line.split(" | ")[:3])
            for section in sections:
                for key in re.findall(r"`(\w+)`", keys):
                    found.setdefault(section, {})[key] = default
    return found


def test_the_example_is_good() -> None:
    """C-1: nothing in it is to be warned of."""
    assert loads(EXAMPLES[0], environ=ENVIRON).warnings == ()


def found_in(text: str) -> tuple[Finding, ...]:
    """The faults of an example that is a part of a file."""
    try:
        loads(text)
    except ConfigFault as fault:
        return fault.faults
    return ()


@pytest.mark.parametrize("text", EXAMPLES[1:])
def test_other_examples_lack_only_what_they_refer_to(text: str) -> None:
    assert all(fault.text.startswith("there is no") for fault in found_in(text))


def test_every_key_is_documented_and_no_other() -> None:
    report = Report("docs", {})
    read_document(tomllib.loads(EXAMPLES[0]), report, Context(environ=ENVIRON, base=Path()))
    known = {name: keys for name, keys in report.vocabulary.items() if name}
    known["agents.languages"] = known["agents.skills"]
    assert {name: set(keys) for name, keys in documented().items()} == known


def test_every_section_is_documented() -> None:
    report = Report("docs", {})
    read_document({}, report, Context(environ={}, base=Path()))
    assert report.vocabulary[""] - set(FOREIGN) <= set(documented())
    assert all(f"`[{name}]`" in TEXT for name in FOREIGN)


DEFAULTS = [
    (section, key, default[1:-1])
    for section, keys in documented().items()
    for key, default in keys.items()
    if re.fullmatch(r"`[^`]+`", default)
]


@pytest.mark.parametrize(("section", "key", "default"), DEFAULTS)
def test_a_documented_default_is_the_default(section: str, key: str, default: str) -> None:
    if section == "agents.languages":
        section = "agents.skills"
    table = BASE + NEEDED.get(section, f"[{section}]\n")

    def read(text: str) -> Config:
        return loads(text, environ=ENVIRON).config

    assert read(f"{table}{key} = {default}\n") == read(table)
