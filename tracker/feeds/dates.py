"""Dates as feeds write them, read strictly: a form that isn't known is unreadable, never guessed."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name[:3]: number for name, number in _MONTHS.items()} | {"sept": 9}
_HOURS = {"ut": 0, "utc": 0, "gmt": 0, "z": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6}
_HOURS |= {"pst": -8, "pdt": -7, "hkt": 8, "sgt": 8, "jst": 9, "kst": 9, "cet": 1, "cest": 2, "bst": 1, "msk": 3}

CST_AHEAD = frozenset(
    {"Asia/Shanghai", "Asia/Chongqing", "Asia/Harbin", "Asia/Macau", "Asia/Hong_Kong", "Asia/Taipei", "PRC", "ROC"}
)
"""Feed time zones in which `CST` is eight hours ahead of UTC; elsewhere it is six behind."""

_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?"
_ZONE = r"(?P<zone>[A-Za-z]{1,5}|(?:GMT|UTC)?[+-]\d\d(?::?\d\d)?)"

_FORMS = tuple(
    re.compile(form)
    for form in (
        # RFC 822 and its kin: Wed, 03 Aug 2022 10:20:00 +0800
        rf"(?:[A-Za-z]{{3,9}},?\s+)?(?P<day>\d{{1,2}})[\s-](?P<month>[A-Za-z]{{3,9}})\.?[\s-](?P<year>\d{{4}}|\d\d)"
        rf"(?:,?\s+{_CLOCK}(?:\s*{_ZONE})?)?",
        # ISO 8601 and its kin: 2022-08-03T10:20:00Z, 2022-08-03 10:20, 2022/8/3
        rf"(?P<year>\d{{4}})(?P<mark>[-/])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})"
        rf"(?:(?:T|t|\s+){_CLOCK}(?:\s*{_ZONE})?)?",
        # 2022年8月3日 10:20, 2022年8月3日10时20分
        r"(?P<year>\d{4})年\s*(?P<month>\d{1,2})月\s*(?P<day>\d{1,2})日"
        r"(?:\s*(?P<hour>\d{1,2})(?:[:：]|[时時点])(?P<minute>\d\d)分?(?:[:：]?(?P<second>\d\d)秒?)?)?",
        # As Java and C print it: Wed Aug 03 10:20:00 CST 2022
        rf"[A-Za-z]{{3}}\s+(?P<month>[A-Za-z]{{3}})\s+(?P<day>\d{{1,2}})\s+{_CLOCK}(?:\s+{_ZONE})?\s+(?P<year>\d{{4}})",
    )
)


_REMARK = re.compile(r"\s+\([A-Za-z ]{1,20}\)$")
"""How RFC 822 lets a zone be told once more in words: +0800 (CST)."""

_TIME = re.compile(r"\d{1,2}(?:[:：]\d\d|[时時点]\d\d分)")


def read_date(raw: str | None, zone: str) -> datetime | None:
    """The UTC instant that the text names; None when it is of no known form or does not exist.

    A date without a time is midnight, and one without a zone is local, in `zone` (IANA name). `CST` is eight
    hours ahead of UTC in the zones of `CST_AHEAD`, else six behind. Dates in the future or in 1970 come back as
    written: what to think of them is for the caller, who knows the time.
    """
    raw = _REMARK.sub("", (raw or "").strip())
    match = next((found for form in _FORMS if (found := form.fullmatch(raw))), None) if len(raw) <= 64 else None
    if not match:
        return None
    parts = match.groupdict()
    hour, minute, second = (int(parts[unit] or 0) for unit in ("hour", "minute", "second"))
    ends_the_day = (hour, minute, second) == (24, 0, 0)  # ISO 8601: midnight of the day that follows
    offset = _offset(parts.get("zone"), zone)
    month = _MONTHS.get(parts["month"].lower()) if parts["month"].isalpha() else int(parts["month"])
    if offset is None or month is None:
        return None
    try:
        local = datetime(
            _year(parts["year"]),
            month,
            int(parts["day"]),
            0 if ends_the_day else hour,
            minute,
            min(second, 59),  # a leap second ends its minute
            tzinfo=offset,
        )
        return (local + timedelta(days=ends_the_day)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_instant(raw: str | None, zone: str) -> datetime | None:
    """The same where the text names a time of the day; None for a mere day, whose midnight nobody meant."""
    return read_date(raw, zone) if raw and _TIME.search(raw) else None


def read_in_form(text: str, form: str, zone: str) -> datetime | None:
    """The UTC instant that the text names in a strptime form, whatever words stand around it; None without one.

    Of several the last counts: a headline names days too, and stands before the date. Full-width and half-width
    characters are the same. Raises ValueError for a form that names no day.
    """
    found = None
    for match in _pattern(form).finditer(_folded(text)):
        try:
            found = datetime.strptime(match[0], _folded(form))  # noqa: DTZ007 - the zone is given below
        except ValueError:
            continue
    if found is None:
        return None
    local = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return None


def check_form(form: str) -> None:
    """Raises ValueError, in words, for a form by which no day can be read."""
    _pattern(form)


_NAME = r"[A-Za-z]{3,9}"
_DIRECTIVES = {
    **{"Y": r"\d{4}", "y": r"\d\d", "m": r"\d{1,2}", "d": r"\d{1,2}", "B": _NAME, "b": _NAME, "A": _NAME, "a": _NAME},
    **{"H": r"\d{1,2}", "I": r"\d{1,2}", "M": r"\d\d", "S": r"\d\d", "p": r"[AaPp][Mm]", "%": "%"},
    **{"j": r"\d{1,3}", "z": r"(?:Z|[+-]\d\d:?\d\d)"},
}
_DIRECTIVE = re.compile(r"%(.?)|(\s+)|([^%\s]+)", re.DOTALL)


@lru_cache(maxsize=256)
def _pattern(form: str) -> re.Pattern[str]:
    """Where in a text a date of that form may stand."""
    pieces, named = [], set()
    for directive, blank, literal in _DIRECTIVE.findall(_folded(form)):
        if blank:
            pieces.append(r"\s+")
        elif literal:
            pieces.append(re.escape(literal))
        elif directive in _DIRECTIVES:
            named.add(directive)
            pieces.append(_DIRECTIVES[directive])
        else:
            raise ValueError(f'"%{directive}" is no part of a date that is known')
    for part, ways in (("year", "Yy"), ("month", "mBbj"), ("day", "dj")):
        if not named.intersection(ways):
            raise ValueError(f"it names no {part} (%{ways[0]})")
    return re.compile(r"(?<![0-9A-Za-z])" + "".join(pieces) + r"(?![0-9A-Za-z])")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _year(text: str) -> int:
    """RFC 822 wrote two digits; they are read as the POSIX standard does: 69 is 1969, 68 is 2068."""
    year = int(text)
    if len(text) == 4:
        return year
    return year + (1900 if year >= 69 else 2000)


def _offset(text: str | None, zone: str) -> tzinfo | None:
    if text is None:
        return ZoneInfo(zone)
    text = text.lower()
    if text == "cst" and zone in CST_AHEAD:
        return timezone(timedelta(hours=8))
    if text in _HOURS:
        return timezone(timedelta(hours=_HOURS[text]))
    sign = max(text.find("+"), text.find("-"))
    if sign < 0:
        return None
    digits = text[sign + 1 :].replace(":", "")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(span if text[sign] == "+" else -span) if span < timedelta(hours=24) else None
