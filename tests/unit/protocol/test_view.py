"""A client's picture of its chats."""

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve

from protocol.agent import AgentStateInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatInfo,
    ChatPartyInfo,
    ChatSentenceInfo,
    ChatStatusInfo,
)
from protocol.frame import Frame
from protocol.scenario import ScenarioInfo
from protocol.session import Welcome
from protocol.values import ChatStatus, Guid, PartyState, Role, TransferMode
from protocol.view import Change, ChangeKind, ChatView, View, differences, same

TIME = datetime(2026, 1, 1, tzinfo=UTC)
CHAT = Guid("0f8fad5b-d9cb-469f-a165-70867728950e")
OTHER = Guid("0f8fad5b-d9cb-469f-a165-70867728950f")
KEY = ("web", "", "t")
DESK_KEY = (CHAT,)


def status(value: ChatStatus = ChatStatus.ANSWERED, **members: Any) -> Frame:
    whole = {"peer": "web", "tracking_id": "t", "chat_id": CHAT, "status": value} | members
    return Frame("SE_CHAT_STATUS", ChatStatusInfo(**whole))


def said(counter: int, *, outbound: bool = False, **members: Any) -> ChatSentenceInfo:
    whole: dict[str, Any] = {
        "id": f"s{counter}",
        "text": f"line {counter}",
        "time_sent": TIME,
    } | members
    return ChatSentenceInfo(
        peer="web", tracking_id="t", counter=counter, is_outbound=outbound, **whole
    )


def sentence(counter: int, **members: Any) -> Frame:
    return Frame("SE_CHAT_SENTENCE", said(counter, **members))


def command(kind: str, **members: Any) -> Frame:
    return Frame(kind, ChatCommandInfo(peer="web", tracking_id="t", **members))


def desk(kind: str, value: ChatStatus, **members: Any) -> Frame:
    return Frame(kind, ChatStatusInfo(peer="101", chat_id=CHAT, status=value, **members))


def kinds(changes: list[Change]) -> list[ChangeKind]:
    return [change.kind for change in changes]


def connector(*frames: Frame) -> View:
    view = View(Role.CONNECTOR)
    for frame in frames:
        view.fold(frame)
    return view


def begun(*sentences: ChatSentenceInfo) -> View:
    return connector(status(sentences=sentences))


def chat_of(view: View) -> ChatView:
    (chat,) = view.chats.values()
    return chat


LISTED = Frame("SE_CHAT_LIST", (status(ChatStatus.WAITING).payload,))


def test_a_snapshot_makes_a_chat_complete() -> None:
    """W-25."""
    view = View(Role.CONNECTOR)
    assert kinds(view.fold(status(sentences=(said(1), said(2))))) == [ChangeKind.SNAPSHOT]
    chat = view.chats[KEY]
    assert chat.complete
    assert list(chat.sentences) == [1, 2]
    assert (chat.status, chat.chat_id, chat.last_counter) == (ChatStatus.ANSWERED, CHAT, 2)


def test_pushes_go_on_from_the_snapshot() -> None:
    """I-9, W-25."""
    view = begun(said(1))
    assert kinds(view.fold(sentence(2))) == [ChangeKind.SENTENCE]
    assert same(view, begun(said(1), said(2)))


def test_a_push_that_comes_again_changes_nothing() -> None:
    view = begun(said(1))
    assert view.fold(sentence(1)) == []
    assert same(view, begun(said(1)))


def test_a_gap_asks_for_a_snapshot() -> None:
    """I-3, W-22."""
    view = begun(said(1))
    assert kinds(view.fold(sentence(3))) == [ChangeKind.SENTENCE, ChangeKind.INCOMPLETE]
    assert view.chats[KEY].wants_snapshot
    view.fold(status(sentences=(said(1), said(2), said(3))))
    assert not view.chats[KEY].wants_snapshot


def test_a_late_sentence_takes_its_place() -> None:
    view = begun()
    view.fold(sentence(2))
    view.fold(sentence(1))
    assert list(view.chats[KEY].sentences) == [1, 2]
    assert view.chats[KEY].wants_snapshot


