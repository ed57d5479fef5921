"""Frames that are refused: each code of W-14, and that nothing has changed after it (W-27)."""

from __future__ import annotations

from typing import Final

from tests.replay.dialogues.steps import VISITOR, answered, hang_up, offered, start, stop
from tests.replay.stage import Client, Stage, scenario

NOBODY: Final = "33333333-3333-4333-8333-333333333333"


def framed(body: bytes) -> bytes:
    """A body with its length before it."""
    return len(body).to_bytes(4) + body


async def _still_there(client: Client) -> None:
    await client.send("SYS_PING", Nonce="still there")
    await client.get("SYS_PONG", Nonce="still there")


@scenario("BadFrame: each kind of bytes that are no frame ends the connection")
async def bad_frame(stage: Stage) -> None:
    """W-4, W-14."""
    deep = b"\x92\xafES_CHAT_REQUEST" + b"\x91" * 40 + b"\xc0"
    for body in (
        b"\xc1",
        b"\x92\xa8SYS_PING",
        b"\x81\xa1a\x01",
        b"\x92\xa8SYS_PING\xc0\xc0",
        b"\x92\xa8SYS_PING\x82\xa5Nonce\xa1a\xa5Nonce\xa1b",
        b"\x92\xa8SYS_PING\x81\xa5Nonce\xa2\xff\xfe",
        b"\x92\xa8SYS_PING\x81\xc4\x05Nonce\xa1a",
        deep,
    ):
        web = await stage.connector()
        await web.raw(framed(body))
        await web.get("SYS_ERROR", Code="BadFrame", Fatal=True)
        await web.gone()
    web = await stage.connector()
    await web.raw(b"\x00\x00\x00\x00")
    await web.get("SYS_ERROR", Code="BadFrame", Fatal=True)
    await web.gone()


@scenario("FrameTooLarge: refused by the announced length, before the body comes")
async def frame_too_large(stage: Stage) -> None:
    """W-3, W-14."""
    web = await stage.connector()
    await web.raw((1_048_577).to_bytes(4))
    await web.get("SYS_ERROR", Code="FrameTooLarge", Fatal=True)
    await web.gone()


@scenario("UnknownType: refused, the session goes on")
async def unknown_type(stage: Stage) -> None:
    """W-14."""
    web = await stage.connector()
    await web.raw(framed(b"\x93\xacES_CHAT_SING\x80\x81\xa2Id\x07"))
    await web.get("SYS_ERROR", 7, Code="UnknownType", Type="ES_CHAT_SING", Fatal=False)
    await _still_there(web)


@scenario("BadPayload: a wrong type or a missing member, with its path")
async def bad_payload(stage: Stage) -> None:
    """W-5, W-14."""
    web = await stage.connector()
    start_of = b"\x92\xadES_CHAT_START\x82\xa4Peer\xabbad-payload\xaaTrackingId"
    no_int = b"\xcb\x40\x1f\x99\x99\x99\x99\x99\x9a"
    for value in (b"\xc0", b"\x07", b"\xc3", no_int, b"\xc4\x01a", b"\xa2a\x00"):
        await web.raw(framed(start_of + value))
        error = await web.get("SYS_ERROR", Code="BadPayload", Type="ES_CHAT_START", Fatal=False)
        assert "TrackingId" in error["Text"]
    form = b"\xabResultModel\x81\xa6Values\x91\x81\xacResultNumber\xa3two"
    await web.raw(framed(start_of.replace(b"\x82\xa4Peer", b"\x83\xa4Peer") + b"\xa2v1" + form))
    error = await web.get("SYS_ERROR", Code="BadPayload", Type="ES_CHAT_START")
    assert "ResultModel.Values[0].ResultNumber" in error["Text"]
    await web.send("ES_CHAT_RESYNC", 1)
    await web.get("SE_CHAT_LIST", 1, count=0)


