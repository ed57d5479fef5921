"""Hellos that wait for a slow check: turns, bounds, and who has gone."""

from typing import Any

import pytest
import trio
from attrs import define, field

from broker.shell import checks
from broker.shell.authentication import Claim
from broker.shell.checks import Check, SlowChecks
from protocol.session import Hello
from protocol.values import Role


@define
class AuthenticationOfTheTest:
    """Decides nothing before it may, and notes whom it was asked about."""

    may: trio.Event = field(factory=trio.Event)
    asked: list[str] = field(factory=list)

    async def decide(self, hello: Hello) -> Claim | None:
        self.asked.append(hello.login or "")
        await self.may.wait()
        return Claim(role=Role.WORKPLACE)


@define
class Queue:
    """The checks, and what became of each hello."""

    authentication: AuthenticationOfTheTest = field(factory=AuthenticationOfTheTest)
    checks: SlowChecks = field(init=False)
    done: list[str] = field(factory=list)
    crowded: list[str] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        authentication: Any = self.authentication
        self.checks = SlowChecks(authentication)

    def check(self, origin: str, name: str) -> Check:
        return Check(
            hello=Hello(version=1, role=Role.WORKPLACE, login=name),
            origin=origin,
            done=lambda claim: self.done.append(name),
            rejected=lambda: self.crowded.append(name),
        )

    def ask(self, origin: str, *names: str) -> list[bool]:
        return [self.checks.ask(self.check(origin, name)) for name in names]


@pytest.fixture
def queue() -> Queue:
    return Queue()


async def test_origins_take_turns(queue: Queue, nursery: trio.Nursery) -> None:
    """W-10: who sends many hellos waits for oneself."""
    assert all(queue.ask("stranger", *(f"s{number}" for number in range(100))))
    assert all(queue.ask("office", "ann", "bob"))
    assert all(queue.ask("home", "cid"))
    queue.authentication.may.set()
    nursery.start_soon(queue.checks.run)
    await trio.testing.wait_all_tasks_blocked()
    assert queue.authentication.asked[:6] == ["s0", "ann", "cid", "s1", "bob", "s2"]
    assert len(queue.done) == 103


async def test_who_comes_while_nobody_waits_is_served(queue: Queue, nursery: trio.Nursery) -> None:
    nursery.start_soon(queue.checks.run)
    await trio.testing.wait_all_tasks_blocked()
    assert all(queue.ask("office", "ann", "bob", "cid"))
    await trio.testing.wait_all_tasks_blocked()
    assert queue.authentication.asked == ["ann", "bob"]  # two at a time
    queue.authentication.may.set()
    await trio.testing.wait_all_tasks_blocked()
    assert sorted(queue.done) == ["ann", "bob", "cid"]


async def test_who_has_gone_is_forgotten(queue: Queue, nursery: trio.Nursery) -> None:
    """W-10."""
    gone = [queue.check("stranger", f"s{number}") for number in range(10)]
    assert all(queue.checks.ask(check) for check in gone)
    assert all(queue.ask("stranger", "ann"))
    for check in gone:
        queue.checks.forget(check)
        queue.checks.forget(check)  # twice is once
    queue.authentication.may.set()
    nursery.start_soon(queue.checks.run)
    await trio.testing.wait_all_tasks_blocked()
    assert queue.authentication.asked == ["ann"]
    queue.checks.forget(gone[0])
    assert all(queue.ask("stranger", "bob"))


async def test_one_origin_has_a_bound(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """I-14."""
    monkeypatch.setattr(checks, "OF_ONE_ORIGIN", 2)
    assert queue.ask("stranger", "a", "b", "c") == [True, True, False]
    assert queue.ask("office", "ann") == [True]
    assert queue.crowded == []


async def test_when_all_is_full_who_has_most_gives_way(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, nursery: trio.Nursery
) -> None:
    """I-14, W-10."""
    monkeypatch.setattr(checks, "WAITING", 4)
    assert all(queue.ask("stranger", "a", "b", "c", "d"))
    assert queue.ask("office", "ann", "bob") == [True, True]
    assert queue.crowded == ["d", "c"]
    assert queue.ask("office", "cid") == [False]  # now both have as many
    assert queue.ask("stranger", "e") == [False]
    assert queue.ask("home", "dan") == [True]
    queue.authentication.may.set()
    nursery.start_soon(queue.checks.run)
    await trio.testing.wait_all_tasks_blocked()
    assert len(queue.done) == 4
    assert queue.done.count("dan") == 1
