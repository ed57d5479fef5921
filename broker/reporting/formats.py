"""A report on paper: as a table for people, as CSV for spreadsheets, as JSON for programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Final

from attrs import evolve, frozen

from broker.console.columns import table
from broker.core.facts.causes import ChatCause
from broker.reporting.agent_states import StateDurations
from broker.reporting.agents import Work
from broker.reporting.contacts import Base, Contacts, Tallies, part
from broker.reporting.mailboxes import Mailbox
from broker.reporting.times import Span
from protocol.values import AgentState


class Kind(StrEnum):
    """What a figure is: how many, how long, which part, or how many times."""

    COUNT = "count"
    TIME = "seconds"
    PART = "percent"
    RATIO = "ratio"


Value = float | None


@frozen
class Column:
    """A figure: its name, its kind, and how it is made from a tally."""

    name: str
    kind: Kind
    of: Callable[[Any], Value]

    @property
    def full_name(self) -> str:
        """The name with its unit, for CSV and JSON."""
        units = {Kind.TIME: f"{self.name}_seconds", Kind.PART: f"{self.name}_percent"}
        return units.get(self.kind, self.name)

    def plain(self, tally: object) -> int | float | None:
        """The figure as a number in its unit."""
        return self.number(self.of(tally))

    def number(self, value: Value) -> int | float | None:
        """A value of the figure as a number in its unit."""
        match self.kind:
            case _ if value is None:
                return None
            case Kind.COUNT:
                return int(value)
            case Kind.TIME:
                return round(value / 1e6, 3)
            case Kind.PART:
                return round(100 * value, 2)
            case _:
                return round(value, 2)

    def words(self, tally: object) -> str:
        """The figure as people read it."""
        return self.said(self.of(tally))

    def said(self, value: Value) -> str:
        """A value of the figure as people read it."""
        match self.kind:
            case _ if value is None:
                return "-"
            case Kind.COUNT:
                return f"{int(value):,}"
            case Kind.TIME:
                return duration(round(value))
            case Kind.PART:
                return f"{100 * value:.1f} %"
            case _:
                return f"{value:.2f}"


def duration(micros: int) -> str:
    """A length of time, short: `4.2 s`, `3:05`, `1:02:05`."""
    tenths = round(micros / 100_000)
    if tenths < 600:
        return f"{tenths / 10:.1f} s"
    minutes, seconds = divmod(round(micros / 1_000_000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def contact_columns(base: Base) -> tuple[Column, ...]:
    """The figures of a project or a gateway."""

    def count(name: str, shown: str | None = None) -> Column:
        return Column(shown or name, Kind.COUNT, lambda tally: float(getattr(tally, name)))

    def level(tally: Contacts) -> Value:
        return tally.service_level(base)

    return (
        *map(count, ("offered", "answered", "abandoned", "lapsed", "dismissed")),
        *map(count, ("waiting", "refused")),
        *map(count, ("missed", "rejected")),
        Column("service_level", Kind.PART, level),
        Column("abandonment", Kind.PART, lambda t: part(t.abandoned, t.offered)),
        Column("speed_of_answer", Kind.TIME, lambda t: part(t.waited, t.answered)),
        Column("longest_wait", Kind.TIME, lambda t: t.longest if t.offered else None),
        Column("handled", Kind.COUNT, lambda t: t.handled),
        Column("handle_time", Kind.TIME, lambda t: part(t.talk + t.wrapup, t.handled)),
        Column("hold", Kind.TIME, lambda t: part(t.hold, t.handled)),
        Column("wrapup", Kind.TIME, lambda t: part(t.wrapup, t.handled)),
        *map(count, ("transfers", "transfers_in", "transfers_out", "returns")),
        _joins("consults", "Consult"),
        _joins("conferences", "Conference"),
        count("with_bot"),
        *(
            Column(name, Kind.COUNT, partial(_bots, word))
            for name, word in (
                ("contained", "contained"),
                ("handed_over", ChatCause.BOT_DONE),
                ("bot_silent", ChatCause.BOT_SILENT),
            )
        ),
        Column("containment", Kind.PART, lambda t: part(_bots("contained", t), t.with_bot)),
        *map(count, ("outbound", "unbound")),
        count("reached", "outbound_answered"),
        Column(
            "outbound_handle_time",
            Kind.TIME,
            lambda t: part(t.outbound_time, t.outbound_handled),
        ),
    )


def _joins(name: str, mode: str) -> Column:
    return Column(name, Kind.COUNT, lambda tally: tally.joins.get(mode, 0))


def _bots(word: str, tally: Contacts) -> int:
    return tally.bots.get(word, 0)


_OF_CONTACTS: Final = (
    *("offered", "answered", "abandoned", "lapsed", "waiting", "service_level", "abandonment"),
    *("speed_of_answer", "longest_wait", "handled", "handle_time", "transfers"),
)
_OF_AGENTS: Final = (
    *("offers", "answered", "missed", "rejected", "handled", "handle_time", "wrapup"),
    *("logged_in", "ready", "pause", "occupancy", "chats_at_once"),
)


def usual(report: Report) -> Report:
    """A report of the dozen figures that most people look at, for a table that fits a screen."""
    every = tuple(column.name for column in report.columns)
    by = {"agent": _OF_AGENTS, "state": every, "mailbox": every}
    names = by.get(report.by, _OF_CONTACTS)
    return evolve(report, columns=[column for column in report.columns if column.name in names])


def spell_columns() -> tuple[Column, ...]:
    """The figures of a state of an agent."""
    return (
        Column("times", Kind.COUNT, lambda t: t.begun),
        Column("time", Kind.TIME, lambda t: t.time),
    )


def mailbox_columns() -> tuple[Column, ...]:
    """The figures of a gateway of messages."""

    def count(name: str) -> Column:
        return Column(name, Kind.COUNT, lambda tally: float(getattr(tally, name)))

    return (
        *map(count, ("received", "automatic", "answered", "unanswered")),
        Column("service_level", Kind.PART, lambda t: part(t.in_time, t.answered + t.unanswered)),
        Column("answer_time", Kind.TIME, lambda t: part(t.answering, t.answered)),
        Column("longest_answer", Kind.TIME, lambda t: t.longest if t.answered else None),
        *map(count, ("conversations", "closed", "spam")),
        Column("wrapup", Kind.TIME, lambda t: part(t.wrapup, t.wrapups)),
        *map(count, ("written", "sent")),
        Column("sending_time", Kind.TIME, lambda t: part(t.sending, t.sent)),
        *map(count, ("retries", "unknown", "failed")),
    )


def work_columns() -> tuple[Column, ...]:
    """The figures of an agent."""

    def outcome(name: str) -> Column:
        return Column(name, Kind.COUNT, lambda tally: tally.outcomes.get(name, 0))

    def state(name: str, state: AgentState) -> Column:
        return Column(name, Kind.TIME, lambda tally: tally.states.get(state.value, 0))

    return (
        Column("offers", Kind.COUNT, lambda t: t.offers),
        *map(outcome, ("answered", "missed", "rejected", "other")),
        Column(
            "answer_delay", Kind.TIME, lambda t: part(t.answering, t.outcomes.get("answered", 0))
        ),
        Column("handled", Kind.COUNT, lambda t: t.handlings),
        Column("handle_time", Kind.TIME, lambda t: part(t.talk + t.wrapup, t.handlings)),
        Column("hold", Kind.TIME, lambda t: part(t.hold, t.handlings)),
        Column("wrapup", Kind.TIME, lambda t: part(t.wrapup, t.handlings)),
        Column("mail_wrapup", Kind.TIME, lambda t: part(t.mail_wrapup, t.mail_wrapups)),
        Column("transfers_in", Kind.COUNT, lambda t: t.transfers_in),
        Column("transfers_out", Kind.COUNT, lambda t: t.transfers_out),
        Column("returns", Kind.COUNT, lambda t: t.returns),
        _joins("consults", "Consult"),
        _joins("conferences", "Conference"),
        Column("outbound", Kind.COUNT, lambda t: t.opened),
        Column("logged_in", Kind.TIME, lambda t: t.staffed),
        state("ready", AgentState.READY),
        state("pause", AgentState.PAUSE),
        state("post_call", AgentState.POST_CALL),
        Column("busy", Kind.TIME, lambda t: t.busy),
        Column("available", Kind.TIME, lambda t: t.available),
        Column("occupancy", Kind.PART, lambda t: t.occupancy),
        Column("chats_at_once", Kind.RATIO, lambda t: part(t.load, t.busy)),
    )


@frozen(kw_only=True)
class Report:
    """A finished report.

    Attributes:
        span: The time it is about.
        by: What its figures are told of.
        terms: What else was asked for, by name.
        columns: Its figures.
        tallies: The tallies.
        name: What a key is called.
    """

    span: Span
    by: str
    terms: dict[str, object]
    columns: Sequence[Column]
    tallies: Tallies[Contacts] | Tallies[Work] | Tallies[StateDurations] | Tallies[Mailbox]
    name: Callable[[str | None], str]

    def rows(self) -> Iterator[tuple[int, str | None, object]]:
        """Interval, key and tally, in order of time and name."""
        tallies = self.tallies.by_place
        for place, key in sorted(tallies, key=lambda cell: (cell[0], *self.order(cell[1]))):
            yield place, key, tallies[place, key]

    def order(self, key: str | None) -> tuple[bool, str, str]:
        """Where a key stands among others: by name, what has none last."""
        return key is None, self.name(key).casefold(), key or ""

    def times(self, place: int) -> tuple[datetime, datetime]:
        """When an interval begins and ends."""
        bounds = self.span.bounds
        return self.span.local(bounds[place]), self.span.local(bounds[place + 1])


def as_csv(report: Report) -> str:
    """A line for each interval and key; numbers as they are, times with their offset."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [column.full_name for column in report.columns]
    writer.writerow(["from", "to", report.by, "id", *names])
    for place, key, tally in report.rows():
        start, end = report.times(place)
        values = [column.plain(tally) for column in report.columns]
        writer.writerow([start.isoformat(), end.isoformat(), report.name(key), key, *values])
    return out.getvalue()


