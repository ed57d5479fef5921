"""Configurations in which the line of what is the matter carries the mark ``#!``."""

from collections.abc import Mapping

import pytest

from broker.config.diagnostics import ConfigFault, Finding
from broker.config.load import loads

MARK = "#!"


def marked_line(text: str) -> int:
    """The last line with a mark, counted from 1."""
    return [number for number, line in enumerate(text.splitlines(), 1) if MARK in line][-1]


def faults_of(
    text: str, path: str = "p.toml", environ: Mapping[str, str] | None = None
) -> tuple[Finding, ...]:
    """The faults of a configuration that has some."""
    with pytest.raises(ConfigFault) as caught:
        loads(text, path, {"THERE": "s"} if environ is None else environ)
    return caught.value.faults


def assert_fault(text: str, member: str, said: str, path: str = "p.toml") -> None:
    """The configuration has one fault, of this member, on the marked line."""
    (fault,) = faults_of(text, path)
    assert fault.member == member
    assert fault.line == marked_line(text)
    assert said in fault.text


def warnings_of(text: str) -> list[tuple[int | None, str, str]]:
    """Lines, members and texts of what a good configuration is warned of, clear secrets left out."""
    warnings = loads(text).warnings
    return [(w.line, w.member, w.text) for w in warnings if "is clear text" not in w.text]
