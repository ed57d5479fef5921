"""What becomes of messages on their way out when the program is killed and comes back (B-52, B-55)."""

from pathlib import Path
from typing import ClassVar

import anyio
import pytest

from connectors.channels.channel import Outgoing, Sent
from connectors.channels.conform.broker import Heard
from connectors.channels.store import State, opened
from protocol.errors import ErrorCode
from protocol.message import CommandInfo
from protocol.values import Guid
from tests.support.channel_messages import MESSAGE, ONE, TWO
from tests.support.played_channel import Bench, Pigeons, bench

SENT = "ES_MESSAGE_SENT"
GONE = Guid("99999999-9999-4999-8999-999999999999")


async def started(it: Bench) -> None:
    """Start the program, and wait until it knows its gateways."""
    asked = len(it.broker.heard("ES_SL_GETGATEWAYS"))
    await it.program.start()
    assert await it.broker.until(lambda: len(it.broker.heard("ES_SL_GETGATEWAYS")) > asked, 60)
    await anyio.sleep(5)  # real time: no, a clock that jumps


def outcomes(it: Bench) -> list[CommandInfo]:
    return [one.payload for one in it.broker.heard(SENT)]


async def outcome(it: Bench, count: int) -> CommandInfo:
    assert await it.broker.until(lambda: len(outcomes(it)) >= count, 90)
    return outcomes(it)[count - 1]


class Offering(Pigeons):
    """A channel that says when the far side may have a message, and then hangs as long as it is to."""

    offers = True
    hangs: ClassVar[dict[str, bool]] = {}

    async def send(self, message: Outgoing) -> Sent:
        if self.hangs["before"]:
            await anyio.sleep_forever()
        await message.offer()
        if self.hangs["behind"]:
            await anyio.sleep_forever()
        return await super().send(message)


@pytest.mark.parametrize("hangs", ["before", "behind"])
def test_what_the_far_side_cannot_have_comes_back_at_once_after_a_kill(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hangs: str
) -> None:
    """B-55: not sent for sure is no unknown attempt, for which the broker waits until its time is over."""
    monkeypatch.setattr(Offering, "hangs", {"before": False, "behind": False, hangs: True})

    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(MESSAGE)
        await anyio.sleep(5)  # real time: no, a clock that jumps
        await it.program.kill()
        Offering.hangs[hangs] = False
        await started(it)
        told = [one.data for one in outcomes(it)]
        back = ["throttled: the connector ended before the far side had it"]
        assert told == (back if hangs == "before" else [])
        await it.broker.sending(MESSAGE)
        assert (await outcome(it, len(told) + 1)).data is None
        assert it.loft.outbox == ["p1: coo"]
        await it.program.kill()
        async with opened(tmp_path / "store", threaded=False) as store:
            found = await store.attempt(ONE)
            assert found is not None
            assert (found.attempts, found.unknown) == (2, int(hangs == "behind"))

    bench(monkeypatch, tmp_path, scenario, Offering)


def test_what_is_asked_for_again_before_it_was_given_back_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Offering, "hangs", {"before": True, "behind": False})

    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(MESSAGE)
        await anyio.sleep(5)  # real time: no, a clock that jumps
        await it.program.kill()
        Offering.hangs["before"] = False

        async def ask(heard: Heard) -> None:
            await it.broker.usual(heard)
            await it.broker.sending(MESSAGE)

        it.broker.on["ES_SL_GETGATEWAYS"] = ask
        await started(it)
        await anyio.sleep(60)  # real time: no, a clock that jumps
        assert outcomes(it)[-1].data is None
        assert it.loft.outbox == ["p1: coo"]

    bench(monkeypatch, tmp_path, scenario, Offering)


def test_an_outcome_of_a_gateway_that_is_gone_is_told_once_and_let_be(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The broker does not know it there; what was sent is answered from the store should it be back."""

    async def scenario(it: Bench) -> None:
        async with opened(tmp_path / "store", threaded=False) as store:
            await store.begin(ONE, GONE, "p1")
            await store.finish(ONE, State.SENT)
            await store.begin(TWO, GONE, "p2")

        async def refuse(heard: Heard) -> None:
            await it.broker.refuse(heard, ErrorCode.UNKNOWN_MESSAGE)

        it.broker.on[SENT] = refuse
        await started(it)
        await anyio.sleep(300)  # real time: no, a clock that jumps
        assert len(it.broker.heard(SENT)) == 2
        await it.broker.cut()
        await anyio.sleep(300)  # real time: no, a clock that jumps
        assert len(it.broker.heard(SENT)) == 2

    monkeypatch.setattr(Offering, "hangs", {"before": False, "behind": False})
    bench(monkeypatch, tmp_path, scenario, Offering)
