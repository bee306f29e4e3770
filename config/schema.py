"""What the files of a relationship may hold, each checked by itself; what ties them together is in checks.py.

Dates are texts YYYY-MM-DD, YYYY-MM or YYYY, never padded. Every claim cites its sources by key.
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import soupsieve
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    RootModel,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from config.errors import suggest
from tracker.feeds.address import MAX_PAGES, is_template
from tracker.feeds.dates import check_form
from tracker.model import Category, Outcome, PartialDate, Precision, State
from tracker.record.history import CADENCE_DAYS
from tracker.tongue import gettext

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PACE = re.compile(r"(\d{1,9})([mhd])")
_SECONDS = {"m": 60, "h": 3600, "d": 86400}
TAKEN = frozenset({"new"})
"""What no feed can be called: below /feeds its page would stand at the address of another."""

SHORTEST, LONGEST = 60, 7 * 86400
"""Bounds of a feed's pace in seconds: one minute to seven days."""


def _slug(text: str) -> str:
    if not SLUG.fullmatch(text):
        raise ValueError(
            gettext('"%(name)s" is not a short name; write small letters and digits joined by hyphens', name=text)
        )
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        # A port out of range raises when it is asked for.
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not re.search(r"\s", text)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(
            gettext('"%(url)s" is not a web address; write one that begins with http:// or https://', url=text)
        )
    if "@" in parts.netloc:
        # Addresses are public, and what is before the @ may be a password: it is not repeated here.
        raise ValueError(gettext("the address holds a user name before an @; take it out, for all may read addresses"))
    return text


def _timezone(name: str) -> str:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = suggest(name, zoneinfo.available_timezones(), gettext("write an IANA name such as Asia/Shanghai"))
        raise ValueError(gettext('"%(name)s" is not a time zone; %(near)s', name=name, near=near)) from None
    return name


def _seconds(text: object) -> int:
    match = _PACE.fullmatch(str(text))
    if not match:
        if str(text).isdecimal():
            raise ValueError(gettext('"%(pace)s" has no unit; write 30m, 2h or 1d', pace=text))
        raise ValueError(gettext('"%(pace)s" is not a pace; write 30m, 2h or 1d', pace=text))
    seconds = int(match[1]) * _SECONDS[match[2]]
    if not SHORTEST <= seconds <= LONGEST:
        raise ValueError(gettext('"%(pace)s" is out of bounds; write 1m at least and 7d at most', pace=text))
    return seconds


def _partial_date(text: object) -> PartialDate:
    try:
        return PartialDate(str(text))
    except ValueError as error:
        wrong = str(error).partition(";")[0].replace("'", '"')
        raise ValueError(f"{wrong}; write YYYY-MM-DD, YYYY-MM or YYYY as far as it is known") from None


def _day(text: object) -> date:
    try:
        known = PartialDate(str(text))
    except ValueError as error:
        raise ValueError(str(error).partition(";")[0].replace("'", '"') + "; write YYYY-MM-DD") from None
    if known.first != known.last:
        raise ValueError(f'"{text}" names no day; write YYYY-MM-DD')
    return known.first


def _cadence(word: str) -> str:
    if word not in CADENCE_DAYS:
        raise ValueError(f'"{word}" is not a cadence; {suggest(word, CADENCE_DAYS)}')
    return word


