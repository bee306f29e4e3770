"""Date expressions of English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from tracker.detect.dates.spans import (
    DateMention,
    Span,
    ago,
    bare_day,
    behind_a_known_year,
    day_of,
    joined,
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
_YEAR = (
    r"(?:,? (?P<{0}>20\d\d|19\d\d)"
    r"|(?:(?<!may)|(?<=in may)|(?<=since may)),? (?:of )?"
    r"(?P<{0}r>last|this|next|that|the same|the following|the previous) year\b(?!'s))?"
)
_TO = r"(?: ?- ?| and | to | through | until | & )"
_ANY_DAY = r"\d\d?(?:st|nd|rd|th)?"
_TO_THE_LAST = (
    rf"(?:{_TO}|(?:, {_ANY_DAY}){{1,5}},? (?:and|&) |(?:, {_ANY_DAY}){{0,5}}, (?={_ANY_DAY}, (?:19|20)\d\d\b))"
)
_COUNTED = (
    r"(?! in (?:an?|the|this|that|its|their|our) (?:\w+ )?(?:series|row|line|sequence|string|succession)\b"
    r"| in (?:all|total|succession|as many)\b| in \w+ (?:years|months)\b| at (?:this|that|the same) level\b)"
)
_MANY = (
    dict(a=1, an=1, one=1, two=2, three=3, four=4, five=5, six=6, seven=7, eight=8, nine=9, ten=10)  # noqa: C408
    | dict(eleven=11, twelve=12, thirteen=13, fourteen=14, fifteen=15, sixteen=16, seventeen=17)  # noqa: C408
    | dict(eighteen=18, nineteen=19)  # noqa: C408
)
_TENS = dict(twenty=20, thirty=30, forty=40, fifty=50, sixty=60, seventy=70, eighty=80, ninety=90)  # noqa: C408
_NUMBER = rf"\d{{1,2}}|(?:(?:{'|'.join(_TENS)})-)?(?:{'|'.join(_MANY)})|{'|'.join(_TENS)}"
# three days ago · a few weeks ago · moments ago
_AGO = re.compile(
    rf"\b(?<!half )(?<!hundred )(?<!hundred and )(?:(?P<many>a few|a couple of|several|{_NUMBER}) )?"
    r"(?P<unit>moment|minute|hour|day|week|month|year|decade)s? ago\b"
)
# A look at the first character spares most places of a text the trial of every alternative.
_ENGLISH = re.compile(
    r"\b(?=[a-z\d])(?:"
    + "|".join(
        [
            # Jan. 8-9, 2024 · Jan. 31-Feb. 2 · October 28, 29, and 30
            rf"\b{_MONTH.format('m1')} {_DAY.format('d1')}"
            rf"(?:{_TO_THE_LAST}(?:{_MONTH.format('m2')} )?{_DAY.format('d2')}(?![:\d]))?"
            rf"\b{_YEAR.format('y1')}(?! people|\d)",
            # 14-15 September 2024 · 29 November - 1 December · 5 August last year
            rf"\b{_DAY.format('d3')}(?:(?: (?:of )?{_MONTH.format('m6')}(?![a-z]))?{_TO_THE_LAST}{_DAY.format('d4')})?"
            rf" (?:of )?{_MONTH.format('m3')}"
            rf"(?![a-z]){_YEAR.format('y2')}",
            # from January to March · in early February 2024
            rf"\b(?:(?:early|mid|late|end of)[ -])?(?:{_MONTH.format('m4')}"
            rf"(?: (?:to|and|through) |-))?\b{_MONTH.format('m5')}(?![a-z]){_YEAR.format('y3')}(?! \d)",
            rf"\b(?:(?P<whose>last|this|next) week's |(?P<which>last|next|this|the previous|the following|coming) )?"
            rf"{_WEEKDAY.format('w1')}"
            rf"(?:(?:(?:, {_OTHER_WEEKDAY})+,?)?(?: (?:and|to|through) |-){_WEEKDAY.format('w2')})?\b(?:'s)?"
            r"(?: (?:of )?(?P<of>last|this|next|the previous|the following|the coming) week\b(?!'s))?",
            # on the 28th and 29th
            rf"\bthe {_NTH.format('d5')}(?:{_TO}(?:the )?{_NTH.format('d6')})?"
            rf"(?= ?[,.;:)]|$| (?:in|at|by|with)\b){_COUNTED}",
            r"\b(?P<ahead>(?:a|one|two|three|four|\d) (?:weeks?|days) from (?:today|now))\b",
            r"\b(?P<near>the day before yesterday|the day after tomorrow|today|yesterday|tomorrow"
            r"|this (?:morning|afternoon|evening)|tonight|overnight|last night|earlier in the day|the day before"
            r"|on the eve|earlier today|same day)\b",
            r"\b(?P<weekend>(?:over|at|during|this|last|on) (?:the |this |last |past )?(?:past )?weekend)\b",
            r"\b(?P<that>that|the same) year\b(?!'s)",
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

_TO_A_LATER = re.compile(r",? (?:to|through|until|till) | and | ?- ?")
_LASTS = re.compile(r" for (?P<days>two|three|four|five|six|seven) days\b")


def english_dates(text: str, published: date) -> Iterator[DateMention]:
    """Single expressions, and neighbours such as "Nov. 6 through today" as one stretch of days; in no order."""
    for mention in joined(_single(text, published), text, _TO_A_LATER):
        yield _lasting(mention, text)
    if " ago" in text:
        for match in _AGO.finditer(text):
            yield from ago(match, _number(match["many"] or ""), match["unit"], published)


def _lasting(mention: DateMention, text: str) -> DateMention:
    """A first day with how long it goes on: "on Sunday for three days"."""
    found = _LASTS.match(text, mention.end)
    return lasting(mention, _MANY[found["days"]]) if found else mention


def _single(text: str, published: date) -> Iterator[DateMention]:
    ahead = published
    known: DateMention | None = None
    for match in _ENGLISH.finditer(text):
        part = match.groupdict()
        year = _year(part, known, published)
        for mention in _read(match, part, year, published, ahead):
            told = mention if year else behind_a_known_year(mention, known, published)
            if year or told is not mention:
                known = told
            if part["w1"]:
                ahead = max(ahead, told.future.value.last)
            yield told


def _read(
    match: re.Match[str], part: dict[str, str | None], year: int | None, published: date, ahead: date
) -> Iterator[DateMention]:
    """What one expression says. `ahead`: the last day of a week that was said to come."""
    if part["d1"] or part["d3"]:
        yield from mentions(match, *(_days(part, year, published, future) for future in (False, True)))
    elif part["m5"]:
        if part["m5"] in ("may", "mar") and not (part["y3"] or _really_may(match.string, match)):
            return
        month = _MONTHS[part["m5"][:3]]
        said = of_month(year, month) if year else None
        yield from mentions(match, *(said or month_near(month, published, f) for f in (False, True)))
    elif part["w1"]:
        past, future = (_weekday(part, published, f) for f in (False, True))
        if future and not (part["which"] or _week(part)) and future.value.last == published < ahead:
            # Behind "on Wednesday" of the week to come, "on Thursday" is not the day of publication.
            future = of_days(None, published + timedelta(days=7))
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
        span = Span(PartialDate.of(published + timedelta(days=_FROM_PUBLICATION.get(part["near"], 0))))
        yield from mentions(match, span, span)
    elif part["weekend"]:
        past, future = weekday(6, published, False), weekday(6, published, True)
        day = timedelta(days=1)
        yield from mentions(match, of_days(past - day, past), of_days(future - day, future))
    elif part["week"]:
        yield from _stretch(match, part["week"], published)
    elif part["soon"]:
        span = of_month(published.year, published.month) if "days" in part["soon"] else of_year(published.year)
        if "months" not in part["soon"]:
            yield from mentions(match, span, span, vague=True, ahead=True)
    elif part["season"]:
        span = of_year(int(part["y4"] or published.year))
        yield from mentions(match, span, span, vague=True, ahead=span.value.last >= published)
    elif year:
        span = of_year(year)
        yield from mentions(match, span, span)


def _really_may(text: str, match: re.Match[str]) -> bool:
    """`may` is a month after a preposition or a part of the month."""
    before = text[max(0, match.start() - 8) : match.start("m5")]
    return bool(re.search(r"(?:\bin|\bof|\bby|\bsince|early|late|mid|last|next|until|this)[ -]*$", before))


def _year(part: dict[str, str | None], known: DateMention | None, published: date) -> int | None:
    """The year that an expression says, as a number or by that of publication or the one said last."""
    if number := part["y1"] or part["y2"] or part["y3"] or part["y5"]:
        return int(number)
    words = part["y1r"] or part["y2r"] or part["y3r"] or part["that"]
    if words in _BY_PUBLICATION:
        return published.year + _BY_PUBLICATION[words]
    return known.past.value.first.year + _BY_THE_SAID.get(words, 0) if words and known else None


_BY_PUBLICATION = {"last": -1, "this": 0, "next": 1}
_BY_THE_SAID = {"the previous": -1, "the following": 1}
"""Years after that of publication, and after the one said last."""


def _days(part: dict[str, str | None], year: int | None, published: date, future: bool) -> Span | None:
    if part["d1"]:
        month, first_day, last_day = part["m1"], part["d1"], part["d2"] or part["d1"]
        last_month = part["m2"] or month
    else:
        month, last_month = part["m6"] or part["m3"], part["m3"]
        first_day, last_day = part["d3"], part["d4"] or part["d3"]
    if not (month and last_month and first_day and last_day):
        return None
    first_number, last_number = _MONTHS[month[:3]], _MONTHS[last_month[:3]]
    if year:
        last = day_of(year, last_number, int(last_day))
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
    if week := _week(part):
        by = {"last": -1, "the previous": -1, "this": 0}.get(week, 1)
        day = published + timedelta(days=last - published.weekday() + 7 * by)
    elif part["which"] in ("next", "the following", "coming"):
        day = weekday(last, published + timedelta(days=1), True)
    elif part["which"] == "last":
        day = weekday(last, published - timedelta(days=1), False)
    else:
        day = weekday(last, published, future)
    return of_days(day - timedelta(days=(last - first) % 7), day)


def _week(part: dict[str, str | None]) -> str | None:
    """The week whose day it is: "Monday of last week"."""
    return part["whose"] or part["of"]


def _number(word: str) -> int | None:
    """A number of one or two words, such as "twenty-three"; None of words that say no number."""
    tens, _, ones = word.rpartition("-")
    return int(word) if word.isdigit() else _TENS.get(word) or _TENS.get(tens, 0) + _MANY.get(ones, 0) or None


def _after(words: str) -> timedelta:
    """How far ahead it is: "a week from today"."""
    number, unit, *_ = words.split()
    many = _number(number) or 1
    return timedelta(weeks=many) if unit.startswith("week") else timedelta(days=many)


_FROM_PUBLICATION = {
    "the day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "the day before": -1,
    "tomorrow": 1,
    "the day after tomorrow": 2,
}
"""Days after the day of publication, where they are any."""


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
