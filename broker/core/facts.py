"""What was decided, as values in the past tense.

Theory of operation: `decide` makes facts, `apply` writes them into the state, the store writes
the durable ones as rows. A fact therefore carries everything that either needs: the store never
reads the state, and recovery never reads anything but rows. Volatile facts change the state of
this process only (presence, timers, what was forgotten from memory) and are never stored.

Every fact of a chat carries both names of it: `chat` (the Guid of the wire) and `no` (the
sequential number that the store's indexes use). Times are microseconds since the Unix epoch.
"""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from broker.config.model import Config
from protocol.scenario import ScenarioResultInfo
from protocol.values import AgentState, ChatStatus, CloseReason, Guid, Role


@frozen(kw_only=True)
class ChatStarted:
    """A chat was made, in status `Pilot` (B-2). Row of `chats`, row of `chat_events`."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    gateway: Guid
    tracking_id: str
    party_name: str | None
    remote_address: str | None
    culture: str | None
    user_token: str | None
    ext_response: str | None


@frozen(kw_only=True)
class ChatReopened:
    """A closed chat is open again, in status `Pilot`, with its transcript (B-2, B-9).

    Who the visitor is and what the rules may know of him is what the new start says; a text that
    reopens the chat says nothing of it, and it stays.
    """

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    party_name: str | None
    remote_address: str | None
    culture: str | None
    user_token: str | None
    ext_response: str | None


@frozen(kw_only=True)
class ChatRouted:
    """A project rule said what the chat asks of an agent (B-3)."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    project: Guid
    language: Guid | None
    skill: int
    priority: int
    rule: Guid


@frozen(kw_only=True)
class ChatMoved:
    """The status of a chat changed (B-6). Updates `chats`, row of `chat_events`.

    Attributes:
        status: The new status, never `Pilot`.
        cause: Why, in one word, for reports: `routed`, `offered`, `answered`, `rejected`,
            `missed`, `withdrawn`, `agent_lost`, `restart`, `closed`.
        agent: Who is offered the chat or answers it; None in `Waiting`; in `Closed` the agent
            who held it last, if any.
        priority: The chat's priority from now on.
        enqueued_at: When it began to wait; kept over offers, None before the first wait.
        close_reason: Set when `status` is `Closed`.
    """

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    status: ChatStatus
    cause: str
    agent: Guid | None
    priority: int
    enqueued_at: int | None
    close_reason: CloseReason | None = None


@frozen(kw_only=True)
class ChatWarned:
    """The visitor was told that the chat is about to close for inactivity (B-8).

    `activity` is the last activity for which that was said: a later one asks for a new warning.
    """

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    activity: int


@frozen
class SentenceStored:
    """A sentence got its place in the transcript (W-22). The hot row: `sentences`.

    Attributes:
        agent: Who wrote it; None for the visitor's and for the broker's own sentences.
        own: Whether the broker itself wrote it (a TechNote), which is no activity.
    """

    durable: ClassVar[bool] = True
    confirmed_at: ClassVar[int | None] = None
    chat: Guid
    no: int
    counter: int
    id: str
    party_name: str | None
    text: str
    time_sent: int
    outbound: bool
    model: int
    at: int
    agent: Guid | None
    own: bool


@frozen(kw_only=True)
class SlotFilled:
    """The last sentence of model 4, 6 or 8 of a chat (W-22). Upsert in `chat_slots`."""

    durable: ClassVar[bool] = True
    counter: ClassVar[int] = 0
    confirmed_at: ClassVar[int | None] = None
    chat: Guid
    no: int
    model: int
    id: str
    party_name: str | None
    text: str
    time_sent: int
    outbound: bool
    at: int
    agent: Guid | None


