"""B-52, B-53, I-12, I-14: to whom messages are handed over, how many at once, and when not."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from broker.config.model import SECOND
from broker.core.broker import step
from broker.core.inputs import Reloaded, Stamp
from broker.core.messages.laws import overloaded_gateways
from tests.support.mail import MAIL_CONFIG, gateway
from tests.support.mail_out import answers, asks, carrier, delivery_of, handed, writes
from tests.support.playbook import Client, Playbook


def with_gateway(**members: Any) -> str:
    """The configuration with more said of the mail gateway."""
    said = "".join(f"{name} = {value}\n" for name, value in members.items())
    return MAIL_CONFIG.replace('name = "Mail"\n', f'name = "Mail"\n{said}', 1)


@pytest.fixture
def play() -> Playbook:
    return Playbook(MAIL_CONFIG)


def waiting(agent: Client, count: int, **members: Any) -> list[str]:
    """Messages that wait, since nobody is connected; all in the conversation of the first."""
    first = writes(agent, "s0", **members)
    more = {"ConversationId": first["ConversationId"], **members}
    rest = [writes(agent, f"s{n}", **more) for n in range(1, count)]
    return [first["MessageId"], *(one["MessageId"] for one in rest)]


def heard(connector: Client) -> list[str]:
    """The messages that a connector was handed, in their order."""
    told = [said["MessageId"] for type_, said, _, _ in connector.heard if type_.endswith("SENDING")]
    connector.heard.clear()
    return told


def test_a_message_goes_to_a_connector_with_everything(play: Playbook) -> None:
    """B-52: its bodies too, which only the store has."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice, ToField="Eva", FromField="Shop", BodyHtml="<p>They fit.</p>")
    message = handed(mail, alice)
    assert message["MessageId"] == status["MessageId"]
    assert message["DeliverySystemId"] == f"<{status['MessageId']}@node-1.parley>"
    expected = {
        "GatewayId": gateway("Mail"),
        "RequestId": "k1",
        "RemoteAddress": "eva@example.org",
        "ToField": "Eva",
        "FromField": "Shop",
        "SubjectField": "Boots",
        "BodyHtml": "<p>They fit.</p>",
        "BodyText": "They fit.",
        "Direction": "O",
        "AgentName": "Alice",
    }
    assert {name: message[name] for name in expected} == expected
    assert message["ReceivedSentTime"] is not None
    assert message.get("Status") is None
    delivery = delivery_of(play, status)
    assert (delivery.attempt, delivery.until) == (1, play.wall + 90 * SECOND)
    play.check_store()


def test_it_waits_for_a_connector_that_asks_and_counts_no_attempt(play: Playbook) -> None:
    """B-53: one that has not asked for its gateways does not know yet how to send."""
    alice = play.agent("alice", "101")
    status = writes(alice)
    play.wait(3600)
    mail, texts = play.connector("mail"), carrier(play, "sms")
    assert delivery_of(play, status).attempt == 0
    asks(mail)
    assert handed(mail, alice)["MessageId"] == status["MessageId"]
    assert delivery_of(play, status).attempt == 1
    texts.silent()


def test_no_more_than_in_flight_are_under_way() -> None:
    """B-53, I-14: the next one goes when one has ended, in the order in which they came."""
    play = Playbook(with_gateway(in_flight=2))
    first, second, third, fourth = waiting(play.agent("alice", "101"), 4)
    mail = carrier(play)
    assert heard(mail) == [first, second]
    answers(mail, second)
    assert heard(mail) == [third]
    answers(mail, first, "permanent: no such address")
    assert heard(mail) == [fourth]


