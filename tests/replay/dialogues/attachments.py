"""Attachments: brought in pieces, named, fetched (B-61)."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from protocol.identifiers import derive
from tests.replay.dialogues.steps import answered, hang_up, refused
from tests.replay.stage import Members, Stage, scenario

DATA = b"%PDF-1.7\n" + bytes(range(128, 256)) * 40
PIECE = 4_096


def piece(blob: str, offset: int, size: int = PIECE) -> Members:
    """The members of a frame that brings a piece."""
    return {
        "BlobId": blob,
        "Offset": offset,
        "Data": b64encode(DATA[offset : offset + size]).decode(),
        "Size": len(DATA),
        "Sha256": sha256(DATA).hexdigest(),
        "Name": "plan.pdf",
        "ContentType": "image/png",
    }


@scenario("A visitor sends an attachment in two pieces; its agent fetches it")
async def attachment(stage: Stage) -> None:
    """B-61: its kind is what it is, and not what its sender says."""
    web, agent, chat = await answered(stage)
    blob = str(derive("blob", stage.cell.name))
    named = [{"BlobId": blob}]
    await refused(web, "UnknownMessage", "ES_CHAT_SENTENCE", **_said(named))
    await web.send("ES_BLOB_PUT", 3, **piece(blob, PIECE))
    await web.get("SE_BLOB_STATUS", 3, BlobId=blob, Offset=0, IsComplete=False)
    await web.send("ES_BLOB_PUT", 4, **piece(blob, 0))
    await web.get("SE_BLOB_STATUS", 4, Offset=PIECE, IsComplete=False)
    await refused(web, "WrongState", "ES_CHAT_SENTENCE", **_said(named))
    await web.send("ES_BLOB_PUT", 5, **piece(blob, 0))
    await web.get("SE_BLOB_STATUS", 5, Offset=PIECE, IsComplete=False)
    await web.send("ES_BLOB_PUT", 6, **piece(blob, PIECE))
    await web.get("SE_BLOB_STATUS", 6, Offset=len(DATA), IsComplete=True, Scan="Off")
    await web.send("ES_CHAT_SENTENCE", 7, **_said(named))
    await web.get("SE_CHAT_SENTENCE", 7, ID="m1", Text="", Counter=1, Attachments=...)
    heard = await agent.get("SC_CHAT_SENTENCE", ID="m1", Counter=1)
    (one,) = heard["Attachments"]
    assert (one["Name"], one["ContentType"], one["Scan"]) == ("plan.pdf", "application/pdf", "Off")
    await agent.send("CS_BLOB_GET", 8, BlobId=blob, Offset=1, Length=3)
    await agent.get("SC_BLOB_DATA", 8, Offset=1, Data=..., Size=len(DATA), Name="plan.pdf")
    await refused(agent, "UnknownMessage", "CS_BLOB_GET", BlobId=str(derive("blob", "another")))
    await hang_up(web, agent, chat)


def _said(named: list[dict[str, str]]) -> Members:
    return {"TrackingId": "v1", "ID": "m1", "Text": "", "Attachments": named}
