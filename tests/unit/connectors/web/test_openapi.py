"""The description of the REST interface."""

from typing import Any

from connectors.web.app import OPERATIONS
from connectors.web.openapi import described, shown

DESCRIPTION: dict[str, Any] = described(OPERATIONS, "/chat", "1")
SCHEMAS = DESCRIPTION["components"]["schemas"]


def test_models_have_the_members_of_their_classes() -> None:
    assert set(SCHEMAS["ParameterModel"]["properties"]) == {
        "Rank",
        "DisplayName",
        "ResultNumber",
        "ResultText",
        "DefaultItem",
    }
    routing = SCHEMAS["RoutingModel"]["properties"]
    assert {"TargetElementID", "WebSiteRoutingId", "ChatRunning", "HtmlTemplate"} <= set(routing)
    assert routing["Literals"]["anyOf"][0]["additionalProperties"] == {"type": "string"}
    assert SCHEMAS["ValueModel"]["required"] == ["ControlId"]
    assert SCHEMAS["SentenceModel"]["properties"]["ID"]["anyOf"][0]["maxLength"] == 64
    assert SCHEMAS["SentenceModel"]["properties"]["Text"]["anyOf"][0]["maxLength"] == 32_768
    assert SCHEMAS["ProblemModel"]["properties"]["status"]["type"] == "integer"


def test_all_that_is_referred_to_is_there() -> None:
    def references(tree: Any) -> set[str]:
        if isinstance(tree, dict):
            own = {tree["$ref"]} if "$ref" in tree else set()
            return own.union(*map(references, tree.values()))
        return set().union(*map(references, tree)) if isinstance(tree, list) else set()

    assert references(DESCRIPTION) == {f"#/components/schemas/{name}" for name in SCHEMAS}


def test_every_operation_says_what_it_may_be_refused_with() -> None:
    names = [
        operation["operationId"]
        for methods in DESCRIPTION["paths"].values()
        for operation in methods.values()
    ]
    assert len(set(names)) == len(names) == len(OPERATIONS)
    said = DESCRIPTION["paths"]["/chat/api/Chat/{webapp}/Sentence"]["post"]["responses"]
    assert {"200", "400", "401", "403", "404", "409", "413", "415", "422", "429", "503"} <= set(
        said
    )
    assert "KeyReused" in said["409"]["description"]
    routing = DESCRIPTION["paths"]["/chat/api/Routing/{webapp}"]["get"]
    assert routing["security"] == [{"visitor": []}, {}]
    assert "401" not in routing["responses"]


def test_the_page_shows_them() -> None:
    page = shown(DESCRIPTION)
    assert all(f"/chat{operation.path}" in page for operation in OPERATIONS)
    assert "<script" not in page
