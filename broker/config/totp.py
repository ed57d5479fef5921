"""One-time codes of a second factor (RFC 6238): SHA-1, six digits, 30 seconds, as every app has them."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final
from urllib.parse import quote, urlencode

PERIOD: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""How long a new secret is: as long as the hash that it goes into (RFC 4226, section 4)."""
LEAST_BYTES: Final = 16
SKEW: Final = 1
"""How many steps the clock of a telephone may be off, either way."""


def secret_of(text: str) -> bytes:
    """The secret that a text in base32 spells.

    Raises:
        ValueError: It is none, or too short.
    """
    plain = text.replace(" ", "").rstrip("=").upper()
    try:
        found = base64.b32decode(plain + "=" * (-len(plain) % 8))
    except (binascii.Error, ValueError):
        raise ValueError("must be base32, as `parley totp` prints it") from None
    if len(found) < LEAST_BYTES:
        raise ValueError(f"must have {LEAST_BYTES} bytes at the least, as `parley totp` makes them")
    return found


def spelled(secret: bytes) -> str:
    """A secret in base32."""
    return base64.b32encode(secret).decode().rstrip("=")


def step_at(seconds: float) -> int:
    """The step of time at a time of day, in seconds since 1970."""
    return int(seconds) // PERIOD


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 0xF
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def step_of(secret: bytes, code: str, now: float) -> int | None:
    """The step whose code this is, of those that a clock may be off by; None: of none of them."""
    around = range(step_at(now) - SKEW, step_at(now) + SKEW + 1)
    given = code.replace(" ", "").encode()
    found = [step for step in around if hmac.compare_digest(code_at(secret, step).encode(), given)]
    return found[-1] if found else None


def uri(secret: bytes, login: str, issuer: str) -> str:
    """What an app reads from a picture (`otpauth://`)."""
    label = quote(f"{issuer}:{login}", safe="")
    asked = {"secret": spelled(secret), "issuer": issuer, "digits": DIGITS, "period": PERIOD}
    return f"otpauth://totp/{label}?{urlencode(asked, quote_via=quote)}"
