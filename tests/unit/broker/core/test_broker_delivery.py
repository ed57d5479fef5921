"""What the clauses say of sessions and delivery, sentence by sentence (W-10..W-27, C-4)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from broker.config.load import loads
from broker.core.facts import ChatMoved, SentencePinned, SentenceStored
from broker.core.invariants import durable
from protocol.frame import Frame
from protocol.values import Role, from_micros
from protocol.view import View, comparable
from tests.support.first_moves import answered, offered, say, start, whole
from tests.support.playbook import CONFIG, Client, Playbook

FAR = datetime(9990, 1, 1, tzinfo=UTC)
WITH_SENTENCES = {
    "ES_CHAT_START",
    "ES_CHAT_STATUS",
    "CS_CHAT_ANSWER",
    "CS_CHAT_HANGUP",
    "CS_CHAT_STATUS",
}


def test_an_agent_is_at_one_workplace_at_a_time(play: Playbook) -> None:
    """W-11: at another one they are replaced at the first; their chats move, their alert goes on."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    ringing = offered(web, alice, "t2")
    moved = play.agent("alice", "102", None)
    assert play.dismissed == [(alice.number, "Replaced")]
    web.hears("SE_CHAT_STATUS", Status="Waiting", TrackingId="t2")
    moved.hears("SC_CHAT_ALERT", ChatId=ringing, Peer="102")
    web.hears("SE_CHAT_STATUS", Status="Alerting", TrackingId="t2")
    moved.says("CS_CHAT_RESYNC", 1)
    listed = moved.hears("SC_CHAT_LIST", 1)["items"]
    assert {c["ChatId"]: c["Status"] for c in listed} == {chat: "Answered", ringing: "Alerting"}


@pytest.mark.parametrize("model", [0, 4])
def test_when_it_was_sent_is_the_senders_word_or_else_the_brokers(
    play: Playbook, model: int
) -> None:
    """W-22: it is shown as it comes, and a retry changes nothing."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    heard = from_micros(play.wall)
    cases: list[tuple[dict[str, Any], datetime]] = [
        ({"TimeSent": FAR.isoformat()}, FAR),
        ({}, heard),
        ({"TimeSent": None}, heard),
    ]
    for number, (said, shown) in enumerate(cases):
        sentence = {"TrackingId": "t1", "ID": f"s{number}", "Text": "Hi", "Model": model, **said}
        for _ in range(2):
            web.says("ES_CHAT_SENTENCE", **sentence)
            web.hears("SE_CHAT_SENTENCE", ID=f"s{number}", TimeSent=shown)
            alice.hears("SC_CHAT_SENTENCE", ID=f"s{number}", TimeSent=shown)


def test_every_connection_of_a_gateway_hears_everything(play: Playbook) -> None:
    """W-11, W-15: the echo with Re to who asked, the same without to the other one."""
    one, two = play.connector("web"), play.connector("web")
    alice = play.agent("alice", "101")
    one.says("ES_CHAT_START", 1, TrackingId="t1")
    chat = one.hears("SE_CHAT_STATUS", 1, Status="Pilot", Sentences=[])["ChatId"]
    two.hears("SE_CHAT_STATUS", None, Status="Pilot", Sentences=None)
    for status in ("Waiting", "Alerting"):
        one.hears("SE_CHAT_STATUS", None, Status=status)
        two.hears("SE_CHAT_STATUS", None, Status=status)
    alice.hears("SC_CHAT_ALERT")
    alice.says("CS_CHAT_ANSWER", ChatId=chat)
    alice.hears("SC_CHAT_STATUS")
    for web in (one, two):
        web.hears("SE_CHAT_STATUS", None, Status="Answered")
    alice.says("CS_CHAT_SENTENCE", 2, ChatId=chat, ID="a", Text="Hello")
    alice.hears("SC_CHAT_SENTENCE", 2, Counter=1)
    for web in (one, two):
        web.hears("SE_CHAT_SENTENCE", None, ID="a", Counter=1)
    one.says("ES_CHAT_SENTENCE", 3, TrackingId="t1", ID="v", Text="Hi")
    one.hears("SE_CHAT_SENTENCE", 3, Counter=2)
    two.hears("SE_CHAT_SENTENCE", None, Counter=2)
    alice.hears("SC_CHAT_SENTENCE", None, Counter=2)
    two.says("ES_CHAT_CONFIRM", 4, TrackingId="t1", ID="a")
    two.hears("SYS_ACK", 4)
    alice.hears("SC_CHAT_CONFIRM", ID="a")
    one.says("ES_CHAT_CONFIRM", 5, TrackingId="t1", ID="a")  # the first one counted
    one.hears("SYS_ACK", 5)


@pytest.mark.parametrize("id", [None, 7, "seven", 0, ""])
def test_an_acknowledgement_only_for_a_frame_with_an_id(
    play: Playbook, id: int | str | None
) -> None:
    """W-16, W-15: confirmations and forms; an Id may be 0 or empty; without one nothing comes."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    say(web, alice, "v", 1)

    def acknowledged(client: Client, type_: str) -> None:
        if id is None:
            client.silent()
        else:
            client.hears("SYS_ACK", id, Type=type_)

    alice.says("CS_CHAT_CONFIRM", id, ChatId=chat, ID="v")
    web.hears("SE_CHAT_CONFIRM")
    acknowledged(alice, "CS_CHAT_CONFIRM")
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Hello")
    alice.hears("SC_CHAT_SENTENCE")
    web.hears("SE_CHAT_SENTENCE")
    web.says("ES_CHAT_CONFIRM", id, TrackingId="t1", ID="a")
    alice.hears("SC_CHAT_CONFIRM")
    acknowledged(web, "ES_CHAT_CONFIRM")
    web.base = {}
    web.says("ES_SCENARIO_SAVE", id, ScenarioId=next(iter(play.config.scenarios)))
    acknowledged(web, "ES_SCENARIO_SAVE")


