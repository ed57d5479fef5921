"""Facts as they would have been decided had the clock been set, or nobody been there for a while."""

from __future__ import annotations

from typing import Any, cast

from attrs import evolve, fields

from broker.core.facts import Fact
from broker.core.limits import DAY
from tests.support.core_in_memory import START


def moment(fact: Fact) -> int:
    """When something was decided."""
    return getattr(fact, "at", START)


def later(fact: Fact, than: int, by: int) -> Fact:
    """A fact whose times from a moment on are later."""
    names = [f.name for f in fields(type(fact))]
    times = {n: t for n in names if type(t := getattr(fact, n)) is int and t > START - DAY}
    moved = {n: t + by for n, t in times.items() if n == "at" or t > than}
    return cast("Fact", evolve(cast("Any", fact), **moved))
