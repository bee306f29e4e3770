"""Situations of the record between two marks, whose briefs are kept in tests/samples/brief, one file a language.

`python -m tests.briefs` writes the files anew; what differs then is to be read by somebody who knows the language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

from config.load import load_relationships
from tests import make
from tests.conftest import ROOT
from tests.make import CHANNEL, US_CHINA, change, contact
from tracker.brief import BOOKS, Brief, News, SidesRead, brief_of, news_of, stirred
from tracker.model import (
    Channel,
    Contact,
    Moment,
    Outcome,
    PartialDate,
    Relationship,
    Signal,
    State,
    StatusChange,
)
from tracker.record.coverage import Coverage, Polled, Read, Switch, coverage
from tracker.record.history import view

KEPT = Path(__file__).parent / "samples/brief"

AFTER, UNTIL = datetime(2024, 2, 1, 12, tzinfo=UTC), datetime(2024, 2, 3, 12, tzinfo=UTC)
LONG_AGO, NEWLY = AFTER - timedelta(days=20), AFTER + timedelta(days=1)

EVERY = timedelta(hours=2)

source = partial(make.source, published=None)

BOTH = (source(side="us"), source(side="cn", title="Another report"))
AMERICAN, CHINESE = (source(side="us"),), (source(side="cn"),)


def channel(slug: str, english: str, chinese: str) -> Channel:
    return replace(CHANNEL, slug=slug, names={"en": english, "zh": chinese})


MARITIME = channel("mmca", "Maritime Safety Consultations", "海上军事安全磋商机制")
CLIMATE = channel("climate", "Climate Working Group", "气候工作组")
CHANNELS = {line.slug: line for line in (CHANNEL, MARITIME, CLIMATE)}


@dataclass(frozen=True)
class Situation:
    """Rows as they stand on record at the end, and what was read of each side (`SideReads`) between the marks."""

    rows: Sequence[StatusChange | Contact] = ()
    read: Callable[[str, datetime, datetime], Coverage] = field(default=lambda *span: whole(*span))
    pair: Relationship = US_CHINA
    channels: dict[str, Channel] = field(default_factory=lambda: CHANNELS)
    after: datetime = AFTER
    until: datetime = UNTIL

    @property
    def news(self) -> list[News]:
        then, now = (Moment(at.date(), at) for at in (self.after, self.until))
        found = []
        for line in self.channels.values():
            rows = of_channel(self.rows, line.slug)
            if stirred(*rows, then, now):
                found += news_of(view(line, self.pair, *rows, now), then, self.pair, *rows)
        return found

    @property
    def sides_read(self) -> list[SidesRead]:
        sides = (self.read(party.code, self.after, self.until) for party in self.pair.parties)
        return [SidesRead(self.pair, tuple(sides))]

    def brief(self, lang: str) -> Brief:
        return brief_of(self.news, self.sides_read, self.after, lang)


def of_channel(rows: Iterable, slug: str) -> tuple[list[StatusChange], list[Contact]]:
    own = [row for row in rows if row.channel == slug]
    return [row for row in own if isinstance(row, StatusChange)], [row for row in own if isinstance(row, Contact)]


def polled(side: str, start: datetime, end: datetime, *gaps: tuple[float, float]) -> Coverage:
    """A side's feed read all the time from before `start` on, but for gaps in hours after it."""
    steps = (start - EVERY + EVERY * n for n in range(int((end - start) / EVERY) + 2))
    out = [(start + timedelta(hours=first), start + timedelta(hours=last)) for first, last in gaps]
    ends = [at for at in steps if not any(first < at < last for first, last in out)]
    reads = [Read("feed", EVERY, at, after, None, None, True) for after, at in zip([None, *ends], ends, strict=False)]
    return coverage(side, ["feed"], reads, [Switch("feed", start - timedelta(days=9), Polled.ON)], start, end)


def whole(side: str, start: datetime, end: datetime) -> Coverage:
    return polled(side, start, end)


def with_gap(side: str, start: datetime, end: datetime) -> Coverage:
    return polled(side, start, end, *([(10, 20)] if side == "cn" else []))


def with_gaps(side: str, start: datetime, end: datetime) -> Coverage:
    return polled(side, start, end, *([(4, 12), (30, 40)] if side == "us" else []))


def unread(side: str, start: datetime, end: datetime) -> Coverage:
    return coverage(side, ["feed"], [], [Switch("feed", start - timedelta(days=9), Polled.ON)], start, end)


