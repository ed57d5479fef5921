"""A table of the document: where it stands, what it says, and the faults that are found in it.

A table is read in one go by the converter, into a class that names its keys: so the sections that
stand once (`sections.settings`). The other sections are read key by key: each read hands over a value
or notes a fault and hands over a stand-in; reading always goes on. What nobody asked for when a table
is closed is an unknown key. Stand-ins never get out: with a fault noted there is no configuration.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self, TypeVar

from broker.config.converter import shape_of, structure
from broker.config.diagnostics import Path, Report
from broker.config.parse import ItemFaults, Parser, closest, hint, kind_of

T = TypeVar("T")
D = TypeVar("D")


class _Missing:
    """The place of a key that is not there."""


_MISSING: Final = _Missing()


class Table:
    """One table and where it stands; used in a `with`, whose end looks for unknown keys.

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
        name = section or ".".join(step for step in path if isinstance(step, str))
        self._asked = report.vocabulary.setdefault(name, set())
        self._missing: dict[str, tuple[str, ...]] = {}
        self._faulty: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for key in self._content:
            if key not in self._asked:
                close = closest(key, self._asked)
                self.fault(key, f"unknown key{hint(close)}")
                # What is missing is there by the wrong name.
                self._missing = {k: v for k, v in self._missing.items() if close not in v[1:]}
        for key, (text, *_) in self._missing.items():
            self.fault(key, text)

    def structured(self, section: type[T]) -> T:
        """Read the whole table into a class of `converter`; a member with a fault has its default."""
        shape = shape_of(section)
        self._asked.update(shape.keys)
        for key in shape.needed:
            if key not in self._content:
                self.missing(key, "is missing")
        found = structure(self._content, section)
        for key, fault in found.faults.items():
            self._refuse(key, fault)
        return found.value

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it."""
        return not self._content

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def need(self, key: str, parse: Parser[T], stand_in: T) -> T:
        """Read a key that must be there."""
        if key not in self._content:
            self._asked.add(key)
            self.missing(key, "is missing")
            return stand_in
        return self.read(key, parse, stand_in)

    def read(self, key: str, parse: Parser[T], default: D) -> T | D:
        """Read a key that may be left out."""
        raw = self._take(key)
        if isinstance(raw, _Missing):
            return default
        try:
            return parse(raw)
        except ValueError as fault:
            self._refuse(key, fault)
        return default

    def looked_up(self, key: str, parse: Parser[T], default: D) -> T | D:
        """Read a member again for what needs the rest of the world, unless it had a fault."""
        if key not in self._content or key in self._faulty:
            return default
        return self.read(key, parse, default)

    def _refuse(self, key: str, fault: ValueError) -> None:
        if not isinstance(fault, ItemFaults):
            self.fault(key, fault)
            return
        self._faulty.add(key)
        for position, inner in fault.faults.items():
            self.report.fault((*self.path, key, position), inner)

    def entries(self, key: str) -> Iterator[tuple[str, object]]:
        """The members of a table whose keys are names that somebody chose."""
        raw = self._take(key)
        if isinstance(raw, dict):
            yield from raw.items()
        elif not isinstance(raw, _Missing):
            self.fault(key, f"must be a table, not {kind_of(raw)}")

    def child(self, key: str) -> Table:
        """A table inside this one; an empty one when it is not there."""
        raw = self._take(key)
        if not isinstance(raw, (dict, _Missing)):
            self.fault(key, f"must be a table [{key}], not {kind_of(raw)}")
        return Table(raw if isinstance(raw, dict) else {}, (*self.path, key), self.report)

    def children(self, key: str) -> Iterator[Table]:
        """The elements of an array of tables inside this one."""
        raw = self._take(key)
        path = (*self.path, key)
        if isinstance(raw, _Missing):
            return
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
        self._missing[key] = (text, key, *others)

    def is_sound(self, *keys: str) -> bool:
        """Whether these members had no fault by now, so that they can be judged together."""
        return self._faulty.isdisjoint(keys)

    def warn(self, key: str, text: str) -> None:
        """Note a warning about a member."""
        self.report.warn((*self.path, key), text)

    def _take(self, key: str) -> object:
        self._asked.add(key)
        return self._content.get(key, _MISSING)
