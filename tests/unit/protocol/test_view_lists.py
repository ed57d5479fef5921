"""A client's picture after a list of its open chats, in one piece or in several (W-25)."""

from __future__ import annotations

from typing import Any

from protocol.chat import ChatCommandInfo, ChatStatusInfo
from protocol.frame import Frame
from protocol.values import ChatStatus, Guid, Role
from protocol.view import View

CHAT = Guid("0f8fad5b-d9cb-469f-a165-70867728950e")
WAITING, ANSWERED, CLOSED = ChatStatus.WAITING, ChatStatus.ANSWERED, ChatStatus.CLOSED


def status(name: str, value: ChatStatus = ANSWERED, **members: Any) -> Frame:
    whole = {"peer": "web", "tracking_id": name, "chat_id": CHAT, "status": value} | members
    return Frame("SE_CHAT_STATUS", ChatStatusInfo(**whole))


def listed(*names: str, more: int | None = None) -> Frame:
    rows = tuple(
        ChatStatusInfo(peer="web", tracking_id=name, chat_id=CHAT, status=WAITING) for name in names
    )
    return Frame("SE_CHAT_LIST", rows, {} if more is None else {"More": more})


def asked(after: int | None = None, port: str | None = None) -> ChatCommandInfo:
    return ChatCommandInfo(peer="web", port=port, after=after)


def knowing(*names: str) -> View:
    view = View(Role.CONNECTOR)
    for name in names:
        view.fold(status(name, sentences=()))
    return view


def found(view: View) -> dict[str, ChatStatus | None]:
    return {key[2]: chat.status for key, chat in view.chats.items()}


def test_a_list_closes_what_is_not_in_it_and_asks_for_the_rest() -> None:
    view = knowing("t", "u")
    view.fold(status("t", peer="shop", sentences=()))
    view.fold(listed("u", "v"), asked=asked())
    assert view.chats[("web", "", "t")].status is CLOSED
    assert view.chats[("web", "", "u")].wants_snapshot
    assert view.chats[("web", "", "v")].wants_snapshot
    assert view.chats[("shop", "", "t")].complete


def test_an_empty_list_closes_the_chats_of_its_peer_and_port() -> None:
    view = knowing("t")
    view.fold(status("t", port="2", sentences=()))
    view.fold(listed(), asked=asked(port="2"))
    assert view.chats[("web", "", "t")].status is ANSWERED
    assert view.chats[("web", "2", "t")].status is CLOSED
    view.fold(listed())
    assert view.chats[("web", "", "t")].status is CLOSED


def test_only_the_last_piece_of_a_list_says_what_is_in_none() -> None:
    """Also of what came and went while the pieces came."""
    view = knowing("t", "u", "v", "w")
    view.fold(listed("u", more=7), asked=asked())
    assert found(view) == {"t": ANSWERED, "u": WAITING, "v": ANSWERED, "w": ANSWERED}
    view.fold(status("u", CLOSED))
    view.fold(status("x", WAITING))
    view.fold(listed("v", more=9), asked=asked(7))
    view.fold(listed("x"), asked=asked(9))
    assert found(view) == {"t": CLOSED, "u": CLOSED, "v": WAITING, "w": CLOSED, "x": WAITING}


def test_a_list_that_is_asked_for_anew_forgets_the_pieces_before() -> None:
    view = knowing("t")
    view.fold(listed("t", more=7), asked=asked())
    view.fold(listed("v"), asked=asked())
    assert found(view) == {"t": CLOSED, "v": WAITING}
