"""What is done for chats that wait too long (B-26)."""

from broker.core.facts import ChatMoved, ChatWidened
from tests.support.agents_at_work import (
    FLOOR,
    answered,
    chat_of,
    configured,
    started,
)
from tests.support.playbook import Client, Playbook

RULES = """
[[project_rules]]
rank = 1
ext_response = "^expert$"
project = "Support"
skill = 85

[[wait_rules]]
level = 1
after = "20s"
skill = 60
priority = 2
[[wait_rules]]
level = 2
after = "40s"
project = "Sales"
projects = ["Support"]
[[wait_rules]]
level = 2
after = "40s"
note = "You are number {position}, please wait {wait}."
[[wait_rules]]
level = 3
after = "60s"
scenario = "Contact"
[[wait_rules]]
level = 4
after = "80s"
note = "We are sorry."
close = true
"""
pytestmark = configured(FLOOR + RULES)


def form(play: Playbook) -> str:
    """The form that is configured."""
    return str(next(iter(play.config.scenarios)))


def answers(web: Client, agent: Client, chat: str) -> None:
    """The agent answers what they are alerted for."""
    agent.says("CS_CHAT_ANSWER", ChatId=chat)
    agent.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")


def levels(play: Playbook) -> list[int]:
    """The levels that were applied, in order."""
    return [fact.level for fact in play.facts if isinstance(fact, ChatWidened)]


def note_of(web: Client) -> str:
    """The visitor is told something by the broker."""
    return str(web.hears("SE_CHAT_SENTENCE", Model=2)["Text"])


def test_less_skill_is_demanded(play: Playbook) -> None:
    """B-26: nobody has 85; after 20 s 60 is enough for Bob, and the chat is theirs at once."""
    web = play.connector("web")
    chat = started(web, "Waiting", ExtResponse="expert")
    bob, _alice = play.agent("bob", "102"), play.agent("alice", "101")
    play.wait(19.9)
    bob.silent()
    play.wait(0.1)
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    assert (chat_of(play, chat).routing.skill, chat_of(play, chat).routing.priority) == (60, 2)


def test_a_demand_is_never_raised(play: Playbook) -> None:
    """B-26: a rule that names more skill than is asked changes nothing of it."""
    chat = started(play.connector("web"), "Waiting")
    play.wait(20)
    assert chat_of(play, chat).routing.skill == 1


