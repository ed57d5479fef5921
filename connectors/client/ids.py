"""Names and ids of what the broker's configuration has: an id follows from the name (C-2)."""

from typing import Final
from uuid import UUID, uuid5

from protocol.values import Guid, parse_guid

NAMESPACE: Final = UUID("6f0c8f5e-3f0b-4c55-9d5b-6f1f1f7a2c11")
"""Namespace of all ids that follow from names."""


def project_id(project: str) -> Guid:
    """The id of a project that is called by its name, or by its id if the configuration gives it one."""
    try:
        return parse_guid(project) or Guid(project)
    except ValueError:
        return Guid(str(uuid5(NAMESPACE, f"project:{project}")))
