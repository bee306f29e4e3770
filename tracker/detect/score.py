"""Sightings from a reading: what each sentence says of each channel, weighed, then made one per event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from tracker.detect.anchors import Anchor, anchors
from tracker.detect.dates import DateMention
from tracker.detect.lexicon import Lexicon
from tracker.detect.match import Mention
from tracker.detect.reading import Reading, Sentence
from tracker.detect.signals import BREAKS, Governing, governing, objection
from tracker.detect.when import chosen, fallback, fits
from tracker.model import Evidence, PartialDate, Sighting, Signal

LONG = 2500
"""From this many characters on a release is an article that tells several events, old ones too, each as its news."""
_RECENT = timedelta(days=45)
_LONG_RECENT = timedelta(days=200)
"""What a release tells from longer ago is background, unless it was only now disclosed."""

_MOST_EVIDENCE = 24
"""Quotations kept of one sighting; a long text may say the same a thousand times."""

_OFFICES = ("offices", "weak", "pronoun")
_BASE = {"name": 0.7, "offices": 0.7, "pronoun": 0.6, "visit": 0.6, "weak": 0.55, "refusal": 0.55, "topic": 0.5}


@dataclass(frozen=True)
class _Found:
    """A sighting, the sentence it came from (0: the title), its kind of anchor, and whether words date it."""

    sighting: Sighting
    order: int
    kind: str
    dated: bool

    @property
    def rank(self) -> tuple[bool, bool, float]:
        return self.dated, self.sighting.date is not None, self.sighting.confidence


def sightings(reading: Reading, lexicon: Lexicon) -> list[Sighting]:
    """What the release reports, surest first."""
    if reading.title.marked("opinion"):
        return []
    found = []
    for order, sentence in enumerate(reading.all):
        tied = anchors(sentence, reading, lexicon)
        if sentence.of("signal", "refuse"):
            tied = [a for a in tied if a.kind != "visit"]
        for anchor in tied or _refused_before(sentence, reading, lexicon):
            if item := _sighting(sentence, anchor, reading, lexicon, order):
                found.append(item)
    found = _without_agenda(_without_asides(_settled(found), reading), lexicon)
    return sorted((f.sighting for f in found), key=lambda s: (-s.confidence, s.channel, s.signal))


def _refused_before(sentence: Sentence, reading: Reading, lexicon: Lexicon) -> list[Anchor]:
    """Anchors for "the request was turned down": what was asked for just before, or is tried in the next sentence."""
    refused = sentence.of("signal", "refuse")
    if not refused or sentence.field == "title":
        return []
    near = [*reading.body[max(0, sentence.number - 2) : sentence.number][::-1], reading.title]
    for other in near:
        asked = [a for a in anchors(other, reading, lexicon) if a.kind != "topic"]
        if asked and (other.marked("attempt") or sentence.marked("attempt")):
            return [replace(a, mentions=(refused[0],)) for a in asked]
    following = reading.body[sentence.number + 1 : sentence.number + 2]
    tried = {m.key for s in following if s.marked("attempt") for m in s.of("office")}
    return [
        Anchor(slug, "offices", (refused[0],))
        for slug, channel in lexicon.channels.items()
        if any(tried & set(pairing.offices) for pairing in channel.pairings if not pairing.weak)
    ]


def _sighting(sentence: Sentence, anchor: Anchor, reading: Reading, lexicon: Lexicon, order: int) -> _Found | None:
    found = governing(sentence, anchor.mentions, breaks_only=anchor.kind == "refusal")
    if anchor.kind == "name" and (found is None or found.weak) and (other := _described_before(sentence, reading)):
        return _sighting(
            other, replace(anchor, mentions=tuple(other.of("signal", "contact")[:1])), reading, lexicon, order
        )
    if found is None or not _parties_fit(sentence, anchor, reading, lexicon):
        return None
    if anchor.kind != "name" and any(sentence.marked("unofficial", clause) for clause in found.clauses):
        return None
    found = _reconsidered(sentence, found, reading)
    if anchor.kind == "pronoun" and found.signal is Signal.ANNOUNCED:
        return None
    when = chosen(sentence, anchor, found, reading)
    own = when is not None and when in sentence.dates
    in_clause = own and sentence.clause(when.start) in found.clauses
    if objection(sentence, found, dated=in_clause) or _old(sentence, found, when, reading):
        return None
    if _foreign_title(reading, lexicon) and not _firm(sentence, anchor, found, when, in_clause):
        return None
    if found.weak and found.signal is Signal.HELD and not own:
        return None
    span = when.read(found.signal is Signal.ANNOUNCED) if when else None
    sighting = Sighting(
        anchor.channel,
        found.signal,
        span.value if span else fallback(found, sentence, reading),
        _confidence(sentence, anchor, found, own),
        _evidence(sentence, anchor, found, when if own else None),
        span.first if span and found.signal in (Signal.HELD, Signal.ANNOUNCED) else None,
    )
    return _Found(sighting, order, anchor.kind, own)


def _described_before(sentence: Sentence, reading: Reading) -> Sentence | None:
    """The sentence before, when it tells of a contact of both parties without a name, which this one then gives."""
    if sentence.field == "title" or not sentence.number or sentence.dates:
        return None
    if any(sentence.marked(mark) for mark in ("doubt", "denial", "condition", "background")):
        return None
    before = reading.body[sentence.number - 1]
    told = before.of("signal", "contact") and before.dates and not before.of("name")
    return before if told and len(before.parties) > 1 and not sentence.of("signal", "contact") else None


def _reconsidered(sentence: Sentence, found: Governing, reading: Reading) -> Governing:
    """A contact beside a day after publication is announced, whatever its tense."""
    days = [d for d in sentence.dates if d.past.is_day and not sentence.said(d)]
    if found.signal is Signal.HELD and any(not fits(d, False, reading.release.published) for d in days):
        return replace(found, signal=Signal.ANNOUNCED)
    if found.signal is Signal.ANNOUNCED and len(found.words) > 1:
        inside = [d for d in days if sentence.clause(d.start) in found.clauses]
        if inside and all(_long_past(d, reading.release.published) for d in inside):
            return replace(found, signal=Signal.HELD)
    return found


def _long_past(mention: DateMention, published: date) -> bool:
    """A day before publication that cannot well mean one to come."""
    past, future = mention.past.value.first, mention.future.value.first
    return past < published and (future <= past or future > published + timedelta(days=60))


def _firm(sentence: Sentence, anchor: Anchor, found: Governing, when: DateMention | None, in_clause: bool) -> bool:
    """Is this news of its own beside a title about another country?"""
    if found.signal is Signal.ANNOUNCED:
        return True
    if anchor.kind == "topic" or found.signal is Signal.REFUSED:
        return False
    return in_clause or (when is not None and anchor.kind == "offices" and len(sentence.parties) > 1)


def _foreign_title(reading: Reading, lexicon: Lexicon) -> bool:
    return bool(reading.title.partners) and not set(lexicon.parties) <= reading.title.parties


def _parties_fit(sentence: Sentence, anchor: Anchor, reading: Reading, lexicon: Lexicon) -> bool:
    """Are both parties, and no other country, the ones who deal with each other here?"""
    needed = set(lexicon.parties)
    if needed <= sentence.parties:
        return anchor.kind in _OFFICES or not _between_others(sentence, anchor)
    if sentence.partners:
        return False
    if anchor.kind in _OFFICES:
        return True
    around = {reading.release.side} | reading.title.parties
    before = reading.body[: sentence.number] if sentence.field == "summary" else []
    if anchor.kind == "name" and not reading.title.partners:
        before = reading.body
    if not any(s.partners for s in before):
        around = around.union(*(s.parties for s in before))
    if needed <= sentence.parties | around:
        return anchor.kind == "name" or bool(sentence.parties or sentence.marked("both") or sentence.marked("pronoun"))
    return False


def _between_others(sentence: Sentence, anchor: Anchor) -> bool:
    """Another country named as partner in the anchor's clause, while the pair is not."""
    if sentence.of("pair"):
        return False
    clause = sentence.clause(anchor.mentions[0].start)
    return any(sentence.clause(p.start) == clause and p.kind == "partner" for p in sentence.partners)


