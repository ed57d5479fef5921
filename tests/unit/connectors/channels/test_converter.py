"""Tables of TOML become classes; whatever is wrong is found at once, with its path."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from attrs import field, frozen

from connectors.channels.converter import (
    Fault,
    FaultsError,
    Secret,
    between,
    not_empty,
    structured,
)


class Color(StrEnum):
    RED = "red"


@frozen(kw_only=True)
class Folder:
    name: Annotated[str, not_empty]
    depth: int = 0


@frozen(kw_only=True)
class Mailbox:
    host: str
    port: Annotated[int, between(1, 65_535)] = 993
    wait: float = 1.5
    password: Secret | None = None
    mode: Literal["idle", "poll"] = "idle"
    color: Color | None = None
    folders: tuple[Folder, ...] = ()
    by_name: dict[str, Folder] = field(factory=dict)
    path: Path | None = None
    ready: bool = True


def faults(content: dict[str, Any], environ: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(FaultsError) as found:
        structured(content, Mailbox, path="box", environ=environ or {})
    assert str(found.value).count("\n") == len(found.value.faults) - 1
    return {fault.path: fault.text for fault in found.value.faults}


def test_a_good_table_is_read() -> None:
    content = {
        "host": "h",
        "wait": 2,
        "password": "p",
        "mode": "poll",
        "color": "red",
        "folders": [{"name": "a"}],
        "by_name": {"b": {"name": "b", "depth": 1}},
        "path": "x/y",
        "ready": False,
    }
    assert structured(content, Mailbox) == Mailbox(
        host="h",
        wait=2.0,
        password=Secret("p"),
        mode="poll",
        color=Color.RED,
        folders=(Folder(name="a"),),
        by_name={"b": Folder(name="b", depth=1)},
        path=Path("x/y"),
        ready=False,
    )


def test_all_faults_are_found_at_once() -> None:
    found = faults(
        {
            "host": 5,
            "port": 70_000,
            "wait": "long",
            "mode": "never",
            "color": "blue",
            "folders": [{"name": "a"}, {"name": " "}, {"nam": "c"}],
            "by_name": {"b": {"name": 1}, "c": 7},
            "ready": 1,
        }
    )
    assert found == {
        "box.host": "must be a text, not a whole number",
        "box.port": "must be from 1 to 65535",
        "box.wait": "must be a number, not a text",
        "box.mode": "must be one of idle, poll, not never",
        "box.color": "must be one of red, not blue",
        "box.folders[1].name": "must not be empty",
        "box.folders[2].nam": "unknown key; did you mean name?",
        "box.folders[2].name": "is missing",
        "box.by_name.b.name": "must be a text, not a whole number",
        "box.by_name.c": "must be a table, not a whole number",
        "box.ready": "must be true or false, not a whole number",
    }


def test_faults_beside_a_missing_key_are_found_too() -> None:
    assert faults({"port": True, "hots": "h"}) == {
        "box.hots": "unknown key; did you mean host?",
        "box.host": "is missing",
        "box.port": "must be a whole number, not true or false",
    }


def test_a_secret_comes_from_the_file_the_environment_or_another_file(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("\ufeffs3cret\r\nmore\n", "utf-8")
    for content in (
        {"password": "s3cret"},
        {"password_env": "P"},
        {"password_file": str(tmp_path / "p")},
    ):
        found = structured({"host": "h", **content}, Mailbox, environ={"P": "s3cret\n"})
        assert found.password == Secret("s3cret")
        assert "s3cret" not in repr(found)


def test_a_secret_that_is_nowhere_is_a_fault_of_its_key() -> None:
    assert faults({"host": "h", "password_env": "P"}) == {
        "box.password_env": "the environment has no variable P"
    }
    assert faults({"host": "h", "password": "p", "password_env": "P"}) == {
        "box.password_env": "and password are both there; give one of them"
    }
    assert faults({"host": "h", "password_file": 5}) == {
        "box.password_file": "must be a text, not a whole number"
    }
    assert "box.password_file" in faults({"host": "h", "password_file": "/nowhere"})


def test_what_is_no_fault_of_the_file_is_raised_as_it_is() -> None:
    @frozen
    class Broken:
        thing: Annotated[str, lambda value: value.nonsense()]

    with pytest.raises(AttributeError):
        structured({"thing": "x"}, Broken)


def test_a_fault_says_where() -> None:
    assert str(Fault("a.b", "is missing")) == "a.b: is missing"
    assert str(Fault("", "is missing")) == "is missing"
