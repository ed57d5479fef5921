"""The way out: what is sent, what is answered from the store, and what waits (B-52, B-53, B-55)."""

from pathlib import Path
from typing import Any, ClassVar

import anyio
import pytest
from attrs import evolve

from connectors.channels.channel import (
    Outgoing,
    Permanent,
    SendError,
    Sent,
    Temporary,
    Throttled,
    Unknown,
)
from connectors.channels.conform.broker import Heard
from connectors.channels.outbound import told
from connectors.channels.settings import Limits
from connectors.channels.store import State, Store, opened
from protocol.blob import AttachmentInfo, BlobInfo
from protocol.errors import ErrorCode
from protocol.message import CommandInfo, MessageContentInfo
from protocol.values import Guid
from tests.support.channel_messages import MESSAGE, ONE, OTHER, TWO
from tests.support.played_channel import OUTBOUND, Bench, Loft, Pigeons, bench

SENT = "ES_MESSAGE_SENT"


async def started(it: Bench) -> None:
    await it.program.start()
    await again(it)


async def again(it: Bench) -> None:
    """Wait until the program is there and knows its gateways."""
    asked = len(it.broker.heard("ES_SL_GETGATEWAYS"))
    assert await it.broker.until(lambda: len(it.broker.heard("ES_SL_GETGATEWAYS")) > asked, 60)
    await anyio.sleep(0.1)  # real time: no, a clock that jumps


def outcomes(it: Bench, message: MessageContentInfo = MESSAGE) -> list[CommandInfo]:
    return [one.payload for one in it.broker.heard(SENT) if one.payload.id == message.message_id]


async def outcome(it: Bench, count: int = 1, within: float = 90.0) -> CommandInfo:
    assert await it.broker.until(lambda: len(outcomes(it)) >= count, within)
    return outcomes(it)[count - 1]


class Raising(Pigeons):
    """A channel that raises what it is told to, in order, then sends."""

    errors: ClassVar[list[Exception]]

    def __init__(self, loft: Loft) -> None:
        super().__init__(loft)
        self.seen: list[Outgoing] = []

    async def send(self, message: Outgoing) -> Sent:
        self.seen.append(message)
        if self.errors:
            raise self.errors.pop(0)
        return await super().send(message)


def raising(*errors: Exception, made: list[Raising] | None = None) -> Any:
    kind = type("Raising", (Raising,), {"errors": list(errors)})

    def make(loft: Loft) -> Raising:
        channel: Raising = kind(loft)
        if made is not None:
            made.append(channel)
        return channel

    return make


def test_what_was_sent_has_the_name_of_the_far_side(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(MESSAGE)
        found = await outcome(it)
        assert (found.ref_id, found.reference, found.data) == (OUTBOUND.id, "ring p1", None)
        assert it.loft.outbox == ["p1: coo"]
        assert it.figures.sent == {"sent": 1}

    bench(monkeypatch, tmp_path, scenario)


def test_a_message_that_comes_before_its_gateways_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """B-53: the broker hands over as soon as it is asked; what it says of gateways may come behind."""

    async def scenario(it: Bench) -> None:
        async def first(heard: Heard) -> None:
            await it.broker.sending(MESSAGE)
            await anyio.sleep(5)  # real time: no, a clock that jumps
            await it.broker.usual(heard)

        it.broker.on["ES_SL_GETGATEWAYS"] = first
        await started(it)
        found = await outcome(it)
        assert (found.reference, found.data) == ("ring p1", None)

    bench(monkeypatch, tmp_path, scenario)


def test_a_message_of_a_gateway_that_is_not_served_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(evolve(MESSAGE, gateway_id=ONE))
        assert (await outcome(it)).data == "this connector does not serve the gateway"

    bench(monkeypatch, tmp_path, scenario)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Temporary("the loft is closed"), "the loft is closed"),
        (Temporary("permanent: so they say"), "temporary: permanent: so they say"),
        (Temporary(" \0 "), "\ufffd"),
        (Temporary(""), "no reason was given"),
        (Permanent("no such loft"), "permanent: no such loft"),
        (Throttled("storm"), "throttled: storm"),
        (Temporary("x" * 5_000), "x" * 4_095 + "\N{HORIZONTAL ELLIPSIS}"),
    ],
)
def test_the_first_word_of_a_failure_says_what_is_next(error: SendError, text: str) -> None:
    assert told(error) == text


def test_a_failure_is_told_once_and_then_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[Raising] = []

    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(MESSAGE)
        assert (await outcome(it)).data == "the loft is closed"
        await anyio.sleep(30)  # real time: no, a clock that jumps
        await it.broker.sending(MESSAGE)
        assert (await outcome(it, 2)).data is None
        assert [one.attempt for one in made[0].seen] == [1, 2]
        assert len(it.loft.outbox) == 1

    bench(monkeypatch, tmp_path, scenario, raising(Temporary("the loft is closed"), made=made))


