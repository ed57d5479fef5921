"""Who gets the chat, and what agents do (B-20..B-30)."""

from broker.core.facts import AgentMoved, ChatMoved, DecisionLogged, OfferEnded
from tests.support.first_moves import answered, offered, start
from tests.support.playbook import CONFIG, Playbook


def test_a_rejection_goes_to_the_next_agent_with_its_age(play: Playbook) -> None:
    """B-24, B-7: who rejects hears the status, without a word of the chat, and the end of the alert."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    bob = play.agent("bob", "102")
    queued = play.state.chats[chat].waiting.enqueued_at  # type: ignore[index]  # a Guid as text
    play.wait(5)
    alice.says("CS_CHAT_HANGUP", 1, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 1, Status="Waiting", Sentences=None, Internal=None)
    alice.hears("SC_CHAT_ALERT_END", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting", AgentName="Bob")
    assert play.state.chats[chat].waiting.enqueued_at == queued  # type: ignore[index]  # as above


def test_a_timed_out_offer_goes_on_and_the_second_one_pauses(play: Playbook) -> None:
    """B-24: max_missed timed-out offers in a row set the agent to Pause, reason Missed."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    play.wait(29.9)
    alice.silent()
    play.wait(0.1)
    alice.hears("SC_CHAT_ALERT_END", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(5)  # nobody else is left: the short pause
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    play.wait(30)
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_AGENT_STATE", State="Pause", Reason="Missed")


def test_an_exclusion_holds_while_somebody_else_is_left(play: Playbook) -> None:
    """B-24: the full pause when another agent could still take the chat, even if they are full."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    answered(web, bob, "busy")
    alice = play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(59)
    alice.silent()
    bob.says("CS_AGENT_STATE", State="Pause")
    bob.hears("SC_AGENT_STATE", State="Pause")
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_late_and_foreign_answers_change_nothing(play: Playbook) -> None:
    """B-25: they get SC_CHAT_ALERT_END; a repeated answer of the owner gets the chat again."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    bob = play.agent("bob", "102")
    bob.says("CS_CHAT_ANSWER", 1, ChatId=chat)
    bob.hears("SC_CHAT_ALERT_END", 1, ChatId=chat)
    alice.says("CS_CHAT_ANSWER", 2, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 2, Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    alice.says("CS_CHAT_ANSWER", 3, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 3, Status="Answered")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.says("CS_CHAT_ANSWER", 4, ChatId=chat)
    alice.hears("SC_CHAT_ALERT_END", 4)


def test_the_visitor_leaves_during_the_alert(play: Playbook) -> None:
    """B-6, B-22: the alert is withdrawn, and the slot is free for the next chat."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    chat = offered(web, bob, "t1")
    start(web, "t2", "Waiting")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    bob.hears("SC_CHAT_ALERT_END", ChatId=chat)
    bob.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="t2")
    assert [f.outcome for f in play.facts if isinstance(f, OfferEnded)] == ["withdrawn"]


def test_capacity_is_the_smaller_bound(play: Playbook) -> None:
    """B-22: alice has two slots though her workplace has three."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    second = offered(web, alice, "t2")
    start(web, "t3", "Waiting")
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE", MaxChats=2, ActiveChats=2)
    alice.says("CS_CHAT_ANSWER", ChatId=second)
    alice.hears("SC_CHAT_STATUS")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    alice.silent()


def test_order_of_chats_and_agents(play: Playbook) -> None:
    """B-21, B-23: the older chat first; most free slots first, then the longest idle."""
    web = play.connector("web")
    old = start(web, "old", "Waiting")
    play.wait(1)
    start(web, "new", "Waiting")
    bob = play.agent("bob", "102")
    bob.hears("SC_CHAT_ALERT", ChatId=old)
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="old")
    alice = play.agent("alice", "101")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="new")


