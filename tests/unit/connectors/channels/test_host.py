"""The frame at work: how it follows the broker, and how it stops."""

from pathlib import Path

import anyio
import pytest

from connectors.channels.channel import Host, Stopping
from connectors.channels.conform.broker import Heard, Line, PlayedBroker, silence
from connectors.channels.settings import Limits
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.message import CommandInfo
from protocol.values import Channel as Kind
from protocol.values import Direction
from tests.support.channel_messages import MESSAGE
from tests.support.played_channel import (
    GATEWAYS,
    INBOUND,
    OUTBOUND,
    Bench,
    MemoryProgram,
    Pigeons,
    bench,
)

RECEIVING = "ES_MESSAGE_RECEIVING"


async def started(it: Bench) -> None:
    await it.program.start()
    assert await it.broker.until(lambda: bool(it.broker.heard("ES_SL_GETGATEWAYS")), 60)
    await anyio.sleep(0.1)  # real time: no, a clock that jumps


def test_what_is_under_way_is_finished_before_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        it.loft.seconds = 10.0
        await started(it)

        async def later(heard: Heard) -> None:
            await anyio.sleep(5)  # real time: no, a clock that jumps
            await it.broker.receipt(heard)

        it.broker.on[RECEIVING] = later
        await it.loft.inject("in")
        await it.broker.sending(MESSAGE)
        assert await it.broker.until(lambda: bool(it.broker.heard(RECEIVING)), 5)
        begun = anyio.current_time()
        assert await it.program.stop(60) == 0
        assert 9 < anyio.current_time() - begun < 12
        assert it.loft.inbox == {}
        (answer,) = it.broker.heard("ES_MESSAGE_SENT")
        assert (answer.payload.data, len(it.loft.outbox)) == (None, 1)
        assert it.broker.lines[-1].said_bye

    bench(monkeypatch, tmp_path, scenario)


def test_nothing_more_is_taken_in_at_the_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        await started(it)
        it.broker.on[RECEIVING] = silence
        await it.loft.inject("first")
        assert await it.broker.until(lambda: bool(it.broker.heard(RECEIVING)), 5)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(it.program.stop, 60)
            await anyio.sleep(1)  # real time: no, a clock that jumps
            await it.loft.inject("second")
            await it.broker.sending(MESSAGE)
            assert it.figures.faults == ["stopping"]
        assert it.program.status == 0
        assert len(it.broker.heard(RECEIVING)) == 1
        (answer,) = it.broker.heard("ES_MESSAGE_SENT")
        assert answer.payload.data == "throttled: the connector is stopping"
        assert it.loft.outbox == []

    bench(monkeypatch, tmp_path, scenario, limits=Limits(stop=20.0))


def test_the_end_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Stuck(Pigeons):
        async def run(self, host: Host) -> None:
            await anyio.sleep_forever()

    async def scenario(it: Bench) -> None:
        await started(it)
        begun = anyio.current_time()
        assert await it.program.stop(60) == 0
        assert 20 <= anyio.current_time() - begun < 26

    bench(monkeypatch, tmp_path, scenario, Stuck, limits=Limits(stop=20.0))


