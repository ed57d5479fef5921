"""Who sends again and again what the database refuses."""

from __future__ import annotations

from broker.shell.strikes import BORNE, FORGIVEN_AFTER, Strikes


def test_some_are_borne_and_one_is_forgiven_in_a_while() -> None:
    """I-14: each party has a debt of its own."""
    strikes = Strikes()
    assert [strikes.strike("web", 5.0) for _ in range(BORNE + 1)] == [*[False] * BORNE, True]
    assert not strikes.strike("shop", 5.0)
    assert strikes.strike("web", 5.0 + FORGIVEN_AFTER)
    assert not strikes.strike("web", 5.0 + 3 * FORGIVEN_AFTER)


def test_who_owes_nothing_is_forgotten() -> None:
    """I-14: strangers do not fill the memory."""
    strikes = Strikes()
    for number in range(100):
        strikes.strike(number, number * 2 * FORGIVEN_AFTER)
    assert len(strikes._borne) == 1
