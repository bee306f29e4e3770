"""For how long a server says that its answer stays good (RFC 9111): a hint for the next poll, never an order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(days=1)
"""The longest promise that is believed."""

_MAX_AGE = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?(\d{1,9})', re.ASCII | re.IGNORECASE)
_NEVER = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.ASCII | re.IGNORECASE)


def fresh_for(headers: Mapping[str, str]) -> timedelta:
    """How much longer the answer stays good by its Cache-Control, else its Expires; zero when it does not say.

    `headers` in any case, as of requests. What it aged in caches on the way (Age) is taken off.
    """
    control = headers.get("Cache-Control", "")
    if _NEVER.search(control):
        return timedelta()
    if told := _MAX_AGE.search(control):
        age = headers.get("Age", "")
        aged = int(age[:9]) if age.isascii() and age.isdigit() else 0
        return _within(timedelta(seconds=int(told[1]) - aged))
    expires, sent = _instant(headers.get("Expires")), _instant(headers.get("Date")) or datetime.now(UTC)
    return _within(expires - sent) if expires else timedelta()


def _within(promise: timedelta) -> timedelta:
    return min(max(promise, timedelta()), LONGEST)


def _instant(header: str | None) -> datetime | None:
    """A header's date; None for what is none, such as `Expires: 0`."""
    try:
        told = parsedate_to_datetime(header or "")
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
