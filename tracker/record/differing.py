"""How accounts of an entry differ, in words. Pure."""

from __future__ import annotations

from tracker.model import Entry, Relationship, Source
from tracker.record.disputes import Dispute, disputes
from tracker.tongue import gettext
from tracker.wording import date_words, side_name


def contested_words(entry: Entry, relationship: Relationship) -> str | None:
    """How accounts of an entry differ, by a reviewer's note and by the documents themselves; None where they agree."""
    told = [*filter(None, [entry.noted]), *(dispute_words(d, relationship) for d in disputes(entry, relationship))]
    return " ".join(told) or None


def dispute_words(dispute: Dispute, relationship: Relationship) -> str:
    """In what two sides' accounts differ, with what each of them says."""
    return gettext(
        "The sides differ on %(about)s. %(one)s: %(said)s; %(other)s: %(answered)s.",
        about=gettext(dispute.about),
        one=side_name(dispute.one.side, relationship),
        said=_account(dispute.one),
        other=side_name(dispute.other.side, relationship),
        answered=_account(dispute.other),
    )


def _account(source: Source) -> str:
    told = gettext("denied") if source.denies else gettext(source.says) if source.says else gettext("as the row says")
    if source.dated:
        told = gettext("%(told)s on %(date)s", told=told, date=date_words(source.dated))
    if source.persons:
        told = gettext("%(told)s by %(persons)s", told=told, persons=", ".join(source.persons))
    return told
