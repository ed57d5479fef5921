"""The frame over TCP and with its thread, under trio and under asyncio."""

from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketAttribute
from attrs import evolve

from connectors.channels.channel import Attachment, Host, Incoming, Outgoing, Sent
from connectors.channels.conform.broker import Blob, PlayedBroker
from connectors.channels.host import serve
from connectors.channels.stop import Stop
from connectors.channels.store import opened
from protocol.blob import AttachmentInfo
from tests.support.channel_messages import MESSAGE, TWO
from tests.support.played_channel import BROKER, GATEWAYS, INBOUND, WHEN, Loft, Pigeons

DATA = bytes(range(256)) * 2_500


class Carrying(Pigeons):
    """A channel of one message in, with an attachment, and of attachments out."""

    def __init__(self, loft: Loft) -> None:
        super().__init__(loft)
        self.carried: list[bytes] = []

    async def run(self, host: Host) -> None:
        letter = Incoming(
            gateway="loft",
            delivery_id="a",
            remote_address="anna",
            received=WHEN,
            text="coo",
            attachments=(Attachment(name="a.bin", data=DATA),),
        )
        await host.receive(letter)
        await host.stopped()

    async def send(self, message: Outgoing) -> Sent:
        self.carried += [await one.read() for one in message.attachments]
        return await super().send(message)


@pytest.mark.parametrize("backend", ["trio", "asyncio"])
def test_messages_and_attachments_go_both_ways(tmp_path: Path, backend: str) -> None:
    channel = Carrying(Loft())

    async def scenario() -> None:
        broker, stop = PlayedBroker(GATEWAYS, "loft-secret"), Stop()
        broker.blobs[TWO] = Blob(len(DATA), bytearray(DATA))
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        where = f"127.0.0.1:{listener.extra(SocketAttribute.local_port)}"
        with anyio.fail_after(30):
            async with (
                listener,
                opened(tmp_path / "store") as store,
                anyio.create_task_group() as tasks,
            ):
                tasks.start_soon(listener.serve, broker.serve)

                async def program() -> None:
                    await serve(channel, evolve(BROKER, address=where), store, stop=stop)
                    tasks.cancel_scope.cancel()

                tasks.start_soon(program)
                assert await broker.until(lambda: bool(broker.taken), 20)
                file = AttachmentInfo(blob_id=TWO, name="b.bin", size=len(DATA))
                await broker.sending(evolve(MESSAGE, attachments=(file,)))
                assert await broker.until(lambda: bool(broker.heard("ES_MESSAGE_SENT")), 20)
                stop.begin()
        (told,) = broker.heard("ES_MESSAGE_SENT")
        assert (told.payload.data, channel.carried) == (None, [DATA])
        assert broker.taken.keys() == {(INBOUND.id, "a")}
        assert DATA in {bytes(blob.data) for name, blob in broker.blobs.items() if name != TWO}
        assert broker.findings == []

    anyio.run(scenario, backend=backend)
