"""What the store holds at the end of a run, as values: the other half of what the checker reads.

The rows of messages and conversations are in `post`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import Factory, frozen

from broker.checker.post import (
    ConversationDecisionRow,
    ConversationExclusionRow,
    ConversationMoveRow,
    ConversationNoteRow,
    ConversationOfferRow,
    ConversationRow,
    DraftRow,
    MessageMoveRow,
    MessageRow,
)
from protocol.values import Guid


@frozen(kw_only=True)
class ChatRow:
    """A chat as it stands."""

    id: Guid
    gateway: Guid
    tracking_id: str
    status: str
    agent: Guid | None = None
    project: Guid | None = None
    language: Guid | None = None
    skill: int = 0
    started_at: int = 0
    enqueued_at: int | None = None
    closed_at: int | None = None
    priority: int = 0
    culture: str | None = None
    bot: Guid | None = None
    further: tuple[Guid, ...] = ()
    wait_level: int = -1
    scenario: Guid | None = None
    default_form: Guid | None = None
    contact: Guid | None = None
    contact_name: str | None = None
    outbound: bool = False
    bound_at: int | None = None


@frozen(kw_only=True)
class SentenceRow:
    """A numbered sentence."""

    chat: Guid
    counter: int
    id: str
    outbound: bool
    model: int
    text: str
    at: int = 0
    agent: Guid | None = None
    own: bool = False
    confirmed_at: int | None = None


@frozen(kw_only=True)
class NoteRow:
    """A numbered note of agents for each other."""

    chat: Guid
    counter: int
    id: str
    text: str
    at: int = 0
    agent: Guid | None = None


@frozen(kw_only=True)
class MoveRow:
    """A change of a chat's status or owner."""

    chat: Guid
    at: int
    status: str
    cause: str = ""
    agent: Guid | None = None
    close_reason: str | None = None


@frozen(kw_only=True)
class OfferRow:
    """An offer, open as long as `ended_at` is None."""

    offer: int
    chat: Guid
    agent: Guid
    at: int
    until: int
    ended_at: int | None = None
    outcome: str | None = None
    mode: str = "queue"


@frozen(kw_only=True)
class InviteRow:
    """Somebody who is asked to take a chat or to join it, as long as `ended_at` is None."""

    chat: Guid
    by_agent: Guid
    mode: str
    at: int
    until: int
    agent: Guid | None = None
    project: Guid | None = None
    ended_at: int | None = None
    outcome: str | None = None


@frozen(kw_only=True)
class PartyRow:
    """Somebody in a chat besides its owner, as long as `left_at` is None."""

    chat: Guid
    agent: Guid
    by_agent: Guid
    mode: str
    at: int
    left_at: int | None = None
    cause: str | None = None


@frozen(kw_only=True)
class ParkingRow:
    """A chat that its owner put aside, as long as `ended_at` is None."""

    chat: Guid
    agent: Guid
    at: int
    woken_at: int | None = None
    ended_at: int | None = None
    cause: str | None = None


@frozen(kw_only=True)
class ExclusionRow:
    """An agent who let a chat go, and when they did so last."""

    chat: Guid
    agent: Guid
    at: int


@frozen(kw_only=True)
class AgentRow:
    """An agent's state as it stands."""

    agent: Guid
    state: str
    next_state: str | None = None


@frozen(kw_only=True)
class AgentMoveRow:
    """A change of an agent's state."""

    agent: Guid
    at: int
    state: str
    cause: str = ""
    by_agent: Guid | None = None


@frozen(kw_only=True)
class WrapupRow:
    """A slot held for the wrap-up of a chat, or of a conversation."""

    chat: Guid
    agent: Guid
    at: int
    until: int
    ended_at: int | None = None
    cause: str | None = None


@frozen(kw_only=True)
class DecisionRow:
    """A line of the decision log."""

    chat: Guid
    at: int
    kind: str
    agent: Guid | None = None
    detail: Mapping[str, Any] = Factory(dict)


@frozen(kw_only=True)
class FormRow:
    """A form that was filled in; of a chat, or of a gateway alone."""

    result_id: Guid
    chat: Guid | None = None
    gateway: Guid | None = None
    at: int = 0
    result: Mapping[str, Any] = Factory(dict)

    @property
    def agent(self) -> Guid | None:
        """Who filled it in; None: the visitor's side."""
        return self.result.get("AgentId")


@frozen(kw_only=True)
class BlobRow:
    """An attachment, with all that is stored of its content, in order, as far as it has no gap."""

    no: int
    id: Guid
    size: int
    sha256: str
    scan: str | None = None
    completed_at: int | None = None
    attached_at: int | None = None
    dropped_at: int | None = None
    content: bytes = b""


@frozen(kw_only=True)
class AttachmentRow:
    """An attachment that a sentence names."""

    chat: Guid
    counter: int
    blob_no: int


@frozen(kw_only=True)
class Dump:
    """Everything that the checker wants to know of the store; each list in the order of writing.

    Attributes:
        conversation_wrapups: Those of conversations, as if these were chats.
        slots: (chat, outbound, model) to the ID of the sentence that fills the slot, when that was
            confirmed, and when it was stored.
    """

    chats: tuple[ChatRow, ...] = ()
    sentences: tuple[SentenceRow, ...] = ()
    slots: dict[tuple[Guid, bool, int], tuple[str, int | None, int]] = Factory(dict)
    moves: tuple[MoveRow, ...] = ()
    offers: tuple[OfferRow, ...] = ()
    agents: tuple[AgentRow, ...] = ()
    agent_moves: tuple[AgentMoveRow, ...] = ()
    wrapups: tuple[WrapupRow, ...] = ()
    forms: tuple[FormRow, ...] = ()
    decisions: tuple[DecisionRow, ...] = ()
    notes: tuple[NoteRow, ...] = ()
    invites: tuple[InviteRow, ...] = ()
    parties: tuple[PartyRow, ...] = ()
    parkings: tuple[ParkingRow, ...] = ()
    exclusions: tuple[ExclusionRow, ...] = ()
    blobs: tuple[BlobRow, ...] = ()
    attachments: tuple[AttachmentRow, ...] = ()
    conversations: tuple[ConversationRow, ...] = ()
    conversation_moves: tuple[ConversationMoveRow, ...] = ()
    conversation_offers: tuple[ConversationOfferRow, ...] = ()
    conversation_wrapups: tuple[WrapupRow, ...] = ()
    conversation_exclusions: tuple[ConversationExclusionRow, ...] = ()
    conversation_decisions: tuple[ConversationDecisionRow, ...] = ()
    conversation_notes: tuple[ConversationNoteRow, ...] = ()
    drafts: tuple[DraftRow, ...] = ()
    messages: tuple[MessageRow, ...] = ()
    message_moves: tuple[MessageMoveRow, ...] = ()

    @property
    def every_wrapup(self) -> tuple[WrapupRow, ...]:
        """The wrap-ups of both kinds."""
        return (*self.wrapups, *self.conversation_wrapups)
