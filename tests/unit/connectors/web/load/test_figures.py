"""What is measured, and how it is printed."""

import json
import os

from connectors.web.load.figures import (
    Figures,
    Span,
    Times,
    Usage,
    as_json,
    machine_cpu,
    shown,
)

SPAN = Span(seconds=10.0, web=5.0, broker=1.0, load=2.0, others=4.0)


def figures() -> Figures:
    times = Times.of(range(1_000_000, 101_000_000, 1_000_000))
    return Figures(
        polling=5_000,
        connected=4_000,
        cores=2,
        polling_opened=1_947.4,
        connected_opened=2_953.0,
        polling_bytes=2_048.0,
        connected_bytes=43_008.0,
        idle=0.034,
        request_us=190.0,
        request=times,
        frames_us=250.0,
        frames=times,
        message_us=400.0,
        to_agent=times,
        to_visitor=Times.of(()),
        by_request_to_agent=times,
        by_request_us=500.0,
        refused=3,
        unheard=1,
        counted={"{}": 7},
        spans={"polls": SPAN},
    )


def test_a_process_and_the_machine_are_read() -> None:
    before, whole = Usage.of(os.getpid()), machine_cpu()
    while Usage.of(os.getpid()).cpu == before.cpu:
        sum(range(100_000))
    assert before.memory > 1_000_000
    assert machine_cpu() >= whole > before.cpu


def test_times() -> None:
    assert Times.of(range(1_000_000, 101_000_000, 1_000_000)) == Times(100, 51.0, 100.0)
    assert Times.of([7_000_000]) == Times(1, 7.0, 7.0)
    assert Times.of(()) == Times(0, 0.0, 0.0)


def test_it_is_shown() -> None:
    lines = shown(figures())
    assert any("5,000 who poll" in line and "1,947 us, 2.0 KiB" in line for line in lines)
    assert any("4,000 on sockets" in line and "2,953 us, 42.0 KiB" in line for line in lines)
    assert any("poll, nothing new" in line and "51.0 ms, 100.0 ms of 100" in line for line in lines)
    assert "refused: 3; not heard: 1" in lines
    assert lines[-1] == "polls: 10.0 s; of 2 cores: web 25%, broker 5%, load 10%, others 20%"


def test_programs_get_all_of_it() -> None:
    found = json.loads(json.dumps(as_json(figures())))
    assert found["spans"]["polls"]["web"] == 5.0
    assert found["to_agent"]["p99"] == 100.0
