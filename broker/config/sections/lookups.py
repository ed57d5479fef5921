"""Readers of the registers that connectors ask for: literals and website routing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from broker.config.context import Context
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


def read_literals(root: Table, context: Context) -> Iterator[LiteralLookupInfo]:
    """`[[literals]]`: localised texts, one table for each text and culture."""
    for table in root.children("literals"):
        with table:
            group, value = table.need("group", SHORT, 0), table.need("value", SHORT, 0)
            spoken = table.need("culture", culture, "")
            name = f"{group}/{value} ({spoken})"
            if table.is_sound("group", "value", "culture"):
                context.identities.unique(table, "literal", name, key="value")
            yield LiteralLookupInfo(
                literal_group=group,
                literal_value=value,
                culture=spoken,
                literal_text=table.read("name", _text("LiteralText"), None),
                display_name=table.need("text", _text("DisplayName", "LiteralLookupInfo"), ""),
            )


def read_website_routing(
    root: Table, context: Context
) -> Mapping[Guid, tuple[WebSiteRoutingInfo, ...]]:
    """`[[website_routing]]` by gateway, each in the order of rank."""
    found: dict[Guid, list[WebSiteRoutingInfo]] = {}
    for position, table in enumerate(root.children("website_routing"), start=1):
        with table:
            gateway = table.need("gateway", context.reference("gateway"), Guid(""))
            found.setdefault(gateway, []).append(_routing(table, context, position))
    return {
        gateway: tuple(sorted(rules, key=lambda rule: rule.rank))
        for gateway, rules in found.items()
    }


def _routing(table: Table, context: Context, position: int) -> WebSiteRoutingInfo:
    name = table.read("name", text(), f"no. {position}")
    since, until = table.read("time_from", moment, None), table.read("time_to", moment, None)
    if since is not None and until is not None and until <= since:
        table.fault("time_to", "must be after time_from")
    return WebSiteRoutingInfo(
        web_site_routing_id=context.identities.claim(table, "website_routing", name),
        web_app=table.read("web_app", text(), "WebChat"),
        rank=table.read("rank", integer(-(2**31)), 0),
        page_url_regex=table.read("page_url_regex", _pattern("PageUrlRegex"), None),
        preferred_culture=table.read("preferred_culture", culture, None),
        browser_regex=table.read("browser_regex", _pattern("BrowserRegex"), None),
        user_token_regex=table.read("user_token_regex", _pattern("UserTokenRegex"), None),
        client_ip_mask=table.read("client_ip_mask", network, None),
        time_mode=table.read("time_mode", word("DayInYear", "DayInWeek"), None),
        time_from=since,
        time_to=until,
        target_element_id=table.read("target_element_id", text(), None),
        web_response=table.read("web_response", _text("WebResponse"), None),
        scenario_id=table.read("scenario", context.reference("scenario"), None),
        outbound_list_id=table.read("outbound_list_id", guid, None),
        workflow_id=table.read("workflow_id", guid, None),
        message_id=table.read("message_id", guid, None),
        literal_culture=table.read("literal_culture", culture, None),
        chat_track_url=table.read("chat_track_url", integer(), 0),
        log_url=table.read("log_url", boolean, default=False),
        template=table.read("template", text(), None),
        block=table.read("block", boolean, default=False),
        solicitation_time_out=table.read("solicitation_time_out", whole_seconds, None),
        solicitation_duration=table.read("solicitation_duration", whole_seconds, None),
        honor_reject_period=table.read("honor_reject_period", whole_seconds, None),
    )


def _text(member: str, structure: str = "") -> Parser[str]:
    return text(text_length(structure, member))


def _pattern(member: str) -> Parser[str]:
    return pattern_text(text_length("", member))
