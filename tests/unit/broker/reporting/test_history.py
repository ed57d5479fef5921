"""Which changes of owner hand a chat over, and which take it from somebody."""

from broker.core.chats.lifecycle import CHAT
from broker.core.facts.causes import ChatCause
from broker.reporting.history import PASSED
from protocol.values import ChatStatus

TAKEN = {ChatCause.OWNER_LOST, ChatCause.FORCED}


def test_every_cause_of_another_owner_is_one_or_the_other() -> None:
    """B-29, B-30: one that is new in the core and is neither fails."""
    answered = ChatStatus.ANSWERED
    (step,) = (s for s in CHAT if (s.before, s.after) == (answered, answered))
    assert step.causes == set(PASSED) | TAKEN
