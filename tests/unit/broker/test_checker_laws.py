"""The checker, law by law, on histories of a few events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve

from broker.checker import check
from broker.checker.dump import (
    Dump,
    MoveRow,
    OfferRow,
    ParkingRow,
    SentenceRow,
)
from broker.checker.history import Event, Kind
from broker.checker.naive_client import NaiveClient
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.session import Ack, SysError
from protocol.values import ChatStatus, Guid, Role, from_micros
from tests.support.spoiled_history import (
    ANN,
    BOB,
    CHAT,
    DUMP,
    MOVES,
    OFFER,
    SECOND,
    SETUP,
    WEB,
    Tale,
    laws,
    row,
)


def own(counter: int, key: str) -> SentenceRow:
    """One that no client sent."""
    return row(counter, key, own=True)


def told(do: Callable[[Tale], None], dump: Dump = DUMP) -> set[str]:
    """The laws that are broken when this happens after a sound conversation."""
    tale = Tale()
    tale.talk()
    do(tale)
    return laws(tale, dump)


def test_a_sound_conversation_breaks_no_law() -> None:
    assert told(Tale.end) == set()


def test_an_echoed_sentence_that_the_store_lacks_is_lost() -> None:
    assert told(Tale.end, evolve(DUMP, sentences=DUMP.sentences[:1])) >= {"I-1"}


def test_an_echoed_sentence_that_the_store_has_otherwise_is_lost() -> None:
    other = evolve(DUMP.sentences[1], text="other")
    assert told(Tale.end, evolve(DUMP, sentences=(DUMP.sentences[0], other))) >= {"I-1"}


def test_an_acknowledged_confirmation_that_the_store_lacks_is_lost() -> None:
    def confirm(tale: Tale) -> None:
        asked = ChatCommandInfo(peer="101", chat_id=CHAT, id="a")
        tale.add(Kind.SENT, "w", Frame("CS_CHAT_CONFIRM", asked, {"Id": 1}))
        tale.add(Kind.GOT, "w", Frame("SYS_ACK", Ack(type="CS_CHAT_CONFIRM"), {"Re": 1}))

    assert told(confirm) == {"I-1"}
    stored = (row(1, "a", confirmed_at=7), row(2, "b"))
    assert told(confirm, evolve(DUMP, sentences=stored)) == set()


def test_a_confirmation_is_passed_on_with_the_time_that_is_stored() -> None:
    def confirmed(tale: Tale) -> None:
        push = ChatCommandInfo(peer="web", tracking_id="t", id="a", time_stamp=from_micros(8))
        tale.add(Kind.GOT, "c", Frame("SE_CHAT_CONFIRM", push))

    stored = (row(1, "a", confirmed_at=7), row(2, "b"))
    assert told(confirmed, evolve(DUMP, sentences=stored)) == {"I-1"}


def test_a_key_with_two_counters_is_there_twice() -> None:
    twice = (*DUMP.sentences, row(3, "b"))
    assert told(lambda tale: tale.hears(3, "b"), evolve(DUMP, sentences=twice)) == {"I-2"}


def test_a_sentence_that_changes_is_not_the_same_once() -> None:
    assert told(lambda tale: tale.hears(2, "b", text="changed")) >= {"I-2"}


def test_a_hole_in_the_counters_is_a_gap() -> None:
    holed = (DUMP.sentences[0], own(3, "c"))
    assert "I-3" in told(lambda tale: tale.hears(3, "c"), evolve(DUMP, sentences=holed))
    pushed = (*DUMP.sentences, own(3, "c"), own(4, "d"))
    assert told(lambda tale: tale.hears(4, "d"), evolve(DUMP, sentences=pushed)) == {"I-3"}


def test_sentences_keep_the_order_of_their_sender() -> None:
    tale = Tale()
    tale.says("b", 1)
    tale.says("a", 2)
    tale.hears(1, "a", 2)
    tale.hears(2, "b", 1)
    assert laws(tale) == {"I-4"}


def test_a_refused_sentence_that_is_sent_again_does_not_break_the_order() -> None:
    tale = Tale()
    tale.says("b", 1)
    busy = SysError(code=ErrorCode.RATE_LIMITED, type="ES_CHAT_SENTENCE")
    tale.add(Kind.GOT, "c", Frame("SYS_ERROR", busy, {"Re": 1}))
    tale.says("a", 2)
    tale.hears(1, "a", 2)
    tale.says("b", 3)
    tale.hears(2, "b", 3)
    assert laws(tale) == set()


def test_both_sides_end_with_what_the_store_has() -> None:
    def probe(tale: Tale) -> None:
        asked = ChatCommandInfo(peer="web", tracking_id="t")
        tale.add(Kind.SENT, "c", Frame("ES_CHAT_STATUS", asked, {"Id": 9}))
        tale.status(ChatStatus.ANSWERED, "a", "b", snapshot=True, re=9)
        tale.end()

    assert told(probe) == set()
    more = evolve(DUMP, sentences=(*DUMP.sentences, own(3, "c")))
    assert told(probe, more) == {"I-5"}


def test_two_open_offers_are_two_owners() -> None:
    second = OfferRow(offer=2, chat=CHAT, agent=BOB, at=0, until=9 * SECOND)
    first = evolve(OFFER, ended_at=5)
    assert "I-6" in told(Tale.talk, evolve(DUMP, offers=(first, second)))


def test_more_chats_than_slots_are_too_many() -> None:
    other = Guid("99999999-9999-4999-a999-999999999999")
    chat = evolve(DUMP.chats[0], id=other, tracking_id="u")
    moves = tuple(evolve(move, chat=other) for move in MOVES)
    dump = evolve(DUMP, chats=(*DUMP.chats, chat), moves=(*MOVES, *moves))
    tale = Tale()
    tale.talk()
    assert laws(tale, dump) == {"I-6"}


@pytest.mark.parametrize(
    ("slots", "sound"), [(2, True), (1, False)], ids=["kept and taken", "one too many"]
)
@pytest.mark.parametrize("own", [WEB, Guid("9" * 8)], ids=["first by name", "last by name"])
def test_what_is_kept_may_be_taken_by_a_chat_of_their_own(
    own: Guid, slots: int, sound: bool
) -> None:
    """I-6: they put one chat aside and are offered another; in that microsecond they begin a third."""
    aside, begun = Guid("8" * 8), 9 * SECOND
    chats = (
        *DUMP.chats,
        evolve(DUMP.chats[0], id=aside, tracking_id="aside"),
        evolve(DUMP.chats[0], id=own, tracking_id="own", outbound=True),
    )
    dump = evolve(
        DUMP,
        chats=chats,
        sentences=(),
        moves=(
            *(evolve(move, at=begun) for move in MOVES),
            *(evolve(move, chat=aside) for move in MOVES),
            MoveRow(chat=own, at=begun, status="Pilot"),
            MoveRow(chat=own, at=begun, status="Answered", agent=ANN, cause="opened"),
        ),
        offers=(evolve(OFFER, at=begun, ended_at=begun),),
        parkings=(ParkingRow(chat=aside, agent=ANN, at=5),),
    )
    tale = Tale()
    setup = {
        **SETUP,
        "agents": {ANN: {**SETUP["agents"][ANN], "max_chats": slots}},
        "workplaces": {"101": slots},
        "park_reserve": 1,
    }
    tale.add(Kind.SETUP, **setup)
    tale.now += 20 * SECOND
    tale.add(Kind.END)
    assert laws(tale, dump) == (set() if sound else {"I-6"})


def test_a_chat_that_waits_while_somebody_is_free_is_forgotten() -> None:
    waiting = evolve(DUMP.chats[0], status="Waiting", agent=None)
    dump = evolve(DUMP, chats=(waiting,), moves=MOVES[:2], offers=(), sentences=())
    tale = Tale()
    tale.status(ChatStatus.PILOT)
    tale.status(ChatStatus.WAITING)
    tale.end()
    assert laws(tale, dump) == {"I-7"}
    busy = evolve(dump, agents=())
    assert laws(tale, busy) == set()
    assert laws(tale, evolve(busy, decisions=())) == {"I-7"}  # and nobody says why


def test_a_move_that_the_state_machine_lacks_is_illegal() -> None:
    assert told(lambda tale: tale.status(ChatStatus.ALERTING)) == {"I-8"}
    skipped = (MOVES[0], MOVES[1], MOVES[3])
    assert "I-8" in told(Tale.end, evolve(DUMP, moves=skipped))


def test_a_snapshot_equals_the_fold() -> None:
    def snapshot(*ids: str) -> Callable[[Tale], None]:
        return lambda tale: tale.status(ChatStatus.ANSWERED, *ids, snapshot=True)

    assert told(snapshot("a", "b")) == set()
    assert told(snapshot("a")) == {"I-9"}


@pytest.mark.parametrize("transcript", [(), None], ids=["its own start", "of another program"])
def test_the_echo_of_an_older_chat_is_no_part_of_a_new_one(
    transcript: tuple[ChatSentenceInfo, ...] | None,
) -> None:
    """The retry of a sentence of a closed chat, then a start under the same name."""
    fold = NaiveClient(Role.CONNECTOR, "c")
    old = ChatSentenceInfo(peer="web", tracking_id="t", id="b", text="b", counter=1)
    fold.took(Frame("SE_CHAT_SENTENCE", old), 1, None)
    new = ChatStatusInfo(
        peer="web", tracking_id="t", chat_id=CHAT, status=ChatStatus.PILOT, sentences=()
    )
    fold.took(Frame("SE_CHAT_STATUS", evolve(new, sentences=transcript)), 2, None)
    fold.took(Frame("SE_CHAT_SENTENCE", evolve(old, id="c", text="c")), 3, None)
    assert fold.remarks == []
    fold.took(Frame("SE_CHAT_STATUS", new), 4, None)
    assert {remark.law for remark in fold.remarks} == {"I-9"}


def test_a_list_has_every_open_chat() -> None:
    def resync(tale: Tale) -> None:
        asked = ChatCommandInfo(peer="web")
        tale.add(Kind.SENT, "c", Frame("ES_CHAT_RESYNC", asked, {"Id": 9}))
        tale.add(Kind.GOT, "c", Frame("SE_CHAT_LIST", (), {"Re": 9}))

    assert told(resync) == {"I-9"}


def test_what_the_simulator_compares_is_told() -> None:
    def compared(kind: Kind) -> Callable[[Tale], None]:
        return lambda tale: tale.add(kind, same=False, difference="x")

    assert told(compared(Kind.RESTORED)) == {"I-10"}
    assert told(compared(Kind.REPLAYED)) == {"I-17"}
    assert told(lambda tale: tale.add(Kind.BROKEN, law="I-14", text="x")) == {"I-14"}


def test_nothing_leaves_before_it_is_committed() -> None:
    said = ChatSentenceInfo(peer="web", tracking_id="t", id="a", text="a", counter=1)
    tale = Tale()
    tale.talk()
    tale.add(Kind.COMMITTED, facts=[["chat", CHAT, WEB, "t"], ["status", CHAT, "Pilot"]])
    tale.add(Kind.GAVE, "c", Frame("SE_CHAT_SENTENCE", said))
    assert laws(tale) == {"I-11"}
    tale = Tale()
    tale.talk()
    tale.add(Kind.COMMITTED, facts=[["chat", CHAT, WEB, "t"], ["sentence", CHAT, "1", "in", "a"]])
    tale.add(Kind.GAVE, "c", Frame("SE_CHAT_SENTENCE", said))
    assert laws(tale) == set()


def test_a_request_gets_one_answer_of_its_kind() -> None:
    assert told(lambda tale: tale.hears(2, "b", 2)) == {"I-13"}
    assert told(lambda tale: tale.hears(2, "b", 77)) == {"I-13"}

    def unanswered(tale: Tale) -> None:
        tale.says("c", 5)
        tale.end()

    assert told(unanswered) == {"I-13"}

    def passed_over(tale: Tale) -> None:
        tale.says("c", 5)
        tale.says("a", 6)
        tale.hears(1, "a", 6)

    assert told(passed_over) == {"I-13"}


def test_a_request_of_a_lost_connection_needs_no_answer() -> None:
    def lost(tale: Tale) -> None:
        tale.says("c", 5)
        tale.add(Kind.GONE, "c", why="cut")
        tale.end()

    assert told(lost) == set()


def test_a_queue_has_its_bound() -> None:
    assert told(lambda tale: tale.add(Kind.BACKLOG, "c", frames=11, bytes=5)) == set()
    assert told(lambda tale: tale.add(Kind.BACKLOG, "c", frames=12, bytes=5)) == {"I-14"}
    assert told(lambda tale: tale.add(Kind.BACKLOG, "c", frames=1, bytes=2_001)) == {"I-14"}


def test_a_session_sees_its_own_chats_only() -> None:
    def shows(conn: str, peer: str) -> Callable[[Tale], None]:
        said = ChatSentenceInfo(peer=peer, chat_id=CHAT, id="a", text="a", counter=1)

        def show(tale: Tale) -> None:
            tale.dial("b", "workplace", "102", "bob")
            tale.add(Kind.GOT, conn, Frame("SC_CHAT_SENTENCE", said))

        return show

    assert told(shows("w", "101")) == set()
    assert told(shows("w", "102")) == {"I-15"}
    assert told(shows("b", "102")) == {"I-15"}  # it was never offered to them


def test_a_sentence_that_nobody_sent_is_a_stranger() -> None:
    more = evolve(DUMP, sentences=(*DUMP.sentences, row(3, "x")))
    assert told(lambda tale: None, more) == {"I-15"}


def test_a_client_ends_ready_and_with_the_truth() -> None:
    def believes(**view: Any) -> Callable[[Tale], None]:
        good = {"ready": True, "ready_text": "READY", "waiting": 0, "chats": {}}

        def believe(tale: Tale) -> None:
            tale.add(Kind.VIEW, "c", **{**good, **view})
            tale.end()

        return believe

    def chat(status: str, *ids: str) -> dict[str, Any]:
        return {CHAT: {"status": status, "ids": list(ids)}}

    assert told(believes(chats=chat("Answered", "a", "b"))) == set()
    assert told(believes(chats=chat("Waiting", "a", "b"))) == {"I-16"}
    assert told(believes(chats=chat("Answered", "a"))) == {"I-16"}
    assert told(believes(ready=False)) == {"I-16"}
    assert told(believes(waiting=1)) == {"I-16"}


def test_only_who_is_not_alone_may_miss_a_second_life() -> None:
    """I-16, W-25: a client knows of its own starts; that another program reopened a chat it cannot know."""
    dump = evolve(DUMP, chats=(evolve(DUMP.chats[0], status="Closed", agent=None),))

    def misses(*others: str) -> Callable[[Tale], None]:
        def miss(tale: Tale) -> None:
            for other in others:
                tale.dial(other, "connector", "web")
                info = ChatServiceInfo(peer="web", tracking_id="t")
                tale.add(Kind.SENT, other, Frame("ES_CHAT_START", info, {"Id": 9}))
            chats = {CHAT: {"status": "Closed", "ids": ["a"]}}
            tale.add(Kind.VIEW, "c", ready=True, ready_text="", waiting=0, chats=chats)
            tale.end()

        return miss

    assert "I-16" in told(misses(), dump)
    assert "I-16" not in told(misses("d"), dump)


def test_a_chat_does_not_stay_with_an_agent_who_is_gone() -> None:
    def gone(tale: Tale) -> None:
        tale.add(Kind.GONE, "w", why="cut")
        tale.end()

    assert told(gone) == {"I-16"}


def test_an_open_offer_is_for_somebody_who_is_there_and_not_overdue() -> None:
    alerting = evolve(DUMP.chats[0], status="Alerting")
    open_offer = evolve(OFFER, ended_at=None, outcome=None)
    dump = evolve(DUMP, chats=(alerting,), moves=MOVES[:3], offers=(open_offer,), sentences=())
    tale = Tale()
    tale.end()
    assert laws(tale, dump) == {"I-16"}
    in_time = evolve(dump, offers=(evolve(open_offer, until=200 * SECOND),))
    assert laws(tale, in_time) == set()


def test_a_violation_tells_where_to_look() -> None:
    tale = Tale()
    tale.talk()
    tale.hears(2, "b", 77)
    (violation,) = check(tale.history, DUMP)
    text = str(violation)
    assert text.startswith("I-13 at ")
    assert " on c: SE_CHAT_SENTENCE answers Id 77" in text


def test_an_event_is_the_same_after_it_was_written() -> None:
    tale = Tale()
    tale.talk()
    for event in tale.history:
        if event.frame is not None and event.frame.type == "SYS_WELCOME":
            continue  # an empty one, as no broker says it
        again = Event.from_json(event.to_json())
        assert again.to_json() == event.to_json()


def test_the_echo_of_a_retry_says_nothing_of_a_chat_that_is_only_offered() -> None:
    """Its confirmation is not told to who is alerted; the answer to their answer has it (B-7)."""
    fold = NaiveClient(Role.WORKPLACE, "c")
    offered = ChatStatusInfo(peer="101", chat_id=CHAT, status=ChatStatus.ALERTING)
    fold.took(Frame("SC_CHAT_ALERT", offered), 1, None)
    said = ChatSentenceInfo(peer="101", chat_id=CHAT, id="a", text="a", counter=1, is_outbound=True)
    fold.took(Frame("SC_CHAT_SENTENCE", said), 2, Frame("CS_CHAT_SENTENCE", said))
    confirmed = evolve(said, confirmed_time=from_micros(3))
    taken = evolve(offered, status=ChatStatus.ANSWERED, sentences=(confirmed,))
    fold.took(Frame("SC_CHAT_STATUS", taken), 4, None)
    assert fold.remarks == []
