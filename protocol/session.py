"""Payloads of the session frames ``SYS_...`` (W-10..W-16)."""

from __future__ import annotations

from datetime import datetime

from attrs import field

from protocol.errors import ByeCode, ErrorCode
from protocol.value import value
from protocol.values import Guid, LoginOutcome, Role


@value(kw_only=True)
class Hello:
    """The first frame of a client.

    Attributes:
        version: Version of the protocol, 1.
        role: What kind of peer speaks.
        peers: Gateway addresses that it serves, or one workplace number.
        login: The agent's login (workplace only).
        token: The secret of the gateway or the agent.
        software: Name and version of the program.
        continues: The session that it goes on with after a lost connection (workplace only).
        takes_pieces: Whether it takes lists in pieces: of open chats, a workplace those of conversations.
        takes_messages: Whether it works on messages: its agent is offered conversations (workplace only).
        voucher: What a login at a desk gave (W-18): the token is the desk's then (workplace only).
    """

    version: int = 0
    role: Role | None = None
    peers: tuple[str, ...] | None = None
    login: str | None = None
    token: str | None = field(default=None, repr=False)
    software: str | None = None
    continues: Guid | None = None
    takes_pieces: bool | None = None
    takes_messages: bool | None = None
    voucher: str | None = field(default=None, repr=False)


@value(kw_only=True)
class LoginRequest:
    """Whether somebody at a desk is an agent; the only frame of its connection (W-18).

    Attributes:
        version: Version of the protocol, 1.
        token: The secret of the desk.
        login: The agent's login.
        password: Their password.
        code: What their second factor shows.
        subject: Who an identity provider says that they are, in place of login and password.
        address: Where they are.
    """

    version: int = 0
    token: str | None = field(default=None, repr=False)
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    code: str | None = field(default=None, repr=False)
    subject: str | None = None
    address: str | None = None


@value(kw_only=True)
class LoginResult:
    """What came of a login.

    Attributes:
        outcome: Good, or why not.
        retry_after_seconds: When to try again (`Wait`).
        agent_id: The agent; this and what follows of a good login only.
        agent_name: Name of the agent.
        login: Login of the agent.
        agent_role: `agent` or `supervisor`.
        voucher: What a hello of a workplace shows (`SYS_HELLO`), until something of the agent changes.
        workplaces: Numbers of the workplaces that there are.
        pause_reasons: Why an agent may pause.
    """

    outcome: LoginOutcome | None = None
    retry_after_seconds: int | None = None
    agent_id: Guid | None = None
    agent_name: str | None = None
    login: str | None = None
    agent_role: str | None = None
    voucher: str | None = field(default=None, repr=False)
    workplaces: tuple[str, ...] | None = None
    pause_reasons: tuple[str, ...] | None = None


@value(kw_only=True)
class Welcome:
    """The answer to a good hello.

    Attributes:
        version: Version of the protocol, 1.
        node: Name of the broker's node.
        session_id: The session; one that is continued keeps its name.
        heartbeat_seconds: How long silence may last before a ping.
        frame_bytes: Longest body that the broker takes.
        time_utc: The broker's clock.
        agent_id: The agent (workplace only).
        agent_name: Name of the agent (workplace only).
        workplace_number: Number of the workplace (workplace only).
    """

    version: int = 0
    node: str | None = None
    session_id: Guid | None = None
    heartbeat_seconds: int = 0
    frame_bytes: int = 0
    time_utc: datetime | None = None
    agent_id: Guid | None = None
    agent_name: str | None = None
    workplace_number: str | None = None


@value(kw_only=True)
class Ping:
    """Payload of ``SYS_PING`` and ``SYS_PONG``.

    Attributes:
        nonce: Any text; the pong brings it back.
    """

    nonce: str | None = None


@value(kw_only=True)
class Bye:
    """A close that is announced.

    Attributes:
        code: Why.
        text: The same for a person.
        reconnect_after_seconds: When to come back; null: as the client likes.
    """

    code: ByeCode | None = None
    text: str | None = None
    reconnect_after_seconds: int | None = None


@value(kw_only=True)
class SysError:
    """A frame that was refused, or a fault that ends the connection.

    Attributes:
        code: What is wrong.
        text: The same for a person; names the member path where there is one.
        type: Type of the offending frame.
        fatal: Whether the connection closes after it.
    """

    code: ErrorCode | None = None
    text: str | None = None
    type: str | None = None
    fatal: bool = False


@value(kw_only=True)
class Ack:
    """The effect of a frame is durable (W-16).

    Attributes:
        type: Type of the frame.
    """

    type: str | None = None
