"""Documents that somebody hands in: a file, or a page by its address, as a release of the side that they speak for."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from tracker.errors import Faults, NotAllowed, Refused
from tracker.feeds.address import canonical_url
from tracker.feeds.decode import decode
from tracker.feeds.failure import FetchFailed, NotAPage
from tracker.feeds.fetch import Fetched
from tracker.feeds.language import language
from tracker.feeds.page import LONGEST_TEXT, Page, read_page
from tracker.feeds.unwrap import unwrapped
from tracker.model import EARLIEST, LATEST, Candidate, Feed, Release
from tracker.polling.intake import HandedIn, hand_in
from tracker.releases.study import Detect
from tracker.service import Service

LATEST_CLOCK = timedelta(hours=14)
"""By how much the clocks that are furthest ahead are before UTC: where it is tomorrow already."""


def release_from_file(
    path: Path, *, url: str, side: str, published: date, publisher: str | None = None, lang: str | None = None
) -> Release:
    """A text file (its first line is the title) or an HTML page as a release; lines that a program wrapped are joined.

    Raises Refused when the file cannot be read, is no text, or has no words.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror}).", "Give a text file or an HTML page.") from error
    text = decode(body, None)
    if "\0" in text:
        raise Refused(f"{path} is not a text.", "Give a text file or an HTML page, in UTF-8 if you can.")
    if re.match(r"\s*<(!doctype|html)", text, re.IGNORECASE):
        page = _read_page(text, url)
        title, words = page.title, page.text
    else:
        title, _, words = text.strip().partition("\n")
        words = unwrapped(words)
    return _release(title, words, url, side, published, publisher, lang, str(path))


def release_from_page(
    url: str,
    fetch: Callable[..., Fetched],
    *,
    side: str,
    published: date | None = None,
    publisher: str | None = None,
    lang: str | None = None,
    allow_private: bool = False,
) -> Release:
    """Fetch a page, by the service's way to `fetch`, and read its title, words and date.

    Raises Refused when it cannot be fetched or read, or says no date and none is given.
    """
    try:
        fetched = fetch(url, allow_private=allow_private)
    except FetchFailed as failed:
        raise Refused(failed.about(url), field="url") from failed
    page = _read_page(decode(fetched.body, fetched.content_type), url)
    published = published or page.published
    if published is None:
        raise Refused(f"{url} does not say when it was published.", "Give the date with it.", field="published")
    return _release(page.title, page.text, fetched.final_url, side, published, publisher, lang, url)


def release_from_text(
    title: str,
    text: str,
    *,
    url: str | None,
    side: str,
    published: date | None,
    publisher: str | None = None,
    lang: str | None = None,
) -> Release:
    """Words that somebody sends, as a release. Raises Refused, with all that is wrong, when there are none, or no date,
    or an address that is none.
    """
    return _release(title, text, url, side, published, publisher, lang, "the text")


def check_told(
    service: Service,
    *,
    side: str,
    relationship: str | None = None,
    lang: str | None = None,
    published: date | None = None,
) -> None:
    """Raise Refused, with all that is wrong, for what cannot be so of a document: a relationship that is not
    configured, a side that it, or any, does not have, a language that none has, a day that has begun nowhere on earth.
    """
    faults, pairs = Faults(), {pack.relationship.slug: pack.relationship for pack in service.packs}
    if relationship and relationship not in pairs:
        faults.add(
            Refused(f"There is no relationship {relationship!r}.", f"Known: {', '.join(pairs)}.", field="relationship")
        )
    told = [pairs[relationship]] if relationship in pairs else pairs.values()
    sides = dict.fromkeys(side for pair in told for side in pair.sides)
    if side not in sides:
        faults.add(Refused(f"side {side!r} is none that there is.", f"Use one of {', '.join(sides)}.", field="side"))
    languages = dict.fromkeys(code for pair in pairs.values() for code in pair.languages)
    if lang is not None and lang not in languages:
        faults.add(
            Refused(f"lang {lang[:20]!r} is none that is read.", f"Use one of {', '.join(languages)}.", field="lang")
        )
    if published and published > (latest := (service.clock() + LATEST_CLOCK).date()):
        faults.add(
            Refused(
                f"published is {published}, a day that has not come.",
                f"Give the day on which it was published, {latest} at the latest.",
                field="published",
            )
        )
    faults.check()


