"""Which of a release's dates is that of an event, and what to say where no words date it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracker.detect.dates import DateMention, Span
from tracker.detect.findings import Finding
from tracker.detect.grounds import promised, scope
from tracker.detect.reading import Reading, Sentence
from tracker.detect.signals import BREAKS
from tracker.model import PartialDate, Precision, Signal
from tracker.tongue import msg

_BY_PUBLICATION = frozenset(set(Signal) - {Signal.ANNOUNCED, Signal.REFUSED})
"""Undated reports of these are news of the day on which they are published."""


WORDS_OF = {
    Signal.HELD: ("meet", "hold", "visit", "act", "agree", "occasion"),
    Signal.ANNOUNCED: ("create", "agree", "meet", "hold", "visit", "act", "occasion"),
    Signal.RESUMED: ("resume",),
    Signal.SUSPENDED: ("suspend", "end", "cancel", "postpone"),
    Signal.CANCELLED: ("cancel", "suspend"),
    Signal.POSTPONED: ("postpone", "suspend"),
    Signal.REFUSED: ("refuse", "unanswered"),
    Signal.ENDED: ("end", "suspend", "cancel"),
}
"""The kinds of words that tell each signal, the most telling first."""


@dataclass(frozen=True)
class When:
    """The date of an event, its first day when it took several, the words that say it, or why there is none."""

    date: PartialDate | None
    starts: date | None = None
    mention: DateMention | None = None
    sentence: Sentence | None = None
    undated: str | None = None


def dated(told: list[Finding], signal: Signal, reading: Reading) -> When:
    """The date of the event that the findings of one channel tell of, the surest finding first."""
    best = told[0]
    if signal is Signal.REFUSED and _merely_stands(told, reading):
        return When(None, undated=msg("The request merely stands; no day of it is said."))
    found = _told(told, signal, reading)
    if found is None or not found[1].read(signal is Signal.ANNOUNCED).is_day:
        found = _just_before(best, signal, reading) or _just_after(told, signal, reading) or found
    if found is None and signal is not Signal.ANNOUNCED:
        found = next((((), days[-1], f.sentence) for f in told if (days := _own_days(f, reading))), None)
    if found is None and signal in (*_OFF, Signal.ENDED):
        found = _as_announced(best, reading)
    if found is None:
        return _undated(signal, best, reading)
    if signal is Signal.HELD and found[1].vague:
        found = _more_closely(found[2], reading) or found
    if signal in _OFF and (not found[1].past.is_day or found[2].said(found[1])):
        found = _as_announced(best, reading) or found
    _, mention, sentence = found
    span = mention.read(signal is Signal.ANNOUNCED)
    if _of_the_plan(span, signal, best, reading):
        return When(PartialDate.of(reading.release.published))
    starts = _first_day(span, told, signal) if signal in (Signal.HELD, Signal.ANNOUNCED) else None
    return When(span.value, starts, mention, sentence)


def _told(told: list[Finding], signal: Signal, reading: Reading) -> tuple[tuple, DateMention, Sentence] | None:
    """The day that the findings' own sentences say; that of the surest where it stands beside a verb."""
    found = None
    for rank, finding in enumerate(told):
        for mention in _usable(finding, signal, reading):
            *kinds, distance = _cost(mention, finding, signal)
            cost = (*kinds, rank, distance)
            if found is None or cost < found[0]:
                found = (cost, mention, finding.sentence)
        if found and rank == 0 and found[1].past.is_day and not found[0][_VERBLESS]:
            break
    return found


def _merely_stands(told: list[Finding], reading: Reading) -> bool:
    """Is it a request that was made again and again, with no day of its own beside it?"""
    if not any(finding.sentence.marked("standing") for finding in told):
        return False
    days = (
        day
        for finding in told
        for day in _usable(finding, Signal.REFUSED, reading)
        if day.past.value.precision is not Precision.YEAR and not finding.sentence.said(day)
    )
    return next(days, None) is None


