"""The voucher of a login at a desk (W-18)."""

from typing import Any

import pytest
from attrs import evolve

from broker.config.model import Agent, Logins, Secret
from broker.config.secret import digest
from broker.config.vouchers import may_log_in, voucher_of
from protocol.values import Guid

LOGINS = Logins(secret=Secret(digest=digest("desk")))
ALICE = Agent(
    id=Guid("00000000-0000-4000-b000-000000000000"),
    name="Alice",
    login="alice",
    secret=Secret(),
    password=Secret(argon2="a hash"),
    subject="248289761001",
)


def test_a_voucher_is_the_same_as_long_as_nothing_changes() -> None:
    """W-18."""
    assert voucher_of(LOGINS, ALICE) == voucher_of(
        LOGINS, evolve(ALICE, name="Alice B.", max_chats=7)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"login": "alice2"},
        {"role": "supervisor"},
        {"password": Secret(argon2="another")},
        {"password": None},
        {"totp": bytes(20)},
        {"subject": None},
        {"subject": "another"},
        {"id": Guid("00000000-0000-4000-b000-000000000001")},
    ],
)
def test_a_voucher_changes_with_the_agent(change: dict[str, Any]) -> None:
    """W-18."""
    assert voucher_of(LOGINS, ALICE) != voucher_of(LOGINS, evolve(ALICE, **change))


@pytest.mark.parametrize(
    "change",
    [{"mfa": True}, {"secret": Secret(digest=digest("x"))}, {"secret": Secret(argon2="x")}],
)
def test_a_voucher_changes_with_what_logins_need(change: dict[str, Any]) -> None:
    """W-18."""
    assert voucher_of(LOGINS, ALICE) != voucher_of(evolve(LOGINS, **change), ALICE)


@pytest.mark.parametrize(
    "change", [{"retired": True}, {"role": "bot"}, {"password": None, "subject": None}]
)
def test_who_may_not_log_in_has_none(change: dict[str, Any]) -> None:
    """W-18."""
    agent = evolve(ALICE, **change)
    assert not may_log_in(agent)
    assert voucher_of(LOGINS, agent) is None


def test_without_a_desk_there_is_none() -> None:
    """W-18."""
    assert may_log_in(ALICE)
    assert voucher_of(Logins(), ALICE) is None
