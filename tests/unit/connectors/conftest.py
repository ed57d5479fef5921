"""A stage with a visitor and an agent who is ready."""

import pytest

from protocol.values import AgentState
from tests.support.client_stage import Player, Stage, agent_settings, visitor_settings


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture
def visitor(stage: Stage) -> Player:
    return stage.join(visitor_settings(), "v")


@pytest.fixture
def agent(stage: Stage) -> Player:
    player = stage.join(agent_settings(), "a")
    player.session.set_agent_state(AgentState.READY, stage.now)
    stage.settle()
    return player
