"""How much a visitor may send."""

import pytest

from connectors.web.rates import RATES, SENTENCE, Allowance, Rate, Rates


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_and_then_a_steady_rate() -> None:
    clock = Clock()
    rates = Rates(clock, {SENTENCE: Rate(2, 3)})
    assert [rates.wait("a", SENTENCE) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert rates.wait("b", SENTENCE) == 0.0
    clock.now = 0.5
    assert rates.wait("a", SENTENCE) == 0.0
    assert rates.wait("a", SENTENCE) == 0.5
    clock.now = 100.0
    assert [rates.wait("a", SENTENCE) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_kinds_do_not_share() -> None:
    rates = Rates(Clock())
    while not rates.wait("a", SENTENCE):
        pass
    assert all(rates.wait("a", kind) == 0.0 for kind in RATES if kind != SENTENCE)


def test_who_was_silent_the_longest_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.web.rates.VISITORS", 2)
    rates = Rates(Clock(), {SENTENCE: Rate(1, 1)})
    for who in ("a", "b", "a", "c"):
        rates.wait(who, SENTENCE)
    assert [who for who, _ in rates._buckets] == ["a", "c"]


def test_an_allowance() -> None:
    clock = Clock()
    allowance = Allowance(Rate(1, 2), clock)
    assert [allowance.takes() for _ in range(3)] == [True, True, False]
    clock.now = 1.0
    assert allowance.takes()
