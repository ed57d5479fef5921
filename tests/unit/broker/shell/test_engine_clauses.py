"""Every acknowledgement of W-20 and W-16 waits for its commit, whichever frame asked for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from broker.config.load import loads
from broker.core.broker import restore
from broker.core.effects import Effect, Send, StoredKey
from broker.core.facts import Fact
from broker.core.inputs import FrameArrived, SessionOpened
from broker.core.state import Recovered
from broker.shell.engine import Engine, Found
from protocol.codec import from_wire
from protocol.frame import Frame
from protocol.values import Role
from tests.support.core_in_memory import START
from tests.support.playbook import CONFIG

WEB, DESK = 1, 2
Step = tuple[int, str, dict[str, Any], str]

TALK: tuple[Step, ...] = (
    (DESK, "CS_AGENT_STATE", {"State": "Ready"}, "SC_AGENT_STATE"),
    (WEB, "ES_CHAT_START", {"TrackingId": "t1"}, "SE_CHAT_STATUS"),
    (WEB, "ES_CHAT_SENTENCE", {"TrackingId": "t1", "ID": "v", "Text": "Hi"}, "SE_CHAT_SENTENCE"),
    (DESK, "CS_CHAT_ANSWER", {}, "SC_CHAT_STATUS"),
    (DESK, "CS_CHAT_CONFIRM", {"ID": "v"}, "SYS_ACK"),
    (DESK, "CS_CHAT_SENTENCE", {"ID": "a", "Text": "Hello"}, "SC_CHAT_SENTENCE"),
    (WEB, "ES_CHAT_CONFIRM", {"TrackingId": "t1", "ID": "a"}, "SYS_ACK"),
    (
        WEB,
        "ES_CHAT_SENTENCE",
        {"TrackingId": "t1", "ID": "n", "Text": "/", "Model": 6},
        "SE_CHAT_SENTENCE",
    ),
    (WEB, "ES_SCENARIO_SAVE", {"ScenarioId": ...}, "SYS_ACK"),
    (DESK, "CS_CHAT_HANGUP", {}, "SC_CHAT_STATUS"),
    (WEB, "ES_CHAT_START", {"TrackingId": "t1"}, "SE_CHAT_STATUS"),
    (WEB, "ES_CHAT_STOP", {"TrackingId": "t1"}, "SE_CHAT_STATUS"),
)
"""Who sends what, and what acknowledges it."""


class Held:
    """A store and an outlet that the test looks into; a commit ends when the test says so."""

    def __init__(self) -> None:
        self.commits: list[tuple[list[Fact], Callable[[BaseException | None], None]]] = []
        self.sent: list[Send] = []

    def commit(self, facts: list[Fact], done: Callable[[BaseException | None], None]) -> None:
        """Hold a commit."""
        self.commits.append((facts, done))

    def read(
        self, keys: Sequence[StoredKey], done: Callable[[Found | BaseException], None]
    ) -> None:
        """Find nothing: no frame here lacks anything."""
        done({})

    def deliver(self, effects: list[Effect]) -> None:
        """Remember what left."""
        self.sent += [effect for effect in effects if isinstance(effect, Send)]


class Talk:
    """An engine with a connector and an agent."""

    def __init__(self) -> None:
        self.config = loads(CONFIG, path="engine.toml").config
        self.held = Held()
        state = restore(self.config, Recovered(), START)
        held, fail = self.held, pytest.fail
        self.engine = Engine(state, held, held, lambda: START, b"talk", lambda e: fail(str(e)))
        gateways = tuple(g.id for g in self.config.gateways.values() if g.peer == "web")
        alice = self.config.agent_by_login["alice"].id
        for opened in (
            SessionOpened(session=WEB, role=Role.CONNECTOR, gateways=gateways),
            SessionOpened(session=DESK, role=Role.WORKPLACE, workplace="101", agent_id=alice),
        ):
            self.engine.submit(opened)
            self.settle()

    def settle(self) -> None:
        """Let every commit end well."""
        self.engine.pump()
        while self.held.commits:
            self.held.commits.pop(0)[1](None)

    def say(self, number: int, step: Step) -> None:
        """Have a frame come; it names the only chat, or the only form."""
        session, type_, members, _answer = step
        named = {} if "ScenarioId" in members else {"Peer": "web" if session == WEB else "101"}
        if type_.startswith("CS_CHAT"):
            (named["ChatId"],) = self.engine.state.chats
        if "ScenarioId" in members:
            members = {"ScenarioId": next(iter(self.config.scenarios))}
        payload = from_wire(type_, {**named, **members})
        self.engine.submit(FrameArrived(session, Frame(type_, payload, {"Id": number})))
        self.engine.pump()

    def answers(self, number: int) -> list[str]:
        """What answered a frame."""
        return [send.type for send in self.held.sent if send.re == number and send.answer_to]


@pytest.mark.parametrize("number", range(len(TALK)), ids=[f"{step[1]}" for step in TALK])
def test_what_acknowledges_waits_for_the_commit(number: int) -> None:
    """W-16, W-20, I-11, I-13: nothing at all leaves before; then exactly one answer."""
    talk = Talk()
    for earlier in range(number):
        talk.say(earlier, TALK[earlier])
        talk.settle()
    before = len(talk.held.sent)
    talk.say(number, TALK[number])
    assert len(talk.held.commits) == 1
    assert any(fact.durable for fact in talk.held.commits[0][0])
    assert len(talk.held.sent) == before
    talk.settle()
    assert talk.answers(number) == [TALK[number][3]]


def test_a_retry_during_the_commit_is_not_answered_before_it() -> None:
    """W-20, W-21: the second echo reports the same sentence, so it waits for the same commit."""
    talk = Talk()
    for earlier in range(2):
        talk.say(earlier, TALK[earlier])
        talk.settle()
    for number in (10, 11):
        talk.say(number, TALK[2])
    before = len(talk.held.sent)
    assert (talk.answers(10), talk.answers(11)) == ([], [])
    talk.settle()
    assert (talk.answers(10), talk.answers(11)) == (["SE_CHAT_SENTENCE"], ["SE_CHAT_SENTENCE"])
    assert {s.payload.counter for s in talk.held.sent[before:] if s.re in (10, 11)} == {1}  # type: ignore[attr-defined]  # sentences
