"""What connectors say of messages that they were handed: sent or not, delivered or not (B-52..B-55)."""

from __future__ import annotations

from typing import Final

from broker.core.decision import Decision, Outcome, Refusal
from broker.core.effects import DeliveryToAgents, Recall
from broker.core.facts import Fact
from broker.core.facts.causes import AttemptOutcome
from broker.core.facts.messages import MessageRecalled
from broker.core.inputs import RecalledFrame, Stamp
from broker.core.message_state import Message, identifier
from broker.core.messages.attempts import delivery_of, failed, moved, outcome_of, refused_late
from broker.core.messages.lifecycle import may_deliver
from broker.core.messages.naming import gateways_of_pair
from broker.core.messages.recalling import recalled_message
from broker.core.messages.undelivered import undelivered
from broker.core.serving import acknowledgement, serves
from broker.core.state import Session, State
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.message import CommandInfo
from protocol.values import Guid, MessageStatus

_NO_MESSAGE = Refusal(ErrorCode.UNKNOWN_MESSAGE, "Id: no such message of this gateway")
_NOT_REPORTED = Refusal(ErrorCode.UNKNOWN_MESSAGE, "Id, Reference: no such message of this gateway")
_NO_NAME = Refusal(ErrorCode.BAD_PAYLOAD, "Id, Reference: one of them is needed")
_NO_GATEWAY = Refusal(ErrorCode.UNKNOWN_GATEWAY, "RefId: no such message gateway")
_NOT_SERVED = Refusal(ErrorCode.NOT_ALLOWED, "RefId: not served by this session")
_REPORTS: Final = {
    "Delivered": (MessageStatus.DELIVERED, AttemptOutcome.DELIVERED),
    "Read": (MessageStatus.READ, AttemptOutcome.READ),
    "Undelivered": (MessageStatus.FAILED, AttemptOutcome.BOUNCED),
    "Bounced": (MessageStatus.FAILED, AttemptOutcome.BOUNCED),
}
_NO_REPORT = Refusal(
    ErrorCode.BAD_PAYLOAD, "Data: not Delivered, Read, or Undelivered or Bounced with a text"
)


@serves(CommandInfo)
def sent(state: State, stamp: Stamp, session: Session, frame: Frame, p: CommandInfo) -> Outcome:
    """ES_MESSAGE_SENT: how an attempt ended, in time or late; the same answer again changes nothing."""
    message = state.messages.messages.get(p.id) if p.id is not None else None
    if message is None or message.delivery is None or message.gateway not in session.gateways:
        return _NO_MESSAGE
    if p.ref_id not in (None, message.gateway):
        return _NO_MESSAGE
    if p.data is None:
        facts = _succeeded(state, message, stamp, session, p.reference)
    else:
        facts = _refused(state, message, stamp, session, p.data)
    return _told(state, stamp, message, facts, session, frame)


def _told(
    state: State,
    stamp: Stamp,
    message: Message,
    facts: list[Fact],
    session: Session,
    frame: Frame,
) -> Decision:
    notices = [DeliveryToAgents(message.id)] if facts else []
    decision = Decision([*facts], [*notices], acknowledgement(session, frame))
    decision.add(undelivered(state, stamp, message, facts))
    return decision


def _is_open(state: State, message: Message, session: Session) -> bool:
    """Whether an answer of this session is about the open attempt, and not about an earlier one.

    The connector may have another connection by now; while it has the one over which it was asked, what
    another one says is about something else.
    """
    delivery = delivery_of(message)
    if delivery.status is not MessageStatus.SENDING:
        return False
    return delivery.session in (None, session.number) or delivery.session not in state.sessions


def _succeeded(
    state: State, message: Message, stamp: Stamp, session: Session, name: str | None
) -> list[Fact]:
    """The message is sent, whatever was believed of it; `name` is what the far side calls it."""
    if delivery_of(message).sent_at is not None:
        return []
    in_time = _is_open(state, message, session)
    outcome = AttemptOutcome.SENT if in_time else AttemptOutcome.LATE_SENT
    return [moved(message, stamp, MessageStatus.SENT, outcome, delivery_id=name)]


def _refused(
    state: State, message: Message, stamp: Stamp, session: Session, error: str
) -> list[Fact]:
    """The open attempt failed; about an earlier one it is written down only."""
    if _is_open(state, message, session):
        return [failed(state, message, stamp, outcome_of(error), error)]
    delivery = delivery_of(message)
    if delivery.error == error:
        return []
    if not may_deliver(delivery.status, delivery.status, AttemptOutcome.LATE_REFUSED):
        return []
    return [*refused_late(state, message, stamp, error)]


@serves(CommandInfo)
def report(state: State, stamp: Stamp, session: Session, frame: Frame, p: CommandInfo) -> Outcome:
    """ES_MESSAGE_REPORT: what became of a message after it was sent; never less than it was (B-55)."""
    gateway = p.ref_id
    if gateway is None or gateway not in state.config.message_gateways:
        return _NO_GATEWAY
    if gateway not in session.gateways:
        return _NOT_SERVED
    text = p.data or ""
    word, _, more = text.partition(":")
    found = _REPORTS.get(word)
    if found is None or (more and found[0] is not MessageStatus.FAILED):
        return _NO_REPORT
    if p.id is None and p.reference is None:
        return _NO_NAME
    key = _reported(state, gateway, p)
    if key is None:
        return _NOT_REPORTED
    message, back = state.messages.messages.get(key), list[Fact]()
    if message is None:
        if not isinstance(frame, RecalledFrame):
            return Decision(notices=[Recall(session.number, frame, key)])
        if not isinstance(frame.stored, MessageRecalled):
            return _NOT_REPORTED
        message, back = recalled_message(frame.stored), [frame.stored]
    pair = gateways_of_pair(state, state.config.message_gateways[gateway])
    if message.delivery is None or message.gateway not in pair:
        return _NOT_REPORTED
    facts = _reached(message, stamp, *found, text)
    decision = _told(state, stamp, message, facts, session, frame)
    decision.facts[:0] = back
    return decision


def _reported(state: State, gateway: Guid, p: CommandInfo) -> Guid | None:
    """The outbound message of a report, which may come by the gateway of the other direction."""
    if p.id is not None:
        return p.id
    for one in gateways_of_pair(state, state.config.message_gateways[gateway]):
        names = state.messages.known.get(one, {})
        found = names.get(identifier(one, p.reference or "", inbound=False))
        if found is not None:
            return found[0]
    return None


def _reached(
    message: Message, stamp: Stamp, status: MessageStatus, outcome: AttemptOutcome, text: str
) -> list[Fact]:
    """The facts of a report. It proves that the message was sent, if nobody has said so yet."""
    delivery = delivery_of(message)
    facts: list[Fact] = []
    before = delivery.status
    if delivery.sent_at is None and (before, status) != (
        MessageStatus.FAILED,
        MessageStatus.FAILED,
    ):
        facts.append(moved(message, stamp, MessageStatus.SENT, AttemptOutcome.LATE_SENT))
        before = MessageStatus.SENT
    error = text if status is MessageStatus.FAILED else None
    if may_deliver(before, status, outcome) and (before, delivery.error) != (status, error):
        facts.append(moved(message, stamp, status, outcome, error=error))
    return facts
