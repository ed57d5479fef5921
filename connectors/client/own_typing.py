"""What the broker was told of this side's typing: as seldom as will do, and taken back when it ceases."""

from collections.abc import Callable
from typing import Literal

from connectors.client.events import ChatRef
from connectors.client.timers import Timers

Timer = tuple[Literal["answer", "rest"], int] | tuple[Literal["rest", "typing"], ChatRef]
"""What a session waits for: an answer, the end of a pause, the end of its own typing."""


class OwnTyping:
    """The chats in which this side is said to type, and since when."""

    def __init__(
        self, timers: Timers[Timer], renews: float, tell: Callable[[ChatRef, bool], None]
    ) -> None:
        """Make one that types nowhere.

        Args:
            timers: Where the end of it is noted.
            renews: How often at most it is told again.
            tell: Tells the broker.
        """
        self._timers = timers
        self._renews = renews
        self._tell = tell
        self._told: dict[ChatRef, float] = {}

    def typing(self, ref: ChatRef, now: float, *, is_typing: bool) -> None:
        """Tell it, when that is due; to be called while everything may be sent."""
        told = self._told.get(ref)
        if is_typing:
            if told is None or now - told >= self._renews:
                self._tell(ref, True)
                self._told[ref] = now
            self._timers.set(("typing", ref), now + 2 * self._renews)
        elif told is not None:
            self.forget(ref)
            self._tell(ref, False)

    def expired(self, ref: ChatRef, *, ready: bool) -> None:
        """It was not renewed: takes it back, if that can be told."""
        if self._told.pop(ref, None) is not None and ready:
            self._tell(ref, False)

    def forget(self, ref: ChatRef) -> None:
        """There is nothing to take back: something was said, or the chat is gone."""
        self._told.pop(ref, None)
        self._timers.cancel(("typing", ref))

    def clear(self) -> None:
        """The connection is gone, and all of it with it."""
        self._told.clear()
