"""A supervisor in an agent's chat: they watch unseen, whisper, and join (B-29)."""

from __future__ import annotations

from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import (
    agent_says,
    answer,
    answered,
    asks,
    broker_notes,
    hang_up,
    joins,
    notes,
    offered,
    parties,
    refused,
    start,
    stop,
    texts,
    two_agents,
    visitor_says,
)
from tests.replay.stage import Client, Members, Stage, scenario


async def _watches(boss: Client, chat: str, owner: Client) -> Members:
    """A supervisor begins to monitor a chat; nobody else is told."""
    await boss.send("CS_CHAT_INVITE", 31, ChatId=chat, Mode="Monitor")
    whole = await boss.get(
        "SC_CHAT_STATUS", 31, Status="Answered", ChatId=chat, AgentId=owner.agent_id
    )
    assert parties(whole) == [("Sue", "Monitor", "Joined")]
    return whole


@scenario(
    "Monitor: a supervisor reads along, and neither the agent nor the visitor is told", staff="abs"
)
async def monitored(stage: Stage) -> None:
    """B-29."""
    web, owner, chat = await answered(stage)
    await visitor_says(web, owner, "m1", "Hello", 1)
    boss = await stage.agent("s")
    whole = await _watches(boss, chat, owner)
    assert texts(whole) == ["Hello"]
    await owner.send("CS_CHAT_STATUS", 3, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 3, Status="Answered", Parties=None)
    await visitor_says(web, owner, "m2", "How much is it?", 2)
    await boss.get("SC_CHAT_SENTENCE", ID="m2", Counter=2, IsOutbound=False)
    await agent_says(web, owner, chat, "a1", "A hundred.", 3)
    await boss.get("SC_CHAT_SENTENCE", ID="a1", Counter=3, IsOutbound=True)
    await boss.get("SC_CHAT_CONFIRM", ID="a1")
    await boss.send("CS_CHAT_RESYNC", 4)
    await boss.get("SC_CHAT_LIST", 4, count=1)
    await boss.send("CS_CHAT_LEAVE", 5, ChatId=chat)
    await boss.get("SC_CHAT_STATUS", 5, Status="Waiting", Sentences=None, Parties=None)
    await visitor_says(web, owner, "m3", "Thank you", 4)
    await hang_up(web, owner, chat)


@scenario(
    "Whisper: a supervisor who monitors writes to the agent, and not to the visitor", staff="abs"
)
async def whispered(stage: Stage) -> None:
    """B-29."""
    web, owner, chat = await answered(stage)
    await visitor_says(web, owner, "m1", "Hello", 1)
    boss = await stage.agent("s")
    await _watches(boss, chat, owner)
    await notes(boss, chat, "n1", "Offer a discount.", 1, owner)
    await notes(owner, chat, "n2", "How much?", 2, boss)
    await refused(boss, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="s1", Text="Hello")
    await refused(boss, "WrongState", "CS_CHAT_CONFIRM", ChatId=chat, ID="m1")
    await refused(boss, "WrongState", "CS_CHAT_HANGUP", ChatId=chat)
    await refused(boss, "WrongState", "CS_CHAT_TRANSFER", ChatId=chat)
    await boss.send("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    await web.send("ES_CHAT_STATUS", 6, TrackingId="v1")
    await web.get("SE_CHAT_STATUS", 6, Internal=None, Parties=None, AgentId=owner.agent_id)
    await stop(web)
    await boss.get("SC_CHAT_STATUS", Status="Closed", CloseReason="External")
    await owner.get("SC_CHAT_STATUS", Status="Closed", CloseReason="External")


@scenario(
    "A supervisor who monitors joins the conversation, and goes back to watching", staff="abs"
)
async def monitor_joins(stage: Stage) -> None:
    """B-29."""
    web, owner, chat = await answered(stage)
    boss = await stage.agent("s")
    await _watches(boss, chat, owner)
    join: Members = {"ChatId": chat, "ToAgentId": boss.agent_id, "Mode": "Conference"}
    await boss.send("CS_CHAT_INVITE", 3, **join)
    whole = await boss.get("SC_CHAT_STATUS", 3, Status="Answered", Sentences=[])
    assert parties(whole) == [("Sue", "Conference", "Joined")]
    told = await owner.get("SC_CHAT_STATUS", Status="Answered", ChatId=chat)
    assert parties(told) == [("Sue", "Conference", "Joined")]
    await boss.send("CS_CHAT_SENTENCE", 4, ChatId=chat, ID="s1", Text="This is Sue.")
    await boss.get("SC_CHAT_SENTENCE", 4, ID="s1", Counter=1, PartyName="Sue")
    await owner.get("SC_CHAT_SENTENCE", ID="s1", Counter=1, PartyName="Sue")
    await web.get("SE_CHAT_SENTENCE", ID="s1", Counter=1, PartyName="Sue")
    await boss.send("CS_CHAT_INVITE", 5, ChatId=chat, Mode="Monitor")
    await boss.get("SC_CHAT_STATUS", 5, Status="Answered")
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None)
    await refused(boss, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="s2", Text="Hello")
    await boss.send("CS_CHAT_INVITE", 6, **join)
    await boss.get("SC_CHAT_STATUS", 6, Status="Answered")
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=...)
    await owner.send("CS_CHAT_LEAVE", 7, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 7, Status="Waiting")
    await web.get("SE_CHAT_STATUS", Status="Answered", AgentId=boss.agent_id)
    await boss.get("SC_CHAT_STATUS", Status="Answered", AgentId=boss.agent_id, Parties=None)
    await hang_up(web, boss, chat)


