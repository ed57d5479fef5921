"""The parts of a night: each tries one seed after the other, and tells what broke."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import trio
from attrs import Factory, frozen

from broker.simulation.command import judge
from broker.simulation.run import Script
from tests.support import damaged_frames, power_cuts
from tests.support.kills import killed

KILLS_PER_LIFE = 20
BATCHES_PER_LIFE = 30
CUT_EVERY = 3
FRAMES_PER_SEED = 10_000


@frozen
class Tried:
    """What one seed came to.

    Attributes:
        count: How many cases it held.
        faults: What broke, with what is needed to see it again.
        figures: What happened besides, by name, to be added up.
    """

    count: int
    faults: tuple[str, ...] = ()
    figures: dict[str, int] = Factory(dict)


@frozen
class Part:
    """One of the long tests.

    Attributes:
        name: What is counted.
        wanted: How many of them a whole night has.
        share: Which part of the time it gets, in relation to the others.
        attempt: Tries one seed.
    """

    name: str
    wanted: int
    share: int
    attempt: Callable[[int], Tried]


def seeds(seed: int) -> Tried:
    """Simulated runs under faults, judged by the checker."""
    verdict = judge(Script(seed=str(seed)))
    faults = tuple(f"parley simulate --seed {seed}: {text}" for text in verdict.violations)
    return Tried(1, faults, verdict.counts)


def cuts(seed: int) -> Tried:
    """Power cuts throughout the lives of stores."""
    forks = power_cuts.forks(seed, BATCHES_PER_LIFE, CUT_EVERY, power_cuts.often)
    found = [power_cuts.faults(fork) for fork in forks]
    faults = tuple(f"life {seed}: {fault}" for faults in found for fault in faults)
    return Tried(len(found), faults, {"lives": 1})


def kills(seed: int) -> Tried:
    """Real brokers that are killed under load over TCP."""
    with TemporaryDirectory() as directory:
        came = trio.run(partial(killed, Path(directory), KILLS_PER_LIFE, f"kill {seed}"))
    faults = tuple(f"kill {seed}: {text}" for text in came.violations)
    figures = {
        "sentences": came.sentences,
        "acknowledged": came.echoes,
        "messages taken": came.taken,
        "answers": came.answers,
    }
    return Tried(KILLS_PER_LIFE, faults, figures)


def frames(seed: int) -> Tried:
    """Frames that are damaged on their way, in MessagePack and in JSON."""
    chance = Random(seed)
    found = [damaged_frames.faults(chance) for _ in range(FRAMES_PER_SEED)]
    faults = tuple(f"frames {seed}: {fault}" for faults in found for fault in faults)
    return Tried(FRAMES_PER_SEED, faults)


PARTS = (
    Part("seeds", 10_000, 60, seeds),
    Part("power cuts", 100_000, 15, cuts),
    Part("kills", 1_000, 15, kills),
    Part("frames", 10_000_000, 10, frames),
)
