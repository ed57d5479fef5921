"""Scenarios of the session: hello, heartbeat, what is not known, good-byes, and coming back gently."""

import json
from typing import Final

import anyio

from connectors.channels.conform.broker import Line, PlayedBroker
from connectors.channels.conform.stage import Stage, new_token
from protocol.encoding import JSON, Encoding
from protocol.errors import ByeCode, ErrorCode, WireError
from protocol.frame import Frame
from protocol.session import Ping

STORM: Final = 10.0
"""Seconds for which a broker that hangs up is watched."""
TRIES: Final = 12
"""Most connections in that time."""


async def hello(stage: Stage) -> None:
    """The welcome comes late: nothing is said before it."""

    async def later(broker: PlayedBroker, line: Line, frame: Frame) -> None:
        await anyio.sleep(stage.timing.quiet / 2)
        await broker.welcome(line, frame)

    stage.broker.greets = later
    await stage.reconnected()


async def gateways(stage: Stage) -> None:
    """After each connection the gateways are asked for."""
    await stage.reconnected()
    await stage.reconnected()


async def strange(stage: Stage) -> None:
    """Frames and members that it does not know are passed over."""
    line = stage.broker.line
    assert line is not None
    await line.write(unknown_frame(line.encoding))
    message = stage.message(new_token("strange"))
    stage.broker.expect(message)
    packed = line.encoding.pack("SE_MESSAGE_SENDING", message)
    await line.write(
        line.encoding.assemble(with_unknown_member(packed, line.encoding), {"X-New": 1})
    )
    await stage.success(message)
    if stage.broker.line is not line:
        stage.find("a frame that it does not know ends the connection")


async def ping(stage: Stage) -> None:
    """A ping is answered, with its nonce."""
    line = stage.broker.line
    assert line is not None
    await line.say("SYS_PING", Ping(nonce="n-1"))

    def answered() -> bool:
        return any(one.type == "SYS_PONG" for one in line.beats)

    if not await stage.broker.until(answered, stage.timing.soon):
        stage.fail("does not answer SYS_PING")
    pong = next(one for one in line.beats if one.type == "SYS_PONG")
    if not isinstance(pong.payload, Ping) or pong.payload.nonce != "n-1":
        stage.find("answers SYS_PING with another nonce")


async def silent_broker(stage: Stage) -> None:
    """A broker that is silent is asked whether it lives, and left when it does not answer."""
    stage.broker.heartbeat = 2
    await stage.reconnected()
    line = stage.broker.line
    assert line is not None
    line.mute = True

    def asked() -> bool:
        return any(one.type == "SYS_PING" for one in line.beats)

    if not await stage.broker.until(asked, 2 * 2 + stage.timing.soon):
        stage.find("does not ping a broker that says nothing for HeartbeatSeconds")
    if not await stage.broker.until(lambda: line.ended is not None, 2 * 4 + stage.timing.soon):
        stage.find("does not leave a broker that says nothing more")


async def shut_down(stage: Stage) -> None:
    """A good-bye that says when to come back is obeyed."""
    line = stage.broker.line
    assert line is not None
    before, at = len(stage.broker.lines), anyio.current_time()
    await stage.broker.bye(ByeCode.SHUTDOWN, after=3)
    await stage.broker.until(lambda: len(stage.broker.lines) > before, stage.timing.reconnect)
    if len(stage.broker.lines) > before and stage.broker.lines[before].since - at < 2.9:
        seconds = stage.broker.lines[before].since - at
        stage.find(f"comes back after {seconds:.1f} s, though ReconnectAfterSeconds said 3")
    await stage.ready()


async def back_off(stage: Stage) -> None:
    """A broker that hangs up at once is not stormed."""
    stage.broker.refuses = True
    before = len(stage.broker.lines)
    await stage.broker.cut()
    await anyio.sleep(STORM)
    tries = len(stage.broker.lines) - before
    stage.broker.refuses = False
    if tries > TRIES:
        stage.find(f"connects {tries} times in {STORM:g} s to a broker that hangs up")
    await stage.ready()


async def wrong_token(stage: Stage) -> None:
    """A broker that refuses the token is not asked again and again."""

    async def refuse(broker: PlayedBroker, line: Line, frame: Frame) -> None:
        line.connection.refuse(WireError(ErrorCode.AUTH_FAILED, "wrong token", re=frame.id))

    stage.broker.greets = refuse
    before = len(stage.broker.lines)
    await stage.broker.cut()
    await anyio.sleep(STORM)
    tries = len(stage.broker.lines) - before
    stage.broker.greets = None
    if tries > 4:
        stage.find(f"says hello {tries} times in {STORM:g} s with a token that is refused")
    assert stage.program is not None
    await stage.program.kill()
    await stage.program.start()
    await stage.ready()


async def stopped(stage: Stage) -> None:
    """Told to stop, the program says good-bye and ends with status 0."""
    line = stage.broker.line
    assert line is not None
    assert stage.program is not None
    status = await stage.program.stop(stage.timing.stop)
    if status is None:
        stage.find(f"does not end in {stage.timing.stop:g} s after SIGTERM")
    elif status != 0:
        stage.find(f"ends with status {status} after SIGTERM, not 0")
    if not line.said_bye:
        stage.find("ends without SYS_BYE after SIGTERM")
    await stage.program.kill()
    await stage.program.start()
    await stage.ready()


# --- what is not known


def unknown_frame(encoding: Encoding) -> bytes:
    """A frame of a type that does not exist, as a later broker may send one."""
    if encoding is JSON:
        body = json.dumps(["SE_NEWS_OF_TOMORROW", {"Peer": "x", "Items": [1, 2]}]).encode()
    else:
        items = b"\x92\x01\x02"
        body = b"\x92" + _text("SE_NEWS_OF_TOMORROW") + b"\x82" + _text("Peer") + _text("x")
        body += _text("Items") + items
    return len(body).to_bytes(4, "big") + body


def with_unknown_member(packed: bytes, encoding: Encoding) -> bytes:
    """A packed `SE_MESSAGE_SENDING` with a member that does not exist."""
    if encoding is JSON:
        end = packed.rindex(b"}")
        return packed[:end] + b', "NewMember": "x"' + packed[end:]
    at = len(_text("SE_MESSAGE_SENDING"))
    if packed[at] == 0xDE:  # a map of up to 65,535 members
        count, rest = int.from_bytes(packed[at + 1 : at + 3], "big"), packed[at + 3 :]
    else:  # one of up to 15
        count, rest = packed[at] & 0x0F, packed[at + 1 :]
    head = b"\xde" + (count + 1).to_bytes(2, "big")
    return packed[:at] + head + _text("NewMember") + _text("x") + rest


def _text(text: str) -> bytes:
    data = text.encode()
    assert len(data) < 32
    return bytes([0xA0 | len(data)]) + data
