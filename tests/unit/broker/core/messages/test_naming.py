"""B-52: the names of messages that go out."""

from __future__ import annotations

from attrs import evolve

from broker.config.model import Config, Server
from broker.core.messages.naming import proposed_name
from protocol.values import Channel
from tests.support.letters import GATEWAY, guid

M = guid(7)


def test_an_e_mail_is_named_like_one() -> None:
    named = Config(server=Server(node="node-1"))
    assert proposed_name(named, GATEWAY, M) == f"<{M}@node-1.parley>"
    odd = Config(server=Server(node="nöde 1"))
    assert proposed_name(odd, GATEWAY, M) == f"<{M}@n-de-1.parley>"
    long = Config(server=Server(node="n" * 60))
    assert proposed_name(long, GATEWAY, M) == f"<{M}@parley>"


def test_a_text_goes_by_its_own_name() -> None:
    assert proposed_name(Config(), evolve(GATEWAY, channel=Channel.SMS), M) == M
