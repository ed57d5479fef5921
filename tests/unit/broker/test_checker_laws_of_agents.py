"""The checker on what agents, supervisors and bots do: each law, on rows and a few events."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.checker.dump import (
    AgentMoveRow,
    AgentRow,
    ChatRow,
    DecisionRow,
    Dump,
    ExclusionRow,
    InviteRow,
    MoveRow,
    NoteRow,
    OfferRow,
    ParkingRow,
    PartyRow,
    WrapupRow,
)
from broker.checker.history import Kind
from protocol.chat import ChatInfo, ChatPartyInfo, ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, PartyState, TransferMode, from_micros
from tests.support.spoiled_history import (
    ANN,
    BOB,
    CHAT,
    DUMP,
    SALES,
    SECOND,
    SETUP,
    WEB,
    Tale,
    laws,
)

BOT = Guid("66666666-6666-4000-a000-666666666666")
ASKED = InviteRow(
    chat=CHAT,
    by_agent=ANN,
    mode="Consult",
    agent=BOB,
    at=2,
    until=9,
    ended_at=4,
    outcome="answered",
)
ALERTED = OfferRow(
    offer=2, chat=CHAT, agent=BOB, at=2, until=9, ended_at=4, outcome="answered", mode="Consult"
)
JOINED = PartyRow(chat=CHAT, agent=BOB, by_agent=ANN, mode="Consult", at=4)
COMPANY = evolve(DUMP, offers=(*DUMP.offers, ALERTED), invites=(ASKED,), parties=(JOINED,))
NOTE = NoteRow(chat=CHAT, counter=1, id="n", text="n", at=5, agent=BOB)


def end(dump: Dump) -> set[str]:
    """The laws that a sound conversation breaks when it ends with this dump; both agents are there."""
    tale = Tale()
    tale.dial("w2", "workplace", "102", "bob")
    tale.talk()
    tale.end()
    return laws(tale, dump)


def hears(type_: str, payload: object, conn: str = "w", dump: Dump = COMPANY) -> set[str]:
    """The laws that somebody's getting a frame breaks."""
    tale = Tale()
    tale.dial("w2", "workplace", "102", "bob")
    tale.talk()
    tale.add(Kind.GOT, conn, Frame(type_, payload))
    return laws(tale, dump)


def status(status: ChatStatus, peer: str = "101", at: int = 10, **more: Any) -> ChatStatusInfo:
    info = ChatInfo(time_stamp=from_micros(at))
    return ChatStatusInfo(peer=peer, chat_id=CHAT, status=status, info=info, **more)


def test_company_that_was_asked_in_breaks_no_law() -> None:
    assert end(COMPANY) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"invites": ()},
        {"parties": (evolve(JOINED, mode="Monitor", by_agent=BOB),)},
    ],
    ids=["not asked", "no supervisor"],
)
def test_whoever_is_not_asked_does_not_join(wrong: dict[str, Any]) -> None:
    """I-15."""
    assert end(evolve(COMPANY, **wrong)) >= {"I-15"}


def test_nobody_is_asked_into_a_chat_in_which_they_are() -> None:
    """I-6."""
    again = evolve(ALERTED, offer=3, at=5, ended_at=6, outcome="rejected")
    assert end(evolve(COMPANY, offers=(*COMPANY.offers, again))) == {"I-6"}


def test_only_a_conversation_has_company() -> None:
    """I-6."""
    gone = (*DUMP.moves, MoveRow(chat=CHAT, at=6, status="Closed", agent=ANN))
    assert "I-6" in end(evolve(COMPANY, moves=gone))


def test_an_open_invitation_is_the_only_one() -> None:
    """I-6."""
    assert "I-6" in end(evolve(COMPANY, invites=(ASKED, evolve(ASKED, at=3))))


def test_a_refused_transfer_leaves_the_chat_with_its_owner() -> None:
    """I-6."""
    refused = evolve(ASKED, mode="Transfer", outcome="rejected")
    moves = (*DUMP.moves, MoveRow(chat=CHAT, at=4, status="Waiting"))
    assert "I-6" in end(evolve(COMPANY, invites=(refused,), parties=(), moves=moves))


def test_company_holds_slots_and_parked_chats_hold_none() -> None:
    """I-6."""
    wrapup = WrapupRow(chat=Guid("7"), agent=BOB, at=3, until=9 * SECOND)
    other = ChatRow(id=Guid("7"), gateway=WEB, tracking_id="u", status="Closed")
    closed = MoveRow(chat=Guid("7"), at=1, status="Pilot")
    over = evolve(
        COMPANY,
        chats=(*DUMP.chats, other),
        moves=(*DUMP.moves, closed, evolve(closed, at=2, status="Closed")),
        wrapups=(wrapup,),
    )
    assert "I-6" in end(over)
    mine = evolve(wrapup, agent=ANN, at=6)
    assert "I-6" in end(evolve(over, wrapups=(mine,), parties=(), offers=DUMP.offers, invites=()))
    aside = ParkingRow(chat=CHAT, agent=ANN, at=5)
    parked = evolve(over, wrapups=(mine,), parkings=(aside,))
    assert "I-6" not in end(parked)
    # Fetched and put aside again in the same microsecond.
    fetched = evolve(aside, ended_at=6)
    again = evolve(aside, at=6)
    assert "I-6" not in end(evolve(parked, parkings=(fetched, again)))
    assert "I-6" in end(evolve(parked, parkings=(fetched, evolve(again, at=7))))


