"""The parts of a mail: which of them are the body, and which are kept as files."""

from __future__ import annotations

import base64
import binascii
import html
import mimetypes
import quopri
import re
from collections.abc import Iterator, Sequence
from email import generator
from io import BytesIO
from typing import Final
from urllib.parse import unquote

from attrs import define, evolve, field, frozen

from connectors.channels.channel import Attachment
from connectors.email.charsets import decoded, one_line, tidy
from connectors.email.flowed import unfolded
from connectors.email.headers import Part, raw, text, words
from connectors.email.tnef import files_in

DEEPEST: Final = 40
"""How deep parts may lie in each other."""
MOST_PARTS: Final = 1000
"""How many parts are looked at."""
LONGEST_NAME: Final = 120

_TYPE: Final = re.compile(r"\s*([\w!#$&^.+-]+)\s*/\s*([\w!#$&^.+-]+)")
_CHARSET: Final = re.compile(r'charset\s*=\s*"?\'?([^"\';\s]+)', re.IGNORECASE)
_FLOWED: Final = re.compile(r'format\s*=\s*"?flowed', re.IGNORECASE)
_DELSP: Final = re.compile(r'delsp\s*=\s*"?yes', re.IGNORECASE)
_START: Final = re.compile(r'\bstart\s*=\s*"?<?([^">\s;]+)', re.IGNORECASE)
_SHOWN: Final = re.compile(r"cid:([^\"'\s<>()]{1,998})", re.IGNORECASE)
_UNFIT: Final = re.compile('[\x00-\x1f\x7f/\\\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069]')
"""What a name of a file cannot have, or what makes it look like another one."""
_SAME_AS_THE_BODY: Final = frozenset({"text/x-amp-html", "text/watch-html", "text/enriched"})
"""Beside a body in text or HTML they say nothing that it does not say."""
_NAMES: Final = {
    "application/ms-tnef": "winmail.dat",
    "application/vnd.ms-tnef": "winmail.dat",
    "application/pgp-encrypted": "version.asc",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "message/delivery-status": "report.txt",
    "message/disposition-notification": "receipt.txt",
    "text/calendar": "invitation.ics",
    "text/rfc822-headers": "headers.txt",
    "text/vcard": "contact.vcf",
}
_PACKED: Final = ("application/ms-tnef", "application/vnd.ms-tnef")
_ENDINGS: Final = {"image/jpeg": ".jpg", "text/plain": ".txt", "text/html": ".html"}


@frozen
class Block:
    """A piece of the body.

    Attributes:
        plain: It as text.
        html: It as HTML.
    """

    plain: str | None = None
    html: str | None = None


@define
class Parts:
    """What was found in a mail.

    Attributes:
        blocks: The body in pieces, in order.
        attachments: The files.
        reports: The parts in which mail systems and programs report.
        returned: The headers of mails that were sent back.
        faults: What was wrong.
        is_cut: There were more parts, or deeper ones, than are looked at.
        seen: How many parts were looked at.
    """

    blocks: list[Block] = field(factory=list)
    attachments: list[Attachment] = field(factory=list)
    reports: list[Part] = field(factory=list)
    returned: list[Part] = field(factory=list)
    faults: list[str] = field(factory=list)
    is_cut: bool = False
    seen: int = 0

    @property
    def plain(self) -> str | None:
        """The body as text; None where a piece of it is only there as HTML."""
        texts = [block.plain for block in self.blocks]
        whole = [text for text in texts if text is not None]
        return "\n\n".join(whole) if whole and len(whole) == len(texts) else None

    @property
    def html(self) -> str | None:
        """The body as HTML; None when no piece of it is there as HTML."""
        if all(block.html is None for block in self.blocks):
            return None
        return "\n".join(
            block.html if block.html is not None else as_html(block.plain or "")
            for block in self.blocks
        )


def as_html(plain: str) -> str:
    """Text as HTML that looks the same."""
    return f'<div style="white-space:pre-wrap">{html.escape(plain)}</div>'


def parts_of(message: Part, hint: str | None = None) -> Parts:
    """Look through a mail.

    Args:
        message: The mail.
        hint: The charset of what names none.
    """
    found = Parts()
    found.blocks = list(_walk(message, found, hint, 0))
    shown = {unquote(name) for block in found.blocks for name in _SHOWN.findall(block.html or "")}
    found.attachments = [
        evolve(each, is_inline=True) if each.content_id in shown else each
        for each in found.attachments
    ]
    return found


