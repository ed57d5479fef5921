"""Forms and registers: what a gateway shows around a chat."""

from __future__ import annotations

from typing import Any

from tests.replay.dialogues.steps import (
    FORM,
    TOPIC,
    VISITOR,
    answer,
    filled_in,
    hang_up,
    offered,
    refused,
)
from tests.replay.stage import Members, Stage, scenario

RESULT = "11111111-1111-4111-8111-111111111111"
CONTACT = "33333333-3333-4333-8333-333333333333"
CONTROL = "22222222-2222-4222-8222-222222222222"


@scenario(
    "A form: shown by the signal, loaded in a language, filled in, seen by the agent",
    gate='scenario = "Before the chat"',
)
async def forms(stage: Stage) -> None:
    """B-1, B-2, W-16."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    await web.send("ES_CHAT_REQUEST", 1, TrackingId="v1", PreferredCulture="cs")
    shown = await web.get("SE_CHAT_RESPONSE", 1, Signal="Free", ScenarioModel=...)
    assert shown["ScenarioModel"]["DisplayName"] == "Než začneme"
    await web.send("ES_SCENARIO_LOAD", 2, Id=FORM, Reference="en", Peer=None)
    form = await web.get("SE_SCENARIO_MODEL", 2, DisplayName="Before we begin", ScenarioId=FORM)
    control = form["Screens"][0]["Controls"][0]["ScreenControlId"]
    result = {
        "ScenarioId": FORM,
        "ScenarioResultId": RESULT,
        "TimeUtc": "2026-01-02T03:04:05Z",
        "Values": [{"ScreenControlId": control, "ResultText": "support"}],
    }
    await web.send("ES_CHAT_START", 3, **VISITOR, ResultModel=result)
    chat = (await web.get("SE_CHAT_STATUS", 3, Status="Pilot"))["ChatId"]
    await web.get("SE_CHAT_STATUS", Status="Waiting")
    await web.get("SE_CHAT_STATUS", Status="Alerting")
    info = (await agent.get("SC_CHAT_ALERT", ChatId=chat))["Info"]
    assert [item["ResultId"] for item in info["Scenarios"]] == [RESULT]
    assert info["FormDataId"] == RESULT
    await answer(web, agent, chat)
    unnamed: dict[str, Any] = {**result, "ScenarioResultId": None, "Peer": None}
    await web.send("ES_SCENARIO_SAVE", 4, **unnamed, ChatId=chat, Activity="after")
    await web.get("SYS_ACK", 4, Type="ES_SCENARIO_SAVE")
    await agent.get("SC_CHAT_STATUS", Status="Answered", Sentences=None)
    await agent.get("SC_SCENARIO_RESULT", ChatId=chat, Activity="after", AgentId=None)
    await agent.send("CS_CHAT_STATUS", 5, ChatId=chat)
    info = (await agent.get("SC_CHAT_STATUS", 5, Status="Answered"))["Info"]
    assert [item.get("Activity") for item in info["Scenarios"]] == [None, "after"]
    await web.send("ES_SCENARIO_SAVE", **unnamed)
    await hang_up(web, agent, chat)


@scenario(
    "A form value chooses the project: without it no rule fits",
    route='form = { topic = "^sales$" }',
)
async def form_routes(stage: Stage) -> None:
    """B-3."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    await web.send("ES_SCENARIO_LOAD", 2, Id=FORM, Peer=None)
    form = await web.get("SE_SCENARIO_MODEL", 2)
    control = form["Screens"][0]["Controls"][0]["ScreenControlId"]
    for tracking, value in (("v1", "support"), ("v2", "sales")):
        values = [{"ScreenControlId": control, "ResultText": value}]
        started = {**VISITOR, "TrackingId": tracking}
        result = {"ScenarioId": FORM, "Values": values}
        await web.send("ES_CHAT_START", tracking, **started, ResultModel=result)
        chat = (await web.get("SE_CHAT_STATUS", tracking, Status="Pilot"))["ChatId"]
        if value == "support":
            await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    await hang_up(web, agent, chat)


