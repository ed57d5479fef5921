"""Cutting a byte stream into frame bodies (W-1, W-3)."""

from __future__ import annotations

from protocol.errors import ErrorCode, WireError

_HEAD = 4


class Framer:
    """Collects bytes in any slicing and gives whole bodies.

    What is kept back is less than one frame, and every byte is copied a constant number of times.
    """

    def __init__(self, frame_bytes: int) -> None:
        self.frame_bytes = frame_bytes
        self._kept = bytearray()
        self._wanted = _HEAD

    @property
    def is_empty(self) -> bool:
        """Whether no part of a frame is kept back."""
        return not self._kept

    def split(self, data: bytes) -> tuple[list[bytes], WireError | None]:
        """Take bytes, give the bodies that are complete now.

        Returns:
            The bodies before a fault, and the fault: ``FrameTooLarge`` as soon as the length is
            known, or ``BadFrame`` for a length of zero. Nothing can follow a fault.
        """
        if self._kept:
            self._kept += data
            if len(self._kept) < self._wanted:
                return [], None
            data = bytes(self._kept)
            self._kept.clear()
        bodies: list[bytes] = []
        start, end = 0, len(data)
        while end - start >= _HEAD:
            size = int.from_bytes(data[start : start + _HEAD], "big")
            if not 1 <= size <= self.frame_bytes:
                return bodies, self._fault(size)
            after = start + _HEAD + size
            if after > end:
                self._wanted = _HEAD + size
                break
            bodies.append(data[start + _HEAD : after])
            start = after
        else:
            self._wanted = _HEAD
        self._kept += data[start:]
        return bodies, None

    def _fault(self, size: int) -> WireError:
        if size == 0:
            return WireError(ErrorCode.BAD_FRAME, "a frame of length zero")
        text = f"a frame of {size} bytes; at most {self.frame_bytes} are served"
        return WireError(ErrorCode.FRAME_TOO_LARGE, text)
