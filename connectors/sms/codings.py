"""How the octets of a short message are read and written: the `data_coding` of SMPP (SMPP 3.4, 5.2.19)."""

from typing import Final

from protocol.sms_text import SmsEncoding, decode, encode, encoding_of

DEFAULT_ALPHABET: Final = 0
UCS2: Final = 8
_CODECS: Final = {
    1: "ascii",
    3: "latin-1",
    6: "iso8859_5",
    7: "iso8859_8",
    10: "iso2022_jp",
    13: "euc_jis_2004",
    14: "euc_kr",
}
"""Codings that Python has a codec for; 0 and 8 are the two of `protocol.sms_text`."""

ALPHABETS: Final = ("gsm7", "latin-1", "ascii")
"""What an SMSC may mean by its default alphabet."""


def encoding_for(text: str, alphabet: str = "gsm7") -> SmsEncoding:
    """How a text is written for an SMSC that takes its default alphabet for this one."""
    encoding = encoding_of(text)
    if encoding is SmsEncoding.GSM7 and alphabet != "gsm7" and not _has(alphabet, text):
        return SmsEncoding.UCS2
    return encoding


def written(text: str, encoding: SmsEncoding, alphabet: str = "gsm7") -> tuple[int, bytes]:
    """Write a text, or a part of one.

    Args:
        text: What is sent.
        encoding: What `encoding_for` said of the whole text.
        alphabet: What the SMSC takes its default alphabet for.

    Returns:
        The `data_coding`, and the octets.
    """
    if encoding is SmsEncoding.UCS2:
        return UCS2, encode(text, encoding)
    if alphabet == "gsm7":
        return DEFAULT_ALPHABET, encode(text, encoding)
    return DEFAULT_ALPHABET, text.encode(alphabet, "replace")


def read(data: bytes, data_coding: int, alphabet: str = "gsm7", *, part: bool = False) -> str:
    """Read the octets of a message; what cannot be read is seen as replacement characters.

    Of a part of a longer text a surrogate without its partner is left as it is, for the next part may
    have that. The coding may also be one of the groups of GSM 03.38, where two bits say which alphabet
    it is. Octets that are no text at all (coding 2, 4) are given in hexadecimal, so that somebody sees
    that something came.
    """
    coding = _plain(data_coding)
    if coding == UCS2:
        if part and len(data) % 2 == 0:
            return data.decode("utf-16-be", "surrogatepass")
        return decode(data, SmsEncoding.UCS2)
    if coding in _CODECS:
        return data.decode(_CODECS[coding], "replace")
    if coding != DEFAULT_ALPHABET:
        return data.hex(" ")
    return (
        decode(data, SmsEncoding.GSM7) if alphabet == "gsm7" else data.decode(alphabet, "replace")
    )


def _has(alphabet: str, text: str) -> bool:
    try:
        text.encode(alphabet)
    except UnicodeEncodeError:
        return False
    return True


def _plain(data_coding: int) -> int:
    if data_coding < 0x10:
        return data_coding
    group, alphabet = data_coding >> 4, data_coding >> 2 & 3
    if group in (0xC, 0xD):
        return DEFAULT_ALPHABET
    if group == 0xE:
        return UCS2
    if group == 0xF:
        return DEFAULT_ALPHABET if not data_coding & 4 else 4
    return (DEFAULT_ALPHABET, 4, UCS2, DEFAULT_ALPHABET)[alphabet] if group < 8 else 4
