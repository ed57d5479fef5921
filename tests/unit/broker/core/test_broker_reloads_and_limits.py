"""Where clauses meet: reloads under way, restarts without what was there, repeated without end.

Found when the core was reviewed.
"""

import pytest

from broker.config.load import loads
from broker.config.merge import merge
from broker.core.inputs import Reloaded
from broker.core.timers import TimerKind
from protocol.codec import pack
from protocol.values import Guid
from tests.support.first_moves import answered, offered, start
from tests.support.playbook import CONFIG, Client, Playbook

GRACE = 'token = "web-secret"\nworkplace_grace = '
WITHOUT_WEB = CONFIG.replace('name = "Web chat"\npeer = "web"', 'name = "Shop"\npeer = "shop"')


def reload(play: Playbook, config: str) -> None:
    """Take a new configuration as the broker does: what is gone stays, retired (C-4)."""
    play.config = merge(play.config, loads(config, path="play.toml").config)
    play.put(Reloaded(play.config))


def form_of(play: Playbook) -> Guid:
    """The id of the form that is configured."""
    return next(iter(play.config.scenarios))


def given_up(web: Client) -> None:
    """A chat goes back to the queue and its visitor is told."""
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_SENTENCE", Model=2)


def test_a_grace_that_a_reload_lengthens_ends_later(play: Playbook) -> None:
    """B-11, C-4: the chat of a lost agent waits for the new time, and not for ever."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    alice.leaves()
    play.wait(30)
    reload(play, CONFIG.replace('token = "web-secret"', f'{GRACE}"2m"'))
    play.wait(89)
    web.silent()
    play.wait(1)
    given_up(web)


def test_a_grace_that_a_reload_shortens_ends_at_once(play: Playbook) -> None:
    """B-11, C-4: what is over by the new time is over."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    alice.leaves()
    play.wait(30)
    reload(play, CONFIG.replace('token = "web-secret"', f'{GRACE}"10s"'))
    play.wait(0)
    given_up(web)


def test_an_agent_lost_twice_in_one_moment_leaves_no_chat_behind(play: Playbook) -> None:
    """B-11: the timer of the first loss fires before that of the chat they answered in between."""
    web = play.connector("web")
    play.agent("alice", "101").leaves()
    alice = play.agent("alice", "101", None)
    answered(web, alice, "t1")
    alice.leaves()
    play.wait(60)
    given_up(web)


def test_an_exclusion_that_a_reload_shortens_ends_earlier(play: Playbook) -> None:
    """B-23, B-24, C-4: the agent is a candidate again after the new pause."""
    web, bob = play.connector("web"), play.agent("bob", "102")
    answered(web, bob, "busy")
    alice = play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(6)
    reload(play, '[distribution]\nretry_after = "10s"\n' + CONFIG)
    play.wait(3.9)
    alice.silent()
    play.wait(0.1)
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_a_wrapup_on_a_gateway_that_is_gone_holds_no_slot(play: Playbook) -> None:
    """B-22, B-12: restarted without the gateway, the broker knows neither chat nor lease."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1", ExtResponse="sales")
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    play.config = loads(WITHOUT_WEB, path="play.toml").config
    play.restart()
    alice = play.agent("alice", "101", None)
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE", ActiveChats=0)
    alice.says("CS_AGENT_STATE", State="LogOff")
    alice.hears("SC_AGENT_STATE", NextState="LogOff")
    alice.hears("SC_AGENT_STATE", State="LogOff")


def test_a_form_that_comes_late_is_shown_to_the_agent(play: Playbook) -> None:
    """I-9: a form changes the chat's Info, so who has the chat is told."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    web.says("ES_SCENARIO_SAVE", 1, ScenarioId=form_of(play), ChatId=chat)
    shown = alice.hears("SC_CHAT_STATUS", Status="Alerting", Sentences=None)["Info"]["Scenarios"]
    assert [item["ScenarioName"] for item in shown] == ["Contact"]
    web.hears("SYS_ACK", 1)
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    web.says("ES_SCENARIO_SAVE", ScenarioId=form_of(play), ChatId=chat)
    shown = alice.hears("SC_CHAT_STATUS", Status="Answered", Sentences=None)["Info"]["Scenarios"]
    assert len(shown) == 2
    alice.hears("SC_SCENARIO_RESULT", ScenarioResultId=shown[1]["ResultId"])


