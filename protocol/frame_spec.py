"""What the table of frames says of each of them."""

from __future__ import annotations

from typing import Literal

from attrs import AttrsInstance, frozen

Sender = Literal["connector", "workplace", "broker", "any"]
Structure = type[AttrsInstance]
TextPayload = type[str]


@frozen
class FrameSpec:
    """What is known of one type of frame.

    Attributes:
        type: Its canonical name.
        clause: Clause that speaks of it.
        payload: Structure of the payload, or ``str``.
        is_array: Whether the payload is an array of that structure.
        sender: Who may send it.
        answer: Type of its direct answer; ``SYS_ACK`` comes only when the frame carried an ``Id``.
        required: Wire names of members that must not be null.
        volatile: Whether it may be dropped for a slow reader (W-23).
        added: Whether the original page does not print it.
        null_reads: Values that null members read as, by Python name.
    """

    type: str
    clause: str
    payload: Structure | TextPayload
    sender: Sender
    answer: str | None = None
    required: tuple[str, ...] = ()
    is_array: bool = False
    volatile: bool = False
    added: bool = False
    null_reads: tuple[tuple[str, object], ...] = ()

    @property
    def payload_name(self) -> str:
        """Name of the payload as the documentation writes it."""
        return self.payload.__name__ + ("[]" if self.is_array else "")
