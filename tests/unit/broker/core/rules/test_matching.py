"""The rules that judge a chat before distribution (B-1, B-3, B-27)."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from broker.config.load import loads
from broker.config.model import Calendar, Config, GateRule, Hours, RuleLimits, Span
from broker.config.partners import TextMatch
from broker.core.form_values import FORM_TEXT, form_values
from broker.core.rules.matching import Applicant, GateVerdict, gate, pre, project, speaks, within
from protocol.pattern import Pattern
from protocol.scenario import ScenarioResultInfo, ScenarioResultValueInfo
from protocol.values import Guid, Signal, to_micros

WEB, APP = Guid("web"), Guid("app")
CONTROL, OTHER = Guid("control"), Guid("other")
PRAGUE = 'timezone = "Europe/Prague"\n'
CENTER = """
[[projects]]
name = "P"
[[projects]]
name = "Q"
[[agents]]
name = "Bot"
login = "bot"
token = "s"
role = "bot"
"""


def at(text: str) -> int:
    return to_micros(datetime.fromisoformat(text).astimezone(UTC))


def config(text: str) -> Config:
    return loads(CENTER + text).config


def found(pattern: str) -> TextMatch:
    """What the file's pattern of a form value becomes."""
    return TextMatch(id=Guid(""), name="", patterns=(Pattern(pattern),))


def chosen(config: Config, applicant: Applicant, now: int = 0) -> str | None:
    rule = project(config, applicant, now)
    return None if rule is None else config.projects[rule.project].name


def open_at(hours: str, moment: str, zone: str = PRAGUE) -> bool:
    rule = f"[[gate_rules]]\nhours = [{hours}]\n{zone}"
    return gate(config(rule), Applicant(gateway_id=WEB), at(moment)).open


def test_without_a_gate_rule_the_gate_is_open_and_the_occupancy_counts() -> None:
    """B-27."""
    verdict = gate(Config(), Applicant(gateway_id=WEB), 0)
    assert verdict == GateVerdict(
        rule=None, open=True, forced=None, fallback=Signal.CLOSED, scenario=None
    )
    assert verdict.decided is None


def test_a_gate_rule_outside_its_hours_still_matches_and_gives_its_fallback() -> None:
    """B-27."""
    rules = config(
        '[[gate_rules]]\nrank = 1\nhours = ["Mon 08:00-18:00"]\nfallback = "Hidden"\n'
        '[[gate_rules]]\nrank = 2\nsignal = "Free"'
    )
    verdict = gate(rules, Applicant(gateway_id=WEB), at("2027-01-05T12:00Z"))  # a Tuesday
    assert verdict.rule is rules.gate_rules[0]
    assert (verdict.open, verdict.forced, verdict.fallback) == (False, None, Signal.HIDDEN)
    assert verdict.decided is Signal.HIDDEN


@pytest.mark.parametrize(("day", "decided"), [("04", Signal.BUSY), ("05", Signal.CLOSED)])
def test_a_forced_signal_holds_inside_the_hours(day: str, decided: Signal) -> None:
    """B-27."""
    rules = config('[[gate_rules]]\nsignal = "Busy"\nhours = ["Mon 08:00-18:00"]')
    verdict = gate(rules, Applicant(gateway_id=WEB), at(f"2027-01-{day}T12:00Z"))
    assert verdict.decided is decided


def test_a_gate_rule_names_the_form_inside_and_outside_the_hours() -> None:
    """B-1."""
    form = '[[scenarios]]\nname = "F"\nculture = "en"\n[[scenarios.screens]]\nname = "s"\n'
    rules = config(form + '[[gate_rules]]\nscenario = "F"\nhours = ["Mon"]')
    found = {gate(rules, Applicant(gateway_id=WEB), at(f"2027-01-0{d}")).scenario for d in (4, 5)}
    assert found == set(rules.scenarios)


def test_hours_of_a_project_rule_are_a_limit() -> None:
    """B-3."""
    rules = config(
        '[[project_rules]]\nproject = "P"\nrank = 1\nhours = ["Mon 08:00-18:00"]\n'
        '[[project_rules]]\nproject = "Q"\nrank = 2'
    )
    anybody = Applicant(gateway_id=WEB)
    assert chosen(rules, anybody, at("2027-01-04T17:59:59Z")) == "P"
    assert chosen(rules, anybody, at("2027-01-04T18:00:00Z")) == "Q"


def test_no_matching_rule_gives_none() -> None:
    """B-3."""
    rules = config('[[project_rules]]\nproject = "P"\nculture = "en"')
    assert chosen(rules, Applicant(gateway_id=WEB)) is None
    assert pre(rules, Applicant(gateway_id=WEB), 0) is None


