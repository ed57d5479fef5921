"""Chats that this side begins, by an agent or by a program outside (B-2)."""

from sqlalchemy import select

from broker.core.facts import ChatMoved, ChatStarted
from broker.store import schema
from tests.support.agents_at_work import (
    FLOOR,
    agent_of,
    chat_of,
    configured,
    presence_of,
    started,
    talking,
    visitor_writes,
    writes,
)
from tests.support.playbook import Client, Playbook

pytestmark = configured(FLOOR)

KEY = "c0ffee00-0000-4000-a000-000000000001"
ORDER = [{"Name": "order", "Value": "4711"}, {"Name": "vip", "Value": "yes"}]


def opens(agent: Client, **members: object) -> str:
    """An agent begins a chat, which is theirs at once."""
    says = {"Peer": "web", "RemoteAddress": "+420 1", "ReturnChatId": KEY, **members}
    agent.says("CS_CHAT_OPEN", 1, **says)
    told = agent.hears("SC_CHAT_STATUS", 1, Status="Answered", Sentences=[], Info=...)
    return str(told["ChatId"])


def binds(web: Client, chat: str, tracking: str = "t1", **members: object) -> None:
    """The connector has reached the visitor."""
    web.says("ES_CHAT_START", 5, TrackingId=tracking, ReturnChatId=chat, **members)


def names(play: Playbook) -> list[str]:
    """By which names the store has chats."""
    query = select(schema.chats.c.id).order_by(schema.chats.c.no)
    with play.store._connection.begin():
        return [str(name) for (name,) in play.store._connection.execute(query)]


def test_an_agent_begins_a_chat(play: Playbook) -> None:
    """B-2, B-22: they hold a slot, the connector is told, its start binds; then all is as ever."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = opens(alice, PartyName="Vera", Variables=ORDER)
    asked = web.hears("SE_CHAT_OUTBOUND", ReturnChatId=chat, RemoteAddress="+420 1")
    assert (asked["PartyName"], asked["Variables"]) == ("Vera", ORDER)
    assert chat != KEY  # the key is the client's, and names nothing
    assert (chat_of(play, chat).agent, presence_of(play, "alice").load) == (
        presence_of(play, "alice").agent,
        1,
    )
    play.check_store()
    binds(web, chat)
    told = web.hears("SE_CHAT_STATUS", 5, Status="Answered", AgentName="Alice", ChatId=chat)
    assert (told["TrackingId"], told["Sentences"]) == ("t1", [])
    alice.hears("SC_CHAT_STATUS", Status="Answered")
    visitor_writes(web, "v", "Who is it?", alice)
    alice.says("CS_CHAT_STATUS", 2, ChatId=chat)
    info = alice.hears("SC_CHAT_STATUS", 2)["Info"]
    assert (info["RemotePartyName"], info["Variables"]) == ("Vera", ORDER)
    play.check_store()


def test_what_they_write_before_waits_for_the_connector(play: Playbook) -> None:
    """B-2, W-22: it is in the answer that binds; until then no connector hears of the chat."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = opens(alice)
    web.hears("SE_CHAT_OUTBOUND")
    writes(alice, chat, "a", "Good morning")
    alice.says("CS_CHAT_TYPING", ChatId=chat, IsTyping=True)
    web.says("ES_CHAT_RESYNC", 2)
    assert web.hears("SE_CHAT_LIST", 2)["items"] == []
    web.says("ES_CHAT_STATUS", 3, TrackingId=chat)
    web.refused("UnknownChat", 3)
    binds(web, chat)
    (sentence,) = web.hears("SE_CHAT_STATUS", 5)["Sentences"]
    assert (sentence["Text"], sentence["Counter"]) == ("Good morning", 1)
    alice.hears("SC_CHAT_STATUS")


