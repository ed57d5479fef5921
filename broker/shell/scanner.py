"""The scanner of attachments: `clamd`, by its INSTREAM, over TCP or a socket of this machine (B-61).

Theory of operation: the core says what is to be judged once it is stored; it is read from the store piece by
piece as the scanner takes it. A scanner that is away is tried again, less and less often, and for ever: what
it has not judged is not given out. One that refuses an attachment for its length has judged it: `Failed`. One
that has another trouble, as a full disk of its own, is asked a few times before that counts. Nothing here is
remembered over a restart; the core asks again for what has no verdict.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import structlog
import trio
from attrs import Factory, define, field

from broker.core.effects import ScanWanted, StoredKey
from broker.core.inputs import Scanned
from protocol.limits import DATA_BYTES
from protocol.values import ScanVerdict

SCANS: Final = 2
"""How many attachments are judged at a time."""
SECONDS: Final = 300.0
"""How long the scanner may take for one."""
AGAIN: Final = 1.0
LATER: Final = 60.0
"""Seconds until a scanner that is away is tried again: at first, and at most."""
TROUBLES: Final = 6
"""How often it may have a trouble with an attachment before it is the attachment's."""
LONGEST_ANSWER: Final = 4_096
_BEGIN: Final = b"zINSTREAM\0"
_END: Final = b"\0\0\0\0"
_CLEAN: Final = b"stream: OK"
_FOUND: Final = b" FOUND"
_TOO_LONG: Final = b"size limit exceeded"

Connect = Callable[[], Awaitable[trio.abc.Stream]]
Read = Callable[[StoredKey], Awaitable[bytes]]


class ScannerAwayError(Exception):
    """It cannot be reached, or went away."""


class TroubledError(Exception):
    """It could not judge an attachment this time."""


class GoneError(Exception):
    """What was to be judged is not in the store any more."""


def connecting(address: str) -> Connect:
    """Find out how a scanner is reached, by the address of the configuration."""
    parts = urlsplit(address)

    async def by_tcp() -> trio.abc.Stream:
        return await trio.open_tcp_stream(parts.hostname or "", parts.port or 0)

    async def by_path() -> trio.abc.Stream:
        return await trio.open_unix_socket(parts.path)

    return by_path if parts.scheme == "unix" else by_tcp


@define
class Scanner:
    """The tasks that have attachments judged.

    Attributes:
        connect: Opens a connection to the scanner.
        read: Reads a piece from the store.
        told: Told of each verdict.
    """

    connect: Connect
    read: Read
    told: Callable[[Scanned], None]
    _waiting: dict[int, ScanWanted] = Factory(dict)
    """By their numbers in the store, those included that are being judged."""
    _begun: set[int] = Factory(set)
    _idle: trio.lowlevel.ParkingLot = Factory(trio.lowlevel.ParkingLot)
    _log: Any = field(factory=lambda: structlog.get_logger())

    def put(self, wanted: ScanWanted) -> None:
        """Have an attachment judged; once is enough."""
        if wanted.no not in self._waiting:
            self._waiting[wanted.no] = wanted
            self._idle.unpark()

    async def run(self) -> None:
        """Judge what is there until cancelled."""
        async with trio.open_nursery() as nursery:
            for _ in range(SCANS):
                nursery.start_soon(self._work)

    async def _work(self) -> None:
        while True:
            wanted = next((w for n, w in self._waiting.items() if n not in self._begun), None)
            if wanted is None:
                await self._idle.park()
                continue
            self._begun.add(wanted.no)
            try:
                verdict = await self._judge(wanted)
            finally:
                self._begun.discard(wanted.no)
                self._waiting.pop(wanted.no, None)
            if verdict is not None:
                self._log.info("attachment_scanned", blob=wanted.blob, verdict=str(verdict))
                self.told(Scanned(blob=wanted.blob, no=wanted.no, verdict=verdict))

    async def _judge(self, wanted: ScanWanted) -> ScanVerdict | None:
        """The verdict, however long that takes; None: it is gone."""
        pause, troubles = AGAIN, 0
        while True:
            try:
                with trio.fail_after(SECONDS):
                    return await self._ask(wanted)
            except GoneError:
                return None
            except TroubledError as error:
                troubles += 1
                self._log.warning("scanner_troubled", blob=wanted.blob, reason=str(error))
                if troubles == TROUBLES:
                    return ScanVerdict.FAILED
            except (ScannerAwayError, trio.TooSlowError, OSError) as error:
                self._log.warning("scanner_away", reason=repr(error), again_in=pause)
            await trio.sleep(pause)
            pause = min(2 * pause, LATER)

    async def _ask(self, wanted: ScanWanted) -> ScanVerdict:
        async with await self.connect() as stream:
            with suppress(trio.BrokenResourceError):  # then it may have said why
                await self._send(stream, wanted)
            answer = await self._answer(stream)
        if answer == _CLEAN:
            return ScanVerdict.CLEAN
        if answer.endswith(_FOUND):
            return ScanVerdict.INFECTED
        if _TOO_LONG in answer:
            return ScanVerdict.FAILED
        raise TroubledError(answer[:200].decode("utf-8", "replace"))

    async def _send(self, stream: trio.abc.Stream, wanted: ScanWanted) -> None:
        await stream.send_all(_BEGIN)
        offset = 0
        while offset < wanted.size:
            length = min(DATA_BYTES, wanted.size - offset)
            data = await self.read(("blob", wanted.no, offset, length))
            if len(data) != length:
                raise GoneError
            await stream.send_all(length.to_bytes(4, "big") + data)
            offset += length
        await stream.send_all(_END)

    async def _answer(self, stream: trio.abc.Stream) -> bytes:
        answer = b""
        try:
            while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER:
                more = await stream.receive_some(LONGEST_ANSWER)
                if not more:
                    break
                answer += bytes(more)
        except trio.BrokenResourceError as error:
            raise ScannerAwayError("it closed the connection") from error
        if not answer:
            raise ScannerAwayError("it said nothing")
        return answer.rstrip(b"\0\n")
