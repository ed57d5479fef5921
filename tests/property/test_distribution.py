"""The distributor against a naive one that looks at everybody, always (B-20..B-24, B-26, B-29).

Before every offer the naive one is asked, too: it reads the configuration and the chats and nothing that
the core keeps in order for itself, and it must choose the same chat and the same agent.
"""

from __future__ import annotations

from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.config.model import MINUTE
from broker.core import broker
from broker.core.capacity import capacity
from broker.core.chats.needs import asked_by
from broker.core.decision import Decision
from broker.core.distribution.apply import demand_of, order_of
from broker.core.distribution.eligibility import qualified
from broker.core.facts import DecisionLogged, OfferMade
from broker.core.inputs import Stamp
from broker.core.invariants import leases_due
from broker.core.routing.offering import next_offer
from broker.core.state import Chat, State
from protocol.values import AgentState, ChatStatus, Guid
from tests.support.playbook import CONFIG, Client, Playbook

MANY = (
    """
[distribution]
park_reserve = 1
transfer_timeout = "40s"
"""
    + CONFIG.replace('name = "Support"\n', 'name = "Support"\nbest_skill = true\n', 1)
    + """
[[gateways]]
name = "Video"
peer = "video"
token = "video-secret"
weight = 2
[[workplaces]]
number = "103"
max_chats = 2
[[agents]]
name = "Carol"
login = "carol"
token = "carol-secret"
max_chats = 2
languages = { English = 100 }
skills = { Support = 60, Sales = 50 }
[[wait_rules]]
level = 1
after = "20s"
project = "Sales"
projects = ["Support"]
[[wait_rules]]
level = 2
after = "60s"
skill = 1
priority = 2
"""
)
LOGINS = (("alice", "101"), ("bob", "102"), ("carol", "103"))
KINDS = ("", "sales", "expert")
STATES = ("Ready", "Ready", "Pause", "Ready then Pause", "Ready then PostCall", "LogOff")

AGENT = st.tuples(st.integers(0, 2), st.integers(0, 3))
ACTIONS = st.one_of(
    st.tuples(st.just("start"), st.sampled_from([*KINDS, "video"])),
    st.tuples(st.just("start"), st.sampled_from(KINDS)),
    st.tuples(st.sampled_from(["stop", "visitor"]), st.integers(0, 30)),
    st.tuples(st.sampled_from(["join", "join", "leave"]), st.integers(0, 2)),
    st.tuples(st.just("state"), st.tuples(st.integers(0, 2), st.sampled_from(STATES))),
    st.tuples(st.sampled_from(["answer", "answer", "hangup"]), AGENT),
    st.tuples(st.sampled_from(["transfer", "take back", "return", "park"]), AGENT),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 4.0, 5.0, 21.0, 29.5, 31.0, 61.0])),
)


# -- the naive distributor


def skill_in(state: State, agent: Guid, chat: Chat) -> int | None:
    """B-20: the skill that qualifies an agent, in the first project that does."""
    known, wanted, projects = (
        state.config.agents[agent],
        chat.routing.skill,
        (chat.routing.project, *chat.routing.further),
    )
    if chat.invite is not None:
        wanted, projects = 1, (chat.invite.project,)
    spoken = (
        known.languages.get(chat.routing.language) if chat.routing.language is not None else None
    )
    if chat.routing.language is not None and (
        spoken is None or not (spoken.enabled and spoken.engaged)
    ):
        return None
    for project in projects:
        skill = known.skills.get(project) if project is not None else None
        if skill is not None and skill.enabled and skill.engaged and skill.value >= wanted:
            return skill.value
    return None


def is_at_work(state: State, agent: Guid) -> bool:
    """Whether they are offered chats now, or will be when a slot gets free."""
    presence = state.distribution.presences.get(agent)
    if presence is None or presence.session is None or presence.state is not AgentState.READY:
        return False
    parked = any(c.parking is not None and c.agent == agent for c in state.chats.values())
    busy = parked or bool(leases_due(state).get(agent))
    return not (presence.next_state and (busy or presence.next_state is AgentState.LOG_OFF))


def free_of(state: State, agent: Guid) -> int:
    """B-22: slots that neither a chat holds nor one of their parked ones may need."""
    presence, config = state.distribution.presences[agent], state.config
    held = leases_due(state).get(agent, {})
    used = sum(config.gateways[state.chats[chat].gateway].weight for chat in held)
    parked = sum(c.parking is not None and c.agent == agent for c in state.chats.values())
    most = min(
        config.agents[agent].max_chats, config.workplaces[presence.workplace or ""].max_chats
    )
    return most - used - min(config.distribution.park_reserve, parked)


