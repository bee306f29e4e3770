"""Cited pages read again: one visit from claim to verdict, and the go of the scheduler over those that are due."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from db.store import Subjects
from db.watch import Visit
from tracker.feeds.address import canonical_url, is_front
from tracker.feeds.decode import decode
from tracker.feeds.failure import OF_OTHERS, FetchFailed, Kind, NotAPage
from tracker.feeds.hosts import host_of
from tracker.feeds.page import LIMITS, LONGEST_TEXT, read_page, title_of
from tracker.model import PageCopy, PageState
from tracker.polling.outcome import AGAIN_AFTER
from tracker.releases.likeness import plain_words
from tracker.releases.watch import (
    HOST_REST,
    NOT_FOUND,
    PAGES_AT_ONCE,
    Finding,
    Watched,
    Wording,
    after_failure,
    after_finding,
    choose,
    is_new,
    judge,
)
from tracker.service import Service

log = logging.getLogger(__name__)

MOST_DUE = 500
"""Due pages among which a go chooses; those beyond have their turn in another."""

_STATUSES = {Kind.NOT_FOUND: 404, Kind.GONE: 410}


@dataclass(frozen=True)
class Answer:
    """What a visit met: the page as it was sent, or that it is not there (`status`), or why there is no verdict."""

    copy: PageCopy | None = None
    status: int | None = None
    moved_to: str | None = None
    fault: str | None = None
    retry_after: datetime | None = None


@dataclass(frozen=True)
class Before:
    """What is known of a page before a visit; `noted` is its copy as it was last said to have been edited."""

    page: Watched
    quotes: list[str]
    baseline: PageCopy | None
    noted: PageCopy | None


class Rereading:
    """Reads due pages, a few in each go; it remembers which hosts it asked a moment ago."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._asked: dict[str, datetime] = {}
        self._record: int | None = None

    def go(self, stopped: Callable[[], bool] = lambda: False) -> list[Visit]:
        """Read some of the due pages, one after another. Raises StoreError."""
        visits = [read_again(self._service, url, if_due=True) for url in self.chosen() if not stopped()]
        return [visit for visit in visits if visit]

    def chosen(self, most: int = PAGES_AT_ONCE) -> list[str]:
        """Watch what is cited since; answers due pages to be read now, each of another host that rested for a minute
        since the last of its pages was chosen here. Raises StoreError.
        """
        now = self._service.clock()
        self._notice(now)
        with self._service.store.reading() as db:
            due = db.watch.due(now, most=MOST_DUE)
        chosen = choose(due, {url: host_of(url) for url in due}, self._asked, now, most)
        asked = {host: at for host, at in self._asked.items() if abs(now - at) < HOST_REST}
        self._asked = asked | {host_of(url): now for url in chosen}
        return chosen

    def _notice(self, now: datetime) -> None:
        record = self._service.store.revisions()["record"]
        if record != self._record:
            notice(self._service, now)
            self._record = record


def notice(service: Service, now: datetime) -> None:
    """Watch the pages that the record cites and nobody watches yet. Raises StoreError."""
    with service.store.reading() as db:
        pages = db.watch.unwatched(now)
    if pages:
        with service.store.writing() as db:
            db.watch.begin(pages)


def read_again(service: Service, url: str, *, if_due: bool) -> Visit | None:
    """Visit a watched page now; None where another reads it or did so meanwhile, it is not due (`if_due`), or its host
    wants to be left alone or is busy with others of ours. A failure of the page is a visit without a verdict, not an
    exception. Raises StoreError.
    """
    now = service.clock()
    with service.store.writing() as db:
        service.hosts.heed(db.hosts.left_alone())
        if alone := service.hosts.alone_for(url):
            db.watch.put_off(url, until=now + alone)
            return None
        if not db.watch.claim(url, now=now, if_due=if_due):
            return None
    with service.store.reading() as db:
        before = _before(db, url)
    try:
        answer = _ask(service, url)
    except FetchFailed as failed:
        log.info("cited page %s is read later: %s", url, failed.sentence)
        now = service.clock()
        with service.store.writing() as db:
            db.watch.give_back(url, next_visit=max(failed.retry_after or now, now + AGAIN_AFTER))
        return None
    finding, fault = (None, answer.fault) if answer.fault else _judged(before, url, answer)
    with service.store.writing() as db:
        if _is_overtaken(before.page, db.watch.get(url)):
            log.info("cited page %s: another process read it meanwhile", url)
            return None
        visit = _keep(db, before, answer, finding, fault, service.clock())
        db.record.bump("polls")
    _report(visit)
    return visit


