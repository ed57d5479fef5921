"""What the clauses say of distribution, sentence by sentence (B-20..B-30)."""

from typing import Any

import pytest
from sqlalchemy import select

from broker.core.facts import ChatStarted, DecisionLogged, OfferMade
from broker.store import schema
from tests.support.first_moves import answered, offered, start
from tests.support.playbook import CONFIG, Client, Playbook

URGENT = """
[[project_rules]]
rank = 1
ext_response = "^urgent$"
project = "Support"
priority = 3
"""
CAROL = """
[[agents]]
name = "Carol"
login = "carol"
token = "carol-secret"
max_chats = {max_chats}
languages = {{ English = 100 }}
skills = {{ Support = {skill} }}
[[workplaces]]
number = "103"
max_chats = {seats}
"""
ALICE = "skills = { Support = 50, Sales = 10 }"


def carol(skill: int = 90, max_chats: int = 1, seats: int = 9) -> str:
    return CAROL.format(skill=skill, max_chats=max_chats, seats=seats)


def in_config(text: str) -> pytest.MarkDecorator:
    """Play with another configuration."""
    return pytest.mark.parametrize("play", [text], indirect=True, ids=["other"])


def offers(play: Playbook) -> list[str]:
    """To whom chats were offered, by login."""
    names = {agent.id: agent.login for agent in play.config.agents.values()}
    return [names[fact.agent] for fact in play.facts if isinstance(fact, OfferMade)]


def hang_up(web: Client, agent: Client, chat: str) -> None:
    """The agent ends a chat."""
    agent.says("CS_CHAT_HANGUP", ChatId=chat)
    agent.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")


@pytest.mark.parametrize(
    "skills",
    [
        "skills = { Sales = 10 }",
        "skills = { Support = 9, Sales = 10 }",
        "skills = { Support = { value = 50, enabled = false } }",
        "skills = { Support = { value = 50, engaged = false } }",
        "skills = { Support = 50 }\nlanguages = {}",
        "skills = { Support = 50 }\nlanguages = { English = { value = 9, enabled = false } }",
        "skills = { Support = 50 }\nlanguages = { English = { value = 9, engaged = false } }",
    ],
)
def test_who_lacks_what_the_chat_demands_is_no_candidate(skills: str) -> None:
    """B-20: project, skill, enabled, engaged, language; with all of them they get it at once."""
    text = CONFIG
    if "languages" in skills:
        text = text.replace("max_chats = 2\nlanguages = { English = 100 }", "max_chats = 2")
    play = Playbook(text.replace(ALICE, skills))
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = start(web, "t1", "Waiting", PreferredCulture="en")
    play.silent()
    play.reload(CONFIG)
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    play.silent()


@pytest.mark.parametrize("state", ["Pause", "PostCall"])
def test_who_is_not_ready_is_no_candidate(play: Playbook, state: str) -> None:
    """B-20, B-28: nor in `PostCall`; being `Ready` again triggers the distribution."""
    web, alice = play.connector("web"), play.agent("alice", "101", state)
    chat = start(web, "t1", "Waiting")
    alice.silent()
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE", State="Ready")
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


@in_config(CONFIG + URGENT)
def test_priority_counts_as_many_minutes_of_waiting(play: Playbook) -> None:
    """B-21: 3 points are 3 minutes: a chat that is older by less comes after, by more before."""
    web = play.connector("web")
    oldest = start(web, "oldest", "Waiting")
    play.wait(60)
    older = start(web, "older", "Waiting")
    play.wait(179)
    urgent = start(web, "urgent", "Waiting", ExtResponse="urgent")
    alice, bob = play.agent("alice", "101", "Pause"), play.agent("bob", "102")
    bob.hears("SC_CHAT_ALERT", ChatId=oldest)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE")
    alice.hears("SC_CHAT_ALERT", ChatId=urgent)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.hears("SC_CHAT_ALERT", ChatId=older)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


@in_config(CONFIG + URGENT + "[distribution]\nage_weight = 10.0\n")
def test_age_weighs_as_configured(play: Playbook) -> None:
    """B-21: at ten points a minute, 3 points are 18 seconds."""
    web = play.connector("web")
    older = start(web, "older", "Waiting")
    play.wait(19)
    start(web, "urgent", "Waiting", ExtResponse="urgent")
    bob = play.agent("bob", "102")
    bob.hears("SC_CHAT_ALERT", ChatId=older)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_of_chats_alike_in_all_the_lower_id_comes_first(play: Playbook) -> None:
    """B-21: the last word has the ChatId."""
    web = play.connector("web")
    chats = [start(web, f"t{number}", "Waiting") for number in range(4)]
    assert len({f.at for f in play.facts if isinstance(f, ChatStarted)}) == 1
    alice = play.agent("alice", "101")
    for chat in sorted(chats)[:2]:
        alice.hears("SC_CHAT_ALERT", ChatId=chat)
        web.hears("SE_CHAT_STATUS", Status="Alerting")


