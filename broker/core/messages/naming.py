"""Names of messages: those that this side gives to what goes out, and at which gateways one is looked for."""

from __future__ import annotations

from broker.config.message_gateways import MessageGateway
from broker.config.model import Config
from broker.core.message_state import MessagesState
from protocol.limits import text_length
from protocol.values import Channel, Guid

_LONGEST = text_length("MessageContentInfo", "DeliverySystemId")


def gateways_of_pair(state: MessagesState, gateway: MessageGateway) -> dict[Guid, None]:
    """The gateways at which the names of a pair are known (B-50, B-55, B-56).

    One that has another name now is another gateway, and of the same pair: what went by it is answered too.
    """
    found = dict.fromkeys(one.id for one in state.config.pair_of(gateway))
    found.update(state.messages.former.get(gateway.pair, {}))
    return found


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
