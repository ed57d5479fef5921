"""Messages that agents write: handed over, tried again, withdrawn; what becomes of them (B-52..B-62)."""

from __future__ import annotations

from tests.replay.dialogues.mail_steps import (
    PATIENT,
    carrier,
    closes,
    gateway_of,
    handed,
    says,
    told,
    writes,
)
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import refused
from tests.replay.stage import Client, Members, Stage, scenario

MAIL = PATIENT + 'deadline = "3s"\nretries = ["500ms", "500ms"]\n'


async def _begun(stage: Stage) -> tuple[Client, Client, Members]:
    """A connector has the first message of an agent."""
    mail, agent = await carrier(stage), await stage.agent()
    message = await writes(stage, agent)
    await handed(mail, agent, message)
    return mail, agent, message


@scenario(
    "A message is written, handed over and sent; a reply follows it; the same key again",
    more=PATIENT,
)
async def message_sent(stage: Stage) -> None:
    """B-52, B-62, I-2."""
    agent = await stage.agent()
    message = await writes(stage, agent, ToField="Eva")
    mail = await carrier(stage)
    came = await handed(mail, agent, message)
    assert came["BodyText"] == "They fit."
    assert came["ToField"] == "Eva"
    await says(mail, message, RefId=gateway_of(stage), Reference="<real@far>")
    await told(agent, message, "Sent", DeliverySystemId="<real@far>")
    await says(mail, message, RefId=gateway_of(stage), Reference="<real@far>")
    reply = await writes(stage, agent, "k2", message["ConversationId"])
    came = await mail.get("SE_MESSAGE_SENDING", InReplyToId="<real@far>", SubjectField="Re: Boots")
    assert came["References"] == ["<real@far>"]
    await told(agent, reply, "Sending")
    await says(mail, reply)
    await told(agent, reply, "Sent", Counter=2)
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
    await closes(agent, message["ConversationId"])


@scenario("A message is not answered in time, then refused, then refused for good", more=MAIL)
async def message_tried_again(stage: Stage) -> None:
    """B-52, B-54, B-55."""
    mail, agent, message = await _begun(stage)
    await told(agent, message, "Retry", Attempt=1, Error=None)
    await handed(mail, agent, message, attempt=2)
    await says(mail, message, "451 the mailbox is busy")
    await told(agent, message, "Retry", Attempt=2, Error="451 the mailbox is busy")
    await handed(mail, agent, message, attempt=3)
    await says(mail, message, "throttled: too many at once")
    await told(agent, message, "Retry", Attempt=2, Error="throttled: too many at once")
    await handed(mail, agent, message, attempt=3)
    await says(mail, message, "permanent: no such address")
    await told(agent, message, "Failed", Attempt=3, Error="permanent: no such address")
    await agent.send("CS_MESSAGE_RETRY", 6, MessageId=message["MessageId"])
    await agent.get("SC_MESSAGE_STATUS", 6, Status="Queued", Attempt=0, Error=None)
    await handed(mail, agent, message)
    await says(mail, message)
    await told(agent, message, "Sent", Attempt=1)
    await closes(agent, message["ConversationId"])


@scenario("Late answers: a success completes the message, an error is written down", more=PATIENT)
async def message_answered_late(stage: Stage) -> None:
    """B-52, I-12."""
    mail, agent, message = await _begun(stage)
    await says(mail, message, "busy")
    await told(agent, message, "Retry", Error="busy")
    await says(mail, message, "busy still")
    await told(agent, message, "Retry", Attempt=1, Error="busy still")
    await says(mail, message)
    await told(agent, message, "Sent", Error=None)
    await says(mail, message, "after all not")
    await told(agent, message, "Sent", Error="after all not")
    await closes(agent, message["ConversationId"])


