"""What holds a slot and what does not: parked chats, weights, states that follow (B-22, B-28, B-29)."""

from __future__ import annotations

from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import (
    VISITOR,
    agent_says,
    answer,
    answered,
    asks,
    hang_up,
    notes,
    offered,
    refused,
    start,
    stop,
    takes_over,
    two_agents,
    visitor_says,
)
from tests.replay.stage import Client, Stage, scenario


async def _park(agent: Client, chat: str, *, parked: bool, is_parked: bool | None) -> None:
    """Ask to park or to have back; the answer says whether it is parked now."""
    await agent.send("CS_CHAT_PARK", 41, ChatId=chat, IsParked=parked)
    await agent.get(
        "SC_CHAT_STATUS", 41, Status="Answered", IsParked=is_parked, Sentences=None, ChatId=chat
    )


@scenario(
    "Parked: the slot is free for the next chat; retrieved when there is one again", max_chats="1"
)
async def parked(stage: Stage) -> None:
    """B-22, B-29."""
    web, agent, chat = await answered(stage)
    await _park(agent, chat, parked=True, is_parked=True)
    await refused(agent, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="Hello")
    await notes(agent, chat, "n1", "They look for their contract.", 1)
    await agent.send("CS_CHAT_RESYNC", 3)
    listed = await agent.get("SC_CHAT_LIST", 3, count=1)
    assert listed["items"][0]["IsParked"] is True
    await web.send("ES_CHAT_STATUS", 4, TrackingId="v1")
    await web.get("SE_CHAT_STATUS", 4, Status="Answered", IsParked=None)
    second = await start(web, "v2")
    await offered(web, agent, second)
    await answer(web, agent, second)
    await _park(agent, second, parked=True, is_parked=True)
    await _park(agent, chat, parked=False, is_parked=None)
    await _park(agent, chat, parked=False, is_parked=None)
    await agent_says(web, agent, chat, "a1", "Have you found it?", 1)
    await hang_up(web, agent, chat)
    await _park(agent, second, parked=False, is_parked=None)
    await stop(web, "v2")
    await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=second)


@scenario(
    "Retrieved when no slot is free: it comes with the first one, before a chat that waits",
    max_chats="1",
)
async def retrieved_when_full(stage: Stage) -> None:
    """B-22, B-29."""
    web, agent, chat = await answered(stage)
    await _park(agent, chat, parked=True, is_parked=True)
    second = await start(web, "v2")
    await offered(web, agent, second)
    await answer(web, agent, second)
    third = await start(web, "v3")
    await _park(agent, chat, parked=False, is_parked=True)
    await _park(agent, chat, parked=False, is_parked=True)
    await refused(agent, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="Hello")
    await stop(web, "v2")
    await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=second)
    await agent.get("SC_CHAT_STATUS", Status="Answered", IsParked=None, ChatId=chat)
    await hang_up(web, agent, chat)
    await offered(web, agent, third)
    await stop(web, "v3")
    await agent.get("SC_CHAT_ALERT_END", ChatId=third)


@scenario("The visitor writes into a parked chat: the agent hears it and has the chat back at once")
async def woken(stage: Stage) -> None:
    """B-22, B-29."""
    web, agent, chat = await answered(stage)
    await _park(agent, chat, parked=True, is_parked=True)
    await web.send("ES_CHAT_SENTENCE", 3, TrackingId="v1", ID="m1", Text="Here I am")
    await web.get("SE_CHAT_SENTENCE", 3, ID="m1", Counter=1)
    await agent.get("SC_CHAT_SENTENCE", ID="m1", Counter=1)
    await agent.get("SC_CHAT_STATUS", Status="Answered", IsParked=None, ChatId=chat)
    await agent.send("CS_CHAT_CONFIRM", ChatId=chat, ID="m1")
    await web.get("SE_CHAT_CONFIRM", ID="m1")
    await agent_says(web, agent, chat, "a1", "Good.", 2)
    await hang_up(web, agent, chat)


