"""The answers of the API as types. The OpenAPI document is derived from these, and every answer is built of them."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tracker.brief import NewsKind
from tracker.model import Answer as Answered
from tracker.model import Category, Level, Move, Outcome, PageState, Precision, Signal, State, Status, Verdict
from tracker.polling.health import Fares
from tracker.readouts import PointKind
from tracker.record.coverage import HoleKind
from tracker.record.fates import Fate
from tracker.record.ledger import Deed
from tracker.record.rhythm import Step
from tracker.releases.difference import Change
from tracker.search import Kind


def _open_to_growth(schema: dict[str, Any]) -> None:
    """Building an answer refuses unknown names; the document does not, so that later versions may add some."""
    schema.pop("additionalProperties", None)


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra=_open_to_growth)


def _to_the_second(instant: dt.datetime) -> dt.datetime:
    return instant.astimezone(dt.UTC).replace(microsecond=0)


Instant = Annotated[dt.datetime, AfterValidator(_to_the_second), Field(description="A UTC instant, to the second.")]
Day = Annotated[dt.date, Field(description="A day, YYYY-MM-DD.")]
Names = Annotated[dict[str, str], Field(description="By language code.")]
BySide = Annotated[dict[str, str], Field(description="By the code of the side.")]
Side = Annotated[str, Field(description="A party's code, or third-party.")]


class Fault(Answer):
    """One of several things that are wrong with a request."""

    detail: str
    remedy: str | None = None
    field: str | None = None


class Problem(Answer):
    """What is wrong with a request, and what to do instead (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    remedy: str | None = Field(default=None, description="What to send instead; left out where there is nothing.")
    field: str | None = Field(default=None, description="The part of the request at fault; left out if none is.")
    errors: list[Fault] | None = Field(
        default=None,
        description="All that is wrong, the first of it as above; left out where that is one thing.",
    )


class PartialDate(Answer):
    """A date as precise as it is known; never padded."""

    date: str = Field(description="YYYY-MM-DD, YYYY-MM or YYYY.", pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")
    precision: Precision


class Links(Answer):
    self: str
    html: str


class CitedPage(Answer):
    """What we saw of a cited page when we read it again: an observation of ours, no claim of anybody's.

    `words-changed`: words that are cited from it stand there no more. `gone`: the server says so, on several reads.
    `soft-gone`: something else stands there. `edited`: other words than those cited. `moved`: to `moved_to`, for good.
    """

    state: PageState
    since: Instant
    last_read: Instant | None = Field(description="When it last told us anything; null where that was after known_at.")
    moved_to: str | None


class Source(Answer):
    """A cited document. `published` is the publisher's local date, as precise as it is known; `page` is null until its
    page was read again.
    """

    url: str
    title: str
    publisher: str
    side: Side
    published: str | None
    quote: str | None
    archived: bool
    says: Signal | None = Field(description="What the document reports of the event, where that was read from it.")
    dated: str | None = Field(description="The event's day as the document tells it, where that was read from it.")
    level: Level | None = Field(
        description="At which level it says that the sides met, as a reviewer read it; null where it leaves it open."
    )
    denies: bool = Field(description="Whether it denies what the row tells, as a reviewer read it.")
    page: CitedPage | None


class Claim(Answer):
    """What one side last said of a channel, by its own words where they were read; `state` is null where they carry
    none, and `says` is `denied` where it denies what the record tells.
    """

    side: Side
    says: str
    state: State | None
    date: PartialDate | None
    quote: str | None
    source: Source


class Hole(Answer):
    """A span in which a feed was not read, what kind of hole it is, and why in words."""

    feed: str
    kind: HoleKind
    start: Instant
    end: Instant
    why: str


class Coverage(Answer):
    """How far a side's feeds were read in the 24 hours before `known_at`, or before the answer was made where that was
    left out; `share` from 0 to 1.
    """

    last_read: Instant | None
    share: float = Field(ge=0, le=1)
    holes: list[Hole]


class FeedRead(Answer):
    """A feed that was to be read in the span, and when it last was; null if never by its end."""

    feed: str
    publisher: str
    last_read: Instant | None


class SideCoverage(Answer):
    """How far the feeds of a side were read in the span, and what its silence means.

    `silence` says "No report found" only where `complete`: every moment up to `read_until` was looked at. After
    `read_until` some feed waits for its next poll. `reports` counts the documents of the side on record that were
    published in the span; what waits for a reviewer is not among them. Of very many holes the longest are listed.
    """

    silence: str
    complete: bool
    share: float = Field(ge=0, le=1, description="Of the time up to each feed's last read, averaged over the feeds.")
    reports: int
    read_until: Instant | None = Field(description="Null where the side has no feed in the span.")
    last_read: Instant | None
    feeds: list[FeedRead]
    holes: list[Hole] = Field(description="In the order of time.")
    holes_left_out: int


class Correction(Answer):
    """The last correction of what a row tells. `was` has the fields that said something else before, each as rows have
    it; GET /corrections has the whole rows. Of a change that follows from a contact it is that of the contact.
    """

    at: Instant
    claim: str = Field(description="Kind and number of the first row that told it: change-7, contact-12.")
    was: dict[str, Any]
    why: str | None = Field(description="The reason that was given.")


class StatusChange(Answer):
    """From `effective` on the channel is in `state`. `derived`: follows from a contact by rule, and has no id."""

    id: int | None
    channel: str
    state: State
    effective: PartialDate
    expected: PartialDate | None
    cause: str
    note: str | None
    contested: str | None = Field(description="How accounts differ; null where they agree, or a reviewer settled it.")
    settled: str | None = Field(description="Why accounts that differ are contested no more.")
    unconfirmed: list[Literal["date"]] = Field(description="What could not be confirmed of it: its date, or nothing.")
    derived: bool
    corroboration: str
    sources: list[Source]
    recorded_at: Instant
    recorded_by: Literal["seed", "a reviewer"]
    corrected: Correction | None = Field(description="What it said before; null where it was never corrected.")


class Contact(Answer):
    """A meeting or call that took place, is to take place, or did not. `date` is its first day, `end` its last."""

    id: int
    channel: str
    outcome: Outcome
    date: PartialDate | None
    end: Day | None
    announced: Day | None
    form: str | None
    place: str | None
    round: int | None
    persons: str | None
    summary: str | None
    asked_by: str | None
    substantive: bool
    note: str | None
    contested: str | None = Field(description="How accounts differ; null where they agree, or a reviewer settled it.")
    settled: str | None = Field(description="Why accounts that differ are contested no more.")
    unconfirmed: list[Literal["date", "place"]] = Field(description="What of it could not be confirmed.")
    corroboration: str
    sources: list[Source]
    recorded_at: Instant
    recorded_by: Literal["seed", "a reviewer"]
    corrected: Correction | None = Field(description="What it said before; null where it was never corrected.")


class Channel(Answer):
    """A channel at a moment. `state` is null before its first status change; `since` as precise as it is known."""

    slug: str
    relationship: str
    names: Names
    category: Category
    counterparts: BySide
    description: str
    state: State | None
    since: PartialDate | None
    expected: PartialDate | None
    cause: str | None
    corrected: Correction | None = Field(
        description="Of the change that made it so; null where it was never corrected."
    )
    corroboration: str = Field(description="On whose word: both, one party's code, third-party, or none.")
    claims: list[Claim]
    contested: bool
    sources: list[Source]
    last_contact: Contact | None
    last_refused: Contact | None
    next_contact: Contact | None
    overdue: bool = Field(
        description="By its own rhythm, or because what was announced is not reported; `unreported` says which."
    )
    unreported: list[str] = Field(
        description="The rows that announced what is not reported though its last day has passed, the earliest first."
    )
    days_in_state: int | None = Field(
        description="Whole days since the first day that the date of the state can mean; 0 on that day."
    )
    coverage: dict[str, Coverage] = Field(description="By side.")
    links: Links


class AtMoment(Answer):
    """The two clocks of the answer: how the world stood on `as_of`, as we knew it at `known_at`."""

    as_of: Day
    known_at: Instant


class Rung(Answer):
    """A step by which a cut channel came back."""

    step: Step
    date: PartialDate


class ChannelWithHistory(Channel, AtMoment):
    """A channel with all its status changes and contacts, newest first.

    `rungs` are the steps reached since it was last cut. `expected_by`: when, by its rhythm, the next contact is due.
    """

    rungs: list[Rung]
    expected_by: Day | None
    days_late: int

    history: list[StatusChange]
    contacts: list[Contact]


class ChannelCoverage(AtMoment):
    """Whether anything was said of a channel from `start` to `end`, and whether anybody looked."""

    channel: str
    start: Instant
    end: Instant
    sides: dict[str, SideCoverage] = Field(description="By side.")


class Channels(AtMoment):
    count: int
    channels: list[Channel]


class Changes(AtMoment):
    """`next` is the cursor of the following page; null on the last."""

    changes: list[StatusChange]
    next: str | None


Hash = Annotated[str, Field(description="SHA-256, in hexadecimal.", pattern="^[0-9a-f]{64}$")]


class Checkpoint(Answer):
    """A head of the hash chain: the number of its last link, which counts them from 1, and the hash over all of them.

    `seq` is 0 and `at` null before the first.
    """

    seq: int
    hash: Hash
    at: Instant | None = Field(description="When that link was made.")


class DailyCheckpoint(Checkpoint):
    """The head with which a UTC day ended."""

    day: Day


class Checkpoints(Answer):
    """`next` is the cursor of the following page; null on the last."""

    checkpoints: list[DailyCheckpoint]
    next: str | None


class Contacts(AtMoment):
    """`next` is the cursor of the following page; null on the last."""

    contacts: list[Contact]
    next: str | None


class StateAt(Answer):
    """The state of a channel at one end of a span; both null before its first status change."""

    state: State | None
    since: PartialDate | None


class ChannelDifference(Answer):
    """What happened to one channel in a span: its state before and after, and what took effect, newest first."""

    channel: str
    names: Names
    before: StateAt
    after: StateAt
    changes: list[StatusChange]
    contacts: list[Contact]
    links: Links


class Act(Answer):
    """One act upon the record. `says` is the row that stands after it, `said` what stood before; null where none did.

    `claim` stays the same through all corrections of a row. `sources` are those that were added to the row, or taken
    from it, by a cited or uncited act. `why` is the reason that was given.
    """

    at: Instant
    deed: Deed
    claim: str = Field(description="Kind and number of the first row that told it: change-7, contact-12.")
    channel: str
    says: StatusChange | Contact | None
    said: StatusChange | Contact | None
    sources: list[Source]
    why: str | None


class Diff(Answer):
    """What changed from the beginning of `start` to the end of `end`.

    `channels` is what happened in the world, as known at `known_at`; a channel to which nothing happened is left out.
    `record` is what was done to our record in these days (UTC) and no later than `known_at`, newest first; `next` is
    the cursor of its following page.
    """

    start: Day
    end: Day
    known_at: Instant
    count: int = Field(description="How many channels something happened to.")
    channels: list[ChannelDifference]
    recorded: int = Field(description="How many acts there were in all.")
    record: list[Act]
    next: str | None


class BriefSentence(Answer):
    """A sentence of a brief. `claims` names every row that says so, as at /claims/change-7; what opens and closes the
    brief and what says how many are left out (`kind` is `opening`, `coverage`, `more`) rests on none.
    """

    kind: NewsKind | Literal["opening", "more", "coverage"]
    words: str
    claims: list[str]


class SideRead(Answer):
    """How far a party's sources were read from `start` on; see the coverage of a channel for the holes themselves."""

    relationship: str
    side: Side
    start: Instant = Field(description="`after`, or a year before the end where that is later.")
    complete: bool = Field(description="Whether every moment up to `read_until` was looked at.")
    share: float = Field(ge=0, le=1)
    read_until: Instant | None = Field(description="Null where the side has no feed in the span.")
    holes: int


class Brief(AtMoment):
    """What changed after `after`, in at most 150 words of English or 300 characters of Chinese.

    The heaviest comes first: corrections, then states, contacts, announcements. The same marks give the same text.
    """

    after: Instant
    lang: str
    text: str
    sentences: list[BriefSentence]
    count: int = Field(description="How much changed in all.")
    left_out: int = Field(description="How much of it has no sentence.")
    coverage: list[SideRead]


class Corrections(Answer):
    """Acts that changed what the record had said: corrected, withdrawn, or restored; newest first."""

    known_at: Instant
    count: int
    corrections: list[Act]
    next: str | None


class Promise(Answer):
    """A contact or state that was announced, when at the latest it was due, and what became of it.

    `lapsed_on` is the day after, where nothing was reported by then; it stays when the promise was kept late.
    `promised` and `closed_by` name rows of the record; `sources` are those of the first, with the words that they cite.
    A channel that is planned promises its next contact.
    """

    channel: str
    promised: str
    announced_for: PartialDate | None
    what: str
    due: Day
    fate: Fate
    lapsed_on: Day | None
    closed_by: str | None
    sources: list[Source]


class Promises(AtMoment):
    count: int
    promises: list[Promise]


class Engagements(Answer):
    """The contacts of a year in two groups: executed; and refused, cancelled or ignored, or put off."""

    year: int
    executed: list[Contact]
    refused_cancelled_or_ignored: list[Contact]


class ChannelDays(Answer):
    """How many days from `first` to `last` a channel was in each state, in all and by year. The day `as_of` is not
    over, and counts in none, as in `days_in_state` of a channel.
    """

    channel: str
    days: dict[str, int] = Field(description="By state.")
    by_year: dict[str, dict[str, int]] = Field(description="By year and state.")


class Quarter(Answer):
    """Contacts held in a quarter (`2024 Q1`), by category."""

    quarter: str
    contacts: dict[str, int]


class Figures(AtMoment):
    first: Day
    last: Day
    years: list[Engagements]
    channels: list[ChannelDays]
    quarters: list[Quarter]


class RowHash(Answer):
    """A row by its name (change-7, checkpoint-12), and the SHA-256 of its canonical form."""

    row: str
    sha256: str


class Differing(Answer):
    """Rows that the same address shows otherwise now, those that are new on it, and those that it shows no more."""

    otherwise: list[str]
    new: list[str]
    gone: list[str]


class Since(Answer):
    """What became of the view that was cited: whether its rows have the hash still, and what was done to them since.

    `acts` are upon rows of the record. Other rows, as those of feeds, differ (`rows`) from what is shown now.
    """

    holds: bool
    acts: list[Act]
    rows: Differing | None = Field(description="Null for a view that shows rows of the record.")


class CitedView(Answer):
    """How an address is cited: its rows at both clocks, hashed, and the citation in each form."""

    address: str
    as_of: Day
    known_at: Instant
    revision: int
    count: int
    sha256: str
    text: str
    bibtex: str
    ris: str
    csl: str
    gbt7714: str
    rows: list[RowHash]
    since: Since | None = Field(description="Null where the path has no mark of a citation.")


class Party(Answer):
    code: str
    names: Names
    timezone: str


class Relationship(Answer):
    """`channels` counts those that have a state, `states` how many are in each."""

    slug: str
    names: Names
    parties: list[Party]
    languages: list[str]
    sides: list[str]
    channels: int
    states: dict[str, int]


class Relationships(AtMoment):
    count: int
    relationships: list[Relationship]


class Paused(Answer):
    """Who had a feed polled no more, when and why; `by` is null where that was not kept."""

    at: Instant
    by: str | None
    because: str | None


class Warned(Answer):
    """What an operator should look at: `kind` is that of a failure, or says in what way a feed fell silent."""

    kind: str
    sentence: str


class Feed(Answer):
    """A feed and how it fares. `every` in seconds; `fault` says why the last poll failed, null after a good one.

    `newest` is the last day on which a new item came, `usual_gap` the usual seconds between such days; both null until
    known. `since` is when what is wrong began. At a `known_at`, `next_poll` is null: it was not kept.
    """

    slug: str
    relationship: str
    relationships: list[str] = Field(description="All for which it is read; it is polled once for them.")
    publisher: str
    side: Side
    lang: str
    kind: str
    url: str
    every: int
    enabled: bool
    reason: str | None
    unconfirmed: Literal["address"] | None = Field(description="Whether its address could not be confirmed.")
    health: Fares
    words: str
    since: Instant | None
    warnings: list[Warned]
    paused: Paused | None
    last_read: Instant | None
    last_new: Instant | None
    newest: dt.date | None
    usual_gap: int | None
    failures: int
    fault_kind: str | None
    fault: str | None
    next_poll: Instant | None
    moved_to: str | None
    kept_from: Instant | None = Field(
        description="Since when it is kept how a feed is configured, where that is later than `known_at`: shown is "
        "what was kept first, and what its answers said of themselves is not known. Null else."
    )


class Feeds(AtMoment):
    """In the order of the configuration. `warning` counts those that answer and may have fallen silent all the same."""

    count: int
    failing: int
    warning: int
    feeds: list[Feed]


class Release(Answer):
    """A feed item or a document handed in. `published` is the date in the publisher's time zone.

    `id` is null for one just handed in that speaks of no channel.
    """

    id: int | None
    feed: str | None
    side: Side
    lang: str
    publisher: str
    title: str
    summary: str
    published: Day
    url: str | None


class Piece(Answer):
    """Words that both wordings have (`same`), that were taken out (`old`), or that are new."""

    change: Change
    text: str


class Revision(Answer):
    """The words of a release from the instant on at which they were first seen.

    `title_changes` and `summary_changes` are the difference to the revision before, empty where nothing differs. The
    pieces in order: all but the new are the words before, all but the old the words since. `late`: the words of its
    page, which could not be read when it came; its publisher changed nothing.
    """

    number: int
    title: str
    summary: str
    seen_at: Instant
    late: bool
    title_changes: list[Piece]
    summary_changes: list[Piece]


class ReleaseName(Answer):
    """A name under which the release came. `because` says why it is the same; null for the first."""

    feed: str | None
    guid: str
    url: str | None
    because: str | None
    seen_at: Instant


class ReleaseHistory(Answer):
    """All that is kept of a release; `release` has its newest words, revisions and names are oldest first.

    `gone_since` is when its feed was seen to show it no more, though older items still stood there.
    """

    release: Release
    gone_since: Instant | None
    revisions: list[Revision]
    names: list[ReleaseName]


class Evidence(Answer):
    """The words `text` at `start` to `end` (in characters) of the release's title or summary, and what they did."""

    field: str
    start: int
    end: int
    text: str
    role: str


class Quote(Answer):
    """Words of a release: `text` stands at `start` to `end` (in characters) of its title or summary."""

    field: str
    start: int
    end: int
    text: str


class SaidOfPoint(Answer):
    """What a side says of a point. `value`: of a date its first day, of a form or level its key; null otherwise."""

    words: list[Quote]
    value: str | None


class ReadoutPoint(Answer):
    """A thing that at least one side says. `key`: the subject of a topic, tone or commitment, the office of a person.

    `only`: the side that alone says it; null where both do, or where what is kept of the other is only a beginning.
    `differs`: both say it, and not the same; where one side tells otherwise of the event, all that both name.
    """

    kind: PointKind
    key: str | None
    names: Names = Field(description="What the subject is called, by language; empty where the kind says it.")
    said: dict[str, SaidOfPoint] = Field(description="By the code of the side; who does not say it is not there.")
    only: Side | None
    differs: bool


class ComparedReadout(Answer):
    """The release of one side that is compared, in the revision that is cited. Its whole text is not given out here.

    `published_at` is null where only the day is known. `cut_short`: what is kept of it is only its beginning.
    `otherwise`: it denies what the row tells, or tells that it did not come to it.
    """

    side: Side
    release: int
    lang: str
    publisher: str
    title: str
    url: str | None
    published: Day
    published_at: Instant | None
    cut_short: bool
    otherwise: bool


class GlossTerm(Answer):
    """A fixed term that occurs, what it is called in each language, and the words of the sides that say it."""

    names: Names
    said: dict[str, list[Quote]] = Field(description="By the code of the side.")


class Readouts(Answer):
    """The readouts of two sides of one event, aligned by fixed words.

    `hours_apart`: from the first readout's publication to the second's, below zero where the second was earlier; null
    where an instant is not known. `days_apart`: the same between the local days of publication.
    """

    claim: str
    as_of: Day
    known_at: Instant
    readouts: list[ComparedReadout]
    hours_apart: float | None
    days_apart: int
    points: list[ReadoutPoint]
    gloss: list[GlossTerm]


class PageKept(Answer):
    """What is kept of a release's page: SHA-256, bytes and time of its newest copy, which `href` hands out as gzip.

    Null, all four, where there is no copy; `fault` says why, or that no article was found on it.
    """

    sha256: str | None
    bytes: int | None
    fetched_at: Instant | None
    href: str | None
    fault: str | None


class Sighting(Answer):
    """What one release says of the candidate's event.

    `flagged` is false for what is probably nothing; `doubts` and `undated` (no date, and why) say so in words.
    `persons` are offices, `round` the number of a round of talks. `joined_because` is null for the sighting that opened
    the candidate. `reworded` says how an edit of the release changed what it says; `lost`: it says it no more, and
    `release` has the words in which it did.
    """

    id: int
    signal: Signal
    date: PartialDate | None
    starts: Day | None
    confidence: float = Field(ge=0, le=1, description="The share of like findings that were right on labelled cases.")
    flagged: bool
    doubts: list[str]
    undated: str | None
    persons: list[str]
    round: int | None
    joined_because: str | None
    reworded: str | None
    lost: bool
    evidence: list[Evidence]
    release: Release
    revision: int
    page: PageKept | None = Field(description="The release's own page, where its feed asks for it.")
    seen_at: Instant


class Decision(Answer):
    verdict: Verdict
    decided_by: str
    decided_at: Instant
    note: str | None


class Regrouping(Answer):
    """Sightings (their ids) that a reviewer took from one candidate and gave to another, and why, if they said so."""

    move: Move
    taken_from: int
    given_to: int
    sightings: list[int]
    by: str
    at: Instant
    note: str | None


class Hold(Answer):
    """A reviewer has put it aside, until an instant or, where that is null, until somebody brings it back."""

    by: str
    at: Instant
    until: Instant | None
    reason: str


class ProposedContact(Answer):
    outcome: Outcome
    date: PartialDate | None
    end: Day | None
    announced: Day | None
    form: str | None
    place: str | None
    persons: str | None
    round: int | None


class Proposed(Answer):
    """What accepting would record: a state, a contact, or both. Form, place, persons, round and cause are as the
    releases say them; null or empty where they do not.
    """

    state: State | None
    effective: PartialDate | None
    expected: PartialDate | None
    contact: ProposedContact | None
    levels: dict[str, Level] = Field(description="By side, at which level its releases say that the sides met.")
    cause: str


class Question(Answer):
    """`now`: the channel's state at the time of the event; `told`: how many rows of the record tell of it already;
    `builds_on`: the rows for which accepting cites its releases, or which it corrects.

    Of what is called off or put off: `calls_off` is the row that had announced it, `which` are the rows between which
    the words do not decide; as proposed none of those is closed.
    """

    now: State | None
    proposed: Proposed
    why: str
    told: int
    builds_on: list[str]
    calls_off: str | None
    which: list[str]


class FirstWord(Answer):
    """A reviewer accepted it, and a second person is to confirm that. Nothing of `choice` is on the record."""

    by: str
    at: Instant
    choice: Proposed
    note: str | None


class SecondWord(Answer):
    """What became of what `first_by` had accepted."""

    first_by: str
    answer: Answered
    by: str
    at: Instant
    note: str | None


class Candidate(Answer):
    """One event that releases report. `question` is null unless it can be decided; `version` is its ETag.

    `merged_into` is the candidate that has its sightings now, null unless it was merged or moved. `held` is null unless
    it is put aside, `first_word` unless it waits for a second person.
    """

    id: int
    channel: str
    signal: Signal
    date: PartialDate | None
    starts: Day | None
    status: Status
    version: int
    opened_at: Instant
    evidence_at: Instant
    again: str | None
    question: Question | None
    sightings: list[Sighting]
    decisions: list[Decision]
    regroupings: list[Regrouping]
    merged_into: int | None
    held: Hold | None
    first_word: FirstWord | None
    second_words: list[SecondWord]
    links: Links


class Candidates(Answer):
    """`next` is the cursor of the following page; null on the last."""

    status: Status
    pending: int
    candidates: list[Candidate]
    next: str | None


class Regrouped(Answer):
    """The candidate that was named, and the one that has what was moved."""

    candidate: Candidate
    into: Candidate


class Skipped(Answer):
    """A candidate that was left alone, and why."""

    id: int
    why: str


class Rejected(Answer):
    """The candidates that were rejected, as they stand then, and those that were left alone."""

    rejected: list[Candidate]
    skipped: list[Skipped]


class HandedIn(Answer):
    """`note` says in a sentence what was not taken over of a release that had come before; else it is null."""

    release: Release
    candidates: list[Candidate]
    note: str | None


class Span(Answer):
    """Characters of a text, from `start` up to, and without, `end`."""

    start: int
    end: int


class Excerpt(Answer):
    """A text, or a part of it, as it was written, and where the words that were looked for stand in it.

    `opens` and `closes`: it begins and ends where the text does.
    """

    text: str
    marks: list[Span]
    opens: bool
    closes: bool


class Hit(Answer):
    """A channel, a status change, a contact or a release that was found.

    `id` is its number, null for a channel; `channel` is null for a release. `says` is the state of a change, the
    outcome of a contact. Side, publisher, language and address are those of a release, or of the source that is shown
    with a row: the one whose words were found, else its first. `href` answers with all of it.
    """

    kind: Kind
    id: int | None
    channel: str | None
    title: Excerpt
    excerpt: Excerpt
    says: str | None
    date: PartialDate | None
    side: Side | None
    publisher: str | None
    lang: str | None
    url: str | None
    href: str
    corrected: Correction | None = Field(
        description="Of a row, or of the change that made a channel's state; null where it was never corrected."
    )


class Found(AtMoment):
    """By kind, the best of each first. `counts`: how much there is, by kind. `next` is null on the last page."""

    counts: dict[Kind, int]
    hits: list[Hit]
    next: str | None


class Alive(Answer):
    status: Literal["alive"]
    version: str


class FeedCounts(Answer):
    enabled: int
    failing: int
    warning: int
    paused: int


class Degraded(Answer):
    """A feed that fails or warns."""

    feed: str
    health: Fares
    since: Instant | None
    warnings: list[Warned]


class Work(Answer):
    """How the work stands that workers share: those alive, and jobs; failed ones are those of the last week."""

    workers: int
    waiting: int
    in_hand: int
    failed: int


class Replica(Answer):
    """How far the replica is behind the first server; null where it cannot be asked."""

    behind_bytes: int | None
    behind_seconds: int | None


class Readiness(Answer):
    """`problems` say in words why the service cannot serve; `warnings` what an operator should look at.

    `degraded` lists the feeds that fail or warn, the gravest first; they alone do not make the service unready.
    """

    status: Literal["ready", "not ready"]
    database: bool
    migrations: bool
    feeds: FeedCounts | None
    scheduler_age: int | None = Field(description="Seconds since the scheduler's last tick; null before the first.")
    work: Work | None = Field(description="How workers fare; null where one machine does the work alone.")
    replica: Replica | None = Field(description="How far the replica is behind; null where there is none.")
    problems: list[str]
    warnings: list[str]
    degraded: list[Degraded]
