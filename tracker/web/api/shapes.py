"""From the record's own types to the answers of the API."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial

from tracker import model
from tracker.polling.health import Health
from tracker.record import coverage, history, ledger
from tracker.record.attest import corroboration
from tracker.record.differing import contested_words
from tracker.record.disputes import OF_SIDE, Dispute
from tracker.record.fates import Promise
from tracker.record.lineage import entry_key
from tracker.record.rhythm import ladder, rhythm_of
from tracker.releases.difference import difference
from tracker.web.api import schemas
from tracker.web.retold import promised_words

Corrected = Callable[[model.Entry], ledger.Act | None]
"""Tells of a row by which act it was corrected last (`Snapshot.corrected_at`)."""

MOST_HOLES = 200
"""Holes of one side that an answer lists."""


def partial_date(when: model.PartialDate | None) -> schemas.PartialDate | None:
    return schemas.PartialDate(date=when.value, precision=when.precision) if when else None


def source(cited: model.Source) -> schemas.Source:
    return schemas.Source(
        url=cited.url,
        title=cited.title,
        publisher=cited.publisher,
        side=cited.side,
        published=cited.published.value if cited.published else None,
        quote=cited.quote,
        archived=cited.archived,
        says=cited.says,
        dated=cited.dated.value if cited.dated else None,
        level=cited.level,
        denies=cited.denies,
        page=_cited_page(cited),
    )


def _cited_page(cited: model.Source) -> schemas.CitedPage | None:
    if cited.page is None:
        return None
    mark = cited.page
    return schemas.CitedPage(state=mark.state, since=mark.since, last_read=cited.page_read, moved_to=mark.moved_to)


def claim(said: history.Claim) -> schemas.Claim:
    return schemas.Claim(
        side=said.side,
        says=said.says,
        state=said.state,
        date=partial_date(said.date),
        quote=said.quote,
        source=source(said.source),
    )


def correction(
    row: model.Entry | None, relationship: model.Relationship, corrected: Corrected
) -> schemas.Correction | None:
    """The last correction of what a row tells; None for no row, and one that was never corrected."""
    act = corrected(row) if row else None
    if act is None:
        return None
    said = entry(act.said, relationship, _never)
    altered = {"sources" if name.startswith(OF_SIDE) else name for name, _, _ in act.altered}
    was = said.model_dump(mode="json", include=altered)
    return schemas.Correction(at=act.at, claim=act.address, was=was, why=act.why)


def _never(row: model.Entry) -> None:
    """Of what a row had said before it is not told again what it had said before that."""


def status_change(
    change: model.StatusChange, relationship: model.Relationship, corrected: Corrected
) -> schemas.StatusChange:
    return schemas.StatusChange(
        id=change.id,
        channel=change.channel,
        state=change.state,
        effective=partial_date(change.effective),
        expected=partial_date(change.expected),
        cause=change.cause,
        note=change.note,
        contested=contested_words(change, relationship),
        settled=change.settled,
        unconfirmed=list(change.unconfirmed),
        derived=change.derived,
        corroboration=corroboration(change, relationship),
        sources=[source(cited) for cited in change.sources],
        recorded_at=change.recorded_at,
        recorded_by=change.recorder,
        corrected=correction(change, relationship, corrected),
    )


def contact(
    met: model.Contact, relationship: model.Relationship, corrected: Corrected, opposition: Dispute | None = None
) -> schemas.Contact:
    return schemas.Contact(
        id=met.id,
        channel=met.channel,
        outcome=met.outcome,
        date=partial_date(met.date),
        end=met.end,
        announced=met.announced,
        form=met.form,
        place=met.place,
        round=met.round,
        persons=met.persons,
        summary=met.summary,
        asked_by=met.asked_by,
        substantive=met.substantive,
        note=met.note,
        contested=contested_words(met, relationship, opposition),
        settled=met.settled,
        unconfirmed=list(met.unconfirmed),
        corroboration=corroboration(met, relationship),
        sources=[source(cited) for cited in met.sources],
        recorded_at=met.recorded_at,
        recorded_by=met.recorder,
        corrected=correction(met, relationship, corrected),
    )


def entry(
    row: model.Entry, relationship: model.Relationship, corrected: Corrected
) -> schemas.StatusChange | schemas.Contact:
    make = status_change if isinstance(row, model.StatusChange) else contact
    return make(row, relationship, corrected)


def act(done: ledger.Act, relationship: model.Relationship, corrections: ledger.Corrections) -> schemas.Act:
    now, before = (partial(corrections.of, known_at=at) for at in (done.at, done.at - timedelta(microseconds=1)))
    return schemas.Act(
        at=done.at,
        deed=done.deed,
        claim=done.address,
        channel=done.row.channel,
        says=entry(done.says, relationship, now) if done.says else None,
        said=entry(done.said, relationship, before) if done.said else None,
        sources=[source(cited) for cited in done.sources],
        why=done.why,
    )


def difference_of(
    found: ledger.Difference, relationship: model.Relationship, links: schemas.Links, corrected: Corrected
) -> schemas.ChannelDifference:
    before, after = (
        schemas.StateAt(state=seen.state, since=partial_date(seen.change.effective) if seen.change else None)
        for seen in (found.before, found.after)
    )
    return schemas.ChannelDifference(
        channel=found.channel.slug,
        names=found.channel.names,
        before=before,
        after=after,
        changes=[status_change(change, relationship, corrected) for change in found.changes],
        contacts=[contact(met, relationship, corrected) for met in found.contacts],
        links=links,
    )


def promise(made: Promise) -> schemas.Promise:
    return schemas.Promise(
        channel=made.made.channel,
        promised=entry_key(made.made),
        announced_for=partial_date(made.dated),
        what=promised_words(made),
        due=made.due,
        fate=made.fate,
        lapsed_on=made.lapsed_on,
        closed_by=entry_key(made.closed_by) if made.closed_by else None,
        sources=[source(cited) for cited in made.made.sources],
    )


def coverages(read: Iterable[coverage.Coverage]) -> dict[str, schemas.Coverage]:
    return {
        side.side: schemas.Coverage(
            last_read=side.last_read,
            share=_floored(side.share),
            holes=[_hole(hole) for hole in side.holes],
        )
        for side in read
    }


def side_coverage(
    read: coverage.Coverage, reports: int, silence: str, publishers: Mapping[str, str]
) -> schemas.SideCoverage:
    longest = sorted(read.holes, key=lambda hole: hole.start - hole.end)[:MOST_HOLES]
    return schemas.SideCoverage(
        silence=silence,
        complete=read.complete,
        share=_floored(read.share),
        reports=reports,
        read_until=read.read_until if read.feeds else None,
        last_read=read.last_read,
        feeds=[schemas.FeedRead(feed=f.feed, publisher=publishers[f.feed], last_read=f.last_read) for f in read.feeds],
        holes=[_hole(hole) for hole in sorted(longest, key=lambda hole: (hole.start, hole.feed))],
        holes_left_out=len(read.holes) - len(longest),
    )


def _floored(share: float) -> float:
    """Rounded down, so that 1 is said only of all."""
    return math.floor(share * 1_000) / 1_000


def _hole(hole: coverage.Hole) -> schemas.Hole:
    return schemas.Hole(feed=hole.feed, kind=hole.kind, start=hole.start, end=hole.end, why=hole.why)


def channel(
    view: history.ChannelView,
    relationship: model.Relationship,
    read: dict[str, schemas.Coverage],
    links: schemas.Links,
    corrected: Corrected,
) -> schemas.Channel:
    return schemas.Channel(**_channel_fields(view, relationship, read, links, corrected))


def channel_with_history(
    view: history.ChannelView,
    relationship: model.Relationship,
    read: dict[str, schemas.Coverage],
    links: schemas.Links,
    corrected: Corrected,
) -> schemas.ChannelWithHistory:
    rhythm = rhythm_of(view)
    return schemas.ChannelWithHistory(
        **_channel_fields(view, relationship, read, links, corrected),
        as_of=view.moment.as_of,
        known_at=view.moment.known_at,
        rungs=[schemas.Rung(step=rung.step, date=partial_date(rung.date)) for rung in ladder(view)],
        expected_by=rhythm.expected_by if rhythm else None,
        days_late=rhythm.days_late if rhythm else 0,
        history=[status_change(change, relationship, corrected) for change in view.history],
        contacts=[contact(met, relationship, corrected, view.opposition(met)) for met in view.contacts],
    )


def _channel_fields(
    view: history.ChannelView,
    relationship: model.Relationship,
    read: dict[str, schemas.Coverage],
    links: schemas.Links,
    corrected: Corrected,
) -> dict[str, object]:
    line, change = view.channel, view.change
    last, refused, coming = view.last_contact, view.last_refused, view.next_contact
    return {
        "slug": line.slug,
        "relationship": line.relationship,
        "names": line.names,
        "category": line.category,
        "counterparts": line.counterparts,
        "description": line.description,
        "state": view.state,
        "since": partial_date(change.effective) if change else None,
        "expected": partial_date(change.expected) if change else None,
        "cause": change.cause if change else None,
        "corrected": correction(change, relationship, corrected),
        "corroboration": view.corroboration,
        "claims": [claim(said) for said in view.claims],
        "contested": view.contested,
        "sources": [source(cited) for cited in view.sources],
        "last_contact": contact(last, relationship, corrected, view.opposition(last)) if last else None,
        "last_refused": contact(refused, relationship, corrected, view.opposition(refused)) if refused else None,
        "next_contact": contact(coming, relationship, corrected) if coming else None,
        "overdue": view.overdue,
        "unreported": [entry_key(promise.made) for promise in view.unreported],
        "days_in_state": view.days_in_state,
        "coverage": read,
        "links": links,
    }


def relationship(pair: model.Relationship, views: Iterable[history.ChannelView]) -> schemas.Relationship:
    states = [view.state for view in views if view.channel.relationship == pair.slug and view.state]
    return schemas.Relationship(
        slug=pair.slug,
        names=pair.names,
        parties=[schemas.Party(code=p.code, names=p.names, timezone=p.timezone) for p in pair.parties],
        languages=list(pair.languages),
        sides=list(pair.sides),
        channels=len(states),
        states={state: states.count(state) for state in model.State},
    )


def feed(told: Health) -> schemas.Feed:
    health = told.feed
    return schemas.Feed(
        slug=health.slug,
        relationship=health.relationship,
        relationships=list(health.relationships),
        publisher=health.publisher,
        side=health.side,
        lang=health.lang,
        kind=health.kind,
        url=health.url,
        every=health.every,
        enabled=health.enabled,
        reason=health.reason,
        unconfirmed=health.unconfirmed,
        health=told.fares,
        words=told.words,
        since=told.since,
        warnings=warned(told),
        paused=schemas.Paused(**vars(health.paused)) if health.paused else None,
        last_read=health.last_read,
        last_new=health.last_new,
        newest=health.newest,
        usual_gap=int(health.rhythm.total_seconds()) if health.rhythm else None,
        failures=health.failures,
        fault_kind=health.fault_kind,
        fault=health.fault,
        next_poll=health.next_poll if told.polled else None,
        moved_to=health.moved_to,
        kept_from=health.kept_from,
    )


def warned(told: Health) -> list[schemas.Warned]:
    return [schemas.Warned(kind=one.kind, sentence=one.sentence) for one in told.warnings]


def release(kept: model.Release) -> schemas.Release:
    return schemas.Release(
        id=kept.id,
        feed=kept.feed,
        side=kept.side,
        lang=kept.lang,
        publisher=kept.publisher,
        title=kept.title,
        summary=kept.summary,
        published=kept.published,
        url=kept.url,
    )


def release_history(kept: model.ReleaseHistory) -> schemas.ReleaseHistory:
    before = (kept.revisions[0], *kept.revisions)
    return schemas.ReleaseHistory(
        release=release(kept.release),
        gone_since=kept.gone_since,
        revisions=[
            schemas.Revision(
                number=after.number,
                title=after.title,
                summary=after.summary,
                seen_at=after.seen_at,
                late=after.late,
                title_changes=_changes(earlier.title, after.title),
                summary_changes=_changes(earlier.summary, after.summary),
            )
            for earlier, after in zip(before, kept.revisions, strict=False)
        ],
        names=[
            schemas.ReleaseName(
                feed=name.feed, guid=name.guid, url=name.url, because=name.because, seen_at=name.seen_at
            )
            for name in kept.names
        ],
    )  # fmt: skip


def _changes(before: str, after: str) -> list[schemas.Piece]:
    if before == after:
        return []
    return [schemas.Piece(change=piece.change, text=piece.text) for piece in difference(before, after)]