@scenario("BadPayload: names that show nothing, of a chat, a sentence, a variable, a question")
async def blank_names(stage: Stage) -> None:
    """W-5, W-14: else strangers would share a chat, and sentences a key."""
    web = await stage.connector()
    for blank in ("", " ", "\u200b\u3000"):
        await web.send_bad("ES_CHAT_START", 1, TrackingId=blank)
        error = await web.get("SYS_ERROR", 1, Code="BadPayload", Fatal=False)
        assert error["Text"].startswith("TrackingId: ")
        await web.send_bad("ES_CHAT_SENTENCE", 2, TrackingId="v1", ID=blank, Text="Hello")
        error = await web.get("SYS_ERROR", 2, Code="BadPayload", Fatal=False)
        assert error["Text"].startswith("ID: ")
        await web.send_bad("ES_CHAT_RESYNC", 3, Peer=blank)
        await web.get("SYS_ERROR", 3, Code="BadPayload", Fatal=False)
        await web.send_bad("ES_CHAT_RESYNC", blank)
        error = await web.get("SYS_ERROR", Code="BadPayload", Fatal=False)
        assert error["Text"].startswith("Headers.Id: ")
    variables = [{"Name": "customer", "Value": "17"}, {"Name": " ", "Value": "18"}]
    await web.send_bad("ES_CHAT_START", 4, **VISITOR, Variables=variables)
    error = await web.get("SYS_ERROR", 4, Code="BadPayload", Fatal=False)
    assert error["Text"].startswith("Variables[1].Name: ")
    await web.send_bad("ES_WS_ROUTING", 5, text=" ")
    await web.get("SYS_ERROR", 5, Code="BadPayload", Fatal=False)
    stranger = await stage.open()
    await stranger.send_bad("SYS_HELLO", **{**stage.hello("connector"), "Login": "\t"})
    await stranger.get("SYS_ERROR", Code="BadHello", Fatal=True)
    await stranger.gone()


@scenario(
    "TooLong: an ID of 65 characters, a text of 32,769, a TrackingId of 129; the limit passes"
)
async def too_long(stage: Stage) -> None:
    """W-14."""
    web = await stage.connector()
    await start(web)
    said = {"TrackingId": "v1", "ID": "m1", "Text": "x"}
    good = web.frame("ES_CHAT_SENTENCE", said, None)
    body = good[4:]
    longer_id = body.replace(b"\xa2ID\xa2m1", b"\xa2ID\xd9\x41" + b"i" * 65)
    longer_text = body.replace(b"\xa4Text\xa1x", b"\xa4Text\xda\x80\x01" + b"x" * 32_769)
    longer_name = body.replace(b"\xaaTrackingId\xa2v1", b"\xaaTrackingId\xd9\x81" + b"t" * 129)
    for bad, member in ((longer_id, "ID"), (longer_text, "Text"), (longer_name, "TrackingId")):
        await web.raw(framed(bad))
        error = await web.get("SYS_ERROR", Code="TooLong", Fatal=False, Type="ES_CHAT_SENTENCE")
        assert member in error["Text"]
    await web.send("ES_CHAT_SENTENCE", 2, **{**said, "ID": "i" * 64, "Text": "ž" * 32_768})
    await web.get("SE_CHAT_SENTENCE", 2, Counter=1)
    await stop(web)


@scenario("NotAllowed: the other role's frames, the broker's, another's peer")
async def not_allowed(stage: Stage) -> None:
    """W-14, I-15."""
    web, agent, chat = await answered(stage)
    await web.send("CS_CHAT_ANSWER", 1, ChatId=chat)
    await web.get("SYS_ERROR", 1, Code="NotAllowed", Fatal=False, Type="CS_CHAT_ANSWER")
    await agent.send("ES_CHAT_STOP", 2, TrackingId="v1")
    await agent.get("SYS_ERROR", 2, Code="NotAllowed", Fatal=False)
    await web.send("SE_CHAT_TYPING", 3, TrackingId="v1")
    await web.get("SYS_ERROR", 3, Code="NotAllowed", Fatal=False)
    await web.send("ES_CHAT_START", 4, **{**VISITOR, "Peer": "happy-path"})
    await web.get("SYS_ERROR", 4, Code="NotAllowed", Fatal=False)
    await agent.send("CS_CHAT_HANGUP", 5, Peer="happy-path-1", ChatId=chat)
    await agent.get("SYS_ERROR", 5, Code="NotAllowed", Fatal=False)
    await agent.send("CS_CHAT_HANGUP", 6, ChatId=chat, AgentId=NOBODY)
    await agent.get("SYS_ERROR", 6, Code="NotAllowed", Fatal=False)
    for question in ("ES_WS_ROUTING", "ES_SL_GETGATEWAYS"):
        await web.send(question, 9, text="happy-path")
        await web.get("SYS_ERROR", 9, Code="NotAllowed", Type=question, Fatal=False)
    await hang_up(web, agent, chat)


@scenario("UnknownGateway: a frame names a gateway, or a port of it, that does not exist")
async def unknown_gateway(stage: Stage) -> None:
    """W-14."""
    web = await stage.connector()
    await web.send("ES_CHAT_START", 1, **{**VISITOR, "Peer": "nowhere"})
    await web.get("SYS_ERROR", 1, Code="UnknownGateway", Fatal=False)
    await web.send("ES_CHAT_REQUEST", 2, TrackingId="v1", Port="9")
    await web.get("SYS_ERROR", 2, Code="UnknownGateway", Fatal=False)
    await _still_there(web)


