"""The configuration as values: one installation, every reference resolved.

Theory of operation: `load` reads the TOML file, `check` finds every fault, and what is left
is this tree of frozen values. Nothing in it is looked up by name any more: references are
Guids (`Guid`), durations are integer microseconds, patterns and calendars are compiled. The
core reads it and never changes it; a reload hands the core a new tree (C-4).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from attrs import Factory, evolve, field, frozen

from broker.config.basics import DAY as DAY
from broker.config.basics import HOUR as HOUR
from broker.config.basics import MINUTE as MINUTE
from broker.config.basics import SECOND as SECOND
from broker.config.basics import Calendar as Calendar
from broker.config.basics import Date as Date
from broker.config.basics import Hours as Hours
from broker.config.basics import Logins as Logins
from broker.config.basics import Secret as Secret
from broker.config.basics import Span as Span
from broker.config.basics import WorkKind as WorkKind
from broker.config.basics import frozen_map
from broker.config.figures import Figures
from broker.config.message_gateways import MessageGateway, MessageRule
from broker.config.partners import Bot, TextMatch
from broker.config.words import PauseReason as PauseReason
from broker.config.words import WrapupCode as WrapupCode
from protocol.pattern import Pattern
from protocol.register import LiteralLookupInfo, WebSiteRoutingInfo
from protocol.scenario import ScenarioInfo
from protocol.values import ChatType, Guid, Signal

SIGNAL_DURATION = 30 * SECOND
"""How long an agent is alerted, where no project says otherwise."""


Address = tuple[str, int]
"""A host and a port to listen on."""


@frozen(kw_only=True)
class Server:
    """Where the broker listens and what it calls itself."""

    listen: tuple[Address, ...] = (("127.0.0.1", 7070),)
    http: tuple[Address, ...] = ()
    node: str = "node-1"
    heartbeat: int = 30 * SECOND
    drain: int = 5 * SECOND
    tls_cert: str | None = None
    tls_key: str | None = None
    tls_client_ca: str | None = None


@frozen(kw_only=True)
class Limits:
    """Bounds on what a peer can make the broker hold (I-14)."""

    frame_bytes: int = 1_048_576
    hello: int = 10 * SECOND
    outbox_bytes: int = 8_388_608
    outbox_frames: int = 10_000
    frames_per_second: int = 2_000
    answer_bytes_per_second: int = 33_554_432
    gateway_sessions: int = 64
    list_chats: int = 100
    """The most chats in one piece of a list (W-25)."""
    connections: int = 20_000
    gateway_bytes: int = 1 << 30
    """What the chats of one gateway may take of the memory."""
    contacts: int = 50_000
    """How many contacts of one gateway are known (B-42); 0: none are."""
    lone_forms: int = 10_000
    """How many forms without a chat one gateway may save in a day (UTC)."""
    lone_form_bytes: int = 1 << 24
    """How many bytes of them."""
    conversations: int = 100_000
    """How many conversations of one gateway are in memory, open or closed (I-14)."""
    message_ids: int = 500_000
    """How many identifiers of its messages are known (B-50, B-56)."""
    drafts: int = 20
    """How many drafts an agent may have."""
    put_aside: int = 100
    """How many conversations an agent may put aside."""
    attachment_bytes: int = 25 << 20
    """How long one attachment may be (B-61)."""
    attachments: int = 10
    """How many a sentence or a message may have."""


@frozen(kw_only=True)
class Attachments:
    """What may be attached, and who judges it (B-61)."""

    types: tuple[str, ...] = ()
    """The kinds that are taken, as `image/png` or `image/*`; with none configured all are."""
    scanner: str | None = None
    """Where `clamd` listens, as `tcp://host:port` or `unix:/path`."""

    def allows(self, content_type: str | None) -> bool:
        """Whether a kind is taken."""
        kind = (content_type or "").lower()
        family = f"{kind.partition('/')[0]}/*"
        return not self.types or kind in self.types or family in self.types


@frozen(kw_only=True)
class Distribution:
    """The numbers of B-21 and B-24 that hold for the whole installation."""

    age_weight: float = 1.0
    """Priority points that a waiting chat gains in a minute."""
    retry_after: int = 60 * SECOND
    retry_alone: int = 5 * SECOND
    """The pause before a chat goes back to an agent who let it go, when nobody else is left."""
    max_missed: int = 2
    grace_priority: int = 1_000
    """Priority added to a chat whose agent was lost (B-11)."""
    transfer_timeout: int = 2 * MINUTE
    """How long a transfer to a project looks for somebody (B-29)."""
    park_reserve: int = 0
    """The most slots of an agent that are kept free for their parked chats, one for each (B-22)."""
    max_parked: int = 20
    """How many chats an agent may have parked (I-14)."""
    park_timeout: int = 24 * HOUR
    """After how long a parked chat comes back by itself (B-29)."""
    park_warning: int = 10 * MINUTE
    """How long before that its agent is told."""
    bot_timeout: int = 30 * SECOND
    """How long an automated partner may stay silent when it is its turn (B-40)."""
    messages_while_chatting: bool = True
    """Whether agents who have a chat are offered conversations (B-57)."""


@frozen(kw_only=True)
class Notes:
    """The texts of the broker's own sentences to the visitor (Model 2)."""

    party_name: str = "Parley"
    agent_lost: str = "The connection to your agent was lost. We are looking for another one."
    inactivity: str = "This conversation will be closed soon, because nobody is writing."
    invite_rejected: str = "{name} declined."
    """To the agents in the chat; the like when nobody answered, and when they went away (B-29)."""
    invite_missed: str = "{name} did not answer."
    invite_lost: str = "{name} is not there any more."
    parked: str = "This parked chat will come back soon, because nobody asked for it."
    """To its owner, before a parked chat comes back by itself (B-29)."""
    message_failed: str = "Message {counter} was not delivered: {error}"
    """To the agents in a chat whose sentences go out as messages (B-60)."""
    wait_unknown: str = "some time"
    """What `{wait}` becomes in the note of a wait rule when there is no estimate (B-26)."""


