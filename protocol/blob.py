"""Structures of attachments, which travel in pieces."""

from __future__ import annotations

from protocol.value import value
from protocol.values import Guid, ScanVerdict


@value(kw_only=True)
class AttachmentInfo:
    """An attachment as a message or a sentence names it.

    Attributes:
        blob_id: Its content.
        name: Its name, as the sender has it.
        content_type: Its kind, for instance ``image/png``.
        size: Its length in bytes.
        sha256: Its SHA-256, 64 hexadecimal digits.
        content_id: Its name inside of the HTML that shows it, without brackets.
        is_inline: Whether the HTML shows it.
        scan: What the scanner says of it.
    """

    blob_id: Guid | None = None
    name: str | None = None
    content_type: str | None = None
    size: int = 0
    sha256: str | None = None
    content_id: str | None = None
    is_inline: bool = False
    scan: ScanVerdict | None = None


@value(kw_only=True)
class BlobInfo:
    """A piece of an attachment's content, on its way in or out.

    Attributes:
        peer: Gateway address or workplace number.
        blob_id: The attachment, named by whoever brings it.
        offset: Where the piece begins.
        data: The piece.
        size: Length of the whole in bytes.
        sha256: SHA-256 of the whole, 64 hexadecimal digits.
        name: Its name.
        content_type: Its kind, as the sender has it.
    """

    peer: str | None = None
    blob_id: Guid | None = None
    offset: int = 0
    data: bytes | None = None
    size: int = 0
    sha256: str | None = None
    name: str | None = None
    content_type: str | None = None


@value(kw_only=True)
class BlobStatusInfo:
    """How much of an attachment has come.

    Attributes:
        peer: Gateway address or workplace number.
        blob_id: The attachment.
        offset: Where the next piece is to begin.
        is_complete: Whether all of it is there.
        scan: What the scanner says of it.
    """

    peer: str | None = None
    blob_id: Guid | None = None
    offset: int = 0
    is_complete: bool = False
    scan: ScanVerdict | None = None


@value(kw_only=True)
class BlobRequestInfo:
    """What is wanted of an attachment.

    Attributes:
        peer: Gateway address or workplace number.
        blob_id: The attachment.
        offset: Where to begin.
        length: How many bytes at the most.
    """

    peer: str | None = None
    blob_id: Guid | None = None
    offset: int = 0
    length: int = 262_144
