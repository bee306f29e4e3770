"""What was done to the record, where accounts differ and what was promised, in words for pages and API. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from tracker.model import Contact, Level, Outcome, PartialDate, State, StatusChange
from tracker.record.citation import Differing
from tracker.record.fates import Fate, Promise
from tracker.record.ledger import Act, Deed
from tracker.tongue import gettext, msg, msgs, ngettext
from tracker.wording import date_words, level_words, outcome_words, parts, span_words, state_words

DEED_WORDS = {
    Deed.ADDED: msg("added to the record"),
    Deed.CORRECTED: msg("corrected"),
    Deed.RESTORED: msg("a correction was withdrawn"),
    Deed.WITHDRAWN: msg("withdrawn"),
    Deed.CITED: msg("a further source was cited"),
    Deed.UNCITED: msg("a source was taken away"),
}

DEED_SIGNS = {
    Deed.ADDED: "+",
    Deed.CORRECTED: "≠",
    Deed.RESTORED: "↶",
    Deed.WITHDRAWN: "−",
    Deed.CITED: "❝",
    Deed.UNCITED: "❞",
}

_DEED_COUNTS = {
    Deed.ADDED: msgs("%(num)s addition", "%(num)s additions"),
    Deed.CORRECTED: msgs("%(num)s correction", "%(num)s corrections"),
    Deed.WITHDRAWN: msgs("%(num)s withdrawal", "%(num)s withdrawals"),
    Deed.CITED: msgs("%(num)s further citation", "%(num)s further citations"),
    Deed.UNCITED: msgs("%(num)s citation taken away", "%(num)s citations taken away"),
}
"""How many there were of each deed; a correction that is taken back is one too."""

_FIELD_WORDS = {
    "effective": msg("from"),
    "expected": msg("expected"),
    "date": msg("first day"),
    "end": msg("last day"),
    "announced": msg("announced on"),
    "state": msg("state"),
    "cause": msg("cause"),
    "outcome": msg("outcome"),
    "form": msg("form"),
    "place": msg("place"),
    "round": msg("round"),
    "persons": msg("who took part"),
    "summary": msg("what, and with whom"),
    "asked_by": msg("asked by"),
    "note": msg("note"),
    "settled": msg("why it is settled"),
    "substantive": msg("counted as use of the channel"),
    "contested": msg("what is contested"),
    "unconfirmed": msg("what could not be confirmed"),
}

FATE_WORDS = {
    Fate.OPEN: msg("not yet due"),
    Fate.HELD: msg("held"),
    Fate.POSTPONED: msg("put off"),
    Fate.CANCELLED: msg("called off"),
    Fate.LAPSED: msg("not reported"),
}


def deed_words(deed: Deed) -> str:
    """What was done, as the end of a sentence."""
    return gettext(DEED_WORDS[deed])


def deeds_words(acts: Iterable[Act]) -> list[str]:
    """How many of which acts there were: `1 correction`, `2 additions`."""
    counts = Counter(Deed.CORRECTED if act.deed is Deed.RESTORED else act.deed for act in acts)
    return [ngettext(*_DEED_COUNTS[deed], number) for deed, number in counts.items()]


def differing_words(rows: Differing) -> list[str]:
    """How many rows of a view that was cited read otherwise now, are new, or are gone."""
    told = (
        (rows.otherwise, ngettext("%(num)s row reads otherwise", "%(num)s rows read otherwise", len(rows.otherwise))),
        (rows.new, ngettext("%(num)s row is new", "%(num)s rows are new", len(rows.new))),
        (rows.gone, ngettext("%(num)s row is shown no more", "%(num)s rows are shown no more", len(rows.gone))),
    )
    return [words for names, words in told if names]


def field_words(name: str) -> str:
    """The name of a field of a row as a reader says it."""
    return gettext(_FIELD_WORDS.get(name, name.replace("_", " ")))


def value_words(value: object) -> str:
    """What stands in a field of a row, or that nothing does."""
    if value in (None, "", ()):
        return gettext("nothing")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, State):
        return state_words(value)
    if isinstance(value, Outcome):
        return outcome_words(value)
    if isinstance(value, Level):
        return level_words(value)
    if isinstance(value, tuple):
        return parts(gettext(_UNCONFIRMED_WORDS[word]) for word in value)
    return date_words(value) if isinstance(value, (PartialDate, date)) else str(value)


_UNCONFIRMED_WORDS = {"date": msg("the date"), "place": msg("the place")}


def promised_words(promise: Promise) -> str:
    """`announced for Sep 2024: …` in the words of who announced it."""
    text, values = promised_parts(promise)
    return text % values


def promised_parts(promise: Promise) -> tuple[str, dict[str, str]]:
    """The same as a text with its places and what they are filled with: `told` are the words of who announced it."""
    made = promise.made
    told = made.cause if isinstance(made, StatusChange) else made.summary or made.form or gettext("a contact")
    if promise.dated is None and isinstance(made, StatusChange):
        return gettext("Planned without a date, and so its next contact expected within a year: %(told)s"), {
            "told": told
        }
    if promise.dated is None:
        return gettext("Announced without a date, and so expected within a year: %(told)s"), {"told": told}
    last = made.end if isinstance(made, Contact) else None
    return gettext("Announced for %(when)s: %(told)s"), {"when": span_words(promise.dated, last), "told": told}


def fate_words(promise: Promise) -> str:
    """What became of a promise, and since when its day has passed."""
    fate, due = gettext(FATE_WORDS[promise.fate]), promise.due
    if promise.closed_by is None:
        return gettext("%(fate)s, due by %(date)s", fate=fate, date=date_words(due)) if promise.lapsed_on else fate
    if isinstance(promise.closed_by, StatusChange):
        when = date_words(promise.closed_by.effective)
        told = gettext("%(fate)s when the channel was cut, %(when)s", fate=fate, when=when)
    else:
        told = gettext("%(fate)s %(when)s", fate=fate, when=contact_days(promise.closed_by))
    if promise.lapsed_on is None:
        return told
    return gettext("%(told)s, after its day had passed on %(date)s", told=told, date=date_words(due))


def contact_days(contact: Contact) -> str:
    """The days of a contact as plain words."""
    return span_words(contact.date, contact.end) if contact.date else gettext("on a day not known")
