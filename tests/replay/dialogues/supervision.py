"""What supervisors do to chats and agents: end, force, ask why, and see all (B-8, B-28..B-30)."""

from __future__ import annotations

from protocol.identifiers import derive
from tests.replay.dialogues.refusals import NOBODY
from tests.replay.dialogues.steps import (
    answer,
    answered,
    asks,
    broker_notes,
    hang_up,
    joins,
    offered,
    refused,
    start,
    stop,
    two_agents,
)
from tests.replay.stage import Client, Members, Stage, scenario


@scenario(
    "A supervisor ends any chat: waiting, alerting, answered, with a party in it", staff="abs"
)
async def closed_by_supervisor(stage: Stage) -> None:
    """B-8."""
    web = await stage.connector()
    boss = await stage.agent("s")
    chat = await start(web)
    await _ends(boss, web, chat)
    owner = await stage.ready_agent()
    chat = await start(web, "v2")
    await offered(web, owner, chat)
    await _ends(boss, web, chat)
    await owner.get("SC_CHAT_ALERT_END", ChatId=chat)
    chat = await start(web, "v3")
    await offered(web, owner, chat)
    await answer(web, owner, chat)
    other = await stage.ready_agent("b")
    await joins(owner, other, chat, "Consult")
    await _ends(boss, web, chat)
    for agent in (other, owner):
        await agent.get("SC_CHAT_STATUS", Status="Closed", CloseReason="Admin", ChatId=chat)
    await boss.send("CS_CHAT_CLOSE", 4, ChatId=chat)
    await boss.get("SC_CHAT_STATUS", 4, Status="Closed", CloseReason="Admin", ChatId=chat)


