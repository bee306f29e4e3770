"""The pages of new releases, for feeds that give a teaser alone: fetched politely, read, and kept as they were sent.

A page that cannot be read now takes nothing away: the release is kept with the feed's words, and its page is tried
again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tracker.feeds.address import is_front
from tracker.feeds.decode import decode
from tracker.feeds.failure import OF_OTHERS, FetchFailed, NotAPage
from tracker.feeds.fetch import Fetched
from tracker.feeds.page import LONGEST_TEXT, read_page, title_of
from tracker.model import PageCopy, Release
from tracker.releases.watch import Wording
from tracker.tongue import to_keep

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
    """Fetch and read the release's page. The copy is kept even where no article was found on it; what stands there
    instead of it is not: it may be gone the next time.
    """
    try:
        fetched = fetch_page(release.url or "")
    except FetchFailed as failed:
        return Read(release, fault=str(failed), tried=failed.kind not in OF_OTHERS)
    copy = PageCopy(fetched.final_url, now, fetched.content_type, fetched.body)
    markup, fault = decode(fetched.body, fetched.content_type), None
    try:
        page = read_page(markup, fetched.final_url, dated=False)
        told = Wording(page.title, page.text[:LONGEST_TEXT])
    except NotAPage as wrong:
        told, fault = Wording(title_of(markup), ""), str(wrong)
    if instead := _instead(told, release.url or "", fetched.final_url):
        return Read(release, fault=instead)
    fuller = replace(release, summary=told.text) if len(told.text) > len(release.summary) else release
    return Read(fuller, copy, fault)


def _instead(told: Wording, asked: str, came_to: str) -> str | None:
    """What was shown instead of the page; None where nothing says that it is another."""
    if told.is_wall:
        return to_keep("The site asked first whether a person is there; its page is tried again.")
    if told.says_missing:
        return to_keep(
            "The page that came is called “%(title)s”, and is not the release; it is tried again.",
            title=told.title[:99],
        )
    if is_front(came_to) and not is_front(asked):
        return to_keep("The site led to its front page instead of the release; its page is tried again.")
    return None


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
