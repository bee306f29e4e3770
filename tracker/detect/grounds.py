"""The grounds on which a tie is taken for news, or not: what stands in its clause, its sentence and around it.

A ground is a short phrase that is true of a tie. `weigh.py` gives each its weight; reviewers read them as they stand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from tracker.detect.dates import DateMention
from tracker.detect.lexicon import Lexicon
from tracker.detect.match import Mention
from tracker.detect.reading import Reading
from tracker.detect.scope import Scope, scope
from tracker.detect.sentence import Sentence
from tracker.detect.signals import BREAKS, SIGNAL_OF, governing, objection
from tracker.detect.ties import KINDS, STRONG, Tie, ties
from tracker.model import Precision

NOUNS = "occasion"
"""The signal words that are only nouns: talks, consultations."""

_TIMES = ("future", "earlier", "past", "since")
_DOUBTS = ("modal", "wish", "view", "rumor", "condition", "asked", "fiction", "denial")
_SETTINGS = ("unofficial", "pastime", "court", "disclosed", "attributed", "attempt", "opinion", "personnel")
_MARKS = (*_TIMES, *_DOUBTS, *_SETTINGS)
_IN_CLAUSE = (*_MARKS, "reporting", "visit", "counterpart", "both", "standing", "closing")
_BEFORE = ("denial", "attempt", "rumor", "asked", "condition", "earlier", "past", "attributed", "disclosed", "question")
_AFTER = ("denial", "future", "rumor", "condition", "past", "fiction", "view", "wish")
_IN_TITLE = (*_MARKS, "title_future")


@dataclass(frozen=True)
class Ground:
    """A release with the ties of each sentence, title first: what every tie is weighed against."""

    reading: Reading
    lexicon: Lexicon
    ties: list[list[Tie]]

    @cached_property
    def title_ties(self) -> list[Tie]:
        return [tie for tie in self.ties[0] if tie.kind in STRONG]

    @cached_property
    def lead_ties(self) -> list[Tie]:
        """The strong ties of the first sentence of the summary."""
        return [tie for tie in self.ties[1] if tie.kind in STRONG] if len(self.ties) > 1 else []

    @cached_property
    def told(self) -> Counter[str]:
        """How many sentences have a strong tie to each channel."""
        return Counter(
            channel
            for tied in self.ties
            for channel in {tie.channel for tie in tied if tie.kind in STRONG and tie.names}
        )

    @cached_property
    def umbrella(self) -> frozenset[str]:
        """The channels whose talks touch the subjects of others."""
        return frozenset(slug for slug, channel in self.lexicon.channels.items() if channel.umbrella)

    def of_sentence(self, position: int) -> list[str]:
        """What holds of every tie of the sentence at `position`."""
        if position not in self._of_sentences:
            self._of_sentences[position] = list(_of_sentence(self.reading.all[position], self.reading, self.lexicon))
        return self._of_sentences[position]

    @cached_property
    def _of_sentences(self) -> dict[int, list[str]]:
        return {}

    def officials(self, channel: str) -> set[str]:
        """The offices whose holders use a channel, or deal with what it is about."""
        terms = self.lexicon.channels[channel]
        return {office for pairing in (*terms.pairings, *terms.talks) for office in pairing.offices}

    @cached_property
    def lead_day(self) -> date | None:
        """The day of the release's own news: the first day that title or opening name, on or before publication.

        The second sentence counts where it speaks of a channel; else its day may be that of anything.
        """
        published = self.reading.release.published
        second = self.reading.body[1:2] if any(tie.names for tied in self.ties[2:3] for tie in tied) else []
        for sentence in (self.reading.title, *self.reading.body[:1], *second):
            for found in sentence.dates:
                past = found.past
                if past.is_day and not sentence.said(found) and 0 <= (published - past.value.first).days <= 14:
                    return past.first or past.value.first
        return None


def ground(reading: Reading, lexicon: Lexicon) -> Ground:
    return Ground(reading, lexicon, ties(reading, lexicon))


def grounds(tie: Tie, position: int, whole: Ground) -> list[str]:
    """Everything that holds of a tie of the sentence at `position` (0: the title), in a fixed order, each once."""
    reading, lexicon = whole.reading, whole.lexicon
    sentence = reading.all[position]
    others = [other for other in whole.ties[position] if other.channel != tie.channel]
    around = scope(tie, sentence)
    found = dict.fromkeys(
        [
            *_of_tie(tie, others, lexicon),
            *whole.of_sentence(position),
            *_of_partners(around, lexicon),
            *_of_signals(around),
            *_of_rules(around),
            *_of_marks(around),
            *_of_dates(around, reading),
            *_of_title(tie, sentence, reading),
            *_of_release(tie, position, around, whole),
        ]
    )
    return [*found, *_together(tie, set(found))]


def _of_release(tie: Tie, position: int, around: Scope, whole: Ground) -> Iterator[str]:
    """How the tie stands to what the release is about."""
    umbrella = whole.umbrella
    if position and whole.title_ties:
        titled = {other.channel for other in whole.title_ties}
        if tie.channel not in titled:
            yield "the title tells of another channel"
            if titled & umbrella:
                yield "the title tells of high talks"
    if position > 1 and whole.lead_ties:
        led = {other.channel for other in whole.lead_ties}
        if tie.channel not in led:
            yield "the opening tells of another channel"
            if led & umbrella:
                yield "the opening tells of high talks"
        else:
            yield "the opening tells of the channel"
    days = [d.past.value.first for d in around.sentence.dates if d.past.is_day and around.near(d)]
    if position and whole.lead_day and days and max(days) < whole.lead_day:
        yield "before the day of the news"
    if position and (officials := whole.officials(tie.channel)):
        titled = len({m.key for m in whole.reading.title.of("office")} & officials)
        yield f"the title names {('none', 'one', 'several')[min(titled, 2)]} of its officials"
    if _its_officials_met(tie, position, whole):
        yield "officials who deal with it met"
        if any(
            other.channel != tie.channel and other.kind == "name" for other in (*whole.title_ties, *whole.lead_ties)
        ):
            yield "its officials met on another channel"
    if whole.told[tie.channel] > 1:
        yield "told in several sentences"


def _its_officials_met(tie: Tie, position: int, whole: Ground) -> bool:
    """Are the holders of two offices whose talks use the channel named together, here, just before or in the title?"""
    reading = whole.reading
    sentence = reading.all[position]
    near = {m.key for s in (sentence, reading.title, *reading.before(sentence, 1)) for m in s.of("office")}
    return any(set(pairing.offices) <= near for pairing in whole.lexicon.channels[tie.channel].talks)


def _together(tie: Tie, found: set[str]) -> Iterator[str]:
    """Grounds that mean more together than each by itself."""
    broken = any(f"{key} near" in found for key in ("refuse", "unanswered", "cancel", "postpone", "suspend", "end"))
    met = any(f"{key} near" in found for key in ("meet", "hold", "visit", "act", "agree"))
    day = any(
        f"{when} near" in found or f"{when} in the sentence" in found
        for when in ("a day just past", "a day of the last fortnight")
    )
    ahead = any(f"{when} near" in found for when in ("a date to come", "a date far ahead"))
    subject = tie.kind in ("topic", "matter", "far", "party")
    if "denial in the sentence" in found and not broken:
        yield "denied, nothing broken"
    for mark in (*(doubt for doubt in _DOUBTS if doubt != "denial"), "future"):
        if f"{mark} near" in found and not (day or ahead or broken):
            yield f"{mark} near, no day"
    for mark in ("earlier", "past", "since"):
        if f"{mark} near" in found and not (day or ahead):
            yield f"{mark} near, no day"
    if "a list of channels" in found:
        for key in ("suspend", "cancel", "resume", "create", "agree"):
            # An item of a list without a verb of its own takes the one that governs the list.
            if f"{key} near" in found or (f"{key} elsewhere in the sentence" in found and not met):
                yield f"{key} of a list of channels"
    if "officials who deal with it met" in found and (met or "a surer tie to another channel" not in found):
        yield "officials who deal with it met on it"
    if tie.kind in ("party", "far", "counterpart", "before") and "visit near" in found:
        yield "a holder of the office travels"
        if "future near" in found or ahead:
            yield "a holder of the office is to travel"
    if broken and "no objection" in found:
        yield "something broken, no objection"
    if "resume near" in found and "no objection" in found:
        yield "something resumed, no objection"
        if "agree near" in found:
            yield "agreed to resume"
    if met and day:
        yield "a contact on a day just past"
    if met and ahead:
        yield "a contact on a day to come"
    if not (met or broken):
        yield "a subject without a verb" if subject else "no verb of contact"
    if {"the title tells of high talks", "the opening tells of high talks", "holders of high offices met"} & found:
        if subject:
            yield "a subject of high talks"
        for key in ("resume", "create", "agree", "future", "meet", "hold", "view", "wish"):
            if f"{key} near" in found:
                yield f"{key} near, in an account of high talks"
    if "opens as a retelling" in found and not (day or ahead):
        yield "opens as a retelling, no day"
    if "only nouns" in found and not (day or ahead):
        yield "only nouns, no day"
    if "another country as partner near" in found and "the pair named" not in found:
        yield "another country as partner, the pair not named"
    if not (day or ahead or met or broken):
        yield "neither day nor verb"


def _of_tie(tie: Tie, others: list[Tie], lexicon: Lexicon) -> Iterator[str]:
    yield f"tied by {tie.kind}"
    for kind in tie.kinds[1:]:
        yield f"also tied by {kind}"
    if tie.weak:
        yield "offices that also meet elsewhere"
    if lexicon.channels[tie.channel].umbrella:
        yield "channel of high offices"
    yield from _beside(tie, others, lexicon)


def _beside(tie: Tie, others: list[Tie], lexicon: Lexicon) -> Iterator[str]:
    """What the sentence's ties to other channels mean for this one."""
    rank = KINDS.index(tie.kind)
    if any(KINDS.index(other.kind) < rank for other in others):
        yield "a surer tie to another channel"
    if any(other.kind == "name" for other in others):
        yield "another channel named" if tie.kind != "name" else "several channels named"
    if sum(other.kind in ("name", "described", "topic") for other in others) > 2:
        yield "a list of channels"
    if any("offices" in other.kinds and lexicon.channels[other.channel].umbrella for other in others):
        yield "holders of high offices met"
    own = {(m.start, m.end) for m in tie.mentions}
    for other in others:
        if own <= {(m.start, m.end) for m in other.mentions} and KINDS.index(other.kind) <= rank:
            yield "all its words also tie another channel"


