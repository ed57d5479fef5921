"""The life of a chat, from the visitor's side (B-1..B-12)."""

from tests.support.playbook import Client, Playbook


def talk(play: Playbook) -> tuple[Client, Client, str]:
    """A connector and an agent in conversation."""
    web = play.connector("web")
    alice = play.agent("alice", "101")
    web.says("ES_CHAT_START", TrackingId="t1", PreferredCulture="en", PartyName="Vera")
    web.hears("SE_CHAT_STATUS", Status="Pilot", Sentences=[])
    web.hears("SE_CHAT_STATUS", Status="Waiting", Sentences=None)
    chat = alice.hears("SC_CHAT_ALERT", Status="Alerting", Sentences=None, Info=...)["ChatId"]
    web.hears("SE_CHAT_STATUS", Status="Alerting", AgentName="Alice")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Answered", Sentences=[], Info=...)
    web.hears("SE_CHAT_STATUS", Status="Answered", AgentName="Alice", Sentences=None)
    return web, alice, chat


def test_a_conversation(play: Playbook) -> None:
    """B-5, B-6, B-8, W-16, W-22: both hear every sentence once, numbered over both directions."""
    web, alice, chat = talk(play)
    web.says("ES_CHAT_SENTENCE", 7, TrackingId="t1", ID="a", Text="Hello", PartyName="Vera")
    web.hears("SE_CHAT_SENTENCE", 7, ID="a", Counter=1, IsOutbound=False, Text="Hello")
    alice.hears("SC_CHAT_SENTENCE", ID="a", Counter=1, Text="Hello", ChatId=chat)
    alice.says("CS_CHAT_CONFIRM", 1, ChatId=chat, ID="a")
    web.hears("SE_CHAT_CONFIRM", ID="a", TrackingId="t1")
    alice.hears("SYS_ACK", 1, Type="CS_CHAT_CONFIRM")
    alice.says("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="a", Text="Hi", PartyName="Nobody")
    alice.hears("SC_CHAT_SENTENCE", 2, ID="a", Counter=2, IsOutbound=True, PartyName="Alice")
    web.hears("SE_CHAT_SENTENCE", ID="a", Counter=2, IsOutbound=True, PartyName="Alice")
    web.says("ES_CHAT_CONFIRM", TrackingId="t1", ID="a")
    alice.hears("SC_CHAT_CONFIRM", ID="a", ChatId=chat)
    alice.says("CS_CHAT_HANGUP", 3, ChatId=chat)
    closed = alice.hears("SC_CHAT_STATUS", 3, Status="Closed", CloseReason="Agent")
    assert [s["Counter"] for s in closed["Sentences"]] == [1, 2]
    assert all(s["ConfirmedTime"] for s in closed["Sentences"])
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Agent")


def test_a_repeated_confirmation_changes_nothing(play: Playbook) -> None:
    """B-10, W-16: only the first confirmation is passed on; each is acknowledged."""
    web, alice, chat = talk(play)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Hello")
    web.hears("SE_CHAT_SENTENCE", Counter=1)
    alice.hears("SC_CHAT_SENTENCE", Counter=1)
    for repeat in range(2):
        alice.says("CS_CHAT_CONFIRM", repeat, ChatId=chat, ID="a")
        if not repeat:
            web.hears("SE_CHAT_CONFIRM", ID="a")
        alice.hears("SYS_ACK", repeat)
    alice.says("CS_CHAT_CONFIRM", 5, ChatId=chat, ID="never sent")
    alice.refused("UnknownMessage", 5)


def test_sentences_before_the_answer_come_with_it(play: Playbook) -> None:
    """B-7: stored, numbered and echoed while nobody listens, shown in the answer."""
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Pilot")
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Anybody?")
    web.hears("SE_CHAT_SENTENCE", Counter=1)
    alice = play.agent("alice", "101", None)
    alice.says("CS_AGENT_STATE", State="Ready")
    alice.hears("SC_AGENT_STATE", State="Ready")
    chat = alice.hears("SC_CHAT_ALERT", Sentences=None)["ChatId"]
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    shown = alice.hears("SC_CHAT_STATUS", Status="Answered")["Sentences"]
    assert [(s["ID"], s["Text"]) for s in shown] == [("a", "Anybody?")]
    web.hears("SE_CHAT_STATUS", Status="Answered")


def test_an_offered_chat_shows_no_sentences(play: Playbook) -> None:
    """B-7: neither in the alert nor when the agent asks; the answer brings them."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    web.says("ES_CHAT_START", TrackingId="t1")
    for status in ("Pilot", "Waiting", "Alerting"):
        web.hears("SE_CHAT_STATUS", Status=status)
    chat = alice.hears("SC_CHAT_ALERT")["ChatId"]
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Hello")
    web.hears("SE_CHAT_SENTENCE")
    alice.says("CS_CHAT_STATUS", 1, ChatId=chat)
    alice.hears("SC_CHAT_STATUS", 1, Status="Alerting", Sentences=None, Info=...)


def test_a_retry_gets_the_same_echo(play: Playbook) -> None:
    """W-21: same key, same content: echoed again, delivered again only while unconfirmed."""
    web, alice, chat = talk(play)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Hello")
    web.hears("SE_CHAT_SENTENCE", Counter=1)
    alice.hears("SC_CHAT_SENTENCE", Counter=1)
    web.says("ES_CHAT_SENTENCE", 9, TrackingId="t1", ID="a", Text="Hello")
    web.hears("SE_CHAT_SENTENCE", 9, Counter=1)
    alice.hears("SC_CHAT_SENTENCE", Counter=1)
    alice.says("CS_CHAT_CONFIRM", ChatId=chat, ID="a")
    web.hears("SE_CHAT_CONFIRM")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Hello")
    web.hears("SE_CHAT_SENTENCE", Counter=1, ConfirmedTime=...)
    web.says("ES_CHAT_SENTENCE", 10, TrackingId="t1", ID="a", Text="Something else")
    web.refused("KeyReused", 10)


def test_two_starts_make_one_chat(play: Playbook) -> None:
    """B-2: the open chat of a TrackingId is found, by another connection of the gateway too."""
    web, other = play.connector("web"), play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1")
    chat = web.hears("SE_CHAT_STATUS", Status="Pilot")["ChatId"]
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    other.hears("SE_CHAT_STATUS", Status="Pilot", Sentences=None)
    other.hears("SE_CHAT_STATUS", Status="Waiting")
    other.says("ES_CHAT_START", 4, TrackingId="t1")
    other.hears("SE_CHAT_STATUS", 4, Status="Waiting", ChatId=chat, Sentences=[])


def test_reopening_keeps_the_counters_and_prefers_the_last_agent(play: Playbook) -> None:
    """B-2: inside the inertia the same chat goes on."""
    web, alice, chat = talk(play)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Hello")
    web.hears("SE_CHAT_SENTENCE", Counter=1)
    alice.hears("SC_CHAT_SENTENCE")
    web.says("ES_CHAT_STOP", 1, TrackingId="t1")
    web.hears("SE_CHAT_STATUS", 1, Status="Closed", CloseReason="External")
    alice.hears("SC_CHAT_STATUS", Status="Closed", CloseReason="External")
    web.says("ES_CHAT_SENTENCE", 2, TrackingId="t1", ID="b", Text="Wait")
    web.refused("ChatClosed", 2)
    bob = play.agent("bob", "102")
    play.wait(3599)
    web.says("ES_CHAT_START", TrackingId="t1")
    again = web.hears("SE_CHAT_STATUS", Status="Pilot", ChatId=chat)
    assert [s["Counter"] for s in again["Sentences"]] == [1]
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_CHAT_ALERT", ChatId=chat)
    bob.silent()
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="b", Text="Again")
    web.hears("SE_CHAT_SENTENCE", Counter=2)


def test_after_the_inertia_a_start_makes_a_new_chat(play: Playbook) -> None:
    """B-2: the old chat stays closed."""
    web, alice, chat = talk(play)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    play.wait(3601)
    web.says("ES_CHAT_START", TrackingId="t1")
    assert web.hears("SE_CHAT_STATUS", Status="Pilot")["ChatId"] != chat
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    alice.hears("SC_CHAT_ALERT")
    web.hears("SE_CHAT_STATUS", Status="Alerting")


def test_a_text_reactivates_where_the_gateway_may(play: Playbook) -> None:
    """B-9: on such a gateway a text reopens the chat, anything else does not."""
    im = play.connector("im")
    im.says("ES_CHAT_START", TrackingId="t1")
    im.hears("SE_CHAT_STATUS", Status="Pilot")
    im.hears("SE_CHAT_STATUS", Status="Waiting")
    im.says("ES_CHAT_STOP", TrackingId="t1")
    im.hears("SE_CHAT_STATUS", Status="Closed")
    im.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="n", Model=6, Text="https://example.test/")
    im.refused("ChatClosed")
    im.says("ES_CHAT_SENTENCE", 1, TrackingId="t1", ID="a", Text="I am back")
    im.hears("SE_CHAT_STATUS", Status="Pilot")
    im.hears("SE_CHAT_SENTENCE", 1, Counter=1)
    im.hears("SE_CHAT_STATUS", Status="Waiting")


def test_inactivity_warns_and_closes(play: Playbook) -> None:
    """B-8: a note before the end; a sentence of a person starts the time anew, a note does not."""
    web = play.connector("web")
    web.says("ES_CHAT_START", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Pilot", DeadTimeUtc=...)
    web.hears("SE_CHAT_STATUS", Status="Waiting")
    play.wait(300)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="a", Text="Hello")
    web.hears("SE_CHAT_SENTENCE")
    play.wait(539)
    web.silent()
    play.wait(1)
    web.hears("SE_CHAT_SENTENCE", Model=2, IsOutbound=True, Counter=2)
    play.wait(59)
    web.silent()
    play.wait(1)
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Inactivity")


def test_rules_close(play: Playbook) -> None:
    """B-3: a closing gate rule, and no project, end the chat with reason Rule."""
    web = play.connector("web")
    for tracking, ext, signal in (("t1", "stop", "Closed"), ("t2", "nobody's", "Closed")):
        web.says("ES_CHAT_REQUEST", TrackingId=tracking, ExtResponse=ext)
        web.hears("SE_CHAT_RESPONSE", Signal=signal, TrackingId=tracking)
        web.says("ES_CHAT_START", TrackingId=tracking, ExtResponse=ext)
        web.hears("SE_CHAT_STATUS", Status="Pilot")
        web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")


def test_the_signal_tells_the_occupancy(play: Playbook) -> None:
    """B-1, B-27: Closed with nobody there, Busy with nobody free, Free with a free slot left."""
    web = play.connector("web")

    def signal() -> object:
        web.says("ES_CHAT_REQUEST", TrackingId="q", PreferredCulture="en")
        return web.hears("SE_CHAT_RESPONSE")["Signal"]

    assert signal() == "Closed"
    bob = play.agent("bob", "102", "Pause")
    assert signal() == "Busy"
    bob.says("CS_AGENT_STATE", State="Ready")
    bob.hears("SC_AGENT_STATE")
    assert signal() == "Free"
    web.says("ES_CHAT_START", TrackingId="t1", PreferredCulture="en")
    for status in ("Pilot", "Waiting", "Alerting"):
        web.hears("SE_CHAT_STATUS", Status=status)
    bob.hears("SC_CHAT_ALERT")
    assert signal() == "Busy"
    assert not [f for f in play.facts if getattr(f, "tracking_id", None) == "q"]


def test_slots_are_relayed_and_only_the_last_is_kept(play: Playbook) -> None:
    """W-22: models 4, 6 and 8 carry Counter 0 and stand in the snapshot."""
    web, alice, chat = talk(play)
    for key, url in (("n1", "/a"), ("n2", "/b")):
        web.says("ES_CHAT_SENTENCE", key, TrackingId="t1", ID=key, Text=url, Model=6)
        web.hears("SE_CHAT_SENTENCE", key, Counter=0, Model=6)
        alice.hears("SC_CHAT_SENTENCE", Counter=0, Text=url)
    alice.says("CS_CHAT_STATUS", ChatId=chat)
    shown = alice.hears("SC_CHAT_STATUS")
    assert shown["Navigation"]["Text"] == "/b"
    assert shown["Sentences"] == []
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="x", Text="?", Model=5)
    assert web.refused("BadPayload").startswith("Model")


def test_typing_is_passed_on_and_never_stored(play: Playbook) -> None:
    """W-23: only to the other side of an answered chat."""
    web, alice, chat = talk(play)
    before = len(play.facts)
    web.says("ES_CHAT_TYPING", TrackingId="t1", IsTyping=True)
    alice.hears("SC_CHAT_TYPING", ChatId=chat, IsTyping=True)
    alice.says("CS_CHAT_TYPING", ChatId=chat, IsTyping=False)
    web.hears("SE_CHAT_TYPING", TrackingId="t1", IsTyping=False)
    assert len(play.facts) == before


def test_a_restart_keeps_every_chat_where_it_was(play: Playbook) -> None:
    """B-12: answered chats wait for their agent, alerts go back to the queue."""
    web, alice, chat = talk(play)
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Hi")
    alice.hears("SC_CHAT_SENTENCE", Counter=1)
    web.hears("SE_CHAT_SENTENCE")
    web.says("ES_CHAT_START", TrackingId="t2", PreferredCulture="en")
    for status in ("Pilot", "Waiting", "Alerting"):
        web.hears("SE_CHAT_STATUS", Status=status)
    second = alice.hears("SC_CHAT_ALERT")["ChatId"]
    play.wait(10)
    play.restart()
    play.check_store()
    web = play.connector("web")
    web.says("ES_CHAT_RESYNC")
    listed = web.hears("SE_CHAT_LIST")["items"]
    assert [c["Status"] for c in listed] == ["Answered", "Waiting"]
    alice = play.agent("alice", "101", None)
    alice.hears("SC_CHAT_ALERT", ChatId=second)
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    alice.says("CS_CHAT_STATUS", ChatId=chat)
    shown = alice.hears("SC_CHAT_STATUS", Status="Answered")["Sentences"]
    assert [(s["ID"], s.get("ConfirmedTime")) for s in shown] == [("a", None)]
