"""What the command statuses of SMPP 3.4 (5.1.3) mean for a message, and what a delivery receipt says.

A receipt is a message of a form that the specification suggests (appendix B) and every SMSC varies, or
says the same by optional members, which count more where they are there.
"""

import re
from collections.abc import Mapping
from typing import Final

from attrs import frozen

from connectors.sms.answers import Outcome
from connectors.sms.codings import read
from connectors.sms.smpp_codec import Pdu, Tag
from connectors.sms.webhooks import ReportKind

_P: Final = Outcome.PERMANENT
_T: Final = Outcome.TEMPORARY

STATUSES: Final[Mapping[int, tuple[str, Outcome]]] = {
    0x000: ("ESME_ROK", Outcome.SENT),
    0x001: ("ESME_RINVMSGLEN", _P),
    0x002: ("ESME_RINVCMDLEN", _P),
    0x003: ("ESME_RINVCMDID", _P),
    0x004: ("ESME_RINVBNDSTS", _T),
    0x005: ("ESME_RALYBND", _T),
    0x006: ("ESME_RINVPRTFLG", _P),
    0x007: ("ESME_RINVREGDLVFLG", _P),
    0x008: ("ESME_RSYSERR", _T),
    0x00A: ("ESME_RINVSRCADR", _P),
    0x00B: ("ESME_RINVDSTADR", _P),
    0x00C: ("ESME_RINVMSGID", _P),
    0x00D: ("ESME_RBINDFAIL", _T),
    0x00E: ("ESME_RINVPASWD", _T),
    0x00F: ("ESME_RINVSYSID", _T),
    0x014: ("ESME_RMSGQFUL", Outcome.THROTTLED),
    0x015: ("ESME_RINVSERTYP", _P),
    0x043: ("ESME_RINVESMCLASS", _P),
    0x045: ("ESME_RSUBMITFAIL", _T),
    0x048: ("ESME_RINVSRCTON", _P),
    0x049: ("ESME_RINVSRCNPI", _P),
    0x050: ("ESME_RINVDSTTON", _P),
    0x051: ("ESME_RINVDSTNPI", _P),
    0x053: ("ESME_RINVSYSTYP", _P),
    0x054: ("ESME_RINVREPFLAG", _P),
    0x058: ("ESME_RTHROTTLED", Outcome.THROTTLED),
    0x061: ("ESME_RINVSCHED", _P),
    0x062: ("ESME_RINVEXPIRY", _P),
    0x063: ("ESME_RINVDFTMSGID", _P),
    0x064: ("ESME_RX_T_APPN", _T),
    0x065: ("ESME_RX_P_APPN", _P),
    0x066: ("ESME_RX_R_APPN", _P),
    0x0C0: ("ESME_RINVOPTPARSTREAM", _P),
    0x0C1: ("ESME_ROPTPARNOTALLWD", _P),
    0x0C2: ("ESME_RINVPARLEN", _P),
    0x0C3: ("ESME_RMISSINGOPTPARAM", _P),
    0x0C4: ("ESME_RINVOPTPARAMVAL", _P),
    0x0FE: ("ESME_RDELIVERYFAILURE", _T),
    0x0FF: ("ESME_RUNKNOWNERR", _T),
    0x104: ("ESME_RINVDCS", _P),
}
"""Statuses by number: their names, and what they mean for a message. The others mean that it may be
tried again."""

REJECTED: Final = 0x065
TRY_AGAIN: Final = 0x064
QUEUE_FULL: Final = 0x014
UNKNOWN_COMMAND: Final = 0x003
BAD_LENGTH: Final = 0x002

_STATES: Final[Mapping[str, ReportKind | None]] = {
    "DELIVRD": ReportKind.DELIVERED,
    "EXPIRED": ReportKind.UNDELIVERED,
    "DELETED": ReportKind.UNDELIVERED,
    "UNDELIV": ReportKind.UNDELIVERED,
    "REJECTD": ReportKind.UNDELIVERED,
}
"""Final states by name; in the others (ENROUTE, ACCEPTD, UNKNOWN) a message is on its way."""

_NUMBERED: Final = (
    "", "ENROUTE", "DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD",
)  # fmt: skip
_FIELD: Final = re.compile(r"\b(id|stat|err) ?: ?([^\s]{1,65})", re.IGNORECASE)
_RECEIPT: Final = 0x04
_TYPE: Final = 0x3C


@frozen(kw_only=True)
class SmppReceipt:
    """What an SMSC says of a message later.

    Attributes:
        id: How it called the message.
        kind: What became of it; None: it is on its way.
        reason: What is said besides.
    """

    id: str
    kind: ReportKind | None
    reason: str


def outcome_of(status: int) -> Outcome:
    """What a status means for a message."""
    return STATUSES[status][1] if status in STATUSES else Outcome.TEMPORARY


def status_name(status: int) -> str:
    """How a status is called."""
    return STATUSES[status][0] if status in STATUSES else f"command status 0x{status:08X}"


def is_receipt(pdu: Pdu) -> bool:
    """Whether a message is a delivery receipt, or another note about a message that was sent."""
    return pdu.number("esm_class") & _TYPE != 0 or Tag.RECEIPTED_ID in pdu.options


def receipt(pdu: Pdu) -> SmppReceipt | None:
    """Read a delivery receipt.

    Returns:
        The receipt; None: it does not say which message it is for.
    """
    text = read(pdu.message, pdu.number("data_coding"), "latin-1")
    said: dict[str, str] = {}
    head = re.split(r"\btext ?:", text, maxsplit=1, flags=re.IGNORECASE)[0]
    for match in _FIELD.finditer(head):
        said.setdefault(match[1].lower(), match[2])
    name = pdu.options.get(Tag.RECEIPTED_ID, b"").rstrip(b"\0").decode("latin-1")
    name = name or said.get("id", "")
    if not name or len(name) > 65 or not name.isprintable():
        return None
    state = said.get("stat", "").upper()[:7]
    numbered = pdu.options.get(Tag.STATE, b"")
    if len(numbered) == 1 and 0 < numbered[0] < len(_NUMBERED):
        state = _NUMBERED[numbered[0]]
    if pdu.number("esm_class") & _TYPE not in (_RECEIPT, 0):
        return SmppReceipt(id=name, kind=None, reason=state)
    error = said.get("err", "").strip("0")
    reason = f"{state} err {said['err']}" if error else state
    return SmppReceipt(id=name, kind=_STATES.get(state), reason=reason)
