"""Visitors who come, wait, talk and go; and what agents do about their chats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from attrs import define, evolve, field

from broker.core.facts import (
    ChatForgotten,
    ChatMoved,
    ChatReopened,
    ChatRouted,
    ChatStarted,
    Fact,
    OfferEnded,
    OfferMade,
    WrapupEnded,
    WrapupStarted,
)
from broker.core.facts.causes import OfferOutcome
from broker.core.inputs import SessionOpened
from broker.reporting.whatif.behaviour import NEVER, People
from broker.reporting.whatif.recorded import Talk, Visit
from broker.reporting.whatif.shifts import Shifts
from broker.reporting.whatif.virtual_core import Rank, VirtualCore
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo, ChatWrapUpInfo
from protocol.scenario import ScenarioResultInfo
from protocol.values import ChatStatus, CloseReason, Guid, Role

_OFTEN: Final = 3
"""How often somebody writes within the time after which silence ends a chat."""


@define
class Live:
    """A visit that takes place.

    Attributes:
        visit: What is known of it.
        chat: Its chat.
        project: What the rules found it to be about.
        offer: The offer that stands.
        offers: How often it was offered to whom.
        turn: Counts changes that make earlier plans void.
        talk: The conversation, once there is one.
        rest: How much of it is left.
        agent: Who talks with them.
        since: Since when.
        voiced: Until when somebody writes now and then.
        words: How often somebody wrote.
        losses: How often they lost their agent.
    """

    visit: Visit
    chat: Guid
    project: str | None = None
    offer: int | None = None
    offers: dict[str, int] = field(factory=dict)
    turn: int = 0
    talk: Talk | None = None
    rest: int = 0
    agent: str | None = None
    since: int | None = None
    voiced: int = NEVER
    words: int = 0
    losses: int = 0


Door = tuple[Guid, str]
"""A gateway and a TrackingId: through each at most one visit goes at a time."""


@define
class Visitors:
    """Everybody who wants to talk to an agent.

    Attributes:
        core: Where it happens.
        shifts: Where the agents are.
        people: How they behave.
        during: The time whose visits are waited for.
        awaited: How many of those are not over yet, or still wrapped up.
        refused: How many starts the core did not take.
    """

    core: VirtualCore
    shifts: Shifts
    people: People
    during: tuple[int, int]
    awaited: int = 0
    refused: int = 0
    _connector: int = 0
    _coming: Visit | None = None
    _chats: dict[Guid, Live] = field(factory=dict)
    _open: dict[Door, Live] = field(factory=dict)
    _later: dict[Door, list[Visit]] = field(factory=dict)
    _wrapped_up: dict[int, Visit] = field(factory=dict)

    def enter(self, visits: Sequence[Visit]) -> None:
        """Plan that they come."""
        self.core.on_fact.append(self._hear)
        self._connector = self.core.new_session()
        gateways = tuple(self.core.config.gateways)
        self.core.put(
            SessionOpened(
                session=self._connector,
                role=Role.CONNECTOR,
                gateways=gateways,
                takes_pieces=True,
            )
        )
        self.awaited = sum(self._counts(visit) for visit in visits)
        self._come_next(iter(visits))

    def _counts(self, visit: Visit) -> bool:
        return self.during[0] <= visit.at < self.during[1]

    def _come_next(self, visits: Iterator[Visit]) -> None:
        visit = next(visits, None)
        if visit is not None:
            self.core.plan(visit.at, Rank.ARRIVAL, partial(self._arrive, visit, visits))

    def _arrive(self, visit: Visit, visits: Iterator[Visit]) -> None:
        door = _door(visit)
        if door in self._open:
            self._later.setdefault(door, []).append(visit)
        else:
            self._start(visit)
        self._come_next(visits)

    def _start(self, visit: Visit) -> None:
        gateway = self.core.config.gateways[visit.gateway]
        self._coming = visit
        self.core.say(
            self._connector,
            "ES_CHAT_START",
            ChatServiceInfo(
                peer=gateway.peer,
                port=gateway.port,
                tracking_id=visit.tracking_id,
                preferred_culture=visit.culture,
                user_token=visit.user_token,
                ext_response=visit.ext_response,
                result_model=self._form(visit),
            ),
        )
        if self._coming is not None:
            self._coming = None
            self.refused += 1
            self.awaited -= self._counts(visit)

    def _form(self, visit: Visit) -> ScenarioResultInfo | None:
        """All that the visitor filled in as one form, since a start brings one."""
        known = [form for form in visit.forms if form.scenario_id in self.core.config.scenarios]
        if not known:
            return None
        values = tuple(value for form in known for value in form.values or ())
        return evolve(known[-1], values=values, chat_id=None)

    # -- what the core decided

    def _hear(self, fact: Fact) -> None:
        match fact:
            case ChatStarted() | ChatReopened():
                self._came(fact)
            case ChatRouted():
                self._chats[fact.chat].project = fact.project
            case OfferMade():
                self._offered(self._chats[fact.chat], fact)
            case OfferEnded():
                self._chats[fact.chat].offer = None
            case ChatMoved():
                self._moved(self._chats[fact.chat], fact)
            case WrapupStarted():
                self._wraps(self._chats[fact.chat], fact)
            case WrapupEnded():
                self.awaited -= self._counts(self._wrapped_up.pop(fact.no))
            case ChatForgotten():
                del self._chats[fact.chat]
            case _:
                pass

    def _came(self, fact: ChatStarted | ChatReopened) -> None:
        visit, self._coming = self._coming, None
        assert visit is not None  # nobody else starts chats here
        live = Live(visit=visit, chat=fact.chat)
        self._chats[fact.chat] = self._open[_door(visit)] = live
        self._leave_after(live, self.people.patience(visit))
        if visit.voiced is not None:
            live.voiced = fact.at + visit.voiced
        self._write_later(live)

    def _offered(self, live: Live, fact: OfferMade) -> None:
        live.offer = fact.offer
        time = live.offers.get(fact.agent, 0)
        live.offers[fact.agent] = time + 1
        reaction = self.people.reaction(live.visit, fact.agent, time)
        frames: Mapping[str, str] = {
            OfferOutcome.ANSWERED: "CS_CHAT_ANSWER",
            OfferOutcome.REJECTED: "CS_CHAT_HANGUP",
        }
        frame = frames.get(reaction.outcome)
        if frame is not None:
            act = partial(self._react, live, fact, frame)
            self.core.plan(fact.at + reaction.after, Rank.DEED, act)

    def _moved(self, live: Live, fact: ChatMoved) -> None:
        match fact.status:
            case ChatStatus.ANSWERED if fact.agent != live.agent:
                self._answered(live, fact)
            case ChatStatus.WAITING if live.since is not None:
                # Their agent was lost: they wait anew, with the rest of their matter.
                live.turn += 1
                live.rest = max(0, live.rest - (fact.at - live.since))
                live.agent = live.since = None
                self._leave_after(live, self.people.more_patience(live.visit, live.losses))
                live.losses += 1
                self._write_later(live)
            case ChatStatus.CLOSED:
                live.turn += 1
                self._open.pop(_door(live.visit), None)
                self.awaited -= self._counts(live.visit)
                later = self._later.get(_door(live.visit))
                if later:
                    act = partial(self._start, later.pop(0))
                    self.core.plan(fact.at, Rank.ARRIVAL, act)
            case _:
                pass

    def _answered(self, live: Live, fact: ChatMoved) -> None:
        live.turn += 1
        live.agent, live.since = fact.agent, fact.at
        first, talk = live.talk is None, live.talk
        if talk is None:
            talk = live.talk = self.people.talk(live.visit, live.project)
            live.rest = talk.length
        dies = talk.reason == CloseReason.INACTIVITY and self._silence_of(live) is not None
        if first:
            self._go_on_writing(live, talk, dies)
        else:
            self._write_later(live)
        if not dies:
            act = partial(self._end, live, live.turn)
            self.core.plan(fact.at + live.rest, Rank.DEED, act)

    def _go_on_writing(self, live: Live, talk: Talk, dies: bool) -> None:
        """Decide until when somebody writes in a conversation; silence ends it if it is to."""
        now, silent_since = self.core.now, live.voiced
        if dies and talk.voiced is None and talk is live.visit.talk:
            return  # nobody writes any more
        live.voiced = now + self._voice(live, talk) if dies else NEVER
        if min(silent_since, live.voiced) <= now:
            self.core.plan(now, Rank.DEED, partial(self._write, live, live.turn))
        else:
            self._write_later(live)

    def _voice(self, live: Live, talk: Talk) -> int:
        """How long somebody writes in a conversation that silence ends."""
        seen = live.visit.talk
        least = seen.length + 1 if seen is not None and not seen.over else 0
        return max(talk.voiced or 0, least - (self._silence_of(live) or 0))

    def _wraps(self, live: Live, fact: WrapupStarted) -> None:
        self._wrapped_up[fact.no] = live.visit
        self.awaited += self._counts(live.visit)
        wrapup = live.talk.wrapup if live.talk is not None else None
        if wrapup is not None:
            act = partial(self._wrapped, fact)
            self.core.plan(fact.at + wrapup, Rank.DEED, act)

    # -- what people do then

    def _leave_after(self, live: Live, patience: int | None) -> None:
        if patience is not None:
            act = partial(self._leave, live, live.turn)
            self.core.plan(self.core.now + patience, Rank.DEED, act)

    def _leave(self, live: Live, turn: int) -> None:
        if live.turn != turn:
            return
        if not live.visit.left:
            self.people.count("departure")
        self.core.say(self._connector, "ES_CHAT_STOP", self._command(live))

    def _react(self, live: Live, fact: OfferMade, frame: str) -> None:
        at = self.shifts.at(fact.agent)
        if live.offer == fact.offer and at is not None:
            session, workplace = at
            self.core.say(session, frame, ChatCommandInfo(peer=workplace, chat_id=live.chat))

    def _end(self, live: Live, turn: int) -> None:
        if live.turn != turn or live.agent is None or live.talk is None:
            return
        at = self.shifts.at(live.agent)
        if at is None or live.talk.reason == CloseReason.EXTERNAL:
            self.core.say(self._connector, "ES_CHAT_STOP", self._command(live))
        else:
            session, workplace = at
            command = ChatCommandInfo(peer=workplace, chat_id=live.chat)
            self.core.say(session, "CS_CHAT_HANGUP", command)

    def _wrapped(self, fact: WrapupStarted) -> None:
        at = self.shifts.at(fact.agent)
        if at is not None:
            session, workplace = at
            done = ChatWrapUpInfo(peer=workplace, chat_id=fact.chat)
            self.core.say(session, "CS_CHAT_WRAPUP", done)

    def _silence_of(self, live: Live) -> int | None:
        """After how long a silence the chat ends."""
        return self.core.config.gateways[live.visit.gateway].inactivity_timeout

    def _write_later(self, live: Live) -> None:
        """Keep a chat from ending by inactivity that did not end so."""
        silence = self._silence_of(live)
        now = self.core.now
        if silence is not None and live.voiced > now:
            at = min(now + max(1, silence // _OFTEN), live.voiced)
            self.core.plan(at, Rank.DEED, partial(self._write, live, live.turn))

    def _write(self, live: Live, turn: int) -> None:
        if live.turn != turn:
            return
        live.words += 1
        gateway = self.core.config.gateways[live.visit.gateway]
        said = ChatSentenceInfo(
            peer=gateway.peer,
            port=gateway.port,
            tracking_id=live.visit.tracking_id,
            id=f"{live.visit.key}/{live.words}"[-64:],
            text=".",
        )
        self.core.say(self._connector, "ES_CHAT_SENTENCE", said)
        self._write_later(live)

    def _command(self, live: Live) -> ChatCommandInfo:
        gateway = self.core.config.gateways[live.visit.gateway]
        return ChatCommandInfo(
            peer=gateway.peer, port=gateway.port, tracking_id=live.visit.tracking_id
        )


def _door(visit: Visit) -> Door:
    return visit.gateway, visit.tracking_id
