"""Chats that this side begins: by an agent, or by a program outside (B-2)."""

from __future__ import annotations

from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import (
    answer,
    answered,
    asks,
    hang_up,
    refused,
    start,
    stop,
    takes_over,
    texts,
)
from tests.replay.stage import Client, Members, Stage, scenario

CALLED: Members = {
    "RemoteAddress": "+420 123",
    "PartyName": "Vera",
    "PreferredCulture": "en",
    "Variables": [{"Name": "order", "Value": "4711"}, {"Name": "empty", "Value": None}],
}
KEY = "44444444-4444-4444-8444-444444444444"


async def _told(web: Client, re: int | None = None) -> Members:
    """The connector is told of a chat that it has to bring about."""
    told = await web.get(
        "SE_CHAT_OUTBOUND", re, RemoteAddress="+420 123", PartyName="Vera", TrackingId=None
    )
    assert told["Variables"][0] == {"Name": "order", "Value": "4711"}
    return told


async def _opened_by_agent(stage: Stage) -> tuple[Client, Client, str]:
    """An agent begins a chat."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    await agent.send("CS_CHAT_OPEN", 1, **CALLED, Peer=web.peer)
    status = await agent.get(
        "SC_CHAT_STATUS", 1, Status="Answered", AgentId=agent.agent_id, Sentences=[], Info=...
    )
    assert status["Info"]["Variables"][0]["Value"] == "4711"
    told = await _told(web)
    assert told["ReturnChatId"] == status["ChatId"]
    return agent, web, status["ChatId"]


async def _opened_outside(stage: Stage) -> tuple[Client, str]:
    """A program outside begins a chat."""
    web = await stage.connector()
    await web.send("ES_CHAT_OPEN", 1, **CALLED)
    return web, (await _told(web, 1))["ReturnChatId"]


@scenario("An agent begins a chat and writes first; the connector binds it and gets the transcript")
async def opened_by_agent(stage: Stage) -> None:
    """B-2."""
    agent, web, chat = await _opened_by_agent(stage)
    await agent.send("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="a1", Text="Good day, Vera.")
    await agent.get("SC_CHAT_SENTENCE", 2, ID="a1", Counter=1)
    await web.send("ES_CHAT_RESYNC", 3)
    await web.get("SE_CHAT_LIST", 3, count=0)
    await web.send("ES_CHAT_START", 4, TrackingId="v1", ReturnChatId=chat)
    status = await web.get("SE_CHAT_STATUS", 4, Status="Answered", TrackingId="v1", ChatId=chat)
    assert texts(status) == ["Good day, Vera."]
    told = await agent.get("SC_CHAT_STATUS", Status="Answered", ChatId=chat)
    assert told["Info"]["RemotePartyName"] == "Vera"
    await web.send("ES_CHAT_CONFIRM", TrackingId="v1", ID="a1")
    await agent.get("SC_CHAT_CONFIRM", ID="a1")
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="m1", Text="Hello")
    await web.get("SE_CHAT_SENTENCE", ID="m1", Counter=2)
    await agent.get("SC_CHAT_SENTENCE", ID="m1", Counter=2)
    await hang_up(web, agent, chat)


@scenario("A program outside begins a chat: once it is bound it is offered, its variables in Info")
async def opened_outside(stage: Stage) -> None:
    """B-2, B-3."""
    agent = await stage.ready_agent()
    web, chat = await _opened_outside(stage)
    await web.send("ES_CHAT_START", 2, TrackingId="v1", PartyName="Vera V.", ReturnChatId=chat)
    await web.get("SE_CHAT_STATUS", 2, Status="Pilot", TrackingId="v1", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Alerting", ChatId=chat)
    alert = await agent.get("SC_CHAT_ALERT", ChatId=chat)
    assert alert["Info"]["RemotePartyName"] == "Vera V."
    assert alert["Info"]["RemoteAddress"] == "+420 123"
    assert alert["Info"]["Variables"][0] == {"Name": "order", "Value": "4711"}
    await answer(web, agent, chat)
    await hang_up(web, agent, chat)


@scenario("The same chat is opened twice with one key: one chat; with another address: KeyReused")
async def opened_twice(stage: Stage) -> None:
    """B-2, W-14, W-21."""
    web = await stage.connector()
    chats = []
    for number in (1, 2):
        await web.send("ES_CHAT_OPEN", number, **CALLED, ReturnChatId=KEY)
        chats.append((await _told(web, number))["ReturnChatId"])
    assert chats[0] == chats[1] != KEY
    other = {**CALLED, "RemoteAddress": "+420 999", "ReturnChatId": KEY}
    await refused(web, "KeyReused", "ES_CHAT_OPEN", **other)
    agent = await stage.ready_agent()
    await refused(agent, "KeyReused", "CS_CHAT_OPEN", **CALLED, Peer=web.peer, ReturnChatId=KEY)
    own = KEY.replace("4", "5")
    for number in (3, 4):
        await agent.send("CS_CHAT_OPEN", number, **CALLED, Peer=web.peer, ReturnChatId=own)
        status = await agent.get("SC_CHAT_STATUS", number, Status="Answered")
        chats.append(status["ChatId"])
    assert chats[2] == chats[3]
    await _told(web)
    await agent.send("CS_CHAT_HANGUP", 5, ChatId=chats[2])
    await agent.get("SC_CHAT_STATUS", 5, Status="Closed", CloseReason="Agent")
    await web.send("ES_CHAT_START", 6, TrackingId="v1", ReturnChatId=chats[0])
    await web.get("SE_CHAT_STATUS", 6, Status="Pilot", ChatId=chats[0])
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chats[0])
    await web.get("SE_CHAT_STATUS", Status="Alerting", ChatId=chats[0])
    await agent.get("SC_CHAT_ALERT", ChatId=chats[0])
    await stop(web)
    await agent.get("SC_CHAT_ALERT_END", ChatId=chats[0])


@scenario("Bound twice under one TrackingId: the same answer; under another: WrongState")
async def bound_twice(stage: Stage) -> None:
    """B-2, W-14."""
    web, chat = await _opened_outside(stage)
    await web.send("ES_CHAT_START", 2, TrackingId="v1", ReturnChatId=chat)
    await web.get("SE_CHAT_STATUS", 2, Status="Pilot", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await web.send("ES_CHAT_START", 3, TrackingId="v1", ReturnChatId=chat)
    await web.get("SE_CHAT_STATUS", 3, Status="Waiting", ChatId=chat, Sentences=[])
    await refused(web, "WrongState", "ES_CHAT_START", TrackingId="v2", ReturnChatId=chat)
    await stop(web)


@scenario("Binding that is refused: an unknown chat, one of a visitor, a TrackingId in use, closed")
async def bind_refused(stage: Stage) -> None:
    """B-2, W-14."""
    web, chat = await _opened_outside(stage)
    inbound = await start(web)
    bind = "ES_CHAT_START"
    await refused(web, "UnknownChat", bind, TrackingId="v2", ReturnChatId=NOBODY)
    await refused(web, "UnknownChat", bind, TrackingId="v2", ReturnChatId=inbound)
    await refused(web, "WrongState", bind, TrackingId="v1", ReturnChatId=chat)
    await stop(web)
    agent = await stage.ready_agent()
    await agent.send("CS_CHAT_OPEN", 3, **CALLED, Peer=web.peer)
    own = await agent.get("SC_CHAT_STATUS", 3, Status="Answered")
    await _told(web)
    await agent.send("CS_CHAT_HANGUP", 4, ChatId=own["ChatId"])
    await agent.get("SC_CHAT_STATUS", 4, Status="Closed", CloseReason="Agent")
    await refused(web, "ChatClosed", bind, TrackingId="v3", ReturnChatId=own["ChatId"])
    await web.send(bind, 5, TrackingId="v1", ReturnChatId=chat)
    await web.get("SE_CHAT_STATUS", 5, Status="Pilot", TrackingId="v1", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting")
    await web.get("SE_CHAT_STATUS", Status="Alerting")
    await agent.get("SC_CHAT_ALERT", ChatId=chat)
    await stop(web)
    await agent.get("SC_CHAT_ALERT_END", ChatId=chat)


@scenario(
    "Every session of the gateway is told of what waits to be bound, and of nothing once it is"
)
async def told_again(stage: Stage) -> None:
    """B-2, W-11."""
    agent = await stage.ready_agent()
    await agent.send("CS_CHAT_OPEN", 1, **CALLED, Peer=stage.cell.name)
    chat = (await agent.get("SC_CHAT_STATUS", 1, Status="Answered"))["ChatId"]
    first = await stage.connector()
    await _told(first)
    await first.close()
    second = await stage.connector()
    assert (await _told(second))["ReturnChatId"] == chat
    third = await stage.connector()
    await _told(third)
    await second.send("ES_CHAT_START", 2, TrackingId="v1", ReturnChatId=chat)
    await second.get("SE_CHAT_STATUS", 2, Status="Answered", ChatId=chat)
    await third.get("SE_CHAT_STATUS", Status="Answered", ChatId=chat)
    await agent.get("SC_CHAT_STATUS", Status="Answered", ChatId=chat)
    last = await stage.connector()
    await hang_up(second, agent, chat)
    for web in (third, last):
        await web.get("SE_CHAT_STATUS", Status="Closed", ChatId=chat)


@scenario(
    "Nobody binds an outbound chat: closed with reason Rule, and its agent is told",
    outbound_timeout="1s",
)
async def unbound(stage: Stage) -> None:
    """B-2, B-8."""
    agent, web, chat = await _opened_by_agent(stage)
    await agent.send("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="a1", Text="Good day, Vera.")
    await agent.get("SC_CHAT_SENTENCE", 2, ID="a1", Counter=1)
    await agent.get("SC_CHAT_STATUS", Status="Closed", CloseReason="Rule", ChatId=chat)
    await refused(web, "ChatClosed", "ES_CHAT_START", TrackingId="v1", ReturnChatId=chat)
    later = await stage.connector()
    await later.send("ES_CHAT_RESYNC", 3)
    await later.get("SE_CHAT_LIST", 3, count=0)


@scenario(
    "Outbound chats that are refused: no gateway, no slot, logging off, too many variables",
    max_chats="1",
)
async def open_refused(stage: Stage) -> None:
    """W-14, W-27, I-14."""
    web, agent, chat = await answered(stage)
    other = await stage.agent("b")
    to: Members = {**CALLED, "Peer": web.peer}
    many = [{"Name": f"v{number}", "Value": "x"} for number in range(33)]
    await refused(other, "UnknownGateway", "CS_CHAT_OPEN", **{**to, "Peer": "nowhere"})
    await refused(agent, "WrongState", "CS_CHAT_OPEN", **to)
    await refused(other, "TooLong", "CS_CHAT_OPEN", **{**to, "Variables": many})
    twice = [{"Name": "v", "Value": "x"}] * 2
    await refused(other, "BadPayload", "CS_CHAT_OPEN", **{**to, "Variables": twice})
    await agent.send("CS_AGENT_STATE", 3, State="LogOff")
    await agent.get("SC_AGENT_STATE", 3, NextState="LogOff")
    await refused(agent, "WrongState", "CS_CHAT_OPEN", **to)
    await refused(web, "UnknownGateway", "ES_CHAT_OPEN", **{**CALLED, "Peer": "nowhere"})
    await refused(web, "NotAllowed", "ES_CHAT_OPEN", **{**CALLED, "Peer": "happy-path"})
    await refused(web, "TooLong", "ES_CHAT_OPEN", **{**CALLED, "Variables": many})
    await refused(web, "TooLong", "ES_CHAT_START", TrackingId="v2", Variables=many)
    long = [{"Name": f"v{number}", "Value": "ž" * 1_024} for number in range(32)]
    await refused(web, "TooLong", "ES_CHAT_OPEN", **{**CALLED, "Variables": long})
    form: Members = {"ScenarioId": NOBODY, "Values": []}
    await refused(web, "BadPayload", "ES_CHAT_OPEN", **CALLED, ResultModel=form)
    await refused(other, "BadPayload", "CS_CHAT_OPEN", **to, ResultModel=form)
    await web.send("ES_CHAT_RESYNC", 4)
    await web.get("SE_CHAT_LIST", 4, count=1)
    await stop(web)
    await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)
    await agent.get("SC_AGENT_STATE", State="LogOff")
    await agent.get("SYS_BYE", Code="LoggedOff")
    await agent.gone()


@scenario(
    "An agent in a pause opens a chat all the same; the visitor's own start makes another one"
)
async def opened_in_a_pause(stage: Stage) -> None:
    """B-2, B-28."""
    agent = await stage.agent()
    web = await stage.connector()
    await agent.send("CS_CHAT_OPEN", 1, **CALLED, Peer=web.peer)
    chat = (await agent.get("SC_CHAT_STATUS", 1, Status="Answered"))["ChatId"]
    await _told(web)
    other = await start(web)
    assert other != chat
    await web.send("ES_CHAT_START", 2, TrackingId="v2", ReturnChatId=chat)
    await web.get("SE_CHAT_STATUS", 2, Status="Answered", ChatId=chat)
    await agent.get("SC_CHAT_STATUS", Status="Answered", ChatId=chat)
    await stop(web)
    await stop(web, "v2")
    await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)


@scenario(
    "A chat that no rule knows: its agent cannot return it, and it ends when they are lost",
    route='culture = "cs"',
)
async def opened_without_rule(stage: Stage) -> None:
    """B-3, B-11, B-29."""
    agent, web, chat = await _opened_by_agent(stage)
    await web.send("ES_CHAT_START", 2, TrackingId="v1", ReturnChatId=chat)
    await web.get("SE_CHAT_STATUS", 2, Status="Answered", ChatId=chat)
    await agent.get("SC_CHAT_STATUS", Status="Answered", ChatId=chat)
    await refused(agent, "WrongState", "CS_CHAT_RETURN", ChatId=chat)
    other = await stage.ready_agent("b")
    await asks(agent, other, chat)
    await takes_over(web, agent, other, chat)
    await other.close()
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule", ChatId=chat)


@scenario("An unbound chat goes by no name: what it is called cannot be started")
async def unbound_name(stage: Stage) -> None:
    """B-2, W-14."""
    web, chat = await _opened_outside(stage)
    await refused(web, "WrongState", "ES_CHAT_START", TrackingId=chat)
    await web.send("ES_CHAT_START", 2, TrackingId=chat, ReturnChatId=chat)
    await web.get("SE_CHAT_STATUS", 2, Status="Pilot", TrackingId=chat, ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await stop(web, chat)
