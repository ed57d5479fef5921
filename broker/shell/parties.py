"""Whose sessions share turns and bounds (I-14, I-15): those of one token are a party."""

from __future__ import annotations

from collections.abc import Sequence

from protocol.values import Guid


def party_of(agent: Guid | None, gateways: Sequence[Guid]) -> Guid | None:
    """The name of a party: its agent, or the first of its gateways; None for who has neither."""
    return agent or next(iter(gateways), None)
