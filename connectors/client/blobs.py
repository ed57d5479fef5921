"""Attachments in pieces, to the broker and from it (B-61).

Both go on where they stopped: an upload is told by the broker where the next piece is to begin, so that one
that is begun again after a lost connection, or by a program that was restarted, brings what is missing and no
more. Each piece is a request that is sent again by itself when a connection is lost.
"""

from collections.abc import AsyncIterator
from hashlib import sha256

from connectors.client.errors import Refused
from connectors.client.transport import Client
from protocol.blob import BlobInfo, BlobRequestInfo, BlobStatusInfo
from protocol.errors import ErrorCode
from protocol.limits import DATA_BYTES
from protocol.values import Guid


class BrokenBlobError(Exception):
    """What came is not what its size and its digest say."""


async def upload(
    client: Client,
    peer: str,
    blob_id: Guid,
    data: bytes,
    *,
    name: str,
    content_type: str | None = None,
    prefix: str = "ES",
) -> BlobStatusInfo:
    """Bring an attachment to the broker, and wait until it has all of it on its disk.

    Args:
        client: The client.
        peer: The gateway's address, or the number of the workplace.
        blob_id: Its name, which must be the same when it is brought again.
        data: What is in it.
        name: Name of the file.
        content_type: Its type.
        prefix: `ES` for a connector, `CS` for a workplace.

    Returns:
        What the broker says of it.

    Raises:
        Refused: The broker does not take it: too large, or of a kind that it does not take.
    """
    digest = sha256(data).hexdigest()
    offset = 0
    while True:
        piece = BlobInfo(
            peer=peer,
            blob_id=blob_id,
            offset=offset,
            data=data[offset : offset + DATA_BYTES],
            size=len(data),
            sha256=digest,
            name=name,
            content_type=content_type,
        )
        status = (await client.request(f"{prefix}_BLOB_PUT", piece)).payload
        assert isinstance(status, BlobStatusInfo)
        if status.is_complete:
            return status
        if status.offset == offset or status.offset > len(data):
            text = f"the next piece is to begin at {status.offset} of {len(data)}, after {offset}"
            raise Refused(ErrorCode.WRONG_STATE, text)
        offset = status.offset


async def download(
    client: Client, peer: str, blob_id: Guid, *, offset: int = 0, prefix: str = "ES"
) -> AsyncIterator[bytes]:
    """Fetch an attachment from the broker, piece by piece.

    Args:
        client: The client.
        peer: The gateway's address, or the number of the workplace.
        blob_id: Its name.
        offset: Where to begin: how much is there already.
        prefix: `ES` for a connector, `CS` for a workplace.

    Raises:
        Refused: The broker does not give it.
        BrokenBlobError: It is not whole. Only what is fetched from its beginning is held against its digest.
    """
    whole, begun = sha256(), offset
    while True:
        wanted = BlobRequestInfo(peer=peer, blob_id=blob_id, offset=offset)
        piece = (await client.request(f"{prefix}_BLOB_GET", wanted)).payload
        assert isinstance(piece, BlobInfo)
        assert piece.data is not None  # the codec refuses an answer without
        offset += len(piece.data)
        whole.update(piece.data)
        if piece.data:
            yield piece.data
        if offset >= piece.size:
            break
        if not piece.data:
            raise BrokenBlobError(f"ended at {offset} of {piece.size} bytes")
    if begun == 0 and piece.sha256 not in (None, whole.hexdigest()):
        raise BrokenBlobError("what came has another SHA-256")
