"""The JSON API: reads of the record for everybody, the review for those with a token.

`blueprint` holds the calls under /api, `health_blueprint` those for machines at the root, and `invalid` turns a
validation error into a problem document.
"""

from __future__ import annotations

from tracker.web.api import (
    amend,
    brief,
    candidates,
    chain,
    coverage,
    deciding,
    diff,
    document,
    figures,
    readouts,
    record,
    releases,
    schemas,
    search,
)
from tracker.web.api.calls import blueprint, invalid
from tracker.web.api.health import blueprint as health_blueprint

__all__ = [
    "amend",
    "blueprint",
    "brief",
    "candidates",
    "chain",
    "coverage",
    "deciding",
    "diff",
    "document",
    "figures",
    "health_blueprint",
    "invalid",
    "readouts",
    "record",
    "releases",
    "schemas",
    "search",
]
