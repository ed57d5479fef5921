"""Messages on their way out, in a script: an agent writes them, a connector is handed them."""

from __future__ import annotations

from typing import Any, Final

from broker.core.message_state import Conversation, Delivery, Message
from tests.support.mail import MAIL_CONFIG, gateway
from tests.support.playbook import Client, Playbook
from tests.support.registers import ask

SUPERVISED: Final = (
    MAIL_CONFIG
    + """
[[workplaces]]
number = "103"
[[agents]]
name = "Sue"
login = "sue"
token = "sue-secret"
role = "supervisor"
"""
)


def carrier(play: Playbook, peer: str = "mail") -> Client:
    """A connector of messages that has asked for its gateways."""
    client = play.connector(peer)
    client.base = {}
    asks(client, peer)
    return client


def asks(client: Client, peer: str = "mail") -> None:
    """Ask for the message gateways of an address: from now on the connector is handed messages."""
    ask(client, 90, peer, "ES_SL_GETGATEWAYS")
    client.hears("SE_SL_MSGGATEWAYS", 90)


def writes(agent: Client, key: str = "k1", **members: Any) -> dict[str, Any]:
    """An agent writes a message that is taken; gives its status. Without ConversationId it begins one."""
    said: dict[str, Any] = {"RequestId": key, "SubjectField": "Boots", "BodyText": "They fit."}
    if "ConversationId" not in members:
        said |= {"GatewayId": gateway("Mail"), "RemoteAddress": "eva@example.org"}
    before = len(agent.play.state.messages.conversations)
    agent.says("CS_MESSAGE_SEND", 80, **(said | members))
    status = agent.hears("SC_MESSAGE_STATUS", 80, Status="Queued", RequestId=key)
    if len(agent.play.state.messages.conversations) > before:
        agent.hears("SC_CONVERSATION_STATUS", Status="Answered", MessageCount=1)
    return status


def handed(connector: Client, agent: Client | None = None, **members: Any) -> dict[str, Any]:
    """The next message that a connector is handed; its agent sees that it is under way."""
    message = connector.hears("SE_MESSAGE_SENDING", **members)
    if agent is not None:
        agent.hears("SC_MESSAGE_STATUS", Status="Sending", MessageId=message["MessageId"])
    return message


def answers(
    connector: Client, message: str, error: str | None = None, **members: Any
) -> dict[str, Any]:
    """A connector says what became of a message; it is acknowledged."""
    connector.says("ES_MESSAGE_SENT", 70, Id=message, Data=error, **members)
    return connector.hears("SYS_ACK", 70, Type="ES_MESSAGE_SENT")


def reports(connector: Client, said: str, **members: Any) -> None:
    """A connector says what became of a message after it was sent; it is acknowledged."""
    connector.says("ES_MESSAGE_REPORT", 71, **({"RefId": gateway("Mail"), "Data": said} | members))
    connector.hears("SYS_ACK", 71, Type="ES_MESSAGE_REPORT")


def message_of(play: Playbook, status: dict[str, Any]) -> Message:
    """The message whose status was told."""
    return play.state.messages.messages[status["MessageId"]]


def delivery_of(play: Playbook, status: dict[str, Any]) -> Delivery:
    """How far it is."""
    found = message_of(play, status).delivery
    assert found is not None
    return found


def conversation_of(play: Playbook, status: dict[str, Any]) -> Conversation:
    """The conversation that it is in."""
    return play.state.messages.conversations[status["ConversationId"]]
