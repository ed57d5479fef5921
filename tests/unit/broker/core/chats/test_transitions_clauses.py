"""What the clauses say of a chat's life, sentence by sentence (B-1..B-12)."""

import pytest

from broker.core.facts import ChatMoved, ChatRouted, DecisionLogged
from protocol.values import Guid, from_micros
from tests.support.first_moves import answered, offered, start
from tests.support.playbook import CONFIG, Client, Playbook
from tests.support.reception import BOT

FORM = """
[[gate_rules]]
rank = 20
ext_response = "^form$"
scenario = "Contact"
[[gate_rules]]
rank = 30
ext_response = "^secret$"
signal = "Hidden"
"""
FIVE = CONFIG.replace('token = "im-secret"', 'token = "im-secret"\ntracking_inertia = "5m"')


def in_config(*lines: str) -> pytest.MarkDecorator:
    """Play with more in the configuration."""
    return pytest.mark.parametrize("play", [CONFIG + "".join(lines)], indirect=True, ids=["more"])


def queued_at(play: Playbook, chat: str) -> int | None:
    return play.state.chats[Guid(chat)].waiting.enqueued_at


@in_config(FORM)
def test_a_question_is_answered_with_its_form_and_changes_nothing(play: Playbook) -> None:
    """B-1: the form of the matching rule comes as ScenarioModel; no fact, no chat."""
    web, before = play.connector("web"), len(play.facts)
    web.says("ES_CHAT_REQUEST", 1, TrackingId="q", ExtResponse="form")
    shown = web.hears("SE_CHAT_RESPONSE", 1, TrackingId="q", Signal="Closed", ScenarioModel=...)
    assert shown["ScenarioModel"]["Screens"][0]["Controls"][0]["DisplayName"] == "E-mail"
    web.says("ES_CHAT_REQUEST", 2, TrackingId="q", ExtResponse="sales")
    web.hears("SE_CHAT_RESPONSE", 2, ScenarioModel=None)
    assert play.facts[before:] == []
    web.says("ES_CHAT_STATUS", 3, TrackingId="q")
    web.refused("UnknownChat", 3)


@in_config(FORM)
def test_a_gate_rule_hides_the_service_at_the_start_too(play: Playbook) -> None:
    """B-3: a gate rule may hide; no later group is asked."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    web.says("ES_CHAT_START", TrackingId="t1", ExtResponse="secret", PreferredCulture="en")
    web.hears("SE_CHAT_STATUS", Status="Pilot")
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")
    alice.silent()
    assert not [f for f in play.facts if isinstance(f, ChatRouted)]


def test_no_chat_goes_back_to_an_earlier_group_of_rules(play: Playbook) -> None:
    """B-3: rules that would judge it otherwise now do not touch a chat that waits."""
    web = play.connector("web")
    chat = start(web, "t1", "Waiting", PreferredCulture="en")
    closing = '[[gate_rules]]\nrank = 1\nsignal = "Closed"\n'
    sales = '[[project_rules]]\nrank = 1\nproject = "Sales"\n'
    play.reload(CONFIG + closing + sales)
    alice = play.agent("alice", "101")
    info = alice.hears("SC_CHAT_ALERT", ChatId=chat)["Info"]
    assert (info["ProjectName"], info["LanguageName"]) == ("Support", "English")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    assert len([f for f in play.facts if isinstance(f, ChatRouted)]) == 1


@in_config(BOT)
def test_a_bot_that_is_chosen_is_passed_over_while_none_is_served(play: Playbook) -> None:
    """B-3, B-4, B-40: the pre rule chooses it, the log says so, and the chat goes to its project.

    Nobody may log in as a bot in this version, so no chat gets as far as `ICR`.
    """
    web, alice = play.connector("web"), play.agent("alice", "101")
    offered(web, alice, "t1")
    routed = [f for f in play.facts if isinstance(f, DecisionLogged) and f.kind == "routed"]
    bot = play.config.agent_by_login["robot"].id
    assert [f.detail["bot_passed_over"] for f in routed] == [bot]
    statuses = [f.status.value for f in play.facts if isinstance(f, ChatMoved)]
    assert statuses == ["Waiting", "Alerting"]


def test_a_start_that_names_an_outbound_chat_of_nobody_makes_none(play: Playbook) -> None:
    """B-2: there is no outbound chat to bind, and the start makes no other one instead."""
    web = play.connector("web")
    unknown = "00000000-0000-4000-a000-000000000001"
    web.says("ES_CHAT_START", 1, TrackingId="t1", ReturnChatId=unknown)
    web.refused("UnknownChat", 1)
    web.says("ES_CHAT_RESYNC", 2)
    assert web.hears("SE_CHAT_LIST", 2)["items"] == []


def test_the_same_tracking_id_of_two_gateways_is_two_chats(play: Playbook) -> None:
    """B-2: a chat is found by its gateway and its TrackingId."""
    web, im = play.connector("web"), play.connector("im")
    assert start(web, "t1", "Waiting") != start(im, "t1", "Waiting")


def test_a_reopened_chat_goes_to_somebody_else_when_its_agent_cannot(play: Playbook) -> None:
    """B-2, B-21: the last agent is preferred if they are a candidate, and not waited for."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    bob = play.agent("bob", "102")
    assert offered(web, bob, "t1") == chat