@scenario("The visitor writes into a parked chat of a busy agent: it is next", max_chats="1")
async def woken_when_full(stage: Stage) -> None:
    """B-22, B-29."""
    web, agent, chat = await answered(stage)
    await _park(agent, chat, parked=True, is_parked=True)
    second = await start(web, "v2")
    await offered(web, agent, second)
    await answer(web, agent, second)
    await web.send("ES_CHAT_SENTENCE", 3, TrackingId="v1", ID="m1", Text="Here I am")
    await web.get("SE_CHAT_SENTENCE", 3, ID="m1", Counter=1)
    await agent.get("SC_CHAT_SENTENCE", ID="m1", Counter=1)
    await refused(agent, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="Moment")
    third = await start(web, "v3")
    await stop(web, "v2")
    await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=second)
    await agent.get("SC_CHAT_STATUS", Status="Answered", IsParked=None, ChatId=chat)
    await agent_says(web, agent, chat, "a1", "Now.", 2)
    await hang_up(web, agent, chat)
    await offered(web, agent, third)
    await stop(web, "v3")
    await agent.get("SC_CHAT_ALERT_END", ChatId=third)


@scenario(
    "A parked chat ends: by its visitor, by its agent; no wrap-up of it takes a slot", wrapup="30s"
)
async def parked_closed(stage: Stage) -> None:
    """B-8, B-22, B-28."""
    web, agent, chat = await answered(stage)
    await _park(agent, chat, parked=True, is_parked=True)
    await stop(web)
    await agent.get("SC_CHAT_STATUS", Status="Closed", CloseReason="External", IsParked=None)
    chat = await start(web, "v2")
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    await _park(agent, chat, parked=True, is_parked=True)
    await hang_up(web, agent, chat)
    await agent.send("CS_AGENT_STATE", 3, State="Pause")
    await agent.get("SC_AGENT_STATE", 3, State="Pause", ActiveChats=0)
    await refused(agent, "WrongState", "CS_CHAT_WRAPUP", ChatId=chat)


@scenario("A parked chat is handed to another agent, who has it in hand")
async def parked_transferred(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await two_agents(stage)
    await _park(owner, chat, parked=True, is_parked=True)
    await asks(owner, other, chat)
    status = await takes_over(web, owner, other, chat)
    assert "IsParked" not in status
    await visitor_says(web, other, "m1", "Hello", 1)
    await hang_up(web, other, chat)


@scenario("An agent with a parked chat is lost: the chat goes back to the queue")
async def parked_agent_lost(stage: Stage) -> None:
    """B-11."""
    web, owner, other, chat = await two_agents(stage)
    await _park(owner, chat, parked=True, is_parked=True)
    await owner.close()
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await web.get("SE_CHAT_SENTENCE", Model=2, Counter=1, Text="Your agent was lost.")
    await offered(web, other, chat)
    await answer(web, other, chat, sentences=1)
    await hang_up(web, other, chat)


@scenario(
    "Overloaded: one more parked chat than is allowed; a slot is kept for the parked one",
    broker="brisk",
)
async def park_reserve(stage: Stage) -> None:
    """B-22, I-14."""
    web, agent, chat = await answered(stage)
    await _park(agent, chat, parked=True, is_parked=True)
    second = await start(web, "v2")
    await offered(web, agent, second)
    await answer(web, agent, second)
    await refused(agent, "Overloaded", "CS_CHAT_PARK", ChatId=second, IsParked=True)
    third = await start(web, "v3")
    await _park(agent, chat, parked=False, is_parked=None)
    await hang_up(web, agent, chat)
    await offered(web, agent, third)
    await stop(web, "v3")
    await agent.get("SC_CHAT_ALERT_END", ChatId=third)
    await stop(web, "v2")
    await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=second)


