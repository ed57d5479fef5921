"""Steps that many dialogues begin with."""

from __future__ import annotations

from protocol.identifiers import derive
from tests.replay.stage import Client, Members, Stage

FORM = derive("scenario", "Before the chat")
TOPIC = derive("control", "Before the chat/you/topic")
VISITOR = {"TrackingId": "v1", "PartyName": "Vera", "PreferredCulture": "en"}


def filled_in(topic: str, result: str | None = None) -> Members:
    """The form of all brokers, filled in (W-47)."""
    values = [{"ScreenControlId": TOPIC, "ResultText": topic}]
    return {"ScenarioId": FORM, "ScenarioResultId": result, "Values": values}


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


async def two_agents(stage: Stage) -> tuple[Client, Client, Client, str]:
    """A chat that agent a has answered, and agent b who is ready.

    Returns:
        The connector, the two agents and the ChatId.
    """
    web, owner, chat = await answered(stage)
    return web, owner, await stage.ready_agent("b"), chat


Parties = list[tuple[str | None, str, str]]


def parties(status: Members) -> Parties:
    """Who is in a chat besides its owner: name, mode, state."""
    shown = status.get("Parties") or []
    return [
        (one.get("AgentName") or one.get("ProjectName"), one["Mode"], one["State"]) for one in shown
    ]


def texts(status: Members, of: str = "Sentences") -> list[str]:
    """What a snapshot says that was said."""
    return [item["Text"] for item in status.get(of) or []]


async def asks(
    owner: Client, other: Client, chat: str, mode: str = "Transfer", name: str = "Ben"
) -> None:
    """An owner asks an agent to take the chat or to join it: they are alerted, the visitor unaware."""
    frame = "CS_CHAT_TRANSFER" if mode == "Transfer" else "CS_CHAT_INVITE"
    await owner.send(frame, 21, ChatId=chat, ToAgentId=other.agent_id, Mode=mode, Note="Please.")
    status = await owner.get("SC_CHAT_STATUS", 21, Status="Answered", Sentences=None, ChatId=chat)
    assert parties(status)[-1] == (name, mode, "Asked")
    alert = await other.get(
        "SC_CHAT_ALERT", Status="Alerting", Sentences=None, Internal=None, ChatId=chat, Info=...
    )
    assert parties(alert)[-1] == (name, mode, "Asked")
    assert alert["Parties"][-1]["Note"] == "Please."


async def takes_over(
    web: Client, owner: Client, other: Client, chat: str, counters: int = 0
) -> Members:
    """The asked agent answers a transfer: they own the chat, and the sender is out of it.

    Returns:
        The snapshot that they get.
    """
    await other.send("CS_CHAT_ANSWER", 22, ChatId=chat)
    status = await other.get("SC_CHAT_STATUS", 22, Status="Answered", ChatId=chat, Info=...)
    assert status["AgentId"] == other.agent_id
    assert len(status["Sentences"]) == counters
    await web.get("SE_CHAT_STATUS", Status="Answered", ChatId=chat, AgentId=other.agent_id)
    await owner.get("SC_CHAT_STATUS", Status="Waiting", ChatId=chat)
    return status


async def joins(
    owner: Client, other: Client, chat: str, mode: str, counters: int = 0, name: str = "Ben"
) -> Members:
    """An agent is asked into the chat and answers; the visitor's side is told nothing.

    Returns:
        The snapshot that they get.
    """
    await asks(owner, other, chat, mode, name)
    await other.send("CS_CHAT_ANSWER", 22, ChatId=chat)
    status = await other.get("SC_CHAT_STATUS", 22, Status="Answered", ChatId=chat, Info=...)
    assert status["AgentId"] == owner.agent_id
    assert len(status["Sentences"]) == counters
    told = await owner.get("SC_CHAT_STATUS", Status="Answered", Sentences=None, ChatId=chat)
    assert parties(told) == parties(status) == [(name, mode, "Joined")]
    return status


async def notes(
    writer: Client, chat: str, key: str, text: str, counter: int, *others: Client
) -> None:
    """An internal note: an echo, and the same to the other agents in the chat (Model 10)."""
    await writer.send("CS_CHAT_SENTENCE", 23, ChatId=chat, ID=key, Text=text, Model=10)
    same: Members = {"ID": key, "Text": text, "Model": 10, "Counter": counter, "ChatId": chat}
    await writer.get("SC_CHAT_SENTENCE", 23, **same)
    for other in others:
        await other.get("SC_CHAT_SENTENCE", **same)


async def broker_notes(chat: str, text: str, *agents: Client) -> None:
    """The broker's own internal note to the agents in the chat."""
    for agent in agents:
        await agent.get("SC_CHAT_SENTENCE", Model=10, Text=text, ChatId=chat, PartyName="Parley")


async def refused(client: Client, code: str, type_name: str, **members: object) -> None:
    """A frame is refused with this code, and the session goes on (W-14, W-27)."""
    await client.send(type_name, 24, **members)
    await client.get("SYS_ERROR", 24, Code=code, Type=type_name, Fatal=False)


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