def test_the_first_matching_rule_by_rank_counts() -> None:
    """B-3."""
    rules = config(
        '[[project_rules]]\nproject = "Q"\nrank = 2\n'
        '[[project_rules]]\nproject = "P"\nrank = 1\nuser_token = "^vip:"'
    )
    assert chosen(rules, Applicant(gateway_id=WEB, user_token="vip:1")) == "P"
    assert chosen(rules, Applicant(gateway_id=WEB, user_token="1")) == "Q"


def test_a_pre_rule_is_found_by_the_same_limits() -> None:
    """B-3."""
    rules = config('[[pre_rules]]\nbot = "Bot"\nculture = "cs"')
    found = pre(rules, Applicant(gateway_id=WEB, culture="cs-CZ"), 0)
    assert found is rules.pre_rules[0]
    assert pre(rules, Applicant(gateway_id=WEB, culture="en"), 0) is None


@pytest.mark.parametrize(
    ("limits", "fits", "fails"),
    [
        (RuleLimits(gateway=WEB), {}, {"gateway_id": APP}),
        (RuleLimits(culture="en"), {"culture": "en-US"}, {"culture": None}),
        (RuleLimits(user_token=Pattern("b")), {"user_token": "abc"}, {"user_token": "ac"}),
        (RuleLimits(user_token=Pattern("^$")), {}, {"user_token": "x"}),
        (RuleLimits(ext_response=Pattern("^ok$")), {"ext_response": "ok"}, {}),
        (RuleLimits(form=((CONTROL, found("^b")),)), {"form": {CONTROL: "bc"}}, {}),
        (RuleLimits(form=((CONTROL, found("^$")),)), {}, {"form": {CONTROL: "x"}}),
        (
            RuleLimits(form=((CONTROL, found("b")), (OTHER, found("c")))),
            {"form": {CONTROL: "b", OTHER: "c"}},
            {"form": {CONTROL: "b", OTHER: "b"}},
        ),
    ],
)
def test_each_limit(limits: RuleLimits, fits: dict[str, object], fails: dict[str, object]) -> None:
    """B-3."""
    rules = Config(gate_rules=(GateRule(id=Guid("r"), rank=1, limits=limits),))
    both = [{"gateway_id": WEB, **fits}, {"gateway_id": WEB, **fails}]
    verdicts = [gate(rules, Applicant(**members), 0) for members in both]  # type: ignore[arg-type]  # the members differ
    assert [verdict.rule is not None for verdict in verdicts] == [True, False]


def test_what_is_searched_is_bounded() -> None:
    """I-14."""
    end = Pattern("z$")
    for limits, members in (
        (RuleLimits(user_token=end), {"user_token": "x" * 320 + "z"}),
        (RuleLimits(ext_response=end), {"ext_response": "x" * 4_096 + "z"}),
        (RuleLimits(form=((CONTROL, found("z$")),)), {"form": {CONTROL: "x" * FORM_TEXT + "z"}}),
    ):
        rules = Config(gate_rules=(GateRule(id=Guid("r"), rank=1, limits=limits),))
        applicant = Applicant(gateway_id=WEB, **members)
        assert gate(rules, applicant, 0).rule is None


@pytest.mark.parametrize(
    ("wanted", "culture", "expected"),
    [
        ("en", "en", True),
        ("en", "en-US", True),
        ("en", "EN-us", True),
        ("en", "en_US", True),
        ("en", "eng", False),
        ("en", "de", False),
        ("en", None, False),
        ("en", "", False),
        ("en-US", "en-US", True),
        ("en-US", "en-us", True),
        ("en-US", "en-GB", False),
        ("en-US", "en", False),
        ("zh-Hans", "zh-Hans-CN", True),
    ],
)
def test_a_language_takes_its_regions_and_a_region_itself(
    wanted: str, culture: str | None, expected: bool
) -> None:
    assert speaks(wanted, culture) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2027-01-04T07:59:59.999999+01:00", False),
        ("2027-01-04T08:00:00+01:00", True),
        ("2027-01-04T17:59:59.999999+01:00", True),
        ("2027-01-04T18:00:00+01:00", False),
        ("2027-01-03T12:00:00+01:00", False),
        ("2027-07-05T08:00:00+02:00", True),
        ("2027-07-05T07:59:59+02:00", False),
    ],
)
def test_hours_go_by_the_clock_on_the_wall_in_winter_and_summer(
    moment: str, expected: bool
) -> None:
    assert open_at('"Mon-Fri 08:00-18:00"', moment) is expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2027-01-01T21:59:59+01:00", False),
        ("2027-01-01T22:00:00+01:00", True),
        ("2027-01-02T05:59:59+01:00", True),
        ("2027-01-02T06:00:00+01:00", False),
        ("2027-01-02T22:00:00+01:00", False),
    ],
)
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin(
    moment: str, expected: bool
) -> None:
    assert open_at('"Fri 22:00-06:00"', moment) is expected


