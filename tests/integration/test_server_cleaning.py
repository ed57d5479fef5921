"""Mail with HTML on real TCP: what waits for it, what does not, and how it ends (B-50)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio
from attrs import define, field
from trio.testing import wait_all_tasks_blocked

from broker.cleaning.plain import plain_bodies
from broker.core.inputs import FrameArrived, Input
from broker.shell import cleaners, cleaning
from broker.shell.cleaning import Cleaning, Order
from broker.shell.engine import Engine
from protocol.errors import ErrorCode
from protocol.frame import Frame
from protocol.message import MessageContentInfo
from protocol.session import SysError
from protocol.values import Guid
from tests.integration.peers import (
    Peer,
    Served,
    command,
    sentence,
    serving,
    start_chat,
    write_config,
)

GATEWAY = Guid("00000000-0000-4000-a000-000000000001")


@define
class SlowCleaners:
    """Clean nothing before they may."""

    cleaning: Cleaning
    counters: object = None
    taken: list[Order] = field(factory=list)

    async def run(self) -> None:
        LATEST.append(self)
        await trio.sleep_forever()

    def clean(self, code: ErrorCode | None = None) -> None:
        """Do all that waits."""
        while (one := self.cleaning.take()) is not None:
            assert isinstance(one.content, str)
            self.cleaning.done(one, code or plain_bodies(one.content, wants_text=one.wants_text))


LATEST: list[SlowCleaners] = []


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[SlowCleaners]]:
    monkeypatch.setattr("broker.shell.server_tasks.Cleaners", SlowCleaners)
    yield LATEST
    LATEST.clear()


def mail(html: str | None = "<p>Good day", text: str | None = None) -> MessageContentInfo:
    return MessageContentInfo(
        delivery_system_id="m1",
        gateway_id=GATEWAY,
        remote_address="jana@example.com",
        received_sent_time=datetime(2026, 1, 1, tzinfo=UTC),
        body_html=html,
        body_text=text,
    )


async def waiting(served: Served, count: int) -> None:
    """Until so many sessions have something waiting."""
    lines = served.broker.server.sessions.cleaning.lines
    while sum(map(len, lines.values())) < count:
        await wait_all_tasks_blocked()


async def chatting(served: Served, peer: str = "web") -> Peer:
    """A connector with a chat."""
    found = await served.connector(peer)
    await found.send("ES_CHAT_START", start_chat(peer=peer))
    await found.get("SE_CHAT_STATUS")
    return found


async def answers(peer: Peer, count: int) -> list[Frame]:
    """The next frames that answer something."""
    found: list[Frame] = []
    while len(found) < count:
        frame = await peer.get()
        if frame.re is not None:
            found.append(frame)
    return found


async def test_a_message_reaches_the_engine_cleaned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the process that does it in life."""
    came: list[MessageContentInfo] = []
    submit = Engine.submit

    def note(self: Engine, input: Input) -> None:
        if isinstance(input, FrameArrived) and isinstance(input.frame.payload, MessageContentInfo):
            came.append(input.frame.payload)
        submit(self, input)

    monkeypatch.setattr(Engine, "submit", note)
    async with serving(write_config(tmp_path)) as served:
        web = await chatting(served)
        await web.send("ES_MESSAGE_RECEIVING", mail("<h1>Hi</h1><script>1</script>"), 1)
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "behind it"), 2)
        assert [frame.re for frame in await answers(web, 2)] == [1, 2]
        await web.send("ES_MESSAGE_RECEIVING", mail(None, "1 < 2"), 3)
        assert (await answers(web, 1))[0].re == 3
    assert [(one.body_html, one.body_text) for one in came] == [
        ("<h1>Hi</h1>", "Hi"),
        ("1 &lt; 2", "1 < 2"),
    ]


async def test_other_sessions_do_not_wait(tmp_path: Path, slow: list[SlowCleaners]) -> None:
    """I-15: not even those of the same gateway."""
    async with serving(write_config(tmp_path)) as served:
        web, same, shop = [await chatting(served, name) for name in ("web", "web", "shop")]
        await web.send("ES_MESSAGE_RECEIVING", mail(), 1)
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "behind it"), 2)
        await waiting(served, 2)
        await same.send("ES_CHAT_SENTENCE", sentence("s2", "beside it"), 3)
        await shop.send("ES_CHAT_SENTENCE", sentence("s3", "elsewhere", peer="shop"), 4)
        assert (await same.get("SE_CHAT_SENTENCE")).re == 3
        assert (await shop.get("SE_CHAT_SENTENCE")).re == 4
        slow[0].clean()
        assert [frame.re for frame in await answers(web, 2)] == [1, 2]


