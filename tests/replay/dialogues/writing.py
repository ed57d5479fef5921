"""What agents write: new messages, forwarded ones, drafts; and what is refused of it (B-62)."""

from __future__ import annotations

from protocol.identifiers import derive
from tests.replay.dialogues.mail_steps import (
    EVA,
    PATIENT,
    WORKED,
    clerk,
    closes,
    gateway_of,
    says,
    sent,
    told,
    working,
    writes,
)
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import refused
from tests.replay.stage import Client, Members, Stage, scenario


@scenario("A message is passed on to somebody else, and begins a conversation", more=WORKED)
async def message_forwarded(stage: Stage) -> None:
    """B-62: by whoever may read it."""
    mail, agent, talk = await working(stage)
    await agent.send("CS_CONVERSATION_STATUS", 5, ConversationId=talk)
    whole = await agent.get("SC_CONVERSATION_STATUS", 5)
    known = whole["Messages"][0]["MessageId"]
    passed_on: Members = {"RemoteAddress": "store@example.org", "ForwardOf": known}
    other = await writes(stage, agent, **passed_on)
    came = await sent(mail, agent, other)
    assert came["ForwardOf"] == known
    stranger = await clerk(stage, "b")
    said: Members = {"Peer": None, "RequestId": "k2", "GatewayId": gateway_of(stage)}
    await refused(
        stranger, "UnknownMessage", "CS_MESSAGE_SEND", **said, **passed_on, BodyText="See below."
    )
    await closes(agent, other["ConversationId"])
    await closes(agent, talk)


@scenario("Messages of agents that are refused", more=WORKED)
async def message_not_sent(stage: Stage) -> None:
    """B-62, W-14: each changes nothing."""
    mail, agent, talk = await working(stage)
    anew: Members = {"GatewayId": gateway_of(stage), "RemoteAddress": EVA, "BodyText": "They fit."}

    async def refuses(code: str, client: Client = agent, **said: object) -> None:
        whole = {"Peer": None, "RequestId": "k", **said}
        await refused(client, code, "CS_MESSAGE_SEND", **whole)

    await refuses("UnknownGateway", **{**anew, "GatewayId": NOBODY})
    await refuses("BadPayload", **{**anew, "RemoteAddress": None})
    await refuses("BadPayload", ConversationId=talk)
    foreign = derive("message_gateway", "Mail of everybody")
    await refuses("BadPayload", ConversationId=talk, BodyText="They fit.", GatewayId=foreign)
    await refuses("UnknownConversation", ConversationId=NOBODY, BodyText="They fit.")
    await refuses("UnknownMessage", **anew, Attachments=[{"BlobId": NOBODY}])
    many = [{"BlobId": str(derive("blob", f"{number}"))} for number in range(11)]
    await refuses("TooLong", **anew, Attachments=many)
    await agent.send_bad("CS_MESSAGE_SEND", 6, **anew)
    await agent.get("SYS_ERROR", 6, Code="BadPayload", Fatal=False)
    other = await clerk(stage, "b")
    await refuses("UnknownConversation", other, ConversationId=talk, BodyText="They fit.")
    await closes(agent, talk)
    await refuses("ChatClosed", ConversationId=talk, BodyText="They fit.")
    first = await writes(stage, agent, "k1")
    await sent(mail, agent, first)
    peer: Members = {"MessageId": first["MessageId"], "Peer": other.peer}
    await refused(agent, "NotAllowed", "CS_MESSAGE_CANCEL", **peer)
    await refused(agent, "WrongState", "CS_MESSAGE_CANCEL", MessageId=first["MessageId"])
    await refused(agent, "WrongState", "CS_MESSAGE_RETRY", MessageId=first["MessageId"])
    await refused(other, "UnknownMessage", "CS_MESSAGE_CANCEL", MessageId=first["MessageId"])
    talks = [first["ConversationId"]]
    for key in ("k2", "k3"):
        more = await writes(stage, agent, key, RemoteAddress=f"{key}@example.org")
        talks.append(more["ConversationId"])
        await _carried(mail, agent)
    await refuses("WrongState", **{**anew, "RemoteAddress": "ada@example.org"})
    for one in talks:
        await closes(agent, one)


async def _carried(mail: Client, agent: Client) -> None:
    """A message that has been written goes out."""
    came = await mail.get("SE_MESSAGE_SENDING")
    await told(agent, came, "Sending")
    await says(mail, came)
    await told(agent, came, "Sent")


@scenario("What is not finished is kept, the latest alone, and goes with the message", more=WORKED)
async def draft(stage: Stage) -> None:
    """B-62."""
    mail, agent, talk = await working(stage)
    kept: Members = {"Peer": None, "ConversationId": talk}
    for text in ("They", "They fit"):
        await agent.send("CS_MESSAGE_DRAFT", 5, **kept, BodyText=text)
        await agent.get("SYS_ACK", 5, Type="CS_MESSAGE_DRAFT")

    async def shown() -> str | None:
        await agent.send("CS_CONVERSATION_STATUS", 6, ConversationId=talk)
        whole = await agent.get("SC_CONVERSATION_STATUS", 6)
        return whole["Draft"]["BodyText"] if whole.get("Draft") else None

    assert await shown() == "They fit"
    message = await writes(stage, agent, talk=talk)
    await sent(mail, agent, message)
    assert await shown() is None
    await agent.send("CS_MESSAGE_DRAFT", 5, **kept, BodyText="And")
    await agent.get("SYS_ACK", 5)
    await agent.send("CS_MESSAGE_DRAFT", 5, **kept)
    await agent.get("SYS_ACK", 5)
    assert await shown() is None
    await refused(agent, "UnknownConversation", "CS_MESSAGE_DRAFT", ConversationId=NOBODY)
    other = await clerk(stage, "b")
    await refused(other, "UnknownConversation", "CS_MESSAGE_DRAFT", **kept, BodyText="Mine")
    await closes(agent, talk)
    await refused(agent, "ChatClosed", "CS_MESSAGE_DRAFT", **kept, BodyText="Too late")


@scenario("An agent has as many drafts as may be", broker="few", more=PATIENT)
async def drafts_too_many(stage: Stage) -> None:
    """B-62, I-14."""
    agent = await stage.agent()
    talks = []
    for key in ("k1", "k2"):
        message = await writes(stage, agent, key, RemoteAddress=f"{key}@example.org")
        talks.append(message["ConversationId"])
    kept: Members = {"Peer": None, "BodyText": "And"}
    await agent.send("CS_MESSAGE_DRAFT", 5, **kept, ConversationId=talks[0])
    await agent.get("SYS_ACK", 5)
    await refused(agent, "Overloaded", "CS_MESSAGE_DRAFT", **kept, ConversationId=talks[1])
    await closes(agent, talks[0])
    await agent.send("CS_MESSAGE_DRAFT", 5, **kept, ConversationId=talks[1])
    await agent.get("SYS_ACK", 5)
    await closes(agent, talks[1])
