"""Opaque cursors: where a page ended, bound to the filters that it was asked with."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from tracker.errors import Refused

Position = tuple[str, int, str]
"""A sort key: an ISO date or instant, an id, a name."""

Item = TypeVar("Item")

LARGEST_ID = 2**63 - 1


def write_cursor(position: Position, filters: Mapping[str, Any]) -> str:
    text = json.dumps([_digest(filters), *position], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(cursor: str, filters: Mapping[str, Any]) -> Position:
    """Where to go on. Raises Refused for what is no cursor, and for one of other filters."""
    try:
        digest, when, number, name = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise no_cursor() from None
    if digest != _digest(filters):
        raise Refused(
            "This cursor belongs to other filters.",
            "Send it with the filters that it came with, or leave it out to begin anew.",
            field="cursor",
        )
    if not (isinstance(when, str) and type(number) is int and 0 <= number <= LARGEST_ID and isinstance(name, str)):
        raise no_cursor()
    return when, number, name


def page_of(
    items: Sequence[tuple[Position, Item]], most: int, cursor: str | None, filters: Mapping[str, Any]
) -> tuple[list[Item], str | None]:
    """The items after the cursor, `most` at once, and the cursor of the next page. `items`: highest position first."""
    if cursor:
        after = read_cursor(cursor, filters)
        items = [item for item in items if item[0] < after]
    page = items[:most]
    more = len(items) > len(page)
    return [item for _, item in page], write_cursor(page[-1][0], filters) if more else None


def _digest(filters: Mapping[str, Any]) -> str:
    set_filters = sorted((name, str(value)) for name, value in filters.items() if value is not None)
    return hashlib.sha256(json.dumps(set_filters).encode()).hexdigest()[:12]


def no_cursor() -> Refused:
    return Refused("This is no cursor of ours.", "Send the `next` of the page before, or leave it out.", field="cursor")
