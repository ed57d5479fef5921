"""Who gets a chat: offers that are rejected, missed, late; capacity; states; wrap-up."""

from __future__ import annotations

from tests.replay.dialogues.steps import (
    VISITOR,
    answer,
    answered,
    hang_up,
    offered,
    start,
    stop,
)
from tests.replay.stage import Client, Stage, scenario


@scenario("The first agent rejects, the second one gets the chat with its age kept")
async def rejected(stage: Stage) -> None:
    """B-5, B-7, B-24."""
    first = await stage.ready_agent("a")
    second = await stage.ready_agent("b")
    web = await stage.connector()
    chat = await start(web)
    await offered(web, first, chat)
    await web.send("ES_CHAT_SENTENCE", 4, TrackingId="v1", ID="m1", Text="Hello?")
    await web.get("SE_CHAT_SENTENCE", 4, ID="m1", Counter=1)
    await first.send("CS_CHAT_HANGUP", 3, ChatId=chat)
    told = await first.get("SC_CHAT_STATUS", 3, Status="Waiting", Sentences=None, ChatId=chat)
    assert "Internal" not in told
    await first.get("SC_CHAT_ALERT_END", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat, AgentId=None)
    await offered(web, second, chat)
    await answer(web, second, chat, sentences=1)
    await hang_up(web, second, chat)


@scenario("The only agent rejects: the chat comes back to them after a while")
async def rejected_alone(stage: Stage) -> None:
    """B-24."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    chat = await start(web)
    await offered(web, agent, chat)
    await agent.send("CS_CHAT_HANGUP", 3, ChatId=chat)
    await agent.get("SC_CHAT_STATUS", 3, Status="Waiting", ChatId=chat)
    await agent.get("SC_CHAT_ALERT_END", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    await hang_up(web, agent, chat)


async def _missed(web: Client, agent: Client, chat: str) -> None:
    await agent.get("SC_CHAT_ALERT_END", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)


@scenario(
    "An offer times out and goes on to the next agent; the late answer changes nothing",
    signal_duration="700ms",
)
async def timed_out(stage: Stage) -> None:
    """B-5, B-24, B-25."""
    first = await stage.ready_agent("a")
    second = await stage.ready_agent("b")
    web = await stage.connector()
    chat = await start(web)
    await offered(web, first, chat)
    await _missed(web, first, chat)
    await offered(web, second, chat)
    await first.send("CS_CHAT_ANSWER", 5, ChatId=chat)
    await first.get("SC_CHAT_ALERT_END", 5, ChatId=chat)
    await answer(web, second, chat)
    await hang_up(web, second, chat)


@scenario("Two missed offers in a row: Pause, reason Missed", signal_duration="300ms")
async def missed(stage: Stage) -> None:
    """B-24."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    chat = await start(web)
    for _ in range(2):
        await offered(web, agent, chat)
        await _missed(web, agent, chat)
    await agent.get("SC_AGENT_STATE", State="Pause", Reason="Missed", ActiveChats=0)
    await stop(web)


@scenario("A chat is offered to one agent; the answer of another one gets SC_CHAT_ALERT_END")
async def foreign_answer(stage: Stage) -> None:
    """B-25."""
    first = await stage.ready_agent("a")
    second = await stage.ready_agent("b")
    web = await stage.connector()
    chat = await start(web)
    await offered(web, first, chat)
    await second.send("CS_CHAT_ANSWER", 5, ChatId=chat)
    await second.get("SC_CHAT_ALERT_END", 5, ChatId=chat)
    await answer(web, first, chat)
    await hang_up(web, first, chat)


