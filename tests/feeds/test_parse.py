"""Documents to items: each format, what is no feed, and what would burn the machine."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tracker.feeds import robust
from tracker.feeds.entry import MAX_ITEMS, MAX_SUMMARY, MAX_TITLE
from tracker.feeds.failure import NotAFeed
from tracker.feeds.json_feed import MAX_ENTRIES
from tracker.feeds.parse import MAX_TAGS, Parsed, parse
from tracker.model import Item

BASE = "https://ministry.example/feed"


def read(body: bytes, content_type: str | None = None, timezone: str = "UTC") -> Parsed:
    return parse(body, content_type=content_type, base_url=BASE, timezone=timezone)


def refused(body: bytes) -> NotAFeed:
    with pytest.raises(NotAFeed) as caught:
        read(body)
    assert caught.value.sentence.endswith((".", "'"))
    assert caught.value.remedy.endswith(".")
    return caught.value


def rss(items: str, encoding: str = "utf-8", declared: str | None = None) -> bytes:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f'{declaration}<rss version="2.0"><channel><title>S</title>{items}</channel></rss>'.encode(encoding)


def titled(title: str) -> str:
    return read(rss(f"<item><title><![CDATA[{title}]]></title></item>")).items[0].title


def test_rss_2_0(sample):
    parsed = read(sample("rss-2.0.xml"), timezone="Asia/Shanghai")
    assert (parsed.format, parsed.title, parsed.flaw) == ("rss-2.0", "Sample ministry: releases & remarks", None)
    sentence = (
        "No title here, but a sentence that says enough of what there is to say, and then goes on for a good while"
    )
    hashed = parsed.items[1].guid
    assert hashed.startswith("sha256:")
    assert parsed.items == (
        Item(
            guid="release-1",
            url="https://ministry.example/releases/1?a=1&b=2",
            title="Policy talks held in Washington & closed",
            summary="The two sides met for two days, and agreed to go on.\nOne\nTwo",
            published=datetime(2024, 1, 9, 23, 30, tzinfo=UTC),
            published_raw="Tue, 09 Jan 2024 18:30:00 -0500",
        ),
        Item(hashed, None, "Only a title", "", None, None),
        Item(
            guid="https://ministry.example/releases/3",
            url="https://ministry.example/releases/3",
            title="A teaser shorter than nothing",
            summary="The whole text.",
            published=datetime(2024, 1, 8, 2, 20, tzinfo=UTC),
            published_raw="2024-01-08T10:20:00+08:00",
        ),
        Item(
            guid="https://ministry.example/releases/4",
            url="https://ministry.example/releases/4",
            title="No title here, but a sentence that says enough of what there is to say, and then goes on for a …",
            summary=f"{sentence} longer.",
            published=None,
            published_raw="someday",
        ),
        Item(
            guid="odd-5",
            url=None,
            title="Elements where text was meant",
            summary="First\nSecond",
            published=datetime(2024, 1, 7, 2, 20, tzinfo=UTC),
            published_raw="2024年1月7日 10:20",
        ),
    )


def test_a_chinese_text_without_a_title_is_called_by_its_first_words():
    text = "两国国防部工作会晤在北京举行，双方就共同关心的问题交换了意见。" * 5
    assert read(rss(f"<item><description>{text}</description></item>")).items[0].title == text[:100]


def test_a_title_is_one_line_whatever_its_markup():
    assert titled("<p>Talks</p><p>Held</p>") == "Talks Held"
    atom = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">The&lt;br>Ministry</title><entry>'
        b'<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Talks</p><p>Held</p></div></title></entry></feed>'
    )
    parsed = read(atom)
    assert (parsed.title, parsed.items[0].title) == ("The Ministry", "Talks Held")


def test_rss_1_0(sample):
    parsed = read(sample("rss-1.0.xml"))
    assert (parsed.format, parsed.title) == ("rss-1.0", "Sample ministry")
    assert parsed.items == (
        Item(
            guid="https://ministry.example/r/1",
            url="https://ministry.example/r/1",
            title="国防部：两军热线通话",
            summary="双方举行了视频通话。",
            published=datetime(2023, 12, 21, 12, tzinfo=UTC),
            published_raw="2023-12-21T20:00:00+08:00",
        ),
    )


def test_atom(sample):
    parsed = read(sample("atom.xml"))
    assert (parsed.format, parsed.title) == ("atom", "Sample ministry")
    assert [(item.guid, item.url, item.title, item.summary, item.published_raw) for item in parsed.items] == [
        (
            "urn:sample:1",
            "https://ministry.example/en/one.html",
            "If 5 < 6 & <b> is text",
            "Longer than that.",
            "2024-01-08T23:00:00-05:00",
        ),
        (
            "urn:sample:2",
            "https://ministry.example/en/deep/two.html",
            "Joint Staff call & more",
            "Gen. One spoke.\nFirst\nSecond",
            "2024-01-09T12:00:00Z",
        ),
        ("https://ministry.example/en/three", "https://ministry.example/en/three", "Only a picture", "", "2024-01-09"),
    ]


def test_json_feed(sample):
    parsed = read(sample("feed.json"))
    assert (parsed.format, parsed.title) == ("json-feed", "Sample ministry")
    assert [(item.guid, item.url, item.title, item.summary) for item in parsed.items[:2]] == [
        ("1", "https://ministry.example/1", "Talks 5 < 6", "The talks were held."),
        ("2", "https://ministry.example/2", "A note without a title.", "A note without a title."),
    ]
    assert [(item.url, item.title, item.published) for item in parsed.items[2:]] == [(None, "No id", None)]
    assert parsed.items[0].published == datetime(2024, 1, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("root", "name"),
    [
        ('<rss version="0.91"><channel>', "rss-0.91"),
        ("<rss><channel>", "rss"),
        (
            '<?xml version="1.0"?>\n<!DOCTYPE rss PUBLIC "-//X//DTD" "http://x/rss.dtd">\n<rss version="2.0"><channel>',
            "rss-2.0",
        ),
        ("\n\n Warning: line 3 of index\n<rss version='2.0'><channel>", "rss-2.0"),
    ],
)
def test_the_format_is_read_from_the_root_wherever_it_begins(root, name):
    parsed = read(f"{root}<title>S</title><item><title>A</title></item></channel></rss>".encode())
    assert (parsed.format, [item.title for item in parsed.items]) == (name, ["A"])


def test_a_comment_before_the_root_may_quote_any_markup():
    body = rss("<item><title>Talks</title></item>").replace(b"<rss", b"<!-- no <html> here,\nbut <rss > --><rss", 1)
    parsed = read(body, "text/xml")
    assert ([item.title for item in parsed.items], parsed.flaw) == (["Talks"], None)


def test_a_feed_without_entries_is_a_feed():
    assert read(rss("")).items == ()


def test_a_document_cut_in_the_middle_gives_what_came_and_says_what_is_wrong():
    parsed = read(rss("<item><title>A</title></item>\n<item><title>B</title></item>")[:-20])
    assert [item.title for item in parsed.items][:1] == ["A"]
    assert "not well-formed XML (line 2" in parsed.flaw


@pytest.mark.parametrize("body", [b"", b"  \n ", b"\xef\xbb\xbf", b"\0\0"])
def test_an_empty_body_is_no_feed(body):
    assert "empty" in refused(body).sentence


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("<!DOCTYPE html><title>Press</title>", "HTML page called “Press”"),
        ("<html><form><input type=password></form></html>", "sign-in page"),
        ("<html><title>Just a moment...</title></html>", "keeps robots out"),
        ("<html><body>请完成安全验证</body></html>", "keeps robots out"),
        ("<html><body><code>&lt;rss</code> <rss version='2.0'></rss></html>", "HTML page"),
    ],
)
def test_an_html_page_is_no_feed_and_is_told_by_its_kind(page, words):
    assert words in refused(page.encode()).sentence


def test_a_page_that_names_its_feed_hands_the_address_on():
    page = b'<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml"></head></html>'
    assert refused(page).remedy == "The page names a feed: https://ministry.example/rss.xml."


@pytest.mark.parametrize(
    "body",
    [
        b"plain words",
        b"%PDF-1.7 \xff\xfe",
        b'<?xml version="1.0"?><urlset></urlset>',
        b'{"items": []}',
        b"[]",
        b"{",
        b'{"version": "https://jsonfeed.org/version/1"}',
        b'{"version": ["https://jsonfeed.org/version/1"], "items": []}',
        b"[" * 100_000,
        b'{"version":"https://jsonfeed.org/version/1","items":[{"id":' + b"9" * 5000 + b"}]}",
        b"<rss",
        b"<rss><",
    ],
)
def test_what_is_neither_is_no_feed(body):
    refused(body)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (rss("<item><title>防务磋商〇㐂</title></item>", "gb18030", "gb2312"), "text/xml"),
        (rss("<item><title>防务磋商〇㐂</title></item>", "gb18030"), "text/xml; charset=GBK"),
        (rss("<item><title>防务磋商〇㐂</title></item>", "gb18030", "utf-8"), 'text/xml; charset="gb2312"'),
        (rss("<item><title>防务磋商〇㐂</title></item>", "gb18030", "utf-8"), None),
        (rss("<item><title>防务磋商〇㐂</title></item>", "gb18030"), None),
        (rss("<item><title>防务磋商〇㐂</title></item>", "utf-8", "utf-8"), "text/xml; charset=iso-8859-1"),
        (rss("<item><title>防务磋商〇㐂</title></item>", "utf-8", "gb2312"), "text/xml; charset=utf-8"),
        (rss("<item><title>防务磋商〇㐂</title></item>", "utf-8-sig", "gb2312"), "text/xml; charset=gbk"),
        (rss("<item><title>防务磋商〇㐂</title></item>", "utf-16", "utf-16"), None),
        (rss("<item><title>防务磋商〇㐂</title></item>", "utf-16-be", "utf-16"), None),
        (rss("<item><title>防务磋商〇㐂</title></item>", "utf-8"), "text/xml; charset=base64"),
        (rss("<item><title>防务磋商〇㐂</title></item>", "utf-8"), "text/xml; charset=no-such"),
    ],
)
def test_chinese_is_read_whatever_header_and_declaration_say(body, content_type):
    parsed = read(body, content_type)
    assert [item.title for item in parsed.items] == ["防务磋商〇㐂"]
    assert parsed.flaw is None


TRADITIONAL = "國防部：美國與中國軍方的對話在華府舉行"
SIMPLIFIED = "国防部：中美两军工作会晤在华盛顿举行，双方就关心的问题交换意见"


@pytest.mark.parametrize(
    ("title", "encoding", "declared", "header"),
    [
        (TRADITIONAL, "big5", "big5", None),
        (TRADITIONAL + "啫喱", "big5hkscs", "Big5", None),
        (TRADITIONAL, "big5", None, "big5-hkscs"),
        (TRADITIONAL, "big5", "big5", "utf-8"),
        (TRADITIONAL, "big5", "gb2312", "utf-8"),
        (TRADITIONAL, "big5", "big5", "gb2312"),
        (TRADITIONAL, "big5", None, None),
        (SIMPLIFIED, "gb18030", "big5", "gb2312"),
        (SIMPLIFIED, "gb18030", "gb2312", "big5"),
        (SIMPLIFIED, "gb18030", "utf-8", "utf-16"),
        (SIMPLIFIED, "gb18030", "gb2312", "iso-8859-1"),
        (SIMPLIFIED, "gb18030", None, "windows-1252"),
        (TRADITIONAL, "big5", None, "gb2312"),
        (TRADITIONAL, "big5", None, "iso-8859-1"),
        ("Élysée: déjà vu à Noël, où l’on fête Zoë", "cp1252", None, "iso-8859-1"),
        (SIMPLIFIED, "utf-8", "gb2312", "iso-8859-1"),
        (SIMPLIFIED, "utf-8", "big5", "gb18030"),
        (SIMPLIFIED, "utf-8", "utf-16", "utf-16"),
        (SIMPLIFIED, "utf-16", "gb2312", "utf-8"),
        (SIMPLIFIED, "utf-16-le", "utf-8", "gbk"),
        (SIMPLIFIED, "utf-16-le", None, None),
        (SIMPLIFIED, "utf-16-be", None, "utf-16"),
        ("Reading \\u0041 +AGE- talks–x", "utf-8", None, "unicode_escape"),
        ("Reading \\u0041 +AGE- talks", "utf-8", None, "utf-7"),
        ("日本語", "iso2022_jp", "iso-2022-jp", None),
    ],
)
def test_the_bytes_have_the_last_word_on_their_encoding(title, encoding, declared, header):
    """Header, declaration and bytes may name three encodings: what comes out is what the publisher wrote."""
    body = rss(f"<item><title>{title}</title></item>", encoding, declared)
    parsed = read(body, f"text/xml; charset={header}" if header else None)
    assert [item.title for item in parsed.items] == [title]


def test_json_in_utf_16_without_a_mark_is_read():
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": SIMPLIFIED}]}
    for encoding in ("utf-16-le", "utf-16-be"):
        assert read(json.dumps(feed, ensure_ascii=False).encode(encoding)).items[0].title == SIMPLIFIED


def test_western_text_without_a_name_is_read_as_windows_1252():
    body = rss("<item><title>“Résumé” – talks</title></item>", "cp1252", "iso-8859-1")
    assert read(body).items[0].title == "“Résumé” – talks"


def test_one_damaged_character_does_not_turn_utf_8_into_something_else():
    body = rss("<item><title>" + "磋商" * 50 + "</title></item>").replace("磋".encode(), "磋".encode()[:2], 1)
    assert read(body).items[0].title == "\ufffd商" + "磋商" * 49


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("<script>alert(1)</script>Talks", "Talks"),
        ("<img src=x onerror=alert(1)>Talks", "Talks"),
        ("Talks<svg onload=alert(1)>x</svg>", "Talks"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("a\u202egnp.exe\u2066b\u200bc", "agnp.exebc"),
        ("a\u0085b\u0093c\u0094", "a b“c”"),
        ("line\n\tbreak\u3000wide", "line break wide"),
    ],
)
def test_a_hostile_title_is_plain_words(title, words):
    assert titled(title) == words


def test_lone_surrogates_never_reach_an_item():
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "\ud800", "title": "a\ud800b"}]}
    item = read(json.dumps(feed).encode()).items[0]
    assert item.title == "ab"
    for text in (item.guid, item.title, item.summary):
        text.encode("utf-8")


def test_texts_are_bounded():
    item = read(
        rss(
            f"<item><title>{'t' * 5000}</title><guid>{'g' * 5000}</guid>"
            f"<description>{'d' * 300_000}</description></item>"
        )
    ).items[0]
    assert (len(item.title), len(item.summary)) == (MAX_TITLE, MAX_SUMMARY)
    assert item.guid.startswith("sha256:")


def test_of_a_long_feed_without_dates_the_first_entries_are_read_and_it_is_said():
    parsed = read(rss("".join(f"<item><title>{n}</title></item>" for n in range(MAX_ITEMS + 7))))
    assert (len(parsed.items), parsed.items[0].title, parsed.left_out) == (MAX_ITEMS, "0", 7)
    assert "Of its 507 items 500 are read, and their dates do not tell which are the newest." in parsed.flaw


@pytest.mark.parametrize("order", [1, -1], ids=["oldest first", "newest first"])
@pytest.mark.parametrize("form", ["rss", "json", "damaged"])
def test_of_a_long_feed_the_newest_entries_are_read_wherever_they_stand(order, form):
    newest = [datetime(2020, 1, 8, tzinfo=UTC) + n * timedelta(days=1) for n in range(MAX_ITEMS)][::order]
    oldest = [datetime(2020, 1, 1 + n, tzinfo=UTC) for n in range(7)][::order]
    days = oldest + newest if order == 1 else newest + oldest
    if form == "json":
        entries = [{"title": f"{day:%F}", "date_published": day.isoformat()} for day in days]
        body = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": entries}).encode()
    else:
        body = rss("".join(f"<item><title>{d:%F}</title><pubDate>{d:%F}T00:00:00Z</pubDate></item>" for d in days))
    parsed = read(body.replace(b"</rss>", b"") if form == "damaged" else body)
    assert ([item.published for item in parsed.items], parsed.left_out) == (newest, 7)
    assert (parsed.flaw is None) is (form != "damaged")


def test_an_item_without_a_date_in_a_long_feed_may_be_new_and_is_read():
    dated = "".join(f"<item><title>{n}</title><pubDate>2020-01-01T0{n % 9}:00:00Z</pubDate></item>" for n in range(600))
    parsed = read(rss(f"{dated}<item><title>Undated</title></item>"))
    assert (len(parsed.items), parsed.items[-1].title) == (MAX_ITEMS, "Undated")
    assert "do not tell" in parsed.flaw


def test_a_json_feed_of_very_many_items_is_refused_by_their_number():
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{}] * (MAX_ENTRIES + 1)}
    assert "more than 20,000 items" in refused(json.dumps(feed).encode()).sentence


def entry(guid: str, link: str, title: str, text: str = "", date: str = "2024-01-09") -> str:
    return (
        f"<item><guid isPermaLink='false'>{guid}</guid><link>https://ministry.example{link}</link><title>{title}</title>"
        f"<description>{text}</description><pubDate>{date}</pubDate></item>"
    )


@pytest.mark.parametrize(
    "entries",
    [
        (entry("g", "/1", "Statement", "One."), entry("g", "/2", "Statement", "Two.")),
        (entry("g", "/", "Statement", "One."), entry("g", "/", "Statement", "Two.", "2024-01-10")),
        (entry("g", "/", "One"), entry("g", "/", "Two")),
    ],
    ids=["by address", "by date", "by title"],
)
def test_items_that_share_a_guid_are_told_apart_and_counted(entries):
    one, other = (read(rss("".join(order))) for order in (entries, entries[::-1]))
    assert len({item.guid for item in one.items}) == 2
    assert {item.guid for item in one.items} == {item.guid for item in other.items}
    assert one.sharing == 2


def test_an_item_that_is_listed_twice_is_one():
    one, other = entry("g", "/1", "Statement", "One."), entry("h", "/2", "Another")
    parsed = read(rss(one + other + one))
    assert ([item.guid for item in parsed.items], parsed.sharing) == (["g", "h"], 0)


def test_a_document_that_declares_entities_is_refused():
    laughs = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
    assert "entities" in refused(laughs.encode() + rss("<item><title>&b;</title></item>")).sentence


def test_a_doctype_after_the_root_is_never_obeyed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret words")
    late = f'<!DOCTYPE r [<!ENTITY b SYSTEM "{secret.as_uri()}">]><item><title>&b;</title></item>'
    try:
        shown = str(read(rss(late)))
    except NotAFeed as error:
        shown = str(error)
    assert "secret words" not in shown


def test_a_million_entries_are_refused_by_their_number():
    assert f"{MAX_TAGS:,} tags" in refused(rss("<item/>" * 700_000)).sentence


ATTRIBUTES = " ".join(f"a{n}='>'" for n in range(30_000))


def test_a_sound_document_may_have_huge_attributes():
    assert read(rss(f"<item {ATTRIBUTES}><title>A</title></item>")).items[0].title == "A"


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (f"<item {ATTRIBUTES}><title>A</item>", "a tag of more than"),
        ("<item " + "a" * 9000 + "><title>A</item>", "a tag of more than"),
        ("".join(f"<a xmlns:n{n}='u{n}'>" for n in range(200)), "namespaces"),
        ("<a>" * (robust.MAX_TAGS + 1), "tags"),
        ("<item>" + "x" * robust.MAX_CHARACTERS, "characters"),
    ],
)
def test_a_damaged_document_that_would_keep_the_machine_busy_is_refused(damaged, words):
    assert words in refused(rss(damaged)).sentence


def test_deep_nesting_is_read_or_refused_and_never_a_crash():
    deep = "<a>" * 90_000 + "words" + "</a>" * 90_000
    item = read(rss(f"<item><title>A</title><description>{deep}</description></item>")).items[0]
    assert item.summary == "words"


@pytest.mark.parametrize("base", ["http://a.example/", "http://[1/"])
def test_a_malformed_address_costs_its_own_entry_the_link_and_the_feed_nothing(base: str):
    body = f"""<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{base}">
    <entry><title>One</title><id>1</id><link href="http://[2/"/></entry>
    <entry><title>Two</title><id>2</id><link href="https://b.example/2"/></entry></feed>"""
    parsed = parse(body.encode(), content_type=None, base_url="https://b.example/", timezone="UTC")
    assert [(item.title, item.url) for item in parsed.items] == [("One", None), ("Two", "https://b.example/2")]


def test_a_page_that_names_a_feed_at_a_malformed_address_is_still_a_page():
    page = b'<html><link rel="alternate" type="application/rss+xml" href="http://[1/"></html>'
    with pytest.raises(NotAFeed, match="is an HTML page"):
        parse(page, content_type=None, base_url="https://b.example/", timezone="UTC")