def test_an_answer_to_a_frame_without_an_id_has_no_re(play: Playbook) -> None:
    """W-15, I-13: it comes all the same, an empty list too, and exactly once."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    web.says("ES_CHAT_RESYNC")
    assert web.hears("SE_CHAT_LIST", None)["items"] == []
    alice.says("CS_CHAT_RESYNC")
    assert alice.hears("SC_CHAT_LIST", None)["items"] == []
    web.says("ES_CHAT_STATUS", TrackingId="none")
    web.refused("UnknownChat", None)


def test_a_key_is_of_a_chat_and_a_direction(play: Playbook) -> None:
    """W-21: the same ID of the other side, and in another chat, is another sentence."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    say(web, alice, "k", 1)
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="k", Text="Other words")
    alice.hears("SC_CHAT_SENTENCE", ID="k", Counter=2)
    web.hears("SE_CHAT_SENTENCE", ID="k", Counter=2)
    answered(web, alice, "t2")
    web.says("ES_CHAT_SENTENCE", TrackingId="t2", ID="k", Text="More words")
    web.hears("SE_CHAT_SENTENCE", ID="k", Counter=1, TrackingId="t2")
    alice.hears("SC_CHAT_SENTENCE", ID="k", Counter=1)


@pytest.mark.parametrize("other", [{"Text": "other"}, {"Model": 2}, {"Model": 4}, {"Model": 6}])
@pytest.mark.parametrize("side", ["web", "alice"])
def test_a_key_used_for_something_else_is_refused(
    play: Playbook, side: str, other: dict[str, Any]
) -> None:
    """W-21, W-27: another Text or another Model, of either side; nothing is stored."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    said: dict[str, Any] = {"ID": "k", "Text": "words"}
    if side == "web":
        said |= {"TrackingId": "t1"}
        speaker, type_ = web, "ES_CHAT_SENTENCE"
    else:
        said |= {"ChatId": chat}
        speaker, type_ = alice, "CS_CHAT_SENTENCE"
    speaker.says(type_, **said)
    web.hears("SE_CHAT_SENTENCE")
    alice.hears("SC_CHAT_SENTENCE")
    before = durable(play.state)
    speaker.says(type_, 9, **{**said, **other})
    speaker.refused("KeyReused", 9)
    assert durable(play.state) == before


def test_an_agents_retry_is_echoed_and_delivered_until_it_is_confirmed(play: Playbook) -> None:
    """W-21: as a visitor's."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    for number in range(2):
        alice.says("CS_CHAT_SENTENCE", number, ChatId=chat, ID="a", Text="Hello")
        alice.hears("SC_CHAT_SENTENCE", number, Counter=1)
        web.hears("SE_CHAT_SENTENCE", Counter=1)
    web.says("ES_CHAT_CONFIRM", TrackingId="t1", ID="a")
    alice.hears("SC_CHAT_CONFIRM")
    alice.says("CS_CHAT_SENTENCE", 5, ChatId=chat, ID="a", Text="Hello")
    alice.hears("SC_CHAT_SENTENCE", 5, Counter=1, ConfirmedTime=...)
    assert len([f for f in play.facts if isinstance(f, SentenceStored)]) == 1


