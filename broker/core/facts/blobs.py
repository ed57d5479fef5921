"""What was decided about attachments, as values in the past tense; see `facts`."""

from __future__ import annotations

from typing import ClassVar

from attrs import field, frozen

from protocol.values import Guid, ScanVerdict


@frozen(kw_only=True)
class BlobBegun:
    """The first piece of an attachment came (B-61). Row of `blobs`.

    Attributes:
        owner: Who brings it; see `blob_state.Blob`.
        content_type: Its kind, as its content shows it.
        size: How long it is said to be, and `sha256` what its digest is said to be.
    """

    durable: ClassVar[bool] = True
    blob: Guid
    no: int
    at: int
    owner: str
    name: str | None
    content_type: str | None
    size: int
    sha256: str


@frozen(kw_only=True)
class BlobPieceStored:
    """A piece of an attachment; only the store keeps it. Row of `blob_pieces`."""

    durable: ClassVar[bool] = True
    blob: Guid
    no: int
    at: int
    offset: int
    data: bytes = field(repr=False)


@frozen(kw_only=True)
class BlobCompleted:
    """All of it is there, and it is what it was said to be. In `blobs`.

    Attributes:
        scan: `Pending` where a scanner is to judge it, `Off` where there is none.
    """

    durable: ClassVar[bool] = True
    blob: Guid
    no: int
    at: int
    scan: ScanVerdict


@frozen(kw_only=True)
class BlobAttached:
    """A sentence or a message names it: it stays. In `blobs`.

    Attributes:
        holder: The chat of the sentence, or the message itself.
    """

    durable: ClassVar[bool] = True
    blob: Guid
    no: int
    at: int
    holder: Guid


@frozen(kw_only=True)
class BlobScanned:
    """The scanner judged it. In `blobs`."""

    durable: ClassVar[bool] = True
    blob: Guid
    no: int
    at: int
    verdict: ScanVerdict


@frozen(kw_only=True)
class BlobDropped:
    """Nobody named it in time, or it had to make room: its pieces are gone. In `blobs`."""

    durable: ClassVar[bool] = True
    blob: Guid
    no: int
    at: int
