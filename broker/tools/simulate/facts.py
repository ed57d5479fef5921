"""Facts as the history tells them: short lists of words, for I-11 and for a reader's eye."""

from __future__ import annotations

from collections.abc import Iterable

from broker.core.facts import (
    AgentMoved,
    ChatMoved,
    ChatReopened,
    ChatStarted,
    Fact,
    FormSaved,
    OfferEnded,
    OfferMade,
    SentenceConfirmed,
    SentenceStored,
    SlotFilled,
    WrapupEnded,
    WrapupStarted,
)


def summary(facts: Iterable[Fact]) -> list[list[str]]:
    """What a transaction made durable."""
    words: list[list[str]] = []
    for fact in facts:
        words += _of_sentence(fact) or _of_chat(fact) or _of_agent(fact)
    return words


def _of_sentence(fact: Fact) -> list[list[str]]:
    match fact:
        case SentenceStored():
            way = "out" if fact.outbound else "in"
            return [["sentence", fact.chat, str(fact.counter), way, fact.id]]
        case SentenceConfirmed():
            return [["confirm", fact.chat, str(fact.counter)]]
        case SlotFilled():
            return [["slot", fact.chat, str(fact.model), fact.id]]
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
            return [["status", fact.chat, fact.status.value]]
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
        case AgentMoved():
            return [["agent", fact.agent, fact.state.value]]
        case WrapupStarted() | WrapupEnded():
            return [[type(fact).__name__, fact.chat, fact.agent]]
        case _:
            return []
