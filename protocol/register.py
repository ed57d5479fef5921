"""Structures of registers: localised texts and the routing of web pages."""

from __future__ import annotations

from datetime import datetime

from attrs import field

from protocol.structure import WIRE
from protocol.value import value
from protocol.values import Guid, Short


@value(kw_only=True)
class LiteralLookupInfo:
    """A localised text, or the question for a group of them.

    Attributes:
        literal_group: Number of the group; 102 is the web's.
        literal_value: Number inside the group.
        culture: Language; null in a question: all.
        literal_text: Name of the literal.
        display_name: The localised text.
        peer: Gateway address that asks.
    """

    literal_group: Short = 0
    literal_value: Short = 0
    culture: str | None = None
    literal_text: str | None = None
    display_name: str | None = None
    peer: str | None = None


@value(kw_only=True)
class WebSiteRoutingInfo:
    """One rule of what a web page shows to whom.

    Attributes:
        web_site_routing_id: The rule.
        web_app: Application that it is for.
        rank: Order of the rule.
        page_url_regex: Pattern of the page's address.
        preferred_culture: Language of the visitor.
        browser_regex: Pattern of the browser's name.
        user_token_regex: Pattern of the user token.
        client_ip_mask: Mask of the visitor's address.
        time_mode: How the two times are read.
        time_from: Begin of validity.
        time_to: End of validity.
        target_element_id: Element of the page to draw into.
        web_response: Fixed answer.
        scenario_id: Form to show.
        outbound_list_id: List to write call-backs to.
        workflow_id: Workflow to start.
        message_id: Message template.
        literal_culture: Language of the texts.
        chat_track_url: How addresses of pages are tracked; 0: not.
        log_url: Whether addresses are logged.
        template: Name of the page template.
        block: Whether the application is not shown.
        solicitation_time_out: Seconds until the offer.
        solicitation_duration: Seconds that the offer is shown.
        honor_reject_period: Seconds without an offer after a refusal.
        peer: Gateway address that it is for.
    """

    web_site_routing_id: Guid | None = None
    web_app: str | None = None
    rank: int = 0
    page_url_regex: str | None = None
    preferred_culture: str | None = None
    browser_regex: str | None = None
    user_token_regex: str | None = None
    client_ip_mask: str | None = None
    time_mode: str | None = None
    time_from: datetime | None = None
    time_to: datetime | None = None
    target_element_id: str | None = field(default=None, metadata={WIRE: "TargetElementID"})
    web_response: str | None = None
    scenario_id: Guid | None = None
    outbound_list_id: Guid | None = None
    workflow_id: Guid | None = None
    message_id: Guid | None = None
    literal_culture: str | None = None
    chat_track_url: int = 0
    log_url: bool = False
    template: str | None = None
    block: bool = False
    solicitation_time_out: int | None = None
    solicitation_duration: int | None = None
    honor_reject_period: int | None = None
    peer: str | None = None
