"""The rules of messages, and when a message is due (B-57)."""

from datetime import UTC, datetime

import pytest
from attrs import evolve

from broker.config.load import loads
from broker.config.model import DAY, HOUR, MINUTE, SECOND, Config, Hours
from broker.core.rules.messages import FARTHEST, TEXT, Letter, due_at, match
from protocol.identifiers import derive
from protocol.limits import text_length
from protocol.values import Guid, from_micros, to_micros

CENTER = """
[[projects]]
name = "P"
[[calendars]]
name = "Holidays"
closed_on = ["12-24", "2027-03-29"]
open_on = ["2027-12-31 09:00-12:00"]
[[message_gateways]]
name = "M"
peer = "m"
channel = "Email"
direction = "B"
token = "s"
"""
MAIL = derive("message_gateway", "M")
LETTER = Letter(
    gateway_id=MAIL,
    to="Acme <sales@acme.example>",
    sender="Jana Nováková",
    remote_address="jana@example.org",
    subject="An order",
    text="I\u2019d like three.",
    culture="en-GB",
    spam_level=1,
)
MONDAY = "2027-01-04T12:00Z"


def at(text: str) -> int:
    return to_micros(datetime.fromisoformat(text).astimezone(UTC))


def config(text: str) -> Config:
    return loads(CENTER + text).config


def matched(text: str, letter: Letter = LETTER, moment: str = MONDAY) -> bool:
    """Whether a rule with these lines holds."""
    rules = config(f'[[message_rules]]\nproject = "P"\n{text}\n')
    return match(rules, letter, at(moment)) is not None


def hours_of(text: str) -> Hours:
    """Opening hours in Prague."""
    rule = f'[[message_rules]]\nproject = "P"\nanswer_within = "1h"\nanswer_hours = [{text}]\n'
    (found,) = config(f'{rule}timezone = "Europe/Prague"\n').message_rules
    assert found.answer_hours is not None
    return found.answer_hours


def due(hours: str, since: str, within: int, calendar: bool = False) -> str:
    """When it is due, on the clock of the wall in Prague."""
    found = hours_of(hours)
    if calendar:
        rule = '[[message_rules]]\nproject = "P"\nhours = ["Mon"]\ncalendar = "Holidays"\n'
        limits = config(rule).message_rules[0].limits
        assert limits.hours is not None
        found = evolve(found, calendar=limits.hours.calendar)
    moment = from_micros(due_at(at(since), within, found)).astimezone(found.zone)
    return moment.isoformat(timespec="minutes")


def test_without_limits_a_rule_takes_everything_and_without_rules_there_is_none() -> None:
    """B-57."""
    assert matched("")
    assert matched("", Letter(gateway_id=MAIL))
    assert match(config(""), LETTER, 0) is None


def test_the_first_rule_by_rank_counts() -> None:
    """B-57."""
    rules = config(
        '[[message_rules]]\nrank = 2\nproject = "P"\n'
        '[[message_rules]]\nrank = 1\nsubject = "invoice"\nclose = true\n'
    )
    last, first = match(rules, LETTER, 0), match(rules, evolve(LETTER, subject="invoice"), 0)
    assert first is not None
    assert last is not None
    assert (first.rank, first.close, last.rank, last.close) == (1, True, 2, False)


def test_a_text_is_searched_for_each_rule() -> None:
    """B-57."""
    rules = config(
        '[[message_rules]]\nsubject = "invoice"\nclose = true\n'
        '[[message_rules]]\nsubject = "order"\nproject = "P"\n'
    )
    assert match(rules, LETTER, 0) == rules.message_rules[1]


@pytest.mark.parametrize(
    "limit",
    [
        'gateway = "M"',
        "to = 'sales@'",
        "from = 'Novák'",
        "from = '@example.org$'",
        "subject = '(?i)ORDER'",
        'text = "I\'d like"',
        'culture = "en"',
        "spam_level = 1",
        'hours = ["Mon 12:00-13:00"]',
    ],
)
def test_each_limit_is_tested(limit: str) -> None:
    """B-57."""
    other = Letter(gateway_id=Guid("other"))
    assert matched(limit)
    assert not matched(limit, other, "2027-01-05T12:00Z")
    assert not matched(f"{limit}\nto = 'nobody'" if "to =" not in limit else "to = '^sales'")


@pytest.mark.parametrize("key", ["to", "from", "subject", "text"])
def test_what_is_not_there_is_the_empty_text(key: str) -> None:
    """B-57."""
    assert matched(f"{key} = '^$'", Letter(gateway_id=MAIL))
    assert not matched(f"{key} = '^$'")