@pytest.mark.parametrize("play", [FIVE], indirect=True, ids=["five minutes"])
@pytest.mark.parametrize(("seconds", "same"), [(300, True), (300.000001, False)])
def test_the_inertia_ends_with_its_last_microsecond(
    play: Playbook, seconds: float, same: bool
) -> None:
    """B-2: within `tracking_inertia` the closed chat is reopened, after it a new one is made."""
    im = play.connector("im")
    chat = start(im, "t1", "Waiting")
    im.says("ES_CHAT_STOP", TrackingId="t1")
    im.hears("SE_CHAT_STATUS", Status="Closed")
    play.wait(seconds)
    assert (start(im, "t1", "Waiting") == chat) is same


def test_an_offer_that_ends_takes_the_chat_back_whatever_ended_it(play: Playbook) -> None:
    """B-5, B-6: run out, rejected, agent lost: `Waiting`, and the connector is told each time."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    age = queued_at(play, chat)
    play.wait(30)
    alice.hears("SC_CHAT_ALERT_END", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting", AgentId=None, AgentName=None)
    play.wait(5)
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting", AgentName="Alice")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Waiting", AgentId=None)
    alice.hears("SC_CHAT_ALERT_END", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(5)
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.leaves()
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    assert queued_at(play, chat) == age


def test_what_is_said_during_the_alert_is_kept_for_the_answer(play: Playbook) -> None:
    """B-7, W-22: numbered and echoed at once; neither alert nor push has it; the answer has all."""
    web = play.connector("web")
    start(web, "t1", "Waiting")
    web.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="a", Text="One")
    web.hears("SE_CHAT_SENTENCE", 1, Counter=1)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="n", Text="/shop", Model=6)
    web.hears("SE_CHAT_SENTENCE", Counter=0)
    alice = play.agent("alice", "101")
    alert = alice.hears("SC_CHAT_ALERT", Sentences=None, Navigation=None, Info=...)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    web.says("ES_CHAT_SENTENCE", 2, TrackingId="t1", ID="b", Text="Two", Model=2)
    web.hears("SE_CHAT_SENTENCE", 2, Counter=2, Model=2)
    alice.silent()
    alice.says("CS_CHAT_ANSWER", ChatId=alert["ChatId"])
    shown = alice.hears("SC_CHAT_STATUS", Status="Answered", Navigation=...)
    assert [(s["ID"], s["Counter"]) for s in shown["Sentences"]] == [("a", 1), ("b", 2)]
    web.hears("SE_CHAT_STATUS", Status="Answered")


def test_an_alert_tells_what_the_agent_must_know(play: Playbook) -> None:
    """B-7: where the chat comes from and goes to, who it is, how long it has waited."""
    web, start_of = play.connector("web"), play.now
    named = {"PartyName": "Vera", "RemoteAddress": "+420 1", "PreferredCulture": "en"}
    chat = start(web, "t1", "Waiting", **named)
    play.wait(12.7)
    alice = play.agent("alice", "101")
    info = alice.hears("SC_CHAT_ALERT", ChatId=chat, AgentName="Alice")["Info"]
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    config = play.config
    (project,) = [p.id for p in config.projects.values() if p.name == "Support"]
    assert (
        info.items()
        >= {
            "RemotePartyName": "Vera",
            "RemoteAddress": "+420 1",
            "ChatGatewayName": "Web chat",
            "ChatType": "WebIM",
            "ProjectId": project,
            "ProjectName": "Support",
            "LanguageName": "English",
            "WorkplaceNumber": "101",
            "WorkplaceId": config.workplaces["101"].id,
            "AgentId": config.agent_by_login["alice"].id,
            "WaitingTime": 12,
            "EnqueueingTimeUtc": from_micros(start_of),
            "PilotDialTime": from_micros(start_of),
        }.items()
    )


def test_inactivity_of_an_answered_chat_is_told_to_both(play: Playbook) -> None:
    """B-8: either side's sentence starts the time anew; `DeadTimeUtc` names the moment."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    play.wait(500)
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Still there?")
    alice.hears("SC_CHAT_SENTENCE", Counter=1)
    web.hears("SE_CHAT_SENTENCE", Counter=1)
    web.says("ES_CHAT_STATUS", TrackingId="t1")
    dead = web.hears("SE_CHAT_STATUS")["DeadTimeUtc"].timestamp()
    assert dead == (play.now / 1_000_000) + 600
    play.wait(540)
    web.hears("SE_CHAT_SENTENCE", Model=2, Counter=2, IsOutbound=True)
    alice.hears("SC_CHAT_SENTENCE", Model=2, Counter=2)
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Inactivity", DeadTimeUtc=None)
    alice.hears("SC_CHAT_STATUS", Status="Closed", CloseReason="Inactivity")
    assert dead == play.now / 1_000_000


