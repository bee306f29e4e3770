"""What changed after an instant, for pages and API: the marks as they were sent, and the brief between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta

from tracker.brief import Brief, News, SidesRead, brief_of, news_of, stirred
from tracker.errors import Refused
from tracker.model import Channel, Moment, Relationship
from tracker.moments import instant_of, instant_text, told_of
from tracker.tongue import gettext
from tracker.web.current import CLOCK_SKEW, Snapshot, current
from tracker.web.listening import SILENCE_SPAN

_BRACKETS = {"zh": "（%s）"}
"""How a pair is put behind a channel's name, in languages whose brackets are their own."""

LONGEST_READ = timedelta(days=366)
"""How far back it is looked at what was read: of a longer span the last part, which is then named."""


def after_of(text: str | None, until: datetime, *, past: bool) -> datetime:
    """The instant after which changes are asked for; a day means its beginning. Raises Refused.

    `until`: up to when. `past`: that was asked for, and is not now.
    """
    if not text:
        remedy = "Send the day or the instant after which to tell what changed."
        raise Refused(gettext("after is missing."), remedy, field="after")
    after = instant_of(text, "after", day=time.min)
    told_of(after.date(), text, "after")
    if past and after > until:
        raise Refused(
            gettext("after is %(value)s, which is later than known_at.", value=repr(text)),
            gettext("Send an earlier moment."),
            field="after",
        )
    if after > current().now() + CLOCK_SKEW:
        raise Refused(
            gettext("after is %(value)s, which has not come yet.", value=repr(text)),
            gettext("Send a moment up to now."),
            field="after",
        )
    return after


def brief_since(snapshot: Snapshot, after: datetime, until: Moment, lang: str, *, past: bool) -> Brief:
    """What changed in the record from an instant to a moment. `past`: the moment was asked for, and is not now."""
    then = Moment(min(after.date(), until.as_of), after)
    heard, end = current().listened(snapshot, {"known_at": instant_text(until.known_at) if past else ""})
    read = [_sides_read(heard, pair, after, end, known_at=end if past else None) for pair in snapshot.relationships]
    return brief_of(_news(snapshot, then, until), read, after, lang)


def _news(snapshot: Snapshot, then: Moment, until: Moment) -> Iterator[News]:
    for channel in snapshot.channels:
        rows = snapshot.entries[channel.slug]
        if stirred(*rows, then, until):
            pair, view = snapshot.relationship(channel.relationship), snapshot.view(channel, until)
            if len(snapshot.relationships) > 1:
                view = replace(view, channel=_with_pair(channel, pair))
            yield from news_of(view, then, pair, *rows)


def _with_pair(channel: Channel, pair: Relationship) -> Channel:
    """The channel under names that tell it from those of other relationships."""
    return replace(
        channel,
        names={
            lang: f"{name}{_BRACKETS.get(lang, ' (%s)') % pair.names[lang]}" if lang in pair.names else name
            for lang, name in channel.names.items()
        },
    )


def _sides_read(
    snapshot: Snapshot, pair: Relationship, after: datetime, end: datetime, *, known_at: datetime | None
) -> SidesRead:
    """How far the parties' sources were read, in the last year of a longer span, by what was known at an instant."""
    start = max(min(after, end), end - LONGEST_READ)
    reads = None
    if start < end - SILENCE_SPAN:
        with current().service.store.reading() as db:
            reads = db.feeds.reads_since(start, end, relationship=pair.slug, known_at=known_at)
    sides = (snapshot.coverage_between(pair.slug, party.code, start, end, reads) for party in pair.parties)
    return SidesRead(pair, tuple(sides))
