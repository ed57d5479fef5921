"""Connectors that do one thing wrong each: the table of what is planted into a good one."""

from collections.abc import Callable
from typing import Final

import pytest
from attrs import frozen

from connectors.channels.channel import Channel
from tests.support.played_channel import Loft

Make = Callable[[Loft], Channel]
Plant = Callable[[pytest.MonkeyPatch], Make | None]


@frozen
class Faulty:
    """A fault, and where it shows.

    Attributes:
        name: What the connector does.
        plant: Puts it into the frame, or gives another channel.
        scenario: The scenario that must find it.
        clause: The clause that must be named.
    """

    name: str
    plant: Plant
    scenario: str
    clause: str


FAULTY: Final[list[Faulty]] = []


def faulty(name: str, clause: str, *scenarios: str) -> Callable[[Plant], Plant]:
    """Put a fault into the table, once for each scenario that must find it."""

    def put(plant: Plant) -> Plant:
        FAULTY.extend(Faulty(name, plant, scenario, clause) for scenario in scenarios)
        return plant

    return put
