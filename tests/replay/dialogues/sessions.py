"""The session itself: hello, heartbeat, farewell, reload."""

from __future__ import annotations

from tests.replay.dialogues.steps import (
    agent_says,
    answered,
    hang_up,
    offered,
    start,
    stop,
    visitor_says,
)
from tests.replay.stage import Members, Stage, scenario


async def _refused(stage: Stage, code: str, *hellos: Members) -> None:
    """Each hello, on a connection of its own, is refused, and the connection ends."""
    for number, hello in enumerate(hellos):
        client = await stage.open(f"hello {number}")
        await client.send("SYS_HELLO", number, **hello)
        await client.get("SYS_ERROR", number, Code=code, Fatal=True, Type="SYS_HELLO")
        await client.gone()


@scenario("AuthFailed: wrong token, unknown gateway, agent or workplace, or two of them")
async def auth_failed(stage: Stage) -> None:
    """W-10, W-14."""
    web, desk = stage.hello("connector"), stage.hello("workplace")
    await _refused(
        stage,
        "AuthFailed",
        {**web, "Token": "wrong"},
        {**web, "Peers": ["nobody"], "Token": "wrong"},
        {**web, "Peers": [stage.cell.name, "happy-path"], "Token": "wrong"},
        {**desk, "Token": "wrong"},
        {**desk, "Login": "nobody", "Token": "wrong"},
        {**desk, "Peers": ["nobody"], "Token": "wrong"},
    )


@scenario("BadHello: something else comes first, or something is missing")
async def bad_hello(stage: Stage) -> None:
    """W-10, W-14."""
    client = await stage.open()
    await client.send("ES_CHAT_RESYNC", "x", Peer="bad-hello")
    await client.get("SYS_ERROR", "x", Code="BadHello", Fatal=True, Type="ES_CHAT_RESYNC")
    await client.gone()
    client = await stage.open()
    # [ "SYS_HELLO", {"Version": 1, "Role": "admin", "Peers": ["bad-hello"], "Token": "x"} ]
    hello = (
        b"\x92\xa9SYS_HELLO\x84\xa7Version\x01\xa4Role\xa5admin"
        b"\xa5Peers\x91\xa9bad-hello\xa5Token\xa1x"
    )
    await client.raw(len(hello).to_bytes(4) + hello)
    await client.get("SYS_ERROR", Code="BadHello", Fatal=True, Type="SYS_HELLO")
    await client.gone()
    client = await stage.open()
    await client.raw(b"\x00\x00\x00\x0c\x92\xa9SYS_HELLO\xc0")
    await client.get("SYS_ERROR", Code="BadHello", Fatal=True, Type="SYS_HELLO")
    await client.gone()


@scenario("VersionNotServed: a client of version 2")
async def version_not_served(stage: Stage) -> None:
    """W-10, W-14."""
    await _refused(stage, "VersionNotServed", {**stage.hello("connector"), "Version": 2})


@scenario("HelloTimeout: a connection that says nothing")
async def hello_timeout(stage: Stage) -> None:
    """W-10, W-14."""
    client = await stage.open()
    await client.get("SYS_ERROR", Code="HelloTimeout", Fatal=True)
    await client.gone()


@scenario("A second hello on an open session is refused, and the session goes on")
async def second_hello(stage: Stage) -> None:
    """W-10."""
    web = await stage.connector()
    await web.send("SYS_HELLO", 2, **stage.hello("connector"))
    await web.get("SYS_ERROR", 2, Code="NotAllowed", Fatal=False)
    await web.send("SYS_PING", 3, Nonce="n")
    await web.get("SYS_PONG", 3, Nonce="n")


@scenario("Heartbeat and farewell: a ping is answered by a pong, a bye by the end")
async def ping_and_bye(stage: Stage) -> None:
    """W-12, W-13."""
    agent = await stage.agent()
    await agent.send("SYS_PING", Nonce="tick")
    await agent.get("SYS_PONG", Nonce="tick")
    await agent.send("SYS_BYE", Code="LoggedOff")
    await agent.gone()


@scenario(
    "A silent client is pinged, and after twice the heartbeat it gets Timeout", broker="tight"
)
async def silent(stage: Stage) -> None:
    """W-12, W-13."""
    web = await stage.connector()
    await web.get("SYS_PING")
    await web.get("SYS_BYE", Code="Timeout")
    await web.gone()


@scenario("Reload: sessions and chats go on, a removed gateway takes no new chats")
async def reloaded(stage: Stage) -> None:
    """C-4."""
    web, agent, chat = await answered(stage)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await stage.do("reload", without=[stage.cell.name])
    await agent_says(web, agent, chat, "a1", "I am still here.", 2)
    await web.send("ES_CHAT_START", 3, TrackingId="v2")
    await web.get("SYS_ERROR", 3, Code="UnknownGateway", Fatal=False)
    await hang_up(web, agent, chat)
    await stage.do("reload", without=[])
    other = await start(web, "v3")
    await offered(web, agent, other)
    await stop(web, "v3")
    await agent.get("SC_CHAT_ALERT_END", ChatId=other)


@scenario("Reload of a faulty file: refused, the running configuration stays")
async def faulty_reload(stage: Stage) -> None:
    """C-4."""
    web, agent, chat = await answered(stage)
    await stage.do("reload", faulty=True)
    await visitor_says(web, agent, "m1", "Hello", 1)
    await hang_up(web, agent, chat)
