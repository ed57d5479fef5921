"""Who gets the chat or the conversation (B-20..B-25, B-29, B-30, B-57).

Theory of operation: between two inputs nothing that waits has a candidate (B-23), so after an input
only what it touched can match: what began to wait, agents that got a free slot, became
ready or lost an exclusion. `next_match` takes the earliest entry among these, in the order of B-21,
that has a candidate, and the best one for it; the broker's step makes the offer, applies that and asks
again until nothing matches. What was looked at in vain is settled and not looked at again.

What is found is a value that says which kind of work it is about. Only `routing.offering` makes a chat's or a
conversation's facts of it.

How the agents stand is kept in order by `broker.core.distribution.eligibility`, so a decision costs the same
whether ten agents are at work or a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve, frozen

from broker.core.decision import Decision
from broker.core.distribution.eligibility import at_work, is_at_work
from broker.core.distribution_state import DistributionState, Queue, QueueEntry, Work
from broker.core.facts import AgentSettled, EntrySettled
from broker.core.facts.causes import ChosenBy, Ineligible
from broker.core.facts.details import Asked, Choice, Passed
from broker.core.inputs import Stamp
from protocol.values import Guid

_ORDER = (
    ChosenBy.HAD_IT,
    ChosenBy.SKILL,
    ChosenBy.FREE_SLOTS,
    ChosenBy.LONGEST_IDLE,
    ChosenBy.AGENT_ID,
)
LOGGED_AGENTS = 20
"""How many passed-over agents a logged decision names; the rest are counted by reason."""


@frozen(kw_only=True)
class Match:
    """A chat or a conversation, and the agent to whom it is to be offered.

    Attributes:
        until: When the offer ends.
        choice: Why this agent, for the log.
    """

    work: Work
    id: Guid
    agent: Guid
    until: int
    choice: Choice


@frozen(kw_only=True)
class Unserved:
    """A chat or a conversation that has just begun to wait, and that nobody can be offered now.

    Attributes:
        choice: Why nobody, for the log.
    """

    work: Work
    id: Guid
    choice: Choice


def next_match(state: DistributionState, stamp: Stamp) -> Match | Unserved | Decision | None:
    """The next offer to make, or the next thing to settle, or None when all is settled."""
    d = state.distribution
    best: QueueEntry | None = None
    for agent in d.agents_to_match:
        found = best_entry(state, agent, stamp.up)
        if found is None:
            return Decision([AgentSettled(agent)])
        if best is None or found.order < best.order:
            best = found
    if d.entries_to_match:
        order = d.entries_to_match[0]
        entry = d.entries.get(order[-1])
        if entry is None or entry.order != order:
            return Decision([EntrySettled(order[-1])])
        if best is None or entry.order <= best.order:
            return match(state, entry, stamp) or _unserved(state, entry, stamp)
    return match(state, best, stamp) if best is not None else None


def best_entry(state: DistributionState, agent: Guid, up: int) -> QueueEntry | None:
    """The first of what waits that the agent could be offered."""
    d = state.distribution
    best: QueueEntry | None = None
    for queue in d.queues.values():
        if not queue.entries or agent not in queue.ranks:
            continue
        for order in queue.entries:
            if best is not None and order > best.order:
                break
            entry = d.entries[order[-1]]
            if not left_out(state, entry, agent, up):
                best = entry
                break
    return best


def left_out(state: DistributionState, entry: QueueEntry, agent: Guid, up: int) -> bool:
    """Whether the agent is not to be offered this one, though they are offered others of its queue."""
    if agent in entry.need.barred:
        return True
    return bool(entry.need.exclusions) and excluded(state, entry, agent, up)


def excluded(state: DistributionState, entry: QueueEntry, agent: Guid, up: int) -> bool:
    """Whether the agent let this one go too short a time ago (B-24).

    The full pause holds as long as somebody else is left who could take it sooner or
    later; when nobody is, a short one does.
    """
    since = entry.need.exclusions.get(agent)
    if since is None:
        return False
    numbers = state.config.distribution
    if up >= since + numbers.retry_after:
        return False
    if up < since + min(numbers.retry_alone, numbers.retry_after):
        return True
    return _others_left(state, entry, up)


def _others_left(state: DistributionState, entry: QueueEntry, up: int) -> bool:
    pause = state.config.distribution.retry_after
    queue = state.distribution.queues[entry.demand]
    out = {agent for agent, since in entry.need.exclusions.items() if up < since + pause}
    out.update(entry.need.barred)
    return at_work(queue) > sum(1 for agent in out if is_at_work(queue, agent))


def candidates(state: DistributionState, entry: QueueEntry, up: int) -> Iterator[Guid]:
    """The agents that it may be offered to now, the best one first (B-21)."""
    queue = state.distribution.queues[entry.demand]
    first = entry.need.preferred
    if first is not None and first in queue.ranks and not left_out(state, entry, first, up):
        yield first
    for *_, agent in queue.ready:
        if agent != first and not left_out(state, entry, agent, up):
            yield agent


def match(state: DistributionState, entry: QueueEntry, stamp: Stamp) -> Match | None:
    """Find the best candidate; None when there is none (B-21)."""
    chosen: list[Guid] = []
    for agent in candidates(state, entry, stamp.up):
        chosen.append(agent)
        if len(chosen) == LOGGED_AGENTS:
            break
    if not chosen:
        return None
    queue = state.distribution.queues[entry.demand]
    project = state.config.projects.get(entry.demand.projects[0])
    by = _deciding(queue, entry, chosen)
    choice = evolve(explain(state, entry, stamp.up), candidates=tuple(chosen), by=by)
    until = stamp.now + (project.signal_duration if project is not None else 0)
    return Match(work=entry.need.work, id=entry.id, agent=chosen[0], until=until, choice=choice)


def _deciding(queue: Queue, entry: QueueEntry, chosen: list[Guid]) -> ChosenBy:
    """Which rule of B-21 put the first candidate before the second."""
    if len(chosen) == 1:
        return ChosenBy.ONLY_CANDIDATE
    one, two = (
        (agent != entry.need.preferred, *queue.ranks[agent][:3], agent) for agent in chosen[:2]
    )
    return next(word for word, a, b in zip(_ORDER, one, two, strict=True) if a != b)


def explain(state: DistributionState, entry: QueueEntry, up: int) -> Choice:
    """Why the passed-over agents were passed over (B-30)."""
    queue = state.distribution.queues[entry.demand]
    counts: dict[str, int] = {reason: n for reason, n in queue.counts.items() if n}
    named: list[Passed] = []
    left = (
        (Ineligible.IN_CHAT, entry.need.barred),
        (Ineligible.EXCLUDED, entry.need.exclusions),
    )
    for word, agents in left:
        out = [a for a in agents if a in queue.ranks and left_out(state, entry, a, up)]
        if out:
            counts[word] = len(out)
        named += [Passed(agent, word) for agent in out[:LOGGED_AGENTS]]
    for agent, reason in queue.others.items():
        if len(named) >= LOGGED_AGENTS:
            break
        named.append(Passed(agent, reason))
    return Choice(
        waited=max(0, up - entry.need.queued),
        waiting=state.distribution.waiting[entry.need.work],
        passed_over=tuple(named[:LOGGED_AGENTS]),
        reasons=counts,
        not_qualified=len(state.config.agents) - len(queue.agents),
        asked=Asked(*entry.demand[:4]),
    )


def _unserved(state: DistributionState, entry: QueueEntry, stamp: Stamp) -> Unserved | Decision:
    """Nobody for it now: settle it, or say why first when it has just begun to wait."""
    if entry.explained:
        return Decision([EntrySettled(entry.id)])
    choice = explain(state, entry, stamp.up)
    return Unserved(work=entry.need.work, id=entry.id, choice=choice)
