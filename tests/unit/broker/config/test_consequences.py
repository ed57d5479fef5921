"""A fault in one place is listed once, and not again for what follows from it (C-1)."""

from __future__ import annotations

import pytest

from broker.config.diagnostics import ConfigFault
from broker.config.load import loads
from tests.support.marked_config import assert_fault, faults_of, warnings_of

PROJECT = '[[projects]]\nname = "Support"\n'
GATEWAY = '[[gateways]]\nname = "Web"\npeer = "w"\ntoken = "s"\n'
AGENT = '[[agents]]\nname = "Alice"\nlogin = "alice"\ntoken = "s"\n'
USES = f"""{AGENT}skills = {{ Support = 50 }}
[[project_rules]]
project = "Support"
[[wait_rules]]
level = 1
after = "1m"
projects = ["Support"]
"""
BOT = '[[bots]]\nname = "B"\n[[bots.questions]]\nname = "q"\nask = "?"\n'
FORM = """
[[scenarios]]
name = "F"
culture = "en"
[[scenarios.screens]]
name = "s"
[[scenarios.screens.controls]]
name = "topic"
control_type = "TextArea"
"""


@pytest.mark.parametrize(
    ("text", "member", "said"),
    [
        # a section by a wrong name, or of a wrong kind
        ("[[project]] #!\nname = 'Support'\n" + USES, "project", "unknown key; did you mean"),
        ("[projects] #!\nname = 'Support'\n" + USES, "projects", "must be an array of tables"),
        ("projects = 3 #!\n" + USES, "projects", "must be an array of tables"),
        ("projects = [3] #!\n" + USES, "projects[0]", "must be a table"),
        # a name that cannot be read, or stands under a wrong key
        ("[[projects]]\nname = 3 #!\n" + USES, "projects[0].name", "must be a text"),
        ("[[projects]]\nnmae = 'Support' #!\n" + USES, "projects[0].nmae", "unknown key"),
        (
            f"[[projects]]\nname = '{'x' * 300}' #!\n[[project_rules]]\nproject = '{'x' * 300}'\n",
            "projects[0].name",
            "is longer than",
        ),
        # what is missing is there by a wrong name
        ('[[gateways]]\nname = "G"\npeer = "g"\ntokn = "s" #!', "gateways[0].tokn", "unknown key"),
        (
            '[[gateways]]\nname = "G"\npeer = "g"\ntoken_hsh = "s" #!',
            "gateways[0].token_hsh",
            'unknown key; did you mean "token_hash"?',
        ),
        ('[[text_matches]]\nname = "m"\npattern = ["x"] #!', "text_matches[0].pattern", "unknown"),
        # bots by either kind
        (
            '[[bots]]\nname = 3 #!\ngreeting = "x"\n[[pre_rules]]\nbot = "B"',
            "bots[0].name",
            "a text",
        ),
        (
            '[[agents]]\nname = 3 #!\nlogin = "b"\ntoken = "s"\n[[pre_rules]]\nbot = "B"',
            "agents[0].name",
            "must be a text",
        ),
        # what has no effect has one by a wrong key
        (
            '[[wait_rules]]\nlevel = 1\nafter = "1m"\nnotes = "x" #!',
            "wait_rules[0].notes",
            'did you mean "note"?',
        ),
        ('[[bots]]\nname = "B"\ngreetings = "Hi." #!', "bots[0].greetings", "did you mean"),
        # inside of forms and bots
        (
            FORM.replace('name = "topic"', "name = 3 #!")
            + '[[gate_rules]]\nform = { topic = "x" }',
            "scenarios[0].screens[0].controls[0].name",
            "must be a text",
        ),
        (
            FORM.replace('name = "topic"', "name = 3 #!")
            + '[[scenarios.screens]]\nname = "t"\ncondition_control = "topic"\n'
            + 'condition_text = "x"',
            "scenarios[0].screens[0].controls[0].name",
            "must be a text",
        ),
        (
            FORM.replace('"TextArea"', '"TextAria" #!\nmandatory_field = true'),
            "scenarios[0].screens[0].controls[0].control_type",
            "must be one of",
        ),
        (
            FORM.replace('"TextArea"', '"DropDown"\nparameters = 3 #!'),
            "scenarios[0].screens[0].controls[0].parameters",
            "must be an array",
        ),
        (
            '[[scenarios]]\nname = "F"\nculture = "en"\nscreens = 3 #!',
            "scenarios[0].screens",
            "array",
        ),
        (
            BOT.replace('"q"', "3 #!") + '[[bots.questions.answers]]\nnext = "q"',
            "bots[0].questions[0].name",
            "must be a text",
        ),
        # what is judged together
        (
            '[server]\nlisten = 7070 #!\nhttp = "127.0.0.1:7070"',
            "server.listen",
            "must be a text",
        ),
        ("[limits]\nframe_bytes = 'x' #!\noutbox_bytes = 70000", "limits.frame_bytes", "a whole"),
        (
            GATEWAY + 'inactivity_timeout = 90 #!\ninactivity_warning = "60m"',
            "gateways[0].inactivity_timeout",
            "must be a text",
        ),
    ],
)
def test_one_mistake_is_one_fault(text: str, member: str, said: str) -> None:
    """C-1."""
    assert_fault(text, member, said)


def test_two_texts_without_a_number_are_not_the_same_text() -> None:
    """C-1: stand-ins are equal, what they stand for is not."""
    literal = '[[literals]]\ngroup = 102\nvalue = "x"\nculture = "en"\ntext = "a"\n'
    assert [fault.member for fault in faults_of(literal * 2)] == [
        "literals[0].value",
        "literals[1].value",
    ]


def test_a_reference_that_nothing_explains_is_named() -> None:
    """C-1: another fault of the section is no excuse for it."""
    text = "[[projects]]\nname = 'Support'\nwrapup = 3\n[[gate]]\nname = 'x'\n"
    text += "[[project_rules]]\nproject = 'Sales'\n[[gate_rules]]\nform = { topic = 'x' }\n"
    assert [fault.member for fault in faults_of(text)] == [
        "projects[0].wrapup",
        "gate",
        "project_rules[0].project",
        "gate_rules[0].form.topic",
    ]


def test_what_is_missing_and_nowhere_else_is_named() -> None:
    """C-1."""
    text = "[[projects]]\nsignal_duraton = '1s'\n"
    assert {fault.member for fault in faults_of(text)} == {
        "projects[0].name",
        "projects[0].signal_duraton",
    }


def test_nobody_is_warned_of_what_stands_in_for_a_fault() -> None:
    """C-1: that no agent can take the chats of a rule follows from the agent's fault here."""
    text = f"{PROJECT}[[project_rules]]\nproject = 'Support'\n"
    assert "no agent has this project" in warnings_of(text)[0][2]
    with pytest.raises(ConfigFault) as caught:
        loads(text + AGENT + "skills = 3\n")
    assert [fault.member for fault in caught.value.faults] == ["agents[0].skills"]
    assert "no agent" not in str(caught.value.warnings)