def test_a_channel_may_let_the_end_through(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[str] = []

    class Waiting(Pigeons):
        async def run(self, host: Host) -> None:
            assert not await host.pause(3_600)
            try:
                await host.wait_gateways(Kind.FAX)
            except Stopping as error:
                seen.append(str(error))
                raise

    async def scenario(it: Bench) -> None:
        await started(it)
        assert await it.program.stop(5) == 0
        assert seen == ["the program is about to end"]

    bench(monkeypatch, tmp_path, scenario, Waiting)


def test_a_channel_that_fails_ends_the_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Failing(Pigeons):
        async def run(self, host: Host) -> None:
            raise ValueError("no loft")

    async def scenario(it: Bench) -> None:
        await it.program.start()
        await anyio.sleep(60)  # real time: no, a clock that jumps

    with pytest.raises(ExceptionGroup) as found:
        bench(monkeypatch, tmp_path, scenario, Failing)
    assert found.group_contains(ValueError, match="no loft")


def test_a_channel_that_only_sends_may_return(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Sending(Pigeons):
        async def run(self, host: Host) -> None:
            pass

    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(MESSAGE)
        assert await it.broker.until(lambda: bool(it.broker.heard("ES_MESSAGE_SENT")), 10)
        assert len(it.loft.outbox) == 1

    bench(monkeypatch, tmp_path, scenario, Sending)


def test_a_broker_that_refuses_the_token_ends_the_program(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def refuse(broker: PlayedBroker, line: Line, frame: Frame) -> None:
        line.connection.refuse(WireError(ErrorCode.AUTH_FAILED, "wrong token", re=frame.id))

    async def scenario(it: Bench) -> None:
        it.broker.greets = refuse
        await it.program.start()
        await anyio.sleep(60)  # real time: no, a clock that jumps
        assert it.program.status == 3

    bench(monkeypatch, tmp_path, scenario)


def test_a_broker_that_goes_and_comes_is_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        assert it.figures.faults == ["no session with the broker"]
        await started(it)
        assert (it.figures.faults, it.figures.gateways) == ([], 2)
        it.broker.refuses = True
        await it.broker.cut()
        await anyio.sleep(5)  # real time: no, a clock that jumps
        assert it.figures.faults == ["no session with the broker"]
        it.broker.refuses = False
        it.broker.gateways = ()
        await anyio.sleep(60)  # real time: no, a clock that jumps
        assert it.figures.faults == ["gateways: the broker announces none"]

    bench(monkeypatch, tmp_path, scenario)


def test_the_gateways_are_asked_for_again_and_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Asking(Pigeons):
        host: Host

        async def run(self, host: Host) -> None:
            type(self).host = host
            assert host.gateways() == ()
            assert await host.wait_gateways() == GATEWAYS
            await super().run(host)

    async def scenario(it: Bench) -> None:
        await started(it)
        assert Asking.host.gateways(Direction.I) == (INBOUND,)
        it.broker.gateways = (OUTBOUND,)
        await anyio.sleep(301)  # real time: no, a clock that jumps
        assert Asking.host.gateways() == (OUTBOUND,)

    bench(monkeypatch, tmp_path, scenario, Asking)


def test_what_was_not_told_before_the_end_is_told_after_the_next_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        await started(it)
        it.broker.on["ES_MESSAGE_SENT"] = silence
        await it.broker.sending(MESSAGE)
        assert await it.broker.until(lambda: bool(it.broker.heard("ES_MESSAGE_SENT")), 10)
        assert await it.program.stop(60) == 0
        it.broker.on.clear()
        before = len(it.broker.heard("ES_MESSAGE_SENT"))
        await it.program.start()
        assert await it.broker.until(lambda: len(it.broker.heard("ES_MESSAGE_SENT")) > before, 30)
        told = it.broker.heard("ES_MESSAGE_SENT")[-1].payload
        assert isinstance(told, CommandInfo)
        assert (told.id, told.ref_id, told.reference, told.data) == (
            MESSAGE.message_id,
            OUTBOUND.id,
            "ring p1",
            None,
        )
        assert len(it.loft.outbox) == 1

    bench(monkeypatch, tmp_path, scenario, limits=Limits(stop=1.0))


def test_parts_of_the_far_side_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Telling(Pigeons):
        async def run(self, host: Host) -> None:
            host.tell("loft", "the roof is gone")
            await host.pause(10)
            host.tell("loft")
            await super().run(host)

    async def scenario(it: Bench) -> None:
        await started(it)
        assert it.figures.faults == ["loft: the roof is gone"]
        await anyio.sleep(10)  # real time: no, a clock that jumps
        assert it.figures.faults == []

    bench(monkeypatch, tmp_path, scenario, Telling)


def test_programs_of_tests_end_as_they_are_told() -> None:
    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            program = MemoryProgram(tasks, lambda stop: stop.wait())
            await program.start()
            assert await program.stop(1) == 0

    anyio.run(run, backend="trio")
