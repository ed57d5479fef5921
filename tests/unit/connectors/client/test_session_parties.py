"""Who takes part in a chat, internal notes, offered forms and outbound chats, at the client brain."""

import pytest
from attrs import evolve

from connectors.client.events import (
    AgentStateChanged,
    Alerted,
    ChatChanged,
    ChatForgotten,
    ChatRef,
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
from connectors.client.settings import Tuning
from protocol.agent import AgentStateInfo
from protocol.chat import ChatSentenceInfo, ChatServiceInfo, ChatTransferInfo
from protocol.errors import ErrorCode
from protocol.scenario import ScenarioResultInfo
from protocol.values import AgentState, ChatStatus, Guid, PartyState, TransferMode
from tests.support.client_stage import (
    Player,
    Stage,
    agent_settings,
    answer,
    heard,
    start,
    transcript,
    visitor_settings,
)
from tests.support.wired_core import BOB, INSTALLATION

OF_BOB = ChatSentenceInfo(id="b1", text="I am Bob", is_outbound=True, counter=1)

WITH_FORM = (
    INSTALLATION
    + """
[[scenarios]]
name = "Contact"
culture = "en"
[[scenarios.screens]]
name = "First"
[[scenarios.screens.controls]]
name = "E-mail"
control_type = "TextArea"
[[wait_rules]]
level = 1
after = "5s"
scenario = "Contact"
"""
)


def bob_comes(stage: Stage) -> Player:
    bob = stage.join(agent_settings("bob", "102"), "b")
    bob.session.set_agent_state(AgentState.READY, stage.now)
    stage.settle()
    return bob


def asked(stage: Stage, agent: Player, ref: ChatRef, mode: TransferMode) -> Player:
    """Bob, who was asked into the chat."""
    bob = bob_comes(stage)
    wanted = ChatTransferInfo(peer="101", chat_id=Guid(ref.name), to_agent_id=BOB, mode=mode)
    agent.session.request("CS_CHAT_INVITE", wanted, stage.now, ref=ref)
    stage.settle()
    return bob


def joined(
    stage: Stage, agent: Player, ref: ChatRef, mode: TransferMode = TransferMode.CONFERENCE
) -> tuple[Player, ChatRef]:
    """Bob, who is in the chat with Alice, and the chat as they know it."""
    bob = asked(stage, agent, ref, mode)
    return bob, answer(stage, bob)


def notes(player: Player) -> list[tuple[int, str | None, bool]]:
    added = player.of(InternalAdded)
    return [(event.sentence.counter, event.sentence.text, event.mine) for event in added]


def test_who_only_monitors_confirms_nothing(stage: Stage, visitor: Player) -> None:
    """B-29: a visitor's words are delivered to those who talk with them."""
    agent = stage.join(agent_settings(tuning=Tuning(confirm=False)), "a")
    agent.session.set_agent_state(AgentState.READY, stage.now)
    outside = start(stage, visitor)
    chat_id = Guid(answer(stage, agent).name)
    bob = bob_comes(stage)
    unseen = ChatTransferInfo(peer="102", chat_id=chat_id, mode=TransferMode.MONITOR)
    bob.session.request("CS_CHAT_INVITE", unseen, stage.now)
    stage.settle()
    visitor.session.send(outside, "hello?", stage.now)
    stage.settle()
    assert transcript(bob) == [(1, "hello?", False)]
    assert heard(stage).count("CS_CHAT_CONFIRM") == 0
    (ref,) = bob.session.chats
    assert bob.session.chats[ref].view.unconfirmed


# --- internal notes ---


def test_notes_are_given_out_apart_and_tell_whose_they_are(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    bob, theirs = joined(stage, agent, ref, TransferMode.CONSULT)
    agent.session.send(ref, "what shall I say?", stage.now, model=10)
    agent.session.send(ref, "one moment", stage.now)
    stage.settle()
    bob.session.send(theirs, "yes", stage.now, model=10)
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
    bob, theirs = joined(stage, agent, ref, TransferMode.CONSULT)
    bob.session.send(theirs, "yes", stage.now, model=10)
    stage.settle(bob)
    assert agent.line is not None
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
    assert len(stage.broker.chat.transcript.internal) == 1
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
    stage.broker.way.refusals = [ErrorCode.NOT_ALLOWED]
    agent.session.send(ref, "note", stage.now, model=10)
    stage.settle()
    assert [event.sentence.text for event in agent.of(SentenceRefused)] == ["note"]


# --- parties ---


def test_parties_are_told_when_they_change(stage: Stage, visitor: Player, agent: Player) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    bob = asked(stage, agent, ref, TransferMode.CONFERENCE)
    agent.session.command("STATUS", ref, stage.now)
    stage.settle()
    bob.session.command("HANGUP", bob.of(Alerted)[0].ref, stage.now)
    stage.settle()
    told = [
        (event.ref, [(one.agent_id, one.mode, one.state) for one in event.parties])
        for event in agent.of(PartiesChanged)
    ]
    assert told == [(ref, [(BOB, TransferMode.CONFERENCE, PartyState.ASKED)]), (ref, [])]
    assert not visitor.of(PartiesChanged)


def test_what_another_agent_says_in_a_conference_is_given_out_once(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    ref = answer(stage, agent)
    bob, theirs = joined(stage, agent, ref)
    bob.session.send(theirs, "I am Bob", stage.now, sentence_id="b1")
    stage.settle()
    assert agent.line is not None
    again = evolve(OF_BOB, peer="101", chat_id=Guid(ref.name))
    agent.line.push("SC_CHAT_SENTENCE", again)
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
    agent.session.command("RETURN", ref, stage.now)
    stage.settle()
    assert agent.of(ChatChanged)[-1].status is ChatStatus.WAITING
    assert [event.ref for event in agent.of(ChatForgotten)] == [ref]
    assert ref not in agent.session.chats
    stage.pass_time(10)  # nobody else is there, so it is offered again
    assert answer(stage, agent) == ref
    assert notes(agent) == [(1, "a note", True), (1, "a note", False)]


def test_a_chat_that_is_closed_from_outside_is_not_taken_up(stage: Stage, visitor: Player) -> None:
    agent = stage.join(agent_settings(tuning=Tuning(confirm=False)), "a")
    agent.session.set_agent_state(AgentState.READY, stage.now)
    outside = start(stage, visitor)
    visitor.session.send(outside, "hi", stage.now)
    stage.settle()
    chat_id = Guid(answer(stage, agent).name)
    visitor.session.command("STOP", outside, stage.now)
    stage.settle()
    newer = stage.join(agent_settings(), "b")
    ref = newer.session.chats.ref_of(ChatSentenceInfo(peer="101", chat_id=chat_id))
    newer.session.command("STATUS", ref, stage.now)
    stage.settle()
    assert len(newer.of(RequestDone)) == 1
    assert list(newer.session.chats) == []
    assert not newer.of(SentenceAdded)
    assert heard(stage).count("CS_CHAT_CONFIRM") == 0


# --- the rest ---


def test_a_form_is_offered_and_no_longer() -> None:
    """B-26, B-41: by a wait rule, until the visitor has filled it in."""
    stage = Stage(WITH_FORM)
    (form,) = stage.broker.config.scenarios
    visitor = stage.join(visitor_settings(), "v")
    ref = start(stage, visitor)
    agent = stage.join(agent_settings(), "a")
    stage.pass_time(6)
    for _ in range(2):
        visitor.session.command("STATUS", ref, stage.now)
        stage.settle()
    assert stage.broker.chat.forms.offered == form
    filled = ScenarioResultInfo(scenario_id=form, chat_id=stage.broker.chat.id)
    visitor.session.request("ES_SCENARIO_SAVE", filled, stage.now, ref=ref)
    stage.settle()
    agent.session.set_agent_state(AgentState.READY, stage.now)
    stage.settle()
    answer(stage, agent)
    assert [event.scenario_id for event in visitor.of(FormOffered)] == [form, None]
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


def called(stage: Stage, visitor: Player, agent: Player) -> ChatServiceInfo:
    """An agent opens a chat; what the connector is asked for."""
    wanted = ChatServiceInfo(peer="web", remote_address="+420")
    agent.session.request("CS_CHAT_OPEN", wanted, stage.now)
    stage.settle()
    (asked,) = visitor.of(OutboundRequested)
    return asked.info


def test_an_outbound_chat_is_asked_for(stage: Stage, visitor: Player, agent: Player) -> None:
    info = called(stage, visitor, agent)
    assert info.return_chat_id == stage.broker.chat.id
    assert (info.peer, info.remote_address) == ("web", "+420")
    assert not visitor.of(Pushed)
    assert not visitor.of(Notice)


@pytest.mark.parametrize("given", [None, BOB])
@pytest.mark.parametrize("arrives", [False, True])
def test_an_opening_that_lost_its_answer_opens_the_same_chat_again(
    stage: Stage, visitor: Player, given: Guid | None, arrives: bool
) -> None:
    info = ChatServiceInfo(peer="web", remote_address="+420", return_chat_id=given)
    assert visitor.line is not None
    stage.broker.way.lost = set() if arrives else {"ES_CHAT_OPEN"}
    request_id = visitor.session.request("ES_CHAT_OPEN", info, stage.now)
    visitor.line.receive(visitor.session.data_to_send(), stage.now)
    assert len(stage.broker.chats) == arrives
    stage.broker.way.lost.clear()
    stage.cut(visitor)
    stage.pass_time(5)
    assert [event.request_id for event in visitor.of(RequestDone)] == [request_id]
    # A session that is new is told of a chat that nobody has yet (B-2).
    assert len(visitor.of(OutboundRequested)) == arrives
    sent = [frame for frame in stage.broker.way.heard if frame.type == "ES_CHAT_OPEN"]
    first, again = (frame.payload for frame in sent)
    assert isinstance(first, ChatServiceInfo)
    assert first.return_chat_id is not None
    assert given in (None, first.return_chat_id)
    assert again == first
    assert stage.broker.chat.outbound


@pytest.mark.parametrize("arrives", [False, True])
def test_the_binding_of_an_outbound_chat_is_sent_again_until_it_is_answered(
    stage: Stage, visitor: Player, agent: Player, arrives: bool
) -> None:
    """An open chat of this name is not yet the one that was asked for."""
    wanted = called(stage, visitor, agent).return_chat_id
    info = ChatServiceInfo(peer="web", tracking_id="t", return_chat_id=wanted)
    assert visitor.line is not None
    stage.broker.way.lost = set() if arrives else {"ES_CHAT_START"}
    visitor.session.start_chat(info, stage.now)
    visitor.line.receive(visitor.session.data_to_send(), stage.now)
    stage.broker.way.lost.clear()
    stage.cut(visitor)
    stage.pass_time(5)
    assert heard(stage).count("ES_CHAT_START") == 2
    assert len(visitor.of(RequestDone)) == 1
    assert stage.broker.chat.visitor.tracking_id == "t"
