"""When: date expressions of English and Chinese releases, resolved against the day of publication.

A text seldom says the year, often not even the month. `find_dates` therefore gives every expression two readings:
`past`, as a report means it (on or before publication), and `future`, as an announcement means it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracker.model import PartialDate, Precision


@dataclass(frozen=True)
class Span:
    """A day, several days, a month or a year. `first` is set when it covers several days."""

    value: PartialDate
    first: date | None = None

    @property
    def is_day(self) -> bool:
        return self.value.precision is Precision.DAY


@dataclass(frozen=True)
class DateMention:
    """Folded characters [start, end) and their two readings. `vague`: a stretch such as "last week".

    `ahead`: a stretch that can only lie ahead, such as "the coming weeks" or, when it is not over, "in the spring".
    """

    start: int
    end: int
    past: Span
    future: Span
    vague: bool = False
    ahead: bool = False

    def read(self, future: bool) -> Span:
        return self.future if future else self.past


_MONTHS = dict(jan=1, feb=2, mar=3, apr=4, may=5, jun=6, jul=7, aug=8, sep=9, oct=10, nov=11, dec=12)  # noqa: C408
_MONTH = (
    r"(?P<{0}>jan(?:uary)?|feb(?:ruary)?|mar(?:ch|\.)|apr(?:il)?|may|jun(?:e|\.)|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DAYS_OF_WEEK = dict(monday=0, tuesday=1, wednesday=2, thursday=3, friday=4, saturday=5, sunday=6)  # noqa: C408
_WEEKDAY = r"(?P<{0}>monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
_DAY = r"(?P<{0}>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_NTH = r"(?P<{0}>3[01]|[12]\d|[1-9])(?:st|nd|rd|th)"
_YEAR = r"(?:,? (?P<{0}>20\d\d|19\d\d))?"
_TO = r"(?: ?- ?| and | to | through | until | & )"
_NUMERAL = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_CN_YEAR = "(?:一九|二[〇○零])[〇○零一二三四五六七八九]{2}"
_CN = r"\d{{1,2}}|[一二三四五六七八九十廿卅]{{1,3}}"

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
            rf"(?:(?: (?:and|to|through) |-){_WEEKDAY.format('w2')})?\b(?:'s)?",
            # on the 28th and 29th
            rf"\bthe {_NTH.format('d5')}(?:{_TO}(?:the )?{_NTH.format('d6')})?(?= ?[,.;:)]|$| (?:in|at|by|with)\b)",
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

_CHINESE = re.compile(
    r"(?=[\d一二三四五六七八九十廿卅今去明前本上下这同当星周礼昨日月年未近隔翌次])(?:"
    + "|".join(
        [
            rf"(?:(?:(?P<y1>(?:19|20)\d\d|{_CN_YEAR}) ?年|(?P<yr>今|去|明|前)年) ?)?"
            rf"(?:(?P<m1>{_CN.format()}) ?月(?!份?球)|(?P<mr>本|上个?|下个?|这个|同|当)月)份? ?"
            rf"(?:初|中旬|上旬|下旬|底|末)? ?(?:(?P<d1>{_CN.format()})[日号])?",
            rf"(?<![\d月第十届轮])(?<!最后)(?P<d2>{_CN.format()})(?:日|(?<!路.)(?<!路..)(?<!路...)号)(?!元|本|趋|前(?![往去来])|程)",
            r"(?<![\d月第一-鿿])(?P<d2a>\d{1,2})(?=[、至到\-](?:\d{1,2})(?:两)?日)",
            r"(?P<d2b>[一二三四五六七八九十廿]{1,3})(?=、[一二三四五六七八九十廿]{1,3}(?:两)?日)",
            r"(?<=、)(?P<d2c>[一二三四五六七八九十廿]{1,3}|\d{1,2})两?日",
            r"(?P<which>上个?|本|这|下个?)?(?:星期|周|礼拜)(?P<w>[一二三四五六日天末])(?!期)",
            r"(?P<near>今天|今日|今早|今晚|今晨|昨天|昨日|昨晚|昨|明天|明日|当天|当日|当晚|同日|前一天|日前一天|前天|隔天|隔日|翌日|次日)",
            r"(?P<monthly>月底前?|月初|月中|(?<!个)月内)|(?P<week>年[底末终](?:以?前)?|本周|上周|下周|这周|今年|去年|明年|年内|今后数周|未来数周内?|未来几周内?|未来几天|近期内|今春|今夏|今秋|今冬)",
            rf"(?P<y2>(?:19|20)\d\d|{_CN_YEAR}) ?年",
        ]
    )
    + ")"
)
_CHINESE_TO = re.compile(r"^(?:[上下]午|晚间?|[早凌]晨)?(?:至|到|-|—|和|与|及|、|,)?(?:当地时间)?$")


def find_dates(text: str, published: date) -> list[DateMention]:
    """The date expressions of a folded, lower-case text, in its order."""
    found = [*_english(text, published), *(() if text.isascii() else _chinese(text, published))]
    return sorted(found, key=lambda mention: mention.start)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest_year(month: int, day: int, published: date, future: bool) -> date | None:
    """The day in the nearest year that fits: for a report at most a week ahead, for an announcement a week behind."""
    days = [
        found for year in (published.year - 1, published.year, published.year + 1) if (found := _day(year, month, day))
    ]
    slack = timedelta(days=7)
    fitting = [d for d in days if (d >= published - slack if future else d <= published + slack)]
    return (min(fitting) if future else max(fitting)) if fitting else None


def _of_days(first: date | None, last: date | None) -> Span | None:
    if last is None:
        return None
    return Span(PartialDate.of(last), first if first and first < last else None)


def _of_month(year: int, month: int) -> Span:
    return Span(PartialDate(f"{year:04d}-{month:02d}"))


def _of_year(year: int) -> Span:
    return Span(PartialDate(f"{year:04d}"))


def _month_near(month: int, published: date, future: bool) -> Span:
    here = (published.year, published.month)
    years = (published.year - 1, published.year, published.year + 1)
    fitting = [y for y in years if ((y, month) >= here if future else (y, month) <= here)]
    return _of_month(min(fitting) if future else max(fitting), month)


def _shift_month(published: date, by: int) -> Span:
    index = published.year * 12 + published.month - 1 + by
    return _of_month(index // 12, index % 12 + 1)


def _month_of_week(published: date, by: int) -> Span:
    """The month in which most days of a week lie: this one, or so many later."""
    thursday = published + timedelta(days=3 - published.weekday() + 7 * by)
    return _of_month(thursday.year, thursday.month)


def _weekday(number: int, published: date, future: bool) -> date:
    ahead = (number - published.weekday()) % 7
    return published + timedelta(days=ahead if future else (ahead - 7 if ahead else 0))


def _mention(
    match: re.Match[str], past: Span | None, future: Span | None, vague: bool = False, ahead: bool = False
) -> Iterator[DateMention]:
    """One mention if at least one reading exists; the other then borrows it."""
    either = past or future
    if either:
        yield DateMention(match.start(), match.end(), past or either, future or either, vague, ahead)


def _english(text: str, published: date) -> Iterator[DateMention]:
    yield from _joined(_english_single(text, published), text)


_ENGLISH_TO = re.compile(r"^ (?:to|through|until|till|and) $")


def _joined(mentions: Iterator[DateMention], text: str) -> Iterator[DateMention]:
    """Neighbours such as "Nov. 6 through today" as one span of days."""
    before: DateMention | None = None
    for mention in mentions:
        if before and _ENGLISH_TO.match(text[before.end : mention.start]) and _joins(before, mention):
            past = _of_days(before.past.first or before.past.value.first, mention.past.value.first)
            future = _of_days(before.future.first or before.future.value.first, mention.future.value.first)
            if past and future:
                before = DateMention(before.start, mention.end, past, future)
                continue
        if before:
            yield _lasting(before, text)
        before = mention
    if before:
        yield _lasting(before, text)


def _english_single(text: str, published: date) -> Iterator[DateMention]:
    ahead = published
    for match in _ENGLISH.finditer(text):
        part = match.groupdict()
        if part["d1"] or part["d3"]:
            yield from _mention(match, *(_english_days(part, published, future) for future in (False, True)))
        elif part["m5"]:
            if part["m5"] in ("may", "mar") and not (part["y3"] or _really_may(text, match)):
                continue
            month = _MONTHS[part["m5"][:3]]
            known = _of_month(int(part["y3"]), month) if part["y3"] else None
            yield from _mention(match, *(known or _month_near(month, published, f) for f in (False, True)))
        elif part["w1"]:
            past, future = (_english_weekday(part, published, f) for f in (False, True))
            if future and not part["which"] and future.value.last == published < ahead:
                # Behind "on Wednesday" of the week to come, "on Thursday" is not the day of publication.
                future = _of_days(None, published + timedelta(days=7))
            ahead = max(ahead, future.value.last if future else ahead)
            yield from _mention(match, past, future)
        elif part["d5"]:
            yield from _mention(match, *(_english_bare_days(part, published, f) for f in (False, True)))
        elif part["monthly"]:
            span = _shift_month(published, 0)
            yield from _mention(match, span, span)
        elif part["near"]:
            span = Span(PartialDate.of(_near(part["near"], published)))
            yield from _mention(match, span, span)
        elif part["weekend"]:
            past = _weekday(6, published, False)
            ahead = _weekday(6, published, True)
            yield from _mention(
                match, _of_days(past - timedelta(days=1), past), _of_days(ahead - timedelta(days=1), ahead)
            )
        elif part["week"]:
            yield from _stretch(match, part["week"], published)
        elif part["soon"]:
            span = _of_month(published.year, published.month) if "days" in part["soon"] else _of_year(published.year)
            if "months" not in part["soon"]:
                yield from _mention(match, span, span, vague=True, ahead=True)
        elif part["season"]:
            span = _of_year(int(part["y4"] or published.year))
            yield from _mention(match, span, span, vague=True, ahead=span.value.last >= published)
        elif part["y5"]:
            span = _of_year(int(part["y5"]))
            yield from _mention(match, span, span)


def _really_may(text: str, match: re.Match[str]) -> bool:
    """`may` is a month after a preposition or a part of the month."""
    before = text[max(0, match.start() - 8) : match.start("m5")]
    return bool(re.search(r"(?:\bin|\bof|\bby|\bsince|early|late|mid|last|next|until|this)[ -]*$", before))


def _english_days(part: dict[str, str | None], published: date, future: bool) -> Span | None:
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
        last = _day(int(year), last_number, int(last_day))
    else:
        last = _nearest_year(last_number, int(last_day), published, future)
    return _of_days(last and _day(last.year, first_number, int(first_day)), last)


def _english_bare_days(part: dict[str, str | None], published: date, future: bool) -> Span | None:
    """Days without a month take the one that fits the reading."""
    last = _bare_day(int(part["d6"] or part["d5"] or 0), published, None, future)
    first = last and _day(last.value.first.year, last.value.first.month, int(part["d5"] or 0))
    return last and _of_days(first, last.value.first)


def _english_weekday(part: dict[str, str | None], published: date, future: bool) -> Span | None:
    first = _DAYS_OF_WEEK[part["w1"] or ""]
    last = _DAYS_OF_WEEK[part["w2"]] if part["w2"] else first
    if part["which"] in ("next", "the following", "coming"):
        day = _weekday(last, published + timedelta(days=1), True)
    elif part["which"] == "last":
        day = _weekday(last, published - timedelta(days=1), False)
    else:
        day = _weekday(last, published, future)
    return _of_days(day - timedelta(days=(last - first) % 7), day)


def _near(word: str, published: date) -> date:
    if word in ("yesterday", "last night", "the day before", "昨天", "昨日", "昨晚", "昨", "前一天"):
        return published - timedelta(days=1)
    if word == "前天":
        return published - timedelta(days=2)
    if word in ("tomorrow", "明天", "明日"):
        return published + timedelta(days=1)
    return published


def _stretch(match: re.Match[str], words: str, published: date) -> Iterator[DateMention]:
    unit = words.split()[-1]
    by = (
        -1 if re.match(r"last|the past|the previous", words) else 1 if re.match(r"next|the coming|coming", words) else 0
    )
    if unit == "week":
        span = _month_of_week(published, by)
    elif unit == "month":
        span = _shift_month(published, by)
    else:
        span = _of_year(published.year + by)
    yield from _mention(match, span, span, vague=unit == "week", ahead=by > 0)


def chinese_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    if len(text) == 4:
        return int("".join(str(_NUMERAL.get(c, 0)) for c in text))
    text = text.replace("廿", "二十").replace("卅", "三十")
    if "十" in text:
        tens, _, ones = text.partition("十")
        return _NUMERAL.get(tens, 1) * 10 + _NUMERAL.get(ones, 0)
    return _NUMERAL.get(text, 0)


def _chinese(text: str, published: date) -> Iterator[DateMention]:
    """Single expressions, then neighbours joined: `18日` and `20日` with 至 between them are one span."""
    pending: list[tuple[re.Match[str], DateMention]] = []
    for match in _CHINESE.finditer(text):
        for mention in _chinese_single(match, published, pending):
            if (
                pending
                and _CHINESE_TO.match(text[pending[-1][1].end : mention.start])
                and _joins(pending[-1][1], mention)
            ):
                before = pending.pop()[1]
                past = _of_days(before.past.first or before.past.value.first, mention.past.value.first)
                future = _of_days(before.future.first or before.future.value.first, mention.future.value.first)
                if past and future:
                    mention = DateMention(before.start, mention.end, past, future)
            pending.append((match, _lasting(mention, text)))
    yield from (mention for _, mention in pending)


_LASTS = re.compile(
    r"起[^,;。]{0,12}?(?P<zh>[两二三四五六七八九十]|\d)(?:天|日)(?![前后])"
    r"| for (?P<en>two|three|four|five|six|seven) days\b"
)
_FEW = {"两": 2} | dict(two=2, three=3, four=4, five=5, six=6, seven=7)  # noqa: C408


def _lasting(mention: DateMention, text: str) -> DateMention:
    """A first day with how long it goes on: `18日起一连三天`, "on Sunday for three days"."""
    found = _LASTS.match(text, mention.end)
    if not found or not mention.past.is_day or mention.past.first:
        return mention
    days = found["zh"] or found["en"]
    more = timedelta(days=(_FEW.get(days) or chinese_number(days)) - 1)
    past, future = (_of_days(span.value.first, span.value.first + more) for span in (mention.past, mention.future))
    return replace(mention, past=past, future=future)


def _joins(before: DateMention, after: DateMention) -> bool:
    return before.past.is_day and after.past.is_day and before.past.value < after.past.value


def _chinese_single(
    match: re.Match[str], published: date, before: list[tuple[re.Match[str], DateMention]]
) -> Iterator[DateMention]:
    part = match.groupdict()
    bare_day = part["d2"] or part["d2a"] or part["d2b"] or part["d2c"]
    if part["m1"] or part["mr"]:
        yield from _mention(match, *(_chinese_month(part, published, f) for f in (False, True)))
    elif bare_day:
        near = before[-1][1] if before and match.start() - before[-1][1].end <= 6 else None
        day = chinese_number(bare_day)
        yield from _mention(match, *(_bare_day(day, published, near, f) for f in (False, True)))
    elif part["w"]:
        yield from _chinese_weekday(match, part, published, before)
    elif part["near"]:
        yield from _chinese_near(match, part["near"], published, before[-1][1] if before else None)
    elif part["monthly"]:
        span = _shift_month(published, 0)
        yield from _mention(match, span, span)
    elif part["week"]:
        yield from _chinese_stretch(match, part["week"], published)
    elif part["y2"]:
        span = _of_year(chinese_number(part["y2"]))
        yield from _mention(match, span, span)


def _chinese_month(part: dict[str, str | None], published: date, future: bool) -> Span | None:
    year = chinese_number(part["y1"]) if part["y1"] else None
    if part["yr"]:
        year = published.year + {"今": 0, "去": -1, "明": 1, "前": -2}[part["yr"]]
    if part["mr"]:
        whole = _shift_month(published, {"上": -1, "下": 1}.get(part["mr"][0], 0))
    else:
        month = chinese_number(part["m1"] or "")
        if not 1 <= month <= 12:
            return None
        whole = _of_month(year, month) if year else _month_near(month, published, future)
    if not part["d1"]:
        return whole
    number, day = whole.value.first.month, chinese_number(part["d1"])
    if year or part["mr"]:
        return _of_days(None, _day(whole.value.first.year, number, day))
    return _of_days(None, _nearest_year(number, day, published, future))


def _bare_day(day: int, published: date, near: DateMention | None, future: bool) -> Span | None:
    """A day without a month takes the month of a day said just before, else the month that fits the reading."""
    if near and near.read(future).is_day:
        month = near.read(future).value.first
        return _of_days(None, _day(month.year, month.month, day))
    months = [_shift_month(published, by).value.first for by in ((0, 1) if future else (0, -1))]
    days = [found for month in months if (found := _day(month.year, month.month, day))]
    if future:
        days = [d for d in days if d >= published - timedelta(days=1)]
    return _of_days(None, min(days, key=lambda d: abs(d - published))) if days else None


def _chinese_weekday(
    match: re.Match[str], part: dict[str, str | None], published: date, before: list[tuple[re.Match[str], DateMention]]
) -> Iterator[DateMention]:
    name, which = part["w"] or "", (part["which"] or "")[:1]
    between = match.string[before[-1][1].end : match.start()] if before else None
    if not which and between is not None and _CHINESE_TO.match(between):
        which = (before[-1][0]["which"] or "")[:1]  # the second day of `上周五、周六`
    number = {"末": 6, "天": 6, "日": 6}.get(name, "一二三四五六".find(name))
    monday = published - timedelta(days=published.weekday())
    if which:
        day = monday + timedelta(days=number + {"上": -7, "下": 7}.get(which, 0))
        past = future = day
    else:
        past, future = _weekday(number, published, False), _weekday(number, published, True)
    begins = timedelta(days=1 if name == "末" else 0)
    yield from _mention(match, _of_days(past - begins, past), _of_days(future - begins, future))


def _chinese_near(
    match: re.Match[str], word: str, published: date, before: DateMention | None
) -> Iterator[DateMention]:
    """`今天` is the day of publication; `当晚` is the day that was said last, and `隔天` the one after it."""
    by = _AFTER_THE_SAID.get(word)
    if by is not None and before and before.past.is_day:
        after = timedelta(days=by)
        spans = (Span(PartialDate.of(span.value.first + after)) for span in (before.past, before.future))
        yield from _mention(match, *spans)
    else:
        span = Span(PartialDate.of(_near(word, published) + timedelta(days=by or 0)))
        yield from _mention(match, span, span)


_AFTER_THE_SAID = {"当天": 0, "当日": 0, "当晚": 0, "同日": 0, "隔天": 1, "隔日": 1, "翌日": 1, "次日": 1}
"""Days after the day that was said last."""


def _chinese_stretch(match: re.Match[str], word: str, published: date) -> Iterator[DateMention]:
    if word.endswith("周"):
        span = _month_of_week(published, {"上": -1, "下": 1}.get(word[0], 0))
    elif "天" in word or word == "近期内":
        span = _of_month(published.year, published.month)
    else:
        span = _of_year(published.year + {"去": -1, "明": 1}.get(word[0], 0))
    ahead = word.startswith(("未来", "今后", "近期", "明", "下", "年内", "年底", "年末", "年终"))
    yield from _mention(match, span, span, vague=True, ahead=ahead)