@scenario(
    "Agents read what the visitor filled in, and fill in forms themselves; the default form is listed",
    gate='scenario = "Before the chat"',
    staff="ab",
)
async def forms_of_agents(stage: Stage) -> None:
    """B-41, W-47."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    await web.send("ES_CHAT_START", 3, **VISITOR)
    chat = (await web.get("SE_CHAT_STATUS", 3, Status="Pilot"))["ChatId"]
    await web.get("SE_CHAT_STATUS", Status="Waiting")
    await web.get("SE_CHAT_STATUS", Status="Alerting")
    (default,) = (await agent.get("SC_CHAT_ALERT", ChatId=chat))["Info"]["Scenarios"]
    assert (default["ScenarioId"], default.get("ResultId")) == (FORM, None)
    await refused(agent, "WrongState", "CS_SCENARIO_RESULT", ChatId=chat, ScenarioResultId=RESULT)
    await answer(web, agent, chat)
    await web.send("ES_SCENARIO_SAVE", 4, **filled_in("support", RESULT), ChatId=chat)
    info = (await agent.get("SC_CHAT_STATUS", Status="Answered"))["Info"]
    assert [item["ResultId"] for item in info["Scenarios"]] == [RESULT]
    await agent.get("SC_SCENARIO_RESULT", ScenarioResultId=RESULT, ChatId=chat, AgentId=None)
    await web.get("SYS_ACK", 4)
    await web.send("ES_SCENARIO_SAVE", 5, **filled_in("support", RESULT), ChatId=chat)
    await web.get("SYS_ACK", 5)
    await agent.send("CS_SCENARIO_LOAD", 6, Id=FORM, Reference="cs", Peer=None)
    await agent.get("SC_SCENARIO_MODEL", 6, ScenarioId=FORM, DisplayName="Než začneme")
    await agent.send("CS_SCENARIO_RESULT", 7, ChatId=chat, ScenarioResultId=RESULT)
    result = await agent.get("SC_SCENARIO_RESULT", 7, ScenarioId=FORM)
    assert [value["ResultText"] for value in result["Values"]] == ["support"]
    await agent.send("CS_SCENARIO_SAVE", 8, **filled_in("sales", RESULT), ChatId=chat)
    await agent.get("SC_CHAT_STATUS", Status="Answered", Info=...)
    await agent.get("SYS_ACK", 8, Type="CS_SCENARIO_SAVE")
    await agent.send("CS_SCENARIO_RESULT", 9, ChatId=chat, ScenarioResultId=RESULT)
    await agent.get("SC_SCENARIO_RESULT", 9, AgentId=...)
    await refused(web, "KeyReused", "ES_SCENARIO_SAVE", **filled_in("sales", RESULT), ChatId=chat)
    await hang_up(web, agent, chat)
    await agent.send("CS_SCENARIO_RESULT", 10, ChatId=chat, ScenarioResultId=RESULT)
    await agent.get("SC_SCENARIO_RESULT", 10, Values=...)


@scenario(
    "A visitor is known again by an address, under the name that an agent's form gave", staff="ab"
)
async def forms_of_contacts(stage: Stage) -> None:
    """B-42."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    who = {**VISITOR, "UserToken": f"token of {stage.cell.name}"}
    for tracking, name in (("v1", None), ("v2", "Vera")):
        await web.send("ES_CHAT_START", 3, **{**who, "TrackingId": tracking})
        chat = (await web.get("SE_CHAT_STATUS", 3, Status="Pilot"))["ChatId"]
        await web.get("SE_CHAT_STATUS", Status="Waiting")
        await web.get("SE_CHAT_STATUS", Status="Alerting")
        info = (await agent.get("SC_CHAT_ALERT", ChatId=chat))["Info"]
        assert (info.get("ContactName"), info.get("ContactId")) == (name, name and CONTACT)
        await answer(web, agent, chat)
        form = {**filled_in("sales", RESULT), "ContactId": CONTACT}
        await agent.send("CS_SCENARIO_SAVE", 4, **form, ChatId=chat)
        info = (await agent.get("SC_CHAT_STATUS", Status="Answered"))["Info"]
        assert (info["ContactId"], info["ContactName"]) == (CONTACT, "Vera")
        await agent.get("SYS_ACK", 4)
        await agent.send("CS_CHAT_HANGUP", 5, ChatId=chat)
        await agent.get("SC_CHAT_STATUS", 5, Status="Closed")
        await web.get("SE_CHAT_STATUS", Status="Closed")


