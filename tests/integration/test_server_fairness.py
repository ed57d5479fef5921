"""Cheap questions with dear answers, and many sessions of one token: others are served between."""

from pathlib import Path

import pytest
import trio
from attrs import evolve
from trio.testing import MockClock, wait_all_tasks_blocked

from broker.core.broker import step
from broker.core.effects import Effect, Send
from broker.core.facts import Fact
from broker.core.inputs import FrameArrived, Input, Stamp
from broker.core.state import State
from broker.shell import engine, sessions
from broker.shell.questions import QUESTIONS
from protocol.codec import encode
from protocol.errors import ByeCode, ErrorCode
from protocol.frame import Frame
from protocol.register import LiteralLookupInfo
from protocol.session import SysError
from protocol.values import Role
from tests.integration.peers import (
    Peer,
    Served,
    StuckStore,
    command,
    sentence,
    serving,
    start_chat,
    write_config,
)

PUMP = engine.Engine.pump
HAS_MORE = engine.Engine.has_more
LONG = 30
"""Sentences of a transcript that costs more than a turn, where that is lowered to as many."""


def status(number: int, tracking_id: str = "t1") -> bytes:
    """A question for a whole chat."""
    return encode(Frame("ES_CHAT_STATUS", command(tracking_id=tracking_id), {"Id": number}))


async def long_chat(peer: Peer) -> None:
    """A chat with a transcript."""
    await peer.send("ES_CHAT_START", start_chat())
    for number in range(LONG):
        await peer.send("ES_CHAT_SENTENCE", sentence(f"s{number}", "x" * 900))
        await peer.get("SE_CHAT_SENTENCE")


