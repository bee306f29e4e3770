"""What a process has read of the record, whatever is written: the same as read anew, and no more read than moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from db.record import Origin
from db.store import Subjects
from db.watch import Visit
from tests.conftest import Clock
from tests.make import change, contact, source
from tests.web.api_client import Api
from tracker.model import Contact, Moment, Outcome, PageState, State
from tracker.record.history import view
from tracker.releases.watch import Watched
from tracker.service import Service
from tracker.web.reading import Line, Reading

Act = Callable[[Subjects, str, Clock], None]


def _add(db: Subjects, slug: str, clock: Clock) -> None:
    db.record.add(change(State.SUSPENDED, "2023-05", channel=slug), Origin(clock(), "ana"))
    db.record.bump()


def _meet(db: Subjects, slug: str, clock: Clock) -> None:
    db.record.add(contact(Outcome.HELD, "2023-06-01", channel=slug), Origin(clock(), "ana"))
    db.record.bump()


def _last(db: Subjects, slug: str) -> Contact:
    return [row for row in db.record.entries_of(slug)[1] if row.withdrawn_at is None][-1]


def _correct(db: Subjects, slug: str, clock: Clock) -> None:
    row = _last(db, slug)
    db.record.add(replace(row, replaces=row.id, place="Geneva", reason="Read again."), Origin(clock(), "ana"))
    db.record.bump()


def _cite(db: Subjects, slug: str, clock: Clock) -> None:
    db.record.cite(
        Contact, _last(db, slug).id, source(url=f"https://{clock():%H%M%S}.example/"), Origin(clock(), "ana")
    )
    db.record.bump()


def _withdraw(db: Subjects, slug: str, clock: Clock) -> None:
    db.record.withdraw(Contact, _last(db, slug).id, at=clock(), by="ana", reason="Never happened.")
    db.record.bump()


def _look(db: Subjects, slug: str, clock: Clock) -> None:
    """Read a page that the channel cites, which tells nothing but that it stands."""
    url = _last(db, slug).sources[0].url
    page = Watched(url, clock() + timedelta(days=1), state=PageState.SAME, since=clock(), last_read=clock())
    db.watch.begin([page])
    db.watch.add_visit(Visit(url, clock(), PageState.SAME, stands_since=clock()))
    db.watch.settle(page, baseline=None)
    db.record.bump("polls")


def _poll(db: Subjects, slug: str, clock: Clock) -> None:
    db.record.bump("polls")


def _define(db: Subjects, slug: str, clock: Clock) -> None:
    channels = db.record.channels()
    named = [replace(one, description=f"{one.description}+") if one.slug == slug else one for one in channels]
    db.record.define(db.record.relationships(), named, at=clock())
    db.record.bump("polls")


ACTS = [_add, _meet, _correct, _cite, _withdraw, _look, _poll, _define]
CHANNELS = ["dpct", "mmca", "leaders"]


def read(reading: Reading, service: Service) -> dict[str, Line]:
    with service.store.reading() as db:
        return reading.lines(db, db.record.channels(), db.record.relationships())


def told(line: Line) -> tuple[Any, ...]:
    """All that a line says; and what we saw of its pages, since sources that differ in that alone are equal."""
    seen = [(s.pages, s.page_read) for kind in line.rows for row in kind for s in row.sources]
    return line.channel, line.relationship, line.rows, line.acts, line.settled, seen


@settings(
    max_examples=15,
    phases=[Phase.explicit, Phase.generate],  # what is written stays, so nothing is to be made smaller
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(written=st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(CHANNELS)), min_size=1, max_size=6))
def test_whatever_is_written_what_was_read_is_what_reading_everything_anew_gives(seeded: Service, written):
    reading = Reading()
    before = read(reading, seeded)
    for act, slug in written:
        seeded.clock.advance(seconds=7)
        with seeded.store.writing() as db:
            act(db, slug, seeded.clock)
        now, anew = read(reading, seeded), read(Reading(), seeded)
        assert list(now) == list(anew)
        assert all(told(now[one]) == told(anew[one]) for one in now)
        assert act is _look or {one for one in now if now[one] is not before[one]} <= {slug}, "nothing else is read"
        assert act is not _poll or now == before
        before = now


def test_what_is_written_past_the_chain_is_found_where_the_counter_moves(seeded: Service):
    reading = Reading()
    before = read(reading, seeded)["dpct"]
    with seeded.store.writing() as db:
        db.record.bump()
    after = read(reading, seeded)["dpct"]
    assert after is not before
    assert told(after) == told(before)


def test_a_line_at_any_moment_is_the_view_of_its_rows_at_that_moment(seeded: Service):
    """Also where the moment is later than all that is known, and the view is shared with other moments."""
    with seeded.store.writing() as db:
        _cite(db, "dpct", seeded.clock)
        _look(db, "dpct", seeded.clock)
    line = read(Reading(), seeded)["dpct"]
    for day in (seeded.clock().date(), seeded.clock().date() - timedelta(days=400)):
        for known_at in (line.settled + timedelta(days=900), line.settled, line.settled - timedelta(microseconds=1)):
            moment = Moment(day, known_at)
            plain = view(line.channel, line.relationship, *line.rows, moment)
            assert line.view(moment) == plain
            pages = [[s.pages for row in one.contacts for s in row.sources] for one in (line.view(moment), plain)]
            assert pages[0] == pages[1]


def test_a_page_that_was_read_is_shown_and_a_citation_keeps_its_mark(seeded: Service):
    api = Api(seeded)
    cited = api.client.get("/cite?path=/channels/dpct").text
    seeded.clock.advance(minutes=5)
    with seeded.store.writing() as db:
        _look(db, "dpct", seeded.clock)
    assert f"'since': '{seeded.clock():%Y-%m-%dT%H:%M:%S}" in str(api.json("/channels/dpct?as_of=2026-11-01"))
    assert api.client.get("/cite?path=/channels/dpct").text == cited
