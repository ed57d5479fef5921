"""Registers are told anew to who asked for them, when a reload changes them (W-17)."""

from __future__ import annotations

import pytest

from broker.core.limits import REGISTERS_PER_SESSION
from protocol.identifiers import derive
from tests.support.playbook import CONFIG, Client, Playbook
from tests.support.registers import REGISTERS, ask

ALL = CONFIG + REGISTERS
CHANGED = ALL.replace('text = "Write to us"', 'text = "Drop us a line"')
REROUTED = ALL.replace('name = "first"\nrank = 1', 'name = "first"\nrank = 3')


@pytest.fixture
def web() -> Client:
    return Playbook(ALL).connector("web")


def texts(web: Client) -> list[str]:
    """The texts of a push."""
    return [item["DisplayName"] for item in web.hears("SE_WS_LITERALS_INFO")["items"]]


def test_literals_that_changed_are_pushed(web: Client) -> None:
    """W-17, W-15: without Re, once for each question, to nobody who did not ask."""
    play = web.play
    other = play.connector("web")
    for number, members in enumerate(({}, {"Culture": "en-GB"}, {"Culture": "cs"}, {})):
        web.says("ES_WS_LITERALS_GET", number, LiteralGroup=102, **members)
        web.hears("SE_WS_LITERALS_INFO", number)
    web.says("ES_WS_LITERALS_GET", 9, LiteralGroup=7)
    web.hears("SE_WS_LITERALS_INFO", 9)
    play.reload(CHANGED)
    assert texts(web) == ["Drop us a line"]
    assert texts(web) == ["Drop us a line", "Napište nám"]
    play.reload(CHANGED)
    web.silent()
    other.silent()
    play.reload(CONFIG)
    assert [len(texts(web)) for _ in range(4)] == [0, 0, 0, 0]


def test_routing_that_changed_is_pushed(web: Client) -> None:
    """W-17: with the address that each rule is for."""
    play, web2 = web.play, web.play.connector("web")
    im = play.connector("im")
    for client, peer in ((web, "web"), (web2, "web"), (im, "im")):
        ask(client, 1, peer)
        client.hears("SE_WS_ROUTING", 1)
    play.reload(REROUTED)
    for client in (web, web2):
        found = client.hears("SE_WS_ROUTING")["items"]
        assert [(item["Rank"], item["Peer"]) for item in found] == [(2, "web"), (3, "web")]
    im.silent()


MAIL = """
[[message_gateways]]
name = "Mail"
peer = "mail"
channel = "Email"
direction = "B"
device = '{"folder": "INBOX"}'
language = "English"
token = "s"
[[message_gateways]]
name = "SMS"
peer = "mail"
port = "2"
channel = "SMS"
direction = "I"
token = "s"
[[message_gateways]]
name = "Chat by SMS"
peer = "web"
channel = "SMS"
direction = "O"
token = "s"
"""
MAILS = CONFIG + MAIL


@pytest.fixture
def mail() -> Client:
    return Playbook(MAILS).connector("mail")


def gateways(client: Client, re: int | None = None) -> list[tuple[str, str]]:
    """Names and directions of an answer, or of a push."""
    found = client.hears("SE_SL_MSGGATEWAYS", re)["items"]
    return [(item["DisplayName"], item["Direction"]) for item in found]


def test_message_gateways_of_an_address(mail: Client) -> None:
    """W-17: one of both directions is there twice."""
    ask(mail, 1, "mail", "ES_SL_GETGATEWAYS")
    inbound, outbound, sms = mail.hears("SE_SL_MSGGATEWAYS", 1)["items"]
    assert inbound == {
        "DisplayName": "Mail",
        "PeerAddress": "mail",
        "Device": '{"folder": "INBOX"}',
        "Channel": "Email",
        "Direction": "I",
        "LanguageId": derive("language", "English"),
        "Id": derive("message_gateway", "Mail"),
    }
    assert outbound == {**inbound, "Direction": "O"}
    assert (sms["PeerPort"], sms["Channel"], sms["Direction"]) == ("2", "SMS", "I")


def test_message_gateways_only_of_who_serves_them(mail: Client) -> None:
    """W-17, I-15: one address may have chats and messages; one of chats alone has none."""
    web, im = mail.play.connector("web"), mail.play.connector("im")
    ask(web, 1, "web", "ES_SL_GETGATEWAYS")
    assert gateways(web, 1) == [("Chat by SMS", "O")]
    ask(im, 1, "im", "ES_SL_GETGATEWAYS")
    assert gateways(im, 1) == []
    for peer, code in (("web", "NotAllowed"), ("im", "NotAllowed"), ("x", "UnknownGateway")):
        ask(mail, 2, peer, "ES_SL_GETGATEWAYS")
        mail.refused(code, 2)
    ask(mail, 3, "mail")
    assert mail.hears("SE_WS_ROUTING", 3)["items"] == []


def test_message_gateways_that_changed_are_pushed(mail: Client) -> None:
    """W-17, C-4: to who asked for that address, and not for its routing."""
    play, web, other = mail.play, mail.play.connector("web"), mail.play.connector("mail")
    ask(mail, 1, "mail", "ES_SL_GETGATEWAYS")
    gateways(mail, 1)
    ask(mail, 2, "mail")
    mail.hears("SE_WS_ROUTING", 2)
    ask(web, 1, "web", "ES_SL_GETGATEWAYS")
    gateways(web, 1)
    play.reload(MAILS.replace("INBOX", "Office"))
    found = mail.hears("SE_SL_MSGGATEWAYS")["items"]
    assert [item.get("Device") for item in found] == ['{"folder": "Office"}'] * 2 + [None]
    play.reload(MAILS.replace("INBOX", "Office").replace('direction = "B"', 'direction = "I"'))
    assert gateways(mail) == [("Mail", "I"), ("SMS", "I")]
    web.silent()
    play.reload(CONFIG)
    assert gateways(mail) == gateways(web) == []
    play.reload(MAILS)
    assert gateways(mail) == [("Mail", "I"), ("Mail", "O"), ("SMS", "I")]
    assert gateways(web) == [("Chat by SMS", "O")]
    other.silent()


def test_what_was_refused_is_not_told(web: Client) -> None:
    """W-17, W-27."""
    ask(web, 1, "im")
    web.refused("NotAllowed", 1)
    web.play.reload(CONFIG)
    web.silent()


def test_who_has_gone_is_not_told(web: Client) -> None:
    """W-17: a new session asks anew."""
    ask(web, 1, "web")
    web.hears("SE_WS_ROUTING", 1)
    web.leaves()
    again = web.play.connector("web")
    web.play.reload(REROUTED)
    again.silent()


def test_the_last_questions_are_remembered(web: Client) -> None:
    """I-14: so many and no more; one that is repeated is the last again."""
    web.says("ES_WS_LITERALS_GET", LiteralGroup=102, Culture="en")
    web.says("ES_WS_LITERALS_GET", LiteralGroup=102, Culture="cs")
    for group in range(REGISTERS_PER_SESSION - 2):
        web.says("ES_WS_LITERALS_GET", LiteralGroup=1_000 + group)
    web.says("ES_WS_LITERALS_GET", LiteralGroup=102, Culture="en")
    web.says("ES_WS_LITERALS_GET", LiteralGroup=2_000)
    web.heard.clear()
    web.play.reload(CONFIG)
    assert texts(web) == []  # of the two only the English ones are remembered
    web.silent()
    (session,) = web.play.state.sessions.values()
    assert len(session.registers) == REGISTERS_PER_SESSION