@in_config(CONFIG + carol(max_chats=1))
def test_more_free_slots_then_longer_idle_then_the_id(play: Playbook) -> None:
    """B-21: without `best_skill` the skill does not count; of two alike, the lower AgentId."""
    web = play.connector("web")
    clients = {"bob": play.agent("bob", "102"), "carol": play.agent("carol", "103")}
    play.wait(1)
    clients["alice"] = play.agent("alice", "101")
    for number in range(3):
        start(web, f"t{number}", "Waiting", "Alerting")
        clients[offers(play)[-1]].hears("SC_CHAT_ALERT")
    ids = {login: agent.id for login, agent in play.config.agent_by_login.items()}
    first = offers(play)
    assert first[0] == "alice"  # two slots free, the others have one
    assert first[1:] == sorted(["bob", "carol"], key=lambda login: ids[login])  # idle for longer


@in_config(
    CONFIG.replace('name = "Support"\n', 'name = "Support"\nbest_skill = true\n') + carol(90)
)
def test_the_best_skill_comes_first_where_the_project_says_so(play: Playbook) -> None:
    """B-21: before free slots and idle time."""
    web = play.connector("web")
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102")
    play.wait(5)
    best = play.agent("carol", "103")
    for number, agent in enumerate((best, bob, alice, alice)):
        start(web, f"t{number}", "Waiting", "Alerting")
        agent.hears("SC_CHAT_ALERT")


@in_config(CONFIG + carol(max_chats=5, seats=1))
def test_a_workplace_may_have_fewer_slots_than_its_agent(play: Playbook) -> None:
    """B-22: the smaller number holds, and is the one reported."""
    web, agent = play.connector("web"), play.agent("carol", "103", None)
    agent.says("CS_AGENT_STATE", State="Ready")
    agent.hears("SC_AGENT_STATE", MaxChats=1, ActiveChats=0)
    offered(web, agent, "t1")
    start(web, "t2", "Waiting")
    agent.silent()


def test_a_slot_is_held_from_the_alert_to_the_end_of_the_wrap_up(play: Playbook) -> None:
    """B-22, I-6: alerting, answered and wrap-up report one slot each; then none."""
    web, alice = play.connector("web"), play.agent("alice", "101")

    def active() -> object:
        alice.says("CS_AGENT_STATE", State="Ready")
        return alice.hears("SC_AGENT_STATE", MaxChats=2)["ActiveChats"]

    assert active() == 0
    chat = offered(web, alice, "t1", ExtResponse="sales")
    assert active() == 1
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS")
    assert active() == 1
    hang_up(web, alice, chat)
    alice.hears("SC_AGENT_STATE", ActiveChats=1, WrapUps=...)
    assert active() == 1
    play.wait(20)
    alice.hears("SC_AGENT_STATE", ActiveChats=0)
    assert active() == 0


def test_the_alert_says_how_long_it_stands(play: Playbook) -> None:
    """B-24: `MaxSignalDuration` is the project's `signal_duration`, and holds."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = start(web, "t1", "Waiting", "Alerting")
    alert = alice.hears("SC_CHAT_ALERT", ChatId=chat)
    assert alert["Info"]["MaxSignalDuration"] == 30
    play.wait(29.999999)
    play.silent()
    play.wait(0.000001)
    alice.hears("SC_CHAT_ALERT_END", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting")


def test_who_let_a_chat_go_is_left_out_for_retry_after(play: Playbook) -> None:
    """B-24: for this chat only, for 60 s, while somebody else is left."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    answered(web, bob, "busy")
    alice = play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    play.wait(30)
    alice.hears("SC_CHAT_ALERT_END", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    other = offered(web, alice, "t2")
    alice.says("CS_CHAT_ANSWER", ChatId=other)
    alice.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS")
    play.wait(59.999999)
    play.silent()
    play.wait(0.000001)
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="t1")


