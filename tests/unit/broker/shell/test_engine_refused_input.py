"""The engine when the database refuses a row: one input is refused, the others are decided again."""

from __future__ import annotations

import pytest
from attrs import evolve

from broker.core.facts import SentencePinned
from broker.core.inputs import FrameArrived, Reloaded, SessionClosed, SessionOpened
from broker.core.rollback import roll_back
from broker.store import RowRefusedError
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo
from protocol.frame import Frame
from protocol.register import LiteralLookupInfo
from protocol.values import AgentState, ChatStatus, Guid, Role
from tests.support.engine_bench import Bench
from tests.support.memory_store import memory_store

SECOND = 1_000_000


class Refusing(Bench):
    """The same on a real store, which refuses what the test says."""

    def __init__(self) -> None:
        self.store = memory_store()
        super().__init__()

    def store_all(self) -> None:
        """Let every commit end well."""
        self.engine.pump()
        while self.commits:
            self.store.commit(self.commits[0][0])
            self.finish()

    def refuse(self, number: int) -> None:
        """The commit that runs fails for the sake of one of its inputs."""
        self.finish(RowRefusedError("a row was refused"))
        assert self.engine.may_refuse(number)
        engine = self.engine
        now = engine.state.now
        recovered = self.store.recover(engine.presence.config, now)
        engine.resume(roll_back(engine.state, engine.presence, recovered, now), number)

    def say(self, key: str, text: str, tracking_id: str = "t1") -> None:
        """A sentence of the visitor."""
        said = ChatSentenceInfo(peer="web", tracking_id=tracking_id, id=key, text=text)
        self.engine.submit(FrameArrived(1, Frame("ES_CHAT_SENTENCE", said, {"Id": key})))

    def offered(self) -> Guid:
        """A chat that Alice is alerted for."""
        self.engine.submit(self.alice())
        self.desk("CS_AGENT_STATE", AgentStateInfo(peer="101", state=AgentState.READY))
        start = ChatServiceInfo(peer="web", tracking_id="t1", ext_response="sales")
        self.engine.submit(FrameArrived(1, Frame("ES_CHAT_START", start)))
        self.store_all()
        (chat,) = self.engine.state.chats.values()
        assert chat.status is ChatStatus.ALERTING
        return chat.id

    def desk(self, type_: str, payload: object) -> None:
        """A frame of Alice's."""
        self.engine.submit(FrameArrived(2, Frame(type_, payload)))

    def alice(self) -> SessionOpened:
        """The hello of the agent."""
        agent = self.engine.state.config.agent_by_login["alice"].id
        return SessionOpened(session=2, role=Role.WORKPLACE, workplace="101", agent_id=agent)


def test_one_input_is_refused_and_all_others_are_answered_in_order() -> None:
    """I-10, I-11, I-13, W-20: those of the batch, those that were stepped upon it, those that wait."""
    bench = Refusing()
    bench.ask("ES_CHAT_START", "t1")
    bench.store_all()
    bench.sent.clear()
    bench.say("a", "first")
    bench.engine.pump()
    for key in ("b", "poison", "c"):
        bench.say(key, key)
    bench.engine.pump()
    bench.store.commit(bench.commits[0][0])
    bench.finish()  # now b, poison and c are committed, and what comes is stepped upon them
    bench.say("d", "d")
    bench.engine.pump()
    assert [len(part) for part in bench.engine.parts] == [1, 1, 1]
    bench.sent.clear()
    bench.refuse(1)
    assert bench.sent == []
    bench.say("e", "e")
    bench.store_all()
    echo = "SE_CHAT_SENTENCE t1"
    assert bench.sent == [echo, "SYS_ERROR", echo, echo, echo]
    (chat,) = bench.engine.state.chats.values()
    assert [s.words.id for s in chat.transcript.sentences if not s.words.own] == [
        "a",
        "b",
        "c",
        "d",
        "e",
    ]
    assert bench.engine.idle


def test_what_was_asked_of_registers_is_remembered() -> None:
    """W-17: so that a reload after it tells of what changed."""
    bench = Refusing()
    question = LiteralLookupInfo(literal_group=102)
    bench.engine.submit(FrameArrived(1, Frame("ES_WS_LITERALS_GET", question)))
    bench.store_all()
    asked = bench.engine.state.sessions[1].registers
    assert len(asked) == 1
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    bench.refuse(0)
    assert bench.engine.state.sessions[1].registers == asked


def test_who_came_or_went_with_the_refused_input_is_welcomed_or_missed_once() -> None:
    """I-13, I-16."""
    bench = Refusing()
    bench.engine.submit(bench.alice())
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.submit(SessionClosed(1))
    bench.engine.pump()
    assert sorted(bench.engine.state.sessions) == [2]
    bench.refuse(1)
    assert sorted(bench.engine.state.sessions) == [2]
    bench.store_all()
    assert bench.sent.count("SYS_WELCOME") == 1
    assert bench.sent.count("SYS_ERROR") == 1
    assert sorted(bench.engine.presence.sessions) == [2]
    assert bench.engine.state.chats == {}


def test_an_offer_that_is_open_runs_on_and_runs_out() -> None:
    """B-24, I-16: nobody but the refused one notices, and no time is lost."""
    bench = Refusing()
    offer = bench.engine.state.chats[bench.offered()].offer
    assert offer is not None
    until = offer.until
    bench.say("poison", "poison")
    bench.engine.pump()
    bench.sent.clear()
    bench.refuse(0)
    bench.store_all()
    (chat,) = bench.engine.state.chats.values()
    assert (chat.status, chat.offer and chat.offer.until) == (ChatStatus.ALERTING, until)
    assert bench.sent == ["SYS_ERROR"]
    assert bench.engine.wake_at == until
    bench.now = until
    bench.store_all()
    (chat,) = bench.engine.state.chats.values()
    assert chat.status is ChatStatus.WAITING


