"""Names that this side gives to messages that go out."""

from __future__ import annotations

from broker.config.message_gateways import MessageGateway
from broker.config.model import Config
from protocol.limits import text_length
from protocol.values import Channel, Guid

_LONGEST = text_length("MessageContentInfo", "DeliverySystemId")


def proposed_name(config: Config, gateway: MessageGateway, message: Guid) -> str:
    """The DeliverySystemId that a message keeps over all attempts, unless its connector has another (B-52).

    Of an e-mail it has the shape of a Message-ID, so that it can be one.
    """
    if gateway.channel is not Channel.EMAIL:
        return message
    node = "".join(
        c if c.isascii() and (c.isalnum() or c in ".-") else "-" for c in config.server.node
    )
    return f"<{message}@{node}.parley>"[:_LONGEST] if len(node) < 30 else f"<{message}@parley>"