def test_keys_outlive_the_close_a_restart_and_a_reopening(play: Playbook) -> None:
    """W-21, W-22: the retry gets the Counter of then; the next new one goes on behind it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    answered(web, alice, "t1")
    say(web, alice, "v", 1)
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS")
    alice.hears("SC_CHAT_STATUS")
    retry = {"TrackingId": "t1", "ID": "v", "Text": "This is v"}
    web.says("ES_CHAT_SENTENCE", 1, **retry)
    web.hears("SE_CHAT_SENTENCE", 1, Counter=1)
    play.restart()
    web = play.connector("web")
    web.says("ES_CHAT_SENTENCE", 2, **retry)
    web.hears("SE_CHAT_SENTENCE", 2, Counter=1)
    start(web, "t1", "Waiting")
    web.says("ES_CHAT_SENTENCE", 3, **retry)
    web.hears("SE_CHAT_SENTENCE", 3, Counter=1)
    web.says("ES_CHAT_SENTENCE", 4, **{**retry, "Text": "other"})
    web.refused("KeyReused", 4)
    web.says("ES_CHAT_SENTENCE", 5, **{**retry, "ID": "w"})
    web.hears("SE_CHAT_SENTENCE", 5, Counter=2)


def test_counters_run_over_both_directions_and_notes(play: Playbook) -> None:
    """W-22, I-3, I-4: 1, 2, 3 over visitor, agent, model 2 and the broker's own note."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="v", Text="Hello", Counter=77)
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Hi", Model=2)
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="p", Text="pinned", Model=4)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="w", Text="A question")
    play.wait(540)
    for client, side in ((web, "SE"), (alice, "SC")):
        heard = [client.hears(f"{side}_CHAT_SENTENCE") for _ in range(5)]
        assert [s["Counter"] for s in heard] == [1, 2, 0, 3, 4]
        assert [s["Model"] for s in heard] == [0, 2, 4, 0, 2]


