"""The engine: batches, and nothing visible before it is durable (I-11, W-20)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import pytest

from broker.core.effects import Deferred, Send, StoredKey
from broker.core.facts import Fact, OfferEnded
from broker.core.inputs import FrameArrived, SessionClosed, SessionOpened
from broker.shell.listening_clock import Attention
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, Role
from tests.support.engine_bench import Bench, Done


def test_nothing_leaves_before_its_commit() -> None:
    """I-11, W-20: the echo waits for the store."""
    bench = Bench()
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    assert bench.sent == []
    assert not bench.engine.idle
    bench.finish()
    assert bench.sent == ["SE_CHAT_STATUS t1"] * 2  # the answer, and the push of Waiting
    assert bench.engine.idle


def test_what_comes_during_a_commit_is_one_batch() -> None:
    """Group commit: the next transaction holds everything that came meanwhile."""
    bench = Bench()
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    for name in ("t2", "t3", "t4"):
        bench.ask("ES_CHAT_START", name)
        bench.engine.pump()
    assert len(bench.commits) == 1
    bench.finish()
    assert len(bench.commits) == 1
    assert bench.started(0) == ["t2", "t3", "t4"]


def test_answers_without_facts_keep_their_place() -> None:
    """I-4, W-15: a question asked after a change is answered after it, though it stores nothing."""
    bench = Bench()
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    bench.ask("ES_CHAT_REQUEST", "t2")
    bench.engine.pump()
    assert bench.sent == []
    bench.finish()
    assert bench.sent[-1] == "SE_CHAT_RESPONSE t2"
    bench.ask("ES_CHAT_REQUEST", "t3")
    bench.engine.pump()
    assert bench.sent[-1] == "SE_CHAT_RESPONSE t3"
    assert bench.commits == []


def test_a_batch_is_bounded() -> None:
    """I-14: no more inputs in one transaction than the limit."""
    bench = Bench(batch_limit=2)
    for name in ("t1", "t2", "t3", "t4", "t5"):
        bench.ask("ES_CHAT_START", name)
    bench.engine.pump()
    sizes = []
    while bench.commits:
        sizes.append(len(bench.started(0)))
        bench.finish()
    assert sizes == [2, 2, 1]


def test_a_failed_commit_ends_the_engine() -> None:
    """I-11, W-20: nothing of a commit in doubt leaves, and nothing is stepped any more."""
    bench = Bench()
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    bench.ask("ES_CHAT_START", "t2")
    bench.engine.pump()
    fault = OSError("disk full")
    bench.finish(fault)
    assert bench.failures == [fault]
    assert bench.sent == []
    bench.ask("ES_CHAT_START", "t3")
    bench.engine.pump()
    assert bench.sent == []
    assert bench.commits == []


def test_inputs_that_come_to_nothing_take_no_room() -> None:
    """A sentence behind many of them is served, whether they came at once or one by one."""
    bench = Bench(batch_limit=4)
    for _ in range(3):
        for number in range(10):
            bench.engine.submit(SessionClosed(1_000 + number))
            if number % 2:
                bench.engine.pump()
        bench.engine.pump()
        assert bench.engine.idle
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    assert bench.started(0) == ["t1"]

    for number in range(10):
        bench.engine.submit(SessionClosed(1_000 + number))
    bench.ask("ES_CHAT_START", "t2")
    bench.engine.pump()
    bench.finish()
    assert bench.started(0) == ["t2"]


class _WantsNothing(Deferred):
    """A payload for which nothing has to be read, as a conversation shown without its messages."""

    @property
    def wants(self) -> tuple[StoredKey, ...]:
        return ()

    def filled(self, found: Mapping[StoredKey, object]) -> ChatCommandInfo:
        return ChatCommandInfo(tracking_id=f"made of {len(found)}")


def test_a_payload_that_wants_nothing_read_is_made_whole_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A frame that is no structure of its type would end the broker."""
    told = Send((1,), "SC_CONVERSATION_STATUS", _WantsNothing())
    bench = Bench()
    monkeypatch.setattr("broker.shell.engine.step", lambda *_: ([], [told]))
    bench.ask("ES_CHAT_STATUS", "t1")
    bench.engine.pump()
    assert bench.reads == []
    assert bench.sent == ["SC_CONVERSATION_STATUS made of 0"]