def test_other_words_under_a_known_counter_ask_for_a_snapshot() -> None:
    view = begun(said(1))
    assert kinds(view.fold(sentence(1, text="no"))) == [ChangeKind.INCOMPLETE]
    assert view.chats[KEY].sentences[1].text == "line 1"


def test_an_unknown_chat_asks_for_a_snapshot() -> None:
    view = View(Role.CONNECTOR)
    assert kinds(view.fold(sentence(4))) == [ChangeKind.SENTENCE, ChangeKind.INCOMPLETE]
    assert view.chats[KEY].wants_snapshot
    assert kinds(View(Role.CONNECTOR).fold(status())) == [ChangeKind.STATUS, ChangeKind.INCOMPLETE]


def test_a_closed_chat_that_nobody_knows_is_nothing() -> None:
    view = View(Role.CONNECTOR)
    assert view.fold(status(ChatStatus.CLOSED, chat_id=None)) == []
    assert view.chats == {}


def test_a_status_without_sentences_leaves_the_transcript() -> None:
    view = begun(said(1))
    assert kinds(view.fold(status(ChatStatus.WAITING))) == [ChangeKind.STATUS]
    assert list(view.chats[KEY].sentences) == [1]
    assert view.chats[KEY].complete


def test_an_empty_transcript_is_no_missing_one() -> None:
    """W-25."""
    view = begun(said(1))
    view.fold(status(sentences=()))
    assert view.chats[KEY].sentences == {}


def test_another_chat_of_the_same_conversation_begins_anew() -> None:
    view = begun(said(1))
    view.fold(status(ChatStatus.PILOT, chat_id=OTHER))
    assert view.chats[KEY].sentences == {}
    assert view.chats[KEY].wants_snapshot


def test_a_reopened_chat_keeps_its_transcript() -> None:
    view = begun(said(1))
    view.fold(status(ChatStatus.CLOSED))
    view.fold(status(ChatStatus.WAITING))
    view.fold(sentence(2))
    assert same(view, connector(status(ChatStatus.WAITING, sentences=(said(1), said(2)))))


def test_a_confirmation_is_carried_to_its_sentence() -> None:
    """I-9, B-10."""
    view = begun(said(1), said(2, outbound=True, id="s1"))
    confirm = command("SE_CHAT_CONFIRM", id="s1", time_stamp=TIME)
    assert kinds(view.fold(confirm)) == [ChangeKind.CONFIRMED]
    sentences = view.chats[KEY].sentences
    assert (sentences[1].confirmed_time, sentences[2].confirmed_time) == (TIME, None)
    assert same(view, begun(said(1, confirmed_time=TIME), said(2, outbound=True, id="s1")))


def test_a_second_confirmation_changes_nothing() -> None:
    """B-10."""
    view = begun(said(1, confirmed_time=TIME))
    view.fold(command("SE_CHAT_CONFIRM", id="s1", time_stamp=datetime(2027, 1, 1, tzinfo=UTC)))
    assert view.chats[KEY].sentences[1].confirmed_time == TIME


def test_a_confirmation_of_what_is_not_known_asks_for_a_snapshot() -> None:
    view = begun()
    view.fold(command("SE_CHAT_CONFIRM", id="s9", time_stamp=TIME))
    assert view.chats[KEY].wants_snapshot


def test_ones_own_confirmations_are_noted_and_not_compared() -> None:
    view = begun(said(1, outbound=True))
    assert [s.counter for s in view.chats[KEY].unconfirmed] == [1]
    view.confirmed(KEY, "s1", TIME)
    assert view.chats[KEY].unconfirmed == ()
    assert same(view, begun(said(1, outbound=True)))


@pytest.mark.parametrize(
    ("model", "slot"), [(4, "panel"), (6, "navigation"), (8, "co_browsing_data")]
)
def test_the_last_of_a_slot_is_kept(model: int, slot: str) -> None:
    """W-22."""
    view = begun()
    its: dict[str, Any] = {"model": model, "outbound": True}
    assert kinds(view.fold(sentence(0, text="a", **its))) == [ChangeKind.SLOT]
    view.fold(sentence(0, text="b", **its))
    view.fold(status(ChatStatus.WAITING))
    assert view.chats[KEY].sentences == {}
    fresh = connector(status(ChatStatus.WAITING, sentences=(), **{slot: said(0, text="b", **its)}))
    assert same(view, fresh)
    assert not same(view, begun())


