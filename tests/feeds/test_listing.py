"""HTML pages that list releases: what selectors find, how dates are read, and what is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracker.feeds.address import MAX_URL
from tracker.feeds.entry import MAX_GUID, MAX_ITEMS
from tracker.feeds.failure import Kind, NotAFeed
from tracker.feeds.listing import MAX_TAGS, read_listing
from tracker.feeds.parse import Parsed
from tracker.model import Item, Selectors

BASE = "https://ministry.example/news/index.html"
SELECT = Selectors(item="ul.news li", link="a", title="a", date="small")


def read(
    rows: str | bytes,
    select: Selectors = SELECT,
    date_format: str | None = None,
    timezone: str = "Asia/Shanghai",
    content_type: str | None = None,
) -> Parsed:
    body = rows if isinstance(rows, bytes) else page(rows)
    return read_listing(
        body, content_type=content_type, base_url=BASE, select=select, date_format=date_format, timezone=timezone
    )


def page(rows: str, title: str = "News &amp; remarks", head: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{rows}</body></html>".encode()


def listed(*rows: str) -> str:
    return "<ul class=news>" + "".join(f"<li>{row}</li>" for row in rows) + "</ul>"


def row(date: str, link: str = "a.html", title: str = "Talks held") -> str:
    return f'<a href="{link}">{title}</a><small>{date}</small>'


def refused(rows: str | bytes, **over) -> NotAFeed:
    with pytest.raises(NotAFeed) as caught:
        read(rows, **over)
    assert caught.value.sentence.endswith(".")
    assert caught.value.remedy.endswith(".")
    return caught.value


def day_of(date: str, **over) -> datetime | None:
    return read(listed(row(date)), **over).items[0].published


def test_items_have_absolute_links_plain_titles_dates_and_the_canonical_address_as_guid():
    parsed = read(listed(row("2024-01-09", "../a.html?utm_source=x#top", " Talks <b>held</b>\n &amp; closed ")))
    assert (parsed.format, parsed.title, parsed.flaw) == ("listing", "News & remarks", None)
    assert parsed.items == (
        Item(
            guid="https://ministry.example/a.html",
            url="https://ministry.example/a.html?utm_source=x#top",
            title="Talks held & closed",
            summary="",
            published=datetime(2024, 1, 8, 16, tzinfo=UTC),
            published_raw="2024-01-09",
        ),
    )


def test_links_are_relative_to_the_base_that_the_page_declares():
    body = page(listed(row("2024-01-09")), head='<base href="/other/">')
    assert read(body).items[0].url == "https://ministry.example/other/a.html"


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("2024-01-09", None),
        ("（2024-01-09）", None),
        ("[ 2024/1/9 ]", None),
        ("2024年1月9日", None),
        ("9 January 2024", None),
        ("January 9, 2024", "%B %d, %Y"),
        ("Posted on Jan  9, 2024 by staff", "%b %d, %Y"),
        ("（2024-01-09）", "（%Y-%m-%d）"),
        ("(2024-01-09)", "（%Y-%m-%d）"),
        ("发布时间：２０２４－０１－０９", "%Y-%m-%d"),
        ("2024.01.09 来源：外交部", "%Y.%m.%d"),
        ('<time datetime="2024-01-09T00:00:00+08:00">yesterday</time>', None),
        ('<time datetime="2024-01-09T00:00:00+08:00">yesterday</time>', "%Y-%m-%d"),
    ],
)
def test_a_date_is_read_with_words_and_brackets_around_it(written: str, form: str | None):
    assert day_of(written, date_format=form) == datetime(2024, 1, 8, 16, tzinfo=UTC)


def test_a_date_that_names_its_zone_is_not_taken_for_a_local_one():
    assert day_of("2024-01-09 07:30 +0000", date_format="%Y-%m-%d %H:%M %z") == datetime(2024, 1, 9, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("written", ["2024-13-09", "2024-02-30", "12024-01-099", "soon", ""])
def test_a_day_that_does_not_exist_is_not_guessed(written: str):
    parsed = read(listed(row(written), row("2024-01-09", "b.html")), date_format="%Y-%m-%d")
    assert parsed.items[0].published is None
    assert parsed.flaw is None


def test_a_date_in_the_items_own_text_is_found_beside_a_title_that_names_another_day():
    select = Selectors(item="ul.news li", link="a", title="a")
    rows = listed('<a href="a.html">2024年1月5日（2024-01-05）外交部发言人主持例行记者会</a>（2024-01-09）')
    item = read(rows, select, "（%Y-%m-%d）").items[0]
    assert item.published == datetime(2024, 1, 8, 16, tzinfo=UTC)
    assert item.published_raw == "（2024-01-09）"


def test_a_date_within_the_headlines_element_is_no_part_of_the_headline():
    (item,) = read(listed('<a href="a"><h3>Talks held</h3><small>2024-01-09</small></a>')).items
    assert (item.title, item.published) == ("Talks held", datetime(2024, 1, 8, 16, tzinfo=UTC))


def test_dates_that_all_fail_are_a_flaw_that_shows_one_and_says_what_to_correct():
    parsed = read(listed(row("9 Jan 2024"), row("8 Jan 2024", "b.html")), date_format="%Y-%m-%d")
    assert [item.published for item in parsed.items] == [None, None]
    assert parsed.flaw == (
        "No date could be read: the page writes “9 Jan 2024”, and date_format “%Y-%m-%d” does not fit. "
        "Correct date_format or select.date."
    )
    assert "nothing matches select.date “small”" in read(listed('<a href="a">T</a>')).flaw
    assert "needs a date_format" in read(listed(row("someday"))).flaw
    for yearless in ("11-21", "11月21日"):
        told = read(listed(row(yearless))).flaw
        assert f"the page writes “{yearless}”, which names no year. Write under select.date where the year" in told


def test_a_headline_that_was_cut_to_fit_is_read_whole():
    whole = "Ministry spokesperson answers a question about the talks"
    rows = listed(f'<a href="a" title="{whole}">Ministry spokesperson ans…</a><small>2024-01-09</small>')
    assert read(rows).items[0].title == whole


def test_a_card_that_is_itself_the_link_is_an_item():
    select = Selectors(item="a.card", link="a.card", title="h3")
    (item,) = read('<a class=card href="/x"><h3>Talks</h3><time datetime="2024-01-09">9.1.</time></a>', select).items
    assert (item.url, item.title) == ("https://ministry.example/x", "Talks")
    assert item.published == datetime(2024, 1, 8, 16, tzinfo=UTC)


def test_rows_without_link_or_words_and_repeated_ones_are_left_out():
    rows = listed("<b>2024</b>", row("2024-01-09"), '<a href="b"></a>', '<a href="javascript:x()">J</a>',
                  row("2024-01-09", "a.html?utm_medium=x", "Talks held (again)"))  # fmt: skip
    assert [item.title for item in read(rows).items] == ["Talks held"]


def test_an_item_within_an_item_is_part_of_it():
    rows = "<ul class=news><li><a href=a>One</a><ul><li><a href=b>Within</a></li></ul></li></ul>"
    assert [item.title for item in read(rows).items] == ["One"]


def test_the_first_five_hundred_items_are_read():
    assert len(read(listed(*(row("2024-01-09", f"{n}.html") for n in range(MAX_ITEMS + 9)))).items) == MAX_ITEMS


def test_an_address_too_long_for_a_guid_is_hashed():
    (item,) = read(listed(row("2024-01-09", "a" * (MAX_GUID + 1)))).items
    assert item.guid.startswith("sha256:")
    refused(listed(row("2024-01-09", "a" * (MAX_URL + 1))))


@pytest.mark.parametrize("charset", ["gb2312", "gbk", "gb18030"])
def test_a_page_that_says_gb2312_is_read_as_gb18030(charset: str):
    body = page(
        listed(row("2024-01-09", title="中美举行第17次国防部工作会晤，朱镕基")), head=f"<meta charset={charset}>"
    )
    assert read(body.decode().encode("gb18030")).items[0].title == "中美举行第17次国防部工作会晤，朱镕基"


def test_a_page_on_which_the_selector_matches_nothing_is_refused_with_the_selector():
    error = refused("<main><a href=a>Elsewhere</a></main>")
    assert error.kind == Kind.NO_ITEMS
    assert str(error) == (
        "The page called “News & remarks” holds nothing that select.item “ul.news li” matches. "
        "The site may have been rebuilt: open the url and write the new selectors under select."
    )


def test_a_robot_page_and_a_sign_in_page_are_named_as_such():
    assert refused("<p>Checking your browser before access</p>").kind == Kind.BOT_WALL
    assert refused("<form><input type=password></form>").kind == Kind.SIGN_IN
    assert "访问验证" in str(refused(page("", title="访问验证")))


def test_a_whole_site_that_offers_to_sign_in_is_no_sign_in_page():
    site = "<a href=/login>登录</a>" + "".join(f"<a href=/{n}>{n}</a>" for n in range(40))
    assert refused(site).kind == Kind.NO_ITEMS


def test_items_without_links_are_refused_with_the_selector():
    error = refused(listed("<b>One</b>", "<b>Two</b>"))
    assert error.kind == Kind.NO_ITEMS
    assert "2 items “ul.news li”, and none of them holds a link “a”" in error.sentence


@pytest.mark.parametrize("body", [b'<?xml version="1.0"?><rss version="2.0"><channel/></rss>', b'{"items": []}'])
def test_a_feed_under_the_address_of_a_listing_says_what_to_write(body: bytes):
    error = refused(body)
    assert error.kind == Kind.WRONG_KIND
    assert "kind: feed" in error.remedy


def test_an_empty_page_and_one_of_too_many_tags_are_refused():
    assert "empty" in refused(b" \n").sentence
    assert f"{MAX_TAGS:,} tags" in refused("<i>" * (MAX_TAGS + 1)).sentence


@pytest.mark.parametrize(
    "hostile",
    [
        "<ul class=news>" + "<li><div>" * 14_000,
        "<ul class=news><li><a " + " ".join(f"a{n}" for n in range(150_000)) + ">",
        "<ul class=news>" + "<li><p><b><i>" * 7_000,
        "<table><tr><td>" * 9_000,
    ],
    ids=["deep", "attributes", "misnested", "tables"],
)
def test_hostile_pages_end_in_a_reading_or_a_refusal(hostile: str):
    try:
        parsed = read(hostile)
    except NotAFeed:
        return
    assert len(parsed.items) <= 1