def test_who_let_a_chat_go_gets_it_when_the_last_other_one_goes(play: Playbook) -> None:
    """B-24, B-23: nobody else is left when the other one's connection ends, at once."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    answered(web, bob, "busy")
    alice = play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(30)
    alice.silent()
    bob.leaves()
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="t1")


@pytest.mark.parametrize("between", ["CS_CHAT_ANSWER", "CS_CHAT_HANGUP"])
def test_missed_offers_count_only_in_a_row(play: Playbook, between: str) -> None:
    """B-24: an answer or a rejection between two missed ones, and nobody is put into `Pause`."""
    web, alice = play.connector("web"), play.agent("alice", "101")

    def miss(tracking: str) -> None:
        chat = offered(web, alice, tracking)
        play.wait(30)
        alice.hears("SC_CHAT_ALERT_END", ChatId=chat)
        web.hears("SE_CHAT_STATUS", Status="Waiting")
        web.says("ES_CHAT_STOP", TrackingId=tracking)
        web.hears("SE_CHAT_STATUS", Status="Closed")

    miss("t1")
    chat = offered(web, alice, "t2")
    alice.says(between, ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    if between == "CS_CHAT_HANGUP":
        alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS")
    web.says("ES_CHAT_STOP", TrackingId="t2")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    if between == "CS_CHAT_ANSWER":
        alice.hears("SC_CHAT_STATUS", Status="Closed")
    miss("t3")
    offered(web, alice, "t4")


def test_two_answers_at_once_make_one_owner(play: Playbook) -> None:
    """B-25, I-6: the offer has moved on; the late answer changes nothing for the new owner."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    bob = play.agent("bob", "102")
    play.wait(30)
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting", AgentName="Bob")
    alice.says("CS_CHAT_ANSWER", 1, ChatId=chat)
    alice.hears("SC_CHAT_ALERT_END", 1, ChatId=chat)
    bob.says("CS_CHAT_ANSWER", 2, ChatId=chat)
    bob.hears("SC_CHAT_STATUS", 2, Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Bob")
    alice.says("CS_CHAT_ANSWER", 3, ChatId=chat)
    alice.hears("SC_CHAT_ALERT_END", 3, ChatId=chat)
    unknown = "00000000-0000-4000-a000-000000000001"
    alice.says("CS_CHAT_ANSWER", 4, ChatId=unknown)
    alice.hears("SC_CHAT_ALERT_END", 4, ChatId=unknown)


def signal(web: Client, **members: Any) -> object:
    """What somebody who asks is told."""
    web.says("ES_CHAT_REQUEST", TrackingId="q", **members)
    return web.hears("SE_CHAT_RESPONSE")["Signal"]


def test_free_is_what_is_left_after_those_who_wait(play: Playbook) -> None:
    """B-27: a free slot that a waiting chat will take is none for somebody who asks."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    assert signal(web) == "Free"
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert signal(web) == "Free"  # two slots, one chat waits
    offered(web, alice, "t2")
    assert signal(web) == "Busy"  # one slot, one chat waits
    play.wait(5)
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_who_is_on_their_way_out_counts_as_nobody(play: Playbook) -> None:
    """B-27: only an agent who will log off is there, so the signal is the fallback."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    assert signal(web) == "Free"
    alice.says("CS_AGENT_STATE", State="LogOff")
    alice.hears("SC_AGENT_STATE", NextState="LogOff")
    assert signal(web) == "Closed"


def test_only_agents_who_could_take_such_a_chat_count(play: Playbook) -> None:
    """B-27: an expert's question finds nobody while only alice is there."""
    web = play.connector("web")
    play.agent("alice", "101")
    assert signal(web) == "Free"
    assert signal(web, ExtResponse="expert") == "Closed"
    play.agent("bob", "102")
    assert signal(web, ExtResponse="expert") == "Free"


HIDDEN = '[[gate_rules]]\nrank = 20\nfallback = "Hidden"\n'
SHUT = '[[gate_rules]]\nrank = 20\nhours = ["Mon 00:00-00:01"]\nfallback = "Hidden"\n'
FORCED = '[[gate_rules]]\nrank = 20\nsignal = "Free"\n'


@pytest.mark.parametrize(
    ("rule", "nobody", "somebody"),
    [(HIDDEN, "Hidden", "Free"), (SHUT, "Hidden", "Hidden"), (FORCED, "Free", "Free")],
)
def test_a_rule_forces_the_signal_or_falls_back(rule: str, nobody: str, somebody: str) -> None:
    """B-27: its fallback with nobody there, and outside its hours whoever is there."""
    play = Playbook(CONFIG + rule)
    web = play.connector("web")
    assert signal(web) == nobody
    play.agent("alice", "101")
    assert signal(web) == somebody


def state_of(play: Playbook, login: str) -> str:
    """What the broker has an agent as."""
    return play.state.distribution.presences[play.config.agent_by_login[login].id].state.value


def test_an_agent_begins_in_pause(play: Playbook) -> None:
    """B-28: after a hello, and after one that came later than the grace."""
    alice = play.agent("alice", "101", None)
    assert state_of(play, "alice") == "Pause"
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE", State="Ready")
    alice.leaves()
    play.wait(59.999999)
    alice = play.agent("alice", "101", None)
    assert state_of(play, "alice") == "Ready"
    alice.leaves()
    play.wait(60)
    play.agent("alice", "101", None)
    assert state_of(play, "alice") == "Pause"


def test_pause_leaves_chats_alone(play: Playbook) -> None:
    """B-28: what alerts may be answered, what is answered goes on; only new offers stop."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    alice.says("CS_AGENT_STATE", State="Pause", Reason="Lunch")
    alice.hears("SC_AGENT_STATE", State="Pause", NextState=None, ActiveChats=1)
    start(web, "t2", "Waiting")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Hello")
    alice.hears("SC_CHAT_SENTENCE")
    web.hears("SE_CHAT_SENTENCE")


def test_logging_off_with_no_chat_is_at_once(play: Playbook) -> None:
    """B-28, W-13: nothing forbids it, so it is not only the next state."""
    alice = play.agent("alice", "101")
    alice.says("CS_AGENT_STATE", 1, State="LogOff")
    alice.hears("SC_AGENT_STATE", 1, NextState="LogOff")
    alice.hears("SC_AGENT_STATE", State="LogOff", NextState=None)
    assert play.dismissed == [(alice.number, "LoggedOff")]


def test_a_change_of_mind_takes_the_log_off_back(play: Playbook) -> None:
    """B-28: `Ready` again before the last chat ends, and they stay."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alice.says("CS_AGENT_STATE", State="LogOff")
    alice.hears("SC_AGENT_STATE", NextState="LogOff")
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE", State="Ready", NextState=None)
    hang_up(web, alice, chat)
    offered(web, alice, "t2")


def test_a_wrap_up_is_waited_for_before_the_log_off(play: Playbook) -> None:
    """B-28, B-22: its slot is taken, so the agent is still there; then they are gone."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1", ExtResponse="sales")
    alice.says("CS_AGENT_STATE", State="LogOff")
    alice.hears("SC_AGENT_STATE", NextState="LogOff", ActiveChats=1)
    hang_up(web, alice, chat)
    alice.hears("SC_AGENT_STATE", NextState="LogOff", ActiveChats=1, WrapUps=...)
    play.wait(19.999999)
    assert play.dismissed == []
    play.wait(0.000001)
    alice.hears("SC_AGENT_STATE", NextState="LogOff", ActiveChats=0)
    alice.hears("SC_AGENT_STATE", State="LogOff", NextState=None)
    assert play.dismissed == [(alice.number, "LoggedOff")]


def test_why_so_long_can_be_read_back_from_the_store(play: Playbook) -> None:
    """B-30: each decision of a chat in its order, with its candidates and who was passed over."""
    web = play.connector("web")
    chat = start(web, "t1", "Waiting")
    play.wait(7)
    alice, bob = play.agent("alice", "101", "Pause"), play.agent("bob", "102")
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.silent()
    ids = {login: agent.id for login, agent in play.config.agent_by_login.items()}
    logged = [f for f in play.facts if isinstance(f, DecisionLogged) and f.chat == chat]
    assert [fact.kind for fact in logged] == ["routed", "waiting", "offered"]
    assert logged[1].detail["reasons"] == {"away": 2}
    last = logged[2]
    assert (last.agent, last.detail["candidates"]) == (ids["bob"], [ids["bob"]])
    assert last.detail["passed_over"] == [{"agent": ids["alice"], "reason": "state Pause"}]
    assert last.detail["waited"] == 7_000_000
    assert decisions(play, chat) == [(f.kind, f.agent, f.at) for f in logged]


def decisions(play: Playbook, chat: str) -> list[tuple[object, ...]]:
    """What the store says of a chat's decisions, as anybody may ask it."""
    said, chats = schema.decisions, schema.chats
    of_chat = said.join(chats, chats.c.no == said.c.chat_no)
    query = select(said.c.kind, said.c.agent, said.c.at).select_from(of_chat)
    query = query.where(chats.c.id == chat).order_by(said.c.seq)
    with play.store._connection.begin():
        return [tuple(row) for row in play.store._connection.execute(query)]
