"""Text whose lines were broken for the journey: `format=flowed` (RFC 3676)."""

from __future__ import annotations

from typing import Final

SIGNATURE: Final = "-- "
"""The line above a signature; it ends with a space and flows nowhere."""


def unfolded(text: str, *, delete_space: bool = False) -> str:
    """Join the lines that flow into each other.

    Args:
        text: The text as it came.
        delete_space: Whether the space at which a line was broken is none of the text's.
    """
    paragraphs: list[list[str]] = []
    depth_before, flows = 0, False
    for line in text.split("\n"):
        rest = line.lstrip(">")
        depth = len(line) - len(rest)
        rest = rest.removeprefix(" ")
        goes_on = flows and depth == depth_before and rest != SIGNATURE
        flows, depth_before = rest.endswith(" ") and rest != SIGNATURE, depth
        said = rest[:-1] if flows and delete_space else rest
        if goes_on:
            paragraphs[-1].append(said)
        else:
            paragraphs.append([">" * depth + (" " if depth and rest else ""), said])
    lines = map("".join, paragraphs)
    return "\n".join(line if line == SIGNATURE else line.rstrip(" ") for line in lines)
