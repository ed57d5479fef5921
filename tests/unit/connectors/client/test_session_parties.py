"""Who takes part in a chat, internal notes, offered forms and outbound chats, at the client brain."""

import pytest

from connectors.client.events import (
    AgentStateChanged,
    ChatChanged,
    ChatForgotten,
    FormOffered,
    InternalAdded,
    Notice,
    OutboundRequested,
    PartiesChanged,
    Pushed,
    RequestDone,
    SentenceAdded,
    SentenceEchoed,
    SentenceRefused,
)
from protocol.agent import AgentStateInfo
from protocol.chat import ChatPartyInfo, ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, Guid, PartyState, TransferMode
from tests.support.model_broker import Chat
from tests.support.stage import Player, Stage, agent_settings, answer, heard, start, transcript

BOB = Guid("00000000-0000-4000-8000-0000000000b0")
FORM = Guid("00000000-0000-4000-8000-0000000000f0")
ASKED = ChatPartyInfo(agent_id=BOB, mode=TransferMode.CONFERENCE, state=PartyState.ASKED)


def only_chat(stage: Stage) -> Chat:
    (chat,) = stage.broker.chats.values()
    return chat


def bobs(key: str, text: str) -> ChatSentenceInfo:
    return ChatSentenceInfo(id=key, text=text, model=10, is_outbound=True)


def notes(player: Player) -> list[tuple[int, str | None, bool]]:
    added = player.of(InternalAdded)
    return [(event.sentence.counter, event.sentence.text, event.mine) for event in added]


def test_who_only_monitors_confirms_nothing(stage: Stage, visitor: Player, agent: Player) -> None:
    """B-29: a visitor's words are delivered to those who talk with them."""
    start(stage, visitor)
    ref = answer(stage, agent)
    chat = only_chat(stage)
    chat.parties = (ChatPartyInfo(mode=TransferMode.MONITOR, state=PartyState.JOINED),)
    stage.broker.tell(chat)
    stage.settle()
    (told,) = (r for r in visitor.session.chats)
    visitor.session.send(told, "hello?", stage.now)
    stage.settle()
    assert transcript(agent) == [(1, "hello?", False)]
    assert heard(stage).count("CS_CHAT_CONFIRM") == 0
    assert agent.session.chats[ref].view.unconfirmed


# --- internal notes ---