def test_hours_over_the_end_of_the_week() -> None:
    assert open_at('"Sun 22:00-02:00"', "2027-01-04T01:59:59+01:00")
    assert not open_at('"Sun 22:00-02:00"', "2027-01-04T02:00:00+01:00")
    assert not open_at('"Sun 22:00-02:00"', "2027-01-03T01:00:00+01:00")


# Prague: 2027-03-28 02:00 -> 03:00, and 2027-10-31 03:00 -> 02:00.
@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2027-03-28T00:59:59Z", True),  # 01:59:59 +01
        ("2027-03-28T01:00:00Z", False),  # 03:00 +02: the hour from two to three never comes
        ("2027-10-30T23:59:59Z", True),  # 01:59:59 +02
        ("2027-10-31T00:30:00Z", True),  # 02:30 +02, the first pass
        ("2027-10-31T01:30:00Z", True),  # 02:30 +01, the second pass
        ("2027-10-31T02:00:00Z", False),  # 03:00 +01
    ],
)
def test_hours_across_a_change_of_the_clock(moment: str, expected: bool) -> None:
    assert open_at('"Sun 00:00-03:00"', moment) is expected


def test_hours_that_lie_in_the_hour_left_out_do_not_come_that_day() -> None:
    rule = config('[[gate_rules]]\nhours = ["Sun 02:00-03:00"]\n' + PRAGUE).gate_rules[0]
    assert rule.limits.hours is not None
    begin = at("2027-03-28T00:00Z")
    minutes = range(begin, begin + 4 * 3_600_000_000, 60_000_000)
    assert not any(within(rule.limits.hours, minute) for minute in minutes)


def test_hours_all_week_are_open_always() -> None:
    assert all(
        open_at('"Mon-Sun 00:00-24:00"', moment)
        for moment in ("2027-01-04T00:00+01:00", "2027-01-10T23:59:59+01:00", "2027-03-28T01:00Z")
    )


def test_without_a_time_zone_hours_are_utc() -> None:
    assert open_at('"Mon 08:00-09:00"', "2027-01-04T08:30Z", zone="")


def test_form_values_are_texts_by_control() -> None:
    value = ScenarioResultValueInfo
    result = ScenarioResultInfo(
        values=(
            value(screen_control_id=Guid("text"), result_text="a", result_number=1),
            value(screen_control_id=Guid("number"), result_number=7),
            value(screen_control_id=Guid("numeric"), result_numeric=Decimal("1.50")),
            value(
                screen_control_id=Guid("time"),
                result_time=datetime(2027, 1, 4, 8, 0, tzinfo=UTC),
            ),
            value(screen_control_id=Guid("nothing")),
            value(screen_control_id=None, result_text="lost"),
            value(screen_control_id=Guid("many"), result_text="one"),
            value(screen_control_id=Guid("many"), result_text="two"),
            value(screen_control_id=Guid("long"), result_text="x" * 10_000),
        )
    )
    assert form_values(result) == {
        "text": "a",
        "number": "7",
        "numeric": "1.50",
        "time": "2027-01-04T08:00:00Z",
        "many": "one\ntwo",
        "long": "x" * FORM_TEXT,
    }


def test_no_form_has_no_values() -> None:
    assert form_values(None) == {}
    assert form_values(ScenarioResultInfo()) == {}


def test_a_wanted_project_is_chosen_by_its_own_rules() -> None:
    """B-29: whoever asks for it passes over what the others would choose first."""
    rules = config('[[project_rules]]\nproject = "P"\n[[project_rules]]\nproject = "Q"\nrank = 9\n')
    wanted = next(one.id for one in rules.projects.values() if one.name == "Q")
    chosen_rule = project(rules, Applicant(gateway_id=WEB), 0, wanted)
    assert chosen_rule is not None
    assert chosen_rule.project == wanted
    assert chosen(rules, Applicant(gateway_id=WEB)) == "P"
    assert project(rules, Applicant(gateway_id=WEB), 0, Guid("nobody's")) is None


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-12-24T09:00Z", True),
        ("2026-12-24T13:00Z", False),
        ("2027-12-24T09:00Z", False),
        ("2026-12-25T09:00Z", False),
        ("2026-12-28T13:00Z", True),
    ],
)
def test_a_day_of_the_calendar_has_other_hours_and_that_of_one_year_goes_first(
    moment: str, inside: bool
) -> None:
    week = ((Span(start=8 * 60, end=18 * 60),),) * 7
    calendar = Calendar(
        name="holidays",
        open={(2026, 12, 24): (Span(start=8 * 60, end=12 * 60),)},
        closed=frozenset({(None, 12, 24), (None, 12, 25)}),
    )
    hours = Hours(week=week, zone=ZoneInfo("UTC"), calendar=calendar)
    assert within(hours, at(moment)) is inside