def test_a_program_outside_begins_a_chat(play: Playbook) -> None:
    """B-2: it waits for a connector, then the project rules run, and it is offered."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    other = play.connector("web")
    web.says("ES_CHAT_OPEN", 1, RemoteAddress="+420 1", ReturnChatId=KEY, Variables=ORDER)
    chat = web.hears("SE_CHAT_OUTBOUND", 1)["ReturnChatId"]
    other.hears("SE_CHAT_OUTBOUND", ReturnChatId=chat)
    alice.silent()
    binds(other, chat)
    other.hears("SE_CHAT_STATUS", 5, Status="Pilot", Sentences=[])
    web.hears("SE_CHAT_STATUS", Status="Pilot", TrackingId="t1", Sentences=None)
    assert alice.hears("SC_CHAT_ALERT")["Info"]["Variables"] == ORDER
    for client in (web, other):
        client.hears("SE_CHAT_STATUS", Status="Waiting")
        client.hears("SE_CHAT_STATUS", Status="Alerting")


def test_a_retry_makes_no_second_chat_and_no_second_call(play: Playbook) -> None:
    """B-2, I-2: only who asks again is answered again, bound or not, and after the end too."""
    web, alice = play.connector("web"), play.agent("alice", "101", "Pause")
    other = play.connector("web")
    asks = {"RemoteAddress": "+420 1", "ReturnChatId": KEY}
    web.says("ES_CHAT_OPEN", 1, **asks)
    chat = str(web.hears("SE_CHAT_OUTBOUND", 1)["ReturnChatId"])
    other.hears("SE_CHAT_OUTBOUND")
    for step in range(3):
        web.says("ES_CHAT_OPEN", 2, **asks)
        web.hears("SE_CHAT_OUTBOUND", 2, ReturnChatId=chat)
        other.silent()
        if step == 0:
            binds(web, chat)
            web.hears("SE_CHAT_STATUS", 5)
            other.hears("SE_CHAT_STATUS")
            for client in (web, other):
                client.hears("SE_CHAT_STATUS", Status="Waiting")
        elif step == 1:
            web.says("ES_CHAT_STOP", TrackingId="t1")
            web.hears("SE_CHAT_STATUS", Status="Closed")
            other.hears("SE_CHAT_STATUS", Status="Closed")
    assert len([f for f in play.facts if isinstance(f, ChatStarted)]) == 1
    alice.silent()


def test_an_agents_retry_finds_their_chat(play: Playbook) -> None:
    """B-2, I-2: over a restart, bound or not, and when it is closed it is shown as closed."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = opens(alice)
    assert opens(alice) == chat
    web.hears("SE_CHAT_OUTBOUND")
    play.restart()
    play.check_store()
    web, alice = play.connector("web"), play.agent("alice", "101", None)
    web.hears("SE_CHAT_OUTBOUND")
    assert opens(alice) == chat
    binds(web, chat)
    web.hears("SE_CHAT_STATUS", 5)
    alice.hears("SC_CHAT_STATUS")
    assert opens(alice) == chat
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS")
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    alice.says("CS_CHAT_OPEN", 1, Peer="web", RemoteAddress="+420 1", ReturnChatId=KEY)
    alice.hears("SC_CHAT_STATUS", 1, Status="Closed", CloseReason="External")
    assert names(play) == [chat]


def test_a_key_is_of_one_chat(play: Playbook) -> None:
    """W-14: for another visitor, and by another agent, it is refused."""
    web, alice, bob = play.connector("web"), play.agent("alice", "101"), play.agent("bob", "102")
    opens(alice)
    web.hears("SE_CHAT_OUTBOUND")
    members = {"Peer": "web", "RemoteAddress": "+420 1", "ReturnChatId": KEY}
    bob.says("CS_CHAT_OPEN", 2, **members)
    bob.refused("KeyReused", 2)
    members["RemoteAddress"] = "+420 2"
    alice.says("CS_CHAT_OPEN", 3, **members)
    alice.refused("KeyReused", 3)
    web.says("ES_CHAT_OPEN", 4, **members)
    web.refused("KeyReused", 4)


def test_a_key_names_nothing(play: Playbook) -> None:
    """I-15: the Guid of any chat, a TrackingId, or a key at another gateway make a new chat."""
    web, alice, chat = talking(play)
    im = play.connector("im")
    im.says("ES_CHAT_OPEN", 1, RemoteAddress="x", ReturnChatId=chat)
    first = im.hears("SE_CHAT_OUTBOUND", 1)["ReturnChatId"]
    web.says("ES_CHAT_OPEN", 2, RemoteAddress="x", ReturnChatId=chat)
    second = web.hears("SE_CHAT_OUTBOUND", 2)["ReturnChatId"]
    alice.says("CS_CHAT_OPEN", 3, Peer="web", RemoteAddress="x", ReturnChatId=second)
    third = alice.hears("SC_CHAT_STATUS", 3)["ChatId"]
    web.hears("SE_CHAT_OUTBOUND", ReturnChatId=third)
    assert len({chat, first, second, third}) == 4