def _old(sentence: Sentence, found: Governing, when: DateMention | None, reading: Reading) -> bool:
    """Does a date in the signal's own clauses put it too far back to be this release's news?"""
    published = reading.release.published
    limit = published - (_LONG_RECENT if reading.length > LONG else _RECENT)
    if found.signal is Signal.HELD:
        dates = [when] if when else []
    else:
        dates = [d for d in sentence.dates if sentence.clause(d.start) in found.clauses]
    if not dates or any(d.past.value.last >= limit or _to_come(d, found, published) for d in dates):
        return False
    return found.signal is not Signal.HELD or not any(s.marked("disclosed") for s in reading.all)


def _to_come(mention: DateMention, found: Governing, published: date) -> bool:
    return found.signal is Signal.ANNOUNCED and mention.future.value.last >= published


def _confidence(sentence: Sentence, anchor: Anchor, found: Governing, dated: bool) -> float:
    score = _BASE[anchor.kind]
    score += 0.08 if len(sentence.parties) > 1 else 0
    score += 0.08 if dated else 0
    score += 0.05 if sentence.field == "title" else 0
    score -= 0.08 if found.weak else 0
    return round(min(score, 0.95), 2)


def _evidence(sentence: Sentence, anchor: Anchor, found: Governing, when: DateMention | None) -> tuple[Evidence, ...]:
    words = [(m, _role(m)) for m in (*anchor.mentions, *found.words)]
    words += [(m, "party") for m in (sentence.of("pair") or sentence.of("party"))[:2]]
    spans = {(m.start, m.end, role) for m, role in words}
    if when:
        spans.add((when.start, when.end, "date"))
    return tuple(sentence.evidence(*span) for span in sorted(spans))