def _of_sentence(sentence: Sentence, reading: Reading, lexicon: Lexicon) -> Iterator[str]:
    yield from _of_parties(sentence, reading, lexicon)
    yield from _of_signals_around(sentence, reading)
    yield from _of_marks_around(sentence, reading)
    yield from _of_place(sentence, reading)


def _of_parties(sentence: Sentence, reading: Reading, lexicon: Lexicon) -> Iterator[str]:
    needed = set(lexicon.parties)
    if needed <= sentence.parties:
        yield "both parties in the sentence"
    elif sentence.parties:
        yield "one party in the sentence"
        if needed <= sentence.parties | {reading.release.side}:
            yield "the other party speaks"
    else:
        yield "no party in the sentence"
    around_it = {reading.release.side} | reading.title.parties | sentence.parties
    for before in reading.before(sentence, 1):
        around_it |= before.parties
    if not needed <= around_it:
        yield "the other party is not near"
    if sentence.of("pair"):
        yield "the pair named"
    if needed <= reading.title.parties:
        yield "both parties in the title"
    elif not reading.title.parties:
        yield "no party in the title"
    partners = sentence.partners
    if partners:
        yield "another country as partner"
        if needed <= sentence.parties:
            yield "another country beside both parties"
    elif sentence.of("other"):
        yield "another country mentioned"
    if reading.title.partners:
        yield "another country as partner in the title"
        if not needed <= reading.title.parties:
            yield "title about another country"
    elif reading.title.of("other"):
        yield "another country in the title"
    for before in reading.before(sentence, 1):
        if before.partners and not partners:
            yield "another country as partner just before"
        if needed <= before.parties:
            yield "both parties just before"


