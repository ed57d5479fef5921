"""The past once more, under another configuration."""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from broker.config.model import MINUTE, Config
from broker.reporting.times import DAY, Span
from broker.reporting.whatif.behaviour import People
from broker.reporting.whatif.outcome import Outcome, Scribe
from broker.reporting.whatif.recorded import Recorded
from broker.reporting.whatif.shifts import Shifts
from broker.reporting.whatif.virtual_core import VirtualCore
from broker.reporting.whatif.visitors import Visitors

LONGEST: Final = DAY
"""How long after the record's end visits are followed that are not over by then."""


@frozen
class Replayed:
    """What came of a replay: its outcome, and how many visits the broker refused to take."""

    outcome: Outcome
    refused: int


def replay(past: Recorded, config: Config, people: People, span: Span, grace: int) -> Replayed:
    """Let the past happen under a configuration.

    Args:
        past: What is known.
        config: The configuration.
        people: How people behave.
        span: The time whose visits are followed to their end.
        grace: How long a lost connection was waited for when the past was recorded.
    """
    # What a bot did has been done: visits come when it handed them over.
    core = VirtualCore(evolve(config, pre_rules=()), past.start, span.listened)
    scribe = Scribe()
    core.on_fact.append(scribe.take)
    shifts = Shifts(core, people)
    shifts.enter(past.changes, grace)
    visitors = Visitors(core, shifts, people, (span.first, span.last))
    visitors.enter(past.visits)

    # Of what the record does not tell to its end a replay does not either: both are of one moment.
    last = past.end if past.under_way else past.end + LONGEST

    def goes_on(at: int) -> bool:
        return at < past.end or (visitors.awaited > 0 and at < last)

    core.go_on(goes_on)
    return Replayed(scribe.outcome(max(core.now, past.end - 1)), visitors.refused)


def grace_of(config: Config) -> int:
    """How long an agent whose connection is lost keeps their state: the longest of any gateway."""
    return max((g.workplace_grace for g in config.gateways.values()), default=MINUTE)