def watched(served: Served, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What leaves the engine from now on: type and session, in order."""
    left: list[str] = []
    deliver = type(served.broker.server.sessions).deliver

    def note(self: sessions.Sessions, effects: list[Effect]) -> None:
        sends = (effect for effect in effects if isinstance(effect, Send))
        left.extend(f"{send.type} {send.sessions[0]}" for send in sends)
        deliver(self, effects)

    monkeypatch.setattr(type(served.broker.server.sessions), "deliver", note)
    return left


def held(served: Served, monkeypatch: pytest.MonkeyPatch) -> engine.Engine:
    """Let all that comes from now on wait."""
    running = served.broker.server.engine
    assert running is not None
    monkeypatch.setattr(engine.Engine, "pump", lambda _self: None)
    monkeypatch.setattr(engine.Engine, "has_more", False)
    return running


def go_on(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the engine go on with what waits."""
    monkeypatch.setattr(engine.Engine, "pump", PUMP)
    monkeypatch.setattr(engine.Engine, "has_more", HAS_MORE)
    served.broker.server.wake()


async def test_a_sentence_is_served_between_dear_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-15: a page's question came behind four of them, and is answered before the second one."""
    async with serving(write_config(tmp_path)) as served:
        assert served.broker.server.engine is not None
        served.broker.server.engine.inbox.turn = LONG
        web, shop = await served.connector(), await served.connector("shop")
        await long_chat(web)
        await shop.send("ES_CHAT_START", start_chat("h1", "shop"))
        await shop.get("SE_CHAT_STATUS")
        left = watched(served, monkeypatch)
        running = held(served, monkeypatch)
        await web.stream.send_all(b"".join(status(number) for number in range(4)))
        while len(running.inbox) < 4:
            await wait_all_tasks_blocked()
        await shop.send("ES_CHAT_REQUEST", start_chat("h2", "shop"), "honest")
        while len(running.inbox) < 5:
            await wait_all_tasks_blocked()
        go_on(served, monkeypatch)
        for number in range(4):
            assert (await web.get("SE_CHAT_STATUS")).re == number
        assert (await shop.get("SE_CHAT_RESPONSE")).re == "honest"
        assert left == ["SE_CHAT_STATUS 1", "SE_CHAT_RESPONSE 2", *["SE_CHAT_STATUS 1"] * 3]


async def test_the_fifth_question_that_waits_is_refused(tmp_path: Path) -> None:
    """W-14, W-25: RateLimited; four are answered, and later ones again."""
    async with serving(write_config(tmp_path)) as served:
        web = await served.connector()
        await web.send("ES_CHAT_START", start_chat())
        await web.get("SE_CHAT_STATUS")
        most = QUESTIONS["ES_CHAT_STATUS"]
        await web.stream.send_all(b"".join(status(number) for number in range(most + 2)))
        came: list[Frame] = []
        while len(came) < most + 2:
            frame = await web.get()
            if frame.re is not None:
                came.append(frame)
        refused = [frame for frame in came if frame.type == "SYS_ERROR"]
        assert [(f.re, f.payload.code) for f in refused if isinstance(f.payload, SysError)] == [
            (most, ErrorCode.RATE_LIMITED),
            (most + 1, ErrorCode.RATE_LIMITED),
        ]
        assert [f.re for f in came if f.type == "SE_CHAT_STATUS"] == list(range(most))
        await web.stream.send_all(status(99))
        assert (await web.get()).re == 99


async def test_answers_have_a_rate_in_bytes(tmp_path: Path, mock_clock: MockClock) -> None:
    """W-14, I-14: of a token, not of a connection; what is said is served all the same."""
    path = write_config(tmp_path, limits="answer_bytes_per_second = 20000")
    async with serving(path) as served:
        web, more = await served.connector(), await served.connector()
        await long_chat(web)
        await web.stream.send_all(status(1))
        assert (
            await web.get("SE_CHAT_STATUS")
        ).re == 1  # longer than the rate, and paid afterwards
        for peer in (web, more):
            await peer.stream.send_all(status(2))
            error = await peer.get("SYS_ERROR")
            assert isinstance(error.payload, SysError)
            assert (error.re, error.payload.code) == (2, ErrorCode.RATE_LIMITED)
        await web.send("ES_CHAT_SENTENCE", sentence("late", "still heard"), 3)
        assert (await web.get("SE_CHAT_SENTENCE")).re == 3
        mock_clock.jump(5)
        await more.stream.send_all(status(4))
        assert (await more.get("SE_CHAT_STATUS")).re == 4


async def test_questions_of_who_is_gone_are_not_worked_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-1, I-14: what was said with them is stored."""
    StuckStore.may.clear()
    async with serving(write_config(tmp_path), open_store=StuckStore.open) as served:
        web, other = await served.connector(), await served.connector()
        await web.send("ES_CHAT_START", start_chat())
        await other.get("SE_CHAT_STATUS")
        running = served.broker.server.engine
        assert running is not None
        decided: list[str] = []

        def decide(state: State, stamp: Stamp, input: Input) -> tuple[list[Fact], list[Effect]]:
            if isinstance(input, FrameArrived):
                decided.append(input.frame.type)
            return step(state, stamp, input)

        await web.send("ES_CHAT_SENTENCE", sentence("s1", "stuck"))
        while not running.committing:
            await wait_all_tasks_blocked()
        monkeypatch.setattr(engine, "step", decide)
        held(served, monkeypatch)
        await web.stream.send_all(status(1) + status(2))
        await web.send("ES_CHAT_SENTENCE", sentence("s2", "said before the end"))
        await web.stream.send_all(status(3))
        while len(running.inbox) < 4:
            await wait_all_tasks_blocked()
        await trio.aclose_forcefully(web.stream)
        while len(served.broker.server.sessions.clients) > 1:
            await wait_all_tasks_blocked()
        go_on(served, monkeypatch)
        StuckStore.may.set()
        for key in ("s1", "s2"):
            echo = await other.get("SE_CHAT_SENTENCE")
            assert getattr(echo.payload, "id", None) == key
        assert decided == ["ES_CHAT_SENTENCE"]


async def test_sessions_of_a_gateway_are_bounded(tmp_path: Path) -> None:
    """W-14, I-14: one too many is told so, and may come when another one has left."""
    async with serving(write_config(tmp_path, limits="gateway_sessions = 2")) as served:
        first, _ = await served.connector(), await served.connector()
        third = await served.peer()
        error = (await third.hello(Role.CONNECTOR, "web", token="web-secret")).payload
        assert isinstance(error, SysError)
        assert (error.code, error.fatal) == (ErrorCode.OVERLOADED, True)
        await served.connector("shop")
        await first.stream.aclose()
        while len(served.broker.server.sessions.clients) > 2:
            await wait_all_tasks_blocked()
            await trio.aclose_forcefully(third.stream)
        await served.connector()


async def test_slow_readers_of_one_token_have_a_bound_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-24, I-14: none of them is over its own bound; who is most behind goes, and no stranger."""
    monkeypatch.setattr(sessions, "PARTY_OUTBOXES", 2)
    limits = "outbox_bytes = 1000000\nframe_bytes = 200000\nframes_per_second = 100000"
    async with serving(write_config(tmp_path, limits=limits)) as served:
        shop = await served.connector("shop", receive_buffer=4_096)
        slow = [await served.connector(receive_buffer=4_096) for _ in range(4)]
        server = served.broker.server.sessions
        number = 0
        while not server.counters.slow_consumers:
            tracking = f"t{number // 2}"
            if number % 2 == 0:
                await slow[0].send("ES_CHAT_START", start_chat(tracking))
            await slow[0].send("ES_CHAT_SENTENCE", sentence(f"s{number}", "x" * 30_000, tracking))
            number += 1
            while server.counters.sentences < number:
                await wait_all_tasks_blocked()
            party = next(link.party for link in server.clients.values() if link.number == 2)
            assert server.sockets.backlog.of_party(party) <= 2_000_000
        assert server.counters.byes == {ByeCode.SLOW_CONSUMER: 1}
        await shop.send("ES_CHAT_RESYNC", command("shop"), 1)
        assert (await shop.get()).re == 1


async def test_an_answer_that_no_frame_holds_is_refused(tmp_path: Path) -> None:
    """W-3, W-14: each text is answered with the peer that was asked for, however long that is."""
    text = '[[literals]]\ngroup = 1\nvalue = {}\nculture = "en"\ntext = "Hello"\n'
    more = "".join(text.format(value) for value in range(90))
    path = write_config(tmp_path, more=more, limits="frame_bytes = 20000")
    async with serving(path) as served:
        web = await served.connector()
        asked = LiteralLookupInfo(peer="web", literal_group=1, literal_value=0)
        await web.send("ES_WS_LITERALS_GET", asked, 1)
        assert (await web.get()).type == "SE_WS_LITERALS_INFO"
        await web.send("ES_WS_LITERALS_GET", evolve(asked, peer="w" * 250), 2)
        error = await web.get()
        assert isinstance(error.payload, SysError)
        assert (error.re, error.payload.code) == (2, ErrorCode.OVERLOADED)
