"""The quick reader and the lenient one make the same items of the same feed: which one ran must not be seen."""

from __future__ import annotations

from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.feeds import robust, strict
from tracker.feeds.entry import Document, items
from tracker.feeds.parse import parse

BASE = "https://ministry.example/feed"


def made(document: Document) -> tuple[object, ...]:
    return document.title, items(document.entries, base_url=BASE, timezone="Asia/Shanghai")


def from_root(body: bytes) -> str:
    text = body.decode("utf-8")
    return text[min(at for name in ("<rss", "<rdf:RDF", "<feed") if (at := text.find(name)) >= 0) :]


@pytest.mark.parametrize("name", ["rss-2.0.xml", "rss-1.0.xml", "atom.xml"])
def test_samples_read_the_same(sample, name):
    text = from_root(sample(name))
    assert made(strict.read(text)) == made(robust.read(text))


@pytest.mark.parametrize("name", ["rss-2.0.xml", "rss-1.0.xml", "atom.xml"])
def test_a_sample_with_an_undeclared_entity_loses_nothing(sample, name):
    body = sample(name)
    damaged = body.replace(b"Sample ministry", b"Sample&nbsp;ministry", 1)
    options = {"content_type": None, "base_url": BASE, "timezone": "Asia/Shanghai"}
    whole, mended = parse(body, **options), parse(damaged, **options)
    assert "undefined entity" in mended.flaw
    assert (mended.format, mended.title, mended.items) == (whole.format, whole.title, whole.items)


SNIPPETS = [
    "a",
    "Talks ",
    "磋商",
    "&",
    "&amp;",
    "&lt;b&gt;",
    "<b>x</b>",
    "<p>",
    "<br/>",
    "&nbsp;",
    " 5 < 6 ",
    "'",
    '"',
    "\n",
    "é",
]
words = st.lists(st.sampled_from(SNIPPETS), max_size=6).map("".join)
dates = st.sampled_from(["Tue, 09 Jan 2024 10:00:00 CST", "2024-01-09", "2024年1月9日", "never", ""])
links = st.sampled_from(["https://x.example/a?b=1&c=2", "/a", "a b", "javascript:x", "", "//x.example/p#f"])


def tag(name: str, text: str, attributes: str = "") -> str:
    return f"<{name}{attributes}>{escape(text)}</{name}>" if text else ""


@st.composite
def rss_feeds(draw: st.DrawFn) -> str:
    entries = [
        tag("title", draw(words))
        + tag("link", draw(links))
        + tag(
            "guid",
            draw(st.sampled_from(["", "g-1", "https://x.example/g"])),
            draw(st.sampled_from(["", ' isPermaLink="false"'])),
        )
        + tag("description", draw(words))
        + tag("content:encoded", draw(words))
        + tag("pubDate", draw(dates))
        + tag("dc:date", draw(dates))
        for _ in range(draw(st.integers(1, 3)))
    ]
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>S</title>'
        + "".join(f"<item>{entry}</item>" for entry in entries)
        + "</channel></rss>"
    )


@st.composite
def atom_feeds(draw: st.DrawFn) -> str:
    kinds = st.sampled_from(["", ' type="text"', ' type="html"'])
    # With a base on an entry there is one on the feed: feedparser lets an entry's base leak where the feed has none.
    bases = st.sampled_from([' xml:base="/deep/er/"', ' xml:base="https://y.example/"'])
    entries = [
        f"<entry{draw(bases)}>"
        + tag("title", draw(words), draw(kinds))
        + tag("id", draw(st.sampled_from(["urn:x:1", "https://x.example/1"])))
        + f"<link href={chr(34)}{escape(draw(links))}{chr(34)}/>"
        + tag("summary", draw(words), draw(kinds))
        + tag("content", draw(words), draw(kinds))
        + tag("published", draw(dates))
        + tag("updated", draw(dates))
        + "</entry>"
        for _ in range(draw(st.integers(1, 3)))
    ]
    return f'<feed xmlns="http://www.w3.org/2005/Atom"{draw(bases)}><title>S</title>{"".join(entries)}</feed>'


@settings(max_examples=150)
@given(st.one_of(rss_feeds(), atom_feeds()))
def test_any_sound_feed_reads_the_same(text):
    assert made(strict.read(text)) == made(robust.read(text))


@pytest.mark.parametrize(
    "body",
    [
        "<body><p>Talks were <b>held</b>.</p></body>",
        '<body xmlns="http://www.w3.org/1999/xhtml"><p>Talks were held.</p></body>',
        "<fullitem>&lt;p>Talks were held.&lt;/p></fullitem>",
        '<i:summary xmlns:i="http://www.itunes.com/DTDs/Podcast-1.0.dtd">Talks were held.</i:summary>',
    ],
)
def test_the_words_of_rare_elements_are_read_by_both(body):
    text = f'<rss version="2.0"><channel><title>x</title><item><title>Readout</title>{body}</item></channel></rss>'
    (item,) = made(strict.read(text))[1]
    assert item.summary == "Talks were held."
    assert made(strict.read(text)) == made(robust.read(text))


def test_an_empty_type_of_an_atom_text_is_none():
    text = '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title type="">Talks</title></entry></feed>'
    assert [item.title for item in made(strict.read(text))[1]] == ["Talks"]
