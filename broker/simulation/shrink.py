"""Looks for a smaller run that breaks the same law: easier to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from broker.simulation.run import Script, play

TRIES = 40


def resized(script: Script, name: str, size: int) -> Script:
    """A script with another number of something."""
    changes: dict[str, Any] = {name: size}
    return evolve(script, **changes)


def smaller(script: Script) -> Iterator[Script]:
    """Scripts that do a little less, the boldest cuts first."""
    if script.storm > 10:
        yield evolve(script, storm=script.storm // 2)
        yield evolve(script, storm=script.storm * 4 // 5)
    for name in ("faults", "vandals", "visitors", "agents"):
        count = getattr(script, name)
        least = 1 if name in ("visitors", "agents") else 0
        if count > least:
            for fewer in (least, max(least, count // 2), count - 1):
                yield resized(script, name, fewer)


def shrink(script: Script, law: str) -> Script:
    """The smallest script found, within a bounded number of tries, that breaks the law."""
    tried: set[Script] = set()
    improved = True
    while improved:
        improved = False
        for candidate in smaller(script):
            if candidate in tried or len(tried) >= TRIES:
                continue
            tried.add(candidate)
            if any(violation.law == law for violation in play(candidate).violations):
                script, improved = candidate, True
                break
    return script