def test_reopening_again_and_again_does_not_pile_up_forms(play: Playbook) -> None:
    """I-14: a chat has as many forms as one frame can show, by whatever way they come."""
    web = play.connector("web")
    form = {"ScenarioId": form_of(play)}
    for number in range(32):
        web.says("ES_CHAT_START", TrackingId="t1", ResultModel=form, ExtResponse="stop")
        web.hears("SE_CHAT_STATUS", Status="Pilot")
        web.hears("SE_CHAT_STATUS", Status="Closed")
        assert len(next(iter(play.state.chats.values())).forms.results) == number + 1
    web.says("ES_CHAT_START", 1, TrackingId="t1", ResultModel=form)
    web.refused("Overloaded", 1)


def test_reopening_again_and_again_does_not_pile_up_timers(play: Playbook) -> None:
    """I-14: a chat has one timer at work; one that it overtook is gone within its hour."""
    web = play.connector("web")
    for _ in range(30):
        web.says("ES_CHAT_START", TrackingId="t1")
        web.says("ES_CHAT_STOP", TrackingId="t1")
        play.wait(1_000)
    web.heard.clear()
    timers = [kind for _due, _number, kind, _key in play.state.timers.heap]
    assert timers.count(TimerKind.CHAT) <= 5


def test_a_word_that_crosses_the_end_of_a_log_off_is_refused(play: Playbook) -> None:
    """B-28: who was logged off is not brought back by what they had sent before."""
    alice = play.agent("alice", "101")
    alice.says("CS_AGENT_STATE", State="LogOff")
    alice.hears("SC_AGENT_STATE")
    alice.hears("SC_AGENT_STATE", State="LogOff")
    alice.says("CS_AGENT_STATE", 1, State="Ready")
    alice.refused("WrongState", 1)


def test_a_confirmation_is_told_to_who_wrote_the_sentence(play: Playbook) -> None:
    """B-7, B-10: the next agent, who is only offered the chat, hears nothing of it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Hello")
    alice.hears("SC_CHAT_SENTENCE")
    web.hears("SE_CHAT_SENTENCE")
    bob = play.agent("bob", "102")
    alice.leaves()
    play.wait(60)
    given_up(web)
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    web.says("ES_CHAT_CONFIRM", 1, TrackingId="t1", ID="a")
    web.hears("SYS_ACK", 1)
    bob.silent()


def test_a_removed_gateway_is_asked_in_vain(play: Playbook) -> None:
    """C-4: it takes no new chats, and says so already when asked; the old one goes on."""
    web = play.connector("web")
    start(web, "old", "Waiting")
    reload(play, WITHOUT_WEB)
    web.says("ES_CHAT_REQUEST", 1, TrackingId="new")
    web.refused("UnknownGateway", 1)
    web.says("ES_CHAT_START", 2, TrackingId="new")
    web.refused("UnknownGateway", 2)
    web.says("ES_CHAT_SENTENCE", 3, TrackingId="old", ID="a", Text="Still here")
    web.hears("SE_CHAT_SENTENCE", 3, Counter=1)


def test_a_reopening_start_is_judged_by_what_it_says(play: Playbook) -> None:
    """B-2, B-3: who was turned away may come back with something else to say for themselves."""
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1", ExtResponse="stop", PartyName="Vera")
    chat = web.hears("SE_CHAT_STATUS", Status="Pilot")["ChatId"]
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")
    web.says("ES_CHAT_START", TrackingId="t1", ExtResponse="expert", PartyName="Eva")
    web.hears("SE_CHAT_STATUS", Status="Pilot", ChatId=chat)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    bob = play.agent("bob", "102")
    assert bob.hears("SC_CHAT_ALERT")["Info"]["RemotePartyName"] == "Eva"
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    play.check_store()


def test_whatever_a_chat_holds_fits_a_frame() -> None:
    """I-14: forms are weighed as sentences are; what does not fit is refused when it comes."""
    play = Playbook("[limits]\nframe_bytes = 131072\n" + CONFIG)
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1", PartyName="\U0001f600" * 160)
    for number in range(3):
        web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID=str(number), Text="x" * 15_000)
        web.hears("SE_CHAT_SENTENCE")
    for _ in range(32):
        activity = "\U0001f600" * 256
        web.says("ES_SCENARIO_SAVE", ScenarioId=form_of(play), ChatId=chat, Activity=activity)
    assert web.refused("Overloaded") == "the transcript of the chat is full"
    alice.heard.clear()
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    payload = alice.heard.popleft()[3]
    assert len(pack("SC_CHAT_STATUS", payload)) < play.config.limits.frame_bytes
    play.store.close()


def test_the_chats_of_a_gateway_in_memory_are_bounded(
    play: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14: closed ones too, until they are forgotten; those that are there go on."""
    monkeypatch.setattr("broker.core.chats.room.CHATS_PER_GATEWAY", 2)
    web, im = play.connector("web"), play.connector("im")
    for tracking in ("t1", "t2"):
        start(web, tracking, "Waiting")
        web.says("ES_CHAT_STOP", TrackingId=tracking)
        web.hears("SE_CHAT_STATUS", Status="Closed")
    web.says("ES_CHAT_START", 1, TrackingId="t3")
    web.refused("Overloaded", 1)
    start(im, "t3", "Waiting")
    start(web, "t2", "Waiting")
    play.wait(3_600)
    web.heard.clear()
    im.heard.clear()
    start(web, "t3", "Waiting")


