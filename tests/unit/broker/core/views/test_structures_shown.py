"""What a chat's status and its Info say of waits, names and languages (B-2, B-5, B-8, B-29, W-25)."""

from __future__ import annotations

from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    asked,
    configured,
    started,
    talking,
    writes,
)
from tests.support.playbook import Client, Playbook

pytestmark = configured(FLOOR)


def test_waiting_time_counts_every_wait(play: Playbook) -> None:
    """B-5: of a chat given back the next one sees both waits, and not the time of the talk."""
    web = play.connector("web")
    chat = started(web, "Waiting")
    play.wait(40)
    alice = play.agent("alice", "101")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.hears("SC_CHAT_ALERT")
    play.wait(10)
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    info = alice.hears("SC_CHAT_STATUS", Status="Answered")["Info"]
    assert info["WaitingTime"] == 50
    web.hears("SE_CHAT_STATUS", Status="Answered")
    play.wait(100)
    alice.says("CS_CHAT_STATUS", 1, ChatId=chat)
    assert alice.hears("SC_CHAT_STATUS", 1)["Info"]["WaitingTime"] == 50
    alice.says("CS_CHAT_RETURN", 2, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 2, Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(7)
    play.check_store()
    play.restart()
    play.wait(3)
    bob = play.agent("bob", "102")
    info = bob.hears("SC_CHAT_ALERT", ChatId=chat)["Info"]
    assert info["WaitingTime"] == 60
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    assert bob.hears("SC_CHAT_STATUS", Status="Answered")["Info"]["WaitingTime"] == 60


def test_a_reopened_chat_waits_anew(play: Playbook) -> None:
    """B-2, B-5: what was waited in the life before does not count."""
    web = play.connector("im")
    chat = started(web, "Waiting")
    play.wait(30)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    assert started(web, "Waiting") == chat
    play.wait(5)
    alice = play.agent("alice", "101")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    assert alice.hears("SC_CHAT_ALERT")["Info"]["WaitingTime"] == 5


def test_the_alert_of_a_transfer_names_one_agent(play: Playbook) -> None:
    """B-29: whoever is alerted, beside their own workplace; who asks stands in Parties."""
    _web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToAgentId=agent_of(play, "bob"))
    alice.hears("SC_CHAT_STATUS")
    alert = bob.hears("SC_CHAT_ALERT", AgentName="Bob")
    info = alert["Info"]
    assert (info["WorkplaceNumber"], info["AgentName"]) == ("102", "Bob")
    assert alert["AgentId"] == info["AgentId"] == agent_of(play, "bob")
    (party,) = alert["Parties"]
    assert (party["ByName"], party["ById"]) == ("Alice", agent_of(play, "alice"))


def test_info_is_of_the_seat_that_gets_it(play: Playbook) -> None:
    """B-29: an agent who has joined sees the owner in the status, and their own seat in Info."""
    _web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Consult")
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    told = bob.hears("SC_CHAT_STATUS", AgentName="Alice")
    assert (told["Info"]["AgentName"], told["Info"]["WorkplaceNumber"]) == ("Bob", "102")
    alice.hears("SC_CHAT_STATUS")


def test_a_closed_chat_names_who_had_it_last(play: Playbook) -> None:
    """B-8: to both sides, in pushes and in answers; one that nobody had names nobody."""
    web, alice, chat = talking(play)
    play.agent("carol", "103", "Pause")
    alice.says("CS_CHAT_HANGUP", 1, ChatId=chat)
    me = agent_of(play, "alice")
    alice.hears("SC_CHAT_STATUS", 1, Status="Closed", AgentId=me, AgentName="Alice")
    web.hears("SE_CHAT_STATUS", Status="Closed", AgentId=me, AgentName="Alice")
    web.says("ES_CHAT_STATUS", 2, TrackingId="t1")
    web.hears("SE_CHAT_STATUS", 2, Status="Closed", AgentId=me, AgentName="Alice")
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    started(web, "Waiting", tracking="t2")
    web.says("ES_CHAT_STOP", 3, TrackingId="t2")
    web.hears("SE_CHAT_STATUS", 3, Status="Closed", AgentId=None, AgentName=None)


def test_a_sentence_without_a_name_gets_the_name_of_the_start(play: Playbook) -> None:
    """W-22: in the echo, to the agent and in the transcript; a connector's own name stands."""
    web, alice, chat = talking(play, PartyName="Vera")
    for id_, own, shown in (("a", None, "Vera"), ("b", "", "Vera"), ("c", "Karel", "Karel")):
        web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID=id_, Text="Hello", PartyName=own)
        web.hears("SE_CHAT_SENTENCE", ID=id_, PartyName=shown)
        alice.hears("SC_CHAT_SENTENCE", ID=id_, PartyName=shown)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="p", Text="/cart", Model=6)
    web.hears("SE_CHAT_SENTENCE", ID="p", PartyName="Vera")
    alice.hears("SC_CHAT_SENTENCE", ID="p", PartyName="Vera")
    writes(alice, chat, "d", "Hello")
    web.hears("SE_CHAT_SENTENCE", ID="d", PartyName="Alice")
    alice.says("CS_CHAT_STATUS", 1, ChatId=chat)
    said = alice.hears("SC_CHAT_STATUS", 1)["Sentences"]
    assert [s["PartyName"] for s in said] == ["Vera", "Vera", "Karel", "Alice"]


