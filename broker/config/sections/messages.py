"""Readers of the message gateways and of the rules that say where a message goes (B-50..B-60)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from attrs import frozen

from broker.config.context import Context
from broker.config.converter import NEEDED, Reference, carried
from broker.config.message_gateways import MessageGateway, MessageLimits, MessageRule
from broker.config.parse import (
    UNITS,
    boolean,
    choice,
    culture,
    duration,
    guid,
    hint,
    integer,
    listing,
    text,
    text_pattern,
    word,
    zone,
)
from broker.config.secret import SecretKeys, secret_of
from broker.config.section_reader import Table
from broker.config.sections.directory import MOST_CHATS, NAME
from broker.config.sections.routing import (
    PRIORITY,
    UTC,
    Entries,
    Numbered,
    check_zone,
    hours_of,
    warn_doubt,
)
from protocol.hours import parse_hours
from protocol.limits import text_length
from protocol.pattern import Pattern
from protocol.values import Channel, Direction, Guid

_REGIONS: Final = (
    "AC AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ "
    "BR BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO "
    "DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU "
    "GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW "
    "KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT "
    "MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT "
    "PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TA "
    "TC TD TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK "
    "YE YT ZA ZM ZW"
)
REGIONS: Final = frozenset(_REGIONS.split())
"""Countries whose phone numbers can be read; the library that reads them takes long to import."""
MOST_RETRIES: Final = 20
LONGEST_ANSWER: Final = 365 * UNITS["d"]
"""The longest `answer_within`; the search for its end in opening hours goes a little further."""
ACKNOWLEDGE_LENGTH: Final = text_length("ChatSentenceInfo", "Text")
_NOT_WITHOUT_AS_CHAT: Final = ("notes_as_messages", "confirm_delivered")
_NOT_WITH_AS_CHAT: Final = ("weight", "conversation_inertia", "workplace_grace", "acknowledge")
_OF_SENDING: Final = ("deadline", "retries", "in_flight")
_OF_PROJECT: Final = ("project", "language", "skill", "priority", "answer_within", "answer_hours")


def _json(value: object) -> str:
    found = text(text_length("GatewayInfo", "Device"))(value)
    try:
        json.loads(found)
    except (ValueError, RecursionError) as fault:
        raise ValueError(f"is no JSON: {fault}") from None
    return found


def _region(value: object) -> str:
    found = text()(value)
    if found not in REGIONS:
        close = found.upper() if found.upper() in REGIONS else None
        raise ValueError(f'must be a country of two capitals like "CZ"{hint(close)}')
    return found


def _retries(value: object) -> tuple[int, ...]:
    found = listing(duration())(value)
    if not found:
        raise ValueError("has no entry; a message has one pause at least before it is tried again")
    if len(found) > MOST_RETRIES:
        raise ValueError(f"has more than {MOST_RETRIES} entries")
    return found


def _answer_within(value: object) -> int:
    found = duration(1)(value)
    if found > LONGEST_ANSWER:
        raise ValueError("is longer than 365d")
    return found


@frozen(kw_only=True)
class MessageGatewayKeys(SecretKeys):
    """`[[message_gateways]]`."""

    name: Annotated[str, NAME, NEEDED] = ""
    id: Annotated[Guid | None, guid] = None
    peer: Annotated[str, text(text_length("GatewayInfo", "PeerAddress")), NEEDED] = ""
    port: Annotated[str | None, text(text_length("GatewayInfo", "PeerPort"))] = None
    channel: Annotated[Channel, choice(*Channel), NEEDED] = Channel.EMAIL
    direction: Annotated[str, word("I", "O", "B"), NEEDED] = "B"
    device: Annotated[str | None, _json] = None
    language: Annotated[Guid | None, Reference("language")] = None
    as_chat: Annotated[Guid | None, Reference("gateway")] = None
    notes_as_messages: Annotated[bool | None, boolean] = None
    confirm_delivered: Annotated[bool | None, boolean] = None
    deadline: Annotated[int | None, duration(UNITS["s"])] = None
    retries: Annotated[tuple[int, ...] | None, _retries] = None
    in_flight: Annotated[int | None, integer(1, 10_000)] = None
    weight: Annotated[int | None, integer(1, MOST_CHATS)] = None
    conversation_inertia: Annotated[int | None, duration()] = None
    workplace_grace: Annotated[int | None, duration()] = None
    acknowledge: Annotated[str | None, text(ACKNOWLEDGE_LENGTH)] = None
    region: Annotated[str | None, _region] = None


@frozen(kw_only=True)
class MessageRuleKeys:
    """`[[message_rules]]`."""

    rank: Annotated[int, integer(-(2**31))] = 0
    name: Annotated[str | None, text()] = None
    id: Annotated[Guid | None, guid] = None
    gateway: Annotated[Guid | None, Reference("message_gateway")] = None
    to: Annotated[Pattern | None, text_pattern] = None
    from_: Annotated[Pattern | None, text_pattern] = None
    subject: Annotated[Pattern | None, text_pattern] = None
    text: Annotated[Pattern | None, text_pattern] = None
    culture: Annotated[str | None, culture] = None
    hours: Annotated[Entries | None, listing(parse_hours)] = None
    timezone: Annotated[ZoneInfo, zone] = UTC
    calendar: Annotated[Guid | None, Reference("calendar")] = None
    spam_level: Annotated[int | None, integer(1, 2)] = None
    project: Annotated[Guid | None, Reference("project")] = None
    language: Annotated[Guid | None, Reference("language")] = None
    skill: Annotated[int | None, integer()] = None
    priority: Annotated[int | None, PRIORITY] = None
    answer_within: Annotated[int | None, _answer_within] = None
    answer_hours: Annotated[Entries | None, listing(parse_hours)] = None
    close: Annotated[bool | None, boolean] = None


def read_message_gateways(root: Table, context: Context) -> Iterator[tuple[Table, MessageGateway]]:
    """`[[message_gateways]]`, each with its table, so that it can be looked at again."""
    for table in root.children("message_gateways"):
        keys = table.read(MessageGatewayKeys, context.reference)
        if keys.peer and table.is_sound("port", "channel", "direction"):
            _claim_address(table, keys, context)
        gateway = carried(
            MessageGateway,
            keys,
            id=context.identities.claim(table, "message_gateway", keys.name, keys.id),
            secret=secret_of(table, keys, context),
        )
        _warn_of_idle_keys(table, gateway)
        yield table, gateway


def _claim_address(table: Table, keys: MessageGatewayKeys, context: Context) -> None:
    """Take the place of a gateway in each direction: no message is to have two ways."""
    address = keys.peer if keys.port is None else f"{keys.peer} port {keys.port}"
    for direction in Direction:
        if keys.direction in (direction, "B") and table.is_sound("peer"):
            place = f"{keys.channel} {direction} at {address}"
            context.identities.unique(table, "message gateway for", place, key="peer")


def _warn_of_idle_keys(table: Table, gateway: MessageGateway) -> None:
    """Say so when a key has no effect beside the others."""
    idle = {
        "without as_chat": _NOT_WITHOUT_AS_CHAT if gateway.as_chat is None else (),
        "with as_chat": _NOT_WITH_AS_CHAT if gateway.as_chat is not None else (),
        'with direction = "I"': _OF_SENDING if gateway.direction == Direction.I else (),
        'with direction = "O"': ("acknowledge",) if gateway.direction == Direction.O else (),
    }
    told: set[str] = set()
    for where, keys in idle.items():
        for key in keys:
            if key in table and key not in told and table.is_sound("as_chat", "direction"):
                told.add(key)
                table.warn(key, f"means nothing {where}")
    if gateway.as_chat is not None and gateway.channel is Channel.EMAIL:
        table.warn("as_chat", "makes a sentence of every mail, with its quotations and its footer")


def read_message_rules(root: Table, context: Context) -> Iterator[tuple[Table, MessageRule]]:
    """`[[message_rules]]`, each with its table, so that it can be looked at again."""
    numbered = Numbered("rank")
    for table in root.children("message_rules"):
        keys = table.read(MessageRuleKeys, context.reference)
        for key, found in (("to", keys.to), ("from", keys.from_), ("subject", keys.subject)):
            warn_doubt(table, (key,), found)
        warn_doubt(table, ("text",), keys.text)
        identity = numbered.claim(table, keys, context, "message_rule", keys.rank)
        check_zone(table, keys.timezone, "hours", "answer_hours")
        _check_effect(table, keys)
        # A calendar beside hours of either kind is theirs; alone it is a limit, as in all rules.
        own = keys.calendar if keys.hours is not None or keys.answer_hours is None else None
        answers = keys.calendar if keys.answer_hours is not None else None
        limits = carried(
            MessageLimits,
            keys,
            sender=keys.from_,
            hours=hours_of(table, "hours", keys.hours, keys.timezone, own, context),
        )
        yield (
            table,
            carried(
                MessageRule,
                keys,
                id=identity,
                limits=limits,
                answer_hours=hours_of(
                    table, "answer_hours", keys.answer_hours, keys.timezone, answers, context
                ),
            ),
        )


def _check_effect(table: Table, keys: MessageRuleKeys) -> None:
    """A rule leads to a project, or it closes; never both, never neither."""
    if "answer_hours" in table and "answer_within" not in table:
        table.warn("answer_hours", "means nothing without answer_within")
    if not table.is_sound("project", "close"):
        return
    others = [key for key in _OF_PROJECT if key in table]
    if keys.close and others:
        table.fault("close", f"goes alone, not with {', '.join(others)}")
    elif not keys.close and "project" not in table:
        table.missing("project", "is missing; give project or close = true", "close")