def _first_day(span: Span, told: list[Finding], signal: Signal) -> date | None:
    """The first of several days: as said with the last, or where another finding says the whole span."""
    spans = [span, *(d.read(signal is Signal.ANNOUNCED) for f in told for d in f.sentence.dates)]
    return next((other.first for other in spans if other.value == span.value and other.first), None)


def _usable(finding: Finding, signal: Signal, reading: Reading) -> Iterable[DateMention]:
    """Dates of the finding's sentence that can be the event's."""
    sentence = finding.sentence
    for mention in sentence.dates:
        if signal not in BREAKS and sentence.said(mention):
            continue
        if not fits(mention, signal is Signal.ANNOUNCED, reading.release.published):
            continue
        if _too_old(mention, signal, sentence, reading) or _of_another_event(
            mention, finding, signal, reading.release.published
        ):
            continue
        if signal is Signal.ANNOUNCED and _of_todays_talks(mention, finding, reading):
            continue
        if not _beside(mention, finding) and _of_another_channel(mention, finding):
            continue
        yield mention


def _of_todays_talks(mention: DateMention, finding: Finding, reading: Reading) -> bool:
    """Is it the day of publication, on which something else took place, and not what the tie's clauses promise?"""
    sentence = finding.sentence
    if not mention.future.is_day or mention.future.value.first != reading.release.published:
        return False
    clause, first = sentence.clause(mention.start), min(sentence.clause(m.start) for m in finding.tie.mentions)
    promised_there = any(sentence.marked("future", number) for number in (clause, clause + 1))
    return not promised_there and clause < first


def _beside(mention: DateMention, finding: Finding) -> bool:
    """Does it stand in the clauses of the tie, or open what they tell: `10日上午,两位司令视频通话`?"""
    sentence = finding.sentence
    if scope(finding.tie, sentence).near(mention):
        return True
    first = min(m.start for m in finding.tie.mentions)
    between = sentence.folded.text[mention.end : first]
    later = any(mention.start < other.start < first and not sentence.said(other) for other in sentence.dates)
    return mention.end <= first and ";" not in between and not later


def _own_days(finding: Finding, reading: Reading) -> list[DateMention]:
    """The days behind, said with their year, in the clauses of the finding's tie: however old, they are its days."""
    around = scope(finding.tie, finding.sentence)
    days = [d for d in finding.sentence.dates if d.past.is_day and d.past == d.future and around.near(d)]
    return [d for d in days if fits(d, False, reading.release.published) and not finding.sentence.said(d)]


def _too_old(mention: DateMention, signal: Signal, sentence: Sentence, reading: Reading) -> bool:
    """Is it too far back to be this release's news? An old contact may be news where it was only now disclosed."""
    if signal is Signal.ANNOUNCED:
        return False
    if signal is Signal.HELD and (sentence.marked("disclosed") or reading.title.marked("disclosed")):
        return False
    return mention.past.value.last < reading.release.published - reading.reach


def _of_another_event(mention: DateMention, finding: Finding, signal: Signal, published: date) -> bool:
    """Does the date's clause tell of something earlier, still ahead, or of another kind than the signal?"""
    sentence = finding.sentence
    clause = sentence.clause(mention.start)
    if any(sentence.marked(mark, clause) for mark in ("earlier", "past")) and signal not in _DATED_BY_OLDER:
        return not scope(finding.tie, sentence).near(mention)
    if signal is Signal.HELD and sentence.promises(clause):
        return not scope(finding.tie, sentence).near(mention) or promised(mention, sentence, published)
    kinds = {w.key for w in sentence.of("signal") if sentence.clause(w.start) == clause} - {"occasion"}
    if signal is not Signal.REFUSED and (signal in BREAKS or signal is Signal.RESUMED):
        return bool(kinds) and not kinds & set(WORDS_OF[signal])
    return False


_DATED_BY_OLDER = frozenset({Signal.ANNOUNCED, Signal.REFUSED})
"""Nobody came on the days for which a meeting had been arranged; what was said before may still lie ahead."""


