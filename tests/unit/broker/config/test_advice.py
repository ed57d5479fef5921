"""What the check warns of once all of a configuration is read (C-1)."""

from __future__ import annotations

import pytest

from tests.support.marked_config import marked_line, warnings_of

AGENT = '[[agents]]\nname = "A"\nlogin = "a"\ntoken = "s"\nmax_chats = {} #!\n'
PLACE = '[[workplaces]]\nnumber = "{}"\nmax_chats = {}\n'
RULE = "[[gate_rules]]\nhours = ['Mon']\ntimezone = '{}' #!\n"


@pytest.mark.parametrize(
    ("most", "places", "warned"),
    [(3, (), False), (3, (3,), False), (3, (1, 3), False), (3, (1, 2), True), (1, (1,), False)],
)
def test_an_agent_with_more_chats_than_any_workplace_allows(
    most: int, places: tuple[int, ...], warned: bool
) -> None:
    """C-1, B-22: the smaller of the two holds."""
    text = AGENT.format(most) + "".join(PLACE.format(n, most) for n, most in enumerate(places))
    said = f"is more than every workplace allows: {max(places, default=0)} is the most"
    assert warnings_of(text) == [(marked_line(text), "agents[0].max_chats", said)] * warned


@pytest.mark.parametrize("key", ["retry_alone", "retry_after"])
def test_a_pause_of_nothing(key: str) -> None:
    """C-1, B-24."""
    text = f'[distribution]\n{key} = "0s" #!\n'
    said = "is no pause: a chat goes back at once to the agent who has just rejected it"
    assert warnings_of(text) == [(2, f"distribution.{key}", said)]
    assert warnings_of(text.replace("0s", "1ms")) == []


@pytest.mark.parametrize("zone", ["EST", "MST", "HST", "Etc/GMT+5"])
def test_a_zone_without_summer_time(zone: str) -> None:
    """C-1: it sounds like the time of a place and is not, half of the year."""
    said = 'has no summer time; write a place like "America/New_York"'
    assert warnings_of(RULE.format(zone)) == [(3, "gate_rules[0].timezone", said)]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Prague", "EST5EDT", "CET", "Etc/UTC", "Japan"])
def test_other_zones_are_what_they_say(zone: str) -> None:
    """C-1."""
    assert warnings_of(RULE.format(zone)) == []
