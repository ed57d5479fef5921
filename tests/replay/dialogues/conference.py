"""Several agents in one chat: consult, conference, internal notes, leaving (B-29)."""

from __future__ import annotations

from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import (
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
from tests.replay.stage import Client, Stage, scenario


async def _visitor_says(web: Client, key: str, text: str, counter: int, *agents: Client) -> None:
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID=key, Text=text, PartyName="Vera")
    await web.get("SE_CHAT_SENTENCE", ID=key, Text=text, Counter=counter, IsOutbound=False)
    for agent in agents:
        await agent.get("SC_CHAT_SENTENCE", ID=key, Text=text, Counter=counter, Model=0)


async def _agent_says(
    web: Client, writer: Client, chat: str, key: str, counter: int, *others: Client
) -> None:
    await writer.send("CS_CHAT_SENTENCE", 5, ChatId=chat, ID=key, Text="Good day.")
    said = await writer.get("SC_CHAT_SENTENCE", 5, ID=key, Counter=counter, IsOutbound=True)
    for other in others:
        await other.get("SC_CHAT_SENTENCE", ID=key, Counter=counter, PartyName=said["PartyName"])
    await web.get("SE_CHAT_SENTENCE", ID=key, Counter=counter, PartyName=said["PartyName"])
    await web.send("ES_CHAT_CONFIRM", TrackingId="v1", ID=key)
    for agent in (writer, *others):
        await agent.get("SC_CHAT_CONFIRM", ID=key, ChatId=chat)


async def _conference(stage: Stage) -> tuple[Client, Client, Client, str]:
    web, owner, other, chat = await two_agents(stage)
    await joins(owner, other, chat, "Conference")
    return web, owner, other, chat


async def _inherits(web: Client, heir: Client, chat: str) -> None:
    """The party owns the chat now, alone, and the visitor sees with whom they talk."""
    await web.get("SE_CHAT_STATUS", Status="Answered", ChatId=chat, AgentId=heir.agent_id)
    await heir.get(
        "SC_CHAT_STATUS", Status="Answered", ChatId=chat, AgentId=heir.agent_id, Parties=None
    )


