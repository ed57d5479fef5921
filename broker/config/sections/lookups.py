"""Readers of the registers that connectors ask for: literals and website routing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Final

from attrs import frozen

from broker.config.context import Context
from broker.config.converter import NEEDED, NO_ID, Reference, carried
from broker.config.parse import (
    Parser,
    boolean,
    culture,
    guid,
    integer,
    moment,
    network,
    pattern_text,
    text,
    whole_seconds,
    word,
)
from broker.config.section_reader import Table
from protocol.limits import INT16, text_length
from protocol.register import LiteralLookupInfo, WebSiteRoutingInfo
from protocol.values import Guid

SHORT: Final = integer(*INT16)


def _text(member: str, structure: str = "") -> Parser[str]:
    return text(text_length(structure, member))


def _pattern(member: str) -> Parser[str]:
    return pattern_text(text_length("", member))


@frozen(kw_only=True)
class LiteralKeys:
    """`[[literals]]`."""

    group: Annotated[int, SHORT, NEEDED] = 0
    value: Annotated[int, SHORT, NEEDED] = 0
    culture: Annotated[str, culture, NEEDED] = ""
    name: Annotated[str | None, _text("LiteralText")] = None
    text: Annotated[str, _text("DisplayName", "LiteralLookupInfo"), NEEDED] = ""


@frozen(kw_only=True)
class RoutingKeys:
    """`[[website_routing]]`."""

    name: Annotated[str | None, text()] = None
    id: Annotated[Guid | None, guid] = None
    gateway: Annotated[Guid, Reference("gateway"), NEEDED] = NO_ID
    web_app: Annotated[str, text()] = "WebChat"
    rank: Annotated[int, integer(-(2**31))] = 0
    page_url_regex: Annotated[str | None, _pattern("PageUrlRegex")] = None
    preferred_culture: Annotated[str | None, culture] = None
    browser_regex: Annotated[str | None, _pattern("BrowserRegex")] = None
    user_token_regex: Annotated[str | None, _pattern("UserTokenRegex")] = None
    client_ip_mask: Annotated[str | None, network] = None
    time_mode: Annotated[str | None, word("DayInYear", "DayInWeek")] = None
    time_from: Annotated[datetime | None, moment] = None
    time_to: Annotated[datetime | None, moment] = None
    target_element_id: Annotated[str | None, text()] = None
    web_response: Annotated[str | None, _text("WebResponse")] = None
    scenario: Annotated[Guid | None, Reference("scenario")] = None
    outbound_list_id: Annotated[Guid | None, guid] = None
    workflow_id: Annotated[Guid | None, guid] = None
    message_id: Annotated[Guid | None, guid] = None
    literal_culture: Annotated[str | None, culture] = None
    chat_track_url: Annotated[int, integer()] = 1
    log_url: Annotated[bool, boolean] = False
    template: Annotated[str | None, text()] = None
    block: Annotated[bool, boolean] = False
    solicitation_time_out: Annotated[int | None, whole_seconds] = None
    solicitation_duration: Annotated[int | None, whole_seconds] = None
    honor_reject_period: Annotated[int | None, whole_seconds] = None


def read_literals(root: Table, context: Context) -> Iterator[LiteralLookupInfo]:
    """`[[literals]]`: localised texts, one table for each text and culture."""
    for table in root.children("literals"):
        keys = table.read(LiteralKeys)
        if table.is_sound("group", "value", "culture"):
            name = f"{keys.group}/{keys.value} ({keys.culture})"
            context.identities.unique(table, "literal", name, key="value")
        yield LiteralLookupInfo(
            literal_group=keys.group,
            literal_value=keys.value,
            culture=keys.culture,
            literal_text=keys.name,
            display_name=keys.text,
        )


def read_website_routing(
    root: Table, context: Context
) -> Mapping[Guid, tuple[WebSiteRoutingInfo, ...]]:
    """`[[website_routing]]` by gateway, each in the order of rank."""
    found: dict[Guid, list[WebSiteRoutingInfo]] = {}
    for position, table in enumerate(root.children("website_routing"), start=1):
        keys = table.read(RoutingKeys, context.reference)
        found.setdefault(keys.gateway, []).append(_routing(table, keys, context, position))
    return {
        gateway: tuple(sorted(rules, key=lambda rule: rule.rank))
        for gateway, rules in found.items()
    }


def _routing(
    table: Table, keys: RoutingKeys, context: Context, position: int
) -> WebSiteRoutingInfo:
    name = f"no. {position}" if keys.name is None else keys.name
    since, until = keys.time_from, keys.time_to
    if since is not None and until is not None and until <= since:
        table.fault("time_to", "must be after time_from")
    return carried(
        WebSiteRoutingInfo,
        keys,
        web_site_routing_id=context.identities.claim(table, "website_routing", name, keys.id),
        scenario_id=keys.scenario,
    )
