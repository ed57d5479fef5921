"""Sections of programs beside the broker: what is in them those programs know, and can be asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from broker.config.context import Context
from broker.config.diagnostics import Path, Report

FOREIGN: Final = ("desk", "web")
"""The sections."""
BESIDE: Final = (*FOREIGN, "figures")
"""The sections whose programs run beside the broker, those of our own among them."""

_STEP: Final = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


def judge_foreign(document: Mapping[str, object], report: Report, context: Context) -> None:
    """Note every fault of these sections; where nobody can be asked they are taken as they are."""
    for name in FOREIGN:
        if name not in document:
            continue
        judge = context.judges.get(name)
        for member, text in judge(document[name], context.base, context.environ) if judge else ():
            report.fault(path_of(member), text)


def path_of(member: str) -> Path:
    """The path that `web.sites.shop.origins[0]` spells."""
    return tuple(
        int(found[1]) if found[1] is not None else found[2] for found in _STEP.finditer(member)
    )
