"""B-50: a message is taken in by a gateway that takes some in, and by no other."""

from __future__ import annotations

from attrs import evolve

from tests.support.mail import MAIL_CONFIG, Post, gateway
from tests.support.playbook import Playbook


def test_a_gateway_that_was_removed_takes_nothing_in() -> None:
    """C-4."""
    play = Playbook(MAIL_CONFIG)
    post = Post(play)
    assert post.brings()["Data"] == "true"
    gateways = dict(play.config.message_gateways)
    gateways[gateway("Mail")] = evolve(gateways[gateway("Mail")], retired=True)
    play.state.config = play.config = evolve(play.config, message_gateways=gateways)
    assert post.brings()["Data"] == "false"
