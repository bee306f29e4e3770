"""What the sample server sends: feeds in four formats, a listing, and the pages that their items link to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from xml.etree.ElementTree import Element, SubElement, tostring

from tracker.demo.story import SampleFeed, SampleRelease, Story
from tracker.model import Selectors

MARKS = {"en": " [Sample text of Open Lines.]", "zh": "【Open Lines 示例文本】"}
"""What every text ends with, by language, so that nobody takes it for a ministry's."""

_NOTICES = {
    "en": "Sample for demonstration. The event is real, the words are by Open Lines; no ministry wrote this.",
    "zh": "演示用示例。事件属实，文字由 Open Lines 撰写，并非任何部门的正式发布。",
}
_TYPES = {
    "rss-2.0": "application/rss+xml",
    "rss-1.0": "application/rdf+xml",
    "atom": "application/atom+xml",
    "json-feed": "application/feed+json",
}

LISTED = Selectors(item="ul.releases li", link="a", title="a", date="small.time")
"""How a sample listing is read."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

_PAGE = """<!doctype html>
<html lang="{lang}">
<meta charset="{encoding}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>body {{ max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.6 serif; color-scheme: light dark }}
small {{ font-family: sans-serif }}</style>
<p><small>{notice}</small></p>
<h1>{title}</h1>
{body}
</html>
"""


def release_url(base_url: str, release: SampleRelease) -> str:
    return f"{base_url}/releases/{release.id}"


def feed_url(base_url: str, slug: str) -> str:
    return f"{base_url}/feeds/{slug}"


def feed_document(feed: SampleFeed, releases: Sequence[SampleRelease], step: int, base_url: str) -> tuple[bytes, str]:
    """The feed with these releases as they read at `step`, and its content type."""
    if feed.format == "listing":
        return _listing(feed, releases, base_url)
    items = [_Item(release, step, feed.lang, base_url) for release in releases]
    match feed.format:
        case "rss-2.0":
            body = _xml(_rss_2(feed, items, base_url), feed.encoding)
        case "rss-1.0":
            body = _xml(_rss_1(feed, items, base_url), feed.encoding)
        case "atom":
            body = _xml(_atom(feed, items, base_url), feed.encoding)
        case _:
            body = json.dumps(_json_feed(feed, items, base_url), ensure_ascii=False, indent=1).encode()
    return body, f"{_TYPES[feed.format]}; charset={feed.encoding}"


def release_page(feed: SampleFeed, release: SampleRelease, step: int) -> tuple[bytes, str]:
    """The page of one release as it reads at `step`, and its content type."""
    lines = [f"{feed.publisher}, {release.published.isoformat(' ', 'minutes')}"]
    if release.corrected(step):
        lines.append(f"Corrected {release.updated(step).isoformat(' ', 'minutes')}")
    lines.append(release.words(step) + MARKS[feed.lang])
    return _page(release.title, lines, feed.lang, feed.encoding)


def index_page(story: Story, base_url: str) -> tuple[bytes, str]:
    """A page that names the feeds, and its content type."""
    return _page("Sample ministries", [feed_url(base_url, feed.slug) for feed in story.feeds], "en", "utf-8")


def _listing(feed: SampleFeed, releases: Sequence[SampleRelease], base_url: str) -> tuple[bytes, str]:
    """Titles, links and days on an HTML page, for a ministry that has no feed."""
    rows = "\n".join(
        f'<li><a href="{release_url(base_url, release)}">{escape(release.title + MARKS[feed.lang])}</a>'
        f'<small class="time">{release.published.date()}</small></li>'
        for release in releases
    )
    return _written(feed.title, f'<ul class="releases">\n{rows}\n</ul>', feed.lang, feed.encoding)


def _page(title: str, lines: Sequence[str], lang: str, encoding: str) -> tuple[bytes, str]:
    return _written(title, "\n".join(f"<p>{escape(line)}</p>" for line in lines), lang, encoding)


def _written(title: str, body: str, lang: str, encoding: str) -> tuple[bytes, str]:
    page = _PAGE.format(lang=lang, encoding=encoding, title=escape(title), notice=_NOTICES[lang], body=body)
    return page.encode(encoding, "xmlcharrefreplace"), f"text/html; charset={encoding}"


class _Item:
    """A release as the formats need it. `guid` stays the same wherever the server listens."""

    def __init__(self, release: SampleRelease, step: int, lang: str, base_url: str) -> None:
        self.guid = f"tag:openlines.example,2023:sample/{release.id}"
        self.link = release_url(base_url, release)
        self.title = release.title
        self.text = release.words(step) + MARKS[lang]
        self.published = release.published
        self.updated = release.updated(step)


def _rss_2(feed: SampleFeed, items: Sequence[_Item], base_url: str) -> Element:
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    _add(channel, "title", feed.title)
    _add(channel, "link", f"{base_url}/")
    _add(channel, "description", _NOTICES[feed.lang])
    _add(channel, "language", feed.lang)
    for item in items:
        node = SubElement(channel, "item")
        _add(node, "title", item.title)
        _add(node, "link", item.link)
        _add(node, "guid", item.guid, isPermaLink="false")
        _add(node, "pubDate", format_datetime(item.published))
        _add(node, "description", item.text)
    return root


def _rss_1(feed: SampleFeed, items: Sequence[_Item], base_url: str) -> Element:
    namespaces = {
        "xmlns": "http://purl.org/rss/1.0/",
        "xmlns:rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    }
    root = Element("rdf:RDF", namespaces)
    channel = SubElement(root, "channel", {"rdf:about": feed_url(base_url, feed.slug)})
    _add(channel, "title", feed.title)
    _add(channel, "link", f"{base_url}/")
    _add(channel, "description", _NOTICES[feed.lang])
    order = SubElement(SubElement(channel, "items"), "rdf:Seq")
    for item in items:
        SubElement(order, "rdf:li", {"rdf:resource": item.link})
        node = SubElement(root, "item", {"rdf:about": item.link})
        _add(node, "title", item.title)
        _add(node, "link", item.link)
        _add(node, "description", item.text)
        _add(node, "dc:date", item.published.isoformat())
    return root


def _atom(feed: SampleFeed, items: Sequence[_Item], base_url: str) -> Element:
    root = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": feed.lang})
    _add(root, "title", feed.title)
    _add(root, "id", f"tag:openlines.example,2023:sample/{feed.slug}")
    _add(root, "link", "", rel="self", href=feed_url(base_url, feed.slug))
    _add(root, "updated", max((item.updated for item in items), default=_NEVER).isoformat())
    _add(SubElement(root, "author"), "name", feed.publisher)
    for item in items:
        node = SubElement(root, "entry")
        _add(node, "title", item.title)
        _add(node, "id", item.guid)
        _add(node, "link", "", rel="alternate", type="text/html", href=item.link)
        _add(node, "published", item.published.isoformat())
        _add(node, "updated", item.updated.isoformat())
        _add(node, "summary", item.text)
    return root


def _json_feed(feed: SampleFeed, items: Sequence[_Item], base_url: str) -> dict[str, object]:
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": f"{base_url}/",
        "feed_url": feed_url(base_url, feed.slug),
        "language": feed.lang,
        "items": [
            {
                "id": item.guid,
                "url": item.link,
                "title": item.title,
                "content_text": item.text,
                "date_published": item.published.isoformat(),
                "date_modified": item.updated.isoformat(),
            }
            for item in items
        ],
    }


def _add(parent: Element, tag: str, text: str, **attributes: str) -> None:
    SubElement(parent, tag, attributes).text = text or None


def _xml(root: Element, encoding: str) -> bytes:
    return tostring(root, encoding=encoding, xml_declaration=True)
