"""A list in pieces ends as one big list would have been, whatever happens between the pieces (W-25)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from protocol.chat import ChatCommandInfo
from protocol.frame import Frame
from protocol.values import Role
from protocol.view import View, differences
from tests.support.playbook import CONFIG, Client, Playbook

NAMES = [f"t{number}" for number in range(6)]
STEPS = st.lists(
    st.tuples(st.sampled_from(("start", "start", "stop", "open", "bind")), st.sampled_from(NAMES)),
    max_size=8,
)
"""What happens before a piece: chats begin and begin anew, end, are opened outward and are reached."""


def told(view: View, client: Client, asked: ChatCommandInfo | None = None) -> None:
    """Fold in what was heard; only of what opens and closes, since nobody asks for snapshots here."""
    while client.heard:
        type_, _plain, re, payload = client.heard.popleft()
        if type_ in ("SE_CHAT_STATUS", "SE_CHAT_LIST"):
            more = client.more if type_ == "SE_CHAT_LIST" else None
            headers = {"Re": re} if more is None else {"Re": re, "More": more}
            view.fold(Frame(type_, payload, headers), asked=asked)


def happens(play: Playbook, web: Client, step: str, name: str) -> None:
    match step:
        case "start":
            web.says("ES_CHAT_START", TrackingId=name, ExtResponse="expert")
        case "stop":
            web.says("ES_CHAT_STOP", TrackingId=name)
        case "open":
            web.says("ES_CHAT_OPEN", RemoteAddress=name)
        case _:
            for chat in list(play.state.unbound)[:1]:
                web.says("ES_CHAT_START", TrackingId=name, ReturnChatId=chat)


def listed(play: Playbook, web: Client, view: View, between: list[list[tuple[str, str]]]) -> None:
    """Ask for one piece after the other, and let something happen before each."""
    after = None
    while True:
        for step, name in between.pop() if between else ():
            happens(play, web, step, name)
            told(view, web)
        asked = ChatCommandInfo(peer="web", after=after)
        web.says("ES_CHAT_RESYNC", 1, After=after)
        told(view, web, asked)
        after = web.more
        if after is None:
            return


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=6), st.lists(STEPS, max_size=6), st.integers(1, 3))
def test_a_list_in_pieces_is_a_list(
    before: list[list[tuple[str, str]]], between: list[list[tuple[str, str]]], size: int
) -> None:
    play = Playbook(CONFIG + f"[limits]\nlist_chats = {size}\n")
    first = play.connector("web", takes_pieces=True)
    old = View(Role.CONNECTOR)
    listed(play, first, old, before)
    first.leaves()
    web = play.connector("web", takes_pieces=True)
    # Somebody who was away, and believes what they knew.
    view = View(Role.CONNECTOR)
    view.chats = {key: chat for key, chat in old.chats.items() if chat.is_held}
    listed(play, web, view, between)
    fresh = View(Role.CONNECTOR)
    listed(play, web, fresh, [])
    open_now = {key for key, chat in fresh.chats.items() if chat.is_held}
    assert {key for key, chat in view.chats.items() if chat.is_held} == open_now
    for both in (view, fresh):
        for chat in both.chats.values():
            chat.complete, chat.sentences = False, {}
    assert differences(view, fresh) == []
