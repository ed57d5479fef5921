"""The distributor against a naive one that looks at everybody, always (B-20..B-24)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.config.model import MINUTE
from broker.core.apply_desk import demand_of, order_of
from broker.core.distribution import excluded
from broker.core.facts import DecisionLogged, OfferMade
from broker.core.standing import capacity, qualified, why_not
from broker.core.state import State
from protocol.values import Guid
from tests.support.playbook import CONFIG, Client, Playbook

MANY = (
    CONFIG
    + """
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
"""
)
LOGINS = (("alice", "101"), ("bob", "102"), ("carol", "103"))
KINDS = ("", "sales", "expert")

ACTIONS = st.one_of(
    st.tuples(st.just("start"), st.sampled_from(KINDS)),
    st.tuples(st.just("stop"), st.integers(0, 30)),
    st.tuples(st.sampled_from(["join", "leave"]), st.integers(0, 2)),
    st.tuples(st.just("state"), st.tuples(st.integers(0, 2), st.sampled_from(["Ready", "Pause"]))),
    st.tuples(
        st.sampled_from(["answer", "hangup"]), st.tuples(st.integers(0, 2), st.integers(0, 3))
    ),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 4.0, 5.0, 29.5, 31.0, 61.0])),
)


def naive_choice(state: State) -> tuple[Guid, Guid] | None:
    """The next offer by the words of B-21: the first chat in order that has any candidate."""
    d = state.distribution
    weight = state.config.distribution.age_weight

    def rank(chat_id: Guid) -> tuple[float, int, Guid]:
        chat = state.chats[chat_id]
        queued = chat.enqueued_at or 0
        points = chat.priority + (state.now - queued) / MINUTE * weight
        return (-round(points, 6), queued, chat_id)

    for chat_id in sorted(d.tickets, key=rank):
        ticket = d.tickets[chat_id]
        project = state.config.projects[ticket.demand[0][0]]
        ranked = []
        for agent, skill in qualified(state, ticket.demand).items():
            desk = d.desks.get(agent)
            if desk is None or why_not(state, desk, ticket.demand[3]) is not None:
                continue
            if excluded(state, ticket, agent, state.now):
                continue
            ranked.append(
                (
                    agent != state.chats[chat_id].last_agent,
                    -skill if project.best_skill else 0,
                    desk.load - capacity(state, agent),
                    desk.idle_since,
                    agent,
                )
            )
        if ranked:
            return chat_id, min(ranked)[-1]
    return None


class Crowd:
    """Three agents and their visitors, doing what they are told."""

    def __init__(self) -> None:
        self.play = Playbook(MANY)
        self.web = self.play.connector("web")
        self.agents: dict[int, Client] = {}
        self.started = 0

    def do(self, action: str, value: object) -> None:
        """Carry out one action; those that make no sense now do nothing."""
        match action, value:
            case "start", str(kind):
                tracking = f"t{self.started}"
                self.started += 1
                self.web.says("ES_CHAT_START", TrackingId=tracking, ExtResponse=kind)
            case "stop", int(number):
                self.web.says("ES_CHAT_STOP", TrackingId=f"t{number}")
            case "join", int(who):
                self.agents[who] = self.play.agent(*LOGINS[who], None)
            case "leave", int(who) if who in self.agents:
                self.agents.pop(who).leaves()
            case "state", (int(who), str(wanted)) if who in self.agents:
                self.agents[who].says("CS_AGENT_STATE", State=wanted)
            case (("answer" | "hangup"), (int(who), int(which))) if who in self.agents:
                agent = self.play.config.agent_by_login[LOGINS[who][0]].id
                desk = self.play.state.distribution.desks[agent]
                held = list(desk.leases)
                if which < len(held):
                    self.agents[who].says(f"CS_CHAT_{action.upper()}", ChatId=held[which])
            case "wait", float(seconds):
                self.play.wait(seconds)
            case _:
                pass


@settings(max_examples=150)
@given(st.lists(st.tuples(ACTIONS), max_size=40))
def test_offers_are_the_naive_ones(script: list[tuple[tuple[str, object]]]) -> None:
    """B-20..B-25, I-6, I-7: after every step nothing is left to offer, and the laws hold.

    The laws (one owner, slots add up, nobody waits for a free agent) are checked by the
    playbook after each input; here the naive distributor must find nothing either.
    """
    crowd = Crowd()
    for ((action, value),) in script:
        crowd.do(action, value)
        due = crowd.play.state.timers.due
        if due is None or due > crowd.play.state.now:
            assert naive_choice(crowd.play.state) is None
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
    for who in arrivals:
        crowd.do("join", who)
    state = crowd.play.state
    for who in arrivals:
        agent = crowd.play.config.agent_by_login[LOGINS[who][0]].id
        before = len(crowd.play.facts)
        waiting = sorted(order_of(state, state.chats[c]) for c in state.distribution.tickets)
        crowd.do("state", (who, "Ready"))
        offers = [f for f in crowd.play.facts[before:] if isinstance(f, OfferMade)]
        fitting = []
        for order in waiting:
            demand = demand_of(state, state.chats[order[2]])
            if demand is not None and agent in qualified(state, demand):
                fitting.append(order[2])
        assert [f.chat for f in offers] == fitting[: capacity(state, agent)]
        assert all(f.agent == agent for f in offers)
        reasons = [f for f in crowd.play.facts[before:] if isinstance(f, DecisionLogged)]
        assert [f.agent for f in reasons if f.kind == "offered"] == [agent] * len(offers)
    crowd.play.store.close()
