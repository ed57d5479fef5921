"""Messages that agents write: handed over, tried again, withdrawn; what becomes of them (B-52..B-62)."""

from __future__ import annotations

from typing import Any

from protocol.identifiers import derive
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.stage import Client, Members, Stage, scenario

PATIENT = """
[[message_gateways]]
name = "Mail of <name>"
peer = "<name>"
channel = "Email"
direction = "B"
token = "<name>-secret"
"""
MAIL = PATIENT + 'deadline = "3s"\nretries = ["500ms", "500ms"]\n'


def _gateway(stage: Stage) -> str:
    return derive("message_gateway", f"Mail of {stage.cell.name}")


async def _carrier(stage: Stage) -> Client:
    """A connector that has asked for its message gateways."""
    mail = await stage.connector()
    await mail.send("ES_SL_GETGATEWAYS", 1, text=stage.cell.name)
    await mail.get("SE_SL_MSGGATEWAYS", 1, count=2)
    return mail


async def _written(
    stage: Stage, agent: Client, key: str = "k1", talk: str | None = None, **members: object
) -> Members:
    """An agent writes a message, which begins a conversation unless it goes on with one."""
    said: Members = {"Peer": None, "RequestId": key, "BodyText": "They fit.", **members}
    if talk is None:
        said |= {"GatewayId": _gateway(stage), "RemoteAddress": "eva@example.org"}
        said["SubjectField"] = "Boots"
    else:
        said["ConversationId"] = talk
    await agent.send("CS_MESSAGE_SEND", 2, **said)
    status = await agent.get("SC_MESSAGE_STATUS", 2, Status="Queued", RequestId=key, Attempt=0)
    if talk is None:
        await agent.get("SC_CONVERSATION_STATUS", Status="Answered", RemoteAddress=...)
    return status


async def _handed(mail: Client, agent: Client, message: Members, attempt: int = 1) -> Members:
    """A connector is handed a message; its agent sees that it is under way."""
    handed = await mail.get("SE_MESSAGE_SENDING", MessageId=message["MessageId"])
    assert handed["DeliverySystemId"] == f"<{message['MessageId']}@replay.parley>"
    await _told(agent, message, "Sending", Attempt=attempt)
    return handed


async def _told(agent: Client, message: Members, status: str, **members: Any) -> None:
    """An agent is told how far a message is."""
    await agent.get("SC_MESSAGE_STATUS", MessageId=message["MessageId"], Status=status, **members)


async def _says(
    mail: Client, message: Members, error: str | None = None, **members: object
) -> None:
    """A connector says what became of a message."""
    said = {"Peer": None, "Id": message["MessageId"], "Data": error, **members}
    await mail.send("ES_MESSAGE_SENT", 3, **said)
    await mail.get("SYS_ACK", 3, Type="ES_MESSAGE_SENT")


async def _begun(stage: Stage) -> tuple[Client, Client, Members]:
    """A connector has the first message of an agent."""
    mail, agent = await _carrier(stage), await stage.agent()
    message = await _written(stage, agent)
    await _handed(mail, agent, message)
    return mail, agent, message


@scenario(
    "A message is written, handed over and sent; a reply follows it; the same key again",
    more=PATIENT,
)
async def message_sent(stage: Stage) -> None:
    """B-52, B-62, I-2."""
    agent = await stage.agent()
    message = await _written(stage, agent, ToField="Eva")
    mail = await _carrier(stage)
    handed = await _handed(mail, agent, message)
    assert handed["BodyText"] == "They fit."
    assert handed["ToField"] == "Eva"
    await _says(mail, message, RefId=_gateway(stage), Reference="<real@far>")
    await _told(agent, message, "Sent", DeliverySystemId="<real@far>")
    await _says(mail, message, RefId=_gateway(stage), Reference="<real@far>")
    reply = await _written(stage, agent, "k2", message["ConversationId"])
    handed = await mail.get(
        "SE_MESSAGE_SENDING", InReplyToId="<real@far>", SubjectField="Re: Boots"
    )
    assert handed["References"] == ["<real@far>"]
    await _told(agent, reply, "Sending")
    await _says(mail, reply)
    await _told(agent, reply, "Sent", Counter=2)
    again: Members = {
        "Peer": None,
        "RequestId": "k2",
        "BodyText": "They fit.",
        "ConversationId": message["ConversationId"],
    }
    await agent.send("CS_MESSAGE_SEND", 4, **again)
    await agent.get("SC_MESSAGE_STATUS", 4, Status="Sent", MessageId=reply["MessageId"])
    await agent.send("CS_MESSAGE_SEND", 5, **{**again, "BodyText": "They do not."})
    await agent.get("SYS_ERROR", 5, Code="KeyReused", Fatal=False)