def test_the_log_says_which_order_decided(play: Playbook) -> None:
    """B-21, B-30: most free slots first; then the longest idle."""
    web = play.connector("web")
    play.agent("bob", "102")
    play.wait(1)
    alice = play.agent("alice", "101")
    offered(web, alice, "t1")
    bob_next = start(web, "t2", "Waiting", "Alerting")
    logged = [f.detail["by"] for f in play.facts if isinstance(f, DecisionLogged) and f.agent]
    assert logged == ["free slots", "longest idle"]
    play.clients[2].hears("SC_CHAT_ALERT", ChatId=bob_next)


def test_skill_and_language_decide_who_is_a_candidate(play: Playbook) -> None:
    """B-20: an expert's chat passes alice over and waits for bob."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = start(web, "t1", "Waiting", ExtResponse="expert")
    alice.silent()
    why = [f for f in play.facts if isinstance(f, DecisionLogged) and f.kind == "waiting"]
    assert why[-1].detail["not_qualified"] == 1
    assert why[-1].detail["reasons"] == {"away": 1}
    bob = play.agent("bob", "102")
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_decisions_name_the_chosen_and_the_passed_over(play: Playbook) -> None:
    """B-30: why this agent, why not the other."""
    web = play.connector("web")
    alice, bob = play.agent("alice", "101"), play.agent("bob", "102", "Pause")
    offered(web, alice, "t1")
    why = [f for f in play.facts if isinstance(f, DecisionLogged) and f.kind == "offered"][-1]
    agents = play.config.agent_by_login
    assert why.agent == agents["alice"].id
    assert why.detail["candidates"] == [agents["alice"].id]
    assert why.detail["by"] == "only candidate"
    assert why.detail["passed_over"] == [{"agent": agents["bob"].id, "reason": "state Pause"}]
    bob.silent()


def test_a_lost_workplace_loses_its_alert_at_once(play: Playbook) -> None:
    """B-11: the alert goes on to the next agent."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    offered(web, alice, "t1")
    bob = play.agent("bob", "102")
    alice.leaves()
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    bob.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_a_lost_agent_comes_back_in_time(play: Playbook) -> None:
    """B-11, B-28: inside the grace they find their state and their chat."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alice.leaves()
    play.wait(59)
    alice = play.agent("alice", "102", None)
    alice.says("CS_CHAT_RESYNC")
    assert [c["ChatId"] for c in alice.hears("SC_CHAT_LIST")["items"]] == [chat]
    play.wait(10)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Still there?")
    web.hears("SE_CHAT_SENTENCE")
    alice.hears("SC_CHAT_SENTENCE", Peer="102")


def test_a_lost_agent_does_not_come_back(play: Playbook) -> None:
    """B-11: their chat returns to the queue before new ones, the visitor is told."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    start(web, "early", "Waiting", "Alerting")
    alice.hears("SC_CHAT_ALERT")
    alice.leaves()
    web.hears("SE_CHAT_STATUS", Status="Waiting", TrackingId="early")
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Waiting", TrackingId="t1")
    web.hears("SE_CHAT_SENTENCE", Model=2, IsOutbound=True, TrackingId="t1", Counter=1)
    bob = play.agent("bob", "102")
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="t1")
    lost = [f for f in play.facts if isinstance(f, AgentMoved)]
    assert [(f.state.value, f.cause) for f in lost if f.cause == "lost"] == [("LogOff", "lost")]


def test_takeover_of_a_workplace(play: Playbook) -> None:
    """W-11: the older connection is replaced; the same agent keeps state and chats."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    again = play.agent("alice", "101", None)
    assert play.dismissed == [(alice.number, "Replaced")]
    alice.says("CS_CHAT_RESYNC")  # on its way when the takeover happened: nobody answers
    again.says("CS_AGENT_STATE", State="Ready")
    again.hears("SC_AGENT_STATE", State="Ready", ActiveChats=1)
    play.agent("bob", "101", None)
    assert play.dismissed[1:] == [(again.number, "Replaced")]


def test_log_off_waits_for_the_chats(play: Playbook) -> None:
    """B-28: LogOff becomes NextState; no new offers; taken when the last chat ends."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alice.says("CS_AGENT_STATE", 1, State="LogOff")
    alice.hears("SC_AGENT_STATE", 1, State="Ready", NextState="LogOff")
    start(web, "t2", "Waiting")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.hears("SC_AGENT_STATE", State="LogOff")
    assert play.dismissed == [(alice.number, "LoggedOff")]


