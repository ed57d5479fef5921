"""Parsers of single values: from what TOML gives to what the model holds, or `ValueError`.

Nothing is coerced: `true` is no number and `7.0` no whole one. No message repeats the value of
a text that may be a secret; only values from closed lists and patterns are repeated.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_network
from typing import Final, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from broker.config.folding import tidy
from protocol.limits import OTHER_TEXT
from protocol.pattern import Pattern
from protocol.toml_values import exactly
from protocol.toml_values import kind_of as kind_of
from protocol.values import ENUM_ALIASES, Guid, is_blank, parse_guid

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Parser = Callable[[object], T]

UNITS: Final = {
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
LONGEST: Final = 10_000 * UNITS["d"]
_DURATION: Final = re.compile(r"([0-9]{1,15})(ms|s|m|h|d)")
_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.%a-z]+\]|[^:\[\]\s/]+):([0-9]{1,5})")
_CULTURE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_CULTURE_LENGTH: Final = 35


def text(longest: int = OTHER_TEXT) -> Parser[str]:
    """A text that is not blank and not longer than the wire carries."""

    def parse(value: object) -> str:
        found = exactly(value, str)
        if is_blank(found):
            raise ValueError("must not be empty")
        if len(found) > longest:
            raise ValueError(f"is longer than {longest:,} characters")
        return found

    return parse


def short_text(most_bytes: int) -> Parser[str]:
    """A text that is not blank and whose UTF-8 is bounded: it stands in every chat of a list."""
    parse_text = text(most_bytes)

    def parse(value: object) -> str:
        found = parse_text(value)
        if len(found.encode()) > most_bytes:
            raise ValueError(f"is longer than {most_bytes:,} bytes of UTF-8")
        return found

    return parse


def boolean(value: object) -> bool:
    """True or false."""
    return exactly(value, bool)


def integer(least: int = 0, most: int = 2**31 - 1) -> Parser[int]:
    """A whole number between two bounds, both included."""

    def parse(value: object) -> int:
        found = exactly(value, int)
        if not least <= found <= most:
            raise ValueError(f"must be from {least:,} to {most:,}")
        return found

    return parse


def weight(value: object) -> float:
    """A number that is not negative; a whole one is welcome."""
    found = float(value) if type(value) is int else exactly(value, float)
    if not 0 <= found <= 1e9:
        raise ValueError("must be from 0 to 1,000,000,000")
    return found


def duration(least: int = 0) -> Parser[int]:
    """A duration like ``30s`` in microseconds."""

    def parse(value: object) -> int:
        match = _DURATION.fullmatch(exactly(value, str))
        if match is None:
            raise ValueError('must be a duration like "500ms", "30s", "10m", "2h" or "1d"')
        found = int(match[1]) * UNITS[match[2]]
        if found < least:
            raise ValueError("is too short" if least > 1 else "must be longer than nothing")
        if found > LONGEST:
            raise ValueError("is longer than 10000d")
        return found

    return parse


def optional_duration(value: object) -> int | None:
    """A duration, or ``off`` (or nothing at all, ``0s``) for none."""
    return None if value == "off" else duration()(value) or None


def whole_seconds(value: object) -> int:
    """A duration in seconds, as the wire carries it."""
    seconds, rest = divmod(duration()(value), UNITS["s"])
    if rest:
        raise ValueError("must be whole seconds")
    return seconds


def address(value: object) -> tuple[str, int]:
    """``host:port``; an IPv6 host stands in brackets."""
    match = _ADDRESS.fullmatch(exactly(value, str))
    if match is None or int(match[2]) > 65_535:
        raise ValueError('must be an address like "127.0.0.1:7070" or "[::1]:7070"')
    return match[1].strip("[]"), int(match[2])


def addresses(value: object) -> tuple[tuple[str, int], ...]:
    """One address, or a list of some; none twice, unless the system is to choose the port."""
    if type(value) is not list:
        return (address(value),)
    if not value:
        raise ValueError("must not be empty")
    found = listing(address)(value)
    again: dict[int, ValueError] = {
        position: ValueError("is there twice")
        for position, one in enumerate(found)
        if one[1] and one in found[:position]
    }
    if again:
        raise ItemFaults(again)
    return found


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, if there is one."""
    return next(iter(get_close_matches(word, list(known), n=1)), None)


