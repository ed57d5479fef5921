"""The commands of the agent's terminal program, against the core on a socket."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from connectors.client.events import (
    AgentStateChanged,
    ChatForgotten,
    FormSaved,
    SentenceAdded,
    SentenceConfirmed,
)
from connectors.terminal.colleagues import asked_text
from connectors.terminal.conversation import Tick
from connectors.terminal.words import local_time
from protocol.agent import AgentStateInfo
from protocol.chat import (
    ChatCommandInfo,
    ChatInfo,
    ChatPartyInfo,
    ChatSentenceInfo,
    ChatServiceInfo,
    ChatTransferInfo,
    DecisionAgentInfo,
    DecisionInfo,
)
from protocol.scenario import (
    ScenarioInfo,
    ScenarioResultInfo,
    ScenarioResultItemInfo,
    ScenarioResultValueInfo,
    ScreenControlInfo,
    ScreenControlParameterInfo,
    ScreenInfo,
)
from protocol.values import AgentState, ChatStatus, Guid, PartyState, TransferMode
from tests.support.agent_program import Scene, play
from tests.support.wired_core import ALICE, BOB, BORIS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EIGHT = datetime(2026, 1, 1, 8, tzinfo=UTC)


def test_who_said_ready_is_ready_though_all_that_came_before_is_read_late() -> None:
    """The state that a connection begins with is no wish, even where the client is ready by then."""

    async def scenario(scene: Scene) -> None:
        asked = [f.payload for f in scene.core.way.heard if f.type == "CS_AGENT_STATE"]
        assert asked == [AgentStateInfo(peer="101", state=AgentState.READY)]

    play(scenario)


def test_a_note_for_colleagues() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.terminal.enter("/note they are \x1b[2J angry")
        await scene.face.shows("note of Alice: they are �[2J angry")
        await scene.terminal.enter("/note")
        assert scene.face.lines[-1] == "/note TEXT"
        assert not scene.chat.transcript.sentences

    play(scenario)


@pytest.mark.parametrize(
    ("line", "agent", "mode"),
    [
        ("/invite bob", BOB, TransferMode.CONSULT),
        ("/invite \uff22\uff4f\uff42", BOB, TransferMode.CONSULT),
        ("/invite Bob Meyer consult", BOB, TransferMode.CONSULT),
        ("/invite Boris conference", BORIS, TransferMode.CONFERENCE),
    ],
)
def test_an_invitation(line: str, agent: Guid, mode: TransferMode) -> None:
    async def scenario(scene: Scene) -> None:
        asked = await scene.asks(line, "CS_CHAT_INVITE")
        assert isinstance(asked, ChatTransferInfo)
        assert (asked.to_agent_id, asked.mode) == (agent, mode)

    play(scenario)


def test_a_transfer_to_an_agent_to_a_project_and_back() -> None:
    async def scenario(scene: Scene) -> None:
        asked = [
            await scene.asks(line, "CS_CHAT_TRANSFER")
            for line in ("/transfer Boris", "/transfer project Sales", "/transfer back")
        ]
        told = [
            (one.to_agent_id, one.to_project_id is not None)
            for one in asked
            if isinstance(one, ChatTransferInfo)
        ]
        assert told == [(BORIS, False), (None, True), (None, False)]
        for line, answer in (
            ("/transfer bo", "which of: Bob Meyer, Boris"),
            ("/transfer Alice", 'nobody\'s name begins like "Alice" among: Bob Meyer, Boris'),
            ("/transfer Zoe", 'nobody\'s name begins like "Zoe" among: Bob Meyer, Boris'),
            ("/transfer", "which agent? Bob Meyer, Boris"),
        ):
            await scene.terminal.enter(line)
            assert scene.face.lines[-1] == answer

    play(scenario)


def test_a_chat_is_parked_and_taken_back() -> None:
    async def scenario(scene: Scene) -> None:
        asked = [await scene.asks("/park", "CS_CHAT_PARK")]
        await scene.face.shows("the chat is on hold")
        assert scene.chat.parking is not None
        asked.append(await scene.asks("/park", "CS_CHAT_PARK"))
        await scene.face.shows("the chat goes on")
        parked = [one.is_parked for one in asked if isinstance(one, ChatCommandInfo)]
        assert parked == [True, False]

    play(scenario)


def test_who_is_asked_and_who_has_joined_is_told() -> None:
    async def scenario(scene: Scene) -> None:
        asked = ChatPartyInfo(
            agent_name="Bob", mode=TransferMode.CONSULT, state=PartyState.ASKED, note="look"
        )
        joined = ChatPartyInfo(
            agent_name="Bob", mode=TransferMode.CONFERENCE, state=PartyState.JOINED
        )
        for parties, text in (
            ((asked,), "Bob is asked for advice: look"),
            ((joined,), "Bob is in the conversation"),
            (None, "nobody else is in the chat"),
        ):
            status = scene.status(parties=parties)
            scene.answers["CS_CHAT_LEAVE"] = ("SC_CHAT_STATUS", status)
            await scene.asks("/leave", "CS_CHAT_LEAVE")
            await scene.face.shows(text)

    play(scenario)


def test_who_is_there_and_why() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.terminal.enter("/who")
        assert "Bob Meyer: ready, 1 of 3 chats, 0 of 3 conversations" in scene.face.lines
        decision = DecisionInfo(
            peer="101",
            chat_id=Guid(scene.ref.name),
            time_stamp=EIGHT,
            kind="offered",
            agent_name="Alice",
            reason="free slots",
            waited_seconds=3,
            agents=(
                DecisionAgentInfo(agent_name="Alice"),
                DecisionAgentInfo(agent_name="Bob", reason="state Pause"),
                DecisionAgentInfo(agent_name="Boris", reason="excluded"),
            ),
        )
        scene.answers["CS_CHAT_EXPLAIN"] = ("SC_CHAT_EXPLANATION", (decision,))
        await scene.terminal.enter("/explain")
        assert scene.face.lines[-1] == (
            f"{local_time(EIGHT)} Offered to Alice: has the most free slots, after 3 s of waiting. "
            "Passed over: Bob is paused; Boris let this chat go shortly before."
        )

    play(scenario)


def test_a_supervisor_goes_to_a_chat_of_the_overview() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.terminal.enter("/monitor 2")
        assert scene.face.lines[-1] == "which chat? /overview gives them numbers"
        other = Guid("00000000-0000-4000-8000-0000000000c7")
        waiting = scene.status(chat_id=BORIS, status=ChatStatus.WAITING)
        about = ChatInfo(
            time_stamp=NOW,
            pilot_dial_time=NOW - timedelta(seconds=280),
            remote_party_name="Petr",
            chat_gateway_name="Web chat",
            project_name="Support",
            waiting_time=35,
        )
        busy = scene.status(chat_id=other, agent_name="Bob\x1b Meyer", info=about)
        scene.answers["CS_CHAT_OVERVIEW"] = ("SC_CHAT_OVERVIEW", (waiting, busy))
        await scene.terminal.enter("/overview")
        assert scene.face.lines[-2:] == [
            "#2 a visitor: waiting",
            "#3 Petr (Web chat / Support): with Bob� Meyer; began 4 min ago; 35 s of waiting",
        ]
        scene.answers["CS_CHAT_INVITE"] = ("SC_CHAT_STATUS", busy)
        for command, mode in (("/monitor 3", "Monitor"), ("/join #3", "Conference")):
            asked = await scene.asks(command, "CS_CHAT_INVITE")
            assert isinstance(asked, ChatTransferInfo)
            assert (asked.chat_id, asked.to_agent_id, asked.mode) == (other, None, mode)
        ended = await scene.asks("/close 2", "CS_CHAT_CLOSE")
        assert isinstance(ended, ChatCommandInfo)
        assert ended.chat_id == BORIS

    play(scenario)


def test_a_chat_is_opened() -> None:
    async def scenario(scene: Scene) -> None:
        asked = await scene.asks("/open web +420 123 Jana", "CS_CHAT_OPEN")
        assert isinstance(asked, ChatServiceInfo)
        told = (asked.peer, asked.remote_address, asked.party_name)
        assert told == ("web", "+420", "123 Jana")
        await scene.terminal.enter("/open web")
        assert scene.face.lines[-1] == "/open GATEWAY ADDRESS [NAME]"

    play(scenario)


def test_a_chat_is_given_back() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.asks("/return", "CS_CHAT_RETURN")
        await scene.face.shows("#1 Jana is not with you any more")
        await scene.terminal.enter("/return")
        assert scene.face.lines[-1] == "no chat is on the screen"
        await scene.terminal.enter("/help")
        assert any(line.startswith("/invite AGENT") for line in scene.face.lines)

    play(scenario)


async def shown_as(scene: Scene, **members: object) -> None:
    """The broker tells that the chat is like this now."""
    status = scene.status(**members)
    scene.answers["CS_CHAT_LEAVE"] = ("SC_CHAT_STATUS", status)
    await scene.asks("/leave", "CS_CHAT_LEAVE")


def party(mode: TransferMode, state: PartyState = PartyState.JOINED) -> ChatPartyInfo:
    """Alice in a chat of Bob's."""
    return ChatPartyInfo(agent_id=ALICE, agent_name="Alice", mode=mode, state=state, by_name="Bob")


