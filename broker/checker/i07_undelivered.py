"""I-7: the failure of an agent's message reaches somebody who works (B-57)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from broker.checker.evidence import Story
from broker.checker.i06_slots import SETTLE
from broker.checker.i08_conversations import CLOSED
from broker.checker.i12_outbound import FAILED
from broker.checker.post import ConversationMoveRow, MessageRow
from broker.checker.violation import Violation
from protocol.values import Guid

ROOMY = 100
"""With less room closed conversations are let go before their time."""


def reaches_somebody(story: Story) -> Iterator[Violation]:
    """A closed conversation goes on when a message of it fails, and one put aside is fetched."""
    for letter in story.dump.messages:
        one = story.mail.conversations.get(letter.conversation or Guid(""))
        if letter.inbound or letter.agent is None or one is None:
            continue
        for before, after in pairwise(story.mail.deliveries[letter.id]):
            if after.status != FAILED or before.status == FAILED:
                continue
            text = _missed(story, letter, after.at)
            if text:
                yield Violation("I-7", text, after.at, chat=one.id)


def _missed(story: Story, letter: MessageRow, at: int) -> str | None:
    """Why nobody will look at a message that failed at a moment."""
    moves = story.mail.moves[letter.conversation or Guid("")]
    then = [move for move in moves if move.at <= at]
    if any(move.at == at for move in then) or not then:
        return None
    last = then[-1]
    if last.status == CLOSED:
        return _left_closed(story, letter, last, at)
    if last.cause == "parked" and story.mail.conversations[letter.conversation or Guid("")].project:
        return f"message {letter.id} failed, and its conversation stayed aside"
    return None


def _left_closed(story: Story, letter: MessageRow, end: ConversationMoveRow, at: int) -> str | None:
    one = story.mail.conversations[letter.conversation or Guid("")]
    gateways = [setup.data["message_gateways"].get(one.gateway) for setup in story.setups]
    carried = all(gateway is not None and not gateway["retired"] for gateway in gateways)
    if not carried or one.is_spam or any(setup.data["room"] < ROOMY for setup in story.setups):
        return None  # it was let go early, or nothing can be done for it
    if not all(gateway["threads"] for gateway in gateways if gateway is not None):
        address = one.remote_address.casefold()
        for other in story.mail.conversations.values():
            same = other.pair == one.pair and other.remote_address.casefold() == address
            if same and story.mail.status_at(other.id, at) not in (None, CLOSED):
                return None  # the address has another one, and no more than one
    inertia = min(gateway["inertia"] for gateway in gateways if gateway is not None)
    if story.timeline.over(end.at, inertia) < at + SETTLE:
        return None
    return f"message {letter.id} failed, and its conversation stayed closed"