def test_a_heavy_chat_takes_more_slots(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-6."""
    heavy = {**SETUP["gateways"][WEB], "weight": 2}
    monkeypatch.setitem(SETUP, "gateways", {WEB: heavy})
    assert "I-6" in end(DUMP)


def test_only_who_monitors_sees_that_somebody_does() -> None:
    """I-6."""
    watch = ChatPartyInfo(agent_id=BOB, mode=TransferMode.MONITOR, state=PartyState.JOINED)
    shown = status(ChatStatus.ANSWERED, parties=(watch,))
    assert hears("SC_CHAT_STATUS", shown) == {"I-6"}
    assert hears("SC_CHAT_STATUS", evolve(shown, peer="102"), "w2") == set()


def test_a_parked_chat_that_is_wanted_comes_back() -> None:
    """I-7."""
    parking = ParkingRow(chat=CHAT, agent=ANN, at=5, woken_at=6)
    assert end(evolve(DUMP, parkings=(parking,))) == {"I-7"}
    assert end(evolve(DUMP, parkings=(evolve(parking, woken_at=None),))) == set()


def test_a_project_that_is_asked_gives_who_is_free() -> None:
    """I-7."""
    asked = evolve(ASKED, agent=None, project=SALES, mode="Transfer", ended_at=None, outcome=None)
    asked = evolve(asked, until=1_000 * SECOND)
    assert end(evolve(DUMP, invites=(asked,))) == {"I-7"}
    exclusion = ExclusionRow(chat=CHAT, agent=BOB, at=90 * SECOND)
    assert end(evolve(DUMP, invites=(asked,), exclusions=(exclusion,))) == set()
    leaving = AgentRow(agent=BOB, state="Ready", next_state="LogOff")
    assert end(evolve(DUMP, invites=(asked,), agents=(DUMP.agents[0], leaving))) == set()


def test_who_let_a_chat_go_is_not_offered_it_at_once() -> None:
    """I-7."""
    moves = (
        *DUMP.moves,
        MoveRow(chat=CHAT, at=2, status="Waiting", cause="returned"),
        MoveRow(chat=CHAT, at=3, status="Alerting", agent=ANN),
        MoveRow(chat=CHAT, at=4, status="Answered", agent=ANN),
    )
    again = evolve(DUMP.offers[0], offer=2, at=3, ended_at=4)
    assert end(evolve(DUMP, moves=moves, offers=(*DUMP.offers, again))) == {"I-7"}


def test_an_answered_chat_changes_hands_for_a_cause() -> None:
    """I-8."""
    handed = MoveRow(chat=CHAT, at=4, status="Answered", agent=BOB, cause="transferred")
    given = evolve(COMPANY, parties=(), moves=(*DUMP.moves, handed))
    given = evolve(given, chats=(evolve(DUMP.chats[0], agent=BOB),))
    assert end(given) == set()
    for wrong in (evolve(handed, cause="answered"), evolve(handed, agent=ANN)):
        assert "I-8" in end(evolve(given, moves=(*DUMP.moves, wrong)))


def test_a_status_stands_for_the_agent_who_is_told() -> None:
    """I-8."""
    assert hears("SC_CHAT_STATUS", status(ChatStatus.ANSWERED)) == set()
    assert hears("SC_CHAT_STATUS", status(ChatStatus.WAITING)) == {"I-8"}
    assert hears("SC_CHAT_STATUS", status(ChatStatus.ALERTING, "102"), "w2") == {"I-8"}
    assert hears("SC_CHAT_ALERT", status(ChatStatus.ALERTING, "102", 3), "w2") == set()


def test_notes_are_numbered_by_themselves_and_stay_inside() -> None:
    """I-1, I-3, I-9, I-15."""
    dump = evolve(COMPANY, notes=(NOTE,))
    note = ChatSentenceInfo(peer="101", chat_id=CHAT, id="n", text="n", counter=1, model=10)
    assert hears("SC_CHAT_SENTENCE", note, dump=evolve(dump, notes=())) == {"I-1"}
    assert hears("SC_CHAT_SENTENCE", note, dump=dump) == {"I-15"}, "nobody sent it"
    outside = evolve(note, peer="web", chat_id=None, tracking_id="t")
    assert hears("SE_CHAT_SENTENCE", outside, "c", dump) >= {"I-15"}
    tale = Tale()
    tale.talk()
    snapshot = status(ChatStatus.ANSWERED, sentences=(), internal=(note,))
    tale.add(Kind.GOT, "w", Frame("SC_CHAT_STATUS", snapshot))
    tale.add(Kind.GOT, "w", Frame("SC_CHAT_SENTENCE", evolve(note, id="p", counter=3)))
    assert laws(tale, dump) >= {"I-3"}


def test_who_only_listens_writes_nothing_to_the_visitor() -> None:
    """I-15."""
    said = evolve(DUMP.sentences[0], counter=3, id="z", outbound=True, agent=BOB, at=6)
    dump = evolve(COMPANY, sentences=(*DUMP.sentences, said))
    assert "I-15" in end(dump)
    talks = evolve(JOINED, mode="Conference")
    tale = Tale()
    tale.dial("w2", "workplace", "102", "bob")
    tale.talk()
    sent = ChatSentenceInfo(peer="102", chat_id=CHAT, id="z", text="z")
    tale.add(Kind.SENT, "w2", Frame("CS_CHAT_SENTENCE", sent))
    assert laws(tale, evolve(dump, parties=(talks,))) == set()
    assert laws(tale, dump) == {"I-15"}


def test_an_unbound_chat_is_shown_by_its_wish_alone() -> None:
    """I-15, I-16."""
    chat = evolve(DUMP.chats[0], status="Pilot", outbound=True, agent=None)
    dump = evolve(DUMP, chats=(chat,), moves=DUMP.moves[:1], offers=(), sentences=())
    wish = ChatServiceInfo(peer="web", return_chat_id=CHAT)
    tale = Tale()
    tale.add(Kind.GOT, "c", Frame("SE_CHAT_OUTBOUND", wish))
    assert laws(tale, dump) == set()
    tale.status(ChatStatus.PILOT)
    assert laws(tale, dump) == {"I-15"}
    quiet = Tale()
    quiet.end()
    assert laws(quiet, dump) == {"I-16"}


def test_supervisors_alone_rule() -> None:
    """I-15."""
    forced = AgentMoveRow(agent=BOB, at=7, state="Pause", cause="forced", by_agent=ANN)
    assert "I-15" in end(evolve(DUMP, agent_moves=(*DUMP.agent_moves, forced)))
    ended = MoveRow(chat=CHAT, at=6, status="Closed", cause="forced", agent=ANN)
    assert "I-15" in end(evolve(DUMP, moves=(*DUMP.moves, ended)))
    assert hears("SC_CHAT_OVERVIEW", (status(ChatStatus.ANSWERED),)) == {"I-15"}


def test_who_is_logged_off_by_force_has_nothing() -> None:
    """I-16."""
    expelled = AgentMoveRow(agent=ANN, at=7, state="LogOff", cause="forced", by_agent=BOB)
    assert "I-16" in end(evolve(DUMP, agent_moves=(*DUMP.agent_moves, expelled)))


def test_what_was_asked_ends_in_time() -> None:
    """I-16."""
    endless = evolve(ASKED, ended_at=None, outcome=None)
    assert "I-16" in end(evolve(DUMP, invites=(endless,)))


def test_a_silent_bot_is_passed_over() -> None:
    """I-16."""
    moves = (DUMP.moves[0], MoveRow(chat=CHAT, at=0, status="ICR", agent=BOB))
    offer = evolve(DUMP.offers[0], agent=BOB, mode="bot")
    chat = evolve(DUMP.chats[0], status="ICR", agent=BOB)
    silent = evolve(DUMP, chats=(chat,), moves=moves, offers=(offer,))
    assert "I-16" in end(silent)
    answered = evolve(DUMP.sentences[0], counter=3, id="r", outbound=True, own=True, at=SECOND)
    spoke = evolve(silent, sentences=(*DUMP.sentences, answered))
    assert "I-16" not in end(evolve(spoke, chats=(evolve(chat, status="ICR"),)))


@pytest.mark.parametrize(
    ("levels", "status_", "wrong"),
    [
        ((0, 1), "Waiting", False),
        ((0, 0), "Waiting", True),
        ((1, 0), "Waiting", True),
        ((0,), "Answered", True),
        ((), "Waiting", True),
    ],
)
def test_wait_rules_are_applied_upwards_and_once(
    levels: tuple[int, ...], status_: str, wrong: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-16."""
    plain = {"for": "chats", "after": 5, "project": None, "gateway": None, "culture": None}
    plain |= {"more": False}
    rules = [{**plain, "id": str(n), "level": n, "note": False, "close": False} for n in (0, 1)]
    monkeypatch.setitem(SETUP, "wait_rules", rules)
    done = tuple(
        DecisionRow(
            chat=CHAT, at=6, kind="wait_rule", detail={"level": n, "rule": str(n), "waited": 6}
        )
        for n in levels
    )
    chat = evolve(
        DUMP.chats[0], status=status_, enqueued_at=0, wait_level=max(levels, default=-1), agent=None
    )
    moves = (*DUMP.moves[:1], MoveRow(chat=CHAT, at=0, status=status_))
    dump = evolve(
        DUMP, chats=(chat,), moves=moves, offers=(), decisions=(*DUMP.decisions, *done), agents=()
    )
    tale = Tale()
    tale.end()
    assert ("I-16" in laws(tale, dump)) is wrong