@scenario(
    "A supervisor's connection is lost: they watch nothing any more, unseen as they were",
    staff="abs",
    workplace_grace="5s",
)
async def monitor_lost(stage: Stage) -> None:
    """B-11, B-29."""
    web, owner, chat = await answered(stage)
    boss = await stage.agent("s")
    await _watches(boss, chat, owner)
    await boss.close()
    await stage.do("wait", seconds=0.1)
    boss = await stage.agent("s")
    await boss.send("CS_CHAT_RESYNC", 3)
    await boss.get("SC_CHAT_LIST", 3, count=0)
    await _watches(boss, chat, owner)
    await hang_up(web, owner, chat)
    await boss.get("SC_CHAT_STATUS", Status="Closed", CloseReason="Agent")


@scenario(
    "Monitoring that is refused: unknown, not answered yet, their own, asked already, no slot, closed",
    staff="abs",
    max_chats="1",
)
async def monitor_refused(stage: Stage) -> None:
    """W-14, B-29."""
    web = await stage.connector()
    boss = await stage.agent("s")
    chat = await start(web)
    invite = "CS_CHAT_INVITE"
    await refused(boss, "UnknownChat", invite, ChatId=NOBODY, Mode="Monitor")
    await refused(boss, "WrongState", invite, ChatId=chat, Mode="Monitor")
    owner = await stage.ready_agent()
    await offered(web, owner, chat)
    await refused(boss, "WrongState", invite, ChatId=chat, Mode="Monitor")
    await answer(web, owner, chat)
    await boss.send("CS_AGENT_STATE", 3, State="Ready")
    await boss.get("SC_AGENT_STATE", 3, State="Ready")
    await asks(owner, boss, chat, name="Sue")
    await refused(boss, "WrongState", invite, ChatId=chat, Mode="Monitor")
    await boss.send("CS_CHAT_ANSWER", 4, ChatId=chat)
    await boss.get("SC_CHAT_STATUS", 4, Status="Answered", AgentId=boss.agent_id)
    await web.get("SE_CHAT_STATUS", Status="Answered", AgentId=boss.agent_id)
    await owner.get("SC_CHAT_STATUS", Status="Waiting")
    await refused(boss, "WrongState", invite, ChatId=chat, Mode="Monitor")
    other = await start(web, "v2")
    await offered(web, owner, other)
    await answer(web, owner, other)
    to_boss: Members = {"ChatId": other, "ToAgentId": boss.agent_id}
    await refused(boss, "WrongState", invite, **to_boss, Mode="Conference")
    await _watches(boss, other, owner)
    await stop(web, "v2")
    await boss.get("SC_CHAT_STATUS", Status="Closed", ChatId=other)
    await owner.get("SC_CHAT_STATUS", Status="Closed", ChatId=other)
    await refused(boss, "WrongState", invite, ChatId=other, Mode="Monitor")
    await hang_up(web, boss, chat)


