"""The laws of the broker, decided from a history and a dump of the store.

Pure: no broker runs here. `LAWS` is the list; each law is a function of its own from a `Story`
to its violations. What a history does not tell (commits, over a real network) leaves the laws that
need it without anything to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from broker.checker import (
    i01_i02_i11_durability,
    i01_messages,
    i03_i04_order,
    i05_i09_i10_agreement,
    i06_slots,
    i07_conversations,
    i07_matching,
    i07_undelivered,
    i08_conversations,
    i08_i13_i14_legality,
    i09_conversations,
    i12_outbound,
    i13_i14_i16_service,
    i15_conversations,
    i15_isolation,
    i16_conversations,
    i16_i17_liveness,
    i18_messages,
    i18_texts,
    i19_attachments,
    i20_haste,
)
from broker.checker.dump import Dump
from broker.checker.evidence import Story
from broker.checker.history import Event, Kind
from broker.checker.violation import Violation

Law = Callable[[Story], Iterable[Violation]]

LAWS: Final[Mapping[str, Law]] = MappingProxyType(
    {
        "I-1": i01_i02_i11_durability.nothing_lost,
        "I-2": i01_i02_i11_durability.exactly_once,
        "I-3": i03_i04_order.gapless,
        "I-4": i03_i04_order.sender_order,
        "I-5": i05_i09_i10_agreement.both_sides_agree,
        "I-6": i06_slots.one_owner,
        "I-7": i07_matching.no_forgotten_work,
        "I-8": i08_i13_i14_legality.legal_moves,
        "I-9": i05_i09_i10_agreement.snapshot_is_fold,
        "I-10": i05_i09_i10_agreement.store_is_memory,
        "I-11": i01_i02_i11_durability.durable_before_visible,
        "I-12": i12_outbound.outbound,
        "I-13": i08_i13_i14_legality.one_answer,
        "I-14": i08_i13_i14_legality.bounded,
        "I-15": i15_isolation.isolation,
        "I-16": i16_i17_liveness.liveness,
        "I-17": i16_i17_liveness.determinism,
        "I-18": i18_messages.taken_once,
        "I-19": i19_attachments.whole_attachments,
        "I-20": i20_haste.not_too_early,
    }
)
"""The laws by name."""

_OF_POST: Final[tuple[Law, ...]] = (
    i01_messages.kept,
    i01_messages.before_visible,
    i08_conversations.one_owner,
    i08_conversations.legal,
    i08_conversations.told_of_messages,
    i07_conversations.not_forgotten,
    i07_conversations.moves_on,
    i07_undelivered.reaches_somebody,
    i16_conversations.wait_rules,
    i15_conversations.isolated,
    i09_conversations.folded,
    i09_conversations.agreed,
    i18_texts.said,
    i18_texts.goes_out,
    i18_texts.in_order,
    i18_texts.acknowledged,
    i18_texts.earlier,
)
"""What the laws say of messages and conversations, and of messages that are sentences."""

_OF_SERVICE: Final[tuple[Law, ...]] = (
    i13_i14_i16_service.drained,
    i13_i14_i16_service.reading_stops,
    i13_i14_i16_service.served,
)
"""What I-13, I-14 and I-16 say of the server, which only the simulator can see."""


def check(events: Iterable[Event], dump: Dump) -> list[Violation]:
    """Decide every law; an empty list is a good run."""
    story = Story.read(events, dump)
    found = [
        violation for law in (*LAWS.values(), *_OF_POST, *_OF_SERVICE) for violation in law(story)
    ]
    return found + list(_broken(story))


def _broken(story: Story) -> Iterator[Violation]:
    """What the simulator saw inside the broker: breaches of the laws in its own state."""
    for event in story.events:
        if event.kind is Kind.BROKEN:
            yield Violation(event.data["law"], event.data["text"], event.at)


__all__ = ["LAWS", "Dump", "Event", "Story", "Violation", "check"]
