"""Rows of the store as values, and what a chat's events come to.

Theory of operation: all times are in the broker's own time (`Listened`), so how long something took is a
difference. A chat may be reopened, so it is one or several *contacts*, each from a start
or a reopening to a close. What was asked of whom, and for how long, is told of contacts. The
functions are pure and take rows one after the other; one chat at a time is in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import Final, Generic, TypeVar

from attrs import define, field, frozen

from broker.core.facts.causes import ChatCause, OfferMode
from protocol.values import ChatStatus, CloseReason

R = TypeVar("R")

PASSED: Final = (ChatCause.TRANSFERRED, ChatCause.LEFT)
"""Causes of a change of owner by which an owner hands their chat over; others take it from them."""


@frozen
class EventRow:
    """A change of a chat's status or owner, with what is known of the chat.

    Attributes:
        project: What the chat was about from then on.
        outbound: Whether this side began the chat.
    """

    no: int
    at: int
    status: str
    cause: str
    agent: str | None
    reason: str | None
    gateway: str
    project: str | None
    outbound: bool = False


@frozen
class ParkingRow:
    """A chat that its owner put aside; `ended` is None while it is."""

    no: int
    agent: str
    at: int
    ended: int | None


@frozen
class PartyRow:
    """Somebody who was in a chat besides its owner; `ended` is None while they are."""

    no: int
    agent: str
    at: int
    ended: int | None
    mode: str
    gateway: str
    project: str | None


@frozen
class WrapupRow:
    """The work after a chat; `ended` and `cause` are None while it lasts."""

    no: int
    agent: str
    at: int
    ended: int | None
    cause: str | None = None


@frozen
class MailWrapupRow:
    """The work after a conversation; `ended` is None while it lasts."""

    gateway: str
    agent: str
    at: int
    ended: int | None


@frozen
class OfferRow:
    """A chat offered to an agent; `ended` is None while the offer stands."""

    agent: str
    at: int
    ended: int | None
    outcome: str | None
    gateway: str
    project: str | None
    no: int = 0
    mode: str = OfferMode.QUEUE


@frozen
class StateRow:
    """An agent's state from a moment on, and how it came to that."""

    agent: str
    at: int
    state: str
    reason: str | None = None
    cause: str = ""
    by: str | None = None


@define
class Handling:
    """One agent's work on one contact: the conversation, and the wrap-up after it.

    Attributes:
        agent: Who.
        began: When they answered, or took it over.
        ended: When the conversation ended, or went on without them.
        hold: For how long of that they had put the chat aside.
        wrapup: How long the wrap-up took.
        wrapping: Whether the wrap-up still lasts.
    """

    agent: str
    began: int
    ended: int | None = None
    hold: int = 0
    wrapup: int = 0
    wrapping: bool = False

    @property
    def time(self) -> int | None:
        """Conversation and wrap-up together; None while one of them lasts."""
        if self.ended is None or self.wrapping:
            return None
        return self.ended - self.began + self.wrapup


@frozen
class Handover:
    """A chat passed from one agent to another, without a wait between."""

    at: int
    cause: str
    giver: str
    taker: str
    left: str | None
    entered: str | None

    @property
    def wanted(self) -> bool:
        """Whether its owner handed it over."""
        return self.cause in PASSED


