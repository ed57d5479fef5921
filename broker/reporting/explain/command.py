"""`parley explain`: why this agent, why not that one, why so long."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from datetime import tzinfo
from typing import Final, TextIO

from broker.console.help import HelpLayout
from broker.console.output import complain, for_people, for_programs
from broker.reporting import lives, options
from broker.reporting.explain.chat_rows import ChatRows, NoChatError, agent_of, chat_rows
from broker.reporting.explain.conversation import (
    conversation_told,
    is_conversation,
    told_as_json,
    told_as_text,
)
from broker.reporting.explain.entries import Entry, Phase, Tenure
from broker.reporting.explain.narrator import Narrator, phases, tenures
from broker.reporting.formats import duration
from broker.reporting.rows import latest
from broker.reporting.source import Source, SourceError, reading, source_of
from broker.reporting.times import wall_time
from protocol.display import shown
from protocol.values import ChatStatus, from_micros

EXAMPLES: Final = """\
examples:
  parley explain 0b54b5c6-5f3e-4a53-8d6c-0a7a3c5d8f10 --store parley.toml
  parley explain --last --store parley.toml
  parley explain web/visitor-17 --store parley.toml --agent alice --zone Europe/Prague
  parley explain 0b54b5c6-5f3e-4a53-8d6c-0a7a3c5d8f10 --store sqlite:///parley.db --json

