"""Broker and web process for the load."""

import tomllib
from pathlib import Path

from broker.config.load import load
from connectors.web.load.stage import CHATS, config, number_of
from connectors.web.settings import judge

WHERE = {"broker": "127.0.0.1:7070", "web": "127.0.0.1:8080", "health": "127.0.0.1:9102"}


def test_both_files_are_good(tmp_path: Path) -> None:
    broker, web = config(3, **WHERE)
    path = tmp_path / "parley.toml"
    path.write_text(broker, "utf-8")
    found = load(path, {}).config
    assert len(found.agents) == len(found.workplaces) == 3
    assert {agent.max_chats for agent in found.agents.values()} == {CHATS}
    assert judge(tomllib.loads(web)["web"], tmp_path, {}) == []


def test_workplaces_have_numbers_of_their_own() -> None:
    assert len({number_of(agent) for agent in range(1_000)}) == 1_000
