"""Texts that are sentences of chats, in about every other run that has post (B-60)."""

from __future__ import annotations

from typing import Final

from attrs import evolve

from broker.config.message_gateways import MessageGateway
from broker.config.model import SECOND, Config, Gateway, ProjectRule, RuleLimits, Secret
from broker.simulation.rng import Rng
from protocol.identifiers import derive
from protocol.values import Channel

OFTEN: Final = 0.5
CHATS: Final = "texts"
"""The chat gateway whose chats have messages for sentences; no connector of chats serves it."""
PEER: Final = "text"
"""The address of the message gateways that bring and carry them."""
WRITERS: Final = 3


def furnish(rng: Rng, config: Config, chats: Secret, carriers: Secret) -> Config:
    """The same installation with texts as chats, or as it is."""
    if not rng.happens(OFTEN):
        return config
    split = rng.happens(0.5)
    ways = (("in", "I"), ("out", "O")) if split else (("", "B"),)
    gateways = [_gateway(rng, carriers, f"{PEER}{name}", way) for name, way in ways]
    rule = ProjectRule(
        id=derive("project_rule", CHATS),
        rank=30,
        limits=RuleLimits(gateway=derive("gateway", CHATS)),
        project=derive("project", rng.choose(("Sales", "Support"))),
        skill=1,
    )
    return evolve(
        config,
        gateways={**config.gateways, derive("gateway", CHATS): _chats(rng, chats)},
        message_gateways={**config.message_gateways, **{g.id: g for g in gateways}},
        project_rules=(*config.project_rules, rule),
    )


def _chats(rng: Rng, secret: Secret) -> Gateway:
    return Gateway(
        id=derive("gateway", CHATS),
        name=CHATS,
        peer=CHATS,
        secret=secret,
        inactivity_timeout=rng.between(40, 70) * SECOND,
        inactivity_warning=10 * SECOND,
        tracking_inertia=30 * SECOND,
        workplace_grace=rng.between(6, 12) * SECOND,
        reactivate=rng.happens(0.5),
        weight=rng.weighed(((1, 3), (2, 1))),
    )


def _gateway(rng: Rng, secret: Secret, name: str, direction: str) -> MessageGateway:
    return MessageGateway(
        id=derive("message_gateway", name),
        name=name,
        peer=PEER,
        channel=Channel.SMS,
        direction=direction,
        secret=secret,
        as_chat=derive("gateway", CHATS),
        notes_as_messages=rng.fork("notes").happens(0.4),
        confirm_delivered=rng.fork("delivered").happens(0.4),
        deadline=rng.between(5, 8) * SECOND,
        retries=tuple(rng.between(1, 3) * SECOND for _ in range(rng.between(1, 3))),
        in_flight=rng.choose((4, 16)),  # they are many, and a run has an end
        region="CZ",
    )


def address_of(index: int) -> str:
    """Whose texts these are."""
    return f"{PEER}{index}@example.com"


def has_texts(config: Config) -> bool:
    """Whether the installation has texts as chats."""
    return derive("gateway", CHATS) in config.gateways
