"""The configuration of the replayed broker: what all share, and a cell for each recording.

A cell is a small contact center of its own, so that recordings can be played in any order, and
one after the other against the same broker, without meeting each other's chats and agents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from attrs import field, frozen

BASE: Final = Path(__file__).parent / "config.toml"
_CELL: Final = """
[[gateways]]
name = "Gateway {name}"
peer = "{name}"
chat_type = "WebIM"
token = "{name}-secret"
inactivity_timeout = "{inactivity_timeout}"
inactivity_warning = "{inactivity_warning}"
tracking_inertia = "{tracking_inertia}"
workplace_grace = "{workplace_grace}"
reactivate = {reactivate}

[[projects]]
name = "Project {name}"
signal_duration = "{signal_duration}"
wrapup = "{wrapup}"

[[gate_rules]]
rank = {rank}
gateway = "Gateway {name}"
{gate}

[[project_rules]]
rank = {rank}
gateway = "Gateway {name}"
project = "Project {name}"
language = "English"
{route}
"""
_DESK: Final = """
[[workplaces]]
number = "{name}-{number}"
max_chats = 10

[[agents]]
name = "Agent {letter} of {name}"
nickname = "{nickname}"
login = "{name}-{letter}"
token = "{name}-{letter}-secret"
max_chats = {max_chats}
languages = {{ English = 100 }}
skills = {{ "Project {name}" = {skill} }}
"""
_DEFAULTS: Final[Mapping[str, str]] = {
    "inactivity_timeout": "30m",
    "inactivity_warning": "60s",
    "tracking_inertia": "1h",
    "workplace_grace": "600ms",
    "reactivate": "false",
    "signal_duration": "30s",
    "wrapup": "0s",
    "gate": "",
    "route": "",
    "max_chats": "2",
}


@frozen
class Cell:
    """A contact center for one recording; `settings` replace what it has by default."""

    name: str
    settings: Mapping[str, str] = field(factory=dict)

    def text(self, rank: int) -> str:
        """Its part of the configuration."""
        values = {**_DEFAULTS, **self.settings, "name": self.name, "rank": rank}
        desks = (
            {"number": 1, "letter": "a", "nickname": "Anna", "skill": 50},
            {"number": 2, "letter": "b", "nickname": "Ben", "skill": 40},
        )
        return _CELL.format(**values) + "".join(_DESK.format(**{**values, **d}) for d in desks)


def closed_today() -> str:
    """Opening hours that do not hold now, nor an hour from now."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    other = datetime.now(UTC) + timedelta(days=3)
    return f'hours = ["{days[other.weekday()]} 08:00-18:00"]'


def write_config(path: Path, address: tuple[str, int], cells: Iterable[Cell], limits: str) -> None:
    """Write the configuration of a broker with these cells; `limits` are lines of `[limits]`."""
    text = BASE.read_text(encoding="utf-8")
    listen = 'listen = "127.0.0.1:7070"'
    assert listen in text
    text = text.replace(listen, f'listen = "{address[0]}:{address[1]}"')
    text = text.replace("[limits]\n", f"[limits]\n{limits}")
    text += "".join(cell.text(rank) for rank, cell in enumerate(cells, start=1))
    path.write_text(text, encoding="utf-8")