@scenario("BadPayload: forms without what is mandatory, with a wrong choice, of nobody", staff="ab")
async def forms_refused(stage: Stage) -> None:
    """W-47."""
    web = await stage.connector()
    for values in (
        [],
        [{"ScreenControlId": TOPIC, "ResultText": "nonsense"}],
        [{"ScreenControlId": TOPIC, "ResultNumber": 1}],
        [{"ScreenControlId": CONTROL, "ResultText": "sales"}],
        [{"ResultText": "sales"}],
        [{"ScreenControlId": TOPIC, "ResultText": text} for text in ("sales", "support")],
    ):
        form: Members = {"ScenarioId": FORM, "Values": values}
        await refused(web, "BadPayload", "ES_SCENARIO_SAVE", **form)
        await refused(web, "BadPayload", "ES_CHAT_START", **VISITOR, ResultModel=form)
    await refused(web, "UnknownChat", "ES_SCENARIO_SAVE", **filled_in("sales", RESULT), ChatId=FORM)
    good = filled_in("sales", RESULT)
    await refused(web, "UnknownGateway", "ES_SCENARIO_SAVE", **{**good, "Peer": "nobody"})
    agent = await stage.agent()
    lost = {**good, "ChatId": FORM}
    await refused(agent, "UnknownChat", "CS_SCENARIO_SAVE", **lost)
    await refused(agent, "UnknownChat", "CS_SCENARIO_RESULT", ChatId=FORM, ScenarioResultId=RESULT)
    await refused(agent, "UnknownScenario", "CS_SCENARIO_LOAD", Id=CONTROL, Peer=None)


TABLES = """
[[literals]]
group = 901
value = 1
culture = "en"
text = "Write to us"

[[website_routing]]
gateway = "Gateway <name>"
name = "Rule of <name>"
template = "small"
"""


@scenario("Registers: pushed to who asked for them when a reload changes them", more=TABLES)
async def registers_reloaded(stage: Stage) -> None:
    """W-17, C-4."""
    web, other = await stage.connector(), await stage.connector()
    await web.send("ES_WS_LITERALS_GET", 1, LiteralGroup=901, Culture="en-GB")
    found = await web.get("SE_WS_LITERALS_INFO", 1, count=1)
    assert found["items"][0]["DisplayName"] == "Write to us"
    await web.send("ES_WS_ROUTING", 2, text=stage.cell.name)
    found = await web.get("SE_WS_ROUTING", 2, count=1)
    assert found["items"][0]["Peer"] == stage.cell.name
    await stage.do("reload", without=[stage.cell.name])
    await web.get("SE_WS_LITERALS_INFO", count=0)
    await web.get("SE_WS_ROUTING", count=0)
    await other.send("SYS_PING", Nonce="n")
    await other.get("SYS_PONG", Nonce="n")
    await web.send("ES_WS_ROUTING", 3, text=stage.cell.name)
    await web.get("SE_WS_ROUTING", 3, count=0)
    await stage.do("reload", without=[])
    await web.get("SE_WS_LITERALS_INFO", count=1)
    found = await web.get("SE_WS_ROUTING", count=1)
    assert found["items"][0]["Template"] == "small"


MAILBOXES = """
[[message_gateways]]
name = "Mail of <name>"
peer = "<name>"
channel = "Email"
direction = "B"
device = '{"folder": "INBOX"}'
token = "<name>-secret"
[[message_gateways]]
name = "SMS of <name>"
peer = "<name>-sms"
channel = "SMS"
direction = "I"
token = "<name>-secret"
"""