def is_excluded(state: State, agent: Guid, chat: Chat) -> bool:
    """B-24: for the whole pause while somebody else is left, else for a short one."""
    numbers, since = state.config.distribution, chat.exclusions.get(agent)
    if since is None or state.now >= since + numbers.retry_after:
        return False
    if state.now < since + min(numbers.retry_alone, numbers.retry_after):
        return True
    out = [a for a, at in chat.exclusions.items() if state.now < at + numbers.retry_after]
    out += members(chat)
    return any(
        skill_in(state, other, chat) is not None and is_at_work(state, other)
        for other in state.config.agents
        if other not in out
    )


def members(chat: Chat) -> list[Guid]:
    """Who is in a chat that is to be transferred."""
    inside = chat.status is ChatStatus.ANSWERED and chat.agent is not None
    return [chat.agent, *chat.parties] if inside and chat.agent is not None else []


def naive_choice(state: State) -> tuple[Guid, Guid] | None:
    """The next offer by the words of B-21: the first chat in order that has any candidate."""
    weight = state.config.distribution.age_weight

    def rank(chat: Chat) -> tuple[float, int, Guid]:
        queued = (
            chat.waiting.enqueued_at
            if chat.waiting.enqueued_at is not None
            else chat.activity.since
        )
        points = chat.routing.priority + (state.now - queued) / MINUTE * weight
        return (-round(points, 6), queued, chat.id)

    waiting = [c for c in state.chats.values() if is_waiting(c)]
    for chat in sorted(waiting, key=rank):
        first = chat.invite.project if chat.invite is not None else chat.routing.project
        best_skill = first is not None and state.config.projects[first].best_skill
        ranked = []
        for agent in state.config.agents:
            skill = skill_in(state, agent, chat)
            if skill is None or not is_at_work(state, agent) or agent in members(chat):
                continue
            free = free_of(state, agent)
            if free < state.config.gateways[chat.gateway].weight or is_excluded(state, agent, chat):
                continue
            other = agent != chat.last_agent or chat.invite is not None
            idle = state.distribution.presences[agent].idle_since
            ranked.append((other, -skill if best_skill else 0, -free, idle, agent))
        if ranked:
            return chat.id, min(ranked)[-1]
    return None


def is_waiting(chat: Chat) -> bool:
    """Whether a chat waits for somebody: by itself, or since its owner asks a project."""
    asks = chat.invite is not None and chat.invite.project is not None
    return chat.offer is None and (chat.status is ChatStatus.WAITING or asks)


def nobody_wakes(state: State) -> bool:
    """B-22: no chat is left aside that is to come back and whose owner has a slot for it."""
    for chat in state.chats.values():
        woken = chat.parking is not None and chat.parking.woken_at is not None
        if not woken or chat.agent is None:
            continue
        presence = state.distribution.presences[chat.agent]
        left = capacity(state, chat.agent) - presence.load
        if presence.session is not None and left >= state.config.gateways[chat.gateway].weight:
            return False
    return True


def compared(state: State, stamp: Stamp) -> Decision | None:
    """What the core decides, if it is what the naive distributor decides."""
    naive = naive_choice(state)
    decision = next_offer(state, stamp)
    made = [f for f in decision.facts if isinstance(f, OfferMade)] if decision else []
    due = state.timers.due
    if made:
        assert nobody_wakes(state)
        if due is None or due > state.now:
            assert (made[0].chat, made[0].agent) == naive
    return decision


# -- what happens


