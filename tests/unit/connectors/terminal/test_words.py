"""The words of the terminal programs: what is told, and how a command's text is read."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import anyio
import pytest

from connectors.client.connect import Address, connect_connector
from connectors.client.errors import Refused
from connectors.client.events import AgentStateChanged, ChatChanged, ChatRef, SentenceRefused
from connectors.terminal.agent import AgentTerminal
from connectors.terminal.conversation import Conversation
from connectors.terminal.forms import filled_in, heading
from connectors.terminal.options import agent_options, visitor_options
from connectors.terminal.visitor import VisitorTerminal
from connectors.terminal.words import decision_text, listed_text, span_text, wrap_up_text
from protocol.agent import AgentStateInfo, AgentWrapUpInfo
from protocol.chat import (
    ChatPartyInfo,
    ChatSentenceInfo,
    ChatStatusInfo,
    ChatTransferInfo,
    ChatWrapUpInfo,
    DecisionInfo,
)
from protocol.scenario import (
    ScenarioInfo,
    ScenarioResultInfo,
    ScenarioResultItemInfo,
    ScenarioResultValueInfo,
    ScreenControlInfo,
    ScreenInfo,
)
from protocol.values import (
    AgentState,
    ChatStatus,
    CloseReason,
    ControlType,
    Guid,
    PartyState,
    TransferMode,
)
from tests.support.agent_program import Lines, Scene, play
from tests.support.wired_core import ALICE, BOB, BORIS


@pytest.mark.parametrize(
    ("line", "agent", "mode", "note"),
    [
        ("/transfer bob  please take this", BOB, TransferMode.TRANSFER, "please take this"),
        ("/transfer Bob Meyer please", BOB, TransferMode.TRANSFER, "please"),
        ("/transfer bob m", BOB, TransferMode.TRANSFER, None),
        (
            "/invite boris conference they are angry",
            BORIS,
            TransferMode.CONFERENCE,
            "they are angry",
        ),
        ("/invite boris a question", BORIS, TransferMode.CONSULT, "a question"),
    ],
)
def test_what_stands_behind_a_name_is_a_note(
    line: str, agent: Guid, mode: TransferMode, note: str | None
) -> None:
    async def scenario(scene: Scene) -> None:
        type_ = "CS_CHAT_TRANSFER" if line.startswith("/transfer") else "CS_CHAT_INVITE"
        asked = await scene.asks(line, type_)
        assert isinstance(asked, ChatTransferInfo)
        assert (asked.to_agent_id, asked.mode, asked.note) == (agent, mode, note)

    play(scenario)


JANA = AgentWrapUpInfo(
    chat_id=Guid("00000000-0000-4000-8000-00000000000a"),
    remote_name="Jana",
    until_utc=datetime(2026, 1, 1, 14, 5, tzinfo=UTC),
)
KARL = AgentWrapUpInfo(chat_id=Guid("00000000-0000-4000-8000-00000000000b"))


def writing_up(*wrap_ups: AgentWrapUpInfo) -> AgentStateInfo:
    """What Alice's picture says."""
    return AgentStateInfo(
        peer="101", agent_id=ALICE, state=AgentState.READY, wrap_ups=wrap_ups or None
    )


def test_a_wrap_up_ends_with_a_code() -> None:
    """B-28: the code may have several words; without more it is the chat that closed last."""

    async def scenario(scene: Scene) -> None:
        await scene.terminal.enter("/done Solved")
        assert scene.face.lines[-1] == "no wrap-up runs"
        own = AgentWrapUpInfo(chat_id=Guid(scene.ref.name), remote_name="Jana")
        told = []
        for line, picture, left in (
            ("/done To be called back: on Tuesday", (own, KARL), (KARL,)),
            ("/done Sold", (JANA, KARL), (JANA,)),
            ("/done", (JANA,), ()),
        ):
            await scene.broker.push("SC_AGENT_STATE", writing_up(*picture))
            while scene.terminal.client.wrap_ups != picture:
                await anyio.lowlevel.checkpoint()
            scene.answers["CS_CHAT_WRAPUP"] = (
                "SC_AGENT_STATE",
                writing_up(*left),
            )
            asked = await scene.asks(line, "CS_CHAT_WRAPUP")
            assert isinstance(asked, ChatWrapUpInfo)
            told.append((asked.chat_id, asked.code, asked.note))
            assert scene.terminal.client.wrap_ups == left
        assert told == [
            (own.chat_id, "To be called back", "on Tuesday"),
            (KARL.chat_id, "Sold", None),
            (JANA.chat_id, None, None),
        ]
        assert scene.terminal.client.wrap_up_of(scene.ref) is None

    play(scenario)