def test_an_unknown_model_without_counter_is_passed_over() -> None:
    assert begun().fold(sentence(0, model=11)) == []


def test_typing_expires_and_ends_with_a_sentence_of_that_side() -> None:
    """W-23."""
    view = begun()
    typing = command("SE_CHAT_TYPING", is_typing=True)
    assert kinds(view.fold(typing, 10.0)) == [ChangeKind.TYPING]
    chat = view.chats[KEY]
    assert chat.is_typing(17.9)
    assert not chat.is_typing(18.0)
    assert view.fold(typing, 12.0) == []
    assert chat.is_typing(19.9)
    view.fold(sentence(1))
    assert chat.is_typing(13.0)
    view.fold(sentence(2, outbound=True, model=2))
    assert chat.is_typing(13.0)
    view.fold(sentence(3, outbound=True))
    assert not chat.is_typing(13.0)
    view.fold(typing, 14.0)
    view.fold(command("SE_CHAT_TYPING", is_typing=False), 15.0)
    assert not chat.is_typing(15.0)
    view.fold(typing, 16.0)
    view.fold(status(ChatStatus.CLOSED))
    assert not chat.is_typing(16.0)


def test_typing_in_an_unknown_chat_is_nothing() -> None:
    assert View(Role.CONNECTOR).fold(command("SE_CHAT_TYPING", is_typing=True)) == []


def alerted() -> View:
    view = View(Role.WORKPLACE)
    view.fold(desk("SC_CHAT_ALERT", ChatStatus.ALERTING, info=ChatInfo(project_name="Support")))
    return view


def test_an_alert_has_no_transcript_and_asks_for_none() -> None:
    """B-7."""
    chat = chat_of(alerted())
    assert not chat.complete
    assert not chat.wants_snapshot
    assert chat.info == ChatInfo(project_name="Support")


def test_an_answer_brings_the_transcript() -> None:
    """B-7."""
    view = alerted()
    view.fold(desk("SC_CHAT_STATUS", ChatStatus.ANSWERED, sentences=(said(1),)))
    chat = view.chats[DESK_KEY]
    assert chat.complete
    assert chat.info == ChatInfo(project_name="Support")
    assert [s.counter for s in chat.unconfirmed] == [1]


@pytest.mark.parametrize(
    "frame",
    [
        Frame("SC_CHAT_ALERT_END", ChatCommandInfo(peer="101", chat_id=CHAT)),
        desk("SC_CHAT_STATUS", ChatStatus.WAITING, sentences=()),
        desk("SC_CHAT_STATUS", ChatStatus.WAITING),
        Frame("SC_CHAT_LIST", ()),
    ],
)
def test_a_chat_leaves_the_workplace(frame: Frame) -> None:
    view = alerted()
    assert kinds(view.fold(frame))[-1] is ChangeKind.LEFT
    assert view.chats == {}


def test_an_alert_that_ends_elsewhere_does_not_end_an_answered_chat() -> None:
    view = alerted()
    view.fold(desk("SC_CHAT_STATUS", ChatStatus.ANSWERED, sentences=()))
    view.fold(Frame("SC_CHAT_ALERT_END", ChatCommandInfo(peer="101", chat_id=CHAT)))
    assert view.chats[DESK_KEY].wants_snapshot


def test_a_closed_chat_stays_until_it_is_forgotten() -> None:
    view = alerted()
    view.fold(desk("SC_CHAT_STATUS", ChatStatus.CLOSED, sentences=(said(1),)))
    assert list(view.chats[DESK_KEY].sentences) == [1]
    view.forget(DESK_KEY)
    assert view.chats == {}


def test_the_agent_is_told_of_their_state() -> None:
    view = View(Role.WORKPLACE)
    state = AgentStateInfo(peer="101")
    assert kinds(view.fold(Frame("SC_AGENT_STATE", state))) == [ChangeKind.AGENT]
    assert view.agent == state


