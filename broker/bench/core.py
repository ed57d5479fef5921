"""What one decision costs: the core alone, without sockets and without a store.

Theory of operation: the core is a function of the state and an input, so it is called here as the broker
calls it, and the clock is read before and after. A floor of agents is filled up until the wanted numbers of
chats and of conversations wait; then rounds of ordinary work follow in virtual time, in which everything
happens about as often and what waits is kept. The same seed gives the same inputs, whatever the machine.
"""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from random import Random
from time import perf_counter_ns, thread_time_ns
from typing import Any, Final

from attrs import Factory, define, field, frozen, validators

from broker.config.load import loads
from broker.config.model import SECOND, Config
from broker.console.columns import table
from broker.core.broker import restore, step
from broker.core.distribution_state import Work
from broker.core.facts import ConversationOffered, OfferMade
from broker.core.inputs import (
    Booted,
    FrameArrived,
    Input,
    SessionOpened,
    Stamp,
    TimePassed,
)
from broker.core.state import Recovered, State
from broker.core.timers import TimerKind
from broker.process import GC_THRESHOLDS
from protocol.codec import from_wire
from protocol.frame import Frame
from protocol.values import AgentState, ChatStatus, Guid, Role

START: Final = 1_790_000_000 * SECOND
LANGUAGES: Final = ("English", "Czech", "German")
PROJECTS: Final = 12
SKILLS: Final = (1, 40, 80)
GATEWAYS: Final = 10
"""Each of them may have so many open chats as one list holds; every fifth one has heavy chats."""
MAILBOXES: Final = 4
"""Message gateways; the last one has heavy conversations."""

_HEAD: Final = """\
[distribution]
park_reserve = 1
[[wait_rules]]
level = 1
after = "1m"
note = "You are number {position}; we expect to be with you in {wait}."
[[wait_rules]]
level = 2
after = "5m"
skill = 40
priority = 2
[[wait_rules]]
level = 3
after = "15m"
skill = 1
priority = 5
"""


@frozen(kw_only=True)
class CoreLoad:
    """How many of what.

    Attributes:
        agents: Logged in; most of them at work.
        waiting: Chats that wait for one.
        conversations: Conversations that do.
        rounds: In each one everything that is measured happens at least once.
        seed: The same one gives the same inputs.
    """

    agents: int = field(default=1_000, validator=validators.gt(0))
    waiting: int = field(default=5_000, validator=validators.gt(0))
    conversations: int = field(default=20_000, validator=validators.ge(0))
    rounds: int = field(default=1_000, validator=validators.gt(0))
    seed: int = 1


@frozen(kw_only=True)
class Cost:
    """What the decisions of one kind took, in microseconds of processor time."""

    count: int
    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, nanoseconds: list[int]) -> Cost:
        """Take it from single values, of which there must be one."""
        values = sorted(nanoseconds)

        def at(share: float) -> float:
            return values[min(len(values) - 1, int(len(values) * share))] / 1_000

        return cls(count=len(values), p50=at(0.5), p99=at(0.99), max=values[-1] / 1_000)


@frozen(kw_only=True)
class CoreFigures:
    """What was measured.

    Attributes:
        load: How many there were of what.
        queues: Kinds of waiting chats at the end.
        kinds: The cost of each kind of decision.
        overall: The same of all together.
        elapsed: The same by the clock on the wall, which goes on while other processes have the core.
    """

    load: CoreLoad
    queues: int
    kinds: dict[str, Cost]
    overall: Cost
    elapsed: Cost

    def __str__(self) -> str:
        load = self.load
        head = ["decision", "number", "p50 us", "p99 us", "max us"]
        rows = [*sorted(self.kinds.items()), ("all", self.overall)]
        rows.append(("all, elapsed", self.elapsed))
        cells = [
            [name, f"{c.count:,}", f"{c.p50:,.0f}", f"{c.p99:,.0f}", f"{c.max:,.0f}"]
            for name, c in rows
        ]
        waits = f"{load.waiting:,} waiting chats, {load.conversations:,} waiting conversations"
        about = f"{load.agents:,} agents, {waits} in {self.queues} queues"
        return "\n".join([about, *table(head, cells)])


