"""A frame for others packed once, and what of it is not usual: a long answer costs who asked (W-25)."""

from __future__ import annotations

from typing import Final

from broker.core.effects import Send
from broker.shell.connection import ClientConnection
from broker.shell.questions import ANSWERS, HEADERS, too_long
from protocol.encoding import Encoding

SHORT: Final = 1_024
"""Bytes of an answer that costs its asker nothing."""


def packed(
    effect: Send, encoding: Encoding, clients: dict[int, ClientConnection], frame_bytes: int
) -> bytes:
    """Pack it; a long answer counts for its asker, one that no frame holds becomes a refusal."""
    found = encoding.pack(effect.type, effect.payload)
    if len(found) <= SHORT:
        return found
    asker = None if effect.answer_to is None else clients.get(effect.answer_to)
    if asker is not None and asker.answers is not None:
        asker.answers.pay(len(found))
    if effect.type in ANSWERS and len(found) > frame_bytes - HEADERS:
        return encoding.pack("SYS_ERROR", too_long(len(found)))
    return found