@scenario(
    "A session ends with a message: another one answers for it, or waits for its turn", more=MAIL
)
async def message_outlives_session(stage: Stage) -> None:
    """B-53, I-12."""
    mail, agent, message = await _begun(stage)
    await mail.close()
    again = await carrier(stage)
    await says(again, message)
    await told(agent, message, "Sent")
    other = await writes(stage, agent, "k2", message["ConversationId"])
    await handed(again, agent, other)
    await again.close()
    last = await carrier(stage)
    await told(agent, other, "Retry", Attempt=1)
    await handed(last, agent, other, attempt=2)
    await says(last, other)
    await told(agent, other, "Sent", Attempt=2)
    await closes(agent, message["ConversationId"])


@scenario("A message is withdrawn while it waits, and not while it is under way", more=PATIENT)
async def message_withdrawn(stage: Stage) -> None:
    """B-62, W-14."""
    agent = await stage.agent()
    message = await writes(stage, agent)
    await agent.send("CS_MESSAGE_CANCEL", 6, MessageId=message["MessageId"])
    await agent.get("SC_MESSAGE_STATUS", 6, Status="Cancelled", MessageId=message["MessageId"])
    mail = await carrier(stage)
    other = await writes(stage, agent, "k2", message["ConversationId"])
    await handed(mail, agent, other)
    await agent.send("CS_MESSAGE_CANCEL", 7, MessageId=other["MessageId"])
    await agent.get("SYS_ERROR", 7, Code="WrongState", Fatal=False)
    await says(mail, other, "busy")
    await told(agent, other, "Retry")
    await agent.send("CS_MESSAGE_CANCEL", 8, MessageId=other["MessageId"])
    await agent.get("SC_MESSAGE_STATUS", 8, Status="Cancelled", Error=None)
    stranger = await stage.agent("b")
    await stranger.send("CS_MESSAGE_RETRY", 9, MessageId=other["MessageId"])
    await stranger.get("SYS_ERROR", 9, Code="UnknownMessage", Fatal=False)
    await closes(agent, message["ConversationId"])


@scenario("Reports: delivered, read, never less; one comes back; refused ones", more=PATIENT)
async def message_reported(stage: Stage) -> None:
    """B-55, I-12."""
    mail, agent, message = await _begun(stage)
    await says(mail, message, Reference="<real@far>")
    await told(agent, message, "Sent")

    async def report(said: str, **named: object) -> None:
        known = {"Peer": None, "RefId": gateway_of(stage), "Data": said, **named}
        await mail.send("ES_MESSAGE_REPORT", 4, **known)

    for said in ("Delivered", "Read"):
        await report(said, Reference="<real@far>")
        await told(agent, message, said)
        await mail.get("SYS_ACK", 4)
    await report("Bounced: too late", Id=message["MessageId"])
    await mail.get("SYS_ACK", 4)
    other = await writes(stage, agent, "k2", message["ConversationId"])
    await handed(mail, agent, other)
    await says(mail, other)
    await told(agent, other, "Sent")
    await report("Bounced: no such user", Reference=other["DeliverySystemId"])
    await told(agent, other, "Failed", Error="Bounced: no such user")
    await mail.get("SYS_ACK", 4)
    await agent.send("CS_MESSAGE_RETRY", 5, MessageId=other["MessageId"])
    await agent.get("SYS_ERROR", 5, Code="WrongState", Fatal=False)
    await report("Lost", Id=message["MessageId"])
    await mail.get("SYS_ERROR", 4, Code="BadPayload", Fatal=False)
    await report("Read", Id=NOBODY)
    await mail.get("SYS_ERROR", 4, Code="UnknownMessage", Fatal=False)
    await report("Read", Id=message["MessageId"], RefId=NOBODY)
    await mail.get("SYS_ERROR", 4, Code="UnknownGateway", Fatal=False)
    await refused(mail, "UnknownMessage", "ES_MESSAGE_SENT", Peer=None, Id=NOBODY)
    await closes(agent, message["ConversationId"])
