"""Plays the scenarios, one after the other, against a connector that is there."""

from collections.abc import Callable, Sequence

from attrs import evolve, frozen

from connectors.channels.conform.broker import PlayedBroker
from connectors.channels.conform.laws import Finding
from connectors.channels.conform.stage import FarSide, Over, Program, Stage, Timing
from connectors.channels.conform.table import Scenario


@frozen
class Played:
    """What became of a scenario.

    Attributes:
        scenario: The scenario.
        findings: What was wrong.
        missing: What it could not be played without; nothing: it was played.
    """

    scenario: Scenario
    findings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()


def available(far: FarSide, program: Program | None) -> frozenset[str]:
    """What there is that a scenario may need."""
    found = {
        "inject": far.can_inject,
        "bad address": far.bad_address is not None,
        "program": program is not None,
    }
    return frozenset(name for name, there in found.items() if there)


async def play(
    scenarios: Sequence[Scenario],
    broker: PlayedBroker,
    far: FarSide,
    program: Program | None,
    *,
    timing: Timing | None = None,
    told: Callable[[Played], None] = lambda played: None,
) -> list[Played]:
    """Play scenarios.

    Args:
        scenarios: Which.
        broker: The broker's side, which serves already.
        far: The far side.
        program: The connector's process, not started yet; None: it comes by itself.
        timing: How long is waited.
        told: Hears of each when it is over.

    Returns:
        What became of each.
    """
    there = available(far, program)
    results: list[Played] = []
    if program is not None:
        await program.start()
    try:
        for scenario in scenarios:
            missing = tuple(sorted(scenario.needs - there))
            if missing:
                results.append(Played(scenario, missing=missing))
            else:
                stage = Stage(broker, far, program, timing or Timing(), scenario.clause)
                results.append(Played(scenario, await _one(scenario, stage)))
            told(results[-1])
    finally:
        if program is not None:
            await program.kill()
    return results


async def _one(scenario: Scenario, stage: Stage) -> tuple[Finding, ...]:
    """Play one scenario, and leave the broker as it was."""
    broker = stage.broker
    before, welcomed = len(broker.findings), (broker.gateways, broker.heartbeat)
    try:
        await stage.ready()
        await scenario.play(stage)
    except Over:
        pass
    finally:
        broker.on.clear()
        broker.greets, broker.refuses = None, False
        if welcomed != (broker.gateways, broker.heartbeat):
            broker.gateways, broker.heartbeat = welcomed
            await stage.left()
    found = [*broker.findings[before:], *stage.findings]
    return tuple(evolve(one, scenario=scenario.name) for one in found)
