"""Whatever is cut, delayed, refused or sent again: each sentence is in each transcript once, in order."""

from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.client.events import (
    Alerted,
    ChatRef,
    Disconnected,
    SentenceAdded,
    SentenceConfirmed,
    SentenceEchoed,
    SentenceRefused,
)
from connectors.client.session import Phase
from connectors.client.settings import Tuning
from protocol.chat import ChatServiceInfo
from protocol.errors import ErrorCode
from protocol.values import AgentState
from tests.support.client_stage import Player, Stage, agent_settings, visitor_settings
from tests.support.wired_core import INSTALLATION

WHO = st.sampled_from([0, 1])
ACTION = st.one_of(
    st.tuples(st.just("say"), WHO),
    st.tuples(st.just("up"), WHO, st.integers(1, 400)),
    st.tuples(st.just("down"), WHO, st.integers(1, 400)),
    st.tuples(st.just("cut"), WHO),
    st.tuples(st.just("deaf"), WHO),
    st.tuples(st.just("restart")),
    st.tuples(st.just("busy")),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 3.0, 21.0])),
)


PATIENT = INSTALLATION.replace(
    'peer = "web"', 'peer = "web"\nworkplace_grace = "10h"\ninactivity_timeout = "10h"'
)
"""Whoever is away for long keeps their chat, so that all that is said belongs to it."""


class Pipes:
    """Byte pipes between clients and broker that a test opens bit by bit."""

    def __init__(self, stage: Stage, players: list[Player]) -> None:
        self.stage = stage
        self.players = players
        self.up = [b"", b""]
        self.down = [b"", b""]

    def move_up(self, who: int, size: int) -> None:
        player = self.players[who]
        self.up[who] += player.session.data_to_send()
        part, self.up[who] = self.up[who][:size], self.up[who][size:]
        if part and player.line is not None:
            player.line.receive(part, self.stage.now)

    def move_down(self, who: int, size: int) -> None:
        player = self.players[who]
        if player.line is None:
            return
        self.down[who] += player.line.data_to_send()
        part, self.down[who] = self.down[who][:size], self.down[who][size:]
        if part:
            player.told += player.session.receive(part, self.stage.now)
            if player.session.hang_up:
                self.cut(who)

    def cut(self, who: int) -> None:
        self.up[who] = self.down[who] = b""
        self.stage.cut(self.players[who])

    def dial(self) -> None:
        for player in self.players:
            session = player.session
            if session.phase is Phase.OFFLINE and (session.dial_at or 0) <= self.stage.now:
                player.line = self.stage.broker.connect(self.stage.now)
                session.dialled(self.stage.now)

    def wait(self, seconds: float) -> None:
        self.stage.now += seconds
        for who, player in enumerate(self.players):
            player.told += player.session.tick(self.stage.now)
            if player.session.hang_up:
                self.cut(who)

    def heal(self) -> None:
        """The faults end: everything that is on its way arrives, and time passes."""
        self.stage.broker.way.refusals.clear()
        for who, player in enumerate(self.players):
            if player.line is not None:
                player.line.deaf = False
            self.move_up(who, 1 << 30)
            self.move_down(who, 1 << 30)
        self.stage.pass_time(200)


def play(window: int, actions: list[tuple[object, ...]]) -> tuple[Stage, list[Player], list[int]]:
    stage = Stage(PATIENT)
    tuning = Tuning(window=window)
    visitor = stage.join(visitor_settings(tuning=tuning), "v")
    agent = stage.join(agent_settings(tuning=tuning), "a")
    outside, _ = visitor.session.start_chat(ChatServiceInfo(peer="web"), stage.now)
    agent.session.set_agent_state(AgentState.READY, stage.now)
    stage.settle()
    inside = agent.of(Alerted)[0].ref
    agent.session.command("ANSWER", inside, stage.now)
    stage.settle()
    players, refs = [visitor, agent], [outside, inside]
    pipes = Pipes(stage, players)
    said = [0, 0]
    for name, *arguments in actions:
        act(str(name), arguments, pipes, refs, said)
        pipes.dial()
    pipes.heal()
    return stage, players, said


