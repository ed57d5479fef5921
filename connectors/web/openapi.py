"""The description of the REST interface (OpenAPI 3.1), made of the operations and their models."""

import html
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from connectors.web.converting import ELEMENTS, longest_of
from connectors.web.models import ProblemModel
from connectors.web.operations import Operation, Parameter, Who
from connectors.web.problems import STATUS_OF
from protocol.errors import ErrorCode
from protocol.rest import GUID, TIME, Bounds, schema_of
from protocol.values import Guid

_EVERY: Final = (
    ErrorCode.BAD_FRAME,
    ErrorCode.BAD_PAYLOAD,
    ErrorCode.TOO_LONG,
    ErrorCode.NOT_ALLOWED,
    ErrorCode.UNKNOWN_GATEWAY,
    ErrorCode.RATE_LIMITED,
    ErrorCode.OVERLOADED,
)
"""What each operation may be refused with."""
_BOUNDS: Final = Bounds(ELEMENTS, longest_of)
TOKEN: Final = "visitor"  # noqa: S105 - the name of a scheme


def described(operations: Iterable[Operation], prefix: str, version: str) -> dict[str, Any]:
    """The description of some operations."""
    models: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        path = paths.setdefault(f"{prefix}{operation.path}", {})
        path[operation.method.lower()] = _operation(operation, models)
    schema_of(ProblemModel, models, _BOUNDS)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parley web site", "version": version},
        "paths": paths,
        "components": {
            "schemas": dict(sorted(models.items())),
            "securitySchemes": {
                TOKEN: {"type": "apiKey", "in": "header", "name": "Parley-Visitor"}
            },
        },
    }


def _operation(operation: Operation, models: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": operation.does,
        "operationId": operation.handle.__name__ + operation.method.title(),
        "parameters": [_parameter(one) for one in operation.parameters],
        "responses": _responses(operation, models),
    }
    if operation.body is bytes:
        binary = {"schema": {"type": "string", "format": "binary"}}
        found["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    elif operation.body is not None:
        content = {"application/json": {"schema": schema_of(operation.body, models, _BOUNDS)}}
        found["requestBody"] = {"required": True, "content": content}
    if operation.who is Who.KNOWN:
        found["security"] = [{TOKEN: []}]
    elif operation.who is not Who.NOBODY:
        found["security"] = [{TOKEN: []}, {}]
    return found


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schemas: Mapping[Any, dict[str, Any]] = {
        str: {"type": "string", "maxLength": parameter.longest},
        int: {"type": "integer", "minimum": parameter.least, "maximum": parameter.most},
        bool: {"type": "boolean"},
        Guid: GUID,
        datetime: TIME,
    }
    return {
        "name": parameter.name,
        "in": "path" if parameter.in_path else "query",
        "required": parameter.needed,
        "description": parameter.says,
        "schema": schemas[parameter.kind],
    }


def _responses(operation: Operation, models: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if operation.answers is bytes:
        found["200"] = {"description": "What is in it", "content": {"*/*": {}}}
    elif operation.answers is None:
        found["204"] = {"description": "It is done"}
    else:
        schema = schema_of(operation.answers, models, _BOUNDS)
        if operation.optional:
            schema = {"oneOf": [schema, {"type": "null"}]}
        status = "201" if operation.method == "PUT" else "200"
        found[status] = {
            "description": "It is done",
            "content": {"application/json": {"schema": schema}},
        }
        if operation.is_tagged:
            found["304"] = {"description": "Nothing has changed"}
    codes = [*_EVERY, *operation.codes]
    if operation.who is Who.KNOWN or operation.path.endswith("Identify"):
        codes.append(ErrorCode.AUTH_FAILED)
    if operation.body is not None:
        codes.append(ErrorCode.FRAME_TOO_LARGE)
    by_status: dict[int, list[str]] = {}
    for code in codes:
        by_status.setdefault(STATUS_OF[code].value, []).append(code.value)
    if operation.body is not None:
        by_status |= {408: ["BadFrame"], 415: ["BadFrame"]}
    for status_code, names in sorted(by_status.items()):
        found[str(status_code)] = {
            "description": ", ".join(sorted(set(names))),
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/ProblemModel"}
                }
            },
        }
    return found


def shown(description: Mapping[str, Any]) -> str:
    """The description as a page for people."""
    rows = []
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            taken = ", ".join(one["name"] for one in operation["parameters"])
            rows.append(
                f"<tr><th scope=row><code>{method.upper()} {html.escape(path)}</code></th>"
                f"<td>{html.escape(operation['summary'])}</td><td>{html.escape(taken)}</td></tr>"
            )
    models = html.escape(json.dumps(description["components"]["schemas"], indent=1))
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Parley web site</title>"
        "<h1>REST interface</h1><p>For programs: <a href=api/openapi.json>openapi.json</a>"
        "<table><thead><tr><th>Operation<th>Does<th>Parameters</thead>"
        f"<tbody>{''.join(rows)}</tbody></table><h2>Models</h2><pre>{models}</pre></html>"
    )
