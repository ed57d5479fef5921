"""The reader of `[figures]`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from attrs import frozen

from broker.config.context import Context
from broker.config.converter import NEEDED, Nested, Reference, carried
from broker.config.figures import Figures, FiguresRole, FiguresToken
from broker.config.parse import UNITS, addresses, choice, duration, integer, text, zone
from broker.config.secret import SecretKeys, secret_of
from broker.config.section_reader import Table
from broker.config.sections.settings import is_loopback
from protocol.values import Guid

SECTION: Final = "figures"
SLOWEST: Final = UNITS["s"]
"""Figures are never older than two seconds, a look included."""
_NAME: Final = text()


def _every(value: object) -> int:
    found = duration(UNITS["ms"] * 100)(value)
    if found > SLOWEST:
        raise ValueError("must be from 100ms to 1s")
    return found


@frozen(kw_only=True)
class FiguresKeys:
    """`[figures]`."""

    listen: Annotated[tuple[tuple[str, int], ...] | None, addresses] = None
    zone: Annotated[ZoneInfo | None, zone] = None
    threshold: Annotated[int | None, duration(1)] = None
    thresholds: Nested = None
    short_abandon: Annotated[int | None, duration()] = None
    every: Annotated[int | None, _every] = None
    streams: Annotated[int | None, integer(0, 10_000)] = None
    tokens: Nested = None


@frozen(kw_only=True)
class TokenKeys(SecretKeys):
    """`[[figures.tokens]]`."""

    name: Annotated[str, _NAME, NEEDED] = ""
    role: Annotated[FiguresRole | None, choice(*FiguresRole)] = None
    projects: Annotated[tuple[Guid, ...] | None, Reference("project", many=True)] = None


def read_figures(root: Table, context: Context) -> Figures | None:
    """`[figures]`: the service of live figures; None where there is none."""
    if SECTION not in root:
        return None
    table = root.child(SECTION)
    keys = table.read(FiguresKeys)
    figures: Figures = carried(
        Figures,
        keys,
        thresholds=dict(_thresholds(table, context)),
        tokens=tuple(_tokens(table, context)),
    )
    if not figures.tokens and table.is_sound("tokens"):
        table.missing("tokens", "is missing: nobody could ask", "tokens")
    if not all(is_loopback(host) for host, _ in figures.listen):
        table.warn("listen", "is open to the network without TLS; tokens travel readable")
    return figures


def _thresholds(table: Table, context: Context) -> Iterator[tuple[Guid, int]]:
    for name, raw in table.entries("thresholds"):
        try:
            yield context.reference("project")(name), duration(1)(raw)
        except ValueError as fault:
            table.report.fault((*table.path, "thresholds", name), fault)


def _tokens(table: Table, context: Context) -> Iterator[FiguresToken]:
    for one in table.children("tokens"):
        keys = one.read(TokenKeys, context.reference)
        if keys.name:
            context.identities.unique(one, "token of figures", keys.name, key="name")
        if keys.projects == () and one.is_sound("projects"):
            one.fault("projects", "must not be empty; without it there are all")
        yield carried(
            FiguresToken,
            keys,
            secret=secret_of(one, keys, context),
            projects=None if keys.projects is None else frozenset(keys.projects),
        )
