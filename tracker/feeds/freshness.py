"""For how long an answer stays good, as its headers (RFC 9111) or the feed itself say: a hint, never an order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST = timedelta(days=1)
"""The longest promise that is believed."""

_MAX_AGE = re.compile(r'(?:^|[\s,])max-age\s*=\s*"?(\d{1,9})', re.ASCII | re.IGNORECASE)
_PERIODS = {"hourly": 1 / 24, "daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}
_NEVER = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.ASCII | re.IGNORECASE)


def fresh_for(headers: Mapping[str, str]) -> timedelta:
    """How much longer the answer stays good by its Cache-Control, else its Expires; zero when it does not say.

    `headers` in any case, as of requests. What it aged in caches on the way (Age) is taken off.
    """
    control = headers.get("Cache-Control", "")
    if _NEVER.search(control):
        return timedelta()
    if told := _MAX_AGE.search(control):
        return _within(timedelta(seconds=int(told[1]) - _number(headers.get("Age", ""))))
    if expires := _instant(headers.get("Expires")):
        return _within(expires - (_instant(headers.get("Date")) or datetime.now(UTC)))
    return timedelta()


def good_for(ttl: str = "", period: str = "", frequency: str = "") -> timedelta:
    """For how long a feed says that it stays good: RSS's ttl in minutes, else the syndication module's updateFrequency
    times in an updatePeriod; zero when it does not say.
    """
    if minutes := _number(ttl):
        return _within(timedelta(minutes=minutes))
    days = _PERIODS.get(period.strip().lower())
    return _within(timedelta(days=days) / (_number(frequency) or 1)) if days else timedelta()


def _number(text: str) -> int:
    text = text.strip()
    return int(text[:9]) if text.isascii() and text.isdigit() else 0


def _within(promise: timedelta) -> timedelta:
    return min(max(promise, timedelta()), LONGEST)


def _instant(header: str | None) -> datetime | None:
    """A header's date; None for what is none, such as `Expires: 0`."""
    if not header:
        return None
    try:
        told = parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
