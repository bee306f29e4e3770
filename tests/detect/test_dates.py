"""Date expressions against the day of publication."""

from __future__ import annotations

from datetime import date
from time import process_time

import pytest

from tracker.detect.dates import find_dates
from tracker.detect.normalise import fold


def only(text: str, published: str):
    found = find_dates(fold(text).lower, date.fromisoformat(published))
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "published", "value", "first"),
    [
        ("met Jan. 8-9", "2024-01-09", "2024-01-09", "2024-01-08"),
        ("on October 28 and 29", "2020-10-29", "2020-10-29", "2020-10-28"),
        ("on 14-15 September", "2024-09-16", "2024-09-15", "2024-09-14"),
        ("on Dec. 21, two weeks before", "2024-03-01", "2023-12-21", None),
        ("Jan. 31-Feb. 2, 2024", "2024-02-05", "2024-02-02", "2024-01-31"),
        ("Dec. 30-Jan. 2", "2025-01-05", "2025-01-02", "2024-12-30"),
        ("Dec. 30-Jan. 2, 2025", "2025-01-05", "2025-01-02", "2024-12-30"),
        ("12月30日至1月2日", "2025-01-05", "2025-01-02", "2024-12-30"),
        ("on Tuesday and Wednesday", "2021-09-30", "2021-09-29", "2021-09-28"),
        ("on Monday, Tuesday and Wednesday", "2020-12-16", "2020-12-16", "2020-12-14"),
        ("on Tuesday", "2024-04-16", "2024-04-16", None),
        ("last Friday", "2024-05-28", "2024-05-24", None),
        ("over the weekend", "2024-09-16", "2024-09-15", "2024-09-14"),
        ("yesterday", "2025-09-10", "2025-09-09", None),
        ("overnight", "2023-05-29", "2023-05-29", None),
        ("in December", "2025-04-10", "2024-12", None),
        ("from January to March", "2021-03-31", "2021-03", None),
        ("last week", "2021-08-27", "2021-08", None),
        ("last month", "2024-01-05", "2023-12", None),
        ("in 2008", "2023-02-10", "2008", None),
        ("14日、15日在北京", "2024-09-15", "2024-09-15", "2024-09-14"),
        ("十五、十六兩日", "2025-12-18", "2025-12-16", "2025-12-15"),
        ("本月18日至20日", "2025-11-27", "2025-11-20", "2025-11-18"),
        ("9月19日至20日", "2024-09-20", "2024-09-20", "2024-09-19"),
        ("30日上午", "2024-07-01", "2024-06-30", None),
        ("二○二四年十二月", "2026-03-13", "2024-12", None),
        ("去年12月", "2025-04-11", "2024-12", None),
        ("星期四", "2024-06-08", "2024-06-06", None),
        ("上周五", "2024-05-28", "2024-05-24", None),
        ("本周一", "2022-11-17", "2022-11-14", None),
        ("昨天", "2024-03-01", "2024-02-29", None),
        ("on the 28th and 29th,", "2021-09-30", "2021-09-29", "2021-09-28"),
        ("on December 14, 15 and 16 for", "2020-12-17", "2020-12-16", "2020-12-14"),
        ("on Tuesday for three days", "2024-04-18", "2024-04-18", "2024-04-16"),
        ("last week", "2024-06-01", "2024-05", None),
        ("18日起一连三天", "2025-11-23", "2025-11-20", "2025-11-18"),
        ("26日起对泰国进行为期四天的访问", "2024-01-30", "2024-01-29", "2024-01-26"),
        ("上周五、周六", "2024-02-04", "2024-01-27", "2024-01-26"),
        ("一九八九年七月", "2020-08-08", "1989-07", None),
        ("二〇一四年", "2020-08-08", "2014", None),
        ("10月26至27日", "2023-10-29", "2023-10-27", "2023-10-26"),
        ("5月10-11日", "2025-06-02", "2025-05-11", "2025-05-10"),
        ("4月3、4日", "2024-06-06", "2024-04-04", "2024-04-03"),
        ("4月3、4、5日", "2024-06-06", "2024-04-05", "2024-04-03"),
        ("4月3日、4日", "2024-06-06", "2024-04-04", "2024-04-03"),
        ("三月十一至十三日", "2024-06-06", "2024-03-13", "2024-03-11"),
        ("2月27日至28日", "2024-06-06", "2024-02-28", "2024-02-27"),
        ("2024年4月3至4日", "2026-06-06", "2024-04-04", "2024-04-03"),
        ("去年4月3至4日", "2025-06-06", "2024-04-04", "2024-04-03"),
        ("5月14、15两日", "2026-06-20", "2026-05-15", "2026-05-14"),
        ("8～9日", "2024-01-10", "2024-01-09", "2024-01-08"),
        ("王毅26至27日访美", "2023-10-29", "2023-10-27", "2023-10-26"),
        ("2023 年 11 月 15 日", "2024-03-01", "2023-11-15", None),
        ("11 月 15 日", "2024-01-10", "2023-11-15", None),
        ("14 日", "2024-09-15", "2024-09-14", None),
        ("1 月 8 日至 9 日", "2024-01-10", "2024-01-09", "2024-01-08"),
        ("1 月 8 日 至 9 日", "2024-01-10", "2024-01-09", "2024-01-08"),
        ("10 月 26 至 27 日", "2023-11-29", "2023-10-27", "2023-10-26"),
        ("民國113年1月8日", "2026-01-10", "2024-01-08", None),
        ("民国113年", "2026-01-10", "2024", None),
        ("民國一一三年一月八日", "2026-01-10", "2024-01-08", None),
        ("民國九十七年", "2026-01-10", "2008", None),
        ("民國一百一十三年", "2026-01-10", "2024", None),
        ("上年11月", "2024-03-01", "2023-11", None),
        ("November 15, 16, and 17", "2023-11-20", "2023-11-17", "2023-11-15"),
        ("15, 16 and 17 November", "2023-11-20", "2023-11-17", "2023-11-15"),
        ("Nov. 29-Dec. 1", "2024-12-03", "2024-12-01", "2024-11-29"),
        ("29 November – 1 December 2024", "2026-03-03", "2024-12-01", "2024-11-29"),
        ("from 29 November to 1 December", "2024-12-03", "2024-12-01", "2024-11-29"),
        ("November 15, 16, 2023", "2026-03-03", "2023-11-16", "2023-11-15"),
        ("2024-01-08 to 2024-01-09", "2026-03-03", "2024-01-09", "2024-01-08"),
        ("2024年1月8日至9日", "2026-03-03", "2024-01-09", "2024-01-08"),
        ("民國113年1月8日至9日", "2026-03-03", "2024-01-09", "2024-01-08"),
        ("December 30, 2024, to January 2, 2025,", "2026-03-03", "2025-01-02", "2024-12-30"),
        ("Aug. 5 last year", "2023-10-12", "2022-08-05", None),
        ("Aug. 5 of last year", "2023-10-12", "2022-08-05", None),
        ("5 August last year", "2023-10-12", "2022-08-05", None),
        ("in November last year", "2024-11-15", "2023-11", None),
        ("in May last year", "2024-06-15", "2023-05", None),
        ("Monday of last week", "2024-05-28", "2024-05-20", None),
        ("Monday last week", "2024-05-28", "2024-05-20", None),
        ("last week's Monday", "2024-05-28", "2024-05-20", None),
        ("Tuesday through Thursday of last week", "2025-11-24", "2025-11-20", "2025-11-18"),
    ],
)
def test_a_report_means_the_day_on_or_before_publication(text: str, published: str, value: str, first: str | None):
    span = only(text, published).past
    assert (span.value.value, span.first and span.first.isoformat()) == (value, first)


