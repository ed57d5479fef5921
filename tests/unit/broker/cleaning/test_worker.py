"""The process that cleans: what it answers, and what it bears: B-50."""

from __future__ import annotations

import io
import signal
import subprocess
import sys

import pytest

from broker.cleaning import worker
from broker.cleaning.bodies import (
    ANSWERED,
    HTML_BYTES,
    READY,
    TEXT_BYTES,
    Bodies,
    Way,
    answer_size,
    order,
    read_answer,
)
from broker.cleaning.depth import is_too_deep
from broker.cleaning.layout import TooSlowError
from broker.cleaning.worker import bodies_of, serve

K = HTML_BYTES
HOSTILE = {
    "nested": "<div>" * K,
    "nested and never ended": "<div></x>" * K,
    "tables in tables": "<table><tr><td>" * K,
    "many tables": "<table><tr><td>x</td><td>y</td></tr></table>" * 4_000,
    "misnested": "<a><b><i><div></a></b></i>" * 8_000,
    "members": "<x" + "".join(f" a{number}=1" for number in range(20_000)) + ">",
    "grows": "<p>" * K,
    "escaped": "&" * K,
    "signs": "<" * K,
    "comments": "<!--" * K,
    "quotes": "<a title='" * K,
    "digits": "&#" + "9" * K,
    "images": "<img src=http://x.example>" * K,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_comes_out_short_and_shallow(name: str) -> None:
    bodies = bodies_of(HOSTILE[name][:K], wants_text=True)
    assert len((bodies.html or "").encode()) <= HTML_BYTES
    assert len((bodies.text or "").encode()) <= TEXT_BYTES
    assert not is_too_deep(bodies.html or "")


def test_no_text_is_lost_for_being_nested() -> None:
    bodies = bodies_of("<b>x" * 1_000, wants_text=True)
    assert bodies == Bodies("x" * 1_000, "x" * 1_000, Way.PLAIN)


def test_a_message_keeps_its_layout() -> None:
    html = "<h1>Good day</h1><p>Jana</p><script>1</script>"
    assert bodies_of(html, wants_text=True) == Bodies(
        "<h1>Good day</h1><p>Jana</p>", "Good day\n\nJana"
    )
    assert bodies_of(html, wants_text=False).text is None


def test_a_text_that_takes_too_long_is_made_without_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_html: str) -> str:
        raise TooSlowError

    monkeypatch.setattr(worker, "text_of", slow)
    assert bodies_of("<p>a<p>b", wants_text=True) == Bodies(
        "<p>a</p><p>b</p>", "a\n\nb", Way.PLAIN_TEXT
    )
    monkeypatch.setattr(worker, "text_of", lambda _html: "x" * (TEXT_BYTES + 1))
    assert bodies_of("<p>a", wants_text=True).way is Way.PLAIN_TEXT


def answers(data: bytes) -> list[Bodies]:
    """What a worker said, after that it is ready."""
    found, at = [], len(READY)
    assert data[:at] == READY
    while at < len(data):
        head = data[at : at + ANSWERED.size]
        end = at + ANSWERED.size + answer_size(head)
        found.append(read_answer(head, data[at + ANSWERED.size : end]))
        at = end
    return found


def test_orders_are_done_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_have", lambda _seconds: None)
    orders = order("<p>a", wants_text=True) + order("<p>b", wants_text=False, way=Way.PLAIN)
    said = io.BytesIO()
    serve(io.BytesIO(orders), said)
    assert answers(said.getvalue()) == [Bodies("<p>a</p>", "a"), Bodies("b", None, Way.PLAIN)]


def test_the_kind_of_an_attachment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """B-61."""
    monkeypatch.setattr(worker, "_have", lambda _seconds: None)
    said = io.BytesIO()
    serve(io.BytesIO(order(b"%PDF-1.7\n\xff", wants_text=False, way=Way.KIND)), said)
    assert answers(said.getvalue()) == [Bodies(None, "application/pdf", Way.KIND)]


def run(program: str, orders: bytes) -> subprocess.CompletedProcess[bytes]:
    """A process of its own that does something else than cleaning."""
    text = f"import broker.cleaning.worker as worker\n{program}\nworker.main()"
    return subprocess.run(
        [sys.executable, "-c", text], input=orders, capture_output=True, check=False, timeout=60
    )


def test_a_process_ends_when_nobody_orders_any_more() -> None:
    done = run("", order("<p>a<script>b", wants_text=True))
    assert (done.returncode, done.stderr) == (0, b"")
    assert answers(done.stdout) == [Bodies("<p>a</p>", "a")]


def test_a_signal_meant_for_the_broker_ends_no_process() -> None:
    program = "import os, signal\nworker.clean = lambda html: os.kill(0, signal.SIGTERM) or html"
    done = run(f"import os; os.setsid()\n{program}", order("<p>a", wants_text=False))
    assert answers(done.stdout) == [Bodies("<p>a", None)]


def test_who_takes_too_much_memory_dies() -> None:
    program = "worker.MEMORY = 256 << 20\nworker.clean = lambda html: bytearray(1 << 30).decode()"
    done = run(program, order("x", wants_text=False))
    assert done.returncode != 0
    assert done.stdout == READY


def test_who_takes_too_much_time_of_the_processor_is_killed() -> None:
    program = (
        "worker.CPU_SECONDS = 0\ndef endless(html):\n    while True: pass\nworker.clean = endless"
    )
    done = run(program, order("x", wants_text=False))
    assert done.returncode == -signal.SIGXCPU
