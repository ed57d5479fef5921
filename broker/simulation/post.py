"""The post of an installation: message gateways, with short times, and the rules that say who answers.

About every second run has post, so that the others have chats alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import evolve, frozen

from broker.config.merge import merge
from broker.config.message_gateways import MessageGateway, MessageLimits, MessageRule
from broker.config.model import SECOND, Config, RuleLimits, Secret, WaitRule, WorkKind
from broker.simulation.rng import Rng
from protocol.identifiers import derive
from protocol.pattern import Pattern
from protocol.values import Channel, Guid

OFTEN: Final = 0.5


@frozen
class Office:
    """An address of message gateways, and who carries for it.

    Attributes:
        peer: The address.
        channel: What is carried.
        carriers: How many programs serve it, all from one box.
    """

    peer: str
    channel: Channel
    carriers: int


OFFICES: Final = (
    Office("mail", Channel.EMAIL, 2),
    Office("sms", Channel.SMS, 1),
    Office("news", Channel.EMAIL, 1),
    Office("text", Channel.SMS, 1),
)
"""`mail` has threads, `sms` has none, by `news` nothing comes in, what comes by `text` is said in chats."""


@frozen
class Post:
    """What a configuration says of messages.

    Attributes:
        gateways: The ways.
        rules: Who answers what.
    """

    gateways: Mapping[Guid, MessageGateway]
    rules: tuple[MessageRule, ...]

    def within(self, config: Config) -> Config:
        """A configuration with this in place of what it says."""
        return evolve(config, message_gateways=self.gateways, message_rules=self.rules)


def has_post(config: Config) -> bool:
    """Whether the installation has message gateways."""
    return bool(config.message_gateways)


def furnish(rng: Rng, config: Config, secret: Secret) -> Config:
    """The same installation with post, or as it is.

    Args:
        rng: What decides.
        config: An installation with chats.
        secret: What carriers show.
    """
    if not rng.fork("at all").happens(OFTEN):
        return config
    split = rng.happens(0.5)
    gateways = (
        *(
            _mail(rng, secret, *way)
            for way in ((("in", "I"), ("out", "O")) if split else (("", "B"),))
        ),
        _gateway(rng, secret, "sms", "sms", Channel.SMS, "B"),
        _gateway(rng, secret, "news", "news", Channel.EMAIL, "O"),
    )
    agents = {
        guid: evolve(agent, max_messages=rng.between(1, 3)) for guid, agent in config.agents.items()
    }
    workplaces = {
        guid: evolve(place, max_messages=rng.between(2, 4))
        for guid, place in config.workplaces.items()
    }
    room = rng.choose((1_000, 1_000, 1_000, 6))
    return evolve(
        config,
        message_gateways={gateway.id: gateway for gateway in gateways},
        wait_rules=tuple(
            sorted((*config.wait_rules, *_wait_rules(rng.fork("wait"), gateways)), key=_level)
        ),
        message_rules=_rules(rng, tuple(g.id for g in gateways if g.takes_in)),
        agents=agents,
        workplaces=workplaces,
        limits=evolve(config.limits, conversations=room, put_aside=rng.choose((1, 3, 100))),
        distribution=evolve(config.distribution, messages_while_chatting=rng.happens(0.7)),
    )


def _level(rule: WaitRule) -> int:
    return rule.level


def _wait_rules(rng: Rng, gateways: tuple[MessageGateway, ...]) -> tuple[WaitRule, ...]:
    """What is done for conversations that nobody takes: in the end one in four is closed."""
    sales, support = (derive("project", name) for name in ("Sales", "Support"))
    rules = (
        WaitRule(
            id=derive("wait_rule", "old mail"),
            work=WorkKind.MESSAGES,
            level=1,
            after=rng.between(2, 6) * SECOND,
            limits=RuleLimits(gateway=gateways[0].id),
            priority=30,
        ),
        WaitRule(
            id=derive("wait_rule", "any skill"),
            work=WorkKind.MESSAGES,
            level=2,
            after=rng.between(6, 12) * SECOND,
            project=sales,
            skill=0,
            projects=(support,),
        ),
        WaitRule(
            id=derive("wait_rule", "too old"),
            work=WorkKind.MESSAGES,
            level=3,
            after=rng.between(20, 40) * SECOND,
            close=True,
        ),
    )
    return tuple(rule for rule in rules if rng.happens(0.25 if rule.close else 0.8))


def _mail(rng: Rng, secret: Secret, name: str, direction: str) -> MessageGateway:
    return _gateway(rng, secret, f"mail{name}", "mail", Channel.EMAIL, direction)


def _gateway(
    rng: Rng, secret: Secret, name: str, peer: str, channel: Channel, direction: str
) -> MessageGateway:
    return MessageGateway(
        id=derive("message_gateway", name),
        name=name,
        peer=peer,
        channel=channel,
        direction=direction,
        secret=secret,
        deadline=rng.between(5, 8) * SECOND,
        retries=tuple(rng.between(1, 3) * SECOND for _ in range(rng.between(1, 3))),
        in_flight=rng.choose((1, 2, 16)),
        weight=rng.weighed(((1, 3), (2, 1))),
        conversation_inertia=rng.between(10, 60) * SECOND,
        workplace_grace=rng.between(6, 12) * SECOND,
        acknowledge="We have it." if rng.happens(0.5) else None,
        region="CZ" if channel is Channel.SMS else None,
    )


def _rules(rng: Rng, inbound: tuple[Guid, ...]) -> tuple[MessageRule, ...]:
    """Unwanted mail is closed, urgent mail has a rule of its own, and what no rule knows is put aside."""
    sales, support = (derive("project", name) for name in ("Sales", "Support"))
    first = inbound[0]
    rules = (
        MessageRule(
            id=derive("message_rule", "unwanted"),
            rank=1,
            limits=MessageLimits(spam_level=2),
            close=True,
        ),
        MessageRule(
            id=derive("message_rule", "urgent"),
            rank=2,
            limits=MessageLimits(subject=Pattern("urgent")),
            project=sales,
            priority=20,
            skill=rng.between(1, 30),
            answer_within=rng.between(5, 30) * SECOND,
        ),
        MessageRule(
            id=derive("message_rule", "first"),
            rank=3,
            limits=MessageLimits(gateway=first),
            project=support,
            answer_within=30 * SECOND if rng.happens(0.5) else None,
        ),
        MessageRule(
            id=derive("message_rule", "rest"),
            rank=4,
            project=sales,
            language=derive("language", "English") if rng.happens(0.3) else None,
        ),
    )
    return tuple(rule for rule in rules if rule.rank != 4 or rng.happens(0.8))


def reloads(rng: Rng, config: Config) -> tuple[Post, ...]:
    """What reloads may make of the post of an installation, and back; nothing, where there is none."""
    if not has_post(config):
        return ()
    whole = Post(config.message_gateways, config.message_rules)
    return (
        whole,
        _less(rng, whole),
        _renamed(rng, whole),
        _numbers(rng, whole),
        _ranks(rng, whole),
    )


def _less(rng: Rng, whole: Post) -> Post:
    """A gateway is gone, and a rule."""
    gone, rule = rng.choose([*whole.gateways]), rng.choose(whole.rules)
    kept = {key: gateway for key, gateway in whole.gateways.items() if key != gone}
    rules = tuple(one for one in whole.rules if one is not rule and one.limits.gateway != gone)
    return Post(kept, rules or whole.rules[:1])


def _renamed(rng: Rng, whole: Post) -> Post:
    """A gateway has another name, which makes another one of it at the same address."""
    old = rng.choose([*whole.gateways.values()])
    new = evolve(old, id=derive("message_gateway", f"new {old.name}"), name=f"new {old.name}")
    gateways = {
        (new if one is old else one).id: new if one is old else one
        for one in whole.gateways.values()
    }
    rules = tuple(
        evolve(rule, limits=evolve(rule.limits, gateway=new.id))
        if rule.limits.gateway == old.id
        else rule
        for rule in whole.rules
    )
    return Post(gateways, rules)


def _numbers(rng: Rng, whole: Post) -> Post:
    """Other bounds and times, and other words to those who write."""
    gateways = {
        key: evolve(
            gateway,
            in_flight=rng.choose((4, 16)),
            weight=rng.choose((1, 2)),
            deadline=rng.between(5, 8) * SECOND,
            acknowledge=None if gateway.acknowledge or gateway.as_chat else "We have it.",
        )
        for key, gateway in whole.gateways.items()
    }
    return Post(gateways, whole.rules)


def _ranks(rng: Rng, whole: Post) -> Post:
    """The rules in another order, for other projects."""
    projects = [derive("project", name) for name in ("Sales", "Support")]
    ranks = [rule.rank for rule in whole.rules]
    rules = [
        evolve(rule, rank=rank, project=rng.choose(projects) if rule.project else None)
        for rule, rank in zip(whole.rules, reversed(ranks), strict=True)
    ]
    return Post(whole.gateways, tuple(sorted(rules, key=lambda rule: rule.rank)))


def as_reloaded(running: Config, config: Config) -> Config:
    """What a broker that runs makes of a configuration: a gateway that is in it no more is kept, retired."""
    return evolve(config, message_gateways=merge(running, config).message_gateways)


def as_started(config: Config) -> Config:
    """What a start makes of a configuration: what was kept of an older one, retired, is not in the file."""
    kept = {key: one for key, one in config.message_gateways.items() if not one.retired}
    return (
        config
        if len(kept) == len(config.message_gateways)
        else evolve(config, message_gateways=kept)
    )
