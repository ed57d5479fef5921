"""Sections of capabilities that are not served yet: checked for their shape, without effect."""

from __future__ import annotations

import json
from typing import Final

from broker.config.context import Context
from broker.config.parse import (
    address,
    boolean,
    choice,
    duration,
    integer,
    listing,
    text,
    word,
)
from broker.config.secret import read_secret
from broker.config.section_reader import Table
from protocol.limits import text_length
from protocol.values import Channel, Guid

UNSERVED: Final = "is read, and not yet served by this version"


def check_later(root: Table, context: Context) -> None:
    """Note every fault of `[web]` and `[[message_gateways]]`."""
    with root.child("web") as web:
        web.read("listen", address, None)
        if "listen" in web:
            web.warn("listen", UNSERVED)
    for table in root.children("message_gateways"):
        with table:
            _message_gateway(table, context)
            table.report.warn(table.path, UNSERVED)


def _message_gateway(table: Table, context: Context) -> None:
    name = table.need("name", text(), "")
    context.identities.claim(table, "message_gateway", name)
    table.need("peer", text(text_length("GatewayInfo", "PeerAddress")), "")
    table.read("port", text(text_length("GatewayInfo", "PeerPort")), None)
    table.need("channel", choice(*Channel), Channel.EMAIL)
    table.need("direction", word("I", "O", "B"), "B")
    table.read("device", _json, None)
    table.read("language", context.reference("language"), Guid(""))
    read_secret(table, context)
    table.read("as_chat", boolean, default=False)
    table.read("deadline", duration(1), None)
    table.read("retries", listing(duration()), None)
    table.read("in_flight", integer(1, 10_000), None)


def _json(value: object) -> str:
    found = text(text_length("GatewayInfo", "Device"))(value)
    try:
        json.loads(found)
    except ValueError as fault:
        raise ValueError(f"is no JSON: {fault}") from None
    return found
