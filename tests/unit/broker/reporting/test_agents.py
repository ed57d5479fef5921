"""The figures of agents count every end of an offer."""

from datetime import UTC

from broker.core.facts.causes import OfferOutcome
from broker.reporting.agents import COUNTED, Work, count_offers
from broker.reporting.contacts import Tallies
from broker.reporting.history import OfferRow
from broker.reporting.times import Span


def counted(outcome: str) -> dict[str, int]:
    tallies: Tallies[Work] = Tallies(Work)
    offer = OfferRow(
        no=1, at=0, ended=1, agent="alice", outcome=outcome, gateway="web", project="support"
    )
    count_offers([offer], Span(0, 10, None, UTC), tallies)
    return tallies.at(0, "alice").outcomes


def test_every_outcome_is_counted_as_something() -> None:
    """B-30: one that is new in the core and is counted nowhere fails."""
    assert set(COUNTED) == set(OfferOutcome)
    assert set(COUNTED.values()) == {"answered", "missed", "rejected", "other"}


def test_an_outcome_of_a_later_version_is_another() -> None:
    assert counted("missed") == {"missed": 1}
    assert counted("consulted") == {"other": 1}
