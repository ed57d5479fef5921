"""A bot of another program: a workplace session of an agent whose role is `bot` (B-4, B-40)."""

from __future__ import annotations

from protocol.identifiers import derive
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import (
    VISITOR,
    answer,
    hang_up,
    offered,
    parties,
    refused,
    stop,
    texts,
)
from tests.replay.stage import Client, Members, Stage, scenario

OUTSIDE = '\n[[pre_rules]]\nrank = <rank>\ngateway = "Gateway <name>"\nbot = "Bot r of <name>"\n'


async def _alerted(stage: Stage, tracking: str = "v1") -> tuple[Client, Client, str]:
    """A visitor begins a chat, and the bot is alerted for it."""
    bot = await stage.ready_agent("r")
    web = await stage.connector()
    return bot, web, await _meets(web, bot, tracking)


async def _meets(web: Client, bot: Client, tracking: str = "v1") -> str:
    await web.send("ES_CHAT_START", 1, **{**VISITOR, "TrackingId": tracking})
    chat = (await web.get("SE_CHAT_STATUS", 1, Status="Pilot", Sentences=[]))["ChatId"]
    alert = await bot.get("SC_CHAT_ALERT", Status="Alerting", Sentences=None, ChatId=chat)
    assert alert["Info"]["RemotePartyName"] == "Vera"
    await web.get(
        "SE_CHAT_STATUS", Status="ICR", AgentId=bot.agent_id, AgentName="Robo", ChatId=chat
    )
    return str(chat)


async def _talks(stage: Stage) -> tuple[Client, Client, str]:
    """The bot answers at once and has said something."""
    bot, web, chat = await _alerted(stage)
    await bot.send("CS_CHAT_ANSWER", 2, ChatId=chat)
    await bot.get("SC_CHAT_STATUS", 2, Status="Answered", Sentences=[], Info=..., ChatId=chat)
    await _says(web, bot, chat, "b1", "Hello, I am a machine.", 1)
    return bot, web, chat


async def _says(web: Client, bot: Client, chat: str, key: str, text: str, counter: int) -> None:
    await bot.send("CS_CHAT_SENTENCE", ChatId=chat, ID=key, Text=text)
    await bot.get("SC_CHAT_SENTENCE", ID=key, Counter=counter, IsOutbound=True)
    await web.get("SE_CHAT_SENTENCE", ID=key, Text=text, Counter=counter, PartyName="Robo")


async def _asks(web: Client, bot: Client, key: str, text: str, counter: int) -> None:
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID=key, Text=text)
    await web.get("SE_CHAT_SENTENCE", ID=key, Counter=counter)
    await bot.get("SC_CHAT_SENTENCE", ID=key, Counter=counter, IsOutbound=False)


async def _passed_over(stage: Stage, web: Client, chat: str, sentences: int = 0) -> None:
    """The chat waits for an agent, who gets it."""
    await web.get("SE_CHAT_STATUS", Status="Waiting", AgentId=None, ChatId=chat)
    agent = await stage.ready_agent()
    await offered(web, agent, chat)
    await answer(web, agent, chat, sentences=sentences)
    await hang_up(web, agent, chat)


