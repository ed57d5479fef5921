"""What a mail of the corpus is, and how its pieces are written."""

from __future__ import annotations

import base64
import textwrap
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

MOMENT = "Tue, 03 Oct 2023 14:03:12 +0200"


@frozen
class Shape:
    """A mail with what is to be read out of it.

    Attributes:
        name: What is special about it.
        data: Its bytes.
        wanted: Members of the mail with their values; `text_has` and `html_has` are pieces of the bodies,
            `names` the names of the attachments, `outcomes` those of the reports, `remote` an address.
    """

    name: str
    data: bytes
    wanted: Mapping[str, Any] = field(factory=dict)


def raw(text: str, charset: str = "utf-8", end: str = "\r\n") -> bytes:
    """Bytes of a text that is indented as the code around it."""
    return textwrap.dedent(text).lstrip("\n").replace("\n", end).encode(charset)


def head(subject: str = "Question", **more: str) -> str:
    """The usual headers; `more` replaces or adds, an empty value leaves out."""
    headers = {
        "Return-Path": "<ann@customer.example>",
        "Received": "from mx.customer.example by mx.example.com with ESMTPS id abc; " + MOMENT,
        "From": "Ann Example <ann@customer.example>",
        "To": "Service <service@example.com>",
        "Subject": subject,
        "Date": MOMENT,
        "Message-ID": "<id-1@customer.example>",
        "MIME-Version": "1.0",
    }
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    return "".join(f"{name}: {value}\n" for name, value in headers.items() if value)


def mail(headers: str, body: bytes | str, charset: str = "utf-8") -> bytes:
    """Headers and a body."""
    data = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode(charset)
    return headers.replace("\n", "\r\n").encode("utf-8", "surrogateescape") + b"\r\n" + data


def base64_lines(data: bytes) -> str:
    """Bytes in base64, in lines."""
    return base64.encodebytes(data).decode()


def part(kind: str, body: str, **more: str) -> str:
    """A part."""
    headers = {"Content-Type": kind} | {n.replace("_", "-"): v for n, v in more.items()}
    return "".join(f"{name}: {value}\n" for name, value in headers.items() if value) + f"\n{body}"


def multi(kind: str, *parts: str, boundary: str = "b1", parameters: str = "") -> str:
    """A part that has parts, from its Content-Type on."""
    body = "".join(f"--{boundary}\n{each}\n" for each in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"{parameters}\n\n{body}--{boundary}--\n'


def whole(headers: str, inner: str) -> bytes:
    """A mail of headers and of a part with its own Content-Type."""
    return (headers + inner).replace("\n", "\r\n").encode("utf-8", "surrogateescape")
