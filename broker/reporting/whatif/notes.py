"""What one should know about a comparison: what was left out, and where chance decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from broker.config.model import Config
from broker.reporting.formats import duration
from broker.reporting.times import wall_time
from broker.reporting.whatif.behaviour import People
from broker.reporting.whatif.recorded import Recorded
from broker.reporting.whatif.rows import NO_GATEWAY, NOT_ASKED, Record
from protocol.values import Guid

_MOST = 5
"""How many names a note gives."""


def left_out(record: Record) -> Iterator[str]:
    """What of the record cannot happen again."""
    number = record.left_out.get(NO_GATEWAY, 0)
    if number:
        yield (
            f"{_many(number, 'contact')} came through gateways that are not in every "
            "configuration; left out of all columns."
        )
    number = record.left_out.get(NOT_ASKED, 0)
    if number:
        yield (
            f"{_many(number, 'contact')} never asked for an agent (outbound, or ended by a bot); "
            "left out of all columns."
        )


def messages(record: Record) -> Iterator[str]:
    """That conversations of messages are no part of it, though agents worked on them."""
    if record.conversations:
        yield (
            f"{_many(record.conversations, 'conversation')} of messages left out of all columns: "
            "messages are not replayed, and no column knows what agents did for them."
        )


def under_way(record: Record) -> Iterator[str]:
    """What was not over, and as of when all figures are because of that."""
    past, span = record.past, record.span
    if past.under_way:
        verb = "was" if past.under_way == 1 else "were"
        moment = wall_time(span.listened.wall(past.end - 1), span.zone)
        yield (
            f"{_many(past.under_way, 'contact')} {verb} not over at {moment}, as far as is looked: "
            "every column tells how things stood then, and handle time is of what was over."
        )


def staff(
    past: Recorded, record: Record, config: Config, title: str, name: Callable[[str | None], str]
) -> Iterator[str]:
    """Who is in the record and not in a configuration, or the other way round."""
    working = dict.fromkeys(change.agent for change in past.changes)
    gone = [agent for agent in working if Guid(agent) not in config.agents]
    if gone:
        yield f"Not in {title}, and so never at work there: {_names(map(name, gone))}."
    places = dict.fromkeys(
        change.workplace
        for change in past.changes
        if change.workplace is not None and Guid(change.agent) in config.agents
    )
    missing = [place for place in places if place not in config.workplaces]
    if missing:
        yield f"Not in {title}, and so without a slot: workplace {_names(missing)}."
    fresh = [
        agent.name
        for agent in config.agents.values()
        if agent.id not in record.agents and agent.id not in working and agent.role != "bot"
    ]
    if fresh:
        yield (
            f"In {title} and not in the record, and so never at work: {_names(fresh)}. "
            "With --like NEW=KNOWN somebody is at work whenever somebody else was."
        )


def patience(people: People, waits: int, left: int) -> str:
    """How patient visitors were found to be."""
    known = people.patience_of_all
    if not known.known:
        return (
            "Nobody gave up in the record, so nobody does in a replay: nothing is known of "
            "the visitors' patience."
        )
    median = known.median
    half = f"half of the visitors wait {duration(median)} or longer" if median else "unknown"
    return f"Patience, from {left} who gave up among {waits}: {half}."


def chance(drawn: Mapping[str, int], side: str) -> Iterator[str]:
    """What was not in the record."""
    if drawn:
        counts = ", ".join(_many(number, what) for what, number in sorted(drawn.items()))
        yield f"Not in the record, and so drawn by chance in {side}: {counts}."


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _names(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - _MOST} more" if len(known) > _MOST else ""
    return ", ".join(known[:_MOST]) + more
