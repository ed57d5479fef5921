"""The rules that say who works on a message, when it is due, and what is done when it waits (B-26, B-57).

The first rule by rank counts whose limits all hold, as in all groups of rules; patterns are *searched*
in the tidied text, of which only the beginning is looked at: it comes from outside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from attrs import Factory, frozen

from broker.config.folding import tidy
from broker.config.message_gateways import MessageLimits, MessageRule
from broker.config.model import (
    DAY,
    MINUTE,
    SECOND,
    Config,
    Hours,
    RuleLimits,
    WaitRule,
    WorkKind,
)
from broker.core.message_state import Conversation
from broker.core.rules.matching import above, begun_on, speaks, within
from protocol.limits import text_length
from protocol.values import Guid, from_micros

TEXT: Final = 32_768
"""How much of the text of a message is searched; of a header as much as the wire carries."""
FARTHEST: Final = 400 * DAY
"""How far ahead opening hours are looked for."""


@frozen(kw_only=True)
class Letter:
    """What rules can know about a message.

    Attributes:
        gateway_id: The gateway that it comes by.
        to: The receivers as shown.
        sender: The sender as shown.
        remote_address: The address of the sender.
        subject: The subject.
        text: The text without mark-up.
        culture: The language that it is in.
        spam_level: How surely it is unwanted; None: nobody has looked.
    """

    gateway_id: Guid
    to: str | None = None
    sender: str | None = None
    remote_address: str | None = None
    subject: str | None = None
    text: str | None = None
    culture: str | None = None
    spam_level: int | None = None


_A_DAY: Final = timedelta(days=1)
_LENGTHS: Final = {
    "to": text_length("MessageContentInfo", "ToField"),
    "sender": text_length("MessageContentInfo", "FromField"),
    "remote_address": text_length("MessageContentInfo", "RemoteAddress"),
    "subject": text_length("MessageContentInfo", "SubjectField"),
    "text": TEXT,
}


def match(config: Config, letter: Letter, now: int) -> MessageRule | None:
    """Find the rule that says what becomes of a message; with none it is put aside (B-57).

    Args:
        config: The configuration.
        letter: The message.
        now: When it came, in microseconds.
    """
    searched = _Searched(letter)
    for rule in config.message_rules:
        hours = rule.limits.hours
        if _holds(rule.limits, letter, searched) and (hours is None or within(hours, now)):
            return rule
    return None


@frozen
class _Searched:
    """The texts of a message as patterns see them, each made when a rule first asks."""

    letter: Letter
    _tidied: dict[str, str] = Factory(dict)

    def text(self, member: str) -> str:
        """The beginning of a text, tidied; of one that is not there the empty text."""
        found = self._tidied.get(member)
        if found is None:
            text: str | None = getattr(self.letter, member)
            found = self._tidied[member] = tidy((text or "")[: _LENGTHS[member]])
        return found


def _holds(limits: MessageLimits, letter: Letter, searched: _Searched) -> bool:
    """Whether all limits hold, except hours; the cheap ones first."""
    if limits.gateway not in (None, letter.gateway_id):
        return False
    if limits.culture is not None and not speaks(limits.culture, letter.culture):
        return False
    if (letter.spam_level or 0) < (limits.spam_level or 0):
        return False
    patterns = (
        (limits.to, ("to",)),
        (limits.sender, ("sender", "remote_address")),
        (limits.subject, ("subject",)),
        (limits.text, ("text",)),
    )
    return all(
        pattern is None or any(pattern.found_in(searched.text(member)) for member in members)
        for pattern, members in patterns
    )


def next_wait(
    config: Config,
    conversation: Conversation,
    over: Callable[[WaitRule], int],
    wall: Callable[[int], int],
) -> tuple[int, WaitRule] | None:
    """Find the wait rule that is next for a waiting conversation, and when it is due (B-26, B-57).

    Args:
        config: The configuration.
        conversation: A conversation that waits for somebody.
        over: When it will have waited long enough for a rule, on the clock of deadlines.
        wall: What time of day that is.
    """
    level, project = conversation.wait_level, conversation.demanded.project
    for rule in above(config, WorkKind.MESSAGES, level, project):
        due, hours = over(rule), rule.limits.hours
        if _is_meant(config, rule.limits, conversation) and (
            hours is None or within(hours, wall(due))
        ):
            return due, rule
    return None


def _is_meant(config: Config, limits: RuleLimits, conversation: Conversation) -> bool:
    """Whether a rule is for a conversation: of its gateway's pair, in its language."""
    if limits.gateway is not None:
        gateway = config.message_gateways.get(limits.gateway)
        if gateway is None or gateway.pair != conversation.pair:
            return False
    return limits.culture is None or speaks(limits.culture, conversation.culture)


def due_at(now: int, answer_within: int, hours: Hours | None = None) -> int:
    """Say when a time of opening hours will have passed (B-57).

    As everywhere the clock on the wall counts: of the hour that comes twice when summer time ends
    both passes count, and the hour that is left out when it begins is no time. Where so much time
    does not come in 400 days, their end is the answer.

    Args:
        now: When it begins to run, in microseconds.
        answer_within: How much time is to pass.
        hours: When it runs; None: always.
    """
    if hours is None:
        return now + answer_within
    left, at, last = answer_within, now, now + FARTHEST
    while at < last:
        until = _same_until(hours, at)
        if within(hours, at):
            if until - at >= left:
                return min(at + left, last)
            left -= until - at
        at = until
    return last


def _same_until(hours: Hours, at: int) -> int:
    """A moment until which hours stay open, or closed: one of their edges, midnight, or summer time."""
    local = from_micros(at).astimezone(hours.zone)
    past = (local.hour * 60 + local.minute) * MINUTE + local.second * SECOND + local.microsecond
    today, yesterday = local.date(), local.date() - _A_DAY
    edges = {DAY}
    for span in begun_on(hours, today):
        edges |= {span.start * MINUTE, span.end * MINUTE}
    edges |= {span.end * MINUTE - DAY for span in begun_on(hours, yesterday)}
    until = at + min(edge for edge in edges if edge > past) - past
    return _set_before(hours, at, until) or until


def _set_before(hours: Hours, at: int, until: int) -> int | None:
    """When the clock is set to or from summer time between two moments; None: it is not."""

    def offset(moment: int) -> object:
        return from_micros(moment).astimezone(hours.zone).utcoffset()

    before = offset(at)
    if offset(until - 1) == before:
        return None
    first, last = at, until - 1
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if offset(middle) == before else (first, middle)
    return last
