"""What is proposed for a page of which nothing is known reads the same as what a person would write."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.feeds.layouts import CHINESE, LAYOUTS, Layout, around
from tracker.feeds.listing import read_listing
from tracker.feeds.propose import named_feeds, propose
from tracker.model import Item

BASE = "https://ministry.example/news/index.html"


def read(page: str, how) -> tuple[Item, ...]:
    return read_listing(
        page.encode(),
        content_type="text/html; charset=utf-8",
        base_url=BASE,
        select=how.select,
        date_format=how.date_format,
        timezone="Asia/Shanghai",
    ).items


def told(items: tuple[Item, ...]) -> list[tuple[object, ...]]:
    return [(item.guid, item.url, item.title, item.published) for item in items]


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_proposal_reads_the_same_items_as_one_written_by_hand(name: str):
    layout: Layout = LAYOUTS[name]()
    proposed = propose(layout.page)
    by_hand = read(layout.page, layout)
    assert all(item.published for item in by_hand)
    assert len(by_hand) >= 8
    assert told(read(layout.page, proposed)) == told(by_hand)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_proposal_stands_when_items_go(name: str):
    layout: Layout = LAYOUTS[name]()
    proposed = propose(layout.page)
    assert "nth" not in str(proposed)
    page = BeautifulSoup(layout.page, "lxml")
    for gone in page.select(layout.select.item)[:2]:
        gone.decompose()
    assert told(read(str(page), proposed)) == told(read(str(page), layout)) != []


def test_a_list_without_dates_is_proposed_where_there_is_no_better_one():
    rows = "".join(
        f'<div class="entry"><a href="/r/{n}">Press release number {n} of the year</a></div>' for n in range(6)
    )
    proposed = propose(around("en", "Releases", f"<section>{rows}</section>", others=False))
    assert (proposed.select.item, proposed.select.date, proposed.date_format) == ("div.entry", None, None)


@pytest.mark.parametrize(
    ("dates", "form"),
    [
        (("01/09/2024", "01/08/2024", "02/07/2024"), None),
        (("01/09/2024", "01/28/2024", "02/07/2024"), "%m/%d/%Y"),
        (("09/01/2024", "28/01/2024", "07/02/2024"), "%d/%m/%Y"),
        (("2024-01-09 08:30", "2024-01-08 16:20", "2024-01-07 09:00"), "%Y-%m-%d %H:%M"),
        (("发布时间：2024年1月9日", "发布时间：2024年1月8日", "发布时间：2024年1月7日"), "%Y年%m月%d日"),
    ],
)
def test_a_form_of_dates_is_proposed_only_where_it_is_sure(dates: tuple[str, ...], form: str | None):
    rows = "".join(f"<li><a href=/{n}>{CHINESE[n]}</a><i class=t>{date}</i></li>" for n, date in enumerate(dates))
    assert propose(f"<ul id=list>{rows}</ul>").date_format == form


@pytest.mark.parametrize(
    "page",
    [
        "",
        "plain words",
        around("en", "Sign in", '<form><input type="password"></form>', others=False),
        around("en", "One release", "<h1>Talks held</h1><p>Officials met on January 9, 2024.</p>", others=False),
        "<ul>" + "<li><a href='javascript:x()'>Press release of the ministry</a></li>" * 9 + "</ul>",
        "<div class=x>" * 9_000,
        "<a href=/x>Press release of the ministry" * 9_000,
        "<li><i>" * 1_000_000,
        "<o:p class=\"a:b 'c'\"><a href=/1>Press release of the ministry</a></o:p>" * 5,
    ],
    ids=range(9),
)
def test_a_page_without_a_list_makes_no_proposal(page: str):
    assert propose(page) is None


def test_a_page_names_its_feeds_but_not_those_of_comments():
    head = """<head><link rel="alternate" type="application/rss+xml" title="News &raquo; Feed" href="/feed/">
    <link rel="alternate" type="application/rss+xml" title="News &raquo; Comments Feed" href="/comments/feed/">
    <link rel="ALTERNATE home" type="application/atom+xml; charset=utf-8" href="atom.xml">
    <link rel="alternate" hreflang="zh" href="/zh/"><link rel="stylesheet" href="/x.css">
    <link rel="alternate" type="application/feed+json" href="javascript:x">
    <link rel="alternate" type="application/rss+xml" href="/feed/">
    </head>"""
    assert named_feeds(head, BASE) == ["https://ministry.example/feed/", "https://ministry.example/news/atom.xml"]