@scenario("UnknownChat: of either side; a chat of another agent is as unknown as none")
async def unknown_chat(stage: Stage) -> None:
    """W-14, I-15."""
    web, agent, chat = await answered(stage)
    other = await stage.agent("b")
    for type_name, more in (
        ("ES_CHAT_SENTENCE", {"ID": "m1", "Text": "Hello"}),
        ("ES_CHAT_CONFIRM", {"ID": "m1"}),
        ("ES_CHAT_STATUS", {}),
        ("ES_CHAT_TYPING", {}),
    ):
        await web.send(type_name, 1, TrackingId="nobody", **more)
        await web.get("SYS_ERROR", 1, Code="UnknownChat", Type=type_name, Fatal=False)
    for unknown in (NOBODY, chat):
        for type_name, more in (
            ("CS_CHAT_SENTENCE", {"ID": "m1", "Text": "Hello"}),
            ("CS_CHAT_CONFIRM", {"ID": "m1"}),
            ("CS_CHAT_STATUS", {}),
            ("CS_CHAT_HANGUP", {}),
        ):
            await other.send(type_name, 2, ChatId=unknown, **more)
            await other.get("SYS_ERROR", 2, Code="UnknownChat", Type=type_name, Fatal=False)
    await web.send("ES_CHAT_START", 3, **{**VISITOR, "TrackingId": "v2"}, ReturnChatId=NOBODY)
    await web.get("SYS_ERROR", 3, Code="UnknownChat", Fatal=False)
    await hang_up(web, agent, chat)


