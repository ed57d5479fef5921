"""The configuration that a benchmark's own broker runs with."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from broker.bench.settings import TOKEN, Load, gateway_peer, workplace_number

_SERVER: Final = """\
[server]
listen = "{host}:{port}"
node = "bench"
heartbeat = "10m"

[store]
url = "sqlite:///bench.db"

[limits]
frames_per_second = 100000000
outbox_bytes = 268435456
outbox_frames = 1000000

[[languages]]
name = "English"
culture = "en"
"""
_GATEWAY: Final = """
[[gateways]]
name = "Gateway {peer}"
peer = "{peer}"
token = "{token}"
inactivity_timeout = "1d"
tracking_inertia = "1s"
"""
_PROJECT: Final = """
[[projects]]
name = "Load {worker}"
"""
_RULES: Final = """
[[gate_rules]]
rank = {rank}
gateway = "Gateway {peer}"
[[project_rules]]
rank = {rank}
gateway = "Gateway {peer}"
project = "Load {worker}"
language = "English"
"""
_AGENT: Final = """
[[workplaces]]
number = "{number}"
max_chats = 1000
[[agents]]
name = "Agent {number}"
login = "{number}"
token = "{token}"
max_chats = 1000
languages = {{ English = 100 }}
[agents.skills]
"Load {worker}" = 50
"""


def write_config(path: Path, address: tuple[str, int], load: Load) -> None:
    """Write a configuration for the load, with a store in a file beside it.

    The chats of one loader process go to the agents of the same process (a project for each),
    so that what a process sends it also receives, as far as the broker keeps to its rules.
    """
    parts = [_SERVER.format(host=address[0], port=address[1])]
    parts += [_PROJECT.format(worker=worker) for worker in range(load.processes)]
    for number in range(load.connectors):
        peer = gateway_peer(number)
        parts.append(_GATEWAY.format(peer=peer, token=TOKEN))
        parts.append(_RULES.format(rank=number + 1, peer=peer, worker=number % load.processes))
    for agent in range(load.agents):
        number_text = workplace_number(agent)
        worker = agent % load.processes
        parts.append(_AGENT.format(number=number_text, token=TOKEN, worker=worker))
    path.write_text("".join(parts))