@pytest.mark.parametrize("mode", [TransferMode.MONITOR, TransferMode.CONSULT])
def test_who_is_unseen_by_the_visitor_whispers(mode: TransferMode) -> None:
    """B-29: what cannot be a sentence is meant for the colleague."""

    async def scenario(scene: Scene) -> None:
        await shown_as(scene, parties=(party(mode),))
        await scene.terminal.enter("offer a refund")
        await scene.face.shows("note of Alice: offer a refund")
        said = [f.payload for f in scene.broker.core.way.heard if f.type == "CS_CHAT_SENTENCE"]
        assert [isinstance(s, ChatSentenceInfo) and s.model for s in said] == [10]
        await shown_as(scene, parties=(party(TransferMode.CONFERENCE),))
        await scene.terminal.enter("good day")
        await scene.face.shows("good day")
        said = [f.payload for f in scene.broker.core.way.heard if f.type == "CS_CHAT_SENTENCE"]
        assert [isinstance(s, ChatSentenceInfo) and s.model for s in said] == [10, 0]

    play(scenario)


def test_marks_are_on_lines_of_this_terminal_only() -> None:
    """A colleague's and the broker's lines go to the visitor too, but are not the agent's to watch."""

    async def scenario(scene: Scene) -> None:
        await scene.terminal.enter("mine")
        await scene.face.shows("mine")
        talk = scene.terminal.talks[scene.ref]
        (own,) = (line for line in talk.lines([]) if line.text == "mine")
        later = own.counter + 1
        theirs = ChatSentenceInfo(
            id="other", party_name="Bob", text="of Bob", is_outbound=True, counter=later, model=0
        )
        scene.terminal.on(SentenceAdded(scene.ref, theirs, True))
        scene.terminal.on(SentenceConfirmed(scene.ref, evolve(theirs, confirmed_time=NOW)))
        marks = {line.text: (line.mine, line.tick) for line in talk.lines([]) if line.counter}
        assert marks["of Bob"] == (True, Tick.NONE)
        assert marks["mine"][1] is not Tick.NONE

    play(scenario)


