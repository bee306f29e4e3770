"""What releases say of how, where and with whom a contact was held, which round it was, and why a state changed.

Read only in the sentences that report the event. What is silent there, or said in two ways, has no value: a person says
it. Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from tracker.detect.lexicon import Office
from tracker.detect.match import Mention
from tracker.detect.normalise import fold
from tracker.detect.offices import first_in, holder_called, is_one_person
from tracker.detect.rounds import ordinals
from tracker.model import IN_PERSON, Evidence, Level, Release, Sighting, Signal
from tracker.readouts.compare import Comparer
from tracker.readouts.points import PointKind
from tracker.readouts.sentences import (
    AGREED,
    BECAUSE,
    OUTRIGHT,
    PLACE,
    VAGUE,
    Sentence,
    evidence,
    outermost,
    persons,
)
from tracker.wording import language_of

FORMS = {"video": "video", "phone": "phone", "in-person": IN_PERSON}
"""Forms of readouts, those that count before others first, as the record writes them."""
_FORETOLD = frozenset({Signal.HELD, Signal.ANNOUNCED})
"""Signals of what comes about: why it does, releases say of what was broken off."""

_RELATIVE = re.compile(r"\b(?:that|which|who|whom|where)\b")
_BEFORE_PLACE = re.compile(r"^(?:(?:in|at|to|visited) (?:the )?|在)", re.IGNORECASE)
_ARTICLE = re.compile(r"^the ", re.IGNORECASE)
_SHORTEST_PLACE = 2
"""Characters of a place's name: one alone is an abbreviation that may mean a country as well as its capital."""


@dataclass(frozen=True)
class Particular:
    """`value`: what the record may say, None where `words`, the releases' very words, do not agree on one."""

    value: str | None
    words: tuple[Evidence, ...]


@dataclass(frozen=True)
class Particulars:
    """What releases say of one event, beside what happened and when; None of what they do not say.

    `form` is a form as the record writes it, `round` a number in digits, `persons` names and offices with semicolons
    between them, `cause` a sentence. `levels`: by side the level at which its releases say that they met.
    """

    form: Particular | None = None
    place: Particular | None = None
    persons: Particular | None = None
    round: Particular | None = None
    cause: Particular | None = None
    levels: Mapping[str, Particular] = field(default_factory=dict)


@dataclass
class _Account:
    """What one release says, as it is found."""

    release: Release
    forms: list[tuple[str, Evidence]] = field(default_factory=list)
    places: list[tuple[str, Evidence]] = field(default_factory=list)
    rounds: list[tuple[str, Evidence]] = field(default_factory=list)
    causes: list[tuple[str, Evidence]] = field(default_factory=list)
    persons: list[tuple[str, Evidence]] = field(default_factory=list)
    levels: list[tuple[str, Evidence]] = field(default_factory=list)
    ranks: list[tuple[str, Evidence]] = field(default_factory=list)


def particulars(
    signal: Signal, told: Iterable[tuple[Sighting, Release]], comparer: Comparer, languages: Sequence[str]
) -> Particulars:
    """What releases that report one event of a `signal` say of it. `languages`: that of the record first; releases in
    it are asked first.

    How, where and with whom is read of what was held alone: a release that announces a contact tells in the same breath
    of the one at which it was agreed.
    """
    order = [*languages]
    alike = [(said, release) for said, release in told if said.signal is signal]
    alike.sort(key=lambda one: order.index(one[1].lang) if one[1].lang in order else len(order))
    accounts = [_account(said, release, comparer) for said, release in alike]
    forms = [(_form(one), [*one.forms, *((IN_PERSON, words) for _, words in one.places)]) for one in accounts]
    in_a_place = all(form in (None, IN_PERSON) for form, _ in forms)
    return Particulars(
        form=_agreed(forms),
        place=_first([one.places for one in accounts]) if in_a_place else None,
        persons=_persons(accounts, comparer.lexicon.offices, languages[0]),
        round=_agreed([(_only(one.rounds), one.rounds) for one in accounts]),
        cause=_first([one.causes for one in accounts]),
        levels=_levels(accounts),
    )


