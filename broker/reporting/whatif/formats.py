"""Old beside new: as tables for people, as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from attrs import evolve, frozen

from broker.console.columns import table, widths_of
from broker.reporting.contacts import Contacts
from broker.reporting.formats import Column, Kind, Value, contact_columns, duration
from broker.reporting.whatif.outcome import EVERY, WHOLE, Question, Score, Scores

RECORDED, REPLAYED, NEW = "recorded", "replayed_old", "new"
_BEFORE: Final = (
    *("offered", "answered", "abandoned", "lapsed", "dismissed"),
    *("waiting", "refused"),
)
_OFFERS: Final = ("missed", "rejected")
_AFTER: Final = ("abandonment", "speed_of_answer", "longest_wait", "handle_time")
_NOTHING: Final = Score(contacts=Contacts(), levels={}, busy=0, staffed=0)


def columns(question: Question) -> tuple[Column, ...]:
    """The figures, those of a report among them."""
    known = {column.name: column for column in contact_columns(question.base)}

    def reported(name: str) -> Column:
        column = known[name]
        return evolve(column, of=lambda score: column.of(score.contacts))

    def level(threshold: int, score: Score) -> Value:
        return score.levels.get(threshold)

    return (
        *map(reported, (*_BEFORE, *_OFFERS)),
        *(
            Column(f"service_level_{one / 1e6:g}s", Kind.PART, partial(level, one))
            for one in question.thresholds
        ),
        *map(reported, _AFTER),
        Column("occupancy", Kind.PART, lambda score: score.occupancy),
    )


@frozen(kw_only=True)
class Comparison:
    """What came out.

    Attributes:
        question: What was asked.
        sides: The figures, by what they are of, in the order in which they are shown.
        runs: Those of the new configuration with each seed, the first included, when there are several.
        name: What a project is called.
        notes: What one should know about them.
    """

    question: Question
    sides: Mapping[str, Scores]
    runs: Sequence[Scores] = ()
    name: Callable[[str | None], str]
    notes: Sequence[str]

    @property
    def against(self) -> str:
        """What the new figures are compared with: as much a model as they are, if there is one."""
        return REPLAYED if REPLAYED in self.sides else RECORDED

    def tallies(self) -> list[tuple[int, str | None]]:
        """What there are figures of: in order of time, then all, then projects by name."""
        keys = dict.fromkeys(key for scores in self.sides.values() for key in scores)
        if len(self.question.span.bounds) == 2:
            keys = dict.fromkeys(key for key in keys if key[0] == WHOLE)

        def order(key: tuple[int, str | None]) -> tuple[int, bool, bool, str, str]:
            place, project = key
            text = self.name(project).casefold()
            return place, project != EVERY, project is None, text, project or ""

        return sorted(keys, key=order)

    def score(self, side: str, key: tuple[int, str | None]) -> Score:
        """The figures of one side."""
        return self.sides[side].get(key, _NOTHING)

    def spread(self, column: Column, key: tuple[int, str | None]) -> tuple[Value, Value, Value]:
        """The lowest, the mean and the highest figure of all runs that have it."""
        found = [column.of(run.get(key, _NOTHING)) for run in self.runs]
        values = [value for value in found if value is not None]
        if not values:
            return None, None, None
        return min(values), sum(values) / len(values), max(values)

    def difference(self, column: Column, key: tuple[int, str | None]) -> Value:
        """How much more the new figure is."""
        old, new = column.of(self.score(self.against, key)), column.of(self.score(NEW, key))
        return None if old is None or new is None else new - old


def as_table(told: Comparison) -> str:
    """A table for the whole, one for each project, one for each interval; then the notes."""
    span = told.question.span
    lines = [f"{span.title}, service level of {told.question.base.value}"]
    # Contacts without a project were refused; they are counted in the table of all.
    shown = [
        (place, project)
        for place, project in told.tallies()
        if project == EVERY or (place == WHOLE and project is not None)
    ]
    tables = [list(_table(told, key)) for key in shown]
    widths = widths_of([row for table in tables for row in table])
    for head, *body in tables:
        lines += ["", *table(head, body, widths=widths)]
    if told.notes:
        lines += ["", *(f"- {note}" for note in told.notes)]
    return "\n".join(lines)


def _table(told: Comparison, key: tuple[int, str | None]) -> Iterator[list[str]]:
    place, project = key
    span = told.question.span
    title = "all" if project == EVERY else f"project {told.name(project)}"
    if place != WHOLE:
        title = f"from {span.label(place)}"
    runs = [f"mean of {len(told.runs)}", "lowest", "highest"] if told.runs else []
    yield [title, *(side.replace("_", " ") for side in told.sides), "difference", *runs]
    for column in columns(told.question):
        words = [column.words(told.score(side, key)) for side in told.sides]
        yield [
            column.name.replace("_", " "),
            *words,
            _more(column.kind, told.difference(column, key)),
            *(_spread(column, told, key) if told.runs else ()),
        ]


def _spread(column: Column, told: Comparison, key: tuple[int, str | None]) -> list[str]:
    low, mean, high = told.spread(column, key)
    middle = f"{mean:.1f}" if column.kind is Kind.COUNT and mean is not None else column.said(mean)
    return [middle, column.said(low), column.said(high)]


def _more(kind: Kind, value: Value) -> str:
    if value is None:
        return "-"
    match kind:
        case Kind.COUNT:
            return f"{int(value):+,}" if value else "0"
        case Kind.TIME:
            sign = "+" if value > 0 else "-"
            return f"{sign}{duration(round(abs(value)))}" if round(value / 100_000) else "0"
        case _:
            return f"{100 * value:+.1f} points" if round(1_000 * value) else "0"


def as_json(told: Comparison) -> str:
    """Everything, also each project in each interval."""
    span = told.question.span
    rows = []
    for key in told.tallies():
        place, project = key
        bounds = (span.start, span.end) if place == WHOLE else span.bounds[place : place + 2]
        rows.append(
            {
                "from": span.local(bounds[0]).isoformat(),
                "to": span.local(bounds[1]).isoformat(),
                "id": None if project == EVERY else project,
                "name": "all" if project == EVERY else told.name(project),
                **{side: _figures(told, side, key) for side in told.sides},
                "difference": {
                    column.full_name: _plain(column, told.difference(column, key))
                    for column in columns(told.question)
                },
                **({"runs": _runs(told, key)} if told.runs else {}),
            }
        )
    return json.dumps(
        {
            "from": span.local(span.start).isoformat(),
            "to": span.local(span.end).isoformat(),
            "base": told.question.base.value,
            "against": told.against,
            "rows": rows,
            "notes": list(told.notes),
        },
        indent=1,
        ensure_ascii=False,
    )


def _runs(told: Comparison, key: tuple[int, str | None]) -> dict[str, dict[str, float | None]]:
    found: dict[str, dict[str, float | None]] = {}
    for column in columns(told.question):
        low, mean, high = told.spread(column, key)
        # A mean of counts is no count.
        plain = evolve(column, kind=Kind.RATIO) if column.kind is Kind.COUNT else column
        found[column.full_name] = {
            "lowest": column.number(low),
            "mean": plain.number(mean),
            "highest": column.number(high),
        }
    return found


def _figures(
    told: Comparison, side: str, key: tuple[int, str | None]
) -> dict[str, int | float | None]:
    score = told.score(side, key)
    return {column.full_name: column.plain(score) for column in columns(told.question)}


def _plain(column: Column, value: Value) -> int | float | None:
    return evolve(column, of=lambda _: value).plain(None)
