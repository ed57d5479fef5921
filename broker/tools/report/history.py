"""Rows of the store as values, and what a chat's events come to.

Theory of operation: a chat may be reopened, so it is one or several *contacts*, each from a start
or a reopening to a close. What was asked of whom, and for how long, is told of contacts. The
functions are pure and take rows one after the other; one chat at a time is in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from attrs import define, field, frozen

from protocol.values import ChatStatus


@frozen
class EventRow:
    """A change of a chat's status, with what is known of the chat."""

    no: int
    at: int
    status: str
    cause: str
    agent: str | None
    reason: str | None
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
class OfferRow:
    """A chat offered to an agent; `ended` is None while the offer stands."""

    agent: str
    at: int
    ended: int | None
    outcome: str | None
    gateway: str
    project: str | None
    no: int = 0


@frozen
class StateRow:
    """An agent's state from a moment on."""

    agent: str
    at: int
    state: str


@define
class Handling:
    """One agent's work on one contact: the conversation, and the wrap-up after it.

    Attributes:
        agent: Who.
        began: When he answered.
        ended: When the conversation ended, or went on without him.
        wrapup: How long the wrap-up took.
        wrapping: Whether the wrap-up still lasts.
    """

    agent: str
    began: int
    ended: int | None = None
    wrapup: int = 0
    wrapping: bool = False

    @property
    def time(self) -> int | None:
        """Conversation and wrap-up together; None while one of them lasts."""
        if self.ended is None or self.wrapping:
            return None
        return self.ended - self.began + self.wrapup


@define
class Contact:
    """A chat from its start or reopening to its close.

    Attributes:
        gateway: Where it came in.
        project: What it is about; None when it never came so far.
        began: When it began.
        queued: When it first waited for an agent; None if it never did.
        answered: When an agent first answered it.
        closed: When it was closed.
        reason: Why it was closed.
        handlings: The agents who answered it, in order.
    """

    gateway: str
    project: str | None
    began: int
    queued: int | None = None
    answered: int | None = None
    closed: int | None = None
    reason: str | None = None
    handlings: list[Handling] = field(factory=list)

    @property
    def arrived(self) -> int:
        """When it began to wait or, if it never did, began."""
        return self.began if self.queued is None else self.queued

    def happened(self, event: EventRow) -> None:
        """Go on to the next status."""
        holder = self.handlings[-1] if self.handlings else None
        holding = holder is not None and holder.ended is None
        match event.status:
            case ChatStatus.WAITING:
                self.queued = event.at if self.queued is None else self.queued
            case ChatStatus.ANSWERED if event.agent is not None:
                self.answered = event.at if self.answered is None else self.answered
                if holding and holder is not None and holder.agent == event.agent:
                    return
                self.handlings.append(Handling(event.agent, event.at))
            case ChatStatus.CLOSED:
                self.closed, self.reason = event.at, event.reason
            case _:
                return
        if holding and holder is not None:
            holder.ended = event.at


def contacts(events: Iterable[EventRow], wrapups: Iterable[WrapupRow]) -> Iterator[Contact]:
    """The contacts of some chats.

    Args:
        events: All events of these chats: chat by chat in the order of `no`, each in its order.
        wrapups: Their wrap-ups, in the order of `no`; those of other chats do not matter.
    """
    by_chat = groupby(wrapups, attrgetter("no"))
    work = next(by_chat, None)
    for no, rows in groupby(events, attrgetter("no")):
        found = _of_chat(rows)
        while work is not None and work[0] < no:
            work = next(by_chat, None)
        if work is not None and work[0] == no:
            _add_wrapups(found, work[1])
        yield from found


def _of_chat(events: Iterable[EventRow]) -> list[Contact]:
    found: list[Contact] = []
    for event in events:
        if event.status == ChatStatus.PILOT or not found:
            found.append(Contact(event.gateway, event.project, event.at))
        found[-1].happened(event)
    for contact in found:
        if contact.queued is None:
            contact.project = None  # the chat has one from before its reopening
    return found


def _add_wrapups(found: list[Contact], wrapups: Iterable[WrapupRow]) -> None:
    ended = {(h.agent, h.ended): h for contact in found for h in contact.handlings}
    for row in wrapups:
        handling = ended.get((row.agent, row.at))
        if handling is not None:
            handling.wrapping = row.ended is None
            handling.wrapup = 0 if row.ended is None else row.ended - row.at