def state_of(agent_id: Guid | None, peer: str = "101") -> Frame:
    return Frame("SC_AGENT_STATE", AgentStateInfo(peer=peer, agent_id=agent_id))


@pytest.mark.parametrize("welcomed", [True, False])
def test_the_state_of_another_agent_does_not_replace_the_own(welcomed: bool) -> None:
    view = View(Role.WORKPLACE)
    if welcomed:
        assert view.fold(Frame("SYS_WELCOME", Welcome(agent_id=CHAT))) == []
    else:
        view.fold(state_of(CHAT))
    view.fold(state_of(CHAT, "102"))
    assert view.fold(state_of(OTHER, "103")) == []
    assert view.agent is not None
    assert view.agent.peer == "102"


def note(counter: int, **members: Any) -> ChatSentenceInfo:
    whole: dict[str, Any] = {"model": 10, "outbound": True} | members
    return said(counter, **whole)


def noted(counter: int, **members: Any) -> Frame:
    return Frame("SC_CHAT_SENTENCE", evolve(note(counter, **members), chat_id=CHAT))


def desk_begun(*notes: ChatSentenceInfo, **members: Any) -> View:
    view = View(Role.WORKPLACE)
    whole: dict[str, Any] = {"sentences": (said(1),), "internal": notes} | members
    view.fold(desk("SC_CHAT_STATUS", ChatStatus.ANSWERED, **whole))
    return view


def test_internal_notes_stand_beside_the_transcript() -> None:
    view = desk_begun(note(1))
    assert kinds(view.fold(noted(2))) == [ChangeKind.INTERNAL]
    chat = view.chats[DESK_KEY]
    assert (list(chat.sentences), list(chat.internal), chat.last_counter) == ([1], [1, 2], 1)
    assert [s.counter for s in chat.unconfirmed] == [1]
    assert same(view, desk_begun(note(1), note(2)))
    assert not same(view, desk_begun(note(1)))
    assert view.fold(noted(2)) == []
    answered = evolve(said(2), chat_id=CHAT)
    assert kinds(view.fold(Frame("SC_CHAT_SENTENCE", answered))) == [ChangeKind.SENTENCE]
    assert not chat.wants_snapshot


def test_notes_are_never_received() -> None:
    """A note of another agent is nobody's to confirm, whatever direction it is written with."""
    view = desk_begun(note(1, outbound=False), sentences=())
    assert view.chats[DESK_KEY].unconfirmed == ()
    view.fold(
        Frame("SC_CHAT_CONFIRM", ChatCommandInfo(peer="101", chat_id=CHAT, id="s1")),
    )
    assert view.chats[DESK_KEY].internal[1].confirmed_time is None


def test_a_gap_among_the_notes_asks_for_a_snapshot() -> None:
    view = desk_begun(note(1))
    assert kinds(view.fold(noted(3))) == [ChangeKind.INTERNAL, ChangeKind.INCOMPLETE]
    view.fold(noted(2))
    assert list(view.chats[DESK_KEY].internal) == [1, 2, 3]
    assert view.chats[DESK_KEY].wants_snapshot


def test_a_status_without_sentences_leaves_the_notes() -> None:
    view = desk_begun(note(1))
    view.fold(desk("SC_CHAT_STATUS", ChatStatus.ANSWERED))
    assert list(view.chats[DESK_KEY].internal) == [1]
    view.fold(desk("SC_CHAT_STATUS", ChatStatus.ANSWERED, sentences=(said(1),)))
    assert view.chats[DESK_KEY].internal == {}


BOB = ChatPartyInfo(agent_id=OTHER, mode=TransferMode.CONSULT, state=PartyState.ASKED)


def test_every_status_says_who_is_there_and_whether_it_is_parked() -> None:
    view = desk_begun(parties=(BOB,), is_parked=True)
    assert view.chats[DESK_KEY].parties == (BOB,)
    view.fold(noted(1))
    assert view.chats[DESK_KEY].parties == (BOB,)
    view.fold(desk("SC_CHAT_STATUS", ChatStatus.ANSWERED))
    assert view.chats[DESK_KEY].parties == ()
    assert same(view, desk_begun(note(1)))


