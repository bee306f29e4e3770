"""An address as a source to be: the draft that its address tells of, and the feeds.yaml entry of what was found there.

What `feeds check` prints and the page that adds a source shows. Nothing is stored here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

import yaml

from config.load import RelationshipPack
from config.schema import TAKEN
from tracker.added import checked, same_address
from tracker.errors import Faults, Refused
from tracker.feeds.check import Found
from tracker.feeds.failure import FetchFailed, Kind, NotAFeed
from tracker.model import THIRD_PARTY, Feed, Item
from tracker.tongue import gettext, to_keep
from tracker.wording import listed

SHOWN = 10
"""Items that are shown of what would be read."""

KEYS = (
    "slug", "publisher", "side", "lang", "kind", "url", "select", "date_format", "timezone", "full_text", "every",
    "allow_private",
)  # fmt: skip
"""What an entry may hold, in the order in which it is written."""

GIVEN = ("slug", "publisher", "side", "lang", "timezone")
"""What may be told of a source besides its address and its pace."""

_LONGEST_NAME = 80
_OF_STATES = {"gov": "us", "mil": "us"}
"""Whose the top-level domains are that are no country's."""

_NO_NAME = re.compile(r"\d+|www\d*|com|co|org|net|gov|mil|edu|english|en|index.*|feed|rss|web|page")


def remedy_where_added(failed: FetchFailed | NotAFeed) -> str:
    """What to do where a source is added beside feeds.yaml, which alone can allow a private address."""
    if failed.kind is Kind.FORBIDDEN_ADDRESS:
        return gettext("Give a public address; feeds.yaml alone may name one on a private network or another port.")
    return failed.remedy


def draft_of(
    url: str,
    private: bool,
    every: str,
    given: Mapping[str, str | None],
    packs: Iterable[RelationshipPack],
    known: Iterable[Feed] = (),
) -> Feed:
    """The source as far as its address tells of it, with what is `given` of `GIVEN`; beside the feeds that are `known`.

    What was given is checked as the configuration would be. Raises Refused that names each field that is wrong.
    """
    zones = {party.code: party.timezone for pack in packs for party in pack.relationship.parties}
    host = _parts(url).hostname or ""
    country = host.rpartition(".")[2]
    country = _OF_STATES.get(country, country)
    side, faults = given["side"] or (country if country in zones else THIRD_PARTY), Faults()
    if side not in (*zones, THIRD_PARTY):
        faults.add(
            Refused(
                gettext("%(side)s is no side.", side=repr(side)),
                gettext("Use one of %(known)s.", known=", ".join((*zones, THIRD_PARTY))),
                field="side",
            )
        )
    taken = {feed.slug for feed in known} | TAKEN
    feed = {
        "slug": given["slug"] or _slug(url, taken),
        "publisher": given["publisher"] or host or "unknown",
        "side": side,
        "lang": given["lang"] or "",
        "url": url,
        "timezone": given["timezone"] or zones.get(side, "UTC"),
    }
    with faults.gathered():
        checked({**feed, "lang": feed["lang"] or "en", "kind": "feed", "every": every})
    faults.check()
    return Feed(**feed, relationship="", kind="feed", every=0, allow_private=private)


def entry_of(found: Found, publisher: str | None, every: str) -> dict[str, Any]:
    """What stands in feeds.yaml, without keys whose default it would repeat. Raises Refused."""
    feed = found.feed
    select = {name: how for name, how in asdict(feed.select).items() if how} if feed.select else None
    named = publisher or found.parsed.title[:_LONGEST_NAME].strip() or feed.publisher
    entry = in_order(vars(feed) | {"publisher": named, "select": select, "every": every})
    checked(entry)
    return entry


def in_order(values: Mapping[str, Any]) -> dict[str, Any]:
    """An entry of these values, as it is written, without what is empty."""
    return {key: values[key] for key in KEYS if values.get(key)}


def as_yaml(*entries: Mapping[str, Any]) -> str:
    """The entries as they are written into feeds.yaml."""
    return yaml.safe_dump([dict(entry) for entry in entries], allow_unicode=True, sort_keys=False, width=1000)


def summary_of(found: Found) -> Iterator[str]:
    """What would be read, in sentences."""
    parsed, feed = found.parsed, found.feed
    called = f" “{parsed.title}”" if parsed.title else ""
    yield to_keep(
        "%(url)s can be read: %(format)s%(called)s, %(number)s items.",
        url=feed.url,
        format=parsed.format,
        called=called,
        number=len(parsed.items),
    )
    if parsed.left_out:
        yield to_keep("%(number)s further ones are not read.", number=format(parsed.left_out, ","))
    dates = sorted(item.published for item in parsed.items if item.published)
    undated = len(parsed.items) - len(dates)
    if dates:
        first, last = local_day(dates[0], feed), local_day(dates[-1], feed)
        yield to_keep("They are of %(first)s to %(last)s.", first=first, last=last)
        if undated:
            yield to_keep("%(undated)s of them have no date that can be read.", undated=undated)
    elif undated:
        yield to_keep(
            "None of them has a date that can be read: each would count as published on the day on which it is seen."
        )


def known_as(feed: Feed, known: Iterable[Feed]) -> Iterator[str]:
    """As which of the feeds that are known its address is read already, in sentences."""
    if twin := same_address(feed.url, known):
        yield to_keep(
            "This address is a source already, as %(slug)s of %(relationship)s.",
            slug=twin.slug,
            relationship=twin.relationship,
        )


def relationship_of(side: str, packs: Iterable[RelationshipPack], named: str | None = None) -> str:
    """Whose source one of this side is: the relationship that is `named`, else the only one that has the side.

    Raises Refused where there are several.
    """
    if named:
        return named
    having = [pack.relationship.slug for pack in packs if side in pack.relationship.sides]
    if len(having) != 1:
        raise Refused(
            gettext("Several relationships have the side “%(side)s”.", side=side),
            gettext("Choose one of %(names)s.", names=listed(having)),
            field="relationship",
        )
    return having[0]


def day_of(item: Item, feed: Feed) -> str:
    """The publisher's day of an item, or what could not be read as one."""
    return local_day(item.published, feed) if item.published else f"? {item.published_raw or ''}"


def local_day(instant: datetime, feed: Feed) -> str:
    return f"{instant.astimezone(ZoneInfo(feed.timezone)):%Y-%m-%d}"


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
