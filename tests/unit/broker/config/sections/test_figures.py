"""`[figures]`: what is read, and what is refused with its path and line."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from broker.config.diagnostics import ConfigFault
from broker.config.figures import FiguresRole
from broker.config.load import loads
from broker.config.secret import verify
from protocol.identifiers import derive

TOKEN = '[[figures.tokens]]\nname = "Wall"\ntoken = "wall-secret"\n'
PROJECTS = '[[projects]]\nname = "Support"\n'


def test_what_is_read() -> None:
    text = (
        f'{PROJECTS}[figures]\nlisten = "127.0.0.1:9000"\nzone = "Europe/Prague"\n'
        'threshold = "30s"\nshort_abandon = "5s"\nevery = "500ms"\nstreams = 3\n'
        f'[figures.thresholds]\nSupport = "10s"\n{TOKEN}role = "supervisor"\nprojects = ["Support"]\n'
    )
    figures = loads(text).config.figures
    assert figures is not None
    support = derive("project", "Support")
    assert figures.listen == (("127.0.0.1", 9000),)
    assert figures.zone == ZoneInfo("Europe/Prague")
    assert (figures.threshold, figures.short_abandon, figures.every) == (
        *(30_000_000, 5_000_000),
        500_000,
    )
    assert dict(figures.thresholds) == {support: 10_000_000}
    (token,) = figures.tokens
    assert (token.name, token.role, token.projects) == (
        *("Wall", FiguresRole.SUPERVISOR),
        frozenset({support}),
    )
    assert verify(token.secret, "wall-secret")
    assert figures.streams == 3


def test_a_file_without_the_section_has_no_figures() -> None:
    assert loads(PROJECTS).config.figures is None
    assert loads(PROJECTS).beside == ()
    assert loads(f"[figures]\n{TOKEN}").beside == ("figures",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[figures]\n", "1: figures.tokens: is missing: nobody could ask"),
        (
            f'[figures]\nlistn = "x"\n{TOKEN}',
            '2: figures.listn: unknown key; did you mean "listen"?',
        ),
        (f'[figures]\nevery = "3s"\n{TOKEN}', "2: figures.every: must be from 100ms to 1s"),
        (f'[figures]\nevery = "1ms"\n{TOKEN}', "2: figures.every: is too short"),
        (f'[figures]\nzone = "Prag"\n{TOKEN}', "2: figures.zone: is no time zone"),
        (
            f'[figures]\nthresholds = {{ Sale = "1s" }}\n{TOKEN}',
            '2: figures.thresholds.Sale: there is no project "Sale"',
        ),
        (
            f'{PROJECTS}[figures]\nthresholds = {{ Support = "0s" }}\n{TOKEN}',
            "4: figures.thresholds.Support: must be longer than nothing",
        ),
        ("[[figures.tokens]]\ntoken = 'x'\n", "1: figures.tokens[0].name: is missing"),
        ("[[figures.tokens]]\nname = 'x'\n", "1: figures.tokens[0].token: is missing"),
        (f"{TOKEN}role = 'boss'\n", "4: figures.tokens[0].role: must be one of wallboard"),
        (f"{TOKEN}projects = []\n", "4: figures.tokens[0].projects: must not be empty"),
        (
            f"{TOKEN}projects = ['Support']\n",
            '4: figures.tokens[0].projects[0]: there is no project "Support"',
        ),
        (f"{TOKEN}{TOKEN}", '5: figures.tokens[1].name: a second token of figures "Wall"'),
        ("figures = 3\n", "1: figures: must be a table [figures], not a whole number"),
    ],
)
def test_what_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ConfigFault) as found:
        loads(text)
    assert f"parley.toml:{fault}" in str(found.value)


def test_a_door_to_the_network_is_warned_of() -> None:
    text = f'[figures]\nlisten = "0.0.0.0:9000"\n{TOKEN}'
    assert [w.text for w in loads(text).warnings] == [
        "is open to the network without TLS; tokens travel readable"
    ]