def test_an_offer_that_was_over_in_the_refused_batch_has_all_of_its_time() -> None:
    """B-24, I-20: the state that went ahead knows no more of it, and the store does."""
    bench = Refusing()
    offered = bench.offered()
    offer = bench.engine.state.chats[offered].offer
    assert offer is not None
    bench.now += SECOND
    bench.engine.submit(SessionClosed(2))
    bench.say("poison", "poison")
    bench.engine.pump()
    bench.refuse(1)
    engine, now = bench.engine, bench.engine.state.now
    assert engine.state.chats[offered].offer is None
    recovered = bench.store.recover(engine.presence.config, now)
    again = roll_back(engine.state, engine.presence, recovered, now).chats[offered].offer
    assert again is not None
    assert again.term.since + again.term.length == offer.until


def test_a_life_that_is_noted_while_a_row_is_looked_for_makes_nothing_older() -> None:
    """B-13, B-24: who let a chat go is left out as long as ever."""
    bench = Refusing()
    bench.store.begin_life(bench.now)
    offered = bench.offered()
    bench.desk("CS_CHAT_HANGUP", ChatCommandInfo(peer="101", chat_id=offered))
    bench.store_all()
    let_go = dict(bench.engine.state.chats[offered].exclusions)
    bench.now += SECOND
    bench.say("poison", "poison")
    bench.engine.pump()
    bench.store.note_life(bench.now + 5 * SECOND)
    bench.refuse(0)
    assert let_go
    assert bench.engine.state.chats[offered].exclusions == let_go


def test_an_answer_after_a_refused_input_is_taken() -> None:
    """I-6, B-22."""
    bench = Refusing()
    offered = bench.offered()
    bench.say("poison", "poison")
    bench.desk("CS_CHAT_ANSWER", ChatCommandInfo(peer="101", chat_id=offered))
    bench.engine.pump()
    bench.refuse(0)
    bench.store_all()
    (chat,) = bench.engine.state.chats.values()
    assert chat.status is ChatStatus.ANSWERED


def test_a_panel_that_was_overwritten_in_the_refused_batch_is_stored_again() -> None:
    """W-21, I-11: what the state that went ahead knew of it is no retry."""
    bench = Refusing()
    bench.ask("ES_CHAT_START", "t1")
    bench.store_all()
    for key in ("a", "b"):
        panel = ChatSentenceInfo(peer="web", tracking_id="t1", id=key, text=key, model=4)
        bench.engine.submit(FrameArrived(1, Frame("ES_CHAT_SENTENCE", panel, {"Id": key})))
    bench.say("poison", "poison")
    bench.engine.pump()
    bench.refuse(2)
    filled = [
        fact.words.id
        for facts, _ in bench.commits
        for fact in facts
        if isinstance(fact, SentencePinned)
    ]
    assert filled == ["a", "b"]


def test_the_time_until_everybody_is_answered_again_is_nobodys_silence() -> None:
    """B-13: while the state is read again the broker answers nobody, as in a commit that takes long."""
    bench = Refusing()
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    bench.finish(RowRefusedError("a row was refused"))
    attention = bench.engine.attention
    began = attention.commit_since
    assert began is not None
    recovered = bench.store.recover(bench.engine.presence.config, bench.now)
    engine = bench.engine
    engine.resume(roll_back(engine.state, engine.presence, recovered, bench.now), 0)
    assert attention.commit_since is None
    bench.ask("ES_CHAT_START", "t2")
    bench.engine.pump()
    bench.finish(OSError("disk full"))
    bench.engine.give_up()
    assert attention.commit_since is None


def test_a_reload_that_came_with_the_refused_input_is_in_force() -> None:
    """C-4."""
    bench = Refusing()
    config = bench.engine.state.config
    bench.engine.submit(Reloaded(evolve(config, server=evolve(config.server, node="other"))))
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    bench.refuse(1)
    assert bench.engine.state.config.server.node == "other"
    bench.store_all()
    assert bench.engine.presence.config.server.node == "other"


def test_what_nobody_asked_for_is_not_refused() -> None:
    """A timer, or somebody's end: there is nobody to tell, so the store is read again."""
    bench = Refusing()
    bench.offered()
    bench.engine.submit(SessionClosed(2))
    bench.engine.pump()
    bench.finish(RowRefusedError("a row was refused"))
    assert len(bench.failures) == 1
    assert not bench.engine.may_refuse(0)
    bench.engine.give_up()
    assert bench.engine.idle
    assert bench.engine.parts == []
    bench.engine.pump()
    assert bench.commits == []


@pytest.mark.parametrize("until", ["closed", "open"])
def test_a_session_whose_hello_is_refused_is_dismissed(until: str) -> None:
    """W-13."""
    bench = Refusing()
    bench.engine.submit(bench.alice())
    if until == "closed":
        bench.engine.submit(SessionClosed(2))
    bench.engine.pump()
    bench.refuse(0)
    bench.store_all()
    assert "SYS_WELCOME" not in bench.sent
    assert bench.dismissed == [2]
    assert 2 not in bench.engine.state.sessions
