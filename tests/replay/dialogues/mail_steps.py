"""Steps that dialogues about messages and conversations begin with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from protocol.identifiers import derive
from tests.replay.stage import Client, Members, Stage

PATIENT = """
[[message_gateways]]
name = "Mail of <name>"
peer = "<name>"
channel = "Email"
direction = "B"
token = "<name>-secret"
"""
RULE = """
[[message_rules]]
rank = <rank>
gateway = "Mail of <name>"
project = "Project <name>"
"""
WORKED = PATIENT + RULE
"""A gateway whose messages are worked on."""
EVA = "eva@example.org"
THEN = "2026-01-02T03:04:05Z"


def gateway_of(stage: Stage) -> str:
    """The message gateway of the cell."""
    return derive("message_gateway", f"Mail of {stage.cell.name}")


def in_seconds(seconds: float) -> str:
    """A moment from now, as a client would say it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def carrier(stage: Stage) -> Client:
    """A connector that has asked for its message gateways."""
    mail = await stage.connector()
    await mail.send("ES_SL_GETGATEWAYS", 1, text=stage.cell.name)
    await mail.get("SE_SL_MSGGATEWAYS", 1, count=2)
    return mail


async def clerk(stage: Stage, letter: str = "a", *, ready: bool = True) -> Client:
    """An agent who has asked for their conversations, and has none yet."""
    agent = await stage.agent(letter)
    await agent.send("CS_CONVERSATION_RESYNC", 1)
    await agent.get("SC_CONVERSATION_LIST", 1, count=0)
    if ready:
        await agent.send("CS_AGENT_STATE", State="Ready")
        await agent.get("SC_AGENT_STATE", State="Ready")
    return agent


def letter(stage: Stage, name: str = "<1@far>", **members: object) -> Members:
    """A message as its connector hands it over; `name` is its name there."""
    return {
        "Peer": None,
        "GatewayId": gateway_of(stage),
        "DeliverySystemId": name,
        "RequestId": "r",
        "RemoteAddress": EVA,
        "FromField": "Eva",
        "SubjectField": "Boots",
        "BodyText": "Do they fit?",
        "ReceivedSentTime": THEN,
        **members,
    }


async def brings(stage: Stage, mail: Client, name: str = "<1@far>", **members: object) -> str:
    """A connector hands a message over, which is stored (B-50).

    Returns:
        Its MessageId.
    """
    await mail.send("ES_MESSAGE_RECEIVING", 2, **letter(stage, name, **members))
    told = await mail.get("SE_MESSAGE_RECEIVED", 2, Id=..., Reference="r", Data="true")
    return str(told["Id"])


async def alerted(agent: Client, **members: Any) -> str:
    """An agent is offered a conversation, without its messages (B-57).

    Returns:
        The conversation.
    """
    told = await agent.get("SC_CONVERSATION_ALERT", Status="Alerting", Messages=None, **members)
    return str(told["ConversationId"])


async def takes(agent: Client, talk: str, messages: int = 1, **members: Any) -> Members:
    """An agent takes a conversation that they are offered.

    Returns:
        It, with its messages.
    """
    await agent.send("CS_CONVERSATION_ANSWER", 3, ConversationId=talk)
    told = await agent.get("SC_CONVERSATION_STATUS", 3, Status="Answered", **members)
    assert [one["Counter"] for one in told["Messages"]] == list(range(1, messages + 1))
    return told


async def working(stage: Stage) -> tuple[Client, Client, str]:
    """An agent works on the first message of somebody.

    Returns:
        The connector, the agent and the conversation.
    """
    mail, agent = await carrier(stage), await clerk(stage)
    await brings(stage, mail)
    talk = await alerted(agent)
    await takes(agent, talk)
    return mail, agent, talk


async def commands(agent: Client, what: str, talk: str, **members: object) -> Members:
    """A command about a conversation, answered by it as it stands afterwards.

    Returns:
        The answer.
    """
    await agent.send(f"CS_CONVERSATION_{what}", 4, ConversationId=talk, **members)
    return await agent.get("SC_CONVERSATION_STATUS", 4, ConversationId=talk)


async def closes(agent: Client, talk: str, **members: object) -> None:
    """A conversation ends."""
    told = await commands(agent, "CLOSE", talk, **members)
    assert told["Status"] == "Closed"


async def writes(
    stage: Stage, agent: Client, key: str = "k1", talk: str | None = None, **members: object
) -> Members:
    """An agent writes a message, which begins a conversation unless it goes on with one.

    Returns:
        How far it is.
    """
    said: Members = {"Peer": None, "RequestId": key, "BodyText": "They fit."}
    if talk is None:
        said |= {"GatewayId": gateway_of(stage), "RemoteAddress": EVA, "SubjectField": "Boots"}
    else:
        said["ConversationId"] = talk
    await agent.send("CS_MESSAGE_SEND", 2, **(said | members))
    status = await agent.get("SC_MESSAGE_STATUS", 2, Status="Queued", RequestId=key, Attempt=0)
    if talk is None:
        await agent.get("SC_CONVERSATION_STATUS", Status="Answered", RemoteAddress=...)
    return status


async def handed(mail: Client, agent: Client, message: Members, attempt: int = 1) -> Members:
    """A connector is handed a message; its agent sees that it is under way."""
    came = await mail.get("SE_MESSAGE_SENDING", MessageId=message["MessageId"])
    assert came["DeliverySystemId"] == f"<{message['MessageId']}@replay.parley>"
    await told(agent, message, "Sending", Attempt=attempt)
    return came


async def told(agent: Client, message: Members, status: str, **members: Any) -> None:
    """An agent is told how far a message is."""
    await agent.get("SC_MESSAGE_STATUS", MessageId=message["MessageId"], Status=status, **members)


async def says(mail: Client, message: Members, error: str | None = None, **members: object) -> None:
    """A connector says what became of a message."""
    said = {"Peer": None, "Id": message["MessageId"], "Data": error, **members}
    await mail.send("ES_MESSAGE_SENT", 3, **said)
    await mail.get("SYS_ACK", 3, Type="ES_MESSAGE_SENT")


async def sent(mail: Client, agent: Client, message: Members) -> Members:
    """A message goes out, and its agent is told."""
    came = await handed(mail, agent, message)
    await says(mail, message)
    await told(agent, message, "Sent")
    return came
