"""Planted bugs in the server: what is read, who is accepted, who is let go, and how it ends."""

from __future__ import annotations

import math
from typing import Any

import pytest

from broker.config.model import Config
from broker.core.inputs import FrameArrived
from broker.shell import server, sessions
from broker.shell.cleaning import Cleaning, Order
from broker.shell.server import Server, Stage
from broker.shell.sessions import Sessions
from protocol.connection import Connection, State
from protocol.errors import ErrorCode
from tests.simulation.plants import Patch, Plant


def _read_whatever_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "has_room", property(lambda self: self.stage is Stage.SERVING))


def _accept_never_resumes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "ACCEPT_PAUSE", math.inf)


def _drain_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Server._go_on_draining

    def go_on(self: Server) -> None:
        if self.stage is Stage.ANSWERING and self.engine is not None:
            self.engine.give_up()
        original(self)

    monkeypatch.setattr(Server, "_go_on_draining", go_on)


def _drain_tells_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "_go_on_draining", Server._end_drain)


def _paused_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sessions, "resume", lambda _self: None)


def _reload(change: Any) -> Patch:
    """A reload also does something to the first connection that there is."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        original = Server.replace

        def replace(self: Server, config: Config, tls: Any) -> None:
            original(self, config, tls)
            for client in [*self.sessions.clients.values()][:1]:
                change(self.sessions, client)

        monkeypatch.setattr(Server, "replace", replace)

    return patch


def _no_deadline(state: State) -> Patch:
    """A connection in this state comes up never, or in vain."""

    def patch(monkeypatch: pytest.MonkeyPatch) -> None:
        original = Connection.tick

        def tick(self: Connection, now: float) -> Any:
            self._pinged = None
            if self.state is state is State.AWAITING_HELLO:
                self._hello_until = now + 1e6  # or it would come up again in the same moment
                return []
            return original(self, now)

        monkeypatch.setattr(Connection, "tick", tick)

    return patch


def _closing_takes_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "CLOSE_TIMEOUT", 1e6)


def _message_takes_what_follows_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Cleaning.done

    def done(self: Cleaning, one: Order, came: Any) -> None:
        line = self.lines.get(one.session)
        if line is not None and isinstance(came, ErrorCode):
            behind = [item for item in line if not isinstance(item, Order)]
            for item in behind[:1]:
                line.remove(item)
        original(self, one, came)

    monkeypatch.setattr(Cleaning, "done", done)


def _last_said_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Cleaning._go_on

    def go_on(self: Cleaning, session: int, line: Any) -> None:
        if all(isinstance(item, FrameArrived) for item in [*line][1:]):
            first, rest = line.popleft(), [*line]
            line.clear()
            line.extend((first, *reversed(rest)))
        original(self, session, line)

    monkeypatch.setattr(Cleaning, "_go_on", go_on)


PLANTS = (
    Plant("a socket is read although the inbox is full", "I-14", _read_whatever_waits),
    Plant("an accept never resumes", "I-16", _accept_never_resumes),
    Plant("a drain drops an answer", "I-13", _drain_waits_for_nothing, 60),
    Plant("a drain tells nobody", "I-13", _drain_tells_nobody),
    Plant("a paused reader is never read again", "I-16", _paused_for_ever),
    Plant(
        "a reload ends a connection", "I-16", _reload(lambda s, client: s.drop(client, "reload"))
    ),
    Plant(
        "a reload leaves a socket unwatched",
        "I-16",
        _reload(lambda s, client: s.sockets.pause(client, True)),
    ),
    Plant("a missing hello is borne for ever", "I-16", _no_deadline(State.AWAITING_HELLO)),
    Plant("a silent peer is borne for ever", "I-16", _no_deadline(State.OPEN)),
    Plant(
        "a refused message takes what follows with it",
        "I-13",
        _message_takes_what_follows_with_it,
        40,
    ),
    Plant("behind a message the last word goes first", "I-4", _last_said_goes_first, 40),
    Plant("who does not close is borne for ever", "I-16", _closing_takes_for_ever),
)