@pytest.mark.parametrize(
    ("text", "published", "value"),
    [
        ("on Thursday", "2025-10-26", "2025-10-30"),
        ("next Monday", "2023-11-01", "2023-11-06"),
        ("tomorrow", "2024-05-13", "2024-05-14"),
        ("in April", "2025-11-25", "2026-04"),
        ("Jan. 5", "2025-12-20", "2026-01-05"),
        ("by the end of the year", "2024-05-31", "2024"),
        ("明年4月", "2025-11-25", "2026-04"),
        ("十五日至十七日", "2026-03-13", "2026-03-17"),
        ("3日", "2024-08-28", "2024-09-03"),
        ("7月26日至28日前往", "2023-07-20", "2023-07-28"),
        ("年底前举行", "2024-06-01", "2024"),
        ("at the end of the month", "2023-10-12", "2023-10"),
        ("later this month", "2023-10-12", "2023-10"),
        ("下周", "2024-05-25", "2024-05"),
        ("后天", "2024-05-13", "2024-05-15"),
        ("大后天", "2024-05-13", "2024-05-16"),
        ("the day after tomorrow", "2024-05-13", "2024-05-15"),
        ("on Thursday of next week", "2023-11-28", "2023-12-07"),
        ("in January next year", "2026-01-12", "2027-01"),
        ("改在5月14、15两日", "2026-03-26", "2026-05-15"),
    ],
)
def test_an_announcement_means_the_day_on_or_after_publication(text: str, published: str, value: str):
    assert only(text, published).future.value.value == value


