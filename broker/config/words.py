"""The words that agents choose from: why they pause, and how a chat ended."""

from __future__ import annotations

from attrs import frozen

from protocol.values import Guid


@frozen(kw_only=True)
class PauseReason:
    """A reason that an agent may give for `Pause`."""

    id: Guid
    name: str


@frozen(kw_only=True)
class WrapupCode:
    """How a chat may have ended, in the words of the contact center."""

    id: Guid
    name: str