def _role(mention: Mention) -> str:
    return {"office": "office", "signal": "signal", "mark": "signal"}.get(mention.kind, "channel")


def _settled(found: list[_Found]) -> list[_Found]:
    """One sighting per channel and event; a contact outranks the resumption that it was called."""
    best: dict[tuple[str, Signal], _Found] = {}
    for item in found:
        key = (item.sighting.channel, item.sighting.signal)
        best[key] = _joined(item, best[key]) if key in best else item
    return [item for key, item in best.items() if not _outranked(key, best)]


def _outranked(key: tuple[str, Signal], best: dict[tuple[str, Signal], _Found]) -> bool:
    channel, signal = key
    rivals = [s for c, s in best if c == channel and s is not signal]
    if signal is Signal.RESUMED:
        return Signal.HELD in rivals
    if signal in BREAKS:
        return any(r in BREAKS and best[channel, r].rank > best[key].rank for r in rivals)
    if signal is Signal.HELD:
        return not best[key].dated and any(r in BREAKS for r in rivals)
    if signal is Signal.ANNOUNCED:
        return bool(rivals) and best[key].sighting.date is None
    return False


def _joined(item: _Found, other: _Found) -> _Found:
    """The better of two sightings of one event, a little surer for being said twice."""
    better, worse = (item, other) if item.rank > other.rank else (other, item)
    confidence = round(min(max(item.sighting.confidence, other.sighting.confidence) + 0.05, 0.98), 2)
    evidence = tuple(dict.fromkeys((*better.sighting.evidence, *worse.sighting.evidence)))[:_MOST_EVIDENCE]
    sighting = replace(better.sighting, confidence=confidence, evidence=evidence)
    return replace(better, sighting=sighting, order=min(item.order, other.order))


def _without_asides(found: list[_Found], reading: Reading) -> list[_Found]:
    """Drop what a short release tells of earlier days beside its news, and give undated resumptions the news' date."""
    if not found or reading.length > LONG:
        return found
    lead = min(found, key=_lead)
    begins = reading.release.published - timedelta(days=1)
    if lead.sighting.signal is Signal.HELD and lead.sighting.date:
        begins = lead.sighting.starts or lead.sighting.date.first
        found = [_on_the_day_of(lead, f) for f in found]
    return [f for f in found if f is lead or not _aside(f, lead, begins)]


def _lead(item: _Found) -> tuple[int, int, float]:
    """First said, then latest: what the release is about."""
    day = item.sighting.date
    return item.order, -day.last.toordinal() if day else 0, -item.sighting.confidence


def _on_the_day_of(lead: _Found, item: _Found) -> _Found:
    if item.sighting.signal is Signal.RESUMED and item.sighting.date is None:
        return replace(item, sighting=replace(item.sighting, date=lead.sighting.date))
    return item


def _aside(item: _Found, lead: _Found, begins: date) -> bool:
    day: PartialDate | None = item.sighting.date
    other = item.sighting.channel != lead.sighting.channel or lead.sighting.signal is not Signal.HELD
    later = item.order >= lead.order and other
    return later and item.sighting.signal is Signal.HELD and day is not None and day.last < begins


def _without_agenda(found: list[_Found], lexicon: Lexicon) -> list[_Found]:
    """Drop subjects that a talk of higher officials merely went over, and offices that met on a named channel."""
    above = [f for f in found if f.sighting.signal is Signal.HELD and lexicon.channels[f.sighting.channel].umbrella]
    kept = []
    for item in found:
        if item.kind == "weak" and len(found) > 1:
            continue
        agenda = item.sighting.signal is Signal.HELD and not item.dated and item.kind in ("name", "topic")
        if item.kind == "topic" and above and item not in above and item.sighting.signal is Signal.HELD:
            agenda = True
        if agenda and any(f is not item for f in above) and item not in above:
            continue
        kept.append(item)
    return kept
