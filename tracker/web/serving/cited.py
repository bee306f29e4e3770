"""What became of an answer that is opened by the address by which it was cited, in its headers: for programs, whose
bodies have no place above the rows where a page says it.

`Citation-Status` is an item of structured fields (RFC 9651): `as-cited` where the rows have the hash that was cited,
else `not-as-cited`; `changes-since` counts the acts upon them since or, where they are no rows of the record, the rows
that the same address shows otherwise now. The present answer is the `latest-version` (RFC 5829) of the one that was
cited. Both depend on the record as it stands now, so the tag of an answer holds the status
(`tracker/web/serving/memory.py`), and no cache keeps it for longer than the present is kept.
"""

from __future__ import annotations

from flask import Flask, Response, request

from tracker.web.cite import mark_in, recalled
from tracker.web.current import current, moment_from_request
from tracker.web.outputs import embeddable, for_programs
from tracker.web.sent import names_taken
from tracker.web.serving.keeping import CITATION_STATUS
from tracker.web.serving.memento import present_address


def register(app: Flask) -> None:
    app.before_request(_check_mark)
    app.after_request(_say_what_became)


def _check_mark() -> None:
    """Raises Refused for what is no mark of a citation, or lacks the clocks that belong to it."""
    if _asks_for_cited():
        mark_in(request.args)


def _asks_for_cited() -> bool:
    if not request.args.get("cited") or request.endpoint is None or request.method not in ("GET", "HEAD"):
        return False
    asks_program = for_programs(request.path) or embeddable(request.path)
    return asks_program and "cited" in names_taken(request.endpoint)


def _say_what_became(response: Response) -> Response:
    # After the answer was made: what it rests on is then no newer than what is told of it, and memory drops it in time.
    if response.status_code == 200 and _asks_for_cited():
        found = recalled(current().snapshot(), request.path, request.args, moment_from_request())
        if found is None:
            return response
        standing = "as-cited" if found.holds else "not-as-cited"
        response.headers[CITATION_STATUS] = f"{standing}; changes-since={found.since.changes}"
        response.headers.add("Link", f'<{present_address()}>; rel="latest-version"')
    return response
