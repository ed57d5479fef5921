"""How a chat begins, goes on and ends when nothing goes wrong."""

from __future__ import annotations

from tests.replay.cells import closed_today, holidays
from tests.replay.dialogues.steps import (
    VISITOR,
    agent_says,
    answer,
    answered,
    hang_up,
    offered,
    start,
    stop,
    visitor_says,
)
from tests.replay.stage import Client, Stage, scenario


@scenario("A chat from the first question to the agent's goodbye")
async def happy_path(stage: Stage) -> None:
    """B-1, B-5, B-6, B-7, B-8."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    await web.send("ES_CHAT_REQUEST", 1, TrackingId="v1")
    await web.get("SE_CHAT_RESPONSE", 1, Signal="Free", TrackingId="v1")
    chat = await start(web)
    await offered(web, agent, chat)
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="m1", Text="Hello?", PartyName="Vera")
    await web.get("SE_CHAT_SENTENCE", ID="m1", Counter=1, ConfirmedTime=None)
    await answer(web, agent, chat, sentences=1)
    await agent.send("CS_CHAT_CONFIRM", ChatId=chat, ID="m1")
    await web.get("SE_CHAT_CONFIRM", ID="m1")
    await agent_says(web, agent, chat, "a1", "Good day, this is Anna.", 2)
    await visitor_says(web, agent, "m2", "I have a question.", 3)
    await hang_up(web, agent, chat)


@scenario("All agents are in a pause: Busy, and the chat waits for the first who is ready")
async def busy(stage: Stage) -> None:
    """B-5, B-20, B-27."""
    agent = await stage.agent()
    web = await stage.connector()
    await web.send("ES_CHAT_REQUEST", "r", TrackingId="v1")
    await web.get("SE_CHAT_RESPONSE", "r", Signal="Busy")
    chat = await start(web)
    await agent.send("CS_AGENT_STATE", 1, State="Ready")
    await agent.get("SC_AGENT_STATE", 1, State="Ready")
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    await hang_up(web, agent, chat)


@scenario("Nobody is logged in: Closed; a chat that is begun all the same waits")
async def closed(stage: Stage) -> None:
    """B-27."""
    web = await stage.connector()
    await web.send("ES_CHAT_REQUEST", TrackingId="v1")
    await web.get("SE_CHAT_RESPONSE", Signal="Closed")
    await start(web)
    await stop(web)


@scenario("Nobody is logged in, and the rule falls back to Hidden", gate='fallback = "Hidden"')
async def hidden(stage: Stage) -> None:
    """B-27."""
    web = await stage.connector()
    await web.send("ES_CHAT_REQUEST", TrackingId="v1")
    await web.get("SE_CHAT_RESPONSE", Signal="Hidden")


async def _is_shut(web: Client, visitor: str, signal: str) -> None:
    """Nobody is let in: the question is told so, and a start ends with reason Rule."""
    await web.send("ES_CHAT_REQUEST", TrackingId=visitor)
    await web.get("SE_CHAT_RESPONSE", Signal=signal)
    await web.send("ES_CHAT_START", 1, **{**VISITOR, "TrackingId": visitor})
    await web.get("SE_CHAT_STATUS", 1, Status="Pilot", Sentences=[])
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule", Sentences=None)


@scenario("Outside opening hours: Closed, and a start ends with reason Rule", gate=closed_today())
async def outside_hours(stage: Stage) -> None:
    """B-3, B-8, B-27."""
    await stage.ready_agent()
    await _is_shut(await stage.connector(), "v1", "Closed")


@scenario(
    "On a holiday: Closed though the weekly hours have the whole day",
    gate='hours = ["Mon-Sun"]\ncalendar = "All year"',
    more=holidays(),
)
async def holiday(stage: Stage) -> None:
    """B-3, B-8, B-27."""
    await stage.ready_agent()
    await _is_shut(await stage.connector(), "v1", "Closed")


@scenario("As many wait as may: Closed, and a start ends with reason Rule", gate="queue_limit = 1")
async def queue_full(stage: Stage) -> None:
    """B-1, B-3, B-27."""
    await stage.agent()
    web = await stage.connector()
    await web.send("ES_CHAT_REQUEST", TrackingId="v1")
    await web.get("SE_CHAT_RESPONSE", Signal="Busy")
    await start(web)
    await _is_shut(web, "v2", "Closed")
    await stop(web)
    await web.send("ES_CHAT_REQUEST", TrackingId="v2")
    await web.get("SE_CHAT_RESPONSE", Signal="Busy")


@scenario(
    "Somebody waits for longer than may be: Hidden, and a start ends with reason Rule",
    gate='wait_limit = "200ms"\nlimit_signal = "Hidden"',
)
async def wait_too_long(stage: Stage) -> None:
    """B-1, B-3, B-27."""
    await stage.agent()
    web = await stage.connector()
    await start(web)
    await stage.do("wait", seconds=0.4)
    await _is_shut(web, "v2", "Hidden")
    await stop(web)


@scenario("A rule forces Busy though an agent is free", gate='signal = "Busy"')
async def forced_signal(stage: Stage) -> None:
    """B-27."""
    await stage.ready_agent()
    web = await stage.connector()
    await web.send("ES_CHAT_REQUEST", TrackingId="v1")
    await web.get("SE_CHAT_RESPONSE", Signal="Busy")


@scenario("No project rule fits: the chat is closed with reason Rule", route='culture = "cs"')
async def no_rule(stage: Stage) -> None:
    """B-3, B-8."""
    await stage.ready_agent()
    web = await stage.connector()
    await web.send("ES_CHAT_START", 1, **VISITOR)
    await web.get("SE_CHAT_STATUS", 1, Status="Pilot", Sentences=[])
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")


@scenario("The visitor stops a chat: waiting, alerting, answered, closed and unknown")
async def visitor_stops(stage: Stage) -> None:
    """B-6, B-8."""
    web = await stage.connector()
    await start(web, "waiting")
    await stop(web, "waiting")
    agent = await stage.ready_agent()
    chat = await start(web, "alerting")
    await offered(web, agent, chat)
    await stop(web, "alerting")
    await agent.get("SC_CHAT_ALERT_END", ChatId=chat)
    chat = await start(web)
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    await stop(web)
    await agent.get("SC_CHAT_STATUS", Status="Closed", CloseReason="External", ChatId=chat)
    await web.send("ES_CHAT_STOP", 3, TrackingId="v1")
    await web.get("SE_CHAT_STATUS", 3, Status="Closed", ChatId=chat)
    await web.send("ES_CHAT_STOP", 4, TrackingId="nobody")
    await web.get("SE_CHAT_STATUS", 4, Status="Closed", ChatId=None)


@scenario("The same TrackingId is started twice: one chat, and its transcript for the second")
async def started_twice(stage: Stage) -> None:
    """B-2, W-25."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await web.send("ES_CHAT_START", 5, **VISITOR)
    again = await web.get("SE_CHAT_STATUS", 5, Status="Answered", ChatId=chat)
    assert [item["ID"] for item in again["Sentences"]] == ["m1"]
    await hang_up(web, agent, chat)


