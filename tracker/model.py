"""The words of the product as types: relationship, channel, state, contact, source, feed, release, sighting.

Frozen values without I/O. Dates are ISO text with a precision (`PartialDate`), instants are UTC datetimes.
"""

from __future__ import annotations

import calendar
import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from tracker.verifier import words_hash

THIRD_PARTY = "third-party"
"""The side of a source that speaks for neither party: press, think tanks, other governments."""

IN_PERSON = "in person"
"""The form of a contact whose participants met, as the record writes it."""

SEED = "seed"
"""What the record shows as the author of a row that came from the configuration."""


class State(StrEnum):
    """What a channel is now; each has its written test in docs/architecture.md."""

    PLANNED = "planned"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    ENDED = "ended"


class Signal(StrEnum):
    """What a release says happened."""

    ANNOUNCED = "announced"
    HELD = "held"
    RESUMED = "resumed"
    SUSPENDED = "suspended"
    ENDED = "ended"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"


class Level(StrEnum):
    """At which level the sides met, the highest first."""

    LEADERS = "leaders"
    MINISTERS = "ministers"
    DEPUTIES = "deputies"
    COMMANDERS = "commanders"
    DIRECTORS = "directors"
    WORKING = "working"


class Outcome(StrEnum):
    """What became of a contact."""

    HELD = "held"
    ANNOUNCED = "announced"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    NO_ANSWER = "no-answer"


class Precision(StrEnum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Category(StrEnum):
    """The groups of the dashboard, in its order."""

    MILITARY = "military"
    DIPLOMATIC = "diplomatic"
    TECHNOLOGY = "technology"
    LAW_ENFORCEMENT = "law-enforcement"
    ECONOMIC = "economic"
    OTHER = "other"


_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, order=True)
class PartialDate:
    """A date as precise as it is known: `2024-01-09`, `2024-01` or `2024` (ISO 8601, reduced precision).

    Ordered as text, so a month sorts before its days. Never padded: a month has no day.
    """

    value: str

    def __post_init__(self) -> None:
        match = _PARTIAL.fullmatch(self.value)
        if not match:
            raise ValueError(f"{self.value!r} is not a date; write YYYY-MM-DD, YYYY-MM or YYYY")
        year, month, day = (int(part) if part else 1 for part in match.groups())
        try:
            date(year, month, day)
        except ValueError:
            raise ValueError(f"{self.value!r} is a date that does not exist") from None

    @classmethod
    def of(cls, day: date) -> PartialDate:
        return cls(day.isoformat())

    @property
    def precision(self) -> Precision:
        return {4: Precision.YEAR, 7: Precision.MONTH, 10: Precision.DAY}[len(self.value)]

    @cached_property
    def first(self) -> date:
        """The first day that it can mean."""
        return date.fromisoformat((self.value + "-01-01")[:10])

    @cached_property
    def last(self) -> date:
        """The last day that it can mean."""
        first = self.first
        match self.precision:
            case Precision.YEAR:
                return first.replace(month=12, day=31)
            case Precision.MONTH:
                return first.replace(day=calendar.monthrange(first.year, first.month)[1])
        return first

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Party:
    """One side of a relationship. `timezone` is its capital's (IANA name). `in_text`: its names as they stand within a
    sentence, in the languages in which those differ (English puts an article before some). `levels`: of its offices, by
    their slugs in the lexicon, the level at which their holders meet.
    """

    code: str
    names: dict[str, str]
    timezone: str
    in_text: dict[str, str] = field(default_factory=dict)
    levels: dict[str, Level] = field(default_factory=dict)


@dataclass(frozen=True)
class Relationship:
    """A pair of parties, with the languages in which their releases are read."""

    slug: str
    names: dict[str, str]
    parties: tuple[Party, Party]
    languages: tuple[str, ...]

    @property
    def sides(self) -> tuple[str, ...]:
        """Codes of the parties in their fixed order, then third parties."""
        return (*(party.code for party in self.parties), THIRD_PARTY)

    def level_of(self, office: str) -> Level | None:
        """At which level the holder of an office of either party meets; None where it is not known, or not one."""
        return next((party.levels[office] for party in self.parties if office in party.levels), None)


