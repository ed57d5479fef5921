"""Connections that are lost and come back, brokers that end and start again."""

from __future__ import annotations

from tests.replay.dialogues.steps import (
    VISITOR,
    agent_says,
    answer,
    answered,
    asks,
    hang_up,
    joins,
    notes,
    offered,
    parties,
    start,
    stop,
    texts,
    two_agents,
    visitor_says,
)
from tests.replay.stage import Client, Stage, scenario


async def _resynced(agent: Client, chat: str, status: str = "Answered") -> list[str]:
    """The agent asks what they have, and for the whole of it.

    Returns:
        The IDs of the sentences that nobody has confirmed.
    """
    await agent.send("CS_CHAT_RESYNC", 11)
    listed = await agent.get("SC_CHAT_LIST", 11, count=1)
    assert listed["items"][0]["ChatId"] == chat
    assert "Sentences" not in listed["items"][0]
    await agent.send("CS_CHAT_STATUS", 12, ChatId=chat)
    whole = await agent.get("SC_CHAT_STATUS", 12, Status=status, ChatId=chat, Info=...)
    return [item["ID"] for item in whole["Sentences"] if "ConfirmedTime" not in item]


@scenario(
    "The agent's connection is lost; they are back in time, resync and go on", workplace_grace="5s"
)
async def agent_back_in_time(stage: Stage) -> None:
    """B-11, B-28, W-25."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await agent.close()
    await stage.do("wait", seconds=0.1)
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="m2", Text="Are you there?")
    await web.get("SE_CHAT_SENTENCE", ID="m2", Counter=2)
    agent = await stage.agent(state="Ready")
    assert await _resynced(agent, chat) == ["m2"]
    await agent.send("CS_CHAT_CONFIRM", ChatId=chat, ID="m2")
    await web.get("SE_CHAT_CONFIRM", ID="m2")
    await agent_says(web, agent, chat, "a1", "Yes, here I am.", 3)
    await hang_up(web, agent, chat)


@scenario("The agent does not come back: the visitor is told, and the next agent gets the chat")
async def agent_lost(stage: Stage) -> None:
    """B-11."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    second = await stage.ready_agent("b")
    await agent.close()
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await web.get("SE_CHAT_SENTENCE", Model=2, Counter=2, Text="Your agent was lost.")
    await offered(web, second, chat)
    await answer(web, second, chat, sentences=2)
    await hang_up(web, second, chat)


@scenario("An agent is lost while their desk rings: the chat goes on at once, its age kept")
async def lost_while_alerting(stage: Stage) -> None:
    """B-5, B-11."""
    first = await stage.ready_agent("a")
    second = await stage.ready_agent("b")
    web = await stage.connector()
    chat = await start(web)
    await offered(web, first, chat)
    await first.close()
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await offered(web, second, chat)
    await answer(web, second, chat)
    await hang_up(web, second, chat)


