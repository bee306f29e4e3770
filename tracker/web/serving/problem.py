"""Errors of the API as RFC 9457 problem documents, with a `remedy` and the `field` at fault."""

from __future__ import annotations

import json

from flask import Response


def problem(status: int, title: str, detail: str, remedy: str = "", field: str | None = None) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    if remedy:
        body["remedy"] = remedy
    if field:
        body["field"] = field
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    return response