@scenario("Consult: an agent reads along and talks with the owner, and the visitor knows nothing")
async def consulted(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await two_agents(stage)
    await visitor_says(web, owner, "m1", "Hello", 1)
    status = await joins(owner, other, chat, "Consult", counters=1)
    assert texts(status) == ["Hello"]
    await notes(owner, chat, "n1", "Do you know this?", 1, other)
    await notes(other, chat, "n2", "I do.", 2, owner)
    await _visitor_says(web, "m2", "Anybody?", 2, owner, other)
    await _agent_says(web, owner, chat, "a1", 3, other)
    await refused(other, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="b1", Text="Hello")
    await refused(other, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="b2", Text="P", Model=4)
    await other.send("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    await refused(other, "WrongState", "CS_CHAT_HANGUP", ChatId=chat)
    await web.send("ES_CHAT_TYPING", TrackingId="v1", IsTyping=True)
    for agent in (owner, other):
        await agent.get("SC_CHAT_TYPING", ChatId=chat, IsTyping=True)
    await web.send("ES_CHAT_STATUS", 6, TrackingId="v1")
    whole = await web.get("SE_CHAT_STATUS", 6, Status="Answered", Internal=None, Parties=None)
    assert texts(whole) == ["Hello", "Anybody?", "Good day."]
    await other.send("CS_CHAT_RESYNC", 7)
    listed = await other.get("SC_CHAT_LIST", 7, count=1)
    assert parties(listed["items"][0]) == [("Ben", "Consult", "Joined")]
    await other.send("CS_CHAT_LEAVE", 8, ChatId=chat)
    await other.get("SC_CHAT_STATUS", 8, Status="Waiting", Sentences=None, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None, ChatId=chat)
    await refused(other, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="n3", Text="", Model=10)
    await _visitor_says(web, "m3", "Thank you", 4, owner)
    await hang_up(web, owner, chat)


@scenario("A consulted agent is let into the conversation: they join at once and may write")
async def consult_to_conference(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await two_agents(stage)
    await joins(owner, other, chat, "Consult")
    await owner.send("CS_CHAT_INVITE", 3, ChatId=chat, ToAgentId=other.agent_id, Mode="Conference")
    told = await owner.get("SC_CHAT_STATUS", 3, Status="Answered", ChatId=chat)
    assert parties(told) == [("Ben", "Conference", "Joined")]
    told = await other.get("SC_CHAT_STATUS", Status="Answered", ChatId=chat)
    assert parties(told) == [("Ben", "Conference", "Joined")]
    await _agent_says(web, other, chat, "b1", 1, owner)
    await owner.send("CS_CHAT_INVITE", 4, ChatId=chat, ToAgentId=other.agent_id, Mode="Conference")
    await owner.get("SC_CHAT_STATUS", 4, Status="Answered", ChatId=chat)
    await owner.send("CS_CHAT_HANGUP", 9, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 9, Status="Closed", CloseReason="Agent", Parties=None)
    await other.get("SC_CHAT_STATUS", Status="Closed", CloseReason="Agent", Parties=None)
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Agent")


@scenario(
    "Who is invited rejects; asked again they do not answer: the owner goes on",
    signal_duration="700ms",
)
async def invite_unanswered(stage: Stage) -> None:
    """B-24, B-29."""
    web, owner, other, chat = await two_agents(stage)
    await asks(owner, other, chat, "Consult")
    await other.send("CS_CHAT_HANGUP", 3, ChatId=chat)
    await other.get("SC_CHAT_STATUS", 3, Status="Waiting", ChatId=chat)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None, ChatId=chat)
    await broker_notes(chat, "Ben declined.", owner)
    await asks(owner, other, chat, "Conference")
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None, ChatId=chat)
    await broker_notes(chat, "Ben did not answer.", owner)
    await asks(owner, other, chat, "Conference")
    await owner.send("CS_CHAT_TRANSFER", 4, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 4, Status="Answered", Parties=None, ChatId=chat)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await hang_up(web, owner, chat)


@scenario("Conference: both write to the visitor, both hear them, both see their confirmations")
async def conference(stage: Stage) -> None:
    """B-10, B-29."""
    web, owner, other, chat = await _conference(stage)
    await _agent_says(web, owner, chat, "a1", 1, other)
    await _agent_says(web, other, chat, "b1", 2, owner)
    await _visitor_says(web, "m1", "Hello to both", 3, owner, other)
    await other.send("CS_CHAT_CONFIRM", 6, ChatId=chat, ID="m1")
    await other.get("SYS_ACK", 6, Type="CS_CHAT_CONFIRM")
    await web.get("SE_CHAT_CONFIRM", ID="m1")
    await owner.send("CS_CHAT_CONFIRM", 7, ChatId=chat, ID="m1")
    await owner.get("SYS_ACK", 7, Type="CS_CHAT_CONFIRM")
    await other.send("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    await web.get("SE_CHAT_TYPING", IsTyping=True, TrackingId="v1")
    await notes(other, chat, "n1", "Shall I?", 1, owner)
    await stop(web)
    for agent in (other, owner):
        await agent.get("SC_CHAT_STATUS", Status="Closed", CloseReason="External", Parties=None)


@scenario("The owner leaves a conference: the other agent owns the chat")
async def conference_inherited(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await _conference(stage)
    await owner.send("CS_CHAT_LEAVE", 3, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 3, Status="Waiting", Sentences=None, ChatId=chat)
    await _inherits(web, other, chat)
    await _visitor_says(web, "m1", "Who is there?", 1, other)
    await hang_up(web, other, chat)


@scenario("The owner of a conference is lost: after the grace the other agent owns the chat")
async def conference_owner_lost(stage: Stage) -> None:
    """B-11, B-29."""
    web, owner, other, chat = await _conference(stage)
    await owner.close()
    await _inherits(web, other, chat)
    await _agent_says(web, other, chat, "b1", 1)
    await hang_up(web, other, chat)


@scenario("A party leaves the conference: its owner goes on alone; the slot is free")
async def conference_left(stage: Stage) -> None:
    """B-22, B-29."""
    web, owner, other, chat = await _conference(stage)
    await other.send("CS_CHAT_LEAVE", 3, ChatId=chat)
    await other.get("SC_CHAT_STATUS", 3, Status="Waiting", Sentences=None, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None, ChatId=chat)
    await other.send("CS_CHAT_RESYNC", 4)
    await other.get("SC_CHAT_LIST", 4, count=0)
    await other.send("CS_AGENT_STATE", 5, State="Pause")
    await other.get("SC_AGENT_STATE", 5, State="Pause", ActiveChats=0)
    await hang_up(web, owner, chat)


@scenario(
    "A party's connection is lost and back in time: they are in the conference as before",
    workplace_grace="5s",
)
async def party_back_in_time(stage: Stage) -> None:
    """B-11, B-29, W-25."""
    web, owner, other, chat = await _conference(stage)
    await other.close()
    await stage.do("wait", seconds=0.1)
    await _visitor_says(web, "m1", "Hello", 1, owner)
    await notes(owner, chat, "n1", "Are you there?", 1)
    other = await stage.agent("b", state="Ready")
    await other.send("CS_CHAT_STATUS", 3, ChatId=chat)
    whole = await other.get("SC_CHAT_STATUS", 3, Status="Answered", AgentId=owner.agent_id)
    assert (texts(whole), texts(whole, "Internal")) == (["Hello"], ["Are you there?"])
    assert parties(whole) == [("Ben", "Conference", "Joined")]
    await _agent_says(web, other, chat, "b1", 2, owner)
    await other.send("CS_CHAT_LEAVE", 4, ChatId=chat)
    await other.get("SC_CHAT_STATUS", 4, Status="Waiting")
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None)
    await hang_up(web, owner, chat)


@scenario("A party is lost for good: after the grace the owner goes on alone")
async def party_lost(stage: Stage) -> None:
    """B-11, B-29."""
    web, owner, other, chat = await _conference(stage)
    await other.close()
    await owner.get("SC_CHAT_STATUS", Status="Answered", Parties=None, ChatId=chat)
    await _agent_says(web, owner, chat, "a1", 1)
    await hang_up(web, owner, chat)


@scenario(
    "The owner is lost while they consult somebody: the chat goes back to the queue, first to them"
)
async def consult_owner_lost(stage: Stage) -> None:
    """B-11, B-29."""
    web, owner, other, chat = await two_agents(stage)
    await joins(owner, other, chat, "Consult")
    await owner.close()
    await other.get("SC_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await web.get("SE_CHAT_SENTENCE", Model=2, Counter=1, Text="Your agent was lost.")
    await offered(web, other, chat)
    await stop(web)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)


@scenario("WrongState: an owner may not leave when nobody would be left to talk with the visitor")
async def leave_refused(stage: Stage) -> None:
    """W-14, B-29."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    chat = await start(web)
    await offered(web, agent, chat)
    await refused(agent, "WrongState", "CS_CHAT_LEAVE", ChatId=chat)
    await stop(web)
    await agent.get("SC_CHAT_ALERT_END", ChatId=chat)
    chat = await start(web, "v2")
    await offered(web, agent, chat)
    await agent.send("CS_CHAT_ANSWER", 2, ChatId=chat)
    await agent.get("SC_CHAT_STATUS", 2, Status="Answered")
    await web.get("SE_CHAT_STATUS", Status="Answered")
    await refused(agent, "WrongState", "CS_CHAT_LEAVE", ChatId=chat)
    other = await stage.ready_agent("b")
    await refused(other, "UnknownChat", "CS_CHAT_LEAVE", ChatId=chat)
    await refused(agent, "UnknownChat", "CS_CHAT_LEAVE", ChatId=NOBODY)
    await joins(agent, other, chat, "Consult")
    await refused(agent, "WrongState", "CS_CHAT_LEAVE", ChatId=chat)
    await stop(web, "v2")
    for one in (other, agent):
        await one.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)
    await refused(agent, "ChatClosed", "CS_CHAT_LEAVE", ChatId=chat)


@scenario("Invitations that are refused: each reason", staff="abcr")
async def invite_refused(stage: Stage) -> None:
    """W-14, W-27, B-29."""
    web, owner, other, chat = await two_agents(stage)
    third = await stage.agent("c")
    bot = await stage.ready_agent("r")
    invite = "CS_CHAT_INVITE"
    for mode in ("Consult", "Conference"):
        to: dict[str, object] = {"ChatId": chat, "Mode": mode}
        await refused(owner, "NotAllowed", invite, **to)
        await refused(owner, "BadPayload", invite, **to, ToProjectId=NOBODY)
        await refused(owner, "UnknownAgent", invite, **to, ToAgentId=NOBODY)
        await refused(owner, "UnknownAgent", invite, **to, ToAgentId=bot.agent_id)
        await refused(owner, "WrongState", invite, **to, ToAgentId=third.agent_id)
        await refused(owner, "NotAllowed", invite, **to, ToAgentId=owner.agent_id)
        await refused(other, "UnknownChat", invite, **to, ToAgentId=third.agent_id)
        await refused(other, "NotAllowed", invite, **to, ToAgentId=other.agent_id)
    await refused(
        owner, "BadPayload", invite, ChatId=chat, ToAgentId=other.agent_id, Mode="Transfer"
    )
    await refused(owner, "NotAllowed", invite, ChatId=chat, Mode="Monitor")
    await refused(
        owner, "NotAllowed", invite, ChatId=chat, ToAgentId=other.agent_id, Mode="Monitor"
    )
    await asks(owner, other, chat, "Consult")
    await refused(
        owner, "WrongState", invite, ChatId=chat, ToAgentId=other.agent_id, Mode="Conference"
    )
    await stop(web)
    await other.get("SC_CHAT_ALERT_END", ChatId=chat)
    await owner.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)
    await refused(
        owner, "ChatClosed", invite, ChatId=chat, ToAgentId=other.agent_id, Mode="Consult"
    )


@scenario("A party of a conference may ask nobody, hand nothing over, end nothing", staff="abc")
async def party_is_no_owner(stage: Stage) -> None:
    """B-29."""
    web, owner, other, chat = await _conference(stage)
    third = await stage.ready_agent("c")
    to: dict[str, object] = {"ChatId": chat, "ToAgentId": third.agent_id}
    await refused(other, "WrongState", "CS_CHAT_INVITE", **to, Mode="Consult")
    await refused(other, "WrongState", "CS_CHAT_TRANSFER", **to)
    await refused(other, "WrongState", "CS_CHAT_PARK", ChatId=chat, IsParked=True)
    await refused(other, "WrongState", "CS_CHAT_HANGUP", ChatId=chat)
    await asks(owner, third, chat, "Conference", name="Cora")
    told = await other.get("SC_CHAT_STATUS", Status="Answered", Sentences=None, ChatId=chat)
    assert parties(told)[-1] == ("Cora", "Conference", "Asked")
    await third.send("CS_CHAT_ANSWER", 4, ChatId=chat)
    await third.get("SC_CHAT_STATUS", 4, Status="Answered", AgentId=owner.agent_id)
    for agent in (owner, other):
        told = await agent.get("SC_CHAT_STATUS", Status="Answered", ChatId=chat)
        assert [name for name, *_ in parties(told)] == ["Ben", "Cora"]
    await owner.send("CS_CHAT_LEAVE", 5, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 5, Status="Waiting")
    await web.get("SE_CHAT_STATUS", Status="Answered", AgentId=other.agent_id)
    for agent in (other, third):
        told = await agent.get("SC_CHAT_STATUS", Status="Answered", AgentId=other.agent_id)
        assert parties(told) == [("Cora", "Conference", "Joined")]
    await stop(web)
    for agent in (third, other):
        await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)


@scenario("Internal notes: numbered by themselves, a retry gets the same echo, a key is used once")
async def internal_notes(stage: Stage) -> None:
    """W-21, W-22, B-29."""
    web, owner, chat = await answered(stage)
    await visitor_says(web, owner, "m1", "Hello", 1)
    await notes(owner, chat, "n1", "Remember this.", 1)
    await notes(owner, chat, "n1", "Remember this.", 1)
    await refused(owner, "KeyReused", "CS_CHAT_SENTENCE", ChatId=chat, ID="n1", Text="X", Model=10)
    await owner.send("CS_CHAT_SENTENCE", 3, ChatId=chat, ID="n1", Text="Good day.")
    await owner.get("SC_CHAT_SENTENCE", 3, ID="n1", Counter=2, Model=0)
    await web.get("SE_CHAT_SENTENCE", ID="n1", Counter=2, Model=0)
    await notes(owner, chat, "n2", "And that.", 2)
    await refused(owner, "UnknownMessage", "CS_CHAT_CONFIRM", ChatId=chat, ID="n2")
    await web.send("ES_CHAT_SENTENCE", 4, TrackingId="v1", ID="m2", Text="A note?", Model=10)
    await web.get("SYS_ERROR", 4, Code="BadPayload", Fatal=False)
    await owner.send("CS_CHAT_STATUS", 5, ChatId=chat)
    whole = await owner.get("SC_CHAT_STATUS", 5, Status="Answered")
    assert texts(whole, "Internal") == ["Remember this.", "And that."]
    assert texts(whole) == ["Hello", "Good day."]
    await hang_up(web, owner, chat)
    await notes(owner, chat, "n2", "And that.", 2)
    await refused(owner, "ChatClosed", "CS_CHAT_SENTENCE", ChatId=chat, ID="n3", Text="", Model=10)
