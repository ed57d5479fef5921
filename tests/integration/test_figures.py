"""The service of live figures beside a real broker with real traffic, on both databases."""

from __future__ import annotations

import io
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
import trio

from broker.reporting.report import report_main
from tests.support.figures_program import (
    BOSS,
    FiguresProgram,
    alone,
    answer,
    closed,
    followed,
    installed,
    start,
)
from tests.support.postgresql import Server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.requires("postgresql"))]
)
def store(request: pytest.FixtureRequest) -> str | None:
    """The address of an empty database; None: a file of SQLite."""
    if request.param == "sqlite":
        return None
    server: Server = request.getfixturevalue("postgresql")
    return server.fresh()


@pytest.fixture
def day() -> str:
    """Today; not in its last minutes, which would be two days."""
    now = datetime.now(UTC)
    if (now.hour, now.minute >= 55) == (23, True):
        pytest.skip(reason="a day that ends in the middle of it")
    return now.date().isoformat()


def reported(program: FiguresProgram, day: str) -> dict[str, float]:
    """What `parley report` says of the day."""
    out = io.StringIO()
    argv = ["--store", str(program.broker.config), "--from", day, "--format", "json"]
    assert report_main(argv, out) == 0
    found: dict[str, float] = json.loads(out.getvalue())["all"]
    return found


async def test_what_happens_is_pushed_and_survives_a_kill(
    tmp_path: Path, store: str | None, day: str
) -> None:
    """Beside the broker, which is killed: the service ends and comes with it, and says the same."""
    with installed(tmp_path, store=store) as program:
        await program.ready()
        web = await program.connector()
        async with followed(program) as pushed:
            kind, first, said = await pushed.next()
            assert (kind, said["Groups"][0]["Today"]["Offered"]) == ("live", 0)
            await start(web, "t1")
            assert (await pushed.until(Waiting=1))["Offered"] == 1
            alice = await program.alice()
            chat = await answer(alice)
            assert (await pushed.until(Answered=1, Waiting=0))["InTime"] == 1
            assert pushed.seen[-1][1] not in (None, first)
            program.broker.kill()
            with pytest.raises((EOFError, httpx2.TransportError)):
                await pushed.rest()
        assert closed(program.port)
        program.broker.start()
        await program.ready()
        today = await program.today(Offered=1, Answered=1)
        web = await program.connector()
        await start(web, "t2")
        today = await program.today(Offered=2)
        report = reported(program, day)
        assert (today["Offered"], today["Answered"]) == (report["offered"], report["answered"])
        assert today["SpeedOfAnswerSeconds"] == report["speed_of_answer_seconds"]
        said = program.ask(f"/v1/chats/{chat}/transcript").json()
        assert said["Project"]["Name"] == "Support"
        listed = program.ask("/v1/contacts?figure=Answered").json()["Contacts"]
        assert [one["ChatId"] for one in listed] == [chat]


async def test_it_follows_over_a_restart_of_the_broker(
    tmp_path: Path, store: str | None, day: str
) -> None:
    """A service of its own sees a broker end and begin: nothing is counted twice, or read anew."""
    recording: list[tuple[str, int, int]] = []
    with installed(tmp_path, store=store, beside=False) as program, alone(program):
        await program.ready()

        async def note(what: str, **wanted: int) -> None:
            today = await program.today(**wanted)
            recording.append((what, today["Offered"], today["Waiting"]))

        web = await program.connector()
        await start(web, "t1")
        await note("a visitor waits", Offered=1, Waiting=1)
        before = program.ask("/v1/live?by=").json()
        assert program.broker.stop() == 0
        await note("the broker has ended", Offered=1)
        program.broker.start()
        await note("the broker is back", Offered=1, Waiting=1)
        web = await program.connector()
        await start(web, "t2")
        await note("another one waits", Offered=2, Waiting=2)
        after = program.ask("/v1/live?by=").json()
        assert after["Groups"][0]["WaitingSinceUtc"] > before["Groups"][0]["WaitingSinceUtc"]
        metrics = program.ask("/metrics").text
        assert "parley_figures_folded_anew_total 1.0" in metrics
        assert reported(program, day)["offered"] == 2
    assert recording == [
        ("a visitor waits", 1, 1),
        ("the broker has ended", 1, 1),
        ("the broker is back", 1, 1),
        ("another one waits", 2, 2),
    ]


async def test_the_age_of_figures_is_bounded(tmp_path: Path) -> None:
    """What was committed is told within two seconds, under traffic as well."""
    with installed(tmp_path) as program:
        await program.ready()
        web = await program.connector()
        for number in range(20):
            await start(web, f"t{number}")
        await program.today(Offered=20)
        for _ in range(10):
            told = program.ask("/v1/live").json()
            age = datetime.now(UTC) - datetime.fromisoformat(told["AsOfUtc"])
            assert age.total_seconds() <= 2.0


async def test_a_right_that_is_withdrawn_is_gone_at_once(tmp_path: Path) -> None:
    """SIGHUP to the broker: the service reads the file again, and who is no bearer any more hears nothing."""
    more = '[[figures.tokens]]\nname = "Guest"\ntoken = "guest-secret"\n'
    guest = {"Authorization": "Bearer guest-secret"}
    with installed(tmp_path, more=more) as program:
        await program.ready()
        assert program.ask("/v1/live", guest).status_code == 200
        async with followed(program, **guest) as pushed:
            await pushed.next()
            text = program.broker.config.read_text()
            program.broker.config.write_text(text.replace(more, ""))
            program.broker.reload()
            with pytest.raises(EOFError):
                await pushed.rest()
        assert program.ask("/v1/live", guest).status_code == 401
        assert program.ask("/v1/live", BOSS).status_code == 200
        # A faulty file changes nothing.
        program.broker.config.write_text(text.replace('role = "supervisor"', 'role = "boss"'))
        program.broker.reload()
        deadline = time.monotonic() + 20
        while "not_reloaded" not in program.broker.log.read_text():
            assert time.monotonic() < deadline
            await trio.sleep(0.05)  # real time: another process reads
        assert program.ask("/v1/contacts?figure=Offered", BOSS).status_code == 200
