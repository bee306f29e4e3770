"""What cache headers promise, good and bad."""

from datetime import timedelta

import pytest
from requests.structures import CaseInsensitiveDict

from tracker.feeds.freshness import LONGEST, fresh_for, good_for

DATE = "Tue, 09 Jan 2024 12:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        ({"cache-control": "max-age=3600"}, 3600),
        ({"Cache-Control": 'public, MAX-AGE = "60", must-revalidate'}, 60),
        ({"Cache-Control": "s-maxage=600"}, 0),
        ({"Cache-Control": "max-age=3600", "Age": "600"}, 3000),
        ({"Cache-Control": "max-age=60", "Age": "600"}, 0),
        ({"Cache-Control": "max-age=60", "Age": "old"}, 60),
        ({"Cache-Control": "no-cache, max-age=3600"}, 0),
        ({"Cache-Control": "no-store"}, 0),
        ({"Cache-Control": "max-age=-1"}, 0),
        ({"Cache-Control": "max-age=" + "9" * 400}, LONGEST.total_seconds()),
        ({"Cache-Control": "max-age=60", "Expires": "Tue, 09 Jan 2024 13:00:00 GMT", "Date": DATE}, 60),
        ({"Expires": "Tue, 09 Jan 2024 13:00:00 GMT", "Date": DATE}, 3600),
        ({"Expires": "Tue, 09 Jan 2024 11:00:00 GMT", "Date": DATE}, 0),
        ({"Expires": "Fri, 31 Dec 9999 23:59:59 -2300", "Date": DATE}, LONGEST.total_seconds()),
        ({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"Expires": "Mon, 30 Nov 99999999999999999999 10:00:00 GMT"}, 0),
        ({"Expires": "0"}, 0),
        ({"Expires": "-1", "Cache-Control": "private"}, 0),
    ],
)
def test_freshness_table(headers, seconds):
    assert fresh_for(CaseInsensitiveDict(headers)) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("told", "minutes"),
    [
        ({}, 0),
        ({"ttl": "60"}, 60),
        ({"ttl": " 60\n", "period": "daily"}, 60),
        ({"ttl": "0", "period": "hourly"}, 60),
        ({"ttl": "-5"}, 0),
        ({"ttl": "1.5"}, 0),
        ({"ttl": "soon"}, 0),
        ({"ttl": "٣"}, 0),
        ({"ttl": "9" * 400}, LONGEST.total_seconds() / 60),
        ({"period": "hourly"}, 60),
        ({"period": " Hourly ", "frequency": "2"}, 30),
        ({"period": "daily", "frequency": "0"}, 24 * 60),
        ({"period": "weekly", "frequency": "14"}, 12 * 60),
        ({"period": "yearly"}, LONGEST.total_seconds() / 60),
        ({"period": "sometimes", "frequency": "2"}, 0),
        ({"frequency": "2"}, 0),
    ],
)
def test_what_a_feed_says_of_itself(told, minutes):
    assert good_for(**told) == timedelta(minutes=minutes)
