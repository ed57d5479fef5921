"""Leave out of a list of faults what follows from another one (C-1).

A thing whose declaration has a fault is not there for those who refer to it, and each of them would be
named as faulty too. So a reference to nothing counts only where nothing else explains it: no unknown
section declares that name, nor does the section where it belongs, with a fault that is named already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from attrs import frozen

SECTIONS: Final = {
    "language": "languages",
    "project": "projects",
    "gateway": "gateways",
    "agent": "agents",
    "bot": "bots",
    "text_match": "text_matches",
    "scenario": "scenarios",
    "control": "scenarios",
    "calendar": "calendars",
    "message_gateway": "message_gateways",
}
"""Where a thing of each kind that is referred to is declared."""
INSIDE: Final = frozenset({"control"})
"""Kinds whose things stand somewhere inside of their section."""


class Dangling(ValueError):
    """A reference to a thing that is not there.

    Attributes:
        kinds: What it may be, by any of which it would be found.
        name: What it is called.
    """

    def __init__(self, kinds: tuple[str, ...], name: str, text: str) -> None:
        self.kinds = kinds
        self.name = name
        super().__init__(text)


@frozen
class Declared:
    """What a document declares, whether it could be read or not.

    Attributes:
        document: The document.
        sections: The names of the sections that there are.
        faulty: The sections in which something else than a reference is faulty.
    """

    document: Mapping[str, object]
    sections: AbstractSet[str]
    faulty: AbstractSet[str]

    def explains(self, fault: Dangling) -> bool:
        """Whether the thing is missing because of a fault that is named already."""
        unknown = (key for key in self.document if key not in self.sections)
        if any(fault.name in _names(self.document[key]) for key in unknown):
            return True
        return any(self._spoilt(kind, fault.name) for kind in fault.kinds)

    def _spoilt(self, kind: str, name: str) -> bool:
        section = SECTIONS.get(kind, kind)
        if section not in self.document:
            return False
        names = list(_names(self.document[section]))
        if kind in INSIDE:
            return section in self.faulty
        # Known names are no faults, so one that is declared here and not known has one of its own.
        return name in names or None in names


def _names(section: object) -> Iterator[str | None]:
    """The names of the tables of a section; None stands for each that has none."""
    tables = section if isinstance(section, list) else [section]
    for table in tables:
        name = table.get("name") if isinstance(table, dict) else None
        yield name if isinstance(name, str) else None