@scenario(
    "Parking that is refused: not answered yet, another's, while somebody is asked, unknown, closed"
)
async def park_refused(stage: Stage) -> None:
    """W-14, B-29."""
    owner = await stage.ready_agent()
    web = await stage.connector()
    chat = await start(web)
    await offered(web, owner, chat)
    await refused(owner, "WrongState", "CS_CHAT_PARK", ChatId=chat, IsParked=True)
    await answer(web, owner, chat)
    other = await stage.ready_agent("b")
    await refused(other, "UnknownChat", "CS_CHAT_PARK", ChatId=chat, IsParked=True)
    await refused(owner, "UnknownChat", "CS_CHAT_PARK", ChatId=NOBODY, IsParked=True)
    await asks(owner, other, chat)
    await refused(owner, "WrongState", "CS_CHAT_PARK", ChatId=chat, IsParked=True)
    await stop(web)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)
    await refused(owner, "ChatClosed", "CS_CHAT_PARK", ChatId=chat, IsParked=True)


@scenario("A pause asked for with the next chat's end: nothing more is offered, and it comes then")
async def next_pause(stage: Stage) -> None:
    """B-28."""
    web, agent, chat = await answered(stage)
    await agent.send("CS_AGENT_STATE", 3, State="Ready", NextState="Pause")
    await agent.get("SC_AGENT_STATE", 3, State="Ready", NextState="Pause", ActiveChats=1)
    await start(web, "v2")
    await hang_up(web, agent, chat)
    await agent.get("SC_AGENT_STATE", State="Pause", NextState=None, ActiveChats=0)
    await stop(web, "v2")


@scenario("Manual-in: PostCall after every chat, until the agent is ready again")
async def manual_in(stage: Stage) -> None:
    """B-28."""
    agent = await stage.agent()
    await agent.send("CS_AGENT_STATE", 3, State="Ready", NextState="PostCall")
    await agent.get("SC_AGENT_STATE", 3, State="Ready", NextState="PostCall")
    web = await stage.connector()
    chat = await start(web)
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    second = await start(web, "v2")
    await hang_up(web, agent, chat)
    await agent.get("SC_AGENT_STATE", State="PostCall", NextState=None, ActiveChats=0)
    await agent.send("CS_AGENT_STATE", 4, State="Ready", NextState="LogOff")
    await agent.get("SC_AGENT_STATE", 4, State="Ready", NextState="LogOff")
    await agent.get("SC_AGENT_STATE", State="LogOff", ActiveChats=0)
    await agent.get("SYS_BYE", Code="LoggedOff")
    await agent.gone()
    assert second
    await stop(web, "v2")


@scenario("Wishes for a state that make no sense are refused, and the state stays")
async def next_state_refused(stage: Stage) -> None:
    """W-14, W-27, B-28."""
    agent = await stage.ready_agent()
    for state, following in (
        ("Ready", "Ready"),
        ("Pause", "Ready"),
        ("Pause", "PostCall"),
        ("PostCall", "Pause"),
        ("LogOff", "Pause"),
        ("LogOff", "LogOff"),
    ):
        await refused(agent, "BadPayload", "CS_AGENT_STATE", State=state, NextState=following)
    await refused(agent, "BadPayload", "CS_AGENT_STATE", State="Ready", Reason="Lunch")
    await refused(agent, "NotAllowed", "CS_AGENT_STATE", State="Ready", Peer="happy-path-1")
    web = await stage.connector()
    chat = await start(web)
    await offered(web, agent, chat)
    await stop(web)
    await agent.get("SC_CHAT_ALERT_END", ChatId=chat)


