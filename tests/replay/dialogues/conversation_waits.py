"""Conversations that nobody works on now: they wait, are put aside, or come back (B-57)."""

from __future__ import annotations

from protocol.identifiers import derive
from tests.replay.dialogues.mail_steps import (
    EVA,
    WORKED,
    alerted,
    brings,
    carrier,
    clerk,
    closes,
    commands,
    gateway_of,
    sent,
    takes,
    told,
    working,
    writes,
)
from tests.replay.dialogues.steps import refused
from tests.replay.stage import Stage, scenario


def rule(level: int, after: str, *effects: str) -> str:
    """A wait rule for the conversations of a cell."""
    lines = (
        "[[wait_rules]]",
        'for = "messages"',
        f"level = {level}",
        f'after = "{after}"',
        'gateway = "Mail of <name>"',
    )
    return "\n" + "\n".join((*lines, *effects)) + "\n"


HELPED = rule(1, "400ms", 'projects = ["Second <name>"]', "priority = 5")
ENDED = rule(2, "800ms", "close = true")


@scenario(
    "A conversation waits: those of another project may take it; the next is ended",
    more=WORKED + HELPED + ENDED,
    staff="abs",
    second="b",
)
async def conversation_waits(stage: Stage) -> None:
    """B-26, B-30, B-57."""
    mail, other = await carrier(stage), await clerk(stage, "b")
    above = await stage.agent("s")
    await brings(stage, mail)
    talk = await alerted(other, ProjectId=derive("project", f"Project {stage.cell.name}"))
    await takes(other, talk)
    await above.send("CS_CONVERSATION_EXPLAIN", 5, ConversationId=talk)
    lines = await above.get("SC_CONVERSATION_EXPLANATION", 5, count=4)
    assert [line["Kind"] for line in lines["items"]] == [
        "routed",
        "waiting",
        "wait_rule",
        "offered",
    ]
    assert lines["items"][2]["Reason"] == "level 1"
    await closes(other, talk)
    await other.send("CS_AGENT_STATE", State="Pause")
    await other.get("SC_AGENT_STATE", State="Pause")
    await brings(stage, mail, "<2@far>")
    await stage.do("wait", seconds=1.2)
    await above.send("CS_CONVERSATION_OVERVIEW", 6)
    await above.get("SC_CONVERSATION_OVERVIEW", 6, count=0)


@scenario(
    "A program that does not say that it takes messages is offered none, and takes none",
    more=WORKED,
)
async def chats_alone(stage: Stage) -> None:
    """B-57, W-10."""
    mail, agent = await carrier(stage), await stage.open("agent a")
    agent.peer = f"{stage.cell.name}-1"
    hello = stage.hello("workplace") | {"TakesMessages": None}
    await agent.send("SYS_HELLO", **hello)
    await agent.get("SYS_WELCOME", SessionId=..., AgentId=...)
    await agent.get("SC_AGENT_STATE", State="Pause")
    await agent.send("CS_AGENT_STATE", State="Ready")
    await agent.get("SC_AGENT_STATE", State="Ready")
    await brings(stage, mail)
    await agent.send("CS_CONVERSATION_OVERVIEW", 2)
    waits = await agent.get("SC_CONVERSATION_OVERVIEW", 2, count=1)
    talk = waits["items"][0]["ConversationId"]
    await refused(agent, "WrongState", "CS_CONVERSATION_PICK", ConversationId=talk)
    said = {"RequestId": "k", "GatewayId": gateway_of(stage), "RemoteAddress": EVA}
    await refused(agent, "WrongState", "CS_MESSAGE_SEND", BodyText="They fit.", **said)
    await agent.close()
    with_messages = await stage.agent(state="Ready")
    await alerted(with_messages, ConversationId=talk)
    await takes(with_messages, talk)
    await closes(with_messages, talk)


@scenario("An agent puts aside as many conversations as may be", broker="few", more=WORKED)
async def put_aside_too_many(stage: Stage) -> None:
    """B-57, I-14."""
    mail, agent, first = await working(stage)
    await brings(stage, mail, "<2@far>", RemoteAddress="b@example.org")
    second = await alerted(agent)
    await takes(agent, second)
    await commands(agent, "PARK", first)
    await refused(agent, "Overloaded", "CS_CONVERSATION_PARK", ConversationId=second)
    await commands(agent, "PICK", first)
    await commands(agent, "PARK", second)
    await closes(agent, first)
    await commands(agent, "PICK", second)
    await closes(agent, second)


@scenario("An answer comes back after its conversation was closed: that goes on", more=WORKED)
async def undelivered(stage: Stage) -> None:
    """B-55, B-57."""
    mail, agent, talk = await working(stage)
    message = await writes(stage, agent, talk=talk)
    await sent(mail, agent, message)
    await closes(agent, talk)
    said = {"Peer": None, "RefId": gateway_of(stage), "Data": "Bounced: 550 nobody there"}
    await mail.send("ES_MESSAGE_REPORT", 7, Id=message["MessageId"], **said)
    await mail.get("SYS_ACK", 7, Type="ES_MESSAGE_REPORT")
    await told(agent, message, "Failed", Error="Bounced: 550 nobody there")
    await alerted(agent, ConversationId=talk, CloseReason=None)
    await takes(agent, talk, messages=2)
    await closes(agent, talk)
