"""What the address of a public view may carry: whatever it does not take is refused here, before the view is asked.

One place for pages, calls and outputs, so that no view can forget it: a parameter that is ignored looks as if it had
been heeded. Views that ask for a role are looked at by themselves, once it is known who asks.
"""

from __future__ import annotations

from flask import Flask, current_app, request

from tracker.web.outputs import for_programs
from tracker.web.sent import check_address, check_names, names_taken, sent_once

_PROBED = frozenset({"/healthz", "/readyz", "/metrics"})
"""What machines ask whether we are well: one that adds something against caches is answered all the same."""


def register(app: Flask) -> None:
    app.before_request(_refuse_unknown)


def _refuse_unknown() -> None:
    """Raises Refused, which names the parameter."""
    if request.method not in ("GET", "HEAD") or not request.query_string or request.endpoint is None:
        return
    if request.path in _PROBED:
        return
    if getattr(current_app.view_functions[request.endpoint], "open_to", "public") != "public":
        return
    known = names_taken(request.endpoint)
    if for_programs(request.path):
        check_names(sent_once(), known)
    else:
        check_address(*known)
