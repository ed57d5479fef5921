"""The work after a conversation, as that after a chat; and what becomes of what was put aside."""

from __future__ import annotations

from tests.replay.dialogues.mail_steps import (
    EVA,
    WORKED,
    alerted,
    brings,
    clerk,
    closes,
    commands,
    takes,
    working,
)
from tests.replay.dialogues.steps import refused
from tests.replay.stage import Client, Stage, scenario


async def _begins(agent: Client, talk: str) -> None:
    """The wrap-up is told behind the end of its conversation."""
    state = await agent.get("SC_AGENT_STATE", State="Ready", ActiveChats=0, WrapUps=...)
    (one,) = state["WrapUps"]
    assert one["UntilUtc"]
    named = (one["ConversationId"], one.get("ChatId"), one["RemoteName"], one["RemoteAddress"])
    assert named == (talk, None, "Eva", EVA)


@scenario(
    "A conversation is wrapped up: shown by its name, to a new program too, and ended with a code",
    more=WORKED,
    wrapup="30s",
    workplace_grace="5s",
)
async def conversation_wrap_up(stage: Stage) -> None:
    """B-28, B-57, W-25."""
    _, agent, talk = await working(stage)
    await closes(agent, talk, Code="sold", Note="Two pieces")
    await _begins(agent, talk)
    await agent.close()
    agent = await stage.open("agent a")
    agent.peer = f"{stage.cell.name}-1"
    await agent.send("SYS_HELLO", **stage.hello("workplace"))
    await agent.get("SYS_WELCOME", WorkplaceNumber=agent.peer)
    await _begins(agent, talk)
    await agent.send(
        "CS_CONVERSATION_WRAPUP", 5, ConversationId=talk, Code="sold", Note="They called as well"
    )
    await agent.get("SC_AGENT_STATE", 5, State="Ready", WrapUps=None)


@scenario(
    "A conversation is wrapped up until its time is over, and its agent is told",
    more=WORKED,
    wrapup="400ms",
)
async def conversation_wrap_up_over(stage: Stage) -> None:
    """B-28, B-57."""
    _, agent, talk = await working(stage)
    await closes(agent, talk)
    await _begins(agent, talk)
    await agent.get("SC_AGENT_STATE", State="Ready", WrapUps=None)


@scenario(
    "A reply during the wrap-up of a conversation: it is over, and its agent is offered the conversation",
    more=WORKED,
    wrapup="30s",
)
async def conversation_wrap_up_reopened(stage: Stage) -> None:
    """B-56, B-57."""
    mail, agent, talk = await working(stage)
    await closes(agent, talk)
    await _begins(agent, talk)
    await brings(stage, mail, "<2@far>", InReplyToId="<1@far>")
    await agent.get("SC_AGENT_STATE", State="Ready", WrapUps=None)
    assert await alerted(agent) == talk
    await takes(agent, talk, 2)


@scenario(
    "A supervisor ends a conversation, and logs off whoever wraps it up: that is over",
    more=WORKED,
    wrapup="30s",
    staff="as",
)
async def conversation_wrap_up_forced(stage: Stage) -> None:
    """B-28, B-57."""
    _, agent, talk = await working(stage)
    supervisor = await clerk(stage, "s", ready=False)
    await closes(supervisor, talk)
    await agent.get("SC_CONVERSATION_STATUS", Status="Closed", CloseReason="Admin")
    await _begins(agent, talk)
    await supervisor.send("CS_AGENT_STATE", 6, AgentId=agent.agent_id, State="LogOff")
    await supervisor.get("SC_AGENT_STATE", 6, State="LogOff", WrapUps=None)
    await agent.get("SC_AGENT_STATE", State="LogOff", WrapUps=None)
    await agent.get("SYS_BYE", Code="LoggedOff")
    await agent.gone()


@scenario(
    "No wrap-up is ended that does not run, by nobody else, and with no code that there is not",
    more=WORKED,
    wrapup="30s",
)
async def conversation_wrap_up_refused(stage: Stage) -> None:
    """B-57, I-15."""
    _, agent, talk = await working(stage)
    other = await clerk(stage, "b")
    ends = "CS_CONVERSATION_WRAPUP"
    await refused(agent, "WrongState", ends, ConversationId=talk)
    await refused(other, "UnknownConversation", ends, ConversationId=talk)
    await closes(agent, talk)
    await _begins(agent, talk)
    await refused(other, "UnknownConversation", ends, ConversationId=talk)
    await refused(agent, "BadPayload", ends, ConversationId=talk, Code="stolen")
    await refused(agent, "UnknownChat", "CS_CHAT_WRAPUP", ChatId=talk)
    await agent.send(ends, 5, ConversationId=talk)
    await agent.get("SC_AGENT_STATE", 5, WrapUps=None)
    await refused(agent, "WrongState", ends, ConversationId=talk)


@scenario(
    "A colleague takes what was put aside: whoever did that is told, and has it no more",
    more=WORKED,
)
async def taken_from_aside(stage: Stage) -> None:
    """B-57."""
    _, agent, talk = await working(stage)
    told = await commands(agent, "PARK", talk)
    assert (told["Status"], told["IsParked"]) == ("Waiting", True)
    other = await clerk(stage, "b")
    told = await commands(other, "PICK", talk)
    assert told["Status"] == "Answered"
    await agent.get("SC_CONVERSATION_STATUS", ConversationId=talk, Status="Waiting", IsParked=False)
    await agent.send("CS_CONVERSATION_RESYNC", 8)
    await agent.get("SC_CONVERSATION_LIST", 8, count=0)
