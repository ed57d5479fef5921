"""Attachments are judged by a real clamd, over TCP and over its socket (B-61)."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
import trio
from structlog.testing import capture_logs

from broker.shell import scanner
from protocol.blob import BlobInfo, BlobStatusInfo
from protocol.identifiers import derive
from protocol.values import ScanVerdict
from tests.integration.peers import Served, serving, write_config
from tests.support import clamd
from tests.support.clamd import STREAM_BYTES, VIRUS, Clamd

pytestmark = pytest.mark.requires("clamd")

PIECE = 262_144
FINE = b"%PDF-1.7\n" + b"nothing is wrong with it " * 20_000
BAD = FINE + VIRUS + FINE[:100]
LONG = b"%PDF-1.7\n" + bytes(2 * STREAM_BYTES)


@pytest.fixture(name="clamav", scope="module")
def _clamav() -> Iterator[Clamd]:
    with clamd.running() as found:
        yield found


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "AGAIN", 0.05)
    monkeypatch.setattr(scanner, "LATER", 0.2)


def config(path: Path, address: str) -> Path:
    return write_config(path, more=f'\n[attachments]\nscanner = "{address}"\n')


async def bring(served: Served, name: str, data: bytes) -> ScanVerdict | None:
    """Bring an attachment, and wait for what the scanner says of it."""
    web = await served.connector()
    for offset in range(0, len(data), PIECE):
        piece = BlobInfo(
            peer="web",
            blob_id=derive("blob", name),
            offset=offset,
            data=data[offset : offset + PIECE],
            size=len(data),
            sha256=sha256(data).hexdigest(),
            name=f"{name}.pdf",
        )
        await web.send("ES_BLOB_PUT", piece, offset)
    while True:
        status = (await web.get("SE_BLOB_STATUS")).payload
        assert isinstance(status, BlobStatusInfo)
        if status.is_complete and status.scan is not ScanVerdict.PENDING:
            return status.scan


@pytest.mark.parametrize("way", ["tcp", "unix"])
async def test_it_finds_what_it_knows_and_takes_so_much(
    tmp_path: Path, clamav: Clamd, way: str
) -> None:
    async with serving(config(tmp_path, getattr(clamav, way))) as served:
        assert await bring(served, "fine", FINE) is ScanVerdict.CLEAN
        assert await bring(served, "bad", BAD) is ScanVerdict.INFECTED
        assert await bring(served, "long", LONG) is ScanVerdict.FAILED
        assert await bring(served, "empty but for a byte", b"x") is ScanVerdict.CLEAN


@pytest.mark.parametrize("way", ["tcp", "unix"])
async def test_one_that_was_away_judges_when_it_is_back(
    tmp_path: Path, clamav: Clamd, way: str
) -> None:
    async with serving(config(tmp_path, getattr(clamav, way))) as served:
        assert await bring(served, "before", FINE) is ScanVerdict.CLEAN
        clamav.stop()
        verdicts: list[ScanVerdict | None] = []

        async def bring_one() -> None:
            verdicts.append(await bring(served, "meanwhile", BAD))

        with capture_logs() as log:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(bring_one)
                while not any(one["event"] == "scanner_away" for one in log):  # noqa: ASYNC110 - a log tells nobody
                    await trio.sleep(0.01)  # real time: a real scanner is looked for
                assert verdicts == []
                await trio.to_thread.run_sync(clamav.start)
        assert verdicts == [ScanVerdict.INFECTED]
        assert await bring(served, "after", FINE) is ScanVerdict.CLEAN


async def test_what_waits_for_it_is_judged_by_the_next_life_of_the_broker(
    tmp_path: Path, clamav: Clamd
) -> None:
    file = config(tmp_path, clamav.unix)
    clamav.stop()
    async with serving(file) as served:
        with trio.move_on_after(0.5) as waited:  # real time: nothing comes
            await bring(served, "early", FINE)
        assert waited.cancelled_caught
    clamav.start()
    async with serving(file) as served:
        assert await bring(served, "early", FINE) is ScanVerdict.CLEAN
