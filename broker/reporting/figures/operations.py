"""What the service can do: the routes and the description are made of these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Any, Final

import anyio.to_thread
from attrs import frozen

from broker.config.figures import FiguresToken
from broker.reporting.figures import models
from broker.reporting.figures.bearers import Right
from broker.reporting.figures.listing import Figure, Page, listed, position_of
from broker.reporting.figures.parameters import Parameter, choice, number
from broker.reporting.figures.problems import Problem, bad
from broker.reporting.figures.service import Service
from broker.reporting.figures.state import day_start, local_day
from broker.reporting.figures.sums import DIMENSIONS, Asked, Dimension
from broker.reporting.figures.transcripts import MOST, transcript
from broker.reporting.times import DAY, HOUR, parse_moment
from protocol.errors import ErrorCode
from protocol.values import Guid, parse_guid

MOST_LISTED: Final = 500


@frozen(kw_only=True)
class Call:
    """One request, read.

    Attributes:
        service: Who answers.
        bearer: Who asks.
        given: The parameters.
        asked: Of what figures are to be told.
    """

    service: Service
    bearer: FiguresToken
    given: Mapping[str, Any]
    asked: Asked


@frozen(kw_only=True)
class Operation:
    """One operation.

    Attributes:
        path: Its path.
        does: What it does, in one line.
        answers: The model of what it answers with.
        handle: Does it.
        parameters: What it takes.
        right: What is needed for it.
        codes: Codes that it may be refused with, besides those of every operation.
        kind: As what it answers.
    """

    path: str
    does: str
    answers: Any
    handle: Callable[[Call], Awaitable[Any]]
    parameters: tuple[Parameter, ...]
    right: Right = Right.FIGURES
    codes: tuple[ErrorCode, ...] = ()
    kind: str = "application/json"


def _dimensions(text: str) -> tuple[Dimension, ...]:
    words = tuple(text.split(",")) if text else ()
    found = tuple(one for word in words for one in DIMENSIONS if one == word)
    if len(found) != len(words) or len(set(found)) != len(found):
        raise ValueError(f"must be some of {', '.join(DIMENSIONS)}, with commas between")
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a day like 2026-09-21") from None


def _chat(text: str) -> Guid:
    found = parse_guid(text)
    if found is None:
        raise ValueError("must not be the Guid of zeros")
    return found


PROJECT: Final = Parameter(name="project", says="Only of this project, by its name or id.")
LANGUAGE: Final = Parameter(name="language", says="Only of this language, by its name or id.")
GATEWAY: Final = Parameter(name="gateway", says="Only of this gateway, by its name or id.")
ONLY: Final = (PROJECT, LANGUAGE, GATEWAY)
BY: Final = Parameter(
    name="by",
    says="What figures of a group have in common: some of project, language, gateway; nothing: all are one.",
    read=_dimensions,
    usual=("project",),
)
DAY_OF: Final = Parameter(
    name="day",
    says="The day: today, which is also meant without it, or yesterday.",
    read=_day,
    schema={"type": "string", "format": "date"},
)
MINUTES: Final = Parameter(
    name="minutes",
    says="How long an interval is.",
    read=lambda text: int(choice("15", "30", "60")(text)),
    schema={"type": "integer", "enum": [15, 30, 60]},
    usual=30,
)
FIGURE: Final = Parameter(
    name="figure",
    says="Of which figure.",
    read=lambda text: Figure(choice(*Figure)(text)),
    schema={"type": "string", "enum": [one.value for one in Figure]},
    is_needed=True,
)
INTERVAL: Final = Parameter(
    name="from",
    says="Only those of the interval that begins then, of a length of `minutes`; else those of the day.",
    schema={"type": "string", "format": "date-time"},
)
CURSOR: Final = Parameter(name="cursor", says="Go on behind what was listed.", read=position_of)
CHAT: Final = Parameter(
    name="ChatId",
    says="The chat.",
    read=_chat,
    schema={"type": "string", "format": "uuid"},
    is_needed=True,
    in_path=True,
)
AFTER: Final = Parameter(
    name="after",
    says="Go on behind this sentence.",
    read=number(0, 2**31 - 1),
    schema={"type": "integer", "minimum": 0},
    usual=0,
)


def limit(most: int) -> Parameter:
    """How much is asked for at most."""
    return Parameter(
        name="limit",
        says="How many at most.",
        read=number(1, most),
        schema={"type": "integer", "minimum": 1, "maximum": most},
        usual=100,
    )


def asked_of(service: Service, bearer: FiguresToken, given: Mapping[str, Any]) -> Asked:
    """Of what figures are to be told.

    Raises:
        Problem: Of something that there is not, or that the bearer may not see.
    """
    mine = None if bearer.projects is None else frozenset(map(str, bearer.projects))
    config = service.config
    known: dict[Dimension, Mapping[str, str]] = {
        "project": _ids(config.projects),
        "language": _ids(config.languages),
        "gateway": _ids({**config.gateways, **config.message_gateways}),
    }
    only = []
    for dimension in DIMENSIONS:
        said = given.get(dimension)
        if said is None:
            continue
        found = known[dimension].get(said)
        if dimension == "project" and mine is not None and found not in mine:
            raise Problem(ErrorCode.NOT_ALLOWED, "is none of yours", member=dimension)
        if found is None:
            raise bad(dimension, f"there is no such {dimension}")
        only.append((dimension, found))
    return Asked(projects=mine, only=tuple(only), by=given.get("by", ("project",)))


def _ids(things: Mapping[Guid, Any]) -> dict[str, str]:
    """Ids by name and by id."""
    names = {thing.name: str(key) for key, thing in things.items()}
    return {**names, **{str(key): str(key) for key in things}}


def day_of(call: Call) -> tuple[int, int]:
    """The first moment of the day that is asked for, and of the next one.

    Raises:
        Problem: It is none that is kept.
    """
    service = call.service
    zone, asked = service.figures.zone, call.given.get("day")
    today = day_start(service.follower.at, zone)
    days = {local_day(at, zone): at for at in (today, day_start(today - HOUR, zone))}
    start = today if asked is None else days.get(asked)
    if start is None:
        raise bad("day", "must be today or yesterday; `parley report` tells of other days")
    return start, day_start(start + DAY + 2 * HOUR, zone)


# --- what is done


async def _live(call: Call) -> models.LiveFigures:
    return call.service.shown(call.asked).live


async def _intervals(call: Call) -> models.Intervals:
    return call.service.view(call.asked).intervals(*day_of(call), call.given["minutes"])


async def _contacts(call: Call) -> models.ContactList:
    start, end = day_of(call)
    if (said := call.given["from"]) is not None:
        length = call.given["minutes"] * 60_000_000
        try:
            begin = parse_moment(said, call.service.figures.zone)
        except ValueError as error:
            raise bad("from", str(error)) from None
        if not start <= begin < end or (begin - start) % length:
            raise bad("from", "must be the beginning of an interval of the day")
        start, end = begin, begin + length
    page = Page(call.given["figure"], start, end, call.given["cursor"] or (), call.given["limit"])
    return listed(call.service.view(call.asked), page)


async def _transcript(call: Call) -> models.Transcript:
    service, given = call.service, call.given

    def read() -> models.Transcript | None:
        with service.session.reading() as connection:
            return transcript(
                connection,
                service.names,
                given["ChatId"],
                call.asked.projects,
                given["after"],
                given["limit"],
            )

    found = await anyio.to_thread.run_sync(read)
    if found is None:
        raise Problem(ErrorCode.UNKNOWN_CHAT, "there is no such chat of yours")
    return found


LIVE: Final = Operation(
    path="/v1/live",
    does="Tell how everything stands now.",
    answers=models.LiveFigures,
    handle=_live,
    parameters=(*ONLY, BY),
)
STREAM: Final = Operation(
    path="/v1/stream",
    does="Push that (event `live`), then what changes (`changes`), and that nothing did (`beat`).",
    answers=models.LiveFigures,
    handle=_live,
    parameters=(*ONLY, BY),
    kind="text/event-stream",
)
OPERATIONS: Final = (
    LIVE,
    STREAM,
    Operation(
        path="/v1/intervals",
        does="Tell of the intervals of a day.",
        answers=models.Intervals,
        handle=_intervals,
        parameters=(*ONLY, BY, DAY_OF, MINUTES),
    ),
    Operation(
        path="/v1/contacts",
        does="List the contacts behind a figure.",
        answers=models.ContactList,
        handle=_contacts,
        parameters=(FIGURE, *ONLY, DAY_OF, INTERVAL, MINUTES, limit(MOST_LISTED), CURSOR),
        right=Right.CONTACTS,
    ),
    Operation(
        path="/v1/chats/{ChatId}/transcript",
        does="Tell what was said in a chat.",
        answers=models.Transcript,
        handle=_transcript,
        parameters=(CHAT, AFTER, limit(MOST)),
        right=Right.CONTACTS,
        codes=(ErrorCode.UNKNOWN_CHAT,),
    ),
)
