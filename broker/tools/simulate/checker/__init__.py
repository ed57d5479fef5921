"""The laws of the broker, decided from a history and a dump of the store.

Pure: no broker runs here. `LAWS` is the list; each law is a function of its own from a `Story`
to its violations. What a history does not tell (commits, over a real network) leaves the laws that
need it without anything to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from broker.tools.simulate.checker import (
    agreement,
    conduct,
    durability,
    haste,
    isolation,
    order,
    progress,
    slots,
    work,
)
from broker.tools.simulate.checker.story import Story
from broker.tools.simulate.checker.violation import Violation
from broker.tools.simulate.dump import Dump
from broker.tools.simulate.history import Event, Kind

Law = Callable[[Story], Iterable[Violation]]

LAWS: Final[Mapping[str, Law]] = MappingProxyType(
    {
        "I-1": durability.nothing_lost,
        "I-2": durability.exactly_once,
        "I-3": order.gapless,
        "I-4": order.sender_order,
        "I-5": agreement.both_sides_agree,
        "I-6": slots.one_owner,
        "I-7": work.no_forgotten_work,
        "I-8": conduct.legal_moves,
        "I-9": agreement.snapshot_is_fold,
        "I-10": agreement.store_is_memory,
        "I-11": durability.durable_before_visible,
        "I-13": conduct.one_answer,
        "I-14": conduct.bounded,
        "I-15": isolation.isolation,
        "I-16": progress.liveness,
        "I-17": progress.determinism,
        "I-18": haste.not_too_early,
    }
)
"""The laws by name. I-12 is about messages, which this version does not serve."""


def check(events: Iterable[Event], dump: Dump) -> list[Violation]:
    """Decide every law; an empty list is a good run."""
    story = Story.read(events, dump)
    found = [violation for law in LAWS.values() for violation in law(story)]
    return found + list(_broken(story))


def _broken(story: Story) -> Iterator[Violation]:
    """What the simulator saw inside the broker: breaches of the laws in its own state."""
    for event in story.events:
        if event.kind is Kind.BROKEN:
            yield Violation(event.data["law"], event.data["text"], event.at)


__all__ = ["LAWS", "Dump", "Event", "Story", "Violation", "check"]