def test_a_closed_chat_is_written_to_by_nobody(play: Playbook) -> None:
    """B-9, W-27: ChatClosed for both sides; nothing is stored."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    before = len(play.facts)
    web.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="a", Text="Wait")
    web.refused("ChatClosed", 1)
    alice.says("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="a", Text="Wait")
    alice.refused("ChatClosed", 2)
    assert play.facts[before:] == []


@pytest.mark.parametrize("play", [FIVE], indirect=True, ids=["five minutes"])
@pytest.mark.parametrize(
    ("seconds", "model", "opens"), [(300, 0, True), (301, 0, False), (1, 2, False)]
)
def test_what_reactivates_a_chat(play: Playbook, seconds: int, model: int, opens: bool) -> None:
    """B-9: a text of the visitor, within the inertia; not a note, and not later."""
    im = play.connector("im")
    start(im, "t1", "Waiting")
    im.says("ES_CHAT_STOP", TrackingId="t1")
    im.hears("SE_CHAT_STATUS", Status="Closed")
    play.wait(seconds)
    im.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Back", Model=model)
    if opens:
        im.hears("SE_CHAT_STATUS", Status="Pilot")
        im.hears("SE_CHAT_SENTENCE", Counter=1)
        im.hears("SE_CHAT_STATUS", Status="Waiting")
    else:
        im.refused("ChatClosed")


def test_only_the_receiver_of_a_sentence_confirms_it(play: Playbook) -> None:
    """B-10: who said it cannot; the receiver's word sets the time and is passed on."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="v", Text="Hello")
    web.hears("SE_CHAT_SENTENCE")
    alice.hears("SC_CHAT_SENTENCE")
    web.says("ES_CHAT_CONFIRM", 1, TrackingId="t1", ID="v")
    web.refused("UnknownMessage", 1)
    play.wait(3)
    alice.says("CS_CHAT_CONFIRM", ChatId=chat, ID="v")
    moment = web.hears("SE_CHAT_CONFIRM", ID="v")["TimeStamp"]
    play.wait(3)
    alice.says("CS_CHAT_CONFIRM", ChatId=chat, ID="v")
    web.says("ES_CHAT_STATUS", TrackingId="t1")
    (kept,) = web.hears("SE_CHAT_STATUS")["Sentences"]
    assert kept["ConfirmedTime"] == moment


def test_a_confirmation_counts_with_nobody_there_to_be_told(play: Playbook) -> None:
    """B-10, W-16, W-25: acknowledged and kept; who comes back sees it in the snapshot."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="v", Text="Hello")
    web.hears("SE_CHAT_SENTENCE")
    alice.hears("SC_CHAT_SENTENCE")
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Hi")
    alice.hears("SC_CHAT_SENTENCE")
    web.hears("SE_CHAT_SENTENCE")
    alice.leaves()
    web.says("ES_CHAT_CONFIRM", 1, TrackingId="t1", ID="a")
    web.hears("SYS_ACK", 1)
    web.leaves()
    alice = play.agent("alice", "101", None)
    alice.says("CS_CHAT_CONFIRM", 2, ChatId=chat, ID="v")
    alice.hears("SYS_ACK", 2)
    alice.says("CS_CHAT_STATUS", ChatId=chat)
    shown = alice.hears("SC_CHAT_STATUS")["Sentences"]
    assert [(s["ID"], "ConfirmedTime" in s) for s in shown] == [("v", True), ("a", True)]


def test_a_connector_that_goes_away_leaves_its_chats(play: Playbook) -> None:
    """B-11: waiting, alerting and answered ones stay, for as long as there is time."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    offered(web, alice, "t2")
    start(web, "t3", "Waiting")
    web.leaves()
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Hello?")
    alice.hears("SC_CHAT_SENTENCE", Counter=1)
    web = play.connector("web")
    web.says("ES_CHAT_RESYNC")
    listed = web.hears("SE_CHAT_LIST")["items"]
    assert [c["Status"] for c in listed] == ["Answered", "Alerting", "Waiting"]


