"""`parley whatif`: a recorded time under another configuration."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Final, TextIO

from attrs import frozen

from broker.config.model import Config
from broker.console.help import HelpLayout
from broker.console.output import complain, for_people, for_programs
from broker.reporting import options
from broker.reporting.contacts import Base
from broker.reporting.source import Source, SourceError, config_of, reading, source_of
from broker.reporting.times import Span, parse_moment
from broker.reporting.whatif import notes
from broker.reporting.whatif.behaviour import People
from broker.reporting.whatif.formats import NEW, RECORDED, REPLAYED, Comparison, as_json, as_table
from broker.reporting.whatif.outcome import Question, score
from broker.reporting.whatif.recorded import Recorded, alike
from broker.reporting.whatif.replay import Replayed, grace_of, replay
from broker.reporting.whatif.rows import Record, record, whole
from protocol.display import shown
from protocol.values import Guid

EXAMPLES: Final = """\
examples:
  parley whatif --history parley.db --config new.toml --base parley.toml
  parley whatif --history sqlite:////var/backups/parley.db --config new.toml --base parley.toml \\
      --from 2026-09-21T08:00 --to 2026-09-21T18:00 --interval 1h --zone Europe/Prague
  parley whatif --history parley.db --config new.toml --base parley.toml --like carol=alice

