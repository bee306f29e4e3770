"""The OpenAPI document, and the page that shows it to people."""

from __future__ import annotations

import json
from copy import deepcopy
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, render_template
from flask_openapi3 import Tag
from pydantic import BaseModel

from tracker.web.api.calls import JSON, blueprint
from tracker.web.api.fields import PARTS
from tracker.web.auth import open_to
from tracker.web.current import current
from tracker.web.sent import takes

PROBLEM_JSON = "application/problem+json"

RECORD = Tag(name="record", description="Reads of the record, for everybody.")
REVIEW = Tag(name="review", description="Candidates and decisions, for those with a reviewer's token.")
TAGS = ("record", "review", "operations")
"""The groups of calls, in the order in which they are shown."""

_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The ETag of an answer that you have; 304 says that it stands.",
}
_ETAG = {"description": "A strong validator of the answer's bytes.", "schema": {"type": "string"}}
_RETRY_AFTER = {"description": "In how many seconds the next request is answered.", "schema": {"type": "integer"}}

REVIEWERS_ONLY: dict[str, Any] = {"security": [{"token": []}], "tags": [REVIEW]}
"""How calls are described that ask for a reviewer's token."""


def answers(model: type[BaseModel], *problems: int, status: int = 200) -> dict[int, Any]:
    """The responses of a call: its answer, and the problems that it may answer with beside 400 and 429."""
    return {status: model} | problems_of(400, *problems, 429)


def problems_of(*statuses: int) -> dict[int, Any]:
    """The problems that a call may answer with."""
    return {status: _problem(status) for status in statuses}


def read_answers(model: type[BaseModel], *problems: int) -> dict[int, Any]:
    """The same for a public read, which says 304 to a reader that has the present answer."""
    return answers(model, *problems) | {304: {"description": "The answer whose ETag was sent in If-None-Match stands."}}


def _problem(status: int) -> dict[str, Any]:
    described = {
        "description": HTTPStatus(status).phrase,
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    return described | {"headers": {"Retry-After": _RETRY_AFTER}} if status == 429 else described


@blueprint.get("/v1/openapi.json", doc_ui=False)
@open_to("public")
@takes()
def openapi() -> Response:
    """This API as an OpenAPI 3.1 document."""
    return current().rendered(lambda: json.dumps(document(), ensure_ascii=False), JSON)


@blueprint.get("/docs", doc_ui=False)
@open_to("public")
@takes()
def docs() -> str:
    """The same for people."""
    described = document()
    groups = [(tag, [call for call in _calls(described) if tag in call["tags"]]) for tag in TAGS]
    limit = current().service.settings.rate_limit
    return render_template("api_docs.html", document=described, groups=groups, limit=limit)


def document() -> dict[str, Any]:
    """The document as the library derives it, with what it cannot see: validators of reads, and plain line ends."""
    described = deepcopy(current_app.api_doc)
    for call in _calls(described):
        operation = described["paths"][call["path"]][call["method"].lower()]
        if "description" in operation:
            operation["description"] = operation["description"].replace("<br/>", "\n").strip()
        for parameter in operation.get("parameters", []):
            parameter["schema"] = _without_null(parameter["schema"])
            parameter.setdefault("description", parameter["schema"].get("description", ""))
            if parameter["schema"].get("type") == "array":
                parameter |= {"style": "form", "explode": False}
        if "304" in operation["responses"]:
            operation.setdefault("parameters", []).append(_IF_NONE_MATCH)
            for status in ("200", "304"):
                operation["responses"][status]["headers"] = {"ETag": _ETAG}
    _describe_parts(described)
    return described


def _describe_parts(described: dict[str, Any]) -> None:
    """Say of calls that take `fields` that their answer is the whole, or a part of it."""
    schemas = described["components"]["schemas"]
    for part in PARTS:
        schemas |= part.described(schemas)
    in_part = {_ref(part.answer.__name__): _ref(part.name) for part in PARTS}
    for operations in described["paths"].values():
        answer = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {}).get(JSON, {})
        whole = answer.get("schema", {}).get("$ref")
        if whole in in_part:
            answer["schema"] = {"anyOf": [{"$ref": whole}, {"$ref": in_part[whole]}]}


def _ref(schema: str) -> str:
    return f"#/components/schemas/{schema}"


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is sent or left out; null is how our types say that it was left out."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {name: value for name, value in schema.items() if name not in ("anyOf", "default")} | kinds[0]


def _calls(described: dict[str, Any]) -> list[dict[str, Any]]:
    """Every operation with its method and path."""
    return [
        {"method": method.upper(), "path": path, **operation}
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]