def test_what_became_of_a_chat_that_is_not_there_any_more() -> None:
    async def scenario(scene: Scene) -> None:
        talk = scene.terminal.talks[scene.ref]
        for held, status, text in (
            (ChatStatus.ALERTING, ChatStatus.WAITING, "the offer of #1 Jana is over"),
            (ChatStatus.ANSWERED, ChatStatus.WAITING, "#1 Jana is not with you any more"),
            (ChatStatus.ANSWERED, ChatStatus.CLOSED, "#1 Jana is off the list"),
        ):
            talk.held, talk.status = held, status
            scene.terminal.talks[scene.ref] = talk
            scene.terminal.on(ChatForgotten(scene.ref))
            assert scene.face.lines[-1] == text

    play(scenario)


@pytest.mark.parametrize(
    ("info", "text"),
    [
        (AgentStateInfo(state=AgentState.READY), "you are ready"),
        (
            AgentStateInfo(state=AgentState.PAUSE, reason="Missed"),
            "you are paused: offers were missed; /ready takes chats again",
        ),
        (
            AgentStateInfo(state=AgentState.PAUSE, next_state=AgentState.LOG_OFF),
            "you are paused, then logged off; /ready takes chats again",
        ),
        (AgentStateInfo(state=AgentState.LOG_OFF), "you are logged off"),
    ],
)
def test_a_state_is_told_with_what_ends_it(info: AgentStateInfo, text: str) -> None:
    async def scenario(scene: Scene) -> None:
        scene.terminal.on(AgentStateChanged(AgentStateInfo(state=AgentState.POST_CALL)))
        scene.terminal.on(AgentStateChanged(info))
        assert scene.face.lines[-1] == text

    play(scenario)


