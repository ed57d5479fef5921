"""How connections begin: hellos that become sessions, and logins at desks (W-10, W-18)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from math import inf
from typing import Any, Protocol

import structlog
from attrs import Factory, define, field

from broker.config.model import Limits
from broker.shell.authentication import Claim, Verdict, is_good_voucher, opening
from broker.shell.checks import Check, SlowChecks
from broker.shell.connection import ClientConnection, Phase
from broker.shell.counters import Counters
from broker.shell.engine import Engine
from broker.shell.logins import record_of
from broker.shell.origins import origin_of
from broker.shell.rate import Budget
from protocol.connection import State
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.session import Hello, LoginRequest, LoginResult
from protocol.values import FrameId, Guid, LoginOutcome

AUTH_FAILED = "the peers, the login or the token are not good"


class House(Protocol):
    """Keeper of the connections that are greeted; `Sessions` is one."""

    limits: Limits
    checks: SlowChecks
    counters: Counters
    clients: dict[int, ClientConnection]
    engine: Engine | None
    now: Callable[[], float]
    on_progress: Callable[[], None]

    def refuse(self, client: ClientConnection, error: WireError) -> None:
        """Say a fatal error and close."""

    def finish(self, client: ClientConnection, cause: str) -> None:
        """Close when the last words are taken."""

    def close_session(
        self, client: ClientConnection, code: ByeCode, text: str, after: int | None = None
    ) -> None:
        """Say good-bye and close."""


@define
class Greeter:
    """Door of all connections: they are let in, or turned away."""

    _house: House
    _served: Counter[Guid] = field(factory=Counter, init=False)
    """How many sessions each gateway has."""
    _answers: dict[object, Budget] = field(factory=dict, init=False)
    """By the party that shares it; there are no more of them than names in the configuration."""
    _log: Any = Factory(lambda: structlog.get_logger())

    def greet(self, client: ClientConnection, frame: Frame) -> None:
        """Look at the first frame of a connection."""
        said = frame.payload
        if client.connection.state is not State.CHECKING:
            return  # what came right behind it was a fault
        if isinstance(said, Hello):
            self._hello(client, said, frame.id)
        elif isinstance(said, LoginRequest):
            self._login(client, said, frame.id)

    # -- hellos

    def _hello(self, client: ClientConnection, hello: Hello, re: FrameId) -> None:
        client.introduce(hello)
        client.phase = Phase.CHECKING
        verdict = self._house.checks.authentication.judge(hello)
        if isinstance(verdict, Claim):
            self._join(client, verdict, hello, re)
        elif verdict is Verdict.REFUSED:
            self._turn_away(client, ErrorCode.AUTH_FAILED, AUTH_FAILED, re)
        else:
            overloaded = ErrorCode.OVERLOADED, "too many hellos wait", re
            client.check = Check(
                hello=hello,
                origin=client.origin,
                done=lambda claim: self._decided(client, claim, hello, re),
                rejected=lambda: self._turn_away(client, *overloaded),
            )
            if not self._house.checks.ask(client.check):
                self._turn_away(client, *overloaded)

    def _is_gone(self, client: ClientConnection) -> bool:
        """Whether a connection whose check came to its end is not there any more."""
        client.check = None
        known = self._house.clients.get(client.number)
        return client.phase is not Phase.CHECKING or known is not client

    def _decided(
        self,
        client: ClientConnection,
        claim: Claim | LoginResult | None,
        hello: Hello,
        re: FrameId,
    ) -> None:
        """A slow check came to its end."""
        if self._is_gone(client):
            return
        if not isinstance(claim, Claim):
            self._turn_away(client, ErrorCode.AUTH_FAILED, AUTH_FAILED, re)
        elif self._house.engine is None:
            self._house.close_session(client, ByeCode.STORE_UNAVAILABLE, "try again")
        else:
            self._join(client, claim, hello, re)
            self._house.on_progress()

    def _join(self, client: ClientConnection, claim: Claim, hello: Hello, re: FrameId) -> None:
        house = self._house
        assert house.engine is not None
        most = house.limits.gateway_sessions
        if any(self._served[gateway] >= most for gateway in claim.gateways):
            text = f"a gateway has {most} sessions already"
            self._turn_away(client, ErrorCode.OVERLOADED, text, re)
            return
        self._served.update(claim.gateways)
        client.gateways, client.login = claim.gateways, claim.login
        client.party = party = claim.party
        client.answers = self._answers.setdefault(party, Budget(inf, house.now()))
        client.phase = Phase.JOINED
        house.engine.submit(opening(client.number, claim, hello, re))

    def _turn_away(
        self,
        client: ClientConnection,
        code: ErrorCode,
        text: str,
        re: FrameId,
        type: str = "SYS_HELLO",
    ) -> None:
        self._house.counters.hellos_refused += 1
        self._house.refuse(client, WireError(code, text, type=type, re=re))

    def left(self, client: ClientConnection) -> None:
        """A session is over."""
        self._served.subtract(client.gateways)

    def expel(self) -> None:
        """End the sessions of agents who are not those any more as whom they logged in at a desk."""
        config = self._house.checks.authentication.config
        for client in list(self._house.clients.values()):
            if client.login is not None and not is_good_voucher(config, *client.login):
                text = "the agent was changed or removed"
                self._house.close_session(client, ByeCode.LOGGED_OFF, text)

    # -- logins at desks

    def _login(self, client: ClientConnection, request: LoginRequest, re: FrameId) -> None:
        client.who = {"role": "login", "login": request.login}
        client.phase = Phase.CHECKING
        overloaded = ErrorCode.OVERLOADED, "too many logins wait", re, "SYS_LOGIN"
        client.check = Check(
            hello=request,
            origin=origin_of(request.address or "") or client.origin,
            done=lambda result: self._logged_in(client, result, request, re),
            rejected=lambda: self._turn_away(client, *overloaded),
        )
        if not self._house.checks.ask(client.check):
            self._turn_away(client, *overloaded)

    def _logged_in(
        self,
        client: ClientConnection,
        result: Claim | LoginResult | None,
        request: LoginRequest,
        re: FrameId,
    ) -> None:
        told = result if isinstance(result, LoginResult) else None
        record: Mapping[str, object] = record_of(request, told)
        if told is not None and told.outcome is not None:
            self._house.counters.logins[told.outcome] += 1
        is_good = told is not None and told.outcome is LoginOutcome.GOOD
        self._log.info("login" if is_good else "login_refused", **record)
        if self._is_gone(client):
            return
        if told is None:
            self._turn_away(client, ErrorCode.AUTH_FAILED, "this is no desk", re, "SYS_LOGIN")
            return
        client.connection.conclude(told, re)
        self._house.finish(client, f"login: {told.outcome}")