def test_notes_are_given_out_apart_and_tell_whose_they_are(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    agent.session.send(ref, "what shall I say?", stage.now, model=10)
    agent.session.send(ref, "one moment", stage.now)
    stage.settle()
    stage.broker.note(only_chat(stage), bobs("b1", "yes"))
    stage.settle()
    assert notes(agent) == [(1, "what shall I say?", True), (2, "yes", False)]
    assert transcript(agent) == [(1, "one moment", True)]
    assert [event.sentence.model for event in agent.of(SentenceEchoed)] == [10, 0]
    assert transcript(visitor) == [(1, "one moment", False)]
    assert not visitor.of(InternalAdded)
    assert heard(stage).count("CS_CHAT_CONFIRM") == 0
    assert not agent.session.chats[ref].view.unconfirmed


def test_a_gap_among_the_notes_is_mended_and_the_own_one_stays_ones_own(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    assert agent.line is not None
    stage.broker.note(only_chat(stage), bobs("b1", "yes"))
    agent.line.data_to_send()  # this push never arrives
    agent.session.send(ref, "thanks", stage.now, model=10)
    stage.settle()
    assert notes(agent) == [(1, "yes", False), (2, "thanks", True)]
    assert heard(stage).count("CS_CHAT_STATUS") == 1


def test_a_note_whose_echo_was_lost_is_stored_once_and_still_ones_own(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    """W-26."""
    start(stage, visitor)
    ref = answer(stage, agent)
    agent.session.send(ref, "remember", stage.now, model=10)
    assert agent.line is not None
    agent.line.receive(agent.session.data_to_send(), stage.now)
    stage.cut(agent)
    stage.pass_time(5)
    assert notes(agent) == [(1, "remember", True)]
    assert len(only_chat(stage).internal) == 1
    assert len(agent.of(SentenceEchoed)) == 1


def test_a_program_that_comes_anew_gets_the_notes_as_somebody_elses(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    agent.session.send(answer(stage, agent), "remember", stage.now, model=10)
    stage.settle()
    newer = stage.join(agent_settings(), "b")
    assert notes(newer) == [(1, "remember", False)]


def test_a_note_has_a_key_of_its_own(stage: Stage, visitor: Player, agent: Player) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    agent.session.send(ref, "note", stage.now, sentence_id="k", model=10)
    agent.session.send(ref, "sentence", stage.now, sentence_id="k")
    stage.settle()
    assert notes(agent) == [(1, "note", True)]
    assert transcript(agent) == [(1, "sentence", True)]
    assert not agent.session.unsent(ref)


def test_a_note_that_is_refused_is_told(stage: Stage, visitor: Player, agent: Player) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    stage.broker.refuse_next = [ErrorCode.NOT_ALLOWED]
    agent.session.send(ref, "note", stage.now, model=10)
    stage.settle()
    assert [event.sentence.text for event in agent.of(SentenceRefused)] == ["note"]


# --- parties ---


def test_parties_are_told_when_they_change(stage: Stage, visitor: Player, agent: Player) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    chat = only_chat(stage)
    chat.parties = (ASKED,)
    stage.broker.tell(chat)
    stage.broker.tell(chat)
    chat.parties = None
    stage.broker.tell(chat)
    stage.settle()
    told = [(event.ref, event.parties) for event in agent.of(PartiesChanged)]
    assert told == [(ref, (ASKED,)), (ref, ())]
    assert not visitor.of(PartiesChanged)


def test_what_another_agent_says_in_a_conference_is_given_out_once(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    assert agent.line is not None
    one = ChatSentenceInfo(
        peer="101",
        chat_id=Guid(ref.name),
        id="b1",
        text="I am Bob",
        is_outbound=True,
        counter=1,
    )
    only_chat(stage).sentences.append(one)
    for _ in range(2):
        agent.line.push("SC_CHAT_SENTENCE", one)
    agent.session.send(ref, "and I am Alice", stage.now)
    stage.settle()
    agent.session.command("STATUS", ref, stage.now)
    stage.settle()
    assert transcript(agent) == [(1, "I am Bob", True), (2, "and I am Alice", True)]
    assert [event.sentence.counter for event in agent.of(SentenceEchoed)] == [2]


def test_a_chat_that_was_left_is_forgotten_and_may_come_back(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    agent.session.send(ref, "a note", stage.now, model=10)
    stage.settle()
    assert agent.line is not None
    left = ChatStatusInfo(peer="101", chat_id=Guid(ref.name), status=ChatStatus.WAITING)
    agent.line.push("SC_CHAT_STATUS", left)
    stage.settle()
    assert agent.of(ChatChanged)[-1].status is ChatStatus.WAITING
    assert [event.ref for event in agent.of(ChatForgotten)] == [ref]
    assert ref not in agent.session.chats
    agent.session.command("STATUS", ref, stage.now)
    stage.settle()
    assert notes(agent) == [(1, "a note", True), (1, "a note", False)]


def test_a_chat_that_is_closed_from_outside_is_not_taken_up(stage: Stage, agent: Player) -> None:
    chat_id = Guid("00000000-0000-4000-8000-0000000000cc")
    chat = Chat("web", "t", chat_id, sentences=[ChatSentenceInfo(id="v", text="hi", counter=1)])
    chat.status = ChatStatus.CLOSED
    stage.broker.chats[chat_id] = chat
    ref = agent.session.chats.ref_of(ChatSentenceInfo(peer="101", chat_id=chat_id))
    agent.session.command("STATUS", ref, stage.now)
    stage.settle()
    assert len(agent.of(RequestDone)) == 2
    assert list(agent.session.chats) == []
    assert not agent.of(SentenceAdded)
    assert heard(stage).count("CS_CHAT_CONFIRM") == 0


# --- the rest ---


def test_a_form_is_offered_and_no_longer(stage: Stage, visitor: Player, agent: Player) -> None:
    start(stage, visitor)
    answer(stage, agent)
    chat = only_chat(stage)
    for form in (FORM, FORM, None):
        chat.scenario_id = form
        stage.broker.tell(chat)
    stage.settle()
    assert [event.scenario_id for event in visitor.of(FormOffered)] == [FORM, None]
    assert not agent.of(FormOffered)


def test_the_state_of_another_agent_is_not_ones_own(stage: Stage, agent: Player) -> None:
    assert agent.line is not None
    before = len(agent.of(AgentStateChanged))
    foreign = AgentStateInfo(peer="102", agent_id=BOB, state=AgentState.PAUSE)
    agent.line.push("SC_AGENT_STATE", foreign)
    agent.line.push("SC_AGENT_STATE", AgentStateInfo(peer="101", state=AgentState.READY))
    stage.settle()
    assert len(agent.of(AgentStateChanged)) == before + 1
    assert [event.frame.payload for event in agent.of(Pushed)] == [foreign]


def test_an_outbound_chat_is_asked_for(stage: Stage, visitor: Player) -> None:
    info = ChatServiceInfo(peer="web", return_chat_id=BOB, remote_address="+420")
    assert visitor.line is not None
    visitor.line.push(
        "SE_CHAT_OUTBOUND",
        ChatServiceInfo(peer="web", remote_address="+420", return_chat_id=BOB),
    )
    stage.settle()
    assert [event.info for event in visitor.of(OutboundRequested)] == [info]
    assert not visitor.of(Pushed)
    assert not visitor.of(Notice)


@pytest.mark.parametrize("given", [None, BOB])
def test_an_opening_that_lost_its_answer_opens_the_same_chat_again(
    stage: Stage, visitor: Player, given: Guid | None
) -> None:
    info = ChatServiceInfo(peer="web", remote_address="+420", return_chat_id=given)
    assert visitor.line is not None
    request_id = visitor.session.request("ES_CHAT_OPEN", info, stage.now)
    (first,) = visitor.line.connection.receive(visitor.session.data_to_send(), stage.now)
    stage.broker.canned["ES_CHAT_OPEN"] = (
        "SE_CHAT_OUTBOUND",
        ChatServiceInfo(peer="web", remote_address="+420", return_chat_id=BOB),
    )
    stage.cut(visitor)
    stage.pass_time(5)
    assert [event.request_id for event in visitor.of(RequestDone)] == [request_id]
    assert not visitor.of(OutboundRequested)
    assert isinstance(first, Frame)
    assert isinstance(first.payload, ChatServiceInfo)
    assert first.payload.return_chat_id is not None
    assert given in (None, first.payload.return_chat_id)
    (again,) = [frame for frame in stage.broker.heard if frame.type == "ES_CHAT_OPEN"]
    assert again.payload == first.payload


def test_the_binding_of_an_outbound_chat_is_sent_again_until_it_is_answered(
    stage: Stage, visitor: Player
) -> None:
    """An open chat of this name is not yet the one that was asked for."""
    ref = start(stage, visitor)
    info = ChatServiceInfo(peer="web", tracking_id=ref.name, return_chat_id=BOB)
    visitor.session.start_chat(info, stage.now)
    visitor.session.data_to_send()
    stage.cut(visitor)
    stage.pass_time(5)
    assert heard(stage).count("ES_CHAT_START") == 2
    assert len(visitor.of(RequestDone)) == 2