def test_further_projects_help(play: Playbook) -> None:
    """B-26: the first rule of the level that matches, and no other of it."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    chat = started(web, "Waiting", ExtResponse="sales")
    play.wait(39.9)
    bob.silent()
    play.wait(0.1)
    info = bob.hears("SC_CHAT_ALERT", ChatId=chat)["Info"]
    assert info["ProjectName"] == "Sales"  # what the chat is about is the same
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_the_visitor_is_told_their_place(play: Playbook) -> None:
    """B-26: the wait is unknown as long as nothing is known of the rate of answers."""
    web = play.connector("web")
    started(web, "Waiting", tracking="t0")
    play.wait(1)
    started(web, "Waiting")
    play.wait(39)
    assert note_of(web) == "You are number 1, please wait some time."
    play.wait(1)
    assert note_of(web) == "You are number 2, please wait some time."


def test_each_level_is_applied_once(play: Playbook) -> None:
    """B-26: in rising order, also when the chat leaves the queue and comes back."""
    web, alice = play.connector("web"), play.agent("alice", "101", "Pause")
    chat = started(web, "Waiting")
    play.wait(45)
    note_of(web)
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    play.wait(300)  # nothing is applied to who does not wait
    web.silent()
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    alice.says("CS_CHAT_RETURN", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(0)
    # Their age is kept, so what is due by now is applied, the next level first.
    web.hears("SE_CHAT_STATUS", Status="Waiting", ScenarioId=form(play))
    assert note_of(web) == "We are sorry."
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")
    assert levels(play) == [1, 2, 3]


def test_a_rule_that_is_due_during_an_alert_waits_for_its_end(play: Playbook) -> None:
    """B-26: it is for chats that wait; when the offer came to nothing it is applied at once."""
    web = play.connector("web")
    started(web, "Waiting")
    play.wait(30)
    alice = play.agent("alice", "101")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    play.wait(29)
    web.silent()
    play.wait(1)
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert note_of(web) == "You are number 1, please wait some time."
    web.hears("SE_CHAT_STATUS", Status="Waiting", ScenarioId=form(play))


def test_a_rule_ends_the_chat(play: Playbook) -> None:
    """B-8, B-26: with a last word, and the cause for reports."""
    web = play.connector("web")
    started(web, "Waiting")
    play.wait(79)
    note_of(web)
    web.hears("SE_CHAT_STATUS", ScenarioId=...)
    play.wait(1)
    assert note_of(web) == "We are sorry."
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule", ScenarioId=None)
    assert [f.cause for f in play.facts if isinstance(f, ChatMoved)][-1] == "wait_rule"


def test_an_offered_form_is_filled_in(play: Playbook) -> None:
    """B-26: it is offered no more, and the agents' Info has it."""
    web = play.connector("web")
    chat = started(web, "Waiting")
    play.wait(60)
    note_of(web)
    web.hears("SE_CHAT_STATUS", Status="Waiting", ScenarioId=form(play))
    web.says("ES_SCENARIO_LOAD", 1, Peer=None, Id=form(play))
    web.hears("SE_SCENARIO_MODEL", 1, ScenarioId=form(play))
    web.says("ES_SCENARIO_SAVE", 2, Peer=None, ScenarioId=form(play), ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting", ScenarioId=None)
    web.hears("SYS_ACK", 2)
    alice = play.agent("alice", "101")
    info = alice.hears("SC_CHAT_ALERT")["Info"]
    assert [item["ScenarioName"] for item in info["Scenarios"]] == ["Contact"]
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_an_answer_takes_the_form_back(play: Playbook) -> None:
    """B-26: an alert does not; a late result is taken all the same."""
    web = play.connector("web")
    chat = started(web, "Waiting")
    play.wait(60)
    note_of(web)
    web.hears("SE_CHAT_STATUS", ScenarioId=form(play))
    play.check_store()
    alice = play.agent("alice", "101")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting", ScenarioId=form(play))
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS", Status="Answered", ScenarioId=None)
    web.says("ES_SCENARIO_SAVE", 2, Peer=None, ScenarioId=form(play), ChatId=chat)
    web.hears("SYS_ACK", 2)
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    alice.hears("SC_SCENARIO_RESULT")


def test_a_restart_goes_on_where_the_levels_were(play: Playbook) -> None:
    """B-12, B-26: none is applied twice, and what became due meanwhile is applied."""
    web = play.connector("web")
    chat = started(web, "Waiting", ExtResponse="expert")
    play.wait(45)
    note_of(web)
    play.restart()
    play.check_store()
    assert (chat_of(play, chat).routing.wait_level, chat_of(play, chat).routing.skill) == (2, 60)
    web = play.connector("web")
    play.wait(15)
    web.hears("SE_CHAT_STATUS", Status="Waiting", ScenarioId=form(play))
    assert levels(play) == [1, 2, 3]


def test_a_reopened_chat_begins_anew(play: Playbook) -> None:
    """B-2, B-26: with the demands of its rule, and every level before it."""
    web = play.connector("web")
    chat = started(web, "Waiting", ExtResponse="expert")
    play.wait(30)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    assert started(web, "Waiting", ExtResponse="expert") == chat
    assert (chat_of(play, chat).routing.wait_level, chat_of(play, chat).routing.skill) == (-1, 85)
    play.wait(20)
    assert levels(play) == [1, 1]


def test_an_estimate_is_given_and_judged(play: Playbook) -> None:
    """B-26: from the rate of answers, and once answered the error is told to the metrics."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    for number in range(3):
        chat = answered(web, alice, tracking=f"before{number}")
        alice.says("CS_CHAT_HANGUP", ChatId=chat)
        alice.hears("SC_CHAT_STATUS")
        web.hears("SE_CHAT_STATUS")
        play.wait(60)
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    waiting = started(web, "Waiting")
    play.wait(40)
    # Three answers, the first 220 s ago: one in 110 s.
    assert note_of(web) == "You are number 1, please wait 2 min."
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    play.wait(5)
    answers(web, alice, waiting)
    (judged,) = play.notes
    assert judged.event == "wait_estimate_judged"
    assert judged.fields == {"chat": waiting, "estimated_seconds": 110.0, "waited_seconds": 5.0}
    alice.says("CS_CHAT_RETURN", ChatId=waiting)
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(5)
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    answers(web, alice, waiting)
    assert play.notes == [judged]  # what was promised is judged once