@pytest.mark.parametrize(
    ("key", "member", "length"),
    [
        ("to", "to", text_length("MessageContentInfo", "ToField")),
        ("from", "sender", text_length("MessageContentInfo", "FromField")),
        ("from", "remote_address", text_length("MessageContentInfo", "RemoteAddress")),
        ("subject", "subject", text_length("MessageContentInfo", "SubjectField")),
        ("text", "text", TEXT),
    ],
)
def test_only_the_beginning_is_searched(key: str, member: str, length: int) -> None:
    """I-14: it comes from outside."""
    for before, found in ((length - 1, True), (length, False)):
        text = {member: "a" * before + "#"}
        letter = evolve(LETTER, **text)  # type: ignore[arg-type]  # all of these members are texts
        assert matched(f"{key} = '#'", letter) is found


def test_a_rule_for_the_sender_sees_the_name_or_the_address() -> None:
    """B-57."""
    unnamed = evolve(LETTER, sender=None)
    assert matched("from = 'jana@'", unnamed)
    assert not matched("from = 'Jana'", unnamed)


def test_nobody_has_looked_for_spam() -> None:
    """B-59."""
    unseen = evolve(LETTER, spam_level=None)
    assert matched("", unseen)
    assert not matched("spam_level = 1", unseen)
    assert not matched("spam_level = 2")


def test_without_hours_all_time_counts() -> None:
    """B-57."""
    assert due_at(5, 7) == 12


OFFICE = '"Mon-Fri 08:00-18:00"'


@pytest.mark.parametrize(
    ("since", "hours", "expected"),
    [
        ("2027-01-08T16:00+01:00", 4, "2027-01-11T10:00+01:00"),  # Friday to Monday
        ("2027-01-08T10:00+01:00", 4, "2027-01-08T14:00+01:00"),
        ("2027-01-09T10:00+01:00", 1, "2027-01-11T09:00+01:00"),  # Saturday
        ("2027-01-08T08:00+01:00", 10, "2027-01-08T18:00+01:00"),  # all day: until it closes
        ("2027-01-08T07:00+01:00", 10, "2027-01-08T18:00+01:00"),
        ("2027-01-08T08:00+01:00", 30, "2027-01-12T18:00+01:00"),
    ],
)
def test_time_runs_in_opening_hours(since: str, hours: int, expected: str) -> None:
    """B-57."""
    assert due(OFFICE, since, hours * HOUR) == expected


def test_parts_of_a_minute_count() -> None:
    """B-57."""
    since = at("2027-01-08T16:00:01.5+01:00")
    assert due_at(since, 2 * HOUR, hours_of(OFFICE)) == at("2027-01-11T08:00:01.5+01:00")


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("2027-03-26T17:00+01:00", "2027-03-30T09:00+02:00"),  # over Easter, and summer time
        ("2027-12-23T17:00+01:00", "2027-12-27T09:00+01:00"),  # the 24th is a holiday
        ("2027-12-30T17:00+01:00", "2027-12-31T10:00+01:00"),  # its own hours from nine
    ],
)
def test_a_calendar_is_minded(since: str, expected: str) -> None:
    """B-57."""
    assert due(OFFICE, since, 2 * HOUR, calendar=True) == expected


@pytest.mark.parametrize(
    ("hours", "since", "within", "expected"),
    [
        # the hour from two to three is left out
        ('"Sat 22:00-06:00"', "2027-03-28T01:00+01:00", 2 * HOUR, "2027-03-28T04:00+02:00"),
        ('"Sun 02:00-03:00"', "2027-03-28T00:00+01:00", HOUR, "2027-04-04T03:00+02:00"),
        ('"Sun 02:30-04:00"', "2027-03-28T01:00+01:00", HOUR, "2027-03-28T04:00+02:00"),
        # the hour from two to three comes twice
        ('"Sun 00:00-06:00"', "2027-10-31T01:00+02:00", 3 * HOUR, "2027-10-31T03:00+01:00"),
        ('"Sun 02:00-02:30"', "2027-10-31T00:00+02:00", HOUR, "2027-10-31T02:30+01:00"),
        ('"Sun 01:00-02:30"', "2027-10-31T00:00+02:00", 100 * MINUTE, "2027-10-31T02:10+01:00"),
    ],
)
def test_summer_time_is_minded(hours: str, since: str, within: int, expected: str) -> None:
    """B-57, B-3: what the clock on the wall shows twice counts twice."""
    assert due(hours, since, within) == expected


def test_over_midnight_is_one_night() -> None:
    """B-57."""
    assert due('"Fri 22:00-06:00"', "2027-01-08T23:00+01:00", 7 * HOUR) == "2027-01-09T06:00+01:00"


def test_the_search_ends() -> None:
    """I-14: half an hour a week is not 30 days within 400."""
    now = at(MONDAY)
    assert due_at(now, 30 * DAY, hours_of('"Mon 08:00-08:30"')) == now + FARTHEST
    assert due_at(now, 365 * DAY, hours_of('"Mon-Sun"')) == now + 365 * DAY
    assert due_at(now, SECOND, hours_of('"Mon-Sun"')) == now + SECOND
