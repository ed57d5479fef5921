"""Which rule of the broker decides what a page shows (`WebSiteRoutingInfo`): the first that matches, by rank.

Patterns meet text of strangers, so their search takes time in proportion to that text (`protocol.pattern`).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from ipaddress import IPv4Network as _IPv4Network
from typing import Final

from attrs import field, frozen

from protocol.pattern import Pattern
from protocol.register import WebSiteRoutingInfo

LONGEST: Final = 4_096
"""So much of a text is searched."""
Network = _IPv4Network | IPv6Network
_DAY_SECONDS: Final = 86_400


@frozen(kw_only=True)
class Page:
    """A visitor on a page.

    Attributes:
        app: The web application.
        url: Address of the page.
        culture: The visitor's language.
        browser: Name of the browser.
        user_token: Who they are in a foreign system.
        address: Their address.
        now: The time.
    """

    app: str
    url: str = ""
    culture: str | None = None
    browser: str = ""
    user_token: str | None = None
    address: str = ""
    now: datetime = field(factory=lambda: datetime.now(UTC))


@frozen
class Rule:
    """One rule, ready to be tried.

    Attributes:
        info: The rule as the broker has it.
        page_url: Pattern of the page's address.
        browser: Pattern of the browser's name.
        user_token: Pattern of the user token.
        network: Where the visitor is.
    """

    info: WebSiteRoutingInfo
    page_url: Pattern | None
    browser: Pattern | None
    user_token: Pattern | None
    network: Network | None

    def matches(self, page: Page) -> bool:
        """Whether all that the rule limits holds."""
        info = self.info
        if (info.web_app or "") != page.app or not _is_time(info, page.now):
            return False
        if info.preferred_culture and not speaks(info.preferred_culture, page.culture):
            return False
        if self.network is not None and not _is_in(self.network, page.address):
            return False
        searched = (
            (self.page_url, page.url),
            (self.browser, page.browser),
            (self.user_token, page.user_token or ""),
        )
        return all(
            pattern is None or pattern.found_in(text[:LONGEST]) for pattern, text in searched
        )


class Rules:
    """The rules of one gateway address, in order of rank.

    Attributes:
        infos: What the broker said.
        faults: What is wrong with some of them, which are left out.
    """

    def __init__(self, infos: Sequence[WebSiteRoutingInfo]) -> None:
        self.infos = tuple(infos)
        self.faults: list[str] = []
        self._rules: list[Rule] = []
        for info in sorted(infos, key=lambda info: info.rank):
            try:
                self._rules.append(_rule(info))
            except ValueError as error:
                self.faults.append(f"a rule of {info.web_app} is left out: {error}")

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def first(self, page: Page) -> WebSiteRoutingInfo | None:
        """The first rule that matches; None: the application has no place on the page."""
        return next((rule.info for rule in self._rules if rule.matches(page)), None)

    def tracks(self, app: str, url: str) -> bool:
        """Whether agents may see that somebody is on a page, by the first rule for its address alone."""
        for rule in self._rules:
            pattern = rule.page_url
            is_meant = pattern is None or pattern.found_in(url[:LONGEST])
            if (rule.info.web_app or "") == app and is_meant:
                return rule.info.chat_track_url != 0
        return True

    def of_app(self, app: str) -> WebSiteRoutingInfo | None:
        """The first rule of an application."""
        return next((rule.info for rule in self._rules if rule.info.web_app == app), None)

    def of_id(self, rule_id: str | None) -> WebSiteRoutingInfo | None:
        """A rule by its id."""
        return next(
            (info for info in self.infos if info.web_site_routing_id == rule_id and rule_id), None
        )


def handed_on(info: WebSiteRoutingInfo | None) -> dict[str, str]:
    """What a rule says for programs behind the broker, which know the lists and workflows that it names."""
    if info is None:
        return {}
    said = {"OutboundListId": info.outbound_list_id, "WorkflowId": info.workflow_id}
    return {name: value for name, value in said.items() if value is not None}


def _rule(info: WebSiteRoutingInfo) -> Rule:
    return Rule(
        info,
        _pattern(info.page_url_regex),
        _pattern(info.browser_regex),
        _pattern(info.user_token_regex),
        _network(info.client_ip_mask),
    )


def _pattern(text: str | None) -> Pattern | None:
    return Pattern(text) if text else None


def _network(text: str | None) -> Network | None:
    return ip_network(text, strict=False) if text else None


def _is_in(network: Network, address: str) -> bool:
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found) in network


def speaks(wanted: str, culture: str | None) -> bool:
    """Whether a culture is the wanted one or a narrower one: `en` takes `en-US`, not `eng`."""
    if culture is None:
        return False
    have, want = culture.replace("_", "-").lower(), wanted.replace("_", "-").lower()
    return have == want or have.startswith(f"{want}-")


def _is_time(info: WebSiteRoutingInfo, now: datetime) -> bool:
    """Whether it is the time of a rule: as it stands, or the same each year, or each week."""
    begin, end = info.time_from, info.time_to
    if begin is None and end is None:
        return True
    place = {"DayInYear": _in_year, "DayInWeek": _in_week}.get(info.time_mode or "", _as_it_is)
    here = place(now)
    if begin is None or end is None:
        return (begin is None or place(begin) <= here) and (end is None or here < place(end))
    first, last = place(begin), place(end)
    if first <= last:
        return first <= here < last
    return here >= first or here < last  # over the turn of the year or of the week


def _as_it_is(when: datetime) -> float:
    return when.timestamp()


def _in_year(when: datetime) -> float:
    moment = when.astimezone(UTC)
    return (moment.month * 32 + moment.day) * _DAY_SECONDS + _second(moment)


def _in_week(when: datetime) -> float:
    moment = when.astimezone(UTC)
    return moment.weekday() * _DAY_SECONDS + _second(moment)


def _second(moment: datetime) -> float:
    return moment.hour * 3_600 + moment.minute * 60 + moment.second + moment.microsecond / 1e6
