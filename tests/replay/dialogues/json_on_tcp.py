"""Connections that speak JSON beside others that speak MessagePack (W-9)."""

from __future__ import annotations

from protocol.encoding import JSON
from tests.replay.dialogues.steps import answer, hang_up, offered, start
from tests.replay.stage import Client, Stage, scenario


def framed(text: str) -> bytes:
    """A text with its length before it."""
    body = text.encode()
    return len(body).to_bytes(4) + body


@scenario(
    "JSON on TCP: a connector that speaks it, beside one of the same gateway and an agent who do not"
)
async def json_connector(stage: Stage) -> None:
    """W-9, W-11, W-20, W-22."""
    agent = await stage.ready_agent()
    web = await stage.connector(JSON)
    other = await stage.connector()
    chat = await start(web)
    await other.get("SE_CHAT_STATUS", Status="Pilot", Sentences=None)
    await other.get("SE_CHAT_STATUS", Status="Waiting")
    await offered(web, agent, chat)
    await other.get("SE_CHAT_STATUS", Status="Alerting")
    await answer(web, agent, chat)
    await other.get("SE_CHAT_STATUS", Status="Answered")
    said = {"TrackingId": "v1", "ID": "s1", "Text": 'Dobrý den \u2028 \\ "?" \U0001f642'}
    await web.send("ES_CHAT_SENTENCE", "x", **said, TimeSent="2026-01-02T03:04:05.678Z")
    echo = await web.get("SE_CHAT_SENTENCE", "x", Counter=1, Text=said["Text"])
    assert echo["TimeSent"] == "2026-01-02T03:04:05.678000Z"
    for client in (other, agent):
        kind = "SE" if client is other else "SC"
        await client.get(f"{kind}_CHAT_SENTENCE", Counter=1, Text=said["Text"])
    await agent.send("CS_CHAT_SENTENCE", ChatId=chat, ID="a1", Text="Hello")
    await agent.get("SC_CHAT_SENTENCE", Counter=2)
    for client in (web, other):
        await client.get("SE_CHAT_SENTENCE", Counter=2, Text="Hello", IsOutbound=True)
    await web.send("ES_CHAT_STATUS", 3, TrackingId="v1")
    status = await web.get("SE_CHAT_STATUS", 3, Status="Answered")
    assert [item["Counter"] for item in status["Sentences"]] == [1, 2]
    await web.send("SYS_PING", Nonce="n")
    await web.get("SYS_PONG", Nonce="n")
    await hang_up(web, agent, chat)
    await other.get("SE_CHAT_STATUS", Status="Closed")


@scenario("JSON on TCP: an agent who speaks it, whose connector does not")
async def json_agent(stage: Stage) -> None:
    """W-9, B-6."""
    agent = await stage.ready_agent(encoding=JSON)
    web = await stage.connector()
    chat = await start(web)
    await offered(web, agent, chat)
    await answer(web, agent, chat)
    await web.send("ES_CHAT_SENTENCE", 1, TrackingId="v1", ID="s1", Text="Hello")
    await web.get("SE_CHAT_SENTENCE", 1, Counter=1)
    await agent.get("SC_CHAT_SENTENCE", Counter=1, Text="Hello")
    await hang_up(web, agent, chat)


@scenario("JSON on TCP: what is refused, frame by frame and for good, is refused in JSON")
async def json_refusals(stage: Stage) -> None:
    """W-4, W-5, W-9, W-14."""
    web = await stage.connector(JSON)
    peer = stage.cell.name
    for member, path in (
        ('"TrackingId":7', "TrackingId"),
        (
            '"TrackingId":"v1","ResultModel":{"Values":[{"ResultNumber":1.0}]}',
            "ResultModel.Values[0]",
        ),
        ('"TrackingId":" "', "TrackingId"),
    ):
        await web.raw(framed(f'["ES_CHAT_START",{{"Peer":"{peer}",{member}}},{{"Id":"a"}}]'))
        error = await web.get("SYS_ERROR", "a", Code="BadPayload", Fatal=False)
        assert error["Text"].startswith(path)
    await web.raw(framed('["ES_CHAT_SING",{},{"Id":7}]'))
    await web.get("SYS_ERROR", 7, Code="UnknownType", Fatal=False)
    await web.send("ES_CHAT_RESYNC", 8)
    await web.get("SE_CHAT_LIST", 8, count=0)
    for body in (
        '["SYS_PING",{"Nonce":NaN}]',
        '["SYS_PING",{"Nonce":"a","Nonce":"b"}]',
        '["SYS_PING",{"Nonce":"\\ud83d"}]',
        '["SYS_PING",{}] x',
        '{"SYS_PING":{}}',
    ):
        await web.raw(framed(body))
        await _ended(web)
        web = await stage.connector(JSON)
    await web.raw(b"\0\0\0\x0b\x92\xa8SYS_PING\x80")  # a connection speaks one of the two
    await _ended(web)
    packed = await stage.connector()
    await packed.raw(framed('["SYS_PING",{}]'))
    await _ended(packed)


@scenario("JSON on TCP: a hello that is none is refused as it came")
async def json_hello(stage: Stage) -> None:
    """W-9, W-10."""
    for body, code in (
        ('["SYS_HELLO"', "BadFrame"),
        ('["SYS_HELLO",{"Version":1.0}]', "BadHello"),
        ('["SYS_PING",{}]', "BadHello"),
    ):
        stranger = await stage.open("stranger", JSON)
        await stranger.raw(framed(body))
        await stranger.get("SYS_ERROR", Code=code, Fatal=True)
        await stranger.gone()
    stranger = await stage.open("stranger", JSON)
    await stranger.send("SYS_HELLO", **{**stage.hello("connector"), "Token": "wrong"})
    await stranger.get("SYS_ERROR", Code="AuthFailed", Fatal=True)
    await stranger.gone()


async def _ended(client: Client) -> None:
    await client.get("SYS_ERROR", Code="BadFrame", Fatal=True)
    await client.gone()
