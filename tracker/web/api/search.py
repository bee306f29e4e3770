"""Searching what is on record and, for reviewers, what came in."""

from __future__ import annotations

from typing import Any

from flask import Response

from tracker.errors import Refused
from tracker.model import Relationship
from tracker.search.excerpt import Excerpt
from tracker.web.api import schemas
from tracker.web.api.asked import asked_for, cited_search, read_place, write_place
from tracker.web.api.calls import blueprint, fresh, json_answer
from tracker.web.api.document import RECORD, answers
from tracker.web.api.parameters import SearchQuery
from tracker.web.api.shapes import Corrected, correction, partial_date
from tracker.web.auth import open_to
from tracker.web.cited_rows import cites
from tracker.web.current import current
from tracker.web.found import Hit, find
from tracker.web.scope import scoped
from tracker.wording import language_of

OPEN_WITH_MORE_FOR_REVIEWERS: dict[str, Any] = {"security": [{}, {"token": []}], "tags": [RECORD]}


@blueprint.get("/v1/search", responses=answers(schemas.Found, 401, 403), **OPEN_WITH_MORE_FOR_REVIEWERS)
@open_to("public")
@cites(cited_search)
@fresh
def search(query: SearchQuery) -> Response:
    """Search channels, changes, contacts and, with a reviewer's token, releases, in English and Chinese.

    Channels first, then changes, contacts and releases; the best of each kind first. All words must stand in what is
    found, in whatever form and script; "words in quotes" stand side by side, a word with a minus must not stand there.
    With `known_at` the newest come first: what is best depends on what was recorded since.
    """
    sent = query.model_dump(mode="json", by_alias=True, exclude={"limit", "cursor"}, exclude_none=True)
    if not sent.get("q", "").strip():
        raise Refused("There is nothing to look for.", "Send words as q.", field="q")
    asked = asked_for(sent)
    corrected = current().snapshot().corrected_at(asked.moment.known_at)
    with current().service.store.reading_for_all() as db:
        found = find(
            db, scoped(query.relationship), asked, most=query.most, after=read_place(query.cursor, asked, sent)
        )
    return json_answer(
        schemas.Found(
            as_of=asked.moment.as_of,
            known_at=asked.moment.known_at,
            counts=found.counts,
            hits=[_shape(hit, corrected) for hit in found.hits],
            next=write_place(found.following, asked, sent),
        )
    )


def _shape(hit: Hit, corrected: Corrected) -> schemas.Hit:
    channel = hit.view.channel.slug if hit.view else None
    source, told = hit.source, hit.entry or hit.release
    return schemas.Hit(
        kind=hit.kind,
        id=told.id if told else None,
        channel=channel,
        title=_excerpt(hit.title),
        excerpt=_excerpt(hit.excerpt),
        says=hit.says,
        date=partial_date(hit.day),
        side=source.side if source else None,
        publisher=source.publisher if source else None,
        lang=hit.release.lang if hit.release else language_of(source.title) if source else None,
        url=(source.url or None) if source else None,
        href=f"/api/v1/channels/{channel}" if channel else f"/api/v1/releases/{hit.release.id}",
        corrected=correction(hit.telling, _relationship(hit), corrected) if hit.view else None,
    )


def _relationship(hit: Hit) -> Relationship:
    return current().snapshot().relationship(hit.view.channel.relationship)


def _excerpt(part: Excerpt) -> schemas.Excerpt:
    spans = [schemas.Span(start=start, end=end) for start, end in part.marks]
    return schemas.Excerpt(text=part.text, marks=spans, opens=part.opens, closes=part.closes)
