"""What goes into the client brain and what comes out, as scripts against a model of a broker."""

import pytest

from connectors.errors import (
    AlertGone,
    ConnectionLost,
    Ended,
    EndReason,
    NotConnected,
    QueueFull,
    Refused,
    TimedOut,
)
from connectors.events import (
    Alerted,
    AlertEnded,
    ChatChanged,
    ChatForgotten,
    ChatRef,
    Connected,
    Disconnected,
    Notice,
    Ready,
    RequestDone,
    RequestFailed,
    SentenceAdded,
    SentenceConfirmed,
    SentenceEchoed,
    SentenceRefused,
    SessionEnded,
    SlotChanged,
    TypingChanged,
)
from connectors.session import Phase
from connectors.settings import Tuning
from protocol.chat import ChatSentenceInfo, ChatServiceInfo
from protocol.errors import ByeCode, ErrorCode
from protocol.values import AgentState, ChatStatus, Guid
from tests.support.model_broker import Chat
from tests.support.stage import Player, Stage, agent_settings, visitor_settings

JANA = ChatServiceInfo(peer="web", party_name="Jana")


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def visitor(stage: Stage) -> Player:
    return stage.join(visitor_settings(), "v")


@pytest.fixture
def agent(stage: Stage) -> Player:
    player = stage.join(agent_settings(), "a")
    player.session.set_agent_state(AgentState.READY, stage.now)
    stage.settle()
    return player


def start(stage: Stage, visitor: Player) -> ChatRef:
    ref, _ticket = visitor.session.start_chat(JANA, stage.now)
    stage.settle()
    return ref


def answer(stage: Stage, agent: Player) -> ChatRef:
    ref = agent.of(Alerted)[-1].ref
    agent.session.command("ANSWER", ref, stage.now)
    stage.settle()
    return ref


def heard(stage: Stage) -> list[str]:
    return [frame.type for frame in stage.broker.heard]


def transcript(player: Player) -> list[tuple[int, str | None, bool]]:
    added = player.of(SentenceAdded)
    return [(event.sentence.counter, event.sentence.text, event.mine) for event in added]


# --- the session ---


def test_hello_then_resync_then_ready(stage: Stage, visitor: Player) -> None:
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
    newer = stage.join(agent_settings(), "b")
    assert agent.session.phase is Phase.ENDED
    assert agent.of(SessionEnded)[0].error.reason is EndReason.REPLACED
    assert newer.session.phase is Phase.READY


def test_logged_off_ends_the_session(stage: Stage, agent: Player) -> None:
    assert agent.line is not None
    agent.line.connection.bye(ByeCode.LOGGED_OFF, "by a supervisor")
    stage.settle()
    assert agent.session.ended is not None
    assert agent.session.ended.reason is EndReason.LOGGED_OFF
    assert not agent.of(Disconnected)


def test_a_bye_says_when_to_come_back(stage: Stage, visitor: Player) -> None:
    assert visitor.line is not None
    visitor.line.connection.bye(ByeCode.SHUTDOWN, "maintenance", reconnect_after=60)
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


def test_a_hello_that_is_not_answered_is_given_up(stage: Stage) -> None:
    stage.up = False
    visitor = stage.join(visitor_settings(), "v")
    visitor.session.dialled(stage.now)
    assert visitor.session.data_to_send()
    assert visitor.session.next_deadline == stage.now + 20
    visitor.session.tick(stage.now + 20)
    assert visitor.session.hang_up


def test_a_silent_broker_is_pinged_and_then_left(stage: Stage, visitor: Player) -> None:
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
    assert statuses == [ChatStatus.WAITING, ChatStatus.ALERTING, ChatStatus.ANSWERED]
    assert [event.sentence.counter for event in visitor.of(SentenceConfirmed)] == [1]
    assert [event.sentence.counter for event in agent.of(SentenceConfirmed)] == [2]


def test_no_echo_for_20_seconds_and_the_same_key_again(stage: Stage, visitor: Player) -> None:
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
    ref = start(stage, visitor)
    visitor.session.send(ref, "on the way", stage.now)
    visitor.session.data_to_send()  # gone with the connection
    stage.cut(visitor)
    stage.pass_time(1)
    assert transcript(visitor) == [(1, "on the way", True)]


def test_a_snapshot_that_has_the_sentence_is_its_echo(stage: Stage, visitor: Player) -> None:
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
    stage.broker.refuse_next = [ErrorCode.RATE_LIMITED]
    for text in ("one", "two", "three"):
        visitor.session.send(ref, text, stage.now)
    stage.pass_time(2)
    assert [text for _, text, _ in transcript(visitor)] == ["one", "two", "three"]
    assert not visitor.of(SentenceRefused)


