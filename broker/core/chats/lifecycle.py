"""Which status of a chat may follow which, and why; the same of offers and invitations (B-6, B-24, B-29).

What writes a change asserts it by these tables: a move that is not in them is a bug, and ends the process
before anything of it is stored. The diagrams in the documentation are made from them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from attrs import frozen

from broker.core.chat_state import Invite
from broker.core.facts.causes import ChatCause, OfferMode, OfferOutcome
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


@frozen
class OfferLife:
    """What an offer may be for, and when.

    Attributes:
        before: The status of the chat in which it is made.
        during: The status of the chat while it is open.
    """

    mode: OfferMode
    before: ChatStatus
    during: ChatStatus
    outcomes: frozenset[OfferOutcome] = frozenset(OfferOutcome)


OFFER: Final = (
    OfferLife(OfferMode.QUEUE, _W, _A),
    OfferLife(OfferMode.BOT, _P, _I),
    OfferLife(OfferMode.TRANSFER, _T, _T),
    OfferLife(OfferMode.CONSULT, _T, _T),
    OfferLife(OfferMode.CONFERENCE, _T, _T),
)
"""The lives of an offer, one for each thing that it may be for."""

_OFFERS: Final = frozenset((life.mode, life.before) for life in OFFER)
_OFFER_ENDS: Final = frozenset(
    (life.during, outcome) for life in OFFER for outcome in life.outcomes
)


def may_offer(status: ChatStatus, mode: OfferMode) -> bool:
    """Whether a chat of that status may be offered for that."""
    return (mode, status) in _OFFERS


def may_end_offer(status: ChatStatus, outcome: OfferOutcome) -> bool:
    """Whether the offer of a chat of that status may end so."""
    return (status, outcome) in _OFFER_ENDS


class InviteStage(StrEnum):
    """Who is asked by the owner of a chat."""

    ASKED = "asked"
    """One agent, who is alerted."""
    SOUGHT = "sought"
    """Whoever of a project is free first; nobody is alerted."""
    FOUND = "found"
    """One of a project's agents, who is alerted."""


class InviteMove(StrEnum):
    """What happens to an invitation besides its end, which has an outcome."""

    MADE = "made"
    OFFERED = "offered"
    PASSED = "passed"
    """Whoever was found does not take it: the project is asked on."""


InviteWhy = InviteMove | OfferOutcome

_ASKED, _SOUGHT, _FOUND = InviteStage
_MADE: Final[frozenset[InviteWhy]] = frozenset({InviteMove.MADE})

INVITE: Final[dict[tuple[InviteStage | None, InviteStage | None], frozenset[InviteWhy]]] = {
    (None, _ASKED): _MADE,
    (None, _SOUGHT): _MADE,
    (_SOUGHT, _FOUND): frozenset({InviteMove.OFFERED}),
    (_FOUND, _SOUGHT): frozenset({InviteMove.PASSED}),
    (_ASKED, None): frozenset(OfferOutcome),
    (_SOUGHT, None): frozenset({OfferOutcome.MISSED, OfferOutcome.WITHDRAWN, OfferOutcome.RESTART}),
    (_FOUND, None): frozenset({OfferOutcome.ANSWERED}),
}
"""The life of an invitation, from None to None."""


def stage_of(invite: Invite | None) -> InviteStage | None:
    """Where an invitation stands; None when there is none."""
    if invite is None:
        return None
    if invite.project is None:
        return InviteStage.ASKED
    return InviteStage.SOUGHT if invite.agent is None else InviteStage.FOUND


def may_invite(before: InviteStage | None, after: InviteStage | None, why: InviteWhy) -> bool:
    """Whether an invitation may go from one stage to another for that."""
    return why in INVITE.get((before, after), frozenset())