def core_config(load: CoreLoad) -> Config:
    """A contact center with projects, languages and skills of all kinds."""
    chance = Random(load.seed)  # noqa: S311 - it has to be the same each time
    parts = [_HEAD, *(_gateway(number) for number in range(GATEWAYS))]
    parts += [f'[[languages]]\nname = "{name}"\nculture = "{name[:2]}"\n' for name in LANGUAGES]
    for project in range(PROJECTS):
        best = "true" if project % 3 == 0 else "false"
        parts.append(
            f'[[projects]]\nname = "P{project}"\nsignal_duration = "5m"\nbest_skill = {best}\n'
        )
    for rank, (project, language, skill) in enumerate(_demands(), 1):
        parts.append(
            f'[[project_rules]]\nrank = {rank}\next_response = "^{project}/{language}/{skill}$"\n'
            f'project = "P{project}"\nlanguage = "{language}"\nskill = {skill}\n'
            f"priority = {rank % 4}\n"
        )
    parts += [_agent(number, chance) for number in range(load.agents)]
    if load.conversations:
        parts += [_mailbox(number) for number in range(MAILBOXES)]
        parts += [_message_rule(rank, *asked) for rank, asked in enumerate(_demands(), 1)]
    return loads("".join(parts), path="bench.toml").config


def _demands() -> Iterator[tuple[int, str, int]]:
    """What chats ask for."""
    for project in range(PROJECTS):
        for language in LANGUAGES[: 1 + project % 3]:
            for skill in SKILLS[: 1 + project % 2]:
                yield project, language, skill


def _gateway(number: int) -> str:
    return (
        f'[[gateways]]\nname = "G{number}"\npeer = "g{number}"\ntoken = "bench-secret"\n'
        f'inactivity_timeout = "30d"\ntracking_inertia = "1m"\n'
        f"weight = {2 if number % 5 == 0 else 1}\n"
    )


def _mailbox(number: int) -> str:
    return (
        f'[[message_gateways]]\nname = "M{number}"\npeer = "m{number}"\nchannel = "Email"\n'
        f'direction = "I"\ntoken = "bench-secret"\nweight = {2 if number == MAILBOXES - 1 else 1}\n'
    )


def _message_rule(rank: int, project: int, language: str, skill: int) -> str:
    within = (f'answer_within = "{hours}h"\n' if (hours := rank % 4) else "") + "\n"
    return (
        f'[[message_rules]]\nrank = {rank}\nsubject = "^{project}/{language}/{skill}$"\n'
        f'project = "P{project}"\nlanguage = "{language}"\nskill = {skill}\n'
        f"priority = {rank % 3}\n{within}"
    )


def _agent(number: int, chance: Random) -> str:
    languages = chance.sample(LANGUAGES, chance.choice((1, 1, 2)))
    projects = chance.sample(range(PROJECTS), chance.choice((1, 2, 3, 5)))
    skills = ", ".join(f"P{project} = {chance.randrange(1, 100)}" for project in projects)
    speaks = ", ".join(f"{language} = 100" for language in languages)
    return (
        f'[[workplaces]]\nnumber = "{number}"\nmax_chats = 5\n'
        f'[[agents]]\nname = "Agent {number}"\nlogin = "{number}"\ntoken = "bench-secret"\n'
        f"max_chats = {chance.choice((1, 2, 3, 5))}\n"
        f"languages = {{ {speaks} }}\nskills = {{ {skills} }}\n"
    )


