"""Whose turn it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.broker import HANDLERS
from broker.core.inputs import Booted, FrameArrived, Input, SessionClosed, SessionOpened
from broker.shell.cost import USUAL
from broker.shell.inbox import OF_ALL_HEAVY, OF_ONE_HEAVY, TURN, Inbox
from broker.shell.questions import QUESTIONS
from protocol.blob import BlobInfo
from protocol.frame import Frame
from protocol.values import Guid, Role

SAYING, QUESTION = "ES_CHAT_SENTENCE", "ES_CHAT_STATUS"
WEB, SHOP = Guid("web"), Guid("shop")


def opened(session: int, gateway: Guid = WEB) -> SessionOpened:
    return SessionOpened(session=session, role=Role.CONNECTOR, gateways=(gateway,))


def seated(session: int) -> SessionOpened:
    return SessionOpened(session=session, role=Role.WORKPLACE, agent_id=Guid("alice"))


def frame(session: int, number: int = 0, type_: str = SAYING) -> FrameArrived:
    return FrameArrived(session, Frame(type_, None, {"Id": number}))


def filled(*inputs: Input, many: int = 1) -> Inbox:
    """An inbox with what was put into it; who was opened is open, and there are turns."""
    inbox = Inbox(many=many)
    greetings: list[Input] = [one for one in inputs if isinstance(one, SessionOpened)]
    for greeting in greetings:
        inbox.put(greeting)
    assert [inbox.take() for _ in greetings].count(None) == 0
    for party in inbox._parties.values():
        party.credit = TURN
    for one in inputs:
        if one not in greetings:
            inbox.put(one)
    return inbox


def emptied(inbox: Inbox) -> list[int]:
    """The sessions in the order of their turns."""
    order = []
    while (taken := inbox.take()) is not None:
        assert isinstance(taken, FrameArrived)
        order.append(taken.session)
    return order


def test_what_one_session_sent_stays_in_order() -> None:
    """I-4."""
    sent: list[Input] = [opened(1), *(frame(1, n) for n in range(50)), SessionClosed(1)]
    inbox = Inbox()
    for one in sent:
        inbox.put(one)
    assert [inbox.take() for _ in sent] == sent
    assert inbox.take() is None


def test_a_dear_question_is_paid_before_the_next_one_is_heard() -> None:
    """I-15: who asks for much waits for who does not, whoever came first."""
    inbox = filled(opened(1), opened(2, SHOP), *[frame(1)] * 3, *[frame(2)] * 60)
    taken = inbox.take()
    assert isinstance(taken, FrameArrived)
    assert taken.session == 1
    inbox.pay(3 * TURN - USUAL)
    order = emptied(inbox)
    # Three turns of the other side for what three turns cost, then each in its turn.
    assert order.index(1) == 3 * (TURN // USUAL)
    assert sorted(order) == [1] * 2 + [2] * 60


def test_nobody_waits_for_a_party_with_nothing_to_say() -> None:
    """I-16: a debt is paid in turns, and there are none while nobody else speaks."""
    inbox = filled(opened(1), frame(1), frame(1, 1))
    inbox.take()
    inbox.pay(1_000_000)
    taken = inbox.take()
    assert taken == frame(1, 1)


def test_many_sessions_of_one_token_have_one_turn() -> None:
    """I-15."""
    crowd = [opened(n) for n in range(2, 40)]
    flood = [frame(n) for n in range(2, 40) for _ in range(20)]
    inbox = filled(opened(1, SHOP), *crowd, *flood, *[frame(1)] * 20)
    assert [s for s in emptied(inbox)[: 2 * (TURN // USUAL)] if s == 1] == [1] * 20


def test_sessions_of_one_token_take_turns() -> None:
    """I-16."""
    inbox = filled(opened(1), opened(2), *[frame(1)] * 3, *[frame(2)] * 3)
    assert emptied(inbox) == [1, 2, 1, 2, 1, 2]


def test_an_agent_who_comes_back_is_heard_after_what_they_said_before() -> None:
    """I-1: the new session ends the old one, so what the old one said comes first."""
    inbox = filled(seated(1))
    said = [frame(1, 1), frame(1, 2)]
    for one in said:
        inbox.put(one)
    inbox.put(again := seated(2))
    inbox.put(frame(2))
    assert [inbox.take() for _ in range(3)] == [*said, again]


def test_first_come_is_first_served_until_one_was_dear() -> None:
    """I-15: then all that waits is divided, and who asked for it has a debt."""
    inbox = filled(opened(1), opened(2, SHOP), *[frame(1)] * 9, *[frame(2)] * 3, many=99)
    assert [inbox.take() for _ in range(2)] == [frame(1)] * 2
    inbox.pay(2 * TURN)
    assert len(inbox) == 10
    assert emptied(inbox) == [2] * 3 + [1] * 7
    inbox.put(frame(1))
    inbox.put(frame(2))
    assert emptied(inbox) == [1, 2]


def test_many_that_wait_take_turns_though_none_is_dear() -> None:
    """I-15: a flood of one party is not all that is heard."""
    inbox = filled(opened(1), opened(2, SHOP), *[frame(1)] * 98, frame(2), many=99)
    assert emptied(inbox).index(2) == TURN // USUAL
    inbox = filled(opened(1), opened(2, SHOP), *[frame(1)] * 97, frame(2), many=99)
    assert emptied(inbox).index(2) == 97


def test_what_no_session_sent_comes_first() -> None:
    """B-12."""
    inbox = filled(opened(1), frame(1), Booted())
    assert inbox.take() == Booted()
    inbox.pay(5)  # nobody's


@pytest.mark.parametrize("many", [1, 99])
def test_questions_of_who_is_gone_are_dropped_and_what_was_said_is_not(many: int) -> None:
    """I-1, I-14: nobody is there to be answered; a sentence is stored all the same."""
    sent = [frame(1, 1), frame(1, 2, QUESTION), frame(1, 3), frame(1, 4, QUESTION)]
    other = frame(2, 5, QUESTION)
    inbox = filled(opened(1), opened(2, SHOP), *sent, other, many=many)
    inbox.put(SessionClosed(1))
    assert len(inbox) == 4
    left = [inbox.take() for _ in range(4)]
    assert [one for one in left if one != other] == [sent[0], sent[2], SessionClosed(1)]
    assert inbox.take() is None


def test_who_asked_only_and_is_gone_leaves_nothing_behind() -> None:
    """I-14."""
    inbox = filled(opened(1), frame(1, 1, QUESTION))
    inbox.put(SessionClosed(1))
    assert [inbox.take(), inbox.take()] == [SessionClosed(1), None]
    assert (inbox._queues, inbox._parties, len(inbox._turns)) == ({}, {}, 0)


def test_few_questions_of_a_type_may_wait() -> None:
    """W-14: RateLimited from the fifth on, until one of them is taken."""
    inbox = filled(opened(1), *[frame(1, n, QUESTION) for n in range(QUESTIONS[QUESTION])])
    assert not inbox.may_ask(1, QUESTION)
    assert inbox.may_ask(1, "ES_CHAT_RESYNC")
    assert inbox.may_ask(1, SAYING)
    inbox.take()
    assert inbox.may_ask(1, QUESTION)


def test_everything_is_forgotten_at_once() -> None:
    inbox = filled(opened(1), frame(1, 1, QUESTION))
    inbox.clear()
    assert (len(inbox), inbox.take(), inbox.backlog(1)) == (0, None, 0)


def test_questions_are_frames_that_are_served() -> None:
    """W-14: a table of types that nobody sends would limit nothing."""
    assert set(QUESTIONS) <= set(HANDLERS)


ASKING = (
    *("_STATUS", "_RESYNC", "_LIST", "_OVERVIEW", "_EXPLAIN", "_LOAD", "_RESULT", "_GET"),
    *("_ROUTING", "_REQUEST"),
)


def test_every_frame_that_asks_is_in_the_table() -> None:
    """W-14: one that is not has no bound, and is worked off for who is gone."""
    asking = {name for name in HANDLERS if name.endswith(ASKING)}
    assert asking <= set(QUESTIONS)


SESSIONS = st.integers(1, 6)


@given(
    st.lists(st.tuples(SESSIONS, st.booleans(), st.integers(0, 900)), max_size=200),
    st.sampled_from([1, 5, 999]),
)
def test_nothing_is_lost_doubled_or_overtaken(plan: list[tuple[int, bool, int]], many: int) -> None:
    """I-4, I-13, I-14: whatever is put in, taken and paid, in any order."""
    inbox = filled(*[opened(n, WEB if n % 2 else SHOP) for n in range(1, 7)], many=many)
    put: list[FrameArrived] = []
    taken: list[FrameArrived] = []
    for number, (session, is_put, cost) in enumerate(plan):
        if is_put:
            put.append(frame(session, number))
            inbox.put(put[-1])
        elif (one := inbox.take()) is not None:
            if cost > USUAL:
                inbox.pay(cost)
            assert isinstance(one, FrameArrived)
            taken.append(one)
        assert len(inbox) == len(put) - len(taken)
    while (one := inbox.take()) is not None:
        assert isinstance(one, FrameArrived)
        taken.append(one)
    for session in range(1, 7):
        assert [f for f in taken if f.session == session] == [
            f for f in put if f.session == session
        ]


def test_a_piece_counts_as_many_inputs() -> None:
    """I-14: it may be long, so few of them wait; of somebody else none is counted."""
    inbox = Inbox()
    for session, gateway in ((1, "a"), (2, "a"), (3, "b")):
        inbox.put(SessionOpened(session=session, role=Role.CONNECTOR, gateways=(Guid(gateway),)))
    piece = Frame("ES_BLOB_PUT", BlobInfo(data=b"x"))
    for session in (1, 1, 2):
        inbox.put(FrameArrived(session, piece))
    assert [inbox.backlog(session) for session in (1, 2, 3)] == [3 * OF_ONE_HEAVY] * 2 + [0]
    assert inbox.has_room(3 * OF_ALL_HEAVY + 1)
    assert not inbox.has_room(3 * OF_ALL_HEAVY)
    while inbox.take() is not None:
        pass
    assert inbox.backlog(1) == 0
    assert inbox.has_room(1)
    inbox.put(FrameArrived(1, piece))
    inbox.clear()
    assert inbox.has_room(1)