exit status: 0, or 2 when the store or a configuration cannot be read or the request makes no sense.
docs/whatif.md says what the model is and what it cannot tell.
"""

MOST_RUNS: Final = 1_000


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="parley whatif",
        description="Replay the visitors and agents of a recorded time against another configuration, "
        "in virtual time, and print the figures old beside new. The store is only read.",
        epilog=EXAMPLES,
        formatter_class=HelpLayout,
    )
    made.add_argument(
        "--history",
        metavar="DB",
        required=True,
        help="the record: a database's file or address, or the configuration that names it",
    )
    made.add_argument(
        "--config", metavar="NEW.toml", required=True, help="the configuration to try"
    )
    made.add_argument(
        "--base",
        metavar="OLD.toml",
        help="the configuration of the record: is replayed too, so that the model's own error shows",
    )
    _add_time(made)
    made.add_argument(
        "--like",
        metavar="NEW=KNOWN",
        action="append",
        default=[],
        help="an agent who is not in the record is at work whenever a known one was (logins)",
    )
    made.add_argument("--seed", metavar="N", type=int, default=0, help="what chance depends on (0)")
    made.add_argument(
        "--runs",
        metavar="N",
        type=_runs,
        default=1,
        help="replay the new configuration with N seeds, from --seed on, and print how far chance "
        "moves the figures (1)",
    )
    made.add_argument("--json", action="store_true", help="print JSON in place of tables")
    return made


def _add_time(made: argparse.ArgumentParser) -> None:
    """Which time is replayed, and what is measured in it."""
    made.add_argument(
        "--from", dest="start", metavar="TIME", help="RFC 3339, or local in ZONE (all of it)"
    )
    made.add_argument("--to", dest="end", metavar="TIME", help="not included (all of it)")
    made.add_argument(
        "--interval",
        metavar="D",
        type=options.duration_of,
        help="30m, 1h, 1d... (the whole time at once)",
    )
    options.add_zone(made)
    made.add_argument(
        "--service-level",
        metavar="D",
        dest="thresholds",
        type=options.duration_of,
        nargs="+",
        default=[20_000_000],
        help="an answer is in time after no longer than this; several give a figure each (20s)",
    )
    made.add_argument(
        "--level-of",
        choices=[base.value for base in Base],
        default=Base.OFFERED.value,
        help="the service level is a part of these contacts, as in parley report (offered)",
    )


@frozen(kw_only=True)
class Request:
    """What was asked for, read and checked.

    Attributes:
        source: The record.
        new: The configuration to try.
        old: The one of the record, if it was given.
        seed: What chance depends on.
        like: Whom new agents are like.
        runs: With how many seeds the new configuration is replayed.
    """

    source: Source
    new: Config
    old: Config | None
    seed: int
    like: Mapping[str, str]
    runs: int = 1

    @property
    def configs(self) -> list[Config]:
        """Every configuration that is replayed."""
        return [config for config in (self.old, self.new) if config is not None]

    def name(self, id: str | None) -> str:
        """What something is called in any of the configurations."""
        for config in (self.new, self.old, self.source.config):
            found = Source("", config).name(id)
            if found != id:
                return found
        return str(id)


def _runs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_RUNS:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MOST_RUNS}")
    return int(text)


def whatif_main(argv: Sequence[str], out: TextIO | None = None) -> int:
    """Run the command.

    Args:
        argv: Its arguments.
        out: Where the comparison goes; standard output when left out.

    Returns:
        The exit status.
    """
    arguments = parser().parse_args(argv)
    try:
        request = _request(arguments)
        with reading(request.source.url) as connection:
            known = whole(connection)
            if known is None:
                raise SourceError("the store is empty: there is nothing to replay")
            span = _span(arguments, known)
            gateways = [config.gateways.keys() for config in request.configs]
            found = record(
                connection, span, lambda gateway: all(gateway in keys for keys in gateways)
            )
        question = Question(
            span=found.span, thresholds=arguments.thresholds, base=Base(arguments.level_of)
        )
        told = compare(request, found, question)
    except (SourceError, OSError) as error:
        complain("whatif", error, lines=True)
        return 2
    where = out or (for_programs() if arguments.json else for_people())
    where.write((as_json(told) if arguments.json else shown(as_table(told), lines=True)) + "\n")
    return 0


def _request(arguments: argparse.Namespace) -> Request:
    new = config_of(arguments.config, "--config takes a configuration file")
    old = None
    if arguments.base is not None:
        old = config_of(arguments.base, "--base takes a configuration file")
    return Request(
        source=source_of(arguments.history, "--history"),
        new=new,
        old=old,
        seed=arguments.seed,
        like=dict(_pair(text, new, old) for text in arguments.like),
        runs=arguments.runs,
    )


def _pair(text: str, new: Config, old: Config | None) -> tuple[str, str]:
    """A new agent and the one they are like."""
    fresh, _, known = text.partition("=")
    if fresh not in new.agent_by_login:
        raise SourceError(f"--like {text}: there is no agent {fresh!r} in the new configuration")
    for config in (old, new):
        if config is not None and known in config.agent_by_login:
            return new.agent_by_login[fresh].id, config.agent_by_login[known].id
    raise SourceError(f"--like {text}: there is no agent {known!r}")


def _span(arguments: argparse.Namespace, known: tuple[int, int]) -> Span:
    zone = arguments.zone
    try:
        start = known[0] if arguments.start is None else parse_moment(arguments.start, zone)
        end = known[1] + 1 if arguments.end is None else parse_moment(arguments.end, zone)
        return Span(start, end, arguments.interval, zone)
    except ValueError as error:
        raise SourceError(str(error)) from None


def compare(request: Request, found: Record, question: Question) -> Comparison:
    """Replay what was found and set the figures side by side.

    Raises:
        SourceError: The record is too poor.
    """
    past = _with_new_agents(request, found)
    if all(question.span.index(visit.at) is None for visit in past.visits):
        raise SourceError("nobody asked for an agent in this time: there is nothing to replay")
    if People(past).speechless:
        raise SourceError(
            "no conversation ended in this time, so nothing is known of how long they take: "
            "ask for a longer time"
        )
    sides = {RECORDED: score(found.outcome, question)}
    said = [*notes.left_out(found), *notes.messages(found), *notes.under_way(found)]
    grace = grace_of(request.old or request.new)
    titles = {REPLAYED: "the old configuration", NEW: "the new configuration"}
    for side, config in ((REPLAYED, request.old), (NEW, request.new)):
        if config is None:
            continue
        people = People(past, request.seed, request.like)
        done: Replayed = replay(past, config, people, question.span, grace)
        sides[side] = score(done.outcome, question)
        said += notes.staff(past, found, config, titles[side], request.name)
        if done.refused:
            said.append(f"{done.refused:,} starts were refused by the limits of {titles[side]}.")
        said += notes.chance(people.drawn, titles[side])
    waits = [visit for visit in past.visits if visit.project is not None]
    said.append(notes.patience(People(past), len(waits), sum(visit.left for visit in waits)))
    if request.old is None:
        said.append("Without --base OLD.toml it is not known how far a replay of itself is off.")
    runs = [sides[NEW]] if request.runs > 1 else []
    for more in range(1, request.runs):
        people = People(past, request.seed + more, request.like)
        done = replay(past, request.new, people, question.span, grace)
        runs.append(score(done.outcome, question))
    return Comparison(question=question, sides=sides, runs=runs, name=request.name, notes=said)


def _with_new_agents(request: Request, found: Record) -> Recorded:
    """The past with the new agents at workplaces of their own."""
    taken = {change.workplace for change in found.past.changes}
    free = [place for place in request.new.workplaces if place not in taken]
    pairs: dict[str, tuple[str, str]] = {}
    for agent, like in request.like.items():
        if agent in found.agents:
            name = request.new.agents[Guid(agent)].login
            raise SourceError(f"--like {name}=...: {name} is in the record already")
        if not free:
            raise SourceError("--like: the new configuration has no workplace left for them")
        pairs[agent] = (like, free.pop(0))
    return alike(found.past, pairs)