def _of_partners(around: Scope, lexicon: Lexicon) -> Iterator[str]:
    if any(around.near(p) for p in around.sentence.partners):
        yield "another country as partner, near"
        if not set(lexicon.parties) <= around.parties:
            yield "another country in the place of a party"


def _of_signals(around: Scope) -> Iterator[str]:
    words = around.signals
    near = {w.key for w in words if around.near(w)}
    far = {w.key for w in words} - near
    for key in sorted(near):
        yield f"{key} near"
    for key in sorted(far):
        yield f"{key} elsewhere in the sentence"
    if not near:
        yield "no signal near"
    if not near | far:
        yield "no signal in the sentence"
    if near | far and not (near | far) - {NOUNS}:
        yield "only nouns"
    yield from _in_their_order([w for w in words if around.near(w)], around)


def _of_signals_around(sentence: Sentence, reading: Reading) -> Iterator[str]:
    if sentence.field == "summary":
        for key in sorted({w.key for w in reading.title.of("signal")}):
            yield f"{key} in the title"
        for before in reading.before(sentence, 1):
            for key in sorted({w.key for w in before.of("signal")}):
                yield f"{key} just before"
    for after in _going_on(sentence, reading):
        for key in sorted({w.key for w in after.of("signal")}):
            yield f"{key} just after"


