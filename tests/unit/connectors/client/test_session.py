"""What goes into the client brain and what comes out, as scripts against the core in memory."""

import pytest

from connectors.client.errors import Ended, EndReason, QueueFull, Refused
from connectors.client.events import (
    ChatChanged,
    Connected,
    Disconnected,
    Ready,
    RequestFailed,
    SentenceConfirmed,
    SentenceEchoed,
    SentenceRefused,
    SessionEnded,
)
from connectors.client.session import Phase
from connectors.client.settings import Tuning
from protocol.errors import ByeCode, ErrorCode
from protocol.session import Hello
from protocol.values import AgentState, ChatStatus
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
from tests.support.wired_core import ALICE

# --- the session ---


def test_hello_then_resync_then_ready(stage: Stage, visitor: Player) -> None:
    """W-10, W-25."""
    assert heard(stage) == ["SYS_HELLO", "ES_CHAT_RESYNC"]
    assert [type(event) for event in visitor.told] == [Connected, Ready]
    assert visitor.session.phase is Phase.READY


def test_a_wrong_token_ends_the_session(stage: Stage) -> None:
    player = stage.join(visitor_settings(token="wrong"), "v")
    ended = player.of(SessionEnded)[0].error
    assert (ended.reason, ended.code) == (EndReason.REJECTED, "AuthFailed")
    stage.pass_time(600)
    assert heard(stage) == ["SYS_HELLO"]
    with pytest.raises(Ended):
        player.session.start_chat(JANA, stage.now)


def test_a_newer_program_at_the_workplace_ends_the_older(stage: Stage, agent: Player) -> None:
    """W-11."""
    newer = stage.join(agent_settings(), "b")
    assert agent.session.phase is Phase.ENDED
    assert agent.of(SessionEnded)[0].error.reason is EndReason.REPLACED
    assert newer.session.phase is Phase.READY


def test_a_workplace_says_which_session_it_continues(stage: Stage, agent: Player) -> None:
    """W-11: after a lost connection, by itself; a program that is started anew says nothing of it."""
    stage.cut(agent)
    stage.pass_time(30)
    hellos = [f.payload for f in stage.broker.way.heard if isinstance(f.payload, Hello)]
    assert agent.session.welcome is not None
    named = [hello.continues for hello in hellos]
    assert named == [None, agent.session.welcome.session_id]
    stage.join(agent_settings(), "b")
    last = stage.broker.way.heard[-1].payload
    hellos = [f.payload for f in stage.broker.way.heard if isinstance(f.payload, Hello)]
    assert last is not None
    assert hellos[-1].continues is None


def test_a_connector_continues_no_session(stage: Stage, visitor: Player) -> None:
    """W-11: a gateway is served by several connections."""
    stage.cut(visitor)
    stage.pass_time(30)
    hellos = [f.payload for f in stage.broker.way.heard if isinstance(f.payload, Hello)]
    assert [hello.continues for hello in hellos] == [None, None]


def test_a_session_that_was_replaced_while_away_has_ended(stage: Stage, agent: Player) -> None:
    """W-11: the answer to the hello is the farewell, and the program does not come again."""
    stage.cut(agent)
    newer = stage.join(agent_settings(), "b")
    stage.pass_time(600)
    (ended,) = agent.of(SessionEnded)
    assert ended.error.reason is EndReason.REPLACED
    assert heard(stage).count("SYS_HELLO") == 3
    assert newer.session.phase is Phase.READY


def test_logged_off_ends_the_session(stage: Stage, agent: Player) -> None:
    supervisor = stage.join(agent_settings("bob", "102"), "b")
    supervisor.session.set_agent_state(AgentState.LOG_OFF, stage.now, agent_id=ALICE)
    stage.settle()
    assert agent.session.ended is not None
    assert agent.session.ended.reason is EndReason.LOGGED_OFF
    assert not agent.of(Disconnected)


def test_a_bye_says_when_to_come_back(stage: Stage, visitor: Player) -> None:
    """W-13."""
    assert visitor.line is not None
    visitor.line.bye(ByeCode.SHUTDOWN, "maintenance", reconnect_after=60)
    stage.settle()
    lost = visitor.of(Disconnected)[0]
    assert lost.dial_at == stage.now + 60
    assert "Shutdown, maintenance" in lost.why
    stage.pass_time(61)
    assert visitor.session.phase is Phase.READY


def test_the_back_off_grows_until_a_session_has_lasted(stage: Stage, visitor: Player) -> None:
    stage.up = False
    stage.pass_time(5)
    stage.cut(visitor)
    waits = []
    for _ in range(8):
        dial_at = visitor.session.dial_at
        assert dial_at is not None
        waits.append(dial_at - stage.now)
        stage.now = dial_at
        visitor.told += visitor.session.lost(stage.now, "refused")
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30]
    stage.up = True
    stage.pass_time(60)
    stage.cut(visitor)
    assert visitor.of(Disconnected)[-1].dial_at == stage.now + 0.5


