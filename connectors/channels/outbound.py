"""Messages on their way out: each attempt noted before and after, so that nothing is sent twice unknowingly.

Theory of operation: an attempt is a row of the store, `Trying` from before the channel hears of it until
its outcome is known, and `Offered` in between where the channel says so. What the broker asks for again is
answered by that row: a message that was sent is not sent again, whatever became of the answer; an attempt
that is under way is one attempt, however often it is asked for; what failed is tried anew, whether or not
the broker has heard why; what an earlier life of the program left open, and an `Unknown`, make the channel
look first (`Channel.find`). Of a channel that says when it offers, a `Trying` of an earlier life was not
sent: it goes back to the broker, which need not wait until its time is over. The broker hears of an outcome
until it has acknowledged it, over connections and restarts, or asks for another attempt; of an unknown one
it hears nothing and finds out by its own clock (B-55).
"""

import logging
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Final

import anyio
import anyio.abc
from attrs import define, evolve, field

from connectors.channels.channel import (
    Channel,
    Outgoing,
    OutgoingAttachment,
    Permanent,
    SendError,
    Sent,
    Stopping,
    Temporary,
    Throttled,
    Unknown,
)
from connectors.channels.figures import Figures
from connectors.channels.fitting import ERROR_LENGTH, clean, cut
from connectors.channels.gateways import Gateways
from connectors.channels.stop import Stop
from connectors.channels.store import Attempt, State, Store
from connectors.channels.telling import innermost, insist
from connectors.client.blobs import BrokenBlobError, download
from connectors.client.errors import ConnectorError, Ended
from connectors.client.messages import MessageClient
from protocol.blob import AttachmentInfo
from protocol.message import GatewayInfo, MessageContentInfo
from protocol.values import Direction, Guid

PATIENCE: Final = 60.0
"""Seconds that a message may wait for its turn: then the broker keeps it, and counts no attempt (B-52)."""
_PERMANENT: Final = "permanent: "
_THROTTLED: Final = "throttled: "
_MARKS: Final = ("permanent:", "throttled:")

_log = logging.getLogger(__name__)


@define(eq=False)
class _Order:
    """A message that is under way.

    Attributes:
        info: The message, as the broker handed it over last.
        done: Set when it is not any more.
        is_known: What became of it is known: asking again is asking anew.
        telling: While the broker is being told.
        is_asked_again: It asked anew.
    """

    info: MessageContentInfo
    done: anyio.Event = field(factory=anyio.Event)
    is_known: bool = False
    telling: anyio.CancelScope | None = None
    is_asked_again: bool = False

    def ask_again(self, info: MessageContentInfo) -> None:
        """Let the outcome be, of which the broker has given up to hear."""
        if self.is_known:
            self.info, self.is_asked_again = info, True
            if self.telling is not None:
                self.telling.cancel()


