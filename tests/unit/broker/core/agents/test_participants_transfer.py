"""A chat goes from one agent to another, or does not (B-29)."""

import pytest

from broker.core.facts import ChatMoved, InviteEnded
from protocol.values import ChatStatus
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    answered,
    asked,
    chat_of,
    configured,
    joined,
    noted,
    outcomes,
    presence_of,
    project_of,
    started,
    talking,
    visitor_writes,
    writes,
)
from tests.support.playbook import Client, Playbook

pytestmark = configured(FLOOR)


def ended(play: Playbook) -> list[str]:
    """How invitations ended."""
    return [fact.outcome for fact in play.facts if isinstance(fact, InviteEnded)]


def keeps(web: Client, owner: Client, chat: str, outcome: str) -> None:
    """The owner is told that it came to nothing, and still has the chat; the visitor sees nothing."""
    owner.hears("SC_CHAT_STATUS", ChatId=chat, Status="Answered", Parties=None)
    assert outcome in noted(owner)
    web.silent()
    writes(owner, chat, "still-here", "Still here")
    web.hears("SE_CHAT_SENTENCE", Text="Still here")


def test_the_asked_agent_takes_the_chat_over(play: Playbook) -> None:
    """B-29: with its words and its age; the visitor sees one conversation."""
    web, alice, chat = talking(play)
    visitor_writes(web, "a", "Hello", alice)
    bob = play.agent("bob", "102")
    alice.says("CS_CHAT_TRANSFER", 1, ChatId=chat, ToAgentId=agent_of(play, "bob"), Note="VIP")
    (asked_now,) = alice.hears("SC_CHAT_STATUS", 1, Status="Answered")["Parties"]
    assert (asked_now["AgentName"], asked_now["Mode"], asked_now["State"]) == (
        "Bob",
        "Transfer",
        "Asked",
    )
    shown = bob.hears("SC_CHAT_ALERT", Status="Alerting", Sentences=None)["Parties"]
    assert (shown[0]["ByName"], shown[0]["Note"]) == ("Alice", "VIP")
    visitor_writes(web, "b", "Still there?", alice)  # and not the one who is only asked
    bob.says("CS_CHAT_ANSWER", 2, ChatId=chat)
    told = bob.hears("SC_CHAT_STATUS", 2, Status="Answered", Parties=None)
    assert [s["Text"] for s in told["Sentences"]] == ["Hello", "Still there?"]
    alice.hears("SC_CHAT_STATUS", ChatId=chat, Status="Waiting", Sentences=None)
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Bob", ChatId=chat)
    assert presence_of(play, "alice").load == 0
    moves = [f.status for f in play.facts if isinstance(f, ChatMoved) and f.chat == chat]
    assert moves[-2:] == [ChatStatus.ANSWERED, ChatStatus.ANSWERED]


def test_who_handed_it_over_has_it_no_more(play: Playbook) -> None:
    """B-29, W-21: no new words, but their retries are known, sentences and notes alike."""
    web, alice, chat = talking(play)
    writes(alice, chat, "a", "One moment")
    web.hears("SE_CHAT_SENTENCE")
    writes(alice, chat, "n", "They are angry", Model=10)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    bob.hears("SC_CHAT_STATUS", Internal=...)
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Answered")
    alice.says("CS_CHAT_SENTENCE", 3, ChatId=chat, ID="b", Text="Bye")
    alice.refused("WrongState", 3)
    assert writes(alice, chat, "a", "One moment")["Counter"] == 1
    web.hears("SE_CHAT_SENTENCE", ID="a")  # nobody has confirmed it
    assert writes(alice, chat, "n", "They are angry", Model=10)["Counter"] == 1
    alice.says("CS_CHAT_SENTENCE", 4, ChatId=chat, ID="a", Text="Another")
    alice.refused("KeyReused", 4)
    alice.says("CS_CHAT_SENTENCE", 5, ChatId=chat, ID="n", Text="Another", Model=10)
    alice.refused("KeyReused", 5)
    alice.says("CS_CHAT_STATUS", 6, ChatId=chat)
    alice.refused("UnknownChat", 6)
    play.restart()
    alice = play.agent("alice", "101", None)
    assert writes(alice, chat, "a", "One moment")["Counter"] == 1
    assert writes(alice, chat, "n", "They are angry", Model=10)["Counter"] == 1


