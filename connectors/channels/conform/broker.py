"""The broker's side of a conversation with a connector, played: it does what a scenario wants.

Theory of operation: left alone it is a good broker with no memory beyond this program. It welcomes, tells
its gateways, takes messages and answers them, acknowledges. A scenario replaces what it does with one type of
frame (`on`), says things by itself (`push`), breaks connections, and looks into the `log` of everything that
was heard. What no connector may do whatever the scenario is noted as it comes, in `findings`.
"""

import ssl
import uuid
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

import anyio
import anyio.abc
from attrs import define, field, frozen

from connectors.channels.conform.laws import Finding, fault_of, findings_of
from protocol.blob import BlobInfo, BlobRequestInfo, BlobStatusInfo
from protocol.connection import Connection, Failed, Refused, Side, State
from protocol.encoding import Encoding, encoding_of
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.framing import Framer
from protocol.limits import DATA_BYTES
from protocol.message import CommandInfo, GatewayInfo, MessageContentInfo
from protocol.session import Ack, Hello, Welcome
from protocol.values import Direction, FrameId, Guid, Role

_BROKEN = (anyio.BrokenResourceError, anyio.ClosedResourceError, ssl.SSLError, OSError)
FRAME_BYTES: Final = 1_048_576


@frozen
class Heard:
    """A frame that the connector sent.

    Attributes:
        line: The connection.
        at: When it came.
        frame: The frame.
    """

    line: "Line"
    at: float
    frame: Frame

    @property
    def payload(self) -> Any:
        """What it carries."""
        return self.frame.payload


class Line:
    """One connection of the connector.

    Attributes:
        number: Which it is, from 1.
        since: When it was opened.
        connection: Its protocol.
        hello: What it said first.
        ended: When it was over, once it is.
        announced: The gateways that it asked for; None: it did not ask yet.
        said_bye: Whether it said good-bye.
        mute: Nothing is said to it any more, not even by the protocol itself.
        beats: The pings and pongs that it sent.
    """

    def __init__(self, number: int, stream: anyio.abc.ByteStream, heartbeat: int) -> None:
        now = anyio.current_time()
        self.number = number
        self.since = now
        self.hello: Hello | None = None
        self.ended: float | None = None
        self.connection = Connection(
            Side.SERVER, now=now, frame_bytes=FRAME_BYTES, heartbeat_seconds=heartbeat
        )
        self.announced: tuple[GatewayInfo, ...] | None = None
        self.said_bye = False
        self.mute = False
        self.beats: list[Frame] = []
        self._stream = stream
        self._lock = anyio.Lock()
        self._framer = Framer(FRAME_BYTES)

    @property
    def is_open(self) -> bool:
        """Whether it was welcomed and lives."""
        return self.connection.state is State.OPEN and self.ended is None

    @property
    def encoding(self) -> Encoding:
        """How it speaks."""
        return self.connection.encoding

    async def say(self, type_: str, payload: object, re: FrameId = None) -> None:
        """Send a frame; on a connection that is gone nothing happens."""
        headers = None if re is None else {"Re": re}
        await self.write(self.encoding.assemble(self.encoding.pack(type_, payload), headers))

    async def write(self, data: bytes, piece: int | None = None) -> None:
        """Send bytes as they are, in pieces of so many if that is said."""
        if self.mute:
            return
        async with self._lock:
            try:
                for at in range(0, len(data), piece or len(data) or 1):
                    await self._stream.send(data[at : at + (piece or len(data))])
                    if piece is not None:
                        await anyio.lowlevel.checkpoint()
            except _BROKEN:
                pass  # the reader of this connection sees it, too

    async def flush(self) -> None:
        """Send what the protocol itself has to say."""
        if data := self.connection.data_to_send():
            await self.write(data)

    async def cut(self) -> None:
        """Break the connection without a word."""
        await anyio.aclose_forcefully(self._stream)

    async def read(self) -> bytes:
        """What comes next; nothing at the end."""
        try:
            data = await self._stream.receive(65_536)
        except (anyio.EndOfStream, *_BROKEN):
            return b""
        for body in self._framer.split(data)[0]:
            with suppress(WireError):
                frame = encoding_of(body).decode(body)
                if frame.type in ("SYS_PING", "SYS_PONG"):
                    self.beats.append(frame)
        return data


