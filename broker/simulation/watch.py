"""Looks now and then at what the server leaves undone though nothing hinders it."""

from __future__ import annotations

from attrs import define, field

from broker.checker.history import History, Kind
from broker.shell.connection import ClientConnection, Phase
from broker.shell.server import Server, Stage
from broker.simulation.fake_sockets import FakeListener, socket_of
from broker.simulation.world import World
from protocol.connection import State


@define
class Watch:
    """Notes who waits, and since when nothing hindered the server from serving them.

    The judge decides whether that is too long.
    """

    world: World
    history: History
    server: Server
    listener: FakeListener
    _deaf: int = 0
    _full_since: int | None = None
    _hindered_at: int = 0
    _idle_since: int | None = None
    _open_since: int | None = None
    _closing: dict[int, int] = field(factory=dict)
    _held_at: dict[int, int] = field(factory=dict)
    _told: dict[tuple[str, str], None] = field(factory=dict)

    def look(self) -> None:
        """Look at all connections."""
        self._look_for_hindrance()
        self._idle_since = self._since(self._idle_since, self._is_idle)
        self._open_since = self._since(self._open_since, self._is_open)
        for client in self.server.sessions.clients.values():
            self._look_at(client)
        if self._open_since is not None and self.listener.waiting:
            came, sock = self.listener.waiting[0]
            self._note("accept", sock.wire.name, max(came, self._open_since))

    def _look_for_hindrance(self) -> None:
        """See whether the server may judge who is silent or does not close.

        It does so once all is read, and while its inbox is full it reads nobody. Full at one look alone
        is no hindrance: it has room again and again under load, and looks at its deadlines then.
        """
        now, deaf = self.world.now, self.server.attention.deaf
        self._full_since = self._since(self._full_since, not self.server.has_room)
        stays_full = self._full_since is not None and self._full_since < now
        if deaf != self._deaf or stays_full:
            self._deaf, self._hindered_at = deaf, now

    def _since(self, before: int | None, holds: bool) -> int | None:
        """Since which look something holds."""
        if not holds:
            return None
        return self.world.now if before is None else before

    @property
    def _is_idle(self) -> bool:
        """Whether the engine has nothing to do, so that every socket may be read."""
        engine = self.server.engine
        return engine is not None and engine.idle and self.server.stage is Stage.SERVING

    @property
    def _is_open(self) -> bool:
        """Whether everybody may be accepted."""
        server = self.server
        serves = server.engine is not None and server.stage is Stage.SERVING
        return serves and server.has_room and not self.listener.no_descriptors

    def _look_at(self, client: ClientConnection) -> None:
        sock, number = socket_of(client), client.number
        name = sock.wire.name
        if self.server.sessions.cleaning.is_full(number, client.party):
            # What the session sent waits for processes that clean and look, and nothing more is read of it.
            self._held_at[number] = self.world.now
        if sock.unread_since is not None and self._idle_since is not None:
            # Who is accepted late, for want of descriptors, has sent already: that is of "accept".
            accepted = self.world.micros(client.opened_at)
            hindered = max(self._idle_since, self._held_at.get(number, 0), accepted)
            self._note("read", name, max(sock.unread_since, hindered))
        if client.phase is Phase.CLOSING:
            since = self._closing.setdefault(number, self.world.now)
            self._note("close", name, max(since, self._hindered_at))
        elif client.connection.state is State.AWAITING_HELLO:
            since = self.world.micros(client.opened_at)
            self._note("hello", name, max(since, self._hindered_at))
        elif client.connection.state is State.OPEN:
            self._note("ping", name, max(sock.heard_at, self._hindered_at))

    def _note(self, what: str, name: str, since: int) -> None:
        """Note it once, when it is longer than a look or two."""
        if self.world.now - since >= _NOTED[what] and (what, name) not in self._told:
            self._told[what, name] = None
            self.history.add(self.world.now, Kind.UNSERVED, name, what=what, since=since)


_NOTED = {
    "read": 900_000,
    "accept": 2_900_000,
    "close": 5_000_000,
    "hello": 13_000_000,
    "ping": 34_000_000,
}
"""After how many microseconds it is worth a note; what is allowed is the judge's to say."""
