"""`parley record`: a proxy that writes every frame that passes to a recording."""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Final, TextIO

import trio
from attrs import Factory, define

from broker.console.output import complain
from broker.recording.format import (
    BadRecording,
    Closed,
    Directive,
    Line,
    Opened,
    Side,
    Splitter,
    header_json,
    to_json,
)
from broker.recording.tokens import Tokens, read_tokens
from protocol.limits import FRAME_BYTES
from protocol.values import format_time

_READ_BYTES: Final = 65_536


@define
class Recorder:
    """Writer of the lines of a recording as they happen."""

    out: TextIO
    tokens: Tokens = Factory(Tokens)
    clock: Callable[[], float] = trio.current_time
    _began: float | None = None
    _connections: int = 0

    def begin(self, **more: object) -> None:
        """Write the header; time counts from here."""
        self._began = self.clock()
        self._write_text(header_json(**more))

    @property
    def now(self) -> int:
        """Microseconds since the beginning."""
        assert self._began is not None
        return round((self.clock() - self._began) * 1_000_000)

    def connection(self) -> int:
        """Note a new connection.

        Returns:
            Its number.
        """
        self._connections += 1
        self.write(Opened(at=self.now, conn=self._connections))
        return self._connections

    def directive(self, do: str, **arguments: object) -> None:
        """Note what is about to be done to the broker."""
        self.write(Directive(do=do, arguments=arguments))

    def write(self, line: Line) -> None:
        """Write one line, without secrets."""
        self._write_text(to_json(self.tokens.without(line)))

    def _write_text(self, text: str) -> None:
        self.out.write(text + "\n")
        self.out.flush()


@define
class Proxy:
    """Passes bytes between clients and a broker, and lets a recorder see them first."""

    to: tuple[str, int]
    recorder: Recorder
    frame_bytes: int = FRAME_BYTES
    _ends: dict[int, trio.Event] = Factory(dict)

    async def serve(self, client: trio.SocketStream) -> None:
        """Serve one connection of a client until either side closes it."""
        conn = self.recorder.connection()
        try:
            broker = await trio.open_tcp_stream(*self.to)
        except OSError:
            self._close(conn, "broker")
            await client.aclose()
            return
        async with client, broker, trio.open_nursery() as nursery:
            for sender, source, sink in (("client", client, broker), ("broker", broker, client)):
                splitter = Splitter(conn, "client" if sender == "client" else "broker")
                splitter.frame_bytes = self.frame_bytes
                nursery.start_soon(self._pass, splitter, source, sink, nursery.cancel_scope)

    async def _pass(
        self,
        splitter: Splitter,
        source: trio.SocketStream,
        sink: trio.SocketStream,
        both: trio.CancelScope,
    ) -> None:
        recorder = self.recorder
        try:
            while data := await source.receive_some(_READ_BYTES):
                # Written before it is passed on: an answer never stands before its question.
                for line in splitter.feed(bytes(data), recorder.now):
                    recorder.write(line)
                await sink.send_all(data)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        for rest in splitter.end(recorder.now):
            recorder.write(rest)
        self._close(splitter.conn, splitter.sender)
        both.cancel()

    def end_of(self, conn: int) -> trio.Event:
        """Set when the end of a connection is recorded."""
        return self._ends.setdefault(conn, trio.Event())

    def _close(self, conn: int, sender: Side) -> None:
        end = self.end_of(conn)
        if not end.is_set():
            self.recorder.write(Closed(at=self.recorder.now, conn=conn, sender=sender))
            end.set()


def parse_address(text: str) -> tuple[str, int]:
    """Read `HOST:PORT`.

    Raises:
        ValueError: It is none.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit():
        raise ValueError(f"{text}: not HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


async def _record(listen: tuple[str, int], proxy: Proxy, ready: Callable[[], None]) -> None:
    """Record until SIGINT or SIGTERM."""
    listeners = await trio.open_tcp_listeners(listen[1], host=listen[0])
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, proxy.serve, listeners)
            ready()
            await anext(aiter(signals))
            nursery.cancel_scope.cancel()


def record_main(listen: str, to: str, out: Path, config: Path | None = None) -> int:
    """Record what passes between clients that connect to `listen` and the broker at `to`.

    Tokens are never written: a hello's token is replaced by the name of its owner.

    Args:
        listen: `HOST:PORT` where clients connect.
        to: `HOST:PORT` of the broker.
        out: The file to write.
        config: The broker's configuration; with it wrong tokens are told from right ones.

    Returns:
        Exit status: 2 when a file cannot be read or written, or nothing can listen at `listen`.
    """
    try:
        tokens = read_tokens(config) if config else Tokens()
        with out.open("w", encoding="utf-8") as file:
            recorder = Recorder(file, tokens, monotonic)
            proxy = Proxy(parse_address(to), recorder)

            def ready() -> None:
                print(f"recording {listen} -> {to} into {out}", flush=True)

            recorder.begin(
                recorded=format_time(datetime.now(UTC).replace(microsecond=0)),
                by=f"parley {version('parley')}",
                to=to,
            )
            trio.run(_record, parse_address(listen), proxy, ready)
    except BadRecording as error:
        complain("record", error)
        return 2
    except OSError as error:
        where = error.filename or listen
        complain("record", f"{where}: {error.strerror or error}")
        return 2
    return 0