def type_of(part: Part, default: str = "text/plain") -> str:
    """The type of a part by whatever it says, in small letters."""
    match = _TYPE.match(raw(part, "Content-Type"))
    kind = f"{match[1]}/{match[2]}".lower() if match else default
    return kind if kind != "text/text" else "text/plain"


def _walk(
    part: Part, found: Parts, hint: str | None, depth: int, default: str = "text/plain"
) -> Iterator[Block]:
    found.seen += 1
    if depth > DEEPEST or found.seen > MOST_PARTS:
        found.is_cut = True
        return
    kind = type_of(part, default)
    major = kind.partition("/")[0]
    if part.defects:
        found.faults += [type(defect).__name__ for defect in part.defects[:3]]
    inner = part.source()
    if major == "multipart" and isinstance(inner, list):
        yield from _multipart(part, kind, inner, found, hint, depth)
    elif major == "message":
        found.attachments.append(_enclosed(part, kind, found))
    elif kind in ("text/plain", "text/html") and not _is_file(part):
        yield _block(part, kind, hint)
    elif major == "multipart" and not _is_file(part):
        yield _block(part, "text/plain", hint)  # without a boundary that would divide it
    else:
        found.attachments += _unpacked(_attachment(part, kind))


def _unpacked(whole: Attachment) -> list[Attachment]:
    """A file; of one that Outlook packed the files in it, and itself if there is more to it."""
    if whole.content_type not in _PACKED and whole.name.lower() != _NAMES["application/ms-tnef"]:
        return [whole]
    files, are_all = files_in(whole.data)
    named = [evolve(one, name=fit_name(one.name) or _made_name(one.content_type)) for one in files]
    return named if are_all else [*named, whole]


def _multipart(
    part: Part, kind: str, inner: Sequence[Part], found: Parts, hint: str | None, depth: int
) -> Iterator[Block]:
    if not inner and part.preamble:
        yield Block(
            plain=tidy(decoded(part.preamble.encode("utf-8", "surrogateescape"), None, hint))
        )
    default = "message/rfc822" if kind == "multipart/digest" else "text/plain"
    if kind == "multipart/related":
        inner = _root_first(part, inner)
    if kind != "multipart/alternative":
        for each in inner:
            yield from _walk(each, found, hint, depth + 1, default)
        return
    choices = [
        list(_walk(each, found, hint, depth + 1))
        for each in inner
        if type_of(each) not in _SAME_AS_THE_BODY or len(inner) == 1
    ]
    yield from _best(choices)


def _best(choices: Sequence[Sequence[Block]]) -> Iterator[Block]:
    """One piece out of ways to say the same: the text, and the last and so the best HTML."""
    plain = [_joined(c) for c in choices if c and all(b.html is None for b in c)]
    rich = [c for c in choices if any(b.html is not None for b in c)]
    found = Parts(blocks=list(rich[-1])) if rich else Parts()
    if plain or rich:
        texts = [text for text in plain if text.strip()] or plain
        yield Block(plain=texts[-1] if texts else found.plain, html=found.html)


def _joined(blocks: Sequence[Block]) -> str:
    return "\n\n".join(block.plain or "" for block in blocks)


def _root_first(part: Part, inner: Sequence[Part]) -> list[Part]:
    """The parts with the one in front that the others belong to."""
    start = _START.search(raw(part, "Content-Type"))
    if start is None:
        return list(inner)
    return sorted(inner, key=lambda each: _content_id(each) != start[1])


def _is_file(part: Part) -> bool:
    said = raw(part, "Content-Disposition").lower()
    return said.startswith("attachment") or bool(_said_name(part))


def _block(part: Part, kind: str, hint: str | None) -> Block:
    said = raw(part, "Content-Type")
    charset = _CHARSET.search(said)
    data = content(part)
    text = tidy(decoded(data, charset[1] if charset else None, hint or _named_within(kind, data)))
    if kind == "text/html":
        return Block(html=text)
    if _FLOWED.search(said):
        text = unfolded(text, delete_space=bool(_DELSP.search(said)))
    return Block(plain=text)


def _named_within(kind: str, data: bytes) -> str | None:
    """The charset that HTML names in itself."""
    match = re.search(
        rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w.:-]+)", data[:4096], re.IGNORECASE
    )
    return match[1].decode("ascii", "replace") if match and kind == "text/html" else None


def charset_of(message: Part) -> str | None:
    """The charset that the first text of a mail names."""
    for count, part in enumerate(message.walk()):
        match = _CHARSET.search(raw(part, "Content-Type"))
        if match is not None:
            return match[1]
        if count >= DEEPEST:
            break
    return None