def test_sessions_have_the_same_number_each(play: Playbook) -> None:
    """B-53: whoever has the fewest is next, and among equals each in its turn."""
    alice = play.agent("alice", "101")
    connectors = [carrier(play) for _ in range(3)]
    first = writes(alice)
    talk = first["ConversationId"]
    more = []
    for number in range(8):
        alice.heard.clear()
        more.append(writes(alice, f"m{number}", ConversationId=talk))
    took = [heard(each) for each in connectors]
    assert [len(each) for each in took] == [3, 3, 3]
    assert {one["MessageId"] for one in (first, *more)} == {one for each in took for one in each}
    for connector, messages in zip(connectors, took, strict=True):
        for message in messages:
            answers(connector, message)
    alice.heard.clear()
    # Now nobody has any: the three next ones go to three.
    for number in range(3):
        message = writes(alice, f"n{number}", ConversationId=talk)["MessageId"]
        (taker,) = [each for each in connectors if each.heard]
        assert heard(taker) == [message]
        answers(taker, message)
        alice.heard.clear()
        connectors.remove(taker)


def test_a_session_is_not_drowned_by_long_messages() -> None:
    """I-14: it has as many bytes of them as its outbox holds besides everything else."""
    play = Playbook(MAIL_CONFIG + "[limits]\noutbox_bytes = 4300000\n")
    messages = waiting(play.agent("alice", "101"), 4, BodyText="x" * 400_000)
    mail = carrier(play)
    assert heard(mail) == messages[:2]
    other = carrier(play)
    assert heard(other) == messages[2:]


def test_a_session_that_ends_keeps_the_attempt_open(play: Playbook) -> None:
    """I-12, B-53: nobody else gets the message before its time is over."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    mail.leaves()
    again = carrier(play)
    play.wait(89)
    again.silent()
    play.wait(1)
    alice.hears("SC_MESSAGE_STATUS", Status="Retry", Attempt=1, Error=None)
    play.wait(33.1)
    assert handed(again, alice)["MessageId"] == status["MessageId"]
    assert delivery_of(play, status).attempt == 2


def test_after_a_restart_it_waits_out_its_time(play: Playbook) -> None:
    """B-53: whoever has it may answer meanwhile, over any connection."""
    mail, alice = carrier(play), play.agent("alice", "101")
    status = writes(alice)
    handed(mail, alice)
    play.wait(10)
    play.restart()
    again = carrier(play)
    again.silent()
    answers(again, status["MessageId"])
    assert delivery_of(play, status).status.value == "Sent"
    play.check_store()


def test_a_gateway_that_is_gone_keeps_its_messages(play: Playbook) -> None:
    """C-4: they go when it is back."""
    alice = play.agent("alice", "101")
    status = writes(alice)
    without = MAIL_CONFIG.replace('name = "Mail"\npeer = "mail"', 'name = "Post"\npeer = "post"', 1)
    play.reload(without.replace('gateway = "Mail"', 'gateway = "Post"'))
    mail = carrier(play)
    mail.silent()
    assert delivery_of(play, status).status.value == "Queued"
    play.reload(MAIL_CONFIG)
    assert heard(mail) == [status["MessageId"]]


def test_a_gateway_that_is_not_configured_any_more_is_settled(play: Playbook) -> None:
    """B-53: the restarted broker knows it no more; nothing is lost, and nothing turns without end."""
    status = writes(play.agent("alice", "101"))
    config = evolve(play.config, message_gateways={})
    stamp = Stamp(play.wall, 1_000, b"other", play.now)
    step(play.state, stamp, Reloaded(config))
    assert not play.state.messages.to_send
    assert delivery_of(play, status).status.value == "Queued"


def test_a_smaller_bound_after_a_reload_ends_nothing() -> None:
    """C-4, B-53."""
    play = Playbook(with_gateway(in_flight=2))
    alice = play.agent("alice", "101")
    messages = waiting(alice, 3)
    mail = carrier(play)
    heard(mail)
    gateways = dict(play.config.message_gateways)
    gateways[gateway("Mail")] = evolve(gateways[gateway("Mail")], in_flight=1)
    narrow = evolve(play.config, message_gateways=gateways)
    step(play.state, Stamp(play.wall, 1_000, b"other", play.now), Reloaded(narrow))
    assert overloaded_gateways(play.state) == [
        f"I-14: gateway {gateway('Mail')} has 2 messages under way"
    ]
    answers(mail, messages[0])
    mail.silent()
    answers(mail, messages[1])
    assert heard(mail) == messages[2:]
