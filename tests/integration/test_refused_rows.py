"""A row that the database refuses costs its own input, and nobody else anything."""

from __future__ import annotations

from pathlib import Path
from urllib.request import urlopen

import pytest
import trio
from sqlalchemy import NullPool, create_engine

from broker.shell.strikes import BORNE
from protocol.agent import AgentStateInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatStatusInfo
from protocol.codec import encode
from protocol.errors import ByeCode, ErrorCode
from protocol.frame import Frame
from protocol.session import Bye, SysError
from protocol.values import AgentState, ChatStatus, Role
from tests.integration.peers import (
    Peer,
    Served,
    command,
    sentence,
    serving,
    start_chat,
    write_config,
)
from tests.support.postgresql import Server

POISON = "a text that this database does not like"
REFUSE = {
    "sqlite": "CREATE TRIGGER refuse_{0} BEFORE INSERT ON {0} WHEN NEW.{1} = '{2}'"
    " BEGIN SELECT RAISE(ABORT, 'refused'); END",
    "postgresql": "ALTER TABLE {0} ADD CONSTRAINT refuse CHECK ({1} <> '{2}') NOT VALID",
}
DIALECTS = [
    pytest.param("sqlite"),
    pytest.param("postgresql", marks=pytest.mark.requires("postgresql")),
]


@pytest.fixture(params=DIALECTS)
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The configuration of a broker on an empty database."""
    path = write_config(tmp_path)
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        text = path.read_text().replace(f"sqlite:///{tmp_path}/parley.db", server.fresh())
        path.write_text(text)
    return path


def refuse(served: Served, table: str, column: str, value: str) -> None:
    """From now on the database refuses such rows."""
    engine = create_engine(
        served.broker.config.store_url, poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(REFUSE[engine.dialect.name].format(table, column, value))
    engine.dispose()


async def send_at_once(peer: Peer, *frames: Frame) -> None:
    """Send frames that come in one piece, and so in one batch."""
    await peer.stream.send_all(b"".join(encode(frame) for frame in frames))


async def chat_with_alice(web: Peer, workplace: Peer) -> ChatStatusInfo:
    """A conversation."""
    ready = AgentStateInfo(peer="101", state=AgentState.READY)
    await workplace.send("CS_AGENT_STATE", ready, 1)
    await web.send("ES_CHAT_START", start_chat(), 1)
    alert = (await workplace.get("SC_CHAT_ALERT")).payload
    assert isinstance(alert, ChatStatusInfo)
    await workplace.send("CS_CHAT_ANSWER", ChatCommandInfo(peer="101", chat_id=alert.chat_id), 2)
    status = None
    while status is not ChatStatus.ANSWERED:
        status = (await web.get("SE_CHAT_STATUS")).payload.status  # type: ignore[attr-defined]  # of a chat
    return alert


async def test_a_sentence_that_is_refused_costs_nobody_else_anything(config: Path) -> None:
    """I-10, I-11, I-13, W-14, W-20: others of the batch, and who is alerted, notice nothing."""
    async with serving(config) as served:
        workplace = await served.workplace()
        web, shop = await served.connector(), await served.connector("shop")
        chat = await chat_with_alice(web, workplace)
        await shop.send("ES_CHAT_START", start_chat("t9", "shop"), 1)
        await shop.get("SE_CHAT_STATUS")
        second = (await workplace.get("SC_CHAT_ALERT")).payload
        refuse(served, "sentences", "text", POISON)

        await send_at_once(
            web,
            Frame("ES_CHAT_SENTENCE", sentence("s1", "before"), {"Id": 11}),
            Frame("ES_CHAT_SENTENCE", sentence("s2", POISON), {"Id": 12}),
            Frame("ES_CHAT_SENTENCE", sentence("s3", "after"), {"Id": 13}),
        )
        await shop.send("ES_CHAT_SENTENCE", sentence("s1", "me too", "t9", "shop"), 11)

        first, refused, last = [await web.get() for _ in range(3)]
        assert [first.re, refused.re, last.re] == [11, 12, 13]
        assert isinstance(refused.payload, SysError)
        assert (refused.payload.code, refused.payload.type) == (
            ErrorCode.BAD_PAYLOAD,
            "ES_CHAT_SENTENCE",
        )
        assert isinstance(last.payload, ChatSentenceInfo)
        assert last.payload.counter == 2
        assert (await shop.get("SE_CHAT_SENTENCE")).re == 11
        heard = [(await workplace.get("SC_CHAT_SENTENCE")).payload for _ in range(2)]
        assert [s.text for s in heard if isinstance(s, ChatSentenceInfo)] == ["before", "after"]

        # Who was alerted still is, and answers.
        assert isinstance(second, ChatStatusInfo)
        answer = ChatCommandInfo(peer="101", chat_id=second.chat_id)
        await workplace.send("CS_CHAT_ANSWER", answer, 3)
        while (status := await workplace.get("SC_CHAT_STATUS")).re != 3:
            pass
        assert (status.re, status.payload.status) == (3, ChatStatus.ANSWERED)  # type: ignore[attr-defined]  # a status
        say = ChatSentenceInfo(peer="101", chat_id=chat.chat_id, id="a1", text="I am still here")
        await workplace.send("CS_CHAT_SENTENCE", say, 4)
        assert (await web.get("SE_CHAT_SENTENCE")).payload.counter == 3  # type: ignore[attr-defined]  # a sentence

        # Again it is refused again, as often as somebody likes.
        for number in range(20, 24):
            await web.send("ES_CHAT_SENTENCE", sentence("s2", POISON), number)
            assert (await web.get("SYS_ERROR")).re == number
        await web.send("ES_CHAT_STATUS", command(tracking_id="t1"), 30)
        status = await web.get("SE_CHAT_STATUS")
        said = [s.text for s in status.payload.sentences]  # type: ignore[attr-defined]  # a status
        assert said == ["before", "after", "I am still here"]
        counters = served.broker.server.sessions.counters
        assert (counters.rows_refused, counters.losses) == (5, 0)
        assert await metric(served, "parley_rows_refused_total") == 5


async def metric(served: Served, name: str) -> float:
    """A figure of the broker's own page."""
    host, port = served.http
    page = await trio.to_thread.run_sync(
        lambda: urlopen(f"http://{host}:{port}/metrics", timeout=20).read().decode()
    )
    return float(next(line for line in page.splitlines() if line.startswith(f"{name} ")).split()[1])