def content(part: Part) -> bytes:
    """The bytes of a part, out of what carried them; whatever can be read of it."""
    payload = part.source()
    if isinstance(payload, list):
        return flat(part)
    data = payload.encode("utf-8", "surrogateescape")
    how = re.match(r"[\w-]*", raw(part, "Content-Transfer-Encoding").lower())
    match how[0] if how else "":
        case "base64":
            return _from_base64(data)
        case "quoted-printable":
            return quopri.decodestring(data)
        case "x-uuencode" | "uuencode" | "uue" | "x-uue":
            return _from_uuencode(data)
        case _:
            return data


def _from_base64(data: bytes) -> bytes:
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data.split(b"\n\n--", 1)[0])
    kept = kept[:-1] if len(kept) % 4 == 1 else kept
    try:
        return base64.b64decode(kept + b"=" * (-len(kept) % 4))
    except (binascii.Error, ValueError):
        return data


def _from_uuencode(data: bytes) -> bytes:
    lines = iter(data.splitlines())
    for line in lines:
        if line.startswith(b"begin "):
            break
    else:
        return data
    made = []
    for line in lines:
        if line.strip() in (b"end", b"`", b""):
            break
        with_length = 1 + (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            made.append(binascii.a2b_uu(line))
        except binascii.Error:  # some writers leave blanks behind a line
            try:
                made.append(binascii.a2b_uu(line[:with_length]))
            except binascii.Error:
                return data
    return b"".join(made)


def flat(message: Part) -> bytes:
    """The bytes of a mail that lies within another."""
    made = BytesIO()
    try:
        generator.BytesGenerator(made, mangle_from_=False, policy=message.policy).flatten(message)
    except Exception:  # noqa: BLE001 - writing fails on odd input in many ways
        made = BytesIO()
        for name, value in message.raw_items():
            made.write(f"{name}: {value}\n".encode("utf-8", "surrogateescape"))
        payload = message.source()
        made.write(b"\n")
        for each in payload if isinstance(payload, list) else []:
            made.write(flat(each) + b"\n")
        if isinstance(payload, str):
            made.write(payload.encode("utf-8", "surrogateescape"))
    return made.getvalue()


def _enclosed(part: Part, kind: str, found: Parts) -> Attachment:
    """A mail or a report within a mail."""
    inner = part.source()
    data = content(part)
    if isinstance(inner, list) and kind in (
        "message/delivery-status",
        "message/disposition-notification",
    ):
        found.reports.append(part)
        data = b"\n".join(flat(each) for each in inner)
    elif isinstance(inner, list) and len(inner) == 1:
        data = _of_base64(part, inner[0]) or flat(inner[0])
        found.returned.append(inner[0])
    name = _said_name(part)
    if (
        not name
        and isinstance(inner, list)
        and inner
        and kind in ("message/rfc822", "message/global")
    ):
        name = fit_name(f"{text(inner[0], 'Subject')[:80] or 'message'}.eml")
    return Attachment(
        name=name or _made_name(kind),
        content_type=kind,
        data=data,
        content_id=_content_id(part),
    )


def _of_base64(part: Part, inner: Part) -> bytes | None:
    """A mail that was encoded as if it were a file, which is not allowed and is done."""
    payload = inner.source()
    how = raw(part, "Content-Transfer-Encoding").lower()
    if how not in ("base64", "quoted-printable") or inner.keys() or not isinstance(payload, str):
        return None
    data = payload.encode("utf-8", "surrogateescape")
    return _from_base64(data) if how == "base64" else quopri.decodestring(data)


def _attachment(part: Part, kind: str) -> Attachment:
    return Attachment(
        name=_said_name(part) or _made_name(kind),
        content_type=kind,
        data=content(part),
        content_id=_content_id(part),
    )


def _content_id(part: Part) -> str | None:
    return raw(part, "Content-ID").strip(" <>") or None


def _said_name(part: Part) -> str:
    for header, parameter in (("Content-Disposition", "filename"), ("Content-Type", "name")):
        value = part.get(header)
        said = getattr(value, "params", {}).get(parameter)
        if said:
            return fit_name(words(str(said)))
    return ""


def _made_name(kind: str) -> str:
    ending = _ENDINGS.get(kind) or mimetypes.guess_extension(kind) or ".bin"
    return _NAMES.get(kind, f"attachment{ending}")


def fit_name(name: str) -> str:
    """A name of a file that is nothing but a name, and no longer than a file system likes."""
    name = one_line(_UNFIT.sub("_", name)).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST_NAME and dot and len(ending) <= 10:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return name[:LONGEST_NAME]