def test_a_rejection_leaves_the_chat_with_its_owner(play: Playbook) -> None:
    """B-29: who asked is told, and keeps the chat."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    bob.says("CS_CHAT_HANGUP", 2, ChatId=chat)
    bob.hears("SC_CHAT_STATUS", 2, Status="Waiting")
    bob.hears("SC_CHAT_ALERT_END", ChatId=chat)
    keeps(web, alice, chat, "Bob declined.")
    assert presence_of(play, "bob").load == 0
    bob.says("CS_CHAT_ANSWER", 3, ChatId=chat)
    bob.hears("SC_CHAT_ALERT_END", 3)


def test_a_missed_one_too(play: Playbook) -> None:
    """B-24, B-29: after the project's signal_duration; the second in a row pauses them."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    for turn in range(2):
        asked(play, alice, bob, chat, "Transfer")
        play.wait(29.9)
        alice.silent()
        play.wait(0.1)
        bob.hears("SC_CHAT_ALERT_END")
        alice.hears("SC_CHAT_STATUS", Status="Answered", Parties=None)
        assert noted(alice) == "Bob did not answer."
        if turn:
            bob.hears("SC_AGENT_STATE", State="Pause", Reason="Missed")
    alice.says("CS_CHAT_TRANSFER", 3, ChatId=chat, ToAgentId=agent_of(play, "bob"))
    alice.refused("WrongState", 3)
    web.silent()


@pytest.mark.parametrize("how", ["lost", "replaced"])
def test_the_asked_agent_goes_away(play: Playbook, how: str) -> None:
    """B-11, B-29: at once, even when a new connection of theirs takes the old one's place."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    if how == "lost":
        bob.leaves()
    else:
        play.agent("bob", "102", None)
    keeps(web, alice, chat, "Bob is not there any more.")


def test_the_owner_takes_it_back(play: Playbook) -> None:
    """B-29: a transfer to nobody ends the alert; when nobody is asked it is refused."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    alice.says("CS_CHAT_TRANSFER", 2, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 2, Status="Answered", Parties=None)
    bob.hears("SC_CHAT_ALERT_END", ChatId=chat)
    alice.says("CS_CHAT_TRANSFER", 3, ChatId=chat)
    alice.refused("WrongState", 3)
    assert ended(play) == ["withdrawn"]
    web.silent()


@pytest.mark.parametrize("who", ["owner", "visitor"])
def test_the_chat_ends_while_somebody_is_alerted(play: Playbook, who: str) -> None:
    """B-8, B-29: the alert is withdrawn, and nobody holds a slot."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    if who == "owner":
        alice.says("CS_CHAT_HANGUP", ChatId=chat)
    else:
        web.says("ES_CHAT_STOP", TrackingId="t1")
    alice.hears("SC_CHAT_STATUS", Status="Closed", Parties=None)
    web.hears("SE_CHAT_STATUS", Status="Closed")
    bob.hears("SC_CHAT_ALERT_END")
    assert (presence_of(play, "alice").load, presence_of(play, "bob").load) == (0, 0)


def test_the_owner_is_lost_while_somebody_is_alerted(play: Playbook) -> None:
    """B-11, B-29: who answers has the chat; the lost owner comes back to an empty presence."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    alice.leaves()
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    bob.hears("SC_CHAT_STATUS", Status="Answered")
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Bob")
    alice = play.agent("alice", "101", None)
    alice.says("CS_CHAT_RESYNC", 1)
    assert alice.hears("SC_CHAT_LIST", 1)["items"] == []