def test_dear_answers_leave_one_by_one() -> None:
    """I-15: behind each of them the host may look at its sockets."""
    bench = Bench()
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    bench.finish()
    bench.sent.clear()
    bench.engine._dear = 1
    for _ in range(3):
        bench.ask("ES_CHAT_RESYNC", "")
    bench.ask("ES_CHAT_STATUS", "none")
    for number in (1, 2, 3):
        assert bench.engine.has_more
        bench.engine.pump()
        assert bench.sent == ["SE_CHAT_LIST"] * number
    bench.engine.pump()
    assert bench.sent[3:] == ["SYS_ERROR"]
    assert not bench.engine.has_more


def test_a_dear_batch_waits_for_its_commit() -> None:
    """I-11, I-15: nothing more is gathered behind one, and nobody is woken in vain."""
    bench = Bench()
    bench.ask("ES_CHAT_START", "t1")
    bench.engine.pump()
    bench.finish()
    bench.engine._dear = 1
    bench.sent.clear()
    bench.ask("ES_CHAT_START", "t2")
    bench.engine.pump()
    for _ in range(2):
        bench.ask("ES_CHAT_RESYNC", "")
    bench.engine.pump()
    assert (bench.sent, bench.engine.has_more, len(bench.engine.inbox)) == ([], False, 1)
    bench.finish()
    assert bench.sent[-1] == "SE_CHAT_LIST"
    assert bench.sent.count("SE_CHAT_LIST") == 1
    assert bench.engine.has_more


class Listening(Bench):
    """An engine with a clock of deadlines of its own, an agent, and a chat."""

    def __init__(self, batch_limit: int = 256) -> None:
        self.ended: list[OfferEnded] = []
        self.next_states = cycle((None, AgentState.PAUSE))
        super().__init__(batch_limit)
        bob = self.engine.state.config.agent_by_login["bob"].id
        self.engine.attention = Attention(steady=lambda: self.now, up=self.now)
        self.engine.submit(
            SessionOpened(session=2, role=Role.WORKPLACE, workplace="102", agent_id=bob)
        )
        self.insists(1)
        self.ask("ES_CHAT_START", "t1")
        self.settle()
        (self.chat,) = self.engine.state.chats.values()
        assert self.status() is ChatStatus.ALERTING

    def status(self) -> ChatStatus:
        """How the chat stands."""
        return self.chat.status

    def says(self, type_: str, payload: object) -> None:
        """One frame of the agent."""
        self.engine.submit(FrameArrived(2, Frame(type_, payload)))

    def answers(self) -> None:
        """The agent takes the chat."""
        self.says("CS_CHAT_ANSWER", ChatCommandInfo(peer="102", chat_id=self.chat.id))

    def commit(self, facts: list[Fact], done: Done) -> None:
        """Remember what was stored of offers, too."""
        self.ended += [fact for fact in facts if isinstance(fact, OfferEnded)]
        super().commit(facts, done)

    def outcomes(self) -> list[str]:
        """How the offers of the chat ended."""
        return [fact.outcome for fact in self.ended if fact.chat == self.chat.id]

    def insists(self, times: int) -> None:
        """The agent changes their mind so many times, each of which is stored."""
        for _ in range(times):
            wanted = next(self.next_states)
            said = AgentStateInfo(peer="102", state=AgentState.READY, next_state=wanted)
            self.says("CS_AGENT_STATE", said)
        self.engine.pump()

    def work_slowly(self) -> None:
        """Let every commit end, each after a while that is just no stall."""
        while self.commits:
            self.pass_by(2.5)
            self.finish()

    def settle(self) -> None:
        """Let every commit end."""
        self.engine.pump()
        while self.commits:
            self.commits.pop(0)[1](None)

    def pass_by(self, seconds: float) -> None:
        """So much time passes, and somebody looks as often as they should."""
        for _ in range(round(seconds * 2)):
            self.now += 500_000
            self.engine.attention.look()


