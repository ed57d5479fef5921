"""Resync, requests, offers and typing of the client brain, as scripts against the core in memory."""

import pytest
from attrs import evolve

from connectors.client.errors import AlertGone, ConnectionLost, NotConnected, QueueFull, TimedOut
from connectors.client.events import (
    Alerted,
    AlertEnded,
    ChatForgotten,
    Disconnected,
    Notice,
    RequestDone,
    RequestFailed,
    SentenceConfirmed,
    SentenceEchoed,
    SlotChanged,
    TypingChanged,
)
from connectors.client.session import Phase
from connectors.client.settings import Tuning
from protocol.errors import ByeCode, ErrorCode
from tests.support.client_stage import (
    JANA,
    Player,
    Stage,
    answer,
    heard,
    start,
    transcript,
    visitor_settings,
)

LONG = 2 * 3600
"""Seconds after which a closed chat is forgotten, and its name may be that of another (B-2)."""

# --- resync ---


def test_what_came_while_away_is_given_out_once_and_confirmed(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    """W-25."""
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
    apart = stage.join(visitor_settings(tuning=Tuning(follow=False)), "w")
    ref = start(stage, visitor)
    visitor.session.send(ref, "mine", stage.now)
    other = stage.join(visitor_settings(), "x")
    stage.settle()
    assert list(apart.session.chats) == []
    assert list(other.session.chats) == [ref]
    assert transcript(other) == [(1, "mine", True)]


def test_a_chat_that_the_broker_does_not_know_is_forgotten(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    ref = start(stage, visitor)
    inside = answer(stage, agent)
    stage.up = False
    stage.cut(visitor)
    agent.session.command("HANGUP", inside, stage.now)
    stage.pass_time(LONG)
    assert stage.broker.chats == []
    stage.up = True
    stage.pass_time(31)
    assert [event.ref for event in visitor.of(ChatForgotten)] == [ref]
    assert visitor.session.phase is Phase.READY


def test_closed_chats_are_remembered_up_to_a_bound(stage: Stage) -> None:
    """I-14."""
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
    _ref, request_id = visitor.session.start_chat(JANA, stage.now)
    stage.pass_time(1)
    assert [event.request_id for event in visitor.of(RequestDone)] == [request_id]


def test_one_that_may_not_be_repeated_fails_with_the_connection(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    start(stage, visitor)
    ref = agent.of(Alerted)[0].ref
    request_id = agent.session.command("ANSWER", ref, stage.now)
    agent.session.data_to_send()
    stage.cut(agent)
    (failed,) = agent.of(RequestFailed)
    assert failed.request_id == request_id
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
    """I-14."""
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
    stage.now += 30
    stage.broker.advance(stage.now)  # it timed out just now, and nobody has heard of that yet
    assert stage.broker.chat.offer is None
    agent.session.command("ANSWER", ref, stage.now)
    stage.settle()
    assert isinstance(agent.of(RequestFailed)[0].error, AlertGone)
    assert list(agent.session.chats) == []


def test_typing_is_told_seldom_and_expires(stage: Stage, visitor: Player, agent: Player) -> None:
    """W-23."""
    ref = start(stage, visitor)
    answer(stage, agent)
    for _ in range(10):
        visitor.session.typing(ref, True, stage.now)
        stage.pass_time(0.5)
    assert heard(stage).count("ES_CHAT_TYPING") == 2
    stage.pass_time(30)
    assert [event.is_typing for event in agent.of(TypingChanged)] == [True, False]
    assert heard(stage).count("ES_CHAT_TYPING") == 3  # it was taken back


def test_typing_while_the_broker_says_goodbye_is_not_told(stage: Stage, visitor: Player) -> None:
    ref = start(stage, visitor)
    assert visitor.line is not None
    visitor.line.bye(ByeCode.SHUTDOWN)
    visitor.told += visitor.session.receive(visitor.line.data_to_send(), stage.now)
    visitor.session.typing(ref, True, stage.now)
    visitor.session.send(ref, "later", stage.now)
    assert visitor.session.data_to_send() == b""
    stage.pass_time(2)
    assert transcript(visitor) == [(1, "later", True)]


def test_a_sentence_ends_typing(stage: Stage, visitor: Player, agent: Player) -> None:
    """W-23."""
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
    stage.broker.way.refusals = [ErrorCode.NOT_ALLOWED]
    visitor.session.typing(ref, True, stage.now)
    stage.settle()
    assert [event.error.code for event in visitor.of(Notice)] == ["NotAllowed"]


def test_the_same_tracking_id_may_name_a_new_chat(
    stage: Stage, visitor: Player, agent: Player
) -> None:
    ref = start(stage, visitor)
    visitor.session.send(ref, "old", stage.now)
    stage.settle()
    visitor.session.command("STOP", ref, stage.now)
    stage.pass_time(LONG)
    other = stage.join(visitor_settings(tuning=Tuning(follow=False)), "w")
    other.session.start_chat(evolve(JANA, tracking_id=ref.name), stage.now)
    stage.settle(other, agent)
    agent.session.send(answer(stage, agent, agent), "new", stage.now)
    stage.settle(other, agent)
    assert visitor.line is not None
    visitor.line.data_to_send()  # what was pushed never arrives
    visitor.session.command("STATUS", ref, stage.now)
    stage.settle()
    assert transcript(visitor) == [(1, "old", True), (1, "new", False)]