def _account(said: Sighting, release: Release, comparer: Comparer) -> _Account:
    account = _Account(release)
    for sentence in comparer.passages(release, _reporting(said)):
        _of_round(account, sentence, said)
        if said.signal not in _FORETOLD:
            _of_cause(account, sentence)
        if said.signal is Signal.HELD:
            _of_contact(account, sentence, said)
    return account


def _reporting(said: Sighting) -> list[Evidence]:
    """The words in whose sentences the event is reported: those of the signal and those of its day."""
    return [words for words in said.evidence if words.role in ("signal", "date")]


def _of_contact(account: _Account, sentence: Sentence, said: Sighting) -> None:
    end = _end(sentence, said)
    forms = [one for one in outermost(sentence.of(PointKind.FORM)) if one.start < end]
    for key in FORMS:
        for one in forms:
            if one.key == key and not any(_overlap(one, other) for other in forms if _surer(other.key, key)):
                _add(account.forms, FORMS[key], account.release, sentence, one, PointKind.FORM)
    for one in outermost(sentence.of(PLACE)):
        if one.start < end:
            _add(account.places, None, account.release, sentence, one, PointKind.PLACE)
    for one in persons(sentence):
        if one.key in said.persons:
            _add(account.persons, one.key, account.release, sentence, one, PointKind.PERSON)
    for one in outermost(sentence.of(OUTRIGHT)):
        if one.start < end:
            _add(account.levels, one.key, account.release, sentence, one, PointKind.LEVEL)
    if not said.persons:
        # Who is known by office tells the level already, and surely.
        for one in outermost(sentence.of(PointKind.LEVEL)):
            if one.start < end and not any(_overlap(one, other) for other in sentence.of(VAGUE, "office")):
                _add(account.ranks, one.key, account.release, sentence, one, PointKind.LEVEL)


def _levels(accounts: Sequence[_Account]) -> dict[str, Particular]:
    """The level that each side tells: the word for it, else the highest rank that is named."""
    found = {}
    for side in dict.fromkeys(account.release.side for account in accounts):
        told = [_level(account) for account in accounts if account.release.side == side]
        if agreed := _agreed([(_only(words), words) for words in told]):
            found[side] = agreed
    return found


def _level(account: _Account) -> list[tuple[str, Evidence]]:
    if account.levels or not account.ranks:
        return account.levels
    highest = min((rank for rank, _ in account.ranks), key=[*Level].index)
    return [(rank, words) for rank, words in account.ranks if rank == highest]


def _of_round(account: _Account, sentence: Sentence, said: Sighting) -> None:
    """Detection tells which number counts rounds; its words are found again, where they stand with the event's own."""
    own = {sentence.clause(at) for at in _places(sentence, said, "signal", "channel", "date")}
    for one in ordinals(sentence.folded.lower, sentence.start, sentence.end):
        if one.number == said.round and sentence.clause(one.start) in own:
            mention = Mention(one.start, one.end, "round", "")
            _add(account.rounds, str(one.number), account.release, sentence, mention, "round")


def _of_cause(account: _Account, sentence: Sentence) -> None:
    for one in sentence.of(BECAUSE):
        _, end = sentence.clause(one.start)
        whole = Mention(one.start, end, BECAUSE, "")
        words = evidence(account.release, sentence, whole.start, whole.end, BECAUSE)
        if words and len(words.text) > one.end - one.start:
            stop = "。" if language_of(words.text) == "zh" else "."
            account.causes.append((words.text[:1].upper() + words.text[1:] + stop, words))
            return


def _end(sentence: Sentence, said: Sighting) -> int:
    """The folded character at which a sentence turns to what was agreed, is to come, or was at another time."""
    counted = list(ordinals(sentence.folded.lower, sentence.start, sentence.end))
    turns = [
        one.start
        for one in sentence.of(AGREED, PointKind.NEXT)
        # "The first meeting" is to come in one release, and was held in the other.
        if not any(number.start < one.end and one.start < number.end for number in counted)
    ]
    relative = _RELATIVE.search(sentence.folded.lower, max(_places(sentence, said, "signal"), default=0))
    return min([*turns, relative.start() if relative else sentence.end])