def test_a_full_transcript_is_believed_after_a_while(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    stage.broker.refuse_next = [ErrorCode.OVERLOADED] * 7
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


def test_a_sentence_that_no_broker_takes_is_refused_here(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    visitor.session.send(ref, "x" * (1 << 20), stage.now)
    visitor.session.send(ref, "short", stage.now)
    stage.pass_time(0)
    (refused,) = visitor.of(SentenceRefused)
    assert isinstance(refused.error, Refused)
    assert refused.error.code == "FrameTooLarge"
    assert transcript(visitor) == [(1, "short", True)]


def test_the_outbox_is_bounded(stage: Stage) -> None:
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
    stage.broker.refuse_next = [ErrorCode.UNKNOWN_GATEWAY]
    ref, ticket = visitor.session.start_chat(JANA, stage.now)
    visitor.session.send(ref, "hello", stage.now)
    stage.settle()
    (failed,) = visitor.of(RequestFailed)
    assert failed.ticket == ticket
    assert len(visitor.of(SentenceRefused)) == 1
    assert heard(stage).count("ES_CHAT_SENTENCE") == 0


# --- resync ---


def test_what_came_while_away_is_given_out_once_and_confirmed(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    inside = answer(stage, agent)
    stage.up = False
    stage.cut(visitor)
    agent.session.send(inside, "are you there?", stage.now)
    stage.settle()
    stage.up = True
    stage.pass_time(1)
    assert transcript(visitor) == [(1, "are you there?", False)]
    assert [event.sentence.counter for event in agent.of(SentenceConfirmed)] == [1]
    stage.restart()
    stage.pass_time(1)
    assert transcript(visitor) == [(1, "are you there?", False)]
    assert heard(stage).count("ES_CHAT_CONFIRM") == 1


def test_confirmations_may_be_left_to_the_program(stage: Stage, agent: Player) -> None:
    visitor = stage.join(visitor_settings(tuning=Tuning(confirm=False)), "v")
    outside = start(stage, visitor)
    agent.session.send(answer(stage, agent), "hi", stage.now, sentence_id="k")
    stage.settle()
    assert not agent.of(SentenceConfirmed)
    stage.cut(visitor)
    visitor.session.confirm(outside, "k", stage.now)
    visitor.session.confirm(outside, "k", stage.now)
    stage.pass_time(1)
    assert len(agent.of(SentenceConfirmed)) == 1
    assert heard(stage).count("ES_CHAT_CONFIRM") == 1


def test_a_gap_is_mended_before_anything_behind_it_is_given_out(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    inside = answer(stage, agent)
    agent.session.send(inside, "one", stage.now)
    assert agent.line is not None
    assert visitor.line is not None
    agent.line.receive(agent.session.data_to_send(), stage.now)
    visitor.line.data_to_send()  # this push never arrives
    agent.session.send(inside, "two", stage.now)
    stage.settle()
    assert [counter for counter, _, _ in transcript(visitor)] == [1, 2]
    assert heard(stage).count("ES_CHAT_STATUS") == 1


def test_chats_of_other_programs_are_followed_or_not(stage: Stage, visitor: Player) -> None:
    apart = stage.join(visitor_settings(tuning=Tuning(adopt=False)), "w")
    ref = start(stage, visitor)
    visitor.session.send(ref, "mine", stage.now)
    other = stage.join(visitor_settings(), "x")
    stage.settle()
    assert list(apart.session.chats) == []
    assert list(other.session.chats) == [ref]
    assert transcript(other) == [(1, "mine", True)]


def test_a_chat_that_the_broker_does_not_know_is_forgotten(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    stage.broker.chats.clear()
    stage.cut(visitor)
    stage.pass_time(1)
    assert [event.ref for event in visitor.of(ChatForgotten)] == [ref]
    assert visitor.session.phase is Phase.READY


def test_closed_chats_are_remembered_up_to_a_bound(stage: Stage) -> None:
    visitor = stage.join(visitor_settings(tuning=Tuning(closed_chats=2)), "v")
    refs = [start(stage, visitor) for _ in range(4)]
    for ref in refs:
        visitor.session.command("STOP", ref, stage.now)
    stage.settle()
    assert list(visitor.session.chats) == refs[2:]


# --- requests ---


def test_a_request_that_may_be_repeated_outlives_the_connection(
    stage: Stage, visitor: Player
) -> None:
    stage.cut(visitor)
    _ref, ticket = visitor.session.start_chat(JANA, stage.now)
    stage.pass_time(1)
    assert [event.ticket for event in visitor.of(RequestDone)] == [ticket]


def test_one_that_may_not_be_repeated_fails_with_the_connection(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    ref = agent.of(Alerted)[0].ref
    ticket = agent.session.command("ANSWER", ref, stage.now)
    agent.session.data_to_send()
    stage.cut(agent)
    (failed,) = agent.of(RequestFailed)
    assert failed.ticket == ticket
    assert isinstance(failed.error, ConnectionLost)
    with pytest.raises(NotConnected):
        agent.session.command("ANSWER", ref, stage.now)


def test_no_answer_is_told_after_the_tries(stage: Stage, visitor: Player) -> None:
    assert visitor.line is not None
    visitor.line.deaf = True
    visitor.session.start_chat(JANA, stage.now)
    stage.pass_time(61)
    (failed,) = visitor.of(RequestFailed)
    assert isinstance(failed.error, TimedOut)


def test_requests_are_bounded(stage: Stage) -> None:
    visitor = stage.join(visitor_settings(tuning=Tuning(requests=1)), "v")
    stage.cut(visitor)
    visitor.session.start_chat(JANA, stage.now)
    with pytest.raises(QueueFull):
        visitor.session.start_chat(JANA, stage.now)
    stage.pass_time(1)
    start(stage, visitor)
    assert len(visitor.of(RequestDone)) == 2


# --- agents, typing, slots ---


def test_an_offer_and_its_end(stage: Stage, visitor: Player, agent: Player) -> None:
    start(stage, visitor)
    (offer,) = agent.of(Alerted)
    assert offer.info.remote_party_name == "Jana"
    assert offer.expires_at == stage.now + 30
    answer(stage, agent)
    assert len(agent.of(AlertEnded)) == 1


def test_an_offer_ends_with_the_connection(stage: Stage, visitor: Player, agent: Player) -> None:
    start(stage, visitor)
    stage.cut(agent)
    assert [type(event) for event in agent.told[-3:]] == [AlertEnded, ChatForgotten, Disconnected]
    stage.pass_time(1)
    assert len(agent.of(Alerted)) == 2


def test_a_late_answer_is_told_as_such(stage: Stage, visitor: Player, agent: Player) -> None:
    start(stage, visitor)
    ref = agent.of(Alerted)[0].ref
    chat = next(iter(stage.broker.chats.values()))
    chat.status, chat.number = ChatStatus.WAITING, None  # it timed out just now
    agent.session.command("ANSWER", ref, stage.now)
    stage.settle()
    assert isinstance(agent.of(RequestFailed)[0].error, AlertGone)
    assert list(agent.session.chats) == []


def test_typing_is_told_seldom_and_expires(stage: Stage, visitor: Player, agent: Player) -> None:
    ref = start(stage, visitor)
    answer(stage, agent)
    for _ in range(10):
        visitor.session.typing(ref, True, stage.now)
        stage.pass_time(0.5)
    assert heard(stage).count("ES_CHAT_TYPING") == 2
    stage.pass_time(30)
    assert [event.is_typing for event in agent.of(TypingChanged)] == [True, False]
    assert heard(stage).count("ES_CHAT_TYPING") == 3  # it was taken back


def test_a_sentence_ends_typing(stage: Stage, visitor: Player, agent: Player) -> None:
    ref = start(stage, visitor)
    answer(stage, agent)
    visitor.session.typing(ref, True, stage.now)
    visitor.session.send(ref, "done", stage.now)
    stage.settle()
    assert [event.is_typing for event in agent.of(TypingChanged)] == [True, False]
    stage.pass_time(30)
    assert heard(stage).count("ES_CHAT_TYPING") == 1


def test_nobody_types_on_a_lost_connection(stage: Stage, visitor: Player, agent: Player) -> None:
    ref = start(stage, visitor)
    answer(stage, agent)
    visitor.session.typing(ref, True, stage.now)
    stage.settle()
    stage.cut(agent)
    assert [event.is_typing for event in agent.of(TypingChanged)] == [True, False]


def test_slots_are_told_to_the_other_side(stage: Stage, visitor: Player, agent: Player) -> None:
    ref = start(stage, visitor)
    answer(stage, agent)
    visitor.session.send(ref, "https://example.org/prices", stage.now, model=6)
    stage.settle()
    (slot,) = agent.of(SlotChanged)
    assert slot.sentence.text == "https://example.org/prices"
    assert not visitor.of(SlotChanged)
    assert len(visitor.of(SentenceEchoed)) == 1
    assert transcript(visitor) == []


def test_a_refusal_of_nothing_that_we_know_is_a_notice(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    stage.broker.refuse_next = [ErrorCode.NOT_ALLOWED]
    visitor.session.typing(ref, True, stage.now)
    stage.settle()
    assert [event.error.code for event in visitor.of(Notice)] == ["NotAllowed"]


def test_the_same_tracking_id_may_name_a_new_chat(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    visitor.session.send(ref, "old", stage.now)
    stage.settle()
    (old,) = stage.broker.chats.values()
    old.tracking_id = "gone"
    new = Chat("web", ref.name, Guid("00000000-0000-4000-8000-0000000000ff"))
    new.sentences.append(ChatSentenceInfo(id="n", text="new", is_outbound=True, counter=1))
    stage.broker.chats[new.chat_id] = new
    visitor.session.command("STATUS", ref, stage.now)
    stage.settle()
    assert transcript(visitor) == [(1, "old", True), (1, "new", False)]
