"""The converter of the configuration: strict, and on to the end of a table (C-1)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import pytest
from attrs import frozen

from broker.config.converter import NEEDED, NO_ID, Nested, Reference, carried, shape_of, structure
from broker.config.diagnostics import Report
from broker.config.model import Distribution, Limits, Notes, Project, Server
from broker.config.parse import Parser, duration, integer, listing, text
from broker.config.section_reader import Table
from broker.config.sections.directory import ProjectKeys
from broker.config.sections.settings import Store
from protocol.values import Guid


@frozen(kw_only=True)
class Section:
    name: Annotated[str, text(), NEEDED] = ""
    pause: Annotated[int | None, duration(1)] = None
    ranks: Annotated[tuple[int, ...], listing(integer())] = ()
    inner: Nested = ()


def test_a_good_table_is_a_section() -> None:
    made = structure({"name": "A", "pause": "2s", "ranks": [1, 2], "inner": [{"x": 1}]}, Section)
    assert made.value == Section(name="A", pause=2_000_000, ranks=(1, 2), inner=[{"x": 1}])
    assert not made.faults
    assert made.unknown == ()


def test_one_reading_finds_all_faults_and_keeps_what_is_sound() -> None:
    content = {"nmae": "A", "pause": 5, "ranks": [1, "x", -1], "inner": 3, "more": {}}
    made = structure(content, Section)
    assert made.value == Section(inner=3)
    assert made.unknown == ("nmae", "more")
    assert {key: str(fault) for key, fault in made.faults.items()} == {
        "pause": "must be a text, not a whole number",
        "ranks": "must be a whole number, not a text; must be from 0 to 2,147,483,647",
    }


def test_nothing_is_coerced() -> None:
    assert set(structure({"name": 1, "ranks": [True]}, Section).faults) == {"name", "ranks"}


@frozen
class Silent:
    name: str = ""


def test_a_member_that_does_not_say_how_it_is_read_is_a_fault_of_the_program() -> None:
    with pytest.raises(TypeError, match="does not say how"):
        structure({"name": "A"}, Silent)


@frozen(kw_only=True)
class Referring(Section):
    project: Annotated[Guid, Reference("project"), NEEDED] = NO_ID
    others: Annotated[tuple[Guid, ...], Reference("project", many=True)] = ()


def lookup(kind: str) -> Parser[Guid]:
    def parse(value: object) -> Guid:
        if value != "Support":
            raise ValueError(f"there is no {kind} {value!r}")
        return Guid("id")

    return parse


def test_references_are_looked_up_in_a_second_pass_where_the_first_found_no_fault() -> None:
    report = Report("p.toml", {})
    content: dict[str, object] = {"project": "Support", "others": ["Support", "Sales"], "rank": 1}
    keys = Table(content, ("x",), report).read(Referring, lookup)
    assert (keys.project, keys.others) == (Guid("id"), ())
    assert [(fault.member, fault.text) for fault in report.faults] == [
        ("x.rank", 'unknown key; did you mean "ranks"?'),
        ("x.name", "is missing"),
        ("x.others[1]", "there is no project 'Sales'"),
    ]


def test_what_is_given_is_carried_over_and_the_model_knows_the_rest() -> None:
    made = carried(Project, ProjectKeys(name="A", wrapup=0), id=Guid("id"))
    assert made == Project(id=Guid("id"), name="A", wrapup=0)


@frozen(kw_only=True)
class Respelt:
    from_: Annotated[int, integer(), NEEDED] = 0
    to: Annotated[int, integer()] = 0


def test_a_key_that_is_a_word_of_python_has_an_underscore_behind_it() -> None:
    assert shape_of(Respelt).keys == ("from", "to")
    assert shape_of(Respelt).needed == ("from",)
    assert structure({"from": 2, "to": 3}, Respelt).value == Respelt(from_=2, to=3)
    found = structure({"from": "x", "from_": 1}, Respelt)
    assert (list(found.faults), found.unknown) == (["from"], ("from_",))
    assert found.value == Respelt()


def test_a_section_knows_its_keys() -> None:
    shape = shape_of(Section)
    assert shape.keys == ("name", "pause", "ranks", "inner")
    assert shape.needed == ("name",)


@pytest.mark.parametrize("section", [Server, Store, Limits, Distribution, Notes])
def test_every_member_of_a_setting_has_a_way_to_be_read(section: type) -> None:
    """A date is no value of any setting."""
    content = dict.fromkeys(shape_of(section).keys, date(2027, 1, 1))
    assert set(structure(content, section).faults) == set(content)
