"""A reload keeps what open chats still need (C-4)."""

import attrs

from broker.config.load import loads
from broker.config.merge import merge, restart_needed
from broker.config.model import Config

LANGUAGE = '[[languages]]\nname = "English"\nculture = "en"\n'
PROJECT = '[[projects]]\nname = "Support"\n'
GATEWAY = '[[gateways]]\nname = "G"\npeer = "g"\ntoken = "s"\n'
OTHER = GATEWAY.replace('"G"', '"H"').replace('"g"', '"h"')
AGENT = '[[agents]]\nname = "A"\nlogin = "a"\ntoken = "s"\nskills = { Support = 1 }\n'
WORKPLACE = '[[workplaces]]\nnumber = "101"\n'
RULE = '[[project_rules]]\nproject = "Support"\n'
ALL = LANGUAGE + PROJECT + GATEWAY + OTHER + AGENT + WORKPLACE + RULE


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


def test_what_the_retired_refer_to_stays_but_no_rule_leads_there() -> None:
    """C-4."""
    old = config(ALL)
    merged = merge(old, config(""))
    assert merged.projects == old.projects
    assert merged.languages == old.languages
    assert merged.project_rules == ()


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
    assert merged.server == attrs.evolve(old.server, heartbeat=new.server.heartbeat)
    assert restart_needed(old, old) == ()
