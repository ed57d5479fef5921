"""Patterns are searched in time proportional to the text, or they are refused (C-1)."""

import re

import pytest

from broker.config.load import loads
from protocol.pattern import MOST_STEPS, Pattern
from tests.support.marked_config import assert_fault

MATCH = '[[text_matches]]\nname = "m"\n'
RULE = "[[gate_rules]]\n"


@pytest.mark.parametrize(
    "text", ["(a+)+$", "(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*)(.*)(.*)(.*)b"]
)
def test_nested_repeats_end(text: str) -> None:
    """C-1: with an engine that tries every way this would run until the sun goes out."""
    assert not Pattern(text).found_in("a" * 40 + "!")
    assert not Pattern(text).found_in("a" * 4_096 + "!")


@pytest.mark.parametrize(
    "text",
    [
        "^gold:",
        "^(buy|sell)$",
        "Praha|Brno",
        "^$",
        "(?i)help|\\?$",
        "(?i)how much (is|are|does)",
        r"^\d+$",
        r"\s",
        "^n(o|ope)?$",
        "(?i)ŽLUŤ",
        "(?m)^b$",
        "a.b",
        "[^a]",
        "x{0,2}y",
        "^(?P<kind>gold|silver):",
        r"\bcat\b",
    ],
)
def test_what_both_engines_know_means_the_same(text: str) -> None:
    """C-1: patterns that worked go on working."""
    texts = ["", "gold:1", "silver:2", "buy", "buy it", "v Praze a Brno", "HELP me", "why?", "12"]
    texts += ["no", "nope", "nor", "žluť", "a\nb", "a b", "axb", "xxy", "cat", "a cat.", "cats"]
    for tried in texts:
        assert Pattern(text).found_in(tried) is bool(re.search(text, tried)), tried


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"(a)\\1", "a pattern cannot refer back to a group"),
        ("(?P<n>a)(?P=n)", "a pattern cannot refer back to a group"),
        ("^(?!test)", "a pattern cannot look ahead or back"),
        ("(?<=a)b", "a pattern cannot look ahead or back"),
        ("a{,3}", "write {0,3} for {,3}"),
        ("a++", "bad repetition operator"),
        ("x{1001}", "invalid repetition size"),
        ("[a-z]{1000}\\\\pL{1000}", "too large"),
        ("a" * 10_001, "is too large a regular expression"),
    ],
)
@pytest.mark.parametrize(
    ("table", "member"),
    [
        (MATCH + 'patterns = ["{}"] #!', "text_matches[0].patterns[0]"),
        (RULE + 'user_token = "{}" #!', "gate_rules[0].user_token"),
        (RULE + 'ext_response = "{}" #!', "gate_rules[0].ext_response"),
    ],
)
def test_what_cannot_be_promised_is_a_fault(table: str, member: str, text: str, said: str) -> None:
    """C-1: with its member and its line, wherever a pattern meets a stranger's text."""
    assert_fault(table.replace("{}", text), member, said)


def test_a_form_s_pattern_is_one_of_them() -> None:
    """C-1."""
    form = '[[scenarios]]\nname = "F"\nculture = "en"\n[[scenarios.screens]]\nname = "s"\n'
    form += '[[scenarios.screens.controls]]\nname = "c"\ncontrol_type = "TextArea"\n'
    text = form + RULE + 'form = { c = "(?=x)" } #!'
    assert_fault(text, "gate_rules[0].form.c", "cannot look ahead")


def test_the_longest_program_is_near_the_bound() -> None:
    """C-1: a pattern is refused by its size and not by its length."""
    assert Pattern("a" * (MOST_STEPS - 10)).found_in("a" * MOST_STEPS)


@pytest.mark.parametrize("escape", ["b", "B", "w", "W"])
def test_letters_of_other_languages_are_none_to_some_escapes(escape: str) -> None:
    """C-1: the check warns, because `ráno` has a border before `no` for this engine."""
    text = f"[[gate_rules]]\nuser_token = '\\{escape}no'\n{MATCH}patterns = ['x', '\\{escape}no']\n"
    warned = {finding.member: finding.text for finding in loads(text).warnings}
    assert set(warned) == {"gate_rules[0].user_token", "text_matches[0].patterns[1]"}
    assert all(f"\\{escape} knows the letters a to z only" in said for said in warned.values())
    assert Pattern(r"\\b").doubt is None


def test_equal_texts_are_equal_patterns() -> None:
    """C-4: a file that was not changed changes nothing."""
    assert Pattern("a") == Pattern("a") != Pattern("b")
    assert hash(Pattern("a")) == hash(Pattern("a"))
    assert repr(Pattern("a")) == "Pattern(text='a')"


def test_half_a_letter_matches_nothing() -> None:
    """C-1: a search never raises."""
    assert not Pattern("a").found_in("\ud800")
