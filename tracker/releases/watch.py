"""The watch on cited pages: when one is read again, what became of it, and when that is sure. Pure.

Words are compared, never markup: menus, dates of the template and captions are no part of them (`_sentences`).

- same: the sentences are the same.
- edited: they are not, but the words that the record quotes still stand. Without a quote there is nothing to hold the
  page to: then a substantial edit is put to a reviewer.
- words-changed: a quote that stood on the page stands there no more.
- moved: a permanent redirect to another address, where the text still stands.
- gone: the server says that the page is not there (404, 410), `CONFIRMED_BY` times in a row.
- soft-gone: it answers with status 200 and something else (a front page, a sign-in, "page not found"), as often.

A page that cannot be reached, or hides behind a test for humans, has no verdict: it is tried again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tracker.model import PageState, PartialDate
from tracker.releases.likeness import NEARLY_THE_SAME, plain_likeness, plain_words

WAITS = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72)) + tuple(
    timedelta(days=days) for days in (7, 14, 30, 60, 120, 180)
)
"""Times between two reads of a page, ever longer; the last one goes on for good."""

LONGEST_WAIT = WAITS[-1]

SETTLED = 4
"""The place in `WAITS` at which a document that is old when it is cited begins."""

OLD = timedelta(days=30)
"""What was published longer ago than this has stood already: it need not be read again within the hour."""

SPREAD = WAITS[SETTLED]
"""The first reads of old documents are spread over this time: a record that is loaded at once makes no burst."""

CONFIRMED_BY = 3
"""Reads in a row that must find a page gone, or something else in its place, before it is called so."""

DOUBT_WAITS = (timedelta(hours=6), timedelta(days=1))
"""When a page that was not found is looked for again: servers have bad hours."""

FIRST_RETRY, LONGEST_RETRY = timedelta(hours=6), timedelta(days=7)
"""A page that cannot be reached is tried again after twice the wait each time; it is never given up."""

CLAIM = timedelta(minutes=10)
"""How long a page is its reader's alone; longer than any read can take."""

PAGES_AT_ONCE = 4
"""Pages read in one go of the scheduler."""

HOST_REST = timedelta(minutes=1)
"""A host is asked for one cited page in this time, however many of its pages are due."""

UNLIKE = 0.2
"""Texts that share less than this part of their runs of words are two texts."""

_JITTER = 0.1
_SENTENCE_WORDS, _LONG_LINE = 8, 25
_ENOUGH = 25
"""Words below which a text is too short to be compared: a caption, or a line that asks for scripts to be on."""

