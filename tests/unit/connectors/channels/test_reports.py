"""What the far side says of a message later, on its way to the broker."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from connectors.channels.channel import Host, Outgoing, Report, Sent
from connectors.channels.conform.broker import Heard, silence
from protocol.errors import ErrorCode
from protocol.values import Guid
from tests.support.channel_messages import MESSAGE, ONE
from tests.support.played_channel import OUTBOUND, Bench, Loft, Pigeons, bench

REPORT = "ES_MESSAGE_REPORT"
LONG = "ring " + "x" * 100


class Telling(Pigeons):
    """A channel whose host the test gets at, and whose names are long."""

    host: Host

    def __init__(self, loft: Loft) -> None:
        super().__init__(loft)

    async def run(self, host: Host) -> None:
        type(self).host = host
        await host.stopped()

    async def send(self, message: Outgoing) -> Sent:
        await super().send(message)
        return Sent(LONG)


async def sent(it: Bench) -> Host:
    await it.program.start()
    assert await it.broker.until(lambda: bool(it.broker.heard("ES_SL_GETGATEWAYS")), 60)
    await anyio.sleep(0.1)  # real time: no, a clock that jumps
    await it.broker.sending(MESSAGE)
    return Telling.host


def reports(it: Bench) -> list[tuple[Any, ...]]:
    told = [one.payload for one in it.broker.heard(REPORT)]
    return [(one.id, one.reference, one.ref_id, one.data) for one in told]


def test_a_report_names_the_message_by_the_brokers_own_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        host = await sent(it)
        await anyio.sleep(5)  # real time: no, a clock that jumps
        assert await host.report(Report.DELIVERED, delivery_id=LONG, text="at the door")
        assert await host.report(Report.BOUNCED, message_id=ONE, text=" moved\0 ")
        assert reports(it) == [
            (ONE, None, OUTBOUND.id, "Delivered"),
            (ONE, None, OUTBOUND.id, "Bounced: moved\ufffd"),
        ]
        assert it.figures.reported == {"told": 2}

    bench(monkeypatch, tmp_path, scenario, Telling)


def test_a_report_that_overtakes_its_message_waits(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The far side may say that a message arrived before it has said that it took it."""

    async def scenario(it: Bench) -> None:
        it.loft.seconds = 10.0
        host = await sent(it)
        await anyio.sleep(1)  # real time: no, a clock that jumps
        assert await host.report(Report.DELIVERED, delivery_id=LONG)
        types = [one.frame.type for one in it.broker.heard("ES_MESSAGE_SENT", REPORT)]
        assert types == ["ES_MESSAGE_SENT", REPORT]

    bench(monkeypatch, tmp_path, scenario, Telling)


def test_a_report_of_what_only_the_broker_may_know_has_the_short_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        host = await sent(it)
        await anyio.sleep(5)  # real time: no, a clock that jumps

        async def unknown(heard: Heard) -> None:
            await it.broker.refuse(heard, ErrorCode.UNKNOWN_MESSAGE)

        it.broker.on[REPORT] = unknown
        assert not await host.report(Report.READ, delivery_id="y" * 81)
        ((named, reference, gateway, data),) = reports(it)
        assert (named, gateway, data) == (None, OUTBOUND.id, "Read")
        assert reference == await host.store.shorten("y" * 81)
        assert not await host.report(Report.READ, delivery_id="z", gateway="elsewhere")
        assert len(reports(it)) == 1
        assert it.figures.reported == {"unknown": 1}
        with pytest.raises(ValueError, match="name it"):
            await host.report(Report.READ)

    bench(monkeypatch, tmp_path, scenario, Telling)


def test_a_report_is_told_until_it_is_heard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        host = await sent(it)
        await anyio.sleep(5)  # real time: no, a clock that jumps
        it.broker.on[REPORT] = silence
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(it.broker.until, lambda: len(reports(it)) > 4, 200)
            done = anyio.Event()

            async def report() -> None:
                other = Guid("33333333-3333-4333-8333-333333333333")
                assert await host.report(Report.DELIVERED, message_id=other, gateway="loft")
                done.set()

            tasks.start_soon(report)
            await anyio.sleep(100)  # real time: no, a clock that jumps
            assert not done.is_set()
            it.broker.on.clear()
            with anyio.fail_after(60):
                await done.wait()
        assert len(reports(it)) > 4

    bench(monkeypatch, tmp_path, scenario, Telling)