def _selector(text: str) -> str:
    try:
        soupsieve.compile(text)
    except (soupsieve.SelectorSyntaxError, NotImplementedError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(
            gettext(
                '"%(selector)s" is not a CSS selector (%(reason)s); write one such as ul.news li',
                selector=text,
                reason=reason,
            )
        ) from None
    return text


def _date_format(text: str) -> str:
    try:
        check_form(text)
    except ValueError as error:
        raise ValueError(
            gettext(
                '"%(form)s" does not read a day: %(error)s; write it as strptime does, %%Y-%%m-%%d',
                form=text,
                error=error,
            )
        ) from None
    return text


def _next(text: str) -> str:
    if is_template(text):
        return text
    try:
        return _selector(text)
    except ValueError:
        wrong = f'"{text}" is neither a CSS selector nor an address with {{page}}'
        raise ValueError(f"{wrong}; write one such as a.older or page/{{page}}/") from None


def _has_come(told: PartialDate | date) -> PartialDate | date:
    """A day that has begun somewhere on Earth, by this machine's clock."""
    first = told.first if isinstance(told, PartialDate) else told
    today = datetime.now(UTC).date()
    if first > today + timedelta(days=1):
        raise ValueError(
            f'"{told}" has not come (today is {today}); write the day on which it was, and of what is to come the day '
            "of its announcement"
        )
    return told


def _citation(value: Any) -> Any:
    """A bare key is a citation without a quote."""
    return {"source": value} if isinstance(value, str) else value


def _unconfirmed(value: Any) -> Any:
    """One word, or several; in the order in which they are kept."""
    return sorted(set(value)) if isinstance(value, list) and all(isinstance(one, str) for one in value) else [value]


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Slug = Annotated[str, AfterValidator(_slug)]
Url = Annotated[Text, AfterValidator(_url)]
Timezone = Annotated[Text, AfterValidator(_timezone)]
Selector = Annotated[Text, AfterValidator(_selector)]
Pace = Annotated[int, PlainValidator(_seconds)]
When = Annotated[PartialDate, PlainValidator(_partial_date)]
Day = Annotated[date, PlainValidator(_day)]
Past = Annotated[When, AfterValidator(_has_come)]
Names = dict[str, Text]


class Strict(BaseModel):
    """A mapping that takes no other keys than its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PartyEntry(Strict):
    """`in_text`: the names within a sentence, where they differ, as by an article."""

    code: Slug
    names: Names
    in_text: Names = {}
    timezone: Timezone


class RelationshipFile(Strict):
    """relationship.yaml. `channels`: the files of channels/, in the order in which they are shown."""

    names: Names
    languages: Annotated[list[Slug], Field(min_length=1)]
    parties: Annotated[list[PartyEntry], Field(min_length=2, max_length=2)]
    channels: Annotated[list[Slug], Field(min_length=1)]


class SourceEntry(Strict):
    """A document that can be cited. `published` is the publisher's local date."""

    url: Url
    title: Text
    publisher: Text
    side: Text
    published: Past | None = None


class SourcesFile(RootModel[dict[Slug, SourceEntry]]):
    """sources.yaml: the documents that several channels cite."""


class Citation(Strict):
    """A source's key, with the words that carry the claim where they are worth having at hand."""

    source: Text
    quote: Text | None = None


Unconfirmed = Annotated[tuple[Literal["date"], ...], BeforeValidator(_unconfirmed)]
"""What an entry tells though it could not be confirmed."""

UnconfirmedMeeting = Annotated[tuple[Literal["date", "place"], ...], BeforeValidator(_unconfirmed)]

Citations = Annotated[list[Annotated[Citation, BeforeValidator(_citation)]], Field(min_length=1)]


class ChangeEntry(Strict):
    state: State
    effective: Past
    expected: When | None = None
    cause: Text
    note: Text | None = None
    contested: Text | None = None
    unconfirmed: Unconfirmed = ()
    sources: Citations

    @field_validator("expected")
    @classmethod
    def _only_of_what_is_planned(cls, expected: PartialDate | None, info: ValidationInfo) -> PartialDate | None:
        if info.data.get("state") not in (State.PLANNED, None):
            raise ValueError("only a planned channel is expected; leave the key out or write state: planned")
        return expected


class ContactEntry(Strict):
    date: When | None = None
    end: Day | None = None
    announced: Annotated[Day, AfterValidator(_has_come)] | None = None
    outcome: Outcome
    form: Literal["in person", "video", "phone", "message"] | None = None
    place: Text | None = None
    round: Annotated[int, Field(ge=1)] | None = None
    persons: Text | None = None
    summary: Text | None = None
    asked_by: Text | None = None
    substantive: bool = True
    note: Text | None = None
    contested: Text | None = None
    unconfirmed: UnconfirmedMeeting = ()
    sources: Citations

    @field_validator("end")
    @classmethod
    def _after_its_beginning(cls, end: date | None, info: ValidationInfo) -> date | None:
        if "date" not in info.data:
            return end
        begin = info.data["date"]
        if begin is None:
            raise ValueError("an end stands here without a date; add the date on which it began")
        if end and end < begin.first:
            raise ValueError(f'"{end}" is before the contact began ({begin}); correct one of the two dates')
        if end and begin.precision is not Precision.DAY:
            raise ValueError(f"an end stands here without a first day ({begin}); write date as YYYY-MM-DD, or no end")
        return end

    @model_validator(mode="after")
    def _dated(self) -> ContactEntry:
        if self.outcome is Outcome.ANNOUNCED:
            if self.announced is None:
                raise ValueError("this announcement has no day; add announced: YYYY-MM-DD")
        elif self.date is None:
            raise ValueError(f'a contact that was "{self.outcome}" has no date; add date: as far as it is known')
        elif self.outcome not in (Outcome.CANCELLED, Outcome.POSTPONED):
            _has_come(self.end or self.date)
        for word in self.unconfirmed:
            if getattr(self, word) is None:
                raise ValueError(f'this contact has no {word} that could be unconfirmed; take "{word}" out')
        return self


class ChannelFile(Strict):
    """channels/<slug>.yaml. `sources` holds the documents that this channel alone cites."""

    names: Names
    category: Category
    counterparts: Names
    description: Text
    cadence: Annotated[str, AfterValidator(_cadence)] | None = None
    established: Past | None = None
    history: list[ChangeEntry] = []
    contacts: list[ContactEntry] = []
    sources: dict[Slug, SourceEntry] = {}


class SelectEntry(Strict):
    item: Selector
    link: Selector
    title: Selector
    date: Selector | None = None


class FeedEntry(Strict):
    """A source that is polled. What only some kinds need is refused for the others, so that no key stands idle.

    `unconfirmed`: `address`, where nobody could open the address or saw it named by who should know.
    """

    slug: Slug
    publisher: Text
    side: Text
    lang: Text
    kind: Literal["feed", "listing", "sitemap"]
    url: Url
    select: SelectEntry | None = None
    date_format: Annotated[Text, AfterValidator(_date_format)] | None = None
    pages: Annotated[int, Field(ge=1, le=MAX_PAGES)] = 1
    next: Annotated[Text, AfterValidator(_next)] | None = None
    timezone: Timezone = "UTC"
    full_text: bool = False
    every: Pace
    allow_private: bool = False
    enabled: bool = True
    reason: Text | None = None
    unconfirmed: Literal["address"] | None = None

    @field_validator("slug")
    @classmethod
    def _has_an_address(cls, slug: str) -> str:
        if slug in TAKEN:
            raise ValueError(gettext('"%(name)s" is the address of another page; choose another short name', name=slug))
        return slug

    @field_validator("select", "date_format")
    @classmethod
    def _only_for_listings(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("kind") in ("feed", "sitemap"):
            raise ValueError("only a listing is read by selectors; leave the key out or write kind: listing")
        return value

    @field_validator("next")
    @classmethod
    def _leads_on(cls, value: str | None, info: ValidationInfo) -> str | None:
        if info.data.get("kind") == "sitemap":
            raise ValueError("a sitemap has no older pages; leave the key out")
        if info.data.get("kind") == "feed" and not is_template(value):
            raise ValueError(
                'a feed has no page to select a link from; write an address with {page}, as "?paged={page}"'
            )
        if info.data.get("pages") == 1:
            raise ValueError("older pages are read where pages is 2 or more; write pages: 5 or leave the key out")
        return value

    @model_validator(mode="after")
    def _readable(self) -> FeedEntry:
        if self.kind == "listing" and self.enabled and self.select is None:
            raise ValueError("an enabled listing needs select; add it or write enabled: false")
        if self.pages > 1 and self.next is None:
            raise ValueError("pages stands here without next; add the selector or address that leads to the older page")
        return self


class FeedsFile(RootModel[list[FeedEntry]]):
    """feeds.yaml: a list of feeds."""
