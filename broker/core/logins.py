"""Who may log in at a desk, decided without a clock and without hashing anything (W-18).

Theory of operation: whoever tries says for whom and from where. Both have wrong tries counted, and from some
number on a growing wait before the next one: of one agent, since somebody guesses their password; of one
address, since somebody guesses at all agents. A try is counted when it begins and taken back when it was
good, so that many at the same time count as many. A hash is slow, so it is checked outside: this module is
asked before (`begin`) and told after (`settle`).

A code of a second factor is good once: of an agent only codes of later steps are. That is not stored. A
broker that has just started takes no code of the running step or of one before, whoever may have used it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from attrs import Factory, define, frozen

from protocol.values import Guid, LoginOutcome

FREE_OF_AGENT: Final = 3
"""Wrong tries for one agent after which there is a wait."""
FREE_OF_ADDRESS: Final = 20
"""Wrong tries of one address, behind which there may be an office."""
LONGEST_WAIT: Final = 300.0
"""Seconds; so long may somebody keep an agent from logging in who guesses on and on."""
FORGOTTEN_AFTER: Final = 3_600.0
"""Seconds without a wrong try after which none is remembered."""
REMEMBERED: Final = 20_000
"""Names and addresses whose tries are counted; those that were quiet the longest are forgotten first."""


@frozen
class Try:
    """A login that somebody tries.

    Attributes:
        login: For whom, as it was said; there may be no such agent.
        address: From where.
    """

    login: str
    address: str

    @property
    def counted(self) -> tuple[tuple[str, str, int], ...]:
        """What it counts for: a kind, a name, and how many wrong ones are free."""
        return (
            ("agent", self.login.casefold(), FREE_OF_AGENT),
            ("address", self.address, FREE_OF_ADDRESS),
        )


@frozen(kw_only=True)
class Checked:
    """What was found out about a try outside.

    Attributes:
        agent: Whom the login names; None: nobody who may log in.
        password: Whether the password is theirs.
        needs_code: Whether they need a code as well.
        has_code: Whether there is one.
        step: The step whose code it is; None: of none that is near.
    """

    agent: Guid | None
    password: bool
    needs_code: bool = False
    has_code: bool = False
    step: int | None = None


@define
class _Count:
    """The wrong tries of one agent or address.

    Attributes:
        wrong: How many.
        at: When the last one was.
        until: When the next one may be.
    """

    wrong: int = 0
    at: float = 0.0
    until: float = 0.0


@define
class LoginTries:
    """What is remembered of tries.

    Attributes:
        floor: The step of time in which the broker started.
    """

    floor: int
    _counts: OrderedDict[tuple[str, str], _Count] = Factory(OrderedDict)
    _used: dict[Guid, int] = Factory(dict)
    """The step of the last good code of each agent."""

    def begin(self, tried: Try, now: float) -> float:
        """Ask whether a try may be made, and count it if so.

        Args:
            tried: The try.
            now: Seconds that only grow.

        Returns:
            After how many seconds it may be made; 0.0: now.
        """
        counts = [self._count(kind, name, now) for kind, name, _ in tried.counted]
        wait = max(count.until for count in counts) - now
        if wait > 0:
            return wait
        for count, (_, _, free) in zip(counts, tried.counted, strict=True):
            count.wrong += 1
            count.at = now
            count.until = now + wait_after(count.wrong, free)
        return 0.0

    def settle(self, tried: Try, checked: Checked) -> LoginOutcome:
        """Say what comes of a try that was begun.

        A password that is right and lacks its code counts as no wrong try; a code that is wrong does.
        """
        if checked.agent is None or not checked.password:
            return LoginOutcome.REFUSED
        if not checked.needs_code:
            self._forgive(tried, whole=True)
            return LoginOutcome.GOOD
        if not checked.has_code:
            self._forgive(tried, whole=False)
            return LoginOutcome.CODE_NEEDED
        if checked.step is None or checked.step <= self._used.get(checked.agent, self.floor):
            return LoginOutcome.REFUSED
        self._used[checked.agent] = checked.step
        self._forgive(tried, whole=True)
        return LoginOutcome.GOOD

    def _forgive(self, tried: Try, *, whole: bool) -> None:
        """Take a try back; after a good login nothing is held against the agent any more.

        Nor is anything forgotten of the address, or its owner would log in themselves between guesses.
        """
        for kind, name, free in tried.counted:
            count = self._counts.get((kind, name))
            if count is None:
                continue
            count.wrong = 0 if whole and kind == "agent" else max(0, count.wrong - 1)
            if count.wrong == 0:
                del self._counts[kind, name]
            else:
                count.until = count.at + wait_after(count.wrong, free)

    def _count(self, kind: str, name: str, now: float) -> _Count:
        count = self._counts.pop((kind, name), None)
        if count is None or now - max(count.at, count.until) > FORGOTTEN_AFTER:
            count = _Count()
        self._counts[kind, name] = count
        if len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        return count


def wait_after(wrong: int, free: int) -> float:
    """The seconds to wait after so many wrong tries: none at first, then twice as long each time."""
    return min(LONGEST_WAIT, 2.0 ** min(wrong - free, 20)) if wrong >= free else 0.0
