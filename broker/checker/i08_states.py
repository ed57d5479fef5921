"""I-8: what agents, offers and invitations go through, by tables of the checker's own."""

from __future__ import annotations

from collections.abc import Iterator

from broker.checker.evidence import Story
from broker.checker.violation import Violation

_WORKING = ("Ready", "Pause", "PostCall")

AGENT_MOVES = {
    ("LogOff", "Pause"): {"login"},
    **{(was, now): {"asked", "forced", "next"} for was in _WORKING for now in _WORKING},
    ("Ready", "Pause"): {"asked", "forced", "missed", "next"},
    **{(was, "LogOff"): {"forced", "lost", "next"} for was in _WORKING},
}
"""Which state of an agent may follow which in the store, and for which causes (B-28)."""

OFFERED_IN = {
    "queue": "Waiting",
    "bot": "Pilot",
    "Transfer": "Answered",
    "Consult": "Answered",
    "Conference": "Answered",
}
"""The status in which a chat is offered for each thing (B-24, B-29, B-40)."""

INVITES_END = {
    "agent": {"answered", "forced", "lost", "missed", "rejected", "restart", "withdrawn"},
    "project": {"answered", "missed", "restart", "withdrawn"},
}
"""What may come of asking one agent, and of asking a project, which is asked on (B-29)."""


def states_follow(story: Story) -> Iterator[Violation]:
    """I-8: agents, offers and invitations change as the tables say."""
    yield from _agents(story)
    yield from _offers(story)
    for invite in story.dump.invites:
        asked = "agent" if invite.project is None else "project"
        if invite.outcome and invite.outcome not in INVITES_END[asked]:
            text = f"a {invite.mode} that asked a {asked} ended {invite.outcome}"
            yield Violation("I-8", text, invite.ended_at or invite.at, chat=invite.chat)


def _agents(story: Story) -> Iterator[Violation]:
    states: dict[str, str] = {}
    for row in story.dump.agent_moves:
        was = states.get(row.agent, "LogOff")
        states[row.agent] = row.state
        if row.cause and row.cause not in AGENT_MOVES.get((was, row.state), ()):
            text = f"agent {row.agent} went from {was} to {row.state}: {row.cause}"
            yield Violation("I-8", text, row.at)


def _offers(story: Story) -> Iterator[Violation]:
    """Offers of a chat; moves of the same instant may be before or behind one."""
    for offer in story.dump.offers:
        earlier = [move for move in story.moves.get(offer.chat, ()) if move.at <= offer.at]
        last = [move.status for move in earlier if move.at < offer.at][-1:]
        there = {*last, *(move.status for move in earlier if move.at == offer.at)}
        wanted = OFFERED_IN.get(offer.mode)
        if wanted is not None and wanted not in there:
            text = f"offered for {offer.mode} in {' or '.join(sorted(there))}"
            yield Violation("I-8", text, offer.at, chat=offer.chat)
