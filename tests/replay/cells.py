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
weight = {weight}
outbound_timeout = "{outbound_timeout}"

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
_SECOND: Final = """
[[projects]]
name = "Second {name}"
signal_duration = "{signal_duration}"
"""
_DESK: Final = """
[[workplaces]]
number = "{name}-{number}"
max_chats = 10

[[agents]]
name = "{who} {letter} of {name}"
nickname = "{nickname}"
login = "{name}-{letter}"
role = "{role}"
token = "{name}-{letter}-secret"
max_chats = {max_chats}
languages = {{ English = 100 }}
skills = {{ "{queue} {name}" = {skill} }}
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
    "weight": "1",
    "outbound_timeout": "2m",
    "staff": "ab",
    "second": "",
    "more": "",
}
_STAFF: Final[Mapping[str, Mapping[str, object]]] = {
    "a": {"nickname": "Anna", "skill": 50},
    "b": {"nickname": "Ben", "skill": 40},
    "c": {"nickname": "Cora", "skill": 30},
    "s": {"nickname": "Sue", "skill": 0, "role": "supervisor", "who": "Supervisor"},
    "r": {"nickname": "Robo", "skill": 0, "role": "bot", "who": "Bot"},
    **{
        letter: {"nickname": f"Sue {letter}", "skill": 0, "role": "supervisor", "who": "Supervisor"}
        for letter in "tuvwxyz"
    },
}


def number_of(letter: str) -> int:
    """The number of the workplace at which somebody of a cell sits."""
    return list(_STAFF).index(letter) + 1


@frozen
class Cell:
    """A contact center for one recording; `settings` replace what it has by default.

    `staff` are the letters of who works there: agents a, b and c, supervisors s to z, bot r. Those in
    `second` work for a second project and not for the first. `more` is more configuration, in
    which `<name>` is the cell's.
    """

    name: str
    settings: Mapping[str, str] = field(factory=dict)

    @property
    def letters(self) -> str:
        """Who works there."""
        return self._values["staff"]

    @property
    def has_messages(self) -> bool:
        """Whether its agents work on messages too, by programs that know them."""
        return "[[message_gateways]]" in self._values["more"]

    @property
    def _values(self) -> Mapping[str, str]:
        return {**_DEFAULTS, **self.settings, "name": self.name}

    def text(self, rank: int) -> str:
        """Its part of the configuration."""
        values = self._values
        text = _CELL.format(rank=rank, **values)
        if values["second"]:
            text += _SECOND.format(**values)
        for letter in values["staff"]:
            queue = "Second" if letter in values["second"] else "Project"
            desk = {"role": "agent", "who": "Agent", "queue": queue, **_STAFF[letter]}
            text += _DESK.format(letter=letter, number=number_of(letter), **{**desk, **values})
        return text + values["more"].replace("<name>", self.name).replace("<rank>", str(rank))


def closed_today() -> str:
    """Opening hours that do not hold now, nor an hour from now."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    other = datetime.now(UTC) + timedelta(days=3)
    return f'hours = ["{days[other.weekday()]} 08:00-18:00"]'


def holidays() -> str:
    """A calendar whose every day is a holiday."""
    days = [f"{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 32)]
    real = [
        day for day in days if day not in ("02-30", "02-31", "04-31", "06-31", "09-31", "11-31")
    ]
    return f'[[calendars]]\nname = "All year"\nclosed_on = {real}\n'


def write_config(
    path: Path, address: tuple[str, int], cells: Iterable[Cell], limits: str, distribution: str
) -> None:
    """Write the configuration of a broker with these cells.

    Args:
        path: The file to write.
        address: Where it listens.
        cells: What is in it.
        limits: Lines of `[limits]`.
        distribution: Lines of `[distribution]`.
    """
    text = BASE.read_text(encoding="utf-8")
    listen = 'listen = "127.0.0.1:7070"'
    assert listen in text
    text = text.replace(listen, f'listen = "{address[0]}:{address[1]}"')
    text = text.replace("[limits]\n", f"[limits]\n{limits}")
    text = text.replace("[distribution]\n", f"[distribution]\n{distribution}")
    text += "".join(cell.text(rank) for rank, cell in enumerate(cells, start=1))
    path.write_text(text, encoding="utf-8")
