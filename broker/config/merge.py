"""Brings a reloaded configuration and the running one together (C-4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeVar

from attrs import evolve

from broker.config.message_gateways import MessageGateway
from broker.config.model import Agent, Config, Gateway, Project, Workplace
from broker.config.sections.settings import FIXED, with_fixed

K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R", Gateway, MessageGateway, Agent, Workplace, Project)


def merge(old: Config, new: Config) -> Config:
    """The configuration to run with after a reload.

    What the new file says holds. Gateways of both kinds, agents, workplaces and projects that it has no more
    stay, retired, because open chats and conversations are still at them; languages and
    forms stay because those and agents refer to them, and no rule leads there any more. Rules, built-in bots,
    text matches, pause reasons and wrap-up codes are the new file's alone: they refer to each other
    and to what is in the new file, so an old bot beside new text matches would be neither; a chat
    whose bot is gone goes on as with one that is away (B-40). What cannot change while the broker
    runs stays as it was; `restart_needed` names it.
    """
    return evolve(
        new,
        server=with_fixed(new.server, old.server),
        store_url=old.store_url,
        attachments=evolve(new.attachments, scanner=old.attachments.scanner),
        languages=_kept(old.languages, new.languages),
        projects=_retired(old.projects, new.projects),
        scenarios=_kept(old.scenarios, new.scenarios),
        forms=_kept(old.forms, new.forms),
        gateways=_retired(old.gateways, new.gateways),
        message_gateways=_retired(old.message_gateways, new.message_gateways),
        agents=_retired(old.agents, new.agents),
        workplaces=_retired(old.workplaces, new.workplaces),
    )


def restart_needed(running: Config, new: Config) -> tuple[str, ...]:
    """The members that the new file changes and that take effect only after a restart."""
    changed = [
        f"server.{name}"
        for name in FIXED
        if getattr(running.server, name) != getattr(new.server, name)
    ]
    if running.store_url != new.store_url:
        changed.append("store.url")
    if running.attachments.scanner != new.attachments.scanner:
        changed.append("attachments.scanner")
    return tuple(changed)


ESSENTIAL: Final = (
    "gateways",
    "message_gateways",
    "agents",
    "workplaces",
    "projects",
    "project_rules",
    "message_rules",
)
"""Kinds of things without any of which no visitor, or no message, is answered."""


def vanished(running: Config, new: Config) -> tuple[str, ...]:
    """The kinds of things of which the new file has none any more.

    A file that was emptied or cut in the middle may be a good file as far as it goes; what
    runs is not given up for it.
    """
    return tuple(
        kind
        for kind in ESSENTIAL
        if not getattr(new, kind) and any(_in_use(getattr(running, kind)))
    )


def _in_use(things: Mapping[Any, Any] | tuple[Any, ...]) -> Iterator[bool]:
    found = things.values() if isinstance(things, Mapping) else things
    return (not getattr(thing, "retired", False) for thing in found)


def _kept(old: Mapping[K, V], new: Mapping[K, V]) -> Mapping[K, V]:
    return {**new, **{key: thing for key, thing in old.items() if key not in new}}


def _retired(old: Mapping[K, R], new: Mapping[K, R]) -> Mapping[K, R]:
    gone = {key: evolve(it, retired=True) for key, it in old.items() if key not in new}
    return {**new, **gone}
