"""A reload keeps what open chats still need (C-4)."""

import pytest
from attrs import evolve

from broker.config.load import loads
from broker.config.merge import ESSENTIAL, merge, restart_needed, vanished
from broker.config.model import SECOND, Config

LANGUAGE = '[[languages]]\nname = "English"\nculture = "en"\n'
PROJECT = '[[projects]]\nname = "Support"\n'
GATEWAY = '[[gateways]]\nname = "G"\npeer = "g"\ntoken = "s"\n'
OTHER = GATEWAY.replace('"G"', '"H"').replace('"g"', '"h"')
AGENT = '[[agents]]\nname = "A"\nlogin = "a"\ntoken = "s"\nskills = { Support = 1 }\n'
WORKPLACE = '[[workplaces]]\nnumber = "101"\n'
RULE = '[[project_rules]]\nproject = "Support"\n'
BOT = """
[[pre_rules]]
bot = "B"
[[wait_rules]]
level = 1
after = "1m"
project = "Support"
note = "Soon."
[[text_matches]]
name = "yes"
words = ["yes"]
[[bots]]
name = "B"
project = "Support"
[[bots.questions]]
name = "q"
ask = "?"
[[bots.questions.answers]]
match = "yes"
[[pause_reasons]]
name = "Lunch"
[[wrapup_codes]]
name = "Sold"
"""
MAIL = """
[[message_gateways]]
name = "M"
peer = "m"
channel = "Email"
direction = "I"
token = "s"
"""
MESSAGES = MAIL + '[[message_rules]]\nname = "Sold"\nproject = "Support"\n'
ALL = LANGUAGE + PROJECT + GATEWAY + OTHER + AGENT + WORKPLACE + RULE + BOT + MESSAGES


def config(text: str) -> Config:
    return loads(text).config


def test_the_same_file_again_changes_nothing() -> None:
    assert merge(config(ALL), config(ALL)) == config(ALL)


def test_what_is_gone_stays_retired() -> None:
    """C-4."""
    merged = merge(config(ALL), config(OTHER))
    assert [(g.name, g.retired) for g in merged.gateways.values()] == [("H", False), ("G", True)]
    assert [agent.retired for agent in merged.agents.values()] == [True]
    assert [place.retired for place in merged.workplaces.values()] == [True]
    assert merged.gateway_by_address["g", None].retired
    (mail,) = merged.message_gateways.values()
    assert (mail.retired, mail.takes_in, mail.sends, mail.entries) == (True, False, False, ())


def test_what_the_retired_refer_to_stays_but_no_rule_leads_there() -> None:
    """C-4."""
    old = config(ALL)
    merged = merge(old, config(""))
    assert [(p.name, p.retired) for p in merged.projects.values()] == [("Support", True)]
    assert merged.languages == old.languages
    assert merged.project_rules == ()


OF_THE_FILE = (
    "pre_rules",
    "wait_rules",
    "text_matches",
    "bots",
    "pause_reasons",
    "wrapup_codes",
    "message_rules",
)
"""Members that a reload takes from the new file as they are."""


@pytest.mark.parametrize("member", OF_THE_FILE)
def test_rules_bots_and_words_are_those_of_the_new_file_alone(member: str) -> None:
    """C-4."""
    old, none = config(ALL), config("")
    new = config(
        ALL.replace('"yes"', '"yea"').replace('"B"', '"C"').replace("Soon", "Now")
        .replace("Lunch", "Tea").replace("Sold", "Spam")
    )  # fmt: skip
    assert getattr(new, member) != getattr(old, member) != getattr(none, member)
    assert getattr(merge(old, new), member) == getattr(new, member)
    assert getattr(merge(old, none), member) == getattr(none, member)


def test_the_numbers_of_a_gateway_and_of_distribution_change_at_once() -> None:
    """C-4: what a retired gateway weighs stays, for its chats hold slots still."""
    heavy = GATEWAY + "weight = 2\n"
    merged = merge(config(heavy), config(OTHER + '[distribution]\nbot_timeout = "5s"\n'))
    assert [(g.name, g.weight) for g in merged.gateways.values()] == [("H", 1), ("G", 2)]
    assert merged.distribution.bot_timeout == 5 * SECOND
    assert merge(config(GATEWAY), config(heavy)).gateway_by_address["g", None].weight == 2


def test_what_is_retired_stays_so_over_several_reloads_and_may_come_back() -> None:
    once = merge(config(ALL), config(OTHER))
    twice = merge(once, config(OTHER))
    assert twice == once
    assert not any(gateway.retired for gateway in merge(twice, config(ALL)).gateways.values())


def test_a_change_takes_effect() -> None:
    """C-4."""
    new = ALL.replace('peer = "g"', 'peer = "g2"\nworkplace_grace = "5s"')
    merged = merge(config(ALL), config(new))
    assert merged == config(new)


def test_a_new_agent_takes_over_the_login_of_a_retired_one() -> None:
    """C-4."""
    merged = merge(config(ALL), config(ALL.replace('name = "A"', 'name = "Anna"')))
    assert merged.agent_by_login["a"].name == "Anna"
    assert len(merged.agents) == 2


def test_a_new_gateway_takes_over_the_address_of_a_retired_one() -> None:
    """C-4."""
    merged = merge(config(ALL), config(ALL.replace('name = "G"', 'name = "New"')))
    assert merged.gateway_by_address["g", None].name == "New"


def test_what_a_running_broker_cannot_change_is_named_and_stays() -> None:
    """C-4."""
    old = config(ALL)
    new = config(
        '[server]\nlisten = "127.0.0.1:1"\nheartbeat = "5s"\n[store]\nurl = "sqlite:///x"\n'
    )
    merged = merge(old, new)
    assert restart_needed(old, new) == ("server.listen", "store.url")
    assert merged.store_url == old.store_url
    assert merged.server == evolve(old.server, heartbeat=new.server.heartbeat)
    assert restart_needed(old, old) == ()


def test_a_file_with_nothing_left_of_a_kind_is_noticed() -> None:
    """C-4: as far as a file was cut, so much is missed; what never was is not."""
    old = config(ALL)
    assert vanished(old, config("")) == ESSENTIAL
    assert vanished(old, config(LANGUAGE + PROJECT + GATEWAY + MAIL)) == (
        "agents",
        "workplaces",
        "project_rules",
        "message_rules",
    )
    assert vanished(old, config(ALL.replace(OTHER, ""))) == ()
    assert vanished(config(""), config("")) == ()


def test_what_is_retired_is_not_missed() -> None:
    """C-4: all agents gone, one reload after the other, were refused already."""
    old = merge(config(ALL), config(ALL.replace(AGENT, "")))
    assert vanished(old, config(ALL.replace(AGENT, ""))) == ()
