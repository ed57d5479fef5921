"""What is known as what is told: the state at a moment, for whoever may see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import define, field, frozen

from broker.config.model import Agent, Config
from broker.reporting.contacts import part
from broker.reporting.figures import models
from broker.reporting.figures.following import Follower
from broker.reporting.figures.state import AgentStands, ChatStands, Spent, State, key_of
from broker.reporting.figures.sums import Asked, Dimension, Group, longest, of_day, of_times
from broker.reporting.figures.tallies import Tally
from protocol.values import AgentState, ChatStatus, Guid, from_micros, to_micros

_STATUS_NAMES: Final[Mapping[str, str]] = {
    ChatStatus.PILOT: "pilot",
    ChatStatus.ICR: "bot",
    ChatStatus.WAITING: "waiting",
    ChatStatus.ALERTING: "alerting",
    ChatStatus.ANSWERED: "answered",
}
_STATE_NAMES: Final[Mapping[str, str]] = {
    AgentState.READY: "ready",
    AgentState.PAUSE: "pause",
    AgentState.POST_CALL: "post_call",
}
PARKED: Final = "parked"


@frozen
class Names:
    """What things are called."""

    config: Config
    _serving: dict[tuple[Any, ...], frozenset[str] | None] = field(init=False, factory=dict)

    def serving(self, by: tuple[Dimension, ...], group: Group) -> frozenset[str] | None:
        """The agents to whom chats of a group may come; None: everybody."""
        key = (by, group)
        if key not in self._serving:
            asks = [
                name
                for name, which in zip(by, group, strict=True)
                if name == "project" or (name == "language" and which is not None)
            ]
            able = (str(a.id) for a in self.config.agents.values() if _serves(a, by, group))
            self._serving[key] = frozenset(able) if asks else None
        return self._serving[key]

    def thing(self, which: str | None) -> models.Thing | None:
        """A project, a language, a gateway or an agent; one that is gone goes by its id."""
        return None if which is None else self.known(which)

    def known(self, which: str) -> models.Thing:
        """The same of one that there is."""
        key = Guid(which)
        tables: tuple[Mapping[Guid, Any], ...] = (
            *(self.config.projects, self.config.agents, self.config.gateways),
            *(self.config.message_gateways, self.config.languages, self.config.bots),
        )
        found = next((table[key] for table in tables if key in table), None)
        return models.Thing(id=key, name=key if found is None else found.name)


def _serves(agent: Agent, by: tuple[Dimension, ...], group: Group) -> bool:
    for name, which in zip(by, group, strict=True):
        if name == "gateway" or (name == "language" and which is None):
            continue
        skills = agent.skills if name == "project" else agent.languages
        skill = None if which is None else skills.get(Guid(which))
        if skill is None or not skill.enabled:
            return False
    return True


def status_of(chat: ChatStands) -> str:
    """How a chat stands, in our word for it."""
    if any(row.ended is None for row in chat.parkings.values()):
        return PARKED
    return _STATUS_NAMES.get(chat.status, chat.status.lower())


def percent(share: float | None) -> float | None:
    """A share as it is told."""
    return None if share is None else round(100 * share, 2)


def seconds(time: float | None) -> float | None:
    """Seconds as they are told."""
    return None if time is None else round(time, 3)


def contacts_of(tally: Tally) -> models.ContactFigures:
    """What became of contacts."""
    return models.ContactFigures(
        offered=tally.offered,
        answered=tally.answered,
        in_time=tally.in_time,
        abandoned=tally.abandoned,
        abandoned_in_time=tally.early,
        lapsed=tally.lapsed,
        lapsed_late=tally.late_lapsed,
        unanswered=tally.waiting,
        overdue=tally.overdue,
        short_abandoned=tally.short,
        events=tally.events,
        service_level=models.ServiceLevels(
            negative=percent(tally.negative),
            ignored=percent(tally.ignored),
            positive=percent(tally.positive),
        ),
        abandonment_percent=percent(part(tally.abandoned, tally.offered)),
        speed_of_answer_seconds=seconds(tally.speed),
        handled=tally.handled,
        handle_time_seconds=seconds(tally.handle_time),
        hold_seconds=seconds(part(tally.hold / 1e6, tally.handled)),
        wrapup_seconds=seconds(part(tally.wrapup / 1e6, tally.handled)),
    )


@define
class _Now:
    """What a group has now."""

    waiting: int = 0
    since: int | None = None
    chats: Counter[str] = field(factory=Counter)
    conversations: Counter[str] = field(factory=Counter)
    next_due: int | None = None


@frozen
class View:
    """The state at its last look, for whoever asks.

    Attributes:
        follower: The state.
        names: What things are called.
        asked: What is asked for.
    """

    follower: Follower
    names: Names
    asked: Asked

    @property
    def state(self) -> State:
        """What is known."""
        assert self.follower.state is not None
        return self.follower.state

    @property
    def now(self) -> int:
        """Until when that is, in the broker's own time."""
        return self.follower.until

    @property
    def day(self) -> int:
        """The first moment of today."""
        return self.state.day_of(self.follower.at)

    def wall(self, own: int) -> datetime:
        """A moment by the clock on the wall, as somebody sees it who counts from there to now."""
        listened = self.state.listened
        return from_micros(listened.wall(self.now) - (self.now - own))

    def live(self) -> models.LiveFigures:
        """How everything stands."""
        return models.LiveFigures(**self.times(), groups=self._groups(), agents=self._agents())

    def times(self) -> dict[str, datetime]:
        """Of when it is."""
        return {
            "as_of_utc": from_micros(self.follower.at),
            "heard_utc": from_micros(self.state.listened.wall(self.now)),
            "day_utc": from_micros(self.day),
        }

    # --- groups

    def _groups(self) -> tuple[models.GroupFigures, ...]:
        today = of_day(self.state, self.asked, self.day, self.now)
        waits = longest(self.state, self.asked, self.day)
        now = self._now()
        agents = self._agent_counts({*today, *now, *self._configured()})
        return tuple(
            self._group(group, today.get(group, Tally()), waits, now.get(group, _Now()), counts)
            for group, counts in sorted(agents.items(), key=lambda item: self._order(item[0]))
        )

    def _order(self, group: Group) -> tuple[str, ...]:
        return tuple("" if which is None else self.names.known(which).name for which in group)

    def _configured(self) -> set[Group]:
        """Groups that are shown though nothing is of them."""
        if self.asked.by == ():
            return {()}
        if self.asked.by != ("project",):
            return set()
        only = dict(self.asked.only)
        return {
            (project,)
            for project in self.names.config.projects
            if (self.asked.projects is None or project in self.asked.projects)
            and only.get("project", project) == project
        }

    def _group(
        self,
        group: Group,
        today: Tally,
        waits: Mapping[Group, int],
        now: _Now,
        agents: models.AgentCounts,
    ) -> models.GroupFigures:
        return models.GroupFigures(
            **self.named(group),
            waiting=now.waiting,
            waiting_since_utc=None if now.since is None else self.wall(now.since),
            longest_wait_seconds=round(waits.get(group, 0) / 1e6, 3),
            today=contacts_of(today),
            chats=models.ChatCounts(**now.chats),
            conversations=models.ConversationCounts(
                **now.conversations,
                next_due_utc=None if now.next_due is None else from_micros(now.next_due),
            ),
            agents=agents,
        )

    def named(self, group: Group) -> dict[str, Any]:
        """What a group is of."""
        things: dict[str, Any] = {
            name: self.names.thing(which) for name, which in zip(self.asked.by, group, strict=True)
        }
        empty = dict.fromkeys(("project", "language", "gateway"))
        return {"key": "/".join(which or "-" for which in group), **empty, **things}

    def _now(self) -> dict[Group, _Now]:
        found: dict[Group, _Now] = {}
        for chat in self.state.open.values():
            if not self.asked.wants(chat.key):
                continue
            now = found.setdefault(self.asked.group(chat.key), _Now())
            now.chats[status_of(chat)] += 1
            if chat.waiting_since is not None:
                now.waiting += 1
                now.since = min(chat.waiting_since, now.since or chat.waiting_since)
        wall = to_micros(self.wall(self.now))
        for one in self.state.conversations.values():
            if not self.asked.wants(key_of(one)):
                continue
            now = found.setdefault(self.asked.group(key_of(one)), _Now())
            now.conversations[PARKED if one.is_aside else _STATUS_NAMES[one.status]] += 1
            now.conversations["backlog"] += not one.is_aside
            if one.due is not None:
                now.conversations["due"] += 1
                now.conversations["overdue"] += one.due < wall
                now.next_due = min(one.due, now.next_due or one.due)
        return found

    # --- agents

    def present(self) -> Iterable[tuple[str, AgentStands, Agent | None]]:
        """Agents who are there and may be seen."""
        for which, stands in self.state.agents.items():
            agent = self.names.config.agents.get(Guid(which))
            if stands.is_there and self._sees(agent):
                yield which, stands, agent

    def _sees(self, agent: Agent | None) -> bool:
        if self.asked.projects is None:
            return True
        return agent is not None and any(which in self.asked.projects for which in agent.skills)

    def _agent_counts(self, groups: set[Group]) -> dict[Group, models.AgentCounts]:
        counts: dict[Group, Counter[str]] = {group: Counter() for group in groups}
        spent = {group: Spent() for group in groups}
        serving = {group: self.names.serving(self.asked.by, group) for group in groups}
        for which, stands, _agent in self.present():
            day = self.state.spent_by(which, self.day, self.now)
            for group in groups:
                able = serving[group]
                if able is None or which in able:
                    counts[group][_STATE_NAMES.get(stands.state, "busy")] += 1
                    if stands.state in _STATE_NAMES:
                        counts[group]["busy"] += stands.held > 0
                    spent[group].add(day)
        return {
            group: models.AgentCounts(
                **counts[group], occupancy_percent=occupancy(spent[group], digits=0)
            )
            for group in groups
        }

    def _agents(self) -> tuple[models.AgentFigures, ...]:
        chats, parked = Counter[str](), Counter[str]()
        for chat in self.state.open.values():
            if chat.holder is not None:
                chats[chat.holder] += 1
                parked[chat.holder] += status_of(chat) == PARKED
        answered = Counter(
            one.agent
            for one in self.state.conversations.values()
            if one.status == ChatStatus.ANSWERED and not one.is_aside
        )
        found = [
            models.AgentFigures(
                key=which,
                agent=self.names.known(which),
                state=stands.state,
                reason=stands.reason,
                since_utc=self.wall(stands.since),
                chats=chats[which],
                parked=parked[which],
                conversations=answered[which],
                occupancy_percent=occupancy(
                    self.state.spent_by(which, self.day, self.now), digits=0
                ),
            )
            for which, stands, _agent in self.present()
        ]
        return tuple(sorted(found, key=lambda one: (one.agent.name, one.key)))

    # --- intervals

    def intervals(self, day: int, end: int, minutes: int) -> models.Intervals:
        """The intervals of a day, up to now.

        Args:
            day: Its first moment.
            end: The first moment of the next one.
            minutes: How long an interval is.
        """
        length = timedelta(minutes=minutes) // timedelta(microseconds=1)
        bounds = [*range(day, end, length), end]
        sums = of_times(self.state, self.asked, bounds, self.now)
        times = [from_micros(bound) for bound in bounds]
        return models.Intervals(
            as_of_utc=from_micros(self.follower.at),
            day_utc=times[0],
            minutes=minutes,
            intervals=tuple(
                models.IntervalFigures(
                    from_utc=times[place],
                    to_utc=times[place + 1],
                    **self.named(group),
                    contacts=contacts_of(tally),
                )
                for (place, group), tally in sorted(
                    sums.items(), key=lambda item: (item[0][0], self._order(item[0][1]))
                )
            ),
            occupancy=self._occupancies(bounds),
        )

    def _occupancies(self, bounds: list[int]) -> tuple[models.Occupancy, ...]:
        spent = [Spent() for _ in bounds[1:]]
        seen = {
            which
            for which in self.state.agents
            if self._sees(self.names.config.agents.get(Guid(which)))
        }
        for slot, agent, time in self.state.all_work(self.now):
            if agent in seen and bounds[0] <= slot < bounds[-1]:
                spent[(slot - bounds[0]) // (bounds[1] - bounds[0])].add(time)
        return tuple(
            models.Occupancy(
                from_utc=from_micros(bounds[place]),
                to_utc=from_micros(bounds[place + 1]),
                occupancy_percent=occupancy(one, digits=2),
                logged_in_seconds=round(one.logged_in / 1e6, 3),
            )
            for place, one in enumerate(spent)
            if one.logged_in
        )


def occupancy(spent: Spent, digits: int) -> float | None:
    """Which part of their time for chats agents held one, in percent.

    One that is pushed is told in whole percent, since it changes with every second.
    """
    share = part(spent.busy, spent.busy + spent.available)
    return None if share is None else round(100 * share, digits)
