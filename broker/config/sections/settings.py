"""Readers of the sections that stand once: server, store, limits, distribution, notes."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from stat import S_ISREG
from typing import Annotated, Final

from attrs import evolve, frozen

from broker.config.context import Context
from broker.config.converter import hooks_of
from broker.config.model import Attachments, Distribution, Limits, Notes, Server
from broker.config.parse import (
    UNITS,
    Parser,
    addresses,
    boolean,
    duration,
    integer,
    listing,
    text,
    weight,
)
from broker.config.section_reader import Table
from broker.config.source import cause
from protocol.limits import text_length

_MOST_PARKED: Final = 1_000
_PORTS: Final = 65_536
_NOTE: Final = text(text_length("ChatSentenceInfo", "Text"))
RESYNC_FRAMES: Final = 4
"""Answers that a client may have under way in a resync (W-24, W-25); each may be as long as a frame."""
RESYNC_ROOM: Final = 65_536
"""Bytes for what is pushed meanwhile."""


hooks_of(
    Server,
    listen=addresses,
    http=addresses,
    node=text(text_length("Welcome", "Node")),
    heartbeat=duration(UNITS["s"]),
    drain=duration(),
    tls_cert=text(4_096),
    tls_key=text(4_096),
    tls_client_ca=text(4_096),
)
hooks_of(
    Limits,
    frame_bytes=integer(1_024, 1 << 26),
    hello=duration(1),
    outbox_bytes=integer(1, 1 << 31),
    outbox_frames=integer(1),
    frames_per_second=integer(1),
    answer_bytes_per_second=integer(1_024),
    gateway_sessions=integer(1),
    list_chats=integer(1, 10_000),
    connections=integer(1),
    gateway_bytes=integer(1 << 20),
    contacts=integer(0, 10_000_000),
    lone_forms=integer(),
    lone_form_bytes=integer(),
    attachment_bytes=integer(1, 1 << 30),
    attachments=integer(0, 10),
    conversations=integer(1, 10_000_000),
    message_ids=integer(1, 100_000_000),
    drafts=integer(0, 1_000),
    put_aside=integer(0, 10_000),
)
hooks_of(
    Distribution,
    age_weight=weight,
    retry_after=duration(),
    retry_alone=duration(),
    max_missed=integer(1),
    grace_priority=integer(),
    transfer_timeout=duration(1),
    park_reserve=integer(0, _MOST_PARKED),
    max_parked=integer(0, _MOST_PARKED),
    park_timeout=duration(1),
    park_warning=duration(),
    bot_timeout=duration(1),
    messages_while_chatting=boolean,
)
hooks_of(
    Notes,
    party_name=text(text_length("ChatSentenceInfo", "PartyName")),
    agent_lost=_NOTE,
    inactivity=_NOTE,
    invite_rejected=_NOTE,
    invite_missed=_NOTE,
    invite_lost=_NOTE,
    parked=_NOTE,
    wait_unknown=text(),
    message_failed=text(),
)


_KIND: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/(\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126})")
_SCANNER: Final = re.compile(r"tcp://(\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):(\d{1,5})|unix:(/\S.*)")


def _kind(value: object) -> str:
    kind = text()(value).lower()
    if _KIND.fullmatch(kind) is None:
        raise ValueError("must be a kind such as image/png, or image/*")
    return kind


def _scanner(value: object) -> str:
    found = _SCANNER.fullmatch(address := text(1_024)(value))
    if found is None or (found[2] is not None and not 0 < int(found[2]) < _PORTS):
        raise ValueError("must be tcp://host:port or unix:/path")
    return address


hooks_of(Attachments, types=listing(_kind), scanner=_scanner)


def _store_url(value: object) -> str:
    url = text(2_048)(value)
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return url


@frozen(kw_only=True)
class Store:
    """`[store]`: the database."""

    url: Annotated[str, _store_url] = "sqlite:///parley.db"


def read_server(table: Table, context: Context) -> Server:
    """`[server]`: where the broker listens and what it calls itself."""
    server = evolve(
        table.read(Server),
        tls_cert=table.looked_up("tls_cert", _file(context), None),
        tls_key=table.looked_up("tls_key", _file(context), None),
        tls_client_ca=table.looked_up("tls_client_ca", _file(context), None),
    )
    _check_server(table, server)
    return server


def _check_server(table: Table, server: Server) -> None:
    if "tls_cert" not in table:
        for key in ("tls_key", "tls_client_ca"):
            if key in table:
                table.fault(key, "needs a tls_cert")
        if is_open(server):
            table.warn("listen", "is open to the network without TLS; tokens travel readable")
    elif "tls_key" not in table:
        table.fault("tls_cert", "needs a tls_key")
    shared = any(address in server.listen and address[1] for address in server.http)
    if shared and table.is_sound("listen"):
        table.fault("http", "is the address of `listen` too")


def is_open(server: Server) -> bool:
    """Whether anybody but this machine can reach a broker."""
    return not all(is_loopback(host) for host, _port in server.listen)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _file(context: Context) -> Parser[str]:
    def parse(value: object) -> str:
        path = context.base / str(value)
        try:
            regular = S_ISREG(path.stat().st_mode)
        except FileNotFoundError:
            raise ValueError(f"there is no file {path}") from None
        except OSError as fault:
            raise ValueError(f"{path} {cause(fault)}") from None
        if not regular:
            raise ValueError(f"{path} is no file, but a directory or a device")
        if not os.access(path, os.R_OK):
            raise ValueError(f"{path} {cause(PermissionError())}")
        return str(path)

    return parse


def read_store_url(table: Table) -> str:
    """`[store]`: the database."""
    return table.read(Store).url


def read_limits(table: Table) -> Limits:
    """`[limits]`: bounds on what a peer can make the broker hold."""
    limits = table.read(Limits)
    _check_limits(table, limits)
    return limits


def _check_limits(table: Table, limits: Limits) -> None:
    """A healthy client must have room for its resync, or it would be cut off on every return."""
    least = RESYNC_FRAMES * limits.frame_bytes + RESYNC_ROOM
    if limits.outbox_bytes >= least or not table.is_sound("outbox_bytes", "frame_bytes"):
        return
    if "outbox_bytes" in table:
        text = (
            f"must be at least {least:,}: {RESYNC_FRAMES} times `frame_bytes` and {RESYNC_ROOM:,}"
        )
        table.fault("outbox_bytes", text)
    else:
        table.fault("frame_bytes", f"needs an `outbox_bytes` of at least {least:,}")


def read_attachments(table: Table) -> Attachments:
    """`[attachments]`: what may be attached, and who judges it."""
    return table.read(Attachments)


def read_distribution(table: Table) -> Distribution:
    """`[distribution]`: the numbers of B-21, B-22, B-24, B-29 and B-40."""
    return table.read(Distribution)


def read_notes(table: Table) -> Notes:
    """`[notes]`: the broker's own words to the visitor and to the agents."""
    return table.read(Notes)


FIXED: Final = (
    "listen",
    "http",
    "node",
    "tls_cert",
    "tls_key",
    "tls_client_ca",
)
"""Members of `[server]` that a running broker keeps until it is started again."""


def with_fixed(new: Server, old: Server) -> Server:
    """The new server section with what cannot change while the broker runs taken from the old."""
    return evolve(new, **{name: getattr(old, name) for name in FIXED})
