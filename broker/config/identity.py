"""Names and ids: every thing has a name, and its Guid follows from it (C-2)."""

from __future__ import annotations

from broker.config.consequences import Dangling
from broker.config.diagnostics import Path, spell
from broker.config.parse import Parser, suggestion
from broker.config.section_reader import Table
from protocol.identifiers import derive
from protocol.values import Guid


class Identities:
    """The names and ids that the things of one document have taken."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, Guid]] = {}
        self._places: dict[tuple[str, str], Path] = {}
        self._ids: dict[Guid, Path] = {}
        self._shared: set[tuple[str, str]] = set()

    def claim(
        self, table: Table, kind: str, name: str, given: Guid | None = None, *, key: str = "name"
    ) -> Guid:
        """Give a thing its id; a name or an id that is already taken is a fault.

        Args:
            table: Where the thing stands.
            kind: What it is.
            name: What it is called; empty when that is missing.
            given: The id that the file gives it.
            key: The key of its name.
        """
        found = given or derive(kind, name)
        if not name:
            return found  # the missing name is noted already
        self.unique(table, kind, name, key)
        first = self._ids.setdefault(found, table.path)
        if first != table.path and given is not None:
            table.fault("id", f"is the id of {spell(first)} too")
        self._names.setdefault(kind, {}).setdefault(name, found)
        return found

    def unique(self, table: Table, kind: str, name: str, key: str = "name") -> None:
        """Note a fault when something of this kind and name is already there."""
        first = self._places.setdefault((kind, name), table.path)
        if first != table.path:
            line = table.report.line(first)
            table.fault(key, f'a second {kind} "{name}"; the first is {spell(first)}, line {line}')

    def alias(self, kind: str, name: str, identity: Guid) -> None:
        """Let a thing be called by a name that others may have too."""
        known = self._names.setdefault(kind, {})
        if known.setdefault(name, identity) != identity:
            self._shared.add((kind, name))

    def names(self, kind: str) -> dict[str, Guid]:
        """The ids of one kind by name."""
        return self._names.get(kind, {})

    def reference(self, kind: str) -> Parser[Guid]:
        """A parser of the name of a thing of one kind."""

        def parse(value: object) -> Guid:
            if not isinstance(value, str):
                raise ValueError(f"must be the name of a {kind}")
            known = self.names(kind)
            if value not in known:
                text = f'there is no {kind} "{value}"{suggestion(value, known)}'
                raise Dangling((kind,), value, text)
            if (kind, value) in self._shared:
                raise ValueError(f'several forms have a {kind} "{value}"; write form/{kind}')
            return known[value]

        return parse