async def _ends(boss: Client, web: Client, chat: str) -> None:
    await boss.send("CS_CHAT_CLOSE", 3, ChatId=chat)
    await boss.get("SC_CHAT_STATUS", 3, Status="Closed", CloseReason="Admin", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Admin", ChatId=chat)


@scenario(
    "NotAllowed: what is for supervisors only; UnknownChat and UnknownAgent for them", staff="abs"
)
async def supervisors_only(stage: Stage) -> None:
    """W-14, I-15."""
    web, owner, other, chat = await two_agents(stage)
    for type_name in ("CS_CHAT_CLOSE", "CS_CHAT_EXPLAIN"):
        await refused(owner, "NotAllowed", type_name, ChatId=chat)
    await refused(owner, "NotAllowed", "CS_CHAT_OVERVIEW")
    await refused(owner, "NotAllowed", "CS_AGENT_STATE", State="Pause", AgentId=other.agent_id)
    boss = await stage.agent("s")
    for type_name in ("CS_CHAT_CLOSE", "CS_CHAT_EXPLAIN"):
        await refused(boss, "UnknownChat", type_name, ChatId=NOBODY)
        await refused(boss, "NotAllowed", type_name, ChatId=chat, Peer=owner.peer)
    await refused(boss, "UnknownAgent", "CS_CHAT_EXPLAIN", ChatId=chat, AgentId=NOBODY)
    await refused(boss, "NotAllowed", "CS_CHAT_OVERVIEW", Peer=owner.peer)
    await refused(boss, "NotAllowed", "CS_AGENT_LIST", Peer=owner.peer)
    await hang_up(web, owner, chat)


@scenario("A supervisor sets an agent to a pause, and to ready again", staff="abs")
async def forced_pause(stage: Stage) -> None:
    """B-28."""
    web, owner, chat = await answered(stage)
    boss = await stage.agent("s")
    force: Members = {"AgentId": owner.agent_id}
    await boss.send("CS_AGENT_STATE", 3, **force, State="Pause", Reason="Lunch")
    paused: Members = {**force, "State": "Pause", "Reason": "Lunch", "ActiveChats": 1}
    for agent, re in ((boss, 3), (owner, None)):
        await agent.get("SC_AGENT_STATE", re, **paused, Peer=agent.peer)
    await boss.send("CS_AGENT_STATE", 4, **force, State="Ready", NextState="Pause")
    for agent, re in ((boss, 4), (owner, None)):
        await agent.get("SC_AGENT_STATE", re, **force, State="Ready", NextState="Pause")
    await hang_up(web, owner, chat)
    await owner.get("SC_AGENT_STATE", **force, State="Pause", NextState=None, ActiveChats=0)


@scenario(
    "A supervisor logs an agent off at once: alerts, chats and conferences go on without them",
    staff="abs",
)
async def forced_log_off(stage: Stage) -> None:
    """B-28, W-13."""
    web, owner, chat = await answered(stage)
    boss = await stage.agent("s")
    ringing = await start(web, "v2")
    await offered(web, owner, ringing)
    await boss.send("CS_AGENT_STATE", 3, AgentId=owner.agent_id, State="LogOff")
    gone: Members = {"AgentId": owner.agent_id, "State": "LogOff", "ActiveChats": 0}
    await boss.get("SC_AGENT_STATE", 3, **gone)
    await owner.get("SC_CHAT_ALERT_END", ChatId=ringing)
    await owner.get("SC_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await owner.get("SC_AGENT_STATE", **gone)
    await owner.get("SYS_BYE", Code="LoggedOff")
    await owner.gone()
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=ringing)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await web.get("SE_CHAT_SENTENCE", Model=2, Counter=1, Text="Your agent was lost.")
    await refused(boss, "WrongState", "CS_AGENT_STATE", AgentId=owner.agent_id, State="Pause")
    other = await stage.ready_agent("b")
    await offered(web, other, chat)
    await offered(web, other, ringing)
    await answer(web, other, chat, sentences=1)
    await stop(web, "v2")
    await other.get("SC_CHAT_ALERT_END", ChatId=ringing)
    await hang_up(web, other, chat)


@scenario(
    "A supervisor logs off the owner of a conference: the other agent owns the chat", staff="abs"
)
async def forced_log_off_of_owner(stage: Stage) -> None:
    """B-28, B-29."""
    web, owner, other, chat = await two_agents(stage)
    boss = await stage.agent("s")
    await joins(owner, other, chat, "Conference")
    await boss.send("CS_AGENT_STATE", 3, AgentId=owner.agent_id, State="LogOff")
    await boss.get("SC_AGENT_STATE", 3, AgentId=owner.agent_id, State="LogOff", ActiveChats=0)
    await owner.get("SC_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await owner.get("SC_AGENT_STATE", State="LogOff")
    await owner.get("SYS_BYE", Code="LoggedOff")
    await owner.gone()
    await web.get("SE_CHAT_STATUS", Status="Answered", AgentId=other.agent_id)
    await other.get("SC_CHAT_STATUS", Status="Answered", AgentId=other.agent_id, Parties=None)
    await hang_up(web, other, chat)


@scenario("Forced states that are refused: unknown agent, never here, faulty state", staff="abcs")
async def force_refused(stage: Stage) -> None:
    """W-14, B-28."""
    owner = await stage.ready_agent()
    boss = await stage.agent("s")
    state = "CS_AGENT_STATE"
    never = derive("agent", f"Agent c of {stage.cell.name}")
    await refused(boss, "UnknownAgent", state, AgentId=NOBODY, State="Pause")
    await refused(boss, "UnknownAgent", state, AgentId=never, State="Pause")
    to: Members = {"AgentId": owner.agent_id}
    await refused(boss, "BadPayload", state, **to, State="Pause", Reason="Nonsense")
    await refused(boss, "BadPayload", state, **to, State="Ready", Reason="Lunch")
    await refused(boss, "BadPayload", state, **to, State="Ready", NextState="Ready")
    await refused(boss, "NotAllowed", state, **to, State="Pause", Peer=owner.peer)
    await owner.send("CS_AGENT_STATE", 3, State="Pause")
    await owner.get("SC_AGENT_STATE", 3, State="Pause")


@scenario("Why: the decisions about a chat, and why another agent does not get it", staff="abcs")
async def explained(stage: Stage) -> None:
    """B-30."""
    boss = await stage.agent("s")
    web = await stage.connector()
    chat = await start(web)
    paused = await stage.agent("b")
    never = derive("agent", f"Agent c of {stage.cell.name}")
    assert await _kinds(boss, chat) == ["routed", "waiting"]
    owner = await stage.ready_agent()
    await offered(web, owner, chat)
    assert await _why_not(boss, chat, owner.agent_id) == "is being alerted for it"
    await answer(web, owner, chat)
    assert await _kinds(boss, chat) == ["routed", "waiting", "offered"]
    assert await _why_not(boss, chat, owner.agent_id) == "has it"
    assert await _why_not(boss, chat, paused.agent_id) == "state Pause"
    assert await _why_not(boss, chat, never) == "away"
    lacks = await _why_not(boss, chat, boss.agent_id)
    assert lacks.startswith("has a skill of 0")
    await owner.send("CS_CHAT_TRANSFER", 4, ChatId=chat, ToProjectId=_project(stage))
    await owner.get("SC_CHAT_STATUS", 4, Status="Answered")
    await owner.send("CS_CHAT_TRANSFER", 5, ChatId=chat)
    await owner.get("SC_CHAT_STATUS", 5, Status="Answered", Parties=None)
    kinds = await _kinds(boss, chat)
    assert kinds[3:] == ["transfer", "waiting", "transfer_ended"]
    await hang_up(web, owner, chat)
    await boss.send("CS_CHAT_EXPLAIN", 6, ChatId=chat)
    await boss.get("SC_CHAT_EXPLANATION", 6, count=6)


def _project(stage: Stage) -> str:
    return derive("project", f"Project {stage.cell.name}")


async def _kinds(boss: Client, chat: str) -> list[str]:
    await boss.send("CS_CHAT_EXPLAIN", 32, ChatId=chat)
    told = await boss.get("SC_CHAT_EXPLANATION", 32)
    return [one["Kind"] for one in told["items"]]


async def _why_not(boss: Client, chat: str, agent: str) -> str:
    await boss.send("CS_CHAT_EXPLAIN", 33, ChatId=chat, AgentId=agent)
    last = (await boss.get("SC_CHAT_EXPLANATION", 33))["items"][-1]
    assert (last["Kind"], last["AgentId"]) == ("now", agent)
    return str(last["Reason"])


@scenario(
    "A supervisor sees all open chats, everybody sees who is logged in", broker="alone", staff="abs"
)
async def overview(stage: Stage) -> None:
    """B-29, B-30."""
    boss = await stage.agent("s")
    await boss.send("CS_CHAT_OVERVIEW", 3)
    await boss.get("SC_CHAT_OVERVIEW", 3, count=0)
    web, owner, chat = await answered(stage)
    await owner.send("CS_CHAT_PARK", 4, ChatId=chat, IsParked=True)
    await owner.get("SC_CHAT_STATUS", 4, IsParked=True)
    await owner.send("CS_AGENT_STATE", 5, State="Pause", Reason="Lunch")
    await owner.get("SC_AGENT_STATE", 5, State="Pause")
    waiting = await start(web, "v2")
    await boss.send("CS_CHAT_OVERVIEW", 6)
    listed = (await boss.get("SC_CHAT_OVERVIEW", 6, count=2))["items"]
    assert [one["ChatId"] for one in listed] == [waiting, chat]
    assert [one["Status"] for one in listed] == ["Waiting", "Answered"]
    assert not any("Sentences" in one or "TrackingId" in one for one in listed)
    await owner.send("CS_AGENT_LIST", 7)
    seen = (await owner.get("SC_AGENT_LIST", 7, count=2))["items"]
    assert {one["AgentId"]: one["State"] for one in seen} == {
        boss.agent_id: "Pause",
        owner.agent_id: "Pause",
    }
    await stop(web, "v2")
    await stop(web)
    await owner.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)


@scenario(
    "Why a chat went on: who let it go, who answered it before, how a transfer ended", staff="abs"
)
async def explained_on(stage: Stage) -> None:
    """B-24, B-30."""
    first = await stage.ready_agent("a")
    second = await stage.ready_agent("b")
    boss = await stage.agent("s")
    web = await stage.connector()
    chat = await start(web)
    await offered(web, first, chat)
    await first.send("CS_CHAT_HANGUP", 3, ChatId=chat)
    await first.get("SC_CHAT_STATUS", 3, Status="Waiting")
    await first.get("SC_CHAT_ALERT_END")
    await web.get("SE_CHAT_STATUS", Status="Waiting")
    await offered(web, second, chat)
    await boss.send("CS_CHAT_EXPLAIN", 4, ChatId=chat)
    told = (await boss.get("SC_CHAT_EXPLANATION", 4, count=3))["items"]
    assert [one.get("AgentId") for one in told] == [None, first.agent_id, second.agent_id]
    left_out = {"AgentId": first.agent_id, "AgentName": "Anna", "Reason": "excluded"}
    assert left_out in told[2]["Agents"]
    await answer(web, second, chat)
    await asks(second, first, chat, name="Anna")
    await first.send("CS_CHAT_HANGUP", 5, ChatId=chat)
    await first.get("SC_CHAT_STATUS", 5, Status="Waiting")
    await first.get("SC_CHAT_ALERT_END")
    await second.get("SC_CHAT_STATUS", Status="Answered", Parties=None)
    await broker_notes(chat, "Anna declined.", second)
    kinds = await _kinds(boss, chat)
    assert kinds[3:] == ["transfer", "offered", "transfer_ended"]
    await hang_up(web, second, chat)
