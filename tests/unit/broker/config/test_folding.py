"""Words are recognised however they are written (B-40)."""

# ruff: noqa: RUF001 - letters that look alike are what these tests are about

import pytest

from broker.config.folding import MOST_MARKS, Words, fold, split, tidy
from broker.config.load import loads
from broker.config.partners import HEARD_TEXT, TextMatch
from tests.support.marked_config import assert_fault

ALIKE = [
    ("café", "cafe\u0301", "an accent of its own"),
    ("cafe\u0301", "CAFÉ", "the same in the list"),
    ("don't", "I don\u2019t", "the apostrophe of a telephone"),
    ("don\u2019t", "don't", "and the other way"),
    ("it's", "It\u00b4s", "an accent for an apostrophe"),
    ("l'ordre", "l`ordre", "and another"),
    ("e-mail", "E\u2011Mail", "a hyphen that does not break"),
    ("e-mail", "e\u2013mail", "a dash"),
    ("delivery", "de\u00adliv\u00adery", "soft hyphens"),
    ("delivery", "de\u200bli\ufeffvery", "spaces without width"),
    ("of course", "of\u00a0course", "a space that does not break"),
    ("of course", "of \n\t course", "white space"),
    ("straße", "STRASSE", "capitals without a letter of their own"),
    ("strasse", "STRAẞE", "and with one"),
    ("istanbul", "İSTANBUL", "a dotted capital"),
    ("sıra", "SIRA", "a dotless small letter"),
    ("λόγος", "ΛΌΓΟΣ", "a letter with two small forms"),
    ("file", "ﬁle", "a ligature"),
    ("abc", "ＡＢＣ", "wide letters"),
    ("カード", "ｶｰﾄﾞ", "narrow ones"),
    ("کتاب", "کت\u200cاب", "a joiner"),
    ("订单", "我的订单在哪里", "inside a Chinese sentence"),
    ("カード", "クレジットカードで", "inside a Japanese one"),
    ("ขอบคุณ", "ผมขอบคุณมากครับ", "inside a Thai one"),
    ("ទិញ", "ខ្ញុំចង់ទិញឡាន", "inside a Khmer one"),
    ("order", "我的order呢", "beside letters without spaces"),
    ("订单", "my订单", "and the other way"),
    ("주문", "주문을 취소하고 싶어요", "a Korean word with its particle"),
    ("환불", "환불은 언제 되나요?", "with another one"),
    ("고양이", "고양이 사료", "a word that ends like a particle"),
    ("주문 취소", "주문의 취소는", "a phrase of two"),
    ("order", "order를", "a Latin word with one"),
    ("서울", "서울에서는", "a particle of three letters"),
    ("c++", "I know C++.", "signs"),
    ("👍", "👍🏽", "a picture"),
    ("❤", "I ❤\ufe0f it", "another"),
    ("नहीं", "जी नहीं।", "marks between letters"),
    ("ordre", "l\u2019ordre", "behind an apostrophe"),
    ("a b", "a a b", "a false start"),
]
APART = [
    ("order", "bor\u00adder", "part of a word"),
    ("order", "orders", "more than the word"),
    ("cafe", "café", "another letter"),
    ("cafe", "cafe\u0301", "the same"),
    ("no", "№ 5", "a sign that is no word"),
    ("of course", "of, course", "something between"),
    ("นา", "น้า", "a mark between"),
    ("ก", "กี่", "a letter with its mark"),
    ("नह", "नहीं", "a word that goes on with a mark"),
    ("a b", "a", "half a phrase"),
    ("no", "snow", "inside a word"),
    ("예", "예의", "a word of one letter, and no particle"),
    ("주문", "주문서", "another Korean word"),
    ("을", "주문을", "a particle alone"),
    ("5", "5kg", "a number with its unit"),
    ("x_y", "x_yz", "a name"),
]


@pytest.mark.parametrize(("word", "text", "why"), ALIKE)
def test_one_word_in_many_writings(word: str, text: str, why: str) -> None:
    """B-40."""
    assert Words((word,)).found_in(text), why


@pytest.mark.parametrize(("word", "text", "why"), APART)
def test_another_word_is_another_word(word: str, text: str, why: str) -> None:
    """B-40."""
    assert not Words((word,)).found_in(text), why


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("\u0e01\u0e02", 2),  # Thai
        ("\u4e00\u9fff", 2),  # the first and the last sign of a block
        ("\ua48b\ua48c", 2),  # the last letters of Yi
        ("\ua4d0\ua4d1", 1),  # Lisu, which comes next, has spaces
        ("\U00020000\U0002a6d0", 2),
        ("\u10d0\u10d1", 1),  # Georgian, behind Burmese
        ("\u312e\u312f\u3131\u3132", 3),  # Chinese letters of sounds, and Korean ones
    ],
)
def test_where_no_spaces_are_written_each_letter_is_a_part(text: str, parts: int) -> None:
    """B-40."""
    assert len(split(text)) == parts


def test_no_words_are_nowhere() -> None:
    """B-40."""
    assert not Words().found_in("")
    assert not Words().found_in("anything")
    assert not Words(("a",)).found_in("")


def test_a_word_that_nobody_sees_is_a_fault() -> None:
    """C-1: it would be found everywhere."""
    text = '[[text_matches]]\nname = "m"\nwords = ["yes", "\\u0640\\u200b"] #!'
    assert_fault(text, "text_matches[0].words[1]", "has nothing in it that is seen")


def test_patterns_see_the_tidied_text() -> None:
    """B-40: composed, with plain apostrophes and hyphens; capitals and line ends stay."""
    text = "[[text_matches]]\nname = 'm'\npatterns = ['^cafe\u0301$', \"^don\u2019t$\", '^A-1$']\n"
    (match,) = loads(text).config.text_matches.values()
    for said in ("café", "cafe\u0301", "ca\u00adfé", "don't", "don\u2019t", "A\u20111"):
        assert match.recognises(said), said
    for said in ("CAFÉ", "cafe", "dont", "a-1"):
        assert not match.recognises(said), said
    assert tidy("Ｅ’\u00a0é\n") == "Ｅ' é\n"


def test_what_is_searched_is_bounded() -> None:
    """B-40: an answer to a question is shorter than this."""
    match = TextMatch(id=loads("").config.bots, name="m", words=Words(("yes",)))  # type: ignore[arg-type]  # no id is looked at
    assert match.recognises("a" * (HEARD_TEXT - 4) + " yes")
    assert not match.recognises("a" * HEARD_TEXT + " yes")


def test_marks_without_end_are_cut() -> None:
    """B-40: to bring them into order takes the square of their number."""
    heap = "a" + "\u0301\u0323" * 100_000
    assert len(tidy(heap)) <= MOST_MARKS + 1
    assert split(fold(heap)) == [fold(heap)]
    assert fold("a" + "\u0301" * 3) == "á" + "\u0301" * 2
