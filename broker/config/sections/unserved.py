"""Sections of capabilities that are not served yet: checked for their shape, without effect."""

from __future__ import annotations

import json
from typing import Annotated, Final

from attrs import frozen

from broker.config.context import Context
from broker.config.converter import NEEDED, Reference
from broker.config.parse import (
    address,
    boolean,
    choice,
    duration,
    guid,
    integer,
    listing,
    text,
    word,
)
from broker.config.secret import SecretKeys, secret_of
from broker.config.section_reader import Table
from broker.config.sections.directory import NAME
from protocol.limits import text_length
from protocol.values import Channel, Guid

UNSERVED: Final = "is read, and not yet served by this version"


def _json(value: object) -> str:
    found = text(text_length("GatewayInfo", "Device"))(value)
    try:
        json.loads(found)
    except ValueError as fault:
        raise ValueError(f"is no JSON: {fault}") from None
    return found


@frozen(kw_only=True)
class WebKeys:
    """`[web]`."""

    listen: Annotated[tuple[str, int] | None, address] = None


@frozen(kw_only=True)
class MessageGatewayKeys(SecretKeys):
    """`[[message_gateways]]`."""

    name: Annotated[str, NAME, NEEDED] = ""
    id: Annotated[Guid | None, guid] = None
    peer: Annotated[str, text(text_length("GatewayInfo", "PeerAddress")), NEEDED] = ""
    port: Annotated[str | None, text(text_length("GatewayInfo", "PeerPort"))] = None
    channel: Annotated[Channel, choice(*Channel), NEEDED] = Channel.EMAIL
    direction: Annotated[str, word("I", "O", "B"), NEEDED] = "B"
    device: Annotated[str | None, _json] = None
    language: Annotated[Guid | None, Reference("language")] = None
    as_chat: Annotated[bool, boolean] = False
    deadline: Annotated[int | None, duration(1)] = None
    retries: Annotated[tuple[int, ...] | None, listing(duration())] = None
    in_flight: Annotated[int | None, integer(1, 10_000)] = None


def check_later(root: Table, context: Context) -> None:
    """Note every fault of `[web]` and `[[message_gateways]]`."""
    web = root.child("web")
    web.read(WebKeys)
    if "listen" in web:
        web.warn("listen", UNSERVED)
    for table in root.children("message_gateways"):
        keys = table.read(MessageGatewayKeys, context.reference)
        context.identities.claim(table, "message_gateway", keys.name, keys.id)
        secret_of(table, keys, context)
        table.report.warn(table.path, UNSERVED)
