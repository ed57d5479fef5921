"""Gateways of messages and the rules that say where a message goes (B-50..B-60), as values."""

from __future__ import annotations

from attrs import frozen

from broker.config.basics import DAY, HOUR, MINUTE, SECOND, Hours, Secret
from protocol.identifiers import derive
from protocol.message import GatewayInfo
from protocol.pattern import Pattern
from protocol.values import Channel, Direction, Guid

RETRIES = (30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 6 * HOUR)
"""The pauses between attempts, where a gateway says nothing else (B-52)."""


@frozen(kw_only=True)
class MessageGateway:
    """A message gateway: one channel of one connector, in one direction or both."""

    id: Guid
    name: str
    peer: str
    port: str | None = None
    channel: Channel = Channel.EMAIL
    direction: str = "B"
    """`I`, `O`, or `B` for both, which connectors see as two (W-17)."""
    device: str | None = None
    """JSON for the connector."""
    language: Guid | None = None
    secret: Secret
    as_chat: Guid | None = None
    """The chat gateway whose chats its messages are sentences of (B-60)."""
    notes_as_messages: bool = False
    """Whether the broker's own sentences of such a chat go out as messages."""
    confirm_delivered: bool = False
    """Whether a sentence is confirmed only when the gateway reports it delivered, not when it is sent."""
    deadline: int = 90 * SECOND
    """How long an attempt may take (B-52)."""
    retries: tuple[int, ...] = RETRIES
    in_flight: int = 16
    """How many messages may be on their way at once (B-53)."""
    weight: int = 1
    """How many slots of an agent a conversation takes (B-57)."""
    conversation_inertia: int = 7 * DAY
    """How long after its end a reply reopens a conversation (B-56)."""
    workplace_grace: int = 10 * MINUTE
    """How long a conversation is kept for an agent whose connection was lost."""
    acknowledge: str | None = None
    """The text of the receipt that a sender gets, once in a conversation and day (B-58)."""
    region: str | None = None
    """Where phone numbers without a country are from, for instance `CZ` (B-63)."""
    retired: bool = False

    @property
    def takes_in(self) -> bool:
        """Whether messages come in by it."""
        return self.direction in (Direction.I.value, "B") and not self.retired

    @property
    def sends(self) -> bool:
        """Whether messages go out by it."""
        return self.direction in (Direction.O.value, "B") and not self.retired

    @property
    def is_distributed(self) -> bool:
        """Whether what comes in by it is given out to agents as conversations (B-57)."""
        return self.takes_in and self.as_chat is None

    @property
    def entries(self) -> tuple[GatewayInfo, ...]:
        """What connectors see of it: an entry for each direction, inbound first (W-17)."""
        served = ((Direction.I, self.takes_in), (Direction.O, self.sends))
        return tuple(
            GatewayInfo(
                display_name=self.name,
                peer_address=self.peer,
                peer_port=self.port,
                device=self.device,
                channel=self.channel,
                direction=direction,
                language_id=self.language,
                id=self.id,
            )
            for direction, is_served in served
            if is_served
        )

    @property
    def pair(self) -> Guid:
        """What the gateways of both directions have in common: a conversation is on such a pair (B-56).

        It goes by the address and the channel, so no order or name in the file is part of it.
        """
        return derive("message_pair", f"{self.peer}/{self.port or ''}/{self.channel.value}")

    @property
    def has_threads(self) -> bool:
        """Whether its messages say which message they answer (B-56)."""
        return self.channel not in (Channel.SMS, Channel.FAX)


@frozen(kw_only=True)
class MessageLimits:
    """What a message rule tests. All given limits must hold; an absent one is not tested."""

    gateway: Guid | None = None
    to: Pattern | None = None
    sender: Pattern | None = None
    """Tested against the shown sender and the address (`from` in the file)."""
    subject: Pattern | None = None
    text: Pattern | None = None
    culture: str | None = None
    hours: Hours | None = None
    spam_level: int | None = None
    """The least level."""


@frozen(kw_only=True)
class MessageRule:
    """Chooses the project of a conversation and what it asks of an agent (B-57).

    Attributes:
        answer_within: How soon it is to be answered, in opening hours of `answer_hours`, or of
            every hour where there are none.
        close: Whether such a message is stored and nobody works on it.
    """

    id: Guid
    name: str | None = None
    rank: int
    limits: MessageLimits = MessageLimits()
    project: Guid | None = None
    language: Guid | None = None
    skill: int = 1
    priority: int = 0
    answer_within: int | None = None
    answer_hours: Hours | None = None
    close: bool = False
