"""A broker and a web process for the load, as programs of their own, in a folder that goes with them."""

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

ORIGIN: Final = "http://load.test"
"""The page of all visitors."""
SITE: Final = "load"
SECRET: Final = "load-secret"  # noqa: S105 - of a broker that lives as long as the measurement
CHATS: Final = 1_000
"""So many chats one agent may have."""
PATIENCE: Final = 60.0

_BROKER: Final = """\
[server]
listen = "{broker}"
heartbeat = "10m"
[store]
url = "sqlite:///load.db"
[limits]
frames_per_second = 1000000
outbox_bytes = 268435456
outbox_frames = 1000000
answer_bytes_per_second = 1073741824
[[languages]]
name = "English"
culture = "en"
[[projects]]
name = "Load"
[[gateways]]
name = "Load"
peer = "load"
token = "{secret}"
inactivity_timeout = "1d"
[[gate_rules]]
rank = 1
[[project_rules]]
rank = 1
project = "Load"
[[website_routing]]
gateway = "Load"
name = "all"
rank = 1
"""
_AGENT: Final = """
[[workplaces]]
number = "{number}"
max_chats = {chats}
[[agents]]
name = "Agent {number}"
login = "{number}"
token = "{secret}"
max_chats = {chats}
skills = {{ Load = 50 }}
"""
_WEB: Final = """\
[web]
listen = "{web}"
broker = "{broker}"
secret = "0123456789012345678901234567890123456789"
proxies = ["127.0.0.1"]
sockets = 1000000
requests = 100000
[web.health]
listen = "{health}"
[web.sites.load]
gateway = "load"
token = "{secret}"
origins = ["{origin}"]
html_encode = false
"""


@frozen(kw_only=True)
class Stage:
    """What the load is put on.

    Attributes:
        broker: Where the broker is.
        web: Where the web process is.
        health: Where it says how it is doing.
        broker_pid: The broker.
        web_pid: The web process.
    """

    broker: str
    web: str
    health: str
    broker_pid: int
    web_pid: int


def config(agents: int, *, broker: str, web: str, health: str) -> tuple[str, str]:
    """The files of the broker and of the web process."""
    parts = [
        _BROKER.format(broker=broker, secret=SECRET),
        *(
            _AGENT.format(number=number_of(number), chats=CHATS, secret=SECRET)
            for number in range(agents)
        ),
    ]
    site = _WEB.format(web=web, broker=broker, health=health, secret=SECRET, origin=ORIGIN)
    return "".join(parts), site


def number_of(agent: int) -> str:
    """The workplace of an agent, which is their login too."""
    return str(1_000 + agent)


@contextmanager
def staged(folder: Path, agents: int) -> Iterator[Stage]:
    """Run both as long as a block takes."""
    broker, web, health = (f"127.0.0.1:{port}" for port in _ports(3))
    texts = config(agents, broker=broker, web=web, health=health)
    for name, text in zip(("parley.toml", "web.toml"), texts, strict=True):
        (folder / name).write_text(text, "utf-8")
    with ExitStack() as stack:
        pids = []
        for command, where in (("serve parley.toml", broker), ("web web.toml", web)):
            child = stack.enter_context(_running(folder, command.split()))
            _wait_for(where, child, folder)
            pids.append(child.pid)
        while metric(health, "parley_web_gateway_up").get('{gateway="load"}') != 1:
            time.sleep(0.05)
        yield Stage(broker=broker, web=web, health=health, broker_pid=pids[0], web_pid=pids[1])


def metric(health: str, name: str) -> dict[str, float]:
    """The values of a metric by their labels, as the web process tells them."""
    with urllib.request.urlopen(f"http://{health}/metrics", timeout=PATIENCE) as answer:
        lines = answer.read().decode().splitlines()
    found = (line.rpartition(" ") for line in lines if line.startswith((f"{name}{{", f"{name} ")))
    return {key.removeprefix(name): float(value) for key, _, value in found}


def _ports(count: int) -> list[int]:
    with ExitStack() as stack:
        held = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in held]


@contextmanager
def _running(folder: Path, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / f"{arguments[0]}.log").open("wb") as log:
        child = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "broker", *arguments], cwd=folder, stdout=log, stderr=log
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _wait_for(where: str, child: subprocess.Popen[bytes], folder: Path) -> None:
    host, _, port = where.rpartition(":")
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            if child.poll() is not None or time.monotonic() > deadline:
                logs = sorted(folder.glob("*.log"))
                raise RuntimeError(
                    "".join(log.read_text("utf-8")[-2_000:] for log in logs)
                ) from None
            time.sleep(0.05)
        else:
            return
