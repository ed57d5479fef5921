"""Every refusal of the core, and that nothing changes by it (W-14, W-27, I-15)."""

import pytest

from broker.core.broker import HANDLERS
from broker.core.invariants import durable
from protocol.catalogue import CATALOGUE
from protocol.codec import encode
from protocol.frame import Frame
from tests.support.first_moves import answered, offered, start
from tests.support.playbook import CONFIG, Client, Playbook

ELSEWHERE = "00000000-0000-4000-a000-000000000001"


def test_frames_of_the_other_role_and_unserved_ones(
    play: Playbook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """W-14: NotAllowed, with the reason."""
    monkeypatch.delitem(HANDLERS, "CS_AGENT_LIST")
    web, alice = play.connector("web"), play.agent("alice", "101")
    web.says("CS_CHAT_ANSWER", 1, ChatId=ELSEWHERE)
    web.refused("NotAllowed", 1)
    alice.says("CS_AGENT_LIST", 2)
    assert alice.refused("NotAllowed", 2) == "not served by this version"


def test_every_client_frame_is_served() -> None:
    """The table of handlers and the catalogue belong together."""
    clients = {s.type for s in CATALOGUE.values() if s.sender in ("connector", "workplace")}
    assert set(HANDLERS) == clients


@pytest.mark.parametrize(
    ("type", "members", "code"),
    [
        ("ES_CHAT_START", {"Peer": "nowhere", "TrackingId": "t1"}, "UnknownGateway"),
        ("ES_CHAT_START", {"Peer": "im", "TrackingId": "t1"}, "NotAllowed"),
        ("ES_CHAT_START", {"Port": "7", "TrackingId": "t1"}, "UnknownGateway"),
        ("ES_CHAT_START", {"TrackingId": "t", "ReturnChatId": ELSEWHERE}, "UnknownChat"),
        ("ES_CHAT_STATUS", {"TrackingId": "none"}, "UnknownChat"),
        ("ES_CHAT_SENTENCE", {"TrackingId": "none", "ID": "a", "Text": "x"}, "UnknownChat"),
        ("ES_CHAT_CONFIRM", {"TrackingId": "none", "ID": "a"}, "UnknownChat"),
        ("ES_CHAT_TYPING", {"TrackingId": "none"}, "UnknownChat"),
        ("ES_SCENARIO_LOAD", {"Id": ELSEWHERE}, "UnknownScenario"),
        ("ES_SCENARIO_SAVE", {"ScenarioId": ELSEWHERE}, "UnknownScenario"),
    ],
)
def test_refusals_of_a_connector(
    play: Playbook, type: str, members: dict[str, object], code: str
) -> None:
    """W-14, W-27: each with its code; the state is the one before."""
    web = play.connector("web")
    play.agent("alice", "101")
    before = durable(play.state)
    if type.startswith("ES_SCENARIO"):
        web.base = {}
    web.says(type, 5, **members)
    web.refused(code, 5)
    assert durable(play.state) == before


@pytest.mark.parametrize(
    ("type", "members", "code"),
    [
        ("CS_CHAT_HANGUP", {"ChatId": ELSEWHERE}, "UnknownChat"),
        ("CS_CHAT_STATUS", {"ChatId": ELSEWHERE}, "UnknownChat"),
        ("CS_CHAT_RESYNC", {"Peer": "102"}, "NotAllowed"),
        ("CS_CHAT_RESYNC", {"AgentId": ELSEWHERE}, "NotAllowed"),
        ("CS_CHAT_SENTENCE", {"ChatId": ELSEWHERE, "ID": "a", "Text": "x"}, "UnknownChat"),
        ("CS_AGENT_STATE", {"Peer": "102", "State": "Ready"}, "NotAllowed"),
        ("CS_AGENT_STATE", {"AgentId": ELSEWHERE, "State": "Ready"}, "NotAllowed"),
        ("CS_CHAT_WRAPUP", {"ChatId": ELSEWHERE}, "UnknownChat"),
    ],
)
def test_refusals_of_a_workplace(
    play: Playbook, type: str, members: dict[str, object], code: str
) -> None:
    """W-14, W-27: likewise."""
    alice = play.agent("alice", "101")
    before = durable(play.state)
    alice.says(type, 5, **members)
    alice.refused(code, 5)
    assert durable(play.state) == before


def test_a_foreign_chat_is_as_unknown_as_none(play: Playbook) -> None:
    """I-15: neither its status nor its sentences, not even that it exists."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    bob = play.agent("bob", "102")
    members = {"CS_CHAT_SENTENCE": {"ID": "a", "Text": "x"}, "CS_CHAT_CONFIRM": {"ID": "a"}}
    for frame in (
        "CS_CHAT_STATUS",
        "CS_CHAT_HANGUP",
        "CS_CHAT_SENTENCE",
        "CS_CHAT_CONFIRM",
        "CS_CHAT_TYPING",
    ):
        bob.says(frame, 1, ChatId=chat, **members.get(frame, {}))
        bob.refused("UnknownChat", 1)


def test_a_chat_that_moved_on(play: Playbook) -> None:
    """W-14: WrongState for the agent who had it; ChatClosed for a closed one."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    alice.leaves()
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    web.hears("SE_CHAT_SENTENCE", Model=2)
    bob = play.agent("bob", "102")
    bob.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice = play.agent("alice", "101", None)
    alice.says("CS_CHAT_SENTENCE", 1, ChatId=chat, ID="late", Text="Hello?")
    alice.refused("WrongState", 1)
    alice.says("CS_CHAT_HANGUP", 2, ChatId=chat)
    alice.refused("WrongState", 2)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    bob.hears("SC_CHAT_ALERT_END")
    alice.says("CS_CHAT_SENTENCE", 3, ChatId=chat, ID="later", Text="Hello?")
    alice.refused("ChatClosed", 3)


def test_stop_answers_closed_for_any_chat(play: Playbook) -> None:
    """B-8: also for one that is unknown or closed already."""
    web = play.connector("web")
    web.says("ES_CHAT_STOP", 1, TrackingId="never")
    web.hears("SE_CHAT_STATUS", 1, Status="Closed", ChatId=None)
    start(web, "t1", "Waiting")
    for repeat in (2, 3):
        web.says("ES_CHAT_STOP", repeat, TrackingId="t1")
        web.hears("SE_CHAT_STATUS", repeat, Status="Closed", CloseReason="External")


def test_a_full_transcript_is_refused_before_it_is_stored(play: Playbook) -> None:
    """I-14, W-27: what would not fit one frame any more gets Overloaded."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    text = "x" * 32_768

    def fill(client: Client) -> int:
        for number in range(100):
            client.says("ES_CHAT_SENTENCE", number, TrackingId="t1", ID=str(number), Text=text)
            if client.heard[0][0] == "SYS_ERROR":
                return number
            client.hears("SE_CHAT_SENTENCE", number)
            alice.hears("SC_CHAT_SENTENCE")
        return 100

    number = fill(web)
    assert 20 < number < 32
    web.refused("Overloaded", number)
    web.says("ES_CHAT_STATUS", TrackingId="t1")
    assert len(web.hears("SE_CHAT_STATUS")["Sentences"]) == number


def test_too_many_open_chats_are_refused() -> None:
    """I-14: the list of a gateway's chats must fit one frame."""
    play = Playbook(CONFIG + "[limits]\nframe_bytes = 65536\n")
    web = play.connector("web")
    taken = 0
    for number in range(200):
        web.says("ES_CHAT_START", number, TrackingId=f"t{number}", ExtResponse="expert")
        taken += web.heard[0][0] == "SE_CHAT_STATUS"
        web.heard.clear()
    assert 100 < taken < 200
    web.says("ES_CHAT_RESYNC")
    assert len(encode(Frame("SE_CHAT_LIST", web.heard[0][3]))) < 65536
    web.hears("SE_CHAT_LIST")


def test_only_the_latest_offer_counts(play: Playbook) -> None:
    """B-24, B-25: a hang-up that crosses with the end of the alert changes nothing."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = offered(web, alice, "t1")
    bob = play.agent("bob", "102")
    play.wait(30)
    alice.hears("SC_CHAT_ALERT_END")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    bob.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.says("CS_CHAT_HANGUP", 1, ChatId=chat)
    alice.refused("UnknownChat", 1)
