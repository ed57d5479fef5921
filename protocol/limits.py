"""Limits on what a peer may send.

Lengths are in characters, except the two message bodies, which are in bytes of UTF-8. Longer is
refused with ``TooLong``, never cut. A length holds for every structure that has a member of that
wire name, unless the structure is named.
"""

from __future__ import annotations

from typing import Final

FRAME_BYTES: Final = 1_048_576
"""Longest body of a frame (W-3)."""
HELLO_BYTES: Final = 16_384
"""Longest body before the welcome: who has not shown a token may make nobody keep much."""
DEPTH: Final = 32
"""Deepest nesting of a body (W-4)."""
HEADER_TEXT: Final = 64
"""Longest ``Id`` or ``Re`` header (W-2)."""
TRACEPARENT: Final = 256
"""Longest ``traceparent`` header; today's has 55 characters."""
MAP_MEMBERS: Final = 256
"""Most members of one map; the largest structure has 25."""
TYPE_NAME: Final = 64
"""Longest message type that is echoed in an error."""
INT16: Final = (-(1 << 15), (1 << 15) - 1)
INT64: Final = (-(1 << 63), (1 << 64) - 1)
"""What MessagePack can say at all; an ``Id`` in JSON can be no greater."""
INT32: Final = (-(1 << 31), (1 << 31) - 1)

OTHER_TEXT: Final = 256
"""Length of a str member that is not named below."""
PEERS: Final = 1_000
"""Most gateway addresses that one connection may serve."""

_KIB: Final = 1024
TEXT_LENGTHS: Final[dict[str, int]] = {
    "ID": 64,
    "TrackingId": 128,
    "DeliverySystemId": 80,
    "InReplyToId": 80,
    "FromField": 160,
    "PartyName": 160,
    "RemotePartyName": 160,
    "RemoteAddress": 250,
    "ToField": 320,
    "ToCcField": 320,
    "ToBccField": 320,
    "SubjectField": 320,
    "UserToken": 320,
    "Text": 32_768,
    # Left open by the original; ours:
    "Peer": 250,
    "PeerAddress": 250,
    "Port": 64,
    "PeerPort": 64,
    "Peers": 250,
    "PreferredCulture": 35,
    "Culture": 35,
    "LiteralCulture": 35,
    "ExtResponse": 4_096,
    "ResultText": 32_768,
    "ConditionText": 4_096,
    "ControlText": 4_096,
    "Description": 4_096,
    "LiteralText": 4_096,
    "LiteralLookupInfo.DisplayName": 32_768,
    "PageUrlRegex": 2_048,
    "BrowserRegex": 2_048,
    "UserTokenRegex": 2_048,
    "WebResponse": 32_768,
    "ExtendedFields": 32_768,
    "Device": 32_768,
    "RequestId": 80,
    "CommandInfo.Reference": 80,
    "CommandInfo.Data": 4_096,
    "Error": 4_096,
    "Note": 4_096,
    "ChatTransferInfo.Note": 1_000,
    "References": 80,
    "Sha256": 64,
    "ContentType": 128,
    "ContentId": 250,
    "Subject": 320,
    "RemoteName": 160,
    "ConversationCloseInfo.Note": 4_096,
    "ConversationTransferInfo.Note": 1_000,
    "VariableInfo.Name": 64,
    "VariableInfo.Value": 1_024,
    "DecisionInfo.Reason": 4_096,
    "Reason": 160,
    "Code": 64,
    "Login": 160,
    "Token": 1_024,
    "Password": 1_024,
    "Voucher": 128,
    "Workplaces": 250,
    "PauseReasons": 160,
    "Software": 160,
    "Nonce": 64,
    "Node": 64,
    "WorkplaceNumber": 250,
    "Type": TYPE_NAME,
    "Bye.Text": 4_096,
    "SysError.Text": 4_096,
}
NAMES: Final = frozenset(
    {
        "DeliverySystemId",
        "ID",
        "Login",
        "Peer",
        "Peers",
        "RequestId",
        "Token",
        "TrackingId",
        "VariableInfo.Name",
        "WorkplaceNumber",
    }
)
"""Names and keys: one that shows nothing would be everybody's, so it is ``BadPayload``."""
OPTIONAL_NAMES: Final = frozenset(
    {
        "ChatWrapUpInfo.Code",
        "CommandInfo.Reference",
        "Culture",
        "InReplyToId",
        "LiteralCulture",
        "PartyName",
        "PeerAddress",
        "PeerPort",
        "Port",
        "PreferredCulture",
        "RemoteAddress",
        "RemotePartyName",
        "UserToken",
    }
)
"""The same where there may be none: one that shows nothing reads as null."""
DATA_BYTES: Final = 256 * _KIB
"""Longest piece of an attachment (B-61)."""
BYTE_LENGTHS: Final[dict[str, int]] = {"BodyHtml": 512 * _KIB, "BodyText": 512 * _KIB}


def is_among(names: frozenset[str], structure: str, member: str) -> bool:
    """Whether a set of wire names holds a member, by its own name or with its structure's."""
    return member in names or f"{structure}.{member}" in names


def text_length(structure: str, member: str) -> int:
    """Most characters of a str member, given by its structure's and its own wire name."""
    named = TEXT_LENGTHS.get(f"{structure}.{member}")
    return named if named is not None else TEXT_LENGTHS.get(member, OTHER_TEXT)
