"""Which rule decides about a page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from connectors.web.routing import Page, Rules, handed_on, speaks
from protocol.register import WebSiteRoutingInfo
from protocol.values import Guid

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
PAGE = Page(
    app="WebChat",
    url="https://shop.example.com/de/a",
    culture="de-AT",
    browser="Firefox/140",
    user_token="gold:7",
    address="10.1.2.3",
    now=NOW,
)


def rule(**members: Any) -> WebSiteRoutingInfo:
    return WebSiteRoutingInfo(**{"web_app": "WebChat", **members})


@pytest.mark.parametrize(
    ("members", "matches"),
    [
        ({}, True),
        ({"web_app": "WebForm"}, False),
        ({"page_url_regex": r"/de/"}, True),
        ({"page_url_regex": r"/cs/"}, False),
        ({"preferred_culture": "de"}, True),
        ({"preferred_culture": "de-DE"}, False),
        ({"browser_regex": "(?i)firefox"}, True),
        ({"browser_regex": "Chrome"}, False),
        ({"user_token_regex": "^gold:"}, True),
        ({"user_token_regex": "^silver:"}, False),
        ({"client_ip_mask": "10.0.0.0/8"}, True),
        ({"client_ip_mask": "192.0.2.0/24"}, False),
        ({"client_ip_mask": "2001:db8::/32"}, False),
        ({"time_from": NOW}, True),
        ({"time_from": NOW + timedelta(seconds=1)}, False),
        ({"time_to": NOW}, False),
        ({"time_to": NOW + timedelta(seconds=1)}, True),
        ({"page_url_regex": "/de/", "browser_regex": "Chrome"}, False),
    ],
)
def test_limits(members: dict[str, Any], matches: bool) -> None:
    assert (Rules([rule(**members)]).first(PAGE) is not None) is matches


@pytest.mark.parametrize(
    ("mode", "begin", "end", "matches"),
    [
        ("DayInYear", "2000-11-01", "2000-12-01", True),
        ("DayInYear", "2000-11-29", "2000-12-01", False),
        ("DayInYear", "2000-12-20", "2001-01-05", False),
        ("DayInYear", "2000-11-20", "2001-01-05", True),
        ("DayInWeek", "2026-01-03", "2026-01-04", True),  # Saturday to Sunday
        ("DayInWeek", "2026-01-05", "2026-01-10", False),  # Monday to Saturday
        ("DayInWeek", "2026-01-09", "2026-01-12", True),  # Friday to Monday
    ],
)
def test_times_that_come_again(mode: str, begin: str, end: str, matches: bool) -> None:
    first, last = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (begin, end))
    info = rule(time_mode=mode, time_from=first, time_to=last)
    assert (Rules([info]).first(PAGE) is not None) is matches


def test_the_first_by_rank_decides() -> None:
    rules = Rules(
        [rule(rank=2, template="b"), rule(rank=1, template="a"), rule(rank=2, template="c")]
    )
    found = rules.first(PAGE)
    assert found is not None
    assert found.template == "a"
    assert len(list(rules)) == 3


def test_a_rule_that_cannot_be_read_is_left_out() -> None:
    rules = Rules([rule(page_url_regex="(?=x)"), rule(client_ip_mask="x"), rule(template="good")])
    assert len(rules.faults) == 2
    found = rules.first(PAGE)
    assert found is not None
    assert found.template == "good"


def test_a_rule_by_its_id() -> None:
    guid = Guid("11111111-1111-4111-8111-111111111111")
    rules = Rules([rule(), rule(web_site_routing_id=guid)])
    assert rules.of_id(guid) == rules.infos[1]
    assert rules.of_id(None) is None


def test_an_address_of_old_in_the_new_form_and_what_is_none() -> None:
    rules = Rules([rule(client_ip_mask="10.0.0.0/8")])
    assert rules.first(evolve(PAGE, address="::ffff:10.9.9.9")) is not None
    assert rules.first(evolve(PAGE, address="unknown")) is None


def test_a_text_of_any_length_is_searched_in_proportion() -> None:
    rules = Rules([rule(page_url_regex="(a+)+$")])
    assert rules.first(evolve(PAGE, url="a" * 100_000 + "b")) is not None  # cut before its end


def test_languages() -> None:
    assert speaks("en", "en_US")
    assert not speaks("en", "eng")
    assert not speaks("en", None)


def test_the_first_rule_for_an_address_says_whether_agents_see_it() -> None:
    rules = Rules(
        [
            rule(rank=3, chat_track_url=1),
            rule(rank=1, page_url_regex="/private/", chat_track_url=0, browser_regex="Chrome"),
            rule(rank=2, page_url_regex="/private/open", chat_track_url=1),
            rule(rank=0, web_app="WebForm", chat_track_url=0),
        ]
    )
    seen = {url: rules.tracks("WebChat", url) for url in ("/a", "/private/a", "/private/open", "")}
    assert seen == {"/a": True, "/private/a": False, "/private/open": False, "": True}
    assert not rules.tracks("WebForm", "/a")
    assert Rules([]).tracks("WebChat", "/a")


def test_what_is_for_programs_behind_the_broker() -> None:
    some = rule(workflow_id=Guid("w"), outbound_list_id=Guid("l"))
    assert handed_on(some) == {"OutboundListId": "l", "WorkflowId": "w"}
    assert handed_on(rule()) == handed_on(None) == {}


def test_the_first_rule_of_an_application() -> None:
    rules = Rules([rule(rank=2, web_response="b"), rule(rank=1, web_response="a")])
    found = rules.of_app("WebChat")
    assert found is not None
    assert found.web_response == "a"
    assert rules.of_app("WebForm") is None
