"""Dates, instants, sides and counts in plain words, the same on pages, in feeds, calendars and messages. Pure.

In the language that is told (`tracker/tongue.py`); the examples are English.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache

from babel.dates import format_date
from babel.lists import format_list

from tracker.model import Category, Contact, Level, Outcome, PartialDate, Precision, Relationship, State, StatusChange
from tracker.tongue import ENGLISH, gettext, language, msg, name_of, pgettext

STATE_WORDS = {
    State.PLANNED: msg("planned"),
    State.ACTIVE: msg("active"),
    State.SUSPENDED: msg("suspended"),
    State.RESUMED: msg("resumed"),
    State.ENDED: msg("ended"),
}

OUTCOME_WORDS = {
    Outcome.HELD: msg("held"),
    Outcome.ANNOUNCED: msg("announced"),
    Outcome.REFUSED: msg("refused"),
    Outcome.NO_ANSWER: msg("no answer"),
    Outcome.CANCELLED: msg("cancelled"),
    Outcome.POSTPONED: msg("postponed"),
}

CATEGORY_WORDS = {
    Category.MILITARY: msg("Military"),
    Category.DIPLOMATIC: msg("Diplomatic"),
    Category.TECHNOLOGY: msg("Technology"),
    Category.LAW_ENFORCEMENT: msg("Law enforcement"),
    Category.ECONOMIC: msg("Economic"),
    Category.OTHER: msg("Other"),
}

LEVEL_WORDS = {
    Level.LEADERS: msg("at leaders’ level"),
    Level.MINISTERS: msg("at ministers’ level"),
    Level.DEPUTIES: msg("at deputy ministers’ level"),
    Level.COMMANDERS: msg("at commanders’ level"),
    Level.DIRECTORS: msg("at directors’ level"),
    Level.WORKING: msg("at working level"),
}

_FORM_WORDS = {"in person": msg("in person"), "phone": msg("phone"), "video": msg("video")}

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")

_PATTERNS = {
    "en": {Precision.DAY: "d MMM y", Precision.MONTH: "MMM y", Precision.YEAR: "y"},
    "zh": {Precision.DAY: "y年M月d日", Precision.MONTH: "y年M月", Precision.YEAR: "y年"},
}
"""Dates as each language writes them, never more of one than is known."""


def date_words(value: PartialDate | date) -> str:
    """`5 Aug 2022`, `May 2021` or `2005`: never more than is known."""
    if isinstance(value, date):
        return _dated(value, Precision.DAY, language())
    return _dated(value.first, value.precision, language())


@lru_cache(maxsize=4096)
def _dated(day: date, precision: Precision, told: str) -> str:
    return format_date(day, _PATTERNS[told][precision], locale=told)


def day_words(day: date) -> str:
    """`5 Aug`: a day of a year that is plain."""
    return format_date(day, {"en": "d MMM", "zh": "M月d日"}[language()], locale=language())


def month_words(day: date) -> str:
    """`Aug`: a month of a year that is plain."""
    return format_date(day, {"en": "MMM", "zh": "M月"}[language()], locale=language())


_ENGLISH_DAYS = re.compile(
    r"(?:(?P<day>\d{1,2})(?: (?P<month>[A-Z][a-z]{2}))?(?: (?P<year>\d{4}))?(?P<to> ?– ?))?"
    r"(?:(?P<last_day>\d{1,2}) )?(?P<last_month>[A-Z][a-z]{2}) (?P<last_year>\d{4})"
)
_MONTHS = {calendar.month_abbr[number]: number for number in range(1, 13)}


def redated(text: str) -> str:
    """A sentence that was kept in English, with its days as the language that is told writes them."""
    return text if language() == ENGLISH else _ENGLISH_DAYS.sub(_redated, text)


def _redated(found: re.Match[str]) -> str:
    month, year = _MONTHS.get(found["last_month"]), int(found["last_year"])
    if month is None:
        return found[0]
    if found["last_day"] is None:
        return date_words(PartialDate(f"{year:04}-{month:02}"))
    last = date(year, month, int(found["last_day"]))
    if found["day"] is None:
        return date_words(last)
    first = date(int(found["year"] or year), _MONTHS.get(found["month"], month), int(found["day"]))
    return span_words(first, last)


def span_words(first: PartialDate | date, last: date | None) -> str:
    """`8-9 Jan 2024`, `28 Feb - 2 Mar 2024`, `30 Dec 2024 - 1 Jan 2025`, with en dashes."""
    start = first if isinstance(first, date) else first.first
    if last is None or last == start:
        return date_words(first)
    return _SPANS[language()](start, last, date_words(first))


def _english_span(start: date, last: date, first: str) -> str:
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day}–{date_words(last)}"
    if start.year == last.year:
        return f"{day_words(start)} – {date_words(last)}"
    return f"{first} – {date_words(last)}"


def _chinese_span(start: date, last: date, first: str) -> str:
    """`2024年1月8日至9日`: the year and the month that both share are said once."""
    if (start.year, start.month) == (last.year, last.month):
        return f"{first}至{last.day}日"
    return f"{first}至{day_words(last) if start.year == last.year else date_words(last)}"


_SPANS = {"en": _english_span, "zh": _chinese_span}


def instant_words(instant: datetime) -> str:
    """`14 Mar 2026 09:20 UTC`."""
    instant = instant.astimezone(UTC)
    return f"{date_words(instant.date())} {instant:%H:%M} UTC"


def time_words(start: datetime, end: datetime) -> str:
    """The days in UTC from one instant to another, as `span_words` has them; both instants where they share one day."""
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    return span_words(first, last) if first < last else f"{instant_words(start)} – {instant_words(end)}"


def count(number: int, word: str, many: str | None = None) -> str:
    """`1 channel`, `2,045 channels`: in English. What pages show of a number is `ngettext`."""
    return f"{number:,} {word if number == 1 else many or word + 's'}"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    # British English has no comma before the last "and".
    return format_list(list(words), locale={"en": "en_GB"}.get(language(), language()))


def either(words: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return format_list(list(words), style="or", locale={"en": "en_GB"}.get(language(), language()))


def parts(words: Iterable[str]) -> str:
    """`a, b, c`: the parts of one statement."""
    return pgettext("between the parts of one statement", ", ").join(words)


def sentences(*told: str | None) -> str:
    """One after the other; those that are empty are left out."""
    return {"en": " ", "zh": ""}[language()].join(filter(None, told))


def state_words(state: State) -> str:
    return gettext(STATE_WORDS[state])


def outcome_words(outcome: Outcome) -> str:
    return gettext(OUTCOME_WORDS[outcome])


def level_words(level: Level) -> str:
    """`at ministers’ level`."""
    return gettext(LEVEL_WORDS[level])


_UNCONFIRMED = {
    ("date",): msg("The date could not be confirmed."),
    ("place",): msg("The place could not be confirmed."),
    ("date", "place"): msg("Neither date nor place could be confirmed."),
    ("address",): msg("The address could not be confirmed."),
}


def unconfirmed_words(what: Sequence[str]) -> str | None:
    """What is told though it could not be confirmed, as a sentence; None where nothing is. `what`: date, place, or the
    address of a source.
    """
    return gettext(_UNCONFIRMED[tuple(what)]) if what else None


def category_words(category: Category) -> str:
    return gettext(CATEGORY_WORDS[category])


def form_words(form: str) -> str:
    """`in person`, `phone`, `video`; a form in other words as it was recorded."""
    return gettext(_FORM_WORDS.get(form, form))


def side_name(side: str, relationship: Relationship) -> str:
    """The party of that code by name, else `third parties`."""
    named = next((party.names for party in relationship.parties if party.code == side), None)
    return name_of(named) if named else gettext("third parties")


def side_in_text(side: str, relationship: Relationship) -> str:
    """The same within a sentence, with the article that English puts before some names."""
    named = next((party.names | party.in_text for party in relationship.parties if party.code == side), None)
    return name_of(named) if named else side_name(side, relationship)


def corroboration_words(corroboration: str, relationship: Relationship) -> str:
    """On whose word: both sides, one of them alone, third parties alone, or that of sources published later alone."""
    match corroboration:
        case "both":
            return gettext("both sides")
        case "none":
            return gettext("later sources")
        case _:
            return gettext("%(side)s only", side=side_in_text(corroboration, relationship))


def contact_words(contact: Contact) -> str:
    """What became of a contact, as far as it is known: `contact held 8–9 Jan 2024, talks, Geneva`."""
    when = span_words(contact.date, contact.end) if contact.date else None
    form = form_words(contact.form) if contact.form else None
    told = filter(None, [_told_of(contact, when), form, contact.place])
    return parts(told)


def _told_of(contact: Contact, when: str | None) -> str:
    if contact.announced:
        asked = gettext("on %(date)s", date=date_words(contact.announced))
    else:
        asked = gettext("on a day not known")
    match contact.outcome:
        case Outcome.HELD:
            return gettext("contact held %(when)s", when=when or asked)
        case Outcome.ANNOUNCED if when:
            return gettext("contact announced for %(when)s", when=when)
        case Outcome.ANNOUNCED:
            return gettext("contact announced %(when)s, no date yet", when=asked)
        case Outcome.REFUSED:
            return gettext("contact refused, %(when)s", when=when or asked)
        case Outcome.NO_ANSWER:
            return gettext("contact asked for and not answered, %(when)s", when=when or asked)
        case Outcome.CANCELLED:
            return gettext("contact cancelled, %(when)s", when=_off(contact, when) or asked)
        case Outcome.POSTPONED:
            return gettext("contact postponed, %(when)s", when=_off(contact, when) or asked)


def _off(contact: Contact, when: str | None) -> str | None:
    return gettext("planned for %(when)s", when=when) if has_planned_day(contact) else when


def has_planned_day(contact: Contact) -> bool:
    """Whether the day of a contact that was called off is the one for which it was planned: one after the news of it.
    Else it is, for all that is on record, the day on which it was called off.
    """
    return bool(contact.last and contact.announced and contact.last > contact.announced)


def change_words(change: StatusChange) -> str:
    """`suspended since 5 Aug 2022`, `planned since 15 Nov 2023, expected Jan 2024`."""
    told = gettext("%(state)s since %(date)s", state=state_words(change.state), date=date_words(change.effective))
    if change.expected is None:
        return told
    return gettext("%(told)s, expected %(date)s", told=told, date=date_words(change.expected))


def language_of(text: str | None) -> str:
    """`zh` where a text is written in Chinese characters, else `en`."""
    return "zh" if text and _CHINESE.search(text) else ENGLISH


def recorded_words(text: str | None) -> str | None:
    """A sentence of the record, as it was written: in English, and marked as such where another language is told."""
    if not text or language() in (ENGLISH, language_of(text)):
        return text
    return gettext("(in English) %(words)s", words=text)


def entry_words(entry: StatusChange | Contact) -> str:
    """What a row of the record says, in a few words without the name of its channel."""
    return change_words(entry) if isinstance(entry, StatusChange) else contact_words(entry)