def test_wrap_ups_are_told_when_they_begin_and_end() -> None:
    """W-25: and at the start those of before it."""

    async def scenario(scene: Scene) -> None:
        terminal = AgentTerminal(scene.terminal.client, scene.face, agent_options([]))
        lines = scene.face.lines
        when = f"{JANA.until_utc.astimezone():%H:%M:%S}" if JANA.until_utc else ""
        for picture, told in (
            ((JANA,), f"you still write up #1 Jana, until {when}: /done CODE: NOTE"),
            ((JANA, KARL), "you write up #2 a visitor: /done CODE: NOTE"),
            ((KARL,), "the wrap-up of #1 Jana is over"),
            ((), "the wrap-up of #2 a visitor is over"),
        ):
            terminal.on(AgentStateChanged(writing_up(*picture)))
            assert lines[-1] == told

    play(scenario)


@pytest.fixture
def auckland(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A terminal that is twelve or thirteen hours ahead."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "NZST-12NZDT,M9.5.0,M4.1.0/3")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("auckland")
def test_times_are_those_of_the_persons_clock() -> None:
    """Of wrap-ups, decisions and forms alike; a moment that is none here says that it is UTC."""
    at = datetime(2026, 1, 1, 14, 5, tzinfo=UTC)
    assert "until 03:05:00" in wrap_up_text(JANA, "#1 Jana", is_old=False)
    assert decision_text(DecisionInfo(kind="routed", time_stamp=at)).startswith(
        "03:05:00 The rules"
    )
    item = ScenarioResultItemInfo(result_id=ALICE, display_name="Contact", result_created=at)
    assert heading(item) == "Contact, 03:05:00"
    form = ScenarioInfo(scenario_id=ALICE)
    told = [
        list(
            filled_in(form, ScenarioResultInfo(values=(ScenarioResultValueInfo(result_time=when),)))
        )
        for when in (at, datetime(9999, 12, 31, 23, 5, tzinfo=UTC))
    ]
    assert told == [["  ?: 2026-01-02 03:05"], ["  ?: 9999-12-31 23:05 UTC"]]


def test_what_is_not_there_is_told_in_words() -> None:
    async def scenario(scene: Scene) -> None:
        for line, answer in (
            ("/accept", "no chat is offered to you"),
            ("/reject 7", "no chat 7 is offered to you"),
            ("/end 7", "no chat 7 is open"),
        ):
            await scene.terminal.enter(line)
            assert scene.face.lines[-1] == answer

    play(scenario)


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        (None, "the chat is yours"),
        (TransferMode.MONITOR, "you listen in"),
        (TransferMode.CONFERENCE, "you are in it"),
        (TransferMode.CONSULT, "you are in it"),
    ],
)
def test_who_is_in_a_chat_of_others_is_not_told_that_it_is_theirs(
    mode: TransferMode | None, told: str
) -> None:
    async def scenario(scene: Scene) -> None:
        chat = scene.terminal.client.chat(scene.ref)
        assert chat is not None
        if mode is not None:
            own = ChatPartyInfo(agent_id=ALICE, mode=mode, state=PartyState.JOINED)
            scene.answers["CS_CHAT_PARK"] = (
                "SC_CHAT_STATUS",
                scene.status(parties=(own,)),
            )
            await scene.terminal.enter("/park")
        event = ChatChanged(scene.ref, ChatStatus.ANSWERED, None, chat.view.latest)
        assert scene.terminal.said_of(event) == told

    play(scenario)


def test_a_line_that_a_closed_chat_does_not_take_is_told_in_short() -> None:
    async def scenario(scene: Scene) -> None:
        sentence = ChatSentenceInfo(id="k", text="long " * 100)
        for error, why in (
            (Refused("ChatClosed", "of no use"), "(the chat is closed)"),
            (Refused("TooLong", "Text: longer than 9"), "(the text is longer than 9)"),
        ):
            scene.terminal.on(SentenceRefused(scene.ref, sentence, error))
            said = scene.face.lines[-1]
            assert said.startswith("not sent: long long ")
            assert said.endswith(f"… {why}")
            assert len(said) == len("not sent: ") + 60 + 1 + len(why)

    play(scenario)


def test_what_answers_and_is_no_broker_is_told() -> None:
    """Something takes the connection and never says a word that is understood."""

    async def run() -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        face = Lines()
        with anyio.fail_after(20):
            async with connect_connector(
                Address("127.0.0.1", port), ["web"], "web-secret", wait=False
            ) as client:
                terminal = VisitorTerminal(client, face, visitor_options([]))
                while not client.dialled:
                    await anyio.lowlevel.checkpoint()
                terminal._give_up()
        await listener.aclose()
        (said,) = face.lines
        assert said.startswith(f"there is no broker at 127.0.0.1:{port}: what answers there speaks")

    anyio.run(run, backend="asyncio")


@pytest.mark.parametrize(
    ("status", "name", "parked", "told"),
    [
        (ChatStatus.PILOT, None, False, "being placed"),
        (ChatStatus.ICR, "Greeter", False, "with Greeter"),
        (ChatStatus.ICR, None, False, "with a bot"),
        (ChatStatus.WAITING, None, False, "waiting"),
        (ChatStatus.ALERTING, "Alice", False, "Alice has been asked"),
        (ChatStatus.ALERTING, None, False, "an agent has been asked"),
        (ChatStatus.ANSWERED, "Alice", False, "with Alice"),
        (ChatStatus.ANSWERED, "Alice", True, "with Alice, on hold"),
        (None, None, False, "not known"),
    ],
)
def test_how_a_chat_of_the_overview_stands(
    status: ChatStatus | None, name: str | None, parked: bool, told: str
) -> None:
    chat = ChatStatusInfo(status=status, agent_name=name, is_parked=parked)
    assert listed_text(chat) == f"a visitor: {told}"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(-1, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (7_260, "2 h 1 min")],
)
def test_how_long_something_takes(seconds: int, told: str) -> None:
    assert span_text(seconds) == told


