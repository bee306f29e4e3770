"""Date expressions of Chinese, in simplified characters."""

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

_NUMERAL = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0}
_CN_YEAR = "(?:一九|二[〇○零])[〇○零一二三四五六七八九]{2}"
_CN = r"\d{{1,2}}|[一二三四五六七八九十廿卅]{{1,3}}"

_EXPRESSION = re.compile(
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
_TO_A_LATER = re.compile(r"^(?:[上下]午|晚间?|[早凌]晨)?(?:至|到|-|—|和|与|及|、|,)?(?:当地时间)?$")


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


def chinese_dates(text: str, published: date) -> Iterator[DateMention]:
    """Single expressions, and neighbours joined: `18日` and `20日` with 至 between them are one stretch of days."""
    said: list[tuple[re.Match[str], DateMention]] = []
    for match in _EXPRESSION.finditer(text):
        for mention in _single(match, published, said):
            before = said[-1][1] if said else None
            together = before and _TO_A_LATER.match(text[before.end : mention.start]) and join(before, mention)
            if together:
                said.pop()
            said.append((match, _lasting(together or mention, text)))
    yield from (mention for _, mention in said)


_LASTS = re.compile(r"起[^,;。]{0,12}?(?P<days>[两二三四五六七八九十]|\d)(?:天|日)(?![前后])")


def _lasting(mention: DateMention, text: str) -> DateMention:
    """A first day with how long it goes on: `18日起一连三天`."""
    found = _LASTS.match(text, mention.end)
    return lasting(mention, 2 if found["days"] == "两" else chinese_number(found["days"])) if found else mention


def _single(
    match: re.Match[str], published: date, before: list[tuple[re.Match[str], DateMention]]
) -> Iterator[DateMention]:
    part = match.groupdict()
    number = part["d2"] or part["d2a"] or part["d2b"] or part["d2c"]
    if part["m1"] or part["mr"]:
        yield from mentions(match, *(_month(part, published, f) for f in (False, True)))
    elif number:
        near = before[-1][1] if before and match.start() - before[-1][1].end <= 6 else None
        day = chinese_number(number)
        yield from mentions(match, *(bare_day(day, published, near, f) for f in (False, True)))
    elif part["w"]:
        yield from _weekday(match, part, published, before)
    elif part["near"]:
        yield from _near(match, part["near"], published, before[-1][1] if before else None)
    elif part["monthly"]:
        span = shift_month(published, 0)
        yield from mentions(match, span, span)
    elif part["week"]:
        yield from _stretch(match, part["week"], published)
    elif part["y2"]:
        span = of_year(chinese_number(part["y2"]))
        yield from mentions(match, span, span)


def _month(part: dict[str, str | None], published: date, future: bool) -> Span | None:
    year = chinese_number(part["y1"]) if part["y1"] else None
    if part["yr"]:
        year = published.year + {"今": 0, "去": -1, "明": 1, "前": -2}[part["yr"]]
    if part["mr"]:
        whole = shift_month(published, {"上": -1, "下": 1}.get(part["mr"][0], 0))
    else:
        month = chinese_number(part["m1"] or "")
        if not 1 <= month <= 12:
            return None
        whole = of_month(year, month) if year else month_near(month, published, future)
    if not part["d1"]:
        return whole
    number, day = whole.value.first.month, chinese_number(part["d1"])
    if year or part["mr"]:
        return of_days(None, day_of(whole.value.first.year, number, day))
    return of_days(None, nearest_year(number, day, published, future))


def _weekday(
    match: re.Match[str], part: dict[str, str | None], published: date, before: list[tuple[re.Match[str], DateMention]]
) -> Iterator[DateMention]:
    name, which = part["w"] or "", (part["which"] or "")[:1]
    between = match.string[before[-1][1].end : match.start()] if before else None
    if not which and between is not None and _TO_A_LATER.match(between):
        which = (before[-1][0]["which"] or "")[:1]  # the second day of `上周五、周六`
    number = {"末": 6, "天": 6, "日": 6}.get(name, "一二三四五六".find(name))
    monday = published - timedelta(days=published.weekday())
    if which:
        day = monday + timedelta(days=number + {"上": -7, "下": 7}.get(which, 0))
        past = future = day
    else:
        past, future = weekday(number, published, False), weekday(number, published, True)
    begins = timedelta(days=1 if name == "末" else 0)
    yield from mentions(match, of_days(past - begins, past), of_days(future - begins, future))


def _near(match: re.Match[str], word: str, published: date, before: DateMention | None) -> Iterator[DateMention]:
    """`今天` is the day of publication; `当晚` is the day that was said last, and `隔天` the one after it."""
    by = _AFTER_THE_SAID.get(word)
    if by is not None and before and before.past.is_day:
        after = timedelta(days=by)
        spans = (Span(PartialDate.of(span.value.first + after)) for span in (before.past, before.future))
        yield from mentions(match, *spans)
    else:
        span = Span(PartialDate.of(published + timedelta(days=by or _FROM_PUBLICATION.get(word, 0))))
        yield from mentions(match, span, span)


_AFTER_THE_SAID = {"当天": 0, "当日": 0, "当晚": 0, "同日": 0, "隔天": 1, "隔日": 1, "翌日": 1, "次日": 1}
"""Days after the day that was said last."""

_FROM_PUBLICATION = {"昨天": -1, "昨日": -1, "昨晚": -1, "昨": -1, "前一天": -1, "前天": -2, "明天": 1, "明日": 1}
"""Days after the day of publication, where they are any."""


def _stretch(match: re.Match[str], word: str, published: date) -> Iterator[DateMention]:
    if word.endswith("周"):
        span = month_of_week(published, {"上": -1, "下": 1}.get(word[0], 0))
    elif "天" in word or word == "近期内":
        span = of_month(published.year, published.month)
    else:
        span = of_year(published.year + {"去": -1, "明": 1}.get(word[0], 0))
    ahead = word.startswith(("未来", "今后", "近期", "明", "下", "年内", "年底", "年末", "年终"))
    yield from mentions(match, span, span, vague=True, ahead=ahead)