@dataclass(frozen=True)
class Channel:
    """One line between the parties. `cadence` is how often it should meet: annual, semiannual, … or None.

    `aliases` are the other names under which texts speak of it, `people` the offices and persons who use it.
    """

    slug: str
    relationship: str
    category: Category
    names: dict[str, str]
    counterparts: dict[str, str]
    description: str
    cadence: str | None = None
    established: PartialDate | None = None
    aliases: tuple[str, ...] = ()
    people: tuple[str, ...] = ()


class PageState(StrEnum):
    """What became of a cited page since we read it first; each has its written test in tracker/releases/watch.py."""

    SAME = "same"
    EDITED = "edited"
    WORDS_CHANGED = "words-changed"
    MOVED = "moved"
    GONE = "gone"
    SOFT_GONE = "soft-gone"


@dataclass(frozen=True)
class PageMark:
    """What we saw of a cited page: so since `since`, known to us since `noted_at` (UTC), which is later where it took
    several reads to be sure. `moved_to` is its address now, for a page that moved.
    """

    state: PageState
    since: datetime
    noted_at: datetime
    moved_to: str | None = None


@dataclass(frozen=True)
class Passage:
    """What of a release is cited: a revision, and where in its title or summary the quote begins (None: no quote)."""

    release: int
    revision: int
    field: str | None = None
    start: int | None = None