@frozen(kw_only=True)
class Language:
    """A language that agents speak and project rules ask for."""

    id: Guid
    name: str
    culture: str


@frozen(kw_only=True)
class Project:
    """A queue: what a chat is about and how it is offered."""

    id: Guid
    name: str
    signal_duration: int = SIGNAL_DURATION
    wrapup: int = 0
    best_skill: bool = False
    retired: bool = False
    """Removed by a reload: its chats wait on, its conversations are the supervisors' (C-4, I-7)."""


@frozen(kw_only=True)
class Gateway:
    """A chat gateway: the door that one connector (or several) keeps."""

    id: Guid
    name: str
    peer: str
    port: str | None = None
    chat_type: ChatType = ChatType.WEB_IM
    secret: Secret
    inactivity_timeout: int | None = 30 * MINUTE
    inactivity_warning: int | None = 60 * SECOND
    tracking_inertia: int = HOUR
    workplace_grace: int = 60 * SECOND
    reactivate: bool = False
    """Whether a text sentence reopens a chat closed inside `tracking_inertia` (B-9)."""
    weight: int = 1
    """How many slots of an agent a chat of this gateway takes (B-22)."""
    outbound_timeout: int = 2 * MINUTE
    """How long an outbound chat waits to be bound by a start."""
    retired: bool = False
    """Removed by a reload: no new chats, the old ones end as usual (C-4)."""


@frozen(kw_only=True)
class Skill:
    """An agent's value in a project and their two switches."""

    value: int
    enabled: bool = True
    engaged: bool = True


@frozen(kw_only=True)
class Agent:
    """A person (or a bot) who answers chats."""

    id: Guid
    name: str
    nickname: str | None = None
    """Shown to visitors in place of the name."""
    login: str
    secret: Secret
    """Of a program that works for them; of one who only logs in at a desk nothing fits it."""
    password: Secret | None = None
    totp: bytes | None = field(default=None, repr=False)
    """What their second factor is made of."""
    subject: str | None = None
    """Who they are to an identity provider."""
    max_chats: int = 1
    max_messages: int = 3
    """How many conversations they work on at once (B-57)."""
    role: str = "agent"
    """`agent`, `supervisor` or `bot`."""
    languages: Mapping[Guid, Skill] = field(converter=frozen_map, factory=dict)
    skills: Mapping[Guid, Skill] = field(converter=frozen_map, factory=dict)
    retired: bool = False

    @property
    def public_name(self) -> str:
        """The name that a visitor sees."""
        return self.nickname or self.name


@frozen(kw_only=True)
class Workplace:
    """A seat with a number; one connection serves it at a time."""

    id: Guid
    number: str
    max_chats: int = 1
    max_messages: int = 3
    retired: bool = False


@frozen(kw_only=True)
class RuleLimits:
    """What a rule tests. All given limits must hold; an absent one is not tested (B-3)."""

    gateway: Guid | None = None
    culture: str | None = None
    user_token: Pattern | None = None
    ext_response: Pattern | None = None
    hours: Hours | None = None
    form: tuple[tuple[Guid, TextMatch], ...] = ()
    """Pairs of a ScreenControlId and what must be found in its result text; a pattern is a nameless match."""


