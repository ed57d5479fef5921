"""The figures of messages, by interval and by their gateway (B-50..B-59).

Theory of operation: an inbound message counts in the interval in which it came, and so does its answer, which
is the first message that an agent wrote in its conversation after it. Automatic messages ask for no answer.
An attempt to send counts in the interval in which it ended. The messages of one conversation at a time
are in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from attrs import define, fields, frozen
from sqlalchemy import Connection, select

from broker.core.facts.causes import AttemptOutcome, ConversationCause
from broker.reporting.contacts import Tallies
from broker.reporting.lives import within
from broker.reporting.rows import mail_wrapups, stream
from broker.reporting.times import Span
from broker.store.message_schema import (
    conversation_events,
    conversations,
    message_events,
    messages,
)
from protocol.values import ChatStatus, MessageStatus

_BEGINS: Final = (ConversationCause.STARTED, ConversationCause.REOPENED)


@define
class Mailbox:
    """What became of messages.

    Attributes:
        received: How many came in; `automatic` of them no person wrote.
        answered: How many of the others were answered; `in_time` within the threshold.
        answering: How long that took, all together, and `longest` at most.
        unanswered: How many still wait for an answer.
        conversations: How many began or were reopened; `closed` how many ended, `spam` of them as unwanted.
        wrapups: How many wrap-ups of conversations are over; `wrapup` how long they took, all together.
        written: How many messages agents wrote.
        sent: How many were handed over; `sending` how long that took, all together.
        retries: How many attempts did not succeed; `unknown` of them got no answer.
        failed: How many messages came to nothing.
    """

    received: int = 0
    automatic: int = 0
    answered: int = 0
    in_time: int = 0
    answering: int = 0
    longest: int = 0
    unanswered: int = 0
    conversations: int = 0
    closed: int = 0
    spam: int = 0
    wrapups: int = 0
    wrapup: int = 0
    written: int = 0
    sent: int = 0
    sending: int = 0
    retries: int = 0
    unknown: int = 0
    failed: int = 0

    def add(self, other: Mailbox) -> None:
        """Take the figures of another in."""
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.longest = max(self.longest, other.longest)


_SUMS: Final = tuple(field.name for field in fields(Mailbox) if field.name != "longest")


@frozen
class LetterRow:
    """A message, at its moment in the broker's own time."""

    conversation: int
    gateway: str
    at: int
    inbound: bool
    agent: str | None
    automatic: bool


def count_mailboxes(connection: Connection, span: Span, threshold: int) -> Tallies[Mailbox]:
    """Read and add up what became of messages."""
    tallies = Tallies(Mailbox)
    letters = _letters(connection, span)
    for _conversation, some in groupby(letters, lambda letter: letter.conversation):
        _count_letters(some, span, threshold, tallies)
    _count_conversations(connection, span, tallies)
    _count_attempts(connection, span, tallies)
    _count_wrapups(connection, span, tallies)
    return tallies


def _letters(connection: Connection, span: Span) -> Iterator[LetterRow]:
    """All messages of the conversations in which one came or went in the time, in their order."""
    m = messages.c
    touched = select(m.conversation_no).where(within(messages, span))
    automatic = m.header["IsAutomatic"].as_boolean()
    query = (
        select(m.no, m.conversation_no, m.gateway, m.at, m.inbound, m.agent, automatic)
        .where(m.conversation_no.in_(touched.where(m.conversation_no.is_not(None))))
        .order_by(m.conversation_no, m.counter)
    )
    for no, conversation, gateway, at, inbound, agent, is_automatic in stream(connection, query):
        own = span.listened.of_row(messages.name, no, at)
        yield LetterRow(conversation, gateway, own, inbound, agent, bool(is_automatic))


def _count_letters(
    letters: Iterator[LetterRow], span: Span, threshold: int, tallies: Tallies[Mailbox]
) -> None:
    waiting: list[LetterRow] = []
    for letter in letters:
        if not letter.inbound and letter.agent is not None:
            for asked in waiting:
                _count_answer(asked, max(0, letter.at - asked.at), span, threshold, tallies)
            waiting.clear()
        place = span.index(letter.at)
        if letter.inbound and not letter.automatic:
            waiting.append(letter)
        if place is None:
            continue
        tally = tallies.at(place, letter.gateway)
        tally.received += letter.inbound
        tally.automatic += letter.inbound and letter.automatic
        tally.written += not letter.inbound and letter.agent is not None
    for asked in waiting:
        place = span.index(asked.at)
        if place is not None:
            tallies.at(place, asked.gateway).unanswered += 1


def _count_answer(
    asked: LetterRow, took: int, span: Span, threshold: int, tallies: Tallies[Mailbox]
) -> None:
    place = span.index(asked.at)
    if place is None:
        return
    tally = tallies.at(place, asked.gateway)
    tally.answered += 1
    tally.in_time += took <= threshold
    tally.answering += took
    tally.longest = max(tally.longest, took)


def _count_conversations(connection: Connection, span: Span, tallies: Tallies[Mailbox]) -> None:
    e, c = conversation_events.c, conversations.c
    query = (
        select(e.seq, e.at, e.status, e.cause, c.gateway, c.is_spam)
        .join(conversations, c.no == e.conversation_no)
        .where(within(conversation_events, span))
        .order_by(e.seq)
    )
    for seq, at, status, cause, gateway, is_spam in stream(connection, query):
        place = span.index(span.listened.of_row(conversation_events.name, seq, at))
        if place is None:
            continue
        tally = tallies.at(place, gateway)
        tally.conversations += cause in _BEGINS
        if status == ChatStatus.CLOSED:
            tally.closed += 1
            tally.spam += is_spam


def _count_attempts(connection: Connection, span: Span, tallies: Tallies[Mailbox]) -> None:
    e, m = message_events.c, messages.c
    query = (
        select(e.seq, e.at, e.status, e.outcome, m.gateway, m.no, m.at)
        .join(messages, m.no == e.message_no)
        .where(within(message_events, span), e.outcome.is_not(None))
        .order_by(e.seq)
    )
    for seq, at, status, outcome, gateway, no, written in stream(connection, query):
        own = span.listened.of_row(message_events.name, seq, at)
        place = span.index(own)
        if place is None:
            continue
        tally = tallies.at(place, gateway)
        if outcome in (AttemptOutcome.SENT, AttemptOutcome.LATE_SENT):
            tally.sent += 1
            tally.sending += max(0, own - span.listened.of_row(messages.name, no, written))
        tally.retries += status == MessageStatus.RETRY
        tally.unknown += outcome == AttemptOutcome.UNKNOWN
        tally.failed += status == MessageStatus.FAILED and outcome != AttemptOutcome.LATE_REFUSED


def _count_wrapups(connection: Connection, span: Span, tallies: Tallies[Mailbox]) -> None:
    """Add up the work after conversations, in the interval in which it began."""
    for row in mail_wrapups(connection, span):
        place = span.index(row.at)
        if place is not None and row.ended is not None:
            tally = tallies.at(place, row.gateway)
            tally.wrapups += 1
            tally.wrapup += row.ended - row.at
