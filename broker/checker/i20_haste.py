"""I-20: nobody's time is over before it is over, measured by the time in which the broker listened."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.evidence import Story
from broker.checker.violation import Violation
from protocol.values import ChatStatus, CloseReason, Guid

_ROUNDING = 20_000


def not_too_early(story: Story) -> Iterator[Violation]:
    """I-20: what is called missed, silent or inactive had all of its time (B-13, B-14)."""
    yield from _offers(story)
    for chat, moves in story.moves.items():
        for move in moves:
            if move.close_reason == CloseReason.INACTIVITY.value:
                yield from _inactive(story, chat, move.at)
    for wrapup in story.dump.every_wrapup:
        if wrapup.ended_at is not None and wrapup.cause == "expired":
            length = wrapup.until - wrapup.at
            yield from _judged(
                story, "its wrap-up", wrapup.chat, wrapup.at, wrapup.ended_at, length
            )


def _offers(story: Story) -> Iterator[Violation]:
    for offer in story.dump.offers:
        if offer.ended_at is not None and offer.outcome == "missed":
            length = offer.until - offer.at
            name = f"offer {offer.offer}"
            yield from _judged(story, name, offer.chat, offer.at, offer.ended_at, length)


def _inactive(story: Story, chat: Guid, at: int) -> Iterator[Violation]:
    gateway = story.chats[chat].gateway
    limits = [s.data["gateways"].get(gateway, {}).get("inactivity") for s in story.setups]
    known = [limit for limit in limits if limit is not None]
    spoken = [r.at for r in story.sentences[chat].values() if not r.own and r.at <= at]
    opened = [m.at for m in story.moves[chat] if m.status == ChatStatus.PILOT.value and m.at <= at]
    aside = [p.ended_at for p in story.dump.parkings if p.chat == chat and p.ended_at is not None]
    last = max([*spoken, *opened, *(a for a in aside if a <= at), story.chats[chat].started_at])
    yield from _judged(story, "the chat", chat, last, at, min(known, default=0))


def _judged(
    story: Story, what: str, chat: Guid, since: int, until: int, length: int
) -> Iterator[Violation]:
    listened = story.timeline.listened(since, until)
    if listened < length - _ROUNDING:
        text = f"{what} had {length} from {since} on, and after {listened} it was over"
        yield Violation("I-20", text, until, chat=chat)
