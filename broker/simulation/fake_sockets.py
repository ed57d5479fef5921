"""Sockets for the broker's shell that are no sockets: its own code, over the simulated network."""

from __future__ import annotations

import socket
from collections.abc import Callable
from selectors import EVENT_WRITE
from typing import cast

from attrs import define, field

from broker.shell.authentication import Claim, Gate, Verdict
from broker.shell.checks import Check, SlowChecks
from broker.shell.connection import Link
from broker.shell.sockets import Sockets
from broker.simulation.network import Link as Wire
from broker.simulation.rng import Chance
from broker.simulation.world import MS, World
from protocol.session import Hello


@define(eq=False)
class WireSocket:
    """The broker's end of a connection, with the methods of a socket that the shell uses."""

    wire: Wire
    closed: bool = False

    def send(self, data: bytes | memoryview) -> int:
        """Send what goes."""
        taken = self.wire.down.write(bytes(data))
        if not taken and len(data):
            raise BlockingIOError
        return taken

    def as_socket(self) -> socket.socket:
        """Itself, under the name that the shell's types want."""
        return cast("socket.socket", self)


@define
class WireSockets(Sockets):
    """The shell's sockets without a selector: the network calls by itself."""

    def __attrs_post_init__(self) -> None:
        """Give the selector back: nothing is ever put into it."""
        self.close()

    def add(self, link: Link) -> None:
        """Nothing to watch: data comes by itself."""

    def drop(self, link: Link) -> None:
        """Close the connection at once."""
        end = _end(link)
        self.forget(link)
        if not end.closed:
            end.closed = True
            if not link.half_closed:
                end.wire.down.close()
            end.wire.up.kill()

    def shut(self, link: Link) -> None:
        """End our side of the stream."""
        link.half_closed = True
        _end(link).wire.down.close()

    def _watch(self, link: Link) -> None:
        link.watched = EVENT_WRITE if link.waits else 0


def _end(link: Link) -> WireSocket:
    return cast("WireSocket", link.sock)


@define
class LateGate(Gate):
    """A gate where some checks take their time, as those of hashed tokens do."""

    is_late: Callable[[], bool] = field(default=lambda: False, kw_only=True)

    def judge(self, hello: Hello) -> Claim | Verdict:
        """Check at once, or not."""
        return Verdict.SLOW if self.is_late() else super().judge(hello)


@define
class LateChecks(SlowChecks):
    """Token checks that come to their end a virtual moment later."""

    world: World = field(kw_only=True)
    chance: Chance = field(kw_only=True)

    def ask(self, check: Check) -> bool:
        """Have a hello checked, by and by."""

        def decide() -> None:
            verdict = Gate.judge(self.gate, check.hello)
            check.done(verdict if isinstance(verdict, Claim) else None)

        self.world.after(self.chance.about(100 * MS), decide)
        return True


class Silent:
    """A log that keeps nothing."""

    def __getattr__(self, _name: str) -> Callable[..., None]:
        return lambda *_args, **_fields: None
