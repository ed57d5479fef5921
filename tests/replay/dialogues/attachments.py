"""Attachments: brought in pieces, named, fetched (B-61)."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from protocol.identifiers import derive
from tests.replay.clamd import SIGNATURE
from tests.replay.dialogues.mail_steps import (
    WORKED,
    alerted,
    brings,
    carrier,
    clerk,
    closes,
    sent,
    takes,
    writes,
)
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import answered, hang_up, refused
from tests.replay.stage import Client, Members, Stage, scenario

DATA = b"%PDF-1.7\n" + bytes(range(128, 256)) * 40
PIECE = 4_096
SMALL = b"a,b\n1,2\n"


def piece(blob: str, offset: int, size: int = PIECE, data: bytes = DATA) -> Members:
    """The members of a frame that brings a piece."""
    return {
        "BlobId": blob,
        "Offset": offset,
        "Data": b64encode(data[offset : offset + size]).decode(),
        "Size": len(data),
        "Sha256": sha256(data).hexdigest(),
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


def _blob(stage: Stage, number: int = 1) -> str:
    return str(derive("blob", f"{stage.cell.name}/{number}"))


def _way(client: Client) -> tuple[str, str]:
    """How frames about attachments begin, to the broker and from it."""
    return ("CS", "SC") if client.agent_id else ("ES", "SE")


async def _put(client: Client, said: Members, **told: object) -> None:
    """Bring a piece, of which the broker says how much is there."""
    to, back = _way(client)
    await client.send(f"{to}_BLOB_PUT", 5, **said)
    await client.get(f"{back}_BLOB_STATUS", 5, BlobId=said["BlobId"], **told)


async def _brings(client: Client, blob: str, data: bytes = SMALL, scan: str = "Off") -> None:
    """Bring a small attachment whole."""
    await _put(client, piece(blob, 0, data=data), Offset=len(data), IsComplete=True, Scan=scan)


async def _gets(client: Client, blob: str, data: bytes = SMALL) -> None:
    """Fetch a small attachment."""
    to, back = _way(client)
    await client.send(f"{to}_BLOB_GET", 6, BlobId=blob, Offset=0, Length=len(data))
    await client.get(f"{back}_BLOB_DATA", 6, Data=b64encode(data).decode(), Size=len(data))


@scenario("An attachment is brought over a lost connection, and over a restart of the broker")
async def attachment_resumed(stage: Stage) -> None:
    """B-61: it goes on where it was; who brought it may have it though nothing names it."""
    web, blob = await stage.connector(), _blob(stage)
    await _put(web, piece(blob, 0), Offset=PIECE, IsComplete=False)
    await web.close()
    web = await stage.connector()
    await _put(web, piece(blob, 0), Offset=PIECE, IsComplete=False)
    await stage.do("restart")
    await web.get("SYS_BYE", Code="Shutdown")
    await web.gone()
    web = await stage.connector()
    await _put(web, piece(blob, 0), Offset=PIECE, IsComplete=False)
    await _put(web, piece(blob, PIECE), Offset=len(DATA), IsComplete=True, Scan="Off")
    await _put(web, piece(blob, PIECE), Offset=len(DATA), IsComplete=True, Scan="Off")
    await web.send("ES_BLOB_GET", 7, BlobId=blob, Offset=0, Length=4)
    await web.get("SE_BLOB_DATA", 7, Data=b64encode(b"%PDF").decode(), Sha256=...)


@scenario("Pieces that are refused: another digest, another size, somebody else's, too long")
async def attachment_refused(stage: Stage) -> None:
    """B-61, W-14: each changes nothing."""
    web, agent, blob = await stage.connector(), await stage.agent(), _blob(stage)
    small = piece(blob, 0, data=SMALL)
    await refused(web, "BadPayload", "ES_BLOB_PUT", **{**small, "Sha256": "0" * 64})
    await refused(web, "BadPayload", "ES_BLOB_PUT", **{**small, "Sha256": "0"})
    await refused(web, "BadPayload", "ES_BLOB_PUT", **{**small, "Size": 1})
    await refused(web, "BadPayload", "ES_BLOB_PUT", **piece(blob, 0, 100))
    await refused(web, "TooLong", "ES_BLOB_PUT", **{**piece(blob, 0), "Size": 26_214_401})
    await refused(web, "UnknownGateway", "ES_BLOB_PUT", **small, Peer="nobody")
    await refused(agent, "NotAllowed", "CS_BLOB_PUT", **small, Peer="nobody")
    await _brings(web, blob)
    await refused(web, "KeyReused", "ES_BLOB_PUT", **{**small, "Size": 9})
    await refused(agent, "KeyReused", "CS_BLOB_PUT", **small)
    await refused(agent, "UnknownMessage", "CS_BLOB_GET", BlobId=blob, Length=1)
    await refused(web, "BadPayload", "ES_BLOB_GET", BlobId=blob, Offset=9, Length=1)
    await refused(web, "UnknownMessage", "ES_BLOB_GET", BlobId=NOBODY, Length=1)
    await refused(web, "WrongState", "ES_BLOB_GET", BlobId=await _begun(web, stage), Length=1)


async def _begun(web: Client, stage: Stage) -> str:
    """An attachment of which a part is there."""
    blob = _blob(stage, 2)
    await _put(web, piece(blob, 0), Offset=PIECE, IsComplete=False)
    return blob


@scenario(
    "A scanner judges attachments: what is infected is shown and not given out",
    broker="scanned",
    more=WORKED,
)
async def attachment_infected(stage: Stage) -> None:
    """B-61: a mail with something infected is no less a mail."""
    mail, agent = await carrier(stage), await clerk(stage)
    good, bad, other = (_blob(stage, number) for number in (1, 2, 3))
    await _brings(mail, good, scan="Pending")
    await mail.get("SE_BLOB_STATUS", BlobId=good, Scan="Clean")
    await _brings(mail, bad, SIGNATURE, scan="Pending")
    await mail.get("SE_BLOB_STATUS", BlobId=bad, Scan="Infected")
    await brings(stage, mail, Attachments=[{"BlobId": good}, {"BlobId": bad}])
    talk = await alerted(agent)
    whole = await takes(agent, talk)
    shown = [one["Scan"] for one in whole["Messages"][0]["Attachments"]]
    assert shown == ["Clean", "Infected"]
    await _gets(agent, good)
    await refused(agent, "WrongState", "CS_BLOB_GET", BlobId=bad, Length=1)
    await _brings(agent, other, SIGNATURE, scan="Pending")
    await agent.get("SC_BLOB_STATUS", BlobId=other, Scan="Infected")
    said: Members = {"Peer": None, "RequestId": "k1", "ConversationId": talk}
    await refused(agent, "WrongState", "CS_MESSAGE_SEND", **said, Attachments=[{"BlobId": other}])
    await refused(agent, "NotAllowed", "CS_BLOB_PUT", **piece(_blob(stage, 4), 0))
    large = {**piece(_blob(stage, 5), 0, data=b"a" * PIECE), "Size": 200_000_000}
    await _put(agent, large, Offset=PIECE, IsComplete=False)
    again = {**large, "BlobId": _blob(stage, 6)}
    await refused(agent, "Overloaded", "CS_BLOB_PUT", **again)
    await closes(agent, talk)


@scenario("A mail with an attachment comes in; an answer with one goes out", more=WORKED)
async def attachments_of_mail(stage: Stage) -> None:
    """B-61, B-62: and it goes along with what is passed on."""
    mail, agent = await carrier(stage), await clerk(stage)
    came, goes = _blob(stage, 1), _blob(stage, 2)
    await _brings(mail, came)
    named = {"BlobId": came, "Name": "list.csv", "ContentId": "c1", "IsInline": True}
    await brings(stage, mail, Attachments=[named])
    talk = await alerted(agent)
    (one,) = (await takes(agent, talk))["Messages"]
    (shown,) = one["Attachments"]
    assert (shown["Name"], shown["Size"], shown["ContentId"]) == ("list.csv", len(SMALL), "c1")
    await _gets(agent, came)
    await _brings(agent, goes)
    reply = await writes(stage, agent, talk=talk, BodyText=None, Attachments=[{"BlobId": goes}])
    await sent(mail, agent, reply)
    await _gets(mail, goes)
    store: Members = {"RemoteAddress": "store@example.org", "ForwardOf": one["MessageId"]}
    other = await writes(stage, agent, "k2", **store)
    out = await sent(mail, agent, other)
    assert [each["BlobId"] for each in out["Attachments"]] == [came]
    stranger = await clerk(stage, "b")
    await refused(stranger, "UnknownMessage", "CS_BLOB_GET", BlobId=came, Length=1)
    await closes(agent, other["ConversationId"])
    await closes(agent, talk)
