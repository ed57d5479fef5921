"""What is slow about logins at a desk (W-18)."""

from typing import Any

import pytest
from attrs import evolve

from broker.config.model import Agent, Config, Logins, Secret, Workplace
from broker.config.secret import digest
from broker.config.totp import code_at, step_at
from broker.config.vouchers import voucher_of
from broker.core.logins import FREE_OF_AGENT
from broker.shell.authentication import Authentication
from broker.shell.logins import LoginDesk, record_of
from protocol.session import LoginRequest, LoginResult
from protocol.values import Guid, LoginOutcome

ALICE = Agent(
    id=Guid("00000000-0000-4000-b000-000000000000"),
    name="Alice",
    login="alice",
    secret=Secret(),
    password=Secret(argon2="hash of open sesame"),
)
BOB = Agent(
    id=Guid("00000000-0000-4000-b000-000000000001"),
    name="Bob",
    login="bob",
    secret=Secret(),
    subject="248289761001",
    role="supervisor",
)
PLACES = [
    Workplace(id=Guid(f"00000000-0000-4000-a000-00000000000{n}"), number=f"10{n}", retired=n == 2)
    for n in range(3)
]
NOON = 1_800_000_000.0
GOOD = LoginRequest(version=1, token="desk", login="alice", password="open sesame", address="::1")


def config(*agents: Agent, **logins: Any) -> Config:
    return Config(
        agents={agent.id: agent for agent in agents or (ALICE, BOB)},
        workplaces={place.number: place for place in PLACES},
        logins=Logins(**{"secret": Secret(digest=digest("desk")), **logins}),
    )


class Desk:
    """A desk of tests, whose hashes cost nothing."""

    def __init__(self, settings: Config) -> None:
        self.now = 0.0
        self.asked: list[tuple[str | None, str]] = []
        self.reload: Config | None = None
        self.authentication = Authentication(settings, self._check)
        self.desk = LoginDesk(
            self.authentication, now=lambda: self.now, wall=lambda: NOON + self.now
        )

    async def _check(self, secret: Secret, token: str) -> bool:
        self.asked.append((secret.argon2, token))
        if self.reload is not None:
            self.authentication.replace(self.reload)
            self.reload = None
        return secret.argon2 == f"hash of {token}"

    async def tells(self, **said: Any) -> LoginResult | None:
        return await self.desk.decide(evolve(GOOD, **said))

    async def outcome(self, **said: Any) -> LoginOutcome | None:
        result = await self.tells(**said)
        assert result is not None
        return result.outcome


async def test_a_good_login_gives_what_makes_a_session() -> None:
    """W-18."""
    settings = config()
    assert await Desk(settings).tells() == LoginResult(
        outcome=LoginOutcome.GOOD,
        agent_id=ALICE.id,
        agent_name="Alice",
        login="alice",
        agent_role="agent",
        voucher=voucher_of(settings.logins, ALICE),
        workplaces=("100", "101"),
        pause_reasons=(),
    )


@pytest.mark.parametrize(
    "said",
    [{"password": "x"}, {"password": None}, {"login": "bob"}, {"login": "nobody"}, {"login": None}],
)
async def test_what_is_wrong_is_not_told_and_costs_the_same(said: dict[str, Any]) -> None:
    """W-18: one check of a hash, whether there is such an agent or not."""
    desk = Desk(config())
    assert await desk.tells(**said) == LoginResult(outcome=LoginOutcome.REFUSED)
    assert [argon2 for argon2, _ in desk.asked] == [ALICE.password and ALICE.password.argon2]


@pytest.mark.parametrize("change", [{"retired": True}, {"role": "bot"}])
async def test_who_may_not_be_at_a_desk_is_refused(change: dict[str, Any]) -> None:
    """W-18."""
    assert await Desk(config(evolve(ALICE, **change))).outcome() is LoginOutcome.REFUSED
    bob = evolve(BOB, **change)
    assert await Desk(config(bob)).outcome(subject=BOB.subject) is LoginOutcome.REFUSED


@pytest.mark.parametrize("token", [None, "x"])
async def test_only_a_desk_may_ask(token: str | None) -> None:
    """W-18."""
    desk = Desk(config())
    assert await desk.tells(token=token) is None
    assert await Desk(config(secret=None)).tells() is None
    assert desk.asked == []


async def test_a_desk_whose_secret_is_a_hash_is_checked_once() -> None:
    """W-18, C-3."""
    desk = Desk(config(secret=Secret(argon2="hash of desk")))
    for _ in range(2):
        assert await desk.outcome() is LoginOutcome.GOOD
    assert [token for _, token in desk.asked] == ["desk", "open sesame", "open sesame"]


async def test_a_desk_vouches_for_who_an_identity_provider_names() -> None:
    """W-18."""
    desk = Desk(config())
    found = await desk.tells(login=None, password=None, subject=BOB.subject)
    assert found is not None
    assert (found.outcome, found.login, found.agent_role) == ("Good", "bob", "supervisor")
    assert await desk.outcome(subject="another") is LoginOutcome.REFUSED
    assert desk.asked == []


async def test_a_second_factor_is_asked_for_and_good_once() -> None:
    """W-18."""
    secret = bytes(range(20))
    desk = Desk(config(evolve(ALICE, totp=secret)))
    assert await desk.outcome() is LoginOutcome.CODE_NEEDED
    assert await desk.outcome(password="x") is LoginOutcome.REFUSED
    desk.now = 30.0
    code = code_at(secret, step_at(NOON) + 1)
    assert await desk.outcome(password="x", code=code) is LoginOutcome.REFUSED
    assert await desk.outcome(code=code) is LoginOutcome.GOOD
    assert await desk.outcome(code=code) is LoginOutcome.REFUSED


async def test_who_guesses_waits_and_nothing_is_hashed_meanwhile() -> None:
    """W-18."""
    desk = Desk(config())
    for _ in range(FREE_OF_AGENT):
        assert await desk.outcome(password="x") is LoginOutcome.REFUSED
    assert await desk.tells() == LoginResult(outcome=LoginOutcome.WAIT, retry_after_seconds=1)
    assert len(desk.asked) == FREE_OF_AGENT
    desk.now = 1.0
    assert await desk.outcome() is LoginOutcome.GOOD


async def test_a_password_that_a_reload_changes_meanwhile_is_checked_anew() -> None:
    """W-18, C-4."""
    desk = Desk(config())
    desk.reload = config(evolve(ALICE, password=Secret(argon2="hash of another")))
    assert await desk.outcome() is LoginOutcome.REFUSED
    assert len(desk.asked) == 2


def test_the_log_has_no_secret() -> None:
    """W-18."""
    result = LoginResult(outcome=LoginOutcome.GOOD, agent_id=ALICE.id, voucher="voucher")
    assert record_of(evolve(GOOD, code="123456"), result) == {
        "login": "alice",
        "address": "::1",
        "outcome": "Good",
        "agent_id": ALICE.id,
    }
    assert record_of(GOOD, None)["outcome"] == "NoDesk"
    for secret in ("sesame", "desk", "123456", "voucher"):
        assert secret not in repr((evolve(GOOD, code="123456"), result))
