"""Names that a browser does not know: put into what it says, and taken out of what it hears."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import evolve

from connectors.client import ChatRef
from connectors.web.problems import Problem
from protocol.blob import BlobInfo, BlobStatusInfo
from protocol.chat import ChatCommandInfo, ChatSentenceInfo, ChatServiceInfo, ChatStatusInfo
from protocol.codec import frame_of
from protocol.errors import ErrorCode, WireError
from protocol.frame import Frame
from protocol.json_codec import tree_of
from protocol.scenario import ScenarioResultInfo

VISITOR: Final = "visitor"
"""What a browser calls itself, and is called."""
_NAMED: Final[Mapping[str, bool]] = {
    "ES_CHAT_REQUEST": True,
    "ES_CHAT_START": True,
    "ES_CHAT_STOP": True,
    "ES_CHAT_TYPING": True,
    "ES_CHAT_SENTENCE": True,
    "ES_CHAT_CONFIRM": True,
    "ES_CHAT_RESYNC": False,
    "ES_CHAT_STATUS": True,
    "ES_SCENARIO_SAVE": False,
    "ES_BLOB_PUT": False,
    "ES_BLOB_GET": False,
}
"""Frames that name a gateway, and whether they name a conversation."""


def read(text: str, site: str, ref: ChatRef | None) -> Frame:
    """Read a frame of a browser, with the names that it leaves out.

    Args:
        text: What came.
        site: The name of the site.
        ref: The visitor's chat; None: before the hello.

    Raises:
        WireError: It is no frame, or none that a client sends, or names what is not the visitor's.
    """
    try:
        body = text.encode()
    except UnicodeEncodeError as error:
        raise WireError(ErrorCode.BAD_FRAME, "half a surrogate pair") from error
    tree = tree_of(text, body)
    if ref is not None:
        _put_names(tree, site, ref)
    return frame_of(tree, by_client=True)


def _put_names(tree: Any, site: str, ref: ChatRef) -> None:
    """Put the names into a payload that may have them; what is no such thing is refused elsewhere."""
    if type(tree) is not list or len(tree) < 2 or type(tree[1]) is not dict:
        return
    kind, payload = tree[0], tree[1]
    if type(kind) is not str or kind not in _NAMED:
        return
    wrong = None
    if payload.get("Peer") not in (None, site):
        wrong = "Peer"
    elif payload.get("TrackingId") not in (None, VISITOR):
        wrong = "TrackingId"
    elif payload.get("Port") is not None:
        wrong = "Port"
    if wrong is not None:
        headers = tree[2] if len(tree) > 2 and type(tree[2]) is dict else {}
        re = headers.get("Id")
        raise WireError(
            ErrorCode.NOT_ALLOWED,
            f"{wrong}: not for a visitor to choose",
            type=kind,
            re=re if type(re) in (int, str) and len(str(re)) <= 64 else None,
            path=wrong,
        )
    payload["Peer"] = ref.peer
    payload.pop("Port", None)
    if ref.port is not None and kind not in ("ES_BLOB_PUT", "ES_BLOB_GET"):
        payload["Port"] = ref.port
    if _NAMED[kind]:
        payload["TrackingId"] = ref.name


def nameless(payload: Any, site: str) -> Any:
    """What goes out to a browser: without the names of the broker's side."""
    match payload:
        case tuple():
            return tuple(nameless(one, site) for one in payload)
        case ChatStatusInfo():
            slots = ("panel", "navigation", "co_browsing_data")
            found: dict[str, Any] = {
                name: bare(value) for name in slots if (value := getattr(payload, name)) is not None
            }
            for name in ("sentences", "history"):
                if (row := getattr(payload, name)) is not None:
                    found[name] = tuple(map(bare, row))
            return evolve(payload, peer=site, port=None, tracking_id=VISITOR, **found)
        case ChatSentenceInfo() | ChatCommandInfo() | ChatServiceInfo():
            return evolve(payload, peer=site, port=None, tracking_id=VISITOR)
        case BlobInfo() | BlobStatusInfo():
            return evolve(payload, peer=site)
        case _:
            return payload


def bare(sentence: ChatSentenceInfo) -> ChatSentenceInfo:
    """A sentence inside of a snapshot, which names its chat already."""
    if sentence.peer is sentence.port is sentence.tracking_id is None:
        return sentence
    return evolve(sentence, peer=None, port=None, tracking_id=None)


def own_form(form: ScenarioResultInfo | None) -> ScenarioResultInfo | None:
    """A form without what is not a visitor's to say."""
    if form is None:
        return None
    return evolve(form, peer=None, port=None, contact_id=None, agent_id=None)


def check_chat(named: str | None, known: str | None) -> None:
    """Whether a frame names the visitor's chat, or none.

    Raises:
        Problem: It names another one.
    """
    if named is not None and named != known:
        raise Problem(ErrorCode.NOT_ALLOWED, "ChatId: no chat of this visitor")
