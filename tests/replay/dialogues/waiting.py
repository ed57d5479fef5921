"""What is done for a chat that waits too long: levels, each once and in order (B-26)."""

from __future__ import annotations

from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import (
    FORM,
    answer,
    filled_in,
    hang_up,
    offered,
    refused,
    start,
    stop,
)
from tests.replay.stage import Members, Stage, scenario


def rule(level: int, after: str, *effects: str) -> str:
    """A wait rule of a cell."""
    lines = (
        "[[wait_rules]]",
        f"level = {level}",
        f'after = "{after}"',
        'gateway = "Gateway <name>"',
    )
    return "\n" + "\n".join((*lines, *effects)) + "\n"


@scenario(
    "Level 1 lowers the demanded skill: an agent who did not qualify gets the chat",
    route="skill = 45",
    more=rule(1, "400ms", "skill = 40"),
)
async def wait_skill(stage: Stage) -> None:
    """B-26."""
    agent = await stage.ready_agent("b")
    web = await stage.connector()
    chat = await start(web)
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    await hang_up(web, agent, chat)


@scenario(
    "Widened: an agent of a further project gets the chat, which stays one of its own",
    second="b",
    more=rule(1, "400ms", 'projects = ["Second <name>"]'),
)
async def wait_widened(stage: Stage) -> None:
    """B-26."""
    agent = await stage.ready_agent("b")
    web = await stage.connector()
    chat = await start(web)
    await web.get("SE_CHAT_STATUS", Status="Alerting", ChatId=chat)
    alert = await agent.get("SC_CHAT_ALERT", ChatId=chat)
    assert alert["Info"]["ProjectName"] == f"Project {stage.cell.name}"
    await answer(web, agent, chat)
    await hang_up(web, agent, chat)


@scenario(
    "Raised: a chat whose rule raised its priority is taken before an older one",
    more=rule(1, "300ms", "priority = 100", 'user_token = "^gold$"'),
)
async def wait_priority(stage: Stage) -> None:
    """B-21, B-26."""
    web = await stage.connector()
    older = await start(web, "v1")
    await web.send("ES_CHAT_START", 2, TrackingId="v2", PartyName="Vera", UserToken="gold")
    status = await web.get("SE_CHAT_STATUS", 2, Status="Pilot")
    await web.get("SE_CHAT_STATUS", Status="Waiting")
    gold = status["ChatId"]
    await stage.do("wait", seconds=0.6)
    agent = await stage.ready_agent()
    await offered(web, agent, gold)
    await offered(web, agent, older)
    for tracking, chat in (("v1", older), ("v2", gold)):
        await stop(web, tracking)
        await agent.get("SC_CHAT_ALERT_END", ChatId=chat)


@scenario(
    "A note says the place in the queue and that nobody knows the wait yet; an agent reads it later",
    more=rule(1, "700ms", 'note = "You are number {position}, wait {wait}."'),
)
async def wait_note(stage: Stage) -> None:
    """B-26."""
    web = await stage.connector()
    first = await start(web, "v1")
    second = await start(web, "v2")
    for tracking, place in (("v1", 1), ("v2", 2)):
        await web.get(
            "SE_CHAT_SENTENCE",
            TrackingId=tracking,
            Model=2,
            Counter=1,
            IsOutbound=True,
            Text=f"You are number {place}, wait some time.",
        )
    await web.send("ES_CHAT_SENTENCE", 3, TrackingId="v1", ID="m1", Text="All right")
    await web.get("SE_CHAT_SENTENCE", 3, Counter=2)
    agent = await stage.ready_agent()
    await offered(web, agent, first)
    await offered(web, agent, second)
    await answer(web, agent, first, sentences=2)
    await hang_up(web, agent, first)
    await stop(web, "v2")
    await agent.get("SC_CHAT_ALERT_END", ChatId=second)


