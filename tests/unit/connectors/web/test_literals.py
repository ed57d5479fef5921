"""What browsers say in words."""

import re

import pytest

from connectors.web.literals import FOLDER, KEPT, Wordings, ours, preferred, texts, wider
from protocol.register import LiteralLookupInfo


def literal(name: str, culture: str, text: str) -> LiteralLookupInfo:
    return LiteralLookupInfo(literal_text=name, culture=culture, display_name=text)


def test_each_text_comes_in_the_best_language_that_it_has() -> None:
    known = [
        literal("a", "en", "en"),
        literal("a", "de", "de"),
        literal("a", "de-AT", "at"),
        literal("b", "en", "en"),
        literal("c", "ro", "ro"),
        LiteralLookupInfo(literal_value=7, culture="en", display_name="7"),
        LiteralLookupInfo(literal_text="d", culture="en"),
    ]
    found = texts(known, "de-AT", "en")
    assert {name: found.get(name) for name in "abc7d"} == {
        "a": "at",
        "b": "en",
        "c": "ro",
        "7": "7",
        "d": None,
    }
    assert texts(known, None, "de_CH")["a"] == "de"
    assert texts(known)["a"] == "en"


def test_a_site_says_it_in_its_own_words_and_ours_are_there_for_the_rest() -> None:
    known = [literal("chat_title", "de", "Fragen Sie die Lampe")]
    found = texts(known, "de", "en")
    assert found["chat_title"] == "Fragen Sie die Lampe"
    assert found["chat_send"] == "Senden"
    assert texts([], "de")["chat_title"] == "Sprechen Sie mit uns"


def test_the_language_counts_before_who_worded_it() -> None:
    """A site that has English words alone does not speak English to who wants German."""
    known = [literal("chat_title", "en", "Ask the lamp")]
    assert texts(known, "de", "en")["chat_title"] == ours()["de"]["chat_title"]
    assert texts(known, "en-GB")["chat_title"] == "Ask the lamp"
    assert texts(known, "fi", "en")["chat_title"] == "Ask the lamp"


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        (("de-AT", "en"), "de-AT"),
        (("de_AT",), "de-AT"),
        (("fi", "cs"), "cs"),
        (("pl", "en"), "pl"),
        (("fi",), "en"),
        ((None,), "en"),
        ((), "en"),
    ],
)
def test_it_is_said_which_language_they_are_in(wanted: tuple[str, ...], language: str) -> None:
    """As it was asked for, since times are written by it."""
    assert texts([literal("chat_title", "pl", "Napisz")], *wanted)["language"] == language


def test_a_site_may_call_the_language_itself() -> None:
    assert texts([literal("language", "en", "en-GB")], "en-US")["language"] == "en-GB"


@pytest.mark.parametrize("language", [path.stem for path in FOLDER.glob("*.json")])
def test_ours_are_all_there_with_the_same_values_in_them(language: str) -> None:
    def values(text: str) -> list[str]:
        return sorted(re.findall(r"\{\w+\}", text))

    found, english = ours()[language], ours()["en"]
    assert list(found) == list(english)
    for name, text in english.items():
        assert values(found[name]) == values(text), name


def test_texts_are_kept_until_literals_change_or_languages_are_too_many() -> None:
    wordings = Wordings()
    known = (literal("chat_title", "en", "One"),)
    first = wordings.texts(known, "en")
    assert first["chat_title"] == "One"
    assert wordings.texts(known, "en") is first
    assert wordings.texts(known, "en-GB", None)["language"] == "en-GB"
    for number in range(2 * KEPT):
        wordings.texts(known, f"x{number}")
    assert wordings.texts(known, "en") is not first
    assert len(wordings._known) <= KEPT
    others = (literal("chat_title", "en", "Two"),)
    assert wordings.texts(others, "en")["chat_title"] == "Two"


def test_languages() -> None:
    assert wider("zh-Hant-TW") == ["zh-hant-tw", "zh-hant", "zh"]
    assert preferred("de-AT,de;q=0.9,en;q=0.8") == "de-AT"
    assert preferred("en;q=0.1, cs;q=0.7, *;q=1") == "cs"
    assert preferred("") is None
    assert preferred("x" * 5_000) is None
    assert preferred("en;q=much, de;q=0") is None