@frozen(kw_only=True)
class GateRule:
    """Decides the signal before a chat begins, and may refuse it (B-1, B-27).

    `limits.hours` of a gate rule are opening hours and no limit: outside them the rule still
    matches and gives its fallback.

    Attributes:
        queue_limit: As many chats may wait where such a chat would.
        wait_limit: So long a wait may be there.
        limit_signal: The signal when it is more.
    """

    id: Guid
    name: str | None = None
    rank: int
    limits: RuleLimits = RuleLimits()
    signal: Signal | None = None
    fallback: Signal = Signal.CLOSED
    scenario: Guid | None = None
    queue_limit: int | None = None
    wait_limit: int | None = None
    limit_signal: Signal = Signal.CLOSED


@frozen(kw_only=True)
class PreRule:
    """Chooses an automated partner."""

    id: Guid
    name: str | None = None
    rank: int
    limits: RuleLimits = RuleLimits()
    bot: Guid
    """An agent whose role is `bot`, or one of `Config.bots`."""


@frozen(kw_only=True)
class ProjectRule:
    """Chooses the project and what it asks of an agent."""

    id: Guid
    name: str | None = None
    rank: int
    limits: RuleLimits = RuleLimits()
    project: Guid
    language: Guid | None = None
    skill: int = 1
    priority: int = 0


@frozen(kw_only=True)
class WaitRule:
    """What is done for a chat, or a conversation of messages, that waits too long (B-26, B-57).

    Attributes:
        work: Which of the two it is for; `limits.gateway` is of that kind.
        level: Rules are applied in rising levels, of each level the first that matches.
        after: The age in the queue from which the rule may be applied.
        limits: What the rule tests; `hours` are tested when it is due.
        project: The project for whose chats it is; None: for all.
        skill: The demanded skill from now on, where it is lower than before.
        projects: Further projects whose agents may take the chat.
        priority: Is added to the chat's.
        note: A text to the visitor, of chats alone as `scenario` is; `{position}` and `{wait}` are filled in.
        scenario: A form that is offered to the visitor.
        close: Whether the chat is ended.
    """

    id: Guid
    name: str | None = None
    work: WorkKind = WorkKind.CHATS
    level: int
    after: int
    limits: RuleLimits = RuleLimits()
    project: Guid | None = None
    skill: int | None = None
    projects: tuple[Guid, ...] = ()
    priority: int = 0
    note: str | None = None
    scenario: Guid | None = None
    close: bool = False


@frozen(kw_only=True)
class Form:
    """What the configuration says of a form besides what visitors see of it (`Config.scenarios`).

    Attributes:
        listed: The controls whose values lists show, in the order of the form.
    """

    id: Guid
    name: str
    listed: tuple[Guid, ...] = ()


