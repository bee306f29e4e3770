"""What the offices of a lexicon are called on pages."""

from __future__ import annotations

from flask import Flask

from tracker.model import Relationship
from tracker.tongue import gettext, name_of
from tracker.web.current import current


def office_words(slug: str, relationship: Relationship) -> str:
    """`Foreign Minister (North)`: an office by its slug, which begins with the code of its party."""
    packs = current().service.packs
    offices = next((pack.lexicon.offices for pack in packs if pack.relationship.slug == relationship.slug), {})
    code, _, rest = slug.partition("-")
    parties = {party.code: name_of(party.names) for party in relationship.parties}
    known = offices.get(slug)
    if known and known.names:
        return gettext("%(office)s (%(party)s)", office=name_of(known.names), party=parties[known.party])
    if not rest or code not in parties:
        return slug.replace("-", " ")
    return gettext("%(office)s (%(party)s)", office=rest.replace("-", " "), party=parties[code])


def register(app: Flask) -> None:
    app.jinja_env.filters["office"] = office_words
