"""`parley hash-token`, `hash-password` and `totp`: what they do; the command line calls them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from getpass import getpass
from secrets import token_bytes
from typing import Final, TextIO

from attrs import frozen

from broker.config.secret import hash_token, line_of
from broker.config.totp import SECRET_BYTES, spelled, uri
from protocol.limits import text_length
from protocol.values import is_blank


@frozen
class Kind:
    """What is hashed.

    Attributes:
        command: Which command does it.
        noun: What it is called.
        least: The fewest characters that it has.
        most: The most.
    """

    command: str
    noun: str
    least: int
    most: int


TOKEN: Final = Kind("hash-token", "secret", 1, text_length("Hello", "Token"))
PASSWORD: Final = Kind("hash-password", "password", 8, text_length("LoginRequest", "Password"))


def hash_command(
    kind: Kind,
    source: TextIO | None = None,
    out: TextIO | None = None,
    errors: TextIO | None = None,
    ask: Callable[[str], str] = getpass,
) -> int:
    """Read a secret and print its hash.

    At a terminal the secret is asked for twice and not shown; otherwise the first line of the
    input is the secret.

    Args:
        kind: What it is.
        source: Where the secret comes from; standard input when left out.
        out: Where the hash goes; standard output when left out.
        errors: Where a refusal goes; standard error when left out.
        ask: Asks for a text at a terminal without showing it.

    Returns:
        The exit status: 0, or 1 when there is no usable secret.
    """
    source, out, errors = source or sys.stdin, out or sys.stdout, errors or sys.stderr
    command, noun = f"parley {kind.command}", kind.noun
    if source.isatty():
        token = ask(f"{noun.capitalize()}: ")
        if token and ask("Again: ") != token:
            errors.write(f"{command}: the two {noun}s differ\n")
            return 1
    else:
        try:
            token = line_of(source.readline())
        except UnicodeDecodeError:
            errors.write(f"{command}: the input is no UTF-8 text; save it as UTF-8\n")
            return 1
    if is_blank(token) or not kind.least <= len(token) <= kind.most:
        errors.write(f"{command}: a {noun} has {kind.least} to {kind.most:,} characters\n")
        return 1
    out.write(hash_token(token) + "\n")
    return 0


def totp_command(
    login: str,
    issuer: str,
    out: TextIO | None = None,
    random: Callable[[int], bytes] = token_bytes,
) -> int:
    """Make the secret of a second factor; print it for the configuration, and its URI for an app.

    Args:
        login: Of which agent.
        issuer: What the app calls the installation.
        out: Where to write; standard output when left out.
        random: Source of random bytes.

    Returns:
        The exit status: 0.
    """
    out = out or sys.stdout
    secret = random(SECRET_BYTES)
    out.write(f'totp_secret = "{spelled(secret)}"\n{uri(secret, login, issuer)}\n')
    return 0
