"""Logins at a desk: what is slow about them; what comes of them the core decides (`core.logins`, W-18)."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from attrs import Factory, define, field

from broker.config.model import Agent, Config, Secret
from broker.config.totp import step_at, step_of
from broker.config.vouchers import may_log_in, voucher_of
from broker.core.logins import Checked, LoginTries, Try
from broker.shell.authentication import Authentication
from broker.shell.origins import origin_of
from protocol.session import LoginRequest, LoginResult
from protocol.values import LoginOutcome

NOBODY: Final = Secret()
"""The password of nobody: nothing fits it."""


def _tries(desk: LoginDesk) -> LoginTries:
    return LoginTries(floor=step_at(desk.wall()))


@define
class LoginDesk:
    """Judges logins by the configuration in force.

    Attributes:
        authentication: The check of secrets.
        now: Seconds that only grow.
        wall: Seconds since 1970.
        tries: What is remembered of them.
    """

    authentication: Authentication
    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    tries: LoginTries = field(default=Factory(_tries, takes_self=True))

    async def decide(self, request: LoginRequest) -> LoginResult | None:
        """Judge one; None: it is no desk that asks."""
        secret = self.authentication.config.logins.secret
        if secret is None or not await self.authentication.fits(secret, request.token or ""):
            return None
        if request.subject is not None:
            return self._by_subject(request.subject)
        tried = Try(request.login or "", origin_of(request.address or ""))
        wait = self.tries.begin(tried, self.now())
        if wait > 0:
            return LoginResult(outcome=LoginOutcome.WAIT, retry_after_seconds=max(1, round(wait)))
        while True:
            config = self.authentication.config
            agent = _agent_of(config, tried.login)
            good = await self._has(agent, config, request.password or "")
            if self.authentication.config is config:
                break
        outcome = self.tries.settle(tried, self._checked(agent, good, request.code))
        return (
            _good(config, agent) if outcome is LoginOutcome.GOOD else LoginResult(outcome=outcome)
        )

    def _by_subject(self, subject: str) -> LoginResult:
        """The desk vouches for somebody: their identity provider has checked what there is to check."""
        config = self.authentication.config
        named = (one for one in config.agents.values() if one.subject == subject)
        agent = next(filter(may_log_in, named), None)
        if agent is None:
            return LoginResult(outcome=LoginOutcome.REFUSED)
        return _good(config, agent)

    async def _has(self, agent: Agent | None, config: Config, password: str) -> bool:
        """Check a password; that of nobody takes as long."""
        if agent is not None and agent.password is not None:
            return await self.authentication.check_slowly(agent.password, password)
        decoy = next((one.password for one in config.agents.values() if one.password), NOBODY)
        await self.authentication.check_slowly(decoy, password)
        return False

    def _checked(self, agent: Agent | None, password: bool, code: str | None) -> Checked:
        secret = agent.totp if agent is not None else None
        return Checked(
            agent=agent.id if agent is not None else None,
            password=password,
            needs_code=secret is not None,
            has_code=bool(code),
            step=step_of(secret, code, self.wall()) if secret is not None and code else None,
        )


def _agent_of(config: Config, login: str) -> Agent | None:
    agent = config.agent_by_login.get(login)
    return agent if agent is not None and agent.password and may_log_in(agent) else None


def _good(config: Config, agent: Agent | None) -> LoginResult:
    assert agent is not None
    return LoginResult(
        outcome=LoginOutcome.GOOD,
        agent_id=agent.id,
        agent_name=agent.name,
        login=agent.login,
        agent_role=agent.role,
        voucher=voucher_of(config.logins, agent),
        workplaces=tuple(one.number for one in config.workplaces.values() if not one.retired),
        pause_reasons=tuple(config.pause_reasons),
    )


def record_of(request: LoginRequest, result: LoginResult | None) -> Mapping[str, object]:
    """What the log says of a login: who tried, from where, and what came of it."""
    record = {
        "login": request.login,
        "subject": request.subject,
        "address": request.address,
        "outcome": result.outcome if result is not None else "NoDesk",
        "agent_id": result.agent_id if result is not None else None,
    }
    return {name: value for name, value in record.items() if value is not None}
