"""Bounds on what a peer can make the broker do and hold (W-14, W-24, I-14)."""

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from broker.shell import sessions
from protocol.agent import AgentStateInfo
from protocol.chat import ChatSentenceInfo
from protocol.codec import assemble, encode, pack
from protocol.errors import ByeCode, ErrorCode
from protocol.frame import Frame
from protocol.session import Bye, Ping, SysError
from protocol.values import AgentState, Guid
from tests.integration.peers import (
    Peer,
    StuckStore,
    command,
    say_until,
    sentence,
    serving,
    start_chat,
    write_config,
)


def codes(frames: list[Frame]) -> list[str]:
    """What became of each frame: the code of the error or of the bye, or the type of the answer."""
    found = []
    for frame in frames:
        payload = frame.payload
        code = payload.code if isinstance(payload, (SysError, Bye)) else None
        found.append(code or frame.type)
    return found


async def test_frames_over_the_rate_are_refused_one_by_one(
    tmp_path: Path, mock_clock: MockClock
) -> None:
    """W-14, I-14: RateLimited, and what was served is answered."""
    path = write_config(tmp_path, limits="frames_per_second = 10")
    async with serving(path) as served:
        web = await served.connector()
        frames = [encode(Frame("ES_CHAT_REQUEST", start_chat(), {"Id": n})) for n in range(12)]
        await web.stream.send_all(b"".join(frames))
        answers = [await web.get() for _ in frames]

        refused = {frame.re: frame for frame in answers if frame.type == "SYS_ERROR"}
        assert set(refused) == {9, 10, 11}  # the hello was the first of ten
        assert set(codes(list(refused.values()))) == {ErrorCode.RATE_LIMITED}
        assert [f.re for f in answers if f.type == "SE_CHAT_RESPONSE"] == list(range(9))

        mock_clock.jump(1)
        await web.send("ES_CHAT_RESYNC", command(), "later")
        assert (await web.get("SE_CHAT_LIST")).re == "later"


async def test_a_flood_is_ended_and_others_go_on(tmp_path: Path, mock_clock: MockClock) -> None:
    """W-13, I-15."""
    path = write_config(tmp_path, limits="frames_per_second = 10")
    async with serving(path) as served:
        web, other = await served.connector(), await served.connector("shop")
        await web.stream.send_all(encode(Frame("ES_CHAT_RESYNC", command())) * 100)
        assert codes(await web.rest())[-1] == ByeCode.RATE_LIMITED
        await other.send("ES_CHAT_RESYNC", command("shop"), 1)
        assert (await other.get()).re == 1


async def test_pings_count_as_well(tmp_path: Path, mock_clock: MockClock) -> None:
    path = write_config(tmp_path, limits="frames_per_second = 10")
    async with serving(path) as served:
        web = await served.connector()
        await web.stream.send_all(encode(Frame("SYS_PONG", Ping())) * 100)
        assert codes(await web.rest()) == [ByeCode.RATE_LIMITED]


async def test_who_does_not_read_is_ended_and_others_go_on(tmp_path: Path) -> None:
    """W-24, W-25, I-14: it recovers by a snapshot; nobody waits for it."""
    path = write_config(tmp_path, limits="outbox_bytes = 4500000\nframes_per_second = 100000")
    async with serving(path) as served:
        slow = await served.connector(receive_buffer=4_096)
        other = await served.connector("shop")
        await slow.send("ES_CHAT_START", start_chat(), 1)
        for number in range(20):
            await slow.send("ES_CHAT_SENTENCE", sentence(f"s{number}", "x" * 30_000))
        for _ in range(20):
            await slow.get("SE_CHAT_SENTENCE")

        ask = encode(Frame("ES_CHAT_STATUS", command(tracking_id="t1")))
        counters = served.broker.server.sessions.counters
        while not counters.slow_consumers:  # each asks for 600,000 bytes
            await slow.stream.send_all(ask)
            await trio.testing.wait_all_tasks_blocked()
        await other.send("ES_CHAT_RESYNC", command("shop"), 1)
        assert (await other.get()).re == 1

        frames = await slow.rest()
        assert codes(frames[:-1]) == ["SE_CHAT_STATUS"] * (len(frames) - 1)
        assert codes(frames[-1:]) == [ByeCode.SLOW_CONSUMER]
        assert served.broker.server.sessions.sockets.backlog.size == 0
        back = await served.connector()
        await back.send("ES_CHAT_STATUS", command(tracking_id="t1"), 2)
        status = await back.get("SE_CHAT_STATUS")
        assert len(status.payload.sentences) == 20  # type: ignore[attr-defined]  # a ChatStatusInfo


async def test_all_slow_readers_together_have_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "ALL_OUTBOXES", 2)
    limits = "outbox_bytes = 1000000\nframe_bytes = 200000\nframes_per_second = 100000"
    path = write_config(tmp_path, limits=limits)
    async with serving(path) as served:
        first = await served.connector(receive_buffer=4_096)
        slow = [first] + [await served.connector(receive_buffer=4_096) for _ in range(4)]
        server_ = served.broker.server.sessions
        number = 0
        while not server_.counters.slow_consumers:  # each sentence goes to all of them
            assert server_.sockets.backlog.size <= 2_000_000
            tracking = f"t{number // 2}"  # few of them fit into a frame
            if number % 2 == 0:
                await first.send("ES_CHAT_START", start_chat(tracking))
            text = sentence(f"s{number}", "x" * 30_000, tracking)
            await first.send("ES_CHAT_SENTENCE", text)
            number += 1
            while server_.counters.sentences < number:
                await trio.testing.wait_all_tasks_blocked()
        assert max(link.outbox.size for link in server_.clients.values() if link.outbox) < 1_000_000
        for peer in slow:
            await trio.aclose_forcefully(peer.stream)
        while server_.clients:
            await trio.testing.wait_all_tasks_blocked()
        assert server_.sockets.backlog.size == 0


