"""Whose an attachment is."""

from broker.core.blob_state import owner_of
from protocol.values import Guid


def test_an_agent_is_never_taken_for_a_gateway() -> None:
    agent = Guid("00000000-0000-4000-a000-000000000001")
    assert owner_of(peer="web") == "peer/web"
    assert owner_of(agent=agent) == f"agent/{agent}"
    assert owner_of(peer=agent) != owner_of(agent=agent)