@dataclass(frozen=True)
class Source:
    """A cited document and the side it speaks for. `published` is the publisher's local date.

    What it says of the event, where detection read it: `says` (a signal), `dated` (the event's day) and `persons` (the
    offices whose holders took part). Two sides' accounts are held against each other by these, and by the `level` at
    which it says that they met, as a reviewer read it.
    `denies`: a reviewer says that it denies what the row tells, and so attests nothing of it.
    `pages` is what we saw of its page by and by, oldest first; `page_read` the last time that it told us anything.
    `passage`: what is kept of it here; None where the document was never read as a release.
    `decision`: the one that cited it, None where none did.
    """

    url: str
    title: str
    publisher: str
    side: str
    published: PartialDate | None
    quote: str | None = None
    says: Signal | None = None
    dated: PartialDate | None = None
    persons: tuple[str, ...] = ()
    level: Level | None = None
    denies: bool = False
    recorded_at: datetime | None = None
    withdrawn_at: datetime | None = None
    passage: Passage | None = None
    decision: int | None = None
    pages: tuple[PageMark, ...] = field(default=(), compare=False)
    page_read: datetime | None = field(default=None, compare=False)

    @property
    def document(self) -> tuple[str, str, str]:
        """What tells the document from others that a row cites: what has no address is known by its publisher."""
        return self.url or self.publisher, self.title, self.side

    def after(self, day: date) -> bool:
        """Whether it cannot have been out by the end of a day."""
        return self.published is not None and self.published.first > day

    @property
    def archived(self) -> bool:
        """Whether its words, as they were read, are kept here."""
        return self.passage is not None

    @property
    def page(self) -> PageMark | None:
        """How its page stands; None before it was read again."""
        return self.pages[-1] if self.pages else None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What every row of the record has: sources, when we knew it, and what became of the row.

    Rows are only ever added. `replaces` names the row that this one corrects; `withdrawn_at` stamps a row taken back.
    `contested` says in words how another side's account differs, `settled` why a reviewer holds accounts that differ
    for settled, and `reason` why this row corrects another. `id` is None for what was not (yet) recorded.
    `unconfirmed`: what of it is told though it could not be confirmed, `date` or `place`.
    `heard_until`: in a view of a day, the last day whose documents count as anybody's word; None where all do.
    """

    channel: str
    sources: tuple[Source, ...] = ()
    note: str | None = None
    contested: str | None = None
    settled: str | None = None
    reason: str | None = None
    unconfirmed: tuple[str, ...] = ()
    id: int | None = None
    recorded_at: datetime | None = None
    recorded_by: str | None = None
    decision: int | None = None
    replaces: int | None = None
    withdrawn_at: datetime | None = None
    withdrawn_reason: str | None = None
    heard_until: date | None = field(default=None, compare=False)

    @property
    def noted(self) -> str | None:
        """How another side's account differs in a reviewer's words, until a reviewer has settled it."""
        return None if self.settled else self.contested

    @property
    def heard(self) -> tuple[Source, ...]:
        """The sources that can have been out by the day of the view that shows the row."""
        until = self.heard_until
        return self.sources if until is None else tuple(source for source in self.sources if not source.after(until))

    @property
    def recorder(self) -> str:
        """Who recorded it, as the public may know: a reviewer's name is nobody's business."""
        return SEED if self.recorded_by == SEED else "a reviewer"


@dataclass(frozen=True, kw_only=True)
class StatusChange(Entry):
    """From `effective` on the channel is in `state`, because of `cause`.

    `expected`: for a planned channel, when it is to take place. `derived`: follows from a contact (`follows` is its id)
    by the rule that the next contact of a resumed channel makes it active; it cites that contact's sources.
    """

    state: State
    effective: PartialDate
    cause: str
    expected: PartialDate | None = None
    derived: bool = False
    follows: int | None = None


@dataclass(frozen=True, kw_only=True)
class Contact(Entry):
    """A meeting or call that took place, is to take place, or did not.

    `date` is its (first) day, None where an announced contact has none yet; `end` its last day; `announced` the day
    on which an announcement was made. `substantive` is False for what is listed but was no use of the channel
    (a handshake, a visit of legislators): it never moves a state.
    """

    outcome: Outcome
    date: PartialDate | None = None
    end: date | None = None
    announced: date | None = None
    form: str | None = None
    place: str | None = None
    round: int | None = None
    persons: str | None = None
    summary: str | None = None
    asked_by: str | None = None
    substantive: bool = True

    @property
    def first(self) -> date | None:
        """The first day on which it can have begun."""
        return self.date.first if self.date else None

    @property
    def last(self) -> date | None:
        """The last day on which it can have ended."""
        return self.end or (self.date.last if self.date else None)


@dataclass(frozen=True)
class Selectors:
    """CSS selectors of a listing: the item, and within it link, title and date."""

    item: str
    link: str
    title: str
    date: str | None = None


@dataclass(frozen=True)
class Feed:
    """A configured source of releases. `every` in seconds; `timezone` an IANA name for dates that have none.

    `kind`: feed, listing or sitemap. Up to `pages` pages are read where `next` leads to older ones. `also`: the
    relationships beside its own for which it is read too; it is polled once for all. `unconfirmed`: `address`, where
    the address could not be confirmed.
    """

    slug: str
    relationship: str
    publisher: str
    side: str
    lang: str
    kind: str
    url: str
    every: int
    timezone: str = "UTC"
    select: Selectors | None = None
    date_format: str | None = None
    pages: int = 1
    next: str | None = None
    full_text: bool = False
    allow_private: bool = False
    enabled: bool = True
    reason: str | None = None
    unconfirmed: str | None = None
    also: tuple[str, ...] = ()

    @property
    def relationships(self) -> tuple[str, ...]:
        return (self.relationship, *self.also)


@dataclass(frozen=True)
class Item:
    """One entry as a feed gives it, in plain text. `published` is a UTC instant, None when unreadable."""

    guid: str
    url: str | None
    title: str
    summary: str
    published: datetime | None
    published_raw: str | None = None


EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""Days between which a document can have been published."""


@dataclass(frozen=True)
class Release:
    """One feed item, or a document handed in. `published` is the date in the publisher's time zone."""

    id: int | str | None
    side: str
    lang: str
    publisher: str
    title: str
    summary: str
    published: date
    url: str | None = None
    feed: str | None = None

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the words; another one under the same guid or address is a further revision."""
        return words_hash(self.title, self.summary)


@dataclass(frozen=True)
class PageCopy:
    """A page as the server sent it. `fetched_at`: the UTC instant; `url`: where it was found at last."""

    url: str
    fetched_at: datetime
    content_type: str | None
    body: bytes

    @cached_property
    def sha256(self) -> str:
        """Of the bytes as they were sent, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    @cached_property
    def zipped(self) -> bytes:
        """The bytes as gzip, the same for the same page."""
        return gzip.compress(self.body, mtime=0)


