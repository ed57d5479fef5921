"""The voucher that a good login at a desk gives, and which agents may have one (W-18)."""

from __future__ import annotations

import hmac
from typing import Final

from broker.config.model import Agent, Logins

_END: Final = "\0"


def may_log_in(agent: Agent) -> bool:
    """Whether an agent is a person who may be at a desk."""
    known = agent.password is not None or agent.subject is not None
    return known and not agent.retired and agent.role != "bot"


def voucher_of(logins: Logins, agent: Agent) -> str | None:
    """What shows that somebody logged in as an agent; None: nobody can be.

    It changes with everything by which they log in and may do things, so that whoever has it has logged in
    as the agent who is configured now. The configuration alone makes it: it outlives the broker.
    """
    secret = logins.secret
    if secret is None or not may_log_in(agent):
        return None
    key = secret.digest or (secret.argon2 or "").encode()
    password = agent.password.argon2 if agent.password is not None else None
    members = (
        agent.id,
        agent.login,
        agent.role,
        password or "",
        (agent.totp or b"").hex(),
        agent.subject or "",
        str(logins.mfa),
    )
    return hmac.digest(key, _END.join(members).encode(), "sha256").hex()