def test_the_preferred_culture_reaches_the_agent(play: Playbook) -> None:
    """B-2, B-5: with the alert already."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    started(web, "Waiting", "Alerting", PreferredCulture="en-GB", ExtResponse="sales")
    info = alice.hears("SC_CHAT_ALERT")["Info"]
    assert info["PreferredCulture"] == "en-GB"


SHOWN = {4: "Panel", 6: "Navigation", 8: "CoBrowsingData"}


def _fill(play: Playbook) -> tuple[Client, Client, str]:
    """Both sides put something into each slot; the agent is the last to do so."""
    web, alice, chat = talking(play)
    for model in SHOWN:
        web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID=f"v{model}", Text="theirs", Model=model)
        web.hears("SE_CHAT_SENTENCE", Counter=0)
        alice.hears("SC_CHAT_SENTENCE", ID=f"v{model}", Model=model, Counter=0)
    for model in SHOWN:
        writes(alice, chat, f"a{model}", "ours", Model=model)
        web.hears("SE_CHAT_SENTENCE", ID=f"a{model}", Model=model, Counter=0)
    return web, alice, chat


def test_each_side_is_shown_the_others_slots(play: Playbook) -> None:
    """W-22: what an agent pins, or where they are, takes nothing from the visitor's page."""
    web, alice, chat = _fill(play)
    for _ in range(2):
        alice.says("CS_CHAT_STATUS", 1, ChatId=chat)
        told = alice.hears("SC_CHAT_STATUS", 1)
        assert [told[name]["ID"] for name in SHOWN.values()] == ["v4", "v6", "v8"]
        web.says("ES_CHAT_STATUS", 2, TrackingId="t1")
        told = web.hears("SE_CHAT_STATUS", 2)
        assert [told[name]["ID"] for name in SHOWN.values()] == ["a4", "a6", "a8"]
        play.check_store()


def test_slots_are_in_pushes_and_in_no_list_and_no_alert(play: Playbook) -> None:
    """W-22, W-25, B-7: who may read the chat is shown them, in answers and pushes alike."""
    web, alice, chat = _fill(play)
    bob = play.agent("bob", "102")
    web.says("ES_CHAT_RESYNC", 1)
    alice.says("CS_CHAT_RESYNC", 1)
    for client, type_ in ((web, "SE_CHAT_LIST"), (alice, "SC_CHAT_LIST")):
        (listed,) = client.hears(type_, 1)["items"]
        assert not set(SHOWN.values()) & set(listed)
    asked(play, alice, bob, chat, "Transfer")
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    assert bob.hears("SC_CHAT_STATUS", Status="Answered")["Navigation"]["ID"] == "v6"
    assert web.hears("SE_CHAT_STATUS", Status="Answered")["Navigation"]["ID"] == "a6"
    alice.hears("SC_CHAT_STATUS", Status="Waiting", Navigation=None, Panel=None)
    bob.says("CS_CHAT_HANGUP", ChatId=chat)
    bob.hears("SC_CHAT_STATUS", Status="Closed", Panel=...)
    web.hears("SE_CHAT_STATUS", Status="Closed", Panel=...)


def test_the_confirmation_of_a_slot_is_passed_on_once(play: Playbook) -> None:
    """B-10, W-21, W-22: it says of which slot it is, is stored, and falls with what it confirmed."""
    web, alice, chat = _fill(play)
    alice.says("CS_CHAT_CONFIRM", 1, ChatId=chat, ID="v6")
    web.hears("SE_CHAT_CONFIRM", ID="v6", Model=6, TimeStamp=...)
    web.says("ES_CHAT_CONFIRM", 2, TrackingId="t1", ID="a6")
    alice.hears("SYS_ACK", 1)
    web.hears("SYS_ACK", 2)
    alice.hears("SC_CHAT_CONFIRM", ID="a6", Model=6, TimeStamp=...)
    alice.says("CS_CHAT_CONFIRM", 3, ChatId=chat, ID="v6")
    alice.hears("SYS_ACK", 3)
    play.check_store()
    alice.says("CS_CHAT_STATUS", 4, ChatId=chat)
    told = alice.hears("SC_CHAT_STATUS", 4)
    assert told["Navigation"]["ConfirmedTime"] is not None
    assert "ConfirmedTime" not in told["Panel"]
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="next", Text="/cart", Model=6)
    web.hears("SE_CHAT_SENTENCE", ID="next", ConfirmedTime=None)
    alice.hears("SC_CHAT_SENTENCE", ID="next", ConfirmedTime=None)
    alice.says("CS_CHAT_CONFIRM", 5, ChatId=chat, ID="v6")  # a page left long ago
    alice.hears("SYS_ACK", 5)
    play.check_store()


def test_a_retry_delivers_what_fills_a_slot_until_it_is_confirmed(play: Playbook) -> None:
    """W-21: and never puts back what was overwritten."""
    web, alice, chat = _fill(play)
    web.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="v4", Text="theirs", Model=4)
    web.hears("SE_CHAT_SENTENCE", 1, ID="v4")
    alice.hears("SC_CHAT_SENTENCE", ID="v4")
    alice.says("CS_CHAT_CONFIRM", ChatId=chat, ID="v4")
    web.hears("SE_CHAT_CONFIRM", ID="v4", Model=4)
    web.says("ES_CHAT_SENTENCE", 2, TrackingId="t1", ID="v4", Text="theirs", Model=4)
    web.hears("SE_CHAT_SENTENCE", 2, ID="v4", ConfirmedTime=...)
    alice.silent()
    writes(alice, chat, "b4", "newer", Model=4)
    web.hears("SE_CHAT_SENTENCE", ID="b4")
    alice.says("CS_CHAT_SENTENCE", 3, ChatId=chat, ID="a4", Text="ours", Model=4)
    alice.hears("SC_CHAT_SENTENCE", 3, ID="a4")
    alice.hears("SC_CHAT_SENTENCE", ID="b4")
    web.silent()
