"""Date expressions of Chinese, in simplified characters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from tracker.detect.dates.spans import (
    DateMention,
    Span,
    ago,
    bare_day,
    behind_a_known_year,
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

_NUMERAL = {c: i for i, c in enumerate("〇一二三四五六七八九")} | {"零": 0, "○": 0, "两": 2}
_ONE = "[一二三四五六七八九]"
_HAN = "[一二三四五六七八九十廿卅]"
_CN = rf"(?:\d{{1,2}}|{_HAN}{{1,3}})"
_TO = r" ?[、至到和\-~〜] ?"


def _first(name: str) -> str:
    """The first of several days, where it has no unit of its own: 26至27日 · 3、4、5日."""
    same = rf"\d{{1,2}}(?={_TO}\d)|{_HAN}{{1,3}}(?={_TO}{_HAN})"
    return rf"(?:(?P<{name}>{same}){_TO}(?:{_CN} ?、 ?){{0,5}})?"


def _a_year(name: str) -> str:
    """A year of our era as `name`, or one counted from 1911 as `name` with an underscore behind."""
    return (
        rf"(?:(?P<{name}>(?:19|20)\d\d|(?:一九|二[〇○零])[〇○零一二三四五六七八九]{{2}})"
        rf"|民国 ?(?P<{name}_>\d{{2,3}}|[〇○零一二三四五六七八九]{{2,3}}|(?:{_ONE}?百零?)?{_ONE}?十?{_ONE}?)) ?年"
    )


_EXPRESSION = re.compile(
    r"(?=[\d一二两三四五六七八九十廿卅几数今去明前本上下这同当该星周礼昨日月年未近隔翌次大后民])(?:"
    + "|".join(
        [
            rf"(?:(?:{_a_year('y1')}|(?P<yr>今|去|明|前|上|同|当|该|次|翌)年)的? ?)?"
            rf"(?:(?P<m1>{_CN}) ?月(?!份?球)|(?P<mr>本|上个?|下个?|这个|同|当)月)份? ?"
            rf"(?:初|中旬|上旬|下旬|底|末)? ?(?:{_first('f1')}(?P<d1>{_CN}) ?(?:两?[日号]|两天))?",
            rf"(?<![\d月第十届轮])(?<!第 )(?<!最后)(?<!为期){_first('f2')}(?P<d2>{_CN}) ?"
            r"(?:两?日|(?<!路.)(?<!路..)(?<!路...)号)"
            r"(?!元|本|趋|前(?![往去来])|程|期限|[以之]?内(?![塔罗阁政务蒙地部外]))",
            r"(?<![\d第.])(?P<many>\d{1,2}|[一二两三四五六七八九十]{1,3}|[几数])"
            r"(?P<unit>分钟|个?小时|天|周|个?星期|个?礼拜|个月|年|(?<=[两几数])日)[之以]?前(?![往来去赴景期途])",
            r"(?P<which>上个?|本|这|下个?)?(?:星期|周|礼拜)(?P<w>[一二三四五六日天末])(?!期)",
            r"(?P<near>今天|今日|今早|今晚|今晨|昨天|昨日|昨晚|昨|明天|明日|当天|当日|当晚|同日|前一天|日前一天"
            r"|(?<![目之以此])大?前天(?![气空津安])|(?<![今之以此])大?后天(?![气空津安性下])|隔天|隔日|翌日|次日)",
            r"(?P<monthly>月底前?|月初|月中|(?<!个)月内)|(?P<week>年[底末终](?:以?前)?|本周|上周|下周|这周|今年|去年|明年"
            r"|(?<![目之以此])前年(?![度后轻龄])|年内|今后数周|未来数周内?|未来几周内?|未来几天|近期内|今春|今夏|今秋|今冬)",
            _a_year("y2"),
            r"(?P<that>[同翌])年(?![级龄代度])",
        ]
    )
    + ")"
)
_TO_A_LATER = re.compile(r"(?: ?(?:[上下]午|晚间?|[早凌]晨))?(?: ?(?:至|到|-|~|〜|—|和|与|及|、|,) ?)?(?:当地时间 ?)?$")


def chinese_number(text: str) -> int:
    if text.isdigit():
        return int(text)
    text = text.replace("廿", "二十").replace("卅", "三十")
    if "百" in text:
        hundreds, _, rest = text.partition("百")
        return _NUMERAL.get(hundreds, 1) * 100 + chinese_number(rest)
    if "十" in text:
        tens, _, ones = text.partition("十")
        return _NUMERAL.get(tens.lstrip("零〇○"), 1) * 10 + _NUMERAL.get(ones, 0)
    return int("".join(str(_NUMERAL.get(c, 0)) for c in text) or "0")


class _Said(NamedTuple):
    """A mention, and the last one up to it whose year the text says."""

    match: re.Match[str]
    mention: DateMention
    known: DateMention | None


def chinese_dates(text: str, published: date) -> Iterator[DateMention]:
    """Single expressions, and neighbours joined: `18日` and `20日` with 至 between them are one stretch of days."""
    before: _Said | None = None
    for match in _EXPRESSION.finditer(text):
        part, known = match.groupdict(), before and before.known
        year = _year(part, known, published)
        for mention in _single(match, part, year, published, before):
            told = mention if year else behind_a_known_year(mention, known, published)
            between = before and text[before.mention.end : told.start]
            together = between is not None and _TO_A_LATER.match(between) and join(before.mention, told)
            if before and not together:
                yield before.mention
            told = _lasting(together or told, text)
            before = _Said(match, told, told if year or told is not mention else known)
    if before:
        yield before.mention


_LASTS = re.compile(r"起[^,;。]{0,12}?(?P<days>[两二三四五六七八九十]|\d)(?:天|日)(?![前后])")


def _lasting(mention: DateMention, text: str) -> DateMention:
    """A first day with how long it goes on: `18日起一连三天`."""
    found = _LASTS.match(text, mention.end)
    return lasting(mention, 2 if found["days"] == "两" else chinese_number(found["days"])) if found else mention


def _single(
    match: re.Match[str], part: dict[str, str | None], year: int | None, published: date, before: _Said | None
) -> Iterator[DateMention]:
    if part["m1"] or part["mr"]:
        yield from mentions(match, *(_month(part, year, published, f) for f in (False, True)))
    elif part["d2"]:
        near = _near_by(before, match, published) if before else None
        yield from mentions(match, *(_bare_days(part, published, near, f) for f in (False, True)))
    elif part["unit"]:
        number = None if part["many"] in ("几", "数") else chinese_number(part["many"])
        yield from ago(match, number, _UNITS[part["unit"].removeprefix("个")], published)
    elif part["w"]:
        yield from _weekday(match, part, published, before)
    elif part["near"]:
        yield from _near(match, part["near"], published, before and before.mention)
    elif part["monthly"]:
        span = shift_month(published, 0)
        yield from mentions(match, span, span)
    elif part["week"]:
        yield from _stretch(match, part["week"], published)
    elif year:
        span = of_year(year)
        yield from mentions(match, span, span)


_UNITS = {
    "分钟": "minute",
    "小时": "hour",
    "天": "day",
    "日": "day",
    "周": "week",
    "星期": "week",
    "礼拜": "week",
    "月": "month",
    "年": "year",
}


def _year(part: dict[str, str | None], known: DateMention | None, published: date) -> int | None:
    """The year that an expression says, as a number or by that of publication or the one said last."""
    if number := part["y1"] or part["y2"]:
        return chinese_number(number)
    if number := part["y1_"] or part["y2_"]:
        return 1911 + chinese_number(number)
    word = part["yr"] or part["that"] or (part["week"] or "").removesuffix("年")
    if word in _BY_PUBLICATION:
        return published.year + _BY_PUBLICATION[word]
    return known.past.value.first.year + _BY_THE_SAID[word] if known and word in _BY_THE_SAID else None


_BY_PUBLICATION = {"今": 0, "去": -1, "明": 1, "前": -2, "上": -1}
_BY_THE_SAID = {"同": 0, "当": 0, "该": 0, "次": 1, "翌": 1}
"""Years after that of publication, and after the one said last."""


def _month(part: dict[str, str | None], year: int | None, published: date, future: bool) -> Span | None:
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
        last = day_of(whole.value.first.year, number, day)
    else:
        last = nearest_year(number, day, published, future)
    return _days(part["f1"], last)


def _bare_days(part: dict[str, str | None], published: date, near: DateMention | None, future: bool) -> Span | None:
    last = bare_day(chinese_number(part["d2"] or ""), published, near, future)
    return _days(part["f2"], last and last.value.first)


def _days(first: str | None, last: date | None) -> Span | None:
    return of_days(first and last and day_of(last.year, last.month, chinese_number(first)), last)


def _near_by(before: _Said, match: re.Match[str], published: date) -> DateMention | None:
    """The day said just before, or the month that the sentence named, unless the day is of the news: `10月,27日`."""
    between = match.string[before.mention.end : match.start()]
    if before.mention.past.is_day:
        return before.mention if len(between) <= _BESIDE else None
    if not before.match["m1"] or not _SAME_SENTENCE.fullmatch(between):
        return None
    alone = bare_day(chinese_number(match["d2"]), published, None, False)
    is_news = alone and -1 <= (published - alone.value.first).days <= _A_WEEK
    return None if is_news else before.mention


_BESIDE, _A_WEEK = 6, 7
"""Characters between two days of one month, and days before publication that are those of the news."""
_SAME_SENTENCE = re.compile(r"[^。;!?\n]{,24}")


def _weekday(
    match: re.Match[str], part: dict[str, str | None], published: date, before: _Said | None
) -> Iterator[DateMention]:
    name, which = part["w"] or "", (part["which"] or "")[:1]
    if not which and before and _TO_A_LATER.match(match.string[before.mention.end : match.start()]):
        which = (before.match["which"] or "")[:1]  # the second day of `上周五、周六`
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

_FROM_PUBLICATION = {"大前天": -3, "前天": -2, "前一天": -1, "昨天": -1, "昨日": -1, "昨晚": -1, "昨": -1} | {
    "明天": 1,
    "明日": 1,
    "后天": 2,
    "大后天": 3,
}
"""Days after the day of publication, where they are any."""


def _stretch(match: re.Match[str], word: str, published: date) -> Iterator[DateMention]:
    if word.endswith("周"):
        span = month_of_week(published, {"上": -1, "下": 1}.get(word[0], 0))
    elif "天" in word or word == "近期内":
        span = of_month(published.year, published.month)
    else:
        span = of_year(published.year + _BY_PUBLICATION.get(word[0], 0))
    ahead = word.startswith(("未来", "今后", "近期", "明", "下", "年内", "年底", "年末", "年终"))
    yield from mentions(match, span, span, vague=True, ahead=ahead)