@scenario(
    "A bot talks, and hands over to a project: its agent has the whole conversation",
    staff="abr",
    second="b",
    more=OUTSIDE,
)
async def bot_to_project(stage: Stage) -> None:
    """B-4, B-40."""
    agent = await stage.ready_agent("b")
    bot, web, chat = await _talks(stage)
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="m1", Text="A contract, please")
    await web.get("SE_CHAT_SENTENCE", ID="m1", Counter=2)
    await bot.get("SC_CHAT_SENTENCE", ID="m1", Counter=2)
    await bot.send("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    await web.get("SE_CHAT_TYPING", IsTyping=True)
    await _says(web, bot, chat, "b2", "I connect you.", 3)
    await bot.send("CS_CHAT_SENTENCE", 4, ChatId=chat, ID="n1", Text="Wants a contract.", Model=10)
    await bot.get("SC_CHAT_SENTENCE", 4, ID="n1", Model=10, Counter=1)
    second = derive("project", f"Second {stage.cell.name}")
    await bot.send("CS_CHAT_TRANSFER", 5, ChatId=chat, ToProjectId=second)
    await bot.get("SC_CHAT_STATUS", 5, Status="Waiting", Sentences=None, ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", AgentId=None, AgentName=None, ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Alerting", AgentId=agent.agent_id, ChatId=chat)
    alert = await agent.get("SC_CHAT_ALERT", ChatId=chat)
    assert alert["Info"]["ProjectName"] == f"Second {stage.cell.name}"
    await agent.send("CS_CHAT_ANSWER", 6, ChatId=chat)
    whole = await agent.get("SC_CHAT_STATUS", 6, Status="Answered")
    assert texts(whole) == ["Hello, I am a machine.", "A contract, please", "I connect you."]
    assert texts(whole, "Internal") == ["Wants a contract."]
    await web.get("SE_CHAT_STATUS", Status="Answered", AgentId=agent.agent_id)
    await refused(bot, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="b3", Text="Still me")
    await hang_up(web, agent, chat)


@scenario(
    "A bot hands over to nobody by name: the project rules say where", staff="abr", more=OUTSIDE
)
async def bot_to_rules(stage: Stage) -> None:
    """B-3, B-40."""
    bot, web, chat = await _talks(stage)
    await bot.send("CS_CHAT_TRANSFER", 5, ChatId=chat)
    await bot.get("SC_CHAT_STATUS", 5, Status="Waiting", ChatId=chat)
    await _passed_over(stage, web, chat, sentences=1)


@scenario("A bot ends the chat", staff="abr", more=OUTSIDE)
async def bot_hangs_up(stage: Stage) -> None:
    """B-8, B-40."""
    bot, web, chat = await _talks(stage)
    await hang_up(web, bot, chat)
    await web.send("ES_CHAT_START", 3, **VISITOR)
    await web.get("SE_CHAT_STATUS", 3, Status="Pilot", ChatId=chat)
    await bot.get("SC_CHAT_ALERT", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="ICR", ChatId=chat)
    await stop(web)
    await bot.get("SC_CHAT_ALERT_END", ChatId=chat)


@scenario(
    "The visitor writes before the bot has answered: the bot gets it with the answer",
    staff="abr",
    more=OUTSIDE,
)
async def bot_is_written_to(stage: Stage) -> None:
    """B-4, B-7, B-40."""
    bot, web, chat = await _alerted(stage)
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="m1", Text="Hello?")
    await web.get("SE_CHAT_SENTENCE", ID="m1", Counter=1)
    await refused(bot, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="b1", Text="Hello")
    await bot.send("CS_CHAT_ANSWER", 2, ChatId=chat)
    whole = await bot.get("SC_CHAT_STATUS", 2, Status="Answered")
    assert texts(whole) == ["Hello?"]
    await bot.send("CS_CHAT_CONFIRM", 3, ChatId=chat, ID="m1")
    await bot.get("SYS_ACK", 3)
    await web.get("SE_CHAT_CONFIRM", ID="m1")
    await stop(web)
    await bot.get("SC_CHAT_STATUS", Status="Closed", CloseReason="External")


@scenario("A bot rejects the chat: it goes on to its project", staff="abr", more=OUTSIDE)
async def bot_rejects(stage: Stage) -> None:
    """B-40."""
    bot, web, chat = await _alerted(stage)
    await bot.send("CS_CHAT_HANGUP", 2, ChatId=chat)
    await bot.get("SC_CHAT_STATUS", 2, Status="Waiting", ChatId=chat)
    await bot.get("SC_CHAT_ALERT_END", ChatId=chat)
    await _passed_over(stage, web, chat)


@scenario(
    "A bot is away, in a pause, or full: it is passed over at once",
    staff="abr",
    more=OUTSIDE,
    max_chats="1",
)
async def bot_away(stage: Stage) -> None:
    """B-40."""
    web = await stage.connector()
    await _waits_at_once(web, "v1")
    bot = await stage.agent("r")
    await _waits_at_once(web, "v2")
    await bot.send("CS_AGENT_STATE", 2, State="Ready")
    await bot.get("SC_AGENT_STATE", 2, State="Ready")
    await _meets(web, bot, "v3")
    await _waits_at_once(web, "v4")
    for tracking in ("v1", "v2", "v4"):
        await stop(web, tracking)
    await stop(web, "v3")
    await bot.get("SC_CHAT_ALERT_END")


async def _waits_at_once(web: Client, tracking: str) -> None:
    await web.send("ES_CHAT_START", 1, **{**VISITOR, "TrackingId": tracking})
    await web.get("SE_CHAT_STATUS", 1, Status="Pilot")
    await web.get("SE_CHAT_STATUS", Status="Waiting", TrackingId=tracking)


