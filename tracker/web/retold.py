"""What was done to the record, where accounts differ and what was promised, in words for pages and API. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from tracker.disputes import Dispute, disputes
from tracker.ledger import Act, Deed
from tracker.model import Contact, Entry, PartialDate, Relationship, Source, StatusChange
from tracker.promises import Fate, Promise
from tracker.wording import count, date_words, side_name, span_words

DEED_WORDS = {
    Deed.ADDED: "added to the record",
    Deed.CORRECTED: "corrected",
    Deed.RESTORED: "a correction was withdrawn",
    Deed.WITHDRAWN: "withdrawn",
    Deed.CITED: "a further source was cited",
    Deed.UNCITED: "a source was taken away",
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
    Deed.ADDED: "addition",
    Deed.CORRECTED: "correction",
    Deed.RESTORED: "correction",
    Deed.WITHDRAWN: "withdrawal",
    Deed.CITED: "further citation",
    Deed.UNCITED: "citation taken away",
}

_FIELD_WORDS = {
    "effective": "from",
    "expected": "expected",
    "date": "first day",
    "end": "last day",
    "announced": "announced on",
    "persons": "who took part",
    "substantive": "counted as use of the channel",
    "contested": "what is contested",
}

FATE_WORDS = {
    Fate.OPEN: "not yet due",
    Fate.HELD: "held",
    Fate.POSTPONED: "put off",
    Fate.CANCELLED: "called off",
    Fate.LAPSED: "not reported",
}


def deeds_words(acts: Iterable[Act]) -> list[str]:
    """How many of which acts there were: `1 correction`, `2 additions`."""
    counts = Counter(_DEED_COUNTS[act.deed] for act in acts)
    return [count(counts[word], word, "citations taken away" if "taken" in word else None) for word in counts]


def field_words(name: str) -> str:
    """The name of a field of a row as a reader says it."""
    return _FIELD_WORDS.get(name, name.replace("_", " "))


def value_words(value: object) -> str:
    """What stands in a field of a row, or that nothing does."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return date_words(value) if isinstance(value, (PartialDate, date)) else str(value)


def contested_words(entry: Entry, relationship: Relationship) -> str | None:
    """How accounts of an entry differ, by a reviewer's note and by the documents themselves; None where they agree."""
    told = [*filter(None, [entry.contested]), *(dispute_words(d, relationship) for d in disputes(entry, relationship))]
    return " ".join(told) or None


def dispute_words(dispute: Dispute, relationship: Relationship) -> str:
    """In what two sides' accounts differ, with what each of them says."""
    accounts = (f"{side_name(told.side, relationship)}: {_account(told)}" for told in (dispute.one, dispute.other))
    return f"The sides differ on {dispute.about}. {'; '.join(accounts)}."


def _account(source: Source) -> str:
    dated = f" on {date_words(source.dated)}" if source.dated else ""
    with_whom = f" by {', '.join(source.persons)}" if source.persons else ""
    return f"{source.says}{dated}{with_whom}"


def promised_words(promise: Promise) -> str:
    """`announced for Sep 2024: …` in the words of who announced it."""
    made = promise.made
    told = made.cause if isinstance(made, StatusChange) else made.summary or made.form or "a contact"
    if promise.dated is None:
        return f"Announced without a date, taken for the year that followed: {told}"
    last = made.end if isinstance(made, Contact) else None
    return f"Announced for {span_words(promise.dated, last)}: {told}"


def fate_words(promise: Promise) -> str:
    """What became of a promise, and since when its day has passed."""
    words = FATE_WORDS[promise.fate]
    if promise.closed_by:
        late = f", after its day had passed on {date_words(promise.due)}" if promise.lapsed_on else ""
        return f"{words} {contact_days(promise.closed_by)}{late}"
    return f"{words}, due by {date_words(promise.due)}" if promise.lapsed_on else words


def contact_days(contact: Contact) -> str:
    """The days of a contact as plain words."""
    return span_words(contact.date, contact.end) if contact.date else "on a day not known"
