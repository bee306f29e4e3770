"""The pages of new releases, for feeds that give a teaser alone: fetched politely, read, and kept as they were sent.

A page that cannot be read now takes nothing away: the release is kept with the feed's words, and its page is tried
again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tracker.feeds.failure import OF_OTHERS, FetchFailed, NotAPage
from tracker.feeds.fetch import Fetched
from tracker.feeds.page import with_full_text
from tracker.model import PageCopy, Release

PAGES_AT_ONCE = 10
"""Pages fetched in one poll, so that it stays shorter than its claim; the others wait for the next."""

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=15), timedelta(days=1)
"""After a failure a page is tried again, ever more rarely."""

MOST_TRIES = 12
"""Then the page is given up, which is shown with its fault; more than five days have passed by then."""

NOT_YET = "Its page has not been fetched yet: several came at once."

FetchPage = Callable[[str], Fetched]


@dataclass(frozen=True)
class Read:
    """A release with the words of its page and a copy of it, or as it was, with the fault in a sentence.

    `tried`: the page was asked for; one that was not has not failed.
    """

    release: Release
    copy: PageCopy | None = None
    fault: str | None = None
    tried: bool = True


def read_full(release: Release, fetch_page: FetchPage, now: datetime) -> Read:
    """Fetch and read the release's page. The copy is kept even where no article was found on it."""
    try:
        fetched = fetch_page(release.url or "")
    except FetchFailed as failed:
        return Read(release, fault=str(failed), tried=failed.kind not in OF_OTHERS)
    copy = PageCopy(fetched.final_url, now, fetched.content_type, fetched.body)
    try:
        return Read(with_full_text(release, fetched), copy)
    except NotAPage as wrong:
        return Read(release, copy, str(wrong))


def next_try(tries: int, now: datetime) -> datetime | None:
    """When to fetch a page again that failed `tries` times; None when it is given up."""
    if tries >= MOST_TRIES:
        return None
    return now + min(FIRST_WAIT * 2 ** max(tries - 1, 0), LONGEST_WAIT)


def keeping_words(read: Read, summary: str) -> Read:
    """The read with the words that are kept of its page, where this time only the feed's were to be had."""
    if read.copy or len(summary) <= len(read.release.summary):
        return read
    return replace(read, release=replace(read.release, summary=summary))
