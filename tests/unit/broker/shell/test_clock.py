"""The time of day for the engine."""

from itertools import pairwise

from attrs import define

from broker.shell.clock import Clock

MINUTE = 60_000_000


@define
class Watches:
    """A system clock and a monotonic one, to be set by hand."""

    wall: int = 1_000 * MINUTE
    monotonic: int = 5 * MINUTE

    def pass_by(self, micros: int) -> None:
        self.wall += micros
        self.monotonic += micros

    def clock(self) -> Clock:
        return Clock(wall=lambda: self.wall, monotonic=lambda: self.monotonic)


def test_it_says_what_the_system_says() -> None:
    watches = Watches()
    clock = watches.clock()
    watches.pass_by(123)
    assert clock() == watches.wall
    watches.pass_by(7 * MINUTE)
    assert clock() == watches.wall


def test_it_follows_a_system_clock_that_is_put_forward() -> None:
    watches = Watches()
    clock = watches.clock()
    watches.wall += 90 * MINUTE
    watches.pass_by(2 * MINUTE)
    assert clock() == watches.wall


def test_it_slows_down_and_never_runs_backwards_when_the_system_clock_is_put_back() -> None:
    watches = Watches()
    clock = watches.clock()
    watches.wall -= 10 * MINUTE
    said = [clock()]
    for _ in range(200):
        watches.pass_by(MINUTE)
        said.append(clock())
    assert all(earlier < later for earlier, later in pairwise(said))
    assert said[-1] == watches.wall