@pytest.mark.parametrize(
    ("model", "slot"), [(4, "Panel"), (6, "Navigation"), (8, "CoBrowsingData")]
)
@pytest.mark.parametrize("side", ["web", "alice"])
def test_a_slot_is_echoed_relayed_and_replaced(
    play: Playbook, side: str, model: int, slot: str
) -> None:
    """W-22: of either side; Counter 0; the other side's snapshot has the last one and nothing else."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    for key in ("one", "two"):
        said: dict[str, Any] = {"ID": key, "Text": key, "Model": model}
        if side == "web":
            web.says("ES_CHAT_SENTENCE", TrackingId="t1", **said)
        else:
            alice.says("CS_CHAT_SENTENCE", ChatId=chat, **said)
        web.hears("SE_CHAT_SENTENCE", Counter=0, **said)
        alice.hears("SC_CHAT_SENTENCE", Counter=0, **said)
    for seen, is_other in (
        (whole(web, TrackingId="t1"), side == "alice"),
        (whole(alice, ChatId=chat), side == "web"),
    ):
        kept = [name for name in ("Panel", "Navigation", "CoBrowsingData") if name in seen]
        assert (kept, seen["Sentences"]) == ([slot] if is_other else [], [])
        assert not is_other or seen[slot]["ID"] == "two"
    assert len([f for f in play.facts if isinstance(f, SentencePinned)]) == 2


def test_typing_that_is_not_said_is_meant(play: Playbook) -> None:
    """W-23: `IsTyping` null means true, for both sides; only the other side hears of it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    before = len(play.facts)
    web.says("ES_CHAT_TYPING", 1, TrackingId="t1")
    alice.hears("SC_CHAT_TYPING", None, ChatId=chat, IsTyping=True)
    alice.says("CS_CHAT_TYPING", 2, ChatId=chat)
    web.hears("SE_CHAT_TYPING", None, TrackingId="t1", IsTyping=True)
    assert play.facts[before:] == []
    play.wait(8)  # who was told lets it expire


def test_what_was_not_confirmed_is_not_pushed_again(play: Playbook) -> None:
    """W-25: both sides come back and hear nothing unasked; the snapshot has it unconfirmed."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    say(web, alice, "v", 1)
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Hello")
    alice.hears("SC_CHAT_SENTENCE")
    web.hears("SE_CHAT_SENTENCE")
    web.leaves()
    alice.leaves()
    web, alice = play.connector("web"), play.agent("alice", "101", None)
    play.silent()
    for seen in (whole(web, TrackingId="t1"), whole(alice, ChatId=chat)):
        assert [s["ID"] for s in seen["Sentences"]] == ["v", "a"]
        assert not any("ConfirmedTime" in s for s in seen["Sentences"])


def test_a_resync_lists_the_open_chats_of_the_peer(play: Playbook) -> None:
    """W-25, I-15: not the closed ones, not those of others, and without sentences."""
    web, im, alice = play.connector("web"), play.connector("im"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    say(web, alice, "v", 1)
    start(im, "t9", "Waiting", "Alerting")
    other = alice.hears("SC_CHAT_ALERT")["ChatId"]
    start(web, "t2", "Waiting", ExtResponse="expert")
    start(web, "t3", "Waiting")
    web.says("ES_CHAT_STOP", TrackingId="t3")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    web.says("ES_CHAT_RESYNC")
    listed = web.hears("SE_CHAT_LIST")["items"]
    assert [c["TrackingId"] for c in listed] == ["t1", "t2"]
    alice.says("CS_CHAT_RESYNC")
    held = alice.hears("SC_CHAT_LIST")["items"]
    assert [c["ChatId"] for c in held] == [chat, other]
    assert not any("Sentences" in c for c in listed + held)


def test_sentences_come_with_the_answers_that_name_them_and_with_nothing_else() -> None:
    """W-25: five answers have `Sentences`; no push, no alert, no list and no other answer."""
    play = Playbook()
    web, alice = play.connector("web"), play.agent("alice", "101")
    asked: dict[int, str] = {}

    def ask(client: Client, type_: str, named: str = "", **members: Any) -> None:
        asked[len(asked)] = named or type_
        client.says(type_, len(asked) - 1, **members)

    ask(web, "ES_CHAT_START", TrackingId="t1")
    chat = web.heard[0][1]["ChatId"]
    ask(web, "ES_CHAT_START", TrackingId="t1")
    ask(web, "ES_CHAT_SENTENCE", TrackingId="t1", ID="v", Text="Hello")
    ask(alice, "CS_CHAT_HANGUP", "a rejection", ChatId=chat)
    play.wait(5)
    ask(alice, "CS_CHAT_ANSWER", ChatId=chat)
    ask(alice, "CS_CHAT_STATUS", ChatId=chat)
    ask(alice, "CS_CHAT_RESYNC")
    ask(web, "ES_CHAT_STATUS", TrackingId="t1")
    ask(web, "ES_CHAT_RESYNC")
    ask(alice, "CS_CHAT_HANGUP", ChatId=chat)
    ask(web, "ES_CHAT_START", TrackingId="t1")
    ask(web, "ES_CHAT_STOP", TrackingId="t1")
    ask(web, "ES_CHAT_STOP", TrackingId="t1")
    ask(web, "ES_CHAT_STATUS", TrackingId="t1")
    seen: set[str] = set()
    for _type, payload, re, _ in (*web.heard, *alice.heard):
        request = asked[re] if isinstance(re, int) else ""
        items = payload if isinstance(payload, list | tuple) else (payload,)
        has = any("Sentences" in item for item in items)
        assert has is (request in WITH_SENTENCES), (request, payload)
        seen.add(request)
    assert seen >= WITH_SENTENCES | {
        "",
        "a rejection",
        "ES_CHAT_STOP",
        "ES_CHAT_RESYNC",
        "CS_CHAT_RESYNC",
    }


def fold(view: View, client: Client) -> None:
    """Show a client's view all that it heard."""
    while client.heard:
        type_, _wire, re, payload = client.heard.popleft()
        view.fold(Frame(type_, payload, {"Re": re} if re is not None else None))


