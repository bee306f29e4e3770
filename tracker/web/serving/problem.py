"""Errors of the API as RFC 9457 problem documents, with a `remedy` and the `field` at fault; of several things that are
wrong the first so, and each of them in `errors`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Response

from tracker.errors import Refused


def problem(
    status: int, title: str, detail: str, remedy: str = "", field: str | None = None, parts: Sequence[Refused] = ()
) -> Response:
    """`parts`: all that is wrong, where that is more than one thing."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, **_told(detail, remedy, field)}
    if len(parts) > 1:
        body["errors"] = [_told(one.wrong, one.remedy, one.field) for one in parts]
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _told(detail: str, remedy: str, field: str | None) -> dict[str, str]:
    return {"detail": detail} | ({"remedy": remedy} if remedy else {}) | ({"field": field} if field else {})