@pytest.mark.parametrize(
    "text",
    [
        "访华最后一日",
        "the 16th talks",
        "it may be so",
        "Dong Jun spoke",
        "Feb. 30",
        "13月40日",
        "12345",
        "第20届",
        "3比2",
        "领事馆路16号",
        "未来几个月内",
        "须在30日内答复",
        "三十日内交回",
        "72小时内",
        "行程为期七日",
        "第 14 日",
        "5日前答复",
        "今后天气",
        "目前天气",
        "十几年来",
        "the 19th in the series",
        "the 19th in a line of talks",
        "the 19th in as many years",
        "the 19th such meeting",
        "the 19th round",
        "more than a hundred years ago",
        "half a year ago",
        "民国时期",
        "民國一二三四五六年",
        "a hundred and twenty years ago",
        "years ago",
        "version 1.2.2024.1",
        "v2024.01.09",
        "S/2024/1/9",
        "+1-2024-01-0099",
        "$1/9/2024",
        "2024-13-09",
        "31/31/2024",
        "2024/25",
        "9/11",
    ],
)
def test_what_only_looks_like_a_date_is_none(text: str):
    assert find_dates(fold(text).lower, date(2024, 1, 1)) == []


@pytest.mark.parametrize(
    ("text", "published", "values"),
    [
        ("23日说，隔天再谈", "2026-02-24", ["2026-02-23", "2026-02-24"]),
        ("31日见面，当晚又谈", "2025-11-02", ["2025-10-31", "2025-10-31"]),
        ("当晚", "2025-11-02", ["2025-11-02"]),
    ],
)
def test_a_day_after_another_is_counted_from_it(text: str, published: str, values: list[str]):
    found = find_dates(fold(text).lower, date.fromisoformat(published))
    assert [mention.past.value.value for mention in found] == values


@pytest.mark.parametrize(
    ("text", "published", "value", "vague"),
    [
        ("two days ago", "2024-06-06", "2024-06-04", False),
        ("a day ago", "2024-06-06", "2024-06-05", False),
        ("12 days ago", "2024-06-06", "2024-05-25", False),
        ("two hours ago", "2024-06-06", "2024-06-06", False),
        ("48 hours ago", "2024-06-06", "2024-06-04", False),
        ("minutes ago", "2024-06-06", "2024-06-06", False),
        ("moments ago", "2024-06-06", "2024-06-06", False),
        ("a few days ago", "2024-06-02", "2024-05", True),
        ("three weeks ago", "2024-06-06", "2024-05", True),
        ("a week ago", "2024-06-16", "2024-06", True),
        ("a month ago", "2024-01-16", "2023-12", False),
        ("15 months ago", "2023-11-16", "2022-08", False),
        ("three years ago", "2024-06-06", "2021", False),
        ("twenty-three years ago", "2024-04-01", "2001", False),
        ("two decades ago", "2024-04-01", "2004", False),
        ("the day before yesterday", "2024-06-06", "2024-06-04", False),
        ("half an hour ago", "2024-06-06", "2024-06-06", False),
        ("late last week", "2024-06-13", "2024-06", True),
        ("两天前", "2024-06-06", "2024-06-04", False),
        ("三天前", "2024-06-06", "2024-06-03", False),
        ("12天前", "2024-06-06", "2024-05-25", False),
        ("两日前", "2024-06-06", "2024-06-04", False),
        ("3小时前", "2024-06-06", "2024-06-06", False),
        ("几天前", "2024-06-02", "2024-05", True),
        ("一周前", "2024-06-16", "2024-06", True),
        ("三个月前", "2024-01-16", "2023-10", False),
        ("三年前", "2024-06-06", "2021", False),
        ("前天", "2024-06-06", "2024-06-04", False),
        ("大前天", "2024-06-06", "2024-06-03", False),
        ("前年", "2024-06-06", "2022", True),
    ],
)
def test_so_long_ago_is_counted_back_from_publication(text: str, published: str, value: str, vague: bool):
    mention = only(text, published)
    assert (mention.past.value.value, mention.vague) == (value, vague)
    assert mention.future == mention.past


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on 2024-01-09", "2024-01-09"),
        ("2024/1/9", "2024-01-09"),
        ("(2024.01.09)", "2024-01-09"),
        ("since 2024-01-09T10:00", "2024-01-09"),
        ("on 1/9/2024.", "2024-01-09"),
        ("on 19/1/2024", "2024-01-19"),
        ("on 09.01.2024,", "2024-01-09"),
        ("于2024-01-09举行", "2024-01-09"),
    ],
)
def test_figures_alone_say_a_day(text: str, value: str):
    mention = only(text, "2026-03-01")
    assert mention.past.value.value == mention.future.value.value == value


