"""What changed for this process only and is never stored; see `facts`."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from broker.config.model import Config
from protocol.values import Guid, Role


@frozen(kw_only=True)
class WaitEstimated:
    """The visitor was told how much longer they may wait: `wait` microseconds (B-26)."""

    durable: ClassVar[bool] = False
    chat: Guid
    at: int
    wait: int


@frozen
class BotAwaited:
    """An automated partner is to say something by then; None: it is not its turn."""

    durable: ClassVar[bool] = False
    chat: Guid
    due: int | None


@frozen
class BotSettled:
    """A built-in bot has nothing to react to."""

    durable: ClassVar[bool] = False
    chat: Guid


@frozen(kw_only=True)
class SessionJoined:
    """A session is served from now on."""

    durable: ClassVar[bool] = False
    session: int
    role: Role
    gateways: tuple[Guid, ...]
    workplace: str | None
    agent: Guid | None
    takes_pieces: bool = False
    takes_messages: bool = False
    software: str | None = None
    at: int


@frozen(kw_only=True)
class SessionLeft:
    """A session is not served any more.

    Attributes:
        agent: Whose workplace it was, if it was one.
    """

    durable: ClassVar[bool] = False
    session: int
    agent: Guid | None
    at: int


@frozen
class Register:
    """What a connector asked for: the routing of a peer, or with a `group` its literals.

    Attributes:
        messages: Whether it is the message gateways of the peer.
    """

    peer: str | None
    group: int | None = None
    culture: str | None = None
    messages: bool = False


@frozen
class RegisterAsked:
    """A session got a register, and is told when it changes."""

    durable: ClassVar[bool] = False
    session: int
    register: Register


@frozen
class TimerFired:
    """The earliest timer was taken out of the heap."""

    durable: ClassVar[bool] = False


@frozen
class ListenedAgain:
    """The broker listens from now on, after a time in which it did not (B-13)."""

    durable: ClassVar[bool] = False


@frozen
class ChatForgotten:
    """A closed chat left the memory; the store keeps it."""

    durable: ClassVar[bool] = False
    chat: Guid


@frozen
class EntrySettled:
    """The distributor looked at this chat or conversation, and there is no candidate for it now."""

    durable: ClassVar[bool] = False
    id: Guid


@frozen
class Refreshed:
    """A chat or a conversation that waits is to be looked at again."""

    durable: ClassVar[bool] = False
    id: Guid


@frozen
class AgentSettled:
    """The distributor looked at this agent and nothing that waits fits them now."""

    durable: ClassVar[bool] = False
    agent: Guid


@frozen
class ConfigReplaced:
    """A new configuration is in force."""

    durable: ClassVar[bool] = False
    config: Config