def _is_overtaken(before: Watched, now: Watched) -> bool:
    """Whether somebody else read the page since: the claim of a process that was suspended for long has run out."""
    return (before.last_read, before.reads, before.failures) != (now.last_read, now.reads, now.failures)


@lru_cache(maxsize=16)
def wording(copy: PageCopy) -> Wording | None:
    """What a page says, with an empty text where no article is found on it; None for what is no page (a PDF)."""
    if copy.body.startswith(b"%PDF") or not re.search(r"html|xml|^$", copy.content_type or "", re.IGNORECASE):
        return None
    markup = decode(copy.body, copy.content_type)
    try:
        page = read_page(markup, copy.url, dated=False)
    except NotAPage:
        return Wording(title_of(markup), "")
    return Wording(page.title, page.text[:LONGEST_TEXT])


def _before(db: Subjects, url: str) -> Before:
    page, standing = db.watch.get(url), db.watch.standing(url)
    noted = db.watch.copy(standing.sha256) if standing and standing.sha256 else None
    return Before(page, db.watch.quotes(url), db.watch.baseline(url, canonical_url(url)), noted)


def _ask(service: Service, url: str) -> Answer:
    """What a visit meets. Raises FetchFailed, of a kind in `OF_OTHERS`, where the page is not asked for now."""
    private = _may_be_private(service, url)
    try:
        if refusal := service.robots.refusal(url, allow_private=private):
            raise refusal
        fetched = service.fetch(url, allow_private=private, limits=LIMITS)
    except FetchFailed as failed:
        if failed.kind in OF_OTHERS:
            raise
        if failed.kind in _STATUSES:
            return Answer(status=_STATUSES[failed.kind])
        return Answer(fault=failed.sentence, retry_after=failed.retry_after)
    copy = PageCopy(fetched.final_url, service.clock(), fetched.content_type, fetched.body)
    moved = fetched.permanent_url if canonical_url(fetched.permanent_url or url) != canonical_url(url) else None
    return Answer(copy, fetched.status, moved)


def _judged(before: Before, url: str, answer: Answer) -> tuple[Finding | None, str | None]:
    """The finding, or why there is none."""
    if answer.copy is None:
        return NOT_FOUND, None
    try:
        now = wording(answer.copy)
        if now and now.is_wall:
            return None, "The site asks first whether a person is there."
        first, noted = (wording(copy) if copy else None for copy in (before.baseline, before.noted))
    except Exception as error:
        # The edge of a visit: a defect of ours on one page must show there, and must not stop the others.
        log.exception("reading %s again failed unexpectedly", url)
        return None, f"Reading it failed inside Open Lines ({type(error).__name__})."
    at_front = is_front(answer.copy.url) and not is_front(url)
    return judge(first, before.quotes, now, moved_to=answer.moved_to, at_front=at_front, noted=noted), None


def _keep(
    db: Subjects, before: Before, answer: Answer, finding: Finding | None, fault: str | None, now: datetime
) -> Visit:
    page, baseline = before.page, before.baseline.sha256 if before.baseline else None
    after = after_finding(page, finding, now) if finding else after_failure(page, fault, now, answer.retry_after)
    stands = finding is not None and is_new(page, after, finding)
    copy = answer.copy
    if copy and stands:
        db.watch.keep_copy(copy)
        if baseline is None and finding.state is not PageState.SOFT_GONE:
            baseline = copy.sha256
    db.watch.settle(after, baseline=baseline)
    said = wording(copy) if copy and finding else None
    return db.watch.add_visit(
        Visit(
            url=page.url,
            at=now,
            found=finding.state if finding else None,
            fault=fault,
            status=answer.status,
            final_url=copy.url if copy else None,
            sha256=copy.sha256 if copy else None,
            words=len(plain_words(said.text)) if said else None,
            stands_since=after.since if stands else None,
            missing=finding.missing if finding else (),
            moved_to=finding.moved_to if finding else None,
            asks=bool(finding and finding.asks),
        )
    )


def _may_be_private(service: Service, url: str) -> bool:
    """Only where the operator has a feed on that host that may be."""
    return any(feed.allow_private and host_of(feed.url) == host_of(url) for feed in service.feeds)


def _report(visit: Visit) -> None:
    if visit.fault:
        log.info("cited page %s: no verdict: %s", visit.url, visit.fault)
    elif visit.asks:
        log.warning("cited page %s: %s%s", visit.url, visit.found, "" if visit.stands_since else ", to be confirmed")
    else:
        log.info("cited page %s: %s", visit.url, visit.found)