def one_unread(side: str, start: datetime, end: datetime) -> Coverage:
    return (whole if side == "us" else unread)(side, start, end)


def not_again(side: str, start: datetime, end: datetime) -> Coverage:
    last = [Read("feed", timedelta(days=4), start, start - timedelta(days=4), None, None, True)]
    return coverage(side, ["feed"], last, [Switch("feed", start - timedelta(days=9), Polled.ON)], start, end)


def no_feed(side: str, start: datetime, end: datetime) -> Coverage:
    return coverage(side, [], [], [], start, end)


def last_year_alone(side: str, start: datetime, end: datetime) -> Coverage:
    return polled(side, end - timedelta(days=366), end)


def new(row: StatusChange | Contact, number: int = 1, **over):
    """The row as it came on record between the marks."""
    return replace(row, id=number, recorded_at=NEWLY, **over)


def known(row: StatusChange | Contact, number: int = 1, **over):
    """The row as it had been on record before."""
    return replace(row, id=number, recorded_at=LONG_AGO, **over)


CUT = change(State.SUSPENDED, "2024-02-01", sources=CHINESE)
MET = contact(Outcome.HELD, "2024-01-08", end=date(2024, 1, 9), form="in person", place="Washington", sources=BOTH)
CALL = contact(Outcome.HELD, "2024-01-31", form="phone", sources=AMERICAN)
PROMISE = contact(Outcome.ANNOUNCED, "2024-02-02", announced=date(2024, 1, 10), form="video", sources=AMERICAN)
KEPT_PROMISE = contact(Outcome.HELD, "2024-02-02", form="video", sources=BOTH)


def koreas() -> Situation:
    (pack,) = load_relationships(ROOT / "tests/samples/config")
    lines = {line.slug: line for line in pack.channels}
    rows = [new(row, n) for n, row in enumerate(pack.changes, 1) if row.effective.value > "2021"]
    return Situation(rows, pair=pack.relationship, channels=lines)


def full() -> Situation:
    """More than a brief can tell."""
    days = [date(2023, 1, 1) + timedelta(days=9 * n) for n in range(40)]
    rows = [
        new(contact(Outcome.HELD, str(day), form="video", channel=slug, sources=BOTH), n)
        for n, (day, slug) in enumerate(zip(days, [*CHANNELS] * 14, strict=False), 1)
    ]
    return Situation([*rows, new(CUT, 1), new(replace(PROMISE, date=PartialDate("2024-06")), 90)])


