"""Lists of open chats that come in pieces, beside programs that do not know of them."""

from __future__ import annotations

from tests.replay.dialogues.steps import VISITOR, start
from tests.replay.stage import Client, Stage, scenario


async def _in_pieces(stage: Stage) -> Client:
    web = await stage.open("connector")
    web.peer = stage.cell.name
    await web.send("SYS_HELLO", **stage.hello("connector"), TakesPieces=True)
    await web.get("SYS_WELCOME", SessionId=...)
    return web


async def _piece(web: Client, asked: int, after: int | None, *names: str) -> int | None:
    """Ask for a piece, which must have these chats; gives where the list goes on."""
    await web.send("ES_CHAT_RESYNC", asked, **({} if after is None else {"After": after}))
    listed = await web.get("SE_CHAT_LIST", asked)
    assert [item["TrackingId"] for item in listed["items"]] == list(names)
    more: int | None = web.headers.get("More")
    return more


async def _stop(web: Client, name: str) -> None:
    await web.send("ES_CHAT_STOP", 9, TrackingId=name)
    await web.get("SE_CHAT_STATUS", 9, Status="Closed", TrackingId=name)


@scenario(
    "A list in pieces: chats close and open between two of them, the last one too", broker="pieces"
)
async def list_in_pieces(stage: Stage) -> None:
    """W-25."""
    web = await _in_pieces(stage)
    for number in range(1, 6):
        await start(web, f"v{number}")
    more = await _piece(web, 2, None, "v1", "v2")
    await _stop(web, "v2")  # behind which the list goes on
    await _stop(web, "v4")
    await start(web, "v6")
    more = await _piece(web, 3, more, "v3", "v5")
    await _stop(web, "v1")
    await start(web, "v7")
    assert await _piece(web, 4, more, "v6", "v7") is None
    assert await _piece(web, 5, more, "v6", "v7") is None
    for name in ("v3", "v5", "v6", "v7"):
        await _stop(web, name)
    assert await _piece(web, 6, None) is None


@scenario(
    "Lists in pieces that are refused: no place, and programs that do not take them",
    broker="pieces",
)
async def list_in_pieces_refused(stage: Stage) -> None:
    """W-5, W-14, W-25, I-14."""
    web = await _in_pieces(stage)
    await web.send("ES_CHAT_RESYNC", 1, After=0)
    error = await web.get("SYS_ERROR", 1, Code="BadPayload", Fatal=False)
    assert error["Text"].startswith("After: ")
    await web.send_bad("ES_CHAT_RESYNC", 2, After="7")
    error = await web.get("SYS_ERROR", 2, Code="BadPayload", Fatal=False)
    assert error["Text"].startswith("After: ")
    assert await _piece(web, 3, 2_000_000_000) is None
    names = [f"v{number}" for number in range(1, 11)]
    for name in names:
        await start(web, name)
    old = await stage.connector()
    await old.send("ES_CHAT_RESYNC", 1)
    await old.get("SYS_ERROR", 1, Code="Overloaded", Fatal=False)
    await old.send("ES_CHAT_RESYNC", 2, After=1)
    await old.get("SYS_ERROR", 2, Code="BadPayload", Fatal=False)
    agent = await stage.agent()
    await agent.send("CS_CHAT_RESYNC", 4, After=1)
    error = await agent.get("SYS_ERROR", 4, Code="BadPayload", Fatal=False)
    assert error["Text"].startswith("After: ")
    await web.send("ES_CHAT_START", 4, **{**VISITOR, "TrackingId": "v11"})
    await web.get("SYS_ERROR", 4, Code="Overloaded", Fatal=False)
    await old.close()
    await stage.do("wait", seconds=0.1)
    await start(web, "v11")
    for name in (*names, "v11"):
        await _stop(web, name)
