"""The kind of an attachment, by what its first bytes are and never by its name (B-61).

Text is told from the rest before anything is looked up: "BMW" begins as an image does. An archive is looked
at by the names in it, for documents of offices are archives too.
"""

from __future__ import annotations

import re
from typing import Final

import puremagic

TEXT: Final = "text/plain"
UNKNOWN: Final = "application/octet-stream"
PROGRAM: Final = "application/x-executable"
ARCHIVE: Final = "application/zip"

_SURE: Final = 0.4
"""How sure the library must be that a text is something more than that."""
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_ENTRY: Final = re.compile(rb"PK\x03\x04.{22}(..)..", re.DOTALL)
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_BY_ENTRY: Final = {
    b"word/": f"{_OFFICE}.wordprocessingml.document",
    b"xl/": f"{_OFFICE}.spreadsheetml.sheet",
    b"ppt/": f"{_OFFICE}.presentationml.presentation",
}
_OPEN_DOCUMENT: Final = re.compile(
    rb"PK\x03\x04.{26}mimetype(application/vnd\.oasis\.opendocument\.[a-z-]{1,40})PK", re.DOTALL
)
_BEGINNINGS: Final = ((b"MZ", PROGRAM), (b"\x7fELF", PROGRAM))
_NAMES: Final = {"image/x-ms-bmp": "image/bmp", "image/heif": "image/heic"}


def kind_of(data: bytes) -> str:
    """What something is that begins so."""
    if _is_text(data):
        return _looked_up(data, _SURE) or TEXT
    if data.startswith(b"PK\x03\x04"):
        return _archive(data)
    for beginning, kind in _BEGINNINGS:
        if data.startswith(beginning):
            return kind
    return _looked_up(data, 0.0) or UNKNOWN


def _is_text(data: bytes) -> bool:
    """Whether it is UTF-8 that people write; the last character may be cut."""
    try:
        text = data.decode()
    except UnicodeDecodeError as fault:
        if fault.start < len(data) - 3 or fault.reason != "unexpected end of data":
            return False
        text = data[: fault.start].decode()
    return _CONTROLS.search(text) is None


def _looked_up(data: bytes, sure: float) -> str | None:
    try:
        found = puremagic.magic_string(data)
    except (puremagic.PureError, ValueError):
        return None
    for one in found:
        if one.mime_type and one.confidence >= sure:
            return _NAMES.get(one.mime_type, str(one.mime_type))
    return None


def _archive(data: bytes) -> str:
    document = _OPEN_DOCUMENT.match(data)
    if document is not None:
        return document[1].decode()
    for entry in _ENTRY.finditer(data):
        size = int.from_bytes(entry[1], "little")
        name = data[entry.end() : entry.end() + size]
        for begins, kind in _BY_ENTRY.items():
            if name.startswith(begins):
                return kind
    return ARCHIVE