def values(text: str, published: str) -> list[str]:
    found = find_dates(fold(text).lower, date.fromisoformat(published))
    return [mention.past.value.value for mention in found]


@pytest.mark.parametrize(
    ("text", "published", "found"),
    [
        ("It met on Jan. 8, 2022, and on Nov. 22 that year.", "2026-01-01", ["2022-01-08", "2022-11-22"]),
        ("Cut in August 2022, taken up on Nov. 22 of that year", "2026-01-01", ["2022-08", "2022-11-22"]),
        ("In 2005 it began. On May 3 of the same year it met.", "2026-01-01", ["2005", "2005-05-03"]),
        ("In 2005 it began, in May the following year it met.", "2026-01-01", ["2005", "2006-05"]),
        ("On Nov. 22 that year", "2026-01-01", ["2025-11-22"]),
        ("2022年8月5日取消。同年11月22日会见", "2026-01-01", ["2022-08-05", "2022-11-22"]),
        ("始于1998年,当年10月会晤,次年1月8日再会", "2026-01-01", ["1998", "1998-10", "1999-01-08"]),
        ("一九八九年七月密访,翌年十二月再访", "2026-01-01", ["1989-07", "1990-12"]),
        ("同年11月22日会见", "2026-01-01", ["2025-11-22"]),
    ],
)
def test_that_year_is_the_one_said_last(text: str, published: str, found: list[str]):
    assert values(text, published) == found


@pytest.mark.parametrize(
    ("text", "published", "found"),
    [
        ("On Aug. 5, 2022, Beijing cut it. On Nov. 22, they met.", "2024-05-20", ["2022-08-05", "2022-11-22"]),
        ("2022年8月5日取消。11月22日,两人会见。", "2024-05-20", ["2022-08-05", "2022-11-22"]),
        ("The talks, cut on Aug. 5, 2022, were held on Jan. 8-9.", "2024-01-10", ["2022-08-05", "2024-01-09"]),
        ("Cut on Aug. 5, 2022, they were held on Nov. 15.", "2024-01-10", ["2022-08-05", "2023-11-15"]),
        ("Cut on Aug. 5, 2022, they are due on Sept. 15.", "2024-08-10", ["2022-08-05", "2023-09-15"]),
        ("Begun in 2008, they met on Nov. 22.", "2024-05-20", ["2008", "2023-11-22"]),
    ],
)
def test_a_day_long_past_is_of_the_year_of_the_date_before_it(text: str, published: str, found: list[str]):
    assert values(text, published) == found


@pytest.mark.parametrize(
    ("text", "published", "found"),
    [
        ("10月,双方27日会谈", "2023-12-20", ["2023-10", "2023-10-27"]),
        ("2023年10月,王毅访美,于27日会见", "2024-02-20", ["2023-10", "2023-10-27"]),
        ("10月份出口增长,商务部27日公布", "2023-11-27", ["2023-10", "2023-11-27"]),
        ("文本七月签字。蒋斌25日说", "2026-06-25", ["2025-07", "2026-06-25"]),
    ],
)
def test_a_bare_day_is_of_the_month_that_its_sentence_names_unless_it_is_of_the_news(
    text: str, published: str, found: list[str]
):
    assert values(text, published) == found


def test_long_texts_are_read_in_time_that_grows_with_them():
    for piece in (
        "3、4、",
        "5月3、",
        "3-4-",
        "2024-1-",
        "同年1月2日",
        "nov. 1, 2, ",
        "1 nov - ",
        "in may ",
        "一二三、",
    ):
        short, long = (min(timed(piece * many) for _ in range(2)) for many in (500, 4_000))
        assert long < 40 * short, piece


def timed(text: str) -> float:
    start = process_time()
    find_dates(text, date(2024, 1, 10))
    return process_time() - start


def test_weekdays_told_in_a_row_go_on_into_the_week_to_come():
    text = "He leaves tomorrow. On Wednesday he goes to Busan. On Thursday he will meet the president."
    found = find_dates(fold(text).lower, date(2025, 10, 23))
    assert [m.future.value.value for m in found] == ["2025-10-24", "2025-10-29", "2025-10-30"]
    alone = only("He will meet the president on Thursday", "2025-10-23")
    assert alone.future.value.value == "2025-10-23"
