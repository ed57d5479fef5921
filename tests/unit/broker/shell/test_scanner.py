"""The scanner of attachments: what it is sent, what its answers mean, what happens without it (B-61)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock, memory_stream_pair

from broker.core.effects import ScanWanted, StoredKey
from broker.core.inputs import Scanned
from broker.shell import scanner
from broker.shell.scanner import Scanner, connecting
from protocol.values import Guid, ScanVerdict
from tests.support.attachments import content

ONE = content(1, 600_000)
EICAR = b"stream: Win.Test.EICAR_HDB-1 FOUND\0"

Answer = Callable[[trio.abc.Stream], object]


@define
class Clamd:
    """A scanner that answers what the test says, and notes what it was sent.

    Attributes:
        answers: What each connection gets, the last one again and again; None: nobody listens.
        closes_early: It answers before it has everything, and closes.
    """

    answers: list[bytes | None]
    closes_early: bool = False
    got: list[bytes] = field(factory=list)
    nursery: trio.Nursery | None = None
    tried: int = 0

    async def connect(self) -> trio.abc.Stream:
        self.tried += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is None:
            raise OSError("connection refused")
        ours, theirs = memory_stream_pair()
        assert self.nursery is not None
        self.nursery.start_soon(self._serve, theirs, answer)
        return ours

    async def _serve(self, stream: trio.abc.Stream, answer: bytes) -> None:
        got = bytearray()
        while not got.endswith(b"\0\0\0\0"):
            more = await stream.receive_some()
            if not more:
                return
            got += more
            if self.closes_early and len(got) > 1_000:
                break
        self.got.append(bytes(got))
        if answer:
            await stream.send_all(answer)
        await stream.aclose()


@define
class Bench:
    clamd: Clamd
    told: list[Scanned] = field(factory=list)
    length: int = len(ONE.data)
    scanner: Scanner = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.scanner = Scanner(self.clamd.connect, self.read, self.told.append)

    async def read(self, key: StoredKey) -> bytes:
        no, offset, length = (int(number) for number in key[1:])
        assert (key[0], no) == ("blob", 7)
        return ONE.data[: self.length][offset : offset + length]

    async def judge(self, seconds: float = 1_000.0) -> list[ScanVerdict]:
        """Have it judged, for so long."""
        async with trio.open_nursery() as nursery:
            self.clamd.nursery = nursery
            nursery.start_soon(self.scanner.run)
            for _ in range(2):
                self.scanner.put(ScanWanted(Guid(ONE.id), 7, len(ONE.data)))
            await trio.sleep(seconds)
            nursery.cancel_scope.cancel()
        assert all((one.blob, one.no) == (ONE.id, 7) for one in self.told)
        return [one.verdict for one in self.told]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"stream: OK\0", ScanVerdict.CLEAN),
        (b"stream: OK\n", ScanVerdict.CLEAN),
        (EICAR, ScanVerdict.INFECTED),
        (b"INSTREAM size limit exceeded. ERROR\0", ScanVerdict.FAILED),
    ],
)
async def test_what_an_answer_means(
    autojump_clock: MockClock, answer: bytes, verdict: ScanVerdict
) -> None:
    bench = Bench(Clamd([answer]))
    assert await bench.judge() == [verdict]
    assert bench.clamd.tried == 1


@pytest.mark.parametrize(
    "trouble", [b"Error writing to temporary file. ERROR\0", b"stream: OKAY\0", b"x" * 10_000]
)
async def test_a_trouble_of_its_own_is_no_verdict_until_it_has_it_each_time(
    autojump_clock: MockClock, trouble: bytes
) -> None:
    answers: list[bytes | None] = [trouble] * (scanner.TROUBLES - 1)
    passing = Bench(Clamd([*answers, b"stream: OK\0"]))
    assert await passing.judge(0.5) == []
    assert await passing.judge() == [ScanVerdict.CLEAN]
    lasting = Bench(Clamd([trouble]))
    assert await lasting.judge() == [ScanVerdict.FAILED]
    assert lasting.clamd.tried == scanner.TROUBLES


async def test_it_is_sent_all_of_it(autojump_clock: MockClock) -> None:
    bench = Bench(Clamd([b"stream: OK\0"]))
    await bench.judge()
    (got,) = bench.clamd.got
    assert got.startswith(b"zINSTREAM\0")
    data, at = b"", len(b"zINSTREAM\0")
    while size := int.from_bytes(got[at : at + 4], "big"):
        data += got[at + 4 : at + 4 + size]
        at += 4 + size
    assert data == ONE.data
    assert at + 4 == len(got)


async def test_one_that_has_heard_enough_has_judged(autojump_clock: MockClock) -> None:
    bench = Bench(Clamd([b"INSTREAM size limit exceeded. ERROR\0"], closes_early=True))
    assert await bench.judge() == [ScanVerdict.FAILED]


@pytest.mark.parametrize("away", [None, b""], ids=["refused", "silent"])
async def test_one_that_is_away_is_tried_again(
    autojump_clock: MockClock, away: bytes | None
) -> None:
    bench = Bench(Clamd([away] * 8 + [b"stream: OK\0"]))
    assert await bench.judge(0.5) == []
    assert bench.clamd.tried == 1
    assert await bench.judge() == [ScanVerdict.CLEAN]


async def test_less_and_less_often(autojump_clock: MockClock) -> None:
    bench = Bench(Clamd([None]))
    assert await bench.judge(600.5) == []
    assert bench.clamd.tried == 6 + 9  # 1, 2, 4, 8, 16, 32, and then each minute


async def test_one_that_hangs_is_tried_again(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "SECONDS", 10.0)
    bench = Bench(Clamd([b"stream: OK\0"]))
    reads = 0

    async def read(key: StoredKey) -> bytes:
        nonlocal reads
        reads += 1
        if reads == 1:
            await trio.sleep_forever()
        return await bench.read(key)

    bench.scanner.read = read
    assert await bench.judge() == [ScanVerdict.CLEAN]
    assert bench.clamd.tried == 2


async def test_of_what_is_gone_there_is_no_verdict(autojump_clock: MockClock) -> None:
    bench = Bench(Clamd([b"stream: OK\0"]), length=300_000)
    assert await bench.judge() == []
    assert bench.clamd.tried == 1
    bench.length = len(ONE.data)
    assert await bench.judge() == [ScanVerdict.CLEAN]


async def test_it_is_found_by_its_address(tmp_path: Path, nursery: trio.Nursery) -> None:
    async def answer(stream: trio.SocketStream) -> None:
        await stream.send_all(b"here")

    path = tmp_path / "clamd"
    sock = trio.socket.socket(trio.socket.AF_UNIX, trio.socket.SOCK_STREAM)
    await sock.bind(str(path))
    sock.listen()
    tcp = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, answer, [*tcp, trio.SocketListener(sock)])
    port = tcp[0].socket.getsockname()[1]
    for address in (f"tcp://127.0.0.1:{port}", f"unix:{path}"):
        async with await connecting(address)() as stream:
            assert bytes(await stream.receive_some(4)) == b"here"
