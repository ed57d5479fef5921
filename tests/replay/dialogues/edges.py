"""What lies at the edges: full chats, keys used twice, who may still read, who waits for too long."""

from __future__ import annotations

from protocol.encoding import JSON
from protocol.identifiers import derive
from tests.replay.dialogues.steps import (
    FORM,
    VISITOR,
    agent_says,
    answer,
    answered,
    asks,
    filled_in,
    hang_up,
    joins,
    notes,
    refused,
    start,
    stop,
    takes_over,
    two_agents,
    visitor_says,
)
from tests.replay.stage import Client, Stage, scenario

LONG = "x" * 4_000
TAKEN = 2
"""So many of these a broker takes whose frames have 64 KiB."""
RESULT = "55555555-5555-4555-8555-555555555555"
CONTACT = "66666666-6666-4666-8666-666666666666"
KEY = "77777777-7777-4777-8777-777777777777"


async def _fills(web: Client, agent: Client) -> int:
    """The visitor writes until nothing more is taken; gives how many sentences there are."""
    counter = 0
    while True:
        key = f"m{counter + 1}"
        await web.send("ES_CHAT_SENTENCE", key, TrackingId="v1", ID=key, Text=LONG)
        if counter == TAKEN:
            await web.get("SYS_ERROR", key, Code="Overloaded", Fatal=False)
            return counter
        counter += 1
        await web.get("SE_CHAT_SENTENCE", key, ID=key, Counter=counter)
        await agent.get("SC_CHAT_SENTENCE", ID=key, Counter=counter)


@scenario(
    "A full chat: no more of the visitor's words, and a start makes a new one that names it",
    broker="small",
)
async def full_chat_linked(stage: Stage) -> None:
    """B-2, I-14, W-21."""
    web, agent, chat = await answered(stage)
    said = await _fills(web, agent)
    await agent.send("CS_CHAT_SENTENCE", 31, ChatId=chat, ID="a1", Text="Please write once more.")
    await agent.get("SC_CHAT_SENTENCE", 31, ID="a1", Counter=said + 1)
    await web.get("SE_CHAT_SENTENCE", ID="a1", Counter=said + 1)
    await web.send("ES_CHAT_START", 32, **VISITOR)
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule", ChatId=chat)
    begun = await web.get("SE_CHAT_STATUS", 32, Status="Pilot", Sentences=[], TrackingId="v1")
    later = begun["ChatId"]
    assert later != chat
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=later)
    await web.get("SE_CHAT_STATUS", Status="Alerting", ChatId=later)
    await agent.get("SC_CHAT_STATUS", Status="Closed", CloseReason="Rule", ChatId=chat)
    alert = await agent.get("SC_CHAT_ALERT", Status="Alerting", ChatId=later)
    assert alert["Info"]["EarlierChatId"] == chat
    await answer(web, agent, later)
    # A retry of what the full one has is echoed from there, and not said again.
    await web.send("ES_CHAT_SENTENCE", 33, TrackingId="v1", ID="m1", Text=LONG)
    await web.get("SE_CHAT_SENTENCE", 33, ID="m1", Counter=1, ChatId=chat)
    await web.send("ES_CHAT_SENTENCE", 34, TrackingId="v1", ID="m9", Text="Here?")
    await web.get("SE_CHAT_SENTENCE", 34, ID="m9", Counter=1, ChatId=None)
    await agent.get("SC_CHAT_SENTENCE", ID="m9", Counter=1, ChatId=later)
    await hang_up(web, agent, later)


@scenario("KeyReused: notes have keys of their own, and other words under one are refused")
async def note_key_reused(stage: Stage) -> None:
    """W-21, W-14."""
    web, agent, chat = await answered(stage)
    await agent_says(web, agent, chat, "k", "To the visitor", 1)
    await notes(agent, chat, "k", "To colleagues", 1)
    await notes(agent, chat, "k", "To colleagues", 1)
    note = {"ChatId": chat, "ID": "k", "Model": 10}
    await refused(agent, "KeyReused", "CS_CHAT_SENTENCE", **note, Text="To somebody else")
    await notes(agent, chat, "k2", "A second one", 2)
    await hang_up(web, agent, chat)


