"""`parley check`: what it does; the command line calls it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TextIO

from broker.config.context import Judge
from broker.config.diagnostics import ConfigFault, Finding
from broker.config.load import load
from broker.config.model import Config


def check_command(
    path: str | os.PathLike[str],
    environ: Mapping[str, str] | None = None,
    out: TextIO | None = None,
    judges: Mapping[str, Judge] | None = None,
) -> int:
    """Check a configuration file and say what was found, one finding in a line.

    Args:
        path: The file.
        environ: The environment for `token_env`; that of the process when left out.
        out: Where to write; standard output when left out.
        judges: Who knows the sections of other programs.

    Returns:
        The exit status: 0 for a good file (warnings are allowed), 1 for a faulty one.
    """
    out = out or sys.stdout
    try:
        loaded = load(path, environ, judges=judges)
    except ConfigFault as fault:
        out.write(listing(fault.faults, fault.warnings))
        out.write(f"{os.fspath(path)}: {_count(len(fault.faults), 'fault')}\n")
        return 1
    out.write(listing((), loaded.warnings))
    out.write(f"{os.fspath(path)}: good: {summary(loaded.config)}\n")
    return 0


def listing(faults: tuple[Finding, ...], warnings: tuple[Finding, ...]) -> str:
    """Faults and warnings as lines of text, in the order of the file."""
    marked = [(fault.line or 0, f"{fault}\n") for fault in faults]
    marked += [(warning.line or 0, f"{warning} (warning)\n") for warning in warnings]
    return "".join(line for _, line in sorted(marked, key=lambda pair: pair[0]))


def summary(config: Config) -> str:
    """What a configuration holds, in one line."""
    groups = (
        config.gate_rules,
        config.pre_rules,
        config.project_rules,
        config.wait_rules,
        config.message_rules,
    )
    return ", ".join(
        (
            _count(len(config.gateways), "gateway"),
            _count(len(config.message_gateways), "message gateway"),
            _count(len(config.agents), "agent"),
            _count(len(config.workplaces), "workplace"),
            _count(len(config.projects), "project"),
            _count(sum(map(len, groups)), "rule"),
            _count(len(config.scenarios), "form"),
            _count(len(config.bots), "bot"),
        )
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
