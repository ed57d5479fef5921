"""Values are equal by what is in them, and the type checker keeps them as they are."""

from broker.core.effects import Send
from broker.core.facts import SentenceConfirmed
from protocol.chat import ChatCommandInfo
from protocol.values import Guid


def test_values_are_told_apart_by_their_members() -> None:
    one, same, other = (Send((1,), "SYS_PING", text) for text in ("a", "a", "b"))
    assert one == same
    assert one != other
    assert len({one, same, other}) == 2


def test_the_type_checker_refuses_to_change_one() -> None:
    """Were it to allow that, the comment would be one too many, which is a fault as well."""
    fact = SentenceConfirmed(Guid("0" * 36), 1, 2, 3)
    fact.counter = 3  # type: ignore[misc]  # what nobody may do
    assert fact.counter == 3
    command = ChatCommandInfo(id="one")
    command.id = "two"  # type: ignore[misc]  # the same of what is on the wire
    assert command.id == "two"
