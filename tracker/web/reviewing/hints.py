"""What the marked words of a release mean in the other language, as far as the lexicon knows: a help for reading. Pure.

The decision rests on the original words, which are shown first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tracker.detect import Detector
from tracker.detect.lexicon import Office
from tracker.detect.match import Mention
from tracker.detect.normalise import fold
from tracker.detect.offices import first_in, holder_called, holders_on, is_one_person
from tracker.model import Channel, Evidence, KeptSighting, Relationship
from tracker.web.words import language_of

ORDER = ("channel", "office", "signal", "date", "discount")
"""The roles whose words are explained, in the order in which they are."""

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "meet": {"en": "meet, talk", "zh": "会见、会谈"},
    "hold": {"en": "takes place", "zh": "举行"},
    "visit": {"en": "visit, take part", "zh": "访问、出席"},
    "agree": {"en": "agree", "zh": "达成一致"},
    "occasion": {"en": "talks, consultations", "zh": "磋商、会议"},
    "create": {"en": "set up", "zh": "建立"},
    "resume": {"en": "resume", "zh": "恢复"},
    "suspend": {"en": "suspend, halt", "zh": "暂停、中止"},
    "cancel": {"en": "call off", "zh": "取消"},
    "postpone": {"en": "put off", "zh": "推迟"},
    "refuse": {"en": "turn down", "zh": "拒绝"},
    "unanswered": {"en": "leave unanswered", "zh": "没有回应"},
    "end": {"en": "end, dissolve", "zh": "终止、撤销"},
    "future": {"en": "will, is to", "zh": "将要"},
    "title_future": {"en": "is to", "zh": "将要"},
    "earlier": {"en": "earlier", "zh": "此前"},
    "past": {"en": "in the past", "zh": "过去"},
    "since": {"en": "since, after", "zh": "以来"},
    "modal": {"en": "may, might", "zh": "可能"},
    "wish": {"en": "hope, should", "zh": "希望"},
    "view": {"en": "stress, call important", "zh": "强调"},
    "rumor": {"en": "is considered", "zh": "考虑"},
    "condition": {"en": "if, unless", "zh": "如果"},
    "asked": {"en": "asked whether", "zh": "是否"},
    "denial": {"en": "no such plan", "zh": "没有此类安排"},
    "unofficial": {"en": "not officials", "zh": "非官方"},
    "attempt": {"en": "tried to reach", "zh": "请求联系"},
    "attributed": {"en": "according to", "zh": "据称"},
}
"""What the words of a signal or a mark of the lexicon say, in short. Those of `act` say too different things."""

LONGEST = 40
"""Characters of words that are explained; longer ones are parts of sentences."""

_KINDS = {"channel": ("name",), "office": ("office",), "signal": ("signal", "mark"), "discount": ("mark",)}


@dataclass(frozen=True)
class Hint:
    """`words` of a release, by their role in it, and what they mean; `lang` is the language of `meaning`."""

    words: str
    role: str
    meaning: str
    lang: str


def hints(
    sightings: Iterable[KeptSighting], channels: Iterable[Channel], relationship: Relationship, detector: Detector
) -> tuple[Hint, ...]:
    """What the marked words of some releases mean, each word once, by role; those that nothing is known of are not
    there.
    """
    names = {channel.slug: channel.names for channel in channels}
    found: dict[str, Hint] = {}
    for seen in sightings:
        lang = next((other for other in relationship.languages if other != seen.release.lang), "")
        for words in seen.sighting.evidence:
            if words.role not in ORDER or len(words.text) > LONGEST or words.text.casefold() in found:
                continue
            meaning = _dated(seen) if words.role == "date" else _meaning(words, seen, lang, names, detector)
            if meaning and meaning.casefold() != words.text.casefold():
                found[words.text.casefold()] = Hint(words.text, words.role, meaning, language_of(meaning))
    return tuple(sorted(found.values(), key=lambda hint: ORDER.index(hint.role)))


def _dated(seen: KeptSighting) -> str | None:
    """The day or days that were read from the words of a date."""
    told = seen.sighting
    if told.date is None:
        return None
    return f"{told.starts} – {told.date}" if told.starts and str(told.starts) != told.date.value else told.date.value


def _meaning(
    words: Evidence, seen: KeptSighting, lang: str, names: Mapping[str, Mapping[str, str]], detector: Detector
) -> str | None:
    for mention in _mentions(words, seen, detector):
        match mention.kind:
            case "name":
                meaning = names.get(mention.key, {}).get(lang)
            case "office":
                meaning = _office(detector.lexicon.offices[mention.key], words.text, seen.release.published, lang)
            case _:
                meaning = MEANINGS.get(mention.key, {}).get(lang)
        if meaning:
            return meaning
    return None


def _mentions(words: Evidence, seen: KeptSighting, detector: Detector) -> list[Mention]:
    """What the lexicon takes the words for, where it knows them as they stand there, whole."""
    folded = fold(words.text)
    found = detector.index.find(folded, seen.release.published, seen.release.side)
    whole = [m for m in found if (m.start, m.end) == (0, len(folded.text))]
    kinds = _KINDS[words.role]
    return sorted((m for m in whole if m.kind in kinds), key=lambda m: kinds.index(m.kind))


def _office(office: Office, words: str, day: date, lang: str) -> str | None:
    """The person and the office: of a name the person in the other language, of a title whoever held it then."""
    holders = holders_on(office, day)
    named = holder_called(office, words, day)
    title = first_in(lang, office.terms)
    person = named or (holders[0] if len(holders) == 1 else None)
    name = first_in(lang, person.names) if person and is_one_person(person) else None
    if name and title and lang == "zh":
        return f"{title}{name}" if named else f"{title}（{name}）"
    if name and title:
        return f"{name}, {title}" if named else f"{title} ({name})"
    return name or title