@dataclass(frozen=True)
class Revision:
    """The words of a release from the instant on at which we saw them. `number` counts from 1.

    `late`: the words of its page, which could not be read when it came: no edit of the publisher's.
    """

    number: int
    title: str
    summary: str
    seen_at: datetime
    published_raw: str | None = None
    late: bool = False


@dataclass(frozen=True)
class ReleaseName:
    """A name under which a release came: a guid of a feed (None: handed in) and an address.

    `because` says in a sentence why what came under it is this release; None for the name that it came under first.
    """

    feed: str | None
    guid: str
    url: str | None
    because: str | None
    seen_at: datetime


@dataclass(frozen=True)
class ReleaseHistory:
    """All that is kept of a release: its newest words, every revision and every name, oldest first.

    `gone_since`: the instant at which its feed was seen to show it no more, though older items still stood there; None
    while it is shown, or where it only scrolled out of the feed.
    """

    release: Release
    revisions: tuple[Revision, ...]
    names: tuple[ReleaseName, ...]
    gone_since: datetime | None = None


@dataclass(frozen=True)
class Evidence:
    """Words that made a sighting fire: `text == getattr(release, field)[start:end]`; `role` says what they did."""

    field: str
    start: int
    end: int
    text: str
    role: str

    @property
    def tells(self) -> bool:
        """Whether they say something of the event, and not only whom it is about or what speaks against it."""
        return self.role not in ("party", "discount")


@dataclass(frozen=True)
class Sighting:
    """What one release says of one channel. `date` is the event's last day, `starts` its first when it had several.

    `confidence` is the share of like findings that were right on labelled cases. `flagged` is False for what is
    probably nothing; `doubts` says why in words. `undated` says why there is no date. `persons` are the offices whose
    holders took part, by their slugs in the lexicon; `round` is the number of the round of a series of talks.
    """

    channel: str
    signal: Signal
    date: PartialDate | None
    confidence: float
    evidence: tuple[Evidence, ...] = ()
    starts: date | None = None
    flagged: bool = True
    doubts: tuple[str, ...] = ()
    undated: str | None = None
    persons: tuple[str, ...] = ()
    round: int | None = None


class Status(StrEnum):
    """Where a candidate stands.

    `recorded`: the record held the event, with this side's word, before it was seen. `unlikely`: probably nothing; kept
    and searchable, but in no queue. `merged`: a reviewer made it part of another candidate, which has its sightings.
    """

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    RECORDED = "recorded"
    UNLIKELY = "unlikely"
    MERGED = "merged"

    @property
    def open(self) -> bool:
        """Whether a reviewer may accept or reject what stands there."""
        return self in (Status.PENDING, Status.UNLIKELY)


class Verdict(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    UNDO = "undo"


class Move(StrEnum):
    """How a reviewer regroups sightings: into a candidate of their own, into another that is there, or into one of
    another channel.
    """

    SPLIT = "split"
    MERGE = "merge"
    CHANNEL = "channel"


@dataclass(frozen=True)
class PageKept:
    """What is kept of a release's page: the SHA-256 and the size in bytes of its newest copy, and when it was fetched;
    or None thrice, and why there is no copy or no text of it.
    """

    sha256: str | None
    size: int | None
    fetched_at: datetime | None
    fault: str | None


@dataclass(frozen=True)
class KeptSighting:
    """A sighting with the release that it was made in, in the revision whose words its evidence points into.

    `joined_because` says why it is part of its candidate, None for the one that opened it; `joined_by` names the
    reviewer who put it there. `joined_after` is the candidate's last decision at that time: what was decided earlier
    does not rest on it. `withheld`: not shown for now, since a reviewer is to read its release without knowing of it.
    `page` is None where nobody asked for the release's page.
    `reworded` says in a sentence how the release's wording changed what it says; `lost`: its newest wording no longer
    says this at all.
    """

    sighting: Sighting
    release: Release
    revision: int
    seen_at: datetime
    id: int | None = None
    joined_because: str | None = None
    joined_by: str | None = None
    joined_after: int | None = None
    withheld: bool = False
    page: PageKept | None = None
    reworded: str | None = None
    lost: bool = False


@dataclass(frozen=True)
class Decision:
    """What a reviewer decided of a candidate. `undoes` names the decision that an undo took back."""

    id: int
    candidate: int
    verdict: Verdict
    decided_by: str
    decided_at: datetime
    note: str | None = None
    undoes: int | None = None


@dataclass(frozen=True)
class Regrouping:
    """Sightings (their ids) that a reviewer took from one candidate and gave to another, and why, if they said so."""

    id: int
    move: Move
    taken_from: int
    given_to: int
    sightings: tuple[int, ...]
    by: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True)
