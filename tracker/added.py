"""Feeds that people add beside feeds.yaml: an entry checked as the file would be, and as the product polls it.

An entry is kept in the database as it would stand in the file. It is read anew at each use, so that every process polls
what the last deed said. What the file has under the same name, or at the same address, goes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from config.checks import foreign_to
from config.load import RelationshipPack, feed_of
from config.schema import FeedEntry
from db.added import AddedEntry
from db.store import StoreError, open_store
from tracker.errors import Faults, Refused
from tracker.feeds.address import canonical_url
from tracker.model import Feed
from tracker.tongue import gettext, to_keep

OF_THE_FILE = ("allow_private", "enabled", "reason")
"""Keys that feeds.yaml alone may have: no page reaches into a private network, and what is added is polled."""


def checked(entry: Mapping[str, Any]) -> FeedEntry:
    """The entry as feeds.yaml is read. Raises Refused that names each field that is wrong."""
    try:
        return FeedEntry.model_validate(dict(entry))
    except ValidationError as error:
        faults = Faults()
        faults.add(*map(_refusal, error.errors()))
        raise faults.refused from error


def _refusal(wrong: Mapping[str, Any]) -> Refused:
    """What pydantic finds wrong with one field."""
    name = ".".join(map(str, wrong["loc"]))
    if wrong["type"] in ("missing", "string_too_short"):
        return Refused(gettext("%(key)s is missing.", key=name), field=name)
    detail = wrong["msg"].removeprefix("Value error, ")
    return Refused(gettext("%(name)s: %(detail)s.", name=name, detail=detail), field=name)


def feed_from(entry: Mapping[str, Any], relationship: str | None, packs: Iterable[RelationshipPack]) -> Feed:
    """What is polled by an added entry. Raises Refused that names each field that is wrong."""
    for key in OF_THE_FILE:
        if entry.get(key):
            raise Refused(gettext("%(key)s can be set in feeds.yaml alone.", key=key), field=key)
    pair = next((pack.relationship for pack in packs if pack.relationship.slug == relationship), None)
    if pair is None:
        raise Refused(
            gettext("There is no relationship “%(name)s”.", name=relationship or ""),
            gettext("Choose one of those that are configured."),
            field="relationship",
        )
    valid, faults = checked(entry), Faults()
    for key, wrong, remedy in foreign_to(valid, pair.sides, pair.languages):
        faults.add(Refused(gettext("%(key)s: %(wrong)s; %(remedy)s.", key=key, wrong=wrong, remedy=remedy), field=key))
    faults.check()
    return feed_of(valid, pair.slug)


@dataclass(frozen=True)
class Judged:
    """`feeds`: by slug, those of the configuration, then what people added. `left_out`: by slug, why an entry that
    stands is not polled, as it is kept with its feed."""

    feeds: dict[str, Feed]
    left_out: dict[str, str]


def judged(entries: Iterable[AddedEntry], configured: Iterable[Feed], packs: Iterable[RelationshipPack]) -> Judged:
    """Which feeds there are, where the file goes first: by its name, and by its address under whatever name.

    An entry that is not valid any more (its relationship went, or the rules are stricter) is left out too.
    """
    feeds, left_out, packs = {feed.slug: feed for feed in configured}, {}, list(packs)
    standing = [added for added in entries if not added.removed and added.slug not in feeds]
    filed = {canonical_url(feed.url): feed.slug for feed in feeds.values()} if standing else {}
    for added in standing:
        try:
            feed = feed_from(added.entry, added.relationship, packs)
        except Refused:
            left_out[added.slug] = to_keep("Its entry is not valid any more: change or remove it.")
            continue
        if twin := filed.get(canonical_url(feed.url)):
            left_out[feed.slug] = to_keep(
                "feeds.yaml names its address too, as %(slug)s, which goes first: remove what was added.", slug=twin
            )
        else:
            feeds[feed.slug] = feed
    return Judged(feeds, left_out)


def why_removed(entries: Iterable[AddedEntry]) -> dict[str, str]:
    """By whom and when entries were removed, as it is kept with their feeds."""
    return {
        added.slug: to_keep("Removed by %(name)s on %(day)s.", name=added.by, day=added.at.date())
        for added in entries
        if added.removed
    }


def read_added(database_url: str) -> list[AddedEntry]:
    """Every entry ever added, for who works without a database too: none where it cannot be read as it is."""
    try:
        store = open_store(database_url)
    except StoreError:
        return []
    try:
        with store.reading() as db:
            return db.added.all()
    except Exception:  # An older schema, or whatever the engine meets in a damaged file.
        return []
    finally:
        store.close()


def same_address(url: str, feeds: Iterable[Feed]) -> Feed | None:
    """The feed that reads this address already."""
    address = canonical_url(url)
    return next((feed for feed in feeds if canonical_url(feed.url) == address), None)
