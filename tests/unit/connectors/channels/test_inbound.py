"""The way in: each message once, so many at a time, until the broker has it (B-50)."""

from hashlib import sha256
from pathlib import Path

import anyio
import pytest
from attrs import evolve

from connectors.channels.channel import Attachment, Channel, Host, Incoming, NotTaken, Received
from connectors.channels.conform.broker import Heard, silence
from connectors.channels.identifiers import blob_id, shorten
from connectors.channels.settings import Limits
from protocol.blob import BlobStatusInfo
from protocol.errors import ErrorCode
from protocol.message import MessageContentInfo
from protocol.values import Direction, Guid
from tests.support.played_channel import GATEWAYS, INBOUND, WHEN, Bench, Loft, Pigeons, bench

RECEIVING = "ES_MESSAGE_RECEIVING"
LETTER = Incoming(
    gateway="loft", delivery_id="<a@b>", remote_address="anna", received=WHEN, text="coo"
)
LONG = "<" + "x" * 100 + "@far.example>"


class Idle(Pigeons):
    """A channel that takes nothing in by itself; the test does."""

    host: Host | None = None

    def __init__(self, loft: Loft) -> None:
        super().__init__(loft)
        type(self).host = None

    async def run(self, host: Host) -> None:
        type(self).host = host
        await host.stopped()


def make() -> type[Idle]:
    """A channel whose host the test gets at."""
    return type("Idle", (Idle,), {})


async def host_of(it: Bench, kind: type[Idle]) -> Host:
    await it.program.start()
    assert await it.broker.until(lambda: bool(it.broker.heard("ES_SL_GETGATEWAYS")), 60)
    await anyio.sleep(0.1)  # real time: no, a clock that jumps
    assert kind.host is not None
    return kind.host


def given(it: Bench) -> list[MessageContentInfo]:
    return [one.payload for one in it.broker.heard(RECEIVING)]


def test_a_message_is_given_as_the_broker_wants_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)
        letter = evolve(
            LETTER,
            delivery_id=LONG,
            in_reply_to=LONG,
            references=("<c@d>", LONG, " "),
            shown_from="A\0nna" + "x" * 200,
            to="x" * 400,
            subject="\ud800",
            culture="en-GB",
            is_automatic=False,
        )
        received = await host.receive(letter)
        (info,) = given(it)
        short = shorten(LONG)
        assert received == Received(it.broker.taken[INBOUND.id, short])
        assert (info.delivery_system_id, info.in_reply_to_id) == (short, short)
        assert info.references == ("<c@d>", short)
        assert info.from_field == "A\ufffdnna" + "x" * 154 + "\N{HORIZONTAL ELLIPSIS}"
        assert (len(info.to_field or ""), info.subject_field) == (320, "\ufffd")
        assert (info.direction, info.received_sent_time, info.body_text) == (
            Direction.I,
            WHEN,
            "coo",
        )
        assert await host.store.lengthen(short) == LONG

    bench(monkeypatch, tmp_path, scenario, kind)


def test_what_the_broker_has_is_not_given_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)
        first = await host.receive(LETTER)
        assert await host.receive(LETTER) == Received(first.message_id, known=True)
        await it.program.kill()
        host = await host_of(it, kind)
        assert await host.receive(LETTER) == Received(first.message_id, known=True)
        assert len(given(it)) == 1
        assert it.figures.received == {"taken": 1, "known": 2}

    bench(monkeypatch, tmp_path, scenario, kind)


def test_a_message_that_is_given_twice_at_once_is_given_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)
        results: list[Received] = []

        async def give() -> None:
            results.append(await host.receive(LETTER))

        async with anyio.create_task_group() as tasks:
            for _ in range(3):
                tasks.start_soon(give)
        assert len({one.message_id for one in results}) == 1
        assert [one.known for one in results] == [False, True, True]
        assert len(given(it)) == 1

    bench(monkeypatch, tmp_path, scenario, kind)


def test_no_more_are_under_way_than_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)
        it.broker.on[RECEIVING] = silence
        async with anyio.create_task_group() as tasks:
            for number in range(5):
                tasks.start_soon(host.receive, evolve(LETTER, delivery_id=f"n{number}"))
            await anyio.sleep(10)  # real time: no, a clock that jumps
            assert (len(given(it)), it.figures.receiving) == (2, 2)
            tasks.cancel_scope.cancel()
        it.broker.on.clear()
        await host.receive(evolve(LETTER, delivery_id="n4"))
        assert it.figures.receiving == 0

    bench(monkeypatch, tmp_path, scenario, kind, limits=Limits(receiving=2))


def test_a_refusal_for_good_is_told_the_channel(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)

        async def refuse(heard: Heard) -> None:
            await it.broker.refuse(heard, ErrorCode.TOO_LONG, "BodyText: too long")

        it.broker.on[RECEIVING] = refuse
        with pytest.raises(NotTaken, match="TooLong: BodyText") as found:
            await host.receive(LETTER)
        assert found.value.code == "TooLong"
        with pytest.raises(NotTaken, match="RemoteAddress") as found:
            await host.receive(evolve(LETTER, remote_address="x" * 300))
        assert found.value.code == "TooLong"
        with pytest.raises(NotTaken, match="shows nothing"):
            await host.receive(evolve(LETTER, delivery_id=" "))
        assert it.figures.received == {"refused": 2}

    bench(monkeypatch, tmp_path, scenario, kind)


