"""Secrets: how they stand in the file, how they are kept, how they are checked (C-3)."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Annotated, TypeVar

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from attrs import frozen

from broker.config.context import Context
from broker.config.model import Secret
from broker.config.parse import text
from broker.config.section_reader import Table
from broker.config.source import BOM
from protocol.limits import text_length

T = TypeVar("T")
_KEYS = ("token", "token_hash", "token_env")
_token = text(text_length("Hello", "Token"))


def digest(token: str) -> bytes:
    """What is kept of a token that came in clear text."""
    return sha256(token.encode()).digest()


def hash_token(token: str) -> str:
    """The argon2id hash of a token or a password; takes about 0.1 s and 64 MiB."""
    return PasswordHasher().hash(token)


def verify(secret: Secret, token: str) -> bool:
    """Whether a token is the right one. Slow for an argon2 hash: call it in a thread."""
    if secret.digest is not None:
        return hmac.compare_digest(secret.digest, digest(token))
    if secret.argon2 is None:
        return False
    try:
        return PasswordHasher().verify(secret.argon2, token)
    except (VerificationError, InvalidHashError):
        return False


def _argon2id(value: object) -> str:
    found = text(1_024)(value)
    try:
        if extract_parameters(found).type is Type.ID:
            return found
    except (InvalidHashError, ValueError):
        pass
    raise ValueError("must be an argon2id hash, as `parley hash-token` prints it")


def password_hash(value: object) -> str:
    """Parse the hash of a password."""
    try:
        return _argon2id(value)
    except ValueError:
        raise ValueError("must be an argon2id hash, as `parley hash-password` prints it") from None


@frozen(kw_only=True)
class SecretKeys:
    """The keys of a secret, one of which must be there."""

    token: Annotated[str | None, _token] = None
    token_hash: Annotated[str | None, _argon2id] = None
    token_env: Annotated[str | None, text()] = None


def secret_of(table: Table, keys: SecretKeys, context: Context, *, needed: bool = True) -> Secret:
    """The secret of a thing: exactly one of the three keys, or none where it is not needed."""
    given = [key for key in _KEYS if key in table]
    if not given and needed:
        table.missing("token", f"is missing; give one of {', '.join(_KEYS)}", *_KEYS)
    elif len(given) > 1:
        both = f"and {given[1]} are both there; give one of {', '.join(_KEYS)}"
        table.fault(given[0], both)
    elif keys.token is not None:
        context.clear_tokens.append((*table.path, "token"))
        return Secret(digest=digest(keys.token))
    elif keys.token_env is not None:
        return _from_environment(table, keys.token_env, context.environ)
    return Secret(argon2=keys.token_hash)


def _from_environment(table: Table, variable: str, environ: Mapping[str, str]) -> Secret:
    found = from_environment(table, "token_env", variable, environ, _token)
    return Secret() if found is None else Secret(digest=digest(found))


def from_environment(
    table: Table, key: str, variable: str, environ: Mapping[str, str], parse: Callable[[object], T]
) -> T | None:
    """Read what a key names a variable of the environment for; None after a fault."""
    value = environ.get(variable)
    if value is None:
        table.fault(key, f"the environment has no variable {variable}")
        return None
    try:
        return parse(line_of(value))
    except ValueError as fault:
        table.fault(key, f"the variable {variable} {fault}")
        return None


def line_of(text: str) -> str:
    """A secret without what editors and shells put around it: a mark in front, a line end behind."""
    return text.removeprefix(BOM).rstrip("\r\n")
