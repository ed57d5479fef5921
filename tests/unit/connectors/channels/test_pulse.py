"""Whether a loop runs, and how late it is."""

from connectors.channels.pulse import STALE, Pulse


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_loop_that_does_not_run_is_seen() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    seen = [pulse.lives]
    clock.now = STALE
    seen.append(pulse.lives)
    pulse.beat()
    seen.append(pulse.lives)
    assert seen == [True, False, True]


def test_the_longest_lateness_is_told_once() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    assert pulse.take_lag() == 0.0
    for clock.now in (1.0, 2.25, 2.75, 4.5):
        pulse.beat(again=1.0)
    assert (pulse.take_lag(), pulse.take_lag()) == (0.75, 0.0)


def test_a_beat_that_is_not_due_is_not_late() -> None:
    clock = Clock()
    pulse = Pulse(clock)
    for clock.now in (1.0, 100.0):
        pulse.beat()
    assert pulse.take_lag() == 0.0
