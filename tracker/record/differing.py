"""How accounts of an entry differ, in words. Pure."""

from __future__ import annotations

from tracker.model import Entry, Relationship, Signal, Source
from tracker.record.disputes import Dispute, disputes
from tracker.tongue import gettext
from tracker.wording import date_words, level_words, side_in_text, side_name


def contested_words(entry: Entry, relationship: Relationship, opposition: Dispute | None = None) -> str | None:
    """How accounts of an entry differ, by a reviewer's note, by the documents themselves, and by another row, which is
    its `opposition`; None where they agree.
    """
    differing = (*disputes(entry, relationship), *filter(None, [opposition]))
    told = [*filter(None, [entry.noted]), *(dispute_words(d, relationship) for d in differing)]
    return " ".join(told) or None


def dispute_words(dispute: Dispute, relationship: Relationship) -> str:
    """In what two sides' accounts differ, with what each of them says; or who denies it."""
    one, other = dispute.one, dispute.other
    if other is None:
        return gettext("Denied by %(side)s.", side=side_in_text(one.side, relationship))
    return gettext(
        "The sides differ on %(about)s. %(one)s: %(said)s; %(other)s: %(answered)s.",
        about=gettext(dispute.about),
        one=side_name(one.side, relationship),
        said=_account(one, relationship),
        other=side_name(other.side, relationship),
        answered=_account(other, relationship),
    )


def _account(source: Source, relationship: Relationship) -> str:
    if source.says is None:
        return level_words(source.level)
    told = gettext(source.says)
    if source.dated:
        date = date_words(source.dated)
        told = (
            gettext("%(told)s for %(date)s", told=told, date=date)
            if source.says is Signal.ANNOUNCED
            else gettext("%(told)s on %(date)s", told=told, date=date)
        )
    if source.persons:
        offices = ", ".join(_office(slug, relationship) for slug in source.persons)
        told = gettext("%(told)s by %(persons)s", told=told, persons=offices)
    if source.level:
        told = gettext("%(told)s, %(level)s", told=told, level=level_words(source.level))
    return told


def _office(slug: str, relationship: Relationship) -> str:
    """`defense secretary (North)`: an office by its slug, which begins with the code of its party."""
    code, _, rest = slug.partition("-")
    if rest and any(party.code == code for party in relationship.parties):
        return gettext("%(office)s (%(party)s)", office=rest.replace("-", " "), party=side_name(code, relationship))
    return slug.replace("-", " ")
