"""Attachments in tests: contents, and how a client of the playbook brings and names them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from attrs import frozen

from tests.support.playbook import Client

PIECE = 4_096


@frozen
class Content:
    """An attachment as its sender has it."""

    id: str
    data: bytes
    name: str = "plan.png"
    kind: str = "image/png"

    @property
    def digest(self) -> str:
        """What its digest is."""
        return sha256(self.data).hexdigest()

    def piece(self, offset: int, size: int = PIECE) -> dict[str, Any]:
        """The members of a frame that brings a piece."""
        return {
            "BlobId": self.id,
            "Offset": offset,
            "Data": self.data[offset : offset + size],
            "Size": len(self.data),
            "Sha256": self.digest,
            "Name": self.name,
            "ContentType": self.kind,
        }


def content(number: int, size: int = 3 * PIECE) -> Content:
    """Some content that differs from that of other numbers."""
    data = bytes((number * 7 + place * 13) % 251 for place in range(size))
    return Content(f"{number:08d}-0000-4000-a000-000000000000", data)


def side(client: Client) -> tuple[str, str]:
    """How frames of a client begin, and those to it."""
    return ("CS", "SC") if client.base["Peer"].isdigit() else ("ES", "SE")


def bring(client: Client, what: Content, size: int = PIECE) -> str:
    """Bring all of it; gives what is said of the scanner in the end."""
    to, back = side(client)
    told: dict[str, Any] = {}
    for offset in range(0, len(what.data), size):
        client.says(f"{to}_BLOB_PUT", **what.piece(offset, size))
        told = client.hears(f"{back}_BLOB_STATUS", BlobId=what.id)
    assert (told["Offset"], told["IsComplete"]) == (len(what.data), True)
    return str(told["Scan"])


def get(client: Client, what: Content, size: int = PIECE) -> bytes:
    """Get all of it."""
    to, back = side(client)
    data = b""
    while len(data) < len(what.data):
        client.says(f"{to}_BLOB_GET", BlobId=what.id, Offset=len(data), Length=size)
        told = client.hears(f"{back}_BLOB_DATA", BlobId=what.id, Offset=len(data))
        assert (told["Size"], told["Sha256"]) == (len(what.data), what.digest)
        assert told["Data"]
        data += told["Data"]
    return data