def test_a_new_session_of_the_gateway_is_told_again(play: Playbook) -> None:
    """B-2: until somebody has bound it; other gateways are not told."""
    alice = play.agent("alice", "101")
    chat = opens(alice)
    web, im = play.connector("web"), play.connector("im")
    web.hears("SE_CHAT_OUTBOUND", None, ReturnChatId=chat)
    im.silent()
    web.leaves()
    web = play.connector("web")
    web.hears("SE_CHAT_OUTBOUND")
    binds(web, chat)
    web.hears("SE_CHAT_STATUS", 5)
    alice.hears("SC_CHAT_STATUS")
    play.connector("web").silent()


def test_nobody_binds_it(play: Playbook) -> None:
    """B-2, B-8, B-13: after outbound_timeout it is closed, reason Rule, cause unbound.

    A restart shortly before gives who may bind it a minute more.
    """
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = opens(alice)
    web.hears("SE_CHAT_OUTBOUND")
    web.says("ES_CHAT_OPEN", 2, RemoteAddress="+420 2")
    second = web.hears("SE_CHAT_OUTBOUND", 2)["ReturnChatId"]
    play.wait(119)
    play.restart()
    play.check_store()
    alice = play.agent("alice", "101", None)
    play.wait(59.9)
    alice.silent()
    play.wait(0.1)
    alice.hears("SC_CHAT_STATUS", ChatId=chat, Status="Closed", CloseReason="Rule")
    causes = [(f.chat, f.cause) for f in play.facts if isinstance(f, ChatMoved)]
    assert sorted(causes[-2:]) == sorted([(chat, "unbound"), (second, "unbound")])
    web = play.connector("web")
    binds(web, chat)
    web.refused("ChatClosed", 5)


def test_a_start_that_binds_nothing_is_refused(play: Playbook) -> None:
    """B-2, W-14."""
    web, alice, chat = talking(play)
    key = opens(alice)
    web.hears("SE_CHAT_OUTBOUND")
    binds(web, agent_of(play, "bob"), "t2")
    web.refused("UnknownChat", 5)
    binds(web, chat, "t2")
    web.refused("UnknownChat", 5)
    binds(web, key, "t1")
    web.refused("WrongState", 5)
    im = play.connector("im")
    binds(im, key, "t2")
    im.refused("UnknownChat", 5)
    binds(web, key, "t2")
    web.hears("SE_CHAT_STATUS", 5)
    alice.hears("SC_CHAT_STATUS")
    binds(web, key, "t2")  # asked twice
    web.hears("SE_CHAT_STATUS", 5, Status="Answered", Sentences=[])
    binds(web, key, "t3")
    web.refused("WrongState", 5)


def test_an_unbound_chat_shares_its_name_with_nobody(play: Playbook) -> None:
    """I-15: one that names it and does not bind it is refused, and nothing breaks."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = opens(alice)
    web.hears("SE_CHAT_OUTBOUND")
    web.says("ES_CHAT_START", 1, TrackingId=chat)
    web.refused("WrongState", 1)
    second = opens(alice, ReturnChatId=KEY.replace("1", "2"))
    web.hears("SE_CHAT_OUTBOUND")
    binds(web, second, chat)
    web.refused("WrongState", 5)
    binds(web, second, second)
    web.hears("SE_CHAT_STATUS", 5, TrackingId=second)
    alice.hears("SC_CHAT_STATUS")


def test_a_key_whose_chat_is_forgotten_makes_a_new_one(play: Playbook) -> None:
    """W-21, I-15: as a TrackingId does; the store has both."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    first = opens(alice)
    web.hears("SE_CHAT_OUTBOUND")
    play.wait(120)
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    play.wait(3_601)
    assert play.state.chats == {}
    second = opens(alice)
    web.hears("SE_CHAT_OUTBOUND")
    assert names(play) == [first, second]
    play.check_store()


