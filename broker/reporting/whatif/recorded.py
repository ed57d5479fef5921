"""What a recorded time was, in the terms in which it can happen again.

Theory of operation: the history of each chat is taken apart into what the people brought with
them and what the broker made of it. The first is kept here: when a visitor came and with what,
how long they were ready to wait, how long their matter took; how an agent reacts to an offer, when they
were at work. The second (who was offered what, when) is what a replay finds out anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from attrs import evolve, field, frozen

from broker.core.facts.causes import AgentCause, ChatCause, WrapupEnd
from broker.reporting.history import Contact, EventRow, OfferRow, WrapupRow, contacts
from protocol.scenario import ScenarioResultInfo
from protocol.values import AgentState, ChatStatus, CloseReason, Guid

UNANSWERABLE: Final = (ChatCause.UNBOUND,)
"""Causes of a close that tell of a chat which no visitor asked for."""


@frozen
class Talk:
    """A conversation with an agent.

    Attributes:
        length: How long agents had the chat, all of them together.
        reason: Why it ended; None when it was not over yet.
        wrapup: How long the agent wrapped up when they ended that themselves; None when they did not.
        voiced: For one that ended by inactivity, how long after the answer somebody last wrote;
            None when nobody did.
    """

    length: int
    reason: str | None
    wrapup: int | None = None
    voiced: int | None = None

    @property
    def over(self) -> bool:
        """Whether all of it is known."""
        return self.reason is not None


@frozen
class Reaction:
    """What an agent did about an offer: `outcome` as in the store, and how long after it."""

    outcome: str
    after: int


@frozen
class Wait:
    """How long a visitor was seen to wait, and whether they gave up then."""

    waited: int
    left: bool


@frozen
class Form:
    """What a visitor filled in, and when."""

    at: int
    result: ScenarioResultInfo


@frozen
class ChatRow:
    """What is known of a chat besides its events."""

    no: int
    id: str
    tracking_id: str
    culture: str | None
    user_token: str | None
    ext_response: str | None


@frozen(kw_only=True)
class Visit:
    """A visitor who comes to talk to somebody: one contact, as it can happen again.

    Attributes:
        key: A name of its own, from which what chance decides about it follows.
        at: When it came to the rules that choose a project.
        project: What it was about; None when it never waited.
        waited: How long it was seen to wait: to the answer, the end, or the end of what is known.
        left: Whether the visitor gave up then.
        voiced: For one that inactivity ended and in which nobody wrote after an answer: how long
            after its coming the visitor last wrote.
        again: The same for each wait after an agent was lost.
        talk: The conversation; None when it was not answered.
        reactions: What agents did about the offers of it, in order.
        lasting: Whether it was not over at the end of the record.
    """

    key: str
    gateway: Guid
    tracking_id: str
    at: int
    culture: str | None = None
    user_token: str | None = None
    ext_response: str | None = None
    forms: tuple[ScenarioResultInfo, ...] = ()
    project: str | None = None
    waited: int = 0
    left: bool = False
    voiced: int | None = None
    again: Sequence[Wait] = ()
    talk: Talk | None = None
    reactions: Mapping[str, Sequence[Reaction]] = field(factory=dict)
    lasting: bool = False


@frozen
class Change:
    """An agent's state from a moment on, as it was written down."""

    agent: str
    at: int
    state: str
    reason: str | None
    next_state: str | None
    cause: str
    workplace: str | None


@frozen(kw_only=True)
class Recorded:
    """Everything that a replay needs to know.

    Attributes:
        start: Its first moment, which may be before the time that is asked about.
        end: The first moment of which it does not tell.
        under_way: How many contacts that are asked about are not over then, wrap-ups among them.
        visits: In order of time.
        changes: What agents did by themselves, in order of time.
        returns: For each agent, how long after each time they were set to pause for missed offers they
            were ready again; None when something else came before.
    """

    start: int
    end: int
    under_way: int = 0
    visits: Sequence[Visit]
    changes: Sequence[Change]
    returns: Mapping[str, Sequence[int | None]]


@frozen(kw_only=True)
class Told:
    """What the store says of one chat.

    Attributes:
        chat: Its row.
        events: Its events, in order.
        wrapups: Its wrap-ups.
        offers: Its offers.
        forms: What the visitor filled in, in order.
        voices: When a person wrote; known only for chats that inactivity ended.
        until: Until when the store tells.
    """

    chat: ChatRow
    events: Sequence[EventRow]
    wrapups: Sequence[WrapupRow] = ()
    offers: Sequence[OfferRow] = ()
    forms: Sequence[Form] = ()
    voices: Sequence[int] = ()
    until: int = 0


@frozen
class Piece:
    """A contact with its events."""

    contact: Contact
    events: Sequence[EventRow]

    @property
    def asked(self) -> bool:
        """Whether a visitor asked for an agent: it waited, or the rules closed it at once."""
        if self.contact.outbound:
            return False
        if self.contact.queued is not None:
            return True
        plain = (ChatStatus.PILOT, ChatStatus.CLOSED)
        return all(e.status in plain and e.cause not in UNANSWERABLE for e in self.events)


def pieces(events: Iterable[EventRow], wrapups: Sequence[WrapupRow]) -> Iterator[Piece]:
    """The contacts of one chat."""
    parts: list[list[EventRow]] = []
    for event in events:
        if event.status == ChatStatus.PILOT or not parts:
            parts.append([])
        parts[-1].append(event)
    for part in parts:
        for contact in contacts(part, wrapups):
            yield Piece(contact, part)