def test_a_snapshot_and_the_pushes_since_are_a_new_snapshot(play: Playbook) -> None:
    """W-25, I-9: for both roles, over sentences, confirmations, slots, a loss and a new owner."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    bob = play.agent("bob", "102")
    sides = {
        "web": (View(Role.CONNECTOR), web, "ES_CHAT_STATUS", {"TrackingId": "t1"}),
        "alice": (View(Role.WORKPLACE), alice, "CS_CHAT_STATUS", {"ChatId": chat}),
    }

    def compare(*names: str) -> None:
        for name in names:
            view, client, question, named = sides[name]
            fold(view, client)
            folded = comparable(view)
            fresh = View(view.role)
            client.says(question, **named)
            fold(fresh, client)
            assert folded, name
            assert folded == comparable(fresh), name
            assert all(chat.complete for chat in view.chats.values())

    for view, client, question, named in sides.values():
        client.says(question, **named)
        fold(view, client)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="v", Text="Hello")
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="Hi")
    compare("web", "alice")
    alice.says("CS_CHAT_CONFIRM", ChatId=chat, ID="v")
    web.says("ES_CHAT_CONFIRM", TrackingId="t1", ID="a")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="n", Text="/shop", Model=6)
    compare("web", "alice")
    play.wait(540)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="w", Text="I am here")
    compare("web", "alice")
    alice.leaves()
    play.wait(59)
    compare("web")
    play.wait(1)
    compare("web")
    sides["bob"] = (View(Role.WORKPLACE), bob, "CS_CHAT_STATUS", {"ChatId": chat})
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", ID="x", Text="Hello again")
    compare("web", "bob")


REFUSED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("web", "BadPayload", {"ID": "x", "Text": "x", "Model": 5}),
    ("web", "KeyReused", {"ID": "v", "Text": "other"}),
    ("web", "UnknownChat", {"ID": "x", "Text": "x", "TrackingId": "other"}),
    ("web", "NotAllowed", {"ID": "x", "Text": "x", "Peer": "im"}),
    ("alice", "BadPayload", {"ID": "x", "Text": "x", "Model": -1}),
    ("alice", "NotAllowed", {"ID": "x", "Text": "x", "Peer": "102"}),
    ("bob", "UnknownChat", {"ID": "x", "Text": "x"}),
)


@pytest.mark.parametrize(("who", "code", "members"), REFUSED)
def test_a_refused_sentence_leaves_no_trace(
    play: Playbook, who: str, code: str, members: dict[str, Any]
) -> None:
    """W-14, W-27: the state is the one before, and only the sender hears of it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    clients = {"web": web, "alice": alice, "bob": play.agent("bob", "102")}
    say(web, alice, "v", 1)
    before, facts = durable(play.state), len(play.facts)
    type_ = "ES_CHAT_SENTENCE" if who == "web" else "CS_CHAT_SENTENCE"
    named = {"TrackingId": "t1"} if who == "web" else {"ChatId": chat}
    clients[who].says(type_, 4, **{**named, **members})
    clients[who].refused(code, 4)
    assert durable(play.state) == before
    assert play.facts[facts:] == []