def test_its_agent_is_lost_before_it_is_bound(play: Playbook) -> None:
    """B-11, I-7: another agent gets it, and it can still be bound."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = opens(alice)
    web.hears("SE_CHAT_OUTBOUND")
    bob = play.agent("bob", "102")
    alice.leaves()
    play.wait(60)
    bob.hears("SC_CHAT_ALERT", ChatId=chat)
    binds(web, chat)
    web.hears("SE_CHAT_STATUS", 5, Status="Alerting")
    bob.hears("SC_CHAT_STATUS", Status="Alerting")


def test_its_agent_is_lost_and_it_is_of_no_project(play: Playbook) -> None:
    """B-3, B-11, I-7: nobody could ever get it, so it ends as one that no rule wants."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = opens(alice, ExtResponse="nobody's")
    web.hears("SE_CHAT_OUTBOUND")
    assert chat_of(play, chat).routing.project is None
    alice.says("CS_CHAT_RETURN", 2, ChatId=chat)
    alice.refused("WrongState", 2)
    binds(web, chat)
    web.hears("SE_CHAT_STATUS", 5)
    alice.hears("SC_CHAT_STATUS")
    alice.leaves()
    play.wait(60)
    web.hears("SE_CHAT_STATUS", Status="Closed", CloseReason="Rule")


def test_an_agent_who_cannot_take_a_chat_begins_none(play: Playbook) -> None:
    """B-22, B-28, W-14."""
    web, bob = play.connector("web"), play.agent("bob", "102")

    def says(code: str, **members: object) -> None:
        bob.says("CS_CHAT_OPEN", 9, **{"Peer": "web", "RemoteAddress": "x", **members})
        bob.refused(code, 9)

    says("UnknownGateway", Peer="nowhere")
    says("BadPayload", ResultModel={"ScenarioId": next(iter(play.config.scenarios))})
    says("BadPayload", Variables=[{"Name": "a"}, {"Name": "a"}])
    says("BadPayload", Variables=[{"Value": "a"}])
    says("TooLong", Variables=[{"Name": str(n)} for n in range(33)])
    bob.says("CS_AGENT_STATE", State="Pause")  # in a pause they may
    bob.hears("SC_AGENT_STATE")
    opens(bob)
    web.hears("SE_CHAT_OUTBOUND")
    says("WrongState")
    bob.says("CS_AGENT_STATE", State="LogOff")
    bob.hears("SC_AGENT_STATE", NextState="LogOff")
    says("WrongState", ReturnChatId=KEY.replace("1", "2"))


def test_a_program_opens_on_its_own_gateways_only(play: Playbook) -> None:
    """I-15, W-14."""
    web = play.connector("web")
    web.says("ES_CHAT_OPEN", 1, Peer="im", RemoteAddress="x")
    web.refused("NotAllowed", 1)
    web.says("ES_CHAT_OPEN", 2, Peer="nowhere", RemoteAddress="x")
    web.refused("UnknownGateway", 2)


def test_variables_come_with_an_ordinary_start_too(play: Playbook) -> None:
    """B-2: a web page may say what it knows; the first start counts."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    started(web, "Waiting", "Alerting", Variables=ORDER)
    assert alice.hears("SC_CHAT_ALERT")["Info"]["Variables"] == ORDER
    web.says("ES_CHAT_START", TrackingId="t1", Variables=[])
    web.hears("SE_CHAT_STATUS", Status="Alerting")
    assert len(next(iter(play.state.chats.values())).visitor.variables) == 2


def test_a_start_for_a_chat_of_the_past_is_refused(play: Playbook) -> None:
    """B-2, I-8: its name is a later chat's by now, and an answer would be taken for that one's."""
    web, alice = play.connector("web"), play.agent("alice", "101", "Ready")
    chat = opens(alice)
    binds(web, chat)
    alice.says("CS_CHAT_HANGUP", 2, ChatId=chat)
    web.heard.clear()
    binds(web, chat)
    web.hears("SE_CHAT_STATUS", 5, ChatId=chat, Status="Closed")
    play.wait(2 * 3600)
    web.says("ES_CHAT_START", 3, TrackingId="t1")
    assert web.hears("SE_CHAT_STATUS", 3, Status="Pilot")["ChatId"] != chat
    web.heard.clear()
    binds(web, chat)
    assert web.refused("UnknownChat", 5) == "ReturnChatId: no such outbound chat"
    alice.heard.clear()
