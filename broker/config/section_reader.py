"""A table of the document: where it stands, what it says, and the faults that are found in it.

A table is read in one go by the converter, into a class that names its keys, and then once more for
what it refers to. A fault is noted, and a stand-in takes the place of what cannot be read; reading
always goes on. Stand-ins never get out: with a fault noted there is no configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from attrs import evolve

from broker.config.converter import Shape, shape_of, structure
from broker.config.diagnostics import Path, Report
from broker.config.parse import ItemFaults, Parser, closest, hint, kind_of, listing
from protocol.values import Guid

T = TypeVar("T")
V = TypeVar("V")
D = TypeVar("D")
Lookup = Callable[[str], Parser[Guid]]
"""From a kind to the parser of its names of one kind."""


class Table:
    """One table and where it stands.

    Attributes:
        path: Where it stands.
        report: Where faults are noted.

    Its keys count as those of `section`: the keys on its path, unless a name on the path was
    chosen by somebody.
    """

    def __init__(
        self, content: dict[str, object], path: Path, report: Report, section: str | None = None
    ) -> None:
        self.path = path
        self.report = report
        self._content = content
        self._section = section or ".".join(step for step in path if isinstance(step, str))
        self._meant: set[str | None] = set()
        """What keys were probably meant by those that nobody knows."""
        self._faulty: set[str] = set()

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not self._content

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def says(self, key: str, value: object) -> bool:
        """Whether a member stands there with this value, before anything is read."""
        return self._content.get(key) == value

    def read(self, section: type[T], lookup: Lookup | None = None) -> T:
        """Read the table into a class of `converter`; a member with a fault has its default.

        Args:
            section: The class.
            lookup: Where its references are looked up.
        """
        shape = shape_of(section)
        self.report.vocabulary.setdefault(self._section, set()).update(shape.keys)
        found = structure(self._content, section)
        for key in found.unknown:
            close = closest(key, shape.keys)
            self._meant.add(close)
            self.fault(key, f"unknown key{hint(close)}")
        for key in shape.needed:
            if key not in self._content:
                self.missing(key, "is missing")
        for key, fault in found.faults.items():
            self._refuse(key, fault)
        return found.value if lookup is None else self._resolved(found.value, shape, lookup)

    def _resolved(self, section: T, shape: Shape, lookup: Lookup) -> T:
        """The second pass: names become the ids of what they name."""
        found: dict[str, object] = {}
        for key, reference, default in shape.references:
            parse: Parser[object] = lookup(reference.kind)
            found[key] = self.looked_up(key, listing(parse) if reference.many else parse, default)
        named: Any = section
        resolved: T = evolve(named, **found)
        return resolved

    def looked_up(self, key: str, parse: Parser[V], default: D) -> V | D:
        """Read a member for what needs the rest of the world, unless it has a fault already."""
        if key not in self._content or key in self._faulty:
            return default
        try:
            return parse(self._content[key])
        except ValueError as fault:
            self._refuse(key, fault)
        return default

    def _refuse(self, key: str, fault: ValueError) -> None:
        if not isinstance(fault, ItemFaults):
            self.fault(key, fault)
            return
        self._faulty.add(key)
        for position, inner in fault.faults.items():
            self.report.fault((*self.path, key, position), inner)

    def entries(self, key: str) -> Iterator[tuple[str, object]]:
        """The members of a table whose keys are names that somebody chose."""
        raw = self._content.get(key, {})
        if isinstance(raw, dict):
            yield from raw.items()
        else:
            self.fault(key, f"must be a table, not {kind_of(raw)}")

    def child(self, key: str) -> Table:
        """A table inside this one; an empty one when it is not there."""
        raw = self._content.get(key, {})
        if not isinstance(raw, dict):
            self.fault(key, f"must be a table [{key}], not {kind_of(raw)}")
        return Table(raw if isinstance(raw, dict) else {}, (*self.path, key), self.report)

    def children(self, key: str) -> Iterator[Table]:
        """The elements of an array of tables inside this one."""
        raw = self._content.get(key, [])
        path = (*self.path, key)
        if not isinstance(raw, list):
            self.fault(key, f"must be an array of tables [[{key}]], not {kind_of(raw)}")
            return
        for position, item in enumerate(raw):
            if isinstance(item, dict):
                yield Table(item, (*path, position), self.report)
            else:
                self._faulty.add(key)
                self.report.fault((*path, position), f"must be a table, not {kind_of(item)}")

    def fault(self, key: str, found: str | ValueError) -> None:
        """Note a fault of a member."""
        self._faulty.add(key)
        self.report.fault((*self.path, key), found)

    def missing(self, key: str, text: str, *others: str) -> None:
        """Note that a member, and others in its place, is missing, unless a wrong name explains it."""
        self._faulty.add(key)
        if self._meant.isdisjoint({key, *others}):
            self.fault(key, text)

    def is_sound(self, *keys: str) -> bool:
        """Whether these members had no fault by now, so that they can be judged together."""
        return self._faulty.isdisjoint(keys)

    def warn(self, key: str, text: str) -> None:
        """Note a warning about a member."""
        self.report.warn((*self.path, key), text)
