"""What a client asks for when it comes back, and how much at once."""

from attrs import evolve

from connectors.client.errors import TimedOut
from connectors.client.events import (
    ChatForgotten,
    ChatRef,
    RequestDone,
    RequestFailed,
    SentenceEchoed,
)
from connectors.client.resync import Resync, lists
from connectors.client.session import Phase
from connectors.client.settings import Gateway, Tuning
from protocol.chat import ChatCommandInfo
from protocol.scenario import ScenarioResultInfo
from protocol.values import AgentState, ChatStatus, Guid
from tests.support.client_stage import (
    JANA,
    Player,
    Stage,
    agent_settings,
    answer,
    heard,
    start,
    transcript,
    visitor_settings,
)
from tests.support.wired_core import INSTALLATION

FORM = Guid("00000000-0000-4000-8000-0000000000f1")
QUESTIONS = {"ES_CHAT_RESYNC", "ES_CHAT_STATUS"}


def stopped(stage: Stage, visitor: Player) -> ChatRef:
    """A chat that the client knows as closed."""
    ref = start(stage, visitor)
    visitor.session.command("STOP", ref, stage.now)
    stage.settle()
    assert visitor.session.chats[ref].view.status is ChatStatus.CLOSED
    return ref


def start_again(
    stage: Stage, visitor: Player, ref: ChatRef, form: ScenarioResultInfo | None = None
) -> int:
    """The start arrives, and its answer does not."""
    info = evolve(JANA, tracking_id=ref.name, result_model=form)
    _, request_id = visitor.session.start_chat(info, stage.now)
    assert visitor.line is not None
    visitor.line.receive(visitor.session.data_to_send(), stage.now)
    visitor.line.data_to_send()
    return request_id


def end_of_the_second_life(stage: Stage, agent: Player) -> None:
    """Something is said in the chat, and it is closed, while the client is away."""
    agent.session.set_agent_state(AgentState.READY, stage.now)
    stage.settle(agent)
    ref = answer(stage, agent, agent)
    agent.session.send(ref, "bye", stage.now)
    stage.settle(agent)
    agent.session.command("HANGUP", ref, stage.now)
    stage.settle(agent)
    assert stage.broker.chat.status is ChatStatus.CLOSED


def test_few_answers_of_a_resync_are_under_way_at_once() -> None:
    """W-24, W-25: a client that asked for everything at once would be cut off each time it comes."""
    others = ("b", "c", "d", "e", "f")
    gateways = tuple(Gateway(peer) for peer in ("web", *others))
    more = [
        f'[[gateways]]\nname = "{peer}"\npeer = "{peer}"\ntoken = "web-secret"' for peer in others
    ]
    stage = Stage("\n".join([INSTALLATION, *more]))
    visitor = stage.join(evolve(visitor_settings(), gateways=gateways), "v")
    for _ in range(9):
        start(stage, visitor)
    stage.cut(visitor)
    stage.broker.way.heard.clear()
    stage.now += 1
    line = stage.broker.connect(stage.now)
    visitor.session.dialled(stage.now)
    rounds = []
    while data := visitor.session.data_to_send():
        before = len(stage.broker.way.heard)
        line.receive(data, stage.now)
        rounds.append(sum(kind in QUESTIONS for kind in heard(stage)[before:]))
        visitor.session.receive(line.data_to_send(), stage.now)
    assert visitor.session.phase is Phase.READY
    assert rounds == [0, 4, 4, 4, 3]  # the hello, six lists and nine snapshots


def test_a_chat_whose_start_nobody_answered_is_asked_for(stage: Stage, visitor: Player) -> None:
    """W-25: it was closed, reopened and closed again, so no list has it."""
    agent = stage.join(agent_settings(), "a")
    ref = stopped(stage, visitor)
    start_again(stage, visitor, ref)
    assert visitor.line is not None
    visitor.line.deaf = True
    stage.pass_time(61)
    (failed,) = visitor.of(RequestFailed)
    assert isinstance(failed.error, TimedOut)
    end_of_the_second_life(stage, agent)
    stage.cut(visitor)
    stage.pass_time(1)
    assert transcript(visitor) == [(1, "bye", False)]
    assert visitor.session.chats[ref].view.status is ChatStatus.CLOSED
    stage.broker.way.heard.clear()
    stage.cut(visitor)
    stage.pass_time(1)
    assert heard(stage) == ["SYS_HELLO", "ES_CHAT_RESYNC"]  # no doubt is left


