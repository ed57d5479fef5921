"""The story of a conversation: its rows in order of time, each as a sentence (B-30, B-54).

Theory of operation: as of a chat (`narrator`), each table is told by itself and then put in order of the
broker's own time; at one moment things follow in the order of `_TOLD`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from typing import Any, Final

from attrs import frozen
from sqlalchemy import Connection, Table, select

from broker.core.facts.causes import AttemptOutcome, ConversationCause, DecisionKind, OfferOutcome
from broker.core.facts.details import Choice, Sorted, Widened
from broker.reporting.explain import wording
from broker.reporting.explain.entries import Entry
from broker.reporting.listened import Listened
from broker.reporting.lives import key_of
from broker.reporting.source import Source
from broker.reporting.times import wall_time
from broker.store.message_schema import (
    conversation_decisions,
    conversation_events,
    conversation_offers,
    conversation_wrapups,
    conversations,
    message_events,
    messages,
)
from protocol.display import shown
from protocol.values import ChatStatus, from_micros

Row = Mapping[str, Any]

_CAUSES: Final[dict[str, str]] = {
    ConversationCause.STARTED: "The conversation began.",
    ConversationCause.REOPENED: "The conversation was reopened.",
    ConversationCause.OPENED: "{agent} began it.",
    ConversationCause.PICKED: "{agent} took it by hand.",
    ConversationCause.TRANSFERRED: "It was handed over{to}.",
    ConversationCause.RETURNED: "It was given back.",
    ConversationCause.PARKED: "It was put aside.",
    ConversationCause.AGENT_LOST: "The agent did not come back; it waits again.",
    ConversationCause.FORCED: "A supervisor logged its agent off; it waits again.",
    ConversationCause.RESTART: "The broker began anew; it waits again.",
    ConversationCause.CLOSED: "{agent} closed it{code}.",
    ConversationCause.RULE: "A rule closed it.",
    ConversationCause.UNDELIVERED: "A message of it has failed: it is to be looked at again.",
}
"""What a change says that no decision and no offer tells."""
_OUTCOMES: Final[dict[str, str]] = {
    OfferOutcome.ANSWERED: "{agent} took it.",
    OfferOutcome.REJECTED: "{agent} declined.",
    OfferOutcome.MISSED: "{agent} did not answer.",
    OfferOutcome.WITHDRAWN: "The offer to {agent} was withdrawn.",
    OfferOutcome.LOST: "{agent} was not there any more.",
    OfferOutcome.FORCED: "A supervisor logged {agent} off.",
    OfferOutcome.RESTART: "The broker began anew; the offer to {agent} ended.",
}
_ATTEMPTS: Final[dict[str, str]] = {
    AttemptOutcome.SENT: "Message {counter} was sent.",
    AttemptOutcome.REFUSED: "Message {counter} was refused: {error}",
    AttemptOutcome.PERMANENT: "Message {counter} was refused for good: {error}",
    AttemptOutcome.THROTTLED: "Message {counter} has to wait: {error}",
    AttemptOutcome.UNKNOWN: "Nobody knows what became of message {counter}: no answer came in time.",
    AttemptOutcome.LATE_SENT: "Message {counter} had been sent, as was said late.",
    AttemptOutcome.LATE_REFUSED: "Message {counter} was refused, as was said late: {error}",
    AttemptOutcome.DELIVERED: "Message {counter} was delivered.",
    AttemptOutcome.READ: "Message {counter} was read.",
    AttemptOutcome.BOUNCED: "Message {counter} came back: {error}",
    AttemptOutcome.CANCELLED: "Message {counter} was withdrawn.",
    AttemptOutcome.RETRIED: "Message {counter} is to be tried again.",
    AttemptOutcome.NO_GATEWAY: "Message {counter} cannot go out any more: {error}",
}


class NoConversationError(Exception):
    """There is no such conversation."""


@frozen(kw_only=True)
class Told:
    """A conversation and its story."""

    conversation: Row
    entries: tuple[Entry, ...]


def is_conversation(connection: Connection, asked: str) -> bool:
    """Whether that is the id of a conversation."""
    found = select(conversations.c.no).where(conversations.c.id == asked.lower())
    return connection.execute(found).first() is not None


def conversation_told(
    connection: Connection, source: Source, asked: str, listened: Listened, about: str | None
) -> Told:
    """Read a conversation and tell it.

    Args:
        connection: The store.
        source: What things are called.
        asked: Its id.
        listened: When the broker listened.
        about: An agent, when only what concerns them is to be told.

    Raises:
        NoConversationError: There is none.
    """
    wanted = select(conversations).where(conversations.c.id == asked.lower())
    row = connection.execute(wanted).mappings().first()
    if row is None:
        raise NoConversationError(f"there is no conversation {asked}")
    narrator = _Narrator(connection, source, dict(row), listened)
    found = [entry for tell in narrator.told() for entry in tell]
    found.sort(key=lambda entry: entry.at)
    kept = [entry for entry in found if about is None or entry.concerns(about)]
    return Told(conversation=dict(row), entries=tuple(kept))


@frozen
class _Narrator:
    connection: Connection
    source: Source
    row: Row
    listened: Listened

    def told(self) -> Iterator[Iterator[Entry]]:
        """The tables, in the order of what follows from what."""
        yield self._events()
        yield self._letters()
        yield self._offer_ends()
        yield self._decisions()
        yield self._attempts()
        yield self._wrapups()

    def _rows(self, table: Table) -> Iterator[dict[str, Any]]:
        mine = select(table).where(table.c.conversation_no == self.row["no"])
        for row in self.connection.execute(mine.order_by(key_of(table))).mappings():
            number = row[key_of(table).name]
            yield {**row, "at": self.listened.of_row(table.name, number, row["at"])}

    def _events(self) -> Iterator[Entry]:
        for row in self._rows(conversation_events):
            text = _CAUSES.get(row["cause"])
            if text is None:
                continue
            name = self.source.name(row["agent"])
            to = f" to {name}" if row["agent"] else ""
            code = f" ({self.row['code']})" if self.row["code"] else ""
            if row["status"] != ChatStatus.CLOSED:
                code = ""
            said = text.format(agent=name, to=to, code=code)
            yield Entry(row["at"], row["cause"], row["agent"], said)

    def _letters(self) -> Iterator[Entry]:
        for row in self._rows(messages):
            writer = self.source.name(row["agent"]) if row["agent"] else "The broker"
            text = f"{writer} wrote message {row['counter']}."
            if row["inbound"]:
                text = f"Message {row['counter']} came from {row['remote_address']}."
            yield Entry(row["at"], "message", row["agent"], text)

    def _offer_ends(self) -> Iterator[Entry]:
        for row in self._rows(conversation_offers):
            if row["ended_at"] is None:
                continue
            at = self.listened.after(row["at"], row["ended_at"])
            text = _OUTCOMES.get(row["outcome"], f"Offer {row['outcome']}: {{agent}}.")
            said = text.format(agent=self.source.name(row["agent"]))
            yield Entry(at, row["outcome"], row["agent"], said)

    def _wrapups(self) -> Iterator[Entry]:
        for row in self._rows(conversation_wrapups):
            ended = row["ended_at"]
            after = self.listened.after(row["at"], ended) if ended is not None else None
            text = wording.wrap_up(self.source.name(row["agent"]), row, after)
            yield Entry(row["at"], "wrapup", row["agent"], text)

    def _decisions(self) -> Iterator[Entry]:
        for row in self._rows(conversation_decisions):
            detail = dict(row["detail"])
            yield Entry(row["at"], row["kind"], row["agent"], self._decided(row, detail), detail)

    def _decided(self, row: Row, detail: dict[str, Any]) -> str:
        match row["kind"]:
            case DecisionKind.ROUTED | DecisionKind.REFUSED:
                return self._sorted(row["kind"], Sorted.read(detail))
            case DecisionKind.WAITING:
                choice = Choice.read(detail)
                text = "Nobody could take it." + wording.others(self.source, choice)
                return text + wording.queue(choice)
            case DecisionKind.OFFERED:
                choice = Choice.read(detail)
                why = wording.first(self.source, choice)
                name = self.source.name(row["agent"])
                text = f"Offered to {name}: {why}.{wording.queue(choice)}"
                return text + wording.others(self.source, choice)
            case DecisionKind.WAIT_RULE:
                return wording.wait_rule(self.source, Widened.read(detail), "conversation")
            case kind:
                return wording.other(kind, detail)

    def _sorted(self, kind: str, found: Sorted) -> str:
        if found.why is not None:
            return f"Nobody is to work on it: {found.why}."
        if found.rule is None:
            return "No message rule matched: it is put aside for a supervisor."
        rule = wording.message_rule(self.source, found.rule)
        if kind == DecisionKind.REFUSED:
            return f"Message rule {rule} matched and closes it."
        return f"Message rule {rule} matched: project {self.source.name(found.project)}."

    def _attempts(self) -> Iterator[Entry]:
        mine = (
            select(message_events, messages.c.counter, messages.c.agent)
            .join(messages, messages.c.no == message_events.c.message_no)
            .where(messages.c.conversation_no == self.row["no"])
            .order_by(message_events.c.seq)
        )
        for row in self.connection.execute(mine).mappings():
            text = _ATTEMPTS.get(row["outcome"] or "")
            if text is None:
                continue
            at = self.listened.of_row(message_events.name, row["seq"], row["at"])
            said = text.format(counter=row["counter"], error=row["error"] or "no reason given")
            yield Entry(at, row["outcome"], row["agent"], said)


def told_as_text(source: Source, told: Told, listened: Listened, zone: tzinfo) -> str:
    """The story for people."""
    row = told.conversation
    title = f"Conversation {row['id']}: {row['status']}, gateway {source.name(row['gateway'])}, "
    title += f"with {row['remote_address']}, project {source.name(row['project'])}"
    lines = [title, *([f"Subject: {row['subject']}"] if row["subject"] else [])]
    if row["earlier"]:
        lines.append(f"It goes on from conversation {row['earlier']}.")
    lines.append("")
    lines += [f"{wall_time(listened.wall(e.at), zone)}  {e.text}" for e in told.entries]
    if not told.entries:
        lines.append("Nothing in it concerns this agent.")
    return "\n".join(map(shown, lines))


def told_as_json(source: Source, told: Told, listened: Listened, zone: tzinfo) -> str:
    """The story for programs."""
    members = ("id", "gateway", "remote_address", "subject", "status", "project", "priority")
    story = [
        {
            "at": from_micros(listened.wall(entry.at)).astimezone(zone).isoformat(),
            "what": entry.what,
            "agent": entry.agent,
            "agent_name": source.name(entry.agent) if entry.agent else None,
            "text": entry.text,
            "decision": entry.detail,
        }
        for entry in told.entries
    ]
    shown_members = {name: told.conversation[name] for name in members}
    return json.dumps({"conversation": shown_members, "story": story}, indent=1)
