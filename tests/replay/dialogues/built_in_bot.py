"""The built-in automated partner of the configuration (B-40)."""

from __future__ import annotations

from tests.replay.dialogues.steps import FORM, VISITOR, filled_in, hang_up, offered, stop, texts
from tests.replay.stage import Client, Stage, scenario

INSIDE = '\n[[pre_rules]]\nrank = <rank>\ngateway = "Gateway <name>"\nbot = "Desk <name>"\n'
MATCHES = """
[[text_matches]]
name = "yes <name>"
words = ["yes", "of course"]
[[text_matches]]
name = "no <name>"
words = ["no"]
"""


async def _begins(web: Client) -> str:
    """A visitor begins a chat, and the built-in bot has it."""
    await web.send("ES_CHAT_START", 1, **VISITOR)
    chat = (await web.get("SE_CHAT_STATUS", 1, Status="Pilot", Sentences=[]))["ChatId"]
    desk = f"Desk {web.stage.cell.name}"
    await web.get("SE_CHAT_STATUS", Status="ICR", AgentName=desk, AgentId=..., ChatId=chat)
    return str(chat)


async def _hears(web: Client, counter: int, *said: str) -> None:
    for number, text in enumerate(said, start=counter):
        await web.get(
            "SE_CHAT_SENTENCE",
            Text=text,
            Counter=number,
            Model=0,
            IsOutbound=True,
            PartyName=f"Desk {web.stage.cell.name}",
        )


async def _writes(web: Client, key: str, text: str, counter: int) -> None:
    await web.send("ES_CHAT_SENTENCE", 3, TrackingId="v1", ID=key, Text=text)
    await web.get("SE_CHAT_SENTENCE", 3, ID=key, Counter=counter, IsOutbound=False)


@scenario(
    "Built-in bot: greets, asks, asks again, understands, and hands over with what it learned",
    second="b",
    more=INSIDE
    + MATCHES
    + """
[[bots]]
name = "Desk <name>"
greeting = "Hello."
farewell = "One moment, please."
[[bots.questions]]
name = "contract"
ask = "Is it about a contract?"
retry = "Please say yes or no."
[[bots.questions.answers]]
match = "yes <name>"
say = "Thank you."
project = "Second <name>"
[[bots.questions.answers]]
match = "no <name>"
[[bots.questions]]
name = "number"
ask = "Which number does it have?"
""",
)
async def built_in_bot(stage: Stage) -> None:
    """B-40."""
    agent = await stage.ready_agent("b")
    web = await stage.connector()
    chat = await _begins(web)
    await _hears(web, 1, "Hello.", "Is it about a contract?")
    await web.send("ES_CHAT_CONFIRM", 2, TrackingId="v1", ID=await _first_key(web))
    await web.get("SYS_ACK", 2)
    await _writes(web, "m1", "Perhaps", 3)
    await _hears(web, 4, "Please say yes or no.", "Is it about a contract?")
    await _writes(web, "m2", "OF  COURSE it is", 6)
    await _hears(web, 7, "Thank you.", "Which number does it have?")
    await _writes(web, "m3", "4711", 9)
    await _hears(web, 10, "One moment, please.")
    await web.get("SE_CHAT_STATUS", Status="Waiting", AgentName=None, ChatId=chat)
    await web.get("SE_CHAT_STATUS", Status="Alerting", AgentId=agent.agent_id, ChatId=chat)
    alert = await agent.get("SC_CHAT_ALERT", ChatId=chat, Internal=None)
    assert alert["Info"]["ProjectName"] == f"Second {stage.cell.name}"
    await agent.send("CS_CHAT_ANSWER", 4, ChatId=chat)
    whole = await agent.get("SC_CHAT_STATUS", 4, Status="Answered")
    assert texts(whole, "Internal") == ["contract: OF  COURSE it is\nnumber: 4711"]
    assert len(whole["Sentences"]) == 10
    await web.get("SE_CHAT_STATUS", Status="Answered")
    await hang_up(web, agent, chat)


async def _first_key(web: Client) -> str:
    await web.send("ES_CHAT_STATUS", 9, TrackingId="v1")
    whole = await web.get("SE_CHAT_STATUS", 9, Status="ICR", Internal=None)
    return str(whole["Sentences"][0]["ID"])


@scenario(
    "Built-in bot: nothing matches, so it goes on without an answer; an answer ends the chat",
    more=INSIDE
    + MATCHES
    + """
[[bots]]
name = "Desk <name>"
[[bots.questions]]
name = "one"
ask = "Do you know your number?"
tries = 1
[[bots.questions.answers]]
match = "yes <name>"
[[bots.questions]]
name = "two"
ask = "May we help you?"
[[bots.questions.answers]]
match = "no <name>"
say = "Good-bye."
close = true
""",
)
async def built_in_bot_closes(stage: Stage) -> None:
    """B-8, B-40."""
    web = await stage.connector()
    chat = await _begins(web)
    await _hears(web, 1, "Do you know your number?")
    await _writes(web, "m1", "Which one?", 2)
    await _hears(web, 3, "May we help you?")
    await _writes(web, "m2", "No, thanks", 4)
    await _hears(web, 5, "Good-bye.")
    await web.get("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule", ChatId=chat)


