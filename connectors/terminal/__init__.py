"""Two terminal programs for people: a visitor of a gateway, and an agent at a workplace."""

from connectors.terminal.main import agent_main, visitor_main

__all__ = ["agent_main", "visitor_main"]