def _in_their_order(words: list[Mention], around: Scope) -> Iterator[str]:
    """What stands before what: a break that governs a contact, a contact that is told before what is to follow."""
    contact = next((w for w in words if w.key in _CONTACTS), None)
    for name, others in (
        ("break", [w for w in words if SIGNAL_OF[w.key] in BREAKS]),
        ("resumption", [w for w in words if w.key == "resume"]),
        ("promise", [m for m in around.sentence.marked("future") if around.near(m)]),
    ):
        if contact and others:
            first = others[0].start < contact.start
            yield f"a {name} before a contact" if first else f"a contact before a {name}"
        if len({w.start for w in others}) > 1:
            yield f"several words of a {name}"


_CONTACTS = frozenset({"meet", "hold", "visit", "act"})


def _of_rules(around: Scope) -> Iterator[str]:
    sentence = around.sentence
    found = governing(sentence, around.own)
    if found is None:
        yield "nothing governs"
        return
    yield f"reads as {found.signal}"
    if found.weak:
        yield "reads weakly"
    dated = any(sentence.clause(d.start) in found.clauses for d in sentence.dates if not sentence.said(d))
    why = objection(sentence, found, dated=dated)
    yield f"objection {why}" if why else "no objection"


def _of_marks(around: Scope) -> Iterator[str]:
    sentence = around.sentence
    for mark in _in(_IN_CLAUSE, sentence):
        if any(around.near(m) for m in sentence.marked(mark)):
            yield f"{mark} near"
    verbs = [w.start for w in around.signals if around.near(w)]
    first = min(verbs, default=sentence.end)
    for mark in _in(_MARKS, sentence):
        if any(m.end <= first for m in sentence.marked(mark)):
            yield f"{mark} before the signal"


def _of_marks_around(sentence: Sentence, reading: Reading) -> Iterator[str]:
    for mark in _in(_MARKS, sentence):
        yield f"{mark} in the sentence"
    if any(m.start <= sentence.start + 2 for m in sentence.marked("opening")):
        yield "opens as a retelling"
    doubtful = _asks(sentence) or sentence.marked("rumor") or sentence.marked("attributed")
    if doubtful and any(after.marked("denial") for after in reading.after(sentence)):
        yield "denied just after"
    if sentence.field == "summary":
        for mark in _in(_IN_TITLE, reading.title):
            yield f"{mark} in the title"
    for before in reading.before(sentence, 1):
        for mark in _in(_BEFORE, before):
            yield f"{mark} just before"
    for after in _going_on(sentence, reading):
        for mark in _in(_AFTER, after):
            yield f"{mark} just after"