@scenario(
    "A form from a workplace: it gets a name, its colleagues see it, who monitors saves none",
    staff="abs",
)
async def form_from_a_workplace(stage: Stage) -> None:
    """B-41, W-47."""
    web, owner, other, chat = await two_agents(stage)
    await joins(owner, other, chat, "Consult")
    await owner.send("CS_SCENARIO_SAVE", 3, **filled_in("sales", RESULT), ChatId=chat)
    shown = await other.get("SC_CHAT_STATUS", Status="Answered", Sentences=None, ChatId=chat)
    assert [one["ResultId"] for one in shown["Info"]["Scenarios"]] == [RESULT]
    await other.get("SC_SCENARIO_RESULT", ScenarioResultId=RESULT, AgentId=owner.agent_id)
    await owner.get("SC_CHAT_STATUS", Status="Answered", Sentences=None, ChatId=chat)
    await owner.get("SYS_ACK", 3, Type="CS_SCENARIO_SAVE")
    boss = await stage.agent("s")
    await boss.send("CS_CHAT_INVITE", 4, ChatId=chat, Mode="Monitor")
    await boss.get("SC_CHAT_STATUS", 4, Status="Answered", ChatId=chat)
    await boss.send("CS_SCENARIO_RESULT", 5, ChatId=chat, ScenarioResultId=RESULT)
    await boss.get("SC_SCENARIO_RESULT", 5, ScenarioId=FORM)
    await refused(
        boss, "WrongState", "CS_SCENARIO_SAVE", **filled_in("support", RESULT), ChatId=chat
    )
    await hang_up(web, owner, chat)
    await other.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)
    await boss.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)


