"""Phone numbers and the other addresses that an SMS comes from and goes to (B-63).

Theory of operation
-------------------
Whoever is reached by a number is known by one spelling of it, E.164 with its plus sign, so that a text from
`+1 (555) 222-1111`, an answer typed to `5552221111` and a receipt for `15552221111` are all of one
person. What is not a whole number is kept as it is: a short code has digits alone, and a sender's
name has letters. Both can be written from; whether one can answer them is the network's affair.

This is the one module of the protocol that knows a table from outside, the numbering plans of
`phonenumbers`: a broker normalises what agents type, a connector what providers send, and both have
to come to the same spelling. It is as pure as the rest, for the table is data that is loaded with the code.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from protocol.value import value

MAX_NAME: Final = 11
"""Letters of a sender's name, which the networks have room for."""
MAX_SHORT_CODE: Final = 8
_DIGITS: Final = re.compile(r"[0-9]+")
_NAME: Final = re.compile(r"[A-Za-z0-9 &!%.'+_-]+")


class AddressKind(Enum):
    """What an address is."""

    NUMBER = "number"
    SHORT_CODE = "short code"
    NAME = "name"


@value
class SmsAddress:
    """An address in the one spelling that it has everywhere.

    Attributes:
        kind: What it is.
        text: A number in E.164 with its plus sign, a short code, or a name.
    """

    kind: AddressKind
    text: str


def regions() -> frozenset[str]:
    """The regions that a gateway may be in, as two letters."""
    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def e164(text: str, region: str | None = None) -> str | None:
    """Spell a phone number in E.164.

    Args:
        text: As a person wrote it, or a provider sent it.
        region: Where numbers without a country are: the gateway's region; None: there are none such.

    Returns:
        The number with its plus sign; None for what cannot be one, by its length in that country
        or because it lacks the area.
    """
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        return None
    if len(text) <= MAX_SHORT_CODE and not phonenumbers.is_valid_number(number):
        return None  # so short are short codes too: a number is one only if that country has given it out
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def sms_address(
    text: str, region: str | None = None, *, international: bool = False
) -> SmsAddress | None:
    """Read the address of an SMS.

    Args:
        text: As a person wrote it, or a provider sent it.
        region: The gateway's region.
        international: Whether bare digits begin with the country, as providers write them that leave out
            the plus sign.

    Returns:
        The address; None for what none of the kinds allows.
    """
    text = text.strip()
    if any(letter.isalpha() for letter in text):
        return (
            SmsAddress(AddressKind.NAME, text)
            if len(text) <= MAX_NAME and _NAME.fullmatch(text)
            else None
        )
    digits = bool(_DIGITS.fullmatch(text))
    number = e164(f"+{text}") if international and digits else None
    number = number or e164(text, region)
    if number is not None:
        return SmsAddress(AddressKind.NUMBER, number)
    if digits and len(text) <= MAX_SHORT_CODE:
        return SmsAddress(AddressKind.SHORT_CODE, text)
    return None