def test_the_grace_ends_while_somebody_is_alerted(play: Playbook) -> None:
    """B-11, B-29: the invitation goes with its owner; the chat goes to the queue and so on."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    alice.leaves()
    play.wait(45)
    web.silent()
    alice = play.agent("alice", "101", None)
    asked(play, alice, bob, chat, "Transfer")
    alice.leaves()
    play.wait(30)
    bob.hears("SC_CHAT_ALERT_END")
    play.wait(30)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_SENTENCE", Model=2)
    play.wait(0)
    assert chat_of(play, chat).exclusions  # they let it go a short time ago
    bob.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_a_project_is_asked(play: Playbook) -> None:
    """B-29: the best of its people is alerted, with the chat's age; they take it over."""
    web, alice, chat = talking(play)
    play.wait(100)
    sales = project_of(play, "Sales")
    alice.says("CS_CHAT_TRANSFER", 1, ChatId=chat, ToProjectId=sales)
    (party,) = alice.hears("SC_CHAT_STATUS", 1, Status="Answered")["Parties"]
    assert (party["ProjectName"], party.get("AgentId"), party["State"]) == ("Sales", None, "Asked")
    play.check_store()
    carol = play.agent("carol", "103")
    info = carol.hears("SC_CHAT_ALERT", ChatId=chat)["Info"]
    assert (info["ProjectName"], info["MaxSignalDuration"]) == ("Sales", 30)
    (party,) = alice.hears("SC_CHAT_STATUS", Status="Answered")["Parties"]
    assert party["AgentName"] == "Carol"
    play.check_store()
    carol.says("CS_CHAT_ANSWER", ChatId=chat)
    assert carol.hears("SC_CHAT_STATUS", Status="Answered")["Info"]["ProjectName"] == "Sales"
    alice.hears("SC_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Carol")
    assert chat_of(play, chat).routing.project == sales


def test_a_project_is_asked_on_when_one_of_its_people_rejects(play: Playbook) -> None:
    """B-24, B-29: the next one is alerted; after transfer_timeout the owner is told."""
    web, alice, chat = talking(play)
    carol, bob = play.agent("carol", "103", "Pause"), play.agent("bob", "102")
    alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=project_of(play, "Support"))
    alice.hears("SC_CHAT_STATUS")
    bob.hears("SC_CHAT_ALERT")
    alice.hears("SC_CHAT_STATUS")
    bob.says("CS_CHAT_HANGUP", ChatId=chat)
    bob.hears("SC_CHAT_STATUS")
    bob.hears("SC_CHAT_ALERT_END")
    (party,) = alice.hears("SC_CHAT_STATUS")["Parties"]
    assert party.get("AgentId") is None
    carol.says("CS_AGENT_STATE", State="Ready")
    carol.hears("SC_AGENT_STATE")
    carol.hears("SC_CHAT_ALERT")
    alice.hears("SC_CHAT_STATUS")
    carol.says("CS_AGENT_STATE", State="Pause")  # keeps the alert that they have
    carol.hears("SC_AGENT_STATE")
    bob.says("CS_AGENT_STATE", State="Pause")
    bob.hears("SC_AGENT_STATE")
    play.wait(30)
    carol.hears("SC_CHAT_ALERT_END")
    alice.hears("SC_CHAT_STATUS")
    play.wait(90)
    keeps(web, alice, chat, "Support did not answer.")
    assert (outcomes(play)[-2:], ended(play)) == (["rejected", "missed"], ["missed"])


def test_a_project_whose_only_agent_is_the_sender(play: Playbook) -> None:
    """B-29: they are not offered their own chat; it stays with them after transfer_timeout."""
    web, alice, chat = talking(play)
    alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=project_of(play, "Sales"))
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    play.wait(119)
    alice.silent()
    play.wait(1)
    keeps(web, alice, chat, "Sales did not answer.")


def test_the_time_for_a_project_ends_during_an_alert(play: Playbook) -> None:
    """B-29: the alert is withdrawn, which counts for nobody as a missed one."""
    web, alice, chat = talking(play)
    alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=project_of(play, "Sales"))
    alice.hears("SC_CHAT_STATUS")
    play.wait(100)
    carol = play.agent("carol", "103")
    carol.hears("SC_CHAT_ALERT")
    alice.hears("SC_CHAT_STATUS")
    play.wait(20)
    carol.hears("SC_CHAT_ALERT_END")
    keeps(web, alice, chat, "Sales did not answer.")
    assert outcomes(play)[-1] == "withdrawn"


def test_the_sender_takes_other_chats_meanwhile(play: Playbook) -> None:
    """B-22, B-29: who asks a project keeps their slot, and the other is offered as usual."""
    web, alice, chat = talking(play)
    alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=project_of(play, "Sales"))
    alice.hears("SC_CHAT_STATUS")
    answered(web, alice, tracking="t2")
    started(web, "Waiting", tracking="t3")
    assert presence_of(play, "alice").load == 2


