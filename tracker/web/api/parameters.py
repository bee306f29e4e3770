"""What requests may carry, as types: query parameters, paths, headers and bodies, each refused in words when wrong."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, WithJsonSchema, model_validator

from tracker.errors import Refused
from tracker.feeds.address import MAX_URL
from tracker.model import Answer, Category, Level, Outcome, PartialDate, Precision, State, Status
from tracker.record.fates import Fate
from tracker.record.rows import LONGEST_WORDS
from tracker.search import Kind
from tracker.web.api.fields import CHANGES, CHANNEL, CHANNELS, CONTACTS, Part
from tracker.web.narrowing import Heed
from tracker.web.sent import LARGEST_NUMBER, check_names, nearest

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 200
"""A larger limit is lowered to this, not refused."""

MAX_TEXT = 500_000


class Sent(BaseModel):
    """Names that are not known are refused, with the nearest that is: a misspelt filter must not look like none."""

    @model_validator(mode="before")
    @classmethod
    def _only_known_names(cls, values: Any) -> Any:
        if isinstance(values, dict):
            check_names(values, cls.names())
        return values

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names as they are sent."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


def _day(text: str) -> dt.date:
    when = PartialDate(text)
    if when.precision != Precision.DAY:
        raise ValueError(f"{text!r} is no day; write YYYY-MM-DD")
    return when.first


PartialText = Annotated[str, Field(description="YYYY-MM-DD, YYYY-MM or YYYY."), AfterValidator(PartialDate)]


def _publishing_day(day: dt.date) -> dt.date:
    if not 1900 <= day.year < 2200:
        raise ValueError(f"nothing was published on {day}; give a day of the years 1900 to 2199")
    return day


IsoDay = Annotated[str, Field(description="YYYY-MM-DD."), AfterValidator(_day)]
PublishingDay = Annotated[IsoDay, AfterValidator(_publishing_day)]
Number = Annotated[int, Field(strict=True, ge=1, le=LARGEST_NUMBER)]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=LONGEST_WORDS)]
Levels = Annotated[
    dict[str, Level | None],
    Field(
        description="By a party's code, at which level its documents say that the sides met; null where they leave it "
        "open. Of levels that differ the row is contested."
    ),
]


class AtMoment(Sent):
    """Every read of the record takes the two clocks."""

    as_of: str | None = Field(
        default=None, description="How the world stood on this day (YYYY-MM-DD); today when left out."
    )
    known_at: str | None = Field(
        default=None, description="As we knew it then: a day (its end) or an instant; now when left out."
    )
    cited: str | None = Field(
        default=None, description="The mark of a cited address; GET /api/v1/citation says what became of its rows."
    )


def _chosen_of(part: Part) -> Any:
    """The type of `fields`: names with commas between them as sent, what to leave out of the answer when read."""

    def read(text: str) -> Any:
        chosen = [name for sent in text.split(",") if (name := sent.strip())]
        for name in chosen:
            if name not in part.names:
                raise Refused(f"{name[:60]!r} is no field of the answer.", nearest(name, part.names), field="fields")
        return part.without(chosen)

    shown = {
        "type": "array",
        "items": {"type": "string", "enum": part.names},
        "description": f"Only these fields, with commas between them; {', '.join(part.kept)} in any case.",
    }
    return Annotated[str, AfterValidator(read), WithJsonSchema(shown)]


ChannelFields = _chosen_of(CHANNEL)
ChannelsFields = _chosen_of(CHANNELS)
ChangesFields = _chosen_of(CHANGES)
ContactsFields = _chosen_of(CONTACTS)


class CoverageQuery(AtMoment):
    """The two clocks choose the record whose reports are counted; `known_at` also the polls by which is told what was
    read.
    """

    since: str | None = Field(
        default=None,
        alias="from",
        description="Where the span begins: a day (its beginning, in UTC) or an instant; 30 days before `to` else.",
    )
    to: str | None = Field(
        default=None,
        description="Where it ends: a day (its end, in UTC, or now where it is today) or an instant; `known_at`, and "
        "without that now, if left out.",
    )


ChannelsSort = Literal[
    "name", "-name", "category", "-category", "state", "-state", "since", "-since", "last_contact", "-last_contact"
]


class ChannelQuery(AtMoment):
    fields: ChannelFields | None = None


class ChannelsFilter(AtMoment):
    relationship: str | None = Field(default=None, description="The slug of a relationship.")
    category: Category | None = None
    state: State | None = None
    q: str | None = Field(
        default=None,
        max_length=200,
        description="Words that names and aliases (in any language), slug, counterparts, description or cause contain.",
    )
    word: str | None = Field(
        default=None,
        description="On whose word the state rests: both, a party's code alone, third-party or none.",
    )
    only: Heed | None = Field(
        default=None, description="Those alone that are overdue, announced and not reported, or contested."
    )


class ChannelsQuery(ChannelsFilter):
    sort: ChannelsSort | None = Field(
        default=None, description="By what to sort; - for descending. In the configured order when left out."
    )
    fields: ChannelsFields | None = None


class TimelineQuery(AtMoment):
    """What the picture of all channels is asked for, as a file."""

    category: Category | None = None
    relationship: str | None = Field(default=None, description="The slug of a relationship.")
    first: str | None = Field(default=None, alias="from", description="Where the axis begins: a year, month or day.")
    last: str | None = Field(default=None, alias="to", description="Where it ends, the year, month or day included.")
    after: str | None = Field(default=None, description="The slug of the channel after which the picture goes on.")


class FeedsQuery(AtMoment):
    relationship: str | None = Field(default=None, description="The slug of a relationship.")


class FiguresQuery(AtMoment):
    relationship: str | None = Field(default=None, description="The slug of a relationship.")
    category: Category | None = None


class PromisesQuery(AtMoment):
    relationship: str | None = Field(default=None, description="The slug of a relationship.")
    category: Category | None = None
    fate: Fate | None = Field(default=None, description="What became of it; any when left out.")


class Page(Sent):
    limit: int = Field(
        default=DEFAULT_LIMIT,
        ge=1,
        description=f"How many to answer; more than {LARGEST_LIMIT} is lowered to {LARGEST_LIMIT}.",
    )
    cursor: str | None = Field(
        default=None,
        max_length=600,
        description="The `next` of the page before, whose moment the page shows. It belongs to filters and sorting.",
    )

    @property
    def most(self) -> int:
        return min(self.limit, LARGEST_LIMIT)


class EntriesFilter(AtMoment):
    relationship: str | None = Field(default=None, description="The slug of a relationship.")
    channel: str | None = Field(default=None, description="The slug of a channel.")
    category: Category | None = None


class CorrectionsQuery(Page, EntriesFilter):
    """`known_at` leaves out what was corrected later; `as_of` is accepted as everywhere and changes nothing."""


class DiffQuery(Page, EntriesFilter):
    """A span of days, both included. Without `to` it ends on `as_of`, which is today when that is left out too; a `to`
    that is later than an `as_of` that was sent is refused.
    """

    first: str | None = Field(default=None, alias="from", description="The first day, YYYY-MM-DD; required.")
    last: str | None = Field(default=None, alias="to", description="The last day, YYYY-MM-DD.")


class BriefQuery(AtMoment):
    """What changed after an instant, up to `known_at`."""

    after: str | None = Field(
        default=None, description="The instant, or the day (its beginning, in UTC), after which; required."
    )
    lang: Literal["en", "zh"] = Field(default="en", description="The language of the sentences.")
    relationship: str | None = Field(default=None, description="The slug of a relationship.")


class ChangesFilter(EntriesFilter):
    state: State | None = Field(default=None, description="Only changes to this state.")


class ContactsFilter(EntriesFilter):
    outcome: Outcome | None = Field(default=None, description="Only contacts with this outcome.")
    first: str | None = Field(
        default=None, alias="from", description="Only contacts that can have been on this day (YYYY-MM-DD) or later."
    )
    last: str | None = Field(
        default=None, alias="to", description="Only contacts that can have been on this day (YYYY-MM-DD) or earlier."
    )


class ChangesQuery(Page, ChangesFilter):
    sort: Literal["-effective", "effective", "-recorded_at", "recorded_at"] = Field(
        default="-effective", description="By what to sort; - for descending."
    )
    fields: ChangesFields | None = None


class ContactsQuery(Page, ContactsFilter):
    sort: Literal["-date", "date", "-recorded_at", "recorded_at"] = Field(
        default="-date", description="By what to sort; - for descending."
    )
    fields: ContactsFields | None = None


class StatementsQuery(Page, EntriesFilter):
    """Changes and contacts together, as feeds tell of them."""


class ChannelStatementsQuery(Page, AtMoment):
    pass


class CheckpointsQuery(Page, AtMoment):
    """`known_at` leaves out days that were not over by then; `as_of` is accepted as everywhere and changes nothing."""


class CandidatesQuery(Page, AtMoment):
    """The two clocks are accepted as everywhere and change nothing: the queue is always that of now."""

    status: Status = Status.PENDING
    relationship: str | None = Field(default=None, description="The slug of a relationship.")
    held: bool = Field(default=False, description="Of those that are pending, only the ones put aside.")
    q: str | None = Field(
        default=None,
        max_length=200,
        description="Words that stand, in this order, in the title or summary of a release of theirs.",
    )


class SearchQuery(Page, AtMoment):
    q: str | None = Field(default=None, description="What to look for, in at most 200 characters; required.")
    kind: Kind | None = Field(default=None, description="All that you may see when left out.")
    relationship: str | None = Field(
        default=None, description="The slug of a relationship; releases, which belong to no one, are not searched then."
    )
    side: str | None = Field(default=None, description="Rows and releases with a source of this side.")
    lang: str | None = Field(default=None, description="Rows and releases with a source in this language: en or zh.")
    since: str | None = Field(
        default=None, alias="from", description="Rows and releases of this day or later: YYYY-MM-DD, YYYY-MM or YYYY."
    )
    to: str | None = Field(default=None, description="Rows and releases of this day or earlier.")


class ChannelPath(BaseModel):
    slug: str = Field(description="The slug of a channel.")


class FeedPath(BaseModel):
    slug: str = Field(description="The slug of a feed.")


class CandidatePath(BaseModel):
    id: int = Field(description="The number of a candidate.")


class ReleasePath(BaseModel):
    id: int = Field(description="The number of a release.")


class IfMatch(BaseModel):
    if_match: str | None = Field(alias="If-Match", description='The candidate\'s ETag as it was read, such as "3".')


class ContactBody(Sent):
    """Fields that are left out stay as proposed; null takes a proposed one away."""

    outcome: Outcome | None = None
    date: PartialText | None = None
    end: IsoDay | None = None
    announced: IsoDay | None = None
    form: Words | None = None
    place: Words | None = None
    persons: Words | None = None
    round: Number | None = None
    asked_by: Words | None = Field(default=None, description="The code of the party that had asked for it.")


class ReviewBody(Sent):
    """A decision. What is left out stays as proposed; null for `state` or `contact` records none."""

    decision: Literal["accept", "reject"]
    state: State | None = None
    effective: PartialText | None = None
    precision: Precision | None = Field(default=None, description="Keep the date no more precise than this.")
    expected: PartialText | None = None
    contact: ContactBody | None = None
    levels: Levels = {}
    another: bool = Field(
        default=False,
        description="It is another event than that of which the record tells: rows are added, and none is corrected.",
    )
    cause: Words | None = Field(
        default=None, description="Left out, a state whose cause no release says is told by what was reported, and when"
    )
    note: Words | None = Field(default=None, description="For a rejection its reason, which is required.")


class ClaimPath(BaseModel):
    name: str = Field(description="A row of the record: change-7, contact-12.")


class CorrectionBody(Sent):
    """What a row is to say instead; what is left out stays. Fields of the other kind of row are refused."""

    state: State | None = None
    effective: PartialText | None = None
    expected: PartialText | None = None
    cause: Words | None = None
    outcome: Outcome | None = None
    date: PartialText | None = None
    end: IsoDay | None = None
    announced: IsoDay | None = None
    form: Words | None = None
    place: Words | None = None
    round: Number | None = None
    persons: Words | None = None
    summary: Words | None = None
    asked_by: Words | None = None
    substantive: bool | None = None
    note: Words | None = None
    contested: Words | None = Field(default=None, description="How accounts differ; null when they do not.")
    settled: Words | None = Field(default=None, description="Why accounts that differ are contested no more.")
    unconfirmed: list[Literal["date", "place"]] | None = Field(
        default=None,
        description="What of it could not be confirmed (of a change its date alone); null when nothing.",
    )
    levels: Levels = {}
    reason: Words = Field(description="Why the row is corrected; shown beside what it said before.")


class WithdrawalBody(Sent):
    reason: Words = Field(description="Why the row is taken back; shown beside what it said.")


class SourceBody(Sent):
    """A further source for a row."""

    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_URL)]
    title: Words
    publisher: Words
    side: str = Field(description="For whom it speaks: a party's code, or third-party.")
    published: PartialText | None = None
    quote: Words | None = None
    level: Level | None = Field(default=None, description="At which level it says that the sides met, if it does.")
    denies: bool = Field(default=False, description="Whether it denies what the row tells: then accounts differ.")


class CitationQuery(Sent):
    path: str | None = Field(
        default=None,
        description="A page or call of this site with its query, as /channels/dpct?as_of=2024-01-09; required.",
    )
    title: str | None = Field(
        default=None, max_length=200, description="The title that the citation has; that of the page when left out."
    )


class SplitBody(Sent):
    """The sightings, by their ids, that tell of another event."""

    sightings: list[Number] = Field(min_length=1, max_length=LARGEST_LIMIT)


class MergeBody(Sent):
    """The candidate that tells of the same event and is to have the sightings."""

    into: Number


class LaterBody(Sent):
    """Why a candidate is put aside, and until when: until somebody brings it back where `until` is null or left out."""

    reason: Words
    until: str | None = Field(default=None, max_length=40, description="An instant, such as 2024-01-09T12:00:00Z.")


class ChannelBody(Sent):
    """The channel of which a candidate really tells."""

    channel: str = Field(max_length=200, description="The slug of a channel of the same relationship.")
    note: Words | None = Field(default=None, description="Why.")


class SecondBody(Sent):
    """Confirm what another reviewer accepted, refuse it for the reason in `note`, or withdraw one's own word."""

    answer: Answer
    note: Words | None = Field(default=None, description="For a refusal its reason, which is required.")


class Seen(Sent):
    """A candidate in the version that was read."""

    id: Number
    version: Number


class RejectBody(Sent):
    """Candidates to reject, each in the version that was read, for one reason."""

    candidates: list[Seen] = Field(min_length=1, max_length=LARGEST_LIMIT)
    reason: Words


class ReleaseBody(Sent):
    """A document handed in: its words as `text` (or `summary`), or a `url` alone, which is fetched and read."""

    side: str = Field(description="For whom it speaks: a party's code, or third-party.")
    url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_URL)] | None = None
    title: Words | None = None
    text: str | None = Field(default=None, max_length=MAX_TEXT)
    summary: str | None = Field(default=None, max_length=MAX_TEXT, description="Another name for `text`.")
    lang: str | None = Field(
        default=None, description="A language code, such as en or zh; seen from the words if left out."
    )
    published: PublishingDay | None = Field(default=None, description="The publisher's date; required with words.")
    publisher: Words | None = None
    relationship: str | None = Field(default=None, description="Look for this relationship's channels alone.")