@scenario(
    "Built-in bot: a form first; when it is saved the questions follow",
    more=INSIDE
    + """
[[bots]]
name = "Desk <name>"
greeting = "Please fill in the form."
scenario = "Before the chat"
[[bots.questions]]
name = "more"
ask = "Anything else?"
""",
)
async def built_in_bot_form(stage: Stage) -> None:
    """B-40."""
    web = await stage.connector()
    await web.send("ES_CHAT_START", 1, **VISITOR)
    chat = (await web.get("SE_CHAT_STATUS", 1, Status="Pilot"))["ChatId"]
    await web.get("SE_CHAT_STATUS", Status="ICR", ScenarioId=None, ChatId=chat)
    await _hears(web, 1, "Please fill in the form.")
    await web.get("SE_CHAT_STATUS", Status="ICR", ScenarioId=FORM, ChatId=chat)
    await web.send("ES_SCENARIO_SAVE", 2, Peer=None, ChatId=chat, **filled_in("sales"))
    await web.get("SE_CHAT_STATUS", Status="ICR", ScenarioId=None, ChatId=chat)
    await web.get("SYS_ACK", 2, Type="ES_SCENARIO_SAVE")
    await _hears(web, 2, "Anything else?")
    await _writes(web, "m1", "Nothing", 3)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ScenarioId=None, ChatId=chat)
    agent = await stage.ready_agent()
    await offered(web, agent, chat)
    await agent.send("CS_CHAT_ANSWER", 4, ChatId=chat)
    whole = await agent.get("SC_CHAT_STATUS", 4, Status="Answered")
    assert [one["ScenarioId"] for one in whole["Info"]["Scenarios"]] == [FORM]
    assert texts(whole, "Internal") == ["more: Nothing"]
    await web.get("SE_CHAT_STATUS", Status="Answered")
    await hang_up(web, agent, chat)


@scenario(
    "Built-in bot: the visitor writes in place of filling in the form; it is gone when all is asked",
    more=INSIDE + '\n[[bots]]\nname = "Desk <name>"\nscenario = "Before the chat"\n',
)
async def built_in_bot_form_unsaved(stage: Stage) -> None:
    """B-40."""
    web = await stage.connector()
    chat = await _begins(web)
    await web.get("SE_CHAT_STATUS", Status="ICR", ScenarioId=FORM, ChatId=chat)
    await _writes(web, "m1", "I do not like forms", 1)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ScenarioId=None, ChatId=chat)
    await stop(web)


CLERK = (
    INSIDE
    + MATCHES
    + """
[[bots]]
name = "Desk <name>"
scenario = "Before the chat"
[[bots.questions]]
name = "topic"
ask = "What is it about?"
control = "topic"
[[bots.questions.answers]]
match = "yes <name>"
value = "sales"
[[bots.questions]]
name = "more"
ask = "Anything else?"
"""
)


@scenario("Built-in bot: a form of the start is neither offered nor asked again", more=CLERK)
async def forms_consolidated(stage: Stage) -> None:
    """B-40."""
    web = await stage.connector()
    await web.send("ES_CHAT_START", 1, **VISITOR, ResultModel=filled_in("support"))
    chat = (await web.get("SE_CHAT_STATUS", 1, Status="Pilot"))["ChatId"]
    await web.get("SE_CHAT_STATUS", Status="ICR", ScenarioId=None, AgentId=..., ChatId=chat)
    await _hears(web, 1, "Anything else?")
    await stop(web)


@scenario("Built-in bot: what it learns is a form result of its own, which agents read", more=CLERK)
async def forms_learned(stage: Stage) -> None:
    """B-40, B-41."""
    web = await stage.connector()
    await web.send("ES_CHAT_START", 1, **VISITOR)
    chat = (await web.get("SE_CHAT_STATUS", 1, Status="Pilot"))["ChatId"]
    bot = (await web.get("SE_CHAT_STATUS", Status="ICR", ScenarioId=None, ChatId=chat))["AgentId"]
    await web.get("SE_CHAT_STATUS", Status="ICR", ScenarioId=FORM, ChatId=chat)
    await _writes(web, "m1", "No forms, please", 1)
    await _hears(web, 2, "What is it about?")
    await _writes(web, "m2", "Of course I want to buy", 3)
    await _hears(web, 4, "Anything else?")
    await _writes(web, "m3", "A purchase", 5)
    await web.get("SE_CHAT_STATUS", Status="Waiting", ScenarioId=None, ChatId=chat)
    agent = await stage.ready_agent()
    await offered(web, agent, chat)
    await agent.send("CS_CHAT_ANSWER", 4, ChatId=chat)
    whole = await agent.get("SC_CHAT_STATUS", 4, Status="Answered")
    (item,) = whole["Info"]["Scenarios"]
    await web.get("SE_CHAT_STATUS", Status="Answered")
    await agent.send("CS_SCENARIO_RESULT", 5, ChatId=chat, ScenarioResultId=item["ResultId"])
    result = await agent.get("SC_SCENARIO_RESULT", 5, AgentId=bot, ScenarioId=FORM)
    assert [value["ResultText"] for value in result["Values"]] == ["sales"]
    await hang_up(web, agent, chat)


@scenario(
    "Built-in bot that only says something: the visitor reads it and waits",
    more=INSIDE
    + '\n[[bots]]\nname = "Desk <name>"\ngreeting = "Hello."\nfarewell = "One moment, please."\n',
)
async def built_in_bot_greets(stage: Stage) -> None:
    """B-40."""
    web = await stage.connector()
    chat = await _begins(web)
    await _hears(web, 1, "Hello.", "One moment, please.")
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    await stop(web)
