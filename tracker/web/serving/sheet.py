"""The one style sheet of all pages: its parts in `styles/`, joined in the order of their names when the service starts.

Its address holds the hash of what is in it, so that a browser keeps it for good and asks again only for another one.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request, url_for

from tracker.web.auth import open_to
from tracker.web.sent import takes
from tracker.web.serving.memory import CODINGS, IDENTITY, coding_for

PARTS = Path(__file__).parents[1] / "styles"

FOR_GOOD = "public, max-age=31536000, immutable"

blueprint = Blueprint("sheet", __name__)


@cache
def sheet() -> str:
    """The whole sheet as CSS."""
    return "\n".join(part.read_text(encoding="utf-8") for part in sorted(PARTS.glob("*.css")))


@cache
def tag() -> str:
    """What tells this sheet from every other one."""
    return hashlib.sha256(sheet().encode()).hexdigest()[:16]


@cache
def _coded(coding: str) -> bytes:
    body = sheet().encode()
    return body if coding == IDENTITY else CODINGS[coding](body)


@blueprint.get("/static/style-<asked>.css", endpoint="style")
@open_to("public")
@takes()
def style(asked: str) -> Response:
    """The sheet as it is now, also for a page of before; only by its own name may it be kept."""
    coding = coding_for(request.headers.get("Accept-Encoding", ""))
    answer = Response(_coded(coding), mimetype="text/css")
    if coding != IDENTITY:
        answer.headers["Content-Encoding"] = coding
    answer.headers["Cache-Control"] = FOR_GOOD if asked == tag() else "no-cache"
    answer.vary.add("Accept-Encoding")
    return answer


@blueprint.app_context_processor
def _address() -> dict[str, str]:
    return {"style_sheet": url_for("sheet.style", asked=tag())}