def test_a_chat_that_a_supervisor_ends_from_outside_is_not_their() -> None:
    view = View(Role.WORKPLACE)
    assert view.fold(desk("SC_CHAT_STATUS", ChatStatus.CLOSED, sentences=(said(1),))) == []
    assert view.chats == {}


def test_other_frames_change_nothing() -> None:
    assert begun().fold(Frame("SE_SCENARIO_MODEL", ScenarioInfo())) == []


def test_what_is_not_compared() -> None:
    """I-9."""
    info = ChatInfo(time_stamp=TIME, waiting_time=3, project_name="a")
    later = evolve(info, time_stamp=None, waiting_time=9)
    one = connector(status(sentences=(said(1, outbound=True),), info=info, dead_time_utc=TIME))
    plain = evolve(said(1, outbound=True), peer=None, tracking_id=None, confirmed_time=TIME)
    two = connector(status(sentences=(plain,), info=later))
    assert differences(one, two) == []


@pytest.mark.parametrize(
    "other",
    [
        connector(),
        begun(),
        begun(said(1, confirmed_time=TIME)),
        begun(said(1, text="other")),
        begun(said(1), said(2)),
        connector(status(ChatStatus.WAITING, sentences=(said(1),))),
        connector(status(sentences=(said(1),), agent_name="Alice")),
        connector(status(sentences=(said(1),), is_parked=True)),
        connector(status(sentences=(said(1),), info=ChatInfo(project_name="x"))),
        connector(status(sentences=(said(1),), scenario_id=OTHER)),
        connector(status(sentences=(said(1),), parties=(BOB,))),
        connector(status(sentences=(said(1),), internal=(note(1),))),
        connector(status(sentences=(said(1),)), LISTED, status()),
    ],
)
def test_what_is_compared(other: View) -> None:
    """I-9."""
    assert differences(begun(said(1)), other)
    assert not same(other, begun(said(1)))


def test_an_alert_of_a_chat_that_was_here_before_begins_anew() -> None:
    """B-7, I-9: an alert tells nothing of what was said, and neither does a snapshot while it lasts."""
    old = said(0, model=4)
    view, fresh = View(Role.WORKPLACE), View(Role.WORKPLACE)
    view.fold(desk("SC_CHAT_STATUS", ChatStatus.ANSWERED, sentences=(said(1),), panel=old))
    view.fold(desk("SC_CHAT_STATUS", ChatStatus.CLOSED))
    for each in (view, fresh):
        each.fold(desk("SC_CHAT_ALERT", ChatStatus.ALERTING))
    assert differences(view, fresh) == []


def test_ones_own_slots_are_kept_beside_the_other_sides() -> None:
    """W-22: an own echo takes nothing from what the other side is shown as; its confirmation is noted."""
    view = begun()
    view.fold(sentence(0, outbound=True, model=6, id="theirs"))
    assert kinds(view.fold(sentence(0, model=6, id="mine"))) == [ChangeKind.SLOT]
    chat = view.chats[KEY]
    assert chat.latest.navigation is not None
    assert chat.latest.navigation.id == "theirs"
    told = command("SE_CHAT_CONFIRM", id="mine", model=6, time_stamp=TIME)
    assert kinds(view.fold(told)) == [ChangeKind.CONFIRMED]
    assert chat.own_slots[6].confirmed_time == TIME
    assert view.fold(told) == []
    assert view.fold(command("SE_CHAT_CONFIRM", id="older", model=4, time_stamp=TIME)) == []
    assert not chat.wants_snapshot


def test_the_echo_of_a_retry_from_the_chat_before_is_not_folded() -> None:
    """W-21: the full chat before this one has the sentence; here its counter means nothing."""
    view = begun(said(1))
    assert view.fold(sentence(7, chat_id=Guid("00000000-0000-4000-8000-00000000beef"))) == []
    assert list(view.chats[KEY].sentences) == [1]
    assert not view.chats[KEY].wants_snapshot
