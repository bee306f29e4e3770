"""A client of the API for tests: every answer that it receives is held against the OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator
from werkzeug.test import TestResponse

from tests.conftest import Clock, Shipped
from tracker.service import Service
from tracker.web.app import create_app

PROBLEM = "application/problem+json"

AMERICAN = {
    "title": "Readout of the U.S.-PRC Defense Policy Coordination Talks",
    "text": "WASHINGTON. The United States and the People's Republic of China held the 17th U.S.-PRC Defense Policy "
    "Coordination Talks at the Pentagon on January 8-9, 2024.",
    "side": "us",
    "lang": "en",
    "published": "2024-01-09",
    "publisher": "Department of Defense",
    "url": "https://www.example.mil/readout",
}
CHINESE = {
    "title": "中美两军举行第十七次国防部工作会晤",
    "text": "1月8日至9日，第十七次中美国防部工作会晤在华盛顿举行。",
    "side": "cn",
    "lang": "zh",
    "published": "2024-01-10",
    "publisher": "国防部",
    "url": "https://www.example.cn/1",
}


_document: dict[str, Any] = {}


def etag_of(candidate: dict[str, Any]) -> str:
    """The ETag of a candidate that was read."""
    rows = candidate["question"]["builds_on"] if candidate["question"] else []
    return f'"{"+".join([str(candidate["version"]), *rows])}"'


class Api:
    """The real application over a service. Paths are given below /api/v1, or from the root."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.app = create_app(service)
        self.client = self.app.test_client()
        self._tokens: dict[str, str] = {}

    @property
    def document(self) -> dict[str, Any]:
        """What the OpenAPI document says: the same of every application, so that one is asked for all."""
        if not _document:
            unlimited = replace(self.service, settings=replace(self.service.settings, rate_limit=None))
            told = create_app(unlimited).test_client().get("/api/v1/openapi.json")
            assert told.status_code == 200, told.text
            _document.update(told.get_json())
        return _document

    def token(self, role: str) -> dict[str, str]:
        """Headers that sign in a token of a role, named after it."""
        if role not in self._tokens:
            with self.service.store.writing() as db:
                self._tokens[role] = db.accounts.make_token(f"{role}-token", role, at=self.service.clock())
        return {"Authorization": f"Bearer {self._tokens[role]}"}

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.ask("POST", path, **options)

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        address = path if path in ("/healthz", "/readyz", "/metrics") else f"/api/v1{path}"
        response = self.client.open(address, method=method, **options)
        self._check(method, address, response)
        return response

    def json(self, path: str, **options: Any) -> Any:
        """The body of a GET that has to succeed."""
        response = self.get(path, **options)
        assert response.status_code == 200, response.get_data(as_text=True)
        return response.get_json()

    def hand_in(self, release: dict[str, Any]) -> list[dict[str, Any]]:
        """The candidates of a release that a reviewer hands in."""
        response = self.post("/releases", json=release, headers=self.token("reviewer"))
        assert response.status_code == 201, response.get_data(as_text=True)
        return response.get_json()["candidates"]

    def decide(self, candidate: dict[str, Any], role: str = "reviewer", **body: Any) -> TestResponse:
        """The answer to a decision on the candidate as it was read."""
        headers = self.token(role) | {"If-Match": etag_of(candidate)}
        return self.post(f"/candidates/{candidate['id']}/review", json=body, headers=headers)

    def _check(self, method: str, address: str, response: TestResponse) -> None:
        operation = self._operation(method, address.partition("?")[0])
        described = operation["responses"].get(str(response.status_code))
        assert described, f"{method} {address} answered {response.status_code}, which the document does not know"
        content = described.get("content")
        if content is None:
            assert response.data == b""
            return
        assert list(content) == [response.mimetype]
        if response.mimetype.endswith("json"):
            schema = content[response.mimetype]["schema"]
            if "anyOf" in schema:  # the whole answer, or the part that `fields` chose
                schema = schema["anyOf"]["fields=" in address]
            _validator(json.dumps(schema)).validate(response.get_json())

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        # An address without parameters comes before one that it would be an example of.
        for template, operations in sorted(self.document["paths"].items(), key=lambda item: "{" in item[0]):
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return operations[method.lower()]
        raise AssertionError(f"{path} is not in the document")


@contextmanager
def api_over(shipped: Shipped, folder: Path, until: date) -> Iterator[Api]:
    """The API over a record of its own, for the tests of a module that leave the record alone."""
    service = shipped.over(folder, Clock(), until)
    yield Api(service)
    service.store.close()


@cache
def _validator(schema: str) -> Draft202012Validator:
    """What holds answers against a schema of the document; fields that it does not describe are refused."""
    return Draft202012Validator(json.loads(schema) | {"components": _components()}, validate_formats=True)


@cache
def _components() -> dict[str, Any]:
    """Those of the document, with no room for fields that it does not describe."""
    components = deepcopy(_document["components"])
    for schema in components["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return components


def assert_problem(response: TestResponse, status: int, *, field: str | None = None, says: str = "") -> None:
    """A problem document of that status, which names the field and says these words."""
    body = response.get_json()
    assert (response.status_code, response.mimetype, body["status"]) == (status, PROBLEM, status)
    assert body.get("field") == field
    assert says in f"{body['detail']} {body.get('remedy', '')}"
