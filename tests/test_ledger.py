"""What was done to the record, and what lies between two days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.make import CHANNEL, US_CHINA, change, contact, source
from tracker.model import Moment, Outcome, State, StatusChange
from tracker.record.history import in_force, view
from tracker.record.ledger import Act, Corrections, Deed, Span, acts, acts_between, acts_of, difference
from tracker.record.lineage import known_rows

JANUARY, FEBRUARY, MARCH = (datetime(2024, month, 1, tzinfo=UTC) for month in (1, 2, 3))


def test_a_row_that_was_added_corrected_and_whose_correction_was_withdrawn_tells_three_acts():
    first = change(State.SUSPENDED, "2022-08-05", id=1, recorded_at=JANUARY)
    second = change(State.SUSPENDED, "2022-08-04", id=2, replaces=1, recorded_at=FEBRUARY, reason="Read again.")
    second = replace(second, withdrawn_at=MARCH, withdrawn_reason="It was right before.")
    added, corrected, restored = acts([first, second])
    assert [act.deed for act in (added, corrected, restored)] == [Deed.ADDED, Deed.CORRECTED, Deed.RESTORED]
    assert {act.address for act in (added, corrected, restored)} == {"change-1"}
    assert [(name, str(old), str(new)) for name, old, new in corrected.altered] == [
        ("effective", "2022-08-05", "2022-08-04")
    ]
    assert corrected.why == "Read again."
    assert (restored.says.id, restored.said.id, restored.why) == (1, 2, "It was right before.")


def test_a_row_that_was_withdrawn_says_nothing_any_more_and_keeps_its_words():
    row = contact(Outcome.HELD, "2024-01-08", id=7, recorded_at=JANUARY, withdrawn_at=MARCH, withdrawn_reason="Undone.")
    withdrawn = acts([row])[-1]
    assert (withdrawn.deed, withdrawn.says, withdrawn.row.date.value, withdrawn.why) == (
        Deed.WITHDRAWN,
        None,
        "2024-01-08",
        "Undone.",
    )


def test_a_source_that_came_later_is_an_act_and_one_that_came_with_the_row_is_not():
    with_it, later = source(side="us", recorded_at=JANUARY), source(side="cn", recorded_at=FEBRUARY)
    added, cited = acts([change(State.ACTIVE, "2020", id=1, recorded_at=JANUARY, sources=(with_it, later))])
    assert [s.side for s in added.says.sources] == ["us"]
    assert (cited.deed, [s.side for s in cited.sources]) == (Deed.CITED, ["cn"])
    assert [s.side for s in cited.says.sources] == ["us", "cn"]


def test_a_row_that_gained_only_sources_was_cited_and_not_corrected():
    cut = change(State.SUSPENDED, "2022-08-05", id=1, recorded_at=JANUARY)
    heard = replace(cut, id=2, replaces=1, recorded_at=FEBRUARY, sources=(*cut.sources, source(side="cn", url="x")))
    assert [(act.deed, [s.side for s in act.sources]) for act in acts([cut, heard])] == [
        (Deed.ADDED, []),
        (Deed.CITED, ["cn"]),
    ]
    assert acts([cut, replace(heard, cause="Better put.")])[1].deed is Deed.CORRECTED


def test_a_contact_stands_though_a_status_change_of_its_number_was_replaced():
    cut = change(State.SUSPENDED, "2022-08-05", id=1, recorded_at=JANUARY)
    again = replace(cut, id=2, replaces=1, recorded_at=FEBRUARY, cause="Better put.")
    met = contact(Outcome.HELD, "2021-09-28", id=1, recorded_at=JANUARY)
    assert [act.address for act in acts_of([cut, again], [met]) if act.deed.corrects] == ["change-1"]


def test_a_row_says_by_which_act_its_claim_was_corrected_last_also_when_it_only_gained_a_source_since():
    first = change(State.SUSPENDED, "2022-08-05", id=1, recorded_at=JANUARY)
    second = replace(first, id=2, replaces=1, recorded_at=FEBRUARY, cause="Better put.")
    third = replace(second, id=3, replaces=2, recorded_at=MARCH, sources=(*first.sources, source(side="cn", url="x")))
    told = Corrections(acts([first, second, third]))
    assert [told.of(row, MARCH).at for row in (second, third)] == [FEBRUARY, FEBRUARY]
    assert told.of(first, JANUARY) is None
    other = change(State.ACTIVE, "2024-01-09", id=9, recorded_at=JANUARY)
    assert Corrections(acts([other])).of(other, MARCH) is None


def test_a_span_has_both_its_days_and_says_how_things_stood_before_it():
    cut = change(State.SUSPENDED, "2022-08-05", id=1, recorded_at=JANUARY)
    back = change(State.RESUMED, "2024-01-08", id=2, recorded_at=JANUARY)
    met = contact(Outcome.HELD, "2024-01-08", id=1, recorded_at=JANUARY)

    def between(first: str, last: str):
        span = Span(date.fromisoformat(first), date.fromisoformat(last))
        return difference(CHANNEL, US_CHINA, [cut, back], [met], span, MARCH)

    assert between("2022-08-05", "2022-08-05").moved == (None, State.SUSPENDED)
    assert not between("2022-08-06", "2024-01-07")
    resumed = between("2024-01-08", "2024-01-31")
    assert (resumed.moved, len(resumed.changes), len(resumed.contacts)) == ((State.SUSPENDED, State.RESUMED), 1, 1)


DAYS = st.dates(date(2020, 1, 1), date(2024, 12, 31)).map(str)
INSTANTS = [JANUARY + timedelta(hours=number) for number in range(12)]


@st.composite
def histories(draw: st.DrawFn) -> list[StatusChange]:
    """Rows of one channel as a store can hold them: added, corrected and withdrawn at rising instants, some at once."""
    rows: list[StatusChange] = []
    for at in sorted(draw(st.lists(st.sampled_from(INSTANTS), min_size=1, max_size=8))):
        standing = [row for row in rows if row.withdrawn_at is None]
        heads = [row for row in standing if row.id not in {other.replaces for other in standing}]
        deed = draw(st.sampled_from(["add", "correct", "withdraw", "cite"]))
        if deed == "withdraw" and heads:
            row = draw(st.sampled_from(heads))
            rows[rows.index(row)] = replace(row, withdrawn_at=at, withdrawn_reason="Taken back.")
        elif deed == "cite" and heads:
            row = draw(st.sampled_from(heads))
            further = source(url=f"https://example.org/{len(row.sources)}", recorded_at=at)
            rows[rows.index(row)] = replace(row, sources=(*row.sources, further))
        else:
            older = draw(st.sampled_from(heads)).id if deed == "correct" and heads else None
            fresh = change(draw(st.sampled_from(State)), draw(DAYS), id=len(rows) + 1, recorded_at=at, replaces=older)
            rows.append(replace(fresh, sources=(source(recorded_at=at),)))
    return rows


def replayed(done: Sequence[Act], until: datetime) -> dict[str, tuple]:
    """What stands after the acts up to an instant, by claim: its row and its sources."""
    standing: dict[str, tuple] = {}
    for act in done:
        if act.at <= until:
            standing.pop(act.address, None)
            if act.says:
                standing[act.address] = (act.says.id, {source.url for source in act.says.sources})
    return standing


@given(histories(), st.sampled_from(INSTANTS))
def test_replaying_the_acts_until_any_instant_gives_what_stood_then(rows: list[StatusChange], until: datetime):
    stood = {(row.id, frozenset(source.url for source in row.sources)) for row in in_force(rows, until)}
    told = {(row, frozenset(urls)) for row, urls in replayed(acts(rows), until).values()}
    assert told == stood


def _told(row: StatusChange) -> StatusChange:
    """All of a row but what became of it later."""
    return replace(row, withdrawn_at=None, withdrawn_reason=None)


@given(histories(), st.sampled_from(INSTANTS), DAYS)
def test_what_an_older_instant_shows_is_the_replay_of_the_rows_recorded_until_then(rows, known_at, day):
    """However many corrections follow: the rows of later are cut away, and the view at any pair of instants stays."""

    def as_it_was(row: StatusChange) -> StatusChange:
        kept = row if row.withdrawn_at and row.withdrawn_at <= known_at else replace(row, withdrawn_at=None)
        return replace(kept, sources=tuple(s for s in kept.sources if s.recorded_at <= known_at))

    recorded_by_then = [as_it_was(row) for row in rows if row.recorded_at <= known_at]
    then = Moment(date.fromisoformat(day), known_at)
    now, replay = (view(CHANNEL, US_CHINA, history, (), then) for history in (rows, recorded_by_then))
    assert (now.state, now.corroboration) == (replay.state, replay.corroboration)
    assert [_told(row) for row in now.history] == [_told(row) for row in replay.history]


@given(histories(), st.sampled_from(INSTANTS), st.sampled_from(INSTANTS))
def test_the_acts_of_two_spans_that_meet_are_those_of_the_whole(rows, one, other):
    early, late = sorted((one, other))
    done = acts_of(rows, ())
    whole = acts_between(done, JANUARY, late)
    parts = acts_between(done, early + timedelta(microseconds=1), late) + acts_between(done, JANUARY, early)
    assert whole == parts


@given(histories(), st.sampled_from(INSTANTS))
def test_when_the_record_was_written_to_up_to_an_instant_never_changes_whatever_is_written_later(rows, known_at):
    """So the revision of a citation stays: how many instants there were."""
    instants = {act.at for act in acts(rows) if act.at <= known_at}
    assert instants == {act.at for act in acts(known_rows(rows, known_at)) if act.at <= known_at}