def test_since_is_when_the_state_began(play: Playbook) -> None:
    """B-28: asking to log off, or for the same state again, begins no new one."""
    web, alice = play.connector("web"), play.agent("alice", "101", None)
    alice.says("CS_AGENT_STATE", State="Ready")
    began = alice.hears("SC_AGENT_STATE")["SinceUtc"]
    answered(web, alice, "t1")
    play.wait(5)
    for state in ("Ready", "LogOff"):
        alice.says("CS_AGENT_STATE", State=state)
        alice.hears("SC_AGENT_STATE", State="Ready", SinceUtc=began)
    alice.says("CS_AGENT_STATE", State="Pause")
    assert alice.hears("SC_AGENT_STATE", State="Pause", NextState=None)["SinceUtc"] > began


def test_pause_and_its_reasons(play: Playbook) -> None:
    """B-28: a reason must be a configured one."""
    alice = play.agent("alice", "101")
    alice.says("CS_AGENT_STATE", 1, State="Pause", Reason="Lunch")
    alice.hears("SC_AGENT_STATE", 1, State="Pause", Reason="Lunch")
    alice.says("CS_AGENT_STATE", 2, State="Pause", Reason="Nap")
    assert alice.refused("BadPayload", 2).startswith("Reason")
    alice.says("CS_AGENT_STATE", 3, State="Ready", Reason="Lunch")
    alice.refused("BadPayload", 3)


def test_wrap_up_holds_the_slot(play: Playbook) -> None:
    """B-28: until its time is over, or until the agent ends it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    for tracking in ("t1", "t2"):
        chat = answered(web, alice, tracking, ExtResponse="sales")
        alice.says("CS_CHAT_HANGUP", ChatId=chat)
        alice.hears("SC_CHAT_STATUS", Status="Closed")
        alice.hears("SC_AGENT_STATE", WrapUps=...)
        web.hears("SE_CHAT_STATUS", Status="Closed")
    start(web, "t3", "Waiting")
    alice.says("CS_CHAT_WRAPUP", 1, ChatId=chat, Code="done", Note="bought two")
    alice.hears("SC_AGENT_STATE", 1, ActiveChats=1)
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.says("CS_CHAT_WRAPUP", 2, ChatId=chat)
    alice.refused("WrongState", 2)
    play.wait(20)
    alice.hears("SC_AGENT_STATE", ActiveChats=1)


def test_a_restart_keeps_wrap_ups_and_exclusions(play: Playbook) -> None:
    """B-12: what held a slot or kept an agent away does so after a restart."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1", ExtResponse="sales")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    alice.hears("SC_AGENT_STATE", ActiveChats=1, WrapUps=...)
    web.hears("SE_CHAT_STATUS")
    bob = play.agent("bob", "102")
    answered(web, bob, "t2")
    second = offered(web, alice, "t3")
    alice.says("CS_CHAT_HANGUP", ChatId=second)
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.restart()
    play.check_store()
    bob = play.agent("bob", "102", None)
    alice = play.agent("alice", "101", None)
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE", ActiveChats=1)
    alice.silent()
    play.wait(20)
    alice.hears("SC_AGENT_STATE", ActiveChats=0)
    play.wait(40)
    alice.hears("SC_CHAT_ALERT", ChatId=second)
    bob.silent()


def test_reload_takes_effect_at_once(play: Playbook) -> None:
    """C-4: a new skill makes a candidate of an agent while the chat waits."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = start(web, "t1", "Waiting", ExtResponse="expert")
    play.reload(CONFIG.replace("Support = 50", "Support = 70"))
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    moves = [f.cause for f in play.facts if isinstance(f, ChatMoved)]
    assert moves == ["routed", "offered"]
