"""Which delivery of an SMSC is the same once more: SMPP gives a text that comes in no name.

Theory of operation
-------------------
An SMSC delivers again what it heard no answer to: on the next connection, or on this one if the answer
was that it should. The same text from the same sender may as well be said twice. So a delivery is a
repetition if it is alike, octet by octet, to one before it that has not been answered well, or whose
good answer was written so shortly before its connection was lost that it may not have arrived.

What is remembered of each is its name, by which the broker knows a repetition. It has to be on a disk
before the broker is given the text; whoever runs this stores `Known`, and gives all stored ones again
after a restart.
"""

from hashlib import sha256
from typing import Final

from attrs import evolve, frozen

from connectors.sms.smpp_codec import Pdu

SHORTLY: Final = 60.0
"""An answer that was written so many seconds before the connection was lost may not have arrived."""
SOON: Final = 180.0
"""What such an answer was for comes again soon, if at all: a person may say the same later."""
KEPT: Final = 6 * 3600.0
"""For so long a repetition is expected."""


@frozen(kw_only=True)
class Known:
    """A delivery.

    Attributes:
        print: What makes it alike to another.
        name: The name that it was given.
        connection: The connection on which it came last.
        came: When it came first, in seconds since 1970.
        answered: When it was answered well; None: it was not.
    """

    print: str
    name: str
    connection: int
    came: float
    answered: float | None = None


class Redeliveries:
    """The deliveries that may come again."""

    def __init__(self, known: tuple[Known, ...] = ()) -> None:
        """Begin with what is stored, all of it from connections that are gone."""
        self._known = {one.print: evolve(one, connection=0) for one in known}

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._known)

    def take(self, print_: str, name: str, connection: int, now: float) -> Known:
        """Take a delivery in.

        Args:
            print_: What makes it alike to another.
            name: Its name, if it is not a repetition.
            connection: The connection on which it came.
            now: The time of day.

        Returns:
            What is to be stored of it; its name is the one before if it is a repetition.
        """
        before = self._known.get(print_)
        if before is not None and self._may_come_again(before, connection, now):
            known = evolve(before, connection=connection, answered=None)
        else:
            known = Known(print=print_, name=name, connection=connection, came=now)
        self._known[print_] = known
        return known

    def answer(self, print_: str, now: float) -> Known | None:
        """Note that a delivery is answered well; what is to be stored of it."""
        before = self._known.get(print_)
        if before is None:
            return None
        self._known[print_] = known = evolve(before, answered=now)
        return known

    def lose(self, connection: int, now: float) -> None:
        """Note that a connection is lost: what was answered shortly before on it may come again."""
        for print_, known in self._known.items():
            if known.connection != connection or known.answered is None:
                continue
            if known.answered + SHORTLY >= now:
                self._known[print_] = evolve(known, answered=now)

    def forget(self, connection: int, now: float) -> list[str]:
        """Let go what cannot come again any more.

        Args:
            connection: The connection that lives.
            now: The time of day.

        Returns:
            What makes each of them alike to another: these need not be stored any more.
        """
        gone = [
            print_
            for print_, known in self._known.items()
            if known.came + KEPT < now
            or (
                known.answered is not None
                and known.answered + (SHORTLY if known.connection == connection else SOON) < now
            )
        ]
        for print_ in gone:
            del self._known[print_]
        return gone

    @staticmethod
    def _may_come_again(known: Known, connection: int, now: float) -> bool:
        if known.came + KEPT < now:
            return False
        if known.answered is None:
            return True
        return known.connection != connection and known.answered + SOON > now


def print_of(pdu: Pdu) -> str:
    """What makes a delivery alike to another: all of it but its number."""
    said = repr((pdu.command, sorted(pdu.members.items()), sorted(pdu.options.items())))
    return sha256(said.encode()).hexdigest()[:40]
