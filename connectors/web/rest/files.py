"""Attachments up and down."""

import re
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from connectors.web import rates
from connectors.web.models import BlobModel
from connectors.web.operations import Answer, Call, Parameter, operation
from connectors.web.problems import Problem
from protocol.blob import BlobRequestInfo
from protocol.errors import ErrorCode
from protocol.limits import DATA_BYTES
from protocol.values import Guid

_KIND: Final = re.compile(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,60}")
SHOWN: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What a browser may show; everything else it is to save."""


async def put(call: Call[bytes]) -> Answer:
    """Bring an attachment; a sentence may name it then."""
    if not call.body:
        raise Problem(ErrorCode.BAD_PAYLOAD, "Body: is empty")
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    blob_id, name = call.get("blobid"), call.get("Name")
    status = await call.visits.put_whole(
        call.visitor, blob_id, call.body, name, kind if _KIND.fullmatch(kind) else None
    )
    model = BlobModel(
        blob_id=blob_id,
        name=name,
        size=len(call.body),
        sha256=call.visits.digest(call.body),
        scan=status.scan.value if status.scan else None,
    )
    return Answer(model=model, status=HTTPStatus.CREATED)


async def get(call: Call[None]) -> Answer:
    """Give out an attachment of the visitor's chat."""
    data, blob = bytearray(), None
    while blob is None or len(data) < blob.size:
        wanted = BlobRequestInfo(blob_id=call.get("blobid"), offset=len(data), length=DATA_BYTES)
        blob = await call.visits.get_blob(call.visitor, wanted)
        if not blob.data:
            break
        data += blob.data
    kind = blob.content_type or ""
    shown = kind in SHOWN
    headers: dict[str, Any] = {
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; "
        f"filename*=UTF-8''{quote(blob.name or 'attachment', safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return Answer(
        data=bytes(data),
        content_type=kind if shown else "application/octet-stream",
        headers=headers,
    )


_BLOB: Final = Parameter(
    name="blobid", kind=Guid, says="The attachment.", in_path=True, needed=True
)

OPERATIONS: Final = (
    operation(
        "PUT",
        "/api/Attachment/{blobid}",
        put,
        _BLOB,
        Parameter(name="Name", says="Name of the file.", needed=True),
        answers=BlobModel,
        rate=rates.ATTACHMENT,
        codes=(ErrorCode.KEY_REUSED, ErrorCode.TOO_LONG),
    ),
    operation(
        "GET",
        "/api/Attachment/{blobid}",
        get,
        _BLOB,
        answers=bytes,
        rate=rates.ATTACHMENT,
        codes=(ErrorCode.UNKNOWN_MESSAGE, ErrorCode.WRONG_STATE),
    ),
)