def test_a_failure_that_the_broker_did_not_hear_is_no_new_attempt(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[Raising] = []

    async def scenario(it: Bench) -> None:
        await started(it)

        async def die(heard: Heard) -> None:
            await it.program.kill()
            del it.broker.on[SENT]

        it.broker.on[SENT] = die
        await it.broker.sending(MESSAGE)
        await outcome(it)
        await it.program.start()
        await again(it)
        assert (await outcome(it, 2)).data == "the loft is closed"
        assert sum(len(one.seen) for one in made) == 1

    bench(monkeypatch, tmp_path, scenario, raising(Temporary("the loft is closed"), made=made))


@pytest.mark.parametrize("error", [Unknown("the line went dead"), RuntimeError("a bug")])
def test_of_what_was_perhaps_sent_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    made: list[Raising] = []

    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(MESSAGE)
        assert not await it.broker.until(lambda: bool(outcomes(it)), 90)
        await it.broker.sending(MESSAGE)
        assert (await outcome(it)).data is None
        assert [one.unknown_before for one in made[0].seen] == [0, 1]
        assert it.figures.sent == {"unknown": 1, "sent": 1}

    bench(monkeypatch, tmp_path, scenario, raising(error, made=made))


def test_an_error_out_of_tasks_of_the_channel_is_what_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(MESSAGE)
        assert (await outcome(it)).data == "permanent: no"

    group = ExceptionGroup("tasks", [ExceptionGroup("more", [Permanent("no")])])
    bench(monkeypatch, tmp_path, scenario, raising(group))


def test_an_attempt_that_was_cut_off_is_looked_for_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Cut(Pigeons):
        async def send(self, message: Outgoing) -> Sent:
            await super().send(message)
            await anyio.sleep_forever()
            raise AssertionError

    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(MESSAGE)
        await anyio.sleep(5)  # real time: no, a clock that jumps
        await it.program.kill()
        await it.program.start()
        await again(it)
        assert outcomes(it) == []
        await it.broker.sending(MESSAGE)
        found = await outcome(it)
        assert (found.reference, found.data) == ("ring p1", None)
        assert it.loft.outbox == ["p1: coo"]
        assert it.figures.sent == {"found": 1}

    bench(monkeypatch, tmp_path, scenario, Cut)


def test_what_is_not_there_for_sure_is_sent_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Looking(Raising):
        errors: ClassVar[list[Exception]] = [Unknown("?")]

        async def find(self, message: Outgoing) -> Sent | None:
            return None

    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(MESSAGE)
        await anyio.sleep(5)  # real time: no, a clock that jumps
        await it.broker.sending(MESSAGE)
        assert (await outcome(it)).data is None
        assert it.loft.outbox == ["p1: coo"]

    bench(monkeypatch, tmp_path, scenario, Looking)


def test_what_is_asked_for_while_it_is_told_is_answered_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The broker asks again between the answer and its acknowledgement."""

    async def scenario(it: Bench) -> None:
        await started(it)

        async def ask_first(heard: Heard) -> None:
            del it.broker.on[SENT]
            await it.broker.sending(MESSAGE)
            await it.broker.acknowledge(heard)

        it.broker.on[SENT] = ask_first
        await it.broker.sending(MESSAGE)
        assert (await outcome(it, 2)).data is None
        assert it.loft.outbox == ["p1: coo"]

    bench(monkeypatch, tmp_path, scenario)


def test_what_is_asked_for_while_it_is_noted_as_told_is_answered_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The broker asks again between its acknowledgement and the note that it has heard."""
    noted = Store.note_told

    async def scenario(it: Bench) -> None:
        await started(it)

        async def ask_first(store: Store, message_id: Guid) -> None:
            monkeypatch.setattr(Store, "note_told", noted)
            await it.broker.sending(MESSAGE)
            await anyio.sleep(1)  # real time: no, a clock that jumps
            await noted(store, message_id)

        monkeypatch.setattr(Store, "note_told", ask_first)
        await it.broker.sending(MESSAGE)
        assert (await outcome(it, 2)).data is None
        assert it.loft.outbox == ["p1: coo"]

    bench(monkeypatch, tmp_path, scenario)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_what_failed_is_tried_anew_when_it_is_asked_for_before_that_is_heard(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, is_restarted: bool
) -> None:
    """The broker has given the attempt up, and asks for another: the old error is no answer to that."""
    made: list[Raising] = []

    async def scenario(it: Bench) -> None:
        await started(it)

        async def silent(heard: Heard) -> None:
            """Nothing is acknowledged."""

        it.broker.on[SENT] = silent
        await it.broker.sending(MESSAGE)
        assert (await outcome(it)).data == "the loft is closed"
        if is_restarted:
            await it.program.kill()
            await it.program.start()
            await again(it)
            assert (await outcome(it, 2)).data == "the loft is closed"
        await anyio.sleep(120)  # real time: no, a clock that jumps
        del it.broker.on[SENT]
        await it.broker.sending(MESSAGE)
        assert await it.broker.until(lambda: any(one.data is None for one in outcomes(it)), 10)
        assert it.loft.outbox == ["p1: coo"]
        assert [one.attempt for channel in made for one in channel.seen] == [1, 2]
        await anyio.sleep(600)  # real time: no, a clock that jumps
        said = len(outcomes(it))
        await anyio.sleep(600)  # real time: no, a clock that jumps
        assert len(outcomes(it)) == said

    bench(monkeypatch, tmp_path, scenario, raising(Temporary("the loft is closed"), made=made))


def test_a_slow_attempt_is_one_however_often_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        it.loft.seconds = 200.0
        await started(it)
        for _ in range(3):
            await it.broker.sending(MESSAGE)
            await anyio.sleep(60)  # real time: no, a clock that jumps
        assert (await outcome(it)).data is None
        assert it.loft.outbox == ["p1: coo"]

    bench(monkeypatch, tmp_path, scenario)


def test_a_channel_that_takes_too_long_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        it.loft.seconds = 1_000.0
        await started(it)
        await it.broker.sending(MESSAGE)
        await anyio.sleep(20)  # real time: no, a clock that jumps
        assert it.figures.sent == {"unknown": 1}

    bench(monkeypatch, tmp_path, scenario, limits=Limits(send=10.0))


def test_who_waits_too_long_for_its_turn_goes_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        it.loft.seconds = 100.0
        await started(it)
        await it.broker.sending(OTHER)
        await it.broker.sending(MESSAGE)
        found = await outcome(it, within=61)
        assert found.data == "throttled: 1 messages are being sent, and none is done"
        assert it.loft.outbox == []

    bench(monkeypatch, tmp_path, scenario, limits=Limits(sending=1))


def test_a_far_side_that_takes_no_more_holds_its_gateway(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[Raising] = []

    async def scenario(it: Bench) -> None:
        await started(it)
        await it.broker.sending(OTHER)
        await anyio.sleep(1)  # real time: no, a clock that jumps
        await it.broker.sending(MESSAGE)
        assert (await outcome(it)).data == "throttled: the far side takes no more for 59 s"
        assert len(made[0].seen) == 1
        await anyio.sleep(60)  # real time: no, a clock that jumps
        await it.broker.sending(MESSAGE)
        assert (await outcome(it, 2)).data is None

    bench(monkeypatch, tmp_path, scenario, raising(Throttled("storm", 60.0), made=made))


def test_a_broker_that_does_not_know_the_message_is_told_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def scenario(it: Bench) -> None:
        await started(it)

        async def refuse(heard: Heard) -> None:
            await it.broker.refuse(heard, ErrorCode.UNKNOWN_MESSAGE)

        it.broker.on[SENT] = refuse
        await it.broker.sending(MESSAGE)
        await anyio.sleep(300)  # real time: no, a clock that jumps
        assert len(outcomes(it)) == 1
        await it.program.kill()
        async with opened(tmp_path / "store", threaded=False) as store:
            found = await store.attempt(ONE)
            assert found is not None
            assert (found.state, found.told) == (State.SENT, True)

    bench(monkeypatch, tmp_path, scenario)


def test_the_channel_gets_long_names_and_attachments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[Raising] = []
    data = bytes(range(256)) * 2_000
    long = "<" + "x" * 100 + "@far.example>"
    blob = AttachmentInfo(blob_id=TWO, name="a.bin", size=len(data), content_type="image/png")

    async def scenario(it: Bench) -> None:
        async with opened(tmp_path / "store", threaded=False) as store:
            short = await store.shorten(long)

        async def give(heard: Heard) -> None:
            wanted = heard.payload
            piece = data[wanted.offset : wanted.offset + wanted.length]
            answer = BlobInfo(
                peer="loft", blob_id=TWO, offset=wanted.offset, data=piece, size=len(data)
            )
            await heard.line.say("SE_BLOB_DATA", answer, heard.frame.id)

        it.broker.on["ES_BLOB_GET"] = give
        await started(it)
        message = evolve(
            MESSAGE, in_reply_to_id=short, references=("<a@b>", short), attachments=(blob,)
        )
        await it.broker.sending(message)
        assert (await outcome(it)).data is None
        (seen,) = made[0].seen
        assert (seen.in_reply_to, seen.references) == (long, ("<a@b>", long))
        assert await seen.attachments[0].read() == data

    bench(monkeypatch, tmp_path, scenario, raising(made=made))


def test_an_attachment_that_is_not_given_is_a_failure_that_passes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Reading(Pigeons):
        async def send(self, message: Outgoing) -> Sent:
            await message.attachments[0].read()
            return await super().send(message)

    async def scenario(it: Bench) -> None:
        await started(it)
        blob = AttachmentInfo(blob_id=TWO, name="a.bin", size=5)
        await it.broker.sending(evolve(MESSAGE, attachments=(blob,)))
        found = await outcome(it)
        assert (found.data or "").startswith("an attachment could not be fetched: WrongState")
        assert it.loft.outbox == []

    bench(monkeypatch, tmp_path, scenario, Reading)