def _of_another_channel(mention: DateMention, finding: Finding) -> bool:
    sentence = finding.sentence
    clause = sentence.clause(mention.start)
    return any(m.key != finding.tie.channel and sentence.clause(m.start) == clause for m in sentence.of("name"))


def fits(mention: DateMention, future: bool, published: date) -> bool:
    """Can an announcement (or else a report) made on that day mean this date?"""
    if not future:
        return mention.past.value.first <= published + timedelta(days=1)
    ahead = mention.future.value
    recent = 0 <= (published - mention.past.value.last).days <= _RECENT
    far = (ahead.first - published).days > _FAR
    return ahead.last >= published and not (recent and far)


_RECENT, _FAR = 120, 200
"""A day without a year that was so recently, and would next be so far ahead, means the one that was (in days)."""


_VERBLESS = 4
"""The place in a cost that says that no verb of the signal stands beside the date."""


def _told_by_verb(mention: DateMention, sentence: Sentence, signal: Signal) -> bool:
    clause = sentence.clause(mention.start)
    kinds = set(WORDS_OF[signal]) - {"occasion"}
    return any(w.key in kinds and sentence.clause(w.start) == clause for w in sentence.of("signal"))


def _opens(mention: DateMention, finding: Finding, signal: Signal) -> bool:
    """Does it stand alone before the verb that tells of the tie: `1月24日,两国外长通话`?"""
    sentence, kinds = finding.sentence, set(WORDS_OF[signal]) - {"occasion"}
    following = sentence.clause(mention.start) + 1
    return _beside(mention, finding) and any(
        w.key in kinds and sentence.clause(w.start) == following for w in sentence.of("signal")
    )


def _cost(
    mention: DateMention, finding: Finding, signal: Signal
) -> tuple[bool, bool, bool, bool, bool, bool, bool, int]:
    sentence, around = finding.sentence, scope(finding.tie, finding.sentence)
    closing = any(
        0 <= m.start - mention.end <= 4 or 0 <= mention.start - m.end <= 10 for m in sentence.marked("closing")
    )
    precision = mention.read(signal is Signal.ANNOUNCED).value.precision
    words = [w for w in sentence.of("signal") if w.key in WORDS_OF[signal]]
    if signal not in BREAKS or not words:
        words = [*finding.tie.mentions, *(w for w in around.signals() if around.near(w))]
    distance = min((abs(mention.start - m.start) for m in words), default=0)
    return (
        sentence.said(mention),
        precision is Precision.YEAR,
        mention.vague,
        precision is Precision.MONTH and signal is not Signal.ANNOUNCED,
        not (_told_by_verb(mention, sentence, signal) or _opens(mention, finding, signal)),
        not (closing or _beside(mention, finding)),
        not closing,
        distance,
    )


def _just_before(best: Finding, signal: Signal, reading: Reading) -> tuple[tuple, DateMention, Sentence] | None:
    """A day said in the two sentences before, of the same passage, where the sentence itself names none."""
    if signal in (Signal.SUSPENDED, Signal.ENDED):
        return None
    published, future = reading.release.published, signal is Signal.ANNOUNCED
    for sentence in reversed(reading.before(best.sentence, 2)):
        days = [
            d
            for d in sentence.dates
            if d.read(future).is_day
            and fits(d, future, published)
            and not sentence.said(d)
            and not _too_old(d, signal, sentence, reading)
        ]
        if future:
            days = [d for d in days if d.future.value.first > published and sentence.marked("future")]
            days = [] if sentence.of("name") else days
        elif any(sentence.marked(mark) for mark in ("earlier", "past")):
            days = []
        if days:
            return (), _month_of(days[-1]) if future and sentence.of("other") else days[0], sentence
    return None


