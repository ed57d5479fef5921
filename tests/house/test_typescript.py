"""The types of the TypeScript client are those of the protocol."""

from tests.house import typescript


def test_the_types_are_what_the_tool_writes() -> None:
    for path, text in typescript.files().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: make schemas"
