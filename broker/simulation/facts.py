"""Facts as the history tells them: short lists of words, for I-11 and for a reader's eye."""

from __future__ import annotations

from collections.abc import Iterable

from broker.core.facts import (
    AgentMoved,
    AgentSeated,
    ChatBound,
    ChatMoved,
    ChatParked,
    ChatReopened,
    ChatStarted,
    Fact,
    FormOffered,
    FormSaved,
    InviteMade,
    NoteStored,
    OfferEnded,
    OfferMade,
    PartyJoined,
    PartyLeft,
    PinnedConfirmed,
    SentenceConfirmed,
    SentencePinned,
    SentenceStored,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.messages import (
    ConversationMoved,
    ConversationNoted,
    ConversationOffered,
    DraftKept,
    MessageMoved,
    MessageStored,
)


def summary(facts: Iterable[Fact]) -> list[list[str]]:
    """What a transaction made durable."""
    words: list[list[str]] = []
    for fact in facts:
        words += _of_sentence(fact) or _of_chat(fact) or _of_agent(fact) or _of_post(fact)
    return words


def _of_sentence(fact: Fact) -> list[list[str]]:
    match fact:
        case SentenceStored():
            way = "out" if fact.words.outbound else "in"
            return [["sentence", fact.chat, str(fact.counter), way, fact.words.id]]
        case SentenceConfirmed():
            return [["confirm", fact.chat, str(fact.counter)]]
        case PinnedConfirmed():
            return [["confirm", fact.chat, str(fact.outbound), str(fact.model)]]
        case SentencePinned():
            return [["slot", fact.chat, str(fact.words.model), fact.words.id]]
        case NoteStored():
            return [["note", fact.chat, str(fact.counter), fact.words.id]]
        case _:
            return []


def _of_chat(fact: Fact) -> list[list[str]]:
    match fact:
        case ChatStarted():
            name = ["chat", fact.chat, fact.gateway, fact.tracking_id]
            return [name, ["status", fact.chat, "Pilot"]]
        case ChatReopened():
            return [["status", fact.chat, "Pilot"]]
        case ChatMoved():
            status = fact.status.value
            return [["status", fact.chat, status], ["held", fact.chat, status, fact.agent or ""]]
        case ChatBound():
            return [["bound", fact.chat, fact.tracking_id]]
        case FormOffered():
            return [["form-offered", fact.chat, fact.scenario or ""]]
        case FormSaved():
            return [["form", fact.result.scenario_result_id or ""]]
        case _:
            return []


def _of_agent(fact: Fact) -> list[list[str]]:
    match fact:
        case OfferMade():
            return [["offer", fact.chat, fact.agent]]
        case OfferEnded():
            return [["offer-ended", fact.chat, fact.agent, fact.outcome]]
        case InviteMade():
            return [["asked", fact.chat, fact.by]]
        case PartyJoined():
            return [["party", fact.chat, fact.agent]]
        case PartyLeft():
            return [["party-left", fact.chat, fact.agent]]
        case ChatParked():
            return [["parked", fact.chat, fact.agent]]
        case AgentSeated():
            return [["seated", fact.agent, fact.login]]
        case AgentMoved():
            return [["agent", fact.agent, fact.state.value]]
        case WrapupStarted() | WrapupEnded():
            return [[type(fact).__name__, fact.chat, fact.agent]]
        case _:
            return []


def _of_post(fact: Fact) -> list[list[str]]:
    match fact:
        case MessageStored():
            told = [["message", fact.message]]
            return told if fact.inbound else [*told, ["message-status", fact.message, "Queued"]]
        case MessageMoved():
            return [["message-status", fact.message, fact.status.value]]
        case ConversationMoved():
            agent = fact.agent or ""
            return [["conversation", fact.conversation, fact.status.value, agent]]
        case ConversationOffered():
            return [["conversation-offer", fact.conversation]]
        case ConversationNoted():
            return [["conversation-note", fact.conversation, str(fact.counter)]]
        case DraftKept():
            return [["draft", fact.conversation]]
        case _:
            return []