def check_address(url: str) -> None:
    """Raise Refused for what is no address of the web."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        raise Refused(
            f"{url!r} is no address of the web.", "Give one that begins with https:// or http://.", field="url"
        )


def take(
    service: Service, release: Release, *, relationship: str | None = None, within: Collection[str] | None = None
) -> HandedIn:
    """Keep the release and answer the candidates that it speaks of, in one relationship, `within` some, or in any.

    Raises Refused for a side or relationship that is not configured, or a day to come; NotAllowed where it would have
    other words of what was read for none but others; StoreError.
    """
    check_told(service, side=release.side, relationship=relationship, published=release.published)
    wanted = [relationship] if relationship else service.detectors if within is None else within
    detect: Detect = service.detect_for(wanted)
    return hand_in(
        service.store,
        release,
        detect,
        guid=f"handed-in:{release.side}:{canonical_url(release.url) if release.url else release.fingerprint}",
        canonical_url=canonical_url(release.url) if release.url else None,
        now=service.clock(),
        check=None if within is None else partial(_check_within, service, service.feeds_by_slug, within),
    )


def other_day(release: Release, handed_in: HandedIn) -> str | None:
    """What is to be said of a release that had come before with another day of publication; None of any other."""
    return handed_in.kept_day and (
        f"It was taken before as published on {handed_in.kept_day}, and keeps that day: {release.published} was not "
        "taken over. Where that is wrong, correct the date of the event in the review."
    )


def _check_within(
    service: Service, feeds: Mapping[str, Feed], within: Collection[str], kept: Release, told: Iterable[Candidate]
) -> None:
    """Raises NotAllowed for a release that speaks of channels, or comes from a feed, of other relationships alone."""
    of_channel = {line.slug: pack.relationship.slug for pack in service.packs for line in pack.channels}
    feed = feeds.get(kept.feed or "")
    others = {of_channel.get(one.channel, "") for one in told} - set(within)
    if feed and not set(feed.relationships) & set(within):
        others.update(feed.relationships)
    if others:
        raise NotAllowed(
            f"This rewords release {kept.id}, which was read for {', '.join(sorted(filter(None, others)))}.",
            "Ask somebody who reviews that to hand it in.",
        )


def _read_page(html: str, url: str) -> Page:
    try:
        return read_page(html, url)
    except NotAPage as wrong:
        raise Refused(f"{url}: {wrong.sentence}", wrong.remedy) from wrong


def _release(
    title: str,
    words: str,
    url: str | None,
    side: str,
    published: date | None,
    publisher: str | None,
    lang: str | None,
    named: str,
) -> Release:
    title, words = title.strip(), words.strip()
    faults = Faults()
    if not title and not words:
        faults.add(Refused(f"{named} has no words.", "Give a title and a text.", field="text"))
    if len(words) > LONGEST_TEXT:
        faults.add(
            Refused(
                f"{named} has {len(words):,} characters; at most {LONGEST_TEXT:,} are read.",
                "Hand in the part that matters.",
                field="text",
            )
        )
    if published is None:
        faults.add(Refused("published is missing.", "Give the publisher's date, as YYYY-MM-DD.", field="published"))
    elif not EARLIEST <= published <= LATEST:
        faults.add(Refused(f"{published} is no credible date.", "Give the day of publication.", field="published"))
    if url:
        with faults.gathered():
            check_address(url)
    faults.check()
    return Release(
        id=None,
        side=side,
        lang=lang or language(title + words),
        publisher=publisher or (urlsplit(url).hostname if url else None) or "handed in",
        title=title or words.partition("\n")[0],
        summary=words,
        published=published,
        url=url,
    )