def test_chats_of_a_lost_agent_go_before_new_ones(play: Playbook) -> None:
    """B-11, B-21: after the grace their chat is ahead of one that has waited longer."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    play.wait(1)
    older = start(web, "t0", "Waiting", ExtResponse="expert")
    bob = play.agent("bob", "102", "Pause")
    lost = answered(web, alice, "t1")
    alice.leaves()
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Waiting", TrackingId="t1")
    web.hears("SE_CHAT_SENTENCE", TrackingId="t1", Model=2)
    bob.says("CS_AGENT_STATE", State="Ready")
    bob.hears("SC_AGENT_STATE")
    bob.hears("SC_CHAT_ALERT", ChatId=lost)
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="t1")
    assert queued_at(play, older) is not None


def test_the_grace_runs_from_the_last_loss(play: Playbook) -> None:
    """B-11, B-28: who was back in between keeps chat and state for the whole of it again."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alice.leaves()
    play.wait(30)
    alice = play.agent("alice", "101", None)
    play.wait(10)
    alice.leaves()
    play.wait(59.999999)
    web.silent()
    alice = play.agent("alice", "101", None)
    assert offered(web, alice, "t2") != chat  # Ready, as they were
    alice.leaves()
    web.hears("SE_CHAT_STATUS", Status="Waiting", TrackingId="t2")
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Waiting", TrackingId="t1")
    web.hears("SE_CHAT_SENTENCE", Model=2, TrackingId="t1")


def restarted(play: Playbook) -> tuple[str, str, int | None]:
    """An answered and an alerting chat, and a restart ten seconds later."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alerting = offered(web, alice, "t2")
    age = queued_at(play, alerting)
    play.wait(10)
    play.restart()
    return chat, alerting, age


def test_a_restart_keeps_the_age_of_an_alerting_chat(play: Playbook) -> None:
    """B-12: `Alerting` is `Waiting` again, as old as it was."""
    _chat, alerting, age = restarted(play)
    play.check_store()
    assert queued_at(play, alerting) == age
    bob = play.agent("bob", "102")
    info = bob.hears("SC_CHAT_ALERT", ChatId=alerting)["Info"]
    assert info["WaitingTime"] == 10


def test_after_a_restart_an_answered_chat_waits_for_its_agent(play: Playbook) -> None:
    """B-12, B-11: for the grace, from the restart on; then it goes to the queue."""
    chat, _alerting, _age = restarted(play)
    web = play.connector("web")
    play.wait(59.999999)
    web.silent()
    play.wait(0.000001)
    web.hears("SE_CHAT_STATUS", Status="Waiting", ChatId=chat)
    web.hears("SE_CHAT_SENTENCE", Model=2, TrackingId="t1")


def test_slots_and_confirmations_outlive_a_restart(play: Playbook) -> None:
    """B-12, W-20, W-22: the snapshot is the one of before."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="p", Text="We close at six", Model=4)
    alice.hears("SC_CHAT_SENTENCE", Counter=0)
    web.hears("SE_CHAT_SENTENCE", Counter=0)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="v", Text="Hello")
    web.hears("SE_CHAT_SENTENCE", Counter=1)
    alice.hears("SC_CHAT_SENTENCE", Counter=1)
    alice.says("CS_CHAT_CONFIRM", ChatId=chat, ID="v")
    web.hears("SE_CHAT_CONFIRM")
    before = snapshot(web)
    play.restart()
    assert snapshot(play.connector("web")) == before


def snapshot(web: Client) -> dict[str, object]:
    """The whole chat as its connector sees it."""
    web.says("ES_CHAT_STATUS", TrackingId="t1")
    return web.hears("SE_CHAT_STATUS", Sentences=..., Panel=...)
