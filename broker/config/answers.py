"""Whether what is answered from the configuration fits into one frame (W-3, ADR 5)."""

from __future__ import annotations

from attrs import evolve

from broker.config.model import Config
from broker.config.section_reader import Table
from protocol.chat import ChatServiceInfo
from protocol.frame import Frame
from protocol.json_codec import encode_json

ROOM = 4_096
"""What headers and the names that the asker brings may take besides."""


def weigh_answers(root: Table, config: Config) -> None:
    """Name what could never be answered: a frame that is too long is refused by who asked."""
    most = config.limits.frame_bytes - ROOM
    for models in config.scenarios.values():
        for model in models:
            size = _size("SE_CHAT_RESPONSE", ChatServiceInfo(scenario_model=model))
            if size > most:
                root.report.fault(
                    ("scenarios",), f"the form {model.display_name!r} {_too_long(size, most)}"
                )
    for peer, gateways in config.gateways_by_peer.items():
        size = _size("SE_WS_ROUTING", config.routing_of(gateways))
        if size > most:
            text = f"all rules for {peer!r} together {_too_long(size, most)}"
            root.report.fault(("website_routing",), text)
    for peer, found in config.message_gateways_by_peer.items():
        entries = tuple(entry for gateway in found for entry in gateway.entries)
        size = _size("SE_SL_MSGGATEWAYS", entries)
        if size > most:
            text = f"all gateways of {peer!r} together {_too_long(size, most)}"
            root.report.fault(("message_gateways",), text)
    _weigh_literals(root, config, most)


def _weigh_literals(root: Table, config: Config, most: int) -> None:
    """A group is asked for as a whole or in one culture, so only the second must fit."""
    peer = max((gateway.peer for gateway in config.gateways.values()), key=len, default=None)
    for group, entries in config.literals_by_group.items():
        shown = tuple(evolve(entry, peer=peer) for entry in entries)
        whole = _size("SE_WS_LITERALS_INFO", shown)
        if whole <= most:
            continue
        text = f"group {group} in all cultures {_too_long(whole, most)}: ask for one at a time"
        root.report.warn(("literals",), text)
        for culture in dict.fromkeys(entry.culture for entry in shown):
            spoken = tuple(entry for entry in shown if entry.culture == culture)
            size = _size("SE_WS_LITERALS_INFO", spoken)
            if size > most:
                text = f"group {group} in {culture!r} {_too_long(size, most)}"
                root.report.fault(("literals",), text)


def _size(type: str, payload: object) -> int:
    """The bytes of a body as JSON, which is never shorter than the other form (W-9)."""
    return len(encode_json(Frame(type, payload)).encode())


def _too_long(size: int, most: int) -> str:
    return f"takes {size:,} bytes, and a frame has room for {most:,} (limits.frame_bytes)"