@frozen(kw_only=True)
class Config:
    """One whole installation. Mappings keep the order of the file."""

    server: Server = Server()
    logins: Logins = Factory(Logins)
    store_url: str = "sqlite:///parley.db"
    limits: Limits = Limits()
    distribution: Distribution = Distribution()
    notes: Notes = Notes()
    attachments: Attachments = Attachments()
    languages: Mapping[Guid, Language] = field(converter=frozen_map, factory=dict)
    projects: Mapping[Guid, Project] = field(converter=frozen_map, factory=dict)
    gateways: Mapping[Guid, Gateway] = field(converter=frozen_map, factory=dict)
    agents: Mapping[Guid, Agent] = field(converter=frozen_map, factory=dict)
    workplaces: Mapping[str, Workplace] = field(converter=frozen_map, factory=dict)
    """By number."""
    gate_rules: tuple[GateRule, ...] = ()
    """By rank."""
    pre_rules: tuple[PreRule, ...] = ()
    project_rules: tuple[ProjectRule, ...] = ()
    wait_rules: tuple[WaitRule, ...] = ()
    """By level, those of one level as the file has them."""
    text_matches: Mapping[Guid, TextMatch] = field(converter=frozen_map, factory=dict)
    bots: Mapping[Guid, Bot] = field(converter=frozen_map, factory=dict)
    """The built-in ones."""
    pause_reasons: Mapping[str, PauseReason] = field(converter=frozen_map, factory=dict)
    """By name."""
    wrapup_codes: Mapping[str, WrapupCode] = field(converter=frozen_map, factory=dict)
    """By name; with none configured any code will do."""
    scenarios: Mapping[Guid, tuple[ScenarioInfo, ...]] = field(converter=frozen_map, factory=dict)
    """The forms by id, one entry for each culture, the default one first."""
    forms: Mapping[Guid, Form] = field(converter=frozen_map, factory=dict)
    message_gateways: Mapping[Guid, MessageGateway] = field(converter=frozen_map, factory=dict)
    message_rules: tuple[MessageRule, ...] = ()
    """By rank."""
    literals: tuple[LiteralLookupInfo, ...] = ()
    website_routing: Mapping[Guid, tuple[WebSiteRoutingInfo, ...]] = field(
        converter=frozen_map, factory=dict
    )
    """Routing rules by gateway, by rank."""
    figures: Figures | None = None
    """What the service of live figures reads; the broker itself does not."""

    def routing_of(self, gateways: Iterable[Gateway]) -> tuple[WebSiteRoutingInfo, ...]:
        """The routing rules of some gateways, each with the address that it is for."""
        return tuple(
            evolve(rule, peer=gateway.peer)
            for gateway in gateways
            for rule in self.website_routing.get(gateway.id, ())
        )

    gateway_by_address: Mapping[tuple[str, str | None], Gateway] = field(init=False)
    gateways_by_peer: Mapping[str, tuple[Gateway, ...]] = field(init=False)
    """Those of every port, as `gateway_by_address` has them."""
    literals_by_group: Mapping[int, tuple[LiteralLookupInfo, ...]] = field(init=False)
    agent_by_login: Mapping[str, Agent] = field(init=False)
    message_gateways_by_peer: Mapping[str, tuple[MessageGateway, ...]] = field(init=False)
    as_chats: Mapping[Guid, tuple[MessageGateway, ...]] = field(init=False)
    """The message gateways whose messages are sentences of a chat gateway's chats (B-60)."""

    @gateway_by_address.default
    def _gateway_by_address(self) -> Mapping[tuple[str, str | None], Gateway]:
        return frozen_map({(g.peer, g.port): g for g in _retired_first(self.gateways.values())})

    @gateways_by_peer.default
    def _gateways_by_peer(self) -> Mapping[str, tuple[Gateway, ...]]:
        return _grouped(self.gateway_by_address.values(), lambda gateway: gateway.peer)

    @literals_by_group.default
    def _literals_by_group(self) -> Mapping[int, tuple[LiteralLookupInfo, ...]]:
        return _grouped(self.literals, lambda literal: literal.literal_group)

    @agent_by_login.default
    def _agent_by_login(self) -> Mapping[str, Agent]:
        return frozen_map({a.login: a for a in _retired_first(self.agents.values())})

    @message_gateways_by_peer.default
    def _message_gateways_by_peer(self) -> Mapping[str, tuple[MessageGateway, ...]]:
        return _grouped(self.message_gateways.values(), lambda gateway: gateway.peer)

    @as_chats.default
    def _as_chats(self) -> Mapping[Guid, tuple[MessageGateway, ...]]:
        chats = (g for g in self.message_gateways.values() if g.as_chat is not None)
        return _grouped(chats, lambda gateway: gateway.as_chat or gateway.id)

    def pair_of(self, gateway: MessageGateway) -> tuple[MessageGateway, ...]:
        """The gateways of one address and channel, in both directions: a conversation is on such a pair."""
        return tuple(
            other
            for other in self.message_gateways_by_peer.get(gateway.peer, ())
            if (other.port, other.channel) == (gateway.port, gateway.channel)
        )

    def way_of(self, gateway: Guid, pair: Guid) -> MessageGateway | None:
        """The gateway by which a conversation began, or where that is no more another one of its pair."""
        known = self.message_gateways.get(gateway)
        if known is not None:
            return known
        others = [one for one in self.message_gateways.values() if one.pair == pair]
        return min(others, key=lambda one: one.retired, default=None)

    def sender_for(self, gateway: MessageGateway) -> MessageGateway | None:
        """The gateway by which what came in by another one is answered."""
        pair = (gateway, *self.pair_of(gateway))
        return next((one for one in pair if one.sends), None)


K = TypeVar("K")
V = TypeVar("V")
R = TypeVar("R", Gateway, Agent)


def _grouped(things: Iterable[V], key: Callable[[V], K]) -> Mapping[K, tuple[V, ...]]:
    groups: dict[K, list[V]] = {}
    for thing in things:
        groups.setdefault(key(thing), []).append(thing)
    return frozen_map({name: tuple(group) for name, group in groups.items()})


def _retired_first(things: Iterable[R]) -> list[R]:
    """What serves comes last, so that an index keeps it where a retired one has the same key."""
    return sorted(things, key=lambda thing: not thing.retired)
