"""What a channel is, and what it is given: the interface between a channel and the frame under it.

    class Pigeons(Channel):
        name = "pigeons"

        async def run(self, host: Host) -> None:
            while not host.stopping:
                for letter in self.loft.letters():
                    await host.receive(Incoming(gateway="loft", delivery_id=letter.ring, ...))
                    letter.burn()                     # only now: the broker has it on disk
                await host.pause(5)

        async def send(self, message: Outgoing) -> Sent:
            try:
                return Sent(await self.loft.fly(message.remote_address, message.text))
            except Storm as error:
                raise Throttled(str(error), retry_after=3600) from error

A channel knows one far side and nothing of the protocol. What is always the same is the frame's work:

*Inbound.* `host.receive` comes back when the broker has the message on its disk, however long the broker is
away. What was given before is not given again, so a channel that does not know whether it did simply does
it once more, with the same `delivery_id`. Only after that the channel deletes, marks or acknowledges
what it took it from. At most so many are under way as `[limits] receiving` says; the next call waits, and so
should whatever feeds the channel.

*Outbound.* The frame calls `send` once for each attempt, notes that it does so before, and what became of it
after. An attempt that the broker repeats because it did not hear the outcome is answered from the store,
and `send` is not called. An attempt that was cut off (the process was killed) has an unknown outcome: then
`find` is asked, and only when that does not know either `send` is called again. Where a channel says of
each message when the far side may have it (`Outgoing.offer`), what was cut off before that goes back to the
broker at once. At most so many calls of `send` run at the same time as `[limits] sending` says.

*Names.* A channel uses the names of its far side, of any length. The frame shortens them for the broker.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol

from attrs import field, frozen

from connectors.channels.store import Store
from protocol.message import GatewayInfo, MessageContentInfo
from protocol.values import Channel as Kind
from protocol.values import Direction, Guid

# --- what comes in


@frozen(kw_only=True)
class Attachment:
    """A file that comes with an inbound message.

    Attributes:
        name: Name of the file, as the far side has it.
        data: What is in it.
        content_type: Its type as the far side says it; the broker looks for itself.
        content_id: The name under which the HTML of the message shows it (`cid:`), without brackets.
        is_inline: Whether it is shown in the message, not beside it.
    """

    name: str
    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")
    content_type: str = "application/octet-stream"
    content_id: str | None = None
    is_inline: bool = False


@frozen(kw_only=True)
class Incoming:
    """A message that the channel got.

    Members that are only shown (`shown_from`, `to`, `cc`, `bcc`, `subject`) are cut by the frame to what the
    broker takes; U+0000 and halves of surrogate pairs are replaced everywhere. All else must fit.

    Attributes:
        gateway: The gateway that it came to: its address, or its id where several have one address.
        delivery_id: Its name at the far side, of any length; never given to another message.
        remote_address: Who sent it: where an answer goes to.
        received: When it was received. It must be the same at each try, so take the far side's word where
            it has one.
        shown_from: The sender as it is shown.
        to: The receivers as they are shown.
        cc: Receivers of copies, likewise.
        bcc: Hidden receivers, likewise.
        subject: Its subject.
        html: Its body as HTML.
        text: Its body as text; of the two the broker makes the one that is missing.
        in_reply_to: Name at the far side of the message that it answers.
        references: Names of the messages before it, the oldest first.
        drafted: When it was written.
        culture: Its language, as `en-GB`.
        spam_level: 0 none, 3 found by a filter; None: not looked at.
        signature_validity: -1 none, 0 valid, more: a fault; None: not looked at.
        is_automatic: Whether a program wrote it (vacation, bounce, list).
        attachments: What comes with it.
    """

    gateway: str
    delivery_id: str
    remote_address: str
    received: datetime
    shown_from: str | None = None
    to: str | None = None
    cc: str | None = None
    bcc: str | None = None
    subject: str | None = None
    html: str | None = None
    text: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    drafted: datetime | None = None
    culture: str | None = None
    spam_level: int | None = None
    signature_validity: int | None = None
    is_automatic: bool | None = None
    attachments: tuple[Attachment, ...] = ()


@frozen
class Received:
    """The broker has an inbound message on its disk.

    Attributes:
        message_id: Its name at the broker.
        known: Whether it was given before, as far as this channel's own store knows.
    """

    message_id: Guid
    known: bool = False


class NotTaken(Exception):
    """The broker does not take a message, and will not take it as it is.

    The channel must not give it again and again: it sets it aside, where a person finds it.

    Attributes:
        code: The code of the broker's refusal; `False` where it answered without one.
    """

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code


class Stopping(Exception):
    """The program is about to end and takes nothing more in; `Channel.run` may let it through."""


# --- what goes out


async def _nothing() -> None:
    """Note nothing: nobody keeps it."""


@frozen(kw_only=True)
class OutgoingAttachment:
    """A file that goes with an outbound message; it is fetched from the broker when it is read.

    Attributes:
        name: Name of the file.
        size: How many bytes it has.
        content_type: Its type.
        content_id: The name under which the HTML shows it (`cid:`).
        is_inline: Whether it is shown in the message.
    """

    name: str
    size: int
    content_type: str
    content_id: str | None = None
    is_inline: bool = False
    _pieces: Callable[[], AsyncIterator[bytes]] = field(repr=False, eq=False)

    async def read(self) -> bytes:
        """Fetch it as a whole.

        Raises:
            Temporary: The broker does not have it, or is gone.
        """
        return b"".join([piece async for piece in self._pieces()])

    def pieces(self) -> AsyncIterator[bytes]:
        """Fetch it piece by piece, each of at most 256 KiB."""
        return self._pieces()


@frozen(kw_only=True)
class Outgoing:
    """A message to be sent.

    Attributes:
        message_id: Its name at the broker, the same at every attempt.
        gateway: The gateway that it leaves by; `device` has its settings as text of JSON.
        delivery_id: The name that the broker proposes for it, the same at every attempt.
        remote_address: Where it goes to.
        shown_from: The sender as it is to be shown.
        to: The receivers as they are to be shown.
        cc: Receivers of copies, likewise.
        bcc: Hidden receivers, likewise.
        extended_fields: Receivers in the form of the channel.
        subject: Its subject.
        html: Its body as HTML.
        text: Its body as text.
        in_reply_to: Name at the far side of the message that it answers, in its long form.
        references: Names of the messages before it, in their long forms, the oldest first.
        drafted: When it was written.
        sent: When the broker handed it over first.
        culture: Its language.
        attachments: What goes with it.
        attempt: The number of this attempt as far as this channel knows, from 1.
        unknown_before: How many attempts before it have an outcome that nobody knows.
        info: The frame's payload as it came.
    """

    message_id: Guid
    gateway: GatewayInfo
    delivery_id: str
    remote_address: str
    shown_from: str | None = None
    to: str | None = None
    cc: str | None = None
    bcc: str | None = None
    extended_fields: str | None = None
    subject: str | None = None
    html: str | None = None
    text: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    drafted: datetime | None = None
    sent: datetime | None = None
    culture: str | None = None
    attachments: tuple[OutgoingAttachment, ...] = ()
    attempt: int = 1
    unknown_before: int = 0
    info: MessageContentInfo = field(factory=MessageContentInfo, repr=False)
    _offered: Callable[[], Coroutine[Any, Any, None]] = field(
        default=_nothing, repr=False, eq=False
    )

    async def offer(self) -> None:
        """Note on the disk that the far side may have the message from now on.

        A channel that sets `Channel.offers` calls this in `send`, as late as it can and not after that. What
        is cut off before is not sent, for sure.
        """
        await self._offered()


@frozen
class Sent:
    """The far side has taken a message.

    Attributes:
        delivery_id: The name that it has there, of any length; None: the one that was proposed.
    """

    delivery_id: str | None = None


class SendError(Exception):
    """A message was not sent. What is raised says what is done next; its text stands in the history."""


class Temporary(SendError):
    """Not sent, for sure, and it may go later: the broker tries again with growing pauses."""


class Permanent(SendError):
    """Not sent, and the same message never will be (an address that is none): it fails at once."""


class Throttled(SendError):
    """Not sent, because the far side takes no more just now: it waits, and no attempt is counted.

    Attributes:
        retry_after: Seconds for which nothing else of the same gateway is tried either; None: it alone waits.
    """

    def __init__(self, text: str, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Unknown(SendError):
    """Perhaps sent: the connection broke after the message and before the answer.

    The broker is told nothing. It calls the attempt unknown when its time is over and tries again; then
    `find` is asked first.
    """


class Report(StrEnum):
    """What the far side says of a message later."""

    DELIVERED = "Delivered"
    READ = "Read"
    UNDELIVERED = "Undelivered"
    BOUNCED = "Bounced"


# --- the two sides


class Host(Protocol):
    """What a channel is given to work with.

    Attributes:
        store: The channel's own durable store.
    """

    store: Store

    @property
    def stopping(self) -> bool:
        """Whether the program is about to end: nothing more is taken in, what is under way is finished."""

    async def stopped(self) -> None:
        """Wait until the program is about to end."""

    async def pause(self, seconds: float) -> bool:
        """Wait for so long, or until the program is about to end.

        Returns:
            Whether to go on.
        """

    def gateways(self, direction: Direction | None = None) -> tuple[GatewayInfo, ...]:
        """The gateways that the broker announced last; none before it did.

        Args:
            direction: Only those of this direction; inbound and outbound are entries of their own.
        """

    async def wait_gateways(self, kind: Kind | None = None) -> tuple[GatewayInfo, ...]:
        """Wait until the broker has announced gateways, of a kind if one is named.

        Raises:
            Stopping: The program ends before.
        """

    async def receive(self, message: Incoming) -> Received:
        """Give a message to the broker and wait until it has it on its disk.

        It waits as long as it takes: for the broker, for the gateway, for room. It may be cancelled, and
        called again for the same message later. Two calls for the same message at the same time give it once.

        Raises:
            NotTaken: The broker refuses the message for good.
            Stopping: The program is about to end.
        """

    async def report(
        self,
        report: Report,
        *,
        delivery_id: str | None = None,
        message_id: Guid | None = None,
        gateway: str | None = None,
        text: str = "",
    ) -> bool:
        """Tell the broker what the far side says of a message that was sent, and wait until it knows.

        A report may come while the message is still being sent: then it waits for that first. It may be told
        again without harm.

        Args:
            report: What is said.
            delivery_id: The message, by its name at the far side.
            message_id: The same, by its name at the broker; one of the two.
            gateway: Address or id of the gateway; None: the one that it was sent by, or the only one.
            text: More about it, in the far side's words.

        Returns:
            Whether the broker knows the message.

        Raises:
            Stopping: The program is about to end.
        """

    def tell(self, part: str, fault: str | None = None) -> None:
        """Tell how a part of the far side is, for `/readyz` and the metrics.

        Args:
            part: Its name, as `imap`.
            fault: What is wrong with it; None: nothing.
        """


class Channel(ABC):
    """One far side. Subclass it, and say how messages come and go.

    Attributes:
        name: What it is called in logs and metrics; one word.
        backend: What its program runs on: `trio`, or `asyncio` where a library of the far side needs that.
        offers: Whether `send` says of every message when the far side may have it, by `Outgoing.offer`.
    """

    name: ClassVar[str] = "channel"
    backend: ClassVar[str] = "trio"
    offers: ClassVar[bool] = False

    @abstractmethod
    async def run(self, host: Host) -> None:
        """Take messages in, until the program is about to end.

        It begins when the frame does, whether the broker is there or not. Once `host.stopping` is true it
        has `[limits] stop` seconds to return, then it is cancelled. Returning earlier is fine for a channel
        that only sends. An exception ends the program with an error.
        """

    @abstractmethod
    async def send(self, message: Outgoing) -> Sent:
        """Send one message; called side by side for several.

        Returns:
            When the far side has taken responsibility for it.

        Raises:
            Temporary: Not sent; again later.
            Permanent: Not sent; never.
            Throttled: Not sent; later, and it is nobody's fault.
            Unknown: Perhaps sent. Any other exception means the same.
        """

    async def find(self, message: Outgoing) -> Sent | None:
        """Look whether an attempt whose outcome is not known was taken by the far side after all.

        Returns:
            What became of it; None: it was not taken, for sure.

        Raises:
            Unknown: The far side cannot say; then the message is sent again.
        """
        raise Unknown("this channel cannot look")