@scenario("ChatClosed: a sentence after the end, of either side; nothing is stored")
async def chat_closed(stage: Stage) -> None:
    """B-9, W-14, W-27."""
    web, agent, chat = await answered(stage)
    await hang_up(web, agent, chat)
    await web.send("ES_CHAT_SENTENCE", 1, TrackingId="v1", ID="m1", Text="Hello?")
    await web.get("SYS_ERROR", 1, Code="ChatClosed", Fatal=False)
    await agent.send("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="a1", Text="Hello?")
    await agent.get("SYS_ERROR", 2, Code="ChatClosed", Fatal=False)
    await web.send("ES_CHAT_STATUS", 3, TrackingId="v1")
    await web.get("SE_CHAT_STATUS", 3, Status="Closed", Sentences=[], CloseReason="Agent")


@scenario("WrongState: a sentence and a confirmation of an agent who has not answered yet")
async def wrong_state(stage: Stage) -> None:
    """W-14, W-27, B-7."""
    agent = await stage.ready_agent()
    web = await stage.connector()
    chat = await start(web)
    await offered(web, agent, chat)
    await web.send("ES_CHAT_SENTENCE", 3, TrackingId="v1", ID="m1", Text="Hello")
    await web.get("SE_CHAT_SENTENCE", 3, Counter=1)
    await agent.send("CS_CHAT_SENTENCE", 1, ChatId=chat, ID="a1", Text="Good day.")
    await agent.get("SYS_ERROR", 1, Code="WrongState", Fatal=False)
    await agent.send("CS_CHAT_CONFIRM", 2, ChatId=chat, ID="m1")
    await agent.get("SYS_ERROR", 2, Code="WrongState", Fatal=False)
    await stop(web)
    await agent.get("SC_CHAT_ALERT_END", ChatId=chat)


@scenario("RateLimited: more frames in a second than are served, refused one by one", broker="slow")
async def rate_limited(stage: Stage) -> None:
    """W-14."""
    web = await stage.connector()
    await stage.do("wait", seconds=1.5)
    # One a second is served. A refusal needs no commit, so it comes first.
    await web.send_together(*(("ES_CHAT_RESYNC", {"id_": number}) for number in (1, 2)))
    await web.get("SYS_ERROR", 2, Code="RateLimited", Type="ES_CHAT_RESYNC", Fatal=False)
    await web.get("SE_CHAT_LIST", 1, count=0)
    await stage.do("wait", seconds=1.5)
    await web.send("ES_CHAT_RESYNC", 3)
    await web.get("SE_CHAT_LIST", 3, count=0)


@scenario("RateLimited: a client that goes on far beyond its rate is told to go", broker="slow")
async def far_too_fast(stage: Stage) -> None:
    """W-13, W-14."""
    web = await stage.connector()
    await web.send_together(*(("ES_CHAT_RESYNC", {"id_": number}) for number in range(4)))
    for number in range(4):
        await web.get("SYS_ERROR", number, Code="RateLimited", Fatal=False)
    await web.get("SYS_BYE", Code="RateLimited")
    await web.gone()


@scenario("RateLimited: the fifth question that waits at a time; the next one is answered again")
async def fifth_question(stage: Stage) -> None:
    """W-14, W-25: of one type; a question of another one is not refused for it."""
    web = await stage.connector()
    asked = [("ES_CHAT_RESYNC", {"id_": number}) for number in range(5)]
    await web.send_together(*asked, ("ES_CHAT_STATUS", {"id_": 5, "TrackingId": "nobody"}))
    # A refusal needs no turn, so it comes first.
    await web.get("SYS_ERROR", 4, Code="RateLimited", Type="ES_CHAT_RESYNC", Fatal=False)
    for number in range(4):
        await web.get("SE_CHAT_LIST", number, count=0)
    await web.get("SYS_ERROR", 5, Code="UnknownChat", Fatal=False)
    await web.send("ES_CHAT_RESYNC", 6)
    await web.get("SE_CHAT_LIST", 6, count=0)


@scenario("RateLimited: more to answer in a second than is; what is said is served", broker="terse")
async def answers_a_second(stage: Stage) -> None:
    """W-14: the answers of all sessions of a gateway count together, and are paid afterwards."""
    web = await stage.connector()
    await start(web)
    await web.send("ES_CHAT_SENTENCE", 1, TrackingId="v1", ID="m1", Text="x" * 20_000)
    await web.get("SE_CHAT_SENTENCE", 1, Counter=1)
    more = await stage.connector()
    await stage.do("wait", seconds=1.5)
    await more.send("ES_CHAT_STATUS", 2, TrackingId="v1")
    await more.get("SE_CHAT_STATUS", 2)
    for client in (web, more):
        await client.send("ES_CHAT_STATUS", 3, TrackingId="v1")
        await client.get("SYS_ERROR", 3, Code="RateLimited", Type="ES_CHAT_STATUS", Fatal=False)
    await web.send("ES_CHAT_SENTENCE", 4, TrackingId="v1", ID="m2", Text="Still heard")
    await web.get("SE_CHAT_SENTENCE", 4, Counter=2)
    await more.get("SE_CHAT_SENTENCE", Counter=2)


@scenario("Overloaded: one session too many of a gateway", broker="terse")
async def one_session_too_many(stage: Stage) -> None:
    """W-14."""
    await stage.connector()
    await stage.connector()
    third = await stage.open()
    await third.send("SYS_HELLO", 1, **stage.hello("connector"))
    await third.get("SYS_ERROR", 1, Code="Overloaded", Fatal=True)
    await third.gone()


@scenario(
    "A transcript that is full: Overloaded, and a start goes on in a new chat", broker="tight"
)
async def overloaded(stage: Stage) -> None:
    """W-14, W-21, W-27, B-2, I-14."""
    web = await stage.connector()
    full = await start(web)
    await web.send("ES_CHAT_SENTENCE", 1, TrackingId="v1", ID="m1", Text="x" * 10_000)
    await web.get("SE_CHAT_SENTENCE", 1, Counter=1)
    await web.send("ES_CHAT_SENTENCE", 2, TrackingId="v1", ID="m2", Text="x" * 10_000)
    await web.get("SYS_ERROR", 2, Code="Overloaded", Fatal=False)
    await web.send("ES_CHAT_SENTENCE", 3, TrackingId="v1", ID="m3", Text="A short one fits.")
    await web.get("SE_CHAT_SENTENCE", 3, Counter=2)
    await web.send("ES_CHAT_START", 4, **VISITOR)
    await web.get("SE_CHAT_STATUS", Status="Closed", ChatId=full, CloseReason="Rule")
    status = await web.get("SE_CHAT_STATUS", 4, Status="Pilot", Sentences=[])
    assert status["ChatId"] != full
    await web.get("SE_CHAT_STATUS", Status="Waiting", ChatId=status["ChatId"])
    await web.send("ES_CHAT_SENTENCE", 5, TrackingId="v1", ID="m3", Text="A short one fits.")
    await web.get("SE_CHAT_SENTENCE", 5, Counter=2, ChatId=full)
    await web.send("ES_CHAT_SENTENCE", 6, TrackingId="v1", ID="m2", Text="x" * 10_000)
    await web.get("SE_CHAT_SENTENCE", 6, Counter=1)
    await stop(web)
