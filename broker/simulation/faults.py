"""Which faults a run has, and when: aimed at the windows that matter, and some at random.

A fault is armed at a moment; what it is aimed at then meets it: the next commit, the next release,
the next welcome, the next alert. So every window is hit often and at every stage of a run.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial

from attrs import define, field

from broker.config.model import SECOND
from broker.simulation.rng import Rng
from broker.simulation.world import World


class Window(StrEnum):
    """Where a fault strikes."""

    COMMIT_LOST = "crash inside a commit, nothing of it durable"
    COMMIT_KEPT = "crash inside a commit, all of it durable"
    COMMITTED = "crash between the end of a commit and the release of its effects"
    RELEASED = "crash between the release and the send"
    RECOVERY = "crash while recovering"
    WELCOMED = "crash right after a welcome"
    ANY_TIME = "crash at any time"
    COMMIT_FAILS = "a commit fails, nothing of it durable"
    COMMIT_UNKNOWN = "a commit fails, all of it durable"
    COMMIT_SLOW = "a commit takes long"
    ROW_REFUSED = "the database refuses a sentence, now and for ever"
    ALERT_CUT = "a workplace is cut off as it is alerted"
    ANSWER_CUT = "a connection is cut as a request is answered"
    CUT = "a connection is cut"
    DEAF = "nothing reaches the broker on a connection, nobody is told"
    MUTE = "nothing reaches the client on a connection, nobody is told"
    HALF_OPEN = "a connection is dead in both directions, nobody is told"
    SLOW_READER = "a client reads slowly"
    RELOAD = "the configuration is replaced"
    FROZEN = "the process is frozen"
    CLOCK_SET = "the system's clock is set"
    SHUT_DOWN = "the process is told to end in good order"
    NO_DESCRIPTORS = "the process has no file descriptor left"
    CROWD = "many connections come at once"
    CROWD_AND_SLOW = "many connections come, and the next commit takes long"
    CROWD_AND_RELOAD = "many connections come, and the configuration is replaced meanwhile"
    CROWD_AND_END = "many connections come, and the process is told to end in good order"


CRASHES = (
    Window.COMMIT_LOST,
    Window.COMMIT_KEPT,
    Window.COMMITTED,
    Window.RELEASED,
    Window.RECOVERY,
    Window.WELCOMED,
    Window.ANY_TIME,
)
OF_STORE = (Window.COMMIT_FAILS, Window.COMMIT_UNKNOWN, Window.COMMIT_SLOW)
OF_NETWORK = (
    Window.ALERT_CUT,
    Window.ANSWER_CUT,
    Window.CUT,
    Window.DEAF,
    Window.MUTE,
    Window.HALF_OPEN,
    Window.SLOW_READER,
)
OF_SERVICE = (
    Window.SHUT_DOWN,
    Window.NO_DESCRIPTORS,
    Window.CROWD,
    Window.CROWD_AND_SLOW,
    Window.CROWD_AND_RELOAD,
    Window.CROWD_AND_END,
)


@define
class Faults:
    """The faults of a run.

    Attributes:
        strike: Does a fault that is aimed at nothing in particular.
        armed: Faults that wait for their window.
    """

    world: World
    rng: Rng
    strike: Callable[[Window], None]
    armed: list[Window] = field(factory=list)

    def plan(self, count: int, end: int) -> None:
        """Spread so many faults over the time until `end`."""
        start = self.world.now + 5 * SECOND
        for _ in range(count):
            group = self.rng.weighed(
                (
                    (CRASHES, 4),
                    (OF_STORE, 3),
                    (OF_NETWORK, 9),
                    ((Window.RELOAD,), 1),
                    ((Window.ROW_REFUSED,), 2),
                )
            )
            window = self.rng.choose(group)
            self.world.at(self.rng.between(start, end), partial(self._arm, window))
        # Time is played with in some runs only: it stretches whatever else there is to see.
        time = self.rng.fork("time")
        for _ in range(time.weighed(((0, 6), (1, 2), (2, 2)))):
            window = time.choose((Window.FROZEN, Window.CLOCK_SET))
            self.world.at(time.between(start, end), partial(self._arm, window))
        # What the server has to bear strikes in some runs, for the same reason.
        service = self.rng.fork("service")
        for _ in range(service.weighed(((0, 3), (1, 2), (2, 2), (3, 1))) if count else 0):
            window = service.choose(OF_SERVICE)
            self.world.at(service.between(start, end), partial(self._arm, window))

    def _arm(self, window: Window) -> None:
        if window in _STRIKE_AT_ONCE:
            self.strike(window)
        else:
            self.armed.append(window)

    def met(self, *windows: Window) -> Window | None:
        """Whether a fault was armed for one of these windows; it is used up then."""
        for window in windows:
            if window in self.armed:
                self.armed.remove(window)
                return window
        return None


_STRIKE_AT_ONCE = frozenset(
    {
        Window.ANY_TIME,
        Window.CUT,
        Window.DEAF,
        Window.MUTE,
        Window.HALF_OPEN,
        Window.SLOW_READER,
        Window.RELOAD,
        Window.FROZEN,
        Window.CLOCK_SET,
        *OF_SERVICE,
    }
)
