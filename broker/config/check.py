"""`parley check` and `parley hash-token`: what they do; the command line calls them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from getpass import getpass
from typing import Final, TextIO

from broker.config.context import Judge
from broker.config.diagnostics import ConfigFault, Finding
from broker.config.load import load
from broker.config.model import Config
from broker.config.secret import hash_token, line_of
from protocol.limits import text_length
from protocol.values import is_blank

TOKEN_LENGTH: Final = text_length("Hello", "Token")


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


def hash_token_command(
    source: TextIO | None = None,
    out: TextIO | None = None,
    errors: TextIO | None = None,
    ask: Callable[[str], str] = getpass,
) -> int:
    """Read a secret and print its hash for `token_hash`.

    At a terminal the secret is asked for twice and not shown; otherwise the first line of the
    input is the secret.

    Args:
        source: Where the secret comes from; standard input when left out.
        out: Where the hash goes; standard output when left out.
        errors: Where a refusal goes; standard error when left out.
        ask: Asks for a text at a terminal without showing it.

    Returns:
        The exit status: 0, or 1 when there is no usable secret.
    """
    source, out, errors = source or sys.stdin, out or sys.stdout, errors or sys.stderr
    if source.isatty():
        token = ask("Secret: ")
        if token and ask("Again: ") != token:
            errors.write("parley hash-token: the two secrets differ\n")
            return 1
    else:
        try:
            token = line_of(source.readline())
        except UnicodeDecodeError:
            errors.write("parley hash-token: the input is no UTF-8 text; save it as UTF-8\n")
            return 1
    if is_blank(token) or len(token) > TOKEN_LENGTH:
        errors.write(f"parley hash-token: a secret has 1 to {TOKEN_LENGTH:,} characters\n")
        return 1
    out.write(hash_token(token) + "\n")
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