@define
class Contact:
    """A chat from its start or reopening to its close.

    Attributes:
        gateway: Where it came in.
        project: What it was about when it first waited or, if it never did, was answered.
        began: When it began.
        queued: When it first waited for an agent; None if it never did.
        answered: When an agent first answered it.
        closed: When it was closed.
        reason: Why it was closed.
        cause: The same, in the word of the event.
        outbound: Whether this side began it.
        opened: Whether an agent did: they had it before it could wait.
        bot: The last word about a bot that had it: `bot` while or when it ended there, `bot_done`,
            `bot_silent`; None when no bot had it.
        handlings: The agents who had it, in order.
        handovers: How it passed from one of them to another.
        returns: Who gave it back to the queue, and when.
    """

    gateway: str
    project: str | None
    began: int
    queued: int | None = None
    answered: int | None = None
    closed: int | None = None
    reason: str | None = None
    cause: str | None = None
    outbound: bool = False
    opened: bool = False
    bot: str | None = None
    handlings: list[Handling] = field(factory=list)
    handovers: list[Handover] = field(factory=list)
    returns: list[tuple[int, str]] = field(factory=list)
    _about: str | None = None

    @property
    def contained(self) -> bool:
        """Whether a bot ended it."""
        return self.bot == "bot" and (
            self.cause == ChatCause.BOT or self.reason == CloseReason.AGENT
        )

    @property
    def refused(self) -> bool:
        """Whether the rules closed it before it could wait."""
        plain = self.cause not in (ChatCause.BOT, ChatCause.UNBOUND) and self.answered is None
        return self.queued is None and plain and self.reason == CloseReason.RULE

    @property
    def arrived(self) -> int:
        """When it began to wait or, if it never did or nobody waited, began."""
        return self.began if self.queued is None or self.outbound else self.queued

    def happened(self, event: EventRow) -> None:
        """Go on to the next status."""
        holder = self.handlings[-1] if self.handlings else None
        if holder is not None and holder.ended is not None:
            holder = None
        match event.status:
            case ChatStatus.ICR:
                self.bot = "bot"
            case ChatStatus.WAITING:
                if self.queued is None:
                    self.queued = event.at
                    self.project = event.project if self.answered is None else self.project
                if self.bot == "bot":
                    self.bot = event.cause
                if event.cause == ChatCause.RETURNED and holder is not None:
                    self.returns.append((event.at, holder.agent))
            case ChatStatus.ANSWERED if event.agent is not None:
                if holder is not None and holder.agent == event.agent:
                    return
                self._taken(event, holder)
            case ChatStatus.CLOSED:
                self.closed, self.reason, self.cause = event.at, event.reason, event.cause
            case _:
                return
        if holder is not None:
            holder.ended = event.at

    def _taken(self, event: EventRow, holder: Handling | None) -> None:
        """Another agent has it from now on."""
        agent = str(event.agent)
        if self.answered is None:
            self.answered = event.at
            self.opened = self.outbound and self.queued is None
            self.project = event.project if self.queued is None else self.project
        if holder is not None:
            projects = (self._about, event.project)
            self.handovers.append(Handover(event.at, event.cause, holder.agent, agent, *projects))
        self._about = event.project
        self.handlings.append(Handling(agent, event.at))


def contacts(
    events: Iterable[EventRow],
    wrapups: Iterable[WrapupRow],
    parkings: Iterable[ParkingRow] = (),
) -> Iterator[Contact]:
    """The contacts of some chats.

    Args:
        events: All events of these chats: chat by chat in the order of `no`, each in its order.
        wrapups: Their wrap-ups, in the order of `no`; those of other chats do not matter.
        parkings: When they were put aside, likewise.
    """
    work, aside = _ByChat(wrapups), _ByChat(parkings)
    for no, rows in groupby(events, attrgetter("no")):
        found = _of_chat(rows)
        add_wrapups(found, work.of(no))
        add_parkings(found, aside.of(no))
        yield from found


class _ByChat(Generic[R]):
    """Rows in the order of their chats, taken chat by chat; those of other chats are passed over."""

    def __init__(self, rows: Iterable[R]) -> None:
        self._groups = groupby(rows, attrgetter("no"))
        self._next = next(self._groups, None)

    def of(self, no: int) -> list[R]:
        """The rows of a chat, one that comes after all that were asked for before."""
        while self._next is not None and self._next[0] < no:
            self._next = next(self._groups, None)
        if self._next is None or self._next[0] != no:
            return []
        return list(self._next[1])


def _of_chat(events: Iterable[EventRow]) -> list[Contact]:
    found: list[Contact] = []
    for event in events:
        if event.status == ChatStatus.PILOT or not found:
            # What is reopened the visitor themselves asks for.
            outbound = event.outbound and event.cause != ChatCause.REOPENED
            found.append(Contact(event.gateway, None, event.at, outbound=outbound))
        found[-1].happened(event)
    return found


def add_wrapups(found: list[Contact], wrapups: Iterable[WrapupRow]) -> None:
    """Tell the contacts of a chat how long the work after them took."""
    ended = {(h.agent, h.ended): h for contact in found for h in contact.handlings}
    for row in wrapups:
        handling = ended.get((row.agent, row.at))
        if handling is not None:
            handling.wrapping = row.ended is None
            handling.wrapup = 0 if row.ended is None else row.ended - row.at


def add_parkings(found: list[Contact], parkings: Iterable[ParkingRow]) -> None:
    """Tell the contacts of a chat how long it was put aside; what an agent still has is told later."""
    for row in parkings:
        for handling in (h for contact in found for h in contact.handlings):
            until = handling.ended
            if handling.agent == row.agent and handling.began <= row.at:
                if until is None or row.ended is None or row.ended > until:
                    continue
                handling.hold += row.ended - row.at
                break