def test_what_came_in_time_is_decided_before_what_is_due() -> None:
    """B-13, B-24: an answer that waited to be read is an answer."""
    bench = Listening()
    bench.pass_by(30.5)
    bench.answers()
    bench.settle()
    assert bench.status() is ChatStatus.ANSWERED


def test_what_came_in_time_is_heard_however_long_commits_take() -> None:
    """B-13, B-24: an answer that came at once waits behind slow commits until long after the offer."""
    bench = Listening(batch_limit=1)
    bench.insists(16)
    bench.answers()
    bench.work_slowly()
    assert bench.outcomes() == ["answered"]


def test_who_left_in_time_has_missed_nothing() -> None:
    """B-11, B-24: so does the end of a session."""
    bench = Listening(batch_limit=1)
    bench.insists(16)
    bench.engine.submit(SessionClosed(2))
    bench.work_slowly()
    assert bench.outcomes() == ["lost"]


def test_what_is_due_does_not_wait_for_inputs_that_never_cease() -> None:
    """B-24: under load the inbox is never empty, and an answer that came too late changes nothing."""
    bench = Listening(batch_limit=1)
    bench.insists(2)
    for number in range(14):
        bench.pass_by(2.5)
        bench.insists(1)
        if number == 12:
            bench.answers()
        bench.finish()
    assert bench.outcomes() == ["missed"]
    assert bench.engine.has_more or bench.commits


def test_a_frozen_process_begins_with_what_came_and_gives_a_grace() -> None:
    """B-13: an hour in which nobody looked is no time for anybody."""
    bench = Listening()
    bench.pass_by(29)
    bench.now += 3_600_000_000
    bench.settle()
    bench.pass_by(29)
    bench.settle()
    assert bench.status() is ChatStatus.ALERTING
    bench.pass_by(1)
    bench.settle()
    assert bench.status() is ChatStatus.WAITING


def test_nobodys_time_runs_while_a_commit_is_stalled() -> None:
    """B-13, W-20: whoever has not been alerted yet cannot have missed it."""
    bench = Listening()
    bench.ask("ES_CHAT_START", "t2")
    bench.engine.pump()
    for _ in range(100):
        bench.pass_by(1)
        bench.engine.pump()
    assert bench.engine.wake_at is None
    assert bench.status() is ChatStatus.ALERTING
    bench.settle()
    bench.pass_by(29.5)
    bench.settle()
    assert bench.status() is ChatStatus.ALERTING
    bench.pass_by(0.5)
    bench.settle()
    assert bench.status() is ChatStatus.WAITING


def test_nobodys_time_runs_while_the_process_ends() -> None:
    """B-13, W-13: what was read is answered, and whoever is not read any more has missed nothing."""
    bench = Listening(batch_limit=1)
    bench.insists(3)
    bench.pass_by(2.5)
    bench.engine.attention.draining = True
    bench.pass_by(60)
    assert bench.engine.wake_at is None
    bench.settle()
    assert (bench.engine.idle, bench.outcomes()) == (True, [])


def test_a_clock_that_is_set_is_recorded_and_moves_no_deadline() -> None:
    """B-14."""
    bench = Listening()
    bench.engine._clock = lambda: bench.now + 7_200_000_000
    bench.ask("ES_CHAT_START", "t2")
    bench.settle()
    second = bench.engine.state.chats[bench.engine.state.by_tracking[bench.chat.gateway, "t2"]]
    assert second.started_at == bench.now + 7_200_000_000
    assert bench.status() is ChatStatus.ALERTING