class Crowd:
    """Three agents and their visitors, doing what they are told."""

    def __init__(self) -> None:
        self.play = Playbook(MANY)
        self.lines = {peer: self.play.connector(peer) for peer in ("web", "video")}
        self.agents: dict[int, Client] = {}
        self.started: list[str] = []

    def do(self, action: str, value: object) -> None:
        """Carry out one action; those that make no sense now do nothing."""
        match action, value:
            case "start", str(kind):
                peer = "video" if kind == "video" else "web"
                tracking = f"t{len(self.started)}"
                self.started.append(peer)
                answer = "sales" if kind == "video" else kind
                self.lines[peer].says("ES_CHAT_START", TrackingId=tracking, ExtResponse=answer)
            case "stop", int(number) if number < len(self.started):
                self.lines[self.started[number]].says("ES_CHAT_STOP", TrackingId=f"t{number}")
            case "visitor", int(number) if number < len(self.started):
                line, key = self.lines[self.started[number]], str(self.play.seq)
                line.says("ES_CHAT_SENTENCE", TrackingId=f"t{number}", ID=key, Text="x")
            case "join", int(who):
                login, place = LOGINS[who]
                presence = self.play.state.distribution.presences.get(self.agent(who))
                if presence is None or presence.session is None:
                    self.agents[who] = self.play.agent(login, place, None)
                    self.agents[who].says("CS_AGENT_STATE", State="Ready")
            case "leave", int(who) if who in self.agents:
                self.agents.pop(who).leaves()
            case "state", (int(who), str(wanted)) if who in self.agents:
                first, _, then = wanted.partition(" then ")
                self.agents[who].says("CS_AGENT_STATE", State=first, NextState=then or None)
            case "wait", float(seconds):
                self.play.wait(seconds)
            case str(word), (int(who), int(which)) if who in self.agents:
                self.word(word, who, which)
            case _:
                pass

    def agent(self, who: int) -> Guid:
        """The id of an agent."""
        return self.play.config.agent_by_login[LOGINS[who][0]].id

    def word(self, word: str, who: int, which: int) -> None:
        """An agent does something with one of their chats."""
        presence = self.play.state.distribution.presences[self.agent(who)]
        wanted = ChatStatus.ALERTING if word == "answer" else ChatStatus.ANSWERED
        held = [chat for chat, holder in presence.leases.items() if holder is wanted]
        held = [*held, *presence.parked] or [*presence.leases]
        if not held:
            return
        chat, says = held[which % len(held)], self.agents[who].says
        match word:
            case "transfer":
                projects = list(self.play.config.projects)
                says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=projects[which % 2])
            case "take back":
                says("CS_CHAT_TRANSFER", ChatId=chat)
            case "park":
                says("CS_CHAT_PARK", ChatId=chat, IsParked=chat not in presence.parked)
            case _:
                says(f"CS_CHAT_{word.upper()}", ChatId=chat)


FOLLOW_UPS = tuple(compared if f is next_offer else f for f in broker._FOLLOW_UPS)


@settings(max_examples=150)
@given(st.lists(st.tuples(ACTIONS), max_size=60))
def test_offers_are_the_naive_ones(script: list[tuple[tuple[str, object]]]) -> None:
    """B-20..B-26, B-29, I-6, I-7: every offer is the naive one, and then nothing is left to offer.

    The laws (one owner, slots add up, nobody waits for a free agent) are checked by the
    playbook after each input; here the naive distributor must find nothing either.
    """
    with patch.object(broker, "_FOLLOW_UPS", FOLLOW_UPS):
        crowd = Crowd()
        for ((action, value),) in script:
            crowd.do(action, value)
            due = crowd.play.state.timers.due
            if due is None or due > crowd.play.state.now:
                assert naive_choice(crowd.play.state) is None
            assert nobody_wakes(crowd.play.state)
    crowd.play.check_store()
    crowd.play.store.close()


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 200)), min_size=1, max_size=8),
    st.permutations([0, 1, 2]),
)
def test_the_first_offers_are_the_naive_ones(
    chats: list[tuple[str, int]], arrivals: list[int]
) -> None:
    """B-20, B-21: agents who become ready get exactly what the naive distributor would give."""
    crowd = Crowd()
    for kind, pause in chats:
        crowd.do("start", kind)
        crowd.play.wait(pause / 10)
    state = crowd.play.state
    for who in arrivals:
        agent = crowd.agent(who)
        before = len(crowd.play.facts)
        waiting = sorted(order_of(state, t.need) for t in state.distribution.entries.values())
        crowd.do("join", who)
        offers = [f for f in crowd.play.facts[before:] if isinstance(f, OfferMade)]
        fitting = []
        for order in waiting:
            need = asked_by(state.chats[order[-1]])
            if need is not None and agent in qualified(state, demand_of(state, need)):
                fitting.append(order[-1])
        assert [f.chat for f in offers] == fitting[: capacity(state, agent)]
        assert all(f.agent == agent for f in offers)
        reasons = [f for f in crowd.play.facts[before:] if isinstance(f, DecisionLogged)]
        assert [f.agent for f in reasons if f.kind == "offered"] == [agent] * len(offers)
    crowd.play.store.close()
