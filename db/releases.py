"""Releases in every revision, the names under which they came, and what their feeds show of them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from db.bases import Bases
from db.queries import Connection, Row, load_queries
from db.rows import release_from
from db.search import Search
from db.text import as_json, by, day, instant
from tracker.model import Release, ReleaseHistory, ReleaseName, Revision
from tracker.moments import instant_text
from tracker.releases.difference import only_spaced
from tracker.releases.gone import Shown
from tracker.releases.likeness import SAME_ITEM_WITHIN, keys_of, same_words, words_of

_sql = load_queries("releases.sql")
_MOST_COMPARED = 20
"""Releases with which the words of a new one are compared, the newest of those that may be like it."""

_MOST_NAMES = 20
"""Names of one release in one feed that are kept: the first and the newest."""

_QUERY = re.compile(r"[?;]")


@dataclass(frozen=True)
class Kept:
    """What became of a release that came in: its id, the revision that holds its words, and whether they are new.

    `late`: they are those of its page, read only now; the publisher changed nothing. `renamed`: its feed gave it
    another guid before.
    """

    id: int
    revision: int
    fresh: bool
    revised: bool
    late: bool = False
    renamed: bool = False


@dataclass(frozen=True)
class Arrived:
    """A release with the instant at which it was first seen, and since when its feed shows it no more."""

    release: Release
    first_seen: datetime
    gone_since: datetime | None


@dataclass(frozen=True)
class Named:
    """The release (its id) that a guid of a feed names, and the fingerprint of the words and the canonical address with
    which it last came.
    """

    release: int
    fingerprint: str
    address: str | None = None


class Releases:
    """Reads and writes releases over one connection; writes belong into the caller's transaction."""

    def __init__(self, connection: Connection, search: Search, bases: Bases) -> None:
        self._db = connection
        self._search = search
        self._bases = bases

    def named(self, feed: str, guids: Iterable[str]) -> dict[str, Named]:
        """What guids of a feed name, those that are known."""
        found = {guid: _sql.named(self._db, feed=feed, guid=guid) for guid in guids}
        return {guid: Named(row["release"], row["hash"], row["canonical_url"]) for guid, row in found.items() if row}

    def summary_of(self, feed: str, guid: str) -> str:
        """The summary that is kept of a feed's item, in its newest revision; empty for an item that is not known."""
        row = _sql.summary_of(self._db, feed=feed, guid=guid)
        return row["summary"] if row else ""

    def keep(
        self,
        release: Release,
        *,
        guid: str,
        canonical_url: str | None,
        address_is_identity: bool = True,
        beside: Collection[str] = (),
        published_raw: str | None = None,
        item_hash: str | None = None,
        keys: Sequence[int] | None = None,
        now: datetime,
    ) -> Kept:
        """Keep a release that came in: a new one, a further revision of one we have, or nothing that is new.

        The same guid in a feed, the same address from the same side, or nearly the same words from the same side within
        some days, is the same release; under what other name it came, and why it is the same, is kept.
        `address_is_identity` is False where several items of one feed share an address; `beside` are the guids of the
        document in which the release stands: two items side by side are two, however like they are.
        `item_hash` is the fingerprint of the words that its feed gives, which are others where the page was read.
        `keys`: what `keys_of` makes of the release, where that is known already.
        """
        digest, keys = release.fingerprint, keys_of(release) if keys is None else keys
        name = {
            "feed": release.feed,
            "guid": guid,
            "url": release.url,
            "canonical_url": canonical_url,
            "hash": item_hash or digest,
        }
        renamed = False
        if known := _sql.release_by_name(self._db, feed=release.feed, guid=guid):
            _sql.renew_name(self._db, **name)
        else:
            own = canonical_url if address_is_identity else None
            known, because = self._again(release, keys, own, beside)
            if known is None and release.feed:
                known, because = self._said_before(release, own, name["hash"], published_raw, beside, now)
            if known is None:
                return self._add_release(release, keys, name, published_raw, now)
            renamed = self._add_name(known["id"], because, name, now)
        if known["hash"] == digest:
            return Kept(known["id"], known["revision"], fresh=False, revised=False, renamed=renamed)
        return replace(self._revise(known["id"], release, keys, published_raw, now), renamed=renamed)

    def read_late(self, release_id: int, release: Release, *, now: datetime) -> Kept:
        """Keep the words of a page that could not be read when its release came, as a further revision of it."""
        known = _sql.release_by_id(self._db, release=release_id)
        return self._revise(release_id, release, keys_of(release), known["published_raw"], now, late=True)

    def _revise(
        self, release_id: int, release: Release, keys: Sequence[int], raw: str | None, now: datetime, late: bool = False
    ) -> Kept:
        """A further revision of a release; none where it says what the last one does, white space aside."""
        known = _sql.release_by_id(self._db, release=release_id)
        if only_spaced(known["title"], release.title) and only_spaced(known["summary"], release.summary):
            # No edit, and what was found in the kept words stands at its place in them.
            release = replace(release, title=known["title"], summary=known["summary"])
        if known["hash"] == release.fingerprint:
            return Kept(release_id, known["revision"], fresh=False, revised=False)
        number = known["revision"] + 1
        self._add_revision(release_id, number, release, keys, raw, now, late=late)
        _sql.set_revision(self._db, release=release_id, number=number)
        return Kept(release_id, number, fresh=False, revised=True, late=late)

    def _again(
        self, release: Release, keys: Sequence[int], address: str | None, beside: Collection[str]
    ) -> tuple[Row | None, str | None]:
        """The release that this one is under another name, and why it is the same."""
        if address and (known := _sql.release_by_address(self._db, canonical_url=address, side=release.side)):
            return known, "It came again under another id, at the same address."
        if not keys:
            return None, None
        first, second, third = (*keys, *[keys[-1]] * 2)[:3]
        like = _sql.releases_by_words(
            self._db,
            first=first,
            second=second,
            third=third,
            side=release.side,
            lang=release.lang,
            since=(release.published - SAME_ITEM_WITHIN).isoformat(),
            until=(release.published + SAME_ITEM_WITHIN).isoformat(),
            most=_MOST_COMPARED,
        )
        for one in like:
            known = _sql.release_by_id(self._db, release=one["release"])
            alike = same_words(
                words_of(release), words_of(replace(release, title=known["title"], summary=known["summary"]))
            )
            if alike and not self._stands_beside(known["id"], release.feed, beside):
                return known, f"It came again under another id and address, with {alike}."
        return None, None

    def _said_before(
        self,
        release: Release,
        address: str | None,
        digest: str,
        raw: str | None,
        beside: Collection[str],
        now: datetime,
    ) -> tuple[Row | None, str | None]:
        """The release that its feed gave before in the very same words and of the same date, under another guid; of an
        item whose address says little: there is none, or there is a query in it, which may name the reader's session.

        Without a date it is the same only while it goes on coming so.
        """
        if address and not _QUERY.search(address):
            return None, None
        like = _sql.said_before(
            self._db,
            feed=release.feed,
            hash=digest,
            raw=raw or "",
            published=release.published.isoformat(),
            since=instant_text(now - SAME_ITEM_WITHIN),
            most=_MOST_COMPARED,
        )
        for known in like:
            there = known["canonical_url"] or ""
            at_place = address is None or _QUERY.split(address)[0] == _QUERY.split(there)[0]
            if at_place and not self._stands_beside(known["id"], release.feed, beside):
                return known, "It came again under another id, with the same words and date."
        return None, None

    def _add_name(self, release: int, because: str | None, name: dict[str, str | None], now: datetime) -> bool:
        """Note a further name of a release; whether its feed had given it one before.

        A feed that gives other ids at each read would give thousands: of these the newest stay.
        """
        before = [one for one in _sql.names_of(self._db, release=release) if one["feed"] == name["feed"]]
        _sql.add_name(self._db, release=release, because=because, seen_at=instant_text(now), **name)
        if len(before) >= _MOST_NAMES:
            oldest = next(one for one in before if one["because"])
            _sql.drop_name(self._db, feed=name["feed"], guid=oldest["guid"])
        return bool(before)

    def _stands_beside(self, release: int, feed: str | None, beside: Collection[str]) -> bool:
        names = _sql.names_of(self._db, release=release)
        return any(name["feed"] == feed and name["guid"] in beside for name in names)

    def _add_release(
        self,
        release: Release,
        keys: Sequence[int],
        name: dict[str, str | None],
        published_raw: str | None,
        now: datetime,
    ) -> Kept:
        row = _sql.add_release(
            self._db,
            feed=name["feed"],
            guid=name["guid"],
            url=name["url"],
            canonical_url=name["canonical_url"],
            side=release.side,
            publisher=release.publisher,
            lang=release.lang,
            published=release.published.isoformat(),
            first_seen=instant_text(now),
        )
        _sql.add_name(self._db, release=row["id"], because=None, seen_at=instant_text(now), **name)
        self._add_revision(row["id"], 1, release, keys, published_raw, now)
        return Kept(row["id"], 1, fresh=True, revised=False)

    def _add_revision(
        self,
        release_id: int,
        number: int,
        release: Release,
        keys: Iterable[int],
        published_raw: str | None,
        now: datetime,
        *,
        late: bool = False,
    ) -> None:
        _sql.add_revision(
            self._db,
            release=release_id,
            number=number,
            title=release.title,
            summary=release.summary,
            published_raw=published_raw,
            hash=release.fingerprint,
            seen_at=instant_text(now),
            late=int(late),
        )
        if number > 1:
            self._bases.touch_release(release_id, at=now)
        self._search.keep_release(release_id, number, release, now=now)
        _sql.add_keys(self._db, [{"key": key, "release": release_id} for key in keys])

    def shown(self, feed: str) -> list[Shown]:
        """What a feed showed at its last good read, in the order of its document."""
        row = _sql.shown(self._db, feed=feed)
        return [Shown(release, instant(published)) for release, published in json.loads(row["last_shown"])]

    def set_shown(self, feed: str, shown: Sequence[Shown]) -> None:
        told = [[one.release, instant_text(one.published) if one.published else None] for one in shown]
        _sql.set_shown(self._db, feed=feed, shown=as_json(told))

    def note_gone(self, feed: str, gone: Collection[int], shown: Sequence[Shown], *, now: datetime) -> None:
        """Note of releases that a feed no longer shows since when, unless another one does; of those that it shows
        that they are back. They stay, either way.
        """
        _sql.set_back(self._db, [{"release": release} for release in {one.release for one in shown}])
        for release in gone:
            if not self._is_shown_elsewhere(release, feed):
                _sql.set_gone(self._db, release=release, since=instant_text(now))

    def _is_shown_elsewhere(self, release: int, feed: str) -> bool:
        others = _sql.shown_elsewhere(self._db, release=release, feed=feed)
        return any(release == shown for row in others for shown, _ in json.loads(row["last_shown"]))

    def history(self, release: int) -> ReleaseHistory | None:
        """All that is kept of a release; None where there is none of that id."""
        row = _sql.whole_release(self._db, release=release)
        if row is None:
            return None
        revisions = [
            Revision(
                number=said["number"],
                title=said["title"],
                summary=said["summary"],
                seen_at=instant(said["seen_at"]),
                published_raw=said["published_raw"],
                late=bool(said["late"]),
            )
            for said in _sql.revisions(self._db, release=release)
        ]
        names = [
            ReleaseName(name["feed"], name["guid"], name["url"], name["because"], instant(name["seen_at"]))
            for name in _sql.names_of(self._db, release=release)
        ]
        return ReleaseHistory(
            Release(
                id=row["id"],
                side=row["side"],
                lang=row["lang"],
                publisher=row["publisher"],
                title=revisions[-1].title,
                summary=revisions[-1].summary,
                published=day(row["published"]),
                url=row["url"],
                feed=row["feed"],
            ),
            tuple(revisions),
            tuple(names),
            instant(row["gone_since"]),
        )

    def newest(self, feed: str, *, most: int, known_at: datetime | None = None) -> list[Arrived]:
        """The releases of a feed that were first seen last, in their newest revision, as known at an instant (None:
        now); newest first. One that was shown no more and is again counts as if it had always been.
        """
        rows = _sql.newest_releases(self._db, feed=feed, most=most, at=by(known_at))
        return [
            Arrived(
                release_from(row),
                instant(row["first_seen"]),
                instant(row["gone_since"]) if (row["gone_since"] or "") <= by(known_at) else None,
            )
            for row in rows
        ]

    def count(self, *, feed: str | None = None, since: date = date.min) -> int:
        return _sql.count_releases(self._db, feed=feed or "", since=since.isoformat())["number"]

    def stored(
        self, *, feed: str | None = None, since: date = date.min, after: int = 0, most: int = 1_000
    ) -> list[tuple[Release, Kept]]:
        """Up to `most` stored releases in their newest revision, in the order of arrival, after the one of that id."""
        return [
            (release_from(row), Kept(row["id"], row["revision"], fresh=False, revised=False))
            for row in _sql.releases(self._db, feed=feed or "", since=since.isoformat(), after=after, most=most)
        ]
