"""Whom a chat is with: found by address, made and named by forms (B-42)."""

from typing import Any

from broker.core.contacts.recognition import ADDRESSES_PER_CONTACT
from protocol.values import Guid
from tests.support.agents_at_work import FLOOR, answered, chat_of, configured, started, talking
from tests.support.forms_of_people import EVA, JANA, OTTO, PEOPLE, person
from tests.support.playbook import Client, Playbook

FEW = FLOOR + PEOPLE + "\n[limits]\ncontacts = 2\n"
pytestmark = configured(FLOOR + PEOPLE)


def comes(
    web: Client, play: Playbook, tracking: str, **members: Any
) -> tuple[Guid | None, str | None]:
    """A visitor comes, and goes: whom the broker takes them for."""
    chat = started(web, "Waiting", tracking=tracking, **members)
    web.says("ES_CHAT_STOP", TrackingId=tracking)
    web.hears("SE_CHAT_STATUS", Status="Closed")
    found = chat_of(play, chat)
    return found.visitor.contact, found.visitor.contact_name


def test_a_visitor_is_known_again(play: Playbook) -> None:
    """B-42: by what the chat of the form had; the agent is told."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    form = person(play, JANA, "Jana Nováková", 17)
    started(web, "Waiting", "Alerting", UserToken="u1", RemoteAddress="a1", ResultModel=form)
    info = alice.hears("SC_CHAT_ALERT")["Info"]
    assert (info["ContactId"], info["ContactName"]) == (JANA, "Jana Nováková")
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.hears("SC_CHAT_ALERT_END")
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    known = (JANA, "Jana Nováková")
    assert play.state.contacts.by_id[JANA].external_id == "17"
    assert comes(web, play, "t2", UserToken="u1") == known
    assert comes(web, play, "t3", RemoteAddress="a1") == known
    play.restart()
    web = play.connector("web")
    assert comes(web, play, "t4", UserToken="u1", RemoteAddress="elsewhere") == known
    assert comes(web, play, "t5", UserToken="u1 ") == (None, None)
    assert comes(web, play, "t6", UserToken=" ", RemoteAddress=" ") == (None, None)


def test_a_token_is_surer_than_an_address(play: Playbook) -> None:
    """B-42: several people may come from one address; who shows another token is somebody else."""
    web = play.connector("web")
    comes(
        web,
        play,
        "t1",
        UserToken="u1",
        RemoteAddress="office",
        ResultModel=person(play, JANA, "Jana"),
    )
    comes(
        web, play, "t2", UserToken="u2", RemoteAddress="home", ResultModel=person(play, EVA, "Eva")
    )
    assert comes(web, play, "t3", UserToken="u2", RemoteAddress="office") == (EVA, "Eva")
    assert comes(web, play, "t4", UserToken="u3", RemoteAddress="office") == (None, None)
    assert comes(web, play, "t5", RemoteAddress="office") == (JANA, "Jana")


def test_an_agent_says_who_it_is(play: Playbook) -> None:
    """B-42, I-9: the chat is tied to the contact at once, and another form says it better."""
    web, alice, chat = talking(play, UserToken="u1", PartyName="J.")
    for name in (None, "Jana"):
        alice.says("CS_SCENARIO_SAVE", 1, ChatId=chat, **person(play, JANA, name))
        info = alice.hears("SC_CHAT_STATUS")["Info"]
        assert (info["ContactId"], info["ContactName"]) == (JANA, name or "J.")
        alice.hears("SYS_ACK", 1)
    play.check_store()
    web.says("ES_CHAT_STOP", TrackingId="t1")
    web.hears("SE_CHAT_STATUS", Status="Closed")
    alice.hears("SC_CHAT_STATUS", Status="Closed")
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    # A form without a name keeps the one that is known.
    assert comes(web, play, "t2", UserToken="u1", ResultModel=person(play, JANA)) == (JANA, "Jana")


def test_an_address_is_one_contacts(play: Playbook) -> None:
    """B-42: the last form that names it counts; the one before is known by it no more."""
    web = play.connector("web")
    comes(web, play, "t1", UserToken="u1", ResultModel=person(play, JANA, "Jana"))
    comes(web, play, "t2", UserToken="u1", ResultModel=person(play, EVA, "Eva"))
    assert comes(web, play, "t3", UserToken="u1") == (EVA, "Eva")
    assert not play.state.contacts.by_id[JANA].addresses
    play.check_store()


def test_an_address_counts_on_its_gateway_alone(play: Playbook) -> None:
    """B-42, I-15: nobody is made known on a gateway by the connector of another one."""
    web, im = play.connector("web"), play.connector("im")
    comes(web, play, "t1", UserToken="u1", ResultModel=person(play, JANA, "Jana"))
    assert comes(im, play, "t1", UserToken="u1") == (None, None)
    form = person(play, JANA)
    assert comes(im, play, "t2", UserToken="u1", ResultModel=form) == (JANA, "Jana")
    assert comes(im, play, "t3", UserToken="u1") == (JANA, "Jana")


def test_a_form_without_a_chat_makes_a_contact_too(play: Playbook) -> None:
    """B-42: known by no address yet."""
    web = play.connector("web")
    web.says("ES_SCENARIO_SAVE", 1, **person(play, JANA, "Jana"))
    web.hears("SYS_ACK", 1)
    web.says("ES_SCENARIO_SAVE", 2, **person(play, JANA, "Jana N."))
    web.hears("SYS_ACK", 2)
    contact = play.state.contacts.by_id[JANA]
    assert (contact.name, contact.addresses) == ("Jana N.", ())
    play.check_store()


def test_a_reopened_chat_is_with_who_comes(play: Playbook) -> None:
    """B-2, B-42: a start with another token is another visitor; one that says nothing changes nothing."""
    web = play.connector("web")
    comes(web, play, "t1", UserToken="u1", ResultModel=person(play, JANA, "Jana"))
    comes(web, play, "t2", UserToken="u2", ResultModel=person(play, EVA, "Eva"))
    assert comes(web, play, "t1") == (JANA, "Jana")
    assert comes(web, play, "t1", UserToken="u2") == (EVA, "Eva")
    play.check_store()


def test_who_is_called_is_known(play: Playbook) -> None:
    """B-2, B-42: an outbound chat by the address that is called, and by what its start says."""
    web = play.connector("web")
    comes(web, play, "t1", RemoteAddress="+1", ResultModel=person(play, JANA, "Jana"))
    comes(web, play, "t2", UserToken="u2", ResultModel=person(play, EVA, "Eva"))
    alice = play.agent("alice", "101")
    for tracking, token, name in (("o1", None, "Jana"), ("o2", "u2", "Eva")):
        alice.says("CS_CHAT_OPEN", 1, Peer="web", RemoteAddress="+1")
        opened = alice.hears("SC_CHAT_STATUS", 1)
        assert opened["Info"]["ContactName"] == "Jana"
        chat = opened["ChatId"]
        web.hears("SE_CHAT_OUTBOUND", ReturnChatId=chat)
        web.says("ES_CHAT_START", 2, TrackingId=tracking, ReturnChatId=chat, UserToken=token)
        web.hears("SE_CHAT_STATUS", 2)
        assert alice.hears("SC_CHAT_STATUS")["Info"]["ContactName"] == name
    web.says("ES_CHAT_OPEN", 3, RemoteAddress="+1")
    chat = web.hears("SE_CHAT_OUTBOUND", 3)["ReturnChatId"]
    assert chat_of(play, chat).visitor.contact == JANA
    play.check_store()


def test_the_number_of_contacts_is_bounded(play: Playbook) -> None:
    """B-42, I-14: who was not seen for longest is put away, also after a restart; the row stays."""
    play.reload(FEW)
    web, im = play.connector("web"), play.connector("im")
    comes(im, play, "t1", UserToken="i1", ResultModel=person(play, OTTO, "Otto"))
    comes(web, play, "t1", UserToken="u1", ResultModel=person(play, JANA, "Jana"))
    play.wait(1)
    comes(web, play, "t2", UserToken="u2", ResultModel=person(play, EVA, "Eva"))
    play.wait(1)
    assert comes(web, play, "t3", UserToken="u1") == (JANA, "Jana")
    play.restart()
    web, im = play.connector("web"), play.connector("im")
    new = Guid("44444444-4444-4444-8444-444444444444")
    comes(web, play, "t4", UserToken="u4", ResultModel=person(play, new, "Nina"))
    assert comes(web, play, "t5", UserToken="u2") == (None, None)
    assert comes(web, play, "t6", UserToken="u1") == (JANA, "Jana")
    assert comes(im, play, "t2", UserToken="i1") == (OTTO, "Otto")
    play.check_store()
    # Named again it begins anew: what it was known by before does not come back.
    comes(web, play, "t7", UserToken="new", ResultModel=person(play, EVA, "Eva"))
    assert comes(web, play, "t8", UserToken="u2") == (None, None)
    assert comes(web, play, "t9", UserToken="new") == (EVA, "Eva")
    play.check_store()


def test_a_smaller_bound_is_reached_in_time(play: Playbook) -> None:
    """C-4, I-14: two are put away for each that is made; with 0 nobody is known any more."""
    web = play.connector("web")
    for number in range(5):
        contact = Guid(f"5555555{number}-1111-4111-8111-111111111111")
        comes(web, play, f"t{number}", UserToken=f"u{number}", ResultModel=person(play, contact))
    play.reload(FEW)
    for made, kept in ((JANA, 4), (EVA, 3), (OTTO, 2)):
        comes(web, play, made, ResultModel=person(play, made))
        assert len(play.state.contacts.by_id) == kept
    play.check_store()
    play.reload(FLOOR + PEOPLE + "\n[limits]\ncontacts = 0\n")
    assert comes(web, play, "t9", UserToken="u9", ResultModel=person(play, JANA)) == (None, None)


def test_a_contact_has_so_many_addresses(play: Playbook) -> None:
    """I-14."""
    web = play.connector("web")
    for number in range(ADDRESSES_PER_CONTACT + 3):
        form = person(play, JANA, "Jana")
        comes(web, play, f"t{number}", UserToken=f"u{number}", ResultModel=form)
    assert len(play.state.contacts.by_id[JANA].addresses) == ADDRESSES_PER_CONTACT
    play.check_store()


def test_a_name_is_as_long_as_a_name_may_be(play: Playbook) -> None:
    """W-47: longer is refused, not cut."""
    web = play.connector("web")
    web.says("ES_SCENARIO_SAVE", 1, **person(play, JANA, "x" * 161))
    assert web.refused("TooLong", 1) == "Values[0].ResultText: longer than 160"
    web.says("ES_CHAT_START", 2, TrackingId="t1", ResultModel=person(play, JANA, "x" * 161))
    assert web.refused("TooLong", 2).startswith("ResultModel.Values[0].ResultText: ")
    assert not play.state.contacts.by_id


def test_a_chat_keeps_the_name_under_which_it_is_with_somebody(play: Playbook) -> None:
    """B-42, I-9: another chat's form changes it for later chats only."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    chat = answered(web, alice, UserToken="u1", ResultModel=person(play, JANA, "Jana"))
    web.says("ES_SCENARIO_SAVE", 1, **person(play, JANA, "Jana N."))
    web.hears("SYS_ACK", 1)
    alice.says("CS_CHAT_STATUS", 2, ChatId=chat)
    assert alice.hears("SC_CHAT_STATUS", 2)["Info"]["ContactName"] == "Jana"
    alice.says("CS_AGENT_STATE", State="Pause")
    alice.hears("SC_AGENT_STATE")
    assert comes(web, play, "t2", UserToken="u1") == (JANA, "Jana N.")
