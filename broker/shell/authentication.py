"""Who may come in: the hello against the configuration (W-10).

Theory of operation: tokens in clear text are compared at once. An argon2id hash takes a tenth of
a second, so it is checked in a thread, where hellos take turns (`checks`); what was found good is
remembered under a key of this process, so that a thousand agents who come back together do not
wait for each other. A refusal does not say what was wrong, and costs an argon2id
check where the installation has any, whether the name exists or not.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Iterator
from enum import Enum, auto
from secrets import token_bytes

import trio
from attrs import define, field, frozen

from broker.config.message_gateways import MessageGateway
from broker.config.model import Config, Gateway, Secret
from broker.config.secret import verify
from broker.config.vouchers import voucher_of
from broker.core.inputs import SessionOpened
from broker.shell.parties import party_of
from protocol.session import Hello
from protocol.values import FrameId, Guid, Role

_NOBODY = Secret(digest=bytes(32))


@frozen(kw_only=True)
class Claim:
    """Whom a hello says to be, and the secrets that its token must fit, all of them."""

    role: Role
    gateways: tuple[Guid, ...] = ()
    """Of chats first, then of messages."""
    workplace: str | None = None
    agent_id: Guid | None = None
    login: tuple[Guid, str] | None = None
    """The agent and the voucher, where it is one of a login at a desk."""
    secrets: tuple[Secret, ...] = ()

    @property
    def party(self) -> object:
        """Whose sessions share turns and bounds: those of a gateway, or of an agent."""
        return party_of(self.agent_id, self.gateways)


def opening(session: int, claim: Claim, hello: Hello, re: FrameId) -> SessionOpened:
    """What the core is told of a hello that was found good."""
    return SessionOpened(
        session=session,
        role=claim.role,
        gateways=claim.gateways,
        workplace=claim.workplace,
        agent_id=claim.agent_id,
        continues=hello.continues,
        takes_pieces=bool(hello.takes_pieces),
        takes_messages=bool(hello.takes_messages),
        software=hello.software,
        re=re,
    )


def claim_of(config: Config, hello: Hello) -> Claim | None:
    """Find what a hello names; None when there is no such thing."""
    if hello.role is Role.WORKPLACE:
        return _workplace_claim(config, hello)
    named = set(hello.peers or ())
    every: tuple[Gateway | MessageGateway, ...] = (
        *config.gateways.values(),
        *config.message_gateways.values(),
    )
    found = [gateway for gateway in every if gateway.peer in named]
    if not named or named != {gateway.peer for gateway in found}:
        return None
    return Claim(
        role=Role.CONNECTOR,
        gateways=tuple(gateway.id for gateway in found),
        secrets=tuple(dict.fromkeys(gateway.secret for gateway in found)),
    )


def _workplace_claim(config: Config, hello: Hello) -> Claim | None:
    peers = hello.peers or ()
    workplace = config.workplaces.get(peers[0]) if len(peers) == 1 else None
    agent = config.agent_by_login.get(hello.login or "")
    if workplace is None or workplace.retired or agent is None or agent.retired:
        return None
    secret = agent.secret
    if hello.voucher is not None:
        if config.logins.secret is None or not is_good_voucher(config, agent.id, hello.voucher):
            return None
        secret = config.logins.secret
    return Claim(
        role=Role.WORKPLACE,
        workplace=workplace.number,
        agent_id=agent.id,
        login=(agent.id, hello.voucher) if hello.voucher is not None else None,
        secrets=(secret,),
    )


def is_good_voucher(config: Config, agent: Guid, voucher: str) -> bool:
    """Whether a voucher is that of an agent as they are configured now (W-18)."""
    known = config.agents.get(agent)
    wanted = voucher_of(config.logins, known) if known is not None else None
    return wanted is not None and hmac.compare_digest(wanted.encode(), voucher.encode())


CheckSlowly = Callable[[Secret, str], Awaitable[bool]]


async def _in_thread(secret: Secret, token: str) -> bool:
    return await trio.to_thread.run_sync(verify, secret, token)


class Verdict(Enum):
    """What can be said of a hello at once when it cannot be let in at once."""

    REFUSED = auto()
    SLOW = auto()


@define
class Authentication:
    """The check of hellos against the configuration in force."""

    config: Config
    check_slowly: CheckSlowly = _in_thread
    _key: bytes = field(factory=lambda: token_bytes(32), init=False)
    _known: dict[bytes, str] = field(factory=dict, init=False)
    """What was found good: the fingerprint, and the hash that it is of."""
    _decoy: Secret | None = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Prepare for the configuration."""
        self.replace(self.config)

    def replace(self, config: Config) -> None:
        """Take another configuration; what was found good stays so for the hashes that it has."""
        self.config = config
        secrets = [agent.secret for agent in config.agents.values()]
        secrets += [gateway.secret for gateway in config.gateways.values()]
        secrets += [gateway.secret for gateway in config.message_gateways.values()]
        secrets += [config.logins.secret] if config.logins.secret is not None else []
        hashes = {secret.argon2 for secret in _hashed(secrets)}
        self._known = {mark: of for mark, of in self._known.items() if of in hashes}
        self._decoy = next(_hashed(secrets), None)

    def judge(self, hello: Hello) -> Claim | Verdict:
        """Check as far as it goes at once; a slow one is for `decide`."""
        claim = self._plausible(hello)
        token = hello.token or ""
        if claim and all(self._is_known(secret, token) for secret in _hashed(claim.secrets)):
            return claim
        return Verdict.REFUSED if self._decoy is None else Verdict.SLOW

    async def decide(self, hello: Hello) -> Claim | None:
        """Check to the end; None when the hello is not good."""
        while True:
            config = self.config
            good = await self._decide(hello)
            if self.config is config:
                return good

    async def _decide(self, hello: Hello) -> Claim | None:
        token = hello.token or ""
        claim = self._plausible(hello)
        if claim is None:
            if self._decoy is not None:
                await self.check_slowly(self._decoy, token)
            return None
        for secret in claim.secrets:
            if not await self.fits(secret, token):
                return None
        return claim

    async def fits(self, secret: Secret, token: str) -> bool:
        """Check one token to the end, and remember one that was good."""
        if secret.argon2 is None:
            return verify(secret, token)
        if not self._is_known(secret, token):
            if not await self.check_slowly(secret, token):
                return False
            self._known[self._fingerprint(secret, token)] = secret.argon2
        return True

    def _plausible(self, hello: Hello) -> Claim | None:
        """The claim, unless a name is unknown or a token in clear text does not fit."""
        claim, token = claim_of(self.config, hello), hello.token or ""
        clear = [s for s in claim.secrets if s.argon2 is None] if claim else [_NOBODY]
        fits = all(verify(secret, token) for secret in clear)
        return claim if fits else None

    def _is_known(self, secret: Secret, token: str) -> bool:
        return self._fingerprint(secret, token) in self._known

    def _fingerprint(self, secret: Secret, token: str) -> bytes:
        text = f"{secret.argon2}\0{token}".encode()
        return hmac.digest(self._key, text, "sha256")


def _hashed(found: Iterable[Secret]) -> Iterator[Secret]:
    return (secret for secret in found if secret.argon2 is not None)
