"""What is pushed to a wallboard (server-sent events): all figures at first, then what changes."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import anyio

from broker.reporting.figures import models
from broker.reporting.figures.service import Service, Shown
from broker.reporting.figures.sums import Asked
from protocol.rest import plain

BEAT: Final = 5.0
"""Seconds after which somebody to whom nothing was pushed is told that nothing changed."""


def changes(before: models.LiveFigures, now: models.LiveFigures) -> models.Changes:
    """What is otherwise than before."""
    groups = {one.key: one for one in before.groups}
    agents = {one.key: one for one in before.agents}
    return models.Changes(
        as_of_utc=now.as_of_utc,
        heard_utc=now.heard_utc,
        day_utc=now.day_utc,
        groups=tuple(one for one in now.groups if groups.get(one.key) != one),
        agents=tuple(one for one in now.agents if agents.get(one.key) != one),
        gone_groups=tuple(sorted(set(groups) - {one.key for one in now.groups})),
        gone_agents=tuple(sorted(set(agents) - {one.key for one in now.agents})),
    )


def event(kind: str, model: Any, id: str | None = None) -> bytes:
    """One event as it is sent."""
    data = json.dumps(plain(model), ensure_ascii=False)
    number = "" if id is None else f"id: {id}\n"
    return f"event: {kind}\n{number}data: {data}\n\n".encode()


async def pushed(
    service: Service, asked: Asked, known: str | None, may: Callable[[], bool]
) -> AsyncGenerator[bytes, None]:
    """The events of one reader.

    Args:
        service: The service.
        asked: What is asked for.
        known: The id of the last event that the reader has.
        may: Whether they still may.
    """

    def is_over() -> bool:
        return service.is_ending or not may()

    last: Shown = service.shown(asked)
    if known != last.etag:
        yield event("live", last.live, last.etag)
    told = anyio.current_time()
    while not is_over():
        with anyio.move_on_after(BEAT):
            await service.next()
        if is_over():
            return
        if service.follower.state is None:  # everything is read anew
            continue
        now = service.shown(asked)
        if now.etag != last.etag:
            yield event("changes", changes(last.live, now.live), now.etag)
            told = anyio.current_time()
        elif anyio.current_time() - told >= BEAT:
            times = (now.live.as_of_utc, now.live.heard_utc)
            yield event("beat", models.Beat(as_of_utc=times[0], heard_utc=times[1]))
            told = anyio.current_time()
        last = now
