"""What was decided about agents and their part in chats; see `facts`."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from broker.core.facts.causes import (
    AgentCause,
    OfferMode,
    OfferOutcome,
    ParkingEnd,
    PartyEnd,
    WrapupEnd,
)
from protocol.values import AgentState, ChatStatus, Guid, TransferMode


@frozen(kw_only=True)
class OfferMade:
    """A chat was offered to an agent (B-24). Row of `offers`.

    Attributes:
        mode: What for.
    """

    durable: ClassVar[bool] = True
    offer: int
    chat: Guid
    no: int
    agent: Guid
    workplace: str
    at: int
    until: int
    mode: OfferMode = OfferMode.QUEUE

    @property
    def invites(self) -> bool:
        """Whether the owner of the chat asked for it (B-29)."""
        return self.mode not in (OfferMode.QUEUE, OfferMode.BOT)


@frozen(kw_only=True)
class OfferEnded:
    """An offer ended (B-24, B-25).

    Attributes:
        missed: The agent's timed-out offers in a row, this one included.
        status: The status of the chat during the offer; not stored.
    """

    durable: ClassVar[bool] = True
    offer: int
    chat: Guid
    no: int
    agent: Guid
    at: int
    outcome: OfferOutcome
    missed: int
    status: ChatStatus

    @property
    def lets_go(self) -> bool:
        """Whether the agent let the chat go, and is left out for it for a while (B-24)."""
        return self.outcome in (OfferOutcome.REJECTED, OfferOutcome.MISSED)


@frozen(kw_only=True)
class AgentExcluded:
    """An agent gave a chat back: they are left out for it for a while (B-24). In `exclusions`."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    at: int


@frozen(kw_only=True)
class InviteMade:
    """The owner of a chat, or a supervisor, asked for somebody (B-29). Row of `invites`."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    by: Guid
    mode: TransferMode
    agent: Guid | None
    project: Guid | None
    note: str | None
    at: int
    until: int


@frozen(kw_only=True)
class InviteEnded:
    """That was answered or not."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    outcome: OfferOutcome


@frozen(kw_only=True)
class PartyJoined:
    """An agent joined a chat besides its owner (B-29). Row of `parties`."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    mode: TransferMode
    by: Guid
    at: int


@frozen(kw_only=True)
class PartyLeft:
    """They left it."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    at: int
    cause: PartyEnd


@frozen(kw_only=True)
class ChatParked:
    """The owner put a chat aside: it holds no slot (B-29). Row of `parkings`."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    at: int


@frozen(kw_only=True)
class ParkWarned:
    """The owner of a parked chat was told that it will come back by itself. In `parkings`."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int


@frozen(kw_only=True)
class ChatWoken:
    """A parked chat is to come back as soon as its owner, `agent`, has a slot for it."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    at: int


@frozen(kw_only=True)
class ChatUnparked:
    """A chat is not parked any more."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    at: int
    cause: ParkingEnd


@frozen(kw_only=True)
class AgentMoved:
    """The state of an agent changed (B-28). Upsert in `agents`, row of `agent_events`.

    Attributes:
        since: When `state` with `reason` began: `at`, unless only `next_state` changed.
        by: The supervisor who forced it.
    """

    durable: ClassVar[bool] = True
    agent: Guid
    at: int
    since: int
    state: AgentState
    reason: str | None
    next_state: AgentState | None
    cause: AgentCause
    workplace: str | None
    missed: int
    by: Guid | None = None


@frozen(kw_only=True)
class WrapupStarted:
    """The slot of an ended chat is held for its wrap-up (B-28). Row of `wrapups`."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    at: int
    until: int


@frozen(kw_only=True)
class WrapupEnded:
    """The wrap-up ended, by the agent (with a code and a note) or by its time."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    at: int
    cause: WrapupEnd
    code: str | None = None
    note: str | None = None


@frozen(kw_only=True)
class AgentSeated:
    """An agent logged in at a workplace, and did not go on with an earlier session (W-11)."""

    durable: ClassVar[bool] = True
    agent: Guid
    at: int
    workplace: str
    login: Guid