@define(eq=False)
class Blob:
    """An attachment that a connector has brought, or is given.

    Attributes:
        size: How long it is to be.
        data: What is there of it.
    """

    size: int
    data: bytearray = field(factory=bytearray)

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there."""
        return len(self.data) == self.size


Answer = Callable[[Heard], Awaitable[None]]
"""What the broker does with a frame."""


async def silence(_: Heard) -> None:
    """Do nothing with a frame."""


@define(eq=False)
class PlayedBroker:
    """The broker.

    Attributes:
        gateways: What it announces.
        token: The secret that is right.
        heartbeat: What it says in its welcome.
        on: What it does with which frame, in place of what a good broker does.
        log: All frames that came, but for hellos and heartbeats.
        lines: All connections that there were.
        findings: What no connector may do.
        taken: The messages that it has, by gateway and `DeliverySystemId`.
        blobs: The attachments that it has, whole or in part.
        refuses: It hangs up on whoever connects.
        greets: What it does with a hello, in place of a welcome.
    """

    gateways: tuple[GatewayInfo, ...]
    token: str
    heartbeat: int = 30
    on: dict[str, Answer] = field(factory=dict)
    log: list[Heard] = field(factory=list)
    lines: list[Line] = field(factory=list)
    findings: list[Finding] = field(factory=list)
    taken: dict[tuple[Guid | None, str | None], Guid] = field(factory=dict)
    blobs: dict[Guid, Blob] = field(factory=dict)
    refuses: bool = False
    greets: Callable[["PlayedBroker", Line, Frame], Awaitable[None]] | None = None
    _changed: anyio.Event = field(factory=anyio.Event)
    _sendings: dict[Guid, Guid | None] = field(factory=dict)

    # --- what a scenario does

    @property
    def line(self) -> Line | None:
        """The newest connection that is welcome and lives."""
        return next((one for one in reversed(self.lines) if one.is_open), None)

    def heard(self, *types: str, since: int = 0) -> list[Heard]:
        """The frames of some types that came, from a place in the log on."""
        return [one for one in self.log[since:] if one.frame.type in types]

    async def until(self, condition: Callable[[], bool], within: float) -> bool:
        """Wait until something is so.

        Returns:
            Whether it came to be so in time.
        """
        with anyio.move_on_after(within):
            while not condition():
                await self._changed.wait()
        return condition()

    async def push(self, type_: str, payload: object) -> None:
        """Say something to the newest connection."""
        if self.line is not None:
            await self.line.say(type_, payload)

    async def sending(self, message: MessageContentInfo) -> None:
        """Ask the connector to send a message."""
        self.expect(message)
        await self.push("SE_MESSAGE_SENDING", message)

    def expect(self, message: MessageContentInfo) -> None:
        """Count a message as asked for, which is said in another way."""
        assert message.message_id is not None
        self._sendings[message.message_id] = message.gateway_id

    async def cut(self) -> None:
        """Break all connections."""
        for line in [one for one in self.lines if one.ended is None]:
            await line.cut()

    async def bye(self, code: ByeCode, after: int | None = None) -> None:
        """Close all connections with a good-bye."""
        for line in [one for one in self.lines if one.is_open]:
            line.connection.bye(code, reconnect_after=after)
            await line.flush()
            await line.cut()

    def gateway(self, direction: Direction) -> GatewayInfo:
        """The announced gateway of a direction."""
        return next(one for one in self.gateways if one.direction is direction)

    # --- what a good broker does

    async def receipt(self, heard: Heard, *, taken: bool = True) -> None:
        """Answer an inbound message."""
        info = heard.payload
        assert isinstance(info, MessageContentInfo)
        key = (info.gateway_id, info.delivery_system_id)
        if taken:
            self.taken.setdefault(key, Guid(str(uuid.uuid4())))
        answer = CommandInfo(
            id=self.taken.get(key) if taken else None,
            ref_id=info.gateway_id,
            reference=info.request_id,
            data="true" if taken else "false",
            time_stamp=datetime.now(UTC),
        )
        await heard.line.say("SE_MESSAGE_RECEIVED", answer, heard.frame.id)

    async def refuse(self, heard: Heard, code: ErrorCode, text: str = "") -> None:
        """Refuse a frame."""
        heard.line.connection.report(
            WireError(code, text, type=heard.frame.type, re=heard.frame.id)
        )
        await heard.line.flush()

    async def acknowledge(self, heard: Heard) -> None:
        """Acknowledge a frame, if it wants that."""
        if heard.frame.id is not None:
            await heard.line.say("SYS_ACK", Ack(type=heard.frame.type), heard.frame.id)

    async def usual(self, heard: Heard) -> None:
        """Do what a good broker does with a frame."""
        match heard.frame.type:
            case "ES_SL_GETGATEWAYS":
                shown = tuple(one for one in self.gateways if one.peer_address == heard.payload)
                heard.line.announced = (*(heard.line.announced or ()), *shown)
                await heard.line.say("SE_SL_MSGGATEWAYS", shown, heard.frame.id)
            case "ES_MESSAGE_RECEIVING":
                await self.receipt(heard)
            case "ES_BLOB_PUT":
                await self._put(heard)
            case "ES_BLOB_GET":
                await self._get(heard)
            case "ES_CHAT_RESYNC":
                await heard.line.say("SE_CHAT_LIST", (), heard.frame.id)
            case "ES_MESSAGE_SENT" if heard.payload.id not in self._sendings:
                await self.refuse(heard, ErrorCode.UNKNOWN_MESSAGE)
            case "ES_MESSAGE_SENT" | "ES_MESSAGE_REPORT":
                await self.acknowledge(heard)
            case _:
                await self.refuse(heard, ErrorCode.NOT_ALLOWED, "not played here")

    async def _put(self, heard: Heard) -> None:
        piece = heard.payload
        assert isinstance(piece, BlobInfo)
        assert piece.blob_id is not None
        blob = self.blobs.setdefault(piece.blob_id, Blob(size=piece.size))
        if piece.offset == len(blob.data):
            blob.data += piece.data or b""
        status = BlobStatusInfo(
            peer=piece.peer,
            blob_id=piece.blob_id,
            offset=len(blob.data),
            is_complete=blob.is_whole,
        )
        await heard.line.say("SE_BLOB_STATUS", status, heard.frame.id)

    async def _get(self, heard: Heard) -> None:
        wanted = heard.payload
        assert isinstance(wanted, BlobRequestInfo)
        blob = self.blobs.get(wanted.blob_id or Guid(""))
        if blob is None:
            await self.refuse(heard, ErrorCode.WRONG_STATE, "no such attachment")
            return
        piece = BlobInfo(
            peer=wanted.peer,
            blob_id=wanted.blob_id,
            offset=wanted.offset,
            data=bytes(blob.data[wanted.offset : wanted.offset + min(wanted.length, DATA_BYTES)]),
            size=len(blob.data),
            sha256=sha256(blob.data).hexdigest(),
        )
        await heard.line.say("SE_BLOB_DATA", piece, heard.frame.id)

    # --- connections

    async def serve(self, stream: anyio.abc.ByteStream) -> None:
        """Serve one connection until it ends."""
        async with stream:
            line = Line(len(self.lines) + 1, stream, self.heartbeat)
            self.lines.append(line)
            self._tell()
            try:
                if not self.refuses:
                    await self._serve(line)
            finally:
                line.ended = anyio.current_time()
                self._tell()

    async def _serve(self, line: Line) -> None:
        while data := await line.read():
            self._tell()
            for event in line.connection.receive(data, anyio.current_time()):
                match event:
                    case Frame(type="SYS_HELLO"):
                        await self._greet(line, event)
                    case Frame(type="SYS_BYE"):
                        line.said_bye = True
                    case Frame():
                        await self._take(line, event)
                    case Refused(error) | Failed(error):
                        self._note([fault_of(error)])
            await line.flush()
            if line.connection.state in (State.CLOSING, State.CLOSED):
                return

    async def _greet(self, line: Line, frame: Frame) -> None:
        hello = frame.payload
        assert isinstance(hello, Hello)
        line.hello = hello
        if self.greets is not None:
            await self.greets(self, line, frame)
            return
        peers = {one.peer_address for one in self.gateways}
        if hello.role is not Role.CONNECTOR:
            self._note([Finding("W-10", "the hello's Role is not connector")])
        for peer in hello.peers or ():
            if peer not in peers:
                self._note([Finding("W-10", f"the hello names the peer {peer}, which is none")])
        if hello.token != self.token:
            self._note([Finding("W-10", "the hello has not the token that it was told")])
            line.connection.refuse(WireError(ErrorCode.AUTH_FAILED, "wrong token", re=frame.id))
            return
        await self.welcome(line, frame)

    async def welcome(self, line: Line, frame: Frame) -> None:
        """Welcome a connection, unless it has broken the rules meanwhile."""
        if line.connection.state is not State.CHECKING:
            return
        line.connection.accept(
            Welcome(
                version=1,
                node="conform",
                session_id=Guid(str(uuid.uuid4())),
                heartbeat_seconds=self.heartbeat,
                frame_bytes=FRAME_BYTES,
                time_utc=datetime.now(UTC),
            ),
            frame.id,
        )
        await line.flush()
        self._tell()

    async def _take(self, line: Line, frame: Frame) -> None:
        heard = Heard(line, anyio.current_time(), frame)
        whole = {name for name, blob in self.blobs.items() if blob.is_whole}
        self._note(findings_of(frame, line.announced, line.hello, self._sendings, whole))
        self.log.append(heard)
        self._tell()
        await self.on.get(frame.type, self.usual)(heard)

    def _note(self, findings: Iterable[Finding]) -> None:
        self.findings += [one for one in findings if one not in self.findings]

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()