@scenario("The connector's connection is lost: its chats stay, and it finds all after a resync")
async def connector_lost(stage: Stage) -> None:
    """B-11, W-25."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await web.close()
    await stage.do("wait", seconds=0.1)
    await agent.send("CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="Good day.")
    await agent.get("SC_CHAT_SENTENCE", ID="a1", Counter=2)
    web = await stage.connector()
    await web.send("ES_CHAT_RESYNC", 1)
    listed = await web.get("SE_CHAT_LIST", 1, count=1)
    assert listed["items"][0]["Status"] == "Answered"
    assert "Sentences" not in listed["items"][0]
    await web.send("ES_CHAT_STATUS", 2, TrackingId="v1")
    whole = await web.get("SE_CHAT_STATUS", 2, Status="Answered", ChatId=chat)
    unconfirmed = [item["ID"] for item in whole["Sentences"] if "ConfirmedTime" not in item]
    assert unconfirmed == ["a1"]
    await web.send("ES_CHAT_CONFIRM", TrackingId="v1", ID="a1")
    await agent.get("SC_CHAT_CONFIRM", ID="a1")
    await hang_up(web, agent, chat)


@scenario("Both sides resync with nothing open: the empty lists come as well")
async def resync_of_nothing(stage: Stage) -> None:
    """W-15, W-25."""
    agent = await stage.agent()
    web = await stage.connector()
    await web.send("ES_CHAT_RESYNC", 1)
    await web.get("SE_CHAT_LIST", 1, count=0)
    await agent.send("CS_CHAT_RESYNC", 1)
    await agent.get("SC_CHAT_LIST", 1, count=0)
    # The spelling of the original is served as well.
    await agent.raw(agent.frame("CS_CHAT_RESYNC", {}, 2).replace(b"RESYNC", b"RESNYC"))
    await agent.get("SC_CHAT_LIST", 2, count=0)


async def _back(stage: Stage, chat: str, alerting: str) -> None:
    """After a restart: both come back and find all that was acknowledged (B-12, W-20)."""
    web = await stage.connector()
    await web.send("ES_CHAT_RESYNC", 1)
    listed = await web.get("SE_CHAT_LIST", 1, count=2)
    found = {item["ChatId"]: item["Status"] for item in listed["items"]}
    assert found == {chat: "Answered", alerting: "Waiting"}
    agent = await stage.agent(state="Ready")
    await offered(web, agent, alerting)
    await agent.send("CS_CHAT_STATUS", 12, ChatId=chat)
    whole = await agent.get("SC_CHAT_STATUS", 12, Status="Answered", ChatId=chat)
    assert [item["ID"] for item in whole["Sentences"]] == ["m1", "a1"]
    await web.send("ES_CHAT_SENTENCE", 13, TrackingId="v1", ID="m1", Text="Hello")
    await web.get("SE_CHAT_SENTENCE", 13, ID="m1", Counter=1, ConfirmedTime=...)
    await visitor_says(web, agent, "m2", "Are you still there?", 3)
    await hang_up(web, agent, chat)
    await stop(web, "v2")
    await agent.get("SC_CHAT_ALERT_END", ChatId=alerting)


async def _two_chats(stage: Stage) -> tuple[Client, Client, str, str]:
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await agent_says(web, agent, chat, "a1", "Good day.", 2)
    alerting = await start(web, "v2")
    await offered(web, agent, alerting)
    return web, agent, chat, alerting


@scenario(
    "The broker is restarted in the middle: every open chat is where it was", workplace_grace="20s"
)
async def restarted(stage: Stage) -> None:
    """B-12, W-13, W-20."""
    web, agent, chat, alerting = await _two_chats(stage)
    await stage.do("restart")
    for client in (web, agent):
        await client.get("SYS_BYE", Code="Shutdown")
        await client.gone()
    await _back(stage, chat, alerting)


@scenario(
    "The broker is killed in the middle: all that it acknowledged is there", workplace_grace="20s"
)
async def killed(stage: Stage) -> None:
    """B-12, W-20, W-21."""
    web, agent, chat, alerting = await _two_chats(stage)
    await stage.do("kill")
    for client in (web, agent):
        await client.gone()
    await _back(stage, chat, alerting)


@scenario("A newer hello takes a workplace over: the older connection is replaced, chats stay")
async def replaced(stage: Stage) -> None:
    """W-11, W-13."""
    web, agent, chat = await answered(stage)
    newer = await stage.agent(state="Ready")
    await agent.get("SYS_BYE", Code="Replaced")
    await agent.gone()
    assert await _resynced(newer, chat) == []
    await visitor_says(web, newer, "m1", "Hello", 1)
    await hang_up(web, newer, chat)


async def _comes_back(stage: Stage, session: str) -> Client:
    """An old program of agent a finds the broker again, and says which session it goes on with."""
    old = await stage.open("agent a")
    old.peer = f"{stage.cell.name}-1"
    await old.send("SYS_HELLO", 1, **stage.hello("workplace"), Continues=session)
    return old


@scenario("An old program wakes up: it was replaced while it was away, and throws nobody out")
async def replaced_while_away(stage: Stage) -> None:
    """W-11, W-13."""
    web, agent, chat = await answered(stage)
    await agent.close()
    newer = await stage.agent(state="Ready")
    for _ in range(2):
        old = await _comes_back(stage, agent.session_id)
        await old.get("SYS_BYE", Code="Replaced")
        await old.gone()
    await visitor_says(web, newer, "m1", "Hello", 1)
    await newer.close()
    again = await _comes_back(stage, newer.session_id)
    await again.get("SYS_WELCOME", 1, SessionId=newer.session_id)
    await again.get("SC_AGENT_STATE", State="Ready")
    await visitor_says(web, again, "m2", "Hello?", 2)
    await hang_up(web, again, chat)


@scenario(
    "The broker was restarted: it knows who was replaced, and who may go on", workplace_grace="20s"
)
async def replaced_over_a_restart(stage: Stage) -> None:
    """W-11, B-12."""
    first = await stage.ready_agent()
    newer = await stage.agent(state="Ready")
    await first.get("SYS_BYE", Code="Replaced")
    await first.gone()
    await stage.do("restart")
    await newer.get("SYS_BYE", Code="Shutdown")
    await newer.gone()
    old = await _comes_back(stage, first.session_id)
    await old.get("SYS_BYE", Code="Replaced")
    await old.gone()
    again = await _comes_back(stage, newer.session_id)
    await again.get("SYS_WELCOME", 1, SessionId=newer.session_id)
    await again.get("SC_AGENT_STATE", State="Ready")


@scenario("The agent logs in at another workplace: replaced at the first one, their chats move too")
async def moved(stage: Stage) -> None:
    """W-11."""
    web, agent, chat = await answered(stage)
    newer = await stage.agent("a", 2, state="Ready")
    await agent.get("SYS_BYE", Code="Replaced")
    await agent.gone()
    assert await _resynced(newer, chat) == []
    await visitor_says(web, newer, "m1", "Hello", 1)
    await hang_up(web, newer, chat)


@scenario("Another agent logs in at the workplace: the first one is replaced")
async def other_agent(stage: Stage) -> None:
    """W-11."""
    first = await stage.ready_agent("a")
    second = await stage.agent("b", 1)
    await first.get("SYS_BYE", Code="Replaced")
    await first.gone()
    await second.send("CS_CHAT_RESYNC", 1)
    await second.get("SC_CHAT_LIST", 1, count=0)


@scenario("Two connections of one gateway: both are told everything, the first confirmation wins")
async def two_connectors(stage: Stage) -> None:
    """W-11, W-15, W-16, B-10."""
    agent = await stage.ready_agent()
    one = await stage.connector()
    two = await stage.connector()
    await one.send("ES_CHAT_START", 1, **VISITOR)
    chat = (await one.get("SE_CHAT_STATUS", 1, Status="Pilot", Sentences=[]))["ChatId"]
    await two.get("SE_CHAT_STATUS", Status="Pilot", Sentences=None)
    for web in (one, two):
        await web.get("SE_CHAT_STATUS", Status="Waiting")
    await two.get("SE_CHAT_STATUS", Status="Alerting")
    await offered(one, agent, chat)
    await answer(one, agent, chat)
    await two.get("SE_CHAT_STATUS", Status="Answered")
    await agent.send("CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="Good day.")
    await agent.get("SC_CHAT_SENTENCE", ID="a1", Counter=1)
    for web in (one, two):
        await web.get("SE_CHAT_SENTENCE", ID="a1", Counter=1)
    await two.send("ES_CHAT_CONFIRM", 5, TrackingId="v1", ID="a1")
    await two.get("SYS_ACK", 5, Type="ES_CHAT_CONFIRM")
    await agent.get("SC_CHAT_CONFIRM", ID="a1")
    await one.send("ES_CHAT_CONFIRM", 6, TrackingId="v1", ID="a1")
    await one.get("SYS_ACK", 6, Type="ES_CHAT_CONFIRM")
    await one.send("ES_CHAT_SENTENCE", 7, TrackingId="v1", ID="m1", Text="Hello")
    await one.get("SE_CHAT_SENTENCE", 7, ID="m1", Counter=2)
    await two.get("SE_CHAT_SENTENCE", ID="m1", Counter=2)
    await agent.get("SC_CHAT_SENTENCE", ID="m1", Counter=2)
    await hang_up(one, agent, chat)
    await two.get("SE_CHAT_STATUS", Status="Closed")


@scenario(
    "The broker is killed while agents work together: conference, parked and unbound chats stay",
    workplace_grace="20s",
    max_chats="3",
)
async def killed_in_company(stage: Stage) -> None:
    """B-2, B-12, B-29, W-20."""
    web, owner, other, chat = await two_agents(stage)
    await joins(owner, other, chat, "Conference")
    await notes(owner, chat, "n1", "Listen.", 1, other)
    aside = await start(web, "v2")
    await offered(web, owner, aside)
    await answer(web, owner, aside)
    await owner.send("CS_CHAT_PARK", 3, ChatId=aside, IsParked=True)
    await owner.get("SC_CHAT_STATUS", 3, IsParked=True)
    await owner.send("CS_CHAT_OPEN", 4, Peer=web.peer, RemoteAddress="+420 123")
    called = (await owner.get("SC_CHAT_STATUS", 4, Status="Answered"))["ChatId"]
    await web.get("SE_CHAT_OUTBOUND", ReturnChatId=called)
    await stage.do("kill")
    for client in (web, owner, other):
        await client.gone()
    web = await stage.connector()
    await web.get("SE_CHAT_OUTBOUND", ReturnChatId=called)
    owner = await stage.agent(state="Ready")
    other = await stage.agent("b", state="Ready")
    await owner.send("CS_CHAT_RESYNC", 5)
    listed = (await owner.get("SC_CHAT_LIST", 5, count=3))["items"]
    assert {one["ChatId"] for one in listed} == {chat, called, aside}
    await other.send("CS_CHAT_STATUS", 6, ChatId=chat)
    whole = await other.get("SC_CHAT_STATUS", 6, Status="Answered", AgentId=owner.agent_id)
    assert parties(whole) == [("Ben", "Conference", "Joined")]
    assert texts(whole, "Internal") == ["Listen."]
    await owner.send("CS_CHAT_STATUS", 7, ChatId=aside)
    await owner.get("SC_CHAT_STATUS", 7, Status="Answered", IsParked=True)
    await notes(owner, chat, "n1", "Listen.", 1)
    await web.send("ES_CHAT_START", 8, TrackingId="v3", ReturnChatId=called)
    await web.get("SE_CHAT_STATUS", 8, Status="Answered", ChatId=called)
    await owner.get("SC_CHAT_STATUS", Status="Answered", ChatId=called)
    for tracking, ended in (("v2", aside), ("v3", called)):
        await stop(web, tracking)
        await owner.get("SC_CHAT_STATUS", Status="Closed", ChatId=ended)
    await stop(web)
    for agent in (other, owner):
        await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)


@scenario(
    "The broker is restarted while somebody is asked, and while one watches: both end, unseen",
    staff="abs",
    workplace_grace="20s",
)
async def restarted_while_asking(stage: Stage) -> None:
    """B-12, B-29."""
    web, owner, other, chat = await two_agents(stage)
    boss = await stage.agent("s")
    await boss.send("CS_CHAT_INVITE", 2, ChatId=chat, Mode="Monitor")
    await boss.get("SC_CHAT_STATUS", 2, Status="Answered")
    await asks(owner, other, chat)
    await boss.get("SC_CHAT_STATUS", Status="Answered", Parties=...)
    await stage.do("restart")
    for client in (web, owner, other, boss):
        await client.get("SYS_BYE", Code="Shutdown")
        await client.gone()
    web = await stage.connector()
    other = await stage.agent("b", state="Ready")
    await other.send("CS_CHAT_ANSWER", 3, ChatId=chat)
    await other.get("SC_CHAT_ALERT_END", 3, ChatId=chat)
    owner = await stage.agent(state="Ready")
    await owner.send("CS_CHAT_STATUS", 4, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 4, Status="Answered", Parties=None)
    boss = await stage.agent("s")
    await boss.send("CS_CHAT_RESYNC", 5)
    await boss.get("SC_CHAT_LIST", 5, count=0)
    await hang_up(web, owner, chat)
