"""The installation as a run's history tells it: plain values of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from protocol.values import Guid


@frozen
class Setup:
    """A SETUP event, to be read.

    Attributes:
        data: The plain values.
        at: Since when it is in force, about.
    """

    data: Mapping[str, Any]
    at: int = 0

    def capacity_cost(self, gateway: Guid) -> int:
        """How many slots a chat of the gateway takes."""
        return int(self.data["gateways"].get(gateway, {}).get("weight", 1))

    def is_supervisor(self, agent: Guid | None) -> bool:
        """Whether somebody may see and do what supervisors may."""
        return bool(self.data["agents"].get(agent, {}).get("role") == "supervisor")

    def gateway_at(self, peer: str | None, port: str | None) -> Guid | None:
        """The gateway of an address."""
        for guid, gateway in self.data["gateways"].items():
            if gateway["peer"] == peer and gateway["port"] == port:
                return Guid(guid)
        return None

    def agent_of(self, login: str | None) -> Guid | None:
        """The agent of a login."""
        for guid, agent in self.data["agents"].items():
            if agent["login"] == login:
                return Guid(guid)
        return None