@scenario("Message gateways: asked for by address, and pushed when they change", more=MAILBOXES)
async def message_gateways(stage: Stage) -> None:
    """W-17, W-10, C-4."""
    name = stage.cell.name
    web = await stage.connector()
    await web.send("ES_SL_GETGATEWAYS", 1, text=name)
    found = await web.get("SE_SL_MSGGATEWAYS", 1, count=2)
    both = found["items"]
    assert [one["Direction"] for one in both] == ["I", "O"]
    assert both[0] == {**both[1], "Direction": "I"}
    assert both[0]["Device"] == '{"folder": "INBOX"}'
    await web.send("ES_SL_GETGATEWAYS", 2, text=f"{name}-sms")
    await web.get("SYS_ERROR", 2, Code="NotAllowed", Fatal=False)
    await web.send("ES_SL_GETGATEWAYS", 3, text="nobody")
    await web.get("SYS_ERROR", 3, Code="UnknownGateway", Fatal=False)
    await stage.do("reload", without=[name])
    await web.get("SE_SL_MSGGATEWAYS", count=0)
    await stage.do("reload", without=[])
    await web.get("SE_SL_MSGGATEWAYS", count=2)


PORTS = """
[[gateways]]
name = "Shop of <name>"
peer = "<name>"
port = "shop"
token = "<name>-secret"
"""


@scenario("Ports: a peer is resynced as a whole or by port, and an empty port is none", more=PORTS)
async def ports(stage: Stage) -> None:
    """W-25, W-5."""
    web = await stage.connector()
    for tracking, port in (("v1", None), ("v2", "shop"), ("v3", "")):
        await web.send("ES_CHAT_START", 1, TrackingId=tracking, Port=port)
        await web.get("SE_CHAT_STATUS", 1, Port=port or None, Status="Pilot")
        closed = "Closed" if port else "Waiting"
        await web.get("SE_CHAT_STATUS", Port=port or None, Status=closed)
    await web.send("ES_CHAT_RESYNC", 2)
    found = await web.get("SE_CHAT_LIST", 2, count=2)
    assert [chat["TrackingId"] for chat in found["items"]] == ["v1", "v3"]
    await web.send("ES_CHAT_RESYNC", 3, Port="shop")
    await web.get("SE_CHAT_LIST", 3, count=0)
    await web.send("ES_CHAT_RESYNC", 4, Port="nowhere")
    await web.get("SYS_ERROR", 4, Code="UnknownGateway", Fatal=False)
    for tracking in ("v1", "v3"):
        await web.send("ES_CHAT_STOP", 5, TrackingId=tracking, Port=" ")
        await web.get("SE_CHAT_STATUS", 5, Status="Closed")


@scenario("Registers: routing of web pages and literals, in one language or in all")
async def registers(stage: Stage) -> None:
    """W-15."""
    web = await stage.connector()
    await web.send("ES_WS_ROUTING", 1, text=stage.cell.name)
    await web.get("SE_WS_ROUTING", 1, count=0)
    await web.send("ES_WS_LITERALS_GET", 2, LiteralGroup=102, Culture="cs")
    found = await web.get("SE_WS_LITERALS_INFO", 2, count=1)
    assert found["items"][0]["DisplayName"] == "Napište nám"
    await web.send("ES_WS_LITERALS_GET", 8, LiteralGroup=102, Culture="cs-CZ")
    found = await web.get("SE_WS_LITERALS_INFO", 8, count=1)
    assert found["items"][0]["Culture"] == "cs"
    await web.send("ES_WS_LITERALS_GET", 3, LiteralGroup=102)
    await web.get("SE_WS_LITERALS_INFO", 3, count=2)
    await web.send("ES_WS_LITERALS_GET", 4, LiteralGroup=7)
    await web.get("SE_WS_LITERALS_INFO", 4, count=0)
    await web.send("ES_WS_ROUTING", 5, text="nobody")
    await web.get("SYS_ERROR", 5, Code="UnknownGateway", Fatal=False)
    await web.send("ES_SCENARIO_LOAD", 6, Id=CONTROL, Peer=None)
    await web.get("SYS_ERROR", 6, Code="UnknownScenario", Fatal=False)
    await web.send("ES_SCENARIO_SAVE", 7, ScenarioId=CONTROL, Peer=None)
    await web.get("SYS_ERROR", 7, Code="UnknownScenario", Fatal=False)
