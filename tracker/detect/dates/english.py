"""Date expressions of English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from tracker.detect.dates.spans import (
    DateMention,
    Span,
    bare_day,
    day_of,
    join,
    lasting,
    mentions,
    month_near,
    month_of_week,
    nearest_year,
    of_days,
    of_month,
    of_year,
    shift_month,
    weekday,
)
from tracker.model import PartialDate

_MONTHS = dict(jan=1, feb=2, mar=3, apr=4, may=5, jun=6, jul=7, aug=8, sep=9, oct=10, nov=11, dec=12)  # noqa: C408
_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch|\.)|apr(?:il)?|may|jun(?:e|\.)|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAYS_OF_WEEK = dict(monday=0, tuesday=1, wednesday=2, thursday=3, friday=4, saturday=5, sunday=6)  # noqa: C408
_WEEKDAY = r"(?P<{0}>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_OTHER_WEEKDAY = _WEEKDAY.replace("?P<{0}>", "?:")
_DAY = r"(?P<{0}>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_NTH = r"(?P<{0}>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)"
_YEAR = r"(?:,? (?P<{0}>20\d\d|19\d\d))?"
_TO = r"(?: ?- ?| and | to | through | until | & )"
# A look at the first character spares most places of a text the trial of every alternative.
_ENGLISH = re.compile(
    r"\b(?=[a-z\d])(?:"
    + "|".join(
        [
            # Jan. 8-9, 2024 · Jan. 31-Feb. 2 · October 28 and 29
            rf"\b{_MONTH.format('m1')} {_DAY.format('d1')}(?:, \d\d?(?= and |, \d))*"
            rf"(?:{_TO}(?:{_MONTH.format('m2')} )?{_DAY.format('d2')}"
            rf"(?![:\d]))?\b{_YEAR.format('y1')}(?! people|\d)",
            # 14-15 September 2024 · 5 August
            rf"\b{_DAY.format('d3')}(?:{_TO}{_DAY.format('d4')})? (?:of )?{_MONTH.format('m3')}"
            rf"(?![a-z]){_YEAR.format('y2')}",
            # from January to March · in early February 2024
            rf"\b(?:(?:early|mid|late|end of)[ -])?(?:{_MONTH.format('m4')}"
            rf"(?: (?:to|and|through) |-))?\b{_MONTH.format('m5')}(?![a-z]){_YEAR.format('y3')}(?! \d)",
            rf"\b(?:(?P<which>last|next|this|the previous|the following|coming) )?{_WEEKDAY.format('w1')}"
            rf"(?:(?:(?:, {_OTHER_WEEKDAY})+,?)?(?: (?:and|to|through) |-){_WEEKDAY.format('w2')})?\b(?:'s)?",
            # on the 28th and 29th
            rf"\bthe {_NTH.format('d5')}(?:{_TO}(?:the )?{_NTH.format('d6')})?(?= ?[,.;:)]|$| (?:in|at|by|with)\b)",
            r"\b(?P<ahead>(?:a|one|two|three|four|\d) (?:weeks?|days) from (?:today|now))\b",
            r"\b(?P<near>today|yesterday|tomorrow|this (?:morning|afternoon|evening)|tonight|overnight|last night"
            r"|earlier in the day|the day before|on the eve|earlier today|same day)\b",
            r"\b(?P<weekend>(?:over|at|during|this|last|on) (?:the |this |last |past )?(?:past )?weekend)\b",
            r"\b(?P<week>(?:this|last|the past|next|earlier this|later this|the coming|coming|the same|the previous)"
            r" (?:week|month|year|spring|summer|autumn|fall|winter))\b(?!'s)",
            r"\b(?P<soon>(?:in|over|within|during) the (?:coming|next(?: few)?|following) (?:weeks|days|months))\b",
            r"\b(?P<season>(?:in|during|by|before|at) (?:the )?(?:early |late )?(?:spring|summer|autumn|fall|winter"
            r"|end of the year|year's end|year-end|the end of (?:the|this) year|the year is out)"
            r"|end of (?:the|this) year)(?: of (?P<y4>20\d\d))?\b",
            r"\b(?P<monthly>(?:at |by |before )?the end of (?:the|this) month|later (?:this|in the) month)\b",
            r"\b(?:in|by|since|during|early in|late in|early|late|for|before|until|of) (?P<y5>(?:19|20)\d\d)\b",
        ]
    )
    + ")"
)

_TO_A_LATER = re.compile(r"^ (?:to|through|until|till|and) $")
_LASTS = re.compile(r" for (?P<days>two|three|four|five|six|seven) days\b")
_FEW = dict(two=2, three=3, four=4, five=5, six=6, seven=7)  # noqa: C408


def english_dates(text: str, published: date) -> Iterator[DateMention]:
    """Single expressions, and neighbours such as "Nov. 6 through today" as one stretch of days."""
    before: DateMention | None = None
    for mention in _single(text, published):
        together = before and _TO_A_LATER.match(text[before.end : mention.start]) and join(before, mention)
        if before and not together:
            yield _lasting(before, text)
        before = together or mention
    if before:
        yield _lasting(before, text)


def _lasting(mention: DateMention, text: str) -> DateMention:
    """A first day with how long it goes on: "on Sunday for three days"."""
    found = _LASTS.match(text, mention.end)
    return lasting(mention, _FEW[found["days"]]) if found else mention


def _single(text: str, published: date) -> Iterator[DateMention]:
    ahead = published
    for match in _ENGLISH.finditer(text):
        part = match.groupdict()
        if part["d1"] or part["d3"]:
            yield from mentions(match, *(_days(part, published, future) for future in (False, True)))
        elif part["m5"]:
            if part["m5"] in ("may", "mar") and not (part["y3"] or _really_may(text, match)):
                continue
            month = _MONTHS[part["m5"][:3]]
            known = of_month(int(part["y3"]), month) if part["y3"] else None
            yield from mentions(match, *(known or month_near(month, published, f) for f in (False, True)))
        elif part["w1"]:
            past, future = (_weekday(part, published, f) for f in (False, True))
            if future and not part["which"] and future.value.last == published < ahead:
                # Behind "on Wednesday" of the week to come, "on Thursday" is not the day of publication.
                future = of_days(None, published + timedelta(days=7))
            ahead = max(ahead, future.value.last if future else ahead)
            yield from mentions(match, past, future)
        elif part["d5"]:
            yield from mentions(match, *(_bare_days(part, published, f) for f in (False, True)))
        elif part["monthly"]:
            span = shift_month(published, 0)
            yield from mentions(match, span, span)
        elif part["ahead"]:
            span = Span(PartialDate.of(published + _after(part["ahead"])))
            yield from mentions(match, span, span)
        elif part["near"]:
            span = Span(PartialDate.of(_near(part["near"], published)))
            yield from mentions(match, span, span)
        elif part["weekend"]:
            past = weekday(6, published, False)
            ahead = weekday(6, published, True)
            yield from mentions(
                match, of_days(past - timedelta(days=1), past), of_days(ahead - timedelta(days=1), ahead)
            )
        elif part["week"]:
            yield from _stretch(match, part["week"], published)
        elif part["soon"]:
            span = of_month(published.year, published.month) if "days" in part["soon"] else of_year(published.year)
            if "months" not in part["soon"]:
                yield from mentions(match, span, span, vague=True, ahead=True)
        elif part["season"]:
            span = of_year(int(part["y4"] or published.year))
            yield from mentions(match, span, span, vague=True, ahead=span.value.last >= published)
        elif part["y5"]:
            span = of_year(int(part["y5"]))
            yield from mentions(match, span, span)


def _really_may(text: str, match: re.Match[str]) -> bool:
    """`may` is a month after a preposition or a part of the month."""
    before = text[max(0, match.start() - 8) : match.start("m5")]
    return bool(re.search(r"(?:\bin|\bof|\bby|\bsince|early|late|mid|last|next|until|this)[ -]*$", before))


def _days(part: dict[str, str | None], published: date, future: bool) -> Span | None:
    if part["d1"]:
        month, first_day, last_day = part["m1"], part["d1"], part["d2"] or part["d1"]
        last_month, year = part["m2"] or month, part["y1"]
    else:
        month = last_month = part["m3"]
        first_day, last_day, year = part["d3"], part["d4"] or part["d3"], part["y2"]
    if not (month and last_month and first_day and last_day):
        return None
    first_number, last_number = _MONTHS[month[:3]], _MONTHS[last_month[:3]]
    if year:
        last = day_of(int(year), last_number, int(last_day))
    else:
        last = nearest_year(last_number, int(last_day), published, future)
    first_year = last and last.year - (first_number > last_number)
    return of_days(last and day_of(first_year, first_number, int(first_day)), last)


def _bare_days(part: dict[str, str | None], published: date, future: bool) -> Span | None:
    """Days without a month take the one that fits the reading."""
    last = bare_day(int(part["d6"] or part["d5"] or 0), published, None, future)
    first = last and day_of(last.value.first.year, last.value.first.month, int(part["d5"] or 0))
    return last and of_days(first, last.value.first)


def _weekday(part: dict[str, str | None], published: date, future: bool) -> Span | None:
    first = _DAYS_OF_WEEK[part["w1"] or ""]
    last = _DAYS_OF_WEEK[part["w2"]] if part["w2"] else first
    if part["which"] in ("next", "the following", "coming"):
        day = weekday(last, published + timedelta(days=1), True)
    elif part["which"] == "last":
        day = weekday(last, published - timedelta(days=1), False)
    else:
        day = weekday(last, published, future)
    return of_days(day - timedelta(days=(last - first) % 7), day)


def _after(words: str) -> timedelta:
    """How far ahead it is: "a week from today"."""
    number, unit, *_ = words.split()
    many = _FEW.get(number) or (int(number) if number.isdigit() else 1)
    return timedelta(weeks=many) if unit.startswith("week") else timedelta(days=many)


def _near(word: str, published: date) -> date:
    if word in ("yesterday", "last night", "the day before"):
        return published - timedelta(days=1)
    return published + timedelta(days=1 if word == "tomorrow" else 0)


def _stretch(match: re.Match[str], words: str, published: date) -> Iterator[DateMention]:
    unit = words.split()[-1]
    by = (
        -1 if re.match(r"last|the past|the previous", words) else 1 if re.match(r"next|the coming|coming", words) else 0
    )
    if unit == "week":
        span = month_of_week(published, by)
    elif unit == "month":
        span = shift_month(published, by)
    else:
        span = of_year(published.year + by)
    yield from mentions(match, span, span, vague=unit == "week", ahead=by > 0)