def test_who_asks_is_told_with_the_call() -> None:
    """B-29: the note is for whom it is written, at the moment that they decide."""
    asked = evolve(party(TransferMode.TRANSFER, PartyState.ASKED), note="speaks Czech")
    assert asked_text(asked) == "Bob hands the chat over to you: speaks Czech"
    assert asked_text(party(TransferMode.CONSULT)) == "Bob asks you for advice"


def test_what_is_refused_is_told() -> None:
    async def scenario(scene: Scene) -> None:
        await scene.terminal.enter("/leave")
        assert scene.face.lines[-1].startswith("not done: ")
        assert "WrongState" not in scene.face.lines[-1]
        assert scene.terminal.declined

    play(scenario)


def control(name: str) -> Guid:
    return Guid(f"00000000-0000-4000-8000-0000000000{name}")


def contact_form(form: Guid) -> ScenarioInfo:
    """A form with a choice, a number and a time."""
    choice = ScreenControlParameterInfo(display_name="A purchase", result_text="sales")
    controls = (
        ScreenControlInfo(
            screen_control_id=control("c1"), display_name="Topic", parameters=(choice,)
        ),
        ScreenControlInfo(screen_control_id=control("c2"), display_name="Age"),
        ScreenControlInfo(screen_control_id=control("c3"), display_name="When"),
    )
    return ScenarioInfo(scenario_id=form, screens=(ScreenInfo(controls=controls),))


def test_what_was_filled_in_is_shown() -> None:
    """B-41: with the labels of the form; a form without a result is named."""
    form = Guid("00000000-0000-4000-8000-0000000000f0")
    result = Guid("00000000-0000-4000-8000-0000000000f1")

    def said(name: str, **members: Any) -> ScenarioResultValueInfo:
        return ScenarioResultValueInfo(screen_control_id=control(name), **members)

    async def scenario(scene: Scene) -> None:
        await scene.terminal.enter("/form")
        assert scene.face.lines[-1] == "the chat has no form"
        items = (
            ScenarioResultItemInfo(scenario_id=form, scenario_name="Outcome"),
            ScenarioResultItemInfo(
                scenario_id=form,
                display_name="Contact",
                result_id=result,
                result_created=EIGHT,
                activity="again",
            ),
        )
        status = scene.status(info=ChatInfo(scenarios=items))
        scene.answers["CS_CHAT_LEAVE"] = ("SC_CHAT_STATUS", status)
        await scene.asks("/leave", "CS_CHAT_LEAVE")
        filled = ScenarioResultInfo(
            peer="101",
            chat_id=Guid(scene.ref.name),
            scenario_id=form,
            scenario_result_id=result,
            values=(
                said("c1", result_text="sales"),
                said("c2", result_number=7),
                said("c3", result_time=EIGHT),
                said("c4", result_text="x\x1b"),
                said("c2"),
            ),
        )
        model = contact_form(form)
        scene.answers["CS_SCENARIO_RESULT"] = ("SC_SCENARIO_RESULT", filled)
        scene.answers["CS_SCENARIO_LOAD"] = ("SC_SCENARIO_MODEL", model)
        await scene.terminal.enter("/form")
        assert scene.face.lines[-7:] == [
            "Outcome: not filled in yet",
            f"Contact, {local_time(EIGHT)}, again",
            "  Topic: A purchase",
            "  Age: 7",
            f"  When: {local_time(EIGHT, '%Y-%m-%d %H:%M')}",
            "  ?: x�",
            "  Age: ",
        ]
        for agent, who in ((None, "the visitor"), (BORIS, "somebody")):
            pushed = evolve(filled, agent_id=agent)
            scene.terminal.on(FormSaved(scene.ref, pushed))
            assert scene.face.lines[-1] == f"{who} filled in a form: /form shows it"

    play(scenario)
