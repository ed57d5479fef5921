"""Which status of a conversation, and of an outbound message, may follow which, and why (B-52, B-57).

What writes a change asserts it by these tables, as `broker.core.chats.lifecycle` does for chats.
"""

from __future__ import annotations

from typing import Final

from broker.core.facts.causes import AttemptOutcome, ConversationCause
from protocol.values import ChatStatus, MessageStatus

_P, _W = ChatStatus.PILOT, ChatStatus.WAITING
_A, _T, _C = ChatStatus.ALERTING, ChatStatus.ANSWERED, ChatStatus.CLOSED


def _causes(text: str) -> frozenset[ConversationCause]:
    return frozenset(map(ConversationCause, text.split()))


CONVERSATION: Final[dict[tuple[ChatStatus, ChatStatus], frozenset[ConversationCause]]] = {
    (_P, _W): _causes("routed parked undelivered"),
    (_P, _T): _causes("opened"),
    (_P, _C): _causes("rule closed"),
    (_W, _A): _causes("offered"),
    (_W, _T): _causes("picked"),
    (_W, _W): _causes("transferred parked woken"),
    (_W, _C): _causes("closed rule wait_rule"),
    (_A, _W): _causes("rejected missed withdrawn forced restart"),
    (_A, _T): _causes("answered"),
    (_A, _C): _causes("closed rule"),
    (_T, _T): _causes("transferred"),
    (_T, _W): _causes("returned parked transferred agent_lost forced"),
    (_T, _C): _causes("closed rule"),
    (_C, _P): _causes("reopened"),
    (_C, _T): _causes("opened"),
}
"""The life of a conversation. It begins in `Pilot`, which nobody sees: its rules run at once."""

_NONE: Final[frozenset[ConversationCause]] = frozenset()


def may_move(before: ChatStatus, after: ChatStatus, cause: ConversationCause) -> bool:
    """Whether a conversation may go from one status to another for that cause."""
    return cause in CONVERSATION.get((before, after), _NONE)


_Q, _S, _OK = MessageStatus.QUEUED, MessageStatus.SENDING, MessageStatus.SENT
_D, _RD = MessageStatus.DELIVERED, MessageStatus.READ
_RT, _F, _X = MessageStatus.RETRY, MessageStatus.FAILED, MessageStatus.CANCELLED
Outcome = AttemptOutcome

DELIVERY: Final[dict[tuple[MessageStatus, MessageStatus], frozenset[AttemptOutcome | None]]] = {
    (_Q, _S): frozenset({None}),
    (_Q, _X): frozenset({Outcome.CANCELLED}),
    (_Q, _F): frozenset({Outcome.NO_GATEWAY}),
    (_Q, _OK): frozenset({Outcome.LATE_SENT}),
    (_RT, _S): frozenset({None}),
    (_RT, _RT): frozenset({Outcome.LATE_REFUSED}),
    (_RT, _X): frozenset({Outcome.CANCELLED}),
    (_RT, _F): frozenset({Outcome.NO_GATEWAY}),
    (_RT, _OK): frozenset({Outcome.LATE_SENT}),
    (_S, _OK): frozenset({Outcome.SENT, Outcome.LATE_SENT}),
    (_S, _S): frozenset({Outcome.LATE_REFUSED}),
    (_S, _RT): frozenset({Outcome.REFUSED, Outcome.THROTTLED, Outcome.UNKNOWN}),
    (_S, _F): frozenset({Outcome.REFUSED, Outcome.PERMANENT, Outcome.UNKNOWN}),
    (_F, _Q): frozenset({Outcome.RETRIED}),
    (_F, _F): frozenset({Outcome.LATE_REFUSED, Outcome.BOUNCED}),
    (_F, _OK): frozenset({Outcome.LATE_SENT}),
    (_X, _OK): frozenset({Outcome.LATE_SENT}),
    (_X, _X): frozenset({Outcome.LATE_REFUSED}),
    (_Q, _Q): frozenset({Outcome.LATE_REFUSED}),
    (_OK, _OK): frozenset({Outcome.LATE_REFUSED}),
    (_OK, _D): frozenset({Outcome.DELIVERED}),
    (_OK, _RD): frozenset({Outcome.READ}),
    (_D, _RD): frozenset({Outcome.READ}),
    (_OK, _F): frozenset({Outcome.BOUNCED}),
    (_D, _F): frozenset({Outcome.BOUNCED}),
}
"""The life of an outbound message, and how the attempt ended that the move ends."""

_NO_OUTCOME: Final[frozenset[AttemptOutcome | None]] = frozenset()

ON_ITS_WAY: Final = frozenset({_Q, _S, _RT})
"""Where something of a message is still to come (I-12)."""


def may_deliver(
    before: MessageStatus, after: MessageStatus, outcome: AttemptOutcome | None
) -> bool:
    """Whether an outbound message may go from one status to another by that."""
    return outcome in DELIVERY.get((before, after), _NO_OUTCOME)
