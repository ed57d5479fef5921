"""What a full screen shows of a transcript."""

from connectors.terminal.conversation import Line, Tick
from connectors.terminal.screen import Fragments, fragments, last_words, seen


def plain(rows: list[Fragments]) -> list[str]:
    return ["".join(text for _, text in row) for row in rows]


def test_the_end_of_a_transcript_is_seen_and_rows_above_it_on_demand() -> None:
    lines = [Line(text=f"line {number}") for number in range(30)]
    rows, up = seen(lines, 80, 10, 0)
    assert (plain(rows), up) == ([f"\u00b7 line {number}" for number in range(20, 30)], 0)
    rows, up = seen(lines, 80, 10, 5)
    assert (plain(rows)[-1], up) == ("\u00b7 line 24", 5)
    rows, up = seen(lines, 80, 10, 99)
    assert (plain(rows)[0], up) == ("\u00b7 line 0", 20)
    assert seen(lines[:3], 80, 10, 99)[1] == 0


def test_words_stay_whole_and_line_ends_of_the_writer_count() -> None:
    line = Line(text="good morning\nto you", who="Jana", mine=True, tick=Tick.ECHOED)
    rows, _ = seen([line], 12, 10, 0)
    assert plain(rows) == ["Jana: good", "morning", "to you  \u2713"]
    assert rows[0] == [("class:mine", "Jana: "), ("", "good")]
    assert rows[2][-1] == ("class:tick", "  \u2713")


def test_what_is_drawn_takes_the_same_cells_everywhere() -> None:
    family = "\N{WOMAN}\u200d\N{GIRL}"
    line = Line(text=family, who=family)
    assert plain([fragments(line)]) == ["\N{WOMAN}\N{GIRL}: \N{WOMAN}\N{GIRL}"]


def test_who_said_it_and_what_the_program_says_are_told_apart() -> None:
    assert plain([fragments(Line(text="hi", mine=True))]) == ["me: hi"]
    assert plain([fragments(Line(text="hi", note=True))]) == ["hi"]
    assert plain([fragments(Line(text="hi"))]) == ["\u00b7 hi"]


def test_last_words_have_who_said_them() -> None:
    lines = [
        Line(text="gone"),
        Line(text="Good morning", who="Jana"),
        Line(text="Hello", who="Alice", mine=True, tick=Tick.DELIVERED),
        Line(text="the session has ended"),
    ]
    assert last_words(lines) == [
        "Jana: Good morning",
        "Alice: Hello  \u2713\u2713",
        "\u00b7 the session has ended",
    ]
