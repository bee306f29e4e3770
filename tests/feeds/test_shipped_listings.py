"""Every listing that ships, read by its own selectors from a page of our own writing in the same layout."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config.load import load_relationships
from tests.config.conftest import SHIPPED
from tracker.feeds.address import canonical_url, is_template, page_address
from tracker.feeds.fetch import Fetched
from tracker.feeds.source import read_source
from tracker.model import Feed

SAMPLES = Path(__file__).parent.parent / "samples" / "listings"
LISTINGS = [feed for pack in load_relationships(SHIPPED) for feed in pack.feeds if feed.select]

MND = "http://www.mod.gov.cn/gfbw/xwfyr"
MFA = "https://www.mfa.gov.cn/web/wjdt_674879/fyrbt_674889"
WHITE_HOUSE = "https://www.whitehouse.gov"

EXPECTED = {
    "state-listing": [
        (
            "Sample: Working Group on Counternarcotics Meets in Beijing",
            "https://www.state.gov/sample-working-group-meets/",
            "2024-01-30T00:00",
        ),
        (
            "Sample: Secretary’s Call with the Foreign Minister",
            "https://www.state.gov/sample-call-with-the-foreign-minister/",
            "2024-01-09T00:00",
        ),
        ("Sample: A Travel Advisory", "https://www.state.gov/sample-travel-advisory/", "2023-12-28T00:00"),
    ],
    "whitehouse-news": [
        (
            "Sample: Readout of the National Security Advisor’s Meeting in Bangkok",
            f"{WHITE_HOUSE}/briefings-statements/2024/01/sample-readout-of-a-meeting/",
            "2024-01-27T07:15",
        ),
        ("Sample: A Proclamation", f"{WHITE_HOUSE}/articles/2023/12/sample-proclamation/", "2023-12-31T20:30"),
    ],
    "mnd-remarks": [
        (
            "国防部新闻发言人就中美两军工作层沟通答记者问（示例）",
            f"{MND}/fyrthhdjzw/16280101.html",
            "2024-01-10T00:00",
        ),
        ("国防部：中方对两军关系持开放态度（示例）", f"{MND}/fyrthhdjzw/16279004.html", "2023-12-28T00:00"),
        (
            "2023年12月21日国防部发言人介绍视频通话情况（示例）",
            f"{MND}/fyrthhdjzw/16275002.html",
            "2023-12-22T00:00",
        ),
    ],
    "mnd-news": [
        ("第17次中美国防部工作会晤在华盛顿举行（示例）", f"{MND}/yzxwfb/16280090.html", "2024-01-10T00:00"),
        ("中美两军联合参谋部领导视频通话（示例）", f"{MND}/yzxwfb/16274410.html", "2023-12-21T00:00"),
    ],
    "mnd-press-conference": [
        ("2024年1月国防部例行记者会文字实录（示例）", f"{MND}/lxjzh_246940/202401/t1.html", "2024-01-25T00:00"),
        ("2023年12月国防部例行记者会文字实录（示例）", f"{MND}/lxjzh_246940/202312/t2.html", "2023-12-28T00:00"),
    ],
    "mnd-special": [
        ("国防部就防务磋商举行专题吹风会（示例）", f"{MND}/ztjzh/16231001.html", "2023-06-03T00:00"),
        ("国防白皮书专题新闻发布会（示例）", f"{MND}/ztjzh/16180220.html", "2019-07-24T00:00"),
    ],
    "mfa-spokesperson": [
        ("外交部发言人就中美商定对话答记者问（示例）", f"{MFA}/202401/t20240109_11220001.shtml", "2024-01-09T00:00"),
        (
            "2024年1月5日外交部发言人主持例行记者会（示例）",
            f"{MFA}/202401/t20240105_11220002.shtml",
            "2024-01-05T00:00",
        ),
        ("外交部发言人介绍磋商情况（示例）", f"{MFA}/202312/t20231229_11220003.shtml", "2023-12-29T00:00"),
    ],
}

OLDER = {
    "state-listing": "https://www.state.gov/press-releases/page/2/",
    "whitehouse-news": f"{WHITE_HOUSE}/news/page/2/",
    "mnd-remarks": f"{MND}/fyrthhdjzw/index_1.html",
    "mnd-news": f"{MND}/yzxwfb/index_1.html",
    "mnd-press-conference": f"{MND}/lxjzh_246940/index_1.html",
    "mnd-special": f"{MND}/ztjzh/index_1.html",
    "mfa-spokesperson": f"{MFA}/index_1.shtml",
}


@pytest.mark.parametrize("feed", LISTINGS, ids=lambda feed: feed.slug)
def test_a_shipped_listing_reads_its_layout(feed: Feed):
    body = (SAMPLES / f"{feed.slug}.html").read_bytes()
    known = {item_url for _, item_url, _ in EXPECTED[feed.slug]}
    page = Fetched(200, feed.url, None, body, "text/html", None, None)
    parsed = read_source(feed, page, get=_nothing, known=[canonical_url(url) for url in known])
    assert parsed.flaw is None
    zone = ZoneInfo(feed.timezone)
    read = [(i.title, i.url, i.published.astimezone(zone).strftime("%Y-%m-%dT%H:%M")) for i in parsed.items]
    assert read == EXPECTED[feed.slug]


@pytest.mark.parametrize("feed", LISTINGS, ids=lambda feed: feed.slug)
def test_a_shipped_listing_knows_where_its_older_releases_are(feed: Feed):
    assert is_template(feed.next)
    assert page_address(feed.next, feed.url, 2) == OLDER[feed.slug]


def _nothing(url: str) -> Fetched:
    raise AssertionError(f"{url} is not to be asked for: everything on the first page was known")