def hint(close: str | None) -> str:
    """A remark that names the word that was probably meant, or nothing."""
    return f'; did you mean "{close}"?' if close is not None else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    """A remark that names the known word that was probably meant, or nothing."""
    return hint(closest(word, known))


def choice(*allowed: E) -> Parser[E]:
    """One of some members of an enumeration; an older spelling that the wire takes will do."""
    by_name = {member.value: member for member in allowed}
    older = ENUM_ALIASES.get(type(allowed[0]), {}).items()
    known = by_name | {name: by_name[one] for name, one in older if one in by_name}

    def parse(value: object) -> E:
        found = exactly(value, str)
        if found not in known:
            raise ValueError(f"must be one of {', '.join(by_name)}{suggestion(found, by_name)}")
        return known[found]

    return parse


def word(*allowed: str) -> Parser[str]:
    """One of some words."""

    def parse(value: object) -> str:
        found = exactly(value, str)
        if found not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}{suggestion(found, allowed)}")
        return found

    return parse


def guid(value: object) -> Guid:
    """A Guid that is not all zero."""
    try:
        found = parse_guid(exactly(value, str))
    except ValueError as fault:
        raise ValueError(f"must be a Guid: {fault}") from None
    if found is None:
        raise ValueError("must not be the all-zero Guid")
    return found


def culture(value: object) -> str:
    """A culture like ``en`` or ``en-US``."""
    found = exactly(value, str)
    if len(found) > _CULTURE_LENGTH or not _CULTURE.fullmatch(found):
        raise ValueError('must be a culture like "en" or "en-US"')
    return found


def pattern(value: object) -> Pattern:
    """A regular expression that is searched in a text as it stands."""
    return Pattern(exactly(value, str))


def text_pattern(value: object) -> Pattern:
    """A regular expression that is searched in a tidied text, and so is tidied itself."""
    return Pattern(tidy(exactly(value, str)))


def pattern_text(longest: int) -> Parser[str]:
    """A regular expression that another program will use: its form is checked, and that is all."""

    def parse(value: object) -> str:
        found = text(longest)(value)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a future meaning of the pattern is no fault today
                re.compile(found)
        except (re.error, OverflowError, RecursionError) as fault:
            raise ValueError(f"is no regular expression: {fault}") from None
        return found

    return parse


def network(value: object) -> str:
    """An address or a network of addresses, like ``10.0.0.0/8``."""
    found = exactly(value, str)
    try:
        ip_network(found, strict=False)
    except ValueError:
        raise ValueError('must be an address or a network like "10.0.0.0/8"') from None
    return found


def zone(value: object) -> ZoneInfo:
    """A time zone of the IANA database."""
    found = exactly(value, str)
    try:
        return ZoneInfo(found)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('is no time zone; write one like "Europe/Prague" or "UTC"') from None


def moment(value: object) -> datetime:
    """A date and time of TOML; without an offset it is UTC."""
    if not isinstance(value, datetime):
        raise ValueError(
            f"must be a date with a time like 2027-01-31T08:00:00Z, not {kind_of(value)}"
        )
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def listing(item: Parser[T]) -> Parser[tuple[T, ...]]:
    """A list, each item read by the same parser; all faulty items are named at once."""

    def parse(value: object) -> tuple[T, ...]:
        found: list[T] = []
        faults: dict[int, ValueError] = {}
        for position, raw in enumerate(exactly(value, list)):
            try:
                found.append(item(raw))
            except ValueError as fault:
                faults[position] = fault
        if faults:
            raise ItemFaults(faults)
        return tuple(found)

    return parse


class ItemFaults(ValueError):
    """Faults in items of a list, by position."""

    def __init__(self, faults: dict[int, ValueError]) -> None:
        self.faults = faults
        super().__init__("; ".join(map(str, faults.values())))