@scenario("The same TrackingId is started twice at once: one chat")
async def started_at_once(stage: Stage) -> None:
    """B-2."""
    web = await stage.connector()
    starts = [("ES_CHAT_START", {**VISITOR, "id_": number}) for number in (1, 2)]
    await web.send_together(*starts)
    first = await web.get("SE_CHAT_STATUS", 1, Status="Pilot", Sentences=[])
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=first["ChatId"])
    await web.get("SE_CHAT_STATUS", 2, Status="Waiting", Sentences=[], ChatId=first["ChatId"])
    await web.send("ES_CHAT_RESYNC", 3)
    await web.get("SE_CHAT_LIST", 3, count=1)
    await stop(web)


@scenario("A start inside the inertia reopens the chat: same ChatId, counters go on, same agent")
async def reopened(stage: Stage) -> None:
    """B-2."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await hang_up(web, agent, chat)
    await web.send("ES_CHAT_START", 5, **VISITOR)
    again = await web.get("SE_CHAT_STATUS", 5, Status="Pilot", ChatId=chat, CloseReason=None)
    assert [item["ID"] for item in again["Sentences"]] == ["m1"]
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await offered(web, agent, chat)
    await answer(web, agent, chat, sentences=1)
    await visitor_says(web, agent, "m2", "One more thing", 2)
    await hang_up(web, agent, chat)


@scenario("Outside the inertia the same TrackingId begins a new chat", tracking_inertia="100ms")
async def inertia_over(stage: Stage) -> None:
    """B-2."""
    web, agent, chat = await answered(stage)
    await hang_up(web, agent, chat)
    await stage.do("wait", seconds=0.5)
    other = await start(web)
    assert other != chat
    await offered(web, agent, other)
    await stop(web)
    await agent.get("SC_CHAT_ALERT_END", ChatId=other)


@scenario("A text sentence reopens the closed chat of a gateway that allows it", reactivate="true")
async def reactivated(stage: Stage) -> None:
    """B-9."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await hang_up(web, agent, chat)
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="n1", Text="/shop", Model=6)
    await web.get("SYS_ERROR", Code="ChatClosed", Fatal=False)
    await web.send("ES_CHAT_SENTENCE", TrackingId="v1", ID="m2", Text="Still there?")
    await web.get("SE_CHAT_STATUS", Status="Pilot", ChatId=chat)
    await web.get("SE_CHAT_SENTENCE", ID="m2", Counter=2)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await offered(web, agent, chat)
    await answer(web, agent, chat, sentences=2)
    await hang_up(web, agent, chat)


@scenario(
    "Nobody writes: the visitor is warned, then the chat is closed, and both sides are told",
    inactivity_timeout="900ms",
    inactivity_warning="400ms",
)
async def inactivity(stage: Stage) -> None:
    """B-8."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await web.get("SE_CHAT_SENTENCE", Model=2, Counter=2, Text="Still there?", IsOutbound=True)
    await agent.get("SC_CHAT_SENTENCE", Model=2, Counter=2, Text="Still there?", IsOutbound=True)
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Inactivity", ChatId=chat)
    await agent.get("SC_CHAT_STATUS", Status="Closed", CloseReason="Inactivity", ChatId=chat)
