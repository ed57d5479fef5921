"""Wrap-ups in the agent's picture: they hold slots, so whoever has one sees it, whatever was restarted."""

from __future__ import annotations

from tests.replay.dialogues.steps import (
    agent_says,
    answer,
    answered,
    asks,
    hang_up,
    offered,
    refused,
    start,
    takes_over,
    two_agents,
)
from tests.replay.stage import Client, Members, Stage, scenario


async def _begins(agent: Client, chat: str) -> None:
    """The wrap-up is told behind the end of its chat."""
    state = await agent.get("SC_AGENT_STATE", State="Ready", ActiveChats=1, WrapUps=...)
    assert _shown(state) == [(chat, "Vera")]


def _shown(state: Members) -> list[tuple[str, str]]:
    assert all(one["UntilUtc"] for one in state["WrapUps"])
    return [(one["ChatId"], one["RemoteName"]) for one in state["WrapUps"]]


async def _comes_back(stage: Stage, chat: str) -> Client:
    """The program of agent a is started anew, and is shown what it does not know."""
    agent = await stage.open("agent a")
    agent.peer = f"{stage.cell.name}-1"
    await agent.send("SYS_HELLO", **stage.hello("workplace"))
    await agent.get("SYS_WELCOME", WorkplaceNumber=agent.peer)
    state = await agent.get("SC_AGENT_STATE", State="Ready", ActiveChats=1, WrapUps=...)
    assert _shown(state) == [(chat, "Vera")]
    await agent.send("CS_CHAT_RESYNC", 11)
    await agent.get("SC_CHAT_LIST", 11, count=0)
    return agent


@scenario(
    "The agent's program is started anew during a wrap-up: it sees it, and ends it with a code",
    wrapup="30s",
    workplace_grace="5s",
    max_chats="1",
)
async def wrap_up_seen_again(stage: Stage) -> None:
    """B-22, B-28, W-25."""
    web, agent, chat = await answered(stage)
    await hang_up(web, agent, chat)
    await _begins(agent, chat)
    second = await start(web, "v2")
    await agent.close()
    agent = await _comes_back(stage, chat)
    await agent.send("CS_CHAT_WRAPUP", 4, ChatId=chat, Code="sold", Note="Two pieces")
    await agent.get("SC_AGENT_STATE", 4, State="Ready", ActiveChats=0, WrapUps=None)
    await offered(web, agent, second)
    await answer(web, agent, second)


@scenario(
    "The broker is restarted during a wrap-up: its agent sees it, and ends it",
    wrapup="30s",
    workplace_grace="20s",
)
async def wrap_up_over_a_restart(stage: Stage) -> None:
    """B-12, B-28, W-25."""
    web, agent, chat = await answered(stage)
    await hang_up(web, agent, chat)
    await _begins(agent, chat)
    await stage.do("restart")
    for client in (web, agent):
        await client.get("SYS_BYE", Code="Shutdown")
        await client.gone()
    agent = await _comes_back(stage, chat)
    await agent.send("CS_CHAT_WRAPUP", 4, ChatId=chat)
    await agent.get("SC_AGENT_STATE", 4, State="Ready", ActiveChats=0, WrapUps=None)


@scenario(
    "Somebody else's wrap-up is neither shown to who had the chat before, nor ended by them",
    wrapup="30s",
    workplace_grace="5s",
)
async def wrap_up_of_another(stage: Stage) -> None:
    """B-28, W-25."""
    web, first, owner, chat = await two_agents(stage)
    await agent_says(web, first, chat, "a1", "Somebody else knows more.", 1)
    await asks(first, owner, chat)
    await takes_over(web, first, owner, chat, 1)
    await hang_up(web, owner, chat)
    await _begins(owner, chat)
    await refused(first, "WrongState", "CS_CHAT_WRAPUP", ChatId=chat)
    await first.close()
    await stage.agent("a", state="Ready")
    await owner.send("CS_CHAT_WRAPUP", 6, ChatId=chat)
    await owner.get("SC_AGENT_STATE", 6, ActiveChats=0, WrapUps=None)


@scenario(
    "The visitor comes back during a wrap-up: it is over, and its agent is told", wrapup="30s"
)
async def wrap_up_reopened(stage: Stage) -> None:
    """B-2, B-28, W-25."""
    web, agent, chat = await answered(stage)
    await hang_up(web, agent, chat)
    await _begins(agent, chat)
    assert await start(web) == chat
    await agent.get("SC_AGENT_STATE", State="Ready", ActiveChats=0, WrapUps=None)
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    await hang_up(web, agent, chat)
    await _begins(agent, chat)
