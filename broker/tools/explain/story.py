"""The story of a chat: its rows in order of time, each as a sentence (B-30).

Theory of operation: the changes of status are the spine. What was decided is told where it took
effect: a routing with the first wait, an offer with the alert that it made, the end of an offer
with the status that follows. So the order is right also for what happened at one moment.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

from attrs import field, frozen

from broker.core.distribution import LOGGED_AGENTS
from broker.tools.explain import words
from broker.tools.explain.reading import Dossier, Row
from broker.tools.report.show import duration
from broker.tools.report.source import Source
from protocol.values import ChatStatus


@frozen
class Entry:
    """Something that happened.

    Attributes:
        at: When.
        what: In one word: `started`, `routed`, `waiting`, `offered`, `answered` and so on.
        agent: Whom it concerns most.
        text: What happened, as a sentence.
        detail: The decision as it was logged, if it is one.
    """

    at: int
    what: str
    agent: str | None
    text: str
    detail: dict[str, Any] | None = None


@frozen
class Phase:
    """A stretch of time in one status; `end` is None while it lasts."""

    status: str
    start: int
    end: int | None

    def length(self, now: int) -> int:
        """How long it took, or takes so far."""
        return (now if self.end is None else self.end) - self.start


_SETTLING: Final = ("routed", "refused", "offered")
"""Decisions that are told together with what they brought about."""


@frozen
class Teller:
    """Tells the story of one chat.

    Attributes:
        source: What things are called.
        dossier: The rows of the chat.
        about: An agent, when only what concerns him is to be told.
    """

    source: Source
    dossier: Dossier
    about: str | None = None
    _decisions: deque[Row] = field(init=False)
    _offers: deque[Row] = field(init=False)

    @_decisions.default
    def _all_decisions(self) -> deque[Row]:
        return deque(self.dossier.decisions)

    @_offers.default
    def _all_offers(self) -> deque[Row]:
        return deque(self.dossier.offers)

    def tell(self) -> Iterator[Entry]:
        """The entries in order of time."""
        for entry in self._whole():
            if self.about is None or entry.agent == self.about:
                yield entry

    def _whole(self) -> Iterator[Entry]:
        offer: Row | None = None
        for event in self.dossier.events:
            status, at = event["status"], event["at"]
            # What was logged at the very moment of a wait was logged because of it.
            yield from self._open_decisions(at if status == ChatStatus.WAITING else at + 1)
            if offer is not None:
                yield self._offer_end(offer)
                offer = None
            yield from self._settling(event)
            if status == ChatStatus.ALERTING and self._offers:
                offer = self._offers.popleft()
            elif (said := self._event(event)) is not None:
                yield said
            if status == ChatStatus.CLOSED:
                yield from self._wrapups(event)
        if offer is not None:
            yield self._standing(offer)
        while self._decisions:
            yield self._decision(self._decisions.popleft())

    def _open_decisions(self, limit: int) -> Iterator[Entry]:
        waiting = self._decisions
        while waiting and waiting[0]["kind"] not in _SETTLING and waiting[0]["at"] < limit:
            yield self._decision(waiting.popleft())

    def _settling(self, event: Row) -> Iterator[Entry]:
        kinds = {ChatStatus.ALERTING.value: "offered", ChatStatus.CLOSED.value: "refused"}
        kind = "routed" if event["cause"] == "routed" else kinds.get(event["status"])
        head = self._decisions[0] if self._decisions else None
        if head is not None and head["kind"] == kind:
            yield self._decision(self._decisions.popleft())

    def _decision(self, row: Row) -> Entry:
        detail = dict(row["detail"])
        agent, text = row["agent"], f"Decided: {row['kind']}."
        match row["kind"]:
            case "routed":
                text = words.routing(self.source, self.dossier.chat, detail)
            case "refused":
                text = words.refusal(self.source, detail)
            case "offered" | "waiting" if self.about is not None:
                agent, text = self.about, self._about_him(row, detail)
            case "waiting":
                text = "Nobody could take it." + words.others(self.source, detail)
                text += words.queue(detail)
            case "offered":
                why = words.choice(self.source, detail)
                text = f"Offered to {self.source.name(agent)}: {why}.{words.queue(detail)}"
                text += words.others(self.source, detail)
            case _:
                pass
        return Entry(row["at"], row["kind"], agent, text, detail)

    def _about_him(self, row: Row, detail: dict[str, Any]) -> str:
        """What one decision meant for the agent whom the story is about."""
        me, name = self.about, self.source.name(self.about)
        candidates = list(detail.get("candidates") or ())
        if row["agent"] == me:
            why = words.choice(self.source, detail)
            return f"Offered to {name}: {why}."
        done = f"offered to {self.source.name(row['agent'])}" if row["agent"] else "not offered"
        if me in candidates:
            why = words.choice(self.source, detail)
            place = candidates.index(me) + 1
            return f"The chat was {done}, {why}; {name} was number {place}."
        for each in detail.get("passed_over") or ():
            if each["agent"] == me:
                return (
                    f"The chat was {done}; {name} was passed over: {words.reason(each['reason'])}."
                )
        lacks = words.unfit(self.source, self.dossier.chat, str(me))
        if lacks is not None:
            return f"The chat was {done}; {name} does not qualify: {lacks} (as configured now)."
        if self._named_all(detail):
            return f"The chat was {done}; {name} lacked the project, the language or the skill."
        return f"The chat was {done}; the log, which names few, says nothing of {name}."

    def _named_all(self, detail: dict[str, Any]) -> bool:
        """Whether everybody who qualified stands in the log by name."""
        named = len(detail.get("passed_over") or ())
        full = len(detail.get("candidates") or ()) >= LOGGED_AGENTS
        return not full and named >= sum((detail.get("reasons") or {}).values())

    def _offer_end(self, offer: Row) -> Entry:
        name = self.source.name(offer["agent"])
        if offer["ended_at"] is None:
            return self._standing(offer)
        after = duration(offer["ended_at"] - offer["at"])
        texts = {
            "answered": f"{name} answered after {after}.",
            "rejected": f"{name} rejected the offer after {after}.",
            "missed": f"{name} did not answer within {after}.",
            "withdrawn": f"The offer to {name} ended after {after}, with the chat.",
            "lost": f"The workplace of {name} was lost {after} after the offer.",
            "restart": f"The broker started anew; the offer to {name} ended after {after}.",
        }
        outcome = offer["outcome"]
        text = texts.get(outcome, f"The offer to {name} ended after {after}: {outcome}.")
        return Entry(offer["ended_at"], f"offer_{outcome}", offer["agent"], text)

    def _standing(self, offer: Row) -> Entry:
        name = self.source.name(offer["agent"])
        length = duration(offer["until"] - offer["at"])
        text = f"The offer to {name} at workplace {offer['workplace']} stands for {length}."
        return Entry(offer["at"], "offer_open", offer["agent"], text)

    def _event(self, event: Row) -> Entry | None:
        chat, agent = self.dossier.chat, event["agent"]
        name = self.source.name(agent)
        match event["status"], event["cause"]:
            case _, "started":
                visitor = f"visitor {chat['tracking_id']}"
                text = f"The chat began on gateway {self.source.name(chat['gateway'])}, {visitor}."
            case _, "reopened":
                text = "The visitor wrote again: the chat was reopened."
            case ChatStatus.WAITING, "agent_lost":
                text = "The agent did not come back; the chat waits again, before new ones."
            case ChatStatus.CLOSED, _:
                how = words.CLOSED.get(event["close_reason"], str(event["close_reason"]))
                text = f"Closed {how}" + (f"; {name} had it." if agent else ".")
            case ChatStatus.WAITING | ChatStatus.ALERTING | ChatStatus.ANSWERED, _:
                return None  # told with the decision, or with the end of the offer
            case status, cause:
                text = f"Status {status} ({cause})."
        return Entry(event["at"], event["cause"], agent, text)

    def _wrapups(self, event: Row) -> Iterator[Entry]:
        for row in self.dossier.wrapups:
            if row["at"] != event["at"]:
                continue
            name = self.source.name(row["agent"])
            text = f"{name} wraps up until {duration(row['until'] - row['at'])} later."
            if row["ended_at"] is not None:
                took = duration(row["ended_at"] - row["at"])
                text = f"{name} wrapped up for {took} ({row['cause']})."
            yield Entry(row["at"], "wrapup", row["agent"], text)


def phases(dossier: Dossier) -> list[Phase]:
    """How long the chat was in which status; being closed is none."""
    found: list[Phase] = []
    events = dossier.events
    for event, after in zip(events, [*events[1:], None], strict=True):
        if event["status"] != ChatStatus.CLOSED:
            end = after["at"] if after is not None else None
            found.append(Phase(event["status"], event["at"], end))
    return found
