"""How a channel is doing, in words and in numbers."""

from prometheus_client import Gauge, generate_latest

from connectors.channels.figures import Figures


def test_what_is_wrong_is_told_in_order() -> None:
    figures = Figures("pigeons")
    assert figures.faults == ["no session with the broker"]
    figures.connected = True
    figures.parts.update({"loft": "closed", "roof": None})
    assert figures.faults == ["loft: closed"]
    figures.stopping = True
    assert figures.faults == ["stopping", "loft: closed"]


def test_what_is_counted_is_measured() -> None:
    figures = Figures("pigeons", connected=True, gateways=2)
    figures.received["taken"] += 3
    figures.parts.update({"loft": "closed", "roof": None})
    Gauge("pigeons_fed", "How many", registry=figures.registry).set(7)
    found = generate_latest(figures.registry).decode()
    for line in (
        'parley_channel_received_total{channel="pigeons",result="taken"} 3.0',
        'parley_channel_connected{channel="pigeons"} 1.0',
        'parley_channel_gateways{channel="pigeons"} 2.0',
        'parley_channel_part_up{channel="pigeons",part="loft"} 0.0',
        'parley_channel_part_up{channel="pigeons",part="roof"} 1.0',
        "pigeons_fed 7.0",
    ):
        assert line in found
