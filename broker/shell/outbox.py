"""What a socket would not take yet (W-24).

An outbox exists only while its peer is slower than the broker: what is sent goes straight to the
socket, and the rest comes here until the socket is writable again. Its bounds are the bounds on
what one slow reader can make the broker hold (I-14).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from attrs import Factory, define


@define
class Outbox:
    """Bytes in order, in chunks that each hold some whole frames.

    Attributes:
        size: Bytes that wait.
        frames: Frames that wait; those of a chunk count until all of the chunk is gone.
    """

    size: int = 0
    frames: int = 0
    _chunks: deque[tuple[memoryview, int]] = Factory(deque)

    def put(self, data: bytes | memoryview, frames: int) -> None:
        """Add the rest of a chunk."""
        self._chunks.append((memoryview(data), frames))
        self.size += len(data)
        self.frames += frames

    def flush(self, send: Callable[[memoryview], int]) -> bool:
        """Send until the socket is full; tells whether all is gone.

        Raises:
            OSError: What `send` raises, but for BlockingIOError.
        """
        while self._chunks:
            chunk, frames = self._chunks[0]
            try:
                sent = send(chunk)
            except BlockingIOError:
                return False
            self.size -= sent
            if sent < len(chunk):
                self._chunks[0] = (chunk[sent:], frames)
                return False
            self._chunks.popleft()
            self.frames -= frames
        return True

    def cut(self) -> None:
        """Forget all but the first chunk, a part of which may be on its way.

        What follows it then starts on the border of a frame.
        """
        while len(self._chunks) > 1:
            chunk, frames = self._chunks.pop()
            self.size -= len(chunk)
            self.frames -= frames