WITHOUT_ALICE = CONFIG.replace('login = "alice"', 'login = "anna"').replace("Alice Novak", "Anna")
WITHOUT_WEB = CONFIG.replace('name = "Web chat"', 'name = "New"').replace('"web"', '"new"')


def test_a_removed_agent_gets_no_new_chats_and_ends_their_own(play: Playbook) -> None:
    """C-4: no session and no chat is closed for it."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    play.reload(WITHOUT_ALICE)
    assert play.dismissed == []
    start(web, "t2", "Waiting")
    say(web, alice, "v", 1)
    alice.says("CS_CHAT_SENTENCE", ChatId=chat, ID="a", Text="I am still here")
    alice.hears("SC_CHAT_SENTENCE", Counter=2)
    web.hears("SE_CHAT_SENTENCE", Counter=2)
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed", CloseReason="Agent")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    play.silent()


def test_a_removed_gateway_takes_no_new_chats_and_ends_its_own(play: Playbook) -> None:
    """C-4: neither a start nor a reopening; what is open goes on and ends as usual."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    start(web, "t2", "Waiting", "Alerting")
    alice.hears("SC_CHAT_ALERT")
    play.reload(WITHOUT_WEB)
    web.says("ES_CHAT_START", 1, TrackingId="t3")
    web.refused("UnknownGateway", 1)
    say(web, alice, "v", 1)
    alice.says("CS_CHAT_HANGUP", ChatId=chat)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    web.says("ES_CHAT_START", 2, TrackingId="t1")
    web.refused("UnknownGateway", 2)
    web.says("ES_CHAT_STOP", 3, TrackingId="t2")
    web.hears("SE_CHAT_STATUS", 3, Status="Closed", CloseReason="External")
    alice.hears("SC_CHAT_ALERT_END")


def restart_with(play: Playbook, config: str) -> None:
    """The process ends and starts again with another file."""
    play.config = loads(config, path="play.toml").config
    play.restart()


def test_a_restart_without_the_gateway_ends_its_chats(play: Playbook) -> None:
    """B-8, B-12: there is nobody left to serve them: closed with `Admin`, in the store as well."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    restart_with(play, WITHOUT_WEB)
    ends = [f for f in play.facts if isinstance(f, ChatMoved) and f.chat == chat and f.close_reason]
    assert [end.close_reason for end in ends] == ["Admin"]
    alice = play.agent("alice", "101", None)
    alice.says("CS_CHAT_RESYNC")
    assert alice.hears("SC_CHAT_LIST")["items"] == []


def test_a_restart_without_the_agent_gives_their_chats_to_others(play: Playbook) -> None:
    """B-11, B-12: nobody waits for an agent who is not there any more; the visitor has the note."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, "t1")
    restart_with(play, WITHOUT_ALICE)
    bob = play.agent("bob", "102")
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    bob.says("CS_CHAT_ANSWER", ChatId=chat)
    shown = bob.hears("SC_CHAT_STATUS", Status="Answered")
    assert [s["Model"] for s in shown["Sentences"]] == [2]
