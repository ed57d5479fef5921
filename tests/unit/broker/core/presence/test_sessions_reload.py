"""Agents are told what another configuration makes of them (C-4, W-25)."""

import pytest

from tests.support.first_moves import answered
from tests.support.playbook import CONFIG, Playbook

ALICE = 'token = "alice-secret"\nmax_chats = 2'


@pytest.mark.parametrize(("chats", "shown"), [(1, 1), (3, 3), (7, 3)])
def test_an_agent_is_told_how_many_chats_they_take_now(
    play: Playbook, chats: int, shown: int
) -> None:
    """C-4, B-22: they alone, and once; the workplace has room for three."""
    web, alice = play.connector("web"), play.agent("alice", "101")
    play.agent("bob", "102")
    answered(web, alice, "t1")
    changed = CONFIG.replace(ALICE, ALICE.replace("2", str(chats)))
    play.reload(changed)
    alice.hears("SC_AGENT_STATE", MaxChats=shown, ActiveChats=1)
    play.silent()
    play.reload(changed)
    play.silent()


def test_a_name_that_a_reload_changes_is_told_to_its_agent(play: Playbook) -> None:
    """C-4, W-25."""
    alice = play.agent("alice", "101")
    known = play.config.agent_by_login["alice"].id
    play.reload(CONFIG.replace('"Alice Novak"', f'"Alice Novotny"\nid = "{known}"'))
    alice.hears("SC_AGENT_STATE", AgentName="Alice Novotny")
    play.silent()
