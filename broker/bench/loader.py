"""One loader process: connectors and agents on non-blocking sockets under one epoll."""

from __future__ import annotations

import select
import socket
from collections import Counter, deque
from collections.abc import Callable
from struct import Struct
from time import monotonic_ns
from typing import Final

from attrs import Factory, define

from broker.bench import frames
from broker.bench.settings import Share, gateway_peer, workplace_number
from protocol.codec import decode, encode
from protocol.frame import Frame
from protocol.session import Bye, SysError
from protocol.values import Role

_LENGTH: Final = Struct(">I").unpack_from
_READ_BYTES: Final = 1 << 18
_STARTS_AT_ONCE: Final = 256
_SECOND: Final = 1_000_000_000
_LATE: Final = 2_000_000
"""Nanoseconds by which a scheduled sentence may be late before that is its latency, too."""
_SERIALS: Final = 16**frames.SERIAL_DIGITS
_ID: Final = len(frames.ID_KEY)
_STAMP_END: Final = _ID + frames.STAMP_DIGITS
_SLOT_END: Final = _STAMP_END + frames.SLOT_DIGITS
_ID_END: Final = _ID + frames.ID_LENGTH
_CHAT: Final = len(frames.CHAT_KEY)
_CHAT_END: Final = _CHAT + frames.GUID_LENGTH
_TRACKING: Final = len(frames.TRACKING_KEY)
_TRACKING_END: Final = _TRACKING + frames.TRACKING_LENGTH


class LoadFailed(Exception):
    """The broker did not do what a measurement needs; the text says what."""


@define(eq=False)
class Transport:
    """One connection.

    Attributes:
        rest: What came and is no whole frame yet.
        out: What is to be sent.
        blocked: What the full socket did not take.
        confirm: Pieces of an agent's confirmation.
        answer: Pieces of an agent's answer.
    """

    sock: socket.socket
    role: Role
    peer: str
    rest: bytes = b""
    out: list[bytes] = Factory(list)
    blocked: bytes = b""
    welcome: bool = False
    confirm: tuple[bytes, ...] = ()
    answer: tuple[bytes, ...] = ()


@define(eq=False)
class Slot:
    """A place for one open chat; after its share of sentences another chat takes the place.

    Attributes:
        left: Sentences that the chat may still have.
        flying: Sentences of it that are on their way.
        head: The chat's sentence up to the digits of its ID that differ.
        tail: What follows the ID.
    """

    transport: Transport
    number: int
    left: int
    flying: int = 0
    generation: int = 0
    is_open: bool = False
    head: bytes = b""
    tail: bytes = b""


@define
class Tally:
    """What was measured: latencies in nanoseconds, one for each sentence."""

    echo: list[int] = Factory(list)
    delivery: list[int] = Factory(list)
    circle: list[int] = Factory(list)
    errors: Counter[str] = Factory(Counter)


