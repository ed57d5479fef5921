"""Plays client sessions against the core in memory under virtual time, without any I/O."""

import itertools
from collections.abc import Callable
from typing import TypeVar

from attrs import define, field

from connectors.client.events import Alerted, ChatRef, Event, SentenceAdded
from connectors.client.session import Phase, Session
from connectors.client.settings import (
    ConnectorSettings,
    Gateway,
    Settings,
    Tuning,
    WorkplaceSettings,
)
from protocol.chat import ChatServiceInfo
from tests.support.wired_core import INSTALLATION, Line, WiredCore

E = TypeVar("E")


def visitor_settings(token: str = "web-secret", tuning: Tuning | None = None) -> ConnectorSettings:
    return ConnectorSettings(gateways=(Gateway("web"),), token=token, tuning=tuning or Tuning())


def agent_settings(
    login: str = "alice", number: str = "101", tuning: Tuning | None = None
) -> WorkplaceSettings:
    return WorkplaceSettings(
        number=number, login=login, token=f"{login}-secret", tuning=tuning or Tuning()
    )


def ids(prefix: str) -> Callable[[], str]:
    """Keys that are the same in every run."""
    count = itertools.count(1)
    return lambda: f"{prefix}{next(count)}"


@define(eq=False)
class Player:
    """One session, the connection that it has, and what it has told."""

    session: Session
    line: Line | None = None
    told: list[Event] = field(factory=list)

    def of(self, kind: type[E]) -> list[E]:
        return [event for event in self.told if isinstance(event, kind)]


class Stage:
    """A broker and its clients. `settle` lets everything that can happen now happen."""

    def __init__(self, config: str = INSTALLATION) -> None:
        self.now = 1000.0
        self.broker = WiredCore(self.now, config)
        self.players: list[Player] = []
        self.up = True

    def join(self, settings: Settings, prefix: str) -> Player:
        session = Session(settings, now=self.now, random=lambda: 0.0, new_id=ids(prefix))
        player = Player(session)
        self.players.append(player)
        self.settle()
        return player

    def settle(self, *only: Player) -> None:
        """Move bytes until nobody, or none of these, has any left to say."""
        while sum(self.step(player) for player in only or self.players):
            pass

    def step(self, player: Player) -> bool:
        """Move what one client and the broker have for each other; say whether there was anything."""
        session = player.session
        if session.phase is Phase.OFFLINE:
            if not self.up or session.dial_at is None or session.dial_at > self.now:
                return False
            player.line = self.broker.connect(self.now)
            session.dialled(self.now)
            return True
        line = player.line
        if line is None:
            return False
        if not self.broker.serves(line):
            if rest := line.data_to_send():
                player.told += session.receive(rest, self.now)
            else:
                self.cut(player)
            return True
        moved = False
        if out := session.data_to_send():
            line.receive(out, self.now)
            moved = True
        if back := line.data_to_send():
            player.told += session.receive(back, self.now)
            moved = True
        if session.hang_up and not session.data_to_send():
            self.cut(player)
            moved = True
        return moved

    def cut(self, player: Player) -> None:
        """The connection of a client breaks."""
        if player.line is not None:
            self.broker.drop(player.line)
            player.line = None
            player.told += player.session.lost(self.now)

    def restart(self) -> None:
        """The broker is killed and started."""
        self.broker.restart()
        for player in self.players:
            if player.line is not None:
                player.line = None
                player.told += player.session.lost(self.now, "the broker was killed")

    def pass_time(self, seconds: float) -> None:
        """Let time pass, waking every client when it asks for it."""
        until = self.now + seconds
        self.settle()
        while True:
            wanted = [self.broker.due, *(self._wants(player) for player in self.players)]
            then = min([at for at in wanted if at is not None and at <= until], default=until)
            self.now = max(self.now, then)
            for player in self.players:
                player.told += player.session.tick(self.now)
            self.broker.advance(self.now)
            for line in list(self.broker.lines.values()):
                line.tick(self.now)
            self.settle()
            if then >= until:
                return

    def _wants(self, player: Player) -> float | None:
        at = [player.session.next_deadline]
        if self.up:
            at.append(player.session.dial_at)
        return min((when for when in at if when is not None), default=None)


JANA = ChatServiceInfo(peer="web", party_name="Jana")


def start(stage: Stage, visitor: Player) -> ChatRef:
    ref, _ticket = visitor.session.start_chat(JANA, stage.now)
    stage.settle()
    return ref


def answer(stage: Stage, agent: Player, *only: Player) -> ChatRef:
    """The agent answers the chat that was offered last; all hear of it, or these only."""
    ref = agent.of(Alerted)[-1].ref
    agent.session.command("ANSWER", ref, stage.now)
    stage.settle(*only)
    return ref


def heard(stage: Stage) -> list[str]:
    return stage.broker.way.types()


def transcript(player: Player) -> list[tuple[int, str | None, bool]]:
    added = player.of(SentenceAdded)
    return [(event.sentence.counter, event.sentence.text, event.mine) for event in added]
