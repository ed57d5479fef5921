"""A decoded frame."""

from __future__ import annotations

from collections.abc import Mapping

from protocol.value import value
from protocol.values import FrameId


@value
class Frame:
    """One frame: its type, its payload and its headers (W-2).

    Attributes:
        type: Message type, always the canonical name.
        payload: A structure, a tuple of structures, a str or None, as the catalogue says.
        headers: Headers as they came; None when there were none.
    """

    type: str
    payload: object = None
    headers: Mapping[str, object] | None = None

    @property
    def id(self) -> FrameId:
        """Header ``Id``: the sender's own name of the frame."""
        return self._header("Id")

    @property
    def re(self) -> FrameId:
        """Header ``Re``: the ``Id`` of the frame that this one answers."""
        return self._header("Re")

    @property
    def more(self) -> int | None:
        """Header ``More``: the place behind which a list goes on; None: it ends here (W-25)."""
        value = self._header("More")
        return value if type(value) is int else None

    def _header(self, name: str) -> FrameId:
        value = self.headers.get(name) if self.headers else None
        return value if isinstance(value, int | str) else None
