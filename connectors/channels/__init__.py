"""The frame that every message channel stands on (e-mail, SMS, ...): see docs/channels.md.

What a channel needs is here; `connectors.channels.channel` says how the parts belong together.
"""

from connectors.channels.channel import (
    Attachment,
    Channel,
    Host,
    Incoming,
    NotTaken,
    Outgoing,
    OutgoingAttachment,
    Permanent,
    Received,
    Report,
    SendError,
    Sent,
    Stopping,
    Temporary,
    Throttled,
    Unknown,
)
from connectors.channels.converter import FaultsError, Secret, between, not_empty
from connectors.channels.process import channel_main
from connectors.channels.settings import host_and_port
from connectors.channels.store import Store

__all__ = [
    "Attachment",
    "Channel",
    "FaultsError",
    "Host",
    "Incoming",
    "NotTaken",
    "Outgoing",
    "OutgoingAttachment",
    "Permanent",
    "Received",
    "Report",
    "Secret",
    "SendError",
    "Sent",
    "Stopping",
    "Store",
    "Temporary",
    "Throttled",
    "Unknown",
    "between",
    "channel_main",
    "host_and_port",
    "not_empty",
]
