"""Why an agent was in a state is said in words."""

from broker.core.facts.causes import AgentCause
from broker.reporting.agent_states import CAUSES, key_of, name_of
from broker.reporting.history import StateRow


def said(cause: str, by: str | None = None) -> str:
    row = StateRow("alice", 0, "Pause", reason=None, cause=cause, by=by)
    return name_of(lambda agent: str(agent).title())(key_of(row))


def test_every_cause_has_words() -> None:
    """B-30: one that is new in the core and has none here fails."""
    assert set(CAUSES) == set(AgentCause)


def test_a_supervisor_who_forced_it_is_named() -> None:
    assert said("forced", "susan") == "Alice: Pause, forced by Susan"


def test_a_cause_of_a_later_version_is_said_as_it_is() -> None:
    assert said("asked") == "Alice: Pause, by themselves"
    assert said("tired") == "Alice: Pause, tired"
