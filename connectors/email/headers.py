"""Headers as people write them, read by the policy of the standard library.

That policy reads what follows the standards. In front of it stands what most mail needs besides: bytes
in no charset, encoded words cut in the middle of a letter or in an unknown charset, names of files
without quotes, and lines of any length. Behind it stands a plain reading for what it cannot take.
"""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.policy import EmailPolicy
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar, Final, Self, cast

from connectors.email.charsets import decoded, one_line, recovered
from connectors.email.mail import Mailbox

LONGEST: Final = 8 * 1024
"""Letters of a header that are read; the parser's time grows with the square of it."""
MOST_IDS: Final = 100
"""Names of earlier mails that are kept, the latest."""
MOST_ADDRESSES: Final = 250

_WORD = r"=\?([^?*\s]{1,60})(?:\*[^?\s]*)?\?([bBqQ])\?(.{0,2000}?)\?="
_RUN: Final = re.compile(rf"{_WORD}(?:\s*{_WORD})*")
_ONE: Final = re.compile(_WORD)
_BARE_NAME: Final = re.compile(r'\b((?:file)?name)\s*=\s*([^";\s][^";]*)', re.IGNORECASE)
_ADDRESS: Final = re.compile(r'[^\s<>,;:"()\[\]\\]+@[^\s<>,;:"()\[\]\\@]+')
_ID: Final = re.compile(r"<([^<>]+)>")
_WITH_PARAMETERS: Final = frozenset({"content-type", "content-disposition"})


class Part(EmailMessage):
    """A mail, or a part of one."""

    _payload: str | list[Part] | None  # declared nowhere in the types of the library

    def source(self) -> str | list[Part]:
        """Its parts, or its body as it came: bytes beyond ASCII are lone surrogates.

        `get_payload` reads the body by a charset of which nothing is known yet.
        """
        return "" if self._payload is None else self._payload


class Tolerant(EmailPolicy):
    """The default policy, for headers of any kind.

    Attributes:
        raw_charset: What bytes beyond ASCII are that are no UTF-8.
    """

    raw_charset: ClassVar[str | None] = None
    message_factory = Part
    refold_source = "none"  # what is handed on is handed on as it came

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """Read a header; never raises."""
        text = readable(value, self.raw_charset)
        if name.lower() in _WITH_PARAMETERS:
            text = _BARE_NAME.sub(r'\1="\2"', text)
        try:
            return super().header_fetch_parse(name, text)
        except Exception:  # noqa: BLE001 - the parser fails on odd input in many ways
            return _PlainHeader(name, text)


def tolerant(raw_charset: str | None = None) -> Tolerant:
    """The policy for a mail whose bytes beyond ASCII are of a charset."""
    made: Tolerant = cast("Any", Tolerant)(raw_charset=raw_charset)  # it takes members of its own
    return made


class _PlainHeader(str):
    """A header that could not be read as what it is."""

    name: str
    datetime = None
    addresses: ClassVar[tuple[Any, ...]] = ()
    params: ClassVar[Mapping[str, str]] = {}
    content_disposition = None
    defects: ClassVar[tuple[Any, ...]] = ()

    def __new__(cls, name: str, text: str) -> Self:
        made = super().__new__(cls, words(text))
        made.name = name
        return made


def readable(value: str, hint: str | None = None) -> str:
    """A raw value that the standard parser can take: one line, bounded, each encoded word whole."""
    text = recovered(value[:LONGEST], hint)
    return _RUN.sub(_rewritten, one_line(text))


def words(value: str) -> str:
    """Text of a value with its encoded words decoded, and nothing else understood."""
    return one_line(_RUN.sub(lambda run: _text_of(run[0]), value))


def _rewritten(run: re.Match[str]) -> str:
    text = _text_of(run[0])
    if not text:
        return ""
    return f"=?utf-8?b?{base64.b64encode(text.encode('utf-8', 'replace')).decode()}?="


def _text_of(run: str) -> str:
    """Text of encoded words in a row; letters may be cut between words of one charset."""
    text, data, charset = "", b"", ""
    for word in _ONE.finditer(run):
        if word[1].lower() != charset:
            text += decoded(data, charset)
            data, charset = b"", word[1].lower()
        data += _bytes_of(word[2].lower(), word[3])
    return one_line(text + decoded(data, charset)) if text or data else ""


def _bytes_of(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding == "q":
        return quopri.decodestring(data.replace(b"_", b" "), header=False)
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
    kept = kept[:-1] if len(kept) % 4 == 1 else kept
    try:
        return base64.b64decode(kept + b"=" * (-len(kept) % 4))
    except (binascii.Error, ValueError):
        return data


def raw(message: Message, name: str) -> str:
    """The first value of a header as it came, in one line; empty when there is none."""
    return next(raws(message, name), "")


def raws(message: Message, name: str) -> Iterator[str]:
    """All values of a header as they came."""
    wanted = name.lower()
    for each, value in message.raw_items():
        if each.lower() == wanted:
            hint = getattr(message.policy, "raw_charset", None)
            yield one_line(recovered(str(value)[:LONGEST], hint))


def text(message: Message, name: str) -> str:
    """A header as text."""
    value = message.get(name)
    return "" if value is None else words(one_line(str(value)))


def mailboxes(message: Message, name: str) -> tuple[Mailbox, ...]:
    """The addresses of a header, of all of them when there are several."""
    found: dict[str, Mailbox] = {}
    for value in raws(message, name):
        if ";" in value and not set(value) & {":", '"'}:
            value = value.replace(";", ",")  # as some programs divide addresses
        read = message.policy.header_fetch_parse(name, value)
        for box in list(_mailboxes(read)) or _scanned(words(value)):
            found.setdefault(box.address.lower(), box)
    return tuple(found.values())[:MOST_ADDRESSES]


def _mailboxes(value: Any) -> Iterator[Mailbox]:
    for each in getattr(value, "addresses", ()):
        address = f"{each.username}@{each.domain}".strip("'")
        if each.username and each.domain and _ADDRESS.fullmatch(address):
            yield Mailbox(address, words(recovered(each.display_name)))


def _scanned(value: str) -> Iterator[Mailbox]:
    """Addresses of a value that is no list of addresses: whatever looks like one."""
    end = 0
    for match in _ADDRESS.finditer(value):
        name = value[end : match.start()].strip(" \t<>,;:\"'()")
        end = match.end()
        yield Mailbox(match[0].strip(".'"), name)


def ids(message: Message, name: str) -> tuple[str, ...]:
    """The names of mails in a header, without angle brackets, the latest of them."""
    found: dict[str, None] = {}
    for value in raws(message, name):
        between = _ID.findall(value)
        for each in between or [word for word in value.split() if "@" in word]:
            found["".join(each.split()).strip("<>,;")] = None
    found.pop("", None)
    return tuple(found)[-MOST_IDS:]


def message_id(message: Message) -> str | None:
    """The name of a mail: what stands in angle brackets, or else all that is there."""
    value = raw(message, "Message-ID")
    between = _ID.search(value)
    return "".join((between[1] if between else value).split()).strip("<>") or None


def moment(message: Message, name: str = "Date") -> datetime | None:
    """A time; None when there is none that can be understood."""
    value = message.get(name)
    when: datetime | None = getattr(value, "datetime", None)
    if when is None and value is not None:
        with suppress(ValueError, TypeError, OverflowError, IndexError):
            when = parsedate_to_datetime(re.sub(r"\(.*?\)", "", str(value)).strip())
    if when is None:
        return None
    try:
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