def test_a_no_without_a_reason_is_believed_after_a_while(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)

        async def refuse(heard: Heard) -> None:
            await it.broker.receipt(heard, taken=False)

        it.broker.on[RECEIVING] = refuse
        with pytest.raises(NotTaken) as found:
            await host.receive(LETTER)
        assert (found.value.code, len(given(it))) == ("False", 6)
        assert len({one.delivery_system_id for one in given(it)}) == 1

    bench(monkeypatch, tmp_path, scenario, kind)


@pytest.mark.parametrize("code", [ErrorCode.OVERLOADED, ErrorCode.RATE_LIMITED])
def test_what_the_broker_has_no_room_for_is_given_until_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: ErrorCode
) -> None:
    """However long that takes: three hours here."""
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)
        until = anyio.current_time() + 10_800

        async def refuse(heard: Heard) -> None:
            if anyio.current_time() < until:
                await it.broker.refuse(heard, code, "no room")
            else:
                await it.broker.usual(heard)

        it.broker.on[RECEIVING] = refuse
        assert not (await host.receive(LETTER)).known
        assert len(given(it)) > 100
        assert it.figures.received == {"taken": 1}

    bench(monkeypatch, tmp_path, scenario, kind)


def test_a_message_waits_for_its_gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)
        done = anyio.Event()

        async def give() -> None:
            await host.receive(evolve(LETTER, gateway="other"))
            done.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(give)
            await anyio.sleep(30)  # real time: no, a clock that jumps
            part = "gateway other"
            assert it.figures.parts[part] == "the broker announces no such inbound gateway"
            other = Guid("99999999-9999-4999-8999-999999999999")
            it.broker.gateways = tuple(
                evolve(one, id=other) if one is INBOUND else one for one in GATEWAYS
            )
            tasks.start_soon(host.receive, evolve(LETTER, gateway=other))
            assert await it.broker.until(lambda: bool(given(it)), 400)
            assert given(it)[0].gateway_id == other
            assert not done.is_set()
            tasks.cancel_scope.cancel()

    bench(monkeypatch, tmp_path, scenario, kind)


class _Blobs:
    """A broker that takes attachments."""

    def __init__(self, it: Bench, most: int = 1_000_000) -> None:
        self.data: dict[str, bytes] = {}
        self.puts = 0
        self._broker = it.broker
        self._most = most
        self._broker.on["ES_BLOB_PUT"] = self.put

    async def put(self, heard: Heard) -> None:
        piece, self.puts = heard.payload, self.puts + 1
        if piece.size > self._most:
            await self._broker.refuse(heard, ErrorCode.TOO_LONG, "too large")
            return
        data = self.data.setdefault(piece.blob_id, b"")
        if piece.offset == len(data):
            data = self.data[piece.blob_id] = data + piece.data
        status = BlobStatusInfo(
            peer=piece.peer,
            blob_id=piece.blob_id,
            offset=len(data),
            is_complete=len(data) == piece.size,
        )
        await heard.line.say("SE_BLOB_STATUS", status, heard.frame.id)


def test_attachments_are_brought_before_their_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = make()
    data = bytes(range(256)) * 2_500

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)
        blobs = _Blobs(it)
        files = (
            Attachment(name="a.bin", data=data, content_type="image/png", content_id="i1"),
            Attachment(name="b.txt", data=b"", is_inline=True),
        )
        await host.receive(evolve(LETTER, attachments=files))
        assert INBOUND.id is not None
        names = [blob_id(INBOUND.id, "<a@b>", place) for place in range(2)]
        assert blobs.data == {names[0]: data, names[1]: b""}
        first, second = given(it)[0].attachments or ()
        assert (first.blob_id, first.size, first.content_id) == (names[0], len(data), "i1")
        assert first.sha256 == sha256(data).hexdigest()
        assert (second.name, second.size, second.is_inline) == ("b.txt", 0, True)

    bench(monkeypatch, tmp_path, scenario, kind)


def test_an_attachment_that_is_not_taken_is_named_in_the_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)
        _Blobs(it, most=3)
        files = (Attachment(name="<a>.bin", data=b"12345"), Attachment(name="b", data=b"123"))
        await host.receive(evolve(LETTER, attachments=files))
        await host.receive(
            evolve(LETTER, delivery_id="2", text=None, html="<p>coo</p>", attachments=files)
        )
        text, html = given(it)
        note = "[attachment <a>.bin, 5 bytes, not taken: TooLong: too large]"
        assert text.body_text == f"coo\n{note}"
        assert [one.name for one in text.attachments or ()] == ["b"]
        assert html.body_text is None
        assert html.body_html is not None
        assert html.body_html.startswith("<p>coo</p><p>[attachment &lt;a&gt;.bin, 5 bytes")

    bench(monkeypatch, tmp_path, scenario, kind)


def test_attachments_that_are_there_are_not_brought_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kind = make()

    async def scenario(it: Bench) -> None:
        host = await host_of(it, kind)
        blobs = _Blobs(it)
        it.broker.on[RECEIVING] = silence
        letter = evolve(LETTER, attachments=(Attachment(name="a", data=b"x" * 600_000),))
        with anyio.move_on_after(10):
            await host.receive(letter)
        assert blobs.puts == 3
        await it.program.kill()
        it.broker.on.pop(RECEIVING)
        host = await host_of(it, kind)
        await host.receive(letter)
        assert blobs.puts == 4

    bench(monkeypatch, tmp_path, scenario, kind)


def test_a_channel_is_made_of_what_it_must_do() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Channel()  # type: ignore[abstract]  # that is what is tested
