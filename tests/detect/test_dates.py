"""Date expressions against the day of publication."""

from __future__ import annotations

from datetime import date

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


def test_weekdays_told_in_a_row_go_on_into_the_week_to_come():
    text = "He leaves tomorrow. On Wednesday he goes to Busan. On Thursday he will meet the president."
    found = find_dates(fold(text).lower, date(2025, 10, 23))
    assert [m.future.value.value for m in found] == ["2025-10-24", "2025-10-29", "2025-10-30"]
    alone = only("He will meet the president on Thursday", "2025-10-23")
    assert alone.future.value.value == "2025-10-23"
