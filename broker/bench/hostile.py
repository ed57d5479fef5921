"""Sentences while hostile mail comes in: `python -m broker.bench.hostile`.

The usual load is measured at a fixed rate, alone and while other connections bring mails of 512 KiB that
keep a parser busy, in turn, so that one sees what else the machine does. The mails come from this process,
the load from others.
"""

from __future__ import annotations

import argparse
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import cycle
from time import monotonic
from typing import Final

from attrs import define, field

from broker.bench import frames
from broker.bench.conversations import GATEWAY
from broker.bench.figures import Figures, table
from broker.bench.run import Target, measure, own_broker
from broker.bench.settings import Load
from broker.child import ServedBroker
from protocol.codec import encode
from protocol.frame import Frame
from protocol.identifiers import derive
from protocol.message import MessageContentInfo
from protocol.values import Role, from_micros

LENGTH: Final = 512 * 1024
CONNECTIONS: Final = 4
_SHAPES: Final = ("<table><tr><td>", "<div>", "<b>", "<ul><li>", "<svg><a>", "<p>a &lt;")
_NAME: Final = b"hostile-000000"
_ANSWER: Final = b"SE_MESSAGE_RECEIVED"
_READ_SECONDS: Final = 30.0


def letters() -> list[bytes]:
    """Frames with mail of each kind, all under one name."""
    return [
        encode(
            Frame(
                "ES_MESSAGE_RECEIVING",
                MessageContentInfo(
                    delivery_system_id=_NAME.decode(),
                    gateway_id=derive("message_gateway", "Mail"),
                    remote_address="mallory@customer.example",
                    received_sent_time=from_micros(1_790_000_000_000_000),
                    body_html=(shape * (1 + LENGTH // len(shape)))[:LENGTH],
                ),
                {"Id": 1},
            )
        )
        for shape in _SHAPES
    ]


@define
class Mallory:
    """Who brings them, on one connection.

    Attributes:
        offered: Mails that were sent; `taken` those that were answered.
    """

    target: Target
    number: int
    every: float
    offered: int = 0
    taken: int = 0
    _over: threading.Event = field(factory=threading.Event)
    _threads: list[threading.Thread] = field(factory=list)
    _line: socket.socket = field(init=False)

    def start(self) -> None:
        """Say hello, and begin."""
        self._line = socket.create_connection(self.target.address, timeout=_READ_SECONDS)
        self._line.sendall(frames.hello(Role.CONNECTOR, "mail"))
        self._threads = [threading.Thread(target=one) for one in (self._send, self._read)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Go away in the middle of whatever it is."""
        self._over.set()
        with suppress(OSError):
            self._line.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._line.close()

    def _send(self) -> None:
        due = monotonic()
        with suppress(OSError):
            for letter in cycle(letters()):
                due += self.every
                if self._over.wait(max(0.0, due - monotonic())):
                    return
                self.offered += 1
                name = b"hostile-%06d" % (self.number * 100_000 + self.offered)
                self._line.sendall(letter.replace(_NAME, name))

    def _read(self) -> None:
        rest = b""
        with suppress(OSError):
            while data := self._line.recv(65_536):
                rest += data
                self.taken += rest.count(_ANSWER)
                rest = rest[-len(_ANSWER) + 1 :]


@contextmanager
def mail(target: Target, rate: float) -> Iterator[list[Mallory]]:
    """Bring so many mails a second as long as the block lasts."""
    people = [Mallory(target, number, CONNECTIONS / rate) for number in range(CONNECTIONS)]
    for one in people:
        one.start()
    try:
        yield people
    finally:
        for one in people:
            one.end()


def _with_mail(broker: ServedBroker) -> None:
    with broker.config.open("a") as file:
        file.write(GATEWAY)


def compare(load: Load, rate: float) -> tuple[list[Figures], int, int]:
    """Measure without and with mail; the figures, how much mail was sent, and how much was answered."""
    with own_broker(load, _with_mail) as target:
        rows = [measure("without mail", load, target)]
    with own_broker(load, _with_mail) as target, mail(target, rate) as people:
        rows.append(measure(f"{rate:g} hostile mails a second", load, target))
        sent, taken = sum(one.offered for one in people), sum(one.taken for one in people)
    return rows, sent, taken


def main(argv: Sequence[str] | None = None) -> int:
    """Measure sentences while hostile mail comes in, and print it.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m broker.bench.hostile", description=main.__doc__
    )
    parser.add_argument("--mails", type=float, default=20.0, help="hostile mails a second")
    parser.add_argument("--rate", type=float, default=200.0, help="sentences a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each is measured")
    parser.add_argument("--rounds", type=int, default=2, help="how often without and with, in turn")
    arguments = parser.parse_args(argv)
    load = Load(rate=arguments.rate, seconds=arguments.seconds)
    rows: list[Figures] = []
    sent = taken = 0
    for _ in range(arguments.rounds):
        figures, offered, answered = compare(load, arguments.mails)
        rows, sent, taken = [*rows, *figures], sent + offered, taken + answered
    print(table(rows))
    print(f"{sent} mails were sent, {taken} were answered")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