def test_a_start_that_was_cut_off_is_looked_for_before_it_is_sent_again(
    stage: Stage, visitor: Player
) -> None:
    """W-25: sent first, it might make a new chat, and the end of the old one would never be told."""
    agent = stage.join(agent_settings(), "a")
    ref = stopped(stage, visitor)
    request_id = start_again(stage, visitor, ref)
    end_of_the_second_life(stage, agent)
    stage.broker.way.heard.clear()
    stage.cut(visitor)
    stage.pass_time(1)
    assert heard(stage)[:4] == ["SYS_HELLO", "ES_CHAT_RESYNC", "ES_CHAT_STATUS", "ES_CHAT_START"]
    assert transcript(visitor) == [(1, "bye", False)]
    assert visitor.of(RequestDone)[-1].request_id == request_id


def test_a_start_that_arrived_is_answered_by_the_snapshot(stage: Stage, visitor: Player) -> None:
    """W-25, B-2: sent again, it would bring the whole chat a second time."""
    ref = stopped(stage, visitor)
    request_id = start_again(stage, visitor, ref)
    visitor.session.send(ref, "back again", stage.now)
    stage.broker.way.heard.clear()
    stage.cut(visitor)
    stage.pass_time(1)
    assert "ES_CHAT_START" not in heard(stage)
    assert heard(stage).count("ES_CHAT_STATUS") == 1
    assert visitor.of(RequestDone)[-1].request_id == request_id
    assert transcript(visitor) == [(1, "back again", True)]


def test_a_start_with_a_form_is_sent_again_whatever_the_snapshot_says(stage: Stage) -> None:
    """W-25, B-2: the chat may be open because of another start, without the form."""
    visitor = stage.join(visitor_settings(), "v")
    ref = stopped(stage, visitor)
    start_again(stage, visitor, ref, ScenarioResultInfo(scenario_id=FORM))
    stage.broker.way.heard.clear()
    stage.cut(visitor)
    stage.pass_time(1)
    assert heard(stage)[2:4] == ["ES_CHAT_STATUS", "ES_CHAT_START"]


def test_a_start_that_never_arrived_is_sent_again(stage: Stage) -> None:
    """W-25: the broker does not know the chat, which belongs to this client all the same."""
    visitor = stage.join(visitor_settings(tuning=Tuning(follow=False)), "v")
    ref, request_id = visitor.session.start_chat(JANA, stage.now)
    visitor.session.send(ref, "hello", stage.now)
    visitor.session.data_to_send()  # gone with the connection
    stage.cut(visitor)
    stage.broker.way.heard.clear()
    stage.pass_time(1)
    assert heard(stage)[:4] == ["SYS_HELLO", "ES_CHAT_RESYNC", "ES_CHAT_STATUS", "ES_CHAT_START"]
    assert [event.request_id for event in visitor.of(RequestDone)] == [request_id]
    assert transcript(visitor) == [(1, "hello", True)]
    assert not visitor.of(ChatForgotten)


def test_unechoed_sentences_are_looked_for_before_the_chat_is_started_again(
    stage: Stage, visitor: Player
) -> None:
    """W-25, W-26: sent again into a new chat of the same name, the sentence would be there twice."""
    agent = stage.join(agent_settings(), "a")
    ref = start(stage, visitor)
    visitor.session.send(ref, "stored", stage.now)
    assert visitor.line is not None
    visitor.line.receive(visitor.session.data_to_send(), stage.now)
    stage.cut(visitor)  # its echo is lost
    end_of_the_second_life(stage, agent)
    stage.broker.way.heard.clear()
    visitor.session.start_chat(evolve(JANA, tracking_id=ref.name), stage.now)
    stage.pass_time(1)
    sent = ["SYS_HELLO", "ES_CHAT_RESYNC", "ES_CHAT_STATUS", "ES_CHAT_START", "ES_CHAT_CONFIRM"]
    assert heard(stage) == sent
    assert len(visitor.of(SentenceEchoed)) == 1


def test_doubts_are_bounded() -> None:
    """I-14."""
    resync: Resync[ChatCommandInfo, ChatRef] = Resync(window=9, doubts=2)
    refs = [ChatRef("web", name) for name in "abc"]
    for ref in refs:
        resync.doubt(ref)
    resync.begin(lists(visitor_settings()), [])
    assert [item for item in resync.take() if isinstance(item, ChatRef)] == refs[1:]


def test_what_a_connection_left_unanswered_is_asked_again() -> None:
    """W-25: a push may close a chat before the snapshot that would show its last words came."""
    questions = lists(visitor_settings())
    resync: Resync[ChatCommandInfo, ChatRef] = Resync(window=2, doubts=9)
    first, second = ChatRef("web", "one"), ChatRef("web", "two")
    resync.begin(questions, [first, second])
    asked = resync.take()
    assert first in asked
    assert second not in asked
    resync.begin(questions, [])
    resync.listed([])
    rest = [*resync.take(), *resync.take()]
    assert first in rest
    resync.came(first)
    assert second in [*rest, *resync.take()]