async def test_a_session_that_is_refused_ends_and_others_go_on(config: Path) -> None:
    """I-11, W-13: nobody can be told by an error, so it is a bye."""
    async with serving(config) as served:
        web = await served.connector()
        refuse(served, "agents", "workplace", "101")
        workplace = await served.peer()
        await served.connector("shop")
        gone = await workplace.hello(Role.WORKPLACE, "101", login="alice", token="alice-secret")
        assert isinstance(gone.payload, Bye)
        assert gone.payload.code is ByeCode.STORE_UNAVAILABLE
        await web.send("ES_CHAT_START", start_chat(), 2)
        assert (await web.get("SE_CHAT_STATUS")).re == 2


async def test_who_goes_on_with_what_is_refused_is_sent_away(config: Path) -> None:
    """W-14, I-14: each time costs everybody the state read anew; a new connection is no new beginning."""
    async with serving(config) as served:
        web, shop = await served.connector(), await served.connector("shop")
        refuse(served, "sentences", "text", POISON)
        for peer, name, address in ((web, "t1", "web"), (shop, "t9", "shop")):
            await peer.send("ES_CHAT_START", start_chat(name, address), 1)
            while (await peer.get("SE_CHAT_STATUS")).re != 1:
                pass
        for number in range(BORNE + 1):
            await web.send("ES_CHAT_SENTENCE", sentence(f"s{number}", POISON), number + 10)
            assert (await web.get("SYS_ERROR")).re == number + 10
        bye = (await web.get("SYS_BYE")).payload
        assert isinstance(bye, Bye)
        assert bye.code is ByeCode.RATE_LIMITED
        again = await served.connector()
        await again.send("ES_CHAT_SENTENCE", sentence("s", POISON), 2)
        assert (await again.get("SYS_ERROR")).re == 2
        assert (await again.get("SYS_BYE")).payload == bye
        # The others are served as before, and one of theirs is borne.
        await shop.send("ES_CHAT_SENTENCE", sentence("s1", POISON, "t9", "shop"), 2)
        assert (await shop.get("SYS_ERROR")).re == 2
        await shop.send("ES_CHAT_SENTENCE", sentence("s2", "Hello", "t9", "shop"), 3)
        assert (await shop.get("SE_CHAT_SENTENCE")).re == 3
