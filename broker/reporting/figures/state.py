"""What the fold knows: chats and their contacts, agents, conversations, and what they were counted as.

Times are the broker's own (`Listened`) unless they are said to be of the wall. The day is cut into quarters
of an hour, which every zone's days, hours and half hours are made of.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, tzinfo
from typing import Final, NamedTuple

from attrs import Factory, define, field, frozen

from broker.reporting.figures.log import ConversationStands
from broker.reporting.figures.tallies import Tally, Terms
from broker.reporting.history import Contact, ParkingRow, WrapupRow
from broker.reporting.listened import ALWAYS, Listened
from protocol.values import AgentState, ChatStatus, from_micros, to_micros

QUARTER: Final = 900_000_000


class Key(NamedTuple):
    """What a figure is told of."""

    project: str | None
    language: str | None
    gateway: str


def key_of(conversation: ConversationStands) -> Key:
    """Of what a conversation counts."""
    return Key(conversation.project, conversation.language, conversation.gateway)


@frozen
class Targets:
    """How contacts are counted, by project."""

    usual: Terms
    by_project: Mapping[str, Terms] = Factory(dict)

    def of(self, project: str | None) -> Terms:
        """How those of a project are."""
        return self.by_project.get(project or "", self.usual)


@define(eq=False)
class Counted:
    """A contact, and what it was counted as.

    Attributes:
        chat: Its chat.
        contact: What became of it.
        slot: The quarter in which it began to wait, by the wall; None: it did not.
        key: Where it was counted; None: nowhere.
        tally: As what.
    """

    chat: ChatStands
    contact: Contact
    slot: int | None = None
    key: Key | None = None
    tally: Tally | None = None

    @property
    def order(self) -> tuple[int, int, int]:
        """What is before what in a list, for good."""
        return self.slot or 0, self.contact.queued or 0, self.chat.no


@define(eq=False)
class ChatStands:
    """A chat as it stands.

    Attributes:
        no: Its number.
        id: The ChatId.
        gateway: Where it came in.
        language: What it asks for.
        project: What it is about.
        status: Its status.
        at: When the last thing happened.
        waiting_since: Since when it waits for an agent; being offered is part of that.
        holder: Who has it.
        current: The contact that it is now.
        contacts: That and earlier ones that are kept.
        wrapups: Its wrap-ups, by whose and since when.
        parkings: When it was put aside, likewise.
    """

    no: int
    id: str
    gateway: str
    language: str | None = None
    project: str | None = None
    status: str = ChatStatus.PILOT
    at: int = 0
    waiting_since: int | None = None
    holder: str | None = None
    current: Counted | None = None
    contacts: list[Counted] = field(factory=list)
    wrapups: dict[tuple[str, int], WrapupRow] = field(factory=dict)
    parkings: dict[tuple[str, int], ParkingRow] = field(factory=dict)

    @property
    def key(self) -> Key:
        """Of what it counts while it is open."""
        return Key(self.project, self.language, self.gateway)

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.status != ChatStatus.CLOSED

    @property
    def lasts(self) -> bool:
        """Whether something is still to come of it."""
        return self.is_open or any(row.ended is None for row in self.wrapups.values())


@define
class Spent:
    """How an agent spent their time.

    Attributes:
        logged_in: In any state but `LogOff`.
        busy: While they held at least one chat.
        available: In `Ready` and without any.
    """

    logged_in: int = 0
    busy: int = 0
    available: int = 0

    def add(self, other: Spent) -> None:
        """Take more in."""
        self.logged_in += other.logged_in
        self.busy += other.busy
        self.available += other.available


@define(eq=False)
class AgentStands:
    """An agent as they stand.

    Attributes:
        state: Their state, and `reason` for it.
        since: Since when they are in it.
        held: How many slots are taken.
        metered: Until when their time is spent.
    """

    state: str = AgentState.LOG_OFF
    reason: str | None = None
    since: int = 0
    held: int = 0
    metered: int = 0

    @property
    def is_there(self) -> bool:
        """Whether they are logged in, or still have something."""
        return self.held > 0 or self.state != AgentState.LOG_OFF

    def spent(self, time: int) -> Spent:
        """What they do with some time, as they stand."""
        return Spent(
            logged_in=time if self.state != AgentState.LOG_OFF else 0,
            busy=time if self.held > 0 else 0,
            available=time if self.held <= 0 and self.state == AgentState.READY else 0,
        )


@define(eq=False)
class State:
    """Everything.

    Attributes:
        targets: How contacts are counted.
        zone: Whose days.
        since: From which moment of the wall on contacts and time are kept.
        listened: When the broker listened.
        chats: Open chats, and closed ones with contacts that are kept, by number.
        open: The open ones of these.
        slots: The contacts that began to wait in a quarter.
        by_slot: What these were counted as, by quarter.
        totals: The same by day, which is named by its first moment.
        longest: The longest wait that is over, likewise.
        pending: Kept contacts that wait, by chat and beginning.
        agents: Everybody who ever came.
        work: What agents did, by quarter.
        days: The same by day.
        conversations: Those that are open, by number.
        version: How many entries were folded.
    """

    targets: Targets
    zone: tzinfo
    since: int
    listened: Listened = ALWAYS
    chats: dict[int, ChatStands] = field(factory=dict)
    open: dict[int, ChatStands] = field(factory=dict)
    slots: dict[int, list[Counted]] = field(factory=dict)
    by_slot: dict[tuple[int, Key], Tally] = field(factory=dict)
    totals: dict[tuple[int, Key], Tally] = field(factory=dict)
    longest: dict[tuple[int, Key], int] = field(factory=dict)
    pending: dict[tuple[int, int], Counted] = field(factory=dict)
    agents: dict[str, AgentStands] = field(factory=dict)
    work: dict[tuple[int, str], Spent] = field(factory=dict)
    days: dict[tuple[int, str], Spent] = field(factory=dict)
    conversations: dict[int, ConversationStands] = field(factory=dict)
    version: int = 0
    _known: dict[int, int] = field(init=False, factory=dict)

    def day_of(self, slot: int) -> int:
        """The first moment of the day that a moment of the wall lies in."""
        found = self._known.get(slot)
        if found is None:
            found = self._known[slot] = day_start(slot, self.zone)
        return found

    def spent_by(self, agent: str, day: int, now: int) -> Spent:
        """How an agent spent a day, until now."""
        found = Spent()
        found.add(self.days.get((day, agent)) or Spent())
        stands = self.agents[agent]
        if stands.is_there:
            time = (
                time
                for slot, time in cut(self.listened, stands.metered, now, self.since)
                if self.day_of(slot) == day
            )
            found.add(stands.spent(sum(time)))
        return found

    def all_work(self, now: int) -> Iterator[tuple[int, str, Spent]]:
        """What agents did, by quarter, until now."""
        for (slot, agent), spent in self.work.items():
            yield slot, agent, spent
        for agent, stands in self.agents.items():
            if stands.is_there:
                for slot, time in cut(self.listened, stands.metered, now, self.since):
                    yield slot, agent, stands.spent(time)

    def slot_of(self, own: int) -> int:
        """The quarter that a moment lies in."""
        return quarter(self.listened.wall(own))


def quarter(at: int) -> int:
    """The beginning of a quarter of an hour."""
    return at - at % QUARTER


def local_day(at: int, zone: tzinfo) -> date:
    """The day that a moment of the wall lies in."""
    return from_micros(at).astimezone(zone).date()


def day_start(at: int, zone: tzinfo) -> int:
    """The first moment of that day."""
    return to_micros(datetime.combine(local_day(at, zone), time(tzinfo=zone)))


def cut(listened: Listened, start: int, end: int, since: int) -> Iterator[tuple[int, int]]:
    """The quarters by the wall that a stretch of own time touches, with how much of it lies in each.

    Args:
        listened: When the broker listened.
        start: Its beginning.
        end: Its end.
        since: What is earlier by the wall is left out.
    """
    if start >= end:
        return
    for begun, ended in listened.walls(start, end):
        at = max(begun, since)
        while at < ended:
            until = min(ended, quarter(at) + QUARTER)
            yield quarter(at), until - at
            at = until