def test_the_retry_of_an_overwritten_slot_does_not_bring_it_back(play: Playbook) -> None:
    """B-10, W-21, W-22: its echo comes, it is not relayed again, and its key stays taken."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    for key in ("n1", "n2"):
        web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID=key, Text=f"/{key}", Model=6)
        web.hears("SE_CHAT_SENTENCE", Counter=0)
        alice.hears("SC_CHAT_SENTENCE", ID=key)
    web.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="n1", Text="/n1", Model=6)
    web.hears("SE_CHAT_SENTENCE", 1, ID="n1", Counter=0)
    web.hears("SE_CHAT_SENTENCE", ID="n2", Counter=0)  # so that their view ends with the newest
    web.says("ES_CHAT_SENTENCE", 2, TrackingId="t1", ID="n1", Text="/n3", Model=6)
    web.refused("KeyReused", 2)
    alice.says("CS_CHAT_CONFIRM", 3, ChatId=chat, ID="n1")
    alice.hears("SYS_ACK", 3)
    web.silent()
    alice.says("CS_CHAT_STATUS", ChatId=chat)
    assert alice.hears("SC_CHAT_STATUS")["Navigation"]["Text"] == "/n2"


def test_a_start_of_an_open_chat_saves_a_form_that_is_new(play: Playbook) -> None:
    """B-2, I-1: once, however often the start is repeated; the agent is shown it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    (scenario,) = play.config.scenarios
    form = {"ScenarioId": scenario, "Values": [], "TimeUtc": "2026-01-01T00:00:00Z"}
    for _ in range(2):
        web.says("ES_CHAT_START", TrackingId="t1", ResultModel=form)
        web.hears("SE_CHAT_STATUS", Status="Answered")
    info = alice.hears("SC_CHAT_STATUS")["Info"]
    assert [item["ScenarioId"] for item in info["Scenarios"]] == [scenario]
    alice.hears("SC_SCENARIO_RESULT", ScenarioId=scenario)
    form["ScenarioId"] = "00000000-0000-4000-a000-000000000001"
    for tracking in ("t1", "t2"):
        web.says("ES_CHAT_START", 1, TrackingId=tracking, ResultModel=form)
        web.refused("UnknownScenario", 1)


def test_who_was_only_offered_a_chat_has_no_part_in_it(play: Playbook) -> None:
    """I-15: when it closes during the alert, its words are not theirs to read."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.hears("SC_CHAT_ALERT_END")
    alice.says("CS_CHAT_STATUS", 1, ChatId=chat)
    alice.refused("UnknownChat", 1)


def test_a_gateway_has_its_share_of_the_memory() -> None:
    """I-14: when its chats take more, sentences and forms are refused; another's are not."""
    play = Playbook("[limits]\ngateway_bytes = 1048576\n" + CONFIG)
    web, im = play.connector("web"), play.connector("im")
    for client in (web, im):
        client.says("ES_CHAT_START", TrackingId="t0", ExtResponse="expert")
    refused = 0
    for number in range(60):
        tracking = f"t{number // 20}"
        web.says("ES_CHAT_START", TrackingId=tracking, ExtResponse="expert")
        text = "x" * 32_768
        web.says("ES_CHAT_SENTENCE", number, TrackingId=tracking, ID=f"{number}", Text=text)
        refused += web.heard[-1][0] == "SYS_ERROR"
    assert 20 < refused < 30
    web.heard.clear()
    im.heard.clear()
    (scenario,) = play.config.scenarios
    form = {"ScenarioId": scenario, "Values": []}
    web.says("ES_CHAT_START", 1, TrackingId="t0", ResultModel=form)
    web.refused("Overloaded", 1)
    im.says("ES_CHAT_SENTENCE", 2, TrackingId="t0", ID="a", Text="Hello")
    im.hears("SE_CHAT_SENTENCE", 2)
    play.store.close()
