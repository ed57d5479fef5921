"""The diagrams of the documentation are those of the tables in the core."""

from tests.house import diagrams


def test_the_diagrams_are_what_the_tables_say() -> None:
    text = diagrams.PAGE.read_text(encoding="utf-8")
    assert diagrams.page(text) == text, "make schemas"
    assert text.count("stateDiagram-v2") == 4