_CONFIRM = frozenset({PageState.GONE, PageState.SOFT_GONE})
_SENTENCE_END = re.compile(r"[.!?。！？…][\"'”’)）」』]*$")
_CUT = re.compile(r"\[?(?:…+|\.{3,})\]?")
_MISSING = re.compile(
    r"^(?:http )?(?:error )?(?:404|410)(?:\s*$|\s*[-–—|:.]|\s(?:error|page|not|gone)\b)|\berror (?:404|410)\b|"
    r"^not found\b|\b(?:page|file|document|resource|url) (?:was |is |has been )?(?:not found|removed|no longer)|"
    r"^(?:please )?(?:sign|log)[ -]?in(?:\s*$|\s*[-–—|:.]|\sto\b)|"
    r"(?:页面?|网页|内容|文章|文件)[^，。]{0,6}(?:不存在|未找到|找不到|已(?:被)?删除)|找不到(?:页|网页|该|您)|^(?:用户|会员)?登[录入]$",
    re.IGNORECASE,
)
_WALL = re.compile(
    r"just a moment|attention required|checking your browser|are you (?:a )?(?:human|robot)|access denied|captcha|"
    r"安全验证|访问验证|人机验证",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Wording:
    """What a page says: its title, and its text without the navigation around it (paragraphs in lines)."""

    title: str
    text: str

    @property
    def is_wall(self) -> bool:
        """Whether it asks who is there instead of saying anything."""
        return bool(_WALL.search(self.title)) and len(plain_words(self.text)) < 4 * _ENOUGH

    @property
    def says_missing(self) -> bool:
        """Whether its title says that what was asked for is not there, or not for everybody."""
        return bool(_MISSING.search(self.title))

    @property
    def comparable(self) -> bool:
        return len(plain_words(self.text)) >= _ENOUGH


@dataclass(frozen=True)
class Finding:
    """What one read found. `missing`: quotes that stood on the page and do not now; `moved_to`: its address now.

    `asks`: a person should look. `again`: it was edited substantially since it was last noted.
    """

    state: PageState
    missing: tuple[str, ...] = ()
    moved_to: str | None = None
    asks: bool = False
    again: bool = False


NOT_FOUND = Finding(PageState.GONE, asks=True)
"""What a read finds where the server says that the page is not there."""


def judge(
    before: Wording | None,
    quotes: Iterable[str],
    now: Wording | None,
    *,
    moved_to: str | None = None,
    at_front: bool = False,
    noted: Wording | None = None,
) -> Finding:
    """What became of a page that answered with status 200.

    `before`: the wording that we cited from or read first, None at the first read of a page of which there is no copy;
    `quotes`: the words that the record cites; `now`: the wording now, None where it has none that can be read (a PDF).
    `moved_to`: another address to which it was redirected for good; `at_front`: it ended at a site's front page;
    `noted`: the wording of which something was last noted.
    """
    here = Finding(PageState.MOVED, moved_to=moved_to, asks=True) if moved_to else Finding(PageState.SAME)
    if before is None:
        lost = now is not None and (at_front or now.says_missing)
        return Finding(PageState.SOFT_GONE, asks=True) if lost else here
    now = now or Wording("", "")
    stood = [quote for quote in dict.fromkeys(quotes) if stands(quote, before)]
    missing = tuple(quote for quote in stood if not stands(quote, now))
    if len(missing) == len(stood) and _replaced(before, now):
        return Finding(PageState.SOFT_GONE, missing, asks=True)
    if missing:
        return Finding(PageState.WORDS_CHANGED, missing, asks=True)
    if not before.comparable or _sentences(before) == _sentences(now):
        return here
    asks = not stood and _substantially(before, now)
    again = noted is not None and (_substantially(noted, now) or (asks and not _substantially(before, noted)))
    if moved_to:
        return replace(here, again=again and not stood)
    return Finding(PageState.EDITED, asks=asks, again=again)


def stands(quote: str, page: Wording) -> bool:
    """Whether the page has these words in their order, whatever case and punctuation; `…` may stand for others."""
    told = _joined(f"{page.title}\n{page.text}")
    place = 0
    for part in filter(None, (_joined(part).strip() for part in _CUT.split(quote))):
        place = told.find(f" {part} ", place)
        if place < 0:
            return False
    return bool(plain_words(quote))


def _joined(text: str) -> str:
    return f" {' '.join(plain_words(text))} "


def _replaced(before: Wording, now: Wording) -> bool:
    """Whether something else stands there now."""
    if now.says_missing and not before.says_missing and plain_words(before.text) != plain_words(now.text):
        return True
    return before.comparable and plain_likeness(plain_words(before.text), plain_words(now.text)) < UNLIKE


def _sentences(page: Wording) -> list[str]:
    """The words of what is written in sentences: a line of a menu, a date or a caption is none."""
    told: list[str] = []
    for line in page.text.splitlines():
        words = plain_words(line)
        ends = _SENTENCE_END.search(line.strip())
        if len(words) >= (_SENTENCE_WORDS if ends else _LONG_LINE):
            told += words
    return told


def _substantially(one: Wording, other: Wording) -> bool:
    """Whether two wordings are more than small corrections apart; another number is never small."""
    old, new = _sentences(one), _sentences(other)
    return _numbers(old) != _numbers(new) or (old != new and plain_likeness(old, new) < NEARLY_THE_SAME)


def _numbers(words: Iterable[str]) -> list[str]:
    return [word for word in words if any(char.isdigit() for char in word)]


@dataclass(frozen=True)
class Watched:
    """How the watch on one page stands. Instants are UTC.

    `reads` is the place in `WAITS` of the wait after the next read; `failures` in a row gave no verdict, the last one
    for `fault`. `state`: what stands, since `since`, with `missing` and `moved_to` as in a finding; None before the
    first verdict. `doubted`: what it may be, as `doubts` reads in a row have found it since `doubted_since`.
    `last_read`: the last read with a finding.
    """

    url: str
    next_visit: datetime
    reads: int = 0
    failures: int = 0
    fault: str | None = None
    state: PageState | None = None
    since: datetime | None = None
    missing: tuple[str, ...] = ()
    moved_to: str | None = None
    doubted: PageState | None = None
    doubted_since: datetime | None = None
    doubts: int = 0
    last_read: datetime | None = None


def noticed(url: str, published: PartialDate | None, now: datetime) -> Watched:
    """The watch on a page that the record cites from now on: first in an hour, or within a week if it is an old one."""
    if published and published.last >= (now - OLD).date():
        return Watched(url, now + _spread_out(url, WAITS[0]), reads=1)
    return Watched(url, now + SPREAD * _share(url), reads=SETTLED + 1)


def after_failure(page: Watched, fault: str, at: datetime, retry_after: datetime | None = None) -> Watched:
    """After a visit that gave no verdict: what stood stands, and it is tried again, never before `retry_after`."""
    wait = min(FIRST_RETRY * 2 ** min(page.failures, 10), LONGEST_RETRY)
    due = at + _spread_out(page.url, wait)
    return replace(
        page, failures=page.failures + 1, fault=fault, next_visit=max(due, retry_after) if retry_after else due
    )


def after_finding(page: Watched, finding: Finding, at: datetime) -> Watched:
    """After a visit with a finding. What has to be confirmed changes nothing until it is."""
    page = replace(page, failures=0, fault=None, last_read=at)
    if finding.state in _CONFIRM and page.state is not finding.state:
        page = _doubted(page, finding.state, at)
        if page.doubts < CONFIRMED_BY:
            return replace(page, next_visit=at + _spread_out(page.url, DOUBT_WAITS[page.doubts - 1]))
        since = page.doubted_since
    else:
        since = at if _is_news(page, finding) else page.since
    return replace(
        page,
        state=finding.state,
        since=since,
        missing=finding.missing,
        moved_to=finding.moved_to,
        doubted=None,
        doubted_since=None,
        doubts=0,
        reads=page.reads + 1,
        next_visit=at + _spread_out(page.url, WAITS[min(page.reads, len(WAITS) - 1)]),
    )


def is_new(before: Watched, after: Watched, finding: Finding) -> bool:
    """Whether a visit made something stand that did not stand before."""
    return after.state is finding.state and _is_news(before, finding)


def _is_news(page: Watched, finding: Finding) -> bool:
    if page.state is not finding.state or finding.again:
        return True
    return (page.missing, page.moved_to) != (finding.missing, finding.moved_to)


def _doubted(page: Watched, state: PageState, at: datetime) -> Watched:
    if page.doubted is state:
        return replace(page, doubts=page.doubts + 1)
    return replace(page, doubted=state, doubted_since=at, doubts=1)


def choose(
    due: Sequence[str],
    hosts: Mapping[str, str],
    asked: Mapping[str, datetime],
    now: datetime,
    most: int = PAGES_AT_ONCE,
) -> list[str]:
    """Which of the due pages are read now: a page of a host at most, of those that were left in peace for a while.

    `hosts`: the host of each page; `asked`: when a host was last asked for a cited page.
    """
    chosen: dict[str, str] = {}
    for url in due:
        host = hosts[url]
        rested = host not in asked or abs(now - asked[host]) >= HOST_REST
        if rested and host not in chosen and len(chosen) < most:
            chosen[host] = url
    return list(chosen.values())


def _spread_out(url: str, wait: timedelta) -> timedelta:
    """A wait, longer by up to a tenth, always the same for one page: so waits never shrink."""
    return wait * (1 + _JITTER * _share(url))


def _share(url: str) -> float:
    return int.from_bytes(hashlib.sha256(url.encode("utf-8", "surrogatepass")).digest()[:4]) / 2**32
