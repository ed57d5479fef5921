"""Gateways that share one peer and have ports (W-25)."""

from __future__ import annotations

import pytest

from tests.support.playbook import CONFIG, Client, Playbook

PORTS = """
[[gateways]]
name = "Shop"
peer = "web"
port = "shop"
token = "web-secret"
[[gateways]]
name = "Help"
peer = "app"
port = "help"
token = "app-secret"
[[gateways]]
name = "Sales"
peer = "app"
port = "sales"
token = "app-secret"
"""
with_ports = pytest.mark.parametrize("play", [CONFIG + PORTS], indirect=True, ids=["ports"])


def started(client: Client, tracking_id: str, port: str | None) -> None:
    """A chat on a port; no rule fits it, so that nothing else happens."""
    client.says("ES_CHAT_START", TrackingId=tracking_id, Port=port, PreferredCulture="en")
    client.heard.clear()


@with_ports
def test_a_peer_is_resynced_as_a_whole(play: Playbook) -> None:
    """W-25: without a Port all of its gateways, with one only that."""
    web = play.connector("web")
    started(web, "t1", None)
    started(web, "t2", "shop")
    web.says("ES_CHAT_RESYNC", 1)
    assert listed(web) == [("t1", None), ("t2", "shop")]
    web.says("ES_CHAT_RESYNC", 2, Port="shop")
    assert listed(web) == [("t2", "shop")]
    web.says("ES_CHAT_RESYNC", 3, Port="nowhere")
    web.refused("UnknownGateway", 3)


@with_ports
def test_a_peer_of_which_every_gateway_has_a_port(play: Playbook) -> None:
    """W-25: it can be asked for, though no chat can be started without one."""
    app = play.connector("app")
    started(app, "t1", "sales")
    app.says("ES_CHAT_RESYNC", 1)
    assert listed(app) == [("t1", "sales")]
    app.says("ES_CHAT_START", 2, TrackingId="t2")
    app.refused("UnknownGateway", 2)


@with_ports
def test_an_empty_port_is_none(play: Playbook) -> None:
    """W-5: of a start, of a sentence, of a resync."""
    web = play.connector("web")
    started(web, "t1", "")
    web.says("ES_CHAT_SENTENCE", TrackingId="t1", Port=" ", ID="s1", Text="Hi")
    web.hears("SE_CHAT_SENTENCE", Port=None, Counter=1)
    web.says("ES_CHAT_RESYNC", 1, Port="")
    assert listed(web) == [("t1", None)]


@with_ports
def test_only_what_the_session_serves(play: Playbook) -> None:
    """I-15: the peers of others are not listed, whatever their ports."""
    web = play.connector("web")
    for peer in ("app", "im"):
        web.says("ES_CHAT_RESYNC", 1, Peer=peer)
        web.refused("NotAllowed", 1)
    web.says("ES_CHAT_RESYNC", 1, Peer="nobody")
    web.refused("UnknownGateway", 1)


def test_lists_that_fit_no_frame_together_come_port_by_port() -> None:
    """I-14, W-3."""
    play = Playbook(CONFIG + PORTS + "[limits]\nframe_bytes = 65536\n")
    web = play.connector("web")
    for number in range(80):
        for port in (None, "shop"):
            started(web, f"{port} {number}", port)
    web.says("ES_CHAT_RESYNC", 1)
    web.refused("Overloaded", 1)
    web.says("ES_CHAT_RESYNC", 2, Port="shop")
    assert len(listed(web)) == 80


def listed(client: Client) -> list[tuple[str, str | None]]:
    """The chats of the list that was heard."""
    re = client.heard[0][2]
    items = client.hears("SE_CHAT_LIST", re)["items"]
    return [(item["TrackingId"], item.get("Port")) for item in items]