@define(eq=False)
class Loader:
    """Plays the connectors and the agents of one share of a load.

    A sentence is on its way until its confirmation is back: sent by the connector, stored and
    echoed, delivered to the agent, confirmed by them, the confirmation passed to the connector.
    """

    share: Share
    address: tuple[str, int]
    tally: Tally = Factory(Tally)
    opened: int = 0
    on_the_way: int = 0
    _poll: select.epoll = Factory(select.epoll)
    _transports: dict[int, Transport] = Factory(dict)
    _dirty: dict[Transport, None] = Factory(dict)
    _slots: list[Slot] = Factory(list)
    _idle: deque[Slot] = Factory(deque)
    _to_open: deque[Slot] = Factory(deque)
    _opening: int = 0
    _serial: int = 0
    _sending: bool = False

    # -- before and after the measurement

    def connect(self, seconds: float = 120.0) -> None:
        """Open all connections and say hello on each; the agents become ready."""
        agents = [self._transport(Role.WORKPLACE, workplace_number(n)) for n in self.share.agents]
        connectors = [
            self._transport(Role.CONNECTOR, gateway_peer(n)) for n in self.share.connectors
        ]
        transports = agents + connectors
        self._until(lambda: all(transport.welcome for transport in transports), "welcomes", seconds)
        for transport in agents:
            transport.confirm = frames.confirm(transport.peer).pieces
            transport.answer = frames.answer(transport.peer).pieces
            self._send(transport, frames.ready(transport.peer))
        every = self.share.load.sentences_per_chat
        for number in range(self.share.chats):
            # The first chats have shares of different lengths, so that they do not end together.
            left = 1 + every * (number + 1) // self.share.chats
            self._slots.append(Slot(connectors[number % len(connectors)], number, left))
        self._to_open.extend(self._slots)
        self._until(lambda: not self._dirty, "readiness", seconds)

    def _transport(self, role: Role, peer: str) -> Transport:
        sock = socket.create_connection(self.address)
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = Transport(sock, role, peer)
        self._transports[sock.fileno()] = transport
        self._poll.register(sock.fileno(), select.EPOLLIN)
        self._send(transport, frames.hello(role, peer))
        self._flush()
        return transport

    def open_chats(self, seconds: float = 600.0) -> None:
        """Start the chats and wait until each is answered."""
        self._start_some()
        self._until(lambda: self.opened == self.share.chats, "answers to all chats", seconds)

    def drain(self, seconds: float = 10.0) -> int:
        """Send nothing new and wait for what is on its way.

        Returns:
            How many sentences did not come back.
        """
        self._sending = False
        end = monotonic_ns() + int(seconds * _SECOND)
        while self.on_the_way and monotonic_ns() < end:
            self._round(0.05)
        return self.on_the_way

    def attend(self, done: Callable[[], bool]) -> None:
        """Answer and confirm what others send, until `done`."""
        while not done():
            self._round(0.05)

    def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            transport.sock.close()
        self._poll.close()

    def _until(self, done: Callable[[], bool], what: str, seconds: float) -> None:
        end = monotonic_ns() + int(seconds * _SECOND)
        while not done():
            if monotonic_ns() > end:
                raise LoadFailed(f"no {what} within {seconds:.0f} s; refused: {self.tally.errors}")
            self._round(0.05)

    # -- the measurement

    def run(self, seconds: float) -> None:
        """Load the broker for so long."""
        self._sending = True
        now = monotonic_ns()
        end = now + int(seconds * _SECOND)
        if self.share.rate is None:
            self._fill(now)
            while monotonic_ns() < end:
                self._round(0.05)
            return
        interval = int(_SECOND / self.share.rate)
        due = now
        while now < end:
            while due <= now:
                self._on_schedule(due, now)
                due += interval
            self._flush()
            self._round((due - now) / _SECOND)
            now = monotonic_ns()

    def _on_schedule(self, due: int, now: int) -> None:
        if not self._idle:
            self.tally.errors["no open chat at hand"] += 1
            return
        slot = self._idle.popleft()
        self._say(slot, due if now - due > _LATE else now)
        if slot.left > 0:
            self._idle.append(slot)

    def _fill(self, now: int) -> None:
        idle = self._idle
        while self.on_the_way < self.share.outstanding and idle:
            self._say(idle.popleft(), now)

    def _say(self, slot: Slot, stamp: int) -> None:
        self._serial = serial = (self._serial + 1) % _SERIALS
        slot.left -= 1
        slot.flying += 1
        self.on_the_way += 1
        transport = slot.transport
        transport.out += (slot.head, b"%016x%06x%04x" % (stamp, slot.number, serial), slot.tail)
        self._dirty[transport] = None

    def _confirmed(self, slot: Slot) -> None:
        self.on_the_way -= 1
        slot.flying -= 1
        if slot.left <= 0:
            if not slot.flying:
                self._rotate(slot)
        elif self.share.rate is None:
            self._idle.append(slot)

    # -- chats begin and end

    def _start_some(self) -> None:
        while self._to_open and self._opening < _STARTS_AT_ONCE:
            slot = self._to_open.popleft()
            slot.generation += 1
            tracking = self._tracking(slot)
            text = "x" * self.share.load.text_bytes
            slot.head, slot.tail = frames.sentence(slot.transport.peer, tracking, text).pieces
            self._opening += 1
            self._send(slot.transport, frames.start(slot.transport.peer, tracking))

    def _rotate(self, slot: Slot) -> None:
        slot.is_open = False
        self.opened -= 1
        slot.left = self.share.load.sentences_per_chat
        self._send(slot.transport, frames.stop(slot.transport.peer, self._tracking(slot)))
        self._to_open.append(slot)
        self._start_some()

    def _tracking(self, slot: Slot) -> str:
        return frames.tracking_id(self.share.worker, slot.number, slot.generation)

    def _status(self, body: bytes) -> None:
        at = body.find(frames.TRACKING_KEY)
        if at < 0 or frames.ANSWERED not in body:
            return
        tracking = body[at + _TRACKING : at + _TRACKING_END]
        slot = self._slots[frames.slot_of_tracking(tracking)]
        if slot.is_open or tracking != self._tracking(slot).encode():
            return
        slot.is_open = True
        self.opened += 1
        self._opening -= 1
        self._idle.append(slot)
        self._start_some()
        if self._sending and self.share.rate is None:
            self._fill(monotonic_ns())

    # -- bytes

    def _round(self, timeout: float) -> None:
        for fd, _ in self._poll.poll(max(timeout, 0.0)):
            transport = self._transports[fd]
            try:
                data = transport.sock.recv(_READ_BYTES)
            except BlockingIOError:  # only writable
                self._dirty[transport] = None
                continue
            if not data:
                raise LoadFailed(f"the broker closed the connection of {transport.peer}")
            if transport.blocked:
                self._dirty[transport] = None
            if transport.rest:
                data = transport.rest + data
            if transport.role is Role.CONNECTOR:
                self._connector_frames(transport, data)
            else:
                self._agent_frames(transport, data)
        self._flush()

    def _connector_frames(self, transport: Transport, data: bytes) -> None:
        now = monotonic_ns()
        tally = self.tally
        find = data.find
        at, end = 0, len(data)
        while end - at > 4:
            stop = at + 4 + _LENGTH(data, at)[0]
            if stop > end:
                break
            mark = data[at + 5]
            if mark == frames.SENTENCE_MARK:
                key = find(frames.ID_KEY, at, stop)
                if key > 0:
                    tally.echo.append(now - int(data[key + _ID : key + _STAMP_END], 16))
            elif mark == frames.CONFIRM_MARK:
                key = find(frames.ID_KEY, at, stop)
                if key > 0:
                    tally.circle.append(now - int(data[key + _ID : key + _STAMP_END], 16))
                    self._confirmed(self._slots[int(data[key + _STAMP_END : key + _SLOT_END], 16)])
            else:
                self._other(transport, data[at + 4 : stop])
            at = stop
        transport.rest = data[at:]
        if self._sending and self.share.rate is None:
            self._fill(now)

    def _agent_frames(self, transport: Transport, data: bytes) -> None:
        now = monotonic_ns()
        delivery = self.tally.delivery
        find = data.find
        out = transport.out
        at, end = 0, len(data)
        while end - at > 4:
            stop = at + 4 + _LENGTH(data, at)[0]
            if stop > end:
                break
            if data[at + 5] == frames.SENTENCE_MARK:
                key = find(frames.ID_KEY, at, stop)
                chat = find(frames.CHAT_KEY, at, stop)
                if key > 0 and chat > 0:
                    delivery.append(now - int(data[key + _ID : key + _STAMP_END], 16))
                    before, between, after = transport.confirm
                    out += (
                        before,
                        data[chat + _CHAT : chat + _CHAT_END],
                        between,
                        data[key + _ID : key + _ID_END],
                        after,
                    )
                    self._dirty[transport] = None
            else:
                self._other(transport, data[at + 4 : stop])
            at = stop
        transport.rest = data[at:]

    def _other(self, transport: Transport, body: bytes) -> None:
        mark = body[1]
        type_name = body[2 : 2 + (mark & 0x1F)]
        if type_name == b"SE_CHAT_STATUS":
            self._status(body)
        elif type_name == b"SC_CHAT_ALERT":
            at = body.index(frames.CHAT_KEY)
            before, after = transport.answer
            self._send(transport, before + body[at + _CHAT : at + _CHAT_END] + after)
        elif type_name == b"SYS_WELCOME":
            transport.welcome = True
        elif type_name in (b"SYS_ERROR", b"SYS_BYE", b"SYS_PING"):
            self._session_frame(transport, decode(body))

    def _session_frame(self, transport: Transport, frame: Frame) -> None:
        if isinstance(frame.payload, Bye):
            raise LoadFailed(f"{transport.peer}: SYS_BYE {frame.payload.code} {frame.payload.text}")
        if isinstance(frame.payload, SysError):
            error = frame.payload
            self.tally.errors[f"{error.code} {error.type}: {error.text}"] += 1
            if error.fatal:
                raise LoadFailed(f"{transport.peer}: {error.code} {error.text}")
        else:
            self._send(transport, encode(Frame("SYS_PONG", frame.payload)))

    def _send(self, transport: Transport, data: bytes) -> None:
        transport.out.append(data)
        self._dirty[transport] = None

    def _flush(self) -> None:
        dirty, self._dirty = self._dirty, {}
        for transport in dirty:
            data = transport.blocked + b"".join(transport.out)
            transport.out.clear()
            if not data:
                continue
            try:
                sent = transport.sock.send(data)
            except BlockingIOError:
                sent = 0
            was_blocked, transport.blocked = bool(transport.blocked), data[sent:]
            if was_blocked != bool(transport.blocked):
                events = select.EPOLLIN | (select.EPOLLOUT if transport.blocked else 0)
                self._poll.modify(transport.sock.fileno(), events)