def _places(sentence: Sentence, said: Sighting, *roles: str) -> list[int]:
    """The folded characters of a sentence at which words of some roles begin."""
    origin = sentence.folded.origin
    starts = [words.start for words in said.evidence if words.field == sentence.field and words.role in roles]
    return [bisect_left(origin, start) for start in starts if origin[0] <= start <= origin[-1]]


def _add(
    found: list[tuple[str, Evidence]],
    value: str | None,
    release: Release,
    sentence: Sentence,
    mention: Mention,
    role: str,
) -> None:
    """Note words with what they mean; of a place that is its name."""
    words = evidence(release, sentence, mention.start, mention.end, role)
    if words is None:
        return
    if value is None:
        name = _BEFORE_PLACE.sub("", " ".join(words.text.split()), count=1)
        value = name if len(name) >= _SHORTEST_PLACE else None
    if value is not None:
        found.append((value, words))


def _form(account: _Account) -> str | None:
    """The form that an account tells. That people met in person is told by where they did, which a call is not."""
    said = {form for form, _ in account.forms}
    called = next((form for form in FORMS.values() if form in said and form != IN_PERSON), None)
    if IN_PERSON in said and account.places:
        return None if called else IN_PERSON
    return called


def _overlap(one: Mention, other: Mention) -> bool:
    return one is not other and one.start < other.end and other.start < one.end


def _surer(other: str, key: str) -> bool:
    return [*FORMS].index(other) < [*FORMS].index(key)


def _only(found: Sequence[tuple[str, Evidence]]) -> str | None:
    """The one value of what was found; None where it has several."""
    values = dict.fromkeys(value for value, _ in found)
    return next(iter(values)) if len(values) == 1 else None


def _agreed(accounts: Sequence[tuple[str | None, Sequence[tuple[str, Evidence]]]]) -> Particular | None:
    """What all accounts that tell it agree on."""
    values = dict.fromkeys(value for value, _ in accounts if value is not None)
    if not values:
        return None
    said = [(told, words) for value, found in accounts if value is not None for told, words in found]
    words = tuple(dict.fromkeys(words for told, words in said if told in values))
    return Particular(next(iter(values)) if len(values) == 1 else None, words)


def _first(accounts: Sequence[Sequence[tuple[str, Evidence]]]) -> Particular | None:
    """What the first account tells that tells it at all: another may call the same by another name, or in another
    language.
    """
    told = next((found for found in accounts if found), None)
    if told is None:
        return None
    words = tuple(dict.fromkeys(words for found in accounts for _, words in found))
    return Particular(_only([(value.casefold(), words) for value, words in told]) and told[0][0], words)


def _persons(accounts: Sequence[_Account], offices: Mapping[str, Office], lang: str) -> Particular | None:
    said: dict[str, list[tuple[Evidence, date]]] = {}
    for account in accounts:
        for key, words in account.persons:
            said.setdefault(key, []).append((words, account.release.published))
    named = [_named(offices[key], words, lang) for key, words in said.items()]
    if not named:
        return None
    words = tuple(dict.fromkeys(words for here in said.values() for words, _ in here))
    return Particular("; ".join(named), words)


def _named(office: Office, said: Sequence[tuple[Evidence, date]], lang: str) -> str:
    """`Name, Office`: as much of it as the words say. In a language as far as a name there is known, and sure."""
    people: dict[str, str] = {}
    titles: list[str] = []
    for words, day in said:
        holder = holder_called(office, words.text, day)
        if holder is None:
            titles.append(_ARTICLE.sub("", words.text))
            continue
        known = (first_in(lang, holder.names) if is_one_person(holder) else None) or words.text
        fuller = words.text if words.text.endswith(known) else known
        people[known] = max(people.get(known, ""), fuller, key=len)
    name = next(iter(people.values())) if len(people) == 1 else None
    return ", ".join(filter(None, (name, _title(office, titles, lang)))) or said[0][0].text


def _title(office: Office, said: Sequence[str], lang: str) -> str | None:
    """The fullest title in a language, else what the office is called there where the title is its whole name: one
    entry of a lexicon may stand for several offices.
    """
    own = [title for title in said if language_of(title) == lang]
    if own or not said:
        return max(own, key=len, default=None)
    whole = [name for name in office.names.values() if any(fold(title).text.endswith(name) for title in said)]
    return office.names.get(lang) if whole else max(said, key=len)