def act(
    name: str, arguments: list[object], pipes: Pipes, refs: list[ChatRef], said: list[int]
) -> None:
    who = arguments[0] if arguments and isinstance(arguments[0], int) else 0
    size = arguments[-1] if arguments and isinstance(arguments[-1], int) else 0
    stage, player = pipes.stage, pipes.players[who]

    def say() -> None:
        said[who] += 1
        player.session.send(refs[who], f"{'va'[who]}{said[who]}", stage.now)

    def deafen() -> None:
        if player.line is not None:
            player.line.deaf = True

    def restart() -> None:
        for one in (0, 1):
            pipes.cut(one)
        stage.broker.restart()

    seconds = arguments[0] if arguments and isinstance(arguments[0], float) else 0.0
    acts: dict[str, Callable[[], object]] = {
        "say": say,
        "up": lambda: pipes.move_up(who, size),
        "down": lambda: pipes.move_down(who, size),
        "cut": lambda: pipes.cut(who),
        "deaf": deafen,
        "restart": restart,
        "busy": lambda: stage.broker.way.refusals.append(ErrorCode.RATE_LIMITED),
        "wait": lambda: pipes.wait(seconds),
    }
    acts[name]()


def told_as_delivered(player: Player) -> Counter[str | None]:
    """Own sentences by their text: confirmed when they were given out, or told so later."""
    at_once = [
        event.sentence.text
        for event in player.of(SentenceAdded)
        if event.mine and event.sentence.confirmed_time is not None
    ]
    later = [event.sentence.text for event in player.of(SentenceConfirmed)]
    return Counter(at_once) + Counter(later)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.sampled_from([1, 4]), st.lists(ACTION, max_size=40))
@example(1, [("say", 0), ("up", 0, 400), ("restart",), ("wait", 3.0)])
@example(1, [("say", 0), ("up", 0, 93), ("cut", 0)])  # confirmed while its sender was away
def test_each_sentence_is_in_each_transcript_once(
    window: int, actions: list[tuple[object, ...]]
) -> None:
    """W-21, W-22, W-25, W-26, I-2, I-3."""
    stage, players, said = play(window, actions)
    chat = stage.broker.chat
    stored = [(one.counter, one.words.text) for one in chat.transcript.sentences]
    assert [counter for counter, _ in stored] == list(range(1, len(stored) + 1))
    everything = [f"v{n + 1}" for n in range(said[0])] + [f"a{n + 1}" for n in range(said[1])]
    assert sorted(text or "" for _, text in stored) == sorted(everything)
    for player in players:
        assert player.session.phase is Phase.READY
        given_out = [
            (event.sentence.counter, event.sentence.text) for event in player.of(SentenceAdded)
        ]
        assert given_out == stored
        assert not player.of(SentenceRefused)
    for who, player in enumerate(players):
        mine = [text for _, text in stored if (text or "").startswith("va"[who])]
        assert Counter(event.sentence.text for event in player.of(SentenceEchoed)) == Counter(mine)
        assert told_as_delivered(player) == Counter(mine)
        if window == 1:
            assert mine == sorted(mine, key=lambda text: int((text or "v0")[1:]))
    assert all(one.confirmed_at for one in chat.transcript.sentences)
    stage.broker.check_store()


def test_the_play_does_what_it_is_for() -> None:
    actions: list[tuple[object, ...]] = [
        ("say", 0),
        ("up", 0, 400),
        ("cut", 0),
        ("say", 1),
        ("wait", 3.0),
    ]
    stage, players, _ = play(1, actions)
    assert len(players[0].of(Disconnected)) == 1
    assert len(stage.broker.chat.transcript.sentences) == 2
