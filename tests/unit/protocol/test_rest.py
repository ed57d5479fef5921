"""Models of HTTP services as JSON, and their schemas."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from attrs import field, frozen

from protocol.rest import Bounds, plain, schema_of
from protocol.values import Guid


class Mood(StrEnum):
    """A mood."""

    GOOD = "good"
    BAD = "bad"


@frozen
class Thing:
    """A thing."""

    name: str
    size: float | None = None


@frozen
class Sample:
    """A sample of everything.

    And more of it.
    """

    chat_id: Guid
    things: tuple[Thing, ...] = ()
    mood: Mood = Mood.GOOD
    at: datetime | None = None
    counts: dict[str, int] = field(factory=dict)
    is_open: bool = False


def test_a_model_as_json() -> None:
    at = datetime(2026, 9, 21, 12, tzinfo=UTC)
    sample = Sample(Guid("g"), (Thing("a"), Thing("b", 1.5)), Mood.BAD, at, {"x": 1})
    assert plain(sample) == {
        "ChatId": "g",
        "Things": [{"Name": "a", "Size": None}, {"Name": "b", "Size": 1.5}],
        "Mood": "bad",
        "At": "2026-09-21T12:00:00Z",
        "Counts": {"x": 1},
        "IsOpen": False,
    }


def test_the_schema_of_a_model() -> None:
    models: dict[str, object] = {}
    assert schema_of(Sample, models) == {"$ref": "#/components/schemas/Sample"}
    assert models["Sample"] == {
        "type": "object",
        "description": "A sample of everything.",
        "properties": {
            "ChatId": {"type": "string", "format": "uuid"},
            "Things": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
            "Mood": {"type": "string", "enum": ["good", "bad"]},
            "At": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "Counts": {
                "type": "object",
                "additionalProperties": {
                    "type": "integer",
                    "minimum": -2147483648,
                    "maximum": 2147483647,
                },
            },
            "IsOpen": {"type": "boolean"},
        },
        "required": ["ChatId"],
    }
    assert models["Thing"] == {
        "type": "object",
        "description": "A thing.",
        "properties": {
            "Name": {"type": "string"},
            "Size": {"anyOf": [{"type": "number"}, {"type": "null"}]},
        },
        "required": ["Name"],
    }


def test_a_schema_says_how_much_is_taken() -> None:
    models: dict[str, object] = {}
    found = schema_of(tuple[str, ...], models, Bounds(3))
    assert found == {"type": "array", "items": {"type": "string"}, "maxItems": 3}
    schema_of(Thing, models, Bounds(longest=lambda member: len(member.name)))
    assert "'maxLength': 4" in str(models["Thing"])
