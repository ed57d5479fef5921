"""Wait rules in the file: what they become, what is wrong with them (B-26, C-1)."""

from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from broker.config.load import loads
from broker.config.model import MINUTE, Hours, RuleLimits, Span, WaitRule, WorkKind
from protocol.identifiers import derive
from protocol.limits import text_length
from tests.support.marked_config import assert_fault, marked_line, warnings_of

THINGS = """
[[projects]]
name = "Support"
[[projects]]
name = "Sales"
[[gateways]]
name = "G"
peer = "g"
token = "s"
[[gateways]]
name = "H"
peer = "h"
token = "s"
[[scenarios]]
name = "F"
culture = "en"
[[scenarios.screens]]
name = "one"
[[scenarios.screens.controls]]
name = "topic"
control_type = "TextArea"
"""
RULE = '[[wait_rules]]\nlevel = 1\nafter = "1m"\n'
SUPPORT, SALES = derive("project", "Support"), derive("project", "Sales")
LONGEST = text_length("ChatSentenceInfo", "Text")


def rules(text: str) -> tuple[WaitRule, ...]:
    return loads(THINGS + text).config.wait_rules


def test_every_key_is_read() -> None:
    """B-26."""
    (rule,) = rules(
        '[[wait_rules]]\nname = "Widen"\nlevel = 3\nafter = "90s"\nproject = "Support"\n'
        'gateway = "G"\nculture = "en"\nuser_token = "^x"\next_response = "y$"\n'
        'hours = ["Mon 08:00-09:00"]\ntimezone = "Europe/Prague"\nform = { topic = "z" }\n'
        'skill = 0\nprojects = ["Sales"]\npriority = -7\nnote = "No. {position}, {wait}"\n'
        'scenario = "F"\n'
    )
    limits, hours = (
        rule.limits,
        Hours(
            week=((Span(start=480, end=540),), *6 * ((),)),
            zone=ZoneInfo("Europe/Prague"),
        ),
    )
    ((control, pattern),) = limits.form
    assert (control, pattern.patterns[0].text) == (derive("control", "F/one/topic"), "z")
    assert limits.user_token is not None
    assert limits.ext_response is not None
    assert (limits.user_token.text, limits.ext_response.text) == ("^x", "y$")
    assert (limits.gateway, limits.culture) == (derive("gateway", "G"), "en")
    assert limits.hours == hours
    assert evolve(rule, limits=RuleLimits()) == WaitRule(
        name="Widen",
        id=derive("wait_rule", "Widen"),
        level=3,
        after=90_000_000,
        project=SUPPORT,
        skill=0,
        projects=(SALES,),
        priority=-7,
        note="No. {position}, {wait}",
        scenario=derive("scenario", "F"),
    )


def test_what_is_left_out_changes_nothing() -> None:
    (rule,) = rules(RULE + "close = true\n")
    name = derive("wait_rule", "level 1 no. 1")
    assert rule == WaitRule(id=name, level=1, after=MINUTE, close=True)