SITUATIONS: dict[str, Callable[[], Situation]] = {
    "nothing changed, all read": Situation,
    "nothing changed, a hole on one side": lambda: Situation(read=with_gap),
    "nothing changed, holes on the other side": lambda: Situation(read=with_gaps),
    "nothing changed, one side not read": lambda: Situation(read=one_unread),
    "nothing changed, nobody looked": lambda: Situation(read=unread),
    "nothing changed, not read again yet": lambda: Situation(read=not_again),
    "nothing changed, no source to be read": lambda: Situation(read=no_feed),
    "nothing changed in more than a year": lambda: Situation(read=last_year_alone, after=AFTER - timedelta(days=800)),
    "cut, on the word of one side": lambda: Situation([new(CUT)]),
    "three cut on one day, as both sides say": lambda: Situation(
        [new(replace(CUT, sources=BOTH, channel=slug), n) for n, slug in enumerate(CHANNELS, 1)]
    ),
    "restored in a month": lambda: Situation([new(change(State.RESUMED, "2024-01", sources=BOTH))]),
    "ended in a year, as others report": lambda: Situation([new(change(State.ENDED, "2023", channel="mmca"))]),
    "planned, with a month": lambda: Situation(
        [new(change(State.PLANNED, "2024-01-30", expected=PartialDate("2024-04"), sources=AMERICAN))]
    ),
    "active, without a source": lambda: Situation([new(change(State.ACTIVE, "2024-01-15", sources=()))]),
    "a meeting of two days": lambda: Situation([new(MET)]),
    "a meeting over the turn of the year": lambda: Situation(
        [new(replace(MET, date=PartialDate("2023-12-30"), end=date(2024, 1, 2)))]
    ),
    "a call": lambda: Situation([new(CALL)]),
    "a call of which only the month is known": lambda: Situation([new(replace(CALL, date=PartialDate("2024-01")))]),
    "a contact that makes a restored line active": lambda: Situation(
        [known(change(State.RESUMED, "2024-01-10", sources=BOTH)), new(CALL)]
    ),
    "refused": lambda: Situation(
        [new(contact(Outcome.REFUSED, "2024-01-29", form="phone", asked_by="us", sources=AMERICAN))]
    ),
    "not answered, in a month": lambda: Situation([new(contact(Outcome.NO_ANSWER, "2024-01", sources=AMERICAN))]),
    "called off": lambda: Situation(
        [new(contact(Outcome.CANCELLED, "2024-03-05", announced=date(2024, 2, 1), sources=CHINESE))]
    ),
    "called off, for no day that was set": lambda: Situation(
        [new(contact(Outcome.CANCELLED, "2024-02-01", form="phone", sources=CHINESE))]
    ),
    "put off, from a month": lambda: Situation(
        [new(contact(Outcome.POSTPONED, "2024-03", announced=date(2024, 2, 1), form="in person", sources=BOTH))]
    ),
    "announced for a month": lambda: Situation(
        [new(contact(Outcome.ANNOUNCED, "2024-04", announced=date(2024, 2, 1), form="in person", sources=BOTH))]
    ),
    "announced without a day": lambda: Situation(
        [new(contact(Outcome.ANNOUNCED, None, announced=date(2024, 1, 31), sources=CHINESE))]
    ),
    "a promise kept": lambda: Situation([known(PROMISE, 1), new(KEPT_PROMISE, 2)]),
    "a promise made and kept": lambda: Situation([new(PROMISE, 1), new(KEPT_PROMISE, 2)]),
    "a promise kept late": lambda: Situation(
        [known(replace(PROMISE, date=PartialDate("2024-01-20")), 1), new(KEPT_PROMISE, 2)]
    ),
    "a promise whose day passed": lambda: Situation([known(PROMISE)]),
    "a date put right": lambda: Situation(
        [known(CUT, 1), new(replace(CUT, effective=PartialDate("2024-01-31")), 2, replaces=1, reason="Read again.")]
    ),
    "a place put right": lambda: Situation([known(MET, 1), new(replace(MET, place="Beijing"), 2, replaces=1)]),
    "a cause put right": lambda: Situation([known(CUT, 1), new(replace(CUT, cause="Better put."), 2, replaces=1)]),
    "taken back": lambda: Situation(
        [known(CALL, withdrawn_at=NEWLY, withdrawn_reason="It was another line.")]
    ),
    "on record again": lambda: Situation(
        [
            known(CALL, 1, withdrawn_at=LONG_AGO + timedelta(days=1), withdrawn_reason="Doubtful."),
            new(CALL, 2, replaces=1),
        ]
    ),
    "the other side confirms": lambda: Situation(
        [known(MET, sources=(source(side="us"), source(side="cn", title="Read out", recorded_at=NEWLY)))]
    ),
    "the other side says otherwise": lambda: Situation(
        [
            known(
                CALL,
                sources=(
                    source(side="us", says=Signal.HELD),
                    source(side="cn", title="No call", says=Signal.REFUSED, recorded_at=NEWLY),
                ),
            )
        ]
    ),
    "new, and the sides differ": lambda: Situation(
        [new(CUT, contested="One side speaks of a pause.", sources=BOTH)]
    ),
    "of every weight": lambda: Situation(
        [
            new(contact(Outcome.ANNOUNCED, "2024-04", announced=date(2024, 2, 1), sources=BOTH, channel="mmca"), 9),
            new(CALL, 4, channel="climate"),
            new(CUT, 2),
            known(MET, 5, withdrawn_at=NEWLY, withdrawn_reason="Told twice."),
        ],
        read=with_gap,
    ),
    "more than fits": full,
    "another pair": koreas,
}  # fmt: skip


def written(brief: Brief) -> str:
    """A sentence a line, each after the kind that it is of and before its claims."""
    return "".join(
        f"{one.kind}: {one.words}{''.join(f' [{claim}]' for claim in one.claims)}\n" for one in brief.sentences
    )


def file_of(lang: str) -> str:
    told = (f"# {name}\n{written(situation().brief(lang))}" for name, situation in SITUATIONS.items())
    return "\n".join(told)


if __name__ == "__main__":
    for code in BOOKS:
        (KEPT / f"{code}.txt").write_text(file_of(code), encoding="utf-8")