def as_json(report: Report) -> str:
    """Everything: what was asked for, a row for each interval and key, and the totals."""
    rows = []
    for place, key, tally in report.rows():
        start, end = report.times(place)
        when = {"from": start.isoformat(), "to": end.isoformat()}
        rows.append({**when, **_keyed(report, key, tally)})
    totals = report.tallies.totals()
    return json.dumps(
        {
            "from": report.span.local(report.span.start).isoformat(),
            "to": report.span.local(report.span.end).isoformat(),
            "by": report.by,
            **report.terms,
            "rows": rows,
            "totals": [
                _keyed(report, key, totals[key]) for key in sorted(totals, key=report.order)
            ],
            "all": _figures(report, report.tallies.total()),
        },
        indent=1,
        ensure_ascii=False,
    )


def _keyed(report: Report, key: str | None, tally: object) -> dict[str, object]:
    return {"id": key, "name": report.name(key), **_figures(report, tally)}


def _figures(report: Report, tally: object) -> dict[str, object]:
    return {column.full_name: column.plain(tally) for column in report.columns}


def as_table(report: Report) -> str:
    """A table for people: the intervals, then the totals."""
    span = report.span
    asked = ", ".join(f"{name} {value}" for name, value in report.terms.items())
    lines = [f"{span.title}, by {report.by}" + (f", {asked}" if asked else ""), ""]
    head = ["from", report.by, *(column.name.replace("_", " ") for column in report.columns)]
    body = [
        [span.label(place), *_words(report, report.name(key), tally)]
        for place, key, tally in report.rows()
    ]
    totals = report.tallies.totals()
    sums = [
        ["all", *_words(report, report.name(key), totals[key])]
        for key in sorted(totals, key=report.order)
    ]
    if len(sums) != 1:
        sums.append(["all", *_words(report, "all", report.tallies.total())])
    if len(span.bounds) == 2:
        body, sums = [row[1:] for row in body], [row[1:] for row in sums if row[1] == "all"]
        head = head[1:]
    texts = len(head) - len(report.columns)
    return "\n".join([*lines, *table(head, body, sums, texts=texts)])


def _words(report: Report, name: str, tally: object) -> list[str]:
    return [name, *(column.words(tally) for column in report.columns)]