@define
class Floor:
    """The core under work, and the clock beside it."""

    load: CoreLoad
    config: Config
    chance: Random
    state: State
    now: int = START
    seq: int = 0
    started: int = 0
    taken: dict[str, list[int]] = Factory(dict)
    elapsed: list[int] = Factory(list)
    messages: int = 0
    offers: deque[tuple[Guid, Guid]] = Factory(deque)
    mail: deque[tuple[Guid, Guid]] = Factory(deque)
    measured: bool = False

    @classmethod
    def open(cls, load: CoreLoad) -> Floor:
        """Everybody sits down, and chats come until so many wait."""
        config = core_config(load)
        chance = Random(load.seed)  # noqa: S311 - it has to be the same each time
        floor = cls(load, config, chance, restore(config, Recovered(), START))
        floor.put("boot", Booted())
        for number, gateway in enumerate(config.gateways):
            hello = SessionOpened(session=number, role=Role.CONNECTOR, gateways=(gateway,))
            floor.put("hello", hello)
        boxes = tuple(config.message_gateways)
        floor.put("hello", SessionOpened(session=-1, role=Role.CONNECTOR, gateways=boxes))
        for number, agent in enumerate(config.agents.values(), GATEWAYS):
            hello = SessionOpened(
                session=number,
                role=Role.WORKPLACE,
                workplace=agent.login,
                agent_id=agent.id,
                takes_messages=True,
            )
            floor.put("hello", hello)
            if floor.chance.random() < 0.9:
                floor.says(agent.id, "ready", "CS_AGENT_STATE", State="Ready")
        while floor.waiting < load.waiting:
            floor.arrival()
            floor.attend()
            floor.pass_time(SECOND // 5)
        floor.fill_up()
        return floor

    @property
    def waiting(self) -> int:
        """How many chats wait."""
        return self.state.status_counts.get(ChatStatus.WAITING, 0)

    def put(self, kind: str, input: Input) -> None:
        """One decision, with what follows from it."""
        self.seq += 1
        stamp = Stamp(self.now, self.seq, b"bench")
        wall, began = perf_counter_ns(), thread_time_ns()
        facts, _effects = step(self.state, stamp, input)
        taken = thread_time_ns() - began
        if self.measured:
            self.taken.setdefault(kind, []).append(taken)
            self.elapsed.append(perf_counter_ns() - wall)
        self.offers.extend((f.chat, f.agent) for f in facts if isinstance(f, OfferMade))
        self.mail.extend(
            (f.conversation, f.agent) for f in facts if isinstance(f, ConversationOffered)
        )

    def frame(self, session: int, kind: str, type: str, **members: Any) -> None:
        """One frame of a client."""
        self.put(kind, FrameArrived(session, Frame(type, from_wire(type, members))))

    def says(self, agent: Guid, kind: str, type: str, **members: Any) -> None:
        """One frame of an agent."""
        presence = self.state.distribution.presences[agent]
        assert presence.session is not None
        self.frame(presence.session, kind, type, Peer=presence.workplace, **members)

    def arrival(self) -> None:
        """A visitor begins a chat."""
        self.started += 1
        project, language, skill = self.chance.choice(tuple(_demands()))
        gateway = self.started % GATEWAYS
        self.frame(
            gateway,
            "arrival",
            "ES_CHAT_START",
            Peer=f"g{gateway}",
            TrackingId=f"t{self.started}",
            ExtResponse=f"{project}/{language}/{skill}",
        )

    def attend(self) -> None:
        """The alerted agents answer, or now and then reject."""
        while self.offers:
            chat_id, agent = self.offers.popleft()
            chat = self.state.chats.get(chat_id)
            if chat is None or chat.offered_to != agent:
                continue
            if self.chance.random() < 0.15:
                self.says(agent, "rejection", "CS_CHAT_HANGUP", ChatId=chat_id)
            else:
                self.says(agent, "answer", "CS_CHAT_ANSWER", ChatId=chat_id)
        while self.mail:
            key, agent = self.mail.popleft()
            one = self.state.messages.conversations.get(key)
            if one is None or one.offered_to != agent:
                continue
            what = "RETURN" if self.chance.random() < 0.15 else "ANSWER"
            self.on_mail(agent, what, key)

    def on_mail(self, agent: Guid, what: str, key: Guid, **members: Any) -> None:
        """An agent does something with a conversation."""
        frame = f"CS_CONVERSATION_{what}"
        self.says(agent, f"mail: {what.lower()}", frame, ConversationId=key, **members)

    def message(self) -> None:
        """A message comes, from somebody who has written nothing before."""
        self.messages += 1
        project, language, skill = self.chance.choice(tuple(_demands()))
        boxes = list(self.config.message_gateways)
        self.frame(
            -1,
            "mail: arrival",
            "ES_MESSAGE_RECEIVING",
            GatewayId=boxes[self.messages % len(boxes)],
            DeliverySystemId=f"<{self.messages}@example.org>",
            RemoteAddress=f"{self.messages}@example.org",
            SubjectField=f"{project}/{language}/{skill}",
            BodyText="Do they fit?",
            ReceivedSentTime="2026-01-02T03:04:05Z",
        )
        self.attend()

    def fill_up(self) -> None:
        """Messages come until so many conversations wait."""
        waiting = self.state.distribution.waiting
        while waiting[Work.CONVERSATION] < self.load.conversations:
            self.message()

    def with_mail(self, what: str, **members: Any) -> None:
        """Somebody who works on a conversation does something with it."""
        agents = list(self.config.agents)
        for _ in range(200):
            presence = self.state.distribution.presences[self.chance.choice(agents)]
            held = presence.conversations.leases
            own = [key for key, holder in held.items() if holder is ChatStatus.ANSWERED]
            if own and presence.session is not None:
                self.on_mail(presence.agent, what, own[0], **members)
                self.attend()
                return

    def some_owner(self) -> tuple[Guid, Guid] | None:
        """An agent and a chat that they answer and could hand over."""
        agents = list(self.config.agents)
        for _ in range(200):
            presence = self.state.distribution.presences[self.chance.choice(agents)]
            for chat_id in presence.leases:
                chat = self.state.chats[chat_id]
                if (
                    chat.agent == presence.agent
                    and chat.has(presence.agent)
                    and chat.invite is None
                ):
                    return presence.agent, chat_id
        return None

    def with_a_chat(self, kind: str, type: str, **members: Any) -> None:
        """Some owner does something with their chat."""
        found = self.some_owner()
        if found is not None:
            self.says(found[0], kind, type, ChatId=found[1], **members)
            self.attend()

    def state_change(self) -> None:
        """One agent takes a break, or comes back from it."""
        agent = self.chance.choice(list(self.config.agents))
        is_ready = self.state.distribution.presences[agent].state is AgentState.READY
        if is_ready and self.chance.random() < 0.9:
            agent = next(
                (
                    presence.agent
                    for presence in self.state.distribution.presences.values()
                    if presence.state is not AgentState.READY
                ),
                agent,
            )
            is_ready = self.state.distribution.presences[agent].state is AgentState.READY
        kind, wanted = ("pause", "Pause") if is_ready else ("ready", "Ready")
        self.says(agent, kind, "CS_AGENT_STATE", State=wanted)
        self.attend()

    def pass_time(self, microseconds: int) -> None:
        """Let time pass; each timer is a decision."""
        end = self.now + microseconds
        timers = self.state.timers
        while timers.heap and timers.heap[0][0] <= end:
            kind = timers.heap[0][2]
            self.now = max(self.now, timers.heap[0][0])
            name = "wait rule" if kind is TimerKind.WAIT else f"timer {kind.name.lower()}"
            self.put(name, TimePassed())
            self.attend()
        self.now = end

    def round(self) -> None:
        """Everything once, and what keeps the number of waiting chats."""
        project = self.chance.choice(list(self.config.projects))
        work = [
            self.arrival,
            lambda: self.with_a_chat("hang-up", "CS_CHAT_HANGUP"),
            lambda: self.with_a_chat("return", "CS_CHAT_RETURN"),
            lambda: self.with_a_chat("transfer", "CS_CHAT_TRANSFER", ToProjectId=project),
            self.state_change,
        ]
        if self.load.conversations:
            work += [
                self.message,
                lambda: self.with_mail("CLOSE"),
                lambda: self.with_mail("RETURN"),
                lambda: self.with_mail("PARK"),
                lambda: self.with_mail("TRANSFER", ToProjectId=project),
            ]
        self.chance.shuffle(work)
        for one in work:
            one()
            self.attend()
            self.pass_time(SECOND // 50)
        while self.waiting < self.load.waiting:
            self.arrival()
            self.attend()
        if self.waiting > self.load.waiting:
            self.with_a_chat("hang-up", "CS_CHAT_HANGUP")
        self.fill_up()
        if self.state.distribution.waiting[Work.CONVERSATION] > self.load.conversations > 0:
            self.with_mail("CLOSE")


def measure_core(load: CoreLoad) -> CoreFigures:
    """Fill a floor, and time the decisions of so many rounds, collector included."""
    floor = Floor.open(load)
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    try:
        floor.measured = True
        for _ in range(load.rounds):
            floor.round()
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
    return CoreFigures(
        load=load,
        queues=sum(1 for queue in floor.state.distribution.queues.values() if queue.entries),
        kinds={kind: Cost.of(values) for kind, values in floor.taken.items()},
        overall=Cost.of([one for values in floor.taken.values() for one in values]),
        elapsed=Cost.of(floor.elapsed),
    )
