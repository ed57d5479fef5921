"""What a connection costs that says nothing."""

from __future__ import annotations

import socket
import time
from typing import Final

from attrs import frozen

from broker.bench import frames
from broker.bench.figures import Process
from broker.bench.loader import LoadFailed
from broker.bench.run import Target, own_broker
from broker.bench.settings import Load, gateway_peer
from protocol.codec import decode
from protocol.frame import Frame
from protocol.values import Role

_SETTLE_SECONDS: Final = 1.0
_READ_SECONDS: Final = 60.0


@frozen(kw_only=True)
class IdleFigures:
    """Memory of a broker without and with idle connections."""

    connections: int
    rss_before: int
    rss_after: int

    @property
    def bytes_each(self) -> float:
        """Memory of one connection."""
        return (self.rss_after - self.rss_before) / self.connections

    def __str__(self) -> str:
        each = self.bytes_each / 1024
        return f"{self.connections} idle connections: {each:.1f} KiB of memory each"


def measure_idle(connections: int) -> IdleFigures:
    """Open connectors' connections to a broker of one's own, and look at its memory."""
    load = Load(connectors=min(50, connections), agents=1)
    with own_broker(load) as target:
        # The first ones pay for what is imported and cached once.
        first = [_connect(target, number % load.connectors) for number in range(20)]
        time.sleep(_SETTLE_SECONDS)
        assert target.pid is not None
        before = Process.read(target.pid).rss_bytes
        opened = [_connect(target, number % load.connectors) for number in range(connections)]
        time.sleep(_SETTLE_SECONDS)
        after = Process.read(target.pid).rss_bytes
        for sock in first + opened:
            sock.close()
    return IdleFigures(connections=connections, rss_before=before, rss_after=after)


def _connect(target: Target, gateway: int) -> socket.socket:
    sock = socket.create_connection(target.address, timeout=_READ_SECONDS)
    sock.sendall(frames.hello(Role.CONNECTOR, gateway_peer(gateway)))
    if (answer := read_frame(sock)).type != "SYS_WELCOME":
        raise LoadFailed(f"hello refused: {answer.payload}")
    return sock


def read_frame(sock: socket.socket) -> Frame:
    """Read one frame from a blocking socket on which nothing follows it."""
    data = b""
    while len(data) < 4 or len(data) < 4 + int.from_bytes(data[:4]):
        more = sock.recv(4096)
        if not more:
            raise LoadFailed("the broker closed the connection")
        data += more
    return decode(data[4:])
