"""`parley report`: the figures of a contact center, from the store."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TextIO

from sqlalchemy import Connection

from broker.console.help import HelpLayout
from broker.console.output import complain, for_people, for_programs
from broker.reporting import agent_states, agents, formats, lives, options, rows
from broker.reporting import contacts as metrics
from broker.reporting.chart import Bar, draw
from broker.reporting.contacts import Base, Contacts, Tallies, Terms
from broker.reporting.formats import Report
from broker.reporting.history import Contact, OfferRow, PartyRow, contacts
from broker.reporting.mailboxes import count_mailboxes
from broker.reporting.source import Source, SourceError, source_of
from broker.reporting.source import reading as opened
from broker.reporting.times import Span, parse_moment

EXAMPLES: Final = """\
examples:
  parley report --store parley.toml --from 2026-09-21 --to 2026-09-22 --zone Europe/Prague
  parley report --store parley.toml --from 2026-09-21T08:00Z --interval 30m --chart day.svg
  parley report --store sqlite:////var/lib/parley/parley.db --from 2026-09-01 --by agent --format csv

exit status: 0, or 2 when the store cannot be read or the request makes no sense.
docs/reports.md says what each figure means.
"""

FORMATS: Final = {"table": formats.as_table, "csv": formats.as_csv, "json": formats.as_json}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="parley report",
        description="Print the figures of a contact center from the store, beside a running broker "
        "or without one. The store is only read.",
        epilog=EXAMPLES,
        formatter_class=HelpLayout,
    )
    options.add_store(made)
    made.add_argument(
        "--from", dest="start", metavar="TIME", required=True, help="RFC 3339, or local in ZONE"
    )
    made.add_argument("--to", dest="end", metavar="TIME", help="not included (now)")
    made.add_argument(
        "--interval",
        metavar="D",
        type=options.duration_of,
        help="30m, 1h, 1d... (the whole time at once)",
    )
    options.add_zone(made)
    made.add_argument(
        "--by", choices=("project", "agent", "gateway", "mailbox", "state"), default="project"
    )
    made.add_argument(
        "--threshold",
        metavar="D",
        type=options.duration_of,
        default=20_000_000,
        help="an answer is in time after no longer than this (20s)",
    )
    made.add_argument(
        "--base",
        choices=[base.value for base in Base],
        default=Base.OFFERED.value,
        help="the service level is a part of: all offered (default), those answered or abandoned "
        "(settled), or all but those abandoned within the threshold (patient)",
    )
    made.add_argument("--format", choices=sorted(FORMATS), default="table")
    made.add_argument(
        "--all",
        action="store_true",
        help="every figure in the table too, not only the dozen that most people look at",
    )
    made.add_argument(
        "--chart",
        metavar="F.svg",
        type=Path,
        help="draw offered, answered and service level by interval",
    )
    return made


def report_main(argv: Sequence[str], out: TextIO | None = None, clock: int | None = None) -> int:
    """Run the command.

    Args:
        argv: Its arguments.
        out: Where the report goes; standard output when left out.
        clock: Now, in microseconds; the time of the system when left out.

    Returns:
        The exit status.
    """
    arguments = parser().parse_args(argv)
    now = time.time_ns() // 1_000 if clock is None else clock
    try:
        if arguments.chart is not None and arguments.by in ("agent", "mailbox", "state"):
            raise SourceError("--chart draws contacts: ask by project or by gateway")
        source = source_of(arguments.store)
        span = _span(arguments, now)
        with opened(source.url) as connection:
            span, until = lives.of_span(connection, span, now)
            if until is None:
                until = max(now, rows.latest(connection))
            report = _report(connection, source, span, until, arguments)
        if arguments.format == "table" and not arguments.all:
            report = formats.usual(report)
        if arguments.chart is not None:
            arguments.chart.write_text(_chart(report, Base(arguments.base)), encoding="utf-8")
    except (SourceError, OSError) as error:
        complain("report", error, lines=True)
        return 2
    text = FORMATS[arguments.format](report)
    where = out or (for_people() if arguments.format == "table" else for_programs())
    where.write(text.rstrip("\n") + "\n")
    return 0


def _span(arguments: argparse.Namespace, now: int) -> Span:
    try:
        start = parse_moment(arguments.start, arguments.zone)
        end = now if arguments.end is None else parse_moment(arguments.end, arguments.zone)
        return Span(start, end, arguments.interval, arguments.zone)
    except ValueError as error:
        raise SourceError(str(error)) from None


def _report(
    connection: Connection, source: Source, span: Span, now: int, arguments: argparse.Namespace
) -> Report:
    if arguments.by == "agent":
        return Report(
            span=span,
            by="agent",
            terms={},
            columns=formats.work_columns(),
            tallies=count_work(connection, span, now),
            name=source.name,
        )
    if arguments.by == "state":
        durations = Tallies(agent_states.StateDurations)
        agent_states.count_states(rows.states(connection, span), span, now, durations)
        return Report(
            span=span,
            by="state",
            terms={},
            columns=formats.spell_columns(),
            tallies=durations,
            name=agent_states.name_of(source.name),
        )
    if arguments.by == "mailbox":
        return Report(
            span=span,
            by="mailbox",
            terms={"threshold_seconds": arguments.threshold / 1e6},
            columns=formats.mailbox_columns(),
            tallies=count_mailboxes(connection, span, arguments.threshold),
            name=source.name,
        )
    key = _project if arguments.by == "project" else _gateway
    terms = Terms(span, now, arguments.threshold, key)
    return Report(
        span=span,
        by=arguments.by,
        terms={"threshold_seconds": arguments.threshold / 1e6, "base": arguments.base},
        columns=formats.contact_columns(Base(arguments.base)),
        tallies=count_contacts(connection, terms),
        name=source.name,
    )


def _project(row: Contact | OfferRow | PartyRow) -> str | None:
    return row.project


def _gateway(row: Contact | OfferRow | PartyRow) -> str | None:
    return row.gateway


def count_contacts(connection: Connection, terms: Terms) -> Tallies[Contacts]:
    """Read and add up what became of contacts."""
    tallies = Tallies(Contacts)
    span = terms.span
    events = rows.events_by_chat(connection, span)
    found = contacts(
        events,
        rows.wrapups_by_chat(connection, span),
        rows.parkings_by_chat(connection, span),
    )
    metrics.count_contacts(found, terms, tallies)
    metrics.count_parties(rows.parties_by_time(connection, span), terms, tallies)
    metrics.count_offers(rows.offers_made(connection, span), terms, tallies)
    return tallies


def count_work(connection: Connection, span: Span, now: int) -> Tallies[agents.Work]:
    """Read and add up what agents did."""
    tallies = Tallies(agents.Work)
    events = rows.events_by_chat(connection, span)
    found = contacts(
        events,
        rows.wrapups_by_chat(connection, span),
        rows.parkings_by_chat(connection, span),
    )
    agents.count_handlings(found, span, tallies)
    agents.count_parties(rows.parties_by_time(connection, span), span, tallies)
    agents.count_offers(rows.offers_made(connection, span), span, tallies)
    agents.count_mail_wrapups(rows.mail_wrapups(connection, span), span, tallies)
    held = rows.holders(connection, span)
    holds = (
        agents.talks(rows.events_by_time(connection, span), held, span.first),
        agents.wraps(rows.wrapups_by_time(connection, span)),
        agents.wraps(rows.parkings_by_time(connection, span), -1),
        agents.wraps(rows.parties_by_time(connection, span)),
    )
    agents.count_time(rows.states(connection, span), holds, span, now, tallies)
    return tallies


def _chart(report: Report, base: Base) -> str:
    sums = report.tallies.by_interval()
    bars = []
    for place in range(len(report.span.bounds) - 1):
        tally = sums.get(place)
        label = report.span.label(place)
        if isinstance(tally, Contacts):
            bars.append(Bar(label, tally.offered, tally.answered, tally.service_level(base)))
        else:
            bars.append(Bar(label, 0, 0, None))
    return draw(report.span.title, bars)
