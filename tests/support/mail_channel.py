"""What tests of the channel for mail have in common: an account, a mail in, a message out."""

from __future__ import annotations

from pathlib import Path

import anyio

from connectors.channels.channel import Outgoing
from connectors.email.settings import Account
from protocol.message import GatewayInfo
from protocol.values import Guid
from tests.support.channel_host import PlayedHost
from tests.support.mails.shape import head, mail

ACCOUNT = Account(gateway="mail", address="service@example.com")
GATEWAY = GatewayInfo(
    id=Guid("6fa459ea-ee8a-3ca4-894e-db77e160355e"), peer_address="mail", display_name="Service"
)
MESSAGE = Outgoing(
    message_id=Guid("0f8fad5b-d9cb-469f-a165-70867728950e"),
    gateway=GATEWAY,
    delivery_id="out-1",
    remote_address="ann@customer.example",
    subject="Re: Question",
    text="Because.",
)


def question(number: int, **more: str) -> bytes:
    return mail(head(Message_ID=f"<{number}@customer.example>", **more), f"question {number}\n")


def names(host: PlayedHost) -> list[str]:
    return [message.delivery_id.partition("@")[0] for message in host.taken]


async def appeared(path: Path) -> None:
    with anyio.fail_after(30):
        while not await anyio.Path(path).exists():  # noqa: ASYNC110 - a thread renames it
            await anyio.sleep(0.05)  # real time: nobody tells of it