@define(eq=False)
class Outbound:
    """The way out."""

    channel: Channel
    client: MessageClient
    store: Store
    gateways: Gateways
    figures: Figures
    stop: Stop
    most: int
    seconds: float
    clock: Callable[[], float] = anyio.current_time
    _room: anyio.Semaphore = field(init=False)
    _under_way: dict[Guid, _Order] = field(factory=dict)
    _held_until: dict[Guid, float] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._room = anyio.Semaphore(self.most)

    def event_of(self, message_id: Guid | None) -> anyio.Event | None:
        """What is set when a message is not under way any more; None: it is not."""
        order = None if message_id is None else self._under_way.get(message_id)
        return None if order is None else order.done

    def events(self) -> list[anyio.Event]:
        """The same of all messages that are under way."""
        return [order.done for order in self._under_way.values()]

    def take(self, info: MessageContentInfo, tasks: anyio.abc.TaskGroup) -> None:
        """Take a message that is to be sent; one that is under way is not taken twice (B-52)."""
        message_id = info.message_id
        assert message_id is not None  # the codec refuses a message without
        order = self._under_way.get(message_id)
        if order is not None:
            order.ask_again(info)
            return
        self._under_way[message_id] = _Order(info)
        tasks.start_soon(self._serve, message_id, None)

    async def give_back(self) -> None:
        """Before anything is sent: settle what an earlier life of the program cut off."""
        if self.channel.offers:
            await self.store.give_back(
                f"{_THROTTLED}the connector ended before the far side had it"
            )

    async def tell_untold(self, tasks: anyio.abc.TaskGroup) -> None:
        """Take up what an earlier life of the program, or a broker that was silent, left open."""
        for attempt in await self.store.untold():
            if attempt.message_id not in self._under_way and attempt.state in (
                State.SENT,
                State.FAILED,
            ):
                info = MessageContentInfo(message_id=attempt.message_id, gateway_id=attempt.gateway)
                self._under_way[attempt.message_id] = _Order(info, is_known=True)
                tasks.start_soon(self._serve, attempt.message_id, attempt)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await next(iter(self._under_way.values())).done.wait()

    # --- one message

    async def _serve(self, message_id: Guid, known: Attempt | None) -> None:
        """Have a message sent, unless its outcome is known and only to be told; tell what became of it."""
        order = self._under_way[message_id]
        outcome: Attempt | str | None = known
        self.figures.sending += known is None
        try:
            while True:
                if outcome is None:
                    outcome = await self._outcome(message_id, order.info)
                order.is_known = True
                if not order.is_asked_again:  # it may have been before this task began
                    await self._tell_outcome(order, outcome)
                if not order.is_asked_again:
                    return
                outcome, order.is_known, order.is_asked_again = None, False, False
        except (Stopping, Ended) as error:
            _log.info("message %s: the broker was not told: %s", message_id, error)
        finally:
            self.figures.sending -= known is None
            self._under_way.pop(message_id).done.set()

    async def _outcome(self, message_id: Guid, info: MessageContentInfo) -> Attempt | str | None:
        """What became of a message: of an attempt, known or new, or why there is none.

        Returns:
            The attempt as the store has it; a text for an error that was no attempt; None: nobody knows.
        """
        known = await self.store.attempt(message_id)
        if known is not None and _answers(known):
            self.figures.sent["known"] += 1
            return known
        gateway = await self.gateways.told(info.gateway_id, Direction.O)
        if gateway is None or gateway.id is None:
            return "this connector does not serve the gateway"
        refusal = self._held(gateway.id)
        if refusal is None:
            refusal = await self._wait_for_room()
        if refusal is not None:
            self.figures.sent["throttled"] += 1
            return _THROTTLED + refusal
        try:
            message = await self._read(info, gateway, known)
            if not await self._found(message, known):
                await self._try(message, gateway.id)
        finally:
            self._room.release()
        made = await self.store.attempt(message_id)
        return made if made is not None and made.state in (State.SENT, State.FAILED) else None

    def _held(self, gateway: Guid) -> str | None:
        """Why nothing is sent by a gateway just now."""
        if self.stop.begun:
            return "the connector is stopping"
        left = self._held_until.get(gateway, 0.0) - self.clock()
        return f"the far side takes no more for {left:.0f} s" if left > 0 else None

    async def _wait_for_room(self) -> str | None:
        with anyio.move_on_after(PATIENCE) as waited:
            await self._room.acquire()
        if waited.cancelled_caught:
            return f"{self.most} messages are being sent, and none is done"
        if self.stop.begun:
            self._room.release()
            return "the connector is stopping"
        return None

    async def _found(self, message: Outgoing, known: Attempt | None) -> bool:
        """Look for a message whose last attempt has an unknown outcome.

        Returns:
            Whether the far side has it.
        """
        if known is None or known.state in (State.SENT, State.FAILED):
            return False
        try:
            with anyio.fail_after(self.seconds):
                sent = await self.channel.find(message)
        except Exception as error:  # noqa: BLE001 - a channel that cannot look has not found it
            _log.info("message %s: cannot be looked for: %s", message.message_id, error)
            return False
        if sent is None:
            return False
        self.figures.sent["found"] += 1
        await self.store.finish(message.message_id, State.SENT, delivery_id=sent.delivery_id)
        return True

    async def _try(self, message: Outgoing, gateway: Guid) -> None:
        """Make one attempt, and note its outcome."""
        begun = await self.store.begin(message.message_id, gateway, message.delivery_id)
        message = _counted(message, begun)
        offered = partial(self.store.note_offered, message.message_id)
        message = evolve(message, offered=offered)
        try:
            sent = await self._send(message)
        except Unknown as error:
            _log.warning("message %s: perhaps sent: %s", message.message_id, error)
            self.figures.sent["unknown"] += 1
            await self.store.finish(message.message_id, State.UNKNOWN)
        except SendError as error:
            self.figures.sent[type(error).__name__.lower()] += 1
            if isinstance(error, Throttled) and error.retry_after is not None:
                self._held_until[gateway] = self.clock() + error.retry_after
            await self.store.finish(message.message_id, State.FAILED, text=told(error))
        else:
            self.figures.sent["sent"] += 1
            await self.store.finish(
                message.message_id, State.SENT, delivery_id=sent.delivery_id or None
            )

    async def _send(self, message: Outgoing) -> Sent:
        """Have the channel send.

        Raises:
            SendError: It did not, or nobody knows.
        """
        try:
            with anyio.fail_after(self.seconds):
                return await self.channel.send(message)
        except TimeoutError:
            raise Unknown(f"the channel took more than {self.seconds:g} s") from None
        except Exception as error:
            if isinstance(found := innermost(error), SendError):
                raise found from found.__cause__
            _log.exception("message %s: the channel failed", message.message_id)
            raise Unknown(str(error)) from error

    # --- what the broker hears

    async def _tell_outcome(self, order: _Order, outcome: Attempt | str | None) -> None:
        """Tell the broker what became of a message until it has heard, or asks again.

        Raises:
            Stopping: The program ends before.
        """
        if outcome is None:
            return
        name: str | None = None
        error: str | None = None
        match outcome:
            case Attempt(state=State.SENT):
                name = outcome.delivery_id
            case Attempt():
                error = outcome.text
            case str():
                error = outcome
        say = partial(self.client.message_sent, order.info, delivery_id=name, error=error)
        with anyio.CancelScope() as order.telling:
            await insist(say, self.stop)
        order.telling = None
        if isinstance(outcome, Attempt) and not order.is_asked_again:
            await self.store.note_told(outcome.message_id)

    # --- what the channel hears

    async def _read(
        self, info: MessageContentInfo, gateway: GatewayInfo, known: Attempt | None
    ) -> Outgoing:
        """A message as the channel sees it: names in their long forms."""
        assert info.message_id is not None
        lengthen = self.store.lengthen
        answers = info.in_reply_to_id
        return Outgoing(
            message_id=info.message_id,
            gateway=gateway,
            delivery_id=info.delivery_system_id or info.message_id,
            remote_address=info.remote_address or "",
            shown_from=info.from_field,
            to=info.to_field,
            cc=info.to_cc_field,
            bcc=info.to_bcc_field,
            extended_fields=info.extended_fields,
            subject=info.subject_field,
            html=info.body_html,
            text=info.body_text,
            in_reply_to=await lengthen(answers) if answers is not None else None,
            references=tuple([await lengthen(one) for one in info.references or ()]),
            drafted=info.draft_time,
            sent=info.received_sent_time,
            culture=info.culture,
            attachments=tuple(self._file(one, gateway) for one in info.attachments or ()),
            attempt=known.attempts if known is not None else 1,
            unknown_before=known.unknown if known is not None else 0,
            info=info,
        )

    def _file(self, info: AttachmentInfo, gateway: GatewayInfo) -> OutgoingAttachment:
        blob = info.blob_id or Guid("")
        return OutgoingAttachment(
            name=info.name or "attachment",
            size=info.size,
            content_type=info.content_type or "application/octet-stream",
            content_id=info.content_id,
            is_inline=info.is_inline,
            pieces=partial(self._pieces, gateway.peer_address or "", blob),
        )

    async def _pieces(self, peer: str, blob: Guid) -> AsyncIterator[bytes]:
        try:
            async for piece in download(self.client, peer, blob):
                yield piece
        except (ConnectorError, BrokenBlobError) as error:
            raise Temporary(f"an attachment could not be fetched: {error}") from error


def told(error: SendError) -> str:
    """What the broker is told of a failure; its first word says what it does next (B-55)."""
    text = (clean(str(error)) or "").strip() or "no reason was given"
    match error:
        case Permanent():
            text = _PERMANENT + text.removeprefix(_PERMANENT)
        case Throttled():
            text = _THROTTLED + text.removeprefix(_THROTTLED)
        case _ if text.lower().startswith(_MARKS):
            text = f"temporary: {text}"
        case _:
            pass
    return cut(text, ERROR_LENGTH)


def _answers(attempt: Attempt) -> bool:
    """Whether a message that is asked for is answered with what is known of it, and not tried."""
    return attempt.state is State.SENT


def _counted(message: Outgoing, attempt: Attempt) -> Outgoing:
    return evolve(message, attempt=attempt.attempts, unknown_before=attempt.unknown)
