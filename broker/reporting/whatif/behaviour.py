"""How people behave in a replay: as they were seen to, and by chance where they were not.

Theory of operation: what the record says of a visitor, a conversation or an offer is taken as it
is. What it does not say is drawn from what it says of others of the same project or the same agent:
always more than what was seen, since what was cut short would have gone on. What was not over at the
end of the record, and lasted longer than all that was, has no end within it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Generic, TypeVar

from attrs import define, field, frozen

from broker.config.model import MINUTE
from broker.core.facts.causes import OfferOutcome
from broker.reporting.whatif.recorded import Reaction, Recorded, Talk, Visit, Wait
from broker.reporting.whatif.sampling import Patience, fraction
from protocol.values import CloseReason

MANY: Final = 10
"""From how many visitors who gave up on a project has a patience of its own."""
BACK: Final = MINUTE
"""When somebody is ready again who missed offers, if the record has no example."""
NEVER: Final = 1 << 62
"""How long it takes to do what is not done."""
T = TypeVar("T")
_DONE: Final = (OfferOutcome.ANSWERED, OfferOutcome.REJECTED, OfferOutcome.MISSED)


@frozen
class Examples(Generic[T]):
    """Things that were seen, the shorter before the longer.

    Attributes:
        lengths: How long each took.
        things: The things, in the same order.
    """

    lengths: Sequence[int]
    things: Sequence[T]

    @classmethod
    def of(cls, things: Iterable[tuple[int, T]]) -> Examples[T]:
        """Examples out of things with their lengths."""
        known = sorted(things, key=lambda pair: pair[0])
        return cls([length for length, _ in known], [thing for _, thing in known])

    def draw(self, chance: float, least: int) -> T | None:
        """One of those that took no less than that, or None."""
        first = bisect_left(self.lengths, least)
        left = len(self.things) - first
        return self.things[first + int(chance * left)] if left else None


@define
class People:
    """What visitors and agents do.

    Attributes:
        past: What is known of them.
        seed: What chance depends on.
        like: Whom new agents are like.
        drawn: How often chance had to decide, by what about.
    """

    past: Recorded
    seed: int = 0
    like: Mapping[str, str] = field(factory=dict)
    drawn: dict[str, int] = field(factory=dict)
    _talks: dict[str | None, Examples[Talk]] = field(init=False)
    _reactions: dict[str | None, Examples[Reaction]] = field(init=False)
    _patience: dict[str | None, Patience] = field(init=False)
    _backs: dict[str | None, list[int]] = field(init=False)

    def __attrs_post_init__(self) -> None:
        talks: dict[str | None, list[tuple[int, Talk]]] = {None: []}
        reactions: dict[str | None, list[tuple[int, Reaction]]] = {None: []}
        waits: dict[str | None, list[tuple[int, bool]]] = {None: []}
        for visit in self.past.visits:
            if visit.talk is not None and visit.talk.over:
                _file(talks, visit.project, (visit.talk.length, visit.talk))
            if visit.project is not None:
                _file(waits, visit.project, (visit.waited, visit.left))
                for wait in visit.again:
                    _file(waits, visit.project, (wait.waited, wait.left))
            for agent, seen in visit.reactions.items():
                for one in seen:
                    if one.outcome in _DONE:
                        length = NEVER if one.outcome == OfferOutcome.MISSED else one.after
                        _file(reactions, agent, (length, one))
        self._talks = {key: Examples.of(found) for key, found in talks.items()}
        self._reactions = {key: Examples.of(found) for key, found in reactions.items()}
        self._patience = {
            key: Patience.estimate(found)
            for key, found in waits.items()
            if key is None or sum(left for _, left in found) >= MANY
        }
        self._backs = {None: []}
        for agent, lengths in self.past.returns.items():
            if agent not in self.like:
                for back in lengths:
                    if back is not None:
                        _file(self._backs, agent, back)

    @property
    def patience_of_all(self) -> Patience:
        """The patience of visitors whose project has none of its own."""
        return self._patience[None]

    @property
    def speechless(self) -> bool:
        """Whether there is no conversation to learn from."""
        return not self._talks[None].things

    def patience(self, visit: Visit) -> int | None:
        """How long a visitor waits for an answer before they give up; None: as long as it takes."""
        if visit.left:
            return visit.waited
        known = self._patience.get(visit.project, self._patience[None])
        return known.draw(fraction(self.seed, f"patience/{visit.key}"), visit.waited)

    def more_patience(self, visit: Visit, time: int) -> int | None:
        """The same for one who lost their agent and waits again, for the first time (0) or later."""
        seen = visit.again[time] if time < len(visit.again) else Wait(0, False)
        if seen.left:
            return seen.waited
        known = self._patience.get(visit.project, self._patience[None])
        return known.draw(fraction(self.seed, f"patience/{visit.key}/{time}"), seen.waited)

    def talk(self, visit: Visit, project: str | None) -> Talk:
        """The conversation with a visitor, for whichever agent answers them."""
        seen = visit.talk
        if seen is not None and seen.over:
            return seen
        self.count("conversation")
        least = seen.length + 1 if seen is not None else 0
        chance = fraction(self.seed, f"talk/{visit.key}")
        found = _draw(self._talks, (project, visit.project), chance, least)
        return found or Talk(self._longer(visit, least), CloseReason.AGENT.value)

    def reaction(self, visit: Visit, agent: str, time: int) -> Reaction:
        """What an agent does about an offer.

        Args:
            visit: What is offered.
            agent: To whom.
            time: How often it was offered to them before.
        """
        seen = visit.reactions.get(agent, ())
        least = 0
        if time < len(seen):
            if seen[time].outcome in _DONE:
                return seen[time]
            least = seen[time].after + 1  # it ended before they did anything
        self.count("reaction")
        chance = fraction(self.seed, f"reaction/{visit.key}/{agent}/{time}")
        found = _draw(self._reactions, (agent, self.like.get(agent)), chance, least)
        return found or Reaction(OfferOutcome.ANSWERED, self._longer(visit, least))

    def _longer(self, visit: Visit, least: int) -> int:
        """How long something takes of which only is known that it took longer than all others."""
        return max(least, self.past.end - visit.at) if visit.lasting else least

    def back(self, agent: str, time: int) -> int | None:
        """How long after they were set to pause for missed offers somebody is ready again.

        Args:
            agent: Who.
            time: How often that happened to them before.

        Returns:
            The time; None when their next own doing ends the pause.
        """
        seen = self.past.returns.get(agent, ())
        if time < len(seen):
            return seen[time]
        known = self._backs.get(agent) or self._backs[None]
        if not known:
            return BACK
        return known[int(fraction(self.seed, f"back/{agent}/{time}") * len(known))]

    def count(self, what: str) -> None:
        """Count that chance decided about something."""
        self.drawn[what] = self.drawn.get(what, 0) + 1


def _file(drawers: dict[str | None, list[T]], key: str | None, thing: T) -> None:
    """Put a thing among those of its key and among all."""
    drawers[None].append(thing)
    if key is not None:
        drawers.setdefault(key, []).append(thing)


def _draw(
    known: Mapping[str | None, Examples[T]], keys: Sequence[str | None], chance: float, least: int
) -> T | None:
    """An example of the first of these keys that has one, else of all."""
    for key in (*keys, None):
        examples = known.get(key)
        found = examples.draw(chance, least) if examples is not None else None
        if found is not None:
            return found
    return None
