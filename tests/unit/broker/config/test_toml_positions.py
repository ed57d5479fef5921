"""The line index finds every member of a document, however it is written."""

import tomllib
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from broker.config.diagnostics import Path
from broker.config.toml_positions import line_index

STYLES = """# a comment = [
top = 1
"quoted.key" = 'a # b'
dotted . inner."x y" = 2 # = 3

multi = \"\"\"
[not.a.table]
k = "\\" \"\"\"\"
raw = '''
[[nor.this]]
'''''
date = 1979-05-27 07:32:00
list = [ # one
  1,
  [2, { a = 3, b.c = [4] }],

  "]",  # last
]
empty = []
none = {}
[table]
key = { inner = "}" }
[[things]]
name = "a"
[[things.parts]]
n = 1
[[things.parts]]
n = 2
[things.extra]
x = 1
[[things]]
[[things.parts]]
n = 3
[a.b.c]
[a]
d = 1
"""


def members(value: object, path: Path = ()) -> Iterator[Path]:
    items = enumerate(value) if isinstance(value, list) else ()
    pairs = value.items() if isinstance(value, dict) else items
    for key, inner in pairs:
        yield (*path, key)
        yield from members(inner, (*path, key))


def test_every_member_has_a_line_and_no_other() -> None:
    assert set(line_index(STYLES)) == set(members(tomllib.loads(STYLES)))


def test_lines_are_where_the_members_stand() -> None:
    lines = line_index(STYLES)
    found = {path: STYLES.splitlines()[line - 1] for path, line in lines.items()}
    assert found["quoted.key",].startswith('"quoted.key"')
    assert found["dotted", "inner", "x y"].startswith("dotted")
    assert found["raw",] == "raw = '''"
    assert found["date",].startswith("date")
    assert found["list", 0] == "  1,"
    assert found["list", 1, 1, "b", "c", 0].startswith("  [2,")
    assert found["list", 2] == '  "]",  # last'
    assert found["none",] == "none = {}"
    assert found["things", 0, "parts", 1, "n"] == "n = 2"
    assert found["things", 0, "extra", "x"] == "x = 1"
    assert found["things", 1, "parts", 0, "n"] == "n = 3"
    assert found["a", "b", "c"] == "[a.b.c]"


keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=6)
scalars = st.one_of(
    st.integers(-(2**40), 2**40), st.booleans(), st.text("ab\"'\\#[]{},=. \n", max_size=8)
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=6,
)


def basic(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


class Writer:
    """Writer of a document in many ways, who remembers the line of every member."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[Path, int] = {}

    def put(self, text: str) -> None:
        self.text += text

    def gap(self) -> str:
        return self.draw(st.sampled_from(["", " ", "\n", ' # ]}= "\n', "\n\t\n"]))

    def note(self, path: Path) -> None:
        self.lines[path] = self.text.count("\n") + 1

    def scalar(self, value: object) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, int):
            return str(value)
        assert isinstance(value, str)
        ways = [basic(value)]
        if not set(value) & set("'\n"):
            ways.append(f"'{value}'")
        if "'" not in value:
            ways.append(f"'''\n{value}'''")
        if not set(value) & set('"\\'):
            ways.append(f'"""\n{value}"""')
        return self.draw(st.sampled_from(ways))

    def value(self, value: object, path: Path) -> None:
        if isinstance(value, list):
            self.put("[")
            for position, item in enumerate(value):
                self.put(self.gap())
                self.note((*path, position))
                self.value(item, (*path, position))
                self.put(self.gap() + ",")
            self.put(self.gap() + "]")
        elif isinstance(value, dict):
            self.put("{")
            for number, (key, item) in enumerate(value.items()):
                self.put(", " if number else " ")
                self.note((*path, key))
                self.put(f"{basic(key)} = ")
                self.value(item, (*path, key))
            self.put(" }")
        else:
            self.put(self.scalar(value))

    def table(self, table: dict[str, object], path: Path) -> None:
        for key, item in table.items():
            self.put(self.draw(st.sampled_from(["", "\n", "# [x]\n"])))
            self.note((*path, key))
            self.put(f"{basic(key)} = ")
            self.value(item, (*path, key))
            self.put("\n")


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Path, int]]:
    writer = Writer(draw)
    tables = st.dictionaries(keys, values, max_size=2)
    writer.table(draw(tables), ())
    for number, table in enumerate(draw(st.lists(tables, max_size=2))):
        name = f"table {number}"
        writer.note((name,))
        writer.put(f"[ {basic(name)} ]\n")
        writer.table(table, (name,))
    for number, table in enumerate(draw(st.lists(tables, max_size=2))):
        if number == 0:
            writer.note(("array",))
        writer.note(("array", number))
        writer.put("[[array]] # one more\n")
        writer.table(table, ("array", number))
    return writer.text, writer.lines


@given(documents())
def test_the_index_agrees_with_the_writer(case: tuple[str, dict[Path, int]]) -> None:
    text, lines = case
    assert set(lines) == set(members(tomllib.loads(text)))
    assert line_index(text) == lines