def test_rules_come_by_level_and_those_of_one_level_as_they_stand() -> None:
    """B-26: of each level the first that matches is applied."""
    found = rules(
        "".join(
            f'[[wait_rules]]\nlevel = {level}\nafter = "{after}"\npriority = 1\n'
            for level, after in ((2, "3m"), (1, "2m"), (2, "2m"), (1, "1m"))
        )
    )
    assert [(rule.level, rule.after // MINUTE) for rule in found] == [
        (1, 2),
        (1, 1),
        (2, 3),
        (2, 2),
    ]
    assert len({rule.id for rule in found}) == 4


@pytest.mark.parametrize(
    "effect",
    [
        "skill = 0",
        'projects = ["Sales"]',
        "priority = 1",
        'note = "Soon."',
        'scenario = "F"',
        "close = true",
        'close = true\nnote = "Call us, please."',
    ],
)
def test_one_effect_is_enough(effect: str) -> None:
    assert len(rules(RULE + effect)) == 1


@pytest.mark.parametrize(
    ("text", "member", "said"),
    [
        ('[[wait_rules]] #!\nafter = "1m"\nskill = 1', "level", "is missing"),
        ("[[wait_rules]] #!\nlevel = 1\nskill = 1", "after", "is missing"),
        ('[[wait_rules]]\nlevel = 0 #!\nafter = "1m"\nskill = 1', "level", "from 1 to 1,000"),
        ('[[wait_rules]]\nlevel = 1\nafter = "1" #!\nskill = 1', "after", "must be a duration"),
        (RULE + "skill = 1\nrank = 1 #!", "rank", "unknown key"),
        (RULE + 'skill = 1\nname = "A"\n' + RULE + 'skill = 1\nname = "A" #!', "name", "a second"),
        (RULE + 'skill = 1\nproject = "Suport" #!', "project", 'did you mean "Support"?'),
        (RULE + 'skill = 1\ngateway = "X" #!', "gateway", "there is no gateway"),
        (RULE + 'skill = 1\nhours = ["Mo"] #!', "hours[0]", "the days are Mon"),
        (RULE + 'skill = 1\nform = { topc = "x" } #!', "form.topc", "there is no control"),
        (RULE + "skill = -1 #!", "skill", "must be from 0"),
        (RULE + 'projects = ["X"] #!', "projects[0]", "there is no project"),
        (RULE + 'projects = ["Sales", "Sales"] #!', "projects[1]", "one of its projects already"),
        (
            RULE + 'project = "Sales"\nprojects = ["Sales"] #!',
            "projects[0]",
            "one of its projects already",
        ),
        (RULE + "priority = 1.5 #!", "priority", "must be a whole number"),
        (RULE + 'scenario = "G" #!', "scenario", "there is no scenario"),
        (RULE + 'close = "yes" #!', "close", "must be true or false"),
        # effects
        (RULE.replace("]]", "]] #!"), "", "has no effect; give one of skill, projects, priority"),
        (
            RULE.replace("]]", "]] #!") + "projects = []\npriority = 0\nclose = false",
            "",
            "has no effect",
        ),
        (RULE + "skill = 1\nclose = true #!", "close", "a note alone, not with skill"),
        (
            RULE
            + 'projects = ["Sales"]\npriority = 1\nscenario = "F"\nnote = "x"\nclose = true #!',
            "close",
            "not with projects, priority, scenario",
        ),
        # notes
        (RULE + 'note = "{wiat}" #!', "note", "placeholder {wiat}; braces stand in {position} and"),
        (RULE + 'note = "{wiat}" #!', "note", 'did you mean "wait"?'),
        (RULE + 'note = "{wait" #!', "note", "has a brace; braces stand in"),
        (RULE + 'note = "{{wait}}" #!', "note", "has a brace"),
        (RULE + 'note = "{} }" #!', "note", "has a brace"),
        (RULE + f'note = "{"x" * (LONGEST + 1)}" #!', "note", "longer than 32,768 characters"),
        (
            RULE + f'note = "{{position}}{"x" * (LONGEST - 31)}" #!',
            "note",
            "longer than 32,768 characters once it is filled in",
        ),
        (
            '[notes]\nwait_unknown = "'
            + "x" * 100
            + '"\n'
            + RULE
            + f'note = "{{wait}}{"x" * (LONGEST - 99)}" #!',
            "note",
            "once it is filled in",
        ),
    ],
)
def test_a_fault_names_its_member_and_line(text: str, member: str, said: str) -> None:
    """C-1: one fault, and no other that follows from it."""
    position = text.count("[[wait_rules]]") - 1
    whole = f"wait_rules[{position}].{member}" if member else f"wait_rules[{position}]"
    assert_fault(THINGS + text, whole, said)


def test_the_longest_note_is_welcome() -> None:
    note = "{wait}" + "x" * (LONGEST - 32)
    assert rules(f'{RULE}note = "{note}"')[0].note == note


@pytest.mark.parametrize(
    ("low", "high", "place"),
    [
        ('after = "2m"', 'after = "2m"', None),
        ('after = "1m"', 'after = "2m"', None),
        ('after = "2m"', 'after = "1m" #!', "wait_rules[0]"),
        ('after = "2m"\nproject = "Sales"', 'after = "1m" #!', "wait_rules[0]"),
        ('after = "2m"\nproject = "Sales"', 'after = "1m" #!\nproject = "Sales"', "wait_rules[0]"),
        ('after = "2m"\nproject = "Sales"', 'after = "1m"\nproject = "Support"', None),
        ('after = "2m"\ngateway = "G"', 'after = "1m"\ngateway = "H"', None),
        ('after = "2m"\ngateway = "G"', 'after = "1m" #!\ngateway = "G"', "wait_rules[0]"),
    ],
)
def test_a_rule_that_waits_for_a_lower_level_is_warned_of(
    low: str, high: str, place: str | None
) -> None:
    """B-26: levels are applied upwards, so it comes late."""
    text = (
        f"{THINGS}[[wait_rules]]\nlevel = 1\nskill = 1\n{low}\n"
        f"[[wait_rules]]\nlevel = 2\nskill = 0\n{high}\n"
    )
    said = f"is less than that of {place}, a lower level: it will be applied right after that one"
    expected = [] if place is None else [(marked_line(text), "wait_rules[1].after", said)]
    assert warnings_of(text) == expected


def test_the_latest_of_the_lower_levels_is_named_and_equal_levels_do_not_count() -> None:
    rule = '[[wait_rules]]\nlevel = {}\nafter = "{}"\nskill = 1\n'
    steps = ((3, "1m"), (1, "3m"), (2, "5m"), (3, "9m"))
    found = warnings_of(THINGS + "".join(rule.format(*step) for step in steps))
    assert [(member, said.split(",")[0]) for _, member, said in found] == [
        ("wait_rules[0].after", "is less than that of wait_rules[2]")
    ]


MAIL = """
[[message_gateways]]
name = "Mail"
peer = "mail"
channel = "Email"
direction = "B"
token = "s"
[[message_gateways]]
name = "Texts"
peer = "sms"
channel = "SMS"
direction = "B"
token = "s"
as_chat = "H"
"""
OF_MESSAGES = f'{MAIL}{RULE}for = "messages"\n'


def test_a_rule_is_for_chats_unless_it_says_otherwise() -> None:
    """B-57: files of before mean what they did."""
    (rule,) = rules(f"{RULE}priority = 1\n")
    assert rule.work is WorkKind.CHATS
    (rule,) = rules(f'{RULE}for = "chats"\ngateway = "G"\nnote = "soon"\n')
    assert (rule.work, rule.limits.gateway) == (WorkKind.CHATS, derive("gateway", "G"))


def test_a_rule_for_messages_is_read() -> None:
    """B-57: its gateway is one of messages."""
    (rule,) = rules(
        f'{OF_MESSAGES}gateway = "Mail"\nculture = "en"\nproject = "Support"\nhours = ["Mon-Fri"]\n'
        'projects = ["Sales"]\nskill = 0\npriority = 5\n'
    )
    assert (rule.work, rule.project) == (WorkKind.MESSAGES, SUPPORT)
    assert rule.limits.gateway == derive("message_gateway", "Mail")
    assert (rule.projects, rule.skill, rule.priority) == ((SALES,), 0, 5)
    assert rules(f"{OF_MESSAGES}close = true\n")[0].close


@pytest.mark.parametrize(
    "line",
    [
        'note = "soon"',
        'scenario = "F"',
        'user_token = "x"',
        'ext_response = "x"',
        'form = { topic = "x" }',
    ],
)
def test_what_speaks_to_a_visitor_or_asks_of_one_is_no_rule_for_messages(line: str) -> None:
    """B-57."""
    text = f"{THINGS}{OF_MESSAGES}priority = 1\n{line}  #!\n"
    member = f"wait_rules[0].{line.partition(' ')[0]}"
    assert_fault(text, member, 'goes with for = "chats" alone: nobody waits at the other end')


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('for = "mails"  #!', "must be one of chats, messages"),
        ('gateway = "Mail"  #!', 'there is no gateway "Mail"'),
        ('for = "messages"\ngateway = "G"  #!', 'there is no message_gateway "G"'),
    ],
)
def test_a_kind_of_work_and_its_gateway_are_looked_at(line: str, fault: str) -> None:
    member = "for" if "mails" in line else "gateway"
    assert_fault(f"{THINGS}{MAIL}{RULE}priority = 1\n{line}\n", f"wait_rules[0].{member}", fault)


def test_rules_of_one_kind_are_no_levels_of_the_other() -> None:
    """B-26."""
    later = RULE.replace("1m", "2m") + "priority = 1\n"
    of_messages = RULE.replace("level = 1", "level = 2") + 'for = "messages"\npriority = 1\n'
    assert not warnings_of(THINGS + later + of_messages)


def test_a_gateway_whose_messages_are_sentences_has_no_conversations_that_wait() -> None:
    """B-60."""
    text = f'{THINGS}{OF_MESSAGES}priority = 1\ngateway = "Texts"  #!\n'
    ((line, member, said),) = warnings_of(text)
    assert (line, member) == (marked_line(text), "wait_rules[0].gateway")
    assert "has as_chat" in said