def test_a_restart_ends_what_was_asked_for(play: Playbook) -> None:
    """B-12, B-29: the chat waits for its owner; the asked agent's alert is gone."""
    _web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    asked(play, alice, bob, chat, "Transfer")
    play.restart()
    play.check_store()
    assert ended(play) == ["restart"]
    bob, alice = play.agent("bob", "102", None), play.agent("alice", "101", None)
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    bob.hears("SC_CHAT_ALERT_END")
    alice.says("CS_CHAT_STATUS", 1, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 1, Status="Answered", Parties=None)


def test_a_restart_ends_the_search_in_a_project(play: Playbook) -> None:
    """B-12, B-29: the ticket goes with the invitation."""
    _web, alice, chat = talking(play)
    alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=project_of(play, "Sales"))
    alice.hears("SC_CHAT_STATUS")
    play.restart()
    carol = play.agent("carol", "103")
    carol.silent()
    assert chat_of(play, chat).invite is None


def test_one_who_has_joined_gets_it_at_once(play: Playbook) -> None:
    """B-29: nobody is alerted; who handed it over is out."""
    web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Consult")
    alice.says("CS_CHAT_TRANSFER", 3, ChatId=chat, ToAgentId=agent_of(play, "bob"))
    alice.hears("SC_CHAT_STATUS", 3, Status="Waiting")
    bob.hears("SC_CHAT_STATUS", Status="Answered", Parties=None)
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Bob")
    writes(bob, chat, "b", "Bob here")
    web.hears("SE_CHAT_SENTENCE", PartyName="Bob")
    assert (presence_of(play, "alice").load, presence_of(play, "bob").load) == (0, 1)


def test_one_who_has_joined_but_is_away_does_not(play: Playbook) -> None:
    """B-29: a chat is not handed to an empty presence."""
    _web, alice, chat = talking(play)
    bob = play.agent("bob", "102")
    joined(play, alice, bob, chat, "Conference")
    bob.leaves()
    alice.says("CS_CHAT_TRANSFER", 3, ChatId=chat, ToAgentId=agent_of(play, "bob"))
    assert alice.refused("WrongState", 3) == "ToAgentId: away"


def test_what_is_no_transfer_is_refused(play: Playbook) -> None:
    """B-29, W-14: and changes nothing (W-27)."""
    web, alice, chat = talking(play)
    _bob, carol = play.agent("bob", "102", "Pause"), play.agent("carol", "103", None)
    bobs, sales = agent_of(play, "bob"), project_of(play, "Sales")

    def says(code: str, **members: object) -> str:
        alice.says("CS_CHAT_TRANSFER", 9, **{"ChatId": chat, **members})
        return alice.refused(code, 9)

    assert says("WrongState", ToAgentId=bobs) == "ToAgentId: state Pause"
    assert says("WrongState", ToAgentId=agent_of(play, "susan")) == "ToAgentId: away"
    assert says("WrongState", ToAgentId=agent_of(play, "alice")) == "ToAgentId: is in the chat"
    says("UnknownAgent", ToAgentId="00000000-0000-4000-a000-000000000001")
    says("UnknownAgent", ToAgentId=agent_of(play, "robo"))
    says("BadPayload", ToAgentId=bobs, ToProjectId=sales)
    says("BadPayload", ToProjectId=bobs)
    says("BadPayload", ToAgentId=bobs, Mode="Consult")
    says("UnknownChat", ChatId=bobs, ToAgentId=bobs)
    says("NotAllowed", Peer="102", ToAgentId=bobs)
    carol.says("CS_CHAT_TRANSFER", 8, ChatId=chat, ToAgentId=bobs)
    carol.refused("UnknownChat", 8)
    alice.says("CS_CHAT_TRANSFER", ChatId=chat, ToProjectId=sales)
    alice.hears("SC_CHAT_STATUS")
    says("WrongState", ToProjectId=sales)
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    says("ChatClosed", ToProjectId=sales)


def test_an_agent_without_a_slot_cannot_be_asked(play: Playbook) -> None:
    """B-22, B-29: Bob has one, and it is taken."""
    web, alice, chat = talking(play)
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    bob = play.agent("bob", "102")
    answered(web, bob, tracking="t2")
    alice.says("CS_CHAT_TRANSFER", 1, ChatId=chat, ToAgentId=agent_of(play, "bob"))
    assert alice.refused("WrongState", 1) == "ToAgentId: no free slot"
