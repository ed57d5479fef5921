"""Ids that follow from names: alike on every machine, so that a client can name what it knows (C-2)."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

from protocol.values import Guid, parse_guid

NAMESPACE: Final = UUID("6f0c8f5e-3f0b-4c55-9d5b-6f1f1f7a2c11")
"""Namespace of all derived ids. It must never change: stored chats refer to them."""


def derive(kind: str, name: str) -> Guid:
    """The id of a thing that gives none: UUID v5 of ``kind:name``."""
    return Guid(str(uuid5(NAMESPACE, f"{kind}:{name}")))


def project_id(project: str) -> Guid:
    """The id of a project that is called by its name, or by its id if the configuration gives it one."""
    return _named("project", project)


def message_gateway_id(gateway: str) -> Guid:
    """The same of a message gateway."""
    return _named("message_gateway", gateway)


def _named(kind: str, name: str) -> Guid:
    try:
        return parse_guid(name) or Guid(name)
    except ValueError:
        return derive(kind, name)
