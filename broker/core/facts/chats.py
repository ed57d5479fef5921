"""What was decided about chats and their words, as values in the past tense; see `facts`."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from broker.core.facts.causes import ChatCause, DecisionKind
from broker.core.sentence import Words
from protocol.scenario import ScenarioResultInfo
from protocol.value import value
from protocol.values import ChatStatus, CloseReason, Guid


@frozen(kw_only=True)
class ChatStarted:
    """A chat was made, in status `Pilot` (B-2). Row of `chats`, row of `chat_events`.

    An outbound one goes by its own Guid in place of a tracking ID until it is bound; `open_key` is
    the key by which a repeated request for it is known. `earlier` is the full chat with which the same
    visitor talked before, and `last_agent` who had that.
    """

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
    variables: tuple[tuple[str, str], ...] = ()
    outbound: bool = False
    open_key: Guid | None = None
    earlier: Guid | None = None
    last_agent: Guid | None = None


@frozen(kw_only=True)
class ChatDropped:
    """A closed chat was let go before its time, since its gateway's chats take too much memory."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int


@frozen(kw_only=True)
class ChatBound:
    """A connector took an outbound chat over, under a tracking ID of its own (B-2)."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    tracking_id: str
    party_name: str | None
    remote_address: str | None
    culture: str | None
    user_token: str | None
    ext_response: str | None


@frozen(kw_only=True)
class ChatReopened:
    """A closed chat is open again, in status `Pilot`, with its transcript (B-2, B-9).

    Who the visitor is and what the rules may know of them is what the new start says; a text that
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
    """A project rule, a bot or a transfer said what the chat asks of an agent (B-3, B-29, B-40)."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    project: Guid
    language: Guid | None
    skill: int
    priority: int
    rule: Guid | None


@frozen(kw_only=True)
class ChatWidened:
    """A wait rule was applied: the chat asks for less, or stands further in front (B-26)."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    level: int
    rule: Guid
    skill: int
    further: tuple[Guid, ...]
    priority: int


@frozen(kw_only=True)
class FormOffered:
    """A form is offered to the visitor, or none any more (B-26, B-40)."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    scenario: Guid | None


@frozen(kw_only=True)
class FormExpected:
    """The gate rule of the chat names a form: its default form (B-41)."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    scenario: Guid | None


@frozen(kw_only=True)
class BotMoved:
    """A built-in bot went on to a question, -1 for its form (B-40)."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    bot: Guid
    question: int
    tries: int
    project: Guid | None
    learned: tuple[tuple[str, str], ...]


@frozen(kw_only=True)
class ChatMoved:
    """The status of a chat changed (B-6). Updates `chats`, row of `chat_events`.

    Attributes:
        status: The new status, never `Pilot`.
        agent: Who is offered the chat or answers it; None in `Waiting`; in `Closed` the agent
            who held it last, if any; in `ICR` the bot, None for a built-in one.
        before: Who that was before; not stored.
        priority: The chat's priority from now on.
        enqueued_at: When it began to wait; kept over offers, None before the first wait.
        close_reason: Set when `status` is `Closed`.
        readers: Likewise who was in the conversation then.
        waited: How long the visitor has waited for people in all waits that are over.
        waiting_since: When the wait began in which the chat is from now on.
        project: What the chat is about from now on, for reports: `chats` knows the last one only.
    """

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    status: ChatStatus
    cause: ChatCause
    agent: Guid | None
    priority: int
    enqueued_at: int | None
    close_reason: CloseReason | None = None
    project: Guid | None = None
    readers: tuple[Guid, ...] = ()
    waited: int = 0
    waiting_since: int | None = None
    before: Guid | None = None

    @property
    def answers(self) -> bool:
        """Whether an agent begins the conversation, and does not take it over from another."""
        return self.cause in (ChatCause.ANSWERED, ChatCause.OPENED)


@frozen(kw_only=True)
class ChatWarned:
    """The visitor was told that the chat is about to close for inactivity (B-8).

    `activity` is the last activity for which that was said: a later one asks for a new warning, and so
    does 0, where one is later but does not look so.
    """

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    activity: int


@value
class SentenceStored:
    """A sentence got its place in the transcript (W-22). The hot row: `sentences`."""

    durable: ClassVar[bool] = True
    confirmed_at: ClassVar[int | None] = None
    chat: Guid
    no: int
    counter: int
    words: Words


@frozen
class NoteStored:
    """An internal note got its place among the notes of its chat. Row of `internal_sentences`."""

    durable: ClassVar[bool] = True
    confirmed_at: ClassVar[int | None] = None
    chat: Guid
    no: int
    counter: int
    words: Words


@frozen
class SentencePinned:
    """The last sentence of model 4, 6 or 8 of a chat in a direction (W-22). Upsert in `chat_slots`."""

    durable: ClassVar[bool] = True
    counter: ClassVar[int] = 0
    confirmed_at: ClassVar[int | None] = None
    chat: Guid
    no: int
    words: Words


@frozen(kw_only=True)
class PinnedConfirmed:
    """The receiver of what is pinned confirmed it for the first time (B-10)."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    model: int
    outbound: bool
    at: int


@value
class SentenceConfirmed:
    """The receiver of a sentence confirmed it for the first time (B-10). The second hot row."""

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    counter: int
    at: int


@frozen(kw_only=True)
class FormSaved:
    """A form was filled in. Upsert in `form_results` by `result.scenario_result_id`.

    Attributes:
        chat: The chat it belongs to; None for a form without one.
        no: The chat's number, likewise.
        result: The form with its id always set.
        gateway: Of a form without a chat the gateway whose it is.
        at_start: Whether it came with the start of the chat.
    """

    durable: ClassVar[bool] = True
    chat: Guid | None
    no: int | None
    at: int
    result: ScenarioResultInfo
    gateway: Guid | None = None
    at_start: bool = False


@frozen(kw_only=True)
class DecisionLogged:
    """Why a chat was given to an agent, or to nobody (B-30). Row of `decisions`.

    Attributes:
        agent: Who was chosen, if anybody.
        detail: Plain values (str, int, None, lists, maps of these): the candidates in order,
            and for each other agent the reason why they were passed over.
    """

    durable: ClassVar[bool] = True
    chat: Guid
    no: int
    at: int
    kind: DecisionKind
    agent: Guid | None
    detail: dict[str, object]