def _going_on(sentence: Sentence, reading: Reading) -> list[Sentence]:
    """The sentence after one, where it speaks of a party or of somebody named before; others may be about anything."""
    return [
        after
        for after in reading.after(sentence)
        if after.parties or any(after.marked(mark) for mark in ("pronoun", "both", "counterpart"))
    ]


def _in(marks: tuple[str, ...], sentence: Sentence) -> list[str]:
    """Those of some marks that stand in a sentence."""
    return [mark for mark in marks if mark in sentence.marks]


def _of_dates(around: Scope, reading: Reading) -> Iterator[str]:
    sentence = around.sentence
    own = [d for d in sentence.dates if not sentence.said(d)]
    near = [d for d in own if around.near(d)]
    nearest = {_when(d, sentence, reading) for d in near}
    for distance in sorted(nearest):
        yield f"{distance} near"
    for distance in sorted({_when(d, sentence, reading) for d in own} - nearest):
        yield f"{distance} in the sentence"
    if not own:
        yield "no date"
        if sentence.dates:
            yield "a date of words alone"
    if not own and sentence.field == "summary":
        for before in reading.before(sentence, 1) or [reading.title]:
            for distance in sorted({_when(d, before, reading) for d in before.dates}):
                yield f"{distance} just before"


def _asks(sentence: Sentence) -> bool:
    return "?" in sentence.folded.text[sentence.start : sentence.end]


def _when(mention: DateMention, sentence: Sentence, reading: Reading) -> str:
    """A date by its distance from publication, as a report means it; one that cannot lie behind, as to come."""
    published, past, future = reading.release.published, mention.past.value, mention.future.value
    weeks = reading.reach.days
    if mention.ahead or promised(mention, sentence, published):
        return "a time to come"
    if past.first > published:
        return "a date to come" if (future.first - published).days < 120 else "a date far ahead"
    days = (published - past.last).days
    if past.precision is Precision.YEAR:
        return "this year" if past.first.year == published.year else "a year past"
    if past.precision is Precision.MONTH:
        return "a month just past" if days < weeks else "a month long past"
    if days <= 2:
        return "a day just past"
    if days <= 14:
        return "a day of the last fortnight"
    return "a day of the last weeks" if days <= weeks else "a day long past"


def promised(mention: DateMention, sentence: Sentence, published: date) -> bool:
    """Does a clause that tells of what is to come name a day soon ahead, without a year?"""
    ahead = (mention.future.value.first - published).days
    if mention.past.value == mention.future.value or not 0 < ahead <= _SOON:
        return False
    return sentence.promises(sentence.clause(mention.start))


_SOON = 120
"""Days within which an announcement that names no year means the day to come."""


def _of_title(tie: Tie, sentence: Sentence, reading: Reading) -> Iterator[str]:
    if sentence.field == "summary" and any(
        reading.title.of(kind, tie.channel) for kind in ("name", "described", "topic", "matter")
    ):
        yield "the title speaks of the channel"


def _of_place(sentence: Sentence, reading: Reading) -> Iterator[str]:
    if sentence.field == "title":
        yield "in the title"
    elif sentence.number == 0:
        yield "in the first sentence"
    elif sentence.number >= 3:
        yield "further down"
    if _asks(sentence):
        yield "a question"
    if reading.asked(sentence):
        yield "a journalist's words"
        if any(told.marked("denial") for told in reading.answer(sentence)):
            yield "not taken up in the answer"
    if '"' in sentence.folded.text[sentence.start : sentence.end]:
        yield "words quoted"
    yield f"by {'a third party' if reading.release.side == 'third-party' else 'a party'}"
