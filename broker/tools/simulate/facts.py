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
        match fact:
            case SentenceStored():
                way = "out" if fact.outbound else "in"
                words.append(["sentence", fact.chat, str(fact.counter), way, fact.id])
            case SentenceConfirmed():
                words.append(["confirm", fact.chat, str(fact.counter)])
            case SlotFilled():
                words.append(["slot", fact.chat, str(fact.model), fact.id])
            case ChatStarted():
                words.append(["chat", fact.chat, fact.gateway, fact.tracking_id])
                words.append(["status", fact.chat, "Pilot"])
            case ChatReopened():
                words.append(["status", fact.chat, "Pilot"])
            case ChatMoved():
                words.append(["status", fact.chat, fact.status.value])
            case OfferMade():
                words.append(["offer", fact.chat, fact.agent])
            case OfferEnded():
                words.append(["offer-ended", fact.chat, fact.agent, fact.outcome])
            case AgentMoved():
                words.append(["agent", fact.agent, fact.state.value])
            case FormSaved():
                words.append(["form", fact.result.scenario_result_id or ""])
            case WrapupStarted() | WrapupEnded():
                words.append([type(fact).__name__, fact.chat, fact.agent])
            case _:
                pass
    return words