@scenario(
    "A form is offered to who waits, and not any more once it is saved",
    more=rule(1, "300ms", 'scenario = "Before the chat"'),
)
async def wait_form(stage: Stage) -> None:
    """B-26."""
    web = await stage.connector()
    chat = await start(web)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ScenarioId=FORM, ChatId=chat)
    await web.send("ES_SCENARIO_LOAD", 2, Peer=None, Id=FORM, Reference="en")
    form = await web.get("SE_SCENARIO_MODEL", 2, ScenarioId=FORM, Culture="en")
    assert form["DisplayName"] == "Before we begin"
    await web.send("ES_CHAT_STATUS", 3, TrackingId="v1")
    await web.get("SE_CHAT_STATUS", 3, Status="Waiting", ScenarioId=FORM)
    saved: Members = {"Peer": None, **filled_in("sales")}
    await refused(web, "UnknownChat", "ES_SCENARIO_SAVE", **saved, ChatId=NOBODY)
    await web.send("ES_SCENARIO_SAVE", 4, **saved, ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ScenarioId=None, ChatId=chat)
    await web.get("SYS_ACK", 4, Type="ES_SCENARIO_SAVE")
    agent = await stage.ready_agent()
    await web.get("SE_CHAT_STATUS", Status="Alerting", ScenarioId=None)
    alert = await agent.get("SC_CHAT_ALERT", ChatId=chat)
    assert [one["ScenarioId"] for one in alert["Info"]["Scenarios"]] == [FORM]
    await answer(web, agent, chat)
    await hang_up(web, agent, chat)


@scenario(
    "A form that was offered and not filled in is gone when the chat is answered",
    more=rule(1, "300ms", 'scenario = "Before the chat"'),
)
async def wait_form_unsaved(stage: Stage) -> None:
    """B-26."""
    web = await stage.connector()
    chat = await start(web)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ScenarioId=FORM, ChatId=chat)
    agent = await stage.ready_agent()
    await web.get("SE_CHAT_STATUS", Status="Alerting", ScenarioId=FORM, ChatId=chat)
    await agent.get("SC_CHAT_ALERT", ChatId=chat)
    await agent.send("CS_CHAT_ANSWER", 2, ChatId=chat)
    await agent.get("SC_CHAT_STATUS", 2, Status="Answered")
    await web.get("SE_CHAT_STATUS", Status="Answered", ScenarioId=None, ChatId=chat)
    await hang_up(web, agent, chat)


@scenario(
    "The levels are taken one by one, each once; the last one ends the chat with reason Rule",
    more=rule(1, "200ms", 'note = "Please wait."')
    + rule(2, "200ms", 'note = "Please wait on."', 'culture = "cs"')
    + rule(2, "400ms", 'note = "Still nobody."', "priority = 5")
    + rule(3, "600ms", 'note = "Nobody is here today."', "close = true"),
)
async def wait_levels(stage: Stage) -> None:
    """B-8, B-26."""
    web = await stage.connector()
    chat = await start(web)
    for counter, text in enumerate(
        ("Please wait.", "Still nobody.", "Nobody is here today."), start=1
    ):
        await web.get("SE_CHAT_SENTENCE", Model=2, Counter=counter, Text=text)
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule", ChatId=chat)


@scenario(
    "A chat that was offered and let go goes on in its levels, by the age that it kept",
    more=rule(1, "200ms", 'note = "Please wait."') + rule(2, "1200ms", 'note = "Still nobody."'),
)
async def wait_after_an_offer(stage: Stage) -> None:
    """B-24, B-26."""
    web = await stage.connector()
    chat = await start(web)
    await web.get("SE_CHAT_SENTENCE", Model=2, Counter=1, Text="Please wait.")
    agent = await stage.ready_agent()
    await offered(web, agent, chat)
    await stage.do("wait", seconds=1.1)
    await agent.send("CS_AGENT_STATE", 3, State="Pause")
    await agent.get("SC_AGENT_STATE", 3, State="Pause")
    await agent.send("CS_CHAT_HANGUP", 4, ChatId=chat)
    await agent.get("SC_CHAT_STATUS", 4, Status="Waiting")
    await agent.get("SC_CHAT_ALERT_END", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await web.get("SE_CHAT_SENTENCE", Model=2, Counter=2, Text="Still nobody.")
    await stop(web)


@scenario(
    "A note with an expected wait, once enough chats of the project were answered",
    max_chats="3",
    more=rule(1, "300ms", 'note = "You are number {position}, wait {wait}."'),
)
async def wait_estimated(stage: Stage) -> None:
    """B-26."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    chats = [await start(web, "v1")]
    await offered(web, agent, chats[0])
    await answer(web, agent, chats[0])
    for tracking in ("v2", "v3"):
        chats.append(await start(web, tracking))
        await offered(web, agent, chats[-1])
        await answer(web, agent, chats[-1])
    await start(web, "v4")
    await web.get("SE_CHAT_SENTENCE", Model=2, Text="You are number 1, wait 1 min.")
    await stop(web, "v4")
    for tracking, chat in zip(("v1", "v2", "v3"), chats, strict=True):
        await stop(web, tracking)
        await agent.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)