@scenario("Two slots: the third chat waits until one is free; the signal says so")
async def capacity(stage: Stage) -> None:
    """B-22, B-23, B-27."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    chats = [await _taken(web, agent, name) for name in ("one", "two")]
    await web.send("ES_CHAT_REQUEST", 3, TrackingId="three")
    await web.get("SE_CHAT_RESPONSE", 3, Signal="Busy")
    third = await start(web, "three")
    await agent.send("CS_CHAT_HANGUP", 4, ChatId=chats[0])
    await agent.get("SC_CHAT_STATUS", 4, Status="Closed", ChatId=chats[0])
    await web.get("SE_CHAT_STATUS", Status="Closed", TrackingId="one")
    await offered(web, agent, third)
    await stop(web, "three")
    await agent.get("SC_CHAT_ALERT_END", ChatId=third)
    await stop(web, "two")
    await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=chats[1])


async def _taken(web: Client, agent: Client, tracking: str) -> str:
    chat = await start(web, tracking)
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    return chat


@scenario("The agent with more free slots gets the next chat")
async def most_free(stage: Stage) -> None:
    """B-21."""
    first = await stage.ready_agent("a")
    second = await stage.ready_agent("b")
    web = await stage.connector()
    await _taken(web, first, "one")
    await _taken(web, second, "two")
    await stop(web, "one")
    await first.get("SC_CHAT_STATUS", Status="Closed")
    await _taken(web, first, "three")
    for tracking, agent in (("two", second), ("three", first)):
        await stop(web, tracking)
        await agent.get("SC_CHAT_STATUS", Status="Closed")


@scenario("Agent states: pause with a reason, log off while a chat runs becomes NextState")
async def agent_states(stage: Stage) -> None:
    """B-28, W-13."""
    web, agent, chat = await answered(stage)
    await agent.send("CS_AGENT_STATE", 1, State="Pause", Reason="Lunch")
    await agent.get("SC_AGENT_STATE", 1, State="Pause", Reason="Lunch", ActiveChats=1)
    await agent.send("CS_AGENT_STATE", 2, State="Pause", Reason="Nonsense")
    await agent.get("SYS_ERROR", 2, Code="BadPayload", Fatal=False)
    await agent.send("CS_AGENT_STATE", 3, State="LogOff")
    await agent.get("SC_AGENT_STATE", 3, State="Pause", NextState="LogOff", ActiveChats=1)
    await hang_up(web, agent, chat)
    await agent.get("SC_AGENT_STATE", State="LogOff", ActiveChats=0)
    await agent.get("SYS_BYE", Code="LoggedOff")
    await agent.gone()


@scenario(
    "Wrap-up holds the slot, until the agent ends it or its time is over",
    wrapup="900ms",
    max_chats="1",
)
async def wrap_up(stage: Stage) -> None:
    """B-22, B-28."""
    web, agent, chat = await answered(stage)
    await hang_up(web, agent, chat)
    await agent.get("SC_AGENT_STATE", ActiveChats=1, WrapUps=...)
    other = await start(web, "v2")
    await agent.send("CS_CHAT_WRAPUP", 4, ChatId=chat, Code="sold", Note="Two pieces")
    await agent.get("SC_AGENT_STATE", 4, State="Ready")
    await offered(web, agent, other)
    await answer(web, agent, other)
    await stop(web, "v2")
    await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=other)
    await agent.get("SC_AGENT_STATE", ActiveChats=1, WrapUps=...)
    await agent.send("CS_CHAT_WRAPUP", 5, ChatId=chat)
    await agent.get("SYS_ERROR", 5, Code="WrongState")
    third = await start(web, "v3")
    await agent.get("SC_AGENT_STATE", ActiveChats=0)
    await offered(web, agent, third)
    await stop(web, "v3")
    await agent.get("SC_CHAT_ALERT_END", ChatId=third)


@scenario("An agent in a pause gets nothing; what they have goes on")
async def pause(stage: Stage) -> None:
    """B-20, B-28."""
    web, agent, chat = await answered(stage)
    await agent.send("CS_AGENT_STATE", State="Pause")
    await agent.get("SC_AGENT_STATE", State="Pause", ActiveChats=1)
    await web.send("ES_CHAT_START", 5, **{**VISITOR, "TrackingId": "v2"})
    await web.get("SE_CHAT_STATUS", 5, Status="Pilot")
    await web.get("SE_CHAT_STATUS", Status="Waiting")
    await agent.send("CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="I go on with you.")
    await agent.get("SC_CHAT_SENTENCE", ID="a1", Counter=1)
    await web.get("SE_CHAT_SENTENCE", ID="a1", Counter=1)
    await stop(web, "v2")
    await hang_up(web, agent, chat)
