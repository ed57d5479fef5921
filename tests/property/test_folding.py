"""Folding a text, and words in it, against what they are meant to be (B-40)."""

# ruff: noqa: RUF001 - letters that look alike are what these tests are about

from __future__ import annotations

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from broker.config.folding import Words, fold, split, tidy

LETTERS = "aébß\u0301\u0323 \u00a0'\u2019-\u2011\u00ad\u200dıİiſﬁ№Åk订แก้カﾞ👍.1_\n"
texts = st.text(max_size=12) | st.text(st.sampled_from(LETTERS), max_size=12)
WHITE = r"\s+"


@given(texts)
def test_folded_is_folded(text: str) -> None:
    """B-40: what is folded once is what is folded twice, and it was tidied on the way."""
    assert fold(fold(text)) == fold(text)
    assert tidy(tidy(text)) == tidy(text)
    assert fold(tidy(text)) == fold(text)


@given(texts)
def test_no_form_of_unicode_makes_a_difference(text: str) -> None:
    """B-40: decomposed letters are the letters; compatible ones count for words."""
    assert fold(text) == fold(unicodedata.normalize("NFC", text))
    assert fold(text) == fold(unicodedata.normalize("NFD", text))
    # An accent that stands alone is an apostrophe here, and a space with a mark there; so is `№` a word.
    if all(c == "\u00a0" or unicodedata.normalize("NFKC", c)[0] != " " for c in text + "x"):
        text = text.replace("№", "")
        assert split(fold(text)) == split(fold(unicodedata.normalize("NFKC", text)))
        assert split(fold(text)) == split(fold(unicodedata.normalize("NFKD", text)))


@given(texts)
def test_parts_lose_white_space_alone(text: str) -> None:
    """B-40: every part has something, and together they are the text."""
    folded = fold(text)
    assert "".join(split(folded)) == "".join(folded.split())
    assert all(split(folded))


@given(st.lists(st.text("ab_1 ", max_size=5), max_size=4), st.text("ab_1 .'-\n", max_size=14))
def test_plain_words_are_found_where_a_naive_search_finds_them(words: list[str], text: str) -> None:
    """B-40: as a whole, whatever white space is in a phrase."""
    words = [word for word in words if word.strip()]
    naive = [rf"(?<!\w){WHITE.join(map(re.escape, word.split()))}(?!\w)" for word in words]
    found = any(re.search(pattern, text) for pattern in naive)
    assert Words(tuple(words)).found_in(text) is found


@given(st.lists(texts.filter(lambda text: bool(split(fold(text)))), min_size=1, max_size=3), texts)
def test_a_word_is_found_in_itself_and_between_others(words: list[str], text: str) -> None:
    """B-40: whatever stands around it, as long as it is not joined to it."""
    found = Words(tuple(words))
    assert all(found.found_in(word) for word in words)
    assert all(found.found_in(f"{text} . {word} . {text}") for word in words)