class Hold:
    """A reviewer has put a candidate aside for a reason, until an instant (UTC) or, where there is none, for good.

    `released_because` says in a sentence why it ended before its time; None while nobody and nothing ended it.
    """

    id: int
    reason: str
    until: datetime | None
    by: str
    at: datetime
    released_because: str | None = None

    def holds(self, now: datetime) -> bool:
        return self.released_because is None and (self.until is None or now < self.until)


@dataclass(frozen=True)
class FirstWord:
    """A reviewer has accepted a candidate, and a second person is to confirm that. `choice`: what would be recorded, as
    the text of each field. Nothing of it is on the record.
    """

    id: int
    choice: Mapping[str, str]
    by: str
    at: datetime


class Answer(StrEnum):
    """What became of a first word: a second person agreed or did not, or whoever gave it took it back."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class SecondWord:
    """The answer to a first word, which is not theirs unless they withdrew it."""

    first: FirstWord
    answer: Answer
    by: str
    at: datetime
    note: str | None = None


@dataclass(frozen=True)
class Candidate:
    """One event that releases report, waiting for a person or decided by one.

    `version` grows with every decision, regrouping and new sighting: a reviewer decides the version that they saw.
    `again` says why a decided candidate came back, or who put an unlikely one into the queue. `merged_into` is the
    candidate that has its sightings now. Sightings are newest first, all else oldest first.
    `first_word` waits for a second person; `second_words` are what such people answered.
    """

    id: int
    channel: str
    signal: Signal
    date: PartialDate | None
    starts: date | None
    status: Status
    version: int
    opened_at: datetime
    evidence_at: datetime
    again: str | None = None
    sightings: tuple[KeptSighting, ...] = ()
    decisions: tuple[Decision, ...] = ()
    regroupings: tuple[Regrouping, ...] = ()
    merged_into: int | None = None
    holds: tuple[Hold, ...] = ()
    first_word: FirstWord | None = None
    second_words: tuple[SecondWord, ...] = ()

    def held(self, now: datetime) -> Hold | None:
        """What keeps it out of the queue at a UTC instant; None where nothing does."""
        last = self.holds[-1] if self.holds and self.status is Status.PENDING else None
        return last if last and last.holds(now) else None

    @property
    def shown(self) -> tuple[KeptSighting, ...]:
        """The sightings that a reviewer may see now."""
        return tuple(s for s in self.sightings if not s.withheld)

    @property
    def telling(self) -> tuple[KeptSighting, ...]:
        """The sightings that carry it: flagged, or put there by a reviewer; where none is, all that are shown."""
        return tuple(s for s in self.sightings if s.sighting.flagged or s.joined_by) or self.shown

    @property
    def standing(self) -> Decision | None:
        """The decision that holds: the last one that was not taken back."""
        undone = {decision.undoes for decision in self.decisions}
        held = (one for one in reversed(self.decisions) if one.verdict is not Verdict.UNDO and one.id not in undone)
        return next(held, None)


@dataclass(frozen=True)
class Moment:
    """The two clocks: `as_of` (a day in the world) and `known_at` (a UTC instant: what we knew)."""

    as_of: date
    known_at: datetime

    def __post_init__(self) -> None:
        if self.known_at.tzinfo is None:
            raise ValueError("known_at needs a time zone")


@dataclass(frozen=True)
class Proposal:
    """What a signal asks of the record: a state to enter and a contact with an outcome; None: no such change."""

    state: State | None = None
    contact: Outcome | None = None
    why: str = field(default="", compare=False)
