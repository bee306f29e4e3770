"""Dates as feeds write them: read as meant, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.feeds.dates import read_date


@pytest.mark.parametrize(
    ("raw", "zone", "utc"),
    [
        ("Wed, 03 Aug 2022 10:20:30 +0800", "UTC", "2022-08-03T02:20:30"),
        ("Wed, 03 Aug 2022 10:20:30 +0800 (CST)", "UTC", "2022-08-03T02:20:30"),
        ("Wed, 3 Aug 2022 10:20 GMT", "Asia/Shanghai", "2022-08-03T10:20:00"),
        ("3 August 2022", "UTC", "2022-08-03T00:00:00"),
        ("03 Aug 22 10:20:30 Z", "UTC", "2022-08-03T10:20:30"),
        ("03 Aug 99 10:20:30 UT", "UTC", "1999-08-03T10:20:30"),
        ("Wednesday, 03-Aug-2022 10:20:30 UTC", "UTC", "2022-08-03T10:20:30"),
        ("Wed, 03 Aug 2022 10:20:30", "Asia/Shanghai", "2022-08-03T02:20:30"),
        ("Wed, 03 Aug 2022 10:20:30 EST", "Asia/Shanghai", "2022-08-03T15:20:30"),
        ("Wed, 03 Aug 2022 10:20:30 EDT", "UTC", "2022-08-03T14:20:30"),
        ("Wed, 03 Aug 2022 10:20:30 CST", "Asia/Shanghai", "2022-08-03T02:20:30"),
        ("Wed, 03 Aug 2022 10:20:30 CST", "Asia/Taipei", "2022-08-03T02:20:30"),
        ("Wed, 03 Aug 2022 10:20:30 CST", "America/New_York", "2022-08-03T16:20:30"),
        ("Wed Aug 03 10:20:30 CST 2022", "Asia/Shanghai", "2022-08-03T02:20:30"),
        ("Wed, 03 Aug 2022 10:20:30 GMT+0800", "UTC", "2022-08-03T02:20:30"),
        ("2022-08-03", "Asia/Shanghai", "2022-08-02T16:00:00"),
        ("2022-08-03", "America/New_York", "2022-08-03T04:00:00"),
        ("2022-08-03 10:20", "Asia/Shanghai", "2022-08-03T02:20:00"),
        ("2022-08-03 10:20:30", "UTC", "2022-08-03T10:20:30"),
        ("2022-08-03T10:20:30Z", "Asia/Shanghai", "2022-08-03T10:20:30"),
        ("2022-08-03T10:20:30.123456+08:00", "UTC", "2022-08-03T02:20:30"),
        ("2022-08-03T10:20-0400", "UTC", "2022-08-03T14:20:00"),
        ("2022-08-03T10:20:60Z", "UTC", "2022-08-03T10:20:59"),
        ("2022-08-03T24:00:00Z", "UTC", "2022-08-04T00:00:00"),
        ("2022年8月3日24:00", "Asia/Shanghai", "2022-08-03T16:00:00"),
        ("2022/08/03", "UTC", "2022-08-03T00:00:00"),
        ("2022/8/3 9:05", "Asia/Shanghai", "2022-08-03T01:05:00"),
        ("2022年8月3日", "Asia/Shanghai", "2022-08-02T16:00:00"),
        ("2022年08月03日 10:20", "Asia/Shanghai", "2022-08-03T02:20:00"),
        ("2022年8月3日10时20分", "Asia/Shanghai", "2022-08-03T02:20:00"),
        ("2022年8月3日 10：20：30", "Asia/Shanghai", "2022-08-03T02:20:30"),
        (" 2022-08-03 ", "UTC", "2022-08-03T00:00:00"),
        ("1970-01-01T00:00:00Z", "UTC", "1970-01-01T00:00:00"),
        ("2199-01-01T00:00:00Z", "UTC", "2199-01-01T00:00:00"),
    ],
)
def test_known_forms_are_read_as_meant(raw, zone, utc):
    assert read_date(raw, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "",
        "yesterday",
        "08/03/2022",
        "3.8.2022",
        "2022-08",
        "2022",
        "2022-13-01",
        "2022-02-30",
        "2022年13月3日",
        "20220803",
        "2022-08/03",
        "Wed, 03 Aug 2022 10:20:30 XYZ",
        "Wed, 03 Foo 2022 10:20:30 GMT",
        "Wed, 03 Aug 2022 25:20:30 GMT",
        "2022-08-03T10:20:30+99:00",
        "2022-08-03T24:00:01Z",
        "9999-12-31T24:00:00Z",
        "0000-01-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1" * 10_000,
    ],
)
def test_anything_else_is_unreadable(raw):
    assert read_date(raw, "UTC") is None


@given(st.text(alphabet="0123456789-/:TZ +年月日时分AugCSTWed,", max_size=40))
def test_no_text_makes_it_fail(raw):
    found = read_date(raw, "Asia/Shanghai")
    assert found is None or found.tzinfo is UTC
