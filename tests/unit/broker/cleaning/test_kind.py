"""The kind of an attachment, by its content: B-61."""

from __future__ import annotations

import io
import zipfile

import pytest

from broker.cleaning.kind import ARCHIVE, PROGRAM, TEXT, UNKNOWN, kind_of

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def archive(*names: str, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive with files of these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as file:
        for name in names:
            file.writestr(name, "x" * 500)
    return made.getvalue()


def open_document() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        file.writestr("content.xml", "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"x" * 100, "image/png"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + b"x" * 100, "image/jpeg"),
        (b"GIF89a" + b"\x01" * 100, "image/gif"),
        (b"RIFF\x00\x10\0\0WEBPVP8 " + b"x" * 100, "image/webp"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"x" * 100, "application/pdf"),
        (b"\0\0\0\x18ftypmp42" + b"x" * 100, "video/mp4"),
        (b"MZ\x90\x00\x03" + b"\0" * 100, PROGRAM),
        (b"\x7fELF\x02\x01\x01" + b"\0" * 100, PROGRAM),
        (archive("a.txt"), ARCHIVE),
        (archive("[Content_Types].xml", "word/document.xml"), WORD),
        (archive("a.txt", "xword/document.xml"), ARCHIVE),
        (open_document(), "application/vnd.oasis.opendocument.text"),
        (b"hello\n" * 100, TEXT),
        ("gr\u00fc\u00dfe\n".encode() * 100, TEXT),
        (("x" * 10 + "\u00fc").encode()[:-1], TEXT),
        (b"BMW is a car\n" * 10, TEXT),
        (b"MZ is no program\n" * 10, TEXT),
        (b"<!DOCTYPE html><html><body>x</body></html>", "text/html"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "image/svg+xml"),
        (bytes(range(256)), UNKNOWN),
        (b"\0", UNKNOWN),
    ],
)
def test_what_something_is_its_content_says(data: bytes, kind: str) -> None:
    assert kind_of(data) == kind


def test_a_head_of_an_archive_is_enough() -> None:
    """As much as the first piece has at least."""
    whole = archive("[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/x" * 9)
    assert kind_of(whole[: len(whole) // 2]) == WORD
