"""What is written of the protocol is what it is."""

import json
import re

import jsonschema
import pytest

from protocol.catalogue import CATALOGUE
from protocol.codec import decode, to_wire
from protocol.framing import Framer
from protocol.json_codec import encode_json
from tests.conformance import samples
from tests.house import schemas
from tests.support.requires import JS_PACKAGES

PAGE = schemas.PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```hex\n(.*?)```\n```json\n(.*?)```", PAGE, re.DOTALL)


def test_the_files_are_what_the_tool_writes() -> None:
    for path, text in schemas.files().items():
        assert path.read_text(encoding="utf-8") == text, (
            f"{path.name}: python -m tests.house.schemas"
        )


@pytest.mark.parametrize(("annotated", "reads"), EXAMPLES)
def test_a_byte_example_reads_as_it_says(annotated: str, reads: str) -> None:
    """W-1, W-2, W-9: the examples of the page itself."""
    digits = re.sub(r"#.*", "", annotated)
    (body,), fault = Framer(1 << 20).split(bytes.fromhex(digits))
    assert fault is None
    assert json.loads(encode_json(decode(body))) == json.loads(reads)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == PAGE.count("```hex") == 3


def test_the_page_has_these_clauses() -> None:
    clauses = set(re.findall(r"^### (W-\d+) ", PAGE, re.MULTILINE))
    assert clauses == {f"W-{n}" for n in [*range(1, 19), *range(20, 28), 47]}


@pytest.mark.slow
def test_every_sample_fits_its_schema() -> None:
    document = schemas.schemas()
    jsonschema.Draft202012Validator.check_schema(document)
    for name, structure in schemas.structures().items():
        jsonschema.validate(
            to_wire(samples.full(structure), json=True), {**document, "$ref": f"#/$defs/{name}"}
        )


@pytest.mark.parametrize(
    ("structure", "wrong"),
    [
        ("ChatSentenceInfo", {"Counter": 7.9}),
        ("ChatSentenceInfo", {"ID": "x" * 65}),
        ("ChatStatusInfo", {"Status": "Queue"}),
        ("ChatStatusInfo", {"Sentences": [{"Counter": True}]}),
        ("ScenarioResultValueInfo", {"ResultNumeric": "1e5"}),
        ("Hello", {"Peers": [1]}),
    ],
)
def test_a_schema_refuses(structure: str, wrong: object) -> None:
    document = {**schemas.schemas(), "$ref": f"#/$defs/{structure}"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, document)


@pytest.mark.requires("js")
def test_the_asyncapi_document_is_one() -> None:
    law = JS_PACKAGES / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
    jsonschema.validate(schemas.asyncapi(), json.loads(law.read_text(encoding="utf-8")))


def test_every_frame_is_in_the_asyncapi_document() -> None:
    document = schemas.asyncapi()
    assert list(document["operations"]) == list(document["components"]["messages"])
    assert list(document["operations"]) == list(CATALOGUE)
