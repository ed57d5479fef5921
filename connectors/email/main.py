"""`parley email FILE`."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.channels.converter import Fault, FaultsError
from connectors.channels.process import channel_main
from connectors.email.channel import Email
from connectors.email.settings import EmailSettings


def email_main(argv: Sequence[str]) -> int:
    """Run `parley email`; gives its exit status."""
    return channel_main("email", EmailSettings, made, argv)


def made(settings: EmailSettings) -> Email:
    """The channel for what the configuration says.

    Raises:
        FaultsError: What it says does not fit together.
    """
    faults = settings.faults()
    if faults:
        raise FaultsError(tuple(Fault("", text) for text in faults))
    return Email(settings)
