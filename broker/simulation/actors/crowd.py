"""A crowd at the door: many connections at once, of which some say nothing and others ask a lot."""

from __future__ import annotations

from typing import Final

from attrs import define, field

from broker.checker.history import Kind
from broker.config.model import SECOND
from broker.simulation.actors.visitors import Person
from broker.simulation.clients import Net
from broker.simulation.frame_log import FrameLog
from broker.simulation.installation import token_of
from broker.simulation.network import SimulatedConnection as Wire
from broker.simulation.world import MS
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo
from protocol.codec import assemble, pack
from protocol.session import Hello
from protocol.values import Role

PEER: Final = "mobile"
SILENT, STRANGER, MUTE, EAGER = "silent", "stranger", "mute", "eager"
MANNERS: Final = ((SILENT, 4), (STRANGER, 2), (MUTE, 1), (EAGER, 4))
"""They say nothing; have a wrong token; say hello and nothing more; ask and talk until they are served."""


@define(eq=False, repr=False)
class Newcomer(Person):
    """One of the crowd, who speaks without a client library and is gone when the broker ends it.

    Attributes:
        name: Unique in the run.
    """

    net: Net = field(kw_only=True)
    name: str = field(kw_only=True)
    wire: Wire | None = None
    serial: int = 0
    _sent: FrameLog | None = None
    _unsent: bytes = b""

    def begin(self) -> None:
        """Come with the others."""
        self.later(50 * MS, self._dial)

    def _dial(self) -> None:
        wire = self.wire = self.net.dial("crowd", Role.CONNECTOR, (PEER,), None)
        if wire is None:
            return
        world, history = self.net.world, self.net.history
        self._sent = FrameLog(history, Kind.SENT, wire.name, lambda: world.now)
        wire.down.on_data = FrameLog(history, Kind.GOT, wire.name, lambda: world.now).passed
        wire.down.on_end = self._leave
        wire.up.on_room = lambda: self._bytes(b"")
        manner = self.rng.weighed(MANNERS)
        if manner == SILENT:
            return
        token = "guess" if manner == STRANGER else token_of("web")
        self._say("SYS_HELLO", Hello(version=1, role=Role.CONNECTOR, peers=(PEER,), token=token))
        if manner == EAGER:
            self._ask()
            self.punctually(self.rng.between(2, 12) * SECOND, self._leave)

    def _ask(self) -> None:
        """Have a chat that is over at once, and ask what became of it, again and again."""
        name = f"c-{self.name}"
        self._say("ES_CHAT_START", ChatServiceInfo(peer=PEER, tracking_id=name))
        for number in range(self.rng.between(2, 12)):
            said = ChatSentenceInfo(peer=PEER, tracking_id=name, id=f"s{number}", text="now!")
            self._say("ES_CHAT_SENTENCE", said)
            self._say("ES_CHAT_STATUS", ChatCommandInfo(peer=PEER, tracking_id=name))
        self._say("ES_CHAT_STOP", ChatCommandInfo(peer=PEER, tracking_id=name))

    def _say(self, type_: str, payload: object) -> None:
        self.serial += 1
        self._bytes(assemble(pack(type_, payload), {"Id": f"c{self.serial}"}))

    def _bytes(self, data: bytes) -> None:
        if self.wire is None or self._sent is None:
            return
        self._sent.passed(data)
        data = self._unsent + data
        self._unsent = data[self.wire.up.write(data) :]

    def stop(self) -> None:
        """Start nothing any more, and go away."""
        self.quiet = True
        self._leave()

    def _leave(self) -> None:
        wire, self.wire = self.wire, None
        if wire is not None:
            wire.up.close()
            self.net.gone(wire, "left")