def _as_announced(best: Finding, reading: Reading) -> tuple[tuple, DateMention, Sentence] | None:
    """The day on which it was made known, where the sentences before tell it and this one is only asked about it."""
    published = reading.release.published
    for sentence in reversed(reading.before(best.sentence, 2)):
        for mention in sentence.dates:
            days = (published - mention.past.value.first).days if mention.past.is_day else -1
            told = any(
                w.key in _CUTS and sentence.clause(w.start) == sentence.clause(mention.start)
                for w in sentence.of("signal")
            )
            if 0 < days <= _FORTNIGHT and (told or sentence.said(mention)):
                return (), mention, sentence
    return None


_CUTS = frozenset({"suspend", "end", "cancel", "postpone"})


def _of_the_plan(span: Span, signal: Signal, best: Finding, reading: Reading) -> bool:
    """Is it only the month for which something was planned that is off, or that a party turns down, today?"""
    published = reading.release.published
    whole = not span.is_day and span.value.first <= published <= span.value.last
    return whole and (signal in _OFF or _turns_down(signal, best, reading))


_OFF = frozenset({Signal.SUSPENDED, Signal.CANCELLED, Signal.POSTPONED})


def _turns_down(signal: Signal, best: Finding, reading: Reading) -> bool:
    """Does a party itself say no? Then the refusal is of the day on which it speaks."""
    refuses = "refuse near" in best.grounds or "refuse in the title" in best.grounds
    return signal is Signal.REFUSED and refuses and reading.release.side != "third-party"


def _month_of(day: DateMention) -> DateMention:
    """A day of a journey to another country as its month: on which day of it the meeting takes place nobody says."""
    past, future = (Span(PartialDate(span.value.value[:7])) for span in (day.past, day.future))
    return replace(day, past=past, future=future)


def _just_after(told: list[Finding], signal: Signal, reading: Reading) -> tuple[tuple, DateMention, Sentence] | None:
    """The day beside a word of the signal that the next sentence adds: behind a title, or as "it took place on ..."."""
    for finding in told:
        titled = finding.position == 0
        if not titled and (signal not in (Signal.HELD, Signal.REFUSED) or not finding.tie.names):
            continue
        for sentence in reading.after(finding.sentence):
            if not titled and (sentence.of("name") or sentence.of("office") or sentence.of("other")):
                continue
            for mention in sentence.dates:
                if _adds_the_day(mention, sentence, signal, reading):
                    return (), mention, sentence
    return None


def _adds_the_day(mention: DateMention, sentence: Sentence, signal: Signal, reading: Reading) -> bool:
    future, published = signal is Signal.ANNOUNCED, reading.release.published
    if not mention.read(future).is_day or not fits(mention, future, published) or sentence.said(mention):
        return False
    clause = sentence.clause(mention.start)
    broken = any(w.key in _CUTS and sentence.clause(w.start) == clause for w in sentence.of("signal"))
    if _too_old(mention, signal, sentence, reading) or (signal is Signal.HELD and broken):
        return False
    if future and not sentence.promises(clause):
        return False
    return _told_by_verb(mention, sentence, Signal.HELD if signal is Signal.REFUSED else signal)


def _more_closely(sentence: Sentence, reading: Reading) -> tuple[tuple, DateMention, Sentence] | None:
    """The last day that the next sentence names of a stretch such as "last week", where it names no other channel."""
    for following in reading.after(sentence):
        days = [] if following.of("name") else [d for d in following.dates if d.past.is_day and not following.said(d)]
        days = [d for d in days if 0 <= (reading.release.published - d.past.value.first).days <= _FORTNIGHT]
        if days:
            return (), days[-1], following
    return None


_FORTNIGHT = 14


_SILENT = msg("The release does not say when it is to take place.")


def _undated(signal: Signal, best: Finding, reading: Reading) -> When:
    published = reading.release.published
    if signal in _BY_PUBLICATION or _turns_down(signal, best, reading):
        return When(PartialDate.of(published))
    if signal is Signal.ANNOUNCED:
        return When(None, undated=_SILENT)
    return When(PartialDate(f"{published:%Y-%m}"))


def on_the_day_of(when: When, held: When | None) -> When:
    """An undated restoration declared in the report of a meeting was declared on that day."""
    return replace(when, date=held.date) if held and when.mention is None else when
