"""Which status of a chat may follow which, and why; the same of offers and invitations (B-6, B-24, B-29).

What writes a change asserts it by these tables: a move that is not in them is a bug, and ends the process
before anything of it is stored. The diagram in the documentation is made from `CHAT`.
"""

from __future__ import annotations

from typing import Final

from attrs import frozen

from broker.core.facts.causes import ChatCause
from protocol.values import ChatStatus


@frozen
class Step:
    """A change of a chat's status, or of its owner.

    Attributes:
        before: The status before; None when the chat begins.
        causes: The words that a fact may give for it.
        label: What happens, for people.
    """

    before: ChatStatus | None
    after: ChatStatus
    causes: frozenset[ChatCause]
    label: str = ""


def _step(before: ChatStatus | None, after: ChatStatus, causes: str, label: str = "") -> Step:
    return Step(before, after, frozenset(map(ChatCause, causes.split())), label)


_P, _I, _W = ChatStatus.PILOT, ChatStatus.ICR, ChatStatus.WAITING
_A, _T, _C = ChatStatus.ALERTING, ChatStatus.ANSWERED, ChatStatus.CLOSED

CHAT: Final = (
    _step(None, _P, "started", "ES_CHAT_START, ES_CHAT_OPEN"),
    _step(_P, _T, "opened", "CS_CHAT_OPEN"),
    _step(_P, _I, "bot", "a pre rule chose a bot"),
    _step(_I, _W, "bot_done bot_silent", "the bot hands over, or is passed over"),
    _step(_P, _W, "routed", "a project rule matched"),
    _step(_W, _A, "offered", "offered to an agent"),
    _step(_A, _W, "rejected missed withdrawn forced restart", "rejected, timed out, agent lost"),
    _step(_A, _T, "answered", "CS_CHAT_ANSWER"),
    _step(_T, _T, "transferred left owner_lost forced", "another agent owns it"),
    _step(_T, _W, "returned agent_lost forced", "given back, or its owner is gone"),
    _step(_P, _C, "closed forced full unbound"),
    _step(_I, _C, "closed forced full bot"),
    _step(_W, _C, "closed forced full wait_rule unbound"),
    _step(_A, _C, "closed forced full unbound"),
    _step(_T, _C, "closed forced full unbound agent_lost"),
    _step(_C, _P, "reopened", "reopened inside the tracking inertia"),
)
"""The life of a chat."""

_CAUSES: Final = {(step.before, step.after): step.causes for step in CHAT}
_NONE: Final[frozenset[ChatCause]] = frozenset()


def may_move(before: ChatStatus, after: ChatStatus, cause: ChatCause) -> bool:
    """Whether a chat may go from one status to another for that cause."""
    return cause in _CAUSES.get((before, after), _NONE)
