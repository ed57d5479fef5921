"""The description of the service (OpenAPI 3.1), made of its operations and their models."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from broker.reporting.figures import models
from broker.reporting.figures.operations import Operation
from broker.reporting.figures.problems import STATUS_OF
from protocol.errors import ErrorCode
from protocol.rest import schema_of

SCHEME: Final = "bearer"
_EVERY: Final = (
    ErrorCode.AUTH_FAILED,
    ErrorCode.NOT_ALLOWED,
    ErrorCode.BAD_PAYLOAD,
    ErrorCode.RATE_LIMITED,
    ErrorCode.OVERLOADED,
)
"""What each operation may be refused with."""


def described(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """The description of some operations."""
    schemas: dict[str, Any] = {}
    paths = {one.path: {"get": _operation(one, schemas)} for one in operations}
    for model in (models.ProblemModel, models.Changes, models.Beat):
        schema_of(model, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Parley live figures", "version": version},
        "paths": paths,
        "security": [{SCHEME: []}],
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {SCHEME: {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    schema = schema_of(operation.answers, schemas)
    is_stream = operation.kind != "application/json"
    content = {"type": "string"} if is_stream else schema
    responses: dict[str, Any] = {
        "200": {"description": "It is done", "content": {operation.kind: {"schema": content}}}
    }
    if not is_stream:
        responses["304"] = {"description": "Nothing has changed"}
    by_status: dict[int, list[str]] = {}
    for code in (*_EVERY, *operation.codes):
        by_status.setdefault(STATUS_OF[code].value, []).append(code.value)
    problem = {"schema": {"$ref": "#/components/schemas/ProblemModel"}}
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": ", ".join(codes),
            "content": {"application/problem+json": problem},
        }
    return {
        "summary": operation.does,
        "operationId": operation.path.rpartition("/")[2],
        "parameters": [one.described() for one in operation.parameters],
        "responses": responses,
    }
