"""Steps that many dialogues begin with."""

from __future__ import annotations

from tests.replay.stage import Client, Stage

VISITOR = {"TrackingId": "v1", "PartyName": "Vera", "PreferredCulture": "en"}


async def start(web: Client, tracking: str = "v1") -> str:
    """A visitor begins a chat, which goes into the queue (B-2, B-3).

    Returns:
        The ChatId.
    """
    await web.send("ES_CHAT_START", 1, **{**VISITOR, "TrackingId": tracking})
    status = await web.get("SE_CHAT_STATUS", 1, Status="Pilot", Sentences=[], TrackingId=tracking)
    await web.get("SE_CHAT_STATUS", Status="Waiting", Sentences=None, ChatId=status["ChatId"])
    return str(status["ChatId"])


async def offered(web: Client, agent: Client, chat: str) -> None:
    """The chat is offered to the agent, and the connector is told (B-5, B-6, B-7)."""
    await web.get("SE_CHAT_STATUS", Status="Alerting", Sentences=None, ChatId=chat, AgentId=...)
    alert = await agent.get("SC_CHAT_ALERT", Status="Alerting", Sentences=None, ChatId=chat)
    assert alert["Info"]["RemotePartyName"] == "Vera"


async def answer(web: Client, agent: Client, chat: str, sentences: int = 0) -> None:
    """The agent answers and gets the transcript so far (B-5, B-7)."""
    await agent.send("CS_CHAT_ANSWER", 2, ChatId=chat)
    status = await agent.get("SC_CHAT_STATUS", 2, Status="Answered", ChatId=chat, Info=...)
    assert [item["Counter"] for item in status["Sentences"]] == list(range(1, sentences + 1))
    await web.get("SE_CHAT_STATUS", Status="Answered", Sentences=None, ChatId=chat)


async def answered(stage: Stage) -> tuple[Client, Client, str]:
    """A chat that agent a has answered.

    Returns:
        The connector, the agent and the ChatId.
    """
    agent = await stage.ready_agent()
    web = await stage.connector()
    chat = await start(web)
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    return web, agent, chat


async def visitor_says(web: Client, agent: Client, key: str, text: str, counter: int) -> None:
    """A sentence of the visitor: echo, delivery, confirmation (W-20, W-22, B-10)."""
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID=key, Text=text, PartyName="Vera")
    await web.get("SE_CHAT_SENTENCE", ID=key, Text=text, Counter=counter, IsOutbound=False)
    heard = await agent.get(
        "SC_CHAT_SENTENCE", ID=key, Text=text, Counter=counter, IsOutbound=False
    )
    await agent.send("CS_CHAT_CONFIRM", ChatId=heard["ChatId"], ID=key)
    await web.get("SE_CHAT_CONFIRM", ID=key, TrackingId="v1", TimeStamp=...)


async def agent_says(
    web: Client, agent: Client, chat: str, key: str, text: str, counter: int
) -> None:
    """A sentence of the agent: echo, delivery, confirmation."""
    await agent.send("CS_CHAT_SENTENCE", ChatId=chat, ID=key, Text=text)
    await agent.get("SC_CHAT_SENTENCE", ID=key, Text=text, Counter=counter, IsOutbound=True)
    await web.get(
        "SE_CHAT_SENTENCE", ID=key, Text=text, Counter=counter, IsOutbound=True, PartyName="Anna"
    )
    await web.send("ES_CHAT_CONFIRM", TrackingId="v1", ID=key)
    await agent.get("SC_CHAT_CONFIRM", ID=key, ChatId=chat, TimeStamp=...)


async def hang_up(web: Client, agent: Client, chat: str) -> None:
    """The agent ends the chat (B-8)."""
    await agent.send("CS_CHAT_HANGUP", 9, ChatId=chat)
    await agent.get("SC_CHAT_STATUS", 9, Status="Closed", CloseReason="Agent", Sentences=...)
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Agent", Sentences=None)


async def stop(web: Client, tracking: str = "v1") -> None:
    """The visitor ends the chat (B-8)."""
    await web.send("ES_CHAT_STOP", 8, TrackingId=tracking)
    await web.get("SE_CHAT_STATUS", 8, Status="Closed", CloseReason="External", Sentences=None)