@scenario("A contact named by the form of a start is known again by its address, on another chat")
async def contact_by_address(stage: Stage) -> None:
    """B-42."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    who = {**VISITOR, "RemoteAddress": f"address of {stage.cell.name}"}
    named = {**filled_in("sales", RESULT), "ContactId": CONTACT}
    for tracking, form in (("v1", named), ("v2", None)):
        await web.send("ES_CHAT_START", 3, **{**who, "TrackingId": tracking}, ResultModel=form)
        chat = (await web.get("SE_CHAT_STATUS", 3, Status="Pilot"))["ChatId"]
        await web.get("SE_CHAT_STATUS", Status="Waiting")
        await web.get("SE_CHAT_STATUS", Status="Alerting")
        info = (await agent.get("SC_CHAT_ALERT", ChatId=chat))["Info"]
        assert (info["ContactId"], info["ContactName"]) == (CONTACT, "Vera")
        await answer(web, agent, chat)
        await hang_up(web, agent, chat)


@scenario(
    "JSON on TCP: a supervisor who speaks it looks around, listens and whispers",
    staff="as",
    broker="overlooked",  # what other dialogues leave open is in the overview, too
)
async def json_supervisor(stage: Stage) -> None:
    """W-9, B-29, B-30."""
    web, owner, chat = await answered(stage)
    boss = await stage.agent("s", encoding=JSON)
    await boss.send("CS_CHAT_OVERVIEW", 3)
    open_now = (await boss.get("SC_CHAT_OVERVIEW", 3))["items"]
    assert {"ChatId": chat, "Status": "Answered"}.items() <= next(
        one for one in open_now if one["ChatId"] == chat
    ).items()
    await boss.send("CS_CHAT_INVITE", 4, ChatId=chat, Mode="Monitor")
    await boss.get("SC_CHAT_STATUS", 4, Status="Answered", ChatId=chat)
    await visitor_says(web, owner, "m1", "Dobrý den \u2028", 1)
    await boss.get("SC_CHAT_SENTENCE", ID="m1", Text="Dobrý den \u2028")
    await notes(boss, chat, "w1", "Ask for the number.", 1, owner)
    await boss.send("CS_CHAT_EXPLAIN", 5, ChatId=chat)
    told = (await boss.get("SC_CHAT_EXPLANATION", 5))["items"]
    assert [one["Kind"] for one in told] == ["routed", "offered"]
    await hang_up(web, owner, chat)
    await boss.get("SC_CHAT_STATUS", Status="Closed", ChatId=chat)


TEXTS = """
[[literals]]
group = 902
value = 1
culture = "cs"
text = "Text of <name>"
"""


@scenario(
    "Registers: a push goes to each who asked for what changed, and to nobody else", more=TEXTS
)
async def registers_of_two(stage: Stage) -> None:
    """W-17, C-4."""
    web, other, third = [await stage.connector() for _ in range(3)]
    for client, culture, count in ((web, "cs", 1), (other, None, 1), (third, "en", 0)):
        await client.send("ES_WS_LITERALS_GET", 1, LiteralGroup=902, Culture=culture)
        await client.get("SE_WS_LITERALS_INFO", 1, count=count)
    await stage.do("reload", without=[stage.cell.name])
    await web.get("SE_WS_LITERALS_INFO", count=0)
    await other.get("SE_WS_LITERALS_INFO", count=0)
    await stage.do("reload", without=[])
    for client in (web, other):
        (text,) = (await client.get("SE_WS_LITERALS_INFO", count=1))["items"]
        assert (text["LiteralGroup"], text["Culture"]) == (902, "cs")
    await third.send("SYS_PING", Nonce="n")
    await third.get("SYS_PONG", Nonce="n")


@scenario("Who handed a chat over reads nothing of it any more, nor when it has ended")
async def handed_over_and_ended(stage: Stage) -> None:
    """B-29, I-15."""
    web, owner, other, chat = await two_agents(stage)
    await visitor_says(web, owner, "m1", "Hello", 1)
    await asks(owner, other, chat)
    await takes_over(web, owner, other, chat, counters=1)
    await visitor_says(web, other, "m2", "Between us", 2)
    await refused(owner, "UnknownChat", "CS_CHAT_STATUS", ChatId=chat)
    await hang_up(web, other, chat)
    await refused(owner, "UnknownChat", "CS_CHAT_STATUS", ChatId=chat)
    await refused(owner, "UnknownChat", "CS_CHAT_HANGUP", ChatId=chat)
    await other.send("CS_CHAT_STATUS", 4, ChatId=chat)
    whole = await other.get("SC_CHAT_STATUS", 4, Status="Closed")
    assert [one["Text"] for one in whole["Sentences"]] == ["Hello", "Between us"]


@scenario(
    "As many wait as may, and the rule says Busy: who begins a chat all the same waits",
    gate='queue_limit = 1\nlimit_signal = "Busy"',
)
async def queue_full_and_busy(stage: Stage) -> None:
    """B-1, B-3, B-27."""
    await stage.agent()
    web = await stage.connector()
    await start(web)
    await web.send("ES_CHAT_REQUEST", 1, TrackingId="v2")
    await web.get("SE_CHAT_RESPONSE", 1, Signal="Busy")
    await web.send("ES_CHAT_START", 2, **{**VISITOR, "TrackingId": "v2"})
    await web.get("SE_CHAT_STATUS", 2, Status="Pilot", TrackingId="v2")
    await web.get("SE_CHAT_STATUS", Status="Waiting", TrackingId="v2")
    await stop(web)
    await stop(web, "v2")


@scenario("Forms in a culture that there is not: in the wider one, else as they stand first")
async def form_in_a_wider_culture(stage: Stage) -> None:
    """W-17."""
    web = await stage.connector()
    for number, (culture, found) in enumerate(
        (("cs-CZ", "cs"), ("EN_gb", "en"), ("de", "en"), (None, "en"))
    ):
        await web.send("ES_SCENARIO_LOAD", number, Id=FORM, Reference=culture, Peer=None)
        await web.get("SE_SCENARIO_MODEL", number, ScenarioId=FORM, Culture=found)
    unknown = derive("scenario", "Nobody's")
    await refused(web, "UnknownScenario", "ES_SCENARIO_LOAD", Id=unknown, Peer=None)


@scenario(
    "A parked chat is not closed for inactivity",
    inactivity_timeout="900ms",
    inactivity_warning="off",
)
async def parked_is_not_silent(stage: Stage) -> None:
    """B-13, B-29."""
    web, agent, chat = await answered(stage)
    await agent.send("CS_CHAT_PARK", 3, ChatId=chat, IsParked=True)
    await agent.get("SC_CHAT_STATUS", 3, Status="Answered", IsParked=True, ChatId=chat)
    await stage.do("wait", seconds=1.4)
    await agent.send("CS_CHAT_PARK", 4, ChatId=chat, IsParked=False)
    await agent.get("SC_CHAT_STATUS", 4, Status="Answered", IsParked=None, ChatId=chat)
    await stage.do("wait", seconds=1.4)
    await agent.get("SC_CHAT_STATUS", Status="Closed", CloseReason="Inactivity", ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Inactivity")


@scenario("An opening with a known key is the same chat, also at a workplace that asks once more")
async def opened_again_inside(stage: Stage) -> None:
    """B-2, W-21."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    wish = {"Peer": web.peer, "RemoteAddress": "+420 456", "ReturnChatId": KEY}
    await agent.send("CS_CHAT_OPEN", 3, **wish)
    chat = (await agent.get("SC_CHAT_STATUS", 3, Status="Answered", AgentId=agent.agent_id))[
        "ChatId"
    ]
    await web.get("SE_CHAT_OUTBOUND", RemoteAddress="+420 456", ReturnChatId=...)
    await agent.send("CS_CHAT_OPEN", 4, **wish)
    await agent.get("SC_CHAT_STATUS", 4, Status="Answered", ChatId=chat)
    await agent.send("CS_CHAT_HANGUP", 5, ChatId=chat)
    await agent.get("SC_CHAT_STATUS", 5, Status="Closed", CloseReason="Agent")
