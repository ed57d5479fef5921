"""The story of a chat: its rows in order of time, each as a sentence (B-30).

Theory of operation: the rows of each table are told by themselves, then put in order of the broker's own
time, which no outage and no set clock disturbs. At one
moment things follow from each other: what ends comes before what that leads to, and a choice comes
last. `_Rank` says so; no two rows of a table change places.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, tzinfo
from enum import IntEnum
from typing import Any, Final

from attrs import frozen

from broker.core.distribution.offers import LOGGED_AGENTS
from broker.core.facts.causes import ChatCause, DecisionKind, OfferOutcome, ParkingEnd
from broker.core.facts.details import (
    AskedEnded,
    AskedFor,
    Choice,
    Forced,
    GivenToBot,
    Refused,
    Routed,
    Way,
    Widened,
    read_detail,
)
from broker.reporting.explain import wording
from broker.reporting.explain.chat_rows import ChatRows, Row
from broker.reporting.explain.entries import Entry, Phase, Tenure
from broker.reporting.explain.ownership import Turns
from broker.reporting.formats import duration
from broker.reporting.source import Source
from broker.reporting.times import wall_time
from protocol.values import ChatStatus, Guid


class _Rank(IntEnum):
    """What comes first of what happened at one moment."""

    BEGIN = 0
    END = 1
    RULE = 2
    TURN = 3
    AFTER = 4
    ASK = 5
    CHOICE = 6
    RESULT = 7
    AWAY = 8


_LEAST_OUTAGE: Final = 1_000_000
"""A shorter one is nothing that anybody noticed, in microseconds."""
_Told = Iterator[tuple[_Rank, Entry]]


@frozen
class Narrator:
    """Narrator of one chat.

    Attributes:
        source: What things are called.
        chat_rows: The rows of the chat.
        about: An agent, when only what concerns them is to be told.
        zone: Whose clocks show the times that are told in sentences.
        now: Until when the store tells.
    """

    source: Source
    chat_rows: ChatRows
    about: str | None = None
    zone: tzinfo = UTC
    now: int = 0

    def tell(self) -> Iterator[Entry]:
        """The entries in order of time."""
        told = (self._turns, self._offers, self._decisions, self._parts, self._wrapups)
        tellers = (*told, self._outages)
        found = [told for tell in tellers for told in tell()]
        for _rank, entry in sorted(found, key=lambda told: (told[1].at, told[0])):
            if self.about is None or entry.concerns(self.about):
                yield entry

    def _name(self, agent: str | None) -> str:
        return self.source.name(agent)

    def _turns(self) -> _Told:
        for event, entry in Turns(self.source, self.chat_rows).tell():
            begins = event["cause"] in (ChatCause.STARTED, ChatCause.REOPENED)
            yield (_Rank.BEGIN if begins else _Rank.TURN), entry
        bound, chat = self.chat_rows.chat.get("bound_at"), self.chat_rows.chat
        if bound is not None:
            text = f"A connector took the chat over: visitor {chat['tracking_id']}."
            yield _Rank.END, Entry(bound, "bound", None, text)

    def _outages(self) -> _Told:
        """When nobody listened while the chat was open."""
        events = self.chat_rows.events
        if not events:
            return
        closed = events[-1]["status"] == ChatStatus.CLOSED
        end = events[-1]["at"] if closed else max(self.now, events[-1]["at"])
        for outage in self.chat_rows.listened.outages(events[0]["at"], end):
            begin, until = (wall_time(at, self.zone) for at in (outage.begin, outage.end))
            if outage.end - outage.begin >= _LEAST_OUTAGE:
                text = f"The broker was away from {begin} to {until}."
            elif outage.end < outage.begin:
                text = f"The clock of the broker was set back from {begin} to {until}."
            else:
                continue
            yield _Rank.AWAY, Entry(outage.own, "away", None, text)

    def _decisions(self) -> _Told:
        for row in self.chat_rows.decisions:
            yield from self._decision(row, dict(row["detail"]))

    def _decision(self, row: Row, detail: dict[str, Any]) -> _Told:
        match read_detail(row["kind"], detail):
            case Choice(mode=mode) if mode is not None and row["kind"] == DecisionKind.OFFERED:
                pass  # told by what was asked for
            case Forced():
                pass  # told by the close
            case AskedFor() as asked:
                yield _Rank.ASK, self._asked(row, detail, asked)
            case AskedEnded() as ended:
                if (entry := self._came_to_nothing(row, detail, ended)) is not None:
                    yield _Rank.END, entry
            case Choice() as choice:
                yield _Rank.CHOICE, self._choice(row, detail, choice)
            case Routed() as routed:
                text = wording.routing(self.source, self.chat_rows.chat, routed)
                yield _Rank.RULE, self._rule(row, detail, text)
            case Refused() as refused:
                yield _Rank.RULE, self._rule(row, detail, wording.refusal(self.source, refused))
            case GivenToBot() as given:
                yield _Rank.RULE, self._rule(row, detail, wording.partner(self.source, given))
            case Widened() as widened:
                yield _Rank.RULE, self._rule(row, detail, wording.wait_rule(self.source, widened))
            case None:
                yield _Rank.CHOICE, self._rule(row, detail, wording.other(row["kind"], detail))

    def _rule(self, row: Row, detail: dict[str, Any], text: str) -> Entry:
        way = Way.read(detail)
        bots = tuple(str(bot) for bot in (way.bot, way.bot_passed_over) if bot)
        return Entry(row["at"], row["kind"], row["agent"], text, detail, bots)

    def _choice(self, row: Row, detail: dict[str, Any], choice: Choice) -> Entry:
        agent = row["agent"]
        if self.about is not None:
            return Entry(row["at"], row["kind"], self.about, self._about_agent(row, choice), detail)
        if row["kind"] == DecisionKind.WAITING:
            text = "Nobody could take it." + wording.others(self.source, choice)
            text += wording.queue(choice)
        else:
            why = wording.first(self.source, choice)
            text = f"Offered to {self._name(agent)}: {why}.{wording.queue(choice)}"
            text += wording.others(self.source, choice)
        return Entry(row["at"], row["kind"], agent, text, detail)

    def _about_agent(self, row: Row, choice: Choice) -> str:
        """What one decision meant for the agent whom the story is about."""
        me, name = self.about, self._name(self.about)
        if row["agent"] == me:
            why = wording.first(self.source, choice)
            return f"Offered to {name}: {why}."
        done = f"offered to {self._name(row['agent'])}" if row["agent"] else "not offered"
        if me in choice.candidates:
            why = wording.first(self.source, choice)
            place = choice.candidates.index(Guid(str(me))) + 1
            return f"The chat was {done}, {why}; {name} was number {place}."
        for each in choice.passed_over:
            if each.agent == me:
                return (
                    f"The chat was {done}; {name} was passed over: "
                    f"{wording.reason(each.reason, choice.asked)}."
                )
        lacks = wording.unfit(self.source, self.chat_rows.chat, choice, str(me))
        if lacks is not None:
            return f"The chat was {done}; {name} does not qualify: {lacks} (as configured now)."
        if self._named_all(choice):
            return f"The chat was {done}; {name} lacked the project, the language or the skill."
        return f"The chat was {done}; the log, which names few, says nothing of {name}."

    def _named_all(self, choice: Choice) -> bool:
        """Whether everybody who qualified stands in the log by name."""
        full = len(choice.candidates) >= LOGGED_AGENTS
        return not full and len(choice.passed_over) >= sum(choice.reasons.values())

    def _asked(self, row: Row, detail: dict[str, Any], asked: AskedFor) -> Entry:
        """Somebody in the chat asked for somebody else."""
        by, agent, project = asked.by, row["agent"], asked.project
        whom = self._name(agent) if agent else f"somebody of project {self._name(project)}"
        what = {
            "Transfer": "to take the chat over",
            "Consult": "for advice",
            "Conference": "into the conversation",
        }.get(asked.mode or "", f"({asked.mode})")
        text = f"{self._name(by)} asked {whom} {what}."
        return Entry(row["at"], "transfer", agent or by, text, detail, (by,) if by else ())

    def _came_to_nothing(self, row: Row, detail: dict[str, Any], ended: AskedEnded) -> Entry | None:
        """What was asked for was not done; what was is told by its consequence."""
        outcome, by, agent = str(ended.outcome), ended.by, row["agent"]
        if outcome == OfferOutcome.ANSWERED:
            return None
        invite = next((i for i in self.chat_rows.invites if i["ended_at"] == row["at"]), None)
        project = invite["project"] if invite is not None else None
        whom = self._name(agent) if agent else f"anybody of project {self._name(project)}"
        why = wording.CAME_TO_NOTHING.get(outcome, "{outcome}").format(whom=whom, outcome=outcome)
        if not agent and outcome == OfferOutcome.MISSED:
            why = f"nobody of project {self._name(project)} took it in time"
        mode = str(ended.mode).lower()
        text = f"The {mode} that {self._name(by)} asked for came to nothing: {why}."
        return Entry(row["at"], "transfer_ended", agent or by, text, detail, (by,) if by else ())

    def _offers(self) -> _Told:
        for offer in self.chat_rows.offers:
            if offer["ended_at"] is None:
                yield _Rank.RESULT, self._standing(offer)
                continue
            at_once = offer["ended_at"] == offer["at"]
            yield (_Rank.RESULT if at_once else _Rank.END), self._offer_end(offer)

    def _offer_end(self, offer: Row) -> Entry:
        name = self._name(offer["agent"])
        after = duration(offer["ended_at"] - offer["at"])
        outcome, unknown = offer["outcome"], "The offer to {name} ended after {after}: {outcome}."
        told = wording.OFFER_ENDED.get(outcome, unknown)
        text = told.format(name=name, after=after, outcome=outcome)
        return Entry(offer["ended_at"], f"offer_{outcome}", offer["agent"], text)

    def _standing(self, offer: Row) -> Entry:
        name = self._name(offer["agent"])
        length = duration(offer["until"] - offer["at"])
        text = f"The offer to {name} at workplace {offer['workplace']} stands for {length}."
        return Entry(offer["at"], "offer_open", offer["agent"], text)

    def _parts(self) -> _Told:
        for row in self.chat_rows.parties:
            name = self._name(row["agent"])
            also = (row["by_agent"],)
            text = {
                "Consult": f"{name} joined, to be consulted.",
                "Conference": f"{name} joined the conversation.",
                "Monitor": f"{name} listens in, unseen.",
            }.get(row["mode"], f"{name} joined ({row['mode']}).")
            yield _Rank.AFTER, Entry(row["at"], "joined", row["agent"], text, None, also)
            if row["left_at"] is not None and row["cause"] not in wording.STILL_IN:
                yield _Rank.END, self._out(row)
        for row in self.chat_rows.parkings:
            yield from self._parking(row)

    def _out(self, row: Row) -> Entry:
        name = self._name(row["agent"])
        after = duration(row["left_at"] - row["at"])
        told = wording.PARTY_ENDED.get(row["cause"], "{name} is out after {after} ({cause}).")
        text = told.format(name=name, after=after, cause=row["cause"])
        return Entry(row["left_at"], "party_left", row["agent"], text)

    def _parking(self, row: Row) -> _Told:
        agent, name = row["agent"], self._name(row["agent"])
        text = f"{name} put the chat aside."
        yield _before_the_end(row, "at"), Entry(row["at"], "parked", agent, text)
        if row["woken_at"] is not None:
            text = f"The chat is to come back to {name} as soon as there is room for it."
            yield _before_the_end(row, "woken_at"), Entry(row["woken_at"], "woken", agent, text)
        if row["ended_at"] is None:
            return
        after = duration(row["ended_at"] - row["at"])
        otherwise = wording.PARKING_ENDED[ParkingEnd.ENDED]
        told = wording.PARKING_ENDED.get(row["cause"], otherwise)
        text = told.format(name=name, after=after)
        yield _Rank.END, Entry(row["ended_at"], "unparked", agent, text)

    def _wrapups(self) -> _Told:
        for row in self.chat_rows.wrapups:
            name = self._name(row["agent"])
            text = wording.wrap_up(name, row, row["ended_at"])
            yield _Rank.AFTER, Entry(row["at"], "wrapup", row["agent"], text)


def _before_the_end(row: Row, moment: str) -> _Rank:
    """The stage of what leads to the end of a row, which may be at the same moment."""
    return _Rank.END if row[moment] == row["ended_at"] else _Rank.AFTER


def phases(chat_rows: ChatRows) -> list[Phase]:
    """How long the chat was in which status, whoever owned it; being closed is none."""
    found: list[Phase] = []
    events = chat_rows.events
    for event, after in zip(events, [*events[1:], None], strict=True):
        if event["status"] == ChatStatus.CLOSED:
            continue
        end, start = after["at"] if after is not None else None, event["at"]
        if found and (found[-1].status, found[-1].end) == (event["status"], start):
            start = found.pop().start
        found.append(Phase(event["status"], start, end))
    return found


def tenures(chat_rows: ChatRows) -> list[Tenure]:
    """Which agent had the chat when, one after the other."""
    found: list[Tenure] = []
    events = chat_rows.events
    for event, after in zip(events, [*events[1:], None], strict=True):
        if event["status"] != ChatStatus.ANSWERED or event["agent"] is None:
            continue
        end, start = after["at"] if after is not None else None, event["at"]
        parked = [
            Phase("parked", row["at"], row["ended_at"])
            for row in chat_rows.parkings
            if row["agent"] == event["agent"]
            and start <= row["at"]
            and (end is None or (row["ended_at"] is not None and row["ended_at"] <= end))
        ]
        found.append(Tenure(event["agent"], start, end, tuple(parked)))
    return found