exit status: 0; 1 when there is no such chat; 2 when the store cannot be read or the request makes
no sense.
"""

_PHASES: Final = {
    ChatStatus.PILOT.value: "under the rules",
    ChatStatus.ICR.value: "with a bot",
    ChatStatus.WAITING.value: "waiting",
    ChatStatus.ALERTING.value: "offered",
    ChatStatus.ANSWERED.value: "answered",
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        prog="parley explain",
        description="Tell what happened to one chat: which rules matched, why it waited, whom it was "
        "offered and why, why others were passed over, and how long each phase took. The store is "
        "only read, beside a running broker or without one.",
        epilog=EXAMPLES,
        formatter_class=HelpLayout,
    )
    which = made.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "chat",
        metavar="CHAT",
        nargs="?",
        help="its ChatId, or GATEWAY/TRACKINGID: then the newest of it; or a ConversationId",
    )
    which.add_argument("--last", action="store_true", help="the chat that began last")
    options.add_store(made)
    made.add_argument(
        "--agent", metavar="LOGIN|ID", help="tell only what concerns this agent: why not me?"
    )
    options.add_zone(made)
    made.add_argument("--json", action="store_true", help="print JSON in place of sentences")
    return made


def explain_main(argv: Sequence[str], out: TextIO | None = None, clock: int | None = None) -> int:
    """Run the command.

    Args:
        argv: Its arguments.
        out: Where the story goes; standard output when left out.
        clock: Now, in microseconds; the time of the system when left out.

    Returns:
        The exit status.
    """
    arguments = parser().parse_args(argv)
    now = time.time_ns() // 1_000 if clock is None else clock
    try:
        source = source_of(arguments.store)
        agent = None if arguments.agent is None else agent_of(source, arguments.agent)
        with reading(source.url) as connection:
            listened, until = lives.listened(connection, now, now + 1, now)
            if arguments.chat is not None and is_conversation(connection, arguments.chat):
                talk = conversation_told(connection, source, arguments.chat, listened, agent)
                tell = told_as_json if arguments.json else told_as_text
                return _written(arguments, out, tell(source, talk, listened, arguments.zone))
            found = chat_rows(connection, source, arguments.chat, listened)
            now = max(now, latest(connection)) if until is None else until
    except (SourceError, NoChatError) as error:
        complain("explain", error, lines=True)
        return 1 if isinstance(error, NoChatError) else 2
    told = list(Narrator(source, found, agent, arguments.zone, now).tell())
    show = as_json if arguments.json else as_text
    return _written(arguments, out, show(source, found, told, arguments.zone, now))


def _written(arguments: argparse.Namespace, out: TextIO | None, text: str) -> int:
    where = out or (for_programs() if arguments.json else for_people())
    where.write(text + "\n")
    return 0


def as_text(source: Source, found: ChatRows, told: Sequence[Entry], zone: tzinfo, now: int) -> str:
    """The story for people."""
    chat = found.chat
    title = f"Chat {chat['id']}: {chat['status']}, gateway {source.name(chat['gateway'])}, "
    title += f"visitor {chat['tracking_id']}, project {source.name(chat['project'])}"
    lines = [title, *_links(found), ""]
    lines += [f"{wall_time(found.listened.wall(entry.at), zone)}  {entry.text}" for entry in told]
    if not told:
        lines.append("Nothing in it concerns this agent.")
    lines += ["", "How long:"]
    for status, parts in _by_status(phases(found)).items():
        length = duration(sum(part.length(now) for part in parts))
        times = f", {len(parts)} times" if len(parts) > 1 else ""
        so_far = " so far" if parts[-1].end is None else ""
        lines.append(f"  {_PHASES.get(status, status):<16}{length}{times}{so_far}")
    lines += _owners(source, tenures(found), now)
    if found.older:
        lines += ["", f"Older chats of this visitor: {', '.join(found.older)}"]
    return "\n".join(map(shown, lines))


def _links(found: ChatRows) -> list[str]:
    """What this chat goes on from, and what goes on from it (B-2)."""
    lines = []
    if found.chat["earlier"]:
        lines.append(f"It goes on from chat {found.chat['earlier']}, which was full.")
    if found.later:
        lines.append(f"It was full, and goes on in chat {found.later}.")
    return lines


def _owners(source: Source, found: Sequence[Tenure], now: int) -> list[str]:
    """Who had it for how long, when it was more than one, or was put aside."""
    by_agent: dict[str, list[Tenure]] = {}
    for tenure in found:
        by_agent.setdefault(tenure.agent, []).append(tenure)
    if len(by_agent) < 2 and not any(tenure.parked for tenure in found):
        return []
    lines = ["", "Who had it:"]
    for agent, parts in by_agent.items():
        text = f"  {source.name(agent)}: {duration(sum(part.length(now) for part in parts))}"
        text += f", {len(parts)} times" if len(parts) > 1 else ""
        aside = sum(part.aside(now) for part in parts)
        text += f", parked for {duration(aside)} of it" if any(p.parked for p in parts) else ""
        lines.append(text + (" so far" if parts[-1].end is None else ""))
    return lines


def as_json(source: Source, found: ChatRows, told: Sequence[Entry], zone: tzinfo, now: int) -> str:
    """The story for programs."""
    listened = found.listened

    def shown_at(own: int | None) -> str | None:
        return None if own is None else _iso(listened.wall(own), zone)

    members = ("id", "gateway", "tracking_id", "status", "project", "language", "skill", "priority")
    return json.dumps(
        {
            "chat": {name: found.chat[name] for name in members},
            "story": [
                {
                    "at": shown_at(entry.at),
                    "what": entry.what,
                    "agent": entry.agent,
                    "agent_name": source.name(entry.agent) if entry.agent else None,
                    "text": entry.text,
                    "decision": entry.detail,
                }
                for entry in told
            ],
            "phases": [
                {
                    "status": phase.status,
                    "from": shown_at(phase.start),
                    "to": shown_at(phase.end),
                    "seconds": round(phase.length(now) / 1e6, 3),
                }
                for phase in phases(found)
            ],
            "owners": [
                {
                    "agent": tenure.agent,
                    "agent_name": source.name(tenure.agent),
                    "from": shown_at(tenure.start),
                    "to": shown_at(tenure.end),
                    "seconds": round(tenure.length(now) / 1e6, 3),
                    "parked_seconds": round(tenure.aside(now) / 1e6, 3),
                }
                for tenure in tenures(found)
            ],
            "older_chats": found.older,
            "earlier_chat": found.chat["earlier"],
            "later_chat": found.later,
        },
        indent=1,
    )


def _by_status(found: Sequence[Phase]) -> dict[str, list[Phase]]:
    by_status: dict[str, list[Phase]] = {}
    for phase in found:
        by_status.setdefault(phase.status, []).append(phase)
    return by_status


def _iso(at: int, zone: tzinfo) -> str:
    return from_micros(at).astimezone(zone).isoformat()