def visit(told: Told, piece: Piece, index: int) -> Visit:
    """What a visitor brought with them.

    Args:
        told: What the store says of the chat.
        piece: The contact.
        index: Which of the chat's contacts it is.
    """
    contact = piece.contact
    ends = (contact.answered, contact.closed, max(told.until, contact.arrived))
    end = next(at for at in ends if at is not None)
    unanswered = contact.answered is None
    talk = _talk(told, contact)
    spoke = talk is not None and talk.voiced is not None
    return Visit(
        key=f"{told.chat.id}/{index}",
        gateway=Guid(contact.gateway),
        tracking_id=told.chat.tracking_id,
        at=contact.arrived,
        culture=told.chat.culture,
        user_token=told.chat.user_token,
        ext_response=told.chat.ext_response,
        forms=tuple(
            form.result
            for form in told.forms
            # What a bot or an agent filled in, they will fill in again.
            if form.result.agent_id is None and _within(contact, form.at)
        ),
        project=contact.project,
        waited=end - contact.arrived,
        left=unanswered and contact.reason == CloseReason.EXTERNAL,
        voiced=None if spoke else _voiced(told, contact, contact.arrived) or _silent(contact),
        again=_waits(told, contact),
        talk=talk,
        reactions=_reactions(told, contact),
        lasting=contact.closed is None,
    )


def _within(contact: Contact, at: int) -> bool:
    """Whether a form was there when the rules chose the project."""
    return contact.began <= at <= contact.arrived


def _voiced(told: Told, contact: Contact, since: int) -> int | None:
    if contact.reason != CloseReason.INACTIVITY or contact.closed is None:
        return None
    heard = [at for at in told.voices if since < at <= contact.closed]
    return heard[-1] - since if heard else None


def _silent(contact: Contact) -> int | None:
    return 0 if contact.reason == CloseReason.INACTIVITY else None


def _talk(told: Told, contact: Contact) -> Talk | None:
    if contact.answered is None:
        return None
    ends = [told.until if one.ended is None else one.ended for one in contact.handlings]
    lengths = [end - one.began for end, one in zip(ends, contact.handlings, strict=True)]
    last = contact.handlings[-1].ended
    broken = contact.closed is not None and last is not None and last < contact.closed
    broken = broken and contact.reason != CloseReason.INACTIVITY
    return Talk(
        length=sum(lengths),
        # Who gave up waiting for another agent had more to say.
        reason=None if broken else contact.reason,
        wrapup=next(
            (
                row.ended - row.at
                for row in told.wrapups
                if row.at == contact.closed
                and row.ended is not None
                and row.cause == WrapupEnd.AGENT
            ),
            None,
        ),
        voiced=_voiced(told, contact, contact.answered),
    )


def _waits(told: Told, contact: Contact) -> list[Wait]:
    """The waits between the agents, and the one after the last of them."""
    found = [
        Wait(after.began - before.ended, False)
        for before, after in pairwise(contact.handlings)
        if before.ended is not None and before.ended < after.began
    ]
    last = contact.handlings[-1].ended if contact.handlings else None
    end = told.until if contact.closed is None else contact.closed
    if last is not None and last < end:
        found.append(Wait(end - last, contact.reason == CloseReason.EXTERNAL))
    return found


def _reactions(told: Told, contact: Contact) -> dict[str, list[Reaction]]:
    found: dict[str, list[Reaction]] = {}
    closed = told.until if contact.closed is None else contact.closed
    for offer in told.offers:
        if contact.began <= offer.at <= closed:
            ended = told.until if offer.ended is None else offer.ended
            reaction = Reaction(offer.outcome or "open", ended - offer.at)
            found.setdefault(offer.agent, []).append(reaction)
    return found


def duties(
    changes: Iterable[Change], start: int
) -> tuple[list[Change], dict[str, list[int | None]]]:
    """Part what agents did by themselves from what followed from missed offers.

    Being set to pause for missed offers is the broker's doing and comes again, or not, in a
    replay. The return from it belongs to it, and is kept as a length of time.

    Args:
        changes: What was written down, in order of time.
        start: What is from before this says how somebody was found there.

    Returns:
        The changes without both, and the lengths (`Recorded.returns`).
    """
    kept: list[Change] = []
    returns: dict[str, list[int | None]] = {}
    paused: dict[str, int] = {}
    for change in changes:
        if change.at < start:
            kept.append(evolve(change, cause="found"))
            continue
        since = paused.pop(change.agent, None)
        back = change.state == AgentState.READY and change.next_state is None
        if since is not None:
            returns.setdefault(change.agent, []).append(change.at - since if back else None)
            if back:
                continue
        if change.cause == AgentCause.MISSED:
            paused[change.agent] = change.at
        elif change.cause != AgentCause.NEXT:  # the broker takes a NextState by itself
            kept.append(change)
    for agent in paused:
        returns.setdefault(agent, []).append(None)
    return kept, returns


def alike(past: Recorded, pairs: Mapping[str, tuple[str, str]]) -> Recorded:
    """Let somebody be at work whenever somebody else was.

    Args:
        past: Who was at work.
        pairs: For each new agent, whom they are like and at which workplace they sit.
    """
    changes: list[Change] = []
    for change in past.changes:
        changes.append(change)
        for agent, (like, workplace) in pairs.items():
            if change.agent == like:
                changes.append(evolve(change, agent=agent, workplace=workplace))
    returns = {agent: past.returns.get(like, ()) for agent, (like, _) in pairs.items()}
    return evolve(past, changes=changes, returns={**past.returns, **returns})
