"""Messages on their way in: each once, so many at a time, until the broker has it on its disk (B-50)."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from html import escape
from typing import Final

import anyio
from attrs import define, evolve, field

from connectors.channels.channel import Attachment, Incoming, NotTaken, Received
from connectors.channels.figures import Figures
from connectors.channels.fitting import clean, shown
from connectors.channels.gateways import Gateways
from connectors.channels.identifiers import blob_id
from connectors.channels.stop import Stop
from connectors.channels.store import Store
from connectors.channels.telling import AGAIN, BUSY
from connectors.client.blobs import upload
from connectors.client.errors import ConnectorError, Ended, Refused
from connectors.client.messages import MessageClient
from protocol.blob import AttachmentInfo
from protocol.errors import ErrorCode
from protocol.message import GatewayInfo, MessageContentInfo
from protocol.values import Direction, Guid

REFUSALS: Final = 6
"""How often in a row the broker may say no without a reason before it is believed."""
REFERENCES: Final = 100
"""Most names of earlier messages that are told, the newest."""

_OF_THE_GATEWAY: Final = frozenset({ErrorCode.UNKNOWN_GATEWAY, ErrorCode.NOT_ALLOWED})
"""Refusals that say nothing against the message: its gateway is gone, or not ours any more."""

_log = logging.getLogger(__name__)


@define(eq=False)
class Inbound:
    """The way in."""

    client: MessageClient
    store: Store
    gateways: Gateways
    figures: Figures
    stop: Stop
    most: int
    _room: anyio.Semaphore = field(init=False)
    _under_way: dict[tuple[Guid | None, str], anyio.Event] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._room = anyio.Semaphore(self.most)

    async def receive(self, message: Incoming) -> Received:
        """Give a message to the broker; see `Host.receive`."""
        self.stop.check()
        gateway = await self.inbound(message.gateway)
        async with self._alone(gateway, message.delivery_id):
            known = await self._known(gateway, message.delivery_id)
            if known is not None:
                self.figures.received["known"] += 1
                return Received(known, known=True)
            async with self._room:
                self.stop.check()
                self.figures.receiving += 1
                try:
                    received = await self._give(message, gateway)
                except NotTaken:
                    self.figures.received["refused"] += 1
                    raise
                finally:
                    self.figures.receiving -= 1
        self.figures.received["taken"] += 1
        return received

    async def inbound(self, name: str) -> GatewayInfo:
        """The inbound gateway of a name, once the broker has announced one.

        Raises:
            Stopping: The program ends before.
        """
        while (found := self.gateways.find(name, Direction.I)) is None:
            self.figures.parts[f"gateway {name}"] = "the broker announces no such inbound gateway"
            await self.stop.until(self.gateways.changed)
        self.figures.parts.pop(f"gateway {name}", None)
        return found

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await next(iter(self._under_way.values())).wait()

    @asynccontextmanager
    async def _alone(self, gateway: GatewayInfo, delivery_id: str) -> AsyncIterator[None]:
        """Be the only one who gives this message now."""
        key = (gateway.id, delivery_id)
        while (other := self._under_way.get(key)) is not None:
            await other.wait()
        done = self._under_way[key] = anyio.Event()
        try:
            yield
        finally:
            del self._under_way[key]
            done.set()

    async def _known(self, gateway: GatewayInfo, delivery_id: str) -> Guid | None:
        assert gateway.id is not None
        try:
            return await self.store.received(gateway.id, delivery_id)
        except ValueError as error:
            raise NotTaken(f"DeliverySystemId: {error}", ErrorCode.BAD_PAYLOAD) from error

    async def _give(self, message: Incoming, gateway: GatewayInfo) -> Received:
        """Give a message until it is taken or refused for good."""
        failures = refusals = 0
        while True:
            try:
                info = await self._written(message, gateway)
                receipt = await self.client.receive_message(info)
                if receipt.is_taken and receipt.message_id is not None:
                    assert gateway.id is not None
                    await self.store.note_received(
                        gateway.id, message.delivery_id, receipt.message_id
                    )
                    return Received(receipt.message_id)
                why: str = "the broker did not take it, and said no reason"
                refusals += 1
            except Ended:
                raise
            except Refused as error:
                if error.code not in BUSY | _OF_THE_GATEWAY:
                    raise NotTaken(str(error), error.code) from error
                why = str(error)
                refusals += error.code in _OF_THE_GATEWAY
            except ConnectorError as error:
                why = str(error)
            failures += 1
            if refusals >= REFUSALS:
                raise NotTaken(why, "False")
            _log.info("message %s: once more, for %s", message.delivery_id, why)
            await self.stop.rest(AGAIN, failures)
            if refusals:
                await self.gateways.ask()
                gateway = await self.inbound(message.gateway)

    async def _written(self, message: Incoming, gateway: GatewayInfo) -> MessageContentInfo:
        """The payload of a message, its attachments brought before."""
        brought, left_out = await self._bring(message, gateway)
        names = message.references[-REFERENCES:]
        html, text = clean(message.html), clean(message.text)
        for attachment, why in left_out:
            note = f"[attachment {attachment.name}, {len(attachment.data)} bytes, not taken: {why}]"
            html = None if html is None else f"{html}<p>{escape(note)}</p>"
            text = f"{text or ''}\n{note}" if text is not None or html is None else None
        return MessageContentInfo(
            delivery_system_id=await self.store.shorten(message.delivery_id),
            in_reply_to_id=await self._name(message.in_reply_to),
            request_id=sha256(
                f"{gateway.id}/{message.delivery_id}".encode("utf-8", "replace")
            ).hexdigest(),
            gateway_id=gateway.id,
            from_field=shown(message.shown_from, "FromField"),
            remote_address=clean(message.remote_address),
            to_field=shown(message.to, "ToField"),
            to_cc_field=shown(message.cc, "ToCcField"),
            to_bcc_field=shown(message.bcc, "ToBccField"),
            direction=Direction.I,
            received_sent_time=message.received,
            draft_time=message.drafted,
            subject_field=shown(message.subject, "SubjectField"),
            body_html=html,
            body_text=text if text is not None or html is not None else "",
            culture=message.culture,
            spam_level=message.spam_level,
            signature_validity=message.signature_validity,
            attachments=brought or None,
            references=tuple([await self.store.shorten(one) for one in names if one.strip()])
            or None,
            is_automatic=message.is_automatic,
        )

    async def _name(self, identifier: str | None) -> str | None:
        if identifier is None or not identifier.strip():
            return None
        return await self.store.shorten(identifier)

    async def _bring(
        self, message: Incoming, gateway: GatewayInfo
    ) -> tuple[tuple[AttachmentInfo, ...], list[tuple[Attachment, str]]]:
        """Bring the attachments: those that the broker has now, and those that it does not take."""
        brought: list[AttachmentInfo] = []
        left_out: list[tuple[Attachment, str]] = []
        assert gateway.id is not None
        for position, attachment in enumerate(message.attachments):
            name = shown(attachment.name, "Name") or "attachment"
            blob = blob_id(gateway.id, message.delivery_id, position)
            peer = gateway.peer_address or message.gateway
            kind = attachment.content_type
            try:
                await upload(self.client, peer, blob, attachment.data, name=name, content_type=kind)
            except Refused as error:
                if error.code in BUSY | _OF_THE_GATEWAY:
                    raise
                left_out.append((evolve(attachment, name=name), str(error)))
                continue
            brought.append(
                AttachmentInfo(
                    blob_id=blob,
                    name=name,
                    content_type=kind,
                    size=len(attachment.data),
                    sha256=sha256(attachment.data).hexdigest(),
                    content_id=clean(attachment.content_id),
                    is_inline=attachment.is_inline,
                )
            )
        return tuple(brought), left_out
