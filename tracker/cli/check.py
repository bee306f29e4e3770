"""`feeds check`: whether an address can be polled, and the feeds.yaml entry with which it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

import click
import yaml
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from config.load import RelationshipPack, load_relationships
from config.schema import FeedEntry
from tracker.cli.common import settings
from tracker.errors import Refused
from tracker.feeds.address import canonical_url
from tracker.feeds.check import Found
from tracker.feeds.check import check as check_source
from tracker.feeds.failure import FetchFailed, NotAFeed
from tracker.feeds.language import spoken
from tracker.model import THIRD_PARTY, Feed, Item

SHOWN = 10
"""Items that are shown of what would be read."""

_LONGEST_NAME = 80
_OF_STATES = {"gov": "us", "mil": "us"}
"""Whose the top-level domains are that are no country's."""

_NO_NAME = re.compile(r"\d+|www\d*|com|co|org|net|gov|mil|edu|english|en|index.*|feed|rss|web|page")


@click.command()
@click.argument("url")
@click.option("--private", is_flag=True, help="The address may be on a private network.")
@click.option("--listing", is_flag=True, help="Read the page itself, even if it names a feed.")
@click.option("--side", help="Whom it speaks for: a party's code, or third-party. Else by the address.")
@click.option("--slug", help="Its short name. Else by the address.")
@click.option("--publisher", help="Who publishes it. Else what it calls itself.")
@click.option("--lang", help="Its language. Else that of most items.")
@click.option("--timezone", help="Of dates that have none (IANA name). Else that of the side's capital, or UTC.")
@click.option("--every", default="30m", show_default=True, help="The pace of polling.")
def check(url: str, private: bool, listing: bool, every: str, **given: str | None) -> None:
    """Try an address as a source. Nothing is stored.

    Says what is there and what would be read, and prints an entry for feeds.yaml to standard output: that of the feed,
    of a feed that the page names, or of the page with selectors of its list.
    """
    packs = load_relationships(settings().config)
    draft = draft_of(url, private, every, given, packs)
    try:
        found = check_source(draft, as_listing=listing)
    except (FetchFailed, NotAFeed) as failed:
        raise Refused(failed.about(url), field="url") from failed
    entry = _entry(found, given["publisher"], every)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for sentence in (*_summary(found), *found.notes, *_known(found.feed, packs)):
        console.print(sentence, markup=False)
    console.print(_table(found.feed, found.parsed.items[:SHOWN]), soft_wrap=False)
    console.print("An entry for feeds.yaml; read it through before you add it:", markup=False)
    click.echo(yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=1000), nl=False)


def draft_of(
    url: str, private: bool, every: str, given: dict[str, str | None], packs: Iterable[RelationshipPack]
) -> Feed:
    """The source as far as its address tells of it; what was given is checked as the configuration would be."""
    zones = {party.code: party.timezone for pack in packs for party in pack.relationship.parties}
    host = _parts(url).hostname or ""
    country = host.rpartition(".")[2]
    country = _OF_STATES.get(country, country)
    side = given["side"] or (country if country in zones else THIRD_PARTY)
    if side not in (*zones, THIRD_PARTY):
        raise Refused(f"{side!r} is no side.", f"Use one of {', '.join((*zones, THIRD_PARTY))}.", field="side")
    taken = {feed.slug for pack in packs for feed in pack.feeds}
    feed = {
        "slug": given["slug"] or _slug(url, taken),
        "publisher": given["publisher"] or host or "unknown",
        "side": side,
        "lang": given["lang"] or "",
        "url": url,
        "timezone": given["timezone"] or zones.get(side, "UTC"),
    }
    _checked({**feed, "lang": "en", "kind": "feed", "every": every})
    return Feed(**feed, relationship="", kind="feed", every=0, allow_private=private)


def _parts(url: str) -> SplitResult:
    """Of an address that is none, nothing; what is wrong with it is said when it is checked."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _slug(url: str, taken: set[str]) -> str:
    """A short name from the host's own part and the last part of the path that says something."""
    parts = _parts(url)
    host = [part for part in (parts.hostname or "").split(".")[:-1] if not _NO_NAME.fullmatch(part)]
    path = [part.partition(".")[0] for part in parts.path.split("/") if part and not _NO_NAME.fullmatch(part.lower())]
    named = "-".join([*host[-1:], *path[-1:]]) or "source"
    slug = re.sub(r"[^a-z0-9]+", "-", named.lower())[:40].strip("-") or "source"
    return next(name for name in (slug, *(f"{slug}-{n}" for n in range(2, len(taken) + 3))) if name not in taken)


def _entry(found: Found, publisher: str | None, every: str) -> dict[str, Any]:
    """What stands in feeds.yaml, without keys whose default it would repeat. Raises Refused."""
    feed = found.feed
    select = {name: how for name, how in asdict(feed.select).items() if how} if feed.select else None
    entry = {
        "slug": feed.slug,
        "publisher": publisher or found.parsed.title[:_LONGEST_NAME].strip() or feed.publisher,
        "side": feed.side,
        "lang": feed.lang,
        "kind": feed.kind,
        "url": feed.url,
        "select": select,
        "date_format": feed.date_format,
        "timezone": feed.timezone,
        "full_text": feed.full_text,
        "every": every,
        "allow_private": feed.allow_private,
    }
    return _checked({key: value for key, value in entry.items() if value})


def _checked(entry: dict[str, Any]) -> dict[str, Any]:
    try:
        FeedEntry.model_validate(entry)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = ".".join(map(str, wrong["loc"]))
        raise Refused(f"{name}: {wrong['msg'].removeprefix('Value error, ')}.", field=name) from error
    return entry


def _summary(found: Found) -> Iterable[str]:
    parsed, feed = found.parsed, found.feed
    called = f" “{parsed.title}”" if parsed.title else ""
    yield f"{feed.url} can be read: {parsed.format}{called}, {len(parsed.items)} items."
    dates = sorted(item.published for item in parsed.items if item.published)
    undated = len(parsed.items) - len(dates)
    if dates:
        zone = ZoneInfo(feed.timezone)
        span = f"They are of {dates[0].astimezone(zone):%Y-%m-%d} to {dates[-1].astimezone(zone):%Y-%m-%d}"
        yield f"{span}; {undated} without a date that can be read." if undated else f"{span}."


def _known(feed: Feed, packs: Iterable[RelationshipPack]) -> Iterable[str]:
    for pack in packs:
        for known in pack.feeds:
            if canonical_url(known.url) == canonical_url(feed.url):
                yield f"This address is configured already, as {known.slug} of {pack.relationship.slug}."


def _table(feed: Feed, items: Iterable[Item]) -> Table:
    table = Table("date", "lang", "title", "address")
    zone = ZoneInfo(feed.timezone)
    for item in items:
        date = f"{item.published.astimezone(zone):%Y-%m-%d}" if item.published else f"? {item.published_raw or ''}"
        table.add_row(date, spoken(f"{item.title} {item.summary}", feed.lang), item.title, item.url or "-")
    return table