@scenario(
    "Wrap-up: an unknown code is refused and a configured one taken; another's is unknown",
    wrapup="30s",
)
async def wrap_up_code(stage: Stage) -> None:
    """W-14, B-28."""
    web, agent, chat = await answered(stage)
    await refused(agent, "WrongState", "CS_CHAT_WRAPUP", ChatId=chat, Code="sold")
    await hang_up(web, agent, chat)
    await agent.get("SC_AGENT_STATE", ActiveChats=1, WrapUps=...)
    other = await stage.ready_agent("b")
    await refused(other, "UnknownChat", "CS_CHAT_WRAPUP", ChatId=chat, Code="sold")
    await refused(agent, "BadPayload", "CS_CHAT_WRAPUP", ChatId=chat, Code="stolen")
    await refused(agent, "NotAllowed", "CS_CHAT_WRAPUP", ChatId=chat, Peer=other.peer)
    await agent.send("CS_CHAT_WRAPUP", 3, ChatId=chat, Code="sold", Note="Two pieces")
    await agent.get("SC_AGENT_STATE", 3, State="Ready", ActiveChats=0)
    await refused(agent, "WrongState", "CS_CHAT_WRAPUP", ChatId=chat, Code="sold")


@scenario("A chat of weight 2 needs two free slots", weight="2", max_chats="3")
async def weighty(stage: Stage) -> None:
    """B-22."""
    web, agent, chat = await answered(stage)
    await agent.send("CS_AGENT_STATE", 3, State="Ready", NextState="PostCall")
    await agent.get("SC_AGENT_STATE", 3, State="Ready", ActiveChats=2, MaxChats=3)
    await agent.send("CS_AGENT_STATE", 4, State="Ready")
    await agent.get("SC_AGENT_STATE", 4, State="Ready", NextState=None, ActiveChats=2)
    await web.send("ES_CHAT_REQUEST", 5, **{**VISITOR, "TrackingId": "v2"})
    await web.get("SE_CHAT_RESPONSE", 5, Signal="Busy")
    second = await start(web, "v2")
    other = await stage.ready_agent("b")
    await offered(web, other, second)
    await refused(agent, "WrongState", "CS_CHAT_TRANSFER", ChatId=chat, ToAgentId=other.agent_id)
    third = await start(web, "v3")
    await _park(agent, chat, parked=True, is_parked=True)
    await offered(web, agent, third)
    await _park(agent, chat, parked=False, is_parked=True)
    await stop(web, "v3")
    await agent.get("SC_CHAT_ALERT_END", ChatId=third)
    await agent.get("SC_CHAT_STATUS", Status="Answered", IsParked=None, ChatId=chat)
    await stop(web, "v2")
    await other.get("SC_CHAT_ALERT_END", ChatId=second)
    await hang_up(web, agent, chat)


@scenario("A wrap-up, a pause and a parked chat at once: what each of them holds", wrapup="30s")
async def slots_by_state(stage: Stage) -> None:
    """B-22, B-28."""
    web, agent, chat = await answered(stage)
    second = await start(web, "v2")
    await offered(web, agent, second)
    await answer(web, agent, second)
    await hang_up(web, agent, chat)
    await agent.get("SC_AGENT_STATE", ActiveChats=2, WrapUps=...)
    await agent.send("CS_AGENT_STATE", 3, State="Ready", NextState="Pause")
    await agent.get("SC_AGENT_STATE", 3, State="Ready", NextState="Pause", ActiveChats=2)
    await _park(agent, second, parked=True, is_parked=True)
    await agent.send("CS_CHAT_WRAPUP", 4, ChatId=chat)
    await agent.get("SC_AGENT_STATE", 4, NextState="Pause", ActiveChats=0)
    await stop(web, "v2")
    await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=second)
    await agent.get("SC_AGENT_STATE", State="Pause", NextState=None)


@scenario(
    "Parked for too long: its agent is told, and it comes back by itself",
    broker="reminding",
    max_chats="1",
)
async def reminded(stage: Stage) -> None:
    """B-29."""
    web, agent, chat = await answered(stage)
    await _park(agent, chat, parked=True, is_parked=True)
    await agent.get("SC_CHAT_SENTENCE", Model=10, Counter=1, ChatId=chat)
    await agent.get("SC_CHAT_STATUS", Status="Answered", IsParked=None, ChatId=chat)
    await agent_says(web, agent, chat, "a1", "I have it now.", 1)
    await hang_up(web, agent, chat)