async def test_one_connection_too_many_is_told_so(tmp_path: Path) -> None:
    """W-14, I-14."""
    path = write_config(tmp_path, limits="connections = 2")
    async with serving(path) as served:
        first, _second = await served.connector(), await served.connector("shop")
        third = await served.peer()
        assert codes(await third.rest()) == [ErrorCode.OVERLOADED]
        await first.stream.aclose()
        await trio.testing.wait_all_tasks_blocked()
        await third.stream.aclose()
        while len(served.broker.server.sessions.clients) > 1:
            await trio.testing.wait_all_tasks_blocked()
        await served.connector()


async def test_a_crowd_is_not_even_told(tmp_path: Path) -> None:
    async with serving(write_config(tmp_path, limits="connections = 1")) as served:
        served.broker.server.one_too_many = 1
        await served.connector()
        told, untold = await served.peer(), await served.peer()
        assert codes(await told.rest()) == [ErrorCode.OVERLOADED]
        assert await untold.rest() == []


async def test_nothing_is_read_while_the_store_does_not_keep_up(tmp_path: Path) -> None:
    """I-14: what waits for the store is bounded, of one token and of all; all is answered in order."""
    StuckStore.may.clear()
    path = write_config(tmp_path, limits="frames_per_second = 1000000")
    async with serving(path, open_store=StuckStore.open) as served:
        server = served.broker.server
        server.inbox_high = 2 * sessions.BACKLOG_HIGH
        web, shop = await served.connector(), await served.connector("shop")
        await web.send("ES_CHAT_START", start_chat(), 0)
        await web.send("ES_CHAT_SENTENCE", sentence("s1", "stuck"), 0)
        asked = 10_000
        engine = server.engine
        assert engine is not None
        engine.inbox.many = sessions.BACKLOG_HIGH

        async def ask(peer: Peer) -> None:
            packed = pack("ES_CHAT_CONFIRM", command(tracking_id="none", id="x"))
            for number in range(asked):
                await peer.stream.send_all(assemble(packed, {"Id": number}))

        async def answers(peer: Peer) -> None:
            for number in range(asked):
                assert (await peer.get("SYS_ERROR")).re == number

        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, web)
            while len(engine.inbox) < sessions.BACKLOG_HIGH:
                await trio.testing.wait_all_tasks_blocked()
            await trio.testing.wait_all_tasks_blocked()
            a_read = 65_536 // len(pack("ES_CHAT_CONFIRM", command()))
            assert len(engine.inbox) < sessions.BACKLOG_HIGH + a_read
            nursery.start_soon(ask, shop)  # somebody else is read all the same
            while len(engine.inbox) < server.inbox_high:
                await trio.testing.wait_all_tasks_blocked()
            await trio.testing.wait_all_tasks_blocked()
            assert len(engine.inbox) < server.inbox_high + a_read
            StuckStore.may.set()
            nursery.start_soon(answers, web)
            nursery.start_soon(answers, shop)


async def test_typing_is_dropped_for_a_slow_reader_and_nothing_else_is(tmp_path: Path) -> None:
    """W-23, W-24."""
    async with serving(write_config(tmp_path, limits="frames_per_second = 100000")) as served:
        workplace = await answered_chat(await served.workplace(), await served.connector())
        counters = served.broker.server.sessions.counters
        web = await served.connector(receive_buffer=4_096)
        link = max(served.broker.server.sessions.clients.values(), key=lambda link: link.number)
        other = await served.connector()
        said = await say_until(
            served, other, lambda: bool(link.outbox and link.outbox.size > sessions.TYPING_MARK)
        )
        while not counters.typing_dropped:
            for typing in (True, False):
                chat = command("101", chat_id=workplace[1], is_typing=typing)
                await workplace[0].send("CS_CHAT_TYPING", chat)
            await trio.testing.wait_all_tasks_blocked()
        for number in range(said):
            pushed = (await web.get("SE_CHAT_SENTENCE")).payload
            assert isinstance(pushed, ChatSentenceInfo)
            assert pushed.id == f"s{number}"


async def answered_chat(workplace: Peer, web: Peer) -> tuple[Peer, Guid]:
    """Have the workplace answer a chat; the workplace and the chat's id."""
    await workplace.send("CS_AGENT_STATE", AgentStateInfo(peer="101", state=AgentState.READY), 1)
    await web.send("ES_CHAT_START", start_chat(), 2)
    chat = (await workplace.get("SC_CHAT_ALERT")).payload.chat_id  # type: ignore[attr-defined]  # a ChatStatusInfo
    await workplace.send("CS_CHAT_ANSWER", command("101", chat_id=chat), 3)
    await workplace.get("SC_CHAT_STATUS")
    return workplace, chat
