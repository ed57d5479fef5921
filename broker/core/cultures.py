"""Cultures, as `en-GB`: what is looked for when there is no text in the wanted one."""

from __future__ import annotations


def fallbacks(culture: str) -> list[str]:
    """The culture and those that are wider, the widest last, all in lower case (RFC 4647, 3.4)."""
    parts = culture.replace("_", "-").lower().split("-")
    found = ["-".join(parts[:size]) for size in range(len(parts), 0, -1)]
    # What stands behind a single letter goes with it.
    return [one for one in found if len(one) == 1 or one[-2:-1] != "-"]