@scenario(
    "A bot does not answer its alert in time: the chat goes on to its project",
    broker="brisk",
    staff="abr",
    more=OUTSIDE,
)
async def bot_misses(stage: Stage) -> None:
    """B-40."""
    bot, web, chat = await _alerted(stage)
    await bot.get("SC_CHAT_ALERT_END", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await bot.send("CS_CHAT_ANSWER", 2, ChatId=chat)
    await bot.get("SC_CHAT_ALERT_END", 2, ChatId=chat)
    agent = await stage.ready_agent()
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    await hang_up(web, agent, chat)


@scenario(
    "A bot is silent after the visitor wrote: the chat is taken from it",
    broker="brisk",
    staff="abr",
    more=OUTSIDE,
)
async def bot_silent(stage: Stage) -> None:
    """B-40."""
    bot, web, chat = await _talks(stage)
    await _asks(web, bot, "m1", "How much is it?", 2)
    await web.get("SE_CHAT_STATUS", Status="Waiting", AgentId=None, ChatId=chat)
    await bot.get("SC_CHAT_STATUS", Status="Waiting", Sentences=None, ChatId=chat)
    await refused(bot, "WrongState", "CS_CHAT_SENTENCE", ChatId=chat, ID="b2", Text="A hundred.")
    agent = await stage.ready_agent()
    await offered(web, agent, chat)
    await answer(web, agent, chat, sentences=2)
    await hang_up(web, agent, chat)


@scenario(
    "A bot declines to answer and takes its typing back: it is not silent, and keeps the chat",
    broker="brisk",
    staff="abr",
    more=OUTSIDE,
)
async def bot_declines(stage: Stage) -> None:
    """B-40."""
    bot, web, chat = await _talks(stage)
    await _asks(web, bot, "m1", "Thank you", 2)
    for typing in (True, False):
        await bot.send("CS_CHAT_TYPING", ChatId=chat, IsTyping=typing)
        await web.get("SE_CHAT_TYPING", IsTyping=typing)
    await stage.do("wait", seconds=1.6)
    await _says(web, bot, chat, "b2", "Anything else?", 3)
    await hang_up(web, bot, chat)


@scenario(
    "A bot's connection is lost and back in time: it finds what was said and goes on",
    staff="abr",
    more=OUTSIDE,
    workplace_grace="5s",
)
async def bot_back_in_time(stage: Stage) -> None:
    """B-11, B-40, W-25."""
    bot, web, chat = await _talks(stage)
    await bot.close()
    await stage.do("wait", seconds=0.1)
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="m1", Text="Hello?")
    await web.get("SE_CHAT_SENTENCE", ID="m1", Counter=2)
    bot = await stage.agent("r", state="Ready")
    await bot.send("CS_CHAT_RESYNC", 3)
    await bot.get("SC_CHAT_LIST", 3, count=1)
    await bot.send("CS_CHAT_STATUS", 4, ChatId=chat)
    whole = await bot.get("SC_CHAT_STATUS", 4, Status="Answered")
    assert texts(whole) == ["Hello, I am a machine.", "Hello?"]
    await _says(web, bot, chat, "b2", "Here I am.", 3)
    await hang_up(web, bot, chat)


@scenario(
    "A bot's connection is lost for good: the chat goes on to its project",
    broker="brisk",
    staff="abr",
    more=OUTSIDE,
)
async def bot_lost(stage: Stage) -> None:
    """B-40."""
    bot, web, chat = await _talks(stage)
    await bot.close()
    await _passed_over(stage, web, chat, sentences=1)


@scenario(
    "A bot's connection is lost while it is alerted: the chat goes on at once",
    staff="abr",
    more=OUTSIDE,
)
async def bot_lost_while_alerting(stage: Stage) -> None:
    """B-40."""
    bot, web, chat = await _alerted(stage)
    await bot.close()
    await _passed_over(stage, web, chat)


@scenario(
    "What a bot may not: hand over to an agent, ask somebody in, park; an unknown project",
    staff="abr",
    more=OUTSIDE,
)
async def bot_refused(stage: Stage) -> None:
    """W-14, B-40."""
    agent = await stage.ready_agent()
    bot, web, chat = await _talks(stage)
    to: Members = {"ChatId": chat, "ToAgentId": agent.agent_id}
    await refused(bot, "WrongState", "CS_CHAT_TRANSFER", **to)
    await refused(bot, "BadPayload", "CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=NOBODY)
    await refused(bot, "WrongState", "CS_CHAT_INVITE", **to, Mode="Consult")
    await refused(bot, "WrongState", "CS_CHAT_PARK", ChatId=chat, IsParked=True)
    await refused(bot, "WrongState", "CS_CHAT_LEAVE", ChatId=chat)
    await refused(agent, "UnknownChat", "CS_CHAT_HANGUP", ChatId=chat)
    await stop(web)
    closed = await bot.get("SC_CHAT_STATUS", Status="Closed", CloseReason="External")
    assert parties(closed) == []


@scenario("A supervisor logs a bot off, and ends a chat that a bot has", staff="abrs", more=OUTSIDE)
async def bot_supervised(stage: Stage) -> None:
    """B-8, B-28, B-40."""
    boss = await stage.agent("s")
    bot, web, chat = await _talks(stage)
    await refused(boss, "WrongState", "CS_CHAT_INVITE", ChatId=chat, Mode="Monitor")
    await boss.send("CS_CHAT_CLOSE", 3, ChatId=chat)
    await boss.get("SC_CHAT_STATUS", 3, Status="Closed", CloseReason="Admin")
    await bot.get("SC_CHAT_STATUS", Status="Closed", CloseReason="Admin")
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Admin")
    chat = await _meets(web, bot, "v2")
    await boss.send("CS_AGENT_STATE", 4, AgentId=bot.agent_id, State="LogOff")
    await boss.get("SC_AGENT_STATE", 4, AgentId=bot.agent_id, State="LogOff")
    await bot.get("SC_CHAT_ALERT_END", ChatId=chat)
    await bot.get("SC_AGENT_STATE", State="LogOff")
    await bot.get("SYS_BYE", Code="LoggedOff")
    await bot.gone()
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await stop(web, "v2")
