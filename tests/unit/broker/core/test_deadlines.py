"""When a time is over, and that somebody is woken then (B-8, B-13, B-24, B-26, B-29, B-40)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from broker.config.model import MINUTE, SECOND
from broker.core import deadlines
from broker.core.chat_state import (
    Activity,
    BotTalk,
    Chat,
    Ending,
    Invite,
    Offer,
    Outbound,
    Parking,
    Routing,
    Waiting,
)
from broker.core.deadlines import GRACE, LEAST_RETENTION, over, term_over
from broker.core.state import State
from broker.core.timers import Term, TimerKind
from protocol.values import ChatStatus, Guid, TransferMode
from tests.support.agents_at_work import FLOOR
from tests.support.bare_core import CHAT, UP, bare_chat, bare_state, gateway_in

ALICE, SALES = Guid("alice"), Guid("sales")
WAITS = FLOOR + '[[wait_rules]]\nlevel = 1\nafter = "5m"\nclose = true\n'
TERM = Term(UP, 30 * SECOND)


def asking(project: Guid | None) -> Invite:
    mode, at = TransferMode.TRANSFER, UP
    return Invite(
        by=ALICE, mode=mode, agent=None, project=project, note=None, at=at, until=at, term=TERM
    )


def chat_in(state: State, peer: str = "web", **members: Any) -> Chat:
    members.setdefault("activity", Activity(since=UP, last=UP, quiet_up=UP))
    chat = state.chats[CHAT] = bare_chat(gateway_in(state.config, peer), **members)
    return chat


@pytest.mark.parametrize(
    ("since", "length", "end"),
    [
        (UP, 30, UP + 30),  # begun since: it runs
        (UP - 10, 30, UP + 30),  # not less than a grace is left, or all of a shorter time
        (UP - 10, 2 * GRACE, UP - 10 + 2 * GRACE),  # more than that is left anyway
        (UP - 3 * GRACE, 2 * GRACE, UP + GRACE),
        (UP - 10, 0, UP),
    ],
)
def test_nobody_loses_time_in_which_nobody_listened(since: int, length: int, end: int) -> None:
    """B-13: whoever was waited for has a grace from when the broker listens again."""
    state = bare_state()
    state.resumed = UP
    assert over(state, since, length) == term_over(state, Term(since, length)) == end


def test_what_is_done_for_somebody_needs_no_grace() -> None:
    state = bare_state()
    state.resumed = UP
    assert over(state, UP - 10, 5, grace=0) == UP


ARMED: list[tuple[str, Callable[[State, Chat], None], dict[str, Any], TimerKind, int]] = [
    ("warning", deadlines.arm_chat, {}, TimerKind.CHAT, UP + 9 * MINUTE),
    (
        "inactivity",
        deadlines.arm_chat,
        {"activity": Activity(since=UP, last=UP, quiet_up=UP, warned_for=UP)},
        TimerKind.CHAT,
        UP + 10 * MINUTE,
    ),
    (
        "forgetting",
        deadlines.arm_chat,
        {"status": ChatStatus.CLOSED, "ending": Ending(closed_at=UP, closed_up=UP)},
        TimerKind.CHAT,
        UP + 60 * MINUTE,
    ),
    (
        "offer",
        deadlines.arm_offer,
        {"offer": Offer(number=1, until=UP, term=TERM)},
        TimerKind.OFFER,
        UP + 30 * SECOND,
    ),
    (
        "project",
        deadlines.arm_invite,
        {"invite": asking(SALES)},
        TimerKind.INVITE,
        UP + 30 * SECOND,
    ),
    ("bot", deadlines.arm_bot, {"bot": BotTalk(due=UP + 7)}, TimerKind.BOT, UP + 7),
    (
        "unbound",
        deadlines.arm_unbound,
        {"outbound": Outbound(key=None), "started_up": UP},
        TimerKind.UNBOUND,
        UP + 2 * MINUTE,
    ),
    (
        "warning of the park",
        deadlines.arm_park,
        {"parking": Parking(at=UP, up=UP)},
        TimerKind.PARK,
        UP + 24 * 60 * MINUTE - 10 * MINUTE,
    ),
    (
        "park",
        deadlines.arm_park,
        {"parking": Parking(at=UP, up=UP, warned=True)},
        TimerKind.PARK,
        UP + 24 * 60 * MINUTE,
    ),
    (
        "wait rule",
        deadlines.arm_wait,
        {
            "status": ChatStatus.WAITING,
            "waiting": Waiting(enqueued_at=UP, queued_up=UP),
            "routing": Routing(project=SALES),
        },
        TimerKind.WAIT,
        UP + 5 * MINUTE,
    ),
]


@pytest.mark.parametrize(
    ("arm", "members", "kind", "due"), [row[1:] for row in ARMED], ids=[row[0] for row in ARMED]
)
def test_somebody_is_woken_when_it_is_over(
    arm: Callable[[State, Chat], None], members: dict[str, Any], kind: TimerKind, due: int
) -> None:
    state = bare_state(WAITS)
    arm(state, chat_in(state, **members))
    ((at, _number, found, key),) = state.timers.heap
    assert (at, found, key) == (due, kind, CHAT)


@pytest.mark.parametrize(
    ("arm", "members"),
    [
        (deadlines.arm_chat, {"parking": Parking(at=UP)}),
        (deadlines.arm_offer, {}),
        (deadlines.arm_invite, {}),
        (deadlines.arm_invite, {"invite": asking(None)}),
        (deadlines.arm_bot, {}),
        (deadlines.arm_park, {}),
        (deadlines.arm_park, {"parking": Parking(at=UP, woken_at=UP)}),
    ],
)
def test_nobody_is_woken_for_nothing(
    arm: Callable[[State, Chat], None], members: dict[str, Any]
) -> None:
    """B-8, B-29: a parked chat is not silent; one that was woken waits for its owner, not for a time."""
    state = bare_state()
    arm(state, chat_in(state, **members))
    assert state.timers.due is None


def test_a_chat_that_has_an_earlier_timer_gets_no_other() -> None:
    """I-14: timers do not pile up with what is said."""
    state = bare_state()
    chat = chat_in(state)
    deadlines.arm_chat(state, chat)
    chat.activity.quiet_up += MINUTE
    deadlines.arm_chat(state, chat)
    assert len(state.timers.heap) == 1


def test_a_chat_of_a_gateway_that_is_gone_is_kept_for_the_least_time() -> None:
    """W-21: late retries find it."""
    state = bare_state()
    chat = bare_chat(Guid("gone"), ending=Ending(closed_at=UP, closed_up=UP))
    assert deadlines.next_deadline(state, chat) == UP + LEAST_RETENTION
    assert deadlines.next_deadline(state, bare_chat(Guid("gone"))) is None


def test_who_let_a_chat_go_is_looked_at_after_both_pauses() -> None:
    """B-24: of an open chat only, and not for a pause that is over."""
    state = bare_state()
    numbers = state.config.distribution
    chat = chat_in(state, exclusions={ALICE: UP - numbers.retry_alone})
    deadlines.arm_exclusions(state)
    (due,) = [due for due, _no, kind, _key in state.timers.heap if kind is TimerKind.EXCLUSION]
    assert due == UP - numbers.retry_alone + numbers.retry_after
    chat.status = ChatStatus.CLOSED
    before = len(state.timers.heap)
    deadlines.arm_exclusions(state)
    assert len(state.timers.heap) == before


def test_after_a_gap_everything_is_timed_anew() -> None:
    state = bare_state(WAITS)
    waits: dict[str, Any] = {"status": ChatStatus.WAITING, "routing": Routing(project=SALES)}
    chat = chat_in(state, waiting=Waiting(enqueued_at=UP, queued_up=UP), **waits)
    chat.offer = Offer(number=1, until=UP, term=TERM)
    state.unbound[CHAT] = None
    deadlines.arm_all(state)
    kinds = {kind for _due, _number, kind, _key in state.timers.heap}
    assert kinds == {TimerKind.CHAT, TimerKind.OFFER, TimerKind.WAIT, TimerKind.UNBOUND}