def refused_dials(stage: Stage, visitor: Player, times: int) -> list[float]:
    """Nobody is there any more: how long the client waits before each further try."""
    stage.up = False
    waits = []
    for _ in range(times):
        dial_at = visitor.session.dial_at
        assert dial_at is not None
        stage.now = max(stage.now, dial_at)
        visitor.told += visitor.session.lost(stage.now, "Connection refused")
        assert visitor.session.dial_at is not None
        waits.append(visitor.session.dial_at - stage.now)
    return waits


@pytest.mark.parametrize("reconnect_after", [None, 0, 1, 60])
def test_a_good_bye_is_of_its_own_connection(
    stage: Stage, visitor: Player, reconnect_after: int | None
) -> None:
    """W-13: it says when the first try is; a try that fails has no good-bye, and a reason of its own."""
    assert visitor.line is not None
    visitor.line.bye(ByeCode.SHUTDOWN, reconnect_after=reconnect_after)
    stage.up = False
    stage.settle()
    assert "Shutdown" in visitor.of(Disconnected)[-1].why
    assert refused_dials(stage, visitor, 7) == [1, 2, 4, 8, 16, 30, 30]
    assert {one.why for one in visitor.of(Disconnected)[1:]} == {"Connection refused"}


def test_what_a_connection_was_given_up_for_is_not_told_of_the_next(
    stage: Stage, visitor: Player
) -> None:
    stage.broker.way.lost.add("ES_CHAT_RESYNC")
    stage.cut(visitor)
    stage.pass_time(21)
    stage.up = False
    assert visitor.of(Disconnected)[-1].why == "the broker did not answer ES_CHAT_RESYNC"
    refused_dials(stage, visitor, 1)
    assert visitor.of(Disconnected)[-1].why == "Connection refused"


def test_a_good_bye_before_the_last_is_forgotten(stage: Stage, visitor: Player) -> None:
    """W-13: also when the connection after it breaks without a word."""
    assert visitor.line is not None
    visitor.line.bye(ByeCode.SHUTDOWN, reconnect_after=60)
    stage.pass_time(61)
    stage.cut(visitor)
    lost = visitor.of(Disconnected)[-1]
    assert (lost.why, lost.dial_at) == ("the connection was closed", stage.now + 1)


def test_a_hello_that_is_not_answered_is_given_up(stage: Stage) -> None:
    stage.up = False
    visitor = stage.join(visitor_settings(), "v")
    visitor.session.dialled(stage.now)
    assert visitor.session.data_to_send()
    assert visitor.session.next_deadline == stage.now + 20
    visitor.session.tick(stage.now + 20)
    assert visitor.session.hang_up


def test_a_silent_broker_is_pinged_and_then_left(stage: Stage, visitor: Player) -> None:
    """W-12."""
    session = visitor.session
    session.tick(stage.now + 31)
    assert b"SYS_PING" in session.data_to_send()
    session.tick(stage.now + 61)
    assert session.hang_up
    (lost,) = session.lost(stage.now + 61)
    assert isinstance(lost, Disconnected)
    assert "nothing was heard" in lost.why


