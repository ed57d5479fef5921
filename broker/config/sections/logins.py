"""Readers of what has to do with logins at a desk: `[logins]`, and those members of agents (W-18)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from attrs import frozen

from broker.config.context import Context
from broker.config.model import Agent, Logins
from broker.config.parse import boolean
from broker.config.secret import SecretKeys, from_environment, secret_of
from broker.config.section_reader import Table
from broker.config.totp import secret_of as totp_secret_of

_KEYS: Final = ("totp_secret", "totp_secret_env")


@frozen(kw_only=True)
class LoginsKeys(SecretKeys):
    """`[logins]`."""

    mfa: Annotated[bool, boolean] = False


def read_logins(root: Table, context: Context, agents: Iterable[tuple[Table, Agent]]) -> Logins:
    """`[logins]`: the secret of the desk, and what a login needs of agents."""
    table = root.child("logins")
    keys = table.read(LoginsKeys)
    if table.is_empty:
        return Logins()
    for place, agent in agents if keys.mfa else ():
        _check_second_factor(place, agent)
    return Logins(secret=secret_of(table, keys, context), mfa=keys.mfa)


def totp_of(
    table: Table, clear: str | None, variable: str | None, context: Context
) -> bytes | None:
    """The secret of a second factor, which stands in the file or in the environment."""
    if clear is not None and variable is not None:
        table.fault(_KEYS[1], f"and {_KEYS[0]} are both there; give one of them")
        return None
    if variable is not None:
        return from_environment(
            table, _KEYS[1], variable, context.environ, lambda value: totp_secret_of(str(value))
        )
    if clear is None:
        return None
    context.clear_tokens.append((*table.path, _KEYS[0]))
    return table.looked_up(_KEYS[0], lambda value: totp_secret_of(str(value)), None)


def check_login(table: Table, agent: Agent, context: Context) -> None:
    """Note what of an agent's members for logins does not fit together."""
    if agent.subject is not None:
        context.identities.unique(table, "agent with the subject", agent.subject, key="subject")
    if agent.role == "bot":
        for key in ("password_hash", "subject"):
            if key in table:
                table.fault(key, "is not for a bot: nobody logs in as one at a desk")
    if agent.password is None:
        for key in _KEYS:
            if key in table and table.is_sound(key):
                table.fault(key, "means nothing without a password_hash")


def _check_second_factor(table: Table, agent: Agent) -> None:
    """Note a password that does not do by itself."""
    if agent.password is not None and agent.totp is None and table.is_sound(*_KEYS):
        table.fault("password_hash", "needs a totp_secret, since logins.mfa is true")