@pytest.mark.parametrize(
    ("status", "name", "why", "told"),
    [
        (ChatStatus.PILOT, None, None, "one moment"),
        (ChatStatus.ICR, "Greeter", None, "a bot answers"),
        (ChatStatus.WAITING, None, None, "waiting for an agent"),
        (ChatStatus.ALERTING, "Alice", None, "Alice has been asked"),
        (ChatStatus.ALERTING, None, None, "an agent has been asked"),
        (ChatStatus.ANSWERED, "Alice", None, "Alice is with you"),
        (ChatStatus.CLOSED, "Alice", CloseReason.ADMIN, "the chat is closed by the supervisor"),
        (ChatStatus.CLOSED, None, CloseReason.EXTERNAL, "the chat is closed by you"),
        (ChatStatus.CLOSED, None, CloseReason.RULE, "the chat is closed: nobody can take it now"),
        (ChatStatus.CLOSED, None, None, "the chat is closed"),
    ],
)
def test_what_a_visitor_is_told_of_their_chat(
    status: ChatStatus, name: str | None, why: CloseReason | None, told: str
) -> None:
    info = ChatStatusInfo(status=status, agent_name=name, close_reason=why)
    event = ChatChanged(ChatRef("web", "t1"), status, None, info)
    assert VisitorTerminal.said_of(object.__new__(VisitorTerminal), event) == told


@pytest.mark.parametrize("why", CloseReason)
def test_a_visitor_reads_nothing_of_rules_or_of_themselves_as_of_somebody_else(
    why: CloseReason,
) -> None:
    info = ChatStatusInfo(status=ChatStatus.CLOSED, close_reason=why)
    event = ChatChanged(ChatRef("web", "t1"), ChatStatus.CLOSED, None, info)
    told = VisitorTerminal.said_of(object.__new__(VisitorTerminal), event)
    assert told.startswith("the chat is closed")
    assert not {"visitor", "rule", "its"} & set(told.split())


@pytest.mark.parametrize(
    ("kind", "reason", "told"),
    [
        ("transfer", "mode Consult", "Somebody was asked: Bob: for advice"),
        ("transfer_ended", "outcome rejected", "What was asked of Bob is over: they declined"),
        ("bot", "why silent", "The chat was given to the bot Bob: it was silent for too long"),
        ("wait_rule", "level 2", "A wait rule was applied: level 2"),
        ("forced", "by Sam", "A supervisor ended the chat: by Sam"),
        ("now", "state Pause", "Bob now: is paused"),
        ("now", "away", "Bob now: is not connected"),
        ("now", "does not speak Czech", "Bob now: does not speak Czech"),
    ],
)
def test_a_decision_is_told_without_words_of_the_log(kind: str, reason: str, told: str) -> None:
    """B-30."""
    text = decision_text(DecisionInfo(kind=kind, agent_name="Bob", reason=reason))
    assert text.split(", after")[0].rstrip(".") == told


def test_lines_of_a_new_chat_of_the_same_name_are_counted_anew() -> None:
    """B-2: what was said in the full one stays on the screen, and as it was."""
    talk = Conversation(ChatRef("web", "t1"))
    talk.is_about(ALICE)
    talk.add(ChatSentenceInfo(id="a", counter=1, text="old", party_name="Jana"), mine=True)
    talk.is_about(BOB)
    talk.add(ChatSentenceInfo(id="b", counter=1, text="new", party_name="Alice"), mine=False)
    talk.confirmed(ChatSentenceInfo(id="b", counter=1, text="new", party_name="Alice"))
    assert [(one.text, one.mine) for one in talk.lines([])] == [("old", True), ("new", False)]


@pytest.mark.usefixtures("auckland")
@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (ControlType.DATE, "1980-05-01"),
        (ControlType.TIME, "13:30"),
        (ControlType.DATE_TIME, "1980-05-02 01:30"),
    ],
)
def test_a_birthday_is_the_same_day_everywhere(kind: ControlType, text: str) -> None:
    """Only a moment is shown by the person's clock."""
    control = ScreenControlInfo(screen_control_id=ALICE, display_name="When", control_type=kind)
    form = ScenarioInfo(screens=(ScreenInfo(controls=(control,)),))
    value = ScenarioResultValueInfo(
        screen_control_id=ALICE, result_time=datetime(1980, 5, 1, 13, 30, tzinfo=UTC)
    )
    assert list(filled_in(form, ScenarioResultInfo(values=(value,)))) == [f"  When: {text}"]
