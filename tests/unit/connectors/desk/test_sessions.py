"""Who is logged in, without a socket."""

import pytest

from connectors.desk.sessions import Limits, Session, Sessions, TooManySessions
from protocol.session import LoginResult

ANNA = LoginResult(agent_name="Anna", login="anna")
LIMITS = Limits(idle=100.0, longest=250.0, warning=20.0, most=2)


class Seat:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def over(self, text: str) -> None:
        self.told.append(text)

    def warn(self, seconds: int) -> None:
        self.told.append(seconds)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def logged_in(clock: Clock) -> tuple[Sessions, str, Session, Seat]:
    sessions = Sessions(LIMITS, clock)
    token, session = sessions.begin(ANNA, "192.0.2.1")
    session.seat = seat = Seat()
    return sessions, token, session, seat


def test_a_token_is_long_and_another_one_each_time() -> None:
    sessions = Sessions(LIMITS, Clock())
    (one, _), (other, _) = sessions.begin(ANNA, ""), sessions.begin(ANNA, "")
    assert one != other
    assert len(one) == len(other) == 43  # 256 bits


@pytest.mark.parametrize("token", [None, "", "x", "\ud800", "x" * 100_000])
def test_what_is_no_token_is_nobodys(token: str | None) -> None:
    sessions, *_ = logged_in(Clock())
    assert sessions.find(token) is None


def test_the_token_itself_is_not_kept() -> None:
    sessions, token, session, _ = logged_in(Clock())
    assert sessions.find(token) is session
    assert token not in repr(vars(sessions)) + repr(session)


def test_who_does_nothing_is_warned_once_and_then_logged_out() -> None:
    clock = Clock()
    sessions, token, session, seat = logged_in(clock)
    clock.now = 79.0
    sessions.look()
    assert seat.told == []
    clock.now = 85.0
    for _ in range(2):
        sessions.look()
    assert seat.told == [15]
    clock.now = 100.0
    sessions.look()
    assert seat.told == [15, "nobody did anything, or the longest time is over"]
    assert sessions.find(token) is None
    assert session.seat is None


def test_who_does_something_stays_until_the_longest_time() -> None:
    clock = Clock()
    sessions, token, session, seat = logged_in(clock)
    for clock.now in (85.0, 170.0, 225.0):
        sessions.look()
        sessions.touch(session)
    assert sessions.find(token) is session
    clock.now = 235.0
    sessions.look()
    assert seat.told[-1] == 15
    sessions.touch(session)
    clock.now = 250.0
    assert sessions.find(token) is None
    assert len(list(sessions)) == 0


def test_a_session_ends_once() -> None:
    sessions, token, session, seat = logged_in(Clock())
    for _ in range(2):
        sessions.end(session, "logged out")
    assert seat.told == ["logged out"]
    assert sessions.find(token) is None


def test_there_is_room_for_so_many_and_no_more() -> None:
    sessions = Sessions(LIMITS, Clock())
    for _ in range(LIMITS.most):
        sessions.begin(ANNA, "")
    with pytest.raises(TooManySessions):
        sessions.begin(ANNA, "")
