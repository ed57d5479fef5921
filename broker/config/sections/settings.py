"""Readers of the sections that stand once: server, store, limits, distribution, notes."""

from __future__ import annotations

import os
from ipaddress import ip_address
from stat import S_ISREG
from typing import Final

import attrs

from broker.config.context import Context
from broker.config.model import Distribution, Limits, Notes, Server
from broker.config.parse import UNITS, Parser, addresses, duration, integer, text, weight
from broker.config.section_reader import Table
from broker.config.source import cause
from protocol.limits import text_length

_MOST_BYTES: Final = 1 << 31
_MOST_PARKED: Final = 1_000
RESYNC_FRAMES: Final = 4
"""Answers that a client may have under way in a resync (W-24, W-25); each may be as long as a frame."""
RESYNC_ROOM: Final = 65_536
"""Bytes for what is pushed meanwhile."""


def read_server(table: Table, context: Context) -> Server:
    """`[server]`: where the broker listens and what it calls itself."""
    default = Server()
    with table:
        server = Server(
            listen=table.read("listen", addresses, default.listen),
            http=table.read("http", addresses, default.http),
            node=table.read("node", text(text_length("Welcome", "Node")), default.node),
            heartbeat=table.read("heartbeat", duration(UNITS["s"]), default.heartbeat),
            drain=table.read("drain", duration(), default.drain),
            tls_cert=table.read("tls_cert", _file(context), None),
            tls_key=table.read("tls_key", _file(context), None),
            tls_client_ca=table.read("tls_client_ca", _file(context), None),
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
    return not all(_is_loopback(host) for host, _port in server.listen)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _file(context: Context) -> Parser[str]:
    def parse(value: object) -> str:
        path = context.base / text(4_096)(value)
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
    with table:
        return table.read("url", _store_url, "sqlite:///parley.db")


def _store_url(value: object) -> str:
    url = text(2_048)(value)
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    return url


def read_limits(table: Table) -> Limits:
    """`[limits]`: bounds on what a peer can make the broker hold."""
    default = Limits()
    with table:
        limits = Limits(
            frame_bytes=table.read("frame_bytes", integer(1_024, 1 << 26), default.frame_bytes),
            hello=table.read("hello", duration(1), default.hello),
            outbox_bytes=table.read("outbox_bytes", integer(1, _MOST_BYTES), default.outbox_bytes),
            outbox_frames=table.read("outbox_frames", integer(1), default.outbox_frames),
            frames_per_second=table.read(
                "frames_per_second", integer(1), default.frames_per_second
            ),
            answer_bytes_per_second=table.read(
                "answer_bytes_per_second", integer(1_024), default.answer_bytes_per_second
            ),
            gateway_sessions=table.read("gateway_sessions", integer(1), default.gateway_sessions),
            connections=table.read("connections", integer(1), default.connections),
            gateway_bytes=table.read("gateway_bytes", integer(1 << 20), default.gateway_bytes),
            contacts=table.read("contacts", integer(0, 10_000_000), default.contacts),
            lone_forms=table.read("lone_forms", integer(), default.lone_forms),
            lone_form_bytes=table.read("lone_form_bytes", integer(), default.lone_form_bytes),
        )
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


def read_distribution(table: Table) -> Distribution:
    """`[distribution]`: the numbers of B-21, B-22, B-24, B-29 and B-40."""
    default = Distribution()
    with table:
        return Distribution(
            age_weight=table.read("age_weight", weight, default.age_weight),
            retry_after=table.read("retry_after", duration(), default.retry_after),
            retry_alone=table.read("retry_alone", duration(), default.retry_alone),
            max_missed=table.read("max_missed", integer(1), default.max_missed),
            grace_priority=table.read("grace_priority", integer(), default.grace_priority),
            transfer_timeout=table.read("transfer_timeout", duration(1), default.transfer_timeout),
            park_reserve=table.read("park_reserve", integer(0, _MOST_PARKED), default.park_reserve),
            max_parked=table.read("max_parked", integer(0, _MOST_PARKED), default.max_parked),
            park_timeout=table.read("park_timeout", duration(1), default.park_timeout),
            park_warning=table.read("park_warning", duration(), default.park_warning),
            bot_timeout=table.read("bot_timeout", duration(1), default.bot_timeout),
        )


def read_notes(table: Table) -> Notes:
    """`[notes]`: the broker's own words to the visitor and to the agents."""
    note = text(text_length("ChatSentenceInfo", "Text"))
    default = Notes()
    with table:
        return Notes(
            party_name=table.read(
                "party_name", text(text_length("ChatSentenceInfo", "PartyName")), default.party_name
            ),
            agent_lost=table.read("agent_lost", note, default.agent_lost),
            inactivity=table.read("inactivity", note, default.inactivity),
            invite_rejected=table.read("invite_rejected", note, default.invite_rejected),
            invite_missed=table.read("invite_missed", note, default.invite_missed),
            invite_lost=table.read("invite_lost", note, default.invite_lost),
            parked=table.read("parked", note, default.parked),
            wait_unknown=table.read("wait_unknown", text(), default.wait_unknown),
        )


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
    return attrs.evolve(new, **{name: getattr(old, name) for name in FIXED})
