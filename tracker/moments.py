"""Days and instants as they are sent: read strictly, and refused in words that name the field. Pure."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time

from tracker.errors import Refused
from tracker.model import EARLIEST, LATEST
from tracker.tongue import gettext


def day_of(text: str, field: str) -> date:
    """A day as sent. Raises Refused that names the field."""
    try:
        return _calendar_day(text)
    except ValueError:
        raise Refused(
            f"{field} is {text!r}, which is not a day.",
            "Send a day that exists, as YYYY-MM-DD.",
            field=field,
            plain=gettext("“%(value)s” is not a day of the calendar. Write it as in 2024-01-09.", value=text[:60]),
        ) from None


def _calendar_day(text: str) -> date:
    """Only YYYY-MM-DD: `date.fromisoformat` also reads weeks and days without hyphens."""
    if len(text) != 10 or text[4::3] != "--":
        raise ValueError(text)
    return date.fromisoformat(text)


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*", re.ASCII)


def _calendar_instant(text: str) -> datetime:
    """Only YYYY-MM-DDTHH:MM and more: `datetime.fromisoformat` also reads weeks, and days and hours without signs."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    return datetime.fromisoformat(text)


def told_of(day: date, text: str, field: str) -> date:
    """A day, sent as `text`, of which the record can tell: not all years can be reckoned. Raises Refused."""
    if not EARLIEST <= day <= LATEST:
        years = {"earliest": EARLIEST.year, "latest": LATEST.year}
        raise Refused(
            f"{field} is {text!r}, which lies outside the years {EARLIEST.year} to {LATEST.year}.",
            "Send a day of these.",
            field=field,
            plain=gettext("“%(value)s” lies outside the years %(earliest)s to %(latest)s.", value=text[:60], **years),
        )
    return day


def known_instant(text: str, field: str = "known_at") -> datetime:
    """`known_at` as sent: a day means its end, and so does a second; either shows all that was recorded in it.

    Raises Refused.
    """
    instant = instant_of(text, field, day=time.max)
    return instant if "." in text else instant.replace(microsecond=999_999)


def instant_of(text: str, field: str, *, day: time) -> datetime:
    """An instant as sent; one of a day alone is that time of it, in UTC. Raises Refused that names the field."""
    try:
        if len(text) == 10:
            return datetime.combine(_calendar_day(text), day, UTC)
        # A plus sign that was not escaped arrives as a space.
        instant = _calendar_instant(text.replace(" ", "+"))
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Refused(
            f"{field} is {text!r}, which is neither a day nor an instant.",
            "Send YYYY-MM-DD, or an instant such as 2024-01-09T12:00:00Z.",
            field=field,
            plain=gettext(
                "“%(value)s” is neither a day nor a time of one. Write it as in 2024-01-09.", value=text[:60]
            ),
        ) from None


def instant_text(instant: datetime) -> str:
    """An instant in UTC, to the microsecond always: what was recorded later in the same second was not known.

    Of fixed width, so that text sorts as time does. Raises ValueError without a time zone.
    """
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    in_utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)  # most are, and each row has some
    return in_utc.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def second_text(instant: datetime | None) -> str | None:
    """The same to the second, as files and feeds have it: `2024-02-01T12:00:00Z`; None for none."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if instant else None