@scenario("A message is not answered in time, then refused, then refused for good", more=MAIL)
async def message_tried_again(stage: Stage) -> None:
    """B-52, B-54, B-55."""
    mail, agent, message = await _begun(stage)
    await _told(agent, message, "Retry", Attempt=1, Error=None)
    await _handed(mail, agent, message, attempt=2)
    await _says(mail, message, "451 the mailbox is busy")
    await _told(agent, message, "Retry", Attempt=2, Error="451 the mailbox is busy")
    await _handed(mail, agent, message, attempt=3)
    await _says(mail, message, "throttled: too many at once")
    await _told(agent, message, "Retry", Attempt=2, Error="throttled: too many at once")
    await _handed(mail, agent, message, attempt=3)
    await _says(mail, message, "permanent: no such address")
    await _told(agent, message, "Failed", Attempt=3, Error="permanent: no such address")
    await agent.send("CS_MESSAGE_RETRY", 6, MessageId=message["MessageId"])
    await agent.get("SC_MESSAGE_STATUS", 6, Status="Queued", Attempt=0, Error=None)
    await _handed(mail, agent, message)
    await _says(mail, message)
    await _told(agent, message, "Sent", Attempt=1)


@scenario("Late answers: a success completes the message, an error is written down", more=PATIENT)
async def message_answered_late(stage: Stage) -> None:
    """B-52, I-12."""
    mail, agent, message = await _begun(stage)
    await _says(mail, message, "busy")
    await _told(agent, message, "Retry", Error="busy")
    await _says(mail, message, "busy still")
    await _told(agent, message, "Retry", Attempt=1, Error="busy still")
    await _says(mail, message)
    await _told(agent, message, "Sent", Error=None)
    await _says(mail, message, "after all not")
    await _told(agent, message, "Sent", Error="after all not")


@scenario(
    "A session ends with a message: another one answers for it, or waits for its turn", more=MAIL
)
async def message_outlives_session(stage: Stage) -> None:
    """B-53, I-12."""
    mail, agent, message = await _begun(stage)
    await mail.close()
    again = await _carrier(stage)
    await _says(again, message)
    await _told(agent, message, "Sent")
    other = await _written(stage, agent, "k2", message["ConversationId"])
    await _handed(again, agent, other)
    await again.close()
    last = await _carrier(stage)
    await _told(agent, other, "Retry", Attempt=1)
    await _handed(last, agent, other, attempt=2)
    await _says(last, other)
    await _told(agent, other, "Sent", Attempt=2)


@scenario("A message is withdrawn while it waits, and not while it is under way", more=PATIENT)
async def message_withdrawn(stage: Stage) -> None:
    """B-62, W-14."""
    agent = await stage.agent()
    message = await _written(stage, agent)
    await agent.send("CS_MESSAGE_CANCEL", 6, MessageId=message["MessageId"])
    await agent.get("SC_MESSAGE_STATUS", 6, Status="Cancelled", MessageId=message["MessageId"])
    mail = await _carrier(stage)
    other = await _written(stage, agent, "k2", message["ConversationId"])
    await _handed(mail, agent, other)
    await agent.send("CS_MESSAGE_CANCEL", 7, MessageId=other["MessageId"])
    await agent.get("SYS_ERROR", 7, Code="WrongState", Fatal=False)
    await _says(mail, other, "busy")
    await _told(agent, other, "Retry")
    await agent.send("CS_MESSAGE_CANCEL", 8, MessageId=other["MessageId"])
    await agent.get("SC_MESSAGE_STATUS", 8, Status="Cancelled", Error=None)
    stranger = await stage.agent("b")
    await stranger.send("CS_MESSAGE_RETRY", 9, MessageId=other["MessageId"])
    await stranger.get("SYS_ERROR", 9, Code="UnknownMessage", Fatal=False)


@scenario("Reports: delivered, read, never less; one comes back; refused ones", more=PATIENT)
async def message_reported(stage: Stage) -> None:
    """B-55, I-12."""
    mail, agent, message = await _begun(stage)
    await _says(mail, message, Reference="<real@far>")
    await _told(agent, message, "Sent")

    async def report(said: str, **named: object) -> None:
        known = {"Peer": None, "RefId": _gateway(stage), "Data": said, **named}
        await mail.send("ES_MESSAGE_REPORT", 4, **known)

    for said in ("Delivered", "Read"):
        await report(said, Reference="<real@far>")
        await _told(agent, message, said)
        await mail.get("SYS_ACK", 4)
    await report("Bounced: too late", Id=message["MessageId"])
    await mail.get("SYS_ACK", 4)
    other = await _written(stage, agent, "k2", message["ConversationId"])
    await _handed(mail, agent, other)
    await _says(mail, other)
    await _told(agent, other, "Sent")
    await report("Bounced: no such user", Reference=other["DeliverySystemId"])
    await _told(agent, other, "Failed", Error="Bounced: no such user")
    await mail.get("SYS_ACK", 4)
    await agent.send("CS_MESSAGE_RETRY", 5, MessageId=other["MessageId"])
    await agent.get("SYS_ERROR", 5, Code="WrongState", Fatal=False)
    await report("Lost", Id=message["MessageId"])
    await mail.get("SYS_ERROR", 4, Code="BadPayload", Fatal=False)
    await report("Read", Id=NOBODY)
    await mail.get("SYS_ERROR", 4, Code="UnknownMessage", Fatal=False)
    await report("Read", Id=message["MessageId"], RefId=NOBODY)
    await mail.get("SYS_ERROR", 4, Code="UnknownGateway", Fatal=False)