@scenario(
    "An agent asks a supervisor who watches them: the same answers as if they did not watch",
    staff="abs",
)
async def monitor_asked(stage: Stage) -> None:
    """B-29."""
    web, owner, chat = await answered(stage)
    boss = await stage.agent("s")
    await _watches(boss, chat, owner)
    await refused(owner, "WrongState", "CS_CHAT_TRANSFER", ChatId=chat, ToAgentId=boss.agent_id)
    await boss.send("CS_AGENT_STATE", 3, State="Ready")
    await boss.get("SC_AGENT_STATE", 3, State="Ready")
    await joins(owner, boss, chat, "Consult", name="Sue")
    await notes(boss, chat, "n1", "I have read it.", 1, owner)
    await boss.send("CS_CHAT_INVITE", 4, ChatId=chat, Mode="Monitor")
    await boss.get("SC_CHAT_STATUS", 4, Status="Answered")
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None)
    await asks(owner, boss, chat, name="Sue")
    await boss.send("CS_CHAT_HANGUP", 5, ChatId=chat)
    await boss.get("SC_CHAT_STATUS", 5, Status="Waiting")
    await boss.get("SC_CHAT_ALERT_END", ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None)
    await broker_notes(chat, "Sue declined.", owner)
    await hang_up(web, owner, chat)


@scenario(
    "Overloaded: more are in a chat than may be, unseen ones among them",
    staff="abcstuvwxyz",
)
async def too_many_in_chat(stage: Stage) -> None:
    """W-14, I-14, B-29."""
    web, owner, other, chat = await two_agents(stage)
    third = await stage.agent("c")
    bosses = [await stage.agent(letter) for letter in "stuvwxyz"]
    for boss in bosses[:7]:
        await boss.send("CS_CHAT_INVITE", 3, ChatId=chat, Mode="Monitor")
        await boss.get("SC_CHAT_STATUS", 3, Status="Answered")
    to: Members = {"ChatId": chat, "ToAgentId": other.agent_id, "Mode": "Consult"}
    await owner.send("CS_CHAT_INVITE", 4, **to)
    await owner.get("SC_CHAT_STATUS", 4, Status="Answered")
    await other.get("SC_CHAT_ALERT", ChatId=chat)
    for boss in bosses[:7]:
        await boss.get("SC_CHAT_STATUS", Status="Answered")
    await other.send("CS_CHAT_ANSWER", 5, ChatId=chat)
    await other.get("SC_CHAT_STATUS", 5, Status="Answered")
    for agent in (owner, *bosses[:7]):
        await agent.get("SC_CHAT_STATUS", Status="Answered")
    await refused(bosses[7], "Overloaded", "CS_CHAT_INVITE", ChatId=chat, Mode="Monitor")
    to["ToAgentId"] = third.agent_id
    await refused(owner, "Overloaded", "CS_CHAT_INVITE", **to)
    await stop(web)
    for agent in (owner, other, *bosses[:7]):
        await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)


@scenario("Overloaded: a supervisor watches more chats than they may", staff="abs", max_chats="10")
async def too_many_watched(stage: Stage) -> None:
    """W-14, I-14, B-29."""
    web, first, second, chat = await two_agents(stage)
    boss = await stage.agent("s")
    chats = {chat: first}
    for number in range(2, 18):
        chat = await start(web, f"v{number}")
        status = await web.get("SE_CHAT_STATUS", Status="Alerting", ChatId=chat)
        agent = first if status["AgentId"] == first.agent_id else second
        await agent.get("SC_CHAT_ALERT", ChatId=chat)
        await answer(web, agent, chat)
        chats[chat] = agent
    *watched, last = chats.items()
    for chat, agent in watched:
        await _watches(boss, chat, agent)
    await refused(boss, "Overloaded", "CS_CHAT_INVITE", ChatId=last[0], Mode="Monitor")
    for number, (chat, agent) in enumerate(chats.items(), start=1):
        await stop(web, f"v{number}")
        await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)
        if chat != last[0]:
            await boss.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)