@frozen
class SentenceConfirmed:
    """The receiver of a sentence confirmed it for the first time (B-10). The second hot row."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    counter: int
    at: int


@frozen(kw_only=True)
class OfferMade:
    """A chat was offered to an agent (B-24). Row of `offers`."""

    durable: ClassVar[bool] = True
    offer: int
    chat: Guid
    no: int
    agent: Guid
    workplace: str
    at: int
    until: int


@frozen(kw_only=True)
class OfferEnded:
    """An offer ended (B-24, B-25).

    Attributes:
        outcome: `answered`, `rejected`, `missed` (timed out), `withdrawn` (the chat ended),
            `lost` (the workplace went away), `restart`.
        missed: The agent's timed-out offers in a row, this one included.
    """

    durable: ClassVar[bool] = True
    offer: int
    chat: Guid
    no: int
    agent: Guid
    at: int
    outcome: str
    missed: int

    @property
    def lets_go(self) -> bool:
        """Whether the agent let the chat go, and is left out for it for a while (B-24)."""
        return self.outcome in ("rejected", "missed")


@frozen(kw_only=True)
class AgentMoved:
    """The state of an agent changed (B-28). Upsert in `agents`, row of `agent_events`.

    Attributes:
        since: When `state` with `reason` began: `at`, unless only `next_state` changed.
        cause: `login`, `asked`, `missed`, `lost`, `next` (a NextState was taken).
    """

    durable: ClassVar[bool] = True
    agent: Guid
    at: int
    since: int
    state: AgentState
    reason: str | None
    next_state: AgentState | None
    cause: str
    workplace: str | None
    missed: int


@frozen(kw_only=True)
class WrapupStarted:
    """The slot of an ended chat is held for its wrap-up (B-28). Row of `wrapups`."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    at: int
    until: int


@frozen(kw_only=True)
class WrapupEnded:
    """The wrap-up ended, by the agent (with a code and a note) or by its time.

    Attributes:
        cause: `agent`, `expired`, `reopened`.
    """

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    agent: Guid
    at: int
    cause: str
    code: str | None = None
    note: str | None = None


@frozen(kw_only=True)
class FormSaved:
    """A form was filled in. Upsert in `form_results` by `result.scenario_result_id`.

    Attributes:
        chat: The chat it belongs to; None for a form without one.
        no: The chat's number, likewise.
        result: The form with its id always set.
    """

    durable: ClassVar[bool] = True
    chat: Guid | None
    no: int | None
    at: int
    result: ScenarioResultInfo


@frozen(kw_only=True)
class DecisionLogged:
    """Why a chat was given to an agent, or to nobody (B-30). Row of `decisions`.

    Attributes:
        kind: `offered`, `waiting`, `routed`, `refused`.
        agent: Who was chosen, if anybody.
        detail: Plain values (str, int, None, lists, maps of these): the candidates in order,
            and for each other agent the reason why he was passed over.
    """

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    kind: str
    agent: Guid | None
    detail: dict[str, object]


@frozen(kw_only=True)
class SessionJoined:
    """A session is served from now on."""

    durable: ClassVar[bool] = False
    session: int
    role: Role
    gateways: tuple[Guid, ...]
    workplace: str | None
    agent: Guid | None
    at: int


@frozen(kw_only=True)
class SessionLeft:
    """A session is not served any more."""

    durable: ClassVar[bool] = False
    session: int
    at: int


@frozen
class TimerFired:
    """The earliest timer was taken out of the heap."""

    durable: ClassVar[bool] = False


@frozen
class ChatForgotten:
    """A closed chat left the memory; the store keeps it."""

    durable: ClassVar[bool] = False
    chat: Guid


@frozen
class ChatSettled:
    """The distributor looked at this chat and there is no candidate for it now."""

    durable: ClassVar[bool] = False
    chat: Guid


@frozen
class Refreshed:
    """A waiting chat is to be looked at again."""

    durable: ClassVar[bool] = False
    chat: Guid


@frozen
class AgentSettled:
    """The distributor looked at this agent and no waiting chat fits him now."""

    durable: ClassVar[bool] = False
    agent: Guid


@frozen
class ConfigReplaced:
    """A new configuration is in force."""

    durable: ClassVar[bool] = False
    config: Config


Fact = (
    ChatStarted
    | ChatReopened
    | ChatRouted
    | ChatMoved
    | ChatWarned
    | SentenceStored
    | SlotFilled
    | SentenceConfirmed
    | OfferMade
    | OfferEnded
    | AgentMoved
    | WrapupStarted
    | WrapupEnded
    | FormSaved
    | DecisionLogged
    | SessionJoined
    | SessionLeft
    | TimerFired
    | ChatForgotten
    | ChatSettled
    | AgentSettled
    | Refreshed
    | ConfigReplaced
)
