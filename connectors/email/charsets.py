"""Text out of bytes that say wrongly, or not at all, in which charset they are."""

from __future__ import annotations

import codecs
import re
from typing import Final

FALLBACK: Final = "cp1252"
"""What bytes are taken for that are no UTF-8 and name no charset that is known."""

_WIDER: Final = {
    "ascii": "cp1252",
    "big5": "cp950",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp": "iso2022_jp_ext",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "tis-620": "cp874",
}
"""Who writes the left one often uses letters that only the right one has."""

_MISNAMED: Final = {
    "ansi": "cp1252",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "macroman": "mac_roman",
    "macintosh": "mac_roman",
    "ms-ansi": "cp1252",
    "ms949": "cp949",
    "sjis": "cp932",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "utf-8-mac": "utf-8",
    "win-1251": "cp1251",
    "x-euc-jp": "euc_jp",
    "x-gbk": "gb18030",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-roman": "mac_roman",
    "x-sjis": "cp932",
    "x-windows-949": "cp949",
    "x-windows-950": "cp950",
}
_NO_CHARSETS: Final = frozenset(
    {
        "idna",
        "mbcs",
        "oem",
        "palmos",
        "punycode",
        "raw_unicode_escape",
        "undefined",
        "unicode_escape",
    }
)
"""Codecs of Python's that no mail is written in; some take time that grows with the square."""

_UNSEEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
_BREAKS: Final = re.compile(r"\r\n?|[\u2028\u2029\x85]")


def codec(name: str | None) -> str | None:
    """Find the codec of a charset by whatever name a mail gives it, or None."""
    if name is None:
        return None
    said = name.strip().strip("\"'<>").lower()
    said = _MISNAMED.get(said, said)
    for spelling in (
        said,
        re.sub(r"^(x-)?(windows|cp|win)[-_]?", "cp", said),
        said.removeprefix("x-"),
    ):
        try:
            found = codecs.lookup(spelling)
            "".encode(found.name)  # a text encoding, and not one of bytes such as base64
        except (LookupError, ValueError, TypeError):
            continue
        if found.name not in _NO_CHARSETS:
            return _WIDER.get(found.name, found.name)
    return None


def decoded(data: bytes, charset: str | None = None, hint: str | None = None) -> str:
    """Text of bytes: as they say, but as UTF-8 where they are it and the charset says nothing of it.

    Args:
        data: The bytes.
        charset: What they say that they are.
        hint: What the mail says in another place; used when `charset` is none that is known.

    Returns:
        The text. What cannot be read is a replacement character; nothing is left out.
    """
    name = codec(charset) or codec(hint)
    if name in (None, FALLBACK) and not data.isascii():
        try:  # UTF-8 under the name of Latin-1 is usual; Latin-1 that is UTF-8 by chance is not
            return data.decode()
        except UnicodeDecodeError:
            pass
    try:
        return data.decode(name or FALLBACK, errors="replace")
    except (UnicodeError, ValueError):  # some codecs raise in spite of `replace`
        return data.decode("latin-1")


def recovered(text: str, hint: str | None = None) -> str:
    """Text of a header in which bytes beyond ASCII stand as lone surrogates."""
    if not any("\udc80" <= letter <= "\udcff" for letter in text):
        return text
    return decoded(text.encode("utf-8", "surrogateescape"), None, hint)


def tidy(text: str) -> str:
    """Text with one kind of line break and without what no one sees or a database refuses."""
    return _UNSEEN.sub("", _BREAKS.sub("\n", text))


def one_line(text: str) -> str:
    """Text of a header: no line breaks, single spaces."""
    return " ".join(tidy(text).split())
