"""What the checker says of the server: who is read, accepted, answered and let go (I-13, I-14, I-16)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker.checker.history import Kind
from protocol.chat import ChatCommandInfo
from protocol.errors import ByeCode
from protocol.frame import Frame
from protocol.session import Bye
from tests.support.spoiled_history import SECOND, Tale, laws


def told(do: Callable[[Tale], None]) -> set[str]:
    """The laws that are broken when this happens after a sound conversation."""
    tale = Tale()
    tale.talk()
    do(tale)
    return laws(tale)


LIMITS = {"read": 0.4, "accept": 2.5, "close": 4.5, "hello": 12.5}


@pytest.mark.parametrize("what", LIMITS)
@pytest.mark.parametrize("late", [False, True])
def test_nobody_waits_long_for_a_broker_whom_nothing_hinders(what: str, *, late: bool) -> None:
    """I-16."""

    def wait(tale: Tale) -> None:
        waited = LIMITS[what] * SECOND + (1 if late else -1_000)
        tale.add(Kind.UNSERVED, "c", what=what, since=int(tale.now + 1_000 - waited))

    assert told(wait) == ({"I-16"} if late else set())


def test_nobody_waits_for_a_process_that_is_frozen() -> None:
    """B-13."""

    def wait(tale: Tale) -> None:
        since = tale.now
        tale.add(Kind.FROZEN, until=since + 9 * SECOND)
        tale.now += 9 * SECOND
        tale.add(Kind.UNSERVED, "c", what="accept", since=since)

    assert told(wait) == set()


def test_a_reload_costs_no_connection() -> None:
    """I-16."""
    assert told(lambda tale: tale.add(Kind.RELOADED, lost=[])) == set()
    assert told(lambda tale: tale.add(Kind.RELOADED, lost=["c"])) == {"I-16"}


@pytest.mark.parametrize(("waiting", "laws"), [(7, set()), (8, {"I-14"})])
def test_nothing_is_read_while_the_inbox_is_full(waiting: int, laws: set[str]) -> None:
    """I-14."""

    def read(tale: Tale) -> None:
        tale.add(Kind.STARTED, inbox=8)
        tale.add(Kind.READ, "c", waiting=waiting)

    assert told(read) == laws


def drained(
    *, asked: bool = False, bye: bool = True, cut: bool = False, left: bool = False
) -> set[str]:
    """What is said of a drain: a question that was read and has no answer, a good-bye or none."""

    def drain(tale: Tale) -> None:
        heard = sum(e.kind is Kind.SENT and e.conn == "c" for e in tale.history)
        if asked:
            question = ChatCommandInfo(peer="web", tracking_id="t")
            tale.add(Kind.SENT, "c", Frame("ES_CHAT_STATUS", question, {"Id": 900}))
        tale.add(Kind.DRAINING, heard={"c": heard + asked})
        if bye:
            tale.add(Kind.GOT, "c", Frame("SYS_BYE", Bye(code=ByeCode.SHUTDOWN)))
        if cut:
            tale.now += 5 * SECOND
        if left:
            tale.add(Kind.GONE, "c", why="killed")
        tale.add(Kind.STOPPED, cut=int(cut))
        tale.add(Kind.GONE, "c", why="the connection ended")

    return told(drain)


def test_who_is_told_of_a_shutdown_was_answered_before() -> None:
    """I-13."""
    assert drained() == set()
    assert drained(asked=True) == {"I-13"}


def test_nobody_is_left_without_a_word_before_it_is_time() -> None:
    """I-13."""
    assert drained(bye=False) == {"I-13"}
    assert drained(bye=False, cut=True) == set()
    assert drained(bye=False, left=True) == set()