def test_close_says_goodbye_and_fails_what_waits(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    visitor.session.send(ref, "too late", stage.now)
    visitor.told += visitor.session.close(stage.now)
    assert visitor.of(SentenceRefused)[0].sentence.text == "too late"
    assert visitor.of(SessionEnded)[0].error.reason is EndReason.CLOSED
    assert b"SYS_BYE" in visitor.session.data_to_send()
    assert visitor.session.close(stage.now) == []


# --- sentences ---


def test_a_conversation(stage: Stage, visitor: Player, agent: Player) -> None:
    outside = start(stage, visitor)
    visitor.session.send(outside, "Good morning", stage.now, party_name="Jana")
    stage.settle()
    inside = answer(stage, agent)
    agent.session.send(inside, "Hello Jana", stage.now)
    stage.settle()
    assert transcript(visitor) == [(1, "Good morning", True), (2, "Hello Jana", False)]
    assert transcript(agent) == [(1, "Good morning", False), (2, "Hello Jana", True)]
    statuses = [event.status for event in visitor.of(ChatChanged)]
    assert statuses == [
        ChatStatus.PILOT,
        ChatStatus.WAITING,
        ChatStatus.ALERTING,
        ChatStatus.ANSWERED,
    ]
    assert [event.sentence.counter for event in visitor.of(SentenceConfirmed)] == [1]
    assert [event.sentence.counter for event in agent.of(SentenceConfirmed)] == [2]


def test_no_echo_for_20_seconds_and_the_same_key_again(stage: Stage, visitor: Player) -> None:
    """W-26."""
    ref = start(stage, visitor)
    assert visitor.line is not None
    visitor.line.deaf = True
    visitor.session.send(ref, "hello?", stage.now)
    stage.pass_time(19)
    assert heard(stage).count("ES_CHAT_SENTENCE") == 0
    visitor.line.deaf = False
    stage.pass_time(2)
    assert transcript(visitor) == [(1, "hello?", True)]
    assert len(visitor.of(SentenceEchoed)) == 1


def test_a_late_echo_and_a_retry_make_one_sentence(stage: Stage, visitor: Player) -> None:
    """W-21, W-26."""
    ref = start(stage, visitor)
    visitor.session.send(ref, "once", stage.now)
    line = visitor.line
    assert line is not None
    line.receive(visitor.session.data_to_send(), stage.now)  # stored, its echo is under way
    visitor.session.tick(stage.now + 20)
    line.receive(visitor.session.data_to_send(), stage.now + 20)
    stage.settle()
    assert heard(stage).count("ES_CHAT_SENTENCE") == 2
    assert transcript(visitor) == [(1, "once", True)]
    assert len(visitor.of(SentenceEchoed)) == 1


def test_a_sentence_lost_with_the_connection_is_sent_again(stage: Stage, visitor: Player) -> None:
    """W-25, W-26."""
    ref = start(stage, visitor)
    visitor.session.send(ref, "on the way", stage.now)
    visitor.session.data_to_send()  # gone with the connection
    stage.cut(visitor)
    stage.pass_time(1)
    assert transcript(visitor) == [(1, "on the way", True)]


def test_a_snapshot_that_has_the_sentence_is_its_echo(stage: Stage, visitor: Player) -> None:
    """W-25."""
    ref = start(stage, visitor)
    visitor.session.send(ref, "stored", stage.now)
    assert visitor.line is not None
    visitor.line.receive(visitor.session.data_to_send(), stage.now)
    stage.cut(visitor)  # its echo is lost
    stage.pass_time(1)
    assert heard(stage).count("ES_CHAT_SENTENCE") == 1
    assert [event.sentence.counter for event in visitor.of(SentenceEchoed)] == [1]
    assert visitor.session.unsent(ref) == []


def test_sentences_keep_their_order_when_one_is_refused_for_a_moment(
    stage: Stage, visitor: Player
) -> None:
    ref = start(stage, visitor)
    stage.broker.way.refusals = [ErrorCode.RATE_LIMITED]
    for text in ("one", "two", "three"):
        visitor.session.send(ref, text, stage.now)
    stage.pass_time(2)
    assert [text for _, text, _ in transcript(visitor)] == ["one", "two", "three"]
    assert not visitor.of(SentenceRefused)


def test_a_full_transcript_is_believed_after_a_while(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    # The first, a start that might have found room in another chat, and one more than it rests.
    stage.broker.way.refusals = [ErrorCode.OVERLOADED] * 9
    visitor.session.send(ref, "one too many", stage.now)
    visitor.session.send(ref, "and one that fits", stage.now)
    stage.pass_time(300)
    (refused,) = visitor.of(SentenceRefused)
    assert isinstance(refused.error, Refused)
    assert refused.error.code == "Overloaded"
    assert transcript(visitor) == [(1, "and one that fits", True)]


def test_a_key_with_other_words_is_refused(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    visitor.session.send(ref, "first", stage.now, sentence_id="k")
    stage.settle()
    visitor.session.send(ref, "second", stage.now, sentence_id="k")
    stage.settle()
    (refused,) = visitor.of(SentenceRefused)
    assert isinstance(refused.error, Refused)
    assert refused.error.code == "KeyReused"
    assert transcript(visitor) == [(1, "first", True)]


def test_the_same_sentence_of_a_restarted_program_gets_its_echo(
    stage: Stage, visitor: Player
) -> None:
    ref = start(stage, visitor)
    for _ in range(2):
        visitor.session.send(ref, "first", stage.now, sentence_id="k")
        stage.settle()
    assert len(visitor.of(SentenceEchoed)) == 2
    assert transcript(visitor) == [(1, "first", True)]


def test_the_outbox_is_bounded(stage: Stage) -> None:
    """I-14."""
    visitor = stage.join(visitor_settings(tuning=Tuning(outbox=2)), "v")
    ref = start(stage, visitor)
    stage.cut(visitor)
    visitor.session.send(ref, "1", stage.now)
    visitor.session.send(ref, "2", stage.now)
    with pytest.raises(QueueFull):
        visitor.session.send(ref, "3", stage.now)


def test_sentences_of_a_chat_whose_start_is_refused_are_refused(
    stage: Stage, visitor: Player
) -> None:
    stage.broker.way.refusals = [ErrorCode.UNKNOWN_GATEWAY]
    ref, request_id = visitor.session.start_chat(JANA, stage.now)
    visitor.session.send(ref, "hello", stage.now)
    stage.settle()
    (failed,) = visitor.of(RequestFailed)
    assert failed.request_id == request_id
    assert len(visitor.of(SentenceRefused)) == 1
    assert heard(stage).count("ES_CHAT_SENTENCE") == 0


def test_somebody_at_a_screen_does_not_wait_for_the_next_try(stage: Stage, visitor: Player) -> None:
    """W-25: the next connection is tried at once, and only where there is none."""
    session = visitor.session
    assert not session.dial_now(stage.now)
    session.lost(stage.now, "gone")
    assert session.dial_at is not None
    assert session.dial_at > stage.now
    assert session.dial_now(stage.now)
    assert session.dial_at == stage.now
    assert not session.dial_now(stage.now)