async def test_one_that_cannot_be_cleaned_is_refused(
    tmp_path: Path, slow: list[SlowCleaners]
) -> None:
    async with serving(write_config(tmp_path)) as served:
        web = await chatting(served)
        await web.send("ES_MESSAGE_RECEIVING", mail(), 1)
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "behind it"), 2)
        await waiting(served, 2)
        slow[0].clean(ErrorCode.BAD_PAYLOAD)
        error, echo = await answers(web, 2)
        assert isinstance(error.payload, SysError)
        assert (error.re, error.payload.code) == (1, ErrorCode.BAD_PAYLOAD)
        assert (error.payload.text or "").startswith("BodyHtml")
        assert echo.re == 2
        assert served.broker.server.sessions.counters.refusals[ErrorCode.BAD_PAYLOAD] == 1


async def test_who_sends_much_is_not_read_until_it_is_cleaned(
    tmp_path: Path, slow: list[SlowCleaners], monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14."""
    monkeypatch.setattr(cleaning, "PARTY_BYTES", 1)
    async with serving(write_config(tmp_path)) as served:
        web = await chatting(served)
        await web.send("ES_MESSAGE_RECEIVING", mail(), 1)
        await waiting(served, 1)
        client = next(iter(served.broker.server.sessions.clients.values()))
        assert client.paused
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "not read yet"), 2)
        await wait_all_tasks_blocked()
        assert client.frames_in == 3
        slow[0].clean()
        assert [frame.re for frame in await answers(web, 2)] == [1, 2]
        assert not client.paused


async def test_questions_that_wait_are_bounded_too(
    tmp_path: Path, slow: list[SlowCleaners], monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-14: they are refused where they would have been without the message before them."""
    async with serving(write_config(tmp_path)) as served:
        web = await chatting(served)
        await web.send("ES_MESSAGE_RECEIVING", mail(), 0)
        for number in range(1, 7):
            await web.send("ES_CHAT_STATUS", command(tracking_id="t1"), number)
        await waiting(served, 7)
        pump = Engine.pump
        monkeypatch.setattr(Engine, "pump", lambda _self: None)
        slow[0].clean()
        monkeypatch.setattr(Engine, "pump", pump)
        served.broker.server.wake()
        types = {frame.re: frame.type for frame in await answers(web, 7)}
        assert [types[number] for number in range(1, 7)] == [
            *["SE_CHAT_STATUS"] * 4,
            *["SYS_ERROR"] * 2,
        ]


async def test_what_a_session_said_before_its_end_counts(
    tmp_path: Path, slow: list[SlowCleaners]
) -> None:
    """I-1: also when it has hung up before its message was cleaned."""
    async with serving(write_config(tmp_path)) as served:
        web, same = await chatting(served), await served.connector()
        await web.send("ES_MESSAGE_RECEIVING", mail())
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "before the end"))
        await waiting(served, 2)
        await web.stream.aclose()
        await waiting(served, 3)
        engine = served.broker.server.engine
        assert engine is not None
        assert len(engine.state.sessions) == 2
        slow[0].clean()
        echo = await same.get("SE_CHAT_SENTENCE")
        assert getattr(echo.payload, "id", None) == "s1"
        while len(engine.state.sessions) > 1:
            await wait_all_tasks_blocked()


async def test_a_drain_waits_for_what_is_being_cleaned(
    tmp_path: Path, slow: list[SlowCleaners]
) -> None:
    """B-12: what was read is answered."""
    async with serving(write_config(tmp_path)) as served:
        web = await chatting(served)
        await web.send("ES_MESSAGE_RECEIVING", mail(), 1)
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "behind it"), 2)
        await waiting(served, 2)
        served.broker.stop()
        await wait_all_tasks_blocked()
        assert not served.status
        slow[0].clean()
        frames = await web.rest()
        assert [frame.re for frame in frames if frame.re is not None] == [1, 2]
        assert frames[-1].type == "SYS_BYE"


async def test_a_drain_that_is_aborted_waits_for_nothing(
    tmp_path: Path, slow: list[SlowCleaners]
) -> None:
    async with serving(write_config(tmp_path)) as served:
        web = await chatting(served)
        await web.send("ES_MESSAGE_RECEIVING", mail(), 1)
        await waiting(served, 1)
        served.broker.stop()
        served.broker.stop()
        with trio.fail_after(20):
            await served.ended.wait()


async def test_when_the_store_is_lost_what_waits_is_forgotten(
    tmp_path: Path, slow: list[SlowCleaners]
) -> None:
    async with serving(write_config(tmp_path)) as served:
        web = await chatting(served)
        await web.send("ES_MESSAGE_RECEIVING", mail(), 1)
        await waiting(served, 1)
        engine = served.broker.server.engine
        assert engine is not None
        served.broker._store_failed(engine, OSError("gone"))
        assert (await web.rest())[-1].type == "SYS_BYE"
        assert served.broker.server.sessions.cleaning.lines == {}
        slow[0].clean()
        again = await served.connector()
        await again.send("ES_CHAT_RESYNC", command(), 1)
        assert (await again.get()).re == 1


def test_the_bounds_are_more_than_one_message() -> None:
    assert cleaning.PARTY_BYTES > 4 * 512 * 1024
    assert cleaners.CLEANERS <= 2
