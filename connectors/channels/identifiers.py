"""Names that the far side gives to messages, as they are told to the broker.

The broker takes names of up to 80 characters; many mail systems write longer ones. Such a name is given
to the broker as `h:` and the base32 SHA-256 of it, always the same. The store of the channel keeps what
it stands for, since the far side knows nothing of the short form.
"""

import base64
import re
from hashlib import sha256
from typing import Final
from uuid import uuid5

from protocol.identifiers import NAMESPACE
from protocol.limits import text_length
from protocol.values import Guid, is_blank

LONGEST: Final = text_length("MessageContentInfo", "DeliverySystemId")
"""Most characters of a name that the broker is told as it is."""
_SHORTENED: Final = re.compile(r"h:[A-Z2-7]{52}====")


def shorten(identifier: str) -> str:
    """The form of a name that the broker is told.

    Raises:
        ValueError: It shows nothing, so it would be everybody's name.
    """
    if is_blank(identifier):
        raise ValueError("a name that shows nothing names nothing")
    if len(identifier) <= LONGEST and _is_plain(identifier):
        return identifier
    digest = sha256(identifier.encode("utf-8", "surrogatepass")).digest()
    return f"h:{base64.b32encode(digest).decode('ascii')}"


def _is_plain(identifier: str) -> bool:
    """Whether the wire carries it, and it cannot be taken for a shortened one."""
    if "\0" in identifier or _SHORTENED.fullmatch(identifier):
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in identifier)


def blob_id(gateway: Guid, delivery_id: str, position: int) -> Guid:
    """The name of an attachment of an inbound message: alike at every try, so that it is resumed."""
    return Guid(str(uuid5(NAMESPACE, f"blob:{gateway}:{position}:{shorten(delivery_id)}")))
