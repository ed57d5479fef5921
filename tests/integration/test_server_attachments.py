"""Attachments on real TCP, real SQLite and by the client library (B-61)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest
import trio
from attrs import define, field

from connectors.client.blobs import download, upload
from connectors.client.connect import ConnectorClient, connect_connector
from connectors.client.errors import Refused
from protocol.blob import AttachmentInfo, BlobInfo, BlobStatusInfo
from protocol.chat import ChatSentenceInfo
from protocol.errors import ErrorCode
from protocol.identifiers import derive
from protocol.values import ScanVerdict
from tests.integration.peers import Served, serving, start_chat, write_config

PIECE = 262_144
DATA = b"%PDF-1.7\n\xff" + bytes(range(256)) * 3_000
BLOB = derive("blob", "one")


def piece(offset: int) -> BlobInfo:
    return BlobInfo(
        peer="web",
        blob_id=BLOB,
        offset=offset,
        data=DATA[offset : offset + PIECE],
        size=len(DATA),
        sha256=sha256(DATA).hexdigest(),
        name="plan.pdf",
    )


@asynccontextmanager
async def client_of(served: Served) -> AsyncIterator[ConnectorClient]:
    host, port = served.address
    async with connect_connector(f"{host}:{port}", ["web"], "web-secret") as client:
        yield client


@define
class Clamd:
    """A scanner that finds what the test says."""

    answer: bytes
    heard: list[int] = field(factory=list)

    async def serve(self, stream: trio.SocketStream) -> None:
        got = bytearray()
        while not got.endswith(b"\0\0\0\0"):
            got += await stream.receive_some()
        self.heard.append(len(got))
        await stream.send_all(self.answer)


async def test_an_upload_goes_on_after_a_restart(tmp_path: Path) -> None:
    """I-19: what the broker said that it has it has, and what comes out is what went in."""
    path = write_config(tmp_path)
    async with serving(path) as served:
        web = await served.connector()
        await web.send("ES_BLOB_PUT", piece(0), 1)
        status = await web.get("SE_BLOB_STATUS")
        assert isinstance(status.payload, BlobStatusInfo)
        assert (status.payload.offset, status.payload.is_complete) == (PIECE, False)
    async with serving(path) as served, client_of(served) as client:
        told = await upload(client, "web", BLOB, DATA, name="plan.pdf")
        assert (told.is_complete, told.scan) == (True, ScanVerdict.OFF)
        assert b"".join([part async for part in download(client, "web", BLOB)]) == DATA


async def test_kinds_are_judged_by_content(tmp_path: Path) -> None:
    path = write_config(tmp_path, more='\n[attachments]\ntypes = ["application/pdf"]\n')
    async with serving(path) as served, client_of(served) as client:
        await upload(client, "web", BLOB, DATA, name="x.exe", content_type="text/plain")
        program = b"MZ\x90\x00\x03" + b"\0" * 5_000
        other = derive("blob", "two")
        with pytest.raises(Refused) as caught:
            await upload(
                client, "web", other, program, name="x.pdf", content_type="application/pdf"
            )
        assert caught.value.code is ErrorCode.NOT_ALLOWED


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [(b"stream: OK\0", ScanVerdict.CLEAN), (b"stream: Bad FOUND\0", ScanVerdict.INFECTED)],
)
async def test_a_scanner_judges_before_anybody_gets_it(
    tmp_path: Path, nursery: trio.Nursery, answer: bytes, verdict: ScanVerdict
) -> None:
    clamd = Clamd(answer)
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    nursery.start_soon(trio.serve_listeners, clamd.serve, listeners)
    port = listeners[0].socket.getsockname()[1]
    more = f'\n[attachments]\nscanner = "tcp://127.0.0.1:{port}"\n'
    async with serving(write_config(tmp_path, more=more)) as served:
        web, same = await served.connector(), await served.connector()
        for offset in range(0, len(DATA), PIECE):
            await web.send("ES_BLOB_PUT", piece(offset), offset)
        told = None
        while told not in (ScanVerdict.CLEAN, ScanVerdict.INFECTED):
            status = (await same.get("SE_BLOB_STATUS")).payload
            assert isinstance(status, BlobStatusInfo)
            told = status.scan
        assert told is verdict
        pieces = -(-len(DATA) // PIECE)
        assert clamd.heard == [len(b"zINSTREAM\0") + len(DATA) + 4 * (pieces + 1)]
        await web.send("ES_CHAT_START", start_chat())
        said = ChatSentenceInfo(
            peer="web",
            tracking_id="t1",
            id="s1",
            text="",
            attachments=(AttachmentInfo(blob_id=BLOB),),
        )
        await web.send("ES_CHAT_SENTENCE", said, "s")
        while (frame := await web.get()).re != "s":
            pass
        assert frame.type == (
            "SYS_ERROR" if verdict is ScanVerdict.INFECTED else "SE_CHAT_SENTENCE"
        )
