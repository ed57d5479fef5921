"""What is wrong with a configuration file, and where (C-1)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from attrs import frozen

from broker.config.consequences import Dangling, Declared
from protocol.display import shown

Path = tuple[str | int, ...]
"""Where something stands in the document: keys and positions from the root."""

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def spell(path: Path) -> str:
    """Write a path as people do: ``gateways[2].token``; positions count from 0."""
    parts: list[str] = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            key = step if _BARE.fullmatch(step) else json.dumps(step, ensure_ascii=False)
            parts.append(f".{key}" if parts else key)
    return "".join(parts)


@frozen(kw_only=True)
class Finding:
    """One fault or one warning.

    Attributes:
        file: The file as it was named.
        line: The line, counted from 1; None when the file could not be read.
        member: The member, like ``gateways[2].token``; empty for the whole file.
        text: What is the matter.
    """

    file: str
    line: int | None
    member: str
    text: str

    def __str__(self) -> str:
        """One line, in the form that editors can jump to."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return shown(": ".join(filter(None, (place, self.member, self.text))))


class ConfigFault(Exception):
    """A configuration that cannot be used; it carries every fault that was found.

    Attributes:
        faults: The faults, in the order of the file.
        warnings: What was noticed besides.
    """

    def __init__(self, faults: Iterable[Finding], warnings: Iterable[Finding] = ()) -> None:
        self.faults = tuple(faults)
        self.warnings = tuple(warnings)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Report:
    """Collects findings while a document is read, and knows the lines of its members."""

    def __init__(self, file: str, lines: dict[Path, int]) -> None:
        self.faults: list[Finding] = []
        self.warnings: list[Finding] = []
        self.vocabulary: dict[str, set[str]] = {}
        """Every key that was asked for, by table: what the documentation must name."""
        self._file = file
        self._lines = lines
        self._dangling: list[tuple[Finding, Dangling]] = []
        self._faulty: set[str] = set()

    def fault(self, path: Path, found: str | ValueError) -> None:
        """Note that the document cannot be used."""
        finding = self._finding(path, str(found))
        self.faults.append(finding)
        if isinstance(found, Dangling):
            self._dangling.append((finding, found))
        else:
            self._faulty.update(str(step) for step in path[:1])

    def drop_consequences(self, document: Mapping[str, object]) -> None:
        """Forget the references to things that are missing because of another fault."""
        declared = Declared(document, self.vocabulary.get("", set()), self._faulty)
        follow = {id(finding) for finding, fault in self._dangling if declared.explains(fault)}
        self.faults = [finding for finding in self.faults if id(finding) not in follow]

    def warn(self, path: Path, text: str) -> None:
        """Note what somebody should know about a good document."""
        self.warnings.append(self._finding(path, text))

    def line(self, path: Path) -> int:
        """The line of a member, or of the nearest table around a missing one."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def raise_faults(self) -> None:
        """Raise `ConfigFault` when a fault was noted."""
        if self.faults:
            raise ConfigFault(_sorted(self.faults), _sorted(self.warnings))

    def sorted_warnings(self) -> tuple[Finding, ...]:
        """The warnings in the order of the file."""
        return tuple(_sorted(self.warnings))

    def _finding(self, path: Path, text: str) -> Finding:
        return Finding(file=self._file, line=self.line(path), member=spell(path), text=text)


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: finding.line or 0)
