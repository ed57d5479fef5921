"""Messages that are sentences of chats (B-60)."""

from __future__ import annotations

from protocol.identifiers import derive
from tests.replay.dialogues.mail_steps import THEN, says
from tests.replay.dialogues.steps import refused
from tests.replay.stage import Client, Members, Stage, scenario

TEXTS = """
[[message_gateways]]
name = "Texts of <name>"
peer = "<name>-sms"
channel = "SMS"
direction = "B"
token = "<name>-sms-secret"
as_chat = "Gateway <name>"
"""
EVA = "+420601123456"


def _gateway(stage: Stage) -> str:
    return derive("message_gateway", f"Texts of {stage.cell.name}")


async def _provider(stage: Stage) -> Client:
    """Who carries texts, and serves no chats."""
    sms = await stage.open("provider")
    sms.peer = f"{stage.cell.name}-sms"
    who: Members = {"Version": 1, "Role": "connector", "Software": "stage"}
    await sms.send("SYS_HELLO", **who, Peers=[sms.peer], Token=f"{sms.peer}-secret")
    await sms.get("SYS_WELCOME", SessionId=...)
    await sms.send("ES_SL_GETGATEWAYS", 1, text=sms.peer)
    await sms.get("SE_SL_MSGGATEWAYS", 1, count=2)
    return sms


async def _texts(stage: Stage, sms: Client, name: str, text: str) -> str:
    """A visitor writes a text."""
    said: Members = {
        "Peer": None,
        "GatewayId": _gateway(stage),
        "DeliverySystemId": name,
        "RemoteAddress": EVA,
        "FromField": "Eva",
        "BodyText": text,
        "ReceivedSentTime": THEN,
    }
    await sms.send("ES_MESSAGE_RECEIVING", 2, **said)
    return str((await sms.get("SE_MESSAGE_RECEIVED", 2, Id=..., Data="true"))["Id"])


async def _chat(stage: Stage) -> tuple[Client, Client, str]:
    """A text has begun a chat, which an agent has answered."""
    sms, agent = await _provider(stage), await stage.ready_agent()
    message = await _texts(stage, sms, "t1", "Is my parcel there?")
    told = await _answered(agent)
    (one,) = told["Sentences"]
    assert (one["ID"], one["Text"], one["PartyName"]) == (message, "Is my parcel there?", "Eva")
    return sms, agent, told["ChatId"]


async def _answered(agent: Client) -> Members:
    alert = await agent.get("SC_CHAT_ALERT", Status="Alerting", Sentences=None)
    assert alert["Info"]["RemoteAddress"] == EVA
    await agent.send("CS_CHAT_ANSWER", 2, ChatId=alert["ChatId"])
    return await agent.get("SC_CHAT_STATUS", 2, Status="Answered", ChatId=alert["ChatId"])


async def _says(sms: Client, agent: Client, chat: str, key: str, text: str) -> Members:
    """An agent answers, and that goes out as a message."""
    await agent.send("CS_CHAT_SENTENCE", 3, ChatId=chat, ID=key, Text=text)
    await agent.get("SC_CHAT_SENTENCE", 3, ID=key, Text=text)
    return await sms.get("SE_MESSAGE_SENDING", RemoteAddress=EVA, BodyText=text)


async def _ends(agent: Client, chat: str) -> None:
    await agent.send("CS_CHAT_HANGUP", 9, ChatId=chat)
    await agent.get("SC_CHAT_STATUS", 9, Status="Closed", ChatId=chat)


@scenario("A text begins a chat, goes on in it, and answers go out as texts", more=TEXTS)
async def text_as_chat(stage: Stage) -> None:
    """B-60: a sentence is confirmed when its message is sent."""
    sms, agent, chat = await _chat(stage)
    out = await _says(sms, agent, chat, "a1", "It is.")
    assert out["GatewayId"] == _gateway(stage)
    await says(sms, out)
    await agent.get("SC_CHAT_CONFIRM", ID="a1", ChatId=chat, TimeStamp=...)
    again = await _texts(stage, sms, "t2", "Thank you!")
    await agent.get("SC_CHAT_SENTENCE", ID=again, Text="Thank you!", Counter=3)
    assert await _texts(stage, sms, "t2", "Thank you!") == again
    await _ends(agent, chat)


@scenario(
    "A text is confirmed when the far side has it, where that is reported",
    more=TEXTS + "confirm_delivered = true\n",
)
async def text_delivered(stage: Stage) -> None:
    """B-60, B-55."""
    sms, agent, chat = await _chat(stage)
    out = await _says(sms, agent, chat, "a1", "It is.")
    await says(sms, out)
    report: Members = {"Peer": None, "Id": out["MessageId"], "RefId": _gateway(stage)}
    await sms.send("ES_MESSAGE_REPORT", 4, **report, Data="Delivered")
    await agent.get("SC_CHAT_CONFIRM", ID="a1", ChatId=chat)
    await sms.get("SYS_ACK", 4)
    await _ends(agent, chat)


@scenario("A text that could not be delivered: a note in the chat says so", more=TEXTS)
async def text_failed(stage: Stage) -> None:
    """B-60; and such a message is nobody's to withdraw or to try again."""
    sms, agent, chat = await _chat(stage)
    out = await _says(sms, agent, chat, "a1", "It is.")
    await says(sms, out, "permanent: no such number")
    note = await agent.get("SC_CHAT_SENTENCE", Model=10, PartyName="Parley")
    assert "no such number" in note["Text"]
    await refused(agent, "UnknownMessage", "CS_MESSAGE_RETRY", MessageId=out["MessageId"])
    await _ends(agent, chat)


@scenario(
    "Who takes the next chat of an address sees what was said before",
    more=TEXTS,
    tracking_inertia="200ms",
)
async def text_history(stage: Stage) -> None:
    """B-60."""
    sms, agent, chat = await _chat(stage)
    out = await _says(sms, agent, chat, "a1", "It is.")
    await says(sms, out)
    await agent.get("SC_CHAT_CONFIRM", ID="a1")
    await _ends(agent, chat)
    await stage.do("wait", seconds=0.4)
    await _texts(stage, sms, "t2", "And the other one?")
    told = await _answered(agent)
    assert told["ChatId"] != chat
    assert [one["Text"] for one in told["Sentences"]] == ["And the other one?"]
    assert [one["Text"] for one in told["History"]] == ["Is my parcel there?", "It is."]
    await _ends(agent, told["ChatId"])
